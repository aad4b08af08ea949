/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - user space's side of services4 and nat4 (shunt/table.h): put, take away, and free after
 * a grace period. Works on memory alone, which packets may be reading.
 */
#ifndef DATAPLANE_TABLE_H
#define DATAPLANE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "shunt/abi.h"

struct table {
	struct shunt_place *places; /* 1 << bits of them */
	uint32_t bits;
	uint32_t used; /* keys in it */
};

/* Take what @places holds. Nobody may still be reading what had been removed before. */
void table_adopt(struct table *table, struct shunt_place *places, uint32_t bits);

/* The entry of @key, NULL if it is not there. */
const struct shunt_place *table_get(const struct table *table, uint64_t key);

/* Put @entry under its key, or replace the words of the entry that is there. -ENOSPC. */
int table_put(struct table *table, const struct shunt_place *entry);

/*
 * Take @key away. Its place, in @ret_place, must be handed to table_release() when a grace period
 * is over. -ENOENT.
 */
int table_remove(struct table *table, uint64_t key, uint32_t *ret_place);
void table_release(struct table *table, uint32_t place);

/* The first entry at or after *@at, which is then moved behind it; NULL at the end. */
const struct shunt_place *table_next(const struct table *table, uint32_t *at);

#endif
