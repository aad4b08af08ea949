/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse.h - Ethernet, IPv4 with options, TCP, UDP. Decides what no VIP can change: frames
 * that are not IPv4 pass. Everything else it only notes, see struct packet.
 */
#ifndef PARSE_H
#define PARSE_H

#include "packet.h"

/* Does the frame hold the IP packet's @length bytes? A frame may be longer: padding. */
static __always_inline bool parse_fits(const struct packet *p, void *end)
{
	if (likely((void *)p->ip + p->length <= end))
		return true;
	/* Only the first part of a frame in several buffers lies before data_end. */
	return bpf_xdp_get_buff_len(p->ctx) >= sizeof(struct ethhdr) + p->length;
}

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

	if ((void *)(udp + 1) > end || bpf_ntohs(udp->len) < sizeof(*udp) ||
	    bpf_ntohs(udp->len) > room)
		return SHUNT_REASON_MALFORMED_L4;
	p->ports = *(const __u32 *)p->l4;
	p->check = &udp->check;
	return NO_FAULT;
}

static __always_inline enum shunt_reason parse_ip(struct packet *p, void *end)
{
	const struct iphdr *ip = p->ip;
	__u32 header = ip->ihl * 4;

	p->protocol = ip->protocol;
	p->length = bpf_ntohs(ip->tot_len);
	if (ip->version != 4 || header < sizeof(*ip) || p->length < header || !parse_fits(p, end))
		return SHUNT_REASON_MALFORMED_IP;
	if (ip->frag_off & bpf_htons(IP_FRAGMENT_MASK))
		return SHUNT_REASON_FRAGMENT;
	p->l4 = (void *)ip + header;
	switch (p->protocol) {
	case IPPROTO_TCP:
		return parse_tcp(p, p->length - header, end);
	case IPPROTO_UDP:
		return parse_udp(p, p->length - header, end);
	}
	return NO_FAULT;
}

static __always_inline int parse_packet(struct xdp_md *ctx, struct packet *p)
{
	void *end = (void *)(long)ctx->data_end;

	*p = (struct packet){.ctx = ctx, .eth = (void *)(long)ctx->data};
	p->ip = (void *)(p->eth + 1);
	if ((void *)(p->ip + 1) > end) /* too short to tell where it goes */
		return XDP_PASS;
	/* VLAN tags: here, when they are taken off. */
	if (p->eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	p->fault = parse_ip(p, end);
	return GO_ON;
}

#endif
