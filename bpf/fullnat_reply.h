/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fullnat_reply.h - fullnat, backend to client: what comes to a port of the pool goes to the flow
 * that has it, if it is from that flow's backend. Ports of a pool's address that are not the pool's
 * are the director's own.
 */
#ifndef FULLNAT_REPLY_H
#define FULLNAT_REPLY_H

#include "error.h"
#include "fragment.h"
#include "fullnat.h"
#include "later.h"
#include "mss.h"
#include "nat_reply.h"
#include "route.h"
#include "service.h"
#include "transmit.h"

/* The index of @port's entry; negative if the pool has no such port, or @addr is no pool's. */
static __always_inline int fullnat_index(const __be32 *addr, bool v6, __be16 port, __u8 protocol)
{
	struct shunt_service pool;
	__u32 offset;

	if (!service_read(addr, v6, 0, 0, &pool) || !(pool.flags & SHUNT_POOL))
		return -1;
	offset = bpf_ntohs(port) - SHUNT_POOL_LOW(&pool);
	if (offset >= SHUNT_POOL_COUNT(&pool))
		return -1;
	return SHUNT_POOL_FIRST(&pool) + offset +
	       (protocol == IPPROTO_UDP ? SHUNT_POOL_COUNT(&pool) : 0);
}

/* Is @addr with @port the backend that the flow goes to? */
static __always_inline bool fullnat_is_backend(const struct shunt_pool_port *port,
					       const union fullnat_life *life, const __be32 *addr,
					       __be16 from, bool v6)
{
	__u32 index = life->is.backend;
	const struct shunt_backend *backend = bpf_map_lookup_elem(&backends, &index);

	return backend && addr_equal(backend->addr.word, addr, v6) &&
	       (backend->port ?: port->vip_port) == from;
}

/* The flow whose packets, from @addr and @from, come to @port of the pool's address @to. */
static __always_inline int fullnat_flow_of(const __be32 *to, __be16 at, const __be32 *addr,
					   __be16 from, __u8 protocol, bool v6,
					   struct shunt_pool_port **ret,
					   union fullnat_life *ret_life)
{
	int index = fullnat_index(to, v6, at, protocol);
	struct shunt_pool_port *port;

	if (index < 0)
		return XDP_PASS;
	port = fullnat_port(index);
	if (!port)
		return drop(SHUNT_REASON_INTERNAL);
	*ret_life = fullnat_read(port);
	if (!fullnat_lives(ret_life))
		return drop(SHUNT_REASON_FULLNAT_NO_FLOW);
	if (!fullnat_is_backend(port, ret_life, addr, from, v6))
		return drop(SHUNT_REASON_FULLNAT_STRANGER);
	trace_reply(ret_life->is.backend);
	*ret = port;
	return GO_ON;
}

/* The way to the client of what leaves from @ends' source. */
static __always_inline struct route fullnat_route(const struct packet *p,
						  const struct fullnat_ends *ends)
{
	struct route route = nat_route(p, &ends->saddr, ends->sport);

	route.daddr = ends->daddr;
	route.dport = ends->dport;
	route.ours = true;
	return route;
}

static __always_inline struct fullnat_ends fullnat_to_client(const struct shunt_pool_port *port,
							     bool v6)
{
	return (struct fullnat_ends){
		.saddr = addr_read(port->vip.word, v6),
		.daddr = addr_read(port->client.word, v6),
		.sport = port->vip_port,
		.dport = port->client_port,
	};
}

/* The backend's SYN, as the service's mss has it. */
static __always_inline void fullnat_clamp(struct packet *p, const struct shunt_pool_port *port,
					  const union fullnat_life *life)
{
	struct shunt_service service;

	if (likely(!nat_is_syn(p)))
		return;
	if (service_of(port->vip.word, p->v6, port->vip_port, p->protocol, &service) && service.mss)
		mss_clamp(p, service.mss, nat_room(life->is.backend));
}

/* To a pool's address. What is for none of its ports passes. */
static __always_inline int fullnat_reply_packet(struct packet *p)
{
	struct shunt_pool_port *port;
	struct fullnat_ends ends;
	union fullnat_life life;
	struct route route;
	int verdict;

	if (unlikely(p->fragment))
		return LATER_FULLNAT_REPLY_FRAGMENT;
	if (p->fault != NO_FAULT)
		return XDP_PASS;
	if (!p->ports)
		return quote_is_error(p) ? LATER_FULLNAT_ERROR : XDP_PASS;
	STEP(fullnat_flow_of(packet_daddr(p), p->dport, packet_saddr(p), p->sport, p->protocol,
			     p->v6, &port, &life));
	ends = fullnat_to_client(port, p->v6);
	route = fullnat_route(p, &ends);
	STEP(route_find(p->ctx, &route));
	if (unlikely(nat_ttl_ends(p)))
		return LATER_TTL;
	fullnat_clamp(p, port, &life);
	fullnat_touch(p, false, port, life);
	fullnat_rewrite(p, &ends);
	verdict = transmit_packet(p, &route.hop);
	if (verdict != XDP_DROP)
		count_reply(p, life.is.backend);
	return verdict;
}

PROGRAM(fullnat_reply, fullnat_reply_packet)

/* GO_ON: @what is where the first fragment of the packet @key goes, @port its flow's entry. */
static __always_inline int fullnat_reply_first(struct packet *p,
					       const struct shunt_fragment_key *key,
					       struct shunt_fragment *what,
					       struct fullnat_ends *ret)
{
	struct shunt_pool_port *port;
	union fullnat_life life;

	if (fragment_parse(p) != NO_FAULT || !p->ports)
		return XDP_PASS;
	STEP(fullnat_flow_of(packet_daddr(p), p->dport, packet_saddr(p), p->sport, p->protocol,
			     p->v6, &port, &life));
	*ret = fullnat_to_client(port, p->v6);
	*what = (struct shunt_fragment){
		.saddr = ret->saddr, .daddr = ret->daddr, .backend = life.is.backend};
	fragment_remember(key, what);
	fullnat_touch(p, false, port, life);
	return GO_ON;
}

/* A fragment to a pool's address. Whose a later one without a first is, nobody can tell. */
static __always_inline int fullnat_reply_fragment_packet(struct packet *p)
{
	struct shunt_fragment_key key = fragment_key(p);
	struct fullnat_ends ends = {};
	const struct shunt_fragment *found;
	struct shunt_fragment what;
	struct route route;
	int verdict;

	if (p->fault != SHUNT_REASON_FRAGMENT_UNKNOWN)
		return XDP_PASS;
	if (p->fragment == PACKET_FIRST) {
		STEP(fullnat_reply_first(p, &key, &what, &ends));
	} else {
		found = fragment_recall(&key, SHUNT_FRAGMENT_REPLY_NS);
		if (!found || !found->backend)
			return XDP_PASS;
		what = *found;
		ends.saddr = what.saddr;
		ends.daddr = what.daddr;
		trace_reply(what.backend);
	}
	route = fullnat_route(p, &ends);
	STEP(route_find(p->ctx, &route));
	if (nat_ttl_ends(p))
		return drop(SHUNT_REASON_TTL_EXPIRED);
	if (p->check) /* the first, see nat_fragment_packet() */
		fullnat_rewrite(p, &ends);
	else
		fullnat_rewrite_ip(p, &ends);
	verdict = transmit_packet(p, &route.hop);
	if (verdict != XDP_DROP)
		count_reply(p, what.backend);
	return verdict;
}

PROGRAM(fullnat_reply_fragment, fullnat_reply_fragment_packet)

/* Longer than the MTU on its way to the client: the backend is told, by the address it spoke to. */
static __always_inline int fullnat_reply_too_big_packet(struct packet *p)
{
	struct shunt_pool_port *port;
	struct fullnat_ends ends;
	union fullnat_life life;
	struct route route;
	int mtu;

	if (p->fragment == PACKET_FIRST) /* what is told of the first holds for all */
		p->fault = fragment_parse(p);
	if (p->fault != NO_FAULT || !p->ports)
		return drop(SHUNT_REASON_TOO_BIG);
	STEP(fullnat_flow_of(packet_daddr(p), p->dport, packet_saddr(p), p->sport, p->protocol,
			     p->v6, &port, &life));
	ends = fullnat_to_client(port, p->v6);
	route = fullnat_route(p, &ends);
	mtu = route_mtu(p->ctx, &route);
	if (mtu <= 0) /* it has changed meanwhile */
		return drop(SHUNT_REASON_TOO_BIG);
	return error_answer(p, false, mtu);
}

PROGRAM(fullnat_reply_too_big, fullnat_reply_too_big_packet)

#endif
