// SPDX-License-Identifier: GPL-2.0-or-later
/* test_extent.c - the allocator of slots and backend ranges, also against a bitmap that cannot err.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dataplane/extent.h"
#include "shunt/hash.h"

static void first_gap_that_fits(void **state)
{
	struct extent_pool pool;
	uint32_t at[4];

	extent_pool_init(&pool, 100);
	assert_int_equal(extent_alloc(&pool, 10, &at[0]), 0);
	assert_int_equal(extent_alloc(&pool, 20, &at[1]), 0);
	assert_int_equal(extent_alloc(&pool, 30, &at[2]), 0);
	assert_int_equal(at[0], 0);
	assert_int_equal(at[1], 10);
	assert_int_equal(at[2], 30);
	extent_release(&pool, 10);
	assert_int_equal(pool.used, 40);
	assert_int_equal(extent_alloc(&pool, 21, &at[3]), 0);
	assert_int_equal(at[3], 60);
	assert_int_equal(extent_alloc(&pool, 20, &at[3]), 0);
	assert_int_equal(at[3], 10);
	extent_pool_free(&pool);
}

static void all_of_it(void **state)
{
	struct extent_pool pool;
	uint32_t at = 7;

	extent_pool_init(&pool, UINT32_MAX);
	assert_int_equal(extent_alloc(&pool, UINT32_MAX, &at), 0);
	assert_int_equal(at, 0);
	at = 7;
	assert_int_equal(extent_alloc(&pool, 1, &at), -ENOSPC);
	assert_int_equal(at, 7);
	extent_release(&pool, 0);
	assert_int_equal(pool.used, 0);
	assert_int_equal(extent_alloc(&pool, 1, &at), 0);
	extent_pool_free(&pool);
}

static void enough_but_in_pieces(void **state)
{
	struct extent_pool pool;
	uint32_t at;

	extent_pool_init(&pool, 30);
	assert_int_equal(extent_reserve(&pool, 10, 10), 0);
	assert_int_equal(extent_alloc(&pool, 11, &at), -ENOSPC);
	assert_int_equal(extent_alloc(&pool, 10, &at), 0);
	assert_int_equal(at, 0);
	extent_pool_free(&pool);
}

static void reserving(void **state)
{
	struct extent_pool pool;

	extent_pool_init(&pool, 100);
	assert_int_equal(extent_reserve(&pool, 40, 20), 0);
	assert_int_equal(extent_reserve(&pool, 60, 40), 0);
	assert_int_equal(extent_reserve(&pool, 30, 10), 0);
	assert_int_equal(extent_reserve(&pool, 29, 2), -EEXIST);
	assert_int_equal(extent_reserve(&pool, 45, 1), -EEXIST);
	assert_int_equal(extent_reserve(&pool, 0, 100), -EEXIST);
	assert_int_equal(extent_reserve(&pool, 0, 0), -EINVAL);
	assert_int_equal(extent_reserve(&pool, 100, 1), -EINVAL);
	assert_int_equal(extent_reserve(&pool, 1, 100), -EINVAL);
	assert_int_equal(extent_reserve(&pool, 1, UINT32_MAX), -EINVAL);
	assert_int_equal(pool.used, 70);
	extent_pool_free(&pool);
}

/* --- against a bitmap --- */

#define SIZE   500
#define ROUNDS 20000
#define SEED   42

struct model {
	uint8_t taken[SIZE];
	uint32_t starts[SIZE], counts[SIZE], extents;
};

/* The first gap of @count units, SIZE if there is none. */
static uint32_t model_gap(const struct model *m, uint32_t count)
{
	uint32_t run = 0;

	for (uint32_t i = 0; i < SIZE; i++) {
		run = m->taken[i] ? 0 : run + 1;
		if (run == count)
			return i + 1 - count;
	}
	return SIZE;
}

static void model_take(struct model *m, uint32_t start, uint32_t count)
{
	for (uint32_t i = start; i < start + count; i++) {
		assert_int_equal(m->taken[i], 0);
		m->taken[i] = 1;
	}
	m->starts[m->extents] = start;
	m->counts[m->extents++] = count;
}

static void model_release(struct model *m, uint32_t which)
{
	for (uint32_t i = 0; i < m->counts[which]; i++)
		m->taken[m->starts[which] + i] = 0;
	m->extents--;
	m->starts[which] = m->starts[m->extents];
	m->counts[which] = m->counts[m->extents];
}

static void random_changes(void **state)
{
	struct model m = {0};
	struct extent_pool pool;
	__u64 seed = SEED;

	extent_pool_init(&pool, SIZE);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t random = shunt_splitmix64(&seed), count = 1 + random / 2 % 40, at = SIZE;
		uint32_t used = 0;

		if (random % 2 && m.extents) {
			uint32_t which = random / 2 % m.extents;

			extent_release(&pool, m.starts[which]);
			model_release(&m, which);
		} else {
			uint32_t want = model_gap(&m, count);

			assert_int_equal(extent_alloc(&pool, count, &at),
					 want == SIZE ? -ENOSPC : 0);
			assert_int_equal(at, want);
			if (want != SIZE)
				model_take(&m, at, count);
		}
		for (uint32_t i = 0; i < SIZE; i++)
			used += m.taken[i];
		assert_int_equal(pool.used, used);
	}
	extent_pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_gap_that_fits),  cmocka_unit_test(all_of_it),
		cmocka_unit_test(enough_but_in_pieces), cmocka_unit_test(reserving),
		cmocka_unit_test(random_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
