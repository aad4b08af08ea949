/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fullnat_icmp.h - ICMP errors about fullnat's flows, both ways. Who gets one finds in the quote
 * what it sent.
 */
#ifndef FULLNAT_ICMP_H
#define FULLNAT_ICMP_H

#include "fullnat_flow.h"
#include "fullnat_reply.h"
#include "icmp_error.h"
#include "path_mtu.h"

/* No error is answered by another. */
static __always_inline int fullnat_error_send(struct packet *p, const struct quote *q,
					      const struct fullnat_ends *quoted,
					      const struct shunt_addr *saddr,
					      const struct shunt_addr *daddr, const struct hop *hop)
{
	if (nat_ttl_ends(p))
		return drop(SHUNT_REASON_TTL_EXPIRED);
	fullnat_rewrite_quote(p, q, quoted);
	fullnat_rewrite_error(p, saddr, daddr);
	return transmit_packet(p, hop);
}

/* Of no flow of fullnat's: the slot's backend may be by another mode. */
static __always_inline int fullnat_icmp_other_mode(struct packet *p, const struct quote *q)
{
	struct shunt_service service;
	struct target target;
	int verdict;

	if (!service_of(q->saddr, p->v6, q->ports[0], q->protocol, &service))
		return drop(SHUNT_REASON_INTERNAL);
	STEP(select_backend(p, icmp_error_hash(q), &service, &target));
	if (target.forward == SHUNT_FORWARD_FULLNAT)
		return drop(SHUNT_REASON_FULLNAT_UNKNOWN);
	STEP(icmp_error_forward(p, q, &target));
	verdict = transmit_packet(p, &target.hop);
	if (verdict != XDP_DROP)
		count_forwarded(p, target.index);
	return verdict;
}

/*
 * To a VIP, about what a flow's client got: it goes to the backend, which sent that to the pool's
 * address. From there too, whoever told it: the backend need not know a way to others.
 */
static __always_inline int fullnat_icmp_packet(struct packet *p)
{
	struct fullnat_found found;
	struct fullnat_ends there, quoted;
	struct shunt_flow_key key;
	struct target target;
	struct quote quote;
	int verdict;

	if (p->fault != NO_FAULT || !quote_is_error(p) || quote_parse(p, &quote) != NO_FAULT)
		return drop(SHUNT_REASON_INTERNAL);
	key = fullnat_key(quote.daddr, quote.ports[1], quote.saddr, quote.ports[0], quote.protocol,
			  p->v6);
	found = fullnat_find(&key);
	if (!found.port)
		return fullnat_icmp_other_mode(p, &quote);
	STEP(select_entry(found.life.is.backend, &target));
	there = fullnat_to_backend(found.port, found.port->vip_port, &target, p->v6);
	quoted = (struct fullnat_ends){there.daddr, there.saddr, there.dport, there.sport};
	verdict = fullnat_error_send(p, &quote, &quoted, &there.saddr, &there.daddr, &target.hop);
	if (verdict != XDP_DROP)
		count_forwarded(p, target.index);
	return verdict;
}

PROGRAM(fullnat_icmp, fullnat_icmp_packet)

/*
 * To a pool's address, from a backend or a router on the way to it: about what a client sent to the
 * VIP. A router keeps its address; a backend's own becomes the VIP.
 */
static __always_inline int fullnat_error_packet(struct packet *p)
{
	struct fullnat_ends ends, quoted, away;
	struct shunt_pool_port *port;
	union fullnat_life life;
	struct route route;
	struct quote quote;
	int verdict;

	if (p->fault != NO_FAULT || !quote_is_error(p) || quote_parse(p, &quote) != NO_FAULT ||
	    !addr_equal(quote.saddr, packet_daddr(p), p->v6))
		return XDP_PASS;
	STEP(fullnat_flow_of(quote.saddr, quote.ports[0], quote.daddr, quote.ports[1],
			     quote.protocol, p->v6, &port, &life));
	ends = fullnat_to_client(port, p->v6);
	quoted = (struct fullnat_ends){ends.daddr, ends.saddr, ends.dport, ends.sport};
	away = (struct fullnat_ends){.daddr = ends.daddr};
	away.saddr = addr_equal(packet_saddr(p), quote.daddr, p->v6)
			     ? ends.saddr
			     : addr_read(packet_saddr(p), p->v6);
	if (path_mtu_told(p))
		fullnat_settle(port, life);
	route = fullnat_route(p, &away);
	STEP(route_find(p->ctx, &route));
	verdict = fullnat_error_send(p, &quote, &quoted, &away.saddr, &away.daddr, &route.hop);
	if (verdict != XDP_DROP)
		count_reply(p, life.is.backend);
	return verdict;
}

PROGRAM(fullnat_error, fullnat_error_packet)

#endif
