/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_tunnel.c - what is around a client's packet. */
#include "unit/models.h"

#include "plan/tunnel.h"

static void test_room(void **state)
{
	static const struct {
		enum shunt_forward forward;
		int family;
		uint32_t mtu;
		uint16_t want;
	} cases[] = {
		{SHUNT_FORWARD_DR, AF_INET, 1500, 1500},
		{SHUNT_FORWARD_NAT, AF_INET6, 1280, 1280},
		{SHUNT_FORWARD_FULLNAT, AF_INET, 9000, 9000},
		{SHUNT_FORWARD_IPIP, AF_INET, 1500, 1480},
		{SHUNT_FORWARD_IPIP, AF_INET6, 1500, 1460},
		{SHUNT_FORWARD_GUE, AF_INET, 1500, 1468},
		{SHUNT_FORWARD_GUE, AF_INET6, 1500, 1448},
		{SHUNT_FORWARD_GUE, AF_INET6, 1552, 1500},
		{SHUNT_FORWARD_GUE, AF_INET, 0, 0},
		{SHUNT_FORWARD_DR, AF_INET, 65535, 65535},
		{SHUNT_FORWARD_DR, AF_INET, 65536, 0},
		{SHUNT_FORWARD_IPIP, AF_INET, 65536, 65516},
		{SHUNT_FORWARD_IPIP, AF_INET, UINT32_MAX, 0},
		{SHUNT_FORWARD_GUE, AF_INET6, 52, 1},
		{SHUNT_FORWARD_GUE, AF_INET6, 20, 1},
		{SHUNT_FORWARD_GUE, AF_INET6, 54, 2},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint16_t got = tunnel_room(cases[i].forward, cases[i].family, cases[i].mtu);

		if (got != cases[i].want)
			fail_msg("case %zu: %u, expected %u", i, got, cases[i].want);
	}
}

/* Whatever is said of the way, a client of IPv6 may send what it must be able to. */
static void test_least(void **state)
{
	static const struct {
		enum shunt_forward forward;
		int family, client_family;
		uint32_t want;
	} cases[] = {
		{SHUNT_FORWARD_IPIP, AF_INET, AF_INET, 0},
		{SHUNT_FORWARD_IPIP, AF_INET6, AF_INET, 0},
		{SHUNT_FORWARD_IPIP, AF_INET, AF_INET6, 1300},
		{SHUNT_FORWARD_IPIP, AF_INET6, AF_INET6, 1320},
		{SHUNT_FORWARD_GUE, AF_INET, AF_INET6, 1312},
		{SHUNT_FORWARD_GUE, AF_INET6, AF_INET6, 1332},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t least =
			tunnel_least(cases[i].forward, cases[i].family, cases[i].client_family);

		assert_int_equal(least, cases[i].want);
		if (least)
			assert_int_equal(tunnel_room(cases[i].forward, cases[i].family, least),
					 1280);
	}
}

static void test_source(void **state)
{
	static const struct {
		const char *setting;
		int family;
		const char *own, *want;
	} cases[] = {
		{"", AF_INET, "10.0.0.1", "10.0.0.1"},
		{"", AF_INET6, "2001:db8::1", "2001:db8::1"},
		{"10.255.0.0/16", AF_INET, "10.0.0.1", "10.255.0.0/16"},
		{"10.255.0.0/16", AF_INET6, "2001:db8::1", "2001:db8::1"},
		{"10.255.0.0/16,2001:db8::5", AF_INET6, "2001:db8::1", "2001:db8::5"},
		{"10.255.0.0/16", AF_INET6, NULL, NULL},
		{"", AF_INET, NULL, NULL},
		{"2001:db8::5", AF_INET6, NULL, "2001:db8::5"},
	};
	const struct schema_key *key = schema_find(&settings_schema, "tunnel_source");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct settings settings = {};
		struct ip_addr own = {};
		struct ip_prefix got;
		char text[IP_PREFIX_LEN];
		bool found;

		assert_int_equal(
			schema_set(&settings_schema, &settings, key, cases[i].setting, NULL), 0);
		if (cases[i].own)
			assert_int_equal(ip_addr_parse(cases[i].own, &own, NULL), 0);
		found = tunnel_source(&settings.tunnel_source, cases[i].family, &own, &got);
		assert_int_equal(found, cases[i].want != NULL);
		if (found)
			assert_string_equal(ip_prefix_format(&got, text), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
