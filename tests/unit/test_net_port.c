/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_net_port.c - ways by bridges, VLAN devices and bonds, with the kernel; what it does not have
 * is skipped. */
#include "tests/unit/net_fixture.h"

#include "net/port.h"

/* eth1 is no longer where the addresses are; what is above it must have its own. */
static void move_addresses(struct fixture *f, const char *device)
{
	director(f, "ip addr del 10.9.0.1/24 dev eth1");
	assert_int_equal(netns_run(f->ns.director,
				   "ip addr add %s dev %s nodad\n"
				   "for i in 4 6; do cd /proc/sys/net/ipv$i/neigh/%s\n"
				   "echo 20 >retrans_time_ms\n"
				   "echo 200 >interval_probe_time_ms; done\n"
				   "ip link set %s up",
				   in_family("10.9.0.1/24").s, device, device, device),
			 0);
}

static void need_device(struct fixture *f, const char *words)
{
	if (netns_run(f->ns.director, "ip link add %s 2>/dev/null", words))
		skip();
	director(f, "ip link del probe9");
}

static void assert_port(const struct net_hop *hop, const char *ifname, uint8_t smac)
{
	assert_true(hop->resolved);
	assert_string_equal(hop->ifname, ifname);
	assert_int_equal(hop->ifindex, if_nametoindex(ifname));
	assert_int_equal(hop->smac[5], smac);
}

/* Where a VIP of the backends' subnet belongs when that interface is attached. */
static void assert_subnet_link(struct fixture *f, const char *attached, const char *expected)
{
	const struct ip_addr vip = addr("10.9.0.50");

	drain(f);
	assert_int_equal(net_subnet_link(f->net, if_nametoindex(attached), &vip),
			 if_nametoindex(expected));
}

/* Run until the way leaves by that port. */
static struct net_hop wait_port(struct fixture *f, const char *to, const char *ifname)
{
	uint64_t until = now_ms() + LIMIT_MS;
	struct net_hop hop;

	for (hop = resolve(f, to); !hop.resolved || strcmp(hop.ifname, ifname) != 0;
	     hop = resolve(f, to)) {
		f->changed = 0;
		while (!f->changed)
			turn(f, until);
	}
	return hop;
}

static void bridge(struct fixture *f)
{
	director(f, "ip link add br9 address 02:00:00:00:00:09 type bridge forward_delay 0\n"
		    "ip link set eth1 master br9; ip link add eth2 type veth peer name port2\n"
		    "ip link set eth2 master br9; ip link set eth2 up; ip link set port2 up");
	move_addresses(f, "br9");
}

static void test_bridge(void **state)
{
	struct fixture *f = need(state);
	struct net_hop hop;

	bridge(f);
	hop = wait_port(f, "10.9.0.11", "eth1");
	assert_port(&hop, "eth1", 9);
	assert_int_equal(hop.vlan, 0);
	assert_int_equal(hop.mtu, 1500);
	assert_subnet_link(f, "eth1", "br9");
	/* the host moves behind another port: nobody says so but the bridge */
	director(f, "ip link set eth1 down; bridge fdb replace " NETNS_PEER_MAC
		    " dev eth2 master static");
	hop = wait_port(f, "10.9.0.11", "eth2");
	assert_port(&hop, "eth2", 9);
}

/* The neighbour is known for ever, but the bridge has not heard of it. */
static void test_bridge_does_not_know(void **state)
{
	struct fixture *f = need(state);

	bridge(f);
	director(f, "ip neigh add 10.9.0.77 dev br9 lladdr 02:00:00:00:00:77 nud permanent");
	wait_reason(f, "10.9.0.77",
		    "bridge br9 has not heard yet by which port 02:00:00:00:00:77 is reached");
	assert_true(resolve(f, "10.9.0.77").pending);
	director(f, "bridge fdb add 02:00:00:00:00:77 dev eth1 master static");
	wait_port(f, "10.9.0.77", "eth1");
	director(f, "bridge fdb del 02:00:00:00:00:77 dev eth1 master");
	wait_reason(f, "10.9.0.77",
		    "bridge br9 has not heard yet by which port 02:00:00:00:00:77 is reached");
}

static void test_vlan(void **state)
{
	struct fixture *f = need(state);
	struct net_hop hop;

	need_device(f, "link eth1 name probe9 type vlan id 9");
	peer(f, "ip link add link br0 name br0.10 type vlan id 10; ip link set br0.10 up\n"
		"ip addr del 10.9.0.11/24 dev br0; ip addr add 10.9.0.11/24 dev br0.10 nodad");
	director(f, "ip link add link eth1 name eth1.10 type vlan id 10");
	move_addresses(f, "eth1.10");
	hop = wait_port(f, "10.9.0.11", "eth1");
	assert_port(&hop, "eth1", 1);
	assert_int_equal(hop.vlan, SHUNT_VLAN_PRESENT | 10);
	assert_int_equal(hop.vlan_inner, 0);
	assert_subnet_link(f, "eth1", "eth1.10");
	director(f, "ip link set eth1.10 mtu 1400");
	turn(f, now_ms() + LIMIT_MS);
	assert_int_equal(resolve(f, "10.9.0.11").mtu, 1400);
}

static void test_two_tags(void **state)
{
	struct fixture *f = need(state);
	struct net_hop hop;

	need_device(f, "link eth1 name probe9 type vlan id 9");
	peer(f, "ip link add link br0 name br0.9 type vlan id 9 protocol 802.1ad\n"
		"ip link add link br0.9 name two type vlan id 10\n"
		"ip link set br0.9 up; ip link set two up\n"
		"ip addr del 10.9.0.11/24 dev br0; ip addr add 10.9.0.11/24 dev two nodad");
	director(f, "ip link add link eth1 name eth1.9 type vlan id 9 protocol 802.1ad\n"
		    "ip link set eth1.9 up; ip link add link eth1.9 name two type vlan id 10");
	move_addresses(f, "two");
	hop = wait_port(f, "10.9.0.11", "eth1");
	assert_port(&hop, "eth1", 1);
	assert_int_equal(hop.vlan, SHUNT_VLAN_PRESENT | SHUNT_VLAN_AD | 9);
	assert_int_equal(hop.vlan_inner, SHUNT_VLAN_PRESENT | 10);
}

static void test_bond(void **state)
{
	struct fixture *f = need(state);
	struct net_hop hop;

	need_device(f, "name probe9 type bond");
	director(f, "ip link add bond9 type bond mode active-backup miimon 50\n"
		    "ip link add eth2 type veth peer name port2; ip link set port2 up\n"
		    "ip link set eth1 down; ip link set eth1 master bond9\n"
		    "ip link set eth2 master bond9; ip link set eth1 up; ip link set eth2 up");
	move_addresses(f, "bond9");
	hop = wait_port(f, "10.9.0.11", "eth1");
	assert_port(&hop, "eth1", 1);
	director(f, "ip neigh replace 10.9.0.11 dev bond9 lladdr " NETNS_PEER_MAC
		    " nud permanent; ip link set bond9 type bond active_slave eth2");
	hop = wait_port(f, "10.9.0.11", "eth2");
	assert_port(&hop, "eth2", 1);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest each_family[] = {
		test(test_bridge), test(test_bridge_does_not_know),
		test(test_vlan),   test(test_two_tags),
		test(test_bond),
	};
	int failed = 0;

	for (int six = 0; six < 2; six++) {
		set_family(six);
		failed += cmocka_run_group_tests_name(six ? "net ports: IPv6" : "net ports: IPv4",
						      each_family, NULL, NULL);
	}
	return failed;
}
