/* SPDX-License-Identifier: GPL-2.0-or-later */
/* eligible.c - see eligible.h */
#include "plan/eligible.h"

const char *const backend_state_names[BACKEND_STATE_COUNT] = {
	[BACKEND_CHECKING] = "checking", [BACKEND_UP] = "up",
	[BACKEND_DOWN] = "down",         [BACKEND_DRAINING] = "draining",
	[BACKEND_DISABLED] = "disabled", [BACKEND_UNREACHABLE] = "unreachable",
};

enum backend_state eligible_state(const struct eligible_facts *facts)
{
	if (facts->admin == ADMIN_DISABLED)
		return BACKEND_DISABLED;
	if (facts->admin == ADMIN_DRAIN || facts->weight == 0 || facts->leaving)
		return BACKEND_DRAINING;
	if (!facts->reachable)
		return BACKEND_UNREACHABLE;
	if (facts->verdict == VERDICT_DOWN)
		return BACKEND_DOWN;
	return facts->verdict == VERDICT_UP ? BACKEND_UP : BACKEND_CHECKING;
}

void eligible_shares(const struct eligible_facts *facts, size_t count, struct eligible_share *ret)
{
	bool primary = false;

	for (size_t i = 0; i < count; i++)
		if (!facts[i].backup && eligible_state(&facts[i]) == BACKEND_UP)
			primary = true;
	for (size_t i = 0; i < count; i++) {
		bool used = facts[i].backup != primary && !facts[i].leaving;

		ret[i].weight = used ? facts[i].weight : 0;
		ret[i].live = ret[i].weight && eligible_state(&facts[i]) == BACKEND_UP;
	}
}
