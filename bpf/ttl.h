/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ttl.h - the time to live ends here: the sender is told by ICMP time exceeded, so that traceroute
 * sees the director. So many answers and no more: one bucket for all CPUs, in meta.
 *
 * The answer's source is the VIP. It is what the client asked for and the only address of ours that
 * may be spoken to from outside; the program knows no other, and the kernel tells one (to
 * bpf_fib_lookup) only from 6.7 on. Who compares hops with the destination sees it arrive here.
 */
#ifndef TTL_H
#define TTL_H

#include "answer.h"
#include "csum.h"
#include "maps.h"
#include "parse.h"
#include "quote.h"

#define TTL_ANSWER_NS  1000000ULL /* 1000 answers a second, as net.ipv4.icmp_msgs_per_sec */
#define TTL_ANSWERS    50         /* at once, as net.ipv4.icmp_msgs_burst */
#define TTL_ANSWER_TOS 0xc0       /* internetwork control (RFC 1812, 4.3.2.5) */
#define TTL_SUM_WORDS                                                                              \
	((sizeof(struct icmphdr) + 60 + QUOTE_BYTES) / 4) /* 60: the longest IP header */

struct ttl_answer {
	struct ethhdr eth;
	struct iphdr ip;
	struct icmphdr icmp;
} __attribute__((packed));

#define TTL_ROOM ((int)(sizeof(struct iphdr) + sizeof(struct icmphdr)))

/*
 * May one more be sent? A bucket in one word, the generic cell rate algorithm (ITU-T I.371): the
 * time at which it would be full again. The clock moves on in steps of some milliseconds.
 */
static __always_inline bool ttl_take_token(void)
{
	struct shunt_meta *m = only_element(&meta);
	__u64 now = bpf_ktime_get_coarse_ns(), full, from;

	if (!m)
		return false;
	full = *(volatile __u64 *)&m->answers_full_ns;
	from = full > now ? full : now;
	if (from - now > (TTL_ANSWERS - 1) * TTL_ANSWER_NS)
		return false;
	/* Should another CPU be faster, it answers; this packet is as one over the limit. */
	return __sync_val_compare_and_swap(&m->answers_full_ns, full, from + TTL_ANSWER_NS) == full;
}

/* The sum of @length bytes, a multiple of 4, as far as they lie before @end. */
static __always_inline __u64 ttl_sum(const __u32 *words, __u32 length, const void *end)
{
	__u64 sum = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < TTL_SUM_WORDS; i++) {
		if (i * 4 >= length || (const void *)(words + i + 1) > end)
			break;
		sum += words[i];
	}
	return sum;
}

static __always_inline void ttl_fill(struct ttl_answer *answer, __be32 from, __be32 to,
				     __u32 quoted, const void *end)
{
	answer->eth.h_proto = bpf_htons(ETH_P_IP);
	answer->ip = (struct iphdr){
		.version = 4,
		.ihl = sizeof(answer->ip) / 4,
		.tos = TTL_ANSWER_TOS,
		.tot_len = bpf_htons(TTL_ROOM + quoted),
		.frag_off = bpf_htons(IP_DONT_FRAGMENT), /* so it needs no id (RFC 6864) */
		.ttl = ANSWER_TTL,
		.protocol = IPPROTO_ICMP,
		.saddr = from,
		.daddr = to,
	};
	answer->ip.check = csum_end(ttl_sum((void *)&answer->ip, sizeof(answer->ip), end));
	answer->icmp = (struct icmphdr){.type = ICMP_TIME_EXCEEDED};
	answer->icmp.checksum =
		csum_end(ttl_sum((void *)&answer->icmp, sizeof(answer->icmp) + quoted, end));
}

/*
 * Put the answer's headers before the packet's, and cut off what is not quoted: all but the IP
 * header and 8 bytes, so that an answer is hardly longer than the shortest question.
 */
static __always_inline int ttl_send(struct packet *p, __be32 from)
{
	const struct ethhdr came = *p->eth;
	__be32 to = p->ip->saddr;
	__u32 quoted = p->ip->ihl * 4 + QUOTE_BYTES;
	int keep = sizeof(came) + quoted;
	struct ttl_answer *answer;
	void *end;

	if (bpf_xdp_adjust_tail(p->ctx, keep - (int)bpf_xdp_get_buff_len(p->ctx)) ||
	    bpf_xdp_adjust_head(p->ctx, -TTL_ROOM))
		return drop(SHUNT_REASON_TTL_EXPIRED);
	answer = (void *)(long)p->ctx->data;
	end = (void *)(long)p->ctx->data_end;
	if ((void *)(answer + 1) > end)
		return drop(SHUNT_REASON_INTERNAL);
	ttl_fill(answer, from, to, quoted, end);
	p->eth = &answer->eth;
	count_reason(SHUNT_REASON_TTL_ANSWERED);
	return answer_transmit(p, &came);
}

/* For TCP and UDP alone: an ICMP error is never answered by another. */
APART int ttl_answer(struct xdp_md *ctx, __be32 from)
{
	struct packet packet, *p = &packet;

	STEP(parse_packet(ctx, p));
	if (p->fault != NO_FAULT || !answer_allowed(p))
		return drop(SHUNT_REASON_TTL_EXPIRED);
	if (!ttl_take_token())
		return drop(SHUNT_REASON_TTL_LIMITED);
	return ttl_send(p, from);
}

#endif
