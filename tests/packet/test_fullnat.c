// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_fullnat.c - flows of fullnat from their first packet to their last: what goes to the
 * backend and to the client, errors about either, other modes beside it, and numbers that move.
 */
#include "packet/fullnat_world.h"

static bool tcp_both_ways(struct fullnat *f, const char *client, const char *vip, const char *real,
			  const char *pool)
{
	int port = connected(f, client, vip, real, pool);
	const char *at = pool_at(pool, port);

	EXPECT(port >= FULLNAT_LOW && port < FULLNAT_LOW + FULLNAT_PORTS);
	EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = vip, .payload = 777, .flags = "PA"),
		       CHANGE(OUT, .from = at, .to = real)));
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = real, .to = at, .payload = 1460),
		       CHANGE(BACK, .from = vip, .to = client)));
	EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = vip, .check_off = 5),
		       CHANGE(OUT, .from = at, .to = real)));
	EXPECT_EQUAL(fullnat_ports(f).used, 1);
	return true;
}

static bool tcp4(void *arg)
{
	struct shunt_counters before, after;
	struct fullnat *f = arg;

	dataplane_service_counters(f->web, &before);
	EXPECT(tcp_both_ways(f, CLIENT, WEB, REAL, POOL));
	dataplane_service_counters(f->web, &after);
	EXPECT_EQUAL(after.packets - before.packets, 4);
	EXPECT_EQUAL(after.connections - before.connections, 1);
	EXPECT_EQUAL(after.reply_packets - before.reply_packets, 2);
	return true;
}

static bool tcp6(void *arg)
{
	return tcp_both_ways(arg, CLIENT6, WEB6, REAL6, POOL6);
}

static bool udp(void *arg)
{
	static const char vip[] = WEB_ADDR ":53", real[] = "10.0.0.41:5300";
	struct fullnat *f = arg;
	int port = port_of(f, CHANGE(UDP, .from = CLIENT, .to = vip));
	const char *at = pool_at(POOL, port);

	EXPECT(port);
	EXPECT(becomes(f, CHANGE(UDP, .from = CLIENT, .to = vip, .payload = 33),
		       CHANGE(OUT, .from = at, .to = real)));
	EXPECT(becomes(f, CHANGE(UDP, .from = CLIENT, .to = vip, .no_check = true, .payload = 9),
		       CHANGE(OUT, .from = at, .to = real)));
	EXPECT(becomes(f, CHANGE(UDP, .smac = MAC_BACKEND, .from = real, .to = at, .payload = 512),
		       CHANGE(BACK, .from = vip, .to = CLIENT)));
	/* a TCP port of the same number is another flow's, or nobody's */
	EXPECT(refused(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = real, .to = at), XDP_DROP,
		       "fullnat_no_flow"));
	return true;
}

static bool strangers(void *arg)
{
	struct fullnat *f = arg;
	int port = connected(f, CLIENT, WEB, REAL, POOL);
	const char *at = pool_at(POOL, port);

	EXPECT(refused(f, CHANGE(TCP, .from = "10.0.0.42:7001", .to = at), XDP_DROP,
		       "fullnat_stranger"));
	EXPECT(refused(f, CHANGE(TCP, .from = "10.0.0.41:7000", .to = at), XDP_DROP,
		       "fullnat_stranger"));
	EXPECT(refused(f, CHANGE(UDP, .from = REAL, .to = at), XDP_DROP, "fullnat_no_flow"));
	/* ports that are not the pool's are the director's */
	EXPECT(refused(f, CHANGE(TCP, .from = REAL, .to = POOL ":1999"), XDP_PASS, NULL));
	EXPECT(refused(f, CHANGE(TCP, .from = REAL, .to = POOL ":2008"), XDP_PASS, NULL));
	EXPECT(refused(f, CHANGE(ICMP, .from = "10.0.0.41", .to = POOL), XDP_PASS, NULL));
	/* a client that nobody knows, and one that says it is another's */
	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT_ADDR ":40001", .to = WEB), XDP_DROP,
		       "fullnat_unknown"));
	EXPECT_EQUAL(fullnat_ports(f).used, 1);
	return true;
}

static bool errors_to_backend(struct fullnat *f, const char *client, const char *vip,
			      const char *real, const char *pool, int kind, const char *router,
			      const char *vip_addr, const char *real_addr)
{
	const char *at = pool_at(pool, connected(f, client, vip, real, pool));

	EXPECT(becomes(
		f,
		CHANGE(ICMP, .from = router, .to = vip_addr, .icmp = kind, .rest = "00000514",
		       QUOTE(TCP, .from = vip, .to = client)),
		CHANGE(OUT, .from = pool, .to = real_addr, QUOTE(TCP, .from = real, .to = at))));
	EXPECT(refused(f,
		       CHANGE(ICMP, .from = router, .to = vip_addr, .icmp = kind,
			      QUOTE(TCP, .from = vip, .to = client), .ttl = 1),
		       XDP_DROP, "ttl_expired"));
	return true;
}

static bool errors_to_client(struct fullnat *f, const char *client, const char *vip,
			     const char *real, const char *pool, int kind, const char *inner,
			     const char *client_addr, const char *vip_addr, const char *real_addr)
{
	const char *at = pool_at(pool, connected(f, client, vip, real, pool));

	EXPECT(becomes(f,
		       CHANGE(ICMP, .smac = MAC_BACKEND, .from = inner, .to = pool, .icmp = kind,
			      QUOTE(TCP, .from = at, .to = real)),
		       CHANGE(BACK, .to = client_addr, QUOTE(TCP, .from = client, .to = vip))));
	EXPECT(becomes(f,
		       CHANGE(ICMP, .smac = MAC_BACKEND, .from = real_addr, .to = pool,
			      .icmp = kind, QUOTE(TCP, .from = at, .to = real)),
		       CHANGE(BACK, .from = vip_addr, .to = client_addr,
			      QUOTE(TCP, .from = client, .to = vip))));
	return true;
}

static bool errors4(void *arg)
{
	struct fullnat *f = arg;

	EXPECT(errors_to_backend(f, CLIENT, WEB, REAL, POOL, ICMP_KIND(3, 4), "198.51.100.254",
				 WEB_ADDR, "10.0.0.41"));
	EXPECT(errors_to_client(f, CLIENT_ADDR ":41000", WEB, REAL, POOL, ICMP_KIND(11, 0),
				"10.0.0.77", CLIENT_ADDR, WEB_ADDR, "10.0.0.41"));
	EXPECT(refused(f,
		       CHANGE(ICMP, .from = "198.51.100.254", .to = WEB_ADDR,
			      .icmp = ICMP_KIND(3, 4),
			      QUOTE(TCP, .from = WEB, .to = CLIENT_ADDR ":4")),
		       XDP_DROP, "fullnat_unknown"));
	EXPECT(refused(f,
		       CHANGE(ICMP, .from = "10.0.0.77", .to = POOL, .icmp = ICMP_KIND(3, 4),
			      QUOTE(UDP, .from = POOL ":2000", .to = REAL)),
		       XDP_DROP, "fullnat_no_flow"));
	return true;
}

static bool errors6(void *arg)
{
	EXPECT(errors_to_backend(arg, CLIENT6, WEB6, REAL6, POOL6, ICMP_KIND(2, 0),
				 "2001:db8:100::fe", "2001:db8:1::60", "fd00::41"));
	EXPECT(errors_to_client(arg, "[" CLIENT6_ADDR "]:41000", WEB6, REAL6, POOL6,
				ICMP_KIND(1, 4), "fd00::77", CLIENT6_ADDR, "2001:db8:1::60",
				"fd00::41"));
	return true;
}

/* A flow stays where it is; the next connection, also of the same tuple, goes where the slot says.
 */
static bool moved_slots(void *arg)
{
	struct fullnat *f = arg;
	int port = connected(f, CLIENT, WEB, REAL, POOL), next;
	const char *at = pool_at(POOL, port);

	EXPECT(port);
	fullnat_slots(f->web, 2);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .payload = 9),
		       CHANGE(OUT, .from = at, .to = REAL)));
	fullnat_slots(f->web, 0);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .payload = 9),
		       CHANGE(OUT, .from = at, .to = REAL)));
	EXPECT_EQUAL(dataplane_backend_flows(f->web, 1), 1);
	EXPECT(close_both(f, CLIENT, port));
	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .flags = "S"), XDP_DROP,
		       "no_backend"));
	fullnat_slots(f->web, 1); /* the same backend: the same port */
	EXPECT_EQUAL(port_of(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .flags = "S")), port);
	EXPECT_EQUAL(connected(f, CLIENT, WEB, REAL, POOL), port);
	EXPECT(close_both(f, CLIENT, port));
	fullnat_slots(f->web, 2);
	next = port_of(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .flags = "S"));
	EXPECT(next && next != port);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB),
		       CHANGE(OUT2, .from = pool_at(POOL, next), .to = REAL2)));
	EXPECT(refused(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = at), XDP_DROP,
		       "fullnat_no_flow"));
	fullnat_later(f, 0);
	EXPECT_EQUAL(fullnat_ports(f).used, 1);
	EXPECT_EQUAL(fullnat_ports(f).free, 4 * FULLNAT_PORTS - 1);
	EXPECT_EQUAL(dataplane_backend_flows(f->web, 1), 0);
	EXPECT_EQUAL(dataplane_backend_flows(f->web, 2), 1);
	return true;
}

/* The service's numbers move to a larger range, and the flows with them. */
static bool numbers_grow(void *arg)
{
	struct fullnat *f = arg;
	struct dataplane_service *s =
		fullnat_service(f, "tcp:" WEB_ADDR ":90", REAL, SHUNT_FORWARD_FULLNAT, false);
	int port = connected(f, CLIENT, WEB_ADDR ":90", REAL, POOL);
	char at[32];

	EXPECT(port);
	for (int i = 0; i < 40; i++) {
		snprintf(at, sizeof(at), "10.0.1.%d:80", i + 1);
		world_backend(s, at, SHUNT_FORWARD_FULLNAT, f->world.in0);
	}
	world_grace(f->world.dp);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB_ADDR ":90"),
		       CHANGE(OUT, .from = pool_at(POOL, port), .to = REAL)));
	EXPECT_EQUAL(dataplane_backend_flows(s, 1), 1);
	EXPECT(dataplane_service_remove(s, NULL) == 0); /* its flows end with it */
	EXPECT(refused(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = pool_at(POOL, port)),
		       XDP_DROP, "fullnat_no_flow"));
	world_grace(f->world.dp);
	EXPECT_EQUAL(fullnat_ports(f).used, 0);
	EXPECT_EQUAL(fullnat_ports(f).free, 4 * FULLNAT_PORTS);
	return true;
}

/* Backends of the service by another mode; a flow of fullnat's stays one. */
static bool mixed_modes(void *arg)
{
	static const char vip[] = WEB_ADDR ":82", real[] = "10.0.0.42:82";
	struct fullnat *f = arg;
	const char *at;
	int port;

	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = vip, .flags = "S"),
		       CHANGE(.dmac = MAC_BACKEND, .smac = MAC_DIRECTOR)));
	EXPECT(becomes(f,
		       CHANGE(ICMP, .from = "198.51.100.254", .to = WEB_ADDR,
			      .icmp = ICMP_KIND(3, 4), QUOTE(TCP, .from = vip, .to = CLIENT)),
		       CHANGE(.dmac = MAC_BACKEND, .smac = MAC_DIRECTOR)));
	EXPECT_EQUAL(fullnat_ports(f).used, 0);
	fullnat_slots(f->mixed, 2);
	port = port_of(f, CHANGE(TCP, .from = CLIENT, .to = vip, .flags = "S"));
	at = pool_at(POOL, port);
	EXPECT(port);
	fullnat_slots(f->mixed, 1);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = vip),
		       CHANGE(OUT2, .from = at, .to = real)));
	return true;
}

/* A new connection of a tuple whose last one is over goes where its slot says, and stays there. */
static bool closed_to_another_mode(void *arg)
{
	static const char vip[] = WEB_ADDR ":82", real[] = "10.0.0.42:82";
	struct fullnat *f = arg;
	const char *at;

	fullnat_slots(f->mixed, 2);
	at = pool_at(POOL, port_of(f, CHANGE(TCP, .from = CLIENT, .to = vip, .flags = "S")));
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = real, .to = at, .flags = "RA"),
		       CHANGE(BACK, .from = vip, .to = CLIENT)));
	fullnat_slots(f->mixed, 1);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = vip, .flags = "S"),
		       CHANGE(.dmac = MAC_BACKEND, .smac = MAC_DIRECTOR)));
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = vip),
		       CHANGE(.dmac = MAC_BACKEND, .smac = MAC_DIRECTOR)));
	EXPECT(refused(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = real, .to = at), XDP_DROP,
		       "fullnat_no_flow"));
	dataplane_flows_sweep(f->world.dp, f->now_s); /* the port rests */
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = vip),
		       CHANGE(.dmac = MAC_BACKEND, .smac = MAC_DIRECTOR)));
	/* nor does the tuple lead to a port that is another's by then */
	fullnat_slots(f->mixed, 2);
	fullnat_later(f, 0);
	EXPECT_EQUAL(fullnat_ports(f).used, 0);
	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT, .to = vip), XDP_DROP, "fullnat_unknown"));
	return true;
}

static bool ttl_ends(void *arg)
{
	struct fullnat *f = arg;
	int port;

	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .flags = "S", .ttl = 1), XDP_TX,
		       "ttl_answered"));
	EXPECT_EQUAL(fullnat_ports(f).used, 0);
	port = connected(f, CLIENT, WEB, REAL, POOL);
	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .ttl = 1), XDP_TX,
		       "ttl_answered"));
	EXPECT(refused(
		f,
		CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = pool_at(POOL, port), .ttl = 1),
		XDP_TX, "ttl_answered"));
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"TCP over IPv4, both ways", tcp4},
		{"TCP over IPv6, both ways", tcp6},
		{"UDP, both ways", udp},
		{"what is no flow's", strangers},
		{"ICMP errors, IPv4", errors4},
		{"ICMP errors, IPv6", errors6},
		{"a flow stays at its backend", moved_slots},
		{"the service's numbers move", numbers_grow},
		{"backends by other modes", mixed_modes},
		{"a closed flow's client goes to another mode", closed_to_another_mode},
		{"the time to live ends here", ttl_ends},
	};

	return fullnat_run(tests, ARRAY_SIZE(tests));
}
