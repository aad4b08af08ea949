/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value.c - see value.h */
#include "model/value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static const struct unit {
	const char *name;
	uint64_t ms;
} units[] = {
	{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
};

int value_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret,
		       struct error *err)
{
	uint64_t n;
	char *end;

	errno = 0;
	n = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
	if (!isdigit((unsigned char)*text) || *end || errno || n < min || n > max)
		return error_set(err, -EINVAL, "'%s' is not a number from %" PRIu64 " to %" PRIu64,
				 text, min, max);
	*ret = n;
	return 0;
}

int value_parse_ports(const char *text, uint64_t min, uint64_t max, struct port_range *ret,
		      struct error *err)
{
	size_t length = strcspn(text, "-");
	uint64_t low, high;
	char first[8];

	snprintf(first, sizeof(first), "%.*s", (int)(length < sizeof(first) ? length : 0), text);
	if (!text[length] || value_parse_number(first, min, max, &low, NULL) ||
	    value_parse_number(text + length + 1, low, max, &high, NULL))
		return error_set(err, -EINVAL,
				 "'%s' is not a range of ports; expected LOW-HIGH within %" PRIu64
				 "-%" PRIu64,
				 text, min, max);
	*ret = (struct port_range){(uint16_t)low, (uint16_t)high};
	return 0;
}

/* At most 9 digits before the point and 3 behind it, so that nothing below overflows. */
static int duration_read(const char *text, uint64_t *ret_ms)
{
	size_t whole = strspn(text, "0123456789"), part = 0;
	uint64_t thousandths = 0;
	const char *unit = text + whole;

	if (*unit == '.')
		part = strspn(++unit, "0123456789");
	if (whole < 1 || whole > 9 || part > 3 || (!part && unit != text + whole))
		return -EINVAL;
	for (size_t i = 0; i < whole; i++)
		thousandths = thousandths * 10 + (text[i] - '0');
	for (size_t i = 0; i < 3; i++)
		thousandths = thousandths * 10 + (i < part ? unit[i] - '0' : 0);
	unit += part;
	if (!*unit)
		unit = "s";
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strcmp(unit, units[i].name) == 0) {
			*ret_ms = (thousandths * units[i].ms + 500) / 1000;
			return 0;
		}
	return -EINVAL;
}

int value_parse_duration(const char *text, uint64_t min_ms, uint64_t max_ms, uint64_t *ret_ms,
			 struct error *err)
{
	char low[VALUE_DURATION_LEN], high[VALUE_DURATION_LEN];
	uint64_t ms;

	if (duration_read(text, &ms) || ms < min_ms || ms > max_ms)
		return error_set(err, -EINVAL,
				 "'%s' is not a time from %s to %s (units ms, s, m, h, d)", text,
				 value_format_duration(min_ms, low),
				 value_format_duration(max_ms, high));
	*ret_ms = ms;
	return 0;
}

const char *value_format_duration(uint64_t ms, char buf[static VALUE_DURATION_LEN])
{
	size_t i = ARRAY_SIZE(units);

	while (--i > 0 && (ms == 0 ? i != 1 : ms % units[i].ms != 0))
		;
	snprintf(buf, VALUE_DURATION_LEN, "%" PRIu64 "%s", ms / units[i].ms, units[i].name);
	return buf;
}

/* Optimal string alignment distance; both at most MAX_NAME long. */
#define MAX_NAME 40
static unsigned int distance(const char *a, const char *b)
{
	unsigned int d[MAX_NAME + 1][MAX_NAME + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MAX_NAME || m > MAX_NAME)
		return UINT_MAX;
	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++)
		for (size_t j = 1; j <= m; j++) {
			unsigned int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[n][m];
}

const char *value_did_you_mean(const char *text, const char *const *names, size_t count)
{
	unsigned int best = strlen(text) / 3 > 1 ? strlen(text) / 3 : 1;
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		unsigned int d = distance(text, names[i]);

		if (d <= best && (!found || d < best)) {
			best = d;
			found = names[i];
		}
	}
	return found;
}
