/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cli_args.c - from a command line to requests, or to one clear line. */
#include "unit/cli_fixture.h"

#include "cli/request.h"

static const struct {
	const char *line;
	const char *asked; /* all that the daemon was asked */
} good[] = {
	{"status", "GET /v1/status\n"},
	{"-j status", "GET /v1/status\n"},
	{"status --json", "GET /v1/status\n"},
	{"--color=never -s /x status", "GET /v1/status\n"},
	{"service add web tcp:192.0.2.10:80",
	 "PUT /v1/services/web {\"address\":\"tcp:192.0.2.10:80\"}\n"},
	{"service --json add web tcp:192.0.2.10:80 --forward nat",
	 "PUT /v1/services/web {\"forward\":\"nat\",\"address\":\"tcp:192.0.2.10:80\"}\n"},
	{"service add --table-size=4093 web --description a=b tcp:192.0.2.10:80",
	 "PUT /v1/services/web {\"table_size\":\"4093\",\"description\":\"a=b\","
	 "\"address\":\"tcp:192.0.2.10:80\"}\n"},
	{"service add web tcp:192.0.2.10:80 --check none",
	 "PUT /v1/services/web {\"address\":\"tcp:192.0.2.10:80\","
	 "\"checks\":[{\"name\":\"none\"}]}\n"},
	{"service add web tcp:192.0.2.10:80 --check-interval 500ms --check-fall=2",
	 "PUT /v1/services/web {\"address\":\"tcp:192.0.2.10:80\","
	 "\"checks\":[{\"name\":\"tcp\",\"interval\":\"500ms\",\"fall\":\"2\"}]}\n"},
	{"service add dns udp:192.0.2.10:53 --check-rise 1",
	 "PUT /v1/services/dns {\"address\":\"udp:192.0.2.10:53\","
	 "\"checks\":[{\"name\":\"none\",\"rise\":\"1\"}]}\n"},
	{"service add -- web tcp:192.0.2.10:80",
	 "PUT /v1/services/web {\"address\":\"tcp:192.0.2.10:80\"}\n"},
	{"service add any udp:[2001:db8::10]:* --forward gue",
	 "PUT /v1/services/any {\"forward\":\"gue\",\"address\":\"udp:[2001:db8::10]:*\"}\n"},
	{"backend set any 2001:db8::1 --forward service",
	 "PATCH /v1/services/any/backends/2001%3Adb8%3A%3A1 {\"forward\":\"service\"}\n"},
	{"service set web --mss auto --toa",
	 "PATCH /v1/services/web {\"mss\":\"auto\",\"toa\":\"true\"}\n"},
	{"service set web --forward nat", "PATCH /v1/services/web {\"forward\":\"nat\"}\n"},
	{"service set tcp:192.0.2.10:80 --description ''",
	 "PATCH /v1/services/tcp%3A192.0.2.10%3A80 {\"description\":\"\"}\n"},
	{"service remove web", "DELETE /v1/services/web\n"},
	{"service remove ../../x?y=%41#z", "DELETE /v1/services/..%2F..%2Fx%3Fy%3D%2541%23z\n"},
	{"service remove -- -w\xc3\xbc", "DELETE /v1/services/-w%C3%BC\n"},
	{"service list", "GET /v1/services\n"},
	{"service show web", "GET /v1/services/web\n"},
	{"backend add web 10.0.0.11", "PUT /v1/services/web/backends/10.0.0.11 {}\n"},
	{"backend add web 10.0.0.11:8080 --weight 10 --backup",
	 "PUT /v1/services/web/backends/10.0.0.11%3A8080 "
	 "{\"weight\":\"10\",\"backup\":\"true\"}\n"},
	{"backend add web --backup 10.0.0.11",
	 "PUT /v1/services/web/backends/10.0.0.11 {\"backup\":\"true\"}\n"},
	{"backend add web 10.0.0.11 --backup=false --admin drain",
	 "PUT /v1/services/web/backends/10.0.0.11 {\"backup\":\"false\",\"admin\":\"drain\"}\n"},
	{"backend set web 10.0.0.11 --backup no",
	 "PATCH /v1/services/web/backends/10.0.0.11 {\"backup\":\"no\"}\n"},
	{"backend add web [2001:db8::1]:80",
	 "PUT /v1/services/web/backends/%5B2001%3Adb8%3A%3A1%5D%3A80 {}\n"},
	{"backend set web 10.0.0.11 --weight 0",
	 "PATCH /v1/services/web/backends/10.0.0.11 {\"weight\":\"0\"}\n"},
	{"backend remove web 10.0.0.11:80", "DELETE /v1/services/web/backends/10.0.0.11%3A80\n"},
	{"backend list web", "GET /v1/services/web/backends\n"},
	{"backend show web", "GET /v1/services/web/backends\n"},
	{"backend show web 10.0.0.11", "GET /v1/services/web/backends/10.0.0.11\n"},
	{"backend drain web 10.0.0.11",
	 "PATCH /v1/services/web/backends/10.0.0.11 {\"override\":\"drain\"}\n"},
	{"backend disable web 10.0.0.11",
	 "PATCH /v1/services/web/backends/10.0.0.11 {\"override\":\"disabled\"}\n"},
	{"backend enable web 10.0.0.11",
	 "GET /v1/services/web/backends/10.0.0.11\n"
	 "PATCH /v1/services/web/backends/10.0.0.11 {\"override\":\"none\"}\n"},
	{"list", "GET /v1/services\n"},
	{"stats", "GET /v1/stats\n"},
	{"events", "GET /v1/events\n"},
	{"drops", "GET /v1/drops\n"},
	{"diff", "GET /v1/diff\n"},
	{"reload", "POST /v1/reload {}\n"},
	{"save", "POST /v1/save {}\n"},
	{"save --force", "POST /v1/save?force=1 {}\n"},
	{"attach eth0", "PUT /v1/interfaces/eth0\n"},
	{"attach eth0.5@x", "PUT /v1/interfaces/eth0.5%40x\n"},
	{"detach eth0", "DELETE /v1/interfaces/eth0\n"},
};

static void test_requests(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_run_ struct run run = run_shunt(NULL, good[i].line);

		if (run.code != 0 || strcmp(run.asked, good[i].asked) != 0)
			fail_msg("shunt %s: exit %d, %sexpected to ask %sbut asked %s",
				 good[i].line, run.code, run.err, good[i].asked, run.asked);
		assert_string_equal(run.err, "");
	}
}

static const struct {
	const char *line;
	int code;
	const char *says; /* in the one line on stderr */
} bad[] = {
	/* the command */
	{"servcie list", 2, "unknown command 'servcie'; did you mean 'service'?"},
	{"service lst", 2, "unknown command 'service lst'; did you mean 'service list'?"},
	{"backend frobnicate", 2,
	 "expected one of add, set, remove, list, show, enable, disable, drain"},
	{"service", 2, "expected one of add, set, remove, list, show behind 'service'"},
	{"frobnicate", 2, "unknown command 'frobnicate'; `shunt help` lists what there is"},
	{"''", 2, "unknown command ''"},
	{"-", 2, "unknown command '-'"},
	/* options */
	{"--jsno status", 2, "unknown option --jsno; did you mean --json?"},
	{"-x status", 2, "unknown option -x"},
	{"-jj status", 2, "unknown option -jj"},
	{"status --force", 2, "unknown option --force"},
	{"save --forse", 2, "unknown option --forse; did you mean --force?"},
	{"save --force=yes", 2, "--force takes no value"},
	{"--json=1 status", 2, "--json takes no value"},
	{"status -s", 2, "-s: expected a value behind it"},
	{"status --socket=", 2, "--socket: expected a path"},
	{"--color sometimes status", 2, "--color: 'sometimes' is not one of auto, always, never"},
	{"backend set web 10.0.0.11 --wieght 3", 2,
	 "unknown option --wieght; did you mean --weight?"},
	{"service set web --wieght 3", 2, "unknown option --wieght"},
	{"service add web tcp:192.0.2.1:80 --table_size 251", 2,
	 "unknown option --table_size; did you mean --table-size?"},
	{"service add web tcp:192.0.2.1:80 --check-intervall 2s", 2,
	 "unknown option --check-intervall; did you mean --check-interval?"},
	{"service add web tcp:192.0.2.1:80 --check-kind tcp", 2, "unknown option --check-kind"},
	{"service add web tcp:192.0.2.1:80 --address tcp:192.0.2.1:80", 2,
	 "unknown option --address"},
	{"service set web --table-size 251", 2,
	 "--table-size cannot be changed; remove the service and add it anew"},
	{"service set web --address=tcp:192.0.2.1:80", 2, "--address cannot be changed"},
	{"backend set web 10.0.0.11 --override none", 2, "unknown option --override"},
	{"backend set web 10.0.0.11 --check tcp", 2, "unknown option --check"},
	{"backend set web 10.0.0.11 --weight", 2, "--weight: expected a value, N, behind it"},
	{"backend set web 10.0.0.11 --weight 1 --weight 2", 2, "--weight is given twice"},
	/* what follows the command */
	{"status now", 2, "'now' is one argument too many; usage: shunt status"},
	{"service add web", 2, "too few arguments; usage: shunt service add NAME ADDRESS"},
	{"service show ''", 2, "an argument is empty; usage: shunt service show SERVICE"},
	{"backend drain web", 2, "too few arguments"},
	{"service set web", 2, "nothing to set"},
	{"backend set web 10.0.0.11", 2, "nothing to set"},
	{"attach", 2, "too few arguments; usage: shunt attach IF"},
	{"help status service", 2, "'service' is one argument too many"},
	{"help serivce", 2, "did you mean 'service'?"},
	/* values: refused, as the daemon would */
	{"service add x tcp:192.0.2.1:0", 1, "'0' is not a port; expected 1 to 65535"},
	{"service add x tcp:192.0.2.1:65536", 1, "'65536' is not a port; expected 1 to 65535"},
	{"service add x tcp:192.0.2.1", 1, "has no port"},
	{"service add x tcp:192.0.2.256:80", 1, "192.0.2.256"},
	{"service add x sctp:192.0.2.1:80", 1, "sctp:192.0.2.1:80"},
	{"service add a/b tcp:192.0.2.1:80", 1, "'a/b' is not a name of a service"},
	{"service add -- -b tcp:192.0.2.1:80", 1, "'-b' is not a name of a service"},
	{"service add x tcp:192.0.2.1:80 --table-size 16384", 1,
	 "--table-size: '16384' is not a prime"},
	{"service add x tcp:192.0.2.1:80 --table-size 241", 1,
	 "--table-size: '241' is not a number from 251"},
	{"service add x tcp:192.0.2.1:80 --forward drr", 1,
	 "--forward: 'drr' is not one of dr, nat, ipip, gue, fullnat"},
	{"service set x --mss 100", 1,
	 "--mss: '100' is not one of off|auto|N, with N from 536 to 9000"},
	{"service add x tcp:192.0.2.1:80 --check ftp", 1, "--check: 'ftp' is not one of none, tcp"},
	{"service set x --check-interval 2y", 1, "--check-interval: '2y' is not a time"},
	{"service set x --check-port 65536", 1,
	 "--check-port: '65536' is not a number from 0 to 65535"},
	{"backend add web 10.0.0.11:0", 1, "'0' is not a port; expected 1 to 65535"},
	{"backend add web 10.0.0.11:65536", 1, "'65536' is not a port; expected 1 to 65535"},
	{"backend add web 10.0.0", 1, "10.0.0"},
	{"backend enable web nonsense", 1, "nonsense"},
	{"backend show web 10.0.0.11:", 1, "'' is not a port"},
	{"backend set web 10.0.0.11 --weight -1", 1,
	 "--weight: '-1' is not a number from 0 to 65535"},
	{"backend set web 10.0.0.11 --weight=65536", 1,
	 "--weight: '65536' is not a number from 0 to 65535"},
	{"backend set web 10.0.0.11 --weight 10x", 1, "--weight: '10x' is not a number"},
	{"backend set web 10.0.0.11 --backup=perhaps", 1,
	 "--backup: 'perhaps' is not true or false"},
	{"backend set web 10.0.0.11 --description \x1b[31m", 1, "--description: "},
	{"attach an-interface-name-too-long", 1, "an-interface-name-too-long"},
	{"attach ../x", 1, "'../x' is not the name of an interface"},
	/* files */
	{"apply /nonexistent/new.conf", 1, "/nonexistent/new.conf: cannot be read: No such file"},
	{"apply /", 1, "/: cannot be read: Is a directory"},
	{"diff /nonexistent.conf", 1, "/nonexistent.conf: cannot be read"},
	{"check /nonexistent.conf", 1, "/nonexistent.conf"},
};

static void test_mistakes(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_run_ struct run run = run_shunt(NULL, bad[i].line);

		assert_one_line(run.err);
		if (run.code != bad[i].code || !strstr(run.err, bad[i].says))
			fail_msg("shunt %s: expected exit %d and '%s', got exit %d and %s",
				 bad[i].line, bad[i].code, bad[i].says, run.code, run.err);
		assert_string_equal(run.out, "");
		assert_string_equal(run.asked, "");
	}
}

/* What is quoted in an error line cannot write lines of its own, or turn the terminal red. */
static void test_quoted_text_is_safe(void **state)
{
	_cleanup_run_ struct run run = run_shunt(NULL, "stat\x1b[31mus\nshunt:");

	assert_int_equal(run.code, 2);
	assert_string_equal(run.err, "shunt: unknown command 'stat?[31mus?shunt:'; "
				     "`shunt help` lists what there is\n");
}

/* A list may be given in one value, or in several. */
static void test_lists(void **state)
{
	char line[] = "realserver check 192.0.2.10 --director 10.0.0.1 --dev eth0 "
		      "--director=10.0.0.2,10.0.0.3";
	char again[] = "realserver check 192.0.2.10 --dev eth0 --dev eth1";
	_cleanup_json_ json_t *keys = NULL;
	char *argv[FIXTURE_WORDS];
	struct error err = {};
	struct args args;
	int argc = split(line, argv);

	assert_int_equal(args_parse(argc, argv, &args, &err), 0);
	keys = args_keys(&args);
	assert_string_equal(json_string_value(json_object_get(keys, "director")),
			    "10.0.0.1,10.0.0.2,10.0.0.3");
	assert_string_equal(json_string_value(json_object_get(keys, "dev")), "eth0");
	argc = split(again, argv);
	assert_int_equal(args_parse(argc, argv, &args, &err), CLI_USAGE);
	assert_has(err.text, "--dev is given twice");
}

static void test_no_command(void **state)
{
	static const char *const none[] = {"", "-s /x", "--json --color never", "--"};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		_cleanup_run_ struct run run = run_shunt(NULL, none[i]);

		assert_int_equal(run.code, 2);
		assert_string_equal(run.out, "");
		assert_string_equal(run.asked, "");
		assert_has(run.err, "usage: shunt ");
		assert_has(run.err, "service add|set|remove|list|show, backend");
	}
}

static void test_too_many_options(void **state)
{
	_cleanup_free_ char *long_option = mem_zalloc(200);
	_cleanup_free_ char *line = NULL;

	memset(long_option, 'x', 199);
	line = mem_printf("service set web --%s 1", long_option);
	_cleanup_run_ struct run run = run_shunt(NULL, line);
	assert_int_equal(run.code, 2);
	assert_one_line(run.err);
}

/* --- set of a check: read, change, write back --- */

#define SERVICE(name, kind, interval)                                                              \
	"{\"name\":\"web\",\"address\":\"tcp:192.0.2.10:80\",\"checks\":[{\"name\":\"" name        \
	"\",\"kind\":\"" kind "\",\"interval\":\"" interval "\",\"timeout\":\"1s\",\"rise\":2,"    \
	"\"fall\":5,\"jitter\":10,\"port\":0}],\"backends\":[],\"status\":{}}"

static void assert_set(const char *service, const char *options, const char *patch)
{
	const struct answer answers[] = {{"GET /v1/services/web", 200, service}, {NULL, 200}, {}};
	_cleanup_free_ char *line = mem_printf("service set web %s", options),
			    *asked = mem_printf("GET /v1/services/web\nPATCH /v1/services/web %s\n",
						patch);
	_cleanup_run_ struct run run = run_shunt(answers, line);

	assert_string_equal(run.err, "");
	assert_int_equal(run.code, 0);
	assert_string_equal(run.asked, asked);
}

static void test_set_check(void **state)
{
	/* what is at its default stays unset */
	assert_set(SERVICE("tcp", "tcp", "2s"), "--check-interval 5s",
		   "{\"checks\":[{\"name\":\"tcp\",\"fall\":5,\"interval\":\"5s\"}]}");
	assert_set(
		SERVICE("tcp", "tcp", "7s"), "--check-rise 1 --forward nat",
		"{\"forward\":\"nat\",\"checks\":[{\"name\":\"tcp\",\"interval\":\"7s\",\"fall\":5,"
		"\"rise\":\"1\"}]}");
	/* called by its kind: called by the new one */
	assert_set(SERVICE("tcp", "tcp", "2s"), "--check none",
		   "{\"checks\":[{\"name\":\"none\",\"fall\":5}]}");
	/* called otherwise: the kind must be said */
	assert_set(SERVICE("main", "tcp", "2s"), "--check-fall 3",
		   "{\"checks\":[{\"name\":\"main\",\"kind\":\"tcp\",\"fall\":\"3\"}]}");
}

static void test_set_check_of_many(void **state)
{
	static const struct answer answers[] = {
		{NULL, 200, "{\"checks\":[{\"name\":\"a\"},{\"name\":\"b\"}]}"}, {}};
	_cleanup_run_ struct run run = run_shunt(answers, "service set web --check-interval 5s");

	assert_int_equal(run.code, 1);
	assert_one_line(run.err);
	assert_has(run.err, "service 'web' has 2 checks");
	assert_string_equal(run.asked, "GET /v1/services/web\n");
}

/* Where the file says drain, enable must stand against it. */
static void test_enable_against_the_file(void **state)
{
	static const struct answer answers[] = {{NULL, 200, "{\"admin\":\"drain\"}"}, {}};
	_cleanup_run_ struct run run = run_shunt(answers, "backend enable web 10.0.0.11");

	assert_int_equal(run.code, 0);
	assert_string_equal(
		run.asked,
		"GET /v1/services/web/backends/10.0.0.11\n"
		"PATCH /v1/services/web/backends/10.0.0.11 {\"override\":\"enabled\"}\n");
}

static void test_exit_codes(void **state)
{
	assert_int_equal(cli_exit_code(0), 0);
	assert_int_equal(cli_exit_code(CLI_FAILED), 1);
	assert_int_equal(cli_exit_code(-EINVAL), 1);
	assert_int_equal(cli_exit_code(-ENOENT), 1);
	assert_int_equal(cli_exit_code(-EACCES), 1);
	assert_int_equal(cli_exit_code(CLI_USAGE), 2);
	assert_int_equal(cli_exit_code(CLI_UNREACHABLE), 3);
	assert_int_equal(cli_exit_code(CLI_MISSING), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_quoted_text_is_safe),
		cmocka_unit_test(test_no_command),
		cmocka_unit_test(test_too_many_options),
		cmocka_unit_test(test_set_check),
		cmocka_unit_test(test_set_check_of_many),
		cmocka_unit_test(test_enable_against_the_file),
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
