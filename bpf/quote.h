/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * quote.h - ICMP errors, and the packet that an error quotes: its IP header and, as RFC 792
 * promises, the first 8 bytes behind it. That is the ports, UDP's checksum, but not TCP's.
 */
#ifndef QUOTE_H
#define QUOTE_H

#include "csum.h"

#define QUOTE_BYTES      8      /* behind the quoted IP header, at least */
#define QUOTE_FRAG_COUNT 0x1fff /* the fragment's offset */

#define QUOTE_TCP_CHECK_END (offsetof(struct tcphdr, check) + sizeof(__sum16))

struct quote {
	struct iphdr *ip;
	__be16 *ports; /* source and destination */
	__u8 protocol;
	bool check; /* is TCP's checksum among the bytes that are quoted, as the lengths have it? */
};

/* Is @p an ICMP error? Its header is in bounds then. */
static __always_inline bool quote_is_error(const struct packet *p)
{
	const struct icmphdr *icmp = p->l4;

	if (p->protocol != IPPROTO_ICMP || (void *)(icmp + 1) > (void *)(long)p->ctx->data_end ||
	    p->length < p->ip->ihl * 4 + sizeof(*icmp))
		return false;
	return icmp->type == ICMP_DEST_UNREACH || icmp->type == ICMP_TIME_EXCEEDED ||
	       icmp->type == ICMP_PARAMETERPROB;
}

/*
 * The quote of @p, for which quote_is_error(). NO_FAULT, or why there is no flow to find in it:
 * MALFORMED_QUOTE, or ICMP_PASS where it is right but has no ports. The quoted total length is not
 * asked: routers are known to have written their own into it.
 */
static __always_inline enum shunt_reason quote_parse(const struct packet *p, struct quote *ret)
{
	const void *end = (void *)(long)p->ctx->data_end;
	__u32 room = p->length - p->ip->ihl * 4 - sizeof(struct icmphdr);
	struct iphdr *ip = p->l4 + sizeof(struct icmphdr);
	__u32 header;
	void *l4;

	if ((void *)(ip + 1) > end || room < sizeof(*ip))
		return SHUNT_REASON_MALFORMED_QUOTE;
	header = ip->ihl * 4;
	if (ip->version != 4 || header < sizeof(*ip))
		return SHUNT_REASON_MALFORMED_QUOTE;
	ret->protocol = ip->protocol;
	if ((ip->frag_off & bpf_htons(QUOTE_FRAG_COUNT)) ||
	    (ret->protocol != IPPROTO_TCP && ret->protocol != IPPROTO_UDP))
		return SHUNT_REASON_ICMP_PASS;
	l4 = (void *)ip + header;
	if (l4 + QUOTE_BYTES > end || room < header + QUOTE_BYTES)
		return SHUNT_REASON_MALFORMED_QUOTE;
	ret->ip = ip;
	ret->ports = l4;
	ret->check = room >= header + QUOTE_TCP_CHECK_END;
	return NO_FAULT;
}

/* The quoted ports as the other direction's packets have them. */
static __always_inline __u32 quote_ports_back(const struct quote *q)
{
	return q->ports[1] | (__u32)q->ports[0] << 16;
}

/* Replace a word of the quote; returns the ICMP checksum's sum with the difference. */
static __always_inline __u64 quote_put16(__u64 sum, __be16 *at, __be16 value)
{
	sum = csum_diff16(sum, *at, value);
	*at = value;
	return sum;
}

static __always_inline __u64 quote_mend_l4(__u64 sum, const struct quote *q, __sum16 *check,
					   __u64 difference)
{
	bool udp = q->protocol == IPPROTO_UDP;
	__sum16 mended;

	if (udp && !*check) /* the sender made none */
		return sum;
	mended = csum_end(csum_begin(*check) + difference);
	if (udp && !mended)
		mended = 0xffff;
	return quote_put16(sum, check, mended);
}

/* Rewrite one end of the quoted packet to @addr and @to; mend its checksums and the error's. */
static __always_inline void quote_rewrite(struct packet *p, const struct quote *q, __be32 *at,
					  __be16 *port, __be32 addr, __be16 to)
{
	struct icmphdr *icmp = p->l4;
	__u64 of_addr = csum_diff32(0, *at, addr), sum = csum_begin(icmp->checksum);
	__u64 both = csum_diff16(of_addr, *port, to);
	void *l4 = q->ports;

	if (q->protocol == IPPROTO_UDP)
		sum = quote_mend_l4(sum, q, l4 + offsetof(struct udphdr, check), both);
	else if (q->check && l4 + QUOTE_TCP_CHECK_END <= (void *)(long)p->ctx->data_end)
		sum = quote_mend_l4(sum, q, l4 + offsetof(struct tcphdr, check), both);
	sum = quote_put16(sum, &q->ip->check, csum_end(csum_begin(q->ip->check) + of_addr));
	sum = quote_put16(sum, port, to);
	icmp->checksum = csum_end(sum + of_addr);
	*at = addr;
}

#endif
