/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cli_output.c - what people see: tables and lines as they stand, colours, JSON, errors. */
#include "unit/cli_fixture.h"

#include <fcntl.h>
#include <signal.h>

#include "cli/cmd_stats.h"
#include "unit/cli_samples.h"

/* --- as it stands --- */

static const struct answer answers[] = {
	{"GET /v1/status", 200, SAMPLE_STATUS},
	{"GET /v1/services", 200, SAMPLE_SERVICES},
	{"GET /v1/services/web", 200, SAMPLE_SERVICE},
	{"GET /v1/services/web/backends", 200,
	 "{\"backends\":[" SAMPLE_BACKEND_UP "," SAMPLE_BACKEND_DOWN "]}"},
	{"GET /v1/services/web/backends/10.0.0.11", 200, SAMPLE_BACKEND_UP},
	{"GET /v1/services/web/backends/10.0.0.112", 200, SAMPLE_BACKEND_DOWN},
	{"GET /v1/stats", 200, SAMPLE_STATS(1732345678.123, 56789, 1234)},
	{"GET /v1/drops", 200, SAMPLE_DROPS},
	{"GET /v1/events", 200, SAMPLE_EVENTS},
	{"GET /v1/events?follow=1", 200, SAMPLE_EVENTS},
	{"GET /v1/diff", 200, SAMPLE_CHANGES},
	{"POST /v1/reload", 200, "{\"changes\":[]}"},
	{"PUT /v1/interfaces/eth0", 200, "{\"name\":\"eth0\",\"mode\":\"native\"}"},
	{"PUT /v1/services/web", 201, "{\"name\":\"web\"}"},
	{"DELETE /v1/services/web", 204, NULL},
	{},
};

static const struct {
	const char *line, *out;
} golden[] = {
	{"status",
	 "daemon      shuntd 0.1.0, pid 12, up 2h 3m, took over what was forwarding before it\n"
	 "config      /etc/shunt/shunt.conf\n"
	 "seed        00000000deadbeef\n"
	 "program     id 17, tag 0123456789abcdef, ABI 1\n"
	 "interface   eth0 native; switched off: rx-vlan-hw-parse, rx-lro; CANNOT be switched off: "
	 "rx-gro-hw\n"
	 "interface   eth2 native, egress only\n"
	 "interface   eth1 generic (slower than native), link is down\n"
	 "checker     running, pid 13, restarts 0\n"
	 "totals      services 2, backends 6, up 5\n"
	 "traffic     connections 1235, packets 56796, bytes 12.3G; replies: packets 0, bytes 0\n"
	 "memory      maps 25.2M bytes\n"
	 "            slots 32762 of 4194304\n"
	 "            backends 32 of 65536\n"
	 "            services 2 of 4096\n"
	 "ports       fullnat: 1200 of 63488 used, 62280 free, 8 resting\n"
	 "ALARM       since 2024-11-23 07:07:58.123: 192.0.2.10 is held by 02:00:00:00:00:99\n"},
	{"service list",
	 "NAME ADDRESS              SCHEDULER FORWARD UP     ANNOUNCE CONNECTIONS DESCRIPTION\n"
	 "web  tcp:192.0.2.10:80    maglev    dr      1 of 2 held            1235 the shop\n"
	 "dns  udp:[2001:db8::10]:* maglev    nat     0 of 0 none               0\n"},
	{"service show web",
	 "service           web\n"
	 "address           tcp:192.0.2.10:80\n"
	 "scheduler         maglev\n"
	 "forward           dr\n"
	 "mss               auto\n"
	 "toa               false\n"
	 "table_size        16381\n"
	 "description       the shop\n"
	 "check             tcp: kind tcp, interval 2s, timeout 1s, rise 2, fall 3, jitter 10, "
	 "port 0\n"
	 "up                1 of 2\n"
	 "slots             16381 stable, 0 in transition, 0 mixed, 0 empty\n"
	 "announce          held\n"
	 "connections       1235\n"
	 "packets           56796\n"
	 "bytes             12345679321\n"
	 "reply_packets     0\n"
	 "reply_bytes       0\n"
	 "\n"
	 "BACKEND       FORWARD WEIGHT SHARE CONNECTIONS PACKETS BYTES STATE FOR    WHY\n"
	 "10.0.0.11:80  dr          10 33.3%        1234   56789 12.3G up    2m 2s\n"
	 "10.0.0.112:80 gue         20  0.0%           1       7   420 down  1h 20m backup, "
	 "connection "
	 "refused\n"},
	{"backend list web",
	 "BACKEND       FORWARD WEIGHT SHARE CONNECTIONS PACKETS BYTES STATE FOR    WHY\n"
	 "10.0.0.11:80  dr          10 33.3%        1234   56789 12.3G up    2m 2s\n"
	 "10.0.0.112:80 gue         20  0.0%           1       7   420 down  1h 20m backup, "
	 "connection "
	 "refused\n"},
	{"backend show web 10.0.0.11",
	 "backend           10.0.0.11:80\n"
	 "forward           service\n"
	 "weight            10\n"
	 "backup            false\n"
	 "admin             enabled\n"
	 "description\n"
	 "override          none\n"
	 "state             up for 2m 2s (since 2024-11-23 07:07:57.500): connected\n"
	 "number            2\n"
	 "effective_forward dr\n"
	 "effective_weight  10\n"
	 "slots             5461, 33.3% of the service's\n"
	 "next_hop          02:00:00:00:00:01 on eth0 with VLAN 100 (802.1ad), VLAN 10, by "
	 "10.0.0.11\n"
	 "path_mtu          1400\n"
	 "last_check        passed in 0.412ms, 1s ago, 12 in a row\n"
	 "connections       1234\n"
	 "packets           56789\n"
	 "bytes             12345678901\n"
	 "reply_packets     0\n"
	 "reply_bytes       0\n"},
	{"backend show web 10.0.0.112",
	 "backend           10.0.0.112:80\n"
	 "forward           gue\n"
	 "weight            20\n"
	 "backup            true\n"
	 "admin             enabled\n"
	 "description       rack \"b\"\n"
	 "override          none\n"
	 "state             down for 1h 20m (since 2024-11-23 05:50:00.000): connection refused\n"
	 "number            3\n"
	 "effective_forward gue\n"
	 "effective_weight  0\n"
	 "slots             0, 0.0% of the service's\n"
	 "next_hop          not known\n"
	 "last_check        none yet\n"
	 "connections       1\n"
	 "packets           7\n"
	 "bytes             420\n"
	 "reply_packets     0\n"
	 "reply_bytes       0\n"},
	{"list",
	 "SERVICE SCHEDULER NAME\n"
	 "  -> BACKEND                    FORWARD WEIGHT SHARE CONNECTIONS PACKETS STATE  FOR    "
	 "WHY\n"
	 "tcp:192.0.2.10:80 maglev web                                1235   56796 1 of 2\n"
	 "  -> 10.0.0.11:80               dr          10 33.3%        1234   56789 up     2m 2s\n"
	 "  -> 10.0.0.112:80              gue         20  0.0%           1       7 down   1h 20m "
	 "backup, "
	 "connection refused\n"
	 "udp:[2001:db8::10]:* maglev dns                                0       0 0 of 0\n"},
	{"stats", "SERVICE NAME\n"
		  "  -> BACKEND          CONNECTIONS PACKETS BYTES REPLY PACKETS REPLY BYTES\n"
		  "tcp:192.0.2.10:80 web        1234   56789  1000             0           0\n"
		  "  -> 10.0.0.11:80            1234   56789  1000             0           0\n"},
	{"drops", "REASON     VERDICT COUNT WHAT IT MEANS\n"
		  "no_backend drop       12 no backend of the service is up\n"
		  "icmp_echo  answer      0 ICMP echo request to a VIP, answered by the program\n"},
	{"events",
	 "2024-11-23 07:07:58.123  info     service    web: added\n"
	 "(events missing here: 2)\n"
	 "2024-11-23 07:07:59.500  warning  backend    10.0.0.11:80 of web: up -> down: connection "
	 "refused\n"},
	{"diff", "add     service dns\n"
		 "remove  backend 10.0.0.11:80 of web\n"
		 "change  backend 10.0.0.12:80 of web: weight 10 -> 20\n"
		 "change  service web: description '' -> the shop\n"
		 "change  settings: unmatched pass -> drop\n"},
	{"reload", "nothing to change\n"},
	{"attach eth0", "eth0: attached, native mode\n"},
	{"service add web tcp:192.0.2.10:80", ""},
	{"service remove web", ""},
	{"service remove web -j", ""},
	{"service add web tcp:192.0.2.10:80 --json", "{\n  \"name\": \"web\"\n}\n"},
	{"attach eth0 -j", "{\n  \"name\": \"eth0\",\n  \"mode\": \"native\"\n}\n"},
	{"events -j",
	 "{\"seq\": 12, \"time\": 1732345678.123, \"level\": \"info\", \"kind\": \"service\", "
	 "\"service\": \"web\", \"text\": \"web: added\"}\n"
	 "{\"seq\": 15, \"time\": 1732345679.5, \"level\": \"warning\", \"kind\": \"backend\", "
	 "\"service\": \"web\", \"backend\": \"10.0.0.11:80\", "
	 "\"text\": \"10.0.0.11:80 of web: up -> down: connection refused\"}\n"},
	{"--version", "shunt " SHUNT_VERSION "\n"},
};

static void test_golden(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		_cleanup_run_ struct run run = run_shunt(answers, golden[i].line);

		assert_string_equal(run.err, "");
		assert_int_equal(run.code, 0);
		if (strcmp(run.out, golden[i].out) != 0)
			fail_msg("shunt %s: expected\n%sgot\n%s", golden[i].line, golden[i].out,
				 run.out);
	}
}

/* --json: the same values, whatever the command. */
static void test_json_is_unchanged(void **state)
{
	static const struct {
		const char *line, *body;
	} cases[] = {
		{"--json status", SAMPLE_STATUS},
		{"--json list", SAMPLE_SERVICES},
		{"--json service list", SAMPLE_SERVICES},
		{"--json service show web", SAMPLE_SERVICE},
		{"--json diff", SAMPLE_CHANGES},
		{"--json drops", SAMPLE_DROPS},
		{"--json backend show web 10.0.0.11", SAMPLE_BACKEND_UP},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_run_ struct run run = run_shunt(answers, cases[i].line);
		_cleanup_json_ json_t *got = json_loads(run.out, 0, NULL),
				      *sent = json_loads(cases[i].body, 0, NULL);

		assert_int_equal(run.code, 0);
		assert_non_null(sent);
		assert_true(json_equal(got, sent));
	}
}

/* --- colour --- */

static void test_colour(void **state)
{
	_cleanup_run_ struct run always = run_shunt(answers, "--color always list"),
				 never = run_shunt(answers, "--color never list"),
				 automatic = run_shunt(answers, "list"),
				 json = run_shunt(answers, "--color always --json list");

	assert_has(always.out, "\033[32mup");
	assert_has(always.out, "\033[31mdown");
	assert_has(always.out, "1 of 2");
	assert_null(strchr(never.out, '\033'));
	assert_null(strchr(automatic.out, '\033')); /* no terminal */
	assert_null(strchr(json.out, '\033'));
}

/* --- what a hostile or broken daemon says --- */

static const char *const lines[] = {
	"status",
	"service list",
	"service show web",
	"backend list web",
	"backend show web",
	"backend show web 10.0.0.11",
	"list",
	"stats",
	"drops",
	"diff",
	"reload",
	"attach eth0",
	"backend enable web 10.0.0.11",
	"--json list",
	"--color always list",
	"--color always status",
};

/* Whatever JSON comes: no crash, and no more than one line on stderr. */
static void test_unexpected_json(void **state)
{
	static const char *const bodies[] = {
		"{}",
		"[]",
		"null",
		"3",
		"\"text\"",
		"[[[]]]",
		"{\"services\":3,\"backends\":{},\"reasons\":\"x\",\"changes\":[1,null,{}]}",
		("{\"services\":[1,{\"backends\":[2,{}],\"name\":[]}],\"backends\":[null],"
		 "\"interfaces\":[7],\"alarms\":[[]],\"checks\":[1],\"status\":[],\"time\":\"x\"}"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		for (size_t j = 0; j < ARRAY_SIZE(lines); j++) {
			const struct answer any[] = {{NULL, 200, bodies[i]}, {}};
			_cleanup_run_ struct run run = run_shunt(any, lines[j]);

			if (run.code != 0)
				fail_msg("%s of %s: %s", lines[j], bodies[i], run.err);
		}
}

static void test_not_json(void **state)
{
	static const char *const bodies[] = {"{",    "<html>",           "{} {}",
					     "\xff", "{\"a\":\"\xc3\"}", "{\"a\":1,}"};

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		const struct answer any[] = {{NULL, 200, bodies[i]}, {}};
		_cleanup_run_ struct run run = run_shunt(any, "status"),
					 events = run_shunt(any, "events");

		assert_int_equal(run.code, 1);
		assert_one_line(run.err);
		assert_string_equal(run.out, "");
		assert_int_equal(events.code, 1);
		assert_one_line(events.err);
	}
}

#define HOSTILE "\\u001b[31m\\u0007\\u009b2J\\u007f\\r\\nshunt: lies"

static void test_control_characters(void **state)
{
	static const struct answer hostile[] = {
		{"GET /v1/events", 200,
		 "{\"seq\":1,\"time\":1,\"level\":\"" HOSTILE "\",\"kind\":\"" HOSTILE
		 "\",\"text\":\"" HOSTILE "\"}\n"},
		{NULL, 200,
		 "{\"version\":\"" HOSTILE "\",\"config\":\"" HOSTILE
		 "\",\"services\":[{\"name\":\"" HOSTILE "\",\"address\":\"" HOSTILE
		 "\",\"description\":\"" HOSTILE "\",\"backends\":["
		 "{\"address\":\"" HOSTILE "\",\"status\":{\"state\":\"" HOSTILE
		 "\",\"reason\":\"" HOSTILE "\"}}]}],\"backends\":[{\"address\":\"" HOSTILE
		 "\"}],\"reasons\":[{\"help\":\"" HOSTILE
		 "\"}],\"changes\":[{\"action\":\"change\",\"object\":\"" HOSTILE
		 "\",\"from\":\"" HOSTILE "\"}],\"mode\":\"" HOSTILE
		 "\",\"alarms\":[{\"text\":\"" HOSTILE "\"}]}"},
		{},
	};

	for (size_t j = 0; j < ARRAY_SIZE(lines); j++) {
		_cleanup_run_ struct run run = run_shunt(hostile, lines[j]);

		assert_int_equal(run.code, 0);
		assert_null(strstr(run.out, "\033[31m\a"));
		assert_null(strchr(run.out, '\a'));
		assert_null(strchr(run.out, '\r'));
		assert_null(strchr(run.out, 0x7f));
		assert_null(strstr(run.out, "\xc2\x9b"));
		assert_null(strstr(run.out, "\nshunt: lies"));
	}
	_cleanup_run_ struct run events = run_shunt(hostile, "events");
	assert_string_equal(events.out, "1970-01-01 00:00:01.000  ?[31m???2J???shunt: lies  "
					"?[31m???2J???shunt: lies  ?[31m???2J???shunt: lies\n");
}

/* A thousand alarms leave the screen readable. */
static void test_many_alarms(void **state)
{
	char status[4096] = "{\"alarms\":[";
	const struct answer alarmed[] = {{"GET /v1/status", 200, status}, {}};

	for (int i = 0; i < 25; i++)
		snprintf(status + strlen(status), sizeof(status) - strlen(status),
			 "%s{\"since\":1,\"text\":\"alarm number %d\"}", i ? "," : "", i);
	snprintf(status + strlen(status), sizeof(status) - strlen(status), "]}");
	_cleanup_run_ struct run run = run_shunt(alarmed, "status");
	assert_int_equal(run.code, 0);
	assert_non_null(strstr(run.out, "alarm number 9\n"));
	assert_null(strstr(run.out, "alarm number 10"));
	assert_non_null(strstr(run.out, "and 15 more; shunt --json status has all\n"));
}

/* --- refusals --- */

static void test_refusals(void **state)
{
	static const struct {
		int status;
		const char *body;
		int code;
		const char *err;
	} cases[] = {
		{400, "{\"error\":\"weight: '-1' is wrong\"}", 1, "shunt: weight: '-1' is wrong\n"},
		{403, "{\"error\":\"only root\"}", 1, "shunt: only root\n"},
		{404, "{\"error\":\"no service 'web'\",\"missing\":true}", 4,
		 "shunt: no service 'web'\n"},
		{404, "{\"error\":\"no such path\"}", 1, "shunt: no such path\n"},
		{404, "{\"error\":\"no such path\",\"missing\":false}", 1, "shunt: no such path\n"},
		{400, "{\"error\":\"x\",\"missing\":true}", 1, "shunt: x\n"},
		{405, "{\"error\":\"x\"}", 1, "shunt: x\n"},
		{409, "{\"error\":\"service 'web' exists already\"}", 1,
		 "shunt: service 'web' exists already\n"},
		{413, "{\"error\":\"x\"}", 1, "shunt: x\n"},
		{500, "{\"error\":\"two\\nlines\"}", 1, "shunt: two?lines\n"},
		{507, "{\"error\":\"x\"}", 1, "shunt: x\n"},
		{500, "<html>", 1,
		 "shunt: the daemon answered with HTTP status 500 and without a reason\n"},
		{404, NULL, 1,
		 "shunt: the daemon answered with HTTP status 404 and without a reason\n"},
	};
	static const char *const commands_tried[] = {
		"status",
		"service add web tcp:192.0.2.1:80",
		"service remove web",
		"list",
		"backend enable web 10.0.0.11",
		"events",
		"events --follow",
		"stats --rate",
		"save -",
		"reload",
		"service set web --check-fall 2",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t j = 0; j < ARRAY_SIZE(commands_tried); j++) {
			const struct answer any[] = {{NULL, cases[i].status, cases[i].body}, {}};
			_cleanup_run_ struct run run = run_shunt(any, commands_tried[j]);

			assert_string_equal(run.err, cases[i].err);
			assert_int_equal(run.code, cases[i].code);
			assert_string_equal(run.out, "");
		}
}

/* --- stats, again and again --- */

static void test_rates(void **state)
{
	_cleanup_json_ json_t *before = json_loads(SAMPLE_STATS(100.0, 1000, 50), 0, NULL),
			      *after = json_loads(SAMPLE_STATS(102.0, 1500, 40), 0, NULL),
			      *rates = cmd_stats_rate(before, after),
			      *same = cmd_stats_rate(after, after),
			      *none = cmd_stats_rate(json_null(), after);
	const json_t *counters =
		json_object_get(json_array_get(json_object_get(rates, "services"), 0), "counters");

	assert_true(out_number(rates, "seconds") == 2);
	assert_int_equal(out_number(counters, "packets"), 250);
	assert_int_equal(out_number(counters, "connections"), 0); /* went back: counted anew */
	counters =
		json_object_get(json_array_get(json_object_get(same, "services"), 0), "counters");
	assert_int_equal(out_number(counters, "packets"), 0);
	counters =
		json_object_get(json_array_get(json_object_get(none, "services"), 0), "counters");
	assert_int_equal(out_number(counters, "packets"), 0);
}

static void test_rate_command(void **state)
{
	static const struct answer two[] = {{NULL, 200, SAMPLE_STATS(100.0, 1000, 50)},
					    {NULL, 200, SAMPLE_STATS(100.5, 1500, 60)},
					    {}};
	_cleanup_run_ struct run run = run_shunt(two, "stats --rate");

	assert_int_equal(run.code, 0);
	assert_string_equal(run.asked, "GET /v1/stats\nGET /v1/stats\n");
	assert_string_equal(run.out, "SERVICE NAME\n"
				     "  -> BACKEND          CONNECTIONS/s PACKETS/s BYTES/s REPLY "
				     "PACKETS/s REPLY BYTES/s\n"
				     "tcp:192.0.2.10:80 web            20      1000       0        "
				     "       0             0\n"
				     "  -> 10.0.0.11:80                20      1000       0        "
				     "       0             0\n");
}

/* SIGINT that came: taken from the descriptor, so that the test itself lives. */
static void take_interrupt(void)
{
	struct timespec none = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigtimedwait(&set, NULL, &none);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void test_watch_ends_by_interrupt(void **state)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGINT);
	_cleanup_run_ struct run run = run_shunt(answers, "stats --watch --json");
	take_interrupt();
	assert_int_equal(run.code, 0);
	assert_string_equal(run.err, "");
	assert_ptr_equal(strchr(run.out, '\n'),
			 run.out + strlen(run.out) - 1); /* one line, one round */
}

static void test_follow_ends_with_the_daemon(void **state)
{
	static const struct answer stream[] = {{"GET /v1/events?follow=1", 200, SAMPLE_EVENTS}, {}};
	_cleanup_run_ struct run run = run_shunt(stream, "events --follow --json");

	assert_int_equal(run.code, 3);
	assert_one_line(run.err);
	assert_has(run.err, "ended the stream");
	assert_has(run.out, "\"seq\": 15");
}

static void test_long_lines_are_refused(void **state)
{
	_cleanup_free_ char *line = mem_zalloc(70001);
	const struct answer any[] = {{NULL, 200, line}, {}};

	memset(line, ' ', 70000);
	_cleanup_run_ struct run run = run_shunt(any, "events");
	assert_int_equal(run.code, 1);
	assert_one_line(run.err);
	assert_has(run.err, "65536 bytes");
}

/* --- where it goes --- */

static int run_to(FILE *file, const char *line, char **ret_err)
{
	_cleanup_free_ char *copy = mem_strdup(line);
	char *argv[FIXTURE_WORDS];
	struct cli_world world = {.out = file, .now = FIXTURE_NOW, .connect = fake_connect};
	int argc = split(copy, argv), code;
	size_t size;

	fake.answers = answers;
	fake.given = 0;
	fake.asked = fopen("/dev/null", "w");
	world.err = open_memstream(ret_err, &size);
	code = cli_run(argc, argv, &world);
	fclose(world.err);
	fclose(fake.asked);
	return code;
}

static void test_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	_cleanup_free_ char *err = NULL;

	assert_non_null(full);
	assert_int_equal(run_to(full, "list", &err), 1);
	assert_string_equal(err, "shunt: cannot write the output: No space left on device\n");
	fclose(full);
}

static void test_broken_pipe(void **state)
{
	static const char *const printing[] = {"list",     "status",          "help",
					       "events",   "events --follow", "stats --watch",
					       "--version"};

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(printing); i++) {
		_cleanup_free_ char *err = NULL;
		int fds[2];
		FILE *out;

		assert_int_equal(pipe(fds), 0);
		close(fds[0]);
		out = fdopen(fds[1], "w");
		assert_int_equal(run_to(out, printing[i], &err), 0);
		assert_string_equal(err, "");
		fclose(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_json_is_unchanged),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_unexpected_json),
		cmocka_unit_test(test_not_json),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_many_alarms),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_rate_command),
		cmocka_unit_test(test_watch_ends_by_interrupt),
		cmocka_unit_test(test_follow_ends_with_the_daemon),
		cmocka_unit_test(test_long_lines_are_refused),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_broken_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
