/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cli_explain.c - `shunt explain` in words, for each kind of answer. */
#include "unit/cli_fixture.h"

#define PACKET                                                                                     \
	"\"packet\":{\"to\":\"tcp:192.0.2.10:80\",\"from\":\"198.51.100.7:40000\",\"syn\":true,"   \
	"\"interface\":\"eth0\"},"
#define NOTHING "\"service\":null,\"slot\":null,\"backend\":null,\"rewrite\":[],\"next_hop\":null}"
#define WEB     "\"service\":{\"name\":\"web\",\"address\":\"tcp:192.0.2.10:80\"},"
#define SLOT    "\"slot\":{\"number\":17,\"of\":251,\"hash\":\"1f\",\"cur\":"
#define BACKEND                                                                                    \
	"\"backend\":{\"address\":\"10.0.0.11:80\",\"number\":1,\"state\":\"up\",\"reason\":\"\"," \
	"\"forward\":\"nat\"},"

#define FORWARDED                                                                                  \
	"{" PACKET "\"verdict\":\"forward\",\"reason\":null," WEB SLOT                             \
	"1,\"untracked\":2,\"state\":\"in_transition\"}," BACKEND                                  \
	"\"rewrite\":[{\"what\":\"source MAC\",\"from\":\"\",\"to\":\"02:00:00:00:00:01\"},"       \
	"{\"what\":\"destination port\",\"from\":\"80\",\"to\":\"8080\"},"                         \
	"{\"what\":\"VLAN\",\"from\":\"7\",\"to\":\"\"}],"                                         \
	"\"next_hop\":{\"interface\":\"eth1\",\"mac\":\"02:00:00:00:00:11\"}}"
#define DROPPED                                                                                    \
	"{" PACKET "\"verdict\":\"drop\",\"reason\":{\"name\":\"no_backend\",\"verdict\":"         \
	"\"drop\",\"help\":\"none is up\"}," WEB SLOT                                              \
	"0,\"untracked\":0,\"state\":\"empty\"},\"backend\":null,\"rewrite\":[],"                  \
	"\"next_hop\":null}"
#define UNMATCHED                                                                                  \
	"{" PACKET "\"verdict\":\"pass\",\"reason\":{\"name\":\"unmatched_pass\",\"verdict\":"     \
	"\"pass\",\"help\":\"no service\"}," NOTHING
#define NOT_OURS "{" PACKET "\"verdict\":\"pass\",\"reason\":null," NOTHING
#define STAYS                                                                                      \
	"{" PACKET "\"verdict\":\"pass\",\"reason\":null," WEB "\"slot\":null," BACKEND            \
	"\"rewrite\":[],\"next_hop\":null}"

#define PACKET_LINE "packet    198.51.100.7:40000 to tcp:192.0.2.10:80, SYN, in by eth0\n"
#define WEB_LINE    "service   web (tcp:192.0.2.10:80)\n"

static const struct {
	const char *json, *out;
} all[] = {
	{FORWARDED, PACKET_LINE WEB_LINE
	 "slot      17 of 251, in transition (backend numbers: current 1, untracked 2)\n"
	 "backend   10.0.0.11:80 (number 1), by nat; up\n"
	 "rewrite   source MAC 02:00:00:00:00:01\n"
	 "          destination port 80 -> 8080\n"
	 "          VLAN 7 goes\n"
	 "next hop  eth1, 02:00:00:00:00:11\n"
	 "verdict   forwarded\n"},
	{DROPPED, PACKET_LINE WEB_LINE
	 "slot      17 of 251, empty (backend numbers: current 0, untracked 0)\n"
	 "verdict   dropped: no_backend: none is up\n"},
	{UNMATCHED, PACKET_LINE "service   none\n"
				"verdict   passed: unmatched_pass: no "
				"service\n"},
	{NOT_OURS, PACKET_LINE "service   none\n"
			       "verdict   passed to the director's own stack: neither for a VIP "
			       "nor from a nat backend\n"},
	{STAYS, PACKET_LINE WEB_LINE "backend   10.0.0.11:80 (number 1), by nat; up\n"
				     "verdict   passed to the director's own stack: a backend's "
				     "answer to the director itself\n"},
};

#define ASK "explain tcp:192.0.2.10:80 --from 198.51.100.7:40000"

static void test_words(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const struct answer answers[] = {{"POST /v1/explain", 200, all[i].json}, {}};
		_cleanup_run_ struct run run = run_shunt(answers, ASK " --syn");

		assert_int_equal(run.code, 0);
		assert_string_equal(run.err, "");
		assert_string_equal(run.out, all[i].out);
	}
}

static void test_what_is_asked(void **state)
{
	static const struct answer answers[] = {{"POST /v1/explain", 200, NOT_OURS}, {}};
	_cleanup_run_ struct run plain = run_shunt(answers, ASK),
				 all_options = run_shunt(answers, ASK " --syn --interface eth1");

	assert_has(plain.asked, "\"to\":\"tcp:192.0.2.10:80\"");
	assert_has(plain.asked, "\"from\":\"198.51.100.7:40000\"");
	assert_has(plain.asked, "\"syn\":false");
	assert_null(strstr(plain.asked, "interface"));
	assert_has(all_options.asked, "\"syn\":true");
	assert_has(all_options.asked, "\"interface\":\"eth1\"");
}

static void test_json(void **state)
{
	static const struct answer answers[] = {{"POST /v1/explain", 200, FORWARDED}, {}};
	_cleanup_run_ struct run run = run_shunt(answers, ASK " --json");

	assert_int_equal(run.code, 0);
	assert_has(run.out, "\"state\": \"in_transition\"");
}

static void test_usage(void **state)
{
	static const struct answer none[] = {{}};
	_cleanup_run_ struct run no_from = run_shunt(none, "explain tcp:192.0.2.10:80"),
				 no_address = run_shunt(none, "explain --from 1.2.3.4:5");

	assert_int_equal(no_from.code, 2);
	assert_has(no_from.err, "--from is missing");
	assert_int_equal(no_address.code, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_what_is_asked),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
