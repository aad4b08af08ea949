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
#include "quote.h"

static __always_inline bool icmp_is_echo(const struct packet *p, const struct icmphdr *icmp)
{
	return icmp->type == (p->v6 ? ICMP6_ECHO : ICMP_ECHO) && icmp->code == 0;
}

/* Addresses that change places leave every checksum as it is. */
static __always_inline void icmp_turn(struct packet *p)
{
	const struct shunt_addr client = addr_read(packet_saddr(p), p->v6);
	const struct shunt_addr vip = addr_read(packet_daddr(p), p->v6);

	addr_write(packet_saddr(p), &vip, p->v6);
	addr_write(packet_daddr(p), &client, p->v6);
}

static __always_inline void icmp_renew_ttl(struct packet *p)
{
	__be16 *ttl_protocol, from;

	if (p->v6) {
		p->ip6->hop_limit = ANSWER_TTL;
		return;
	}
	ttl_protocol = (__be16 *)&p->ip->ttl;
	from = *ttl_protocol;
	p->ip->ttl = ANSWER_TTL;
	p->ip->check = csum_end(csum_diff16(csum_begin(p->ip->check), from, *ttl_protocol));
}

static __always_inline void icmp_answer(struct packet *p)
{
	struct icmphdr *icmp = p->l4;
	__be16 *type_code = p->l4;
	__be16 from = *type_code;

	icmp->type = p->v6 ? ICMP6_ECHOREPLY : ICMP_ECHOREPLY;
	icmp->checksum = csum_end(csum_diff16(csum_begin(icmp->checksum), from, *type_code));
	icmp_renew_ttl(p);
	icmp_turn(p);
}

static __always_inline int icmp_packet(struct packet *p)
{
	const struct icmphdr *icmp = p->l4;
	struct hop back;

	if ((void *)(icmp + 1) > (void *)(long)p->ctx->data_end ||
	    p->length < p->header + sizeof(*icmp))
		return drop(SHUNT_REASON_MALFORMED_L4);
	if (quote_is_error(p))
		return LATER_ICMP_ERROR;
	if (!icmp_is_echo(p, icmp) || !answer_allowed(p))
		return pass(SHUNT_REASON_ICMP_PASS);
	back = answer_hop(p);
	icmp_answer(p);
	count_reason(SHUNT_REASON_ICMP_ECHO);
	return transmit_packet(p, &back);
}

#endif
