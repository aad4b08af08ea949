// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_table.c - the tables that packets read: what is put is found, what is gone is not, and a
 * place is not used again before its grace period. The reader here is written apart from table.c,
 * as the kernel program's is.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dataplane/table.h"
#include "shunt/hash.h"

#define BITS 6
#define SIZE (1 << BITS)

/* A place of IPv4 as the tests look at it. */
struct place {
	uint64_t key;
	uint64_t words[3];
};
_Static_assert(sizeof(struct place) == SHUNT_PLACE4_WORDS * 8, "a place");

static struct place memory[SIZE];

static struct table new_table(void)
{
	struct table table;

	memset(memory, 0, sizeof(memory));
	table_adopt(&table, &memory[0].key, table_shape4, BITS);
	return table;
}

static uint32_t home_of(uint64_t key)
{
	__u64 word = key;

	return shunt_table_home(&word, SHUNT_KEY4_WORDS, BITS);
}

/* As a packet looks: the words of @key's place, or NULL. */
static const struct place *look(uint64_t key)
{
	uint32_t at = home_of(key);

	for (int probe = 0; probe < SHUNT_TABLE_PROBES; probe++, at++) {
		if (memory[at % SIZE].key == key)
			return &memory[at % SIZE];
		if (memory[at % SIZE].key == 0)
			return NULL;
	}
	return NULL;
}

static int put(struct table *table, uint64_t key, uint64_t value)
{
	const uint64_t place[SHUNT_PLACE4_WORDS] = {key, value, value + 1, value + 2};

	return table_put(table, place);
}

static const uint64_t *get(const struct table *table, uint64_t key)
{
	return table_get(table, &key);
}

static int take_away(struct table *table, uint64_t key, uint32_t *ret_place)
{
	return table_remove(table, &key, ret_place);
}

/* The @n-th key, from 0 on, whose home is @home. */
static uint64_t key_at_home(uint32_t home, unsigned int n)
{
	uint64_t key = 1;

	for (;; key++)
		if (home_of(key) == home && n-- == 0)
			return key;
}

static void found_as_put(void **state)
{
	struct table table = new_table();

	assert_int_equal(put(&table, 77, 100), 0);
	assert_non_null(look(77));
	assert_int_equal(look(77)->words[0], 100);
	assert_int_equal(look(77)->words[2], 102);
	assert_null(look(78));
	assert_int_equal(put(&table, 77, 200), 0);
	assert_int_equal(look(77)->words[1], 201);
	assert_int_equal(table.used, 1);
	assert_ptr_equal(get(&table, 77), look(77));
	assert_null(get(&table, 78));
}

static void neighbours_share_a_home(void **state)
{
	struct table table = new_table();
	uint32_t gone;

	for (unsigned int n = 0; n < 5; n++) /* round the end of the memory */
		assert_int_equal(put(&table, key_at_home(SIZE - 2, n), 10 * n + 1), 0);
	assert_int_equal(take_away(&table, key_at_home(SIZE - 2, 1), &gone), 0);
	assert_null(look(key_at_home(SIZE - 2, 1)));
	assert_int_equal(look(key_at_home(SIZE - 2, 4))->words[0], 41);
	table_release(&table, gone);
	assert_int_equal(look(key_at_home(SIZE - 2, 4))->words[0], 41);
	assert_int_equal(table.used, 4);
}

static void gone_waits_for_grace(void **state)
{
	struct table table = new_table();
	uint64_t first = key_at_home(5, 0), second = key_at_home(5, 1), third = key_at_home(5, 2);
	uint32_t gone, again;

	assert_int_equal(put(&table, first, 1), 0);
	assert_int_equal(take_away(&table, first, &gone), 0);
	assert_int_equal(memory[gone].words[0], 1); /* who has found it may still read it */
	assert_int_equal(take_away(&table, first, &again), -ENOENT);
	assert_int_equal(put(&table, second, 2), 0);
	assert_ptr_not_equal(look(second), &memory[gone]);
	table_release(&table, gone);
	assert_int_equal(put(&table, third, 3), 0);
	assert_ptr_equal(look(third), &memory[gone]);
	assert_int_equal(look(second)->words[0], 2);
}

static void released_places_end_searches(void **state)
{
	struct table table = new_table();
	uint32_t gone[3];

	for (unsigned int n = 0; n < 3; n++)
		assert_int_equal(put(&table, key_at_home(9, n), 1), 0);
	for (unsigned int n = 0; n < 3; n++)
		assert_int_equal(take_away(&table, key_at_home(9, n), &gone[n]), 0);
	table_release(&table, gone[0]);
	table_release(&table, gone[1]);
	assert_int_equal(memory[gone[0]].key, SHUNT_TABLE_GONE);
	table_release(&table, gone[2]);
	for (unsigned int n = 0; n < 3; n++)
		assert_int_equal(memory[gone[n]].key, SHUNT_TABLE_EMPTY);
}

static void full_table(void **state)
{
	struct table table = new_table();
	uint32_t gone;

	for (uint64_t key = 1; key <= SIZE; key++)
		assert_int_equal(put(&table, key, key), 0);
	assert_int_equal(put(&table, SIZE + 1, 1), -ENOSPC);
	assert_int_equal(put(&table, 3, 33), 0); /* that one is there */
	assert_null(look(SIZE + 1));
	assert_int_equal(take_away(&table, 3, &gone), 0);
	assert_int_equal(put(&table, SIZE + 1, 1), -ENOSPC);
	table_release(&table, gone);
	assert_int_equal(put(&table, SIZE + 1, 1), 0);
	assert_non_null(look(SIZE + 1));
}

/* A daemon died after it had taken keys away, and one while it was putting one. */
static void adoption_frees_what_is_gone(void **state)
{
	struct table table = new_table(), adopted;
	uint32_t gone;

	for (uint64_t key = 1; key <= 20; key++)
		assert_int_equal(put(&table, key, key), 0);
	for (uint64_t key = 2; key <= 20; key += 2)
		assert_int_equal(take_away(&table, key, &gone), 0);
	for (int i = 0; i < SIZE; i++)
		if (memory[i].key == SHUNT_TABLE_EMPTY)
			memory[i].words[1] = 5;
	table_adopt(&adopted, &memory[0].key, table_shape4, BITS);
	assert_int_equal(adopted.used, 10);
	for (int i = 0; i < SIZE; i++)
		if (memory[i].key == SHUNT_TABLE_EMPTY || memory[i].key == SHUNT_TABLE_GONE)
			assert_int_equal(memory[i].words[0] | memory[i].words[1], 0);
	for (uint64_t key = 1; key <= 20; key++)
		assert_int_equal(look(key) != NULL, key % 2);
}

static void every_entry_is_seen_once(void **state)
{
	struct table table = new_table();
	const uint64_t *place;
	uint64_t sum = 0;
	uint32_t at = 0, gone;

	for (uint64_t key = 1; key <= 30; key++)
		assert_int_equal(put(&table, key, key), 0);
	assert_int_equal(take_away(&table, 30, &gone), 0);
	while ((place = table_next(&table, &at)))
		sum += place[0];
	assert_int_equal(sum, 29 * 30 / 2);
}

/* --- keys of several words --- */

static void all_words_of_a_key_count(void **state)
{
	static uint64_t places[SHUNT_PLACE6_WORDS << BITS];
	struct table table;

	table_adopt(&table, places, table_shape6, BITS);
	for (uint64_t i = 0; i < 27; i++) {
		const uint64_t place[SHUNT_PLACE6_WORDS] = {1 + i % 3, i / 3 % 3, i / 9, i + 100};

		assert_int_equal(table_put(&table, place), 0);
	}
	assert_int_equal(table.used, 27);
	for (uint64_t i = 0; i < 27; i++) {
		const uint64_t key[SHUNT_KEY6_WORDS] = {1 + i % 3, i / 3 % 3, i / 9};
		uint32_t gone;

		assert_int_equal(table_get(&table, key)[SHUNT_KEY6_WORDS], i + 100);
		assert_int_equal(table_remove(&table, key, &gone), 0);
		assert_null(table_get(&table, key));
		table_release(&table, gone);
	}
	assert_int_equal(table.used, 0);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		assert_int_equal(places[i], 0);
}

/* --- as many as the limits allow, as operators number them --- */

static uint64_t tuple_key(uint32_t addr, uint16_t port, uint8_t protocol)
{
	struct shunt_tuple4_key key = {htonl(addr), htons(port), protocol, 0};
	uint64_t word;

	memcpy(&word, &key, sizeof(word));
	return word;
}

static void services_at_the_limit_fit(void **state)
{
	static uint64_t places[SHUNT_PLACE4_WORDS << SHUNT_SERVICES_BITS];
	struct table table;

	/* one VIP with every port; a VIP each in a row; a VIP each in networks of their own */
	for (int pattern = 0; pattern < 3; pattern++) {
		memset(places, 0, sizeof(places));
		table_adopt(&table, places, table_shape4, SHUNT_SERVICES_BITS);
		for (uint32_t i = 0; i < SHUNT_SERVICES_MAX; i++) {
			uint32_t addr = 0xc0000200 + (pattern == 1 ? i : pattern == 2 ? i << 8 : 0);
			uint16_t port = pattern == 0 ? 1 + i : 80;

			assert_int_equal(put(&table, tuple_key(addr, port, IPPROTO_TCP), 1), 0);
			assert_int_equal(put(&table, tuple_key(addr, 0, 0), 1), 0);
		}
	}
}

static void backends_at_the_limit_fit(void **state)
{
	static uint64_t places[SHUNT_PLACE4_WORDS << 17];
	struct table table;

	for (int pattern = 0; pattern < 2; pattern++) {
		memset(places, 0, sizeof(places));
		table_adopt(&table, places, table_shape4, 17);
		for (uint32_t i = 0; i < SHUNT_BACKENDS_MAX; i++)
			assert_int_equal(put(&table,
					     pattern ? tuple_key(0x0a000000 + i, 80, IPPROTO_TCP)
						     : tuple_key(0x0a000000 + i % 256,
								 8000 + i / 256, IPPROTO_UDP),
					     1),
					 0);
	}
}

/* --- at random, against an array that cannot err --- */

#define KEYS   100
#define ROUNDS 200000
#define SEED   7

static void random_changes(void **state)
{
	uint64_t values[KEYS + 1] = {0};
	uint32_t waiting[SIZE], waiting_count = 0;
	struct table table = new_table();
	__u64 seed = SEED;

	for (int round = 0; round < ROUNDS; round++) {
		uint32_t random = shunt_splitmix64(&seed), key = 1 + random / 8 % KEYS, place;

		switch (random % 8) {
		case 0 ... 3:
			if (put(&table, key, round + 1) == 0)
				values[key] = round + 1;
			else
				assert_int_equal(values[key], 0);
			break;
		case 4 ... 6:
			assert_int_equal(take_away(&table, key, &place), values[key] ? 0 : -ENOENT);
			if (values[key])
				waiting[waiting_count++] = place;
			values[key] = 0;
			break;
		default:
			while (waiting_count)
				table_release(&table, waiting[--waiting_count]);
		}
		key = 1 + random / 1024 % KEYS;
		assert_int_equal(look(key) ? look(key)->words[0] : 0, values[key]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_as_put),
		cmocka_unit_test(neighbours_share_a_home),
		cmocka_unit_test(gone_waits_for_grace),
		cmocka_unit_test(released_places_end_searches),
		cmocka_unit_test(full_table),
		cmocka_unit_test(adoption_frees_what_is_gone),
		cmocka_unit_test(every_entry_is_seen_once),
		cmocka_unit_test(all_words_of_a_key_count),
		cmocka_unit_test(services_at_the_limit_fit),
		cmocka_unit_test(backends_at_the_limit_fit),
		cmocka_unit_test(random_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
