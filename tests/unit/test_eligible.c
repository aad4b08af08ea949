/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_eligible.c - from wish and reality to a backend's state and weight; slots' words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "plan/eligible.h"
#include "plan/slots.h"
#include "shunt/abi.h"

/* A backend: admin, weight, verdict, reachable; then what is unusual about it. */
#define BACKEND(a, w, v, r, ...)                                                                   \
	{                                                                                          \
		.admin = ADMIN_##a, .weight = w, .verdict = VERDICT_##v, .reachable = r,           \
		##__VA_ARGS__                                                                      \
	}

static void test_states(void **state)
{
	static const struct {
		const char *name;
		struct eligible_facts facts;
		enum backend_state want;
	} cases[] = {
		{"healthy", BACKEND(ENABLED, 10, UP, true), BACKEND_UP},
		{"new", BACKEND(ENABLED, 10, UNKNOWN, true), BACKEND_CHECKING},
		{"failed", BACKEND(ENABLED, 10, DOWN, true), BACKEND_DOWN},
		{"no way", BACKEND(ENABLED, 10, UP, false), BACKEND_UNREACHABLE},
		{"no way and failed", BACKEND(ENABLED, 10, DOWN, false), BACKEND_UNREACHABLE},
		{"weight 0", BACKEND(ENABLED, 0, UP, true), BACKEND_DRAINING},
		{"drain", BACKEND(DRAIN, 10, UP, true), BACKEND_DRAINING},
		{"drain of one that failed", BACKEND(DRAIN, 10, DOWN, true), BACKEND_DRAINING},
		{"removed", BACKEND(ENABLED, 10, UP, true, .leaving = true), BACKEND_DRAINING},
		{"disabled", BACKEND(DISABLED, 0, UP, true), BACKEND_DISABLED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (eligible_state(&cases[i].facts) != cases[i].want)
			fail_msg("%s: %s, expected %s", cases[i].name,
				 backend_state_names[eligible_state(&cases[i].facts)],
				 backend_state_names[cases[i].want]);
}

static void check_shares(const struct eligible_facts *facts, size_t count,
			 const struct eligible_share *want)
{
	struct eligible_share got[4];

	eligible_shares(facts, count, got);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(got[i].weight, want[i].weight);
		assert_int_equal(got[i].live, want[i].live);
	}
}

#define CHECK_SHARES(facts, ...)                                                                   \
	check_shares(facts, ARRAY_SIZE(facts), (struct eligible_share[]){__VA_ARGS__})

static void test_shares(void **state)
{
	const struct eligible_facts up = BACKEND(ENABLED, 10, UP, true),
				    down = BACKEND(ENABLED, 10, DOWN, true),
				    backup = BACKEND(ENABLED, 3, UP, true, .backup = true),
				    drain = BACKEND(DRAIN, 10, UP, true),
				    gone = BACKEND(ENABLED, 10, UP, true, .leaving = true);
	const struct eligible_facts one_up[] = {up, down, backup},
				    none_up[] = {down, drain, backup}, backups[] = {backup, backup},
				    all_down[] = {down, down}, drained[] = {up, drain},
				    removed[] = {up, gone};

	/* who fails or drains keeps a place, but does not live */
	CHECK_SHARES(one_up, {10, true}, {10, false}, {0, false});
	CHECK_SHARES(drained, {10, true}, {10, false});
	CHECK_SHARES(removed, {10, true}, {0, false});
	CHECK_SHARES(none_up, {0, false}, {0, false}, {3, true});
	CHECK_SHARES(backups, {3, true}, {3, true});
	CHECK_SHARES(all_down, {0, false}, {0, false});
}

static void test_slots(void **state)
{
	assert_int_equal(slot_state(SHUNT_SLOT(0, 0)), SLOT_EMPTY);
	assert_int_equal(slot_state(SHUNT_SLOT(7, 0)), SLOT_STABLE);
	assert_int_equal(slot_state(SHUNT_SLOT(7, 7)), SLOT_MIXED);
	assert_int_equal(slot_state(SHUNT_SLOT(7, 8)), SLOT_IN_TRANSITION);
	assert_int_equal(slot_next(SHUNT_SLOT(3, 0), 65535), SHUNT_SLOT(65535, 0));
	assert_int_equal(slot_next(SHUNT_SLOT(0, 0), 5), SHUNT_SLOT(5, 0));
	assert_int_equal(slot_next(SHUNT_SLOT(5, 0), 0), SHUNT_SLOT(0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
