/* SPDX-License-Identifier: GPL-2.0-or-later */
/* health.c - see health.h */
#include "plan/health.h"

void health_init(struct health *health, enum protocol_verdict verdict)
{
	*health = (struct health){.verdict = verdict};
}

static void count(struct health *health, bool passed)
{
	if (passed != health->last)
		health->streak = 0;
	health->last = passed;
	if (health->streak < UINT32_MAX)
		health->streak++;
}

bool health_step(struct health *health, bool passed, uint32_t rise, uint32_t fall)
{
	enum protocol_verdict meant = passed ? VERDICT_UP : VERDICT_DOWN;
	uint32_t needed = passed ? rise : fall;

	count(health, passed);
	if (health->verdict == meant)
		return false;
	if (health->verdict == VERDICT_UNKNOWN && passed)
		needed = 1;
	if (health->streak < needed)
		return false;
	health->verdict = meant;
	return true;
}
