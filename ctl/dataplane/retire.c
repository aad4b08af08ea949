// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * retire.c - what was taken out of the maps, but may still be in use by a CPU that read the maps
 * before. It is free for others only after a grace period.
 */
#include "dataplane/internal.h"

#include <utlist.h>

enum retired_kind {
	RETIRED_PLACE,
	RETIRED_SLOTS,
	RETIRED_RANGE,
	RETIRED_NUMBER,
	RETIRED_PORTS,
	RETIRED_PORTS_EXTENT,
};

struct retired {
	enum retired_kind kind;
	uint64_t ticket;                   /* 0 = no grace period asked for yet */
	uint32_t start, count;             /* slots or backend entries; the place; the number */
	struct table *table;               /* of the place */
	struct dataplane_service *service; /* NULL = gone */
	struct shunt_counters copied;      /* range: what its successor has of its counters */
	uint32_t *ports;                   /* `count` of them */
	struct retired *next;
};

static void retire_add(struct dataplane *dp, const struct retired *what)
{
	struct retired *item = mem_zalloc(sizeof(*item));

	*item = *what;
	LL_PREPEND(dp->retired, item);
}

void retire_place(struct dataplane *dp, struct table *table, uint32_t place)
{
	retire_add(dp, &(struct retired){.kind = RETIRED_PLACE, .start = place, .table = table});
}

void retire_slots(struct dataplane *dp, uint32_t start)
{
	retire_add(dp, &(struct retired){.kind = RETIRED_SLOTS, .start = start});
}

void retire_range(struct dataplane *dp, struct dataplane_service *service, uint32_t base,
		  uint32_t count, const struct shunt_counters *copied)
{
	struct retired item = {
		.kind = RETIRED_RANGE, .start = base, .count = count, .service = service};

	if (copied)
		item.copied = *copied;
	retire_add(dp, &item);
}

void retire_number(struct dataplane_service *service, uint16_t number)
{
	retire_add(service->dp,
		   &(struct retired){.kind = RETIRED_NUMBER, .start = number, .service = service});
}

void retire_ports(struct dataplane *dp, uint32_t *ports, size_t count)
{
	retire_add(dp, &(struct retired){.kind = RETIRED_PORTS, .ports = ports, .count = count});
}

void retire_ports_extent(struct dataplane *dp, uint32_t start)
{
	retire_add(dp, &(struct retired){.kind = RETIRED_PORTS_EXTENT, .start = start});
}

void retire_forget_service(struct dataplane_service *service)
{
	struct retired *item;

	LL_FOREACH (service->dp->retired, item)
		if (item->service == service)
			item->service = NULL;
}

void retire_free_all(struct dataplane *dp)
{
	struct retired *item, *next;

	LL_FOREACH_SAFE (dp->retired, item, next) {
		free(item->ports);
		free(item);
	}
	dp->retired = NULL;
}

/* What CPUs counted in the old range after it was copied. */
static void retire_end_range(struct dataplane *dp, const struct retired *item)
{
	struct shunt_counters now;

	/* also those of packets that had read the service before */
	if (item->service)
		flows_move_backends(dp, item->start, item->count,
				    item->service->entry.backend_base);
	else
		flows_end_backends(dp, item->start, item->count);
	if (item->service) {
		counters_sum(dp, item->start, item->count, &now);
		now.packets -= item->copied.packets;
		now.bytes -= item->copied.bytes;
		now.connections -= item->copied.connections;
		now.reply_packets -= item->copied.reply_packets;
		now.reply_bytes -= item->copied.reply_bytes;
		counters_keep(item->service, &now);
	}
	extent_release(&dp->backends_pool, item->start);
}

static void retire_end_number(struct dataplane_service *service, uint16_t number)
{
	if (!service)
		return;
	flows_end_backends(service->dp, service->entry.backend_base + number, 1);
	backend_fold_counters(service, number);
	service->numbers[number].use = NUMBER_FREE;
}

static void retire_end_item(struct dataplane *dp, const struct retired *item)
{
	switch (item->kind) {
	case RETIRED_PLACE:
		table_release(item->table, item->start);
		break;
	case RETIRED_SLOTS:
		extent_release(&dp->slots_pool, item->start);
		break;
	case RETIRED_RANGE:
		retire_end_range(dp, item);
		break;
	case RETIRED_NUMBER:
		retire_end_number(item->service, item->start);
		break;
	case RETIRED_PORTS:
		for (uint32_t i = 0; i < item->count; i++)
			pool_end_rest(dp, item->ports[i]);
		free(item->ports);
		break;
	case RETIRED_PORTS_EXTENT:
		extent_release(&dp->ports_pool, item->start);
		break;
	}
}

uint64_t dataplane_retire_begin(struct dataplane *dp)
{
	struct retired *item;
	uint64_t ticket = 0;

	LL_FOREACH (dp->retired, item) {
		if (item->ticket)
			continue;
		if (!ticket)
			ticket = ++dp->last_ticket;
		item->ticket = ticket;
	}
	return ticket;
}

void dataplane_retire_end(struct dataplane *dp, uint64_t ticket)
{
	struct retired *item, *next;

	LL_FOREACH_SAFE (dp->retired, item, next) {
		if (!item->ticket || item->ticket > ticket)
			continue;
		retire_end_item(dp, item);
		LL_DELETE(dp->retired, item);
		free(item);
	}
}
