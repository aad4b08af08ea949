/* SPDX-License-Identifier: GPL-2.0-only */
/* strip.h - the outer headers go; Ethernet header and VLAN tags come before the inner packet. */
#ifndef STRIP_H
#define STRIP_H

#include "outer.h"

#define STRIP_LINK_MAX (sizeof(struct ethhdr) + 2 * sizeof(struct vlan_tag))

/* The frame's first @length bytes, a constant, and the type of what follows as the last two. */
static __always_inline bool strip_put_link(struct xdp_md *ctx, __u8 *link, __u32 length,
					   __be16 type)
{
	__u8 *to = (void *)(long)ctx->data;

	if ((void *)(to + length) > (void *)(long)ctx->data_end)
		return false;
	__builtin_memcpy(link + length - sizeof(type), &type, sizeof(type));
	__builtin_memcpy(to, link, length);
	return true;
}

static __always_inline int strip_outer(struct xdp_md *ctx, const struct wrapped *w)
{
	__be16 type = w->protocol == IPPROTO_IPIP ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
	const __u32 eth = sizeof(struct ethhdr), tag = sizeof(struct vlan_tag);
	const __u8 *from = (void *)(long)ctx->data;
	__u8 link[STRIP_LINK_MAX];
	bool done;

	if ((void *)(from + STRIP_LINK_MAX) > (void *)(long)ctx->data_end)
		return decap_drop(DECAP_REASON_INTERNAL);
	__builtin_memcpy(link, from, STRIP_LINK_MAX); /* at least an IP header follows */
	if (bpf_xdp_adjust_head(ctx, w->strip))
		return decap_drop(DECAP_REASON_INTERNAL);
	if (w->link == eth)
		done = strip_put_link(ctx, link, eth, type);
	else if (w->link == eth + tag)
		done = strip_put_link(ctx, link, eth + tag, type);
	else
		done = strip_put_link(ctx, link, eth + 2 * tag, type);
	return done ? GO_ON : decap_drop(DECAP_REASON_INTERNAL);
}

#endif
