// SPDX-License-Identifier: GPL-2.0-or-later
/* expect.c - see expect.h. */
#include "packet/expect.h"

#include <err.h>
#include <stdlib.h>

int expect_run(const struct expect_test *tests, size_t count, void (*before)(void *arg), void *arg)
{
	unsigned int failed = 0;

	for (size_t i = 0; i < count; i++) {
		void *own = tests[i].arg ?: arg;

		if (before)
			before(own);
		if (tests[i].run(own))
			continue;
		fprintf(stderr, "FAILED %s\n", tests[i].name);
		failed++;
	}
	printf("%zu passed, %u failed, 0 skipped\n", count - failed, failed);
	return failed > 0;
}

uint64_t expect_setting(const char *name, uint64_t usual)
{
	const char *text = getenv(name);
	uint64_t value;
	char *end;

	if (!text || !*text)
		return usual;
	value = strtoull(text, &end, 0);
	if (*end)
		errx(2, "%s is \"%s\", expected a number", name, text);
	return value;
}
