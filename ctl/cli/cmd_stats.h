/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_stats.h - counters to rates, apart from the command so that it can be tested. */
#ifndef CLI_CMD_STATS_H
#define CLI_CMD_STATS_H

#include <jansson.h>

/*
 * Two answers of GET /v1/stats to one of the same shape, whose counters are per second, and which
 * says over how many `seconds`. What was not there before, or went back, has 0. A new reference.
 */
json_t *cmd_stats_rate(const json_t *before, const json_t *after);

#endif
