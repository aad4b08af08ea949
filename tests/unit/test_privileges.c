/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_privileges.c - what is left after the drop, and what an exec brings back (nothing). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cap-ng.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/privileges.h"
#include "proc_status.h"

#define BIT(capability) (1ull << (capability))

/* Each case runs in a child, for it cannot go back. It returns 0, or the line that failed. */
#define verify(condition)                                                                          \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__;                                                           \
	} while (0)

static bool give_up(int capability)
{
	capng_get_caps_process();
	capng_update(CAPNG_DROP, CAPNG_EFFECTIVE | CAPNG_PERMITTED, capability);
	return capng_apply(CAPNG_SELECT_CAPS) == 0;
}

static int nothing_but(uint64_t bits)
{
	char value[256];

	verify(proc_capabilities(0, "CapEff") == bits);
	verify(proc_capabilities(0, "CapPrm") == bits);
	verify(proc_capabilities(0, "CapInh") == 0);
	verify(proc_capabilities(0, "CapAmb") == 0);
	verify(!strcmp(proc_status(0, "NoNewPrivs", value), "1"));
	return 0;
}

static int run_drop(void)
{
	const char *warning = "none yet";

	verify(privileges_drop(&warning, NULL) == 0);
	verify(!warning);
	verify(proc_capabilities(0, "CapBnd") == 0);
	return nothing_but(BIT(CAP_BPF) | BIT(CAP_NET_ADMIN) | BIT(CAP_PERFMON));
}

static int run_exec_regains_nothing(void)
{
	const char *warning;

	verify(geteuid() == 0);
	verify(privileges_drop(&warning, NULL) == 0);
	execlp("grep", "grep", "-q", "^CapEff:.0000000000000000$", "/proc/self/status", NULL);
	return __LINE__;
}

static int run_without_perfmon(void)
{
	const char *warning = NULL;

	verify(give_up(CAP_PERFMON));
	verify(privileges_drop(&warning, NULL) == 0);
	verify(warning && strstr(warning, "CAP_PERFMON"));
	return nothing_but(BIT(CAP_BPF) | BIT(CAP_NET_ADMIN));
}

static int run_without(int capability, const char *name)
{
	uint64_t before;
	const char *warning = "untouched";
	struct error err = {0};

	verify(give_up(capability));
	before = proc_capabilities(0, "CapEff");
	verify(privileges_drop(&warning, &err) == -EPERM);
	verify(strstr(err.text, name));
	verify(!strcmp(warning, "untouched"));
	verify(proc_capabilities(0, "CapEff") == before);
	return 0;
}

static int run_without_bpf(void)
{
	return run_without(CAP_BPF, "CAP_BPF is missing");
}

static int run_without_net_admin(void)
{
	return run_without(CAP_NET_ADMIN, "CAP_NET_ADMIN is missing");
}

/* What cannot be done without CAP_SETPCAP is not done; the rest is. */
static int run_without_setpcap(void)
{
	const char *warning;

	verify(give_up(CAP_SETPCAP) && give_up(CAP_SYS_RESOURCE));
	verify(privileges_drop(&warning, NULL) == 0);
	return nothing_but(BIT(CAP_BPF) | BIT(CAP_NET_ADMIN) | BIT(CAP_PERFMON));
}

static int run_twice(void)
{
	const char *warning;

	verify(privileges_drop(&warning, NULL) == 0);
	verify(privileges_drop(&warning, NULL) == 0);
	verify(!warning);
	return nothing_but(BIT(CAP_BPF) | BIT(CAP_NET_ADMIN) | BIT(CAP_PERFMON));
}

static void in_child(int (*run)(void))
{
	int status, ends[2], line = 0;
	pid_t pid;

	if (geteuid())
		skip();
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		line = run();
		_exit(line && write(ends[1], &line, sizeof(line)) > 0);
	}
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (read(ends[0], &line, sizeof(line)) > 0)
		fail_msg("line %d", line);
	close(ends[0]);
	assert_int_equal(status, 0);
}

#define TEST(name)                                                                                 \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		in_child(run_##name);                                                              \
	}
TEST(drop)
TEST(exec_regains_nothing)
TEST(without_perfmon)
TEST(without_bpf)
TEST(without_net_admin)
TEST(without_setpcap)
TEST(twice)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_exec_regains_nothing),
		cmocka_unit_test(test_without_perfmon),
		cmocka_unit_test(test_without_bpf),
		cmocka_unit_test(test_without_net_admin),
		cmocka_unit_test(test_without_setpcap),
		cmocka_unit_test(test_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
