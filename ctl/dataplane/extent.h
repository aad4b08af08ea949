/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * extent.h - which parts of an array are taken: first fit over a sorted list of extents. Pure; the
 * dataplane keeps one pool for slots and one for backend entries, and rebuilds both from the
 * services map when it adopts.
 */
#ifndef DATAPLANE_EXTENT_H
#define DATAPLANE_EXTENT_H

#include <stddef.h>
#include <stdint.h>

struct extent {
	uint32_t start, count;
};

struct extent_pool {
	uint32_t size;        /* units in the array */
	uint32_t used;        /* units taken */
	struct extent *taken; /* by start, none overlap */
	size_t taken_count, taken_room;
};

void extent_pool_init(struct extent_pool *pool, uint32_t size);
void extent_pool_free(struct extent_pool *pool);

/* Take the first gap of @count units (at least 1). -ENOSPC. */
int extent_alloc(struct extent_pool *pool, uint32_t count, uint32_t *ret_start);

/* Take exactly these. -EINVAL outside of the array or empty, -EEXIST when some are taken. */
int extent_reserve(struct extent_pool *pool, uint32_t start, uint32_t count);

/* Give back what one of the above took, whole. */
void extent_release(struct extent_pool *pool, uint32_t start);

#endif
