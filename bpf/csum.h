/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * csum.h - checksums by difference (RFC 1624, equation 3: HC' = ~(~HC + ~m + m')), so that a wrong
 * checksum stays wrong and the payload is never read.
 */
#ifndef CSUM_H
#define CSUM_H

#include "packet.h"

/* Begin with the checksum as it stands, add differences, end with csum_end(). */
static __always_inline __u64 csum_begin(__sum16 check)
{
	return (__u16)~check;
}

static __always_inline __u64 csum_diff32(__u64 sum, __be32 from, __be32 to)
{
	return sum + (__u32)~from + to;
}

static __always_inline __u64 csum_diff16(__u64 sum, __be16 from, __be16 to)
{
	return sum + (__u16)~from + to;
}

/* Three foldings: a sum of a few 32-bit words has at most 35 bits. */
static __always_inline __sum16 csum_end(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

/* Time to live down by one; returns what that adds to the IP header's sum. */
static __always_inline __u64 csum_ttl_down(__u64 sum, struct iphdr *ip)
{
	__be16 *word = (__be16 *)&ip->ttl; /* TTL and protocol share a word */
	__be16 from = *word;

	ip->ttl--;
	return csum_diff16(sum, from, *word);
}

#endif
