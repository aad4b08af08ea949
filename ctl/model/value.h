/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * value.h - the one family of parsers for numbers, ranges and times; they refuse trailing text.
 */
#ifndef MODEL_VALUE_H
#define MODEL_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define VALUE_DURATION_LEN 24

/* A decimal number in @min .. @max; writes @ret only on success. */
int value_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret,
		       struct error *err);

/* Ports from low to high, both included. */
struct port_range {
	uint16_t low, high;
};

/* "LOW-HIGH", both in @min .. @max and in this order. */
int value_parse_ports(const char *text, uint64_t min, uint64_t max, struct port_range *ret,
		      struct error *err);

/* "500ms", "2s", "1.5s", "15m", "2h", "1d"; a bare number is seconds. In milliseconds. */
int value_parse_duration(const char *text, uint64_t min_ms, uint64_t max_ms, uint64_t *ret_ms,
			 struct error *err);

/* The shortest form that value_parse_duration() reads back to the same: "1500ms", "2s", "15m". */
const char *value_format_duration(uint64_t ms, char buf[static VALUE_DURATION_LEN]);

/*
 * The name in @names (@count of them) that @text was most likely meant to be, NULL if none is near.
 * Distance as Damerau-Levenshtein (a neighbouring pair swapped counts one), at most a third of the
 * length, and at least one may differ.
 */
const char *value_did_you_mean(const char *text, const char *const *names, size_t count);

#endif
