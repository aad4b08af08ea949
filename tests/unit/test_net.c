/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_net.c - ways, neighbours and links, with the kernel, in namespaces of its own */
#include "tests/unit/net_fixture.h"

#define MANY 2000

/* --- ways --- */

static void test_resolve(void **state)
{
	struct fixture *f = need(state);
	const uint8_t own[6] = {2, 0, 0, 0, 0, 1};
	const struct ip_addr backend = addr("10.9.0.11");
	struct net_hop hop = resolve(f, "10.9.0.11");

	assert_false(hop.resolved);
	assert_reason(hop.reason, "neighbour 10.9.0.11 on eth1 has not answered yet");
	hop = wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	assert_string_equal(hop.ifname, "eth1");
	assert_string_equal(hop.reason, "");
	assert_memory_equal(hop.smac, own, sizeof(own));
	assert_int_equal(hop.mtu, 1500);
	assert_int_equal(ip_addr_compare(&hop.via, &backend), 0);
	assert_true(is_managed("10.9.0.11"));
	/* and at once when it is known */
	release(f, "10.9.0.11");
	assert_true(resolve(f, "10.9.0.11").resolved);
}

static void test_release(void **state)
{
	struct fixture *f = need(state);

	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	release(f, "10.9.0.11");
	assert_false(is_managed("10.9.0.11"));
	/* who else talks to it need not ask again */
	assert_true(says("ip neigh show to 10.9.0.11", NETNS_PEER_MAC));
	release(f, "10.9.0.11"); /* once too often */
}

static void test_gateway_shared(void **state)
{
	struct fixture *f = need(state);
	const struct ip_addr gateway = addr("10.9.0.12");
	struct net_hop hop;

	director(f, "ip route add 10.20.0.0/16 via 10.9.0.12");
	hop = wait_resolved(f, "10.20.0.1", NETNS_PEER_MAC);
	assert_int_equal(ip_addr_compare(&hop.via, &gateway), 0);
	assert_true(resolve(f, "10.20.0.2").resolved);
	assert_true(resolve(f, "10.9.0.12").resolved);
	release(f, "10.20.0.1");
	release(f, "10.9.0.12");
	assert_true(is_managed("10.9.0.12"));
	release(f, "10.20.0.2");
	assert_false(is_managed("10.9.0.12"));
}

static void test_route_changes(void **state)
{
	struct fixture *f = need(state);
	const struct ip_addr second = addr("10.9.0.12");
	struct net_hop hop;

	assert_reason(resolve(f, "10.20.0.1").reason, "no route to 10.20.0.1");
	director(f, "ip route add 10.20.0.0/16 via 10.9.0.11");
	wait_resolved(f, "10.20.0.1", NETNS_PEER_MAC);
	drain(f);
	director(f, "ip route add 10.20.0.0/24 via 10.9.0.12");
	turn(f, now_ms() + LIMIT_MS);
	assert_int_equal(f->changed, 1);
	hop = wait_resolved(f, "10.20.0.1", NETNS_PEER_MAC);
	assert_int_equal(ip_addr_compare(&hop.via, &second), 0);
	assert_false(is_managed("10.9.0.11"));
	assert_true(is_managed("10.9.0.12"));
	director(f, "ip route del 10.20.0.0/24; ip route del 10.20.0.0/16");
	wait_reason(f, "10.20.0.1", "no route to 10.20.0.1");
	assert_false(is_managed("10.9.0.12"));
}

static void test_route_mtu(void **state)
{
	struct fixture *f = need(state);
	uint64_t until = now_ms() + LIMIT_MS;

	director(f, "ip route add 10.20.0.0/16 via 10.9.0.11 mtu 1400");
	assert_int_equal(wait_resolved(f, "10.20.0.1", NETNS_PEER_MAC).mtu, 1400);
	director(f, "ip route replace 10.20.0.0/16 via 10.9.0.11 mtu 9000");
	while (resolve(f, "10.20.0.1").mtu != 1500)
		turn(f, until);
	director(f, "ip route replace 10.20.0.0/16 via 10.9.0.11");
	drain(f);
	assert_int_equal(resolve(f, "10.20.0.1").mtu, 1500);
}

static void test_rules(void **state)
{
	struct fixture *f = need(state);

	director(f, "ip route add 10.20.0.0/16 via 10.9.0.11 table 100");
	assert_reason(resolve(f, "10.20.0.1").reason, "no route to 10.20.0.1");
	director(f, "ip $FAMILY rule add to 10.20.0.0/16 table 100");
	wait_resolved(f, "10.20.0.1", NETNS_PEER_MAC);
	director(f, "ip $FAMILY rule del to 10.20.0.0/16 table 100");
	wait_reason(f, "10.20.0.1", "no route to 10.20.0.1");
}

static void test_next_hop_objects(void **state)
{
	struct fixture *f = need(state);
	const struct ip_addr second = addr("10.9.0.12");
	uint64_t until = now_ms() + LIMIT_MS;
	struct net_hop hop;

	director(f, "ip nexthop add id 7 via 10.9.0.11 dev eth1; ip route add 10.20.0.0/16 nhid 7");
	wait_resolved(f, "10.20.0.1", NETNS_PEER_MAC);
	director(f, "ip nexthop replace id 7 via 10.9.0.12 dev eth1");
	for (hop = resolve(f, "10.20.0.1"); ip_addr_compare(&hop.via, &second) != 0;
	     hop = resolve(f, "10.20.0.1"))
		turn(f, until);
	director(f, "ip nexthop del id 7");
	wait_reason(f, "10.20.0.1", "no route to 10.20.0.1");
}

static void test_no_way(void **state)
{
	static const struct {
		const char *to, *reason;
		int family; /* 0 = both */
	} ways[] = {
		{"10.9.0.1", "10.9.0.1 is an address of the director itself"},
		{"127.0.0.1", "127.0.0.1 is an address of the director itself", AF_INET},
		{"::1", "::1 is an address of the director itself", AF_INET6},
		{"10.9.0.255", "10.9.0.255 is a broadcast address", AF_INET},
		{"224.0.0.5", "224.0.0.5 is a multicast address", AF_INET},
		{"ff02::5", "ff02::5 is a multicast address", AF_INET6},
		{"fd0a:9::", "fd0a:9:: is an anycast address of the director itself", AF_INET6},
		{"10.30.1.1", "the route to 10.30.1.1 is of type blackhole"},
		{"10.30.2.1", "the route to 10.30.2.1 is of type unreachable"},
		{"10.30.3.1", "the route to 10.30.3.1 is of type prohibit"},
		{"10.30.4.1", "interface tun9 towards 10.30.4.1 has no Ethernet addresses"},
		{"10.99.0.1", "no route to 10.99.0.1"},
	};
	struct fixture *f = need(state);

	director(f, "ip route add blackhole 10.30.1.0/24; ip route add unreachable 10.30.2.0/24\n"
		    "ip route add prohibit 10.30.3.0/24; ip tuntap add tun9 mode tun\n"
		    "echo 1 >/proc/sys/net/ipv6/conf/eth1/forwarding\n"
		    "ip link set tun9 up; ip route add 10.30.4.0/24 dev tun9");
	if (!v6)
		assert_int_equal(netns_run(f->ns.director, "ip route add 224.0.0.0/4 dev eth1"), 0);
	drain(f);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct net_hop hop;

		if (ways[i].family && (ways[i].family == AF_INET6) != v6)
			continue;
		hop = resolve(f, ways[i].to);
		assert_false(hop.resolved);
		assert_reason(hop.reason, ways[i].reason);
		release(f, ways[i].to);
	}
}

/* --- neighbours --- */

static void test_mac_change(void **state)
{
	struct fixture *f = need(state);

	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	/* nobody says so: the managed entry's own probes find it */
	peer(f, "ip link set br0 address 02:00:00:00:00:cc");
	wait_resolved(f, "10.9.0.11", "02:00:00:00:00:cc");
}

/* As a failed check does: at once, and the neighbour stays kept. */
static void test_doubt(void **state)
{
	struct fixture *f = need(state);
	const struct ip_addr backend = addr("10.9.0.11"), fixed = addr("10.9.0.77");
	uint64_t start;

	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	net_doubt(f->net, &backend);
	drain(f);
	/* waited for: on a slow machine it is out of date before ip(8) has told */
	assert_int_equal(netns_wait(f->ns.director,
				    in_family("ip neigh show to 10.9.0.11 | grep -q REACHABLE").s),
			 0);
	assert_true(is_managed("10.9.0.11"));

	start = now_ms();
	peer(f, "ip link set br0 address 02:00:00:00:00:cc");
	net_doubt(f->net, &backend);
	wait_resolved(f, "10.9.0.11", "02:00:00:00:00:cc");
	assert_true(now_ms() - start < 1000);
	drain(f);
	assert_true(is_managed("10.9.0.11"));

	director(f, "ip neigh add 10.9.0.77 dev eth1 lladdr 02:00:00:00:00:ee nud permanent");
	assert_true(resolve(f, "10.9.0.77").resolved);
	net_doubt(f->net, &fixed);
	net_doubt(f->net, &(struct ip_addr){.family = AF_INET}); /* nobody asked for it */
	assert_true(says("ip neigh show to 10.9.0.77", "PERMANENT"));
}

static void test_own_mac_change(void **state)
{
	const uint8_t now[6] = {2, 0, 0, 0, 0, 0xdd};
	struct fixture *f = need(state);
	uint64_t until = now_ms() + LIMIT_MS;

	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	director(f, "ip link set eth1 address 02:00:00:00:00:dd");
	while (memcmp(resolve(f, "10.9.0.11").smac, now, sizeof(now)) != 0)
		turn(f, until);
	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
}

static void test_silent(void **state)
{
	struct fixture *f = need(state);

	wait_resolved(f, "10.9.0.12", NETNS_PEER_MAC);
	peer(f, "ip addr del 10.9.0.12/24 dev br0");
	wait_reason(f, "10.9.0.12", "neighbour 10.9.0.12 on eth1 does not answer");
	/* asked again and again, but still silent */
	drain(f);
	assert_reason(resolve(f, "10.9.0.12").reason,
		      "neighbour 10.9.0.12 on eth1 does not answer");
	peer(f, "ip addr add 10.9.0.12/24 dev br0");
	wait_resolved(f, "10.9.0.12", NETNS_PEER_MAC);
}

static void test_deleted_by_hand(void **state)
{
	struct fixture *f = need(state);
	uint64_t until = now_ms() + LIMIT_MS;

	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	director(f, "ip neigh del 10.9.0.11 dev eth1");
	while (!is_managed("10.9.0.11"))
		turn(f, until);
	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	/* or made an ordinary one */
	director(f, "ip neigh replace 10.9.0.11 dev eth1 lladdr " NETNS_PEER_MAC " nud stale");
	assert_false(is_managed("10.9.0.11"));
	while (!is_managed("10.9.0.11"))
		turn(f, until);
}

static void test_permanent(void **state)
{
	struct fixture *f = need(state);

	director(f, "ip neigh add 10.9.0.11 dev eth1 lladdr 02:00:00:00:00:ee nud permanent");
	wait_resolved(f, "10.9.0.11", "02:00:00:00:00:ee");
	drain(f);
	assert_true(says("ip -d neigh show to 10.9.0.11", "PERMANENT"));
	/* made permanent later */
	wait_resolved(f, "10.9.0.12", NETNS_PEER_MAC);
	director(f, "ip neigh replace 10.9.0.12 dev eth1 lladdr 02:00:00:00:00:ef nud permanent");
	wait_resolved(f, "10.9.0.12", "02:00:00:00:00:ef");
	drain(f);
	release(f, "10.9.0.11");
	release(f, "10.9.0.12");
	assert_true(says("ip -d neigh show to 10.9.0.11", "PERMANENT"));
	assert_true(says("ip -d neigh show to 10.9.0.12", "PERMANENT"));
}

static void test_managed_by_others(void **state)
{
	struct fixture *f = need(state);

	director(f, "ip neigh replace 10.9.0.11 dev eth1 managed; "
		    "ip neigh replace 10.9.0.12 dev eth1 lladdr " NETNS_PEER_MAC " extern_learn");
	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	wait_resolved(f, "10.9.0.12", NETNS_PEER_MAC);
	drain(f);
	release(f, "10.9.0.11");
	release(f, "10.9.0.12");
	assert_true(is_managed("10.9.0.11"));
	assert_true(says("ip -d neigh show to 10.9.0.12", "extern_learn"));
}

static void test_next_daemon(void **state)
{
	struct fixture *f = need(state);

	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	net_close(f->net);
	assert_true(is_managed("10.9.0.11"));
	assert_int_equal(net_open(on_changed, f, &f->net, NULL), 0);
	assert_true(resolve(f, "10.9.0.11").resolved);
	release(f, "10.9.0.11");
	assert_false(is_managed("10.9.0.11"));
}

static struct net_asked asked(struct fixture *f)
{
	struct net_asked asked;

	net_asked(f->net, &asked);
	return asked;
}

static void test_asked_by_the_program(void **state)
{
	const struct ip_addr one = addr("10.9.0.11"), fixed = addr("10.9.0.77"),
			     kept = addr("10.9.0.12");
	struct fixture *f = need(state);
	uint64_t until = now_ms() + LIMIT_MS;
	uint32_t eth1;

	assert_int_equal(net_link_index(f->net, "eth1", &eth1, NULL), 0);
	net_ask_neighbour(f->net, eth1, &one);
	while (!says("ip neigh show to 10.9.0.11", NETNS_PEER_MAC)) {
		turn(f, until);
		net_ask_neighbour(f->net, eth1, &one); /* a busy peer may answer too late */
	}
	assert_true(is_managed("10.9.0.11"));
	/* a neighbour of somebody else's is left alone, one that is kept for a way stays so */
	director(f, "ip neigh add 10.9.0.77 dev eth1 lladdr 02:00:00:00:00:ee nud permanent");
	net_ask_neighbour(f->net, eth1, &fixed);
	assert_true(says("ip neigh show to 10.9.0.77", "PERMANENT"));
	wait_resolved(f, "10.9.0.12", NETNS_PEER_MAC);
	net_ask_neighbour(f->net, eth1, &kept);
	assert_true(is_managed("10.9.0.12"));
	assert_int_equal(asked(f).kept, 1);
	/* the next daemon keeps it too, until it answers no more */
	net_close(f->net);
	assert_int_equal(net_open(on_changed, f, &f->net, NULL), 0);
	assert_int_equal(asked(f).kept, 2);
	wait_resolved(f, "10.9.0.12", NETNS_PEER_MAC);
	assert_int_equal(asked(f).kept, 1);
	peer(f, "ip addr del 10.9.0.11/24 dev br0");
	until = now_ms() + LIMIT_MS;
	director(f, "ip neigh replace 10.9.0.11 dev eth1 lladdr 02:00:00:00:00:ee nud failed");
	while (asked(f).kept)
		turn(f, until);
	assert_false(is_managed("10.9.0.11"));
	/* asked for again, and it does not come back */
	net_ask_neighbour(f->net, eth1, &one);
	assert_int_equal(asked(f).kept, 1);
	until = now_ms() + LIMIT_MS;
	while (asked(f).kept)
		turn(f, until);
	assert_false(is_managed("10.9.0.11"));
}

static void test_more_than_are_kept(void **state)
{
	struct fixture *f = need(state);
	uint32_t eth1;

	assert_int_equal(net_link_index(f->net, "eth1", &eth1, NULL), 0);
	for (uint32_t i = 0; i < NET_ASKED_MAX + 2; i++) {
		char text[IP_ADDR_LEN];
		struct ip_addr one;

		snprintf(text, sizeof(text), "10.9.%u.%u", 1 + i / 250, 1 + i % 250);
		one = addr(text);
		net_ask_neighbour(f->net, eth1, &one);
	}
	assert_int_equal(asked(f).kept, NET_ASKED_MAX);
	assert_int_equal(asked(f).refused, 2);
	assert_false(is_managed("10.9.2.8"));
	assert_true(is_managed("10.9.2.6"));
	/* they go with the interface */
	director(f, "ip link del eth1");
	drain(f);
	assert_int_equal(asked(f).kept, 0);
}

/* --- links --- */

static void test_interface_replaced(void **state)
{
	struct fixture *f = need(state);
	struct net_hop before = wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC), after;

	director(f, "ip link del eth1");
	wait_reason(f, "10.9.0.11", "no route to 10.9.0.11");
	/* between two turns of the loop it comes, goes and comes */
	assert_int_equal(netns_plug(&f->ns, "02:00:00:00:00:02"), 0);
	director(f, "ip link del eth1");
	assert_int_equal(netns_plug(&f->ns, "02:00:00:00:00:03"), 0);
	after = wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	assert_int_equal(after.smac[5], 3);
	assert_int_not_equal(after.ifindex, before.ifindex);
	assert_true(is_managed("10.9.0.11"));
}

static void test_link_down(void **state)
{
	struct fixture *f = need(state);
	uint32_t ifindex = wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC).ifindex;

	peer(f, "ip link set port down");
	wait_reason(f, "10.9.0.11", "interface eth1 is down: no carrier");
	assert_false(net_link_up(f->net, ifindex));
	peer(f, "ip link set port up");
	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	assert_true(net_link_up(f->net, ifindex));
	assert_true(is_managed("10.9.0.11"));
	director(f, "ip link set eth1 down");
	wait_reason(f, "10.9.0.11", "no route to 10.9.0.11");
	director(f, "ip link set eth1 up");
	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	assert_true(is_managed("10.9.0.11"));
}

static void test_link_questions(void **state)
{
	struct fixture *f = need(state);
	uint8_t mac[6], own[6] = {2, 0, 0, 0, 0, 1};
	char name[IF_NAMESIZE];
	struct error err = {};
	uint32_t eth1, lo;

	assert_int_equal(net_link_index(f->net, "eth1", &eth1, &err), 0);
	assert_int_equal(net_link_index(f->net, "lo", &lo, &err), 0);
	assert_string_equal(net_link_name(f->net, eth1, name), "eth1");
	assert_string_equal(net_link_name(f->net, 9999, name), "");
	assert_true(net_link_mac(f->net, eth1, mac));
	assert_memory_equal(mac, own, sizeof(mac));
	assert_false(net_link_mac(f->net, lo, mac));
	assert_true(net_mac_ours(f->net, own));
	own[5] = 9;
	assert_false(net_mac_ours(f->net, own));
	assert_true(net_link_up(f->net, lo));
	assert_int_equal(net_link_index(f->net, "eth7", &eth1, &err), -ENOENT);
	assert_reason(err.text, "no interface 'eth7'");
	assert_int_equal(net_link_index(f->net, "a-name-that-is-too-long", &eth1, &err), -ENOENT);
	assert_int_equal(net_link_index(f->net, "", &eth1, &err), -ENOENT);
	/* known at once, before its notification is read */
	director(f, "ip link add eth8 type veth peer name eth9");
	assert_int_equal(net_link_index(f->net, "eth8", &eth1, &err), 0);
	assert_string_equal(net_link_name(f->net, eth1, name), "eth8");
	for (size_t i = 0; i < 2; i++) {
		const int families[] = {AF_INET, AF_INET6};

		assert_false(net_forwarding("eth1", families[i]));
		director(f, i ? "echo 1 >/proc/sys/net/ipv6/conf/eth1/forwarding"
			      : "echo 1 >/proc/sys/net/ipv4/conf/eth1/forwarding");
		assert_true(net_forwarding("eth1", families[i]));
		assert_false(net_forwarding("eth7", families[i]));
	}
}

/* A bridge tells of its ports as of links; a port that leaves it is still there. */
static void test_bridge_port(void **state)
{
	struct fixture *f = need(state);
	uint32_t eth1;

	assert_int_equal(net_link_index(f->net, "eth1", &eth1, NULL), 0);
	director(f, "ip link add br9 type bridge; ip link set eth1 master br9");
	drain(f);
	director(f, "ip link set eth1 nomaster");
	drain(f);
	assert_true(net_link_up(f->net, eth1));
	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
}

/* --- being told --- */

static void test_told_only_of_what_matters(void **state)
{
	struct fixture *f = need(state);

	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	drain(f);
	director(f, "ip route add 10.50.0.0/16 via 10.9.0.12\n"
		    "ip neigh add 10.9.0.99 dev eth1 lladdr 02:00:00:00:00:99\n"
		    "ip neigh del 10.9.0.99 dev eth1; ip route del 10.50.0.0/16");
	turn(f, now_ms() + LIMIT_MS);
	assert_int_equal(f->changed, 0);
	director(f, "ip link set eth1 mtu 1400");
	turn(f, now_ms() + LIMIT_MS);
	assert_int_equal(f->changed, 1);
	assert_int_equal(resolve(f, "10.9.0.11").mtu, 1400);
}

/* More happens than the socket holds: read anew, and told. */
static void test_overrun(void **state)
{
	const struct ip_addr last = addr("10.40.3.232");
	int bytes = 4096, error = 0;
	struct fixture *f = need(state);
	socklen_t size = sizeof(error);
	uint32_t eth1;

	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	assert_int_equal(net_link_index(f->net, "eth1", &eth1, NULL), 0);
	drain(f);
	setsockopt(net_fd(f->net), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	director(f, "for i in $(seq 0 3); do for j in $(seq 1 250); do "
		    "echo addr add 10.40.$i.$j/32 dev eth1; done; done >/dev/shm/shunt-batch.$$\n"
		    "echo neigh del 10.9.0.11 dev eth1 >>/dev/shm/shunt-batch.$$\n"
		    "ip -batch /dev/shm/shunt-batch.$$; rm /dev/shm/shunt-batch.$$");
	assert_int_equal(net_address_link(f->net, &last), 0);
	turn(f, now_ms() + LIMIT_MS);
	assert_int_equal(f->changed, 1);
	assert_int_equal(net_address_link(f->net, &last), eth1);
	assert_int_equal(getsockopt(net_fd(f->net), SOL_SOCKET, SO_ERROR, &error, &size), 0);
	assert_int_equal(error, 0);
	wait_resolved(f, "10.9.0.11", NETNS_PEER_MAC);
	assert_true(is_managed("10.9.0.11"));
}

static void test_many(void **state)
{
	struct fixture *f = need(state);
	char to[IP_ADDR_LEN];

	director(f, "ip route add 10.20.0.0/16 via 10.9.0.11");
	wait_resolved(f, "10.20.0.0", NETNS_PEER_MAC);
	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int i = 0; i < MANY; i++) {
			snprintf(to, sizeof(to), "10.20.%u.%u", i / 256, i % 256);
			assert_true(resolve(f, to).resolved);
		}
	for (unsigned int i = 0; i < MANY; i++) {
		assert_true(i % 500 || is_managed("10.9.0.11"));
		snprintf(to, sizeof(to), "10.20.%u.%u", i / 256, i % 256);
		release(f, to);
	}
	assert_false(is_managed("10.9.0.11"));
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest each_family[] = {
		test(test_resolve),
		test(test_release),
		test(test_gateway_shared),
		test(test_route_changes),
		test(test_route_mtu),
		test(test_rules),
		test(test_next_hop_objects),
		test(test_no_way),
		test(test_mac_change),
		test(test_doubt),
		test(test_own_mac_change),
		test(test_silent),
		test(test_deleted_by_hand),
		test(test_permanent),
		test(test_managed_by_others),
		test(test_next_daemon),
		test(test_asked_by_the_program),
		test(test_more_than_are_kept),
		test(test_interface_replaced),
		test(test_link_down),
		test(test_told_only_of_what_matters),
		test(test_many),
	};
	const struct CMUnitTest once[] = {
		test(test_link_questions),
		test(test_bridge_port),
		test(test_overrun),
	};
	int failed = cmocka_run_group_tests_name("net", once, NULL, NULL);

	for (int six = 0; six < 2; six++) {
		set_family(six);
		failed += cmocka_run_group_tests_name(six ? "net: IPv6" : "net: IPv4", each_family,
						      NULL, NULL);
	}
	return failed;
}
