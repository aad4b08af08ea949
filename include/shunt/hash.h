/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hash.h - the keyed hash of a client tuple, the same in the kernel program and in user space.
 *
 * Multilinear hashing over 64-bit arithmetic (Lemire, Kaser: "Strongly universal string hashing is
 * fast", 2014) with secret keys, then the finaliser of MurmurHash3, which is a bijection and makes
 * tuples that differ in one port fall anywhere. Who neither knows the seed nor sees which backend
 * answered cannot aim at a slot. About 3 ns.
 */
#ifndef SHUNT_HASH_H
#define SHUNT_HASH_H

#include <linux/types.h>

#define SHUNT_HASH_KEYS 10 /* protocol, ports, two IPv6 addresses */

struct shunt_hash_keys {
	__u64 k[SHUNT_HASH_KEYS];
};

/* SplitMix64 (Steele, Lea, Flood 2014): the next of a sequence of well mixed 64-bit numbers. */
static inline __u64 shunt_splitmix64(__u64 *state)
{
	__u64 z = (*state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* The finaliser of MurmurHash3 (Appleby): every bit of x reaches every bit of the result. */
static inline __u64 shunt_mix64(__u64 x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ (x >> 33);
}

/* The hash keys that belong to an operator's seed. */
static inline struct shunt_hash_keys shunt_hash_keys(__u64 seed)
{
	struct shunt_hash_keys keys;

	for (int i = 0; i < SHUNT_HASH_KEYS; i++)
		keys.k[i] = shunt_splitmix64(&seed) | 1;
	return keys;
}

/*
 * 64-bit hash of an IPv4 tuple; addresses and ports as they stand in the packet.
 * `ports` is the source port in the low and the destination port in the high half of the word as
 * the packet has it, `protocol` is IPPROTO_*.
 */
static inline __u64 shunt_hash_tuple4(const struct shunt_hash_keys *keys, __u32 saddr, __u32 daddr,
				      __u32 ports, __u8 protocol)
{
	__u64 h = keys->k[0] * (1 + (__u64)protocol);

	h += keys->k[1] * saddr;
	h += keys->k[2] * daddr;
	h += keys->k[3] * ports;
	return shunt_mix64(h);
}

/* The same of an IPv6 tuple; an address is four words as they stand in the packet. */
static inline __u64 shunt_hash_tuple6(const struct shunt_hash_keys *keys, const __u32 *saddr,
				      const __u32 *daddr, __u32 ports, __u8 protocol)
{
	__u64 h = keys->k[0] * (1 + (__u64)protocol) + keys->k[1] * ports;

	for (int i = 0; i < 4; i++)
		h += keys->k[2 + i] * saddr[i] + keys->k[6 + i] * daddr[i];
	return shunt_mix64(h);
}

/* A number in 0 .. n - 1 from the hash's high half (Lemire's multiply-shift, no division). */
static inline __u32 shunt_hash_reduce(__u64 hash, __u32 n)
{
	return (__u32)(((hash >> 32) * n) >> 32);
}

#endif
