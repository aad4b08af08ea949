/* SPDX-License-Identifier: GPL-2.0-or-later */
/* maglev.c - see maglev.h */
#include "plan/maglev.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "shunt/hash.h"

/* A member on its walk through its permutation of the slots. */
struct walker {
	uint64_t turn; /* virtual time of its next turn; the earliest is next */
	uint64_t step; /* time between two of its turns: in inverse proportion to the weight */
	uint32_t rank; /* place in the order of addresses: who goes first at the same time */
	uint32_t slot; /* next one it would like */
	uint32_t skip; /* from that to the one after */
	uint16_t number;
};

/* One unit of weight takes a turn every 2^40: exact to 2^-24 at the largest weight, and 2^20 slots
 * times 2^40 still fit. */
#define TURN_UNIT (1ULL << 40)

static int compare_members(const void *a, const void *b)
{
	const struct maglev_member *const *x = a, *const *y = b;

	return endpoint_compare(&(*x)->at, &(*y)->at);
}

static uint64_t hash_endpoint(const struct endpoint *at, uint64_t seed)
{
	uint64_t words[2] = {};

	memcpy(words, &at->addr.v6, at->addr.family == AF_INET6 ? 16 : 4);
	return shunt_mix64(shunt_mix64(shunt_mix64(seed ^ words[0]) + words[1]) + at->port);
}

static struct walker walker_new(const struct maglev_member *member, uint32_t rank, uint64_t seed,
				uint32_t size)
{
	__u64 state = hash_endpoint(&member->at, seed);
	uint64_t offset = shunt_splitmix64(&state), skip = shunt_splitmix64(&state);
	uint64_t step = TURN_UNIT / member->weight;

	return (struct walker){
		.turn = step / 2, /* half a step: counts are rounded, not cut */
		.step = step,
		.rank = rank,
		.slot = (uint32_t)(offset % size),
		.skip = (uint32_t)(skip % (size - 1)) + 1,
		.number = member->number,
	};
}

static bool earlier(const struct walker *a, const struct walker *b)
{
	return a->turn != b->turn ? a->turn < b->turn : a->rank < b->rank;
}

/* Restore the heap below @i, whose walker's turn has moved on. */
static void sift_down(struct walker *heap, size_t count, size_t i)
{
	struct walker moved = heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= count)
			break;
		if (child + 1 < count && earlier(&heap[child + 1], &heap[child]))
			child++;
		if (!earlier(&heap[child], &moved))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = moved;
}

/* Take the walker's first slot that is still free. There is one: size is a prime and not all are
 * taken. */
static void take_slot(struct walker *w, uint16_t *table, uint32_t size)
{
	for (;;) {
		uint32_t slot = w->slot;

		w->slot += w->skip;
		if (w->slot >= size)
			w->slot -= size;
		if (table[slot] == 0) {
			table[slot] = w->number;
			return;
		}
	}
}

/* The members with a weight, in the order of their addresses. Returns how many. */
static size_t order_members(const struct maglev_member *members, size_t count,
			    const struct maglev_member **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (members[i].weight)
			ret[n++] = &members[i];
	qsort(ret, n, sizeof(*ret), compare_members);
	return n;
}

int maglev_fill(const struct maglev_member *members, size_t count, uint64_t seed, uint16_t *table,
		uint32_t size)
{
	_cleanup_free_ const struct maglev_member **order = calloc(count + 1, sizeof(*order));
	_cleanup_free_ struct walker *heap = calloc(count + 1, sizeof(*heap));
	size_t n;

	if (!order || !heap)
		return -ENOMEM;
	memset(table, 0, size * sizeof(*table));
	n = order_members(members, count, order);
	if (!n)
		return 0;
	for (size_t i = 0; i < n; i++)
		heap[i] = walker_new(order[i], (uint32_t)i, seed, size);
	for (size_t i = n; i-- > 0;)
		sift_down(heap, n, i);
	for (uint32_t filled = 0; filled < size; filled++) {
		take_slot(&heap[0], table, size);
		heap[0].turn += heap[0].step;
		sift_down(heap, n, 0);
	}
	return 0;
}
