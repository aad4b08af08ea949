/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * answer.h - what the program itself sends to the sender of a packet: by the way the packet came,
 * with a VIP as the source.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include "transmit.h"

#define ANSWER_TTL 64

/* A single host, as far as an address tells? "This" network, loopback, multicast, broadcast are
 * not. */
static __always_inline bool answer_is_host(__be32 addr)
{
	__u8 net = bpf_ntohl(addr) >> 24;

	return net != 0 && net != 127 && net < 224;
}

/* Could an answer harm somebody, or get our source address from a group's? (RFC 1122, 3.2.2) */
static __always_inline bool answer_allowed(const struct packet *p)
{
	return answer_is_host(p->ip->saddr) && !(p->eth->h_dest[0] & 1);
}

/* Send @p, which is the answer by now, to where the frame with the header @came came from. */
static __always_inline int answer_transmit(struct packet *p, const struct ethhdr *came)
{
	struct hop back = {.ifindex = p->ctx->ingress_ifindex};

	__builtin_memcpy(&back.dmac, came->h_source, ETH_ALEN);
	__builtin_memcpy(&back.smac, came->h_dest, ETH_ALEN);
	return transmit_packet(p, &back);
}

#endif
