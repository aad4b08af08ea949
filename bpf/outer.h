/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outer.h - the headers before the inner packet: Ethernet, VLAN tags, IPv4 with options or IPv6
 * with extension headers, and for gue UDP and the GUE header. What carries no tunnel passes.
 */
#ifndef OUTER_H
#define OUTER_H

#include <linux/ipv6.h>

#include "csum.h"
#include "decap_maps.h"

#define OUTER_TAGS_MAX 2
#define OUTER_IP_WORDS 15 /* of the longest IPv4 header */

#define IP_OFFSET_MASK   0x1fff
#define IPV6_OFFSET_MASK 0xfff8
#define IPV6_MORE        0x0001
#define NEXT_HOP_BY_HOP  0
#define NEXT_FRAGMENT    44
#define NEXT_DESTINATION 60

struct outer_tag {
	__be16 tci, next;
};

struct outer_extension {
	__u8 next, length; /* length: 8-byte units beyond the first; of a fragment header 0 */
	__be16 offset;     /* of a fragment header */
	__be32 rest;
};

struct outer_gue {
	struct udphdr udp;
	__u8 version; /* and control bit and length of options */
	__u8 protocol;
	__be16 flags;
};

/* --- gue --- */

static __always_inline int outer_parse_gue(struct xdp_md *ctx, struct tunnel *t)
{
	const struct udphdr *udp = tunnel_next(ctx, t, sizeof(*udp));
	const struct outer_gue *gue;
	__u32 length;

	if (!udp || udp->dest != bpf_htons(DECAP_GUE_PORT))
		return XDP_PASS;
	gue = tunnel_next(ctx, t, sizeof(*gue));
	if (!gue || bpf_ntohs(gue->udp.len) > t->room || bpf_ntohs(gue->udp.len) < sizeof(*gue)) {
		tunnel_fault(t, DECAP_REASON_MALFORMED_OUTER);
		return GO_ON;
	}
	if (gue->udp.check)
		tunnel_fault(t, DECAP_REASON_GUE_CHECKSUM);
	if (gue->version || gue->flags ||
	    (gue->protocol != IPPROTO_IPIP && gue->protocol != IPPROTO_IPV6))
		tunnel_fault(t, DECAP_REASON_GUE_HEADER);
	length = bpf_ntohs(gue->udp.len);
	t->protocol = gue->protocol;
	t->room = length - sizeof(*gue);
	t->strip += sizeof(*gue);
	return GO_ON;
}

/* Does the frame hold the outer packet's @length bytes? A frame may be longer: padding. */
static __always_inline bool outer_fits(struct xdp_md *ctx, const struct tunnel *t, __u32 length)
{
	return bpf_xdp_get_buff_len(ctx) >= t->link + length;
}

/* --- IPv4 --- */

/* No stack will look at this header: here its checksum is verified. */
static __always_inline bool outer_sum_right(const struct iphdr *ip, const void *end)
{
	const __u32 *words = (const void *)ip;
	__u64 sum = 0;

	for (int i = 0; i < OUTER_IP_WORDS; i++) {
		if (i >= ip->ihl)
			break;
		if ((const void *)(words + i + 1) > end)
			return false;
		sum += words[i];
	}
	return csum_end(sum) == 0;
}

static __always_inline int outer_parse_ip4(struct xdp_md *ctx, struct tunnel *t)
{
	const struct iphdr *ip = tunnel_next(ctx, t, sizeof(*ip));
	__u32 length, header;

	if (!ip || ip->version != 4 || ip->ihl * 4 < sizeof(*ip))
		return XDP_PASS;
	header = ip->ihl * 4;
	length = bpf_ntohs(ip->tot_len);
	t->from.family = 4;
	t->from.word[0] = ip->saddr;
	t->outer_tos = ip->tos;
	t->protocol = ip->protocol;
	t->later = !!(ip->frag_off & bpf_htons(IP_OFFSET_MASK));
	if (ip->frag_off & bpf_htons(IP_FRAGMENT_MASK))
		tunnel_fault(t, DECAP_REASON_OUTER_FRAGMENT);
	if (length < header || !outer_fits(ctx, t, length) ||
	    !outer_sum_right(ip, (void *)(long)ctx->data_end))
		tunnel_fault(t, DECAP_REASON_MALFORMED_OUTER);
	t->room = length - header;
	t->strip = header;
	return GO_ON;
}

/* --- IPv6 --- */

static __always_inline bool outer_is_extension(const struct tunnel *t)
{
	return t->protocol == NEXT_HOP_BY_HOP || t->protocol == NEXT_FRAGMENT ||
	       t->protocol == NEXT_DESTINATION;
}

static __always_inline void outer_note_fragment(struct tunnel *t, __be16 offset)
{
	if (offset & bpf_htons(IPV6_OFFSET_MASK | IPV6_MORE))
		tunnel_fault(t, DECAP_REASON_OUTER_FRAGMENT);
	t->later = !!(offset & bpf_htons(IPV6_OFFSET_MASK));
}

/* Is an extension header next, it is taken as one. */
APART int outer_skip_extension(struct xdp_md *ctx, struct tunnel *t)
{
	const struct outer_extension *x;
	__u32 length;

	if (!t || !outer_is_extension(t))
		return GO_ON;
	x = tunnel_next(ctx, t, sizeof(*x));
	if (!x)
		return XDP_PASS;
	length = sizeof(*x);
	if (t->protocol == NEXT_FRAGMENT)
		outer_note_fragment(t, x->offset);
	else
		length += x->length * 8;
	if (length > t->room) {
		tunnel_fault(t, DECAP_REASON_MALFORMED_OUTER);
		length = t->room;
	}
	t->protocol = x->next;
	t->strip += length;
	t->room -= length;
	return GO_ON;
}

static __always_inline int outer_parse_ip6(struct xdp_md *ctx, struct tunnel *t)
{
	const struct ipv6hdr *ip = tunnel_next(ctx, t, sizeof(*ip));

	if (!ip || ip->version != 6)
		return XDP_PASS;
	t->from.family = 6;
	__builtin_memcpy(t->from.word, &ip->saddr, sizeof(t->from.word));
	t->outer_tos = ip->priority << 4 | ip->flow_lbl[0] >> 4;
	t->protocol = ip->nexthdr;
	t->room = bpf_ntohs(ip->payload_len);
	t->strip = sizeof(*ip);
	if (!outer_fits(ctx, t, sizeof(*ip) + t->room))
		tunnel_fault(t, DECAP_REASON_MALFORMED_OUTER);
	for (int i = 0; i < DECAP_EXTENSIONS_MAX; i++)
		STEP(outer_skip_extension(ctx, t));
	return GO_ON;
}

/* --- all of them --- */

/* Ethernet and VLAN tags; @ret_type is what follows. */
static __always_inline int outer_parse_link(struct xdp_md *ctx, struct tunnel *t, __be16 *ret_type)
{
	void *end = (void *)(long)ctx->data_end;
	const struct ethhdr *eth = (void *)(long)ctx->data;
	const struct outer_tag *tag = (const void *)(eth + 1);
	__be16 type;

	if ((void *)(eth + 1) > end)
		return XDP_PASS;
	t->link = sizeof(*eth);
	type = eth->h_proto;
	for (int i = 0; i < OUTER_TAGS_MAX; i++, tag++) {
		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(tag + 1) > end)
			return XDP_PASS;
		type = tag->next;
		t->link += sizeof(*tag);
	}
	*ret_type = type;
	return GO_ON;
}

/* @t is all zero, and has no fault. */
APART int outer_parse_ip(struct xdp_md *ctx, struct tunnel *t)
{
	__be16 type;

	if (!t)
		return XDP_PASS;
	STEP(outer_parse_link(ctx, t, &type));
	if (type == bpf_htons(ETH_P_IP))
		return outer_parse_ip4(ctx, t);
	if (type == bpf_htons(ETH_P_IPV6))
		return outer_parse_ip6(ctx, t);
	return XDP_PASS;
}

static __always_inline int outer_parse(struct xdp_md *ctx, struct tunnel *t)
{
	*t = (struct tunnel){.fault = NO_DECAP_FAULT};
	STEP(outer_parse_ip(ctx, t));
	if (t->protocol == IPPROTO_IPIP || t->protocol == IPPROTO_IPV6)
		return GO_ON;
	if (t->protocol == IPPROTO_UDP && !t->later)
		return outer_parse_gue(ctx, t);
	return XDP_PASS;
}

static __always_inline bool outer_from_director(const struct tunnel *t)
{
	struct decap_director key = {.family = t->from.family};

	key.prefixlen = DECAP_FAMILY_BITS + (t->from.family == 4 ? 32 : 128);
	__builtin_memcpy(key.word, t->from.word, sizeof(key.word));
	return bpf_map_lookup_elem(&directors, &key);
}

#endif
