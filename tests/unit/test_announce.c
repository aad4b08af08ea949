/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_announce.c - the life of an announced VIP: step by step, and by random events. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "plan/announce.h"

#define WANT    ANNOUNCE_EVENT_WANT
#define UNWANT  ANNOUNCE_EVENT_UNWANT
#define FOUND   ANNOUNCE_EVENT_FOUND
#define CLAIMED ANNOUNCE_EVENT_CLAIMED
#define TIME    ANNOUNCE_EVENT_TIME

#define PROBE    ANNOUNCE_DO_PROBE
#define ADD      ANNOUNCE_DO_ADD
#define ANNOUNCE ANNOUNCE_DO_ANNOUNCE
#define REMOVE   ANNOUNCE_DO_REMOVE
#define ALARM    ANNOUNCE_DO_ALARM
#define CLEAR    ANNOUNCE_DO_CLEAR

#define NEVER UINT64_MAX

/* --- stories --- */

#define STEPS_MAX 20

struct story {
	const char *name;
	struct {
		uint64_t at_ms;
		enum announce_event event;
		unsigned int todo;
		enum announce_state state;
		uint64_t deadline_ms; /* 0 = the end of the story */
	} steps[STEPS_MAX];
};

#define PROBED                                                                                     \
	{0, WANT, PROBE, ANNOUNCE_PROBING, 250}, {250, TIME, PROBE, ANNOUNCE_PROBING, 500},        \
	{                                                                                          \
		500, TIME, PROBE, ANNOUNCE_PROBING, 750                                            \
	}
#define CLAIM                                                                                      \
	PROBED,                                                                                    \
	{                                                                                          \
		750, TIME, ADD | ANNOUNCE, ANNOUNCE_HELD, 1750                                     \
	}
#define SETTLED                                                                                    \
	CLAIM, {1750, TIME, ANNOUNCE, ANNOUNCE_HELD, 2750},                                        \
	{                                                                                          \
		2750, TIME, ANNOUNCE, ANNOUNCE_HELD, NEVER                                         \
	}

static const struct story stories[] = {
	{"nobody has it", {SETTLED, {9999, TIME, 0, ANNOUNCE_HELD, NEVER}}},
	{"time before its deadline does nothing",
	 {{0, WANT, PROBE, ANNOUNCE_PROBING, 250},
	  {249, TIME, 0, ANNOUNCE_PROBING, 250},
	  {250, TIME, PROBE, ANNOUNCE_PROBING, 500}}},
	{"wanted twice",
	 {{0, WANT, PROBE, ANNOUNCE_PROBING, 250}, {9, WANT, 0, ANNOUNCE_PROBING, 250}}},
	{"not wanted at all",
	 {{0, UNWANT, 0, ANNOUNCE_IDLE, NEVER},
	  {1, CLAIMED, 0, ANNOUNCE_IDLE, NEVER},
	  {2, TIME, 0, ANNOUNCE_IDLE, NEVER}}},
	{"no longer wanted while probing", {PROBED, {600, UNWANT, 0, ANNOUNCE_IDLE, NEVER}}},
	{"held, then no longer wanted",
	 {CLAIM,
	  {800, UNWANT, REMOVE, ANNOUNCE_IDLE, NEVER},
	  {900, TIME, 0, ANNOUNCE_IDLE, NEVER}}},
	{"somebody answers the last probe",
	 {PROBED,
	  {749, CLAIMED, ALARM, ANNOUNCE_CONFLICT, 30749},
	  {800, CLAIMED, 0, ANNOUNCE_CONFLICT, 30749},
	  {30748, TIME, 0, ANNOUNCE_CONFLICT, 30749},
	  {30749, TIME, PROBE, ANNOUNCE_PROBING, 30999}}},
	{"still there: one alarm stands all the while",
	 {{0, WANT, PROBE, ANNOUNCE_PROBING, 250},
	  {1, CLAIMED, ALARM, ANNOUNCE_CONFLICT, 30001},
	  {30001, TIME, PROBE, ANNOUNCE_PROBING, 30251},
	  {30002, CLAIMED, 0, ANNOUNCE_CONFLICT, 60002}}},
	{"gone at last: it takes three probes again",
	 {{0, WANT, PROBE, ANNOUNCE_PROBING, 250},
	  {250, TIME, PROBE, ANNOUNCE_PROBING, 500},
	  {251, CLAIMED, ALARM, ANNOUNCE_CONFLICT, 30251},
	  {30251, TIME, PROBE, ANNOUNCE_PROBING, 30501},
	  {30501, TIME, PROBE, ANNOUNCE_PROBING, 30751},
	  {30751, TIME, PROBE, ANNOUNCE_PROBING, 31001},
	  {31001, TIME, ADD | ANNOUNCE | CLEAR, ANNOUNCE_HELD, 32001}}},
	{"no longer wanted in conflict",
	 {{0, WANT, PROBE, ANNOUNCE_PROBING, 250},
	  {1, CLAIMED, ALARM, ANNOUNCE_CONFLICT, 30001},
	  {2, UNWANT, CLEAR, ANNOUNCE_IDLE, NEVER}}},
	{"held and claimed: defended, kept, quiet again",
	 {SETTLED,
	  {5000, CLAIMED, ALARM | ANNOUNCE, ANNOUNCE_HELD, 35000},
	  {34999, TIME, 0, ANNOUNCE_HELD, 35000},
	  {35000, TIME, CLEAR, ANNOUNCE_HELD, NEVER}}},
	{"a storm of claims: one defence in ten seconds, one alarm",
	 {SETTLED,
	  {5000, CLAIMED, ALARM | ANNOUNCE, ANNOUNCE_HELD, 35000},
	  {5001, CLAIMED, 0, ANNOUNCE_HELD, 35001},
	  {14999, CLAIMED, 0, ANNOUNCE_HELD, 44999},
	  {15000, CLAIMED, ANNOUNCE, ANNOUNCE_HELD, 45000},
	  {45000, TIME, CLEAR, ANNOUNCE_HELD, NEVER},
	  {50000, CLAIMED, ALARM | ANNOUNCE, ANNOUNCE_HELD, 80000},
	  {50001, UNWANT, REMOVE | CLEAR, ANNOUNCE_IDLE, NEVER}}},
	{"claimed between the first announcements: the others still follow",
	 {CLAIM,
	  {1000, CLAIMED, ALARM | ANNOUNCE, ANNOUNCE_HELD, 1750},
	  {1750, TIME, ANNOUNCE, ANNOUNCE_HELD, 2750},
	  {2750, TIME, ANNOUNCE, ANNOUNCE_HELD, 31000},
	  {31000, TIME, CLEAR, ANNOUNCE_HELD, NEVER}}},
	{"found: held without a probe",
	 {{0, FOUND, ANNOUNCE, ANNOUNCE_HELD, 1000},
	  {1, WANT, 0, ANNOUNCE_HELD, 1000},
	  {1000, TIME, ANNOUNCE, ANNOUNCE_HELD, 2000},
	  {2000, TIME, ANNOUNCE, ANNOUNCE_HELD, NEVER},
	  {2001, UNWANT, REMOVE, ANNOUNCE_IDLE, NEVER}}},
	{"found again while held, for the MAC has changed: said three times",
	 {SETTLED,
	  {9000, FOUND, ANNOUNCE, ANNOUNCE_HELD, 10000},
	  {10000, TIME, ANNOUNCE, ANNOUNCE_HELD, 11000},
	  {11000, TIME, ANNOUNCE, ANNOUNCE_HELD, NEVER}}},
	{"found in conflict: the alarm is over",
	 {{0, WANT, PROBE, ANNOUNCE_PROBING, 250},
	  {1, CLAIMED, ALARM, ANNOUNCE_CONFLICT, 30001},
	  {2, FOUND, ANNOUNCE | CLEAR, ANNOUNCE_HELD, 1002}}},
	{"given back and held again: the first claim is answered at once",
	 {{0, FOUND, ANNOUNCE, ANNOUNCE_HELD, 1000},
	  {1, CLAIMED, ALARM | ANNOUNCE, ANNOUNCE_HELD, 1000},
	  {2, UNWANT, REMOVE | CLEAR, ANNOUNCE_IDLE, NEVER},
	  {3, FOUND, ANNOUNCE, ANNOUNCE_HELD, 1003},
	  {4, CLAIMED, ALARM | ANNOUNCE, ANNOUNCE_HELD, 1003}}},
	{"a late timer does not make up for lost time",
	 {{0, WANT, PROBE, ANNOUNCE_PROBING, 250}, {9000, TIME, PROBE, ANNOUNCE_PROBING, 9250}}},
};

static void run_story(const struct story *story)
{
	struct announce_machine m;

	announce_machine_init(&m);
	assert_int_equal(m.state, ANNOUNCE_IDLE);
	assert_true(m.deadline_ms == NEVER);
	for (size_t i = 0; i < STEPS_MAX && story->steps[i].deadline_ms; i++) {
		unsigned int todo = announce_step(&m, story->steps[i].event, story->steps[i].at_ms);

		if (todo != story->steps[i].todo || m.state != story->steps[i].state ||
		    m.deadline_ms != story->steps[i].deadline_ms)
			fail_msg("%s, step %zu: to do %#x, state %d, deadline %" PRIu64
				 "; expected %#x, %d, %" PRIu64,
				 story->name, i, todo, m.state, m.deadline_ms, story->steps[i].todo,
				 story->steps[i].state, story->steps[i].deadline_ms);
	}
}

static void test_stories(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(stories); i++)
		run_story(&stories[i]);
}

/* --- any order of events --- */

/* What an onlooker sees, without the machine's state. */
struct onlooker {
	bool wanted, on_link, alarm;
	unsigned int probes; /* sent since the last claim, or since it was wanted */
	uint64_t probe_ms;   /* the last one */
	uint64_t defence_ms; /* the last one */
	bool defended;
};

static void look_at_event(struct onlooker *o, enum announce_event event)
{
	if (event == WANT)
		o->wanted = true;
	if (event == FOUND)
		o->wanted = o->on_link = true;
	if (event == UNWANT)
		o->wanted = false;
	if (event == CLAIMED || event == UNWANT)
		o->probes = 0;
}

/* What is done is allowed, and what must be done is. NULL if so. */
static const char *look_at_todo(struct onlooker *o, enum announce_event event, unsigned int todo,
				uint64_t now)
{
	if (todo & PROBE) {
		if (o->on_link || !o->wanted)
			return "probes for what it holds or nobody wants";
		if (o->probes && now < o->probe_ms + ANNOUNCE_PROBE_MS)
			return "probes too fast";
		o->probes++;
		o->probe_ms = now;
	}
	if (todo & ADD) {
		if (o->on_link || !o->wanted)
			return "adds what is there or nobody wants";
		if (o->probes < ANNOUNCE_PROBES)
			return "claims without enough probes since the last claim";
		if (now < o->probe_ms + ANNOUNCE_PROBE_MS)
			return "claims without waiting for an answer";
		o->on_link = true;
	}
	if ((todo & ANNOUNCE) && !o->on_link)
		return "announces what it does not hold";
	if ((todo & ANNOUNCE) && event == CLAIMED) {
		if (o->defended && now < o->defence_ms + ANNOUNCE_DEFEND_MS)
			return "defends too often";
		o->defended = true;
		o->defence_ms = now;
	}
	if ((todo & REMOVE) && (!o->on_link || event != UNWANT))
		return "gives up what it holds, or what it does not";
	if (todo & REMOVE)
		o->on_link = o->defended = false;
	if ((todo & ALARM) && (o->alarm || event != CLAIMED))
		return "raises an alarm that stands, or about nothing";
	if ((todo & CLEAR) && !o->alarm)
		return "clears an alarm that does not stand";
	o->alarm = todo & ALARM ? true : todo & CLEAR ? false : o->alarm;
	return NULL;
}

static const char *look_at_machine(const struct onlooker *o, const struct announce_machine *m,
				   enum announce_event event)
{
	if (!o->wanted && (o->on_link || o->alarm || m->state != ANNOUNCE_IDLE))
		return "not wanted, but something is left";
	if (o->on_link != (m->state == ANNOUNCE_HELD))
		return "held and on the link are two things";
	if (event == CLAIMED && o->wanted && !o->alarm)
		return "claimed by somebody else, and no alarm";
	if (o->wanted && m->state != ANNOUNCE_HELD && m->deadline_ms == NEVER)
		return "waits for nothing";
	if (o->alarm && m->deadline_ms == NEVER)
		return "an alarm that never ends";
	return NULL;
}

static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Now and then a deadline is met exactly, or missed by far. */
static uint64_t random_wait(const struct announce_machine *m, uint64_t now, uint64_t *seed)
{
	uint64_t kind = random_next(seed) % 4;

	if (kind == 0 || m->deadline_ms == NEVER || m->deadline_ms < now)
		return now + random_next(seed) % 20000;
	if (kind == 1)
		return now + random_next(seed) % 300;
	return m->deadline_ms;
}

static void test_random(void **state)
{
	/* mostly time passes, or nothing would ever be held */
	static const enum announce_event events[] = {WANT, TIME, TIME,  TIME,    TIME,  TIME,
						     TIME, TIME, FOUND, CLAIMED, UNWANT};
	uint64_t first = (uint64_t)time(NULL) | 1, seed = first, now = 0;
	unsigned int held = 0, conflicts = 0;
	struct announce_machine m;
	struct onlooker o = {};

	print_message("seed %" PRIu64 "\n", first);
	announce_machine_init(&m);
	for (unsigned int i = 0; i < 300000; i++) {
		enum announce_event event =
			events[random_next(&seed) % (ARRAY_SIZE(events) - (i & 1))];
		const char *wrong;
		unsigned int todo;

		if (event == FOUND && (i & 6)) /* rarely: it is no way around the probes */
			event = WANT;
		now = random_wait(&m, now, &seed);
		look_at_event(&o, event);
		todo = announce_step(&m, event, now);
		wrong = look_at_todo(&o, event, todo, now);
		if (!wrong)
			wrong = look_at_machine(&o, &m, event);
		if (wrong)
			fail_msg("seed %" PRIu64 ", step %u: %s", first, i, wrong);
		held += todo & ADD ? 1 : 0;
		conflicts += m.state == ANNOUNCE_CONFLICT;
	}
	/* both happened often enough for the above to mean something */
	assert_true(held > 1000);
	assert_true(conflicts > 1000);
}

static void test_yields(void **state)
{
	static const uint8_t low[6] = {2, 0, 0, 0, 0, 1}, high[6] = {2, 0, 0, 0, 1, 0};

	assert_true(announce_yields(high, low));
	assert_false(announce_yields(low, high));
	assert_false(announce_yields(low, low));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_yields),
	};

	return cmocka_run_group_tests_name("announce", tests, NULL, NULL);
}
