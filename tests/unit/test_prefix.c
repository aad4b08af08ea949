/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_prefix.c - networks as people write them, and what lies in them. */
#include "unit/models.h"

#include <errno.h>

#include "model/prefix.h"

static void test_texts(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} cases[] = {
		{"10.0.0.1", "10.0.0.1"},
		{"10.0.0.1/32", "10.0.0.1"},
		{"172.16.0.0/16", "172.16.0.0/16"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"10.128.0.0/9", "10.128.0.0/9"},
		{"2001:db8::/32", "2001:db8::/32"},
		{"2001:0db8::1/128", "2001:db8::1"},
		{"::/0", "::/0"},
		{"10.0.0.1/31", NULL},
		{"10.0.0.1/8", NULL},
		{"10.64.0.0/9", NULL},
		{"2001:db8::1/64", NULL},
		{"10.0.0.0/33", NULL},
		{"2001:db8::/129", NULL},
		{"10.0.0.0/", NULL},
		{"10.0.0.0/8x", NULL},
		{"10.0.0.0/-1", NULL},
		{"10.0.0.0/8/8", NULL},
		{"/8", NULL},
		{"", NULL},
		{"eth0", NULL},
		{"10.0.0.0 /8", NULL},
		{"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc/8", NULL},
	};
	char buf[IP_PREFIX_LEN];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = {};
		struct ip_prefix prefix;
		int r = ip_prefix_parse(cases[i].text, &prefix, &err);

		if (r != (cases[i].want ? 0 : -EINVAL) ||
		    (!r && strcmp(ip_prefix_format(&prefix, buf), cases[i].want) != 0))
			fail_msg("'%s': %d", cases[i].text, r);
		assert_true(!r == !err.text[0]);
	}
}

static bool contains(const char *network, const char *text)
{
	struct ip_prefix prefix;
	struct ip_addr addr;

	assert_int_equal(ip_prefix_parse(network, &prefix, NULL), 0);
	assert_int_equal(ip_addr_parse(text, &addr, NULL), 0);
	return ip_prefix_contains(&prefix, &addr);
}

static void test_contains(void **state)
{
	assert_true(contains("10.0.0.0/8", "10.255.255.255"));
	assert_false(contains("10.0.0.0/8", "11.0.0.0"));
	assert_true(contains("10.128.0.0/9", "10.200.0.1"));
	assert_false(contains("10.128.0.0/9", "10.127.255.255"));
	assert_true(contains("10.0.0.1", "10.0.0.1"));
	assert_false(contains("10.0.0.1", "10.0.0.0"));
	assert_true(contains("0.0.0.0/0", "203.0.113.1"));
	assert_true(contains("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(contains("2001:db8::/33", "2001:db8:8000::1"));
	assert_false(contains("::/0", "10.0.0.1"));
	assert_false(contains("0.0.0.0/0", "::"));
}

static void test_order(void **state)
{
	struct ip_prefix a, b;

	ip_prefix_parse("10.0.0.0/8", &a, NULL);
	ip_prefix_parse("10.0.0.0/9", &b, NULL);
	assert_true(ip_prefix_compare(&a, &b) < 0);
	assert_true(ip_prefix_compare(&b, &a) > 0);
	assert_int_equal(ip_prefix_compare(&a, &a), 0);
	assert_int_equal(ip_prefix_parse("2001:db8::/9", &b, NULL), -EINVAL);
	ip_prefix_parse("2001:db8::/32", &b, NULL);
	assert_true(ip_prefix_compare(&a, &b) < 0);
	ip_prefix_parse("10.0.0.7", &a, NULL);
	b = ip_prefix_of(&a.addr);
	assert_int_equal(ip_prefix_compare(&a, &b), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
