/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_events.c - the ring, its limits, the alarms, and the log line of each event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "daemon/events.h"

struct fixture {
	struct events *events;
	int log, stderr_before;
	unsigned int woken;
};

/* What the log got since the start is read back from a file in memory. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->events = events_new();
	f->log = memfd_create("log", MFD_CLOEXEC);
	fflush(stderr);
	f->stderr_before = dup(STDERR_FILENO);
	dup2(f->log, STDERR_FILENO);
	*state = f;
	return f->log < 0 || f->stderr_before < 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	dup2(f->stderr_before, STDERR_FILENO);
	close(f->stderr_before);
	close(f->log);
	events_free(f->events);
	free(f);
	return 0;
}

static void assert_logged(const struct fixture *f, const char *expected)
{
	char text[4096];
	ssize_t n;

	fflush(stderr);
	n = pread(f->log, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, expected);
}

static json_t *next(const struct fixture *f, uint64_t since, uint64_t *ret_seq)
{
	_cleanup_free_ char *line = events_next(f->events, since, ret_seq);
	json_t *json;

	if (!line)
		return NULL;
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	json = json_loads(line, 0, NULL);
	assert_non_null(json);
	assert_int_equal(json_integer_value(json_object_get(json, "seq")), *ret_seq);
	return json;
}

static void assert_member(const json_t *json, const char *name, const char *expected)
{
	const char *value = json_string_value(json_object_get(json, name));

	if (!expected) {
		assert_null(json_object_get(json, name));
		return;
	}
	assert_non_null(value);
	assert_string_equal(value, expected);
}

static void test_members(void **state)
{
	struct fixture *f = *state;
	double time_before = (double)time(NULL), at;
	uint64_t seq = 0;
	json_t *json;

	assert_null(next(f, 0, &seq));
	events_add(f->events, EVENT_WARNING, "backend", "web", "10.0.0.11:80",
		   "10.0.0.11:80 of web: up -> down: %s", "connection refused");
	events_add(f->events, EVENT_INFO, "config", NULL, NULL, "reloaded");
	json = next(f, 0, &seq);
	assert_int_equal(seq, 1);
	assert_member(json, "level", "warning");
	assert_member(json, "kind", "backend");
	assert_member(json, "service", "web");
	assert_member(json, "backend", "10.0.0.11:80");
	assert_member(json, "text", "10.0.0.11:80 of web: up -> down: connection refused");
	at = json_real_value(json_object_get(json, "time"));
	assert_true(at >= time_before && at < time_before + 60);
	json_decref(json);
	json = next(f, seq, &seq);
	assert_int_equal(seq, 2);
	assert_member(json, "level", "info");
	assert_member(json, "service", NULL);
	assert_member(json, "backend", NULL);
	json_decref(json);
	assert_null(next(f, seq, &seq));
	assert_int_equal(seq, 2);
	assert_logged(f,
		      "warning: 10.0.0.11:80 of web: up -> down: connection refused\nreloaded\n");
}

static void test_unclean_text(void **state)
{
	struct fixture *f = *state;
	uint64_t seq = 0;
	json_t *json;

	events_add(f->events, EVENT_INFO, "config",
		   "b\xff"
		   "d",
		   NULL, "a\nb \xc3\xa4 \xff");
	json = next(f, 0, &seq);
	assert_member(json, "text", "a?b \xc3\xa4 ?");
	assert_member(json, "service", NULL);
	json_decref(json);
	assert_logged(f, "a?b \xc3\xa4 ?\n");
}

/* A text too long is cut, also when the cut is within a character. */
static void test_long_text(void **state)
{
	struct fixture *f = *state;
	char text[4096];
	uint64_t seq = 0;
	json_t *json;
	size_t length;

	for (size_t odd = 0; odd < 2; odd++) {
		memset(text, 'x', odd);
		for (size_t i = odd; i + 2 < sizeof(text); i += 2)
			memcpy(text + i, "\xc3\xa4", 3);
		events_add(f->events, EVENT_INFO, "config", NULL, NULL, "%s", text);
		json = next(f, seq, &seq);
		assert_non_null(json);
		length = json_string_length(json_object_get(json, "text"));
		assert_true(length > 500 && length < 1024);
		json_decref(json);
	}
}

static void test_ring(void **state)
{
	struct fixture *f = *state;
	uint64_t seq = 0, expected;
	json_t *json;

	for (int i = 1; i <= EVENTS_MAX; i++)
		events_add(f->events, EVENT_INFO, "backend", NULL, NULL, "event %d", i);
	json_decref(next(f, 0, &seq));
	assert_int_equal(seq, 1); /* all are still there */
	for (int i = 1; i <= 10; i++)
		events_add(f->events, EVENT_INFO, "backend", NULL, NULL, "more %d", i);

	expected = 11; /* a reader that stood at 0 sees the gap */
	for (seq = 0; (json = next(f, seq, &seq)); expected++) {
		assert_int_equal(seq, expected);
		json_decref(json);
	}
	assert_int_equal(expected, EVENTS_MAX + 11);
	json_decref(next(f, 5, &seq));
	assert_int_equal(seq, 11);
	json_decref(next(f, 100, &seq));
	assert_int_equal(seq, 101);
	assert_null(next(f, EVENTS_MAX + 10, &seq));
	assert_null(next(f, EVENTS_MAX + 11, &seq));
	assert_null(next(f, UINT64_MAX, &seq));
}

static void assert_alarms(const struct fixture *f, size_t count, const char *first)
{
	json_t *alarms = events_alarms(f->events);

	assert_true(json_is_array(alarms));
	assert_int_equal(json_array_size(alarms), count);
	if (count) {
		assert_member(json_array_get(alarms, 0), "text", first);
		assert_true(json_real_value(json_object_get(json_array_get(alarms, 0), "since")) >
			    1e9);
	}
	json_decref(alarms);
}

static void test_alarms(void **state)
{
	struct fixture *f = *state;
	uint64_t seq = 0;
	json_t *json;

	assert_alarms(f, 0, NULL);
	events_clear(f->events, "vip"); /* does not stand */
	assert_null(next(f, 0, &seq));

	events_alarm(f->events, "announce", "vip", "%s is held by another", "192.0.2.10");
	events_alarm(f->events, "checker", "checker", "the checker is gone");
	events_alarm(f->events, "announce", "vip", "192.0.2.10 is held by another");
	assert_alarms(f, 2, "192.0.2.10 is held by another");
	json = next(f, 0, &seq);
	assert_member(json, "level", "alarm");
	assert_member(json, "kind", "announce");
	json_decref(json);
	json_decref(next(f, seq, &seq));
	assert_null(next(f, seq, &seq)); /* raised again: silent */

	events_alarm(f->events, "announce", "vip", "192.0.2.10 is held by two");
	assert_alarms(f, 2, "192.0.2.10 is held by two");
	json_decref(next(f, seq, &seq));
	assert_int_equal(seq, 3);

	events_clear(f->events, "vip");
	assert_alarms(f, 1, "the checker is gone");
	json = next(f, seq, &seq);
	assert_int_equal(seq, 4);
	assert_member(json, "level", "info");
	assert_member(json, "kind", "announce");
	assert_member(json, "text", "no longer: 192.0.2.10 is held by two");
	json_decref(json);
	events_clear(f->events, "vip");
	assert_null(next(f, seq, &seq));
}

static void test_alarms_max(void **state)
{
	struct fixture *f = *state;
	uint64_t seq = 0;
	char key[32];

	for (int i = 0; i < EVENTS_ALARMS_MAX + 5; i++) {
		snprintf(key, sizeof(key), "key %d", i);
		events_alarm(f->events, "announce", key, "alarm %d", i);
	}
	assert_alarms(f, EVENTS_ALARMS_MAX, "alarm 0");
	/* those beyond were events all the same */
	json_decref(next(f, EVENTS_ALARMS_MAX + 4, &seq));
	assert_int_equal(seq, EVENTS_ALARMS_MAX + 5);
	events_clear(f->events, "key 0");
	assert_alarms(f, EVENTS_ALARMS_MAX - 1, "alarm 1");
}

static void wake(void *arg)
{
	struct fixture *f = arg;

	f->woken++;
}

static void test_wake(void **state)
{
	struct fixture *f = *state;

	events_on_add(f->events, wake, f);
	events_add(f->events, EVENT_INFO, "config", NULL, NULL, "one");
	assert_int_equal(f->woken, 1);
	events_alarm(f->events, "checker", "c", "two");
	events_alarm(f->events, "checker", "c", "two");
	assert_int_equal(f->woken, 2);
	events_clear(f->events, "c");
	assert_int_equal(f->woken, 3);
	events_on_add(f->events, NULL, NULL);
	events_add(f->events, EVENT_INFO, "config", NULL, NULL, "four");
	assert_int_equal(f->woken, 3);
}

static void test_free_nothing(void **state)
{
	assert_null(events_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_members, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unclean_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alarms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alarms_max, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wake, setup, teardown),
		cmocka_unit_test(test_free_nothing),
	};

	unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
