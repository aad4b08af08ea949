/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_addr.c - addresses as people write them. */
#include "unit/models.h"

#include <errno.h>

#include "model/addr.h"

/* What a parser makes of a text: the text it prints, or NULL for a refusal. */
struct written {
	const char *text, *want;
};

static void test_addresses(void **state)
{
	static const struct written cases[] = {
		{"192.0.2.10", "192.0.2.10"},
		{"2001:db8::10", "2001:db8::10"},
		{"2001:0db8:0::0010", "2001:db8::10"},
		{"::", "::"},
		{"192.0.2", NULL},
		{"192.0.2.256", NULL},
		{"192.0.2.1.1", NULL},
		{"192.0.2.010", NULL},
		{"0x7f.0.0.1", NULL},
		{"192.0.2.10 ", NULL},
		{" 192.0.2.10", NULL},
		{"[2001:db8::1]", NULL},
		{"fe80::1%eth0", NULL},
		{"localhost", NULL},
		{"", NULL},
	};
	char buf[IP_ADDR_LEN];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_addr addr;
		int r = ip_addr_parse(cases[i].text, &addr, NULL);

		if (r != (cases[i].want ? 0 : -EINVAL) ||
		    (!r && strcmp(ip_addr_format(&addr, buf), cases[i].want) != 0))
			fail_msg("'%s': %d", cases[i].text, r);
	}
}

static void test_endpoints(void **state)
{
	static const struct written cases[] = {
		{"192.0.2.10:80", "192.0.2.10:80"},
		{"192.0.2.10", "192.0.2.10"},
		{"[2001:db8::10]:80", "[2001:db8::10]:80"},
		{"2001:db8::10", "2001:db8::10"},
		{"[2001:db8::10]", "2001:db8::10"},
		{"192.0.2.10:65535", "192.0.2.10:65535"},
		{"192.0.2.10:0", NULL},
		{"192.0.2.10:65536", NULL},
		{"192.0.2.10:-1", NULL},
		{"192.0.2.10:", NULL},
		{"192.0.2.10:80x", NULL},
		{"192.0.2.10:80:80", NULL},
		{"192.0.2.10:*", NULL},
		{"[192.0.2.10]:80", NULL},
		{"[2001:db8::10", NULL},
		{"[2001:db8::10]80", NULL},
		{"[2001:db8::10]:", NULL},
		{"2001:db8::10]:80", NULL},
		{"[]:80", NULL},
		{":80", NULL},
		{"", NULL},
		{"1111111111111111111111111111111111111111111111111111111111111111111", NULL},
	};
	char buf[ENDPOINT_LEN];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct endpoint at;
		int r = endpoint_parse(cases[i].text, &at, NULL);

		if (r != (cases[i].want ? 0 : -EINVAL) ||
		    (!r && strcmp(endpoint_format(&at, buf), cases[i].want) != 0))
			fail_msg("'%s': %d", cases[i].text, r);
	}
}

static void test_vips(void **state)
{
	static const struct written cases[] = {
		{"tcp:192.0.2.10:80", "tcp:192.0.2.10:80"},
		{"udp:[2001:db8::10]:53", "udp:[2001:db8::10]:53"},
		{"udp:[2001:0DB8:0::0010]:53", "udp:[2001:db8::10]:53"},
		{"tcp:192.0.2.10:*", "tcp:192.0.2.10:*"},
		{"udp:[2001:db8::10]:*", "udp:[2001:db8::10]:*"},
		{"tcp:192.0.2.10:**", NULL},
		{"tcp:192.0.2.10:* ", NULL},
		{"tcp:192.0.2.10:0", NULL},
		{"tcp:[2001:db8::10]", NULL},
		{"tcp:2001:db8::10", NULL},
		{"tcp:*", NULL},
		{"*", NULL},
		{"tcp:192.0.2.10", NULL},
		{"tcp:2001:db8::1:80", NULL},
		{"192.0.2.10:80", NULL},
		{"sctp:192.0.2.10:80", NULL},
		{"TCP:192.0.2.10:80", NULL},
		{"tcp:", NULL},
		{"tcp", NULL},
		{"", NULL},
	};
	char buf[VIP_LEN];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vip vip;
		int r = vip_parse(cases[i].text, &vip, NULL);

		if (r != (cases[i].want ? 0 : -EINVAL) ||
		    (!r && strcmp(vip_format(&vip, buf), cases[i].want) != 0))
			fail_msg("'%s': %d", cases[i].text, r);
	}
}

static void test_errors(void **state)
{
	static const struct written cases[] = {
		{"tcp:192.0.2.10:65536", "'65536' is not a port; expected 1 to 65535"},
		{"tcp:192.0.2.10:0", "'0' is not a port"},
		{"sctp:192.0.2.10:80", "expected one like tcp:192.0.2.10:80"},
		{"tcp:192.0.2.10", "has no port"},
		{"tcp:192.0.2.256:80", "'192.0.2.256' is not an IP address"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = {};
		struct vip vip;
		int r = vip_parse(cases[i].text, &vip, &err);

		models_assert_error(cases[i].text, r, -EINVAL, &err, cases[i].want);
	}
}

static void test_order(void **state)
{
	/* each is less than the next */
	static const char *const sorted[] = {
		"tcp:192.0.2.9:80",     "tcp:192.0.2.10:79",   "tcp:192.0.2.10:80",
		"tcp:192.0.2.10:65535", "tcp:[2001:db8::1]:1", "tcp:[2001:db8::2]:1",
		"udp:192.0.2.9:80",
	};

	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		for (size_t j = 0; j < ARRAY_SIZE(sorted); j++) {
			struct vip a, b;
			int c;

			memset(&a, 0xaa, sizeof(a)); /* padding does not count */
			memset(&b, 0x55, sizeof(b));
			assert_int_equal(vip_parse(sorted[i], &a, NULL), 0);
			assert_int_equal(vip_parse(sorted[j], &b, NULL), 0);
			c = vip_compare(&a, &b);
			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses), cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_vips),      cmocka_unit_test(test_errors),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
