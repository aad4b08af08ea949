/* SPDX-License-Identifier: GPL-2.0-or-later */
/* announce.c - see announce.h */
#include "plan/announce.h"

#include <string.h>

#define NEVER UINT64_MAX

void announce_machine_init(struct announce_machine *m)
{
	*m = (struct announce_machine){
		.state = ANNOUNCE_IDLE,
		.deadline_ms = NEVER,
		.repeat_ms = NEVER,
		.quiet_ms = NEVER,
	};
}

static void enter(struct announce_machine *m, enum announce_state state, uint64_t deadline_ms)
{
	m->state = state;
	m->sent = 0;
	m->deadline_ms = deadline_ms;
}

static unsigned int raise_alarm(struct announce_machine *m)
{
	unsigned int todo = m->alarmed ? 0 : ANNOUNCE_DO_ALARM;

	m->alarmed = true;
	return todo;
}

static unsigned int clear_alarm(struct announce_machine *m)
{
	unsigned int todo = m->alarmed ? ANNOUNCE_DO_CLEAR : 0;

	m->alarmed = false;
	m->quiet_ms = NEVER;
	return todo;
}

static unsigned int probe(struct announce_machine *m, uint64_t now_ms)
{
	m->sent++;
	m->deadline_ms = now_ms + ANNOUNCE_PROBE_MS;
	return ANNOUNCE_DO_PROBE;
}

static unsigned int start_probing(struct announce_machine *m, uint64_t now_ms)
{
	enter(m, ANNOUNCE_PROBING, NEVER);
	return probe(m, now_ms);
}

/* Held has two clocks: the announcements still to send, and the quiet after a claim. */
static void set_held_deadline(struct announce_machine *m)
{
	m->deadline_ms = m->repeat_ms < m->quiet_ms ? m->repeat_ms : m->quiet_ms;
}

static unsigned int announce(struct announce_machine *m, uint64_t now_ms)
{
	m->sent++;
	m->repeat_ms = m->sent < ANNOUNCE_REPEATS ? now_ms + ANNOUNCE_REPEAT_MS : NEVER;
	set_held_deadline(m);
	return ANNOUNCE_DO_ANNOUNCE;
}

static unsigned int hold(struct announce_machine *m, uint64_t now_ms)
{
	unsigned int todo = clear_alarm(m);

	enter(m, ANNOUNCE_HELD, NEVER);
	m->defend_ms = 0;
	return todo | announce(m, now_ms);
}

static unsigned int found(struct announce_machine *m, uint64_t now_ms)
{
	if (m->state != ANNOUNCE_HELD)
		return hold(m, now_ms);
	m->sent = 0;
	return announce(m, now_ms);
}

static unsigned int unwant(struct announce_machine *m)
{
	unsigned int todo = m->state == ANNOUNCE_HELD ? ANNOUNCE_DO_REMOVE : 0;

	enter(m, ANNOUNCE_IDLE, NEVER);
	m->repeat_ms = NEVER;
	return todo | clear_alarm(m);
}

static unsigned int defend(struct announce_machine *m, uint64_t now_ms)
{
	unsigned int todo = raise_alarm(m);

	m->quiet_ms = now_ms + ANNOUNCE_QUIET_MS;
	set_held_deadline(m);
	if (now_ms < m->defend_ms)
		return todo;
	m->defend_ms = now_ms + ANNOUNCE_DEFEND_MS;
	return todo | ANNOUNCE_DO_ANNOUNCE;
}

static unsigned int claimed(struct announce_machine *m, uint64_t now_ms)
{
	switch (m->state) {
	case ANNOUNCE_PROBING:
		enter(m, ANNOUNCE_CONFLICT, now_ms + ANNOUNCE_CONFLICT_MS);
		return raise_alarm(m);
	case ANNOUNCE_HELD:
		return defend(m, now_ms);
	case ANNOUNCE_IDLE:
	case ANNOUNCE_CONFLICT:
		break;
	}
	return 0;
}

static unsigned int held_time(struct announce_machine *m, uint64_t now_ms)
{
	unsigned int todo = 0;

	if (now_ms >= m->quiet_ms)
		todo |= clear_alarm(m);
	if (now_ms >= m->repeat_ms)
		todo |= announce(m, now_ms);
	set_held_deadline(m);
	return todo;
}

static unsigned int time_passed(struct announce_machine *m, uint64_t now_ms)
{
	if (now_ms < m->deadline_ms)
		return 0;
	switch (m->state) {
	case ANNOUNCE_PROBING:
		if (m->sent < ANNOUNCE_PROBES)
			return probe(m, now_ms);
		return ANNOUNCE_DO_ADD | hold(m, now_ms);
	case ANNOUNCE_HELD:
		return held_time(m, now_ms);
	case ANNOUNCE_CONFLICT:
		return start_probing(m, now_ms);
	case ANNOUNCE_IDLE:
		break;
	}
	return 0;
}

unsigned int announce_step(struct announce_machine *m, enum announce_event event, uint64_t now_ms)
{
	switch (event) {
	case ANNOUNCE_EVENT_WANT:
		return m->state == ANNOUNCE_IDLE ? start_probing(m, now_ms) : 0;
	case ANNOUNCE_EVENT_UNWANT:
		return unwant(m);
	case ANNOUNCE_EVENT_FOUND:
		return found(m, now_ms);
	case ANNOUNCE_EVENT_CLAIMED:
		return claimed(m, now_ms);
	case ANNOUNCE_EVENT_TIME:
		return time_passed(m, now_ms);
	}
	return 0;
}

bool announce_yields(const uint8_t own[static 6], const uint8_t other[static 6])
{
	return memcmp(other, own, 6) < 0;
}
