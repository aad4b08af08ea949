/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nat.h - addresses and ports rewritten, both ways: the client's packet gets the backend as its
 * destination, the backend's answer gets the VIP back as its source.
 *
 * An answer is rewritten only when the kernel's routing says that it leaves the director. What
 * stays, the answers to the director's own checks and connections, is none of a client's.
 */
#ifndef NAT_H
#define NAT_H

#include "count.h"
#include "csum.h"
#include "parse.h"
#include "table.h"
#include "quote.h"
#include "transmit.h"
#include "ttl.h"

#define NAT_AF_INET 2 /* AF_INET; the libc's header does not compile for bpf */

/* One end of the packet: where its address and port stand. */
struct nat_end {
	__be32 *addr;
	__be16 *port;
};

static __always_inline struct nat_end nat_source(struct packet *p)
{
	return (struct nat_end){.addr = &p->ip->saddr, .port = (__be16 *)p->l4};
}

static __always_inline struct nat_end nat_destination(struct packet *p)
{
	return (struct nat_end){.addr = &p->ip->daddr, .port = (__be16 *)p->l4 + 1};
}

static __always_inline void nat_mend_l4(struct packet *p, struct nat_end end, __be32 addr,
					__be16 port)
{
	bool udp = p->protocol == IPPROTO_UDP;
	__u64 sum = csum_begin(*p->check);

	if (udp && !*p->check) /* the sender made none */
		return;
	sum = csum_diff32(sum, *end.addr, addr); /* stands in the pseudo-header */
	sum = csum_diff16(sum, *end.port, port);
	*p->check = csum_end(sum);
	if (udp && !*p->check)
		*p->check = 0xffff;
}

/* The IP header: @at becomes @addr, one is taken from the TTL, the checksum is mended. */
static __always_inline void nat_rewrite_ip(struct packet *p, __be32 *at, __be32 addr)
{
	__u64 sum = csum_diff32(csum_begin(p->ip->check), *at, addr);

	p->ip->check = csum_end(csum_ttl_down(sum, p->ip));
	*at = addr;
}

/* Rewrite @end to @addr and @port, take one from the TTL, mend both checksums. */
static __always_inline void nat_rewrite(struct packet *p, struct nat_end end, __be32 addr,
					__be16 port)
{
	nat_mend_l4(p, end, addr, port);
	nat_rewrite_ip(p, end.addr, addr);
	*end.port = port;
}

static __always_inline int nat_to_backend(struct packet *p, const struct target *to)
{
	if (unlikely(p->ip->ttl <= 1))
		return VERDICT(ttl_answer(p->ctx, p->ip->daddr));
	nat_rewrite(p, nat_destination(p), to->addr4, to->port);
	return GO_ON;
}

/* An ICMP error about a packet that the client got as from the VIP, and the backend sent. */
static __always_inline int nat_error_to_backend(struct packet *p, const struct quote *q,
						const struct target *to)
{
	if (p->ip->ttl <= 1) /* no error is answered by another */
		return drop(SHUNT_REASON_TTL_EXPIRED);
	quote_rewrite(p, q, &q->ip->saddr, &q->ports[0], to->addr4, to->port);
	nat_rewrite_ip(p, &p->ip->daddr, to->addr4);
	return GO_ON;
}

/* Ask the daemon to resolve the neighbour that @fib names, if it allows one more request. */
static __always_inline void nat_ask_neighbour(struct shunt_meta *m,
					      const struct bpf_fib_lookup *fib)
{
	struct shunt_request request = {
		.kind = SHUNT_REQUEST_RESOLVE4,
		.ifindex = fib->ifindex,
		.addr4 = fib->ipv4_dst, /* the gateway, if there is one */
	};
	__u64 tokens = *(volatile __u64 *)&m->resolve_tokens;

	if (fib->family != NAT_AF_INET || !tokens)
		return;
	/* Should another CPU be faster, it asks; so does the next packet. */
	if (__sync_val_compare_and_swap(&m->resolve_tokens, tokens, tokens - 1) == tokens)
		bpf_ringbuf_output(&requests, &request, sizeof(request), 0);
}

/* The kernel's routing for the answer as it leaves; @length 0: whatever its length. */
static __always_inline long nat_fib(const struct packet *p, const struct shunt_nat *nat,
				    __u16 length, struct bpf_fib_lookup *ret)
{
	*ret = (struct bpf_fib_lookup){
		.family = NAT_AF_INET,
		.l4_protocol = p->protocol,
		.sport = nat->port,
		.dport = p->dport,
		.tot_len = length,
		.ifindex = p->ctx->ingress_ifindex,
		.tos = p->ip->tos,
		.ipv4_src = nat->vip,
		.ipv4_dst = p->ip->daddr,
	};
	return bpf_fib_lookup(p->ctx, ret, sizeof(*ret), 0);
}

/*
 * Longer than the MTU on its way. By the interface it came from it may leave as it came: generic
 * mode shows packets that the stack has joined and will cut again. By another it cannot.
 */
static __always_inline int nat_oversized(const struct packet *p, const struct bpf_fib_lookup *fib)
{
	if (fib->ifindex == p->ctx->ingress_ifindex)
		return GO_ON;
	if (p->ip->frag_off & bpf_htons(IP_DONT_FRAGMENT)) /* the stack tells the backend */
		return pass(SHUNT_REASON_NAT_TOO_BIG);
	return drop(SHUNT_REASON_NAT_WOULD_FRAGMENT);
}

/* Where an answer to the client leaves. GO_ON: @ret is filled. */
static __always_inline int nat_route(const struct packet *p, const struct shunt_nat *nat,
				     struct shunt_meta *m, struct hop *ret)
{
	struct bpf_fib_lookup fib;
	long result = nat_fib(p, nat, p->length, &fib);
	bool oversized = result == BPF_FIB_LKUP_RET_FRAG_NEEDED;

	if (unlikely(oversized))
		result = nat_fib(p, nat, 0, &fib);
	switch (result) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		break;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		nat_ask_neighbour(m, &fib);
		return drop(SHUNT_REASON_NAT_NO_NEIGHBOUR);
	case BPF_FIB_LKUP_RET_BLACKHOLE:
	case BPF_FIB_LKUP_RET_UNREACHABLE:
	case BPF_FIB_LKUP_RET_PROHIBIT:
	case BPF_FIB_LKUP_RET_UNSUPP_LWT: /* into a tunnel of the kernel's */
		return drop(SHUNT_REASON_NAT_NO_ROUTE);
	case BPF_FIB_LKUP_RET_FWD_DISABLED: /* told before the kernel looks whether it stays */
		return pass(SHUNT_REASON_NAT_FORWARDING_OFF);
	default: /* it stays */
		return XDP_PASS;
	}
	if (unlikely(oversized))
		STEP(nat_oversized(p, &fib));
	*ret = (struct hop){.ifindex = fib.ifindex};
	__builtin_memcpy(&ret->dmac, fib.dmac, ETH_ALEN);
	__builtin_memcpy(&ret->smac, fib.smac, ETH_ALEN);
	return GO_ON;
}

/* Is that a nat backend's? */
static __always_inline bool nat_find(__be32 addr, __be16 port, __u8 protocol, struct shunt_nat *ret)
{
	const struct shunt_tuple4_key key = {.addr = addr, .port = port, .protocol = protocol};
	const void *table = only_element(&nat4);
	struct shunt_place place;

	if (!table || !table_find(table, nat_bits, key, &place))
		return false;
	__builtin_memcpy(ret, &place, sizeof(place));
	return true;
}

/*
 * An ICMP error to a client, from a backend or a router on the way to it: about what the client
 * sent to the VIP, which it shall find in the quote. A router keeps its address; a backend's own
 * becomes the VIP. What cannot be read passes: it is not for us.
 */
APART int nat_error_to_client(struct xdp_md *ctx)
{
	struct shunt_meta *m = only_element(&meta);
	struct packet packet, *p = &packet;
	struct shunt_nat nat, as;
	struct quote quote;
	struct hop hop;
	int verdict;

	STEP(parse_packet(ctx, p));
	if (!m || p->fault != NO_FAULT || !quote_is_error(p) ||
	    quote_parse(p, &quote) != NO_FAULT || quote.ip->saddr != p->ip->daddr ||
	    !nat_find(quote.ip->daddr, quote.ports[1], quote.protocol, &nat))
		return XDP_PASS;
	as = (struct shunt_nat){
		.vip = p->ip->saddr == quote.ip->daddr ? nat.vip : p->ip->saddr,
	};
	STEP(nat_route(p, &as, m, &hop));
	if (p->ip->ttl <= 1)
		return drop(SHUNT_REASON_TTL_EXPIRED);
	quote_rewrite(p, &quote, &quote.ip->daddr, &quote.ports[1], nat.vip, nat.port);
	nat_rewrite_ip(p, &p->ip->saddr, as.vip);
	verdict = transmit_packet(p, &hop);
	if (verdict != XDP_DROP)
		count_reply(p, nat.backend);
	return verdict;
}

/* From a nat backend to a client? Everything else passes. */
static __always_inline int nat_reply(struct packet *p)
{
	struct shunt_meta *m = only_element(&meta);
	struct shunt_nat nat;
	struct hop hop;
	int verdict;

	if (!m || !m->nat_entries || p->fault != NO_FAULT)
		return XDP_PASS;
	if (!p->ports)
		return quote_is_error(p) ? nat_error_to_client(p->ctx) : XDP_PASS;
	if (!nat_find(p->ip->saddr, p->sport, p->protocol, &nat))
		return XDP_PASS;
	STEP(nat_route(p, &nat, m, &hop));
	if (unlikely(p->ip->ttl <= 1))
		return VERDICT(ttl_answer(p->ctx, nat.vip));
	nat_rewrite(p, nat_source(p), nat.vip, nat.port);
	verdict = transmit_packet(p, &hop);
	if (verdict != XDP_DROP)
		count_reply(p, nat.backend);
	return verdict;
}

#endif
