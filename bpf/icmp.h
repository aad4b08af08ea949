/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * icmp.h - an echo request to a VIP is answered here: the VIP need not be an address of the
 * director's. Other ICMP goes to the director's stack.
 */
#ifndef ICMP_H
#define ICMP_H

#include "count.h"
#include "csum.h"
#include "transmit.h"

#define ICMP_ANSWER_TTL 64

/* Could an answer to this source harm somebody? "This" network, loopback, multicast, broadcast. */
static __always_inline bool icmp_source_is_host(__be32 addr)
{
	__u8 net = bpf_ntohl(addr) >> 24;

	return net != 0 && net != 127 && net < 224;
}

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
	p->ip->ttl = ICMP_ANSWER_TTL;
	p->ip->check = csum_end(csum_diff16(csum_begin(p->ip->check), from, *ttl_protocol));
	p->ip->daddr = p->ip->saddr;
	p->ip->saddr = vip;
}

static __always_inline int icmp_packet(struct packet *p)
{
	const struct icmphdr *icmp = p->l4;
	struct hop back = {.ifindex = p->ctx->ingress_ifindex};

	if ((void *)(icmp + 1) > (void *)(long)p->ctx->data_end ||
	    p->length < p->ip->ihl * 4 + sizeof(*icmp))
		return drop(SHUNT_REASON_MALFORMED_L4);
	if (icmp->type != ICMP_ECHO || icmp->code != 0 || !icmp_source_is_host(p->ip->saddr) ||
	    p->eth->h_dest[0] & 1 /* a group's address, ours must not become one */)
		return pass(SHUNT_REASON_ICMP_PASS);
	icmp_answer(p);
	count_reason(SHUNT_REASON_ICMP_ECHO);
	__builtin_memcpy(&back.dmac, p->eth->h_source, ETH_ALEN);
	__builtin_memcpy(&back.smac, p->eth->h_dest, ETH_ALEN);
	return transmit_packet(p, &back);
}

#endif
