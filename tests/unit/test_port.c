/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_port.c - from the device of a route down to the port and its VLAN tags, on links that are
 * told in messages like the kernel's. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <linux/if_ether.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "net/net_internal.h"

/* What is told of a link; 0 and NULL are left out. */
struct told {
	uint32_t ifindex;
	const char *name, *kind;
	uint32_t below; /* IFLA_LINK, or the bond's active slave */
	uint16_t vid, protocol;
	int bond_mode;
	bool filtering, elsewhere, down;
	uint32_t mtu;
	uint32_t master;
};

enum {
	ETH1 = 1,
	ETH2,
	ETH9,
	V10,
	S100,
	S100_7,
	S100_7_8,
	BOND,
	BOND_V10,
	BOND_AD,
	BOND_NONE,
	BR,
	BR_V5,
	BR_FILTER,
	V_FAR,
	V_DOWN,
	V_GONE,
	LOOP,
	BOND_LAG,
	PORTS_V20
};

static const struct told links[] = {
	{ETH1, "eth1", .master = BR},
	{ETH2, "eth2", .master = BOND},
	{ETH9, "eth9", .down = true},
	{V10, "eth1.10", "vlan", ETH1, 10, ETH_P_8021Q},
	{S100, "eth1.100", "vlan", ETH1, 100, ETH_P_8021AD, .mtu = 1496},
	{S100_7, "eth1.100.7", "vlan", S100, 7, ETH_P_8021Q},
	{S100_7_8, "eth1.100.7.8", "vlan", S100_7, 8, ETH_P_8021Q},
	{BOND, "bond0", "bond", ETH2, .bond_mode = PORT_ACTIVE_BACKUP},
	{BOND_V10, "bond0.4094", "vlan", BOND, 4094, ETH_P_8021Q},
	{BOND_AD, "bond1", "bond", .bond_mode = 4},
	{BOND_NONE, "bond2", "bond", .bond_mode = PORT_ACTIVE_BACKUP},
	{BR, "br0", "bridge"},
	{BR_V5, "br0.5", "vlan", BR, 5, ETH_P_8021Q},
	{BR_FILTER, "br1", "bridge", .filtering = true},
	{V_FAR, "far.3", "vlan", ETH1, 3, ETH_P_8021Q, .elsewhere = true},
	{V_DOWN, "eth9.4", "vlan", ETH9, 4, ETH_P_8021Q},
	{V_GONE, "gone.5", "vlan", 99, 5, ETH_P_8021Q},
	{LOOP, "loop.6", "bond", LOOP, .bond_mode = PORT_ACTIVE_BACKUP, .master = LOOP},
	{BOND_LAG, "bond3", "bond", .bond_mode = 77},
	{PORTS_V20, "eth2.20", "vlan", ETH2, 20, ETH_P_8021Q},
};

/* Whom the bridge br0 knows: the last byte of a MAC is the port's ifindex, 0 is nobody. */
static int ask_bridge(struct net *net, uint32_t bridge, const uint8_t mac[static 6],
		      uint32_t *ret_port)
{
	assert_int_equal(bridge, BR);
	if (mac[5] == 0xee)
		return -EPERM;
	if (!mac[5])
		return -ENOENT;
	*ret_port = mac[5];
	return 0;
}

static const struct {
	uint32_t from;
	uint8_t mac; /* its last byte */
	uint32_t to; /* 0: there is no way, and why: */
	const char *reason;
	uint16_t vlan, vlan_inner;
	uint32_t mtu;
	bool soon;
} ways[] = {
#define Q  SHUNT_VLAN_PRESENT |
#define AD SHUNT_VLAN_PRESENT | SHUNT_VLAN_AD |
	{ETH1, 1, ETH1, .mtu = 1500},
	{V10, 1, ETH1, .vlan = Q 10, .mtu = 1500},
	{S100, 1, ETH1, .vlan = AD 100, .mtu = 1496},
	{S100_7, 1, ETH1, .vlan = AD 100, .vlan_inner = Q 7, .mtu = 1496},
	{S100_7_8, 1, .reason = "eth1.100 would be the third VLAN tag; a frame can have two"},
	{BOND, 1, ETH2, .mtu = 1500},
	{BOND_V10, 1, ETH2, .vlan = Q 4094, .mtu = 1500},
	{BOND_AD, 1,
	 .reason = "bond1 is a bond of mode 802.3ad, which picks a port for each packet; only "
		   "active-backup has one that holds"},
	{BOND_LAG, 1,
	 .reason = "bond3 is a bond of mode unknown, which picks a port for each packet; only "
		   "active-backup has one that holds"},
	{BOND_NONE, 1, .reason = "bond bond2 has no active port"},
	{BR, ETH1, ETH1, .mtu = 1500},
	{BR, ETH2, ETH2, .mtu = 1500},
	{BR, PORTS_V20, ETH2, .vlan = Q 20, .mtu = 1500},
	{BR_V5, ETH2, ETH2, .vlan = Q 5, .mtu = 1500},
	{BR_V5, PORTS_V20, ETH2, .vlan = Q 20, .vlan_inner = Q 5, .mtu = 1500},
	{BR, BOND, ETH2, .mtu = 1500},
	{BR, 0, .soon = true,
	 .reason = "bridge br0 has not heard yet by which port 02:00:00:00:00:00 is reached"},
	{BR, 0xee, .reason = "bridge br0: Operation not permitted"},
	{BR, BR, .reason = "the MAC address is bridge br0's own"},
	{BR, ETH9, .reason = "interface eth9, below br0, is down"},
	{BR_FILTER, 1,
	 .reason = "bridge br1 filters VLANs (vlan_filtering 1), which is not supported"},
	{V_FAR, 1, .reason = "far.3 is a VLAN device whose lower device is not on this host"},
	{V_DOWN, 1, .reason = "interface eth9, below eth9.4, is down"},
	{V_GONE, 1, .soon = true, .reason = "the interface below gone.5 is not known yet"},
	{LOOP, 1, .reason = "too many devices below loop.6"},
#undef Q
#undef AD
};

static void put_make(struct nl_msg *msg, const struct told *t)
{
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO), *data;

	nla_put_string(msg, IFLA_INFO_KIND, t->kind);
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	if (strcmp(t->kind, "vlan") == 0) {
		nla_put_u16(msg, IFLA_VLAN_ID, t->vid);
		nla_put_u16(msg, IFLA_VLAN_PROTOCOL, htons(t->protocol));
	} else if (strcmp(t->kind, "bond") == 0) {
		nla_put_u8(msg, IFLA_BOND_MODE, t->bond_mode);
		if (t->below)
			nla_put_u32(msg, IFLA_BOND_ACTIVE_SLAVE, t->below);
	} else {
		nla_put_u8(msg, IFLA_BR_VLAN_FILTERING, t->filtering);
	}
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
}

static void tell(struct net *net, const struct told *t)
{
	const struct ifinfomsg header = {
		.ifi_type = ARPHRD_ETHER,
		.ifi_index = t->ifindex,
		.ifi_flags = t->down ? IFF_UP : IFF_UP | IFF_RUNNING,
	};
	const uint8_t mac[6] = {2, 0, 0, 0, 1, t->ifindex};
	struct nl_msg *msg = net_message(RTM_NEWLINK, 0, &header, sizeof(header));

	nla_put_string(msg, IFLA_IFNAME, t->name);
	nla_put_u32(msg, IFLA_MTU, t->mtu ? t->mtu : 1500);
	nla_put(msg, IFLA_ADDRESS, sizeof(mac), mac);
	if (t->below)
		nla_put_u32(msg, IFLA_LINK, t->below);
	if (t->master)
		nla_put_u32(msg, IFLA_MASTER, t->master);
	if (t->elsewhere)
		nla_put_u32(msg, IFLA_LINK_NETNSID, 0);
	if (t->kind)
		put_make(msg, t);
	link_message(net, nlmsg_hdr(msg), NULL);
	nlmsg_free(msg);
}

static void tell_all(struct net *net)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		tell(net, &links[i]);
}

static void test_ways(void **state)
{
	struct net net = {};

	tell_all(&net);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		const struct link *from = link_find(&net, ways[i].from);
		const uint8_t mac[6] = {2, 0, 0, 0, 0, ways[i].mac};
		struct error err = {};
		struct port port = {};
		int r = port_find(&net, from, mac, ask_bridge, &port, &err);

		assert_string_equal(err.text, ways[i].reason ? ways[i].reason : "");
		assert_int_equal(r == -EAGAIN, ways[i].soon);
		assert_int_equal(r == 0, ways[i].to != 0);
		if (r)
			continue;
		assert_int_equal(port.link->ifindex, ways[i].to);
		assert_int_equal(port.vlan, ways[i].vlan);
		assert_int_equal(port.vlan_inner, ways[i].vlan_inner);
		assert_int_equal(port.mtu, ways[i].mtu);
	}
	link_free_all(&net);
}

/* Which devices have to do with an attached one. */
static void test_upon(void **state)
{
	static const struct {
		uint32_t upper, lower;
		bool upon;
	} pairs[] = {
		{ETH1, ETH1, true},  {V10, ETH1, true},        {V10, ETH2, false},
		{ETH1, V10, false},  {S100_7_8, ETH1, true},   {BR, ETH1, true},
		{BR, ETH2, false},   {BR_V5, ETH1, true},      {BOND_V10, ETH2, true},
		{BOND, ETH1, false}, {BOND_NONE, ETH2, false}, {V_FAR, ETH1, false},
		{LOOP, ETH1, false}, {V_GONE, ETH1, false},    {77, ETH1, false},
	};
	struct net net = {};

	tell_all(&net);
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (port_is_upon(&net, pairs[i].upper, pairs[i].lower) != pairs[i].upon)
			fail_msg("%u upon %u: not %d", pairs[i].upper, pairs[i].lower,
				 pairs[i].upon);
	link_free_all(&net);
}

struct told_ports {
	unsigned int count;
	uint32_t port[64];
	uint16_t vlan[64], vlan_inner[64];
};

static void take_port(uint32_t device, uint32_t port, uint16_t vlan, uint16_t vlan_inner, void *arg)
{
	struct told_ports *told = arg;

	told->count++;
	told->port[device] = port;
	told->vlan[device] = vlan;
	told->vlan_inner[device] = vlan_inner;
}

/* The program is told of those ways that are the same for every neighbour. */
static void test_all_ports(void **state)
{
	struct told_ports told = {};
	struct net net = {};
	unsigned int expected = 0;

	tell_all(&net);
	net_ports(&net, take_port, &told);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		uint32_t kind = link_find(&net, ways[i].from)->make.kind;

		if (!ways[i].to || kind == PORT_PLAIN || ways[i].from == BR ||
		    ways[i].from == BR_V5)
			continue;
		expected++;
		assert_int_equal(told.port[ways[i].from], ways[i].to);
		assert_int_equal(told.vlan[ways[i].from], ways[i].vlan);
		assert_int_equal(told.vlan_inner[ways[i].from], ways[i].vlan_inner);
	}
	assert_int_equal(told.port[PORTS_V20], ETH2); /* of no row of its own */
	assert_int_equal(told.count, expected + 1);
	link_free_all(&net);
}

/* What a way depends on makes ways due again; the same words again do not. */
static void test_changes(void **state)
{
	static const struct told changes[] = {
		{BOND, "bond0", "bond", ETH1, .bond_mode = PORT_ACTIVE_BACKUP},
		{BOND, "bond0", "bond", ETH1, .bond_mode = 2},
		{V10, "eth1.10", "vlan", ETH1, 11, ETH_P_8021Q},
		{BR, "br0", "bridge", .filtering = true},
	};
	struct net net = {};

	tell_all(&net);
	net.dirty = false;
	tell_all(&net);
	assert_false(net.dirty);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		net.dirty = false;
		tell(&net, &changes[i]);
		assert_true(net.dirty);
	}
	link_free_all(&net);
}

/* A device whose kind is told without what it is made of, as a kernel without that knowledge. */
static void test_little_told(void **state)
{
	const struct ifinfomsg header = {.ifi_type = ARPHRD_ETHER, .ifi_index = 7};
	struct nl_msg *msg = net_message(RTM_NEWLINK, 0, &header, sizeof(header));
	struct nlattr *info;
	const uint8_t mac[6] = {2};
	struct net net = {};
	struct error err = {};
	struct port port;

	nla_put_string(msg, IFLA_IFNAME, "odd");
	info = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, "vlan");
	nla_nest_end(msg, info);
	link_message(&net, nlmsg_hdr(msg), NULL);
	assert_int_equal(port_find(&net, link_find(&net, 7), mac, ask_bridge, &port, &err),
			 -EOPNOTSUPP);
	nlmsg_free(msg);
	link_free_all(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),        cmocka_unit_test(test_upon),
		cmocka_unit_test(test_all_ports),   cmocka_unit_test(test_changes),
		cmocka_unit_test(test_little_told),
	};

	return cmocka_run_group_tests_name("port", tests, NULL, NULL);
}
