// SPDX-License-Identifier: GPL-2.0-or-later
/* expect.c - see expect.h. */
#include "packet/expect.h"

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
