/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * assign.h - a service's whole table: Maglev for all its backends, then other backends for the
 * slots of those that get no new connections now.
 *
 * Maglev alone moves a few slots of the living when a member goes. Here a backend that fails keeps
 * its place: its slots, and no others, look for somebody else, each on a way of its own through the
 * table, and take the first living backend they meet. Whoever fails next gives up only what he has
 * in the same way, and whoever returns gets back exactly what was his.
 */
#ifndef PLAN_ASSIGN_H
#define PLAN_ASSIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/maglev.h"

/* How far a slot looks before it goes by a Maglev table of the living alone. While half of the
 * table lives, one slot in 2^32 comes that far; it bounds the work when nearly all are dead. */
#define ASSIGN_LOOKS 32

/*
 * Fill @table (@size slots, a prime) with numbers of @members; @live[i] says whether members[i] may
 * stand in it. All 0 when no living member has a weight. A function of addresses, ports, weights,
 * @live and @seed alone. Returns 0, or -ENOMEM.
 */
int assign_slots(const struct maglev_member *members, const bool *live, size_t count, uint64_t seed,
		 uint16_t *table, uint32_t size);

#endif
