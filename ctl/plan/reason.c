/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reason.c - see reason.h */
#include "plan/reason.h"

const struct reason reasons[SHUNT_REASON_COUNT] = {
#define X(symbol, name, verdict, help) {name, verdict, help},
	SHUNT_REASONS(X)
#undef X
};
