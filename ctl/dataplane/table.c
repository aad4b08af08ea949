// SPDX-License-Identifier: GPL-2.0-or-later
/* table.c - open addressing that packets may read at any moment, see table.h. */
#include "dataplane/table.h"

#include <errno.h>
#include <stddef.h>

static uint32_t table_size(const struct table *table)
{
	return 1u << table->bits;
}

static struct shunt_place *table_place(const struct table *table, uint32_t at)
{
	return &table->places[at & (table_size(table) - 1)];
}

static void table_store(__u64 *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* Gone, and its grace period is over. */
static bool table_is_reusable(const struct shunt_place *place)
{
	return place->key == SHUNT_TABLE_GONE && !place->words[0] && !place->words[1] &&
	       !place->words[2];
}

static bool table_is_used(const struct shunt_place *place)
{
	return place->key != SHUNT_TABLE_EMPTY && place->key != SHUNT_TABLE_GONE;
}

static struct shunt_place *table_find(const struct table *table, uint64_t key)
{
	uint32_t home = shunt_table_home(key, table->bits);

	for (uint32_t probe = 0; probe < SHUNT_TABLE_PROBES; probe++) {
		struct shunt_place *place = table_place(table, home + probe);

		if (place->key == key)
			return place;
		if (place->key == SHUNT_TABLE_EMPTY)
			return NULL;
	}
	return NULL;
}

const struct shunt_place *table_get(const struct table *table, uint64_t key)
{
	return table_find(table, key);
}

static struct shunt_place *table_find_free(const struct table *table, uint64_t key)
{
	uint32_t home = shunt_table_home(key, table->bits);

	for (uint32_t probe = 0; probe < SHUNT_TABLE_PROBES; probe++) {
		struct shunt_place *place = table_place(table, home + probe);

		if (place->key == SHUNT_TABLE_EMPTY || table_is_reusable(place))
			return place;
	}
	return NULL;
}

int table_put(struct table *table, const struct shunt_place *entry)
{
	struct shunt_place *place = table_find(table, entry->key);
	bool new = !place;

	if (new)
		place = table_find_free(table, entry->key);
	if (!place)
		return -ENOSPC;
	for (int i = 0; i < 3; i++)
		table_store(&place->words[i], entry->words[i]);
	if (new) {
		table_store(&place->key, entry->key);
		table->used++;
	}
	return 0;
}

int table_remove(struct table *table, uint64_t key, uint32_t *ret_place)
{
	struct shunt_place *place = table_find(table, key);

	if (!place)
		return -ENOENT;
	table_store(&place->key, SHUNT_TABLE_GONE);
	table->used--;
	*ret_place = place - table->places;
	return 0;
}

void table_release(struct table *table, uint32_t at)
{
	struct shunt_place *place = table_place(table, at);

	for (int i = 0; i < 3; i++)
		table_store(&place->words[i], 0);
	/* What only leads to an empty place may end the search itself. */
	while (table_is_reusable(place) && table_place(table, at + 1)->key == SHUNT_TABLE_EMPTY) {
		table_store(&place->key, SHUNT_TABLE_EMPTY);
		place = table_place(table, --at);
	}
}

void table_adopt(struct table *table, struct shunt_place *places, uint32_t bits)
{
	*table = (struct table){.places = places, .bits = bits};
	/* Downwards, so that a row of them goes in one pass. */
	for (uint32_t at = table_size(table); at-- > 0;) {
		if (table_is_used(&places[at]))
			table->used++;
		else
			table_release(table, at);
	}
}

const struct shunt_place *table_next(const struct table *table, uint32_t *at)
{
	while (*at < table_size(table)) {
		const struct shunt_place *place = &table->places[(*at)++];

		if (table_is_used(place))
			return place;
	}
	return NULL;
}
