/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tunnel.h - ipip and gue: an outer header before the packet, which itself stays byte for byte as
 * the client sent it. Any family goes in any.
 *
 * The outer header carries the packet's DSCP and ECN (RFC 6040, normal mode), a time to live of its
 * own, and never lets itself be cut in pieces. What the flow's hash gives (gue's source port,
 * IPv6's flow label, the low bits of a source prefix) spreads flows over queues and paths behind
 * us. gue's UDP checksum is 0, over IPv6 too: RFC 6935 allows that for tunnels, and a checksum
 * would cost a reading of the whole packet.
 */
#ifndef TUNNEL_H
#define TUNNEL_H

#include "count.h"
#include "csum.h"
#include "gue.h"
#include "packet.h"
#include "vlan.h"

#define TUNNEL_TTL   64
#define TUNNEL_PORTS 0xc000 /* gue's source ports: from here to 65535 */
#define TUNNEL_LABEL 0xfffff

/* What the outer header takes from the packet and its backend, before the frame moves. */
struct tunnel {
	struct shunt_addr source, destination;
	__u64 hash;
	__u32 length; /* of all that follows the outer IP header */
	__u8 traffic; /* DSCP and ECN */
	__u8 inner;   /* the packet's own protocol number */
	bool gue;
};

static __always_inline bool tunnel_is_one(__u8 forward)
{
	return forward == SHUNT_FORWARD_IPIP || forward == SHUNT_FORWARD_GUE;
}

static __always_inline __u8 tunnel_traffic(const struct packet *p)
{
	return p->v6 ? bpf_ntohs(*(__be16 *)p->ip6) >> 4 : p->ip->tos;
}

/* The backend's addresses, each word read once; the low bits of the source may be the flow's. */
static __always_inline void tunnel_read(const struct packet *p, const struct target *to, bool v6,
					struct tunnel *ret)
{
	const volatile struct shunt_backend *backend = to->backend;
	const __u32 bits = to->flags >> SHUNT_BACKEND_SOURCE_BITS;
	const int last = v6 ? 3 : 0;

	ret->hash = to->hash;
	ret->gue = to->forward == SHUNT_FORWARD_GUE;
	ret->length = p->length + (ret->gue ? sizeof(struct gue_header) : 0);
	ret->traffic = tunnel_traffic(p);
	ret->inner = p->v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	for (int i = 0; i <= last; i++) {
		ret->source.word[i] = backend->source.word[i];
		ret->destination.word[i] = backend->addr.word[i];
	}
	ret->source.word[last] |= bpf_htonl((__u32)to->hash & ((1u << bits) - 1));
}

static __always_inline void tunnel_fill_gue(struct gue_header *gue, const struct tunnel *t)
{
	*gue = (struct gue_header){
		.udp.source = bpf_htons(TUNNEL_PORTS | (__u16)t->hash),
		.udp.dest = bpf_htons(GUE_PORT),
		.udp.len = bpf_htons(t->length),
		.protocol = t->inner,
	};
}

static __always_inline void tunnel_fill4(struct iphdr *ip, const struct tunnel *t)
{
	const __u16 *words = (const __u16 *)ip;
	__u64 sum = 0;

	*ip = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*ip) / 4,
		.tos = t->traffic,
		.tot_len = bpf_htons(sizeof(*ip) + t->length),
		.frag_off = bpf_htons(IP_DONT_FRAGMENT), /* so it needs no id (RFC 6864) */
		.ttl = TUNNEL_TTL,
		.protocol = t->gue ? IPPROTO_UDP : t->inner,
		.saddr = t->source.word[0],
		.daddr = t->destination.word[0],
	};
	for (int i = 0; i < sizeof(*ip) / 2; i++)
		sum += words[i];
	ip->check = csum_end(sum);
}

static __always_inline void tunnel_fill6(struct ipv6hdr *ip, const struct tunnel *t)
{
	__u32 label = t->hash & TUNNEL_LABEL;

	*(__be32 *)ip = bpf_htonl(6u << 28 | (__u32)t->traffic << 20 | label);
	ip->payload_len = bpf_htons(t->length);
	ip->nexthdr = t->gue ? IPPROTO_UDP : t->inner;
	ip->hop_limit = TUNNEL_TTL;
	addr_write((__be32 *)&ip->saddr, &t->source, true);
	addr_write((__be32 *)&ip->daddr, &t->destination, true);
}

/* The outer headers in their place; @ip: where they begin. */
static __always_inline bool tunnel_write(void *ip, bool v6, const struct tunnel *t, const void *end)
{
	struct gue_header *gue = ip + (v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));

	if ((void *)gue > end)
		return false;
	if (v6)
		tunnel_fill6(ip, t);
	else
		tunnel_fill4(ip, t);
	if (!t->gue)
		return true;
	if ((void *)(gue + 1) > end)
		return false;
	tunnel_fill_gue(gue, t);
	return true;
}

/*
 * The headers go where the frame's Ethernet header and tags were; those go before them. From here
 * on the packet is the outer one, without tags, and what lies behind its IP header means nothing.
 */
static __always_inline int tunnel_wrap(struct packet *p, const struct target *to, bool v6)
{
	int room = (v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr)) +
		   (to->forward == SHUNT_FORWARD_GUE ? sizeof(struct gue_header) : 0) -
		   vlan_bytes(p->vlan);
	struct tunnel tunnel = {};
	void *end;

	tunnel_read(p, to, v6, &tunnel);
	if (bpf_xdp_adjust_head(p->ctx, -room))
		return drop(SHUNT_REASON_NO_HEADROOM);
	end = (void *)(long)p->ctx->data_end;
	p->eth = (void *)(long)p->ctx->data;
	p->ip = (void *)(p->eth + 1);
	p->v6 = v6;
	p->vlan = 0;
	if ((void *)(p->eth + 1) > end || !tunnel_write(p->ip, v6, &tunnel, end))
		return drop(SHUNT_REASON_INTERNAL);
	p->eth->h_proto = v6 ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP);
	return GO_ON;
}

static __always_inline int tunnel_to_backend(struct packet *p, const struct target *to)
{
	return to->flags & SHUNT_BACKEND_V6 ? tunnel_wrap(p, to, true) : tunnel_wrap(p, to, false);
}

#endif
