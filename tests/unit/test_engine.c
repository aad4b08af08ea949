/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_engine.c - the checker's engine and the kind tcp, against sockets on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "check/kind.h"
#include "checker/engine.h"
#include "model/model.h"
#include "loop.h"

#define RESULTS_MAX 4096

struct seen {
	struct protocol_result result;
	double started;
};

struct fixture {
	sd_event *loop;
	struct engine *engine;
	struct seen seen[RESULTS_MAX]; /* in the order they came */
	size_t count;
	int reserved;  /* of closed_port(), -1 = none */
	size_t wanted; /* what count_is_there() waits for */
};

static void on_result(const struct protocol_result *result, void *arg)
{
	struct fixture *f = arg;

	if (f->count == RESULTS_MAX)
		return;
	f->seen[f->count].result = *result;
	f->seen[f->count++].started = loop_seconds() - result->took_us / 1e6;
}

static struct fixture *fixture_new(size_t checks_max)
{
	struct fixture *f = mem_zalloc(sizeof(*f));

	assert_int_equal(sd_event_new(&f->loop), 0);
	f->reserved = -1;
	f->engine = engine_new(f->loop, checks_max, on_result, f);
	return f;
}

static int setup(void **state)
{
	*state = fixture_new(ENGINE_CHECKS_MAX);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	engine_free(f->engine);
	sd_event_unref(f->loop);
	if (f->reserved >= 0)
		close(f->reserved);
	free(f);
	return 0;
}

static bool count_is_there(void *arg)
{
	struct fixture *f = arg;

	return f->count >= f->wanted;
}

static void wait_results(struct fixture *f, size_t more)
{
	f->wanted = f->count + more;
	assert_true(loop_until(f->loop, count_is_there, f));
}

static struct protocol_check check_of(uint32_t id, struct endpoint to)
{
	return (struct protocol_check){.type = PROTOCOL_CHECK,
				       .id = id,
				       .generation = 7,
				       .kind = CHECK_TCP,
				       .interval = 20,
				       .timeout = 5000,
				       .rise = 2,
				       .fall = 3,
				       .to = to};
}

static const struct protocol_result *last(const struct fixture *f)
{
	return &f->seen[f->count - 1].result;
}

/* A port of 127.0.0.1 where nobody listens, nor can: it stays bound until the test is over. */
static struct endpoint closed_port(struct fixture *f)
{
	struct endpoint at;

	f->reserved = loop_listen(1, &at);
	assert_true(f->reserved >= 0);
	assert_int_equal(shutdown(f->reserved, SHUT_RDWR), 0);
	return at;
}

/* A listener whose queue is full: the kernel drops every further SYN. */
struct black_hole {
	int listener, client;
	struct endpoint at;
};

static void black_hole_open(struct black_hole *hole)
{
	hole->listener = loop_listen(0, &hole->at);
	assert_true(hole->listener >= 0);
	hole->client = loop_connect(&hole->at);
	assert_true(hole->client >= 0);
}

static void black_hole_close(struct black_hole *hole)
{
	close(hole->client);
	close(hole->listener);
}

static void up_then_down(struct fixture *f, const char *host)
{
	struct endpoint at;
	_cleanup_close_ int listener = loop_listen_at(host, 64, &at);
	struct protocol_check check = check_of(1, at);

	assert_true(listener >= 0);
	engine_check(f->engine, &check);
	wait_results(f, 2);
	assert_int_equal(f->seen[0].result.verdict, VERDICT_UP);
	assert_int_equal(f->seen[0].result.passed, 1);
	assert_int_equal(f->seen[0].result.generation, 7);
	assert_string_equal(f->seen[0].result.reason, "connected");
	assert_int_equal(f->seen[1].result.streak, 2);

	shutdown(listener, SHUT_RDWR); /* not closed: nobody else gets the port */
	f->count = 0;
	do
		wait_results(f, 1);
	while (last(f)->passed); /* one may have been under way */
	assert_string_equal(last(f)->reason, "connection refused");
	assert_int_equal(last(f)->verdict, VERDICT_UP);
	wait_results(f, 1);
	assert_int_equal(last(f)->verdict, VERDICT_UP);
	wait_results(f, 1);
	assert_int_equal(last(f)->verdict, VERDICT_DOWN);
	assert_int_equal(last(f)->streak, 3);
}

static void test_up_then_down(void **state)
{
	up_then_down(*state, "127.0.0.1");
}

static void test_up_then_down_ipv6(void **state)
{
	up_then_down(*state, "::1");
}

static void test_starts_from_the_verdict_it_is_given(void **state)
{
	struct fixture *f = *state;
	struct endpoint at;
	_cleanup_close_ int listener = loop_listen(64, &at);
	struct protocol_check check = check_of(1, at);

	assert_true(listener >= 0);
	check.verdict = VERDICT_DOWN;
	engine_check(f->engine, &check);
	wait_results(f, 2);
	assert_int_equal(f->seen[0].result.passed, 1);
	assert_int_equal(f->seen[0].result.verdict, VERDICT_DOWN);
	assert_int_equal(f->seen[1].result.verdict, VERDICT_UP);
}

/* In a black hole: the reason, and the next attempt begins when the last one is over. */
static void test_timeout_longer_than_interval(void **state)
{
	struct fixture *f = *state;
	struct black_hole hole;
	struct protocol_check check;

	black_hole_open(&hole);
	check = check_of(1, hole.at);
	check.timeout = 60;
	engine_check(f->engine, &check);
	wait_results(f, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(f->seen[i].result.passed, 0);
		assert_string_equal(f->seen[i].result.reason, "timeout after 60ms");
		assert_true(f->seen[i].result.took_us >= 60 * 1000);
	}
	assert_true(f->seen[1].started - f->seen[0].started >= 0.059);
	assert_int_equal(last(f)->verdict, VERDICT_DOWN);
	black_hole_close(&hole);
}

/* A start comes @least to @most ms after the one before. A loaded machine may delay starts, and the
 * moment at which a test sees one: so all together, and the shortest. */
static void verify_gaps(const struct fixture *f, double least, double most)
{
	double all = (f->seen[f->count - 1].started - f->seen[0].started) * 1000;
	double shortest = all;

	for (size_t i = 1; i < f->count; i++) {
		double gap = (f->seen[i].started - f->seen[i - 1].started) * 1000;

		shortest = gap < shortest ? gap : shortest;
	}
	assert_true(all >= least * (f->count - 1 - 2));
	assert_true(shortest <= most + 2);
}

static void test_interval_without_jitter(void **state)
{
	struct fixture *f = *state;
	struct endpoint at = closed_port(f);
	struct protocol_check check = check_of(1, at);

	engine_check(f->engine, &check);
	wait_results(f, 15);
	verify_gaps(f, 20, 20);
}

static void test_jitter_is_only_early(void **state)
{
	struct fixture *f = *state;
	struct endpoint at = closed_port(f);
	struct protocol_check check = check_of(1, at);

	check.interval = 40;
	check.jitter = 50;
	engine_check(f->engine, &check);
	wait_results(f, 25);
	verify_gaps(f, 20, 35); /* that all 24 are over 35 of 20 .. 40 happens once in 10^14 */
}

static void test_many_are_spread(void **state)
{
	enum { many = ENGINE_AT_ONCE + 200 };
	struct fixture *f = *state;
	struct endpoint at = closed_port(f);
	double began = loop_seconds();
	bool seen[many + 1] = {0};
	size_t early = 0;

	for (size_t i = 1; i <= many; i++) {
		struct protocol_check check = check_of(i, at);

		check.interval = 1000;
		engine_check(f->engine, &check);
	}
	assert_int_equal(engine_count(f->engine), many);
	wait_results(f, many);
	for (size_t i = 0; i < many; i++) {
		assert_false(seen[f->seen[i].result.id]); /* nobody twice before everybody once */
		seen[f->seen[i].result.id] = true;
		early += f->seen[i].started - began < 0.5;
	}
	assert_true(early < ENGINE_AT_ONCE + 150); /* 100 are meant, 7 the standard deviation */
}

static void test_few_start_at_once(void **state)
{
	struct fixture *f = *state;
	struct endpoint at = closed_port(f);

	for (uint32_t i = 1; i <= ENGINE_AT_ONCE; i++) {
		struct protocol_check check = check_of(i, at);

		check.interval =
			3600 * 1000; /* they would hardly come before the limit otherwise */
		check.jitter = 0;
		engine_check(f->engine, &check);
	}
	wait_results(f, ENGINE_AT_ONCE);
}

static void test_full(void **state)
{
	struct fixture *f = fixture_new(2);
	struct endpoint at = closed_port(f);
	void *full = f;

	for (uint32_t id = 1; id <= 3; id++) {
		struct protocol_check check = check_of(id, at);

		check.interval = 10000;
		check.verdict = VERDICT_UP;
		engine_check(f->engine, &check);
	}
	assert_int_equal(engine_count(f->engine), 2);
	assert_int_equal(f->count, 1);
	assert_int_equal(last(f)->id, 3);
	assert_int_equal(last(f)->verdict, VERDICT_UP); /* no news is no change */
	assert_string_equal(last(f)->reason, "not checked: the checker is full (2 checks)");
	teardown(&full);
}

static void test_unknown_kind_is_refused(void **state)
{
	struct fixture *f = *state;
	struct protocol_check check = check_of(1, closed_port(f));

	check.kind = CHECK_KIND_COUNT;
	engine_check(f->engine, &check);
	check.kind = CHECK_NONE;
	engine_check(f->engine, &check);
	assert_int_equal(f->count, 2);
	assert_int_equal(engine_count(f->engine), 0);
	assert_int_equal(last(f)->verdict, VERDICT_UNKNOWN);
}

/* After forget() an attempt that was under way has no result; another check proves time passes. */
static void test_forget(void **state)
{
	struct fixture *f = *state;
	struct black_hole hole;
	struct protocol_check forgotten, other = check_of(2, closed_port(f));

	black_hole_open(&hole);
	forgotten = check_of(1, hole.at);
	forgotten.timeout = 30;
	engine_check(f->engine, &forgotten);
	engine_check(f->engine, &other);
	wait_results(f, 1);
	engine_forget(f->engine, 1);
	engine_forget(f->engine, 99);
	f->count = 0;
	wait_results(f, 5);
	for (size_t i = 0; i < f->count; i++)
		assert_int_equal(f->seen[i].result.id, 2);
	black_hole_close(&hole);
}

static void test_new_settings(void **state)
{
	struct fixture *f = *state;
	struct endpoint at;
	_cleanup_close_ int listener = loop_listen(64, &at);
	struct protocol_check check = check_of(1, closed_port(f));

	assert_true(listener >= 0);
	engine_check(f->engine, &check);
	wait_results(f, 1);
	check.to = at;
	check.generation = 8;
	engine_check(f->engine, &check);
	f->count = 0;
	wait_results(f, 3);
	assert_int_equal(engine_count(f->engine), 1);
	for (size_t i = 0; i < f->count; i++) {
		assert_int_equal(f->seen[i].result.generation, 8);
		assert_int_equal(f->seen[i].result.passed, 1);
	}
}

/* --- out of descriptors: nobody's failure --- */

static bool is_readable(void *arg)
{
	struct pollfd p = {.fd = *(int *)arg, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void set_descriptor_limit(rlim_t limit)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	r.rlim_cur = limit ? limit : r.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
}

static void test_out_of_descriptors(void **state)
{
	struct fixture *f = *state;
	struct endpoint at;
	_cleanup_close_ int listener = loop_listen(64, &at);
	struct protocol_check check = check_of(1, at);
	int old_stderr = dup(STDERR_FILENO), log[2];
	char line[512] = "";

	assert_true(listener >= 0);
	assert_int_equal(pipe2(log, O_NONBLOCK | O_CLOEXEC), 0);
	dup2(log[1], STDERR_FILENO);
	check.verdict = VERDICT_UP;
	check.fall = 1;
	engine_check(f->engine, &check);
	set_descriptor_limit(3); /* those that are open stay open */
	assert_true(loop_until(f->loop, is_readable, &log[0]));
	set_descriptor_limit(0);
	wait_results(f, 2);
	dup2(old_stderr, STDERR_FILENO);
	close(old_stderr);

	assert_int_equal(f->seen[0].result.passed, 1);
	assert_int_equal(f->seen[0].result.streak, 1);
	assert_int_equal(f->seen[0].result.verdict, VERDICT_UP); /* fall = 1: no failure came */
	assert_true(read(log[0], line, sizeof(line) - 1) > 0);
	assert_non_null(strstr(line, "put off"));
	assert_non_null(strstr(line, "Too many open files"));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1); /* one line for all */
	close(log[0]);
	close(log[1]);
}

/* --- words --- */

static void test_words(void **state)
{
	static const struct {
		int error;
		const char *text;
	} words[] = {
		{ECONNREFUSED, "connection refused"},
		{EHOSTUNREACH, "no route to host"},
		{ENETUNREACH, "network unreachable"},
		{ECONNRESET, "connection reset by peer"},
		{123456, "unknown error"},
	};
	struct check_outcome outcome;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		check_outcome_errno(&outcome, words[i].error);
		assert_false(outcome.passed);
		assert_string_equal(outcome.reason, words[i].text);
	}
}

/* In a namespace of its own, where 192.0.2.1 has no route, or a refusing one. 0 = as expected. */
static int without_route(const char *route, const char *reason)
{
	struct fixture *f;
	struct endpoint to;
	struct protocol_check check;

	if (unshare(CLONE_NEWNET) < 0 || (*route && system(route) != 0))
		return 2;
	f = fixture_new(1);
	if (endpoint_parse("192.0.2.1:80", &to, NULL) < 0)
		return 2;
	check = check_of(1, to);
	engine_check(f->engine, &check);
	f->wanted = 1;
	if (!loop_until(f->loop, count_is_there, f))
		return 3;
	return strcmp(f->seen[0].result.reason, reason) ? 4 : 0;
}

static void test_no_route(void **state)
{
	static const struct {
		const char *route, *reason;
	} cases[] = {
		{"", "network unreachable"},
		{"ip route add unreachable 192.0.2.0/24", "no route to host"},
	};

	if (geteuid())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(without_route(cases[i].route, cases[i].reason));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_up_then_down),
		TEST(test_up_then_down_ipv6),
		TEST(test_starts_from_the_verdict_it_is_given),
		TEST(test_timeout_longer_than_interval),
		TEST(test_interval_without_jitter),
		TEST(test_jitter_is_only_early),
		TEST(test_many_are_spread),
		TEST(test_few_start_at_once),
		cmocka_unit_test(test_full),
		TEST(test_unknown_kind_is_refused),
		TEST(test_forget),
		TEST(test_new_settings),
		TEST(test_out_of_descriptors),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_no_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
