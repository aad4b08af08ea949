/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * toa.h - the TCP option that IPVS's and DPVS's users know as TOA: kind 254, then the client's port
 * and address. It becomes the first option of the client's SYN, and of every packet until the
 * backend has sent data: the first ACK among them is what most readers of the option look at, and
 * any of them may get lost.
 *
 * Only where it fits: the TCP header has room for it and the packet's way too. An IP header with
 * options or extension headers is left alone, and so is a fragment. What goes without must have
 * none that the client has made up; in the others ours is the first, which readers take.
 */
#ifndef TOA_H
#define TOA_H

#include "csum.h"
#include "vlan.h"
#include "shunt/fullnat.h"

#define TOA_STAMP       0x0101080a                   /* NOP, NOP, a time stamp of 10 bytes */
#define TOA_STAMPED     (sizeof(struct tcphdr) + 12) /* a header with that alone */
#define TOA_NOP         1                            /* one byte without a length */
#define TOA_KIND        254
#define TOA_DOFF_MAX    15
#define TOA_OPTIONS_MAX (TOA_DOFF_MAX * 4 - (int)sizeof(struct tcphdr))
#define TOA_LINK_MAX    (sizeof(struct ethhdr) + 2 * sizeof(struct vlan_tag))
#define TOA_FLAGS_END   14 /* in a TCP header: behind the data offset and the flags */

struct toa {
	__u8 kind, length;
	__be16 port;
	__be32 addr[4]; /* IPv4: one of them */
};

static __always_inline int toa_bytes(bool v6)
{
	return v6 ? sizeof(struct toa) : offsetof(struct toa, addr) + sizeof(__be32);
}

/* Does the backend not know its client for sure? @flags: of the flow, after this packet. */
static __always_inline bool toa_is_due(const struct packet *p, __u8 flags)
{
	const struct tcphdr *tcp = p->l4;

	return p->protocol == IPPROTO_TCP && (void *)(tcp + 1) <= (void *)(long)p->ctx->data_end &&
	       !(flags & SHUNT_PORT_SETTLED) && !tcp->rst;
}

/* @mtu: of the way, 0 = not known. Of a packet in pieces the others' offsets count from the header
 * as it is. */
static __always_inline bool toa_fits(const struct packet *p, __u16 mtu)
{
	const struct tcphdr *tcp = p->l4;
	int bytes = toa_bytes(p->v6);

	if ((void *)(tcp + 1) > (void *)(long)p->ctx->data_end || p->fragment)
		return false;
	return p->header == (p->v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr)) &&
	       tcp->doff + bytes / 4 <= TOA_DOFF_MAX && (!mtu || p->length + bytes <= mtu);
}

/* Are there options other than a time stamp, as all stacks write it? None is hidden in that. */
static __always_inline bool toa_may_hide(const struct packet *p)
{
	const struct tcphdr *tcp = p->l4;
	const __be32 *options = (const void *)(tcp + 1);

	if (p->protocol != IPPROTO_TCP || (void *)(options + 1) > (void *)(long)p->ctx->data_end)
		return false;
	return tcp->doff > sizeof(*tcp) / 4 &&
	       (tcp->doff != TOA_STAMPED / 4 || *options != bpf_htonl(TOA_STAMP));
}

/* Does one of the options from @at up to @end in the frame look as ours? What has no length that is
 * right ends them, as it does for who reads them. */
APART int toa_among(struct xdp_md *ctx, __u32 at, __u32 end)
{
	struct {
		__u8 kind, length;
	} option;

#pragma clang loop unroll(disable)
	for (int i = 0; i < TOA_OPTIONS_MAX && at < end; i++) {
		if (bpf_xdp_load_bytes(ctx, at, &option, sizeof(option)) || !option.kind)
			return false;
		if (option.kind == TOA_NOP) {
			at++;
			continue;
		}
		if (option.length < sizeof(option) || at + option.length > end)
			return false;
		if (option.kind == TOA_KIND &&
		    (option.length == toa_bytes(false) || option.length == toa_bytes(true)))
			return true;
		at += option.length;
	}
	return false;
}

/* Has the client put one there itself? */
static __always_inline bool toa_is_forged(const struct packet *p)
{
	const struct tcphdr *tcp = p->l4;
	__u32 at = (void *)tcp - (void *)(long)p->ctx->data;

	if ((void *)(tcp + 1) > (void *)(long)p->ctx->data_end)
		return false;
	return toa_among(p->ctx, at + sizeof(*tcp), at + tcp->doff * 4);
}

/* The headers as they will be. */
struct toa_headers4 {
	struct iphdr ip;
	struct tcphdr tcp;
};

struct toa_headers6 {
	struct ipv6hdr ip;
	struct tcphdr tcp;
};

static __always_inline void toa_lengthen_tcp(struct tcphdr *tcp, const struct toa *toa, __be16 from,
					     __be16 to, bool v6)
{
	__u64 sum = csum_diff16(csum_begin(tcp->check), from, to); /* of the pseudo-header */
	__be16 *flags = (void *)tcp + TOA_FLAGS_END - sizeof(*flags), before = *flags;
	const __u32 *words = (const void *)toa;

	tcp->doff += toa_bytes(v6) / 4;
	sum = csum_diff16(sum, before, *flags);
	for (int i = 0; i < toa_bytes(v6) / 4; i++)
		sum += words[i];
	tcp->check = csum_end(sum);
}

static __always_inline void toa_lengthen4(struct toa_headers4 *headers, const struct toa *toa)
{
	__be16 from = headers->ip.tot_len, to = bpf_htons(bpf_ntohs(from) + toa_bytes(false));

	headers->ip.tot_len = to;
	headers->ip.check = csum_end(csum_diff16(csum_begin(headers->ip.check), from, to));
	toa_lengthen_tcp(&headers->tcp, toa, from, to, false);
}

static __always_inline void toa_lengthen6(struct toa_headers6 *headers, const struct toa *toa)
{
	__be16 from = headers->ip.payload_len, to = bpf_htons(bpf_ntohs(from) + toa_bytes(true));

	headers->ip.payload_len = to;
	toa_lengthen_tcp(&headers->tcp, toa, from, to, true);
}

/* The Ethernet header and tags, @by bytes towards the frame's new begin. In place, since the stack
 * is short here: what is read lies behind what is written. */
static __always_inline void toa_move_link(__u16 *start, int by)
{
	for (int i = 0; i < TOA_LINK_MAX / 2; i++)
		start[i] = start[i + by / 2];
}

/* Move the frame's begin forward: its first headers go there, and the option behind them. */
#define TOA_INSERT(p, type, family)                                                                \
	do {                                                                                       \
		int link_bytes = sizeof(struct ethhdr) + vlan_bytes((p)->vlan);                    \
		type headers = *(type *)(p)->ip, *at;                                              \
		void *start;                                                                       \
                                                                                                   \
		toa_lengthen##family(&headers, &toa);                                              \
		if (bpf_xdp_adjust_head((p)->ctx, -toa_bytes((p)->v6)))                            \
			return false;                                                              \
		start = (void *)(long)(p)->ctx->data;                                              \
		at = start + link_bytes;                                                           \
		if (start + TOA_LINK_MAX + toa_bytes((p)->v6) >                                    \
			    (void *)(long)(p)->ctx->data_end ||                                    \
		    (void *)(at + 1) + toa_bytes((p)->v6) > (void *)(long)(p)->ctx->data_end)      \
			return false;                                                              \
		toa_move_link(start, toa_bytes((p)->v6));                                          \
		*at = headers;                                                                     \
		__builtin_memcpy(at + 1, &toa, toa_bytes((p)->v6));                                \
		(p)->eth = start;                                                                  \
		(p)->ip = (void *)at;                                                              \
		(p)->l4 = &at->tcp;                                                                \
		(p)->check = &at->tcp.check;                                                       \
	} while (0)

/* False: the driver leaves no room for it, and the packet is as it was, but must be parsed anew. */
static __always_inline bool toa_insert(struct packet *p)
{
	const struct shunt_addr client = addr_read(packet_saddr(p), p->v6);
	const struct toa toa = {
		.kind = TOA_KIND,
		.length = toa_bytes(p->v6),
		.port = p->sport,
		.addr = {client.word[0], client.word[1], client.word[2], client.word[3]},
	};
	void *end = (void *)(long)p->ctx->data_end;

	if (p->v6) {
		if ((void *)p->ip + sizeof(struct toa_headers6) > end)
			return false;
		TOA_INSERT(p, struct toa_headers6, 6);
	} else {
		if ((void *)p->ip + sizeof(struct toa_headers4) > end)
			return false;
		TOA_INSERT(p, struct toa_headers4, 4);
	}
	return true;
}

#endif
