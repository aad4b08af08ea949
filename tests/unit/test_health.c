/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_health.c - rise and fall, as a table of result sequences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "plan/health.h"

struct sequence {
	const char *name;
	enum protocol_verdict from;
	uint32_t rise, fall;
	const char *results;  /* + passed, - failed */
	const char *verdicts; /* after each: ? unknown, U up, D down */
	uint32_t streak;      /* at the end */
};

static const struct sequence sequences[] = {
	{"a new one is up at its first success", VERDICT_UNKNOWN, 3, 3, "++", "UU", 2},
	{"a new one that fails is unknown until fall", VERDICT_UNKNOWN, 3, 3, "---", "??D", 3},
	{"a new one fails, then passes", VERDICT_UNKNOWN, 3, 3, "--+", "??U", 1},
	{"up, fall in a row", VERDICT_UP, 2, 3, "----", "UUDD", 4},
	{"up, a success between starts again", VERDICT_UP, 2, 3, "--+---", "UUUUUD", 3},
	{"down, rise in a row", VERDICT_DOWN, 2, 3, "+++", "DUU", 3},
	{"down, a failure between starts again", VERDICT_DOWN, 2, 3, "+-++", "DDDU", 2},
	{"rise and fall of one", VERDICT_UP, 1, 1, "-+-", "DUD", 1},
	{"up stays up", VERDICT_UP, 2, 3, "+++", "UUU", 3},
	{"down stays down", VERDICT_DOWN, 2, 3, "---", "DDD", 3},
	{"there and back", VERDICT_UNKNOWN, 2, 2, "+--++-", "UUDDUU", 1},
};

static enum protocol_verdict verdict_of(char c)
{
	return c == 'U' ? VERDICT_UP : c == 'D' ? VERDICT_DOWN : VERDICT_UNKNOWN;
}

static void run_sequence(const struct sequence *s)
{
	enum protocol_verdict before = s->from;
	struct health health;

	assert_int_equal(strlen(s->results), strlen(s->verdicts));
	health_init(&health, s->from);
	for (size_t i = 0; s->results[i]; i++) {
		bool changed = health_step(&health, s->results[i] == '+', s->rise, s->fall);

		if (health.verdict != verdict_of(s->verdicts[i]))
			fail_msg("%s: verdict %d after result %zu", s->name, health.verdict, i + 1);
		assert_int_equal(changed, health.verdict != before);
		before = health.verdict;
	}
	assert_int_equal(health.streak, s->streak);
}

static void test_sequences(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++)
		run_sequence(&sequences[i]);
}

static void test_streak_does_not_wrap(void **state)
{
	struct health health = {.verdict = VERDICT_UP, .streak = UINT32_MAX, .last = false};

	assert_true(health_step(&health, false, 2, 3));
	assert_int_equal(health.streak, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_streak_does_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
