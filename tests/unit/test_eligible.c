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

static void check_weights(const struct eligible_facts *facts, size_t count, const uint32_t *want)
{
	uint32_t got[4];

	eligible_weights(facts, count, got);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(got[i], want[i]);
}

static void test_weights(void **state)
{
	const struct eligible_facts up = BACKEND(ENABLED, 10, UP, true),
				    down = BACKEND(ENABLED, 10, DOWN, true),
				    backup = BACKEND(ENABLED, 3, UP, true, .backup = true),
				    drain = BACKEND(DRAIN, 10, UP, true);

	check_weights((struct eligible_facts[]){up, down, backup}, 3, (uint32_t[]){10, 0, 0});
	check_weights((struct eligible_facts[]){down, drain, backup}, 3, (uint32_t[]){0, 0, 3});
	check_weights((struct eligible_facts[]){backup, backup}, 2, (uint32_t[]){3, 3});
	check_weights((struct eligible_facts[]){down, down}, 2, (uint32_t[]){0, 0});
	check_weights((struct eligible_facts[]){up, up, backup}, 3, (uint32_t[]){10, 10, 0});
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
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
