/* SPDX-License-Identifier: GPL-2.0-only */
/* table.h - a look-up in the tables of services and ways back, see shunt/table.h. */
#ifndef TABLE_H
#define TABLE_H

#include "maps.h"

enum table { TABLE_SERVICES4, TABLE_SERVICES6, TABLE_NAT4, TABLE_NAT6 };

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

static __always_inline const volatile __u64 *table_place(enum table which, __u32 at)
{
	const void *table = which == TABLE_SERVICES4   ? only_element(&services4)
			    : which == TABLE_SERVICES6 ? only_element(&services6)
			    : which == TABLE_NAT4      ? only_element(&nat4)
						       : only_element(&nat6);
	__u64 offset = at & table_mask(which);

	/* else clang multiplies first, and before Linux 6.12 the verifier then knows no bounds */
	asm volatile("" : "+r"(offset));
	offset &= table_mask(which);
	offset *= (table_is_six(which) ? SHUNT_PLACE6_WORDS : SHUNT_PLACE4_WORDS) * 8;
	return table ? table + offset : NULL;
}

static __always_inline bool table_has_rest(enum table which, const volatile __u64 *place,
					   const struct table_key *key)
{
	return !table_is_six(which) || (place[1] == key->words[1] && place[2] == key->words[2]);
}

/* The place of @key, searched from @at on; negative if it is not there. */
static __always_inline int table_search_in(enum table which, const struct table_key *key, __u32 at)
{
#pragma clang loop unroll(disable)
	for (int probe = 1; probe < SHUNT_TABLE_PROBES; probe++, at++) {
		const volatile __u64 *place = table_place(which, at);
		__u64 first = place ? place[0] : SHUNT_TABLE_EMPTY;

		if (first == SHUNT_TABLE_EMPTY)
			return -1;
		if (first == key->words[0] && table_has_rest(which, place, key))
			return at & table_mask(which);
	}
	return -1;
}

/* Where another key stands at home: a function of its own, so that the verifier follows it once. */
APART int table_search(enum table which, const struct table_key *key, __u32 at)
{
	if (!key)
		return -1;
	switch (which) {
	case TABLE_SERVICES4:
		return table_search_in(TABLE_SERVICES4, key, at);
	case TABLE_SERVICES6:
		return table_search_in(TABLE_SERVICES6, key, at);
	case TABLE_NAT4:
		return table_search_in(TABLE_NAT4, key, at);
	case TABLE_NAT6:
		return table_search_in(TABLE_NAT6, key, at);
	}
	return -1;
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
	const volatile __u64 *place = table_place(which, at);
	__u64 first = place ? place[0] : SHUNT_TABLE_EMPTY;
	int found;

	if (first == SHUNT_TABLE_EMPTY)
		return NULL;
	if (likely(first == key->words[0] && table_has_rest(which, place, key)))
		return place + key_words;
	found = table_search(which, key, at + 1);
	if (found < 0)
		return NULL;
	place = table_place(which, found);
	return place ? place + key_words : NULL;
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
