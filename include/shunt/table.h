/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - where a key stands in services4 and nat4, the same in the kernel program and in user
 * space.
 *
 * Both are open-addressing tables in memory-mapped arrays, because a look-up in a BPF hash map
 * costs half of a packet's way (docs/performance.md), and because it hands the memory of an element
 * that is gone to the next one while a CPU may still read it. A place is 32 bytes: the key's 64-bit
 * word and three more. A key stands in the first place from its home on that was free when it came,
 * less than SHUNT_TABLE_PROBES places away; an empty place ends the search.
 *
 * The key is written last. When it goes, SHUNT_TABLE_GONE takes its place and the other words stay
 * until a grace period is over; then they are cleared, and the place may be used again. So who has
 * found a key may read the other words. Each word changes as a whole.
 */
#ifndef SHUNT_TABLE_H
#define SHUNT_TABLE_H

#include <linux/types.h>

#define SHUNT_TABLE_PROBES 64
#define SHUNT_TABLE_EMPTY  0ULL
#define SHUNT_TABLE_GONE   (~0ULL) /* no tuple's key: those have a byte that is 0 */

struct shunt_place {
	__u64 key;
	__u64 words[3];
};
_Static_assert(sizeof(struct shunt_place) == 32, "half a cache line");

/* The first place to look at, of 1 << @bits: multiplicative hashing (Knuth, volume 3, 6.4). */
static inline __u32 shunt_table_home(__u64 key, __u32 bits)
{
	return (key * 0x9e3779b97f4a7c15ULL) >> (64 - bits);
}

#endif
