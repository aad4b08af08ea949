/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health.h - rise and fall: from single results of a check to a verdict. Pure; no clock, no I/O.
 *
 * What is unknown (a new backend) is up after its first success and down after `fall` failures in a
 * row; what is up is down after `fall` failures, what is down is up after `rise` successes.
 */
#ifndef PLAN_HEALTH_H
#define PLAN_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "check/protocol.h"

struct health {
	enum protocol_verdict verdict;
	uint32_t streak; /* results in a row that were alike */
	bool last;       /* what they were */
};

void health_init(struct health *health, enum protocol_verdict verdict);
/* Take one result; true when the verdict changed. */
bool health_step(struct health *health, bool passed, uint32_t rise, uint32_t fall);

#endif
