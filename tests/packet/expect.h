/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expect.h - for test programs that are no table: a list of named functions, each of which passes
 * when all its expectations hold. The first that does not ends its function.
 */
#ifndef PACKET_EXPECT_H
#define PACKET_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct expect_test {
	const char *name;
	bool (*run)(void *arg);
	void *arg; /* in place of the one for all, unless NULL */
};

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "    %s:%d: %s\n", __FILE__, __LINE__, #condition);        \
			return false;                                                              \
		}                                                                                  \
	} while (0)

#define EXPECT_EQUAL(got, want)                                                                    \
	do {                                                                                       \
		long long got_ = (got), want_ = (want);                                            \
		if (got_ != want_) {                                                               \
			fprintf(stderr, "    %s:%d: %s is %lld, expected %lld (%s)\n", __FILE__,   \
				__LINE__, #got, got_, want_, #want);                               \
			return false;                                                              \
		}                                                                                  \
	} while (0)

/* Run all, each after @before (may be NULL); prints the failed ones and the last line. Returns the
 * exit code. */
int expect_run(const struct expect_test *tests, size_t count, void (*before)(void *arg), void *arg);

/* The number that the environment variable has, @usual without; the program ends on anything else.
 */
uint64_t expect_setting(const char *name, uint64_t usual);

#endif
