/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * error.h - ICMP errors that the program itself sends: the time to live ends here, so that
 * traceroute sees the director; the packet is longer than what lies before it carries, so that the
 * sender makes them shorter (RFC 1191, RFC 8201). So many answers and no more: one bucket for all
 * CPUs, in meta.
 *
 * An answer's source is the VIP. It is what the client asked for and the only address of ours that
 * may be spoken to from outside; the program knows no other, and the kernel tells one (to
 * bpf_fib_lookup) only from 6.7 on. Who compares hops with the destination sees it arrive here.
 */
#ifndef ERROR_H
#define ERROR_H

#include "answer.h"
#include "csum.h"
#include "later.h"
#include "maps.h"
#include "nat.h"
#include "parse.h"
#include "select.h"
#include "service.h"

#define ERROR_NS     1000000ULL /* 1000 answers a second, as net.ipv4.icmp_msgs_per_sec */
#define ERRORS       50         /* at once, as net.ipv4.icmp_msgs_burst */
#define ERROR_TOS    0xc0       /* internetwork control (RFC 1812, 4.3.2.5) */
#define ERROR_QUOTE6 512        /* of an IPv6 packet: more than any host needs to know the flow */
#define ERROR_MTU6   1280       /* no IPv6 host goes below */

#define ERROR_SUM_WORDS ((sizeof(struct icmphdr) + ERROR_QUOTE6) / 4)
_Static_assert(ERROR_QUOTE6 >= 60 + QUOTE_BYTES, "an IPv4 header with all options fits");

struct error_reasons {
	enum shunt_reason answered, limited, silent;
};

struct error4 {
	struct ethhdr eth;
	struct iphdr ip;
	struct icmphdr icmp;
} __attribute__((packed));

struct error6 {
	struct ethhdr eth;
	struct ipv6hdr ip;
	struct icmphdr icmp;
} __attribute__((packed));

/*
 * May one more be sent? A bucket in one word, the generic cell rate algorithm (ITU-T I.371): the
 * time at which it would be full again. The clock moves on in steps of some milliseconds.
 */
static __always_inline bool error_take_token(void)
{
	struct shunt_meta *m = only_element(&meta);
	__u64 now = bpf_ktime_get_coarse_ns(), full, from;

	if (!m)
		return false;
	full = *(volatile __u64 *)&m->answers_full_ns;
	from = full > now ? full : now;
	if (from - now > (ERRORS - 1) * ERROR_NS)
		return false;
	if (dry_run)
		return true;
	/* Should another CPU be faster, it answers; this packet is as one over the limit. */
	return __sync_val_compare_and_swap(&m->answers_full_ns, full, from + ERROR_NS) == full;
}

/* The sum of @length bytes, a multiple of 4, as far as they lie before @end. */
static __always_inline __u64 error_sum(const __u32 *words, __u32 length, const void *end)
{
	__u64 sum = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < ERROR_SUM_WORDS; i++) {
		if (i * 4 >= length || (const void *)(words + i + 1) > end)
			break;
		sum += words[i];
	}
	return sum;
}

static __always_inline void error_fill4(struct error4 *e, const struct icmphdr *icmp,
					const struct shunt_addr *from, const struct shunt_addr *to,
					__u32 quoted, const void *end)
{
	e->eth.h_proto = bpf_htons(ETH_P_IP);
	e->ip = (struct iphdr){
		.version = 4,
		.ihl = sizeof(e->ip) / 4,
		.tos = ERROR_TOS,
		.tot_len = bpf_htons(sizeof(e->ip) + sizeof(e->icmp) + quoted),
		.frag_off = bpf_htons(IP_DONT_FRAGMENT), /* so it needs no id (RFC 6864) */
		.ttl = ANSWER_TTL,
		.protocol = IPPROTO_ICMP,
		.saddr = from->word[0],
		.daddr = to->word[0],
	};
	e->ip.check = csum_end(error_sum((void *)&e->ip, sizeof(e->ip), end));
	e->icmp = *icmp;
	e->icmp.checksum = csum_end(error_sum((void *)&e->icmp, sizeof(e->icmp) + quoted, end));
}

static __always_inline void error_fill6(struct error6 *e, const struct icmphdr *icmp,
					const struct shunt_addr *from, const struct shunt_addr *to,
					__u32 quoted, const void *end)
{
	__u32 length = sizeof(e->icmp) + quoted;
	__u64 sum = bpf_htonl(length) + (__u64)bpf_htonl(IPPROTO_ICMP6);

	e->eth.h_proto = bpf_htons(ETH_P_IPV6);
	e->ip = (struct ipv6hdr){
		.version = 6,
		.payload_len = bpf_htons(length),
		.nexthdr = IPPROTO_ICMP6,
		.hop_limit = ANSWER_TTL,
	};
	__builtin_memcpy(&e->ip.saddr, from, sizeof(*from));
	__builtin_memcpy(&e->ip.daddr, to, sizeof(*to));
	e->icmp = *icmp;
	for (int i = 0; i < 4; i++)
		sum += (__u64)from->word[i] + to->word[i];
	sum += error_sum((void *)&e->icmp, length, end);
	e->icmp.checksum = csum_end(sum);
}

/* How much of the packet is quoted: of IPv4 as little as one may, so that an answer is hardly
 * longer than the shortest question; IPv6 wants more. Only what can be read has a sum: of a frame
 * in several buffers some drivers put no more than 256 bytes into the first. */
static __always_inline __u32 error_quoted(const struct packet *p)
{
	__u32 most = p->v6 ? ERROR_QUOTE6 : p->header + QUOTE_BYTES;
	__u32 there = (void *)(long)p->ctx->data_end - (void *)p->ip;

	if (there < most)
		most = there & ~3u;
	return p->length < most ? p->length & ~3u : most;
}

/*
 * Put the answer's headers before the packet's, and cut off what is not quoted. The packet's own
 * Ethernet header and tags are overwritten by the quote's end of ours.
 */
static __always_inline int error_send(struct packet *p, const struct icmphdr *icmp,
				      const struct shunt_addr *from)
{
	const struct hop back = answer_hop(p);
	const struct shunt_addr to = addr_read(packet_saddr(p), p->v6);
	__u32 quoted = error_quoted(p);
	int link = sizeof(struct ethhdr) + vlan_bytes(p->vlan);
	int room = (p->v6 ? sizeof(struct error6) : sizeof(struct error4)) - link;
	void *start, *end;

	if (bpf_xdp_adjust_tail(p->ctx, link + (int)quoted - (int)bpf_xdp_get_buff_len(p->ctx)) ||
	    bpf_xdp_adjust_head(p->ctx, -room))
		return drop(SHUNT_REASON_INTERNAL);
	start = (void *)(long)p->ctx->data;
	end = (void *)(long)p->ctx->data_end;
	if (p->v6) {
		if (start + sizeof(struct error6) > end)
			return drop(SHUNT_REASON_INTERNAL);
		error_fill6(start, icmp, from, &to, quoted, end);
	} else {
		if (start + sizeof(struct error4) > end)
			return drop(SHUNT_REASON_INTERNAL);
		error_fill4(start, icmp, from, &to, quoted, end);
	}
	p->eth = start;
	p->vlan = 0;
	return transmit_packet(p, &back);
}

static __always_inline struct error_reasons error_reasons(bool ttl)
{
	if (ttl)
		return (struct error_reasons){SHUNT_REASON_TTL_ANSWERED, SHUNT_REASON_TTL_LIMITED,
					      SHUNT_REASON_TTL_EXPIRED};
	return (struct error_reasons){SHUNT_REASON_TOO_BIG_ANSWERED, SHUNT_REASON_TOO_BIG_LIMITED,
				      SHUNT_REASON_TOO_BIG};
}

static __always_inline struct icmphdr error_header(bool ttl, bool v6, __u32 mtu)
{
	if (ttl)
		return (struct icmphdr){.type = v6 ? ICMP6_TIME_EXCEEDED : ICMP_TIME_EXCEEDED};
	if (v6)
		return (struct icmphdr){
			.type = ICMP6_TOO_BIG,
			.rest = bpf_htonl(mtu < ERROR_MTU6 ? ERROR_MTU6 : mtu),
		};
	return (struct icmphdr){
		.type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED, .rest = bpf_htonl(mtu)};
}

/* The VIP: what the packet is for; if that is none, what its sender, a nat backend, is known as. */
static __always_inline struct shunt_addr error_source(const struct packet *p, bool may_be_reply)
{
	struct shunt_meta *m = only_element(&meta);
	struct shunt_service vip;
	struct nat_way way;

	if (may_be_reply && m && !service_read(packet_daddr(p), p->v6, 0, 0, &vip) &&
	    nat_find(m, packet_saddr(p), p->v6, p->sport, p->protocol, &way))
		return way.vip;
	return addr_read(packet_daddr(p), p->v6);
}

/* For TCP and UDP alone: an ICMP error is never answered by another. */
static __always_inline int error_answer(struct packet *p, bool ttl, __u32 mtu)
{
	const struct error_reasons reasons = error_reasons(ttl);
	const struct icmphdr icmp = error_header(ttl, p->v6, mtu);
	struct shunt_addr from;
	int verdict;

	if (p->fault != NO_FAULT || !p->ports || !answer_allowed(p))
		return drop(reasons.silent);
	if (!error_take_token())
		return drop(reasons.limited);
	from = error_source(p, ttl);
	verdict = error_send(p, &icmp, &from);
	if (verdict != XDP_DROP)
		count_reason(reasons.answered);
	return verdict;
}

static __always_inline int error_ttl(struct packet *p)
{
	return error_answer(p, true, 0);
}

/* The backend is selected once more: it is what says how much is too much. */
static __always_inline int error_too_big(struct packet *p)
{
	struct shunt_service service;
	struct target target;

	if (p->fragment == PACKET_FIRST) /* what is told of the first holds for all */
		p->fault = parse_l4(p, (void *)(long)p->ctx->data_end);
	if (p->fault != NO_FAULT)
		return drop(SHUNT_REASON_TOO_BIG);
	if (!service_of(packet_daddr(p), p->v6, p->dport, p->protocol, &service))
		return drop(SHUNT_REASON_TOO_BIG);
	STEP(select_backend(p, select_hash(p), &service, &target));
	return error_answer(p, false, target.mtu);
}

PROGRAM(tell_ttl, error_ttl)
PROGRAM(tell_too_big, error_too_big)

#endif
