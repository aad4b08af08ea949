/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_maglev.c - tables of slots: shares, determinism, little disruption, speed told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "plan/maglev.h"

#define SIZE 16381

static void make_members(struct maglev_member *members, size_t n, uint32_t weight)
{
	for (size_t i = 0; i < n; i++) {
		members[i] = (struct maglev_member){
			.at = {.addr = {.family = AF_INET}, .port = 80},
			.weight = weight,
			.number = (uint16_t)(i + 1),
		};
		members[i].at.addr.v4.s_addr = htonl(0x0a000001 + (uint32_t)i);
	}
}

static uint16_t *fill(const struct maglev_member *members, size_t n, uint64_t seed, uint32_t size)
{
	uint16_t *table = calloc(size, sizeof(*table));

	assert_non_null(table);
	assert_int_equal(maglev_fill(members, n, seed, table, size), 0);
	return table;
}

static size_t count_of(const uint16_t *table, uint32_t size, uint16_t number)
{
	size_t n = 0;

	for (uint32_t i = 0; i < size; i++)
		n += table[i] == number;
	return n;
}

/* Each share is within 1 % of the slots of what the weight asks for. */
static void check_shares(const struct maglev_member *members, size_t n, uint32_t size)
{
	_cleanup_free_ uint16_t *table = fill(members, n, 42, size);
	double total = 0;

	for (size_t i = 0; i < n; i++)
		total += members[i].weight;
	for (size_t i = 0; i < n; i++) {
		double got = (double)count_of(table, size, members[i].number);
		double want = members[i].weight / total * size;

		if (got < want - 0.01 * size || got > want + 0.01 * size)
			fail_msg("backend %zu of weight %u has %.0f slots, expected %.0f", i + 1,
				 members[i].weight, got, want);
	}
	assert_int_equal(count_of(table, size, 0), 0);
}

static void test_weights(void **state)
{
	static const uint32_t weights[][10] = {
		{1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
		{1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		{65535, 1, 1, 1, 1, 1, 1, 1, 1, 1},
		{0, 0, 5, 0, 0, 10, 0, 0, 20, 0},
		{100, 100, 100, 100, 100, 100, 100, 100, 100, 1},
	};
	static const uint32_t sizes[] = {251, SIZE, 65537};
	struct maglev_member members[10];

	for (size_t w = 0; w < ARRAY_SIZE(weights); w++)
		for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
			make_members(members, 10, 1);
			for (size_t i = 0; i < 10; i++)
				members[i].weight = weights[w][i];
			check_shares(members, 10, sizes[s]);
		}
}

static void test_nobody(void **state)
{
	struct maglev_member members[3];
	_cleanup_free_ uint16_t *none = fill(NULL, 0, 1, 251), *weightless = NULL;

	make_members(members, 3, 0);
	weightless = fill(members, 3, 1, 251);
	assert_int_equal(count_of(none, 251, 0), 251);
	assert_int_equal(count_of(weightless, 251, 0), 251);
}

/* Only addresses, weights and the seed count: not the order, not the numbers. */
static void test_function_of_addresses(void **state)
{
	struct maglev_member members[20], shuffled[20];
	_cleanup_free_ uint16_t *a = NULL, *b = NULL, *other_seed = NULL;
	size_t differ = 0;

	make_members(members, 20, 3);
	for (size_t i = 0; i < 20; i++) {
		shuffled[i] = members[(i * 7 + 3) % 20];
		shuffled[i].number = (uint16_t)(1000 + shuffled[i].number);
	}
	a = fill(members, 20, 7, SIZE);
	b = fill(shuffled, 20, 7, SIZE);
	other_seed = fill(members, 20, 8, SIZE);
	for (uint32_t i = 0; i < SIZE; i++) {
		assert_int_equal(a[i] + 1000, b[i]);
		differ += a[i] != other_seed[i];
	}
	assert_true(differ > SIZE / 2);
}

/* When one of ten goes, few slots of the others change (Maglev's promise is "few", not "none"). */
static void test_little_disruption(void **state)
{
	struct maglev_member members[10];
	_cleanup_free_ uint16_t *before = NULL, *after = NULL;
	size_t moved = 0;

	make_members(members, 10, 1);
	before = fill(members, 10, 5, SIZE);
	members[4].weight = 0;
	after = fill(members, 10, 5, SIZE);
	for (uint32_t i = 0; i < SIZE; i++)
		moved += before[i] != 5 && before[i] != after[i];
	print_message("slots of living backends that moved: %.2f %%\n", 100.0 * moved / SIZE);
	assert_true(moved < SIZE * 5 / 100);
}

/* Told, not asserted: machines are noisy. */
static void test_speed(void **state)
{
	static const size_t counts[] = {100, 1000};
	struct maglev_member members[1000];

	for (size_t c = 0; c < ARRAY_SIZE(counts); c++) {
		double best = 1e9;

		make_members(members, counts[c], 1);
		for (size_t i = 0; i < counts[c]; i++)
			members[i].weight = 1 + (uint32_t)i % 10;
		for (int round = 0; round < 5; round++) {
			struct timespec t0, t1;
			uint16_t *table;

			clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t0);
			table = fill(members, counts[c], 42 + (uint64_t)round, 65537);
			clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t1);
			free(table);
			if ((t1.tv_sec - t0.tv_sec) * 1e3 + (t1.tv_nsec - t0.tv_nsec) / 1e6 < best)
				best = (t1.tv_sec - t0.tv_sec) * 1e3 +
				       (t1.tv_nsec - t0.tv_nsec) / 1e6;
		}
		print_message("65537 slots x %zu backends: %.2f ms (best of 5)\n", counts[c], best);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_function_of_addresses),
		cmocka_unit_test(test_little_disruption),
		cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
