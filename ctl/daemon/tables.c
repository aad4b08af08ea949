/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tables.c - from changed weights to written slots: coalesce, build in the worker, write in place.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/reconcile_internal.h"
#include "plan/slots.h"
#include "plan/assign.h"

/* A table on its way through the worker. */
struct table_job {
	struct worker_job job;
	struct service_runtime *service;
	struct maglev_member *members;
	bool *live; /* which of them may stand in the table */
	size_t members_count;
	uint64_t seed;
	uint16_t *table;
	uint32_t size;
	int result;
};

/* --- grace --- */

struct grace_job {
	struct worker_job job;
	struct reconciler *reconciler;
	uint64_t ticket;
	int result;
};

static void wait_grace(struct worker_job *job)
{
	struct grace_job *grace = (struct grace_job *)job;

	grace->result = dataplane_grace_wait();
}

static void end_grace(struct worker_job *job)
{
	struct grace_job *grace = (struct grace_job *)job;
	struct reconciler *r = grace->reconciler;

	r->retiring = false;
	if (grace->result) /* better lost until the next start than used twice */
		log_warning(
			"the kernel cannot tell when a removed entry is no longer in use (%s): its "
			"place is not used again before a restart",
			strerror(-grace->result));
	else
		dataplane_retire_end(r->dp, grace->ticket);
	free(grace);
	if (!r->closing)
		tables_retire(r);
}

void tables_retire(struct reconciler *r)
{
	struct grace_job *grace;
	uint64_t ticket;

	if (r->retiring || r->closing)
		return;
	ticket = dataplane_retire_begin(r->dp);
	if (!ticket)
		return;
	grace = mem_zalloc(sizeof(*grace));
	*grace = (struct grace_job){
		.job = {.work = wait_grace, .done = end_grace},
		.reconciler = r,
		.ticket = ticket,
	};
	r->retiring = true;
	worker_submit(r->worker, &grace->job);
}

/* --- writing --- */

static void write_slots(struct service_runtime *s, const uint16_t *table, uint32_t size)
{
	const volatile uint32_t *slots = dataplane_slots(s->entry);

	memset(s->slots_by_state, 0, sizeof(s->slots_by_state));
	for (uint32_t i = 0; i < size; i++) {
		uint32_t word = slots[i], next = slot_next(word, table[i]);

		if (next != word)
			dataplane_slot_write(s->entry, i, next);
		s->slots_by_state[slot_state(next)]++;
	}
}

static void count_slots(struct service_runtime *s, const uint16_t *table, uint32_t size)
{
	_cleanup_free_ uint32_t *counts = mem_zalloc((UINT16_MAX + 1) * sizeof(*counts));

	for (uint32_t i = 0; i < size; i++)
		counts[table[i]]++;
	for (size_t i = 0; i < s->backends_count; i++)
		s->backends[i]->slots = counts[s->backends[i]->number];
}

/* Backends that the operator removed go when neither slot nor flow names them. */
static void drop_leaving(struct service_runtime *s)
{
	bool dropped = false;

	for (size_t i = s->backends_count; i-- > 0;)
		if (s->backends[i]->leaving && !s->backends[i]->slots &&
		    !s->backends[i]->share.live &&
		    !dataplane_backend_flows(s->entry, s->backends[i]->number)) {
			reconcile_drop_backend(s->backends[i]);
			dropped = true;
		}
	if (dropped) {
		reality_write_waiting(s->reconciler);
		tables_retire(s->reconciler);
	}
}

void reconcile_flows_ended(struct reconciler *r, bool all)
{
	tables_retire(r);
	for (struct service_runtime *s = r->services; s && all; s = s->by_vip.next)
		if (s->built && !s->dirty && !s->building)
			drop_leaving(s);
}

/* No alarm before the first verdicts. */
static bool any_checking(const struct service_runtime *s)
{
	for (size_t i = 0; i < s->backends_count; i++)
		if (s->backends[i]->state == BACKEND_CHECKING)
			return true;
	return false;
}

static void tell_if_empty(const struct service_runtime *s)
{
	struct events *events = s->reconciler->events;
	char key[VIP_LEN + 8];

	if (s->dirty) /* the table is out of date already, and the next one tells */
		return;
	snprintf(key, sizeof(key), "empty:%s", s->key);
	if (s->backends_count && s->slots_by_state[SLOT_EMPTY] && !any_checking(s))
		events_alarm(events, "service", key,
			     "%s (%s): no backend is up, its packets are dropped", s->name, s->key);
	else
		events_clear(events, key);
}

static void arm(struct service_runtime *s);

static void finish_table(struct worker_job *job)
{
	struct table_job *table = (struct table_job *)job;
	struct service_runtime *s = table->service;

	s->building = false;
	if (s->removed) {
		reconcile_free_service(s);
	} else if (table->result) {
		log_error("service %s: table: %s; trying again", s->name, strerror(-table->result));
		s->built = false;
		tables_mark(s, true);
	} else {
		write_slots(s, table->table, table->size);
		count_slots(s, table->table, table->size);
		s->built = true;
		drop_leaving(s);
		tell_if_empty(s);
		if (s->dirty)
			arm(s);
	}
	free(table->members);
	free(table->live);
	free(table->table);
	free(table);
}

/* --- building --- */

static void build_table(struct worker_job *job)
{
	struct table_job *table = (struct table_job *)job;

	table->result = assign_slots(table->members, table->live, table->members_count, table->seed,
				     table->table, table->size);
}

/* Work out the shares and put them into the backends; true if any is another than before. */
static bool take_shares(struct service_runtime *s)
{
	size_t n = s->backends_count;
	_cleanup_free_ struct eligible_facts *facts = mem_zalloc((n + 1) * sizeof(*facts));
	_cleanup_free_ struct eligible_share *shares = mem_zalloc((n + 1) * sizeof(*shares));
	bool changed = false;

	for (size_t i = 0; i < n; i++)
		facts[i] = reality_facts(s->backends[i]);
	eligible_shares(facts, n, shares);
	for (size_t i = 0; i < n; i++) {
		changed = changed || s->backends[i]->share.weight != shares[i].weight ||
			  s->backends[i]->share.live != shares[i].live;
		s->backends[i]->share = shares[i];
	}
	return changed;
}

static struct table_job *new_job(struct service_runtime *s)
{
	struct table_job *table = mem_zalloc(sizeof(*table));

	*table = (struct table_job){
		.job = {.work = build_table, .done = finish_table, .urgent = s->urgent},
		.service = s,
		.members = mem_zalloc((s->backends_count + 1) * sizeof(*table->members)),
		.live = mem_zalloc((s->backends_count + 1) * sizeof(*table->live)),
		.members_count = s->backends_count,
		.seed = s->reconciler->seed,
		.size = dataplane_slots_count(s->entry),
	};
	table->table = mem_zalloc(table->size * sizeof(*table->table));
	for (size_t i = 0; i < s->backends_count; i++) {
		const struct backend_runtime *b = s->backends[i];

		table->members[i] = (struct maglev_member){
			.at = b->at,
			.weight = b->share.weight,
			.number = b->number,
		};
		table->live[i] = b->share.live;
	}
	return table;
}

static int start_build(sd_event_source *source, uint64_t usec, void *arg)
{
	struct service_runtime *s = arg;
	struct table_job *table;

	if (s->building)
		return 0; /* finish_table() arms again */
	s->dirty = false;
	if (!take_shares(s) && s->built) {
		s->urgent = false;
		drop_leaving(s);
		tell_if_empty(s); /* the first verdicts may have come */
		return 0;
	}
	table = new_job(s);
	s->building = true;
	s->urgent = false;
	worker_submit(s->reconciler->worker, &table->job);
	return 0;
}

static void arm(struct service_runtime *s)
{
	int enabled = SD_EVENT_OFF, r = 0;

	if (s->timer)
		r = sd_event_source_get_enabled(s->timer, &enabled);
	if (r >= 0 && enabled != SD_EVENT_OFF)
		return;
	if (!s->timer)
		r = sd_event_add_time_relative(s->reconciler->loop, &s->timer, CLOCK_MONOTONIC,
					       RECONCILE_DELAY_US, 1, start_build, s);
	else
		r = sd_event_source_set_time_relative(s->timer, RECONCILE_DELAY_US);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("service %s: timer: %s", s->name, strerror(-r));
}

void tables_mark(struct service_runtime *s, bool urgent)
{
	s->dirty = true;
	s->urgent = s->urgent || urgent;
	if (!s->building && !s->reconciler->closing)
		arm(s);
}
