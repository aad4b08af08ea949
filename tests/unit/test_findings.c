/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_findings.c - from facts about a backend to the one thing that is wrong with each. */
#include "unit/models.h"

#include "realserver/findings.h"

static struct ip_addr addr(const char *text)
{
	struct ip_addr ret;

	assert_int_equal(ip_addr_parse(text, &ret, NULL), 0);
	return ret;
}

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix ret;

	assert_int_equal(ip_prefix_parse(text, &ret, NULL), 0);
	return ret;
}

/* A backend with nothing wrong, by each forward; static, since a view is large. */
static struct facts *backend(int forward, const char *vip)
{
	static struct facts facts;

	facts = (struct facts){
		.vip = addr(vip),
		.forward = forward,
		.enabled_forward = forward,
		.directors = {{prefix("10.0.0.1")}, 1},
		.places = {{ip_prefix_bits(addr(vip).family), "lo"}},
		.places_count = 1,
		.dev = {.ifindex = 2, .mtu = 1560, .up = true, .name = "eth0"},
		.default_route = true,
		.way_out = {.to = prefix("0.0.0.0/0"), .via = addr("10.0.0.254"), .link = "eth0"},
	};
	if (forward == SHUNT_FORWARD_IPIP || forward == SHUNT_FORWARD_GUE) {
		facts.looked = true;
		facts.decap = (struct decap_view){
			.program_id = 7,
			.ours = true,
			.native = true,
			.vip_enabled = true,
			.directors = {prefix("10.0.0.1")},
			.directors_count = 1,
		};
	}
	if (forward == SHUNT_FORWARD_NAT) {
		facts.places_count = 0;
		facts.ways[0] = (struct way){.route = facts.way_out, .by_director = true};
		facts.ways_count = 1;
	}
	return &facts;
}

/* All names that were found, in the order of their lines. */
static const char *found(const struct facts *facts)
{
	static struct findings findings;
	static char names[1024];

	names[0] = '\0';
	findings_from(facts, &findings);
	for (size_t i = 0; i < findings.count; i++) {
		size_t used = strlen(names);

		snprintf(names + used, sizeof(names) - used, "%s%s", used ? " " : "",
			 finding_name(findings.list[i].name));
		assert_true(strlen(findings.list[i].text) > 20);
		assert_true(strlen(findings.list[i].text) < FINDING_LEN - 1);
	}
	return names;
}

static void test_nothing_wrong(void **state)
{
	assert_string_equal(found(backend(SHUNT_FORWARD_DR, "192.0.2.10")), "");
	assert_string_equal(found(backend(SHUNT_FORWARD_DR, "2001:db8::10")), "");
	assert_string_equal(found(backend(SHUNT_FORWARD_IPIP, "192.0.2.10")), "");
	assert_string_equal(found(backend(SHUNT_FORWARD_GUE, "2001:db8::10")), "");
	assert_string_equal(found(backend(SHUNT_FORWARD_NAT, "192.0.2.10")), "");
}

static void test_vip(void **state)
{
	struct facts *f = backend(SHUNT_FORWARD_DR, "192.0.2.10");

	f->places_count = 0;
	assert_string_equal(found(f), "vip_missing");
	f->places_count = 1;
	f->places[0].length = 24;
	assert_string_equal(found(f), "vip_network");
	f->places[0] = (struct host_address){24, "eth0"};
	assert_string_equal(found(f), "vip_missing vip_elsewhere");
	f->places[1] = (struct host_address){32, "lo"};
	f->places_count = 2;
	assert_string_equal(found(f), "vip_elsewhere");
}

static void test_arp(void **state)
{
	struct facts *f = backend(SHUNT_FORWARD_DR, "192.0.2.10");

	snprintf(f->arp_ignore, sizeof(f->arp_ignore), "eth0, eth1");
	assert_string_equal(found(f), "arp_ignore");
	snprintf(f->arp_announce, sizeof(f->arp_announce), "eth0");
	assert_string_equal(found(f), "arp_ignore arp_announce");
	f = backend(SHUNT_FORWARD_DR, "2001:db8::10");
	snprintf(f->arp_ignore, sizeof(f->arp_ignore), "eth0"); /* IPv6 knows no ARP */
	snprintf(f->arp_announce, sizeof(f->arp_announce), "eth0");
	assert_string_equal(found(f), "");
}

static void test_interface(void **state)
{
	struct facts *f = backend(SHUNT_FORWARD_DR, "192.0.2.10");

	f->dev.up = false;
	assert_string_equal(found(f), "dev_down");
	f->dev = (struct host_link){};
	f->default_route = false;
	assert_string_equal(found(f), "no_dev no_default_route");
	f = backend(SHUNT_FORWARD_IPIP, "192.0.2.10");
	f->enabled_forward = SHUNT_FORWARD_DR;
	assert_string_equal(found(f), "other_forward");
	f->enabled_forward = SHUNT_FORWARD_GUE; /* the program takes either */
	assert_string_equal(found(f), "");
}

static void test_way_back(void **state)
{
	struct facts *f = backend(SHUNT_FORWARD_DR, "192.0.2.10");

	f->out_by_director = true;
	assert_string_equal(found(f), "way_back");
	f = backend(SHUNT_FORWARD_NAT, "192.0.2.10");
	f->out_by_director = true; /* as it must be */
	assert_string_equal(found(f), "");
}

static void test_rp_filter(void **state)
{
	struct facts *f = backend(SHUNT_FORWARD_IPIP, "192.0.2.10");

	f->rp_filter = 1; /* replies leave where the packets come in */
	assert_string_equal(found(f), "");
	snprintf(f->way_out.link, sizeof(f->way_out.link), "eth1");
	assert_string_equal(found(f), "rp_filter");
	f->rp_filter = 2;
	assert_string_equal(found(f), "");
	f->rp_filter = 1;
	f->default_route = false;
	assert_string_equal(found(f), "rp_filter no_default_route");
}

static void test_program(void **state)
{
	struct facts *f = backend(SHUNT_FORWARD_IPIP, "192.0.2.10");

	f->decap.native = false;
	assert_string_equal(found(f), "generic");
	f->decap.vip_enabled = false;
	f->decap.native = true;
	assert_string_equal(found(f), "vip_unknown");
	f->decap.ours = false;
	assert_string_equal(found(f), "other_program");
	f->decap.program_id = 0;
	assert_string_equal(found(f), "no_program");
}

static void test_directors(void **state)
{
	struct facts *f = backend(SHUNT_FORWARD_IPIP, "192.0.2.10");

	f->directors = (struct prefixes){{prefix("10.0.0.1"), prefix("10.0.0.2"),
					  prefix("172.16.0.0/16"), prefix("172.16.0.0/12")},
					 4};
	f->decap.directors[1] = prefix("172.16.0.0/16");
	f->decap.directors_count = 2;
	assert_string_equal(found(f), "director_missing director_missing");
	f->directors.n = 0;
	assert_string_equal(found(f), "");
	f->decap.directors_count = 0;
	assert_string_equal(found(f), "no_director");
}

static void test_lost(void **state)
{
	struct facts *f = backend(SHUNT_FORWARD_IPIP, "192.0.2.10");
	static struct findings findings;

	f->decap.reasons[DECAP_REASON_UNWRAPPED] = 1000;
	f->decap.reasons[DECAP_REASON_UNKNOWN_VIP] = 3;
	assert_string_equal(found(f), "");
	f->decap.reasons[DECAP_REASON_NOT_DIRECTOR] = 5;
	f->decap.stranger = addr("10.0.0.77");
	f->decap.reasons[DECAP_REASON_GUE_HEADER] = 2;
	assert_string_equal(found(f), "stranger lost");
	findings_from(f, &findings);
	assert_non_null(strstr(findings.list[0].text, "10.0.0.77"));
	assert_non_null(strstr(findings.list[1].text, "gue_header"));
	assert_int_equal(findings_problems(&findings), 0);
}

/* The longest packet that is not told about, by what the tunnel adds. */
static void test_mtu(void **state)
{
	static const struct {
		int forward;
		const char *vip, *director;
		unsigned int full, small;
	} cases[] = {
		{SHUNT_FORWARD_IPIP, "192.0.2.10", "10.0.0.1", 1520, 596},
		{SHUNT_FORWARD_GUE, "192.0.2.10", "10.0.0.1", 1532, 608},
		{SHUNT_FORWARD_IPIP, "2001:db8::10", "2001:db8::1", 1540, 1320},
		{SHUNT_FORWARD_GUE, "2001:db8::10", "2001:db8::1", 1552, 1332},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct facts *f = backend(cases[i].forward, cases[i].vip);

		f->decap.directors[0] = prefix(cases[i].director);
		f->directors.n = 0;
		f->dev.mtu = cases[i].full;
		assert_string_equal(found(f), "");
		f->dev.mtu = cases[i].full - 1;
		assert_string_equal(found(f), "mtu");
		f->dev.mtu = cases[i].small;
		assert_string_equal(found(f), "mtu");
		f->dev.mtu = cases[i].small - 1;
		assert_string_equal(found(f), "mtu_small");
	}
}

static void test_nat(void **state)
{
	struct facts *f = backend(SHUNT_FORWARD_NAT, "192.0.2.10");

	f->ways[0].by_director = false;
	assert_string_equal(found(f), "default_route");
	f->ways_count = 0;
	assert_string_equal(found(f), "default_route");
	f->ways_count = 2;
	f->ways[0].by_director = true;
	f->ways[1] = (struct way){.route = {.to = prefix("10.0.0.0/24"), .link = "eth0"}};
	assert_string_equal(found(f), "route");
	f->ways_more = 1;
	assert_string_equal(found(f), "route route");
	f = backend(SHUNT_FORWARD_NAT, "192.0.2.10");
	f->redirects = true;
	assert_string_equal(found(f), "redirects");
	f->redirects = false;
	f->places[0] = (struct host_address){32, "lo"};
	f->places_count = 1;
	assert_string_equal(found(f), "vip_local");
}

static void test_nat_clients(void **state)
{
	struct facts *f = backend(SHUNT_FORWARD_NAT, "192.0.2.10");

	f->clients[0] =
		(struct way){.client = prefix("10.0.0.9"), .found = true, .by_director = true};
	f->clients[1] = (struct way){
		.client = prefix("10.0.0.8"), .found = true, .route = {.link = "eth0"}};
	f->clients[2] = (struct way){.client = prefix("10.9.0.8")};
	f->clients_count = 1;
	assert_string_equal(found(f), "");
	f->clients_count = 3;
	assert_string_equal(found(f), "client_route client_route");
}

static void test_fullnat(void **state)
{
	struct facts *f = backend(SHUNT_FORWARD_NAT, "192.0.2.10");

	f->forward = SHUNT_FORWARD_FULLNAT;
	f->ways[0].by_director = false; /* what nat minds */
	f->redirects = true;
	f->clients[0] = (struct way){.client = prefix("10.74.0.1"), .found = true};
	f->clients_count = 1;
	assert_string_equal(found(f), "");
	f->clients[0].found = false;
	assert_string_equal(found(f), "pool_route");
	f->clients_count = 0;
	f->places_count = 1;
	assert_string_equal(found(f), "vip_local");
}

static void test_too_many(void **state)
{
	struct facts *f = backend(SHUNT_FORWARD_IPIP, "192.0.2.10");
	static struct findings findings;

	f->directors.n = PREFIXES_MAX;
	for (size_t i = 0; i < PREFIXES_MAX; i++)
		f->directors.v[i] = prefix("10.9.9.9");
	f->dev.up = false;
	findings_from(f, &findings);
	assert_int_equal(findings.count, FINDINGS_MAX);
	assert_int_equal(findings.more, PREFIXES_MAX + 1 - FINDINGS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_wrong), cmocka_unit_test(test_vip),
		cmocka_unit_test(test_arp),           cmocka_unit_test(test_interface),
		cmocka_unit_test(test_rp_filter),     cmocka_unit_test(test_program),
		cmocka_unit_test(test_directors),     cmocka_unit_test(test_lost),
		cmocka_unit_test(test_mtu),           cmocka_unit_test(test_nat),
		cmocka_unit_test(test_nat_clients),   cmocka_unit_test(test_fullnat),
		cmocka_unit_test(test_too_many),      cmocka_unit_test(test_way_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
