/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assign.c - see assign.h */
#include "plan/assign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "shunt/hash.h"

/* What the search needs; `all` is the table as it would be if everybody lived. */
struct search {
	const uint16_t *all, *living;
	const bool *live; /* by number */
	uint64_t seed;
	uint32_t size;
};

/* Whom slot @i goes to. Its way depends on the slot alone, not on who lives. */
static uint16_t find_living(const struct search *s, uint32_t i)
{
	for (uint32_t look = 0; look < ASSIGN_LOOKS; look++) {
		uint64_t hash = shunt_mix64(s->seed + (uint64_t)i * ASSIGN_LOOKS + look);
		uint16_t number = s->all[shunt_hash_reduce(hash, s->size)];

		if (s->live[number])
			return number;
	}
	return s->living[i];
}

/* The members that live, in a new array; how many there are, and how many do not. */
static struct maglev_member *living_members(const struct maglev_member *members, const bool *live,
					    size_t count, size_t *ret_living, size_t *ret_dead)
{
	struct maglev_member *living = calloc(count + 1, sizeof(*living));
	size_t n = 0, dead = 0;

	for (size_t i = 0; living && i < count; i++)
		if (members[i].weight && live[i])
			living[n++] = members[i];
		else if (members[i].weight)
			dead++;
	*ret_living = n;
	*ret_dead = dead;
	return living;
}

int assign_slots(const struct maglev_member *members, const bool *live, size_t count, uint64_t seed,
		 uint16_t *table, uint32_t size)
{
	_cleanup_free_ uint16_t *all = calloc(size, sizeof(*all));
	_cleanup_free_ bool *live_numbers = calloc(UINT16_MAX + 1, sizeof(*live_numbers));
	size_t living_count, dead_count;
	_cleanup_free_ struct maglev_member *living =
		living_members(members, live, count, &living_count, &dead_count);
	const struct search search = {all, table, live_numbers, seed, size};
	int r;

	if (!all || !live_numbers || !living)
		return -ENOMEM;
	r = maglev_fill(living, living_count, seed, table, size);
	if (r || living_count == 0 || dead_count == 0)
		return r;
	for (size_t i = 0; i < living_count; i++)
		live_numbers[living[i].number] = true;
	r = maglev_fill(members, count, seed, all, size);
	if (r)
		return r;
	for (uint32_t i = 0; i < size; i++)
		table[i] = live_numbers[all[i]] ? all[i] : find_living(&search, i);
	return 0;
}
