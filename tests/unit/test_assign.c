/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_assign.c - who fails gives up his slots and nobody else's; who returns gets them back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "plan/assign.h"

#define SIZE  16381
#define COUNT 10

struct world {
	struct maglev_member members[COUNT];
	bool live[COUNT];
	uint16_t table[SIZE];
};

static void make_world(struct world *w, uint32_t first_weight, uint32_t step)
{
	memset(w, 0, sizeof(*w));
	for (uint32_t i = 0; i < COUNT; i++) {
		w->members[i].at.addr.family = AF_INET;
		w->members[i].at.addr.v4.s_addr = htonl(0x0a000001 + i);
		w->members[i].at.port = 80;
		w->members[i].weight = first_weight + i * step;
		w->members[i].number = (uint16_t)(i + 1);
		w->live[i] = true;
	}
}

static void fill(struct world *w)
{
	assert_int_equal(assign_slots(w->members, w->live, COUNT, 42, w->table, SIZE), 0);
}

/* Every slot that changed was the one's who failed, and he has none left. */
static void check_only_his_moved(const uint16_t *before, const struct world *w, uint16_t failed)
{
	for (uint32_t i = 0; i < SIZE; i++) {
		assert_int_not_equal(w->table[i], failed);
		if (before[i] != failed)
			assert_int_equal(w->table[i], before[i]);
	}
}

/* The living share by their weights, to within 1 % of the slots. */
static void check_shares(const struct world *w)
{
	double total = 0;

	for (size_t i = 0; i < COUNT; i++)
		total += w->live[i] ? w->members[i].weight : 0;
	for (size_t i = 0; i < COUNT; i++) {
		double want = w->live[i] ? w->members[i].weight / total * SIZE : 0, got = 0;

		for (uint32_t slot = 0; slot < SIZE; slot++)
			got += w->table[slot] == w->members[i].number;
		if (got < want - 0.01 * SIZE || got > want + 0.01 * SIZE)
			fail_msg("backend %zu has %.0f slots, expected %.0f", i + 1, got, want);
	}
}

static void test_all_live_is_maglev(void **state)
{
	struct world w;
	uint16_t maglev[SIZE];

	make_world(&w, 1, 1);
	fill(&w);
	assert_int_equal(maglev_fill(w.members, COUNT, 42, maglev, SIZE), 0);
	assert_memory_equal(w.table, maglev, sizeof(maglev));
}

/* One after the other they fail, then return in another order. */
static void test_failing_and_returning(void **state)
{
	static const uint8_t failing[] = {3, 0, 9, 5, 7}, returning[] = {9, 3, 7, 0, 5};
	uint16_t whole[SIZE], before[SIZE];
	struct world w;

	for (uint32_t step = 0; step < 2; step++) {
		make_world(&w, 3, step);
		fill(&w);
		memcpy(whole, w.table, sizeof(whole));
		for (size_t i = 0; i < ARRAY_SIZE(failing); i++) {
			memcpy(before, w.table, sizeof(before));
			w.live[failing[i]] = false;
			fill(&w);
			check_only_his_moved(before, &w, failing[i] + 1);
			check_shares(&w);
		}
		for (size_t i = 0; i < ARRAY_SIZE(returning); i++) {
			memcpy(before, w.table, sizeof(before));
			w.live[returning[i]] = true;
			fill(&w);
			/* what changed, he has now */
			for (uint32_t slot = 0; slot < SIZE; slot++)
				if (w.table[slot] != before[slot])
					assert_int_equal(w.table[slot], returning[i] + 1);
			check_shares(&w);
		}
		assert_memory_equal(w.table, whole, sizeof(whole));
	}
}

static void test_last_one_and_nobody(void **state)
{
	struct world w;

	make_world(&w, 5, 2);
	memset(w.live, 0, sizeof(w.live));
	w.live[4] = true;
	fill(&w);
	for (uint32_t i = 0; i < SIZE; i++)
		assert_int_equal(w.table[i], 5);
	w.live[4] = false;
	fill(&w);
	for (uint32_t i = 0; i < SIZE; i++)
		assert_int_equal(w.table[i], 0);
	w.live[2] = true;
	w.members[2].weight = 0;
	fill(&w);
	for (uint32_t i = 0; i < SIZE; i++)
		assert_int_equal(w.table[i], 0);
}

/* Told, not asserted: 65537 slots x 1000 backends, few or nearly all of them dead. */
static void test_speed(void **state)
{
	static const size_t living[] = {1000, 999, 500, 10};
	_cleanup_free_ struct maglev_member *members = calloc(1000, sizeof(*members));
	_cleanup_free_ uint16_t *table = calloc(65537, sizeof(*table));

	for (uint32_t i = 0; i < 1000; i++) {
		members[i].at.addr.family = AF_INET;
		members[i].at.addr.v4.s_addr = htonl(0x0a000001 + i);
		members[i].weight = 1;
		members[i].number = (uint16_t)(i + 1);
	}
	for (size_t l = 0; l < ARRAY_SIZE(living); l++) {
		bool live[1000] = {};
		struct timespec t0, t1;

		for (size_t i = 0; i < living[l]; i++)
			live[i] = true;
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t0);
		assert_int_equal(assign_slots(members, live, 1000, 42, table, 65537), 0);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t1);
		print_message("65537 slots, %zu of 1000 backends live: %.1f ms\n", living[l],
			      (t1.tv_sec - t0.tv_sec) * 1e3 + (t1.tv_nsec - t0.tv_nsec) / 1e6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_live_is_maglev),
		cmocka_unit_test(test_failing_and_returning),
		cmocka_unit_test(test_last_one_and_nobody),
		cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
