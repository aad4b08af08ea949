/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_announcer.c - VIPs taken, defended and given back between two hosts, with real ARP and
 * neighbour discovery. Without root they are skipped. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "daemon/announcer.h"
#include "daemon/events.h"
#include "net/claims.h"
#include "net/net.h"
#include "tests/unit/family.h"
#include "tests/unit/loop.h"
#include "tests/unit/netns.h"

#define VIP        "10.9.0.50"
#define OFF_SUBNET "192.0.2.10"
#define HEARD_MAX  64

struct heard {
	struct claim v[HEARD_MAX];
	size_t n;
};

struct fixture {
	struct netns ns;
	sd_event *loop;
	struct net *net;
	sd_event_source *net_io;
	struct claims *claims, *peer_claims;
	struct events *events;
	struct announcer *announcer;
	uint32_t eth1, lo, br0;
	struct heard heard; /* by the peer */
	const char *expected;
};

/* --- the two hosts --- */

static void on_changed(void *arg)
{
	struct fixture *f = arg;

	announcer_refresh(f->announcer);
}

static int on_net(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct fixture *f = arg;

	net_dispatch(f->net);
	return 0;
}

static int start(struct fixture *f)
{
	return net_open(on_changed, f, &f->net, NULL) ||
	       sd_event_add_io(f->loop, &f->net_io, net_fd(f->net), EPOLLIN, on_net, f) < 0 ||
	       announcer_new(f->loop, f->net, f->claims, f->events, &f->announcer, NULL);
}

static void stop(struct fixture *f)
{
	announcer_free(f->announcer);
	sd_event_source_disable_unref(f->net_io);
	net_close(f->net);
}

static int open_peer(struct fixture *f)
{
	struct net *net = NULL;
	int r = setns(f->ns.peer, CLONE_NEWNET) || claims_open(&f->peer_claims, NULL) ||
		net_open(NULL, NULL, &net, NULL) || net_link_index(net, "br0", &f->br0, NULL);

	net_close(net);
	return r || setns(f->ns.director, CLONE_NEWNET);
}

static int setup(void **state)
{
	struct fixture *f;

	if (!netns_possible())
		return 0;
	f = calloc(1, sizeof(*f));
	*state = f;
	f->events = events_new();
	return netns_enter(&f->ns) || open_peer(f) || sd_event_new(&f->loop) < 0 ||
	       claims_open(&f->claims, NULL) || start(f) ||
	       net_link_index(f->net, "eth1", &f->eth1, NULL) ||
	       net_link_index(f->net, "lo", &f->lo, NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (!f)
		return 0;
	stop(f);
	claims_close(f->claims);
	claims_close(f->peer_claims);
	events_free(f->events);
	sd_event_unref(f->loop);
	netns_leave(&f->ns);
	free(f);
	return 0;
}

static struct fixture *need(void **state)
{
	if (!*state)
		skip();
	return *state;
}

#define director(f, commands) run((f)->ns.director, commands)
#define peer(f, commands)     run((f)->ns.peer, commands)

static void want(struct fixture *f, const char *vip)
{
	const struct ip_addr at = addr(vip);

	announcer_want(f->announcer, &at);
}

static void unwant(struct fixture *f, const char *vip)
{
	const struct ip_addr at = addr(vip);

	announcer_unwant(f->announcer, &at);
}

static void attach(struct fixture *f)
{
	announcer_set_interfaces(f->announcer, &f->eth1, 1);
}

static const char *state_of(struct fixture *f, const char *vip)
{
	const struct ip_addr at = addr(vip);

	return announcer_state(f->announcer, &at);
}

static bool is_expected(void *arg)
{
	struct fixture *f = arg;

	return strcmp(state_of(f, VIP), f->expected) == 0;
}

static void wait_state(struct fixture *f, const char *expected)
{
	f->expected = expected;
	if (!loop_until(f->loop, is_expected, f))
		fail_msg("%s is %s, not %s", VIP, state_of(f, VIP), expected);
}

static void hear(const struct claim *claim, void *arg)
{
	const struct ip_addr vip = addr(VIP);
	struct fixture *f = arg;

	if (ip_addr_compare(&claim->addr, &vip) == 0 && f->heard.n < HEARD_MAX)
		f->heard.v[f->heard.n++] = *claim;
}

static bool peer_hears(struct fixture *f, bool probe, unsigned int count)
{
	unsigned int found = 0;

	claims_dispatch(f->peer_claims, hear, f);
	for (size_t i = 0; i < f->heard.n; i++)
		found += f->heard.v[i].probe == probe && f->heard.v[i].ifindex == f->br0;
	return found >= count;
}

static bool three_announcements(void *arg)
{
	return peer_hears(arg, false, 3);
}

static bool one_alarm_with(struct fixture *f, const char *text)
{
	json_t *alarms = events_alarms(f->events);
	const char *alarm = json_string_value(json_object_get(json_array_get(alarms, 0), "text"));
	bool found = json_array_size(alarms) == 1 && alarm && strstr(alarm, in_family(text).s);

	json_decref(alarms);
	return found;
}

static bool has_alarm(void *arg)
{
	struct fixture *f = arg;
	json_t *alarms = events_alarms(f->events);
	size_t n = json_array_size(alarms);

	json_decref(alarms);
	return n > 0;
}

static uint64_t last_event(struct fixture *f)
{
	uint64_t seq = 0;
	char *line;

	while ((line = events_next(f->events, seq, &seq)))
		free(line);
	return seq;
}

static bool on_eth1(const char *vip)
{
	char text[64];

	snprintf(text, sizeof(text), " %s/32 ", vip);
	return says("ip addr show dev eth1", text);
}

static bool on_lo(const char *vip)
{
	char text[64];

	snprintf(text, sizeof(text), " %s/32 ", vip);
	return says("ip addr show dev lo", text);
}

/* As if @mac, on the peer's side, said so. */
static void peer_says(struct fixture *f, uint8_t last, const char *what)
{
	const uint8_t mac[6] = {2, 0, 0, 0, 0, last};
	const struct ip_addr vip = addr(VIP);

	if (strcmp(what, "probe") == 0) {
		/* by neighbour discovery only the frame says from whom it is */
		assert_int_equal(
			netns_run(f->ns.peer, "ip link set br0 address 02:00:00:00:00:%02x", last),
			0);
		assert_int_equal(claims_probe(f->peer_claims, f->br0, mac, &vip), 0);
	} else {
		assert_int_equal(claims_announce(f->peer_claims, f->br0, mac, &vip), 0);
	}
}

/* --- taking and giving back --- */

static void test_claim(void **state)
{
	const uint8_t own[6] = {2, 0, 0, 0, 0, 1};
	struct fixture *f = need(state);

	/* the peer has an old idea of who has it */
	peer(f, "ip neigh add " VIP " dev br0 lladdr 02:00:00:00:00:99 nud stale");
	want(f, VIP);
	assert_string_equal(state_of(f, VIP), "waiting");
	attach(f);
	wait_state(f, "probing");
	assert_false(on_eth1(VIP));
	wait_state(f, "held");
	assert_true(on_eth1(VIP));
	assert_true(loop_until(f->loop, three_announcements, f));
	assert_int_equal(f->heard.n, 6);
	for (size_t i = 0; i < f->heard.n; i++) {
		assert_int_equal(f->heard.v[i].probe, i < 3);
		assert_memory_equal(f->heard.v[i].mac, own, sizeof(own));
	}
	peer(f, "ip neigh show " VIP " | grep -q '" NETNS_DIRECTOR_MAC "'; ping -qc1 " VIP);
	unwant(f, VIP);
	assert_false(on_eth1(VIP));
	assert_string_equal(state_of(f, VIP), "none");
	assert_false(has_alarm(f));
}

static void test_conflict(void **state)
{
	struct fixture *f = need(state);

	peer(f, "ip addr add " VIP "/24 dev br0 nodad");
	want(f, VIP);
	attach(f);
	wait_state(f, "conflict");
	assert_true(one_alarm_with(f, VIP ": " NETNS_PEER_MAC " on eth1 has it already"));
	assert_false(on_eth1(VIP));
	assert_false(on_lo(VIP));
	unwant(f, VIP);
	assert_false(has_alarm(f));
}

/* At the last moment before it would have been ours. */
static void test_claimed_while_probing(void **state)
{
	struct fixture *f = need(state);

	want(f, VIP);
	attach(f);
	wait_state(f, "probing");
	while (!peer_hears(f, true, 3))
		sd_event_run(f->loop, 1000);
	peer_says(f, 0xee, "claim");
	wait_state(f, "conflict");
	assert_true(one_alarm_with(f, "02:00:00:00:00:ee on eth1 has it already"));
}

static void test_forged_claim(void **state)
{
	struct fixture *f = need(state);
	size_t before;

	want(f, VIP);
	attach(f);
	wait_state(f, "held");
	assert_true(loop_until(f->loop, three_announcements, f));
	before = f->heard.n;
	peer_says(f, 0xee, "claim");
	assert_true(loop_until(f->loop, has_alarm, f));
	assert_true(one_alarm_with(f, "02:00:00:00:00:ee on eth1 claims it too"));
	assert_string_equal(state_of(f, VIP), "held");
	assert_true(on_eth1(VIP));
	while (f->heard.n == before)
		assert_false(peer_hears(f, false, HEARD_MAX));
	/* a flood of them is not answered one by one */
	for (unsigned int i = 0; i < 100; i++)
		peer_says(f, 0xee, "claim");
	for (unsigned int i = 0; i < 20; i++)
		sd_event_run(f->loop, 10000);
	peer_hears(f, false, 1);
	assert_int_equal(f->heard.n, before + 1);
}

/* A probe for what is held is the kernel's to answer, and no claim. */
static void test_probed_while_held(void **state)
{
	struct fixture *f = need(state);
	size_t before;

	want(f, VIP);
	attach(f);
	wait_state(f, "held");
	assert_true(loop_until(f->loop, three_announcements, f));
	before = f->heard.n;
	peer_says(f, 0x0b, "probe"); /* the peer's own MAC: the answer comes back to it */
	while (f->heard.n == before)
		peer_hears(f, false, 0);
	assert_false(f->heard.v[before].probe);
	sd_event_run(f->loop, 10000);
	assert_string_equal(state_of(f, VIP), "held");
	assert_false(has_alarm(f));
}

static void test_simultaneous_probes(void **state)
{
	struct fixture *f = need(state);

	want(f, VIP);
	attach(f);
	wait_state(f, "probing");
	peer_says(f, 0xee, "probe"); /* a higher MAC stands back, we do not */
	peer_says(f, 0x01, "probe"); /* our own, by way of a loop in the network */
	wait_state(f, "held");
	unwant(f, VIP);

	director(f, "ip link set eth1 address 02:00:00:00:00:fe");
	assert_int_equal(netns_wait(f->ns.director, "ip link show eth1 | grep -q 00:fe"), 0);
	want(f, VIP);
	wait_state(f, "probing");
	sd_event_run(f->loop, 0); /* the new MAC is known */
	peer_says(f, 0xee, "probe");
	wait_state(f, "conflict");
	assert_true(has_alarm(f));
}

/* --- where --- */

static void test_off_subnet(void **state)
{
	struct fixture *f = need(state);
	const struct ip_addr vip = addr(OFF_SUBNET);

	want(f, OFF_SUBNET);
	attach(f);
	while (strcmp(announcer_state(f->announcer, &vip), "held") != 0)
		assert_true(sd_event_run(f->loop, 1000000) > 0);
	assert_true(on_lo(OFF_SUBNET));
	/* nothing is attached any more: the director's own stack must not have it */
	announcer_set_interfaces(f->announcer, NULL, 0);
	assert_false(on_lo(OFF_SUBNET));
	assert_string_equal(announcer_state(f->announcer, &vip), "waiting");
}

/* The attached interface is a port of the bridge that has the subnet. */
static void test_upon_a_bridge(void **state)
{
	struct fixture *f = need(state);

	director(f, "ip link add br9 type bridge forward_delay 0; ip link set br9 up\n"
		    "ip link set eth1 master br9; ip addr del 10.9.0.1/24 dev eth1\n"
		    "ip addr add 10.9.0.1/24 dev br9 nodad");
	want(f, VIP);
	attach(f);
	wait_state(f, "held");
	assert_true(says("ip addr show dev br9", " " VIP "/32 "));
	peer(f, "ping -qc1 " VIP);
	announcer_set_interfaces(f->announcer, NULL, 0);
	assert_false(says("ip addr show", " " VIP "/32 "));
}

static void test_subnet_comes_later(void **state)
{
	struct fixture *f = need(state);

	director(f, "ip addr del 10.9.0.1/24 dev eth1");
	want(f, VIP);
	attach(f);
	wait_state(f, "held");
	assert_true(on_lo(VIP));
	director(f, "ip addr add 10.9.0.1/24 dev eth1");
	wait_state(f, "probing");
	assert_false(on_lo(VIP));
	wait_state(f, "held");
	assert_true(on_eth1(VIP));
}

static void test_detached(void **state)
{
	struct fixture *f = need(state);

	want(f, VIP);
	attach(f);
	wait_state(f, "held");
	announcer_set_interfaces(f->announcer, NULL, 0);
	assert_false(on_eth1(VIP));
	assert_string_equal(state_of(f, VIP), "waiting");
	attach(f);
	wait_state(f, "held");
	announcer_withdraw_all(f->announcer);
	assert_false(on_eth1(VIP));
	assert_string_equal(state_of(f, VIP), "none");
}

static void test_present(void **state)
{
	struct fixture *f = need(state);

	director(f, "ip addr add " VIP "/32 dev eth1");
	want(f, VIP);
	attach(f);
	wait_state(f, "present");
	unwant(f, VIP);
	assert_true(on_eth1(VIP));
	/* once the administrator takes it away it is ours to take */
	want(f, VIP);
	wait_state(f, "present");
	director(f, "ip addr del " VIP "/32 dev eth1");
	wait_state(f, "held");
}

static void test_taken_away_by_hand(void **state)
{
	struct fixture *f = need(state);

	want(f, VIP);
	attach(f);
	wait_state(f, "held");
	director(f, "ip addr del " VIP "/32 dev eth1");
	wait_state(f, "probing");
	wait_state(f, "held");
	assert_true(on_eth1(VIP));
}

static void test_link_down(void **state)
{
	struct fixture *f = need(state);

	peer(f, "ip link set port down");
	want(f, VIP);
	attach(f);
	for (unsigned int i = 0; i < 20; i++)
		sd_event_run(f->loop, 10000);
	assert_string_equal(state_of(f, VIP), "waiting");
	peer(f, "ip link set port up");
	wait_state(f, "probing");
	/* the bridge lets it through only after a while: so a real switch */
	wait_state(f, "held");
	peer(f, "ip link set port down");
	wait_state(f, "waiting");
	assert_false(on_eth1(VIP));
	peer(f, "ip link set port up");
	wait_state(f, "held");
}

static void test_own_mac_change(void **state)
{
	struct fixture *f = need(state);

	want(f, VIP);
	attach(f);
	wait_state(f, "held");
	assert_true(loop_until(f->loop, three_announcements, f));
	f->heard.n = 0;
	director(f, "ip link set eth1 address 02:00:00:00:00:02");
	assert_true(loop_until(f->loop, three_announcements, f));
	assert_int_equal(f->heard.v[0].mac[5], 2);
	assert_string_equal(state_of(f, VIP), "held");
}

/* --- from one daemon to the next --- */

static void test_next_daemon(void **state)
{
	struct fixture *f = need(state);

	want(f, VIP);
	want(f, "10.9.0.51");
	want(f, OFF_SUBNET);
	attach(f);
	wait_state(f, "held");
	assert_true(on_eth1(VIP) && on_eth1("10.9.0.51") && on_lo(OFF_SUBNET));
	stop(f);
	assert_true(on_eth1(VIP) && on_eth1("10.9.0.51") && on_lo(OFF_SUBNET));
	peer_hears(f, true, 0);
	f->heard.n = 0;
	assert_int_equal(start(f), 0);
	want(f, VIP);
	attach(f);
	wait_state(f, "held");
	/* never away, not probed for, said again; what nobody wants is gone */
	assert_true(loop_until(f->loop, three_announcements, f));
	assert_int_equal(f->heard.n, 3);
	assert_true(on_eth1(VIP));
	assert_false(on_eth1("10.9.0.51") || on_lo(OFF_SUBNET));
}

static void test_remove_all(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};

	director(f, "ip addr add 10.9.0.52/32 dev eth1");
	want(f, VIP);
	want(f, OFF_SUBNET);
	attach(f);
	wait_state(f, "held");
	assert_int_equal(announcer_remove_all(f->net, &err), 0);
	assert_false(on_eth1(VIP) || on_lo(OFF_SUBNET));
	assert_true(on_eth1("10.9.0.52"));
	assert_int_equal(announcer_remove_all(f->net, &err), 0);
}

/* Without CAP_NET_RAW what must be probed for is not taken; the rest is. */
static void test_without_claims(void **state)
{
	struct fixture *f = need(state);
	const struct ip_addr vip = addr(OFF_SUBNET);
	uint64_t last;

	announcer_free(f->announcer);
	assert_int_equal(announcer_new(f->loop, f->net, NULL, f->events, &f->announcer, NULL), 0);
	want(f, VIP);
	want(f, OFF_SUBNET);
	attach(f);
	assert_true(loop_until(f->loop, has_alarm, f));
	assert_true(one_alarm_with(f, VIP " is not announced: no probe can be sent on eth1"));
	assert_string_equal(state_of(f, VIP), "waiting");
	assert_false(on_eth1(VIP));
	assert_string_equal(announcer_state(f->announcer, &vip), "held");
	/* tried again with every change, said once */
	last = last_event(f);
	for (unsigned int i = 0; i < 5; i++) {
		announcer_refresh(f->announcer);
		sd_event_run(f->loop, 1000000);
	}
	assert_int_equal(last_event(f), last);
	unwant(f, VIP);
	assert_false(has_alarm(f));
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		test(test_claim),
		test(test_conflict),
		test(test_claimed_while_probing),
		test(test_forged_claim),
		test(test_probed_while_held),
		test(test_simultaneous_probes),
		test(test_off_subnet),
		test(test_upon_a_bridge),
		test(test_subnet_comes_later),
		test(test_detached),
		test(test_present),
		test(test_taken_away_by_hand),
		test(test_link_down),
		test(test_own_mac_change),
		test(test_next_daemon),
		test(test_remove_all),
		test(test_without_claims),
	};

	int failed = 0;

	for (int six = 0; six < 2; six++) {
		set_family(six);
		failed += cmocka_run_group_tests_name(six ? "announcer: IPv6" : "announcer: IPv4",
						      tests, NULL, NULL);
	}
	return failed;
}
