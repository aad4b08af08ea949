/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * icmp.h - an echo request to a VIP is answered here: the VIP need not be an address of the
 * director's. An error goes to the backend it is about. Other ICMP goes to the director's stack.
 */
#ifndef ICMP_H
#define ICMP_H

#include "answer.h"
#include "count.h"
#include "csum.h"
#include "icmp_error.h"

static __always_inline void icmp_answer(struct packet *p)
{
	struct icmphdr *icmp = p->l4;
	__be16 *type_code = p->l4;
	__be16 *ttl_protocol = (__be16 *)&p->ip->ttl;
	__be16 from;
	__be32 vip = p->ip->daddr;

	from = *type_code;
	icmp->type = ICMP_ECHOREPLY;
	icmp->checksum = csum_end(csum_diff16(csum_begin(icmp->checksum), from, *type_code));

	/* Addresses that change places leave the header's checksum as it is. */
	from = *ttl_protocol;
	p->ip->ttl = ANSWER_TTL;
	p->ip->check = csum_end(csum_diff16(csum_begin(p->ip->check), from, *ttl_protocol));
	p->ip->daddr = p->ip->saddr;
	p->ip->saddr = vip;
}

static __always_inline int icmp_packet(struct packet *p)
{
	const struct icmphdr *icmp = p->l4;
	struct ethhdr came;

	if ((void *)(icmp + 1) > (void *)(long)p->ctx->data_end ||
	    p->length < p->ip->ihl * 4 + sizeof(*icmp))
		return drop(SHUNT_REASON_MALFORMED_L4);
	if (quote_is_error(p))
		return VERDICT(icmp_error(p->ctx));
	if (icmp->type != ICMP_ECHO || icmp->code != 0 || !answer_allowed(p))
		return pass(SHUNT_REASON_ICMP_PASS);
	icmp_answer(p);
	count_reason(SHUNT_REASON_ICMP_ECHO);
	came = *p->eth;
	return answer_transmit(p, &came);
}

#endif
