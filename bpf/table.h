/* SPDX-License-Identifier: GPL-2.0-only */
/* table.h - a look-up in services4 and nat4; shunt/table.h tells how they are built. */
#ifndef TABLE_H
#define TABLE_H

#include "maps.h"

/*
 * Words 1 to 3 of @key's place, each read once. False: the key is not there, or so new that what
 * belongs to it is not yet seen (a CPU may read the words before it reads the key).
 */
static __always_inline bool table_find(const void *table, __u32 bits, struct shunt_tuple4_key key,
				       struct shunt_place *ret)
{
	const __u32 mask = (1u << bits) - 1;
	__u64 wanted;
	__u32 at;

	__builtin_memcpy(&wanted, &key, sizeof(wanted));
	at = shunt_table_home(wanted, bits);
#pragma clang loop unroll(disable)
	for (int probe = 0; probe < SHUNT_TABLE_PROBES; probe++, at++) {
		const volatile struct shunt_place *place = table + (at & mask) * sizeof(*place);
		__u64 found = place->key;

		if (likely(found == wanted)) {
			ret->key = found;
			for (int i = 0; i < 3; i++)
				ret->words[i] = place->words[i];
			return ret->words[0] || ret->words[2];
		}
		if (found == SHUNT_TABLE_EMPTY)
			return false;
	}
	return false;
}

#endif
