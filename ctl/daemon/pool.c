/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pool.c - the addresses and ports that fullnat takes as source. They are this host's own, put
 * there whatever `announce` says (it is about VIPs): nobody else answers for them. What the
 * director's own stack uses is refused.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/director_internal.h"
#include "net/sockets.h"

#define SWEEP_US    100000 /* between two slices of the walk over the flows */
#define POOL_LEAVES 128    /* addresses that are in use, let go or not */

static struct dataplane_pool pool_of(const struct settings *settings,
				     struct ip_addr addrs[static MODEL_POOL_MAX])
{
	for (size_t i = 0; i < settings->fullnat_pool.n; i++)
		addrs[i] = settings->fullnat_pool.v[i].addr;
	return (struct dataplane_pool){
		.addrs = addrs,
		.count = settings->fullnat_pool.n,
		.low = settings->fullnat_ports.low,
		.high = settings->fullnat_ports.high,
	};
}

/* A bit for each of the pool's addresses that another host has: replies would go there. */
static uint64_t pool_taken(const struct director *d, const struct dataplane_pool *pool)
{
	uint64_t taken = 0;

	for (size_t i = 0; i < pool->count; i++)
		if (strcmp(announcer_state(d->announcer, &pool->addrs[i]), "conflict") == 0)
			taken |= 1ULL << i;
	return taken;
}
_Static_assert(MODEL_POOL_MAX <= 64, "they have a bit each");

/* An address that is the director's own for other things too: its stack has ports of it. */
static int pool_own_accepts(const struct dataplane_pool *pool, const struct ip_addr *addr,
			    struct error *err)
{
	struct sockets_range local = sockets_local_range();
	char text[IP_ADDR_LEN], what[SOCKETS_TEXT_LEN];

	ip_addr_format(addr, text);
	if (pool->low <= local.high && pool->high >= local.low)
		return error_set(err, -EINVAL,
				 "fullnat_pool: %s is an address of this host already, and its own "
				 "connections take ports %u-%u (net.ipv4.ip_local_port_range); "
				 "expected fullnat_ports outside of them, or another address",
				 text, local.low, local.high);
	if (sockets_find(addr, pool->low, pool->high, what))
		return error_set(
			err, -EINVAL,
			"fullnat_pool: %s is an address of this host already, and %s is in "
			"use there; expected fullnat_ports without it, or another address",
			text, what);
	return 0;
}

int pool_accepts(struct director *d, const struct settings *settings, struct error *err)
{
	struct ip_addr addrs[MODEL_POOL_MAX];
	struct dataplane_pool pool = pool_of(settings, addrs);
	int r = dataplane_pool_accepts(d->dp, &pool, err);

	for (size_t i = 0; r == 0 && i < pool.count; i++) {
		uint32_t ifindex = net_address_link(d->net, &addrs[i]);

		if (ifindex && !net_address_ours(d->net, ifindex, &addrs[i]))
			r = pool_own_accepts(&pool, &addrs[i], err);
	}
	return r;
}

int pool_set(struct director *d, const struct settings *settings, struct error *err)
{
	struct ip_addr addrs[MODEL_POOL_MAX];
	struct dataplane_pool pool = pool_of(settings, addrs);
	uint64_t taken = pool_taken(d, &pool);
	size_t all = pool.count;
	int r;

	pool.count = 0;
	for (size_t i = 0; i < all; i++)
		if (!(taken >> i & 1))
			addrs[pool.count++] = addrs[i];
	r = dataplane_pool_set(d->dp, &pool, err);
	if (!r)
		d->pool_taken = taken;
	return r;
}

/* Addresses that another host was found to have get no new flows until it lets go. */
static void pool_follow(struct director *d)
{
	struct ip_addr addrs[MODEL_POOL_MAX];
	struct dataplane_pool pool = pool_of(&d->model->settings, addrs);
	struct error err = {};

	if (pool_taken(d, &pool) != d->pool_taken && pool_set(d, &d->model->settings, &err))
		log_error("%s", err.text);
}

/* Tell, and say so while it lasts, of what family and protocol no new flow can begin. */
static void pool_tell_full(struct director *d)
{
	static const char *const whose[SHUNT_RINGS] = {
		[SHUNT_RING(0, 0)] = "TCP over IPv4",
		[SHUNT_RING(0, 1)] = "UDP over IPv4",
		[SHUNT_RING(1, 0)] = "TCP over IPv6",
		[SHUNT_RING(1, 1)] = "UDP over IPv6",
	};
	struct dataplane_ports_info info;

	dataplane_ports_info(d->dp, &info);
	for (int i = 0; i < SHUNT_RINGS; i++) {
		char key[24];

		snprintf(key, sizeof(key), "pool:%d", i);
		if (info.rings[i].total && !info.rings[i].free)
			events_alarm(d->events, "pool", key,
				     "fullnat_pool: all %u ports for %s have a flow: new ones are "
				     "dropped (fullnat_pool_full)",
				     info.rings[i].total, whose[i]);
		else
			events_clear(d->events, key);
	}
}

static bool contains(const struct ip_addr *addrs, size_t n, const struct ip_addr *addr)
{
	for (size_t i = 0; i < n; i++)
		if (ip_addr_compare(&addrs[i], addr) == 0)
			return true;
	return false;
}

/* Those that shall be on this host: one that was let go until its last flow has ended, and one that
 * another host has, so that it is asked for again. */
static size_t pool_addresses(const struct director *d, struct ip_addr ret[static POOL_LEAVES])
{
	const struct prefixes *wish = &d->model->settings.fullnat_pool;
	size_t n = dataplane_pool_addresses(d->dp, ret, POOL_LEAVES);

	for (size_t i = 0; i < wish->n && n < POOL_LEAVES; i++)
		if (!contains(ret, n, &wish->v[i].addr))
			ret[n++] = wish->v[i].addr;
	return n;
}

void pool_announce(struct director *d, bool wanted)
{
	struct ip_addr now[POOL_LEAVES];
	size_t n = pool_addresses(d, now);

	for (size_t i = 0; i < d->pool_announced_count; i++)
		if (!wanted || !contains(now, n, &d->pool_announced[i]))
			announcer_unwant(d->announcer, &d->pool_announced[i]);
	for (size_t i = 0; wanted && i < n; i++)
		announcer_want(d->announcer, &now[i]);
	d->pool_announced = mem_realloc(d->pool_announced, (n + 1) * sizeof(*now));
	memcpy(d->pool_announced, now, n * sizeof(*now));
	d->pool_announced_count = wanted ? n : 0;
}

static int on_sweep(sd_event_source *source, uint64_t usec, void *arg)
{
	struct ip_addr addrs[POOL_LEAVES];
	struct director *d = arg;
	uint64_t now;
	bool all;

	pool_follow(d);
	sd_event_now(d->loop, CLOCK_MONOTONIC, &now);
	all = dataplane_flows_sweep(d->dp, now / 1000000);
	reconcile_flows_ended(d->reconciler, all);
	pool_tell_full(d);
	if (d->forwarding && pool_addresses(d, addrs) != d->pool_announced_count)
		director_announce(d);
	sd_event_source_set_time_relative(source, SWEEP_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int pool_add_sweeps(struct director *d, struct error *err)
{
	int r = sd_event_add_time_relative(d->loop, &d->sweep_timer, CLOCK_MONOTONIC, SWEEP_US,
					   SWEEP_US / 10, on_sweep, d);

	return r < 0 ? error_set(err, r, "event loop: %s", strerror(-r)) : 0;
}

json_t *pool_json(const struct director *d)
{
	static const char *const ring_names[SHUNT_RINGS] = {
		[SHUNT_RING(0, 0)] = "tcp4",
		[SHUNT_RING(0, 1)] = "udp4",
		[SHUNT_RING(1, 0)] = "tcp6",
		[SHUNT_RING(1, 1)] = "udp6",
	};
	struct dataplane_ports_info info;
	json_t *rings = json_object();

	dataplane_ports_info(d->dp, &info);
	for (int i = 0; i < SHUNT_RINGS; i++)
		json_object_set_new(rings, ring_names[i],
				    json_pack("{s:I, s:I}", "total",
					      (json_int_t)info.rings[i].total, "free",
					      (json_int_t)info.rings[i].free));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "max", (json_int_t)info.max, "total",
			 (json_int_t)info.total, "used", (json_int_t)info.used, "free",
			 (json_int_t)info.free, "resting", (json_int_t)info.resting, "kinds",
			 rings);
}
