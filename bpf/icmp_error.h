/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * icmp_error.h - an ICMP error to a VIP, from the client or a router on the way to it: about what a
 * flow's backend sent. It goes to that backend, found as the flow's own packets find it. Path MTU
 * discovery rests on this.
 */
#ifndef ICMP_ERROR_H
#define ICMP_ERROR_H

#include "forward.h"
#include "later.h"
#include "parse.h"
#include "quote.h"
#include "select.h"
#include "service.h"

/* The error quotes VIP to client; the flow is client to VIP. */
static __always_inline __u64 icmp_error_hash(const struct quote *q)
{
	return select_hash_of(q->daddr, q->saddr, q->v6, ports_back(*(__u32 *)q->ports),
			      q->protocol);
}

static __always_inline int icmp_error_forward(struct packet *p, const struct quote *q,
					      const struct target *to)
{
	if (to->forward == SHUNT_FORWARD_NAT)
		return nat_error_to_backend(p, q, to);
	if (!forward_fits(p, to)) /* no error is answered by another */
		return drop(SHUNT_REASON_TOO_BIG);
	return forward_whole(p, to);
}

/* For a VIP, and quote_is_error(). What is about no service goes to the director's stack. */
static __always_inline int icmp_error_packet(struct packet *p)
{
	struct shunt_service service;
	struct target target;
	struct quote quote;
	enum shunt_reason fault;
	int verdict;

	if (p->fault != NO_FAULT || !quote_is_error(p))
		return drop(SHUNT_REASON_INTERNAL);
	fault = quote_parse(p, &quote);
	if (fault == SHUNT_REASON_MALFORMED_QUOTE)
		return drop(fault);
	if (fault != NO_FAULT || !addr_equal(quote.saddr, packet_daddr(p), p->v6) ||
	    !service_of(quote.saddr, p->v6, quote.ports[0], quote.protocol, &service))
		return pass(SHUNT_REASON_ICMP_PASS);
	if (service.flags & SHUNT_SERVICE_FULLNAT)
		return LATER_FULLNAT_ICMP;
	STEP(select_backend(p, icmp_error_hash(&quote), &service, &target));
	STEP(icmp_error_forward(p, &quote, &target));
	verdict = transmit_packet(p, &target.hop);
	if (verdict != XDP_DROP)
		count_forwarded(p, target.index);
	return verdict;
}

PROGRAM(icmp_error, icmp_error_packet)

#endif
