/* SPDX-License-Identifier: GPL-2.0-only */
/* table.h - a look-up in the tables of services and ways back, see shunt/table.h. */
#ifndef TABLE_H
#define TABLE_H

#include "maps.h"

enum table { TABLE_SERVICES4, TABLE_SERVICES6, TABLE_NAT4, TABLE_NAT6 };

#define TABLE_PLACE4_SHIFT 5 /* a shift: Linux 6.1 knows no bounds of what is multiplied */
#define TABLE_PLACE6_SHIFT 6
_Static_assert(SHUNT_PLACE4_WORDS * 8 == 1 << TABLE_PLACE4_SHIFT, "a place's bytes");
_Static_assert(SHUNT_PLACE6_WORDS * 8 == 1 << TABLE_PLACE6_SHIFT, "a place's bytes");

struct table_key {
	__u64 words[SHUNT_KEY6_WORDS]; /* IPv4: the first alone, the others 0 */
};

static __always_inline bool table_is_six(enum table which)
{
	return which == TABLE_SERVICES6 || which == TABLE_NAT6;
}

static __always_inline __u32 table_mask(enum table which)
{
	return (1u << (which < TABLE_NAT4 ? SHUNT_SERVICES_BITS : nat_bits)) - 1;
}

static __always_inline const void *table_begin(enum table which)
{
	return which == TABLE_SERVICES4   ? only_element(&services4)
	       : which == TABLE_SERVICES6 ? only_element(&services6)
	       : which == TABLE_NAT4      ? only_element(&nat4)
					  : only_element(&nat6);
}

static __always_inline const volatile __u64 *table_place(enum table which, const void *begin,
							 __u32 at)
{
	__u64 offset = at & table_mask(which);

	/* else clang shifts first, and before Linux 6.12 the verifier then knows no bounds */
	asm volatile("" : "+r"(offset));
	offset &= table_mask(which);
	offset <<= table_is_six(which) ? TABLE_PLACE6_SHIFT : TABLE_PLACE4_SHIFT;
	return begin + offset;
}

static __always_inline bool table_has_rest(enum table which, const volatile __u64 *place,
					   const struct table_key *key)
{
	return !table_is_six(which) || (place[1] == key->words[1] && place[2] == key->words[2]);
}

/* The place of @key, searched from @at on; negative if it is not there. */
static __always_inline int table_search_in(enum table which, const struct table_key *key, __u32 at)
{
	const void *begin = table_begin(which);

	if (!begin)
		return -1;
#pragma clang loop unroll(disable)
	for (int probe = 1; probe < SHUNT_TABLE_PROBES; probe++, at++) {
		const volatile __u64 *place = table_place(which, begin, at);
		__u64 first = place[0];

		if (first == SHUNT_TABLE_EMPTY)
			return -1;
		if (first == key->words[0] && table_has_rest(which, place, key))
			return at & table_mask(which);
	}
	return -1;
}

/*
 * Where another key stands at home: functions of their own, so that the verifier follows them once.
 * Two, because hardly a program looks in all four tables.
 */
APART int table_search_services(bool six, const struct table_key *key, __u32 at)
{
	if (!key)
		return -1;
	return six ? table_search_in(TABLE_SERVICES6, key, at)
		   : table_search_in(TABLE_SERVICES4, key, at);
}

APART int table_search_nat(bool six, const struct table_key *key, __u32 at)
{
	if (!key)
		return -1;
	return six ? table_search_in(TABLE_NAT6, key, at) : table_search_in(TABLE_NAT4, key, at);
}

static __always_inline int table_search(enum table which, const struct table_key *key, __u32 at)
{
	return which < TABLE_NAT4 ? table_search_services(table_is_six(which), key, at)
				  : table_search_nat(table_is_six(which), key, at);
}

/*
 * The words that stand behind @key in its place, NULL if it is not there. Each is to be read once.
 * An entry may be so new that they are not yet seen (a CPU may read them before it reads the key):
 * then they are 0.
 */
static __always_inline const volatile __u64 *table_find(enum table which,
							const struct table_key *key)
{
	const __u32 key_words = table_is_six(which) ? SHUNT_KEY6_WORDS : SHUNT_KEY4_WORDS;
	const __u32 bits = which < TABLE_NAT4 ? SHUNT_SERVICES_BITS : nat_bits;
	__u32 at = shunt_table_home(key->words, key_words, bits);
	const void *begin = table_begin(which);
	const volatile __u64 *place;
	__u64 first;
	int found;

	if (!begin)
		return NULL;
	place = table_place(which, begin, at);
	first = place[0];
	if (first == SHUNT_TABLE_EMPTY)
		return NULL;
	if (likely(first == key->words[0] && table_has_rest(which, place, key)))
		return place + key_words;
	found = table_search(which, key, at + 1);
	if (found < 0)
		return NULL;
	return table_place(which, begin, found) + key_words;
}

/* @addr as it stands in a packet of the table's family. */
static __always_inline const volatile __u64 *table_find_tuple(enum table which, const __be32 *addr,
							      __be16 port, __u8 protocol)
{
	struct table_key key = {};

	if (table_is_six(which)) {
		key.words[0] = port | (__u64)protocol << 16 | 1ull << 24;
		key.words[1] = addr[0] | (__u64)addr[1] << 32;
		key.words[2] = addr[2] | (__u64)addr[3] << 32;
	} else {
		key.words[0] = *addr | (__u64)port << 32 | (__u64)protocol << 48;
	}
	return table_find(which, &key);
}

#endif
