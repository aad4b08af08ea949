/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan.h - goes over a config file's text before libconfuse 3.3 does, for what that one gets wrong:
 * it counts the lines of comments three times, takes a file whose last } is missing for complete,
 * silently skips characters that it does not know ("weight = +5*"), follows a '|' in a key into
 * another section, and does not tell on which line a section begins.
 *
 * Only what is needed for that: grammar, quoting and keys are libconfuse's.
 */
#ifndef CONFIG_SCAN_H
#define CONFIG_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define SCAN_TOKEN_MAX 4096 /* bytes of a word or a quoted text */
#define SCAN_DEPTH_MAX 8    /* of sections in sections */

struct scan {
	bool comments, includes;
	size_t tokens;
	/* For each section, in the order in which they end: the line on which it begins. */
	unsigned int *starts;
	size_t starts_count;
};

/*
 * Scan @size bytes at @text, putting blanks in place of comments. -EINVAL with the line (not the
 * file) in @err: quotes, comments or sections that do not end, control characters, stray ones, a
 * key that is none.
 */
int scan_text(char *text, size_t size, struct scan *ret, struct error *err);
void scan_clear(struct scan *scan);

#endif
