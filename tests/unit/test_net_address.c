/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_net_address.c - the host's own addresses, ours and others', with the kernel */
#include "tests/unit/net_fixture.h"

static void count_ours(uint32_t ifindex, const struct ip_addr *at, void *arg)
{
	unsigned int *count = arg;

	(*count)++;
}

static unsigned int ours(struct fixture *f)
{
	unsigned int count = 0;

	net_addresses_ours(f->net, count_ours, &count);
	return count;
}

static void test_addresses(void **state)
{
	const struct ip_addr vip = addr("10.9.0.50"), own = addr("10.9.0.1");
	struct fixture *f = need(state);
	struct error err = {};
	uint32_t eth1;

	assert_int_equal(net_link_index(f->net, "eth1", &eth1, &err), 0);
	assert_int_equal(net_address_link(f->net, &vip), 0);
	assert_int_equal(net_address_add(f->net, eth1, &vip, &err), 0);
	assert_int_equal(net_address_add(f->net, eth1, &vip, &err), 0);
	assert_true(says("ip addr show dev eth1", "10.9.0.50/32 scope global"));
	assert_int_equal(net_address_link(f->net, &vip), eth1);
	assert_true(net_address_ours(f->net, eth1, &vip));
	assert_false(net_address_ours(f->net, eth1, &own));
	assert_int_equal(ours(f), 1);
	/* what the kernel says of it changes nothing */
	drain(f);
	assert_int_equal(ours(f), 1);
	/* another process knows it by its mark */
	net_close(f->net);
	assert_int_equal(net_open(on_changed, f, &f->net, NULL), 0);
	assert_int_equal(ours(f), 1);
	assert_int_equal(net_address_remove(f->net, eth1, &vip, &err), 0);
	assert_int_equal(ours(f), 0);
	assert_int_equal(net_address_remove(f->net, eth1, &vip, &err), -ENOENT);
	assert_false(says("ip addr show dev eth1", "10.9.0.50"));
}

/* What goes to backends, checks too, is sent from an address of the director's own, not from a VIP
 * that resembles the backend's more. */
static void test_source(void **state)
{
	const struct ip_addr vip = addr("10.9.0.10"), own = addr("10.9.0.1"),
			     other = addr("10.9.0.2");
	struct fixture *f = need(state);
	uint64_t until = now_ms() + LIMIT_MS;
	struct net_hop hop;
	uint32_t eth1;

	assert_int_equal(net_link_index(f->net, "eth1", &eth1, NULL), 0);
	hop = wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	assert_int_equal(ip_addr_compare(&hop.source, &own), 0);
	assert_int_equal(net_address_add(f->net, eth1, &vip, NULL), 0);
	drain(f);
	release(f, "10.9.0.11");
	hop = wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	assert_int_equal(ip_addr_compare(&hop.source, &own), 0);
	/* the other first: without any address the way goes too */
	director(f, "ip addr add 10.9.0.2/24 dev eth1; ip addr del 10.9.0.1/24 dev eth1\n"
		    "ip addr replace 10.9.0.2/24 dev eth1");
	for (hop = resolve(f, "10.9.0.11"); ip_addr_compare(&hop.source, &other) != 0;
	     hop = resolve(f, "10.9.0.11"))
		turn(f, until);
}

static void test_addresses_of_others(void **state)
{
	const struct ip_addr vip = addr("10.9.0.50");
	struct fixture *f = need(state);
	struct error err = {};
	uint32_t eth1;

	assert_int_equal(net_link_index(f->net, "eth1", &eth1, &err), 0);
	director(f, "ip addr add 10.9.0.50/32 dev eth1");
	/* whether the notification was read or not */
	assert_int_equal(net_address_add(f->net, eth1, &vip, &err), -EEXIST);
	assert_reason(err.text, "address 10.9.0.50 cannot be put on eth1: it is there "
				"already, and not Shunt's");
	drain(f);
	assert_int_equal(net_address_add(f->net, eth1, &vip, &err), -EEXIST);
	assert_int_equal(net_address_remove(f->net, eth1, &vip, &err), -ENOENT);
	assert_true(says("ip addr show dev eth1", "10.9.0.50"));
	assert_int_equal(ours(f), 0);
}

static void test_subnet_link(void **state)
{
	const struct ip_addr near = addr("10.9.0.200"), far = addr("10.9.1.1"),
			     edge = addr("10.8.255.255"), vip = addr("172.16.0.1");
	struct fixture *f = need(state);
	uint32_t eth1, lo;

	assert_int_equal(net_link_index(f->net, "eth1", &eth1, NULL), 0);
	assert_int_equal(net_link_index(f->net, "lo", &lo, NULL), 0);
	assert_int_equal(net_subnet_link(f->net, eth1, &near), eth1);
	assert_int_equal(net_subnet_link(f->net, eth1, &far), 0);
	assert_int_equal(net_subnet_link(f->net, eth1, &edge), 0);
	assert_int_equal(net_subnet_link(f->net, lo, &near), 0);
	/* an address of ours makes no subnet */
	assert_int_equal(net_address_add(f->net, eth1, &vip, NULL), 0);
	assert_int_equal(net_subnet_link(f->net, eth1, &vip), 0);
	director(f, "ip addr add 172.16.0.9/30 dev eth1; ip addr add 10.9.0.9/8 dev lo");
	drain(f);
	assert_int_equal(net_subnet_link(f->net, eth1, &vip), 0);
	assert_int_equal(net_subnet_link(f->net, lo, &near), lo);
	assert_int_equal(net_subnet_link(f->net, lo, &far), lo);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest each_family[] = {
		test(test_addresses),
		test(test_source),
		test(test_addresses_of_others),
		test(test_subnet_link),
	};
	int failed = 0;

	for (int six = 0; six < 2; six++) {
		set_family(six);
		failed += cmocka_run_group_tests_name(six ? "net addresses: IPv6"
							  : "net addresses: IPv4",
						      each_family, NULL, NULL);
	}
	return failed;
}
