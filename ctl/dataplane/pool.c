// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pool.c - the addresses that fullnat takes as source, and the rings in which their ports wait.
 *
 * A port is in a ring, or a flow's, or held here: because it rests until no CPU can still act on
 * the flow it had, or because its address is let go. The maps are the truth about the first two;
 * what is held when the daemon dies is found again by the next.
 */
#include "dataplane/internal.h"

#include <arpa/inet.h>
#include <errno.h>

enum held {
	HELD_NOT = 0, /* in a ring, or a flow's */
	HELD_RESTING, /* its flow has ended; a grace period is to come */
	HELD_BACK,    /* nobody's, of an address that is let go */
};

/* --- rings --- */

static uint32_t ring_size(const struct dataplane *dp)
{
	return 1u << dp->ring_bits;
}

static uint32_t *ring_place(struct dataplane *dp, uint32_t which, uint64_t at)
{
	return &dp->free_ports[(which << dp->ring_bits) + (at & (ring_size(dp) - 1))];
}

/* There is room: a ring has as many places as there are ports of its kind. */
static void ring_put(struct dataplane *dp, uint32_t which, uint32_t index)
{
	struct shunt_ring *ring = &dp->rings[which];
	uint64_t tail = ring->tail;

	__atomic_store_n(ring_place(dp, which, tail), index, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->tail, tail + 1, __ATOMIC_RELEASE);
}

/* As the program does. */
static bool ring_take(struct dataplane *dp, uint32_t which, uint32_t *ret)
{
	struct shunt_ring *ring = &dp->rings[which];
	__u64 head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);

	while (head != ring->tail)
		if (__atomic_compare_exchange_n(&ring->head, &head, head + 1, false,
						__ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE)) {
			*ret = *ring_place(dp, which, head);
			return true;
		}
	return false;
}

static uint64_t ring_waiting(const struct shunt_ring *ring)
{
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);

	return ring->tail - head;
}

/* --- pools and their ports --- */

static bool pool_is_v6(const struct pool *pool)
{
	return pool->addr.family == AF_INET6;
}

static uint32_t pool_entries(const struct pool *pool)
{
	return 2 * pool->count; /* TCP and UDP */
}

static uint32_t pool_ring(const struct pool *pool, uint32_t index)
{
	return SHUNT_RING(pool_is_v6(pool), index >= pool->first + pool->count);
}

static struct pool *pool_of(struct dataplane *dp, uint32_t index)
{
	for (size_t i = 0; i < dp->pools_count; i++)
		if (index - dp->pools[i].first < pool_entries(&dp->pools[i]))
			return &dp->pools[i];
	return NULL;
}

static struct pool *pool_find(struct dataplane *dp, const struct ip_addr *addr)
{
	for (size_t i = 0; i < dp->pools_count; i++)
		if (ip_addr_compare(&dp->pools[i].addr, addr) == 0)
			return &dp->pools[i];
	return NULL;
}

static void pool_hold(struct dataplane *dp, struct pool *pool, uint32_t index, enum held how)
{
	enum held was = dp->held[index];

	dp->ports_resting += (how == HELD_RESTING) - (was == HELD_RESTING);
	pool->back += (how == HELD_BACK) - (was == HELD_BACK);
	dp->held[index] = how;
}

void pool_rest(struct dataplane *dp, uint32_t index)
{
	pool_hold(dp, pool_of(dp, index), index, HELD_RESTING);
}

/* A port that is held and nobody's goes to its ring, if its address stays. */
static void pool_give(struct dataplane *dp, struct pool *pool, uint32_t index)
{
	const struct shunt_port_life none = {0};

	if (dp->held[index] == HELD_NOT)
		return;
	pool_hold(dp, pool, index, pool->leaving ? HELD_BACK : HELD_NOT);
	life_store(&dp->pool_ports[index], &none);
	if (!pool->leaving)
		ring_put(dp, pool_ring(pool, index), index);
}

void pool_end_rest(struct dataplane *dp, uint32_t index)
{
	struct pool *pool = pool_of(dp, index);

	if (!pool || dp->held[index] != HELD_RESTING)
		return;
	flow_forget(dp, pool, index);
	pool_give(dp, pool, index);
}

static struct place_key pool_key(const struct pool *pool)
{
	return place_key(&pool->addr, 0, 0);
}

static int pool_write(struct dataplane *dp, const struct pool *pool)
{
	const struct shunt_service entry = {
		.slot_base = pool->first,
		.backend_base = pool->low,
		.backend_cap = pool->count,
		.flags = SHUNT_POOL,
	};
	struct place_key key = pool_key(pool);

	return service_write(dp, &key, &entry);
}

/* What of the entries stays; all of them are held. */
static void pool_prepare(struct dataplane *dp, struct pool *pool)
{
	for (uint32_t i = 0; i < pool_entries(pool); i++)
		dp->pool_ports[pool->first + i] = (struct shunt_pool_port){
			.pool = shunt_addr_of(&pool->addr),
			.port = htons(pool->low + i % pool->count),
		};
	for (uint32_t i = 0; i < pool_entries(pool); i++)
		pool_hold(dp, pool, pool->first + i, HELD_BACK);
}

/* Give all that is nobody's; TCP's and UDP's by turns would be no better. */
static void pool_give_all(struct dataplane *dp, struct pool *pool)
{
	for (uint32_t i = 0; i < pool_entries(pool); i++)
		if (dp->held[pool->first + i] == HELD_BACK)
			pool_give(dp, pool, pool->first + i);
}

static int pool_add(struct dataplane *dp, const struct ip_addr *addr, uint16_t low, uint16_t high,
		    struct error *err)
{
	struct pool pool = {.addr = *addr, .low = low, .count = high - low + 1};
	char text[IP_ADDR_LEN];
	struct pool *kept;
	int r;

	if (dp->pools_count == POOLS_MAX ||
	    extent_alloc(&dp->ports_pool, pool_entries(&pool), &pool.first) < 0)
		return error_set(err, -ENOSPC,
				 "fullnat_pool: no room for the ports of %s: ports_max is %u, %u "
				 "used",
				 ip_addr_format(addr, text), dp->ports_max, dp->ports_pool.used);
	kept = &dp->pools[dp->pools_count++];
	*kept = pool;
	pool_prepare(dp, kept);
	r = pool_write(dp, kept);
	if (r < 0) {
		for (uint32_t i = 0; i < pool_entries(kept); i++)
			pool_hold(dp, kept, kept->first + i, HELD_NOT);
		extent_release(&dp->ports_pool, kept->first);
		dp->pools_count--;
		return error_set(err, r,
				 "fullnat_pool: no place for %s within %d of where it "
				 "belongs",
				 ip_addr_format(addr, text), SHUNT_TABLE_PROBES);
	}
	pool_give_all(dp, kept);
	return 0;
}

/* Take the ports of addresses that are let go out of a ring: all go round once. A packet's program
 * that stands still meanwhile finds its place in the ring passed, and reads anew. */
static void pool_sift(struct dataplane *dp, uint32_t which)
{
	uint32_t index;

	for (uint64_t n = ring_waiting(&dp->rings[which]); n && ring_take(dp, which, &index); n--) {
		struct pool *pool = pool_of(dp, index);

		if (pool && !pool->leaving)
			ring_put(dp, which, index);
		else if (pool)
			pool_hold(dp, pool, index, HELD_BACK);
	}
}

/* An address that was let go, and has no flow any more. */
static void pool_remove(struct dataplane *dp, struct pool *pool)
{
	struct place_key key = pool_key(pool);
	struct table *table = &dp->services[key.v6];
	uint32_t place;

	if (table_remove(table, key.words, &place) == 0)
		retire_place(dp, table, place);
	for (uint32_t i = 0; i < pool_entries(pool); i++)
		dp->held[pool->first + i] = HELD_NOT;
	retire_ports_extent(dp, pool->first);
	*pool = dp->pools[--dp->pools_count];
}

void pool_remove_left(struct dataplane *dp)
{
	for (size_t i = dp->pools_count; i-- > 0;)
		if (dp->pools[i].leaving && dp->pools[i].back == pool_entries(&dp->pools[i]))
			pool_remove(dp, &dp->pools[i]);
}

/* --- from outside --- */

static bool pool_wanted(const struct dataplane_pool *wish, const struct ip_addr *addr)
{
	for (size_t i = 0; i < wish->count; i++)
		if (ip_addr_compare(&wish->addrs[i], addr) == 0)
			return true;
	return false;
}

/* Those that are in use keep their ports. */
static int pool_same_ports(struct dataplane *dp, const struct dataplane_pool *wish,
			   struct error *err)
{
	char text[IP_ADDR_LEN];

	for (size_t i = 0; i < dp->pools_count; i++) {
		const struct pool *pool = &dp->pools[i];

		if (pool_wanted(wish, &pool->addr) &&
		    (pool->low != wish->low || pool->count != wish->high - wish->low + 1u))
			return error_set(
				err, -EBUSY,
				"fullnat_ports cannot change from %u-%u to %u-%u while %s is in "
				"use; take it out of fullnat_pool until its flows have ended",
				pool->low, pool->low + pool->count - 1, wish->low, wish->high,
				ip_addr_format(&pool->addr, text));
	}
	return 0;
}

int dataplane_pool_accepts(struct dataplane *dp, const struct dataplane_pool *wish,
			   struct error *err)
{
	uint64_t wanted = dp->ports_pool.used, each = 2 * (wish->high - wish->low + 1u);
	size_t addrs = dp->pools_count;
	int r = pool_same_ports(dp, wish, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < wish->count; i++) {
		if (pool_find(dp, &wish->addrs[i]))
			continue;
		wanted += each;
		addrs++;
	}
	if (addrs > POOLS_MAX)
		return error_set(err, -ENOSPC,
				 "fullnat_pool: with those whose flows have not ended yet there "
				 "would be %zu addresses; expected %d at most",
				 addrs, POOLS_MAX);
	if (wanted <= dp->ports_max)
		return 0;
	return error_set(err, -ENOSPC,
			 "fullnat_pool: %llu ports are needed, TCP's and UDP's, with those of "
			 "addresses that go, and ports_max is %u; expected fewer addresses or "
			 "ports, new addresses only when those before have gone, or another "
			 "ports_max, which takes effect after shuntd --stop-forwarding",
			 (unsigned long long)wanted, dp->ports_max);
}

/* True: an address is let go that was not before. */
static bool pool_is_left(struct dataplane *dp, struct pool *pool, bool leaving)
{
	bool was = pool->leaving;

	pool->leaving = leaving;
	if (was && !leaving)
		pool_give_all(dp, pool);
	return leaving && !was;
}

int dataplane_pool_set(struct dataplane *dp, const struct dataplane_pool *wish, struct error *err)
{
	size_t before = dp->pools_count;
	bool left = false;
	int r = dataplane_pool_accepts(dp, wish, err);

	for (size_t i = 0; r == 0 && i < wish->count; i++)
		if (!pool_find(dp, &wish->addrs[i]))
			r = pool_add(dp, &wish->addrs[i], wish->low, wish->high, err);
	/* on error only those go that have just come */
	for (size_t i = r < 0 ? before : 0; i < dp->pools_count; i++)
		left |= pool_is_left(dp, &dp->pools[i],
				     r < 0 || !pool_wanted(wish, &dp->pools[i].addr));
	for (uint32_t which = 0; left && which < SHUNT_RINGS; which++)
		pool_sift(dp, which);
	pool_remove_left(dp);
	return r;
}

size_t dataplane_pool_addresses(const struct dataplane *dp, struct ip_addr *ret, size_t max)
{
	size_t n = dp->pools_count < max ? dp->pools_count : max;

	for (size_t i = 0; i < n; i++)
		ret[i] = dp->pools[i].addr;
	return dp->pools_count;
}

void dataplane_ports_info(const struct dataplane *dp, struct dataplane_ports_info *ret)
{
	uint32_t held = dp->ports_resting;

	*ret = (struct dataplane_ports_info){.max = dp->ports_max, .resting = dp->ports_resting};
	for (size_t i = 0; i < dp->pools_count; i++) {
		const struct pool *pool = &dp->pools[i];

		ret->total += pool_entries(pool);
		held += pool->back;
		for (int udp = 0; udp < 2 && !pool->leaving; udp++)
			ret->rings[SHUNT_RING(pool_is_v6(pool), udp)].total += pool->count;
	}
	for (uint32_t which = 0; which < SHUNT_RINGS; which++) {
		ret->rings[which].free = ring_waiting(&dp->rings[which]);
		ret->free += ret->rings[which].free;
	}
	ret->used = ret->total - held - ret->free;
}

/* --- adoption --- */

int pool_adopt(struct dataplane *dp, const struct place_key *key, const struct shunt_service *entry,
	       struct error *err)
{
	struct pool pool = {
		.addr = place_key_addr(key),
		.first = SHUNT_POOL_FIRST(entry),
		.low = SHUNT_POOL_LOW(entry),
		.count = SHUNT_POOL_COUNT(entry),
	};
	char text[IP_ADDR_LEN];

	if (dp->pools_count == POOLS_MAX || pool.count > UINT16_MAX ||
	    extent_reserve(&dp->ports_pool, pool.first, pool_entries(&pool)) < 0)
		return error_set(err, -EUCLEAN,
				 "the pinned address %s of fullnat's pool has ports that are "
				 "another's or outside of the map; `shuntd --stop-forwarding` "
				 "removes it",
				 ip_addr_format(&pool.addr, text));
	dp->pools[dp->pools_count++] = pool;
	return 0;
}

/* Mark with HELD_BACK what is in no ring: a ring is read from its head before, so that what a
 * packet takes meanwhile counts as in it. */
static void pool_mark_outside(struct dataplane *dp)
{
	for (size_t i = 0; i < dp->pools_count; i++)
		memset(&dp->held[dp->pools[i].first], HELD_BACK, pool_entries(&dp->pools[i]));
	for (uint32_t which = 0; which < SHUNT_RINGS; which++) {
		const struct shunt_ring *ring = &dp->rings[which];

		for (uint64_t at = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE); at != ring->tail;
		     at++)
			if (*ring_place(dp, which, at) < dp->ports_max)
				dp->held[*ring_place(dp, which, at)] = HELD_NOT;
	}
}

/* Only those that are nobody's stay marked; what the daemon before was taking back is taken. */
static uint32_t pool_unmark_flows(struct dataplane *dp, const struct pool *pool)
{
	uint32_t marked = 0;

	for (uint32_t i = pool->first; i < pool->first + pool_entries(pool); i++) {
		struct shunt_port_life life = life_load(&dp->pool_ports[i]);

		if (life.state == SHUNT_PORT_EXPIRED)
			flow_forget(dp, pool, i);
		else if (life.state != SHUNT_PORT_FREE)
			dp->held[i] = HELD_NOT;
		marked += dp->held[i] != HELD_NOT;
	}
	return marked;
}

/* Ports that are in no ring and no flow's: the daemon before died while it held them. */
int pool_recover(struct dataplane *dp)
{
	uint32_t marked = 0;
	int r;

	if (!dp->pools_count)
		return 0;
	pool_mark_outside(dp);
	for (size_t i = 0; i < dp->pools_count; i++)
		marked += pool_unmark_flows(dp, &dp->pools[i]);
	/* a packet may just have taken one and not filled it yet */
	r = marked ? dataplane_grace_wait() : 0;
	if (r < 0)
		return r;
	for (size_t i = 0; i < dp->pools_count; i++)
		pool_unmark_flows(dp, &dp->pools[i]);
	for (size_t i = 0; i < dp->pools_count; i++) {
		struct pool *pool = &dp->pools[i];

		for (uint32_t at = pool->first; at < pool->first + pool_entries(pool); at++)
			pool->back += dp->held[at] == HELD_BACK;
		pool_give_all(dp, pool);
	}
	return 0;
}
