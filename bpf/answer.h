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
static __always_inline bool answer_is_host4(__be32 addr)
{
	__u8 net = bpf_ntohl(addr) >> 24;

	return net != 0 && net != 127 && net < 224;
}

/* Nor are the unspecified address, loopback and multicast of IPv6. */
static __always_inline bool answer_is_host6(const __be32 *addr)
{
	bool low = !addr[0] && !addr[1] && !addr[2] && bpf_ntohl(addr[3]) <= 1;

	return !low && (*(const __u8 *)addr) != 0xff;
}

/* Could an answer harm somebody, or get our source address from a group's? (RFC 1122, 3.2.2;
 * RFC 4443, 2.4) */
static __always_inline bool answer_allowed(const struct packet *p)
{
	const __be32 *saddr = packet_saddr(p);

	return (p->v6 ? answer_is_host6(saddr) : answer_is_host4(*saddr)) &&
	       !(p->eth->h_dest[0] & 1);
}

/* The way back to who sent the frame, as it came: to be asked before the frame changes. */
static __always_inline struct hop answer_hop(const struct packet *p)
{
	struct hop back = {.ifindex = p->ctx->ingress_ifindex};

	__builtin_memcpy(&back.dmac, p->eth->h_source, ETH_ALEN);
	__builtin_memcpy(&back.smac, p->eth->h_dest, ETH_ALEN);
	back.dmac |= (__u64)p->vlan << 48;
	back.smac |= (__u64)(p->vlan >> 16) << 48;
	return back;
}

#endif
