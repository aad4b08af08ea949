/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_spawner.c - the spawner alone: what it keeps, whom it kills, and where it stops. Needs root;
 * skipped without. Started as shunt-checker, this program waits for the end of its socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cap-ng.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "check/protocol.h"
#include "daemon/spawner.h"
#include "proc_status.h"

#define LIMIT_MS 20000

struct seen {
	unsigned int count[SPAWNER_FAILED + 1];
	struct spawner_event last[SPAWNER_FAILED + 1];
	int fds[SPAWNER_CHILDREN_MAX];
};

static void on_event(const struct spawner_event *event, void *arg)
{
	struct seen *seen = arg;

	assert_in_range(event->type, SPAWNER_STARTED, SPAWNER_FAILED);
	if (event->type == SPAWNER_STARTED)
		seen->fds[seen->count[SPAWNER_STARTED]] = event->fd;
	else
		assert_int_equal(event->fd, -1);
	seen->last[event->type] = *event;
	seen->count[event->type]++;
}

static void wait_for(struct spawner *spawner, struct seen *seen, enum spawner_event_type type,
		     unsigned int count)
{
	struct pollfd p = {.fd = spawner_fd(spawner), .events = POLLIN};

	while (seen->count[type] < count) {
		assert_int_equal(poll(&p, 1, LIMIT_MS), 1);
		assert_int_equal(spawner_dispatch(spawner, on_event, seen), 0);
	}
}

static void close_fds(const struct seen *seen)
{
	for (unsigned int i = 0; i < seen->count[SPAWNER_STARTED]; i++)
		close(seen->fds[i]);
}

static int setup(void **state)
{
	struct spawner *spawner = NULL;
	struct error err = {0};

	if (!geteuid() && spawner_start("/proc/self/exe", &spawner, &err) < 0)
		fail_msg("%s", err.text);
	*state = spawner;
	return 0;
}

static int teardown(void **state)
{
	spawner_stop(*state);
	return 0;
}

#define NEEDS_ROOT(spawner)                                                                        \
	do {                                                                                       \
		if (!(spawner))                                                                    \
			skip();                                                                    \
	} while (0)

static void test_keeps_three_capabilities(void **state)
{
	struct spawner *spawner = *state;
	pid_t pid;
	char value[256];

	NEEDS_ROOT(spawner);
	pid = spawner_pid(spawner);
	assert_int_equal(proc_capabilities(pid, "CapPrm"),
			 1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_KILL);
	assert_int_equal(proc_capabilities(pid, "CapInh"), 0);
	assert_int_equal(proc_capabilities(pid, "CapBnd"), 0);
	assert_string_equal(proc_status(pid, "NoNewPrivs", value), "1");
	assert_string_equal(proc_status(pid, "Name", value), "shuntd-spawner");
}

static void test_closed_socket_ends_the_child(void **state)
{
	struct spawner *spawner = *state;
	struct seen seen = {0};

	NEEDS_ROOT(spawner);
	assert_int_equal(spawner_request_checker(spawner), 0);
	wait_for(spawner, &seen, SPAWNER_STARTED, 1);
	close_fds(&seen);
	wait_for(spawner, &seen, SPAWNER_EXITED, 1);
	assert_int_equal(seen.last[SPAWNER_EXITED].pid, seen.last[SPAWNER_STARTED].pid);
	assert_true(WIFEXITED(seen.last[SPAWNER_EXITED].status));
	assert_int_equal(WEXITSTATUS(seen.last[SPAWNER_EXITED].status), 0);
}

static void test_kills_only_its_own(void **state)
{
	struct spawner *spawner = *state;
	struct seen seen = {0};
	pid_t other;

	NEEDS_ROOT(spawner);
	other = fork();
	if (!other) {
		pause();
		_exit(0);
	}
	assert_int_equal(spawner_request_checker(spawner), 0);
	wait_for(spawner, &seen, SPAWNER_STARTED, 1);
	assert_int_equal(spawner_request_kill(spawner, other), 0);
	assert_int_equal(spawner_request_kill(spawner, -1), 0);
	assert_int_equal(spawner_request_kill(spawner, 0), 0);
	assert_int_equal(spawner_request_kill(spawner, seen.last[SPAWNER_STARTED].pid), 0);
	wait_for(spawner, &seen, SPAWNER_EXITED, 1); /* it has done what came before, too */
	assert_int_equal(WTERMSIG(seen.last[SPAWNER_EXITED].status), SIGKILL);
	assert_int_equal(waitpid(other, NULL, WNOHANG), 0);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	close_fds(&seen);
}

static void test_has_a_limit(void **state)
{
	struct spawner *spawner = *state;
	struct seen seen = {0};

	NEEDS_ROOT(spawner);
	for (unsigned int i = 0; i <= SPAWNER_CHILDREN_MAX; i++)
		assert_int_equal(spawner_request_checker(spawner), 0);
	wait_for(spawner, &seen, SPAWNER_FAILED, 1);
	assert_int_equal(seen.count[SPAWNER_STARTED], SPAWNER_CHILDREN_MAX);
	assert_non_null(strstr(seen.last[SPAWNER_FAILED].reason, "too many children"));
	close_fds(&seen);
	wait_for(spawner, &seen, SPAWNER_EXITED, SPAWNER_CHILDREN_MAX);
	seen.count[SPAWNER_STARTED] = 0;
	assert_int_equal(spawner_request_checker(spawner), 0); /* and there is room again */
	wait_for(spawner, &seen, SPAWNER_STARTED, 1);
	close_fds(&seen);
}

static void test_tells_when_it_is_gone(void **state)
{
	struct spawner *spawner = *state;
	struct pollfd p;
	struct seen seen = {0};

	NEEDS_ROOT(spawner);
	p = (struct pollfd){.fd = spawner_fd(spawner), .events = POLLIN};
	kill(spawner_pid(spawner), SIGKILL);
	assert_int_equal(poll(&p, 1, LIMIT_MS), 1);
	assert_int_equal(spawner_dispatch(spawner, on_event, &seen), -EPIPE);
	assert_int_equal(spawner_request_checker(spawner), -EPIPE);
}

static void test_signals_for_shuntd_are_not_for_it(void **state)
{
	struct spawner *spawner = *state;
	struct seen seen = {0};

	NEEDS_ROOT(spawner);
	assert_int_equal(kill(spawner_pid(spawner), SIGTERM), 0);
	assert_int_not_equal(getsid(spawner_pid(spawner)), getsid(0)); /* nor a terminal's */
	assert_int_equal(spawner_request_checker(spawner), 0);
	wait_for(spawner, &seen, SPAWNER_STARTED, 1);
	close_fds(&seen);
}

/* In a child, which cannot get the capability back. */
static int start_without_setuid(void)
{
	struct spawner *spawner = NULL;
	struct error err = {0};

	capng_get_caps_process();
	capng_update(CAPNG_DROP, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SETUID);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return 2;
	if (spawner_start("/proc/self/exe", &spawner, &err) != -EPERM || spawner)
		return 3;
	return strstr(err.text, "CAP_SETUID is missing") ? 0 : 4;
}

static void test_without_setuid(void **state)
{
	pid_t pid;
	int status;

	if (geteuid())
		skip();
	pid = fork();
	if (!pid)
		_exit(start_without_setuid());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_no_such_program(void **state)
{
	struct spawner *spawner = NULL;
	struct error err = {0};

	assert_int_equal(spawner_start("/nonexistent/shunt-checker", &spawner, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/shunt-checker"));
	assert_null(spawner);
}

static void test_finds_the_checker(void **state)
{
	const char *before = getenv("SHUNT_CHECKER");
	_cleanup_free_ char *old = before ? mem_strdup(before) : NULL;
	char path[PATH_MAX];
	struct error err = {0};

	setenv("SHUNT_CHECKER", "/bin/true", 1);
	assert_int_equal(spawner_find_checker(path, &err), 0);
	assert_string_equal(path, "/bin/true");
	setenv("SHUNT_CHECKER", "/nonexistent", 1);
	assert_int_equal(spawner_find_checker(path, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent"));
	unsetenv("SHUNT_CHECKER");
	if (old)
		setenv("SHUNT_CHECKER", old, 1);
}

static int fake_checker(void)
{
	char c;

	return recv(PROTOCOL_FD, &c, sizeof(c), 0) != 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_keeps_three_capabilities),
		TEST(test_closed_socket_ends_the_child),
		TEST(test_kills_only_its_own),
		TEST(test_has_a_limit),
		TEST(test_tells_when_it_is_gone),
		TEST(test_signals_for_shuntd_are_not_for_it),
		cmocka_unit_test(test_without_setuid),
		cmocka_unit_test(test_no_such_program),
		cmocka_unit_test(test_finds_the_checker),
	};

	if (!strcmp(argv[0], "shunt-checker"))
		return fake_checker();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
