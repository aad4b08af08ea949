/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse.h - Ethernet with VLAN tags, IPv4 with options, IPv6 with extension headers, TCP, UDP.
 * Decides what no VIP can change: frames that are neither IPv4 nor IPv6 pass. Everything else it
 * only notes, see struct packet.
 */
#ifndef PARSE_H
#define PARSE_H

#include "ext6.h"
#include "packet.h"
#include "vlan.h"

/* Does the frame hold the IP packet's @length bytes? A frame may be longer: padding. */
static __always_inline bool parse_fits(const struct packet *p, void *end)
{
	if (likely((void *)p->ip + p->length <= end))
		return true;
	/* Only the first part of a frame in several buffers lies before data_end. */
	return bpf_xdp_get_buff_len(p->ctx) >=
	       sizeof(struct ethhdr) + vlan_bytes(p->vlan) + p->length;
}

/* @room: bytes of the IP packet behind its header. */
static __always_inline enum shunt_reason parse_tcp(struct packet *p, __u32 room, void *end)
{
	struct tcphdr *tcp = p->l4;

	if ((void *)(tcp + 1) > end || tcp->doff * 4 < sizeof(*tcp) || tcp->doff * 4 > room)
		return SHUNT_REASON_MALFORMED_L4;
	p->ports = *(const __u32 *)p->l4;
	p->check = &tcp->check;
	p->syn = tcp->syn && !tcp->ack;
	return NO_FAULT;
}

static __always_inline enum shunt_reason parse_udp(struct packet *p, __u32 room, void *end)
{
	struct udphdr *udp = p->l4;

	/* a first fragment has the length of the whole datagram */
	if ((void *)(udp + 1) > end || room < sizeof(*udp) || bpf_ntohs(udp->len) < sizeof(*udp) ||
	    (bpf_ntohs(udp->len) > room && p->fragment == PACKET_WHOLE))
		return SHUNT_REASON_MALFORMED_L4;
	p->ports = *(const __u32 *)p->l4;
	p->check = &udp->check;
	return NO_FAULT;
}

static __always_inline enum shunt_reason parse_l4(struct packet *p, void *end)
{
	__u32 room = p->length - p->header;

	p->l4 = (void *)p->ip + p->header;
	switch (p->protocol) {
	case IPPROTO_TCP:
		return parse_tcp(p, room, end);
	case IPPROTO_UDP:
		return parse_udp(p, room, end);
	}
	return NO_FAULT;
}

static __always_inline enum shunt_reason parse_ip4(struct packet *p, void *end)
{
	const struct iphdr *ip = p->ip;

	p->header = ip->ihl * 4;
	p->protocol = ip->protocol;
	p->length = bpf_ntohs(ip->tot_len);
	if (ip->version != 4 || p->header < sizeof(*ip) || p->length < p->header ||
	    !parse_fits(p, end))
		return SHUNT_REASON_MALFORMED_IP;
	if (unlikely(ip->frag_off & bpf_htons(IP_FRAGMENT_MASK))) {
		p->fragment =
			ip->frag_off & bpf_htons(IP_OFFSET_MASK) ? PACKET_LATER : PACKET_FIRST;
		return SHUNT_REASON_FRAGMENT_UNKNOWN;
	}
	return parse_l4(p, end);
}

static __always_inline enum shunt_reason parse_ext6(struct packet *p)
{
	int found =
		ext6_skip(p->ctx, (void *)(p->ip6 + 1) - (void *)(long)p->ctx->data, p->protocol);

	if (found < 0 || p->length < sizeof(*p->ip6) + EXT6_BYTES(found))
		return SHUNT_REASON_MALFORMED_IP;
	p->header += EXT6_BYTES(found);
	p->protocol = EXT6_PROTOCOL(found);
	p->fragment = EXT6_FRAGMENT(found);
	return p->fragment == PACKET_WHOLE ? NO_FAULT : SHUNT_REASON_FRAGMENT_UNKNOWN;
}

static __always_inline enum shunt_reason parse_ip6(struct packet *p, void *end)
{
	const struct ipv6hdr *ip = p->ip6;
	enum shunt_reason fault;

	p->header = sizeof(*ip);
	p->protocol = ip->nexthdr;
	p->length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	if (ip->version != 6 || !parse_fits(p, end))
		return SHUNT_REASON_MALFORMED_IP;
	if (unlikely(ext6_is_extension(p->protocol))) {
		fault = parse_ext6(p);
		if (fault != NO_FAULT)
			return fault;
	}
	return parse_l4(p, end);
}

/*
 * Ethernet and tags. Returns the EtherType, 0 if it is neither IPv4's nor IPv6's or the frame is
 * too short to tell where it goes. The fixed part of the IP header is in bounds.
 */
static __always_inline __be16 parse_link(struct xdp_md *ctx, struct packet *p)
{
	void *end = (void *)(long)ctx->data_end;
	__be16 ethertype;
	__u32 tags;

	*p = (struct packet){.ctx = ctx, .eth = (void *)(long)ctx->data};
	p->ip = (void *)(p->eth + 1);
	if ((void *)(p->ip + 1) > end)
		return 0;
	ethertype = p->eth->h_proto;
	if (unlikely(vlan_is_tag(ethertype))) {
		tags = vlan_parse(ctx);
		p->vlan = tags & VLAN_TAGS;
		p->ip = (void *)(p->eth + 1) + vlan_bytes(p->vlan);
		/* one pointer from here on: the verifier does not see that two are the same */
		barrier_var(p->ip);
		if ((void *)(p->ip + 1) > end)
			return 0;
		ethertype = tags & VLAN_THEN_IP    ? bpf_htons(ETH_P_IP)
			    : tags & VLAN_THEN_IP6 ? bpf_htons(ETH_P_IPV6)
						   : 0;
	}
	if (likely(ethertype == bpf_htons(ETH_P_IP)))
		return ethertype;
	if (ethertype != bpf_htons(ETH_P_IPV6) || (void *)(p->ip6 + 1) > end)
		return 0;
	return ethertype;
}

#endif
