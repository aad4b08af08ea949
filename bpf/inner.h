/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inner.h - the packet in the tunnel: whom it is for, and the congestion mark that it takes over.
 * Nothing else in it is touched: DSCP and TTL stay as the client's packet had them.
 */
#ifndef INNER_H
#define INNER_H

#include "csum.h"
#include "outer.h"

#define ECN_MASK 3
enum ecn { ECN_NONE, ECN_ECT1, ECN_ECT0, ECN_CE };

static __always_inline bool inner_parse_ip4(struct xdp_md *ctx, struct wrapped *w)
{
	const struct iphdr *ip = wrapped_next(ctx, w, sizeof(*ip));
	__u32 length;

	if (!ip)
		return false;
	length = bpf_ntohs(ip->tot_len);
	if (ip->version != 4 || ip->ihl * 4 < sizeof(*ip) || length < ip->ihl * 4 ||
	    length > w->room)
		return false;
	w->to.family = 4;
	w->to.word[0] = ip->daddr;
	return true;
}

static __always_inline bool inner_parse_ip6(struct xdp_md *ctx, struct wrapped *w)
{
	const struct ipv6hdr *ip = wrapped_next(ctx, w, sizeof(*ip));

	if (!ip || ip->version != 6 || sizeof(*ip) + bpf_ntohs(ip->payload_len) > w->room)
		return false;
	w->to.family = 6;
	__builtin_memcpy(w->to.word, &ip->daddr, sizeof(w->to.word));
	return true;
}

static __always_inline void inner_parse(struct xdp_md *ctx, struct wrapped *w)
{
	bool right;

	if (w->fault != NO_DECAP_FAULT)
		return;
	right = w->protocol == IPPROTO_IPIP ? inner_parse_ip4(ctx, w) : inner_parse_ip6(ctx, w);
	if (!right)
		w->fault = DECAP_REASON_MALFORMED_INNER;
}

static __always_inline bool inner_for_vip(const struct wrapped *w)
{
	return w->to.family && bpf_map_lookup_elem(&vips, &w->to);
}

/*
 * The mark that the inner packet gets (RFC 6040, 4.2), or -1: the packet is to be dropped, since
 * its sender would not understand the mark.
 */
static __always_inline int inner_ecn(__u8 inner, __u8 outer)
{
	if (inner == ECN_NONE)
		return outer == ECN_CE ? -1 : ECN_NONE;
	if (outer == ECN_CE)
		return ECN_CE;
	return inner == ECN_ECT0 && outer == ECN_ECT1 ? ECN_ECT1 : inner;
}

static __always_inline int inner_mark_ip4(struct xdp_md *ctx, const struct wrapped *w)
{
	struct iphdr *ip = wrapped_next(ctx, w, sizeof(*ip));
	__be16 *word = (void *)ip; /* version, header length and TOS */
	__be16 from;
	int ecn;

	if (!ip)
		return decap_drop(DECAP_REASON_INTERNAL);
	ecn = inner_ecn(ip->tos & ECN_MASK, w->outer_tos & ECN_MASK);
	if (ecn < 0)
		return decap_drop(DECAP_REASON_ECN);
	from = *word;
	ip->tos = (ip->tos & ~ECN_MASK) | ecn;
	if (*word != from)
		ip->check = csum_end(csum_diff16(csum_begin(ip->check), from, *word));
	return GO_ON;
}

/* The mark stands in the upper half of the second byte. */
static __always_inline int inner_mark_ip6(struct xdp_md *ctx, const struct wrapped *w)
{
	__u8 *byte = wrapped_next(ctx, w, sizeof(struct ipv6hdr));
	int ecn;

	if (!byte)
		return decap_drop(DECAP_REASON_INTERNAL);
	byte++;
	ecn = inner_ecn(*byte >> 4 & ECN_MASK, w->outer_tos & ECN_MASK);
	if (ecn < 0)
		return decap_drop(DECAP_REASON_ECN);
	*byte = (*byte & ~(ECN_MASK << 4)) | ecn << 4;
	return GO_ON;
}

static __always_inline int inner_mark_congestion(struct xdp_md *ctx, const struct wrapped *w)
{
	return w->protocol == IPPROTO_IPIP ? inner_mark_ip4(ctx, w) : inner_mark_ip6(ctx, w);
}

#endif
