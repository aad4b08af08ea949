/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * quote.h - ICMP errors, and the packet that an error quotes: its IP header and, as RFC 792
 * promises, the first 8 bytes behind it. That is the ports, UDP's checksum, but not TCP's.
 */
#ifndef QUOTE_H
#define QUOTE_H

#include "csum.h"
#include "ext6.h"

#define QUOTE_BYTES      8      /* behind the quoted IP header, at least */
#define QUOTE_FRAG_COUNT 0x1fff /* the fragment's offset */

#define QUOTE_TCP_CHECK_END (offsetof(struct tcphdr, check) + sizeof(__sum16))

struct quote {
	bool v6;
	union {
		struct iphdr *ip;
		struct ipv6hdr *ip6;
	};
	__be32 *saddr, *daddr;
	__be16 *ports; /* source and destination */
	__u32 header;  /* bytes of its IP header, with options or extension headers */
	__u8 protocol;
	bool check; /* is TCP's checksum among the bytes that are quoted, as the lengths have it? */
};

/* Is @p an ICMP error? Its header is in bounds then. */
static __always_inline bool quote_is_error(const struct packet *p)
{
	const struct icmphdr *icmp = p->l4;

	if (p->protocol != (p->v6 ? IPPROTO_ICMP6 : IPPROTO_ICMP) ||
	    (void *)(icmp + 1) > (void *)(long)p->ctx->data_end ||
	    p->length < p->header + sizeof(*icmp))
		return false;
	if (p->v6)
		return icmp->type >= ICMP6_DEST_UNREACH && icmp->type <= ICMP6_PARAMETERPROB;
	return icmp->type == ICMP_DEST_UNREACH || icmp->type == ICMP_TIME_EXCEEDED ||
	       icmp->type == ICMP_PARAMETERPROB;
}

/* The quoted IP header; @room: bytes of the quote. */
static __always_inline enum shunt_reason quote_parse4(struct quote *q, __u32 room, const void *end)
{
	struct iphdr *ip = q->ip;

	if ((void *)(ip + 1) > end || room < sizeof(*ip))
		return SHUNT_REASON_MALFORMED_QUOTE;
	q->header = ip->ihl * 4;
	if (ip->version != 4 || q->header < sizeof(*ip))
		return SHUNT_REASON_MALFORMED_QUOTE;
	q->protocol = ip->protocol;
	q->saddr = &ip->saddr;
	q->daddr = &ip->daddr;
	return ip->frag_off & bpf_htons(QUOTE_FRAG_COUNT) ? SHUNT_REASON_ICMP_PASS : NO_FAULT;
}

static __always_inline enum shunt_reason quote_parse6(const struct packet *p, struct quote *q,
						      __u32 room, const void *end)
{
	struct ipv6hdr *ip = q->ip6;
	int found;

	if ((void *)(ip + 1) > end || room < sizeof(*ip) || ip->version != 6)
		return SHUNT_REASON_MALFORMED_QUOTE;
	q->header = sizeof(*ip);
	q->protocol = ip->nexthdr;
	q->saddr = (__be32 *)&ip->saddr;
	q->daddr = (__be32 *)&ip->daddr;
	if (!ext6_is_extension(q->protocol))
		return NO_FAULT;
	found = ext6_skip(p->ctx, (void *)(ip + 1) - (void *)(long)p->ctx->data, q->protocol);
	if (found < 0 || room < sizeof(*ip) + EXT6_BYTES(found))
		return SHUNT_REASON_MALFORMED_QUOTE;
	q->header += EXT6_BYTES(found);
	q->protocol = EXT6_PROTOCOL(found);
	return EXT6_FRAGMENT(found) == PACKET_LATER ? SHUNT_REASON_ICMP_PASS : NO_FAULT;
}

/*
 * The quote of @p, for which quote_is_error(). NO_FAULT, or why there is no flow to find in it:
 * MALFORMED_QUOTE, or ICMP_PASS where it is right but has no ports. The quoted total length is not
 * asked: routers are known to have written their own into it.
 */
static __always_inline enum shunt_reason quote_parse(const struct packet *p, struct quote *ret)
{
	const void *end = (void *)(long)p->ctx->data_end;
	__u32 room = p->length - p->header - sizeof(struct icmphdr);
	enum shunt_reason fault;
	void *l4;

	*ret = (struct quote){.v6 = p->v6, .ip = p->l4 + sizeof(struct icmphdr)};
	fault = p->v6 ? quote_parse6(p, ret, room, end) : quote_parse4(ret, room, end);
	if (fault != NO_FAULT)
		return fault;
	if (ret->protocol != IPPROTO_TCP && ret->protocol != IPPROTO_UDP)
		return SHUNT_REASON_ICMP_PASS;
	l4 = (void *)ret->ip + ret->header;
	if (l4 + QUOTE_BYTES > end || room < ret->header + QUOTE_BYTES)
		return SHUNT_REASON_MALFORMED_QUOTE;
	ret->ports = l4;
	ret->check = room >= ret->header + QUOTE_TCP_CHECK_END;
	return NO_FAULT;
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
	__sum16 from = *check;

	csum_mend_l4(check, q->protocol == IPPROTO_UDP, difference);
	return csum_diff16(sum, from, *check);
}

/*
 * Rewrite one end of the quoted packet to @addr and @to; mend its checksums and the error's.
 * Returns nothing of the error's own addresses: an ICMPv6 checksum that covers them is its
 * caller's.
 */
static __always_inline void quote_rewrite(struct packet *p, const struct quote *q, __be32 *at,
					  __be16 *port, const struct shunt_addr *addr, __be16 to)
{
	struct icmphdr *icmp = p->l4;
	__u64 of_addr = csum_diff_addr(0, at, addr, q->v6), sum = csum_begin(icmp->checksum);
	__u64 both = csum_diff16(of_addr, *port, to);
	void *l4 = q->ports;

	if (q->protocol == IPPROTO_UDP)
		sum = quote_mend_l4(sum, q, l4 + offsetof(struct udphdr, check), both);
	else if (q->check && l4 + QUOTE_TCP_CHECK_END <= (void *)(long)p->ctx->data_end)
		sum = quote_mend_l4(sum, q, l4 + offsetof(struct tcphdr, check), both);
	if (!q->v6)
		sum = quote_put16(sum, &q->ip->check, csum_end(csum_begin(q->ip->check) + of_addr));
	sum = quote_put16(sum, port, to);
	icmp->checksum = csum_end(sum + of_addr);
	addr_write(at, addr, q->v6);
}

#endif
