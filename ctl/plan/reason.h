/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reason.h - the names of what is counted, as people read them: SHUNT_REASONS as a table. */
#ifndef PLAN_REASON_H
#define PLAN_REASON_H

#include "shunt/abi.h"

struct reason {
	const char *name;
	const char *verdict; /* "drop", "pass", "answer" */
	const char *help;
};

extern const struct reason reasons[SHUNT_REASON_COUNT];

#endif
