/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * eligible.h - which backends of a service get new connections, and how much of them: from what the
 * operator wants, what the checks say and whether there is a way. Pure.
 */
#ifndef PLAN_ELIGIBLE_H
#define PLAN_ELIGIBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/protocol.h"
#include "model/model.h"

enum backend_state {
	BACKEND_CHECKING, /* new: no verdict yet */
	BACKEND_UP,
	BACKEND_DOWN,
	BACKEND_DRAINING,    /* asked for, or weight 0 */
	BACKEND_DISABLED,    /* asked for */
	BACKEND_UNREACHABLE, /* no route or no neighbour */
	BACKEND_STATE_COUNT
};

extern const char *const backend_state_names[BACKEND_STATE_COUNT];

/* What is known of one backend. */
struct eligible_facts {
	enum admin admin; /* that holds: backend_admin() */
	uint32_t weight;
	bool backup;
	bool leaving; /* removed by the operator, but slots still name it */
	enum protocol_verdict verdict;
	bool reachable;
};

enum backend_state eligible_state(const struct eligible_facts *facts);

/* A backend's part in the service's table (assign.h). */
struct eligible_share {
	uint32_t weight; /* its place in the table; 0 = none */
	bool live;       /* it gets new connections; otherwise others stand in for it */
};

/*
 * The parts of @count backends. Those that fail or drain keep their place, so that nobody else's
 * connections move. Backups have a part only when no other backend is up.
 */
void eligible_shares(const struct eligible_facts *facts, size_t count, struct eligible_share *ret);

#endif
