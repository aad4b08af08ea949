// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flows.c - fullnat's flows: walked slice by slice in memory, and ended when no packet came for as
 * long as their state allows. A packet that comes at the same moment wins.
 */
#include "dataplane/internal.h"

#include <errno.h>

/* How long a flow lives without a packet, seconds. */
#define FLOWS_ESTABLISHED_S 900
#define FLOWS_UDP_S         60
#define FLOWS_HALF_OPEN_S   30
#define FLOWS_CLOSING_S     60
#define FLOWS_CLOSED_S      10 /* a last FIN is sent again some times within that */

#define FLOWS_SLICE 8192 /* entries looked at in one go: some 100 us, with none to end */
#define FLOWS_TICK  1    /* seconds that the clock moves on in one go, see flows_tick() */

static const uint16_t timeouts[] = {
	[SHUNT_PORT_HALF_OPEN] = FLOWS_HALF_OPEN_S,
	[SHUNT_PORT_ESTABLISHED] = FLOWS_ESTABLISHED_S,
	[SHUNT_PORT_UDP] = FLOWS_UDP_S,
	[SHUNT_PORT_CLOSING] = FLOWS_CLOSING_S,
	[SHUNT_PORT_CLOSED] = FLOWS_CLOSED_S,
};

/* --- one entry --- */

static uint64_t life_word(const struct shunt_port_life *life)
{
	uint64_t word;

	memcpy(&word, life, sizeof(word));
	return word;
}

struct shunt_port_life life_load(const struct shunt_pool_port *port)
{
	uint64_t word = __atomic_load_n((const uint64_t *)&port->life, __ATOMIC_ACQUIRE);
	struct shunt_port_life life;

	memcpy(&life, &word, sizeof(life));
	return life;
}

void life_store(struct shunt_pool_port *port, const struct shunt_port_life *life)
{
	__atomic_store_n((uint64_t *)&port->life, life_word(life), __ATOMIC_RELEASE);
}

/* False: a packet has changed it. */
static bool life_change(struct shunt_pool_port *port, const struct shunt_port_life *from,
			const struct shunt_port_life *to)
{
	uint64_t expected = life_word(from);

	return __atomic_compare_exchange_n((uint64_t *)&port->life, &expected, life_word(to), false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static bool life_has_flow(const struct shunt_port_life *life)
{
	return life->state != SHUNT_PORT_FREE && life->state < SHUNT_PORT_BACK;
}

static bool life_is_over(const struct shunt_port_life *life, uint16_t clock)
{
	return life_has_flow(life) && (uint16_t)(clock - life->age) > timeouts[life->state];
}

static struct shunt_flow_key flow_key(const struct dataplane *dp, const struct pool *pool,
				      uint32_t index)
{
	const struct shunt_pool_port *port = &dp->pool_ports[index];

	return (struct shunt_flow_key){
		.client = port->client,
		.vip = port->vip,
		.client_port = port->client_port,
		.vip_port = port->vip_port,
		.protocol = index < pool->first + pool->count ? IPPROTO_TCP : IPPROTO_UDP,
		.v6 = pool->addr.family == AF_INET6,
	};
}

/* Does the tuple lead to this entry? With two CPUs at its first packets it may be to another. */
static bool flow_is_known(const struct dataplane *dp, const struct shunt_flow_key *key,
			  uint32_t index)
{
	uint32_t has;

	return bpf_map_lookup_elem(dp->flows_fd, key, &has) == 0 && has == index;
}

void flow_forget(struct dataplane *dp, const struct pool *pool, uint32_t index)
{
	const struct shunt_flow_key key = flow_key(dp, pool, index);

	if (flow_is_known(dp, &key, index))
		bpf_map_delete_elem(dp->flows_fd, &key);
}

/* --- ending many --- */

/* What one walk ends. */
struct flows_ended {
	uint32_t *ports; /* to rest */
	size_t count, room;
	struct shunt_flow_key *keys; /* to be forgotten: those that led there until now */
	size_t keys_count;
};

static void ended_grow(struct flows_ended *ended)
{
	if (ended->count < ended->room)
		return;
	ended->room = ended->room ? 2 * ended->room : 64;
	ended->ports = mem_realloc(ended->ports, ended->room * sizeof(*ended->ports));
	ended->keys = mem_realloc(ended->keys, ended->room * sizeof(*ended->keys));
}

static void flows_end(struct dataplane *dp, const struct pool *pool, uint32_t index,
		      const struct shunt_port_life *life, struct flows_ended *ended)
{
	const struct shunt_flow_key key = flow_key(dp, pool, index);
	struct shunt_port_life expired = *life;

	expired.state = SHUNT_PORT_EXPIRED;
	if (!life_change(&dp->pool_ports[index], life, &expired))
		return;
	ended_grow(ended);
	ended->ports[ended->count++] = index;
	pool_rest(dp, index);
	/* from one that went back a packet may just now lead the tuple to another: pool_end_rest()
	 */
	if (life->state != SHUNT_PORT_BACK && flow_is_known(dp, &key, index))
		ended->keys[ended->keys_count++] = key;
}

/* Many in one call, which ends at the first that is not there. */
static void flows_delete(struct dataplane *dp, const struct shunt_flow_key *keys, size_t count)
{
	while (count) {
		uint32_t done = count;

		if (bpf_map_delete_batch(dp->flows_fd, keys, &done, NULL) == 0)
			return;
		if (done >= count)
			done = 0;
		bpf_map_delete_elem(dp->flows_fd, &keys[done]);
		keys += done + 1;
		count -= done + 1;
	}
}

/* Forget the keys, then let the ports rest. */
static void flows_settle(struct dataplane *dp, struct flows_ended *ended)
{
	flows_delete(dp, ended->keys, ended->keys_count);
	free(ended->keys);
	if (ended->count)
		retire_ports(dp, ended->ports, ended->count);
	else
		free(ended->ports);
}

/* --- the walk --- */

static void flows_look(struct dataplane *dp, const struct pool *pool, uint32_t index,
		       struct flows_ended *ended)
{
	struct shunt_port_life life = life_load(&dp->pool_ports[index]);

	if (dp->held[index]) /* it rests already */
		return;
	if (life.state == SHUNT_PORT_BACK || life_is_over(&life, dp->meta->clock_s))
		flows_end(dp, pool, index, &life, ended);
}

/*
 * Move the clock on with @now_s. While no daemon runs it stands still, and no flow ages; so it does
 * while the daemon is held up: packets that came meanwhile are as old as the clock was, and must
 * not be a minute old in one go.
 */
static void flows_tick(struct dataplane *dp, uint64_t now_s)
{
	uint64_t by = dp->flows_now_s && now_s > dp->flows_now_s ? now_s - dp->flows_now_s : 0;

	if (by > FLOWS_TICK)
		by = FLOWS_TICK;
	if (by)
		__atomic_store_n(&dp->meta->clock_s, dp->meta->clock_s + (uint32_t)by,
				 __ATOMIC_RELAXED);
	dp->flows_now_s = now_s;
}

bool dataplane_flows_sweep(struct dataplane *dp, uint64_t now_s)
{
	struct flows_ended ended = {};
	bool round = !dp->pools_count;

	flows_tick(dp, now_s);
	for (uint32_t left = FLOWS_SLICE; left && !round;) {
		const struct pool *pool = &dp->pools[dp->sweep_pool % dp->pools_count];
		uint32_t size = 2 * pool->count;

		for (; left && dp->sweep_at < size; left--)
			flows_look(dp, pool, pool->first + dp->sweep_at++, &ended);
		if (dp->sweep_at < size)
			break;
		dp->sweep_at = 0;
		dp->sweep_pool = (dp->sweep_pool + 1) % dp->pools_count;
		round = dp->sweep_pool == 0;
	}
	flows_settle(dp, &ended);
	pool_remove_left(dp);
	return round;
}

/* --- by backend --- */

/* Call @each for every entry whose flow names one of @count backends from @base on. */
static void flows_of(struct dataplane *dp, uint32_t base, uint32_t count,
		     void (*each)(struct dataplane *dp, const struct pool *pool, uint32_t index,
				  const struct shunt_port_life *life, void *arg),
		     void *arg)
{
	for (size_t i = 0; i < dp->pools_count; i++) {
		const struct pool *pool = &dp->pools[i];

		for (uint32_t at = pool->first; at < pool->first + 2 * pool->count; at++) {
			struct shunt_port_life life = life_load(&dp->pool_ports[at]);

			if (life_has_flow(&life) && life.backend - base < count)
				each(dp, pool, at, &life, arg);
		}
	}
}

static void flows_end_one(struct dataplane *dp, const struct pool *pool, uint32_t index,
			  const struct shunt_port_life *life, void *arg)
{
	struct shunt_port_life now = *life;

	/* a packet of the flow may be faster, some times */
	for (int tries = 0; tries < 100 && dp->held[index] == 0 && life_has_flow(&now); tries++) {
		flows_end(dp, pool, index, &now, arg);
		now = life_load(&dp->pool_ports[index]);
	}
}

void flows_end_backends(struct dataplane *dp, uint32_t base, uint32_t count)
{
	struct flows_ended ended = {};

	flows_of(dp, base, count, flows_end_one, &ended);
	flows_settle(dp, &ended);
}

struct flows_move {
	uint32_t from, to;
};

static void flows_move_one(struct dataplane *dp, const struct pool *pool, uint32_t index,
			   const struct shunt_port_life *life, void *arg)
{
	const struct flows_move *move = arg;
	struct shunt_port_life old = *life, new;

	do {
		new = old;
		new.backend = old.backend - move->from + move->to;
		if (life_change(&dp->pool_ports[index], &old, &new))
			return;
		old = life_load(&dp->pool_ports[index]);
	} while (life_has_flow(&old) && old.backend == life->backend);
}

void flows_move_backends(struct dataplane *dp, uint32_t from, uint32_t count, uint32_t to)
{
	struct flows_move move = {from, to};

	flows_of(dp, from, count, flows_move_one, &move);
}

/* --- adoption --- */

/*
 * The index that the flow's backend has now; 0 = it has none. It may be of the service for every
 * port although there is one for this port by now. Where the range is another's, or nobody's, the
 * daemon before died while it moved it: then it is told by its address.
 */
static uint32_t flow_backend(struct dataplane *dp, const struct shunt_flow_key *key,
			     uint32_t backend)
{
	struct dataplane_service *services[2];
	uint32_t number = 0;
	struct endpoint at;

	if (backend >= dp->backends_max || !dp->backends[backend].forward)
		return 0;
	for (int i = 0; i < 2; i++) {
		services[i] = service_for(dp, key, i);
		if (services[i] &&
		    backend - services[i]->entry.backend_base < services[i]->entry.backend_cap)
			return backend;
	}
	at = shunt_backend_endpoint(&dp->backends[backend]);
	for (int i = 0; i < 2 && !number; i++)
		if (services[i] && (number = backend_find(services[i], &at)))
			number += services[i]->entry.backend_base;
	return number;
}

static void flow_adopt(struct dataplane *dp, const struct pool *pool, uint32_t index,
		       const struct shunt_port_life *life, void *arg)
{
	const struct shunt_flow_key key = flow_key(dp, pool, index);
	struct shunt_port_life now = *life, next;

	do {
		next = now;
		next.backend = flow_backend(dp, &key, now.backend);
		if (!next.backend)
			next.state = SHUNT_PORT_EXPIRED;
		if (next.backend == now.backend || life_change(&dp->pool_ports[index], &now, &next))
			return;
		now = life_load(&dp->pool_ports[index]);
	} while (life_has_flow(&now));
}

void flows_adopt(struct dataplane *dp)
{
	flows_of(dp, 0, UINT32_MAX, flow_adopt, NULL);
}

/* --- for status --- */

static void flows_count_one(struct dataplane *dp, const struct pool *pool, uint32_t index,
			    const struct shunt_port_life *life, void *arg)
{
	(*(uint32_t *)arg)++;
}

uint32_t dataplane_backend_flows(const struct dataplane_service *service, uint16_t number)
{
	uint32_t count = 0;

	flows_of(service->dp, service->entry.backend_base + number, 1, flows_count_one, &count);
	return count;
}
