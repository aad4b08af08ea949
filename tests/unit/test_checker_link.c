/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_checker_link.c - shuntd's link, the spawner and shunt-checker together, as processes. Needs
 * root, since the checker runs as another user; skipped without.
 *
 * Started under the name shunt-checker, this program is a checker that misbehaves, in the way that
 * the environment variable FAKE says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "daemon/checker_link.h"
#include "model/model.h"
#include "loop.h"
#include "proc_status.h"
#include "temporary.h"

#define IDS_MAX 4096

struct fixture {
	sd_event *loop;
	struct spawner *spawner;
	struct checker_link *link;
	struct protocol_result last[IDS_MAX]; /* by id; type 0 = none yet */
	unsigned int results, events[CHECKER_LINK_NO_SPAWNER + 1];
	char text[512];                /* of the last event but STARTED */
	unsigned int wanted;           /* what the conditions below wait for */
	enum checker_link_event event; /* and of which kind */
};

static void on_result(uint32_t id, const struct protocol_result *result, void *arg)
{
	struct fixture *f = arg;

	assert_in_range(id, 1, IDS_MAX - 1);
	f->last[id] = *result;
	f->results++;
}

static void on_event(enum checker_link_event event, const char *text, void *arg)
{
	struct fixture *f = arg;

	f->events[event]++;
	if (event != CHECKER_LINK_STARTED)
		snprintf(f->text, sizeof(f->text), "%s", text);
}

static const struct checker_link_callbacks callbacks = {.result = on_result, .event = on_event};

/* The real one lies two folders above this program. */
static const char *real_checker(char path[static PATH_MAX])
{
	const char *asked = getenv("SHUNT_CHECKER");
	char self[PATH_MAX / 2];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(path, PATH_MAX, "%s/../../shunt-checker", self);
	return asked ? asked : path;
}

static struct fixture *fixture_new(const char *checker)
{
	struct fixture *f = mem_zalloc(sizeof(*f));
	struct error err = {0};

	assert_int_equal(sd_event_new(&f->loop), 0);
	if (spawner_start(checker, &f->spawner, &err) < 0)
		fail_msg("%s", err.text);
	if (checker_link_open(f->loop, f->spawner, &callbacks, f, &f->link, &err) < 0)
		fail_msg("%s", err.text);
	return f;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (!f)
		return 0;
	checker_link_close(f->link);
	spawner_stop(f->spawner);
	sd_event_unref(f->loop);
	free(f);
	return 0;
}

static int setup(void **state)
{
	char path[PATH_MAX];

	*state = geteuid() ? NULL : fixture_new(real_checker(path));
	return 0;
}

static int setup_fake(void **state, const char *how)
{
	setenv("FAKE", how, 1);
	*state = geteuid() ? NULL : fixture_new("/proc/self/exe");
	return 0;
}

#define NEEDS_ROOT(f)                                                                              \
	do {                                                                                       \
		if (!(f))                                                                          \
			skip();                                                                    \
	} while (0)

/* --- waiting --- */

static bool events_came(void *arg)
{
	struct fixture *f = arg;

	return f->events[f->event] >= f->wanted;
}

/* In all, since the fixture was made. */
static void wait_events(struct fixture *f, enum checker_link_event event, unsigned int count)
{
	f->event = event;
	f->wanted = count;
	assert_true(loop_until(f->loop, events_came, f));
}

static bool results_came(void *arg)
{
	struct fixture *f = arg;

	return f->results >= f->wanted;
}

static void wait_results(struct fixture *f, unsigned int more)
{
	f->wanted = f->results + more;
	assert_true(loop_until(f->loop, results_came, f));
}

static bool all_have_one(void *arg)
{
	struct fixture *f = arg;

	for (uint32_t id = 1; id <= f->wanted; id++)
		if (!f->last[id].type)
			return false;
	return true;
}

static pid_t checker_pid(struct fixture *f)
{
	struct checker_link_status status;

	checker_link_status(f->link, &status);
	assert_true(status.running);
	assert_true(status.pid > 0);
	return status.pid;
}

static struct protocol_check check_of(uint32_t id, struct endpoint to)
{
	return (struct protocol_check){.id = id,
				       .kind = CHECK_TCP,
				       .interval = 20,
				       .timeout = 1000,
				       .rise = 1,
				       .fall = 100000,
				       .to = to};
}

/* --- what the checker is --- */

/* Beyond the standard four only what an event loop needs. */
static void verify_descriptors(pid_t pid)
{
	char path[320], target[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		ssize_t n;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, entry->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue; /* an attempt's socket, closed meanwhile */
		target[n] = '\0';
		if (strtoul(entry->d_name, NULL, 10) <= PROTOCOL_FD)
			continue;
		if (strncmp(target, "anon_inode:", 11) && strncmp(target, "socket:", 7))
			fail_msg("descriptor %s is %s", entry->d_name, target);
	}
	closedir(dir);
}

static void verify_user(pid_t pid)
{
	const struct passwd *user = getpwnam("shunt-checker") ?: getpwnam("nobody");
	char value[256], expected[64];

	assert_non_null(user);
	snprintf(expected, sizeof(expected), "%u\t%u\t%u\t%u", user->pw_uid, user->pw_uid,
		 user->pw_uid, user->pw_uid);
	assert_string_equal(proc_status(pid, "Uid", value), expected);
	snprintf(expected, sizeof(expected), "%u\t%u\t%u\t%u", user->pw_gid, user->pw_gid,
		 user->pw_gid, user->pw_gid);
	assert_string_equal(proc_status(pid, "Gid", value), expected);
	assert_string_equal(proc_status(pid, "Groups", value), "");
}

static void test_has_no_privileges(void **state)
{
	static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
	int inherited = open("/etc/passwd", O_RDONLY); /* not close-on-exec, on purpose */
	struct fixture *f;
	struct endpoint at;
	_cleanup_close_ int listener = loop_listen(64, &at);
	char path[PATH_MAX], value[256];
	struct protocol_check check = check_of(1, at);
	gid_t group = 12345;
	pid_t pid;

	assert_true(listener >= 0);
	NEEDS_ROOT(geteuid() == 0);
	assert_int_equal(setgroups(1, &group), 0);
	*state = f = fixture_new(real_checker(path));
	assert_int_equal(setgroups(0, NULL), 0);
	close(inherited);
	checker_link_set(f->link, &check);
	wait_results(f, 1);
	pid = checker_pid(f);
	verify_user(pid);
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		assert_int_equal(proc_capabilities(pid, sets[i]), 0);
	assert_string_equal(proc_status(pid, "NoNewPrivs", value), "1");
	assert_string_equal(proc_status(pid, "Name", value), "shunt-checker");
	verify_descriptors(pid);
}

/* --- results --- */

static void test_results_flow(void **state)
{
	struct fixture *f = *state;
	struct endpoint at;
	_cleanup_close_ int listener = loop_listen(64, &at);
	struct protocol_check check = check_of(1, at);
	struct checker_link_status status;
	uint32_t generation;

	assert_true(listener >= 0);
	NEEDS_ROOT(f);
	checker_link_status(f->link, &status);
	assert_false(status.running); /* nothing runs before the loop does */
	assert_int_equal(checker_link_set(f->link, &check), 0);
	wait_results(f, 3);
	assert_int_equal(f->last[1].verdict, VERDICT_UP);
	assert_int_equal(f->last[1].passed, 1);
	assert_string_equal(f->last[1].reason, "connected");
	assert_int_equal(f->events[CHECKER_LINK_STARTED], 1);

	generation = f->last[1].generation;
	assert_int_equal(checker_link_set(f->link, &check), 0); /* the same: nothing starts anew */
	wait_results(f, 2);
	assert_int_equal(f->last[1].generation, generation);
	assert_true(f->last[1].streak >= 5);
	check.interval = 30;
	assert_int_equal(checker_link_set(f->link, &check), 0);
	wait_results(f, 2);
	assert_true(f->last[1].generation > generation);
}

static void test_forgotten(void **state)
{
	struct fixture *f = *state;
	struct endpoint at;
	_cleanup_close_ int listener = loop_listen(64, &at);
	struct protocol_check one = check_of(1, at), two = check_of(2, at);
	struct checker_link_status status;

	assert_true(listener >= 0);
	NEEDS_ROOT(f);
	checker_link_set(f->link, &one);
	checker_link_set(f->link, &two);
	f->wanted = 2;
	assert_true(loop_until(f->loop, all_have_one, f));
	checker_link_forget(f->link, 1);
	checker_link_forget(f->link, 77);
	checker_link_status(f->link, &status);
	assert_int_equal(status.checks, 1);
	f->last[1].type = 0;
	wait_results(f, 5);
	assert_int_equal(f->last[1].type, 0);

	checker_link_set(f->link, &one); /* and wanted again */
	f->wanted = 2;
	assert_true(loop_until(f->loop, all_have_one, f));
}

static void test_what_is_no_check(void **state)
{
	struct fixture *f = *state;
	struct protocol_check check = check_of(0, (struct endpoint){0});

	NEEDS_ROOT(f);
	assert_int_equal(checker_link_set(f->link, &check), -EINVAL);
	check.id = 1;
	check.kind = CHECK_NONE;
	assert_int_equal(checker_link_set(f->link, &check), -EINVAL);
}

/* --- dying and hanging --- */

static void test_killed_and_no_verdict_changes(void **state)
{
	struct fixture *f = *state;
	struct endpoint at;
	_cleanup_close_ int listener = loop_listen(64, &at);
	struct protocol_check check = check_of(1, at);
	struct checker_link_status status;
	pid_t first;

	assert_true(listener >= 0);
	NEEDS_ROOT(f);
	checker_link_set(f->link, &check);
	wait_results(f, 1);
	assert_int_equal(f->last[1].verdict, VERDICT_UP);
	first = checker_pid(f);

	/* the successor sees failures only: if it began from nothing it would say "unknown" */
	shutdown(listener, SHUT_RDWR);
	assert_int_equal(kill(first, SIGKILL), 0);
	wait_events(f, CHECKER_LINK_ENDED, 1);
	assert_non_null(strstr(f->text, "signal 9"));
	checker_link_status(f->link, &status);
	assert_false(status.running);
	assert_int_equal(status.restarts, 1);
	wait_events(f, CHECKER_LINK_STARTED, 2);
	wait_results(f, 1);
	assert_int_not_equal(checker_pid(f), first);
	assert_int_equal(f->last[1].passed, 0);
	assert_int_equal(f->last[1].verdict, VERDICT_UP);

	/* and what the caller believes goes before what a checker said last */
	checker_link_verdict(f->link, 1, VERDICT_DOWN);
	assert_int_equal(kill(checker_pid(f), SIGKILL), 0);
	wait_events(f, CHECKER_LINK_STARTED, 3);
	wait_results(f, 1);
	assert_int_equal(f->last[1].verdict, VERDICT_DOWN);
}

/* 3000 checks are more than the socket takes. */
static void set_many(struct fixture *f, struct endpoint at)
{
	for (uint32_t id = 1; id <= 3000; id++) {
		struct protocol_check check = check_of(id, at);

		check.interval = 1000;
		assert_int_equal(checker_link_set(f->link, &check), 0);
	}
}

static bool is_stopped(void *arg)
{
	char value[256];

	return proc_status(*(pid_t *)arg, "State", value)[0] == 'T';
}

static void stop(struct fixture *f, pid_t pid)
{
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_true(loop_until(f->loop, is_stopped, &pid));
}

static bool is_later(void *arg)
{
	return loop_seconds() > *(double *)arg;
}

static void test_stopped_does_not_block(void **state)
{
	struct fixture *f = *state;
	struct endpoint at;
	_cleanup_close_ int listener = loop_listen(64, &at);
	double later;
	pid_t pid;

	assert_true(listener >= 0);
	NEEDS_ROOT(f);
	shutdown(listener, SHUT_RDWR);
	wait_events(f, CHECKER_LINK_STARTED, 1);
	pid = checker_pid(f);
	stop(f, pid);
	set_many(f, at);
	later = loop_seconds() + 0.2; /* the loop turns meanwhile: enough to fill the socket */
	assert_true(loop_until(f->loop, is_later, &later));
	for (uint32_t id = 2001; id <= 3000; id++)
		checker_link_forget(f->link, id);
	assert_int_equal(f->results, 0);
	kill(pid, SIGCONT);
	f->wanted = 2000;
	assert_true(loop_until(f->loop, all_have_one, f));
	assert_int_equal(f->events[CHECKER_LINK_ENDED], 0);
	for (uint32_t id = 2001; id <= 3000; id++)
		assert_int_equal(f->last[id].type, 0);
}

static void test_hanging_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct endpoint at;
	_cleanup_close_ int listener = loop_listen(64, &at);
	struct protocol_check check = check_of(1, at);

	assert_true(listener >= 0);
	NEEDS_ROOT(f);
	wait_events(f, CHECKER_LINK_STARTED, 1);
	stop(f, checker_pid(f));
	checker_link_set(f->link, &check);
	wait_events(f, CHECKER_LINK_ENDED, 1);
	assert_non_null(strstr(f->text, "said nothing"));
	wait_results(f, 1);
	assert_int_equal(f->last[1].verdict, VERDICT_UP);
}

/* Wait for the end of a process, whosever child it is. One that lives on is killed, at least. */
static void verify_ends(pid_t pid, int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	assert_true(pidfd >= 0);
	if (poll(&p, 1, LOOP_LIMIT_S * 1000) != 1) {
		kill(pid, SIGKILL);
		fail_msg("process %d lives on", pid);
	}
	close(pidfd);
}

/* In a process of its own, "shuntd": tell the pids over @out, then nothing until killed. */
static void be_shuntd(int out)
{
	char path[PATH_MAX];
	struct fixture *f = fixture_new(real_checker(path));
	pid_t pids[2];

	wait_events(f, CHECKER_LINK_STARTED, 1);
	pids[0] = spawner_pid(f->spawner);
	pids[1] = checker_pid(f);
	if (write(out, pids, sizeof(pids)) > 0)
		sd_event_loop(f->loop);
}

static void test_nothing_outlives_shuntd(void **state)
{
	pid_t shuntd, pids[2];
	int ends[2], pidfds[2];

	NEEDS_ROOT(geteuid() == 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	shuntd = fork();
	if (!shuntd) {
		be_shuntd(ends[1]);
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], pids, sizeof(pids)), sizeof(pids));
	close(ends[0]);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		pidfds[i] = pidfd_open(pids[i], 0);
	assert_int_equal(kill(pids[1], SIGSTOP), 0); /* it does not even notice by itself */
	assert_int_equal(kill(shuntd, SIGKILL), 0);
	assert_int_equal(waitpid(shuntd, NULL, 0), shuntd);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		verify_ends(pids[i], pidfds[i]);
}

static void test_lost_spawner(void **state)
{
	struct fixture *f = *state;
	struct checker_link_status status;
	pid_t checker;
	int pidfd;

	NEEDS_ROOT(f);
	wait_events(f, CHECKER_LINK_STARTED, 1);
	checker = checker_pid(f);
	pidfd = pidfd_open(checker, 0);
	assert_int_equal(kill(checker, SIGSTOP), 0);
	assert_int_equal(kill(spawner_pid(f->spawner), SIGKILL), 0);
	wait_events(f, CHECKER_LINK_NO_SPAWNER, 1);
	checker_link_status(f->link, &status);
	assert_false(status.running);
	verify_ends(checker, pidfd);
}

/* --- checkers that misbehave --- */

static int setup_exits(void **state)
{
	return setup_fake(state, "exits");
}

static void test_back_off(void **state)
{
	struct fixture *f = *state;
	struct checker_link_status status;

	NEEDS_ROOT(f);
	wait_events(f, CHECKER_LINK_ENDED, 1);
	assert_non_null(strstr(f->text, "exited with status 3; the next starts in 100ms"));
	wait_events(f, CHECKER_LINK_ENDED, 2);
	assert_non_null(strstr(f->text, "the next starts in 200ms"));
	wait_events(f, CHECKER_LINK_ENDED, 3);
	assert_non_null(strstr(f->text, "the next starts in 400ms"));
	checker_link_status(f->link, &status);
	assert_int_equal(status.restarts, 3);
}

static int setup_nonsense(void **state)
{
	return setup_fake(state, "nonsense");
}

static void test_nonsense_ends_it(void **state)
{
	struct fixture *f = *state;

	NEEDS_ROOT(f);
	wait_events(f, CHECKER_LINK_ENDED, 1);
	assert_non_null(strstr(f->text, "was killed: it sent what is no message"));
	wait_events(f, CHECKER_LINK_STARTED, 2);
}

static int setup_strays(void **state)
{
	return setup_fake(state, "strays");
}

/* Of three results for each check, two are of unknown checks or old settings. */
static void test_stray_results_are_ignored(void **state)
{
	struct fixture *f = *state;
	struct protocol_check check = check_of(1, (struct endpoint){.addr.family = AF_INET});

	NEEDS_ROOT(f);
	checker_link_set(f->link, &check);
	check.id = 2;
	checker_link_set(f->link, &check);
	wait_results(f, 2);
	assert_int_equal(f->results, 2);
	for (uint32_t id = 1; id <= 2; id++) {
		assert_int_equal(f->last[id].verdict, VERDICT_UP);
		assert_string_equal(f->last[id].reason, "two?lines?[31m");
	}
}

static void test_not_a_program(void **state)
{
	char path[TEMPORARY_LEN];
	int fd = mkstemp(temporary_template(path));
	struct fixture *f;

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0755), 0);
	close(fd);
	if (geteuid()) {
		unlink(path);
		skip();
	}
	*state = f = fixture_new(path);
	unlink(path);
	wait_events(f, CHECKER_LINK_FAILED, 2);
	assert_non_null(strstr(f->text, "cannot execute shunt-checker: Exec format error"));
	assert_non_null(strstr(f->text, "trying again in 200ms"));
}

/* --- the fake --- */

static void send_strays(const struct protocol_check *check)
{
	struct protocol_result r = {.type = PROTOCOL_RESULT,
				    .id = check->id + 1000,
				    .generation = check->generation,
				    .verdict = VERDICT_DOWN};

	send(PROTOCOL_FD, &r, sizeof(r), 0);
	r.id = check->id;
	r.generation--;
	send(PROTOCOL_FD, &r, sizeof(r), 0);
	r.generation = check->generation;
	r.verdict = VERDICT_UP;
	snprintf(r.reason, sizeof(r.reason), "two\nlines\033[31m");
	send(PROTOCOL_FD, &r, sizeof(r), 0);
}

static int fake_checker(const char *how)
{
	union protocol_message m;

	if (!strcmp(how, "exits"))
		return 3;
	if (!strcmp(how, "nonsense"))
		send(PROTOCOL_FD, "nonsense", 8, 0);
	while (recv(PROTOCOL_FD, &m, sizeof(m), 0) > 0)
		if (!strcmp(how, "strays") && m.type == PROTOCOL_CHECK)
			send_strays(&m.check);
	return 0;
}

#define TEST(name)              cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_SETUP(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_OWN(name)          cmocka_unit_test_teardown(name, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST_OWN(test_has_no_privileges),
		TEST(test_results_flow),
		TEST(test_forgotten),
		TEST(test_what_is_no_check),
		TEST(test_killed_and_no_verdict_changes),
		TEST(test_stopped_does_not_block),
		TEST(test_hanging_is_replaced),
		cmocka_unit_test(test_nothing_outlives_shuntd),
		TEST(test_lost_spawner),
		TEST_SETUP(test_back_off, setup_exits),
		TEST_SETUP(test_nonsense_ends_it, setup_nonsense),
		TEST_SETUP(test_stray_results_are_ignored, setup_strays),
		TEST_OWN(test_not_a_program),
	};

	if (!strcmp(argv[0], "shunt-checker"))
		return fake_checker(getenv("FAKE") ?: "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
