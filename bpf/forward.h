/* SPDX-License-Identifier: GPL-2.0-only */
/* forward.h - the packet as the backend shall get it, one function for each way of forwarding. */
#ifndef FORWARD_H
#define FORWARD_H

#include "nat.h"
#include "tunnel.h"

/*
 * A frame that has the backend's MAC address already is on its way there: a switch that does not
 * know the port floods it, and we see it where nothing filters by address. Were it sent again, two
 * directors on one wire could play ball with it for ever, for dr takes nothing from the TTL.
 */
static __always_inline bool forward_is_done(const struct packet *p, const struct target *to)
{
	__u64 there = to->hop.dmac;

	return !__builtin_memcmp(p->eth->h_dest, &there, 4) &&
	       !__builtin_memcmp(p->eth->h_dest + 4, (__u8 *)&there + 4, 2);
}

/*
 * Is there room for it on the way? Without a tunnel it may leave as long as it is by the interface
 * it came from: generic mode shows packets that the stack has joined and will cut again.
 */
static __always_inline bool forward_fits(const struct packet *p, const struct target *to)
{
	return likely(p->length <= to->mtu) || !to->mtu ||
	       (to->hop.ifindex == p->ctx->ingress_ifindex && !tunnel_is_one(to->forward));
}

/* Where the packet itself stays as it is. */
static __always_inline int forward_whole(struct packet *p, const struct target *to)
{
	switch (to->forward) {
	case SHUNT_FORWARD_DR: /* nothing but the MAC addresses changes */
		if (unlikely(forward_is_done(p, to)))
			return pass(SHUNT_REASON_FLOODED);
		mss_to_backend(p, to);
		return GO_ON;
	case SHUNT_FORWARD_IPIP:
	case SHUNT_FORWARD_GUE:
		mss_to_backend(p, to);
		return tunnel_to_backend(p, to);
	}
	return drop(SHUNT_REASON_INTERNAL);
}

static __always_inline int forward_packet(struct packet *p, const struct target *to)
{
	if (unlikely(!forward_fits(p, to)))
		return LATER_TOO_BIG;
	if (to->forward == SHUNT_FORWARD_NAT)
		return nat_to_backend(p, to);
	return forward_whole(p, to);
}

#endif
