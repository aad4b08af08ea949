/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - user space's side of the tables of shunt/table.h: put, take away, and free after a
 * grace period. Works on memory alone, which packets may be reading.
 */
#ifndef DATAPLANE_TABLE_H
#define DATAPLANE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "shunt/abi.h"

/* How many words a key and a place have. */
struct table_shape {
	uint32_t key_words, place_words;
};

extern const struct table_shape table_shape4, table_shape6;

struct table {
	uint64_t *words; /* 1 << bits places */
	struct table_shape shape;
	uint32_t bits;
	uint32_t used; /* keys in it */
};

/* Take what @words holds. Nobody may still be reading what had been removed before. */
void table_adopt(struct table *table, uint64_t *words, struct table_shape shape, uint32_t bits);

/* The words of @key's place, the key itself first; NULL if it is not there. */
const uint64_t *table_get(const struct table *table, const uint64_t *key);

/* Put @place under the key it begins with, or replace the words of the one that is there. -ENOSPC.
 */
int table_put(struct table *table, const uint64_t *place);

/*
 * Take @key away. Its place, in @ret_place, must be handed to table_release() when a grace period
 * is over. -ENOENT.
 */
int table_remove(struct table *table, const uint64_t *key, uint32_t *ret_place);
void table_release(struct table *table, uint32_t place);

/* The first place in use at or after *@at, which is then moved behind it; NULL at the end. */
const uint64_t *table_next(const struct table *table, uint32_t *at);

#endif
