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
#include "ext6.h"
#include "gue.h"
#include "vlan.h"

#define OUTER_IP_WORDS 15 /* of the longest IPv4 header */
#define IP_OFFSET_MASK 0x1fff

/* --- gue --- */

static __always_inline int outer_parse_gue(struct xdp_md *ctx, struct wrapped *w)
{
	const struct udphdr *udp = wrapped_next(ctx, w, sizeof(*udp));
	const struct gue_header *gue;
	__u32 length;

	if (!udp || udp->dest != bpf_htons(GUE_PORT))
		return XDP_PASS;
	gue = wrapped_next(ctx, w, sizeof(*gue));
	if (!gue || bpf_ntohs(gue->udp.len) > w->room || bpf_ntohs(gue->udp.len) < sizeof(*gue)) {
		wrapped_fault(w, DECAP_REASON_MALFORMED_OUTER);
		return GO_ON;
	}
	if (gue->udp.check)
		wrapped_fault(w, DECAP_REASON_GUE_CHECKSUM);
	if (gue->version || gue->flags ||
	    (gue->protocol != IPPROTO_IPIP && gue->protocol != IPPROTO_IPV6))
		wrapped_fault(w, DECAP_REASON_GUE_HEADER);
	length = bpf_ntohs(gue->udp.len);
	w->protocol = gue->protocol;
	w->room = length - sizeof(*gue);
	w->strip += sizeof(*gue);
	return GO_ON;
}

/* Does the frame hold the outer packet's @length bytes? A frame may be longer: padding. */
static __always_inline bool outer_fits(struct xdp_md *ctx, const struct wrapped *w, __u32 length)
{
	return bpf_xdp_get_buff_len(ctx) >= w->link + length;
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

static __always_inline int outer_parse_ip4(struct xdp_md *ctx, struct wrapped *w)
{
	const struct iphdr *ip = wrapped_next(ctx, w, sizeof(*ip));
	__u32 length, header;

	if (!ip || ip->version != 4 || ip->ihl * 4 < sizeof(*ip))
		return XDP_PASS;
	header = ip->ihl * 4;
	length = bpf_ntohs(ip->tot_len);
	w->from.family = 4;
	w->from.word[0] = ip->saddr;
	w->outer_tos = ip->tos;
	w->protocol = ip->protocol;
	w->later = !!(ip->frag_off & bpf_htons(IP_OFFSET_MASK));
	if (ip->frag_off & bpf_htons(IP_FRAGMENT_MASK))
		wrapped_fault(w, DECAP_REASON_OUTER_FRAGMENT);
	if (length < header || !outer_fits(ctx, w, length) ||
	    !outer_sum_right(ip, (void *)(long)ctx->data_end))
		wrapped_fault(w, DECAP_REASON_MALFORMED_OUTER);
	w->room = length - header;
	w->strip = header;
	return GO_ON;
}

/* --- IPv6 --- */

/* The extension headers behind the IPv6 header, where w->strip ends. */
static __always_inline int outer_parse_ext6(struct xdp_md *ctx, struct wrapped *w)
{
	int found = ext6_skip(ctx, w->link + w->strip, w->protocol);

	if (found < 0)
		return XDP_PASS;
	if (EXT6_BYTES(found) > w->room)
		wrapped_fault(w, DECAP_REASON_MALFORMED_OUTER);
	if (EXT6_FRAGMENT(found) != PACKET_WHOLE)
		wrapped_fault(w, DECAP_REASON_OUTER_FRAGMENT);
	w->later = EXT6_FRAGMENT(found) == PACKET_LATER;
	w->protocol = EXT6_PROTOCOL(found);
	w->strip += EXT6_BYTES(found);
	w->room -= EXT6_BYTES(found);
	return GO_ON;
}

static __always_inline int outer_parse_ip6(struct xdp_md *ctx, struct wrapped *w)
{
	const struct ipv6hdr *ip = wrapped_next(ctx, w, sizeof(*ip));

	if (!ip || ip->version != 6)
		return XDP_PASS;
	w->from.family = 6;
	__builtin_memcpy(w->from.word, &ip->saddr, sizeof(w->from.word));
	w->outer_tos = ip->priority << 4 | ip->flow_lbl[0] >> 4;
	w->protocol = ip->nexthdr;
	w->room = bpf_ntohs(ip->payload_len);
	w->strip = sizeof(*ip);
	if (!outer_fits(ctx, w, sizeof(*ip) + w->room))
		wrapped_fault(w, DECAP_REASON_MALFORMED_OUTER);
	return outer_parse_ext6(ctx, w);
}

/* --- all of them --- */

/* @w is all zero, and has no fault. */
APART int outer_parse_ip(struct xdp_md *ctx, struct wrapped *w)
{
	const struct ethhdr *eth = (void *)(long)ctx->data;
	__u32 tags;

	if (!w || (void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	tags = vlan_is_tag(eth->h_proto) ? vlan_parse(ctx) : vlan_then(eth->h_proto);
	w->link = sizeof(*eth) + vlan_bytes(tags & VLAN_TAGS);
	if (tags & VLAN_THEN_IP)
		return outer_parse_ip4(ctx, w);
	if (tags & VLAN_THEN_IP6)
		return outer_parse_ip6(ctx, w);
	return XDP_PASS;
}

static __always_inline int outer_parse(struct xdp_md *ctx, struct wrapped *w)
{
	*w = (struct wrapped){.fault = NO_DECAP_FAULT};
	STEP(outer_parse_ip(ctx, w));
	if (w->protocol == IPPROTO_IPIP || w->protocol == IPPROTO_IPV6)
		return GO_ON;
	if (w->protocol == IPPROTO_UDP && !w->later)
		return outer_parse_gue(ctx, w);
	return XDP_PASS;
}

static __always_inline bool outer_from_director(const struct wrapped *w)
{
	struct decap_director key = {.family = w->from.family};

	key.prefixlen = DECAP_FAMILY_BITS + (w->from.family == 4 ? 32 : 128);
	__builtin_memcpy(key.word, w->from.word, sizeof(key.word));
	return bpf_map_lookup_elem(&directors, &key);
}

#endif
