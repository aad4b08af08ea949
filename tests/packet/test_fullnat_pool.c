// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_fullnat_pool.c - fullnat's ports: which flow gets which, a pool that is full, how long flows
 * live, ports that come back, addresses that come and go, and another daemon.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>

#include "packet/fullnat_world.h"
#include "shunt/fullnat.h"

/* The pool says how much it can, does that, and no more; each flow has a port of its own. */
static bool full(void *arg)
{
	struct fullnat *f = arg;
	unsigned int seen = 0;
	char client[32];

	for (int i = 0; i < FULLNAT_PORTS; i++) {
		int port;

		snprintf(client, sizeof(client), CLIENT_ADDR ":%d", 40000 + i);
		port = connected(f, client, WEB, REAL, POOL);
		EXPECT(port >= FULLNAT_LOW && port < FULLNAT_LOW + FULLNAT_PORTS &&
		       !(seen & 1u << (port - FULLNAT_LOW)));
		seen |= 1u << (port - FULLNAT_LOW);
	}
	for (int i = 0; i < 3; i++)
		EXPECT(refused(f,
			       CHANGE(TCP, .from = CLIENT_ADDR ":50000", .to = WEB, .flags = "S"),
			       XDP_DROP, "fullnat_pool_full"));
	/* the others, a repeated SYN among them, go on; UDP and IPv6 have ports of their own */
	EXPECT(port_of(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .flags = "S")));
	EXPECT(port_of(f, CHANGE(UDP, .from = CLIENT, .to = WEB_ADDR ":53")));
	EXPECT(port_of(f, CHANGE(TCP, .from = CLIENT6, .to = WEB6, .flags = "S")));
	EXPECT_EQUAL(fullnat_ports(f).used, FULLNAT_PORTS + 2);
	EXPECT_EQUAL(fullnat_ports(f).free, 3 * FULLNAT_PORTS - 2);
	return true;
}

/* What is closed goes within seconds, what is open stays; the port that rested longest is next. */
static bool reuse(void *arg)
{
	struct fullnat *f = arg;
	int first = connected(f, CLIENT, WEB, REAL, POOL), second, third;

	second = connected(f, CLIENT_ADDR ":41000", WEB, REAL, POOL);
	EXPECT(first && second && first != second);
	EXPECT(close_both(f, CLIENT, first));
	fullnat_later(f, 9);
	EXPECT_EQUAL(fullnat_ports(f).used, 2);
	fullnat_later(f, 2);
	EXPECT_EQUAL(fullnat_ports(f).used, 1);
	EXPECT_EQUAL(fullnat_ports(f).resting, 0);
	/* the last of its kind */
	for (int i = 0; i < FULLNAT_PORTS - 2; i++) {
		char client[32];

		snprintf(client, sizeof(client), CLIENT_ADDR ":%d", 42000 + i);
		third = connected(f, client, WEB, REAL, POOL);
		EXPECT(third && third != first && third != second);
	}
	EXPECT_EQUAL(connected(f, CLIENT, WEB, REAL, POOL), first);
	fullnat_later(f, 800);
	EXPECT_EQUAL(fullnat_ports(f).used, FULLNAT_PORTS);
	/* a packet makes it young again */
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB),
		       CHANGE(OUT, .from = pool_at(POOL, first), .to = REAL)));
	fullnat_later(f, 200);
	EXPECT_EQUAL(fullnat_ports(f).used, 1);
	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT_ADDR ":41000", .to = WEB), XDP_DROP,
		       "fullnat_unknown"));
	EXPECT(refused(f,
		       CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = pool_at(POOL, second)),
		       XDP_DROP, "fullnat_no_flow"));
	return true;
}

static bool timeouts(void *arg)
{
	static const struct {
		const char *client, *backend; /* flags of what they send then, NULL: nothing */
		bool open;
		unsigned int lives_s, ends_s;
	} rows[] = {
		{NULL, NULL, false, 29, 3},  {"R", NULL, false, 9, 3},  {NULL, "RA", false, 9, 3},
		{NULL, NULL, true, 890, 12}, {"FA", NULL, true, 58, 4}, {NULL, "FA", true, 58, 4},
		{"R", NULL, true, 58, 4},    {"FA", "FA", true, 9, 3},
	};
	struct fullnat *f = arg;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int port =
			rows[i].open
				? connected(f, CLIENT, WEB, REAL, POOL)
				: port_of(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .flags = "S"));
		const char *at = pool_at(POOL, port);

		EXPECT(port);
		if (rows[i].client)
			EXPECT(port_of(f, CHANGE(TCP, .from = CLIENT, .to = WEB,
						 .flags = rows[i].client)) == port);
		if (rows[i].backend)
			EXPECT(becomes(f,
				       CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = at,
					      .flags = rows[i].backend),
				       CHANGE(BACK, .from = WEB, .to = CLIENT)));
		fullnat_later(f, rows[i].lives_s);
		EXPECT_EQUAL(fullnat_ports(f).used, 1);
		fullnat_later(f, rows[i].ends_s);
		EXPECT_EQUAL(fullnat_ports(f).used, 0);
	}
	return true;
}

/* The daemon stands still for long: no flow has to pay for that. */
static bool held_up(void *arg)
{
	struct fullnat *f = arg;

	EXPECT(connected(f, CLIENT, WEB, REAL, POOL));
	EXPECT(port_of(f, CHANGE(UDP, .from = CLIENT, .to = WEB_ADDR ":53")));
	dataplane_flows_sweep(f->world.dp, f->now_s);
	f->now_s += 100000;
	dataplane_flows_sweep(f->world.dp, f->now_s);
	fullnat_later(f, 50);
	EXPECT_EQUAL(fullnat_ports(f).used, 2);
	fullnat_later(f, 50);
	EXPECT_EQUAL(fullnat_ports(f).used, 1);
	return true;
}

/* With two CPUs at a tuple's first packets there may be two ports, and the tuple leads to one: it
 * stays so when the other one's time is over. */
static bool twice(void *arg)
{
	_cleanup_close_ int fd = world_map("pool_ports");
	struct fullnat *f = arg;
	uint32_t index = 0, first, second;
	struct shunt_pool_port one, two;
	int port = connected(f, CLIENT, WEB, REAL, POOL);

	EXPECT(port && connected(f, CLIENT_ADDR ":41000", WEB, REAL, POOL));
	for (first = second = UINT32_MAX; bpf_map_lookup_elem(fd, &index, &one) == 0; index++) {
		if (one.life.state == SHUNT_PORT_FREE)
			continue;
		if (ntohs(one.port) == port)
			first = index;
		else
			second = index;
	}
	EXPECT_EQUAL(bpf_map_lookup_elem(fd, &first, &one), 0);
	EXPECT_EQUAL(bpf_map_lookup_elem(fd, &second, &two), 0);
	two.client_port = one.client_port;
	two.life.state = SHUNT_PORT_CLOSED;
	EXPECT_EQUAL(bpf_map_update_elem(fd, &second, &two, BPF_ANY), 0);
	fullnat_later(f, 12);
	EXPECT_EQUAL(fullnat_ports(f).used, 1);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB),
		       CHANGE(OUT, .from = pool_at(POOL, port), .to = REAL)));
	return true;
}

/* Two addresses more, of which the second does not fit in one piece: neither stays, and what was
 * there does. */
static bool does_not_fit(void *arg)
{
	struct ip_addr first, second, more[2], now[4];
	const struct dataplane_pool large = {&first, 1, 10000, 21999},
				    other = {&second, 1, 10000, 21999},
				    both = {more, 2, 10000, 18999};
	struct error error = {0};
	struct fullnat *f = arg;
	int port;

	ip_addr_parse("10.0.0.200", &first, NULL);
	ip_addr_parse("10.0.0.201", &second, NULL);
	ip_addr_parse("10.0.0.202", &more[0], NULL);
	ip_addr_parse("10.0.0.203", &more[1], NULL);
	fullnat_set_pool(f, 0);
	fullnat_later(f, 0);
	EXPECT_EQUAL(dataplane_pool_set(f->world.dp, &large, &error), 0);
	EXPECT_EQUAL(dataplane_pool_set(f->world.dp, &other, &error), 0);
	fullnat_later(f, 0);
	/* its ports stand behind those that the first had */
	port = connected(f, CLIENT, WEB, REAL, "10.0.0.201");
	EXPECT(port);
	EXPECT_EQUAL(dataplane_pool_set(f->world.dp, &both, &error), -ENOSPC);
	EXPECT_EQUAL(dataplane_pool_addresses(f->world.dp, now, 4), 1);
	EXPECT_EQUAL(fullnat_ports(f).free, 23999);
	EXPECT(connected(f, CLIENT_ADDR ":41000", WEB, REAL, "10.0.0.201"));
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB),
		       CHANGE(OUT, .from = pool_at("10.0.0.201", port), .to = REAL)));
	return true;
}

/* New flows get no port of an address that is let go; those that have one keep it. */
static bool let_go(void *arg)
{
	struct fullnat *f = arg;
	int port = connected(f, CLIENT, WEB, REAL, POOL);
	struct ip_addr addrs[2];

	EXPECT(port);
	fullnat_set_pool(f, 0);
	EXPECT_EQUAL(fullnat_ports(f).free, 0);
	EXPECT_EQUAL(fullnat_ports(f).rings[0].total, 0);
	EXPECT_EQUAL(dataplane_pool_addresses(f->world.dp, addrs, 2), 1);
	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT_ADDR ":41000", .to = WEB, .flags = "S"),
		       XDP_DROP, "fullnat_pool_full"));
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB),
		       CHANGE(OUT, .from = pool_at(POOL, port), .to = REAL)));
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = pool_at(POOL, port)),
		       CHANGE(BACK, .from = WEB, .to = CLIENT)));
	fullnat_set_pool(f, 2); /* wanted again, before it was gone */
	EXPECT_EQUAL(fullnat_ports(f).free, 4 * FULLNAT_PORTS - 1);
	fullnat_set_pool(f, 0);
	fullnat_later(f, 1000);
	fullnat_later(f, 0);
	EXPECT_EQUAL(dataplane_pool_addresses(f->world.dp, addrs, 2), 0);
	EXPECT_EQUAL(fullnat_ports(f).total, 0);
	EXPECT(refused(f, CHANGE(TCP, .from = REAL, .to = POOL ":2000"), XDP_PASS, NULL));
	return true;
}

/* What the ring lost, as if the daemon had died with ports in its hands, is found again. */
static bool adopted(void *arg)
{
	struct fullnat *f = arg;
	int port = connected(f, CLIENT, WEB, REAL, POOL);
	int other = connected(f, CLIENT_ADDR ":41000", WEB, REAL, POOL);
	const char *at = pool_at(POOL, port);

	EXPECT(port && other);
	EXPECT(close_both(f, CLIENT_ADDR ":41000", other));
	for (int i = 0; i <= 11; i++)
		dataplane_flows_sweep(f->world.dp, f->now_s++);
	/* it rests, and dies with the daemon */
	EXPECT_EQUAL(fullnat_ports(f).resting, 1);
	fullnat_reopen(f);
	EXPECT_EQUAL(fullnat_ports(f).used, 1);
	EXPECT_EQUAL(fullnat_ports(f).free, 4 * FULLNAT_PORTS - 1);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB),
		       CHANGE(OUT, .from = at, .to = REAL)));
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = at),
		       CHANGE(BACK, .from = WEB, .to = CLIENT)));
	fullnat_set_pool(f, 2);
	EXPECT_EQUAL(fullnat_ports(f).free, 4 * FULLNAT_PORTS - 1);
	return true;
}

/* A flow of the service for every port stays one, though a service for its port has come. */
static bool adopted_of_every_port(void *arg)
{
	struct fullnat *f = arg;
	struct dataplane_service *every =
		fullnat_service(f, "tcp:" WEB_ADDR ":*", "10.0.0.43", SHUNT_FORWARD_FULLNAT, false);
	int port = connected(f, CLIENT, WEB_ADDR ":8080", "10.0.0.43:8080", POOL);

	EXPECT(port);
	fullnat_service(f, "tcp:" WEB_ADDR ":8080", REAL, SHUNT_FORWARD_FULLNAT, false);
	fullnat_reopen(f);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB_ADDR ":8080"),
		       CHANGE(OUT, .from = pool_at(POOL, port), .to = "10.0.0.43:8080")));
	every = fullnat_service(f, "tcp:" WEB_ADDR ":*", "10.0.0.43", SHUNT_FORWARD_FULLNAT, false);
	EXPECT_EQUAL(dataplane_service_remove(every, NULL), 0);
	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT, .to = WEB_ADDR ":8080"), XDP_DROP,
		       "fullnat_unknown"));
	return true;
}

static bool added_after(void *arg)
{
	struct fullnat *f = arg;
	struct ip_addr addrs[2];

	fullnat_set_pool(f, 1);
	fullnat_later(f, 0);
	EXPECT_EQUAL(dataplane_pool_addresses(f->world.dp, addrs, 2), 1);
	fullnat_reopen(f);
	fullnat_set_pool(f, 2);
	EXPECT_EQUAL(fullnat_ports(f).used, 0);
	EXPECT_EQUAL(fullnat_ports(f).free, 4 * FULLNAT_PORTS);
	fullnat_set_pool(f, 1);
	fullnat_later(f, 0);
	EXPECT_EQUAL(dataplane_pool_addresses(f->world.dp, addrs, 2), 1);
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"the pool is full", full},
		{"ports come back", reuse},
		{"how long a flow lives", timeouts},
		{"the daemon stands still", held_up},
		{"a tuple at two CPUs at once", twice},
		{"an address of the pool is let go", let_go},
		{"more addresses than there is room for", does_not_fit},
		{"another daemon", adopted},
		{"another daemon, and a service for a port of all", adopted_of_every_port},
		{"an address that the next daemon adds comes and goes", added_after},
	};

	return fullnat_run(tests, ARRAY_SIZE(tests));
}
