// SPDX-License-Identifier: GPL-2.0-or-later
/* table.c - open addressing that packets may read at any moment, see table.h. */
#include "dataplane/table.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

const struct table_shape table_shape4 = {SHUNT_KEY4_WORDS, SHUNT_PLACE4_WORDS};
const struct table_shape table_shape6 = {SHUNT_KEY6_WORDS, SHUNT_PLACE6_WORDS};

static uint32_t table_size(const struct table *table)
{
	return 1u << table->bits;
}

static uint64_t *table_place(const struct table *table, uint32_t at)
{
	return table->words + (size_t)(at & (table_size(table) - 1)) * table->shape.place_words;
}

static void table_store(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static uint32_t table_home(const struct table *table, const uint64_t *key)
{
	__u64 words[SHUNT_KEY6_WORDS];

	for (uint32_t i = 0; i < table->shape.key_words; i++)
		words[i] = key[i];
	return shunt_table_home(words, table->shape.key_words, table->bits);
}

static bool table_has_key(const struct table *table, const uint64_t *place, const uint64_t *key)
{
	return memcmp(place, key, table->shape.key_words * sizeof(*key)) == 0;
}

/* Gone, and its grace period is over. */
static bool table_is_reusable(const struct table *table, const uint64_t *place)
{
	uint64_t rest = 0;

	for (uint32_t i = 1; i < table->shape.place_words; i++)
		rest |= place[i];
	return place[0] == SHUNT_TABLE_GONE && !rest;
}

static bool table_is_used(const uint64_t *place)
{
	return place[0] != SHUNT_TABLE_EMPTY && place[0] != SHUNT_TABLE_GONE;
}

static uint64_t *table_find(const struct table *table, const uint64_t *key)
{
	uint32_t home = table_home(table, key);

	for (uint32_t probe = 0; probe < SHUNT_TABLE_PROBES; probe++) {
		uint64_t *place = table_place(table, home + probe);

		if (table_has_key(table, place, key))
			return place;
		if (place[0] == SHUNT_TABLE_EMPTY)
			return NULL;
	}
	return NULL;
}

const uint64_t *table_get(const struct table *table, const uint64_t *key)
{
	return table_find(table, key);
}

static uint64_t *table_find_free(const struct table *table, const uint64_t *key)
{
	uint32_t home = table_home(table, key);

	for (uint32_t probe = 0; probe < SHUNT_TABLE_PROBES; probe++) {
		uint64_t *place = table_place(table, home + probe);

		if (place[0] == SHUNT_TABLE_EMPTY || table_is_reusable(table, place))
			return place;
	}
	return NULL;
}

int table_put(struct table *table, const uint64_t *from)
{
	uint64_t *place = table_find(table, from);
	bool new = !place;

	if (new)
		place = table_find_free(table, from);
	if (!place)
		return -ENOSPC;
	/* the rest of the key stands already where it is not new */
	for (uint32_t i = 1; i < table->shape.place_words; i++)
		table_store(&place[i], from[i]);
	if (new) {
		table_store(&place[0], from[0]);
		table->used++;
	}
	return 0;
}

int table_remove(struct table *table, const uint64_t *key, uint32_t *ret_place)
{
	uint64_t *place = table_find(table, key);

	if (!place)
		return -ENOENT;
	table_store(&place[0], SHUNT_TABLE_GONE);
	table->used--;
	*ret_place = (place - table->words) / table->shape.place_words;
	return 0;
}

void table_release(struct table *table, uint32_t at)
{
	uint64_t *place = table_place(table, at);

	for (uint32_t i = 1; i < table->shape.place_words; i++)
		table_store(&place[i], 0);
	/* What only leads to an empty place may end the search itself. */
	while (table_is_reusable(table, place) &&
	       table_place(table, at + 1)[0] == SHUNT_TABLE_EMPTY) {
		table_store(&place[0], SHUNT_TABLE_EMPTY);
		place = table_place(table, --at);
	}
}

void table_adopt(struct table *table, uint64_t *words, struct table_shape shape, uint32_t bits)
{
	*table = (struct table){.words = words, .shape = shape, .bits = bits};
	/* Downwards, so that a row of them goes in one pass. */
	for (uint32_t at = table_size(table); at-- > 0;) {
		if (table_is_used(table_place(table, at)))
			table->used++;
		else
			table_release(table, at);
	}
}

const uint64_t *table_next(const struct table *table, uint32_t *at)
{
	while (*at < table_size(table)) {
		const uint64_t *place = table_place(table, (*at)++);

		if (table_is_used(place))
			return place;
	}
	return NULL;
}
