// SPDX-License-Identifier: GPL-2.0-or-later
/* extent.c - first fit over a sorted list of extents, see extent.h. */
#include "dataplane/extent.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"

void extent_pool_init(struct extent_pool *pool, uint32_t size)
{
	*pool = (struct extent_pool){.size = size};
}

void extent_pool_free(struct extent_pool *pool)
{
	free(pool->taken);
	*pool = (struct extent_pool){0};
}

static void extent_insert(struct extent_pool *pool, size_t at, uint32_t start, uint32_t count)
{
	if (pool->taken_count == pool->taken_room) {
		pool->taken_room = pool->taken_room ? pool->taken_room * 2 : 16;
		pool->taken = mem_realloc(pool->taken, pool->taken_room * sizeof(pool->taken[0]));
	}
	memmove(pool->taken + at + 1, pool->taken + at,
		(pool->taken_count - at) * sizeof(pool->taken[0]));
	pool->taken[at] = (struct extent){start, count};
	pool->taken_count++;
	pool->used += count;
}

int extent_alloc(struct extent_pool *pool, uint32_t count, uint32_t *ret_start)
{
	uint32_t start = 0;
	size_t i;

	assert(count > 0);
	for (i = 0; i < pool->taken_count; i++) {
		if (pool->taken[i].start - start >= count)
			break;
		start = pool->taken[i].start + pool->taken[i].count;
	}
	if (pool->size - start < count)
		return -ENOSPC;
	extent_insert(pool, i, start, count);
	*ret_start = start;
	return 0;
}

/* The first extent that does not lie wholly before @start. */
static size_t extent_find(const struct extent_pool *pool, uint32_t start)
{
	size_t low = 0, high = pool->taken_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pool->taken[middle].start + pool->taken[middle].count <= start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int extent_reserve(struct extent_pool *pool, uint32_t start, uint32_t count)
{
	size_t at;

	if (!count || start >= pool->size || count > pool->size - start)
		return -EINVAL;
	at = extent_find(pool, start);
	if (at < pool->taken_count && pool->taken[at].start < start + count)
		return -EEXIST;
	extent_insert(pool, at, start, count);
	return 0;
}

void extent_release(struct extent_pool *pool, uint32_t start)
{
	size_t at = extent_find(pool, start);

	assert(at < pool->taken_count && pool->taken[at].start == start);
	pool->used -= pool->taken[at].count;
	pool->taken_count--;
	memmove(pool->taken + at, pool->taken + at + 1,
		(pool->taken_count - at) * sizeof(pool->taken[0]));
}
