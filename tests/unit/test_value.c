/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_value.c - numbers, times, and what somebody may have meant; texts fit for a line. */
#include "unit/models.h"

#include <errno.h>
#include <inttypes.h>

#include "base/text.h"
#include "model/value.h"

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		int code;
		uint64_t want;
	} cases[] = {
		{"0", 0, 0},
		{"65535", 0, 65535},
		{"65536", -EINVAL},
		{"-1", -EINVAL},
		{"+1", -EINVAL},
		{" 1", -EINVAL},
		{"1 ", -EINVAL},
		{"", -EINVAL},
		{"0x10", -EINVAL},
		{"1e3", -EINVAL},
		{"007", 0, 7},
		{"1.0", -EINVAL},
		{"99999999999999999999", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t got = 4711;
		int r = value_parse_number(cases[i].text, 0, 65535, &got, NULL);

		if (r != cases[i].code || got != (r ? 4711 : cases[i].want))
			fail_msg("'%s': %d, %" PRIu64, cases[i].text, r, got);
	}
}

static void test_number_error(void **state)
{
	struct error err = {};
	uint64_t n;

	models_assert_error("65536", value_parse_number("65536", 1, 65535, &n, &err), -EINVAL, &err,
			    "'65536' is not a number from 1 to 65535");
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int code;
		uint64_t want;
	} cases[] = {
		{"2", 0, 2000},
		{"2s", 0, 2000},
		{"500ms", 0, 500},
		{"1.5s", 0, 1500},
		{"15m", 0, 900000},
		{"2h", 0, 7200000},
		{"1d", 0, 86400000},
		{"0", 0, 0},
		{"0.5", 0, 500},
		{"1.001s", 0, 1001},
		{"1.5ms", 0, 2},
		{"1.0005s", -EINVAL},
		{"1.s", -EINVAL},
		{".5s", -EINVAL},
		{"1,5s", -EINVAL},
		{"s", -EINVAL},
		{"", -EINVAL},
		{"-1s", -EINVAL},
		{"2 s", -EINVAL},
		{"2S", -EINVAL},
		{"2y", -EINVAL},
		{"2sx", -EINVAL},
		{"1.2.3s", -EINVAL},
		{"0x10s", -EINVAL},
		{"1e3s", -EINVAL},
		{"12d", -EINVAL},
		{"999999999d", -EINVAL},
		{"9999999999999999999d", -EINVAL},
		{"10000000000ms", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t got = 4711;
		int r = value_parse_duration(cases[i].text, 0, 864000000, &got, NULL);

		if (r != cases[i].code || got != (r ? 4711 : cases[i].want))
			fail_msg("'%s': %d, %" PRIu64, cases[i].text, r, got);
	}
}

static void test_durations_read_back(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} shortest[] = {{0, "0s"},       {1, "1ms"},       {1500, "1500ms"},
			{2000, "2s"},    {60000, "1m"},    {90000, "90s"},
			{3600000, "1h"}, {86400000, "1d"}, {90000000, "25h"}};
	char buf[VALUE_DURATION_LEN];
	__u64 seed = 1;
	uint64_t got;

	for (size_t i = 0; i < ARRAY_SIZE(shortest); i++)
		assert_string_equal(value_format_duration(shortest[i].ms, buf), shortest[i].text);
	for (size_t i = 0; i < 10000; i++) {
		uint64_t ms = models_random(&seed, 864000000);

		value_format_duration(ms, buf);
		assert_int_equal(value_parse_duration(buf, 0, 864000000, &got, NULL), 0);
		assert_int_equal(got, ms);
	}
}

static void test_duration_error(void **state)
{
	struct error err = {};
	uint64_t ms;

	models_assert_error("2y", value_parse_duration("2y", 100, 3600000, &ms, &err), -EINVAL,
			    &err, "'2y' is not a time from 100ms to 1h (units ms, s, m, h, d)");
}

static void test_ports(void **state)
{
	static const struct {
		const char *text;
		int code;
		struct port_range want;
	} cases[] = {
		{"1024-32767", 0, {1024, 32767}},
		{"1024-65535", 0, {1024, 65535}},
		{"5000-5000", 0, {5000, 5000}},
		{"5001-5000", -EINVAL},
		{"1023-5000", -EINVAL},
		{"1024-65536", -EINVAL},
		{"5000", -EINVAL},
		{"5000-", -EINVAL},
		{"-5000", -EINVAL},
		{"5000 - 6000", -EINVAL},
		{"5000-6000x", -EINVAL},
		{"5000-6000-7000", -EINVAL},
		{"5000--6000", -EINVAL},
		{"", -EINVAL},
		{"-", -EINVAL},
		{"111111111-222222222", -EINVAL},
	};
	struct error err = {};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct port_range got = {};
		int r = value_parse_ports(cases[i].text, 1024, 65535, &got, NULL);

		if (r != cases[i].code || got.low != cases[i].want.low ||
		    got.high != cases[i].want.high)
			fail_msg("'%s': %d, %u-%u", cases[i].text, r, got.low, got.high);
	}
	models_assert_error("5", value_parse_ports("5", 1024, 65535, &(struct port_range){}, &err),
			    -EINVAL, &err,
			    "'5' is not a range of ports; expected LOW-HIGH within "
			    "1024-65535");
}

static void test_did_you_mean(void **state)
{
	static const char *const names[] = {"weight", "backup", "admin", "description"};
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"wieght", "weight"},  {"weigth", "weight"}, {"weigt", "weight"},
		{"weights", "weight"}, {"wight", "weight"},  {"discription", "description"},
		{"admn", "admin"},     {"xyz", NULL},        {"", NULL},
		{"port", NULL},        {"backup", "backup"}, {"bakcpu", "backup"},
	};
	char longer[1000];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *got = value_did_you_mean(cases[i].text, names, ARRAY_SIZE(names));

		if ((got == NULL) != (cases[i].want == NULL) ||
		    (got && strcmp(got, cases[i].want) != 0))
			fail_msg("'%s': %s", cases[i].text, got ? got : "none");
	}
	memset(longer, 'w', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_null(value_did_you_mean(longer, names, ARRAY_SIZE(names)));
}

static void test_clean_text(void **state)
{
	static const struct {
		const char *text, *cleaned;
	} cases[] = {
		{"plain", "plain"},
		{"Größe ≥ 3 \U0001f600", "Größe ≥ 3 \U0001f600"},
		{"two\nlines\r\t", "two?lines??"},
		{"\033[31m\x7f", "?[31m?"},
		{"\xff\xfe", "??"},
		{"\xc0\xaf", "??"},           /* overlong */
		{"\xe0\x80\xaf", "???"},      /* overlong */
		{"\xed\xa0\x80", "???"},      /* a surrogate */
		{"\xf4\x90\x80\x80", "????"}, /* over U+10FFFF */
		{"\xc2\x85", "??"},           /* NEL, a C1 control */
		{"cut \xe2\x89", "cut ??"},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s", cases[i].text);
		assert_string_equal(text_clean(text), cases[i].cleaned);
		assert_int_equal(text_is_clean(cases[i].text),
				 strcmp(cases[i].text, cases[i].cleaned) == 0);
	}
}

static void test_errors_are_one_clean_line(void **state)
{
	char line[ERROR_LINE_LEN];
	struct error err = {};

	assert_int_equal(error_set(&err, -EINVAL, "'%s'", "a\nb\xff"), -EINVAL);
	assert_string_equal(err.text, "'a?b?'");
	assert_int_equal(error_prefix(&err, "%s", "key"), -EINVAL);
	assert_string_equal(err.text, "key: 'a?b?'");
	assert_int_equal(error_at(&err, "shunt.conf", 12), -EINVAL);
	assert_string_equal(err.file, "shunt.conf");
	assert_int_equal(err.line, 12);
	assert_string_equal(error_line(&err, line), "shunt.conf:12: key: 'a?b?'");
	error_at(&err, "shunt.conf", 0);
	assert_string_equal(error_line(&err, line), "shunt.conf: key: 'a?b?'");
	error_at(&err, "", 0);
	assert_string_equal(error_line(&err, line), "key: 'a?b?'");
	assert_int_equal(error_set(NULL, -ENOENT, "nobody listens"), -ENOENT);
}

static void test_long_errors_are_cut(void **state)
{
	char text[2000];
	struct error err = {};

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, -EINVAL, "%s", text);
	error_prefix(&err, "prefix");
	assert_memory_equal(err.text, "prefix: xxx", 11);
	assert_true(strlen(err.text) < sizeof(err.text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_number_error),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_durations_read_back),
		cmocka_unit_test(test_duration_error),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_did_you_mean),
		cmocka_unit_test(test_clean_text),
		cmocka_unit_test(test_errors_are_one_clean_line),
		cmocka_unit_test(test_long_errors_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
