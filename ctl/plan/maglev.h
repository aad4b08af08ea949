/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maglev.h - a service's table of slots by weighted Maglev hashing.
 *
 * Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016,
 * section 3.4: every backend has a permutation of the slots and they take turns, each taking its
 * first slot that is still free. A backend's weight is how often its turn comes.
 */
#ifndef PLAN_MAGLEV_H
#define PLAN_MAGLEV_H

#include <stddef.h>
#include <stdint.h>

#include "model/addr.h"

struct maglev_member {
	struct endpoint at;
	uint32_t weight; /* 0 = takes no slot */
	uint16_t number; /* what is written into its slots */
};

/*
 * Fill @table (@size slots, a prime) with the members' numbers; all 0 when no member has a weight.
 * The result depends on addresses, ports, weights and @seed alone, not on the order of @members or
 * on their numbers. Counts of slots are in proportion to the weights to within about one slot.
 * Returns 0, or -ENOMEM.
 */
int maglev_fill(const struct maglev_member *members, size_t count, uint64_t seed, uint16_t *table,
		uint32_t size);

#endif
