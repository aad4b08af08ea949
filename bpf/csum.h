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

/* An address in place becomes @to. */
static __always_inline __u64 csum_diff_addr(__u64 sum, const __be32 *from,
					    const struct shunt_addr *to, bool v6)
{
	sum = csum_diff32(sum, from[0], to->word[0]);
	if (v6)
		for (int i = 1; i < 4; i++)
			sum = csum_diff32(sum, from[i], to->word[i]);
	return sum;
}

/* Three foldings: a sum of some 32-bit words has less than 48 bits. */
static __always_inline __sum16 csum_end(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

/* TCP's or UDP's checksum with @difference added. A UDP sender may have made none. */
static __always_inline void csum_mend_l4(__sum16 *check, bool udp, __u64 difference)
{
	__sum16 mended;

	if (udp && !*check)
		return;
	mended = csum_end(csum_begin(*check) + difference);
	*check = udp && !mended ? 0xffff : mended;
}

/* Time to live down by one; returns what that adds to the IPv4 header's sum. */
static __always_inline __u64 csum_ttl_down(__u64 sum, struct iphdr *ip)
{
	__be16 *word = (__be16 *)&ip->ttl; /* TTL and protocol share a word */
	__be16 from = *word;

	ip->ttl--;
	return csum_diff16(sum, from, *word);
}

#endif
