/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - where a key stands in services4, nat4, services6 and nat6, the same in the kernel
 * program and in user space.
 *
 * They are open-addressing tables in memory-mapped arrays, because a look-up in a BPF hash map
 * costs half of a packet's way (docs/performance.md), and because it hands the memory of an element
 * that is gone to the next one while a CPU may still read it. A place is a row of 64-bit words: the
 * key and what belongs to it. An IPv4 key is one word of 4, an IPv6 key three of 8. A key stands in
 * the first place from its home on that was free when it came, less than SHUNT_TABLE_PROBES places
 * away; an empty place ends the search.
 *
 * The key's first word is written last. When it goes, SHUNT_TABLE_GONE takes its place and the
 * other words stay until a grace period is over; then they are cleared, and the place may be used
 * again. So who has found a key may read the other words. Each word changes as a whole.
 */
#ifndef SHUNT_TABLE_H
#define SHUNT_TABLE_H

#include <linux/types.h>

#define SHUNT_TABLE_PROBES 64
#define SHUNT_TABLE_EMPTY  0ULL
#define SHUNT_TABLE_GONE   (~0ULL) /* no tuple's first word: those have a byte that is 0 */

#define SHUNT_KEY4_WORDS   1
#define SHUNT_PLACE4_WORDS 4 /* half a cache line */
#define SHUNT_KEY6_WORDS   3
#define SHUNT_PLACE6_WORDS 8 /* a whole one */

/* The first place to look at, of 1 << @bits: multiplicative hashing (Knuth, volume 3, 6.4). */
static inline __u32 shunt_table_home(const __u64 *key, __u32 key_words, __u32 bits)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < key_words; i++)
		sum = (sum ^ key[i]) * 0x9e3779b97f4a7c15ULL;
	return sum >> (64 - bits);
}

#endif
