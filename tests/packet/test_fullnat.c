// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_fullnat.c - flows of fullnat from their first packet to their last: which port each gets,
 * what goes to the backend and to the client, errors about either, a pool that is full, ports that
 * come back, a daemon that comes back, and the client's address in a TCP option.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <netinet/in.h>

#include "base/cleanup.h"
#include "packet/expect.h"
#include "packet/world.h"

#define SLOTS 251
#define LOW   2000
#define PORTS 8    /* of each pool address and protocol */
#define EVERY 1000 /* seconds: every flow is over */

#define POOL     "10.0.0.5"
#define POOL6    "fd00::5"
#define REAL     "10.0.0.41:7001"
#define REAL2    "10.0.0.42:7001"
#define REAL6    "[fd00::41]:7001"
#define WEB      "192.0.2.60:80"
#define WEB6     "[2001:db8:1::60]:80"
#define WEB_ADDR "192.0.2.60"

struct fullnat {
	struct world world;
	struct dataplane_service *web, *web6, *dns, *dns6, *toa, *toa6, *mixed;
	uint64_t now_s;
	struct frame out; /* what the last packet was expected to become */
};

static const char *const reason_names[] = {
#define X(symbol, name, verdict, help) name,
	SHUNT_REASONS(X)
#undef X
};

/* --- the world --- */

static void set_pool(struct fullnat *f, size_t count)
{
	struct ip_addr addrs[2];
	struct dataplane_pool pool = {addrs, count, LOW, LOW + PORTS - 1};
	struct error error = {0};

	ip_addr_parse(POOL, &addrs[0], NULL);
	ip_addr_parse(POOL6, &addrs[1], NULL);
	if (dataplane_pool_set(f->world.dp, &pool, &error))
		abort();
}

static struct dataplane_service *service(struct fullnat *f, const char *vip, const char *real,
					 enum shunt_forward forward, bool toa)
{
	const struct dataplane_service_options options = {
		.forward = forward, .fullnat = true, .toa = toa};
	struct dataplane_service *made = world_service(f->world.dp, vip, SLOTS, SHUNT_SLOT(1, 0));
	struct error error = {0};

	world_backend(made, real, forward, f->world.in0);
	if (dataplane_service_publish(made, &options, &error))
		abort();
	return made;
}

static void make_services(struct fullnat *f)
{
	f->web = service(f, "tcp:" WEB, REAL, SHUNT_FORWARD_FULLNAT, false);
	f->web6 = service(f, "tcp:" WEB6, REAL6, SHUNT_FORWARD_FULLNAT, false);
	f->dns = service(f, "udp:" WEB_ADDR ":53", "10.0.0.41:5300", SHUNT_FORWARD_FULLNAT, false);
	f->dns6 = service(f, "udp:[2001:db8:1::60]:53", "[fd00::41]:5300", SHUNT_FORWARD_FULLNAT,
			  false);
	f->toa = service(f, "tcp:" WEB_ADDR ":81", "10.0.0.41:7002", SHUNT_FORWARD_FULLNAT, true);
	f->toa6 = service(f, "tcp:[2001:db8:1::60]:81", "[fd00::41]:7002", SHUNT_FORWARD_FULLNAT,
			  true);
	f->mixed = service(f, "tcp:" WEB_ADDR ":82", "10.0.0.41:82", SHUNT_FORWARD_DR, false);
	world_backend(f->web, REAL2, SHUNT_FORWARD_FULLNAT, f->world.in0);
	world_backend(f->mixed, "10.0.0.42:82", SHUNT_FORWARD_FULLNAT, f->world.in0);
}

static void to_backend(struct dataplane_service *s, uint16_t number)
{
	for (uint32_t i = 0; i < SLOTS; i++)
		dataplane_slot_write(s, i, SHUNT_SLOT(number, 0));
}

/* So many seconds pass, with a walk over all flows in each; then the ports that rested are free. */
static void later(struct fullnat *f, uint64_t seconds)
{
	const uint64_t then = f->now_s + seconds;

	dataplane_flows_sweep(f->world.dp, f->now_s);
	while (f->now_s < then)
		dataplane_flows_sweep(f->world.dp, ++f->now_s);
	world_grace(f->world.dp);
}

static struct dataplane_ports_info ports(const struct fullnat *f)
{
	struct dataplane_ports_info info;

	dataplane_ports_info(f->world.dp, &info);
	return info;
}

/* Every test begins without flows. Ports are used in turn: which one is next is not known. */
static void begin(void *arg)
{
	struct fullnat *f = arg;

	set_pool(f, 2);
	to_backend(f->web, 1);
	to_backend(f->mixed, 1);
	later(f, EVERY);
	if (ports(f).used || ports(f).free != 4 * PORTS)
		abort();
}

/* --- packets --- */

/* Run @in; @reason: the one it is dropped or passed by, NULL for none. */
static bool run(struct fullnat *f, const struct frame *in, int verdict, const char *reason,
		uint8_t *got, size_t *length)
{
	uint64_t before[SHUNT_REASON_COUNT], after[SHUNT_REASON_COUNT];
	uint8_t sent[FRAME_MAX];
	size_t sent_length = frame_build(in, sent);

	dataplane_reasons(f->world.dp, before);
	EXPECT_EQUAL(world_run(f->world.dp, f->world.in0, sent, sent_length, got, length), verdict);
	dataplane_reasons(f->world.dp, after);
	for (int i = 0; i < SHUNT_REASON_COUNT; i++)
		if (after[i] - before[i] != (reason && strcmp(reason, reason_names[i]) == 0)) {
			fprintf(stderr, "    reason %s\n", reason_names[i]);
			return false;
		}
	return true;
}

static bool becomes(struct fullnat *f, const struct frame *in, const struct frame *change)
{
	struct frame out = frame_change(in, change);
	uint8_t got[FRAME_MAX], want[FRAME_MAX];
	size_t length, want_length = frame_build(&out, want);

	EXPECT(run(f, in, XDP_TX, NULL, got, &length));
	if (length == want_length && memcmp(got, want, length) == 0)
		return true;
	frame_print_difference(got, length, want, want_length);
	return false;
}

static bool refused(struct fullnat *f, const struct frame *in, int verdict, const char *reason)
{
	uint8_t got[FRAME_MAX];
	size_t length;

	return run(f, in, verdict, reason, got, &length);
}

/* The pool's port that a flow's packet leaves from; 0: it does not. */
static int port_of(struct fullnat *f, const struct frame *in)
{
	size_t at = strchr(in->to, '[') ? 14 + 40 : 14 + 20, length;
	uint8_t sent[FRAME_MAX], got[FRAME_MAX];
	size_t sent_length = frame_build(in, sent);

	if (world_run(f->world.dp, f->world.in0, sent, sent_length, got, &length) != XDP_TX)
		return 0;
	return got[at] << 8 | got[at + 1];
}

/* "10.0.0.5:2003" */
static const char *pool_at(const char *pool, int port)
{
	static char texts[64][64];
	static int next;
	char *text = texts[next++ % 64];

	snprintf(text, sizeof(texts[0]), strchr(pool, ':') ? "[%s]:%d" : "%s:%d", pool, port);
	return text;
}

/* A connection that is there: SYN, SYN and ACK, ACK. Returns its port, 0 if something is wrong. */
static int connected(struct fullnat *f, const char *client, const char *vip, const char *real,
		     const char *pool)
{
	int port = port_of(f, &(struct frame){TCP, .from = client, .to = vip, .flags = "S"});
	const char *at = pool_at(pool, port);

	if (!port ||
	    !becomes(f,
		     &(struct frame){TCP, .smac = MAC_BACKEND, .from = real, .to = at,
				     .flags = "SA"},
		     &(struct frame){.dmac = MAC_ROUTER,
				     .smac = MAC_DIRECTOR,
				     .from = vip,
				     .to = client,
				     .ttl = 63}) ||
	    !becomes(f, &(struct frame){TCP, .from = client, .to = vip},
		     &(struct frame){.dmac = MAC_BACKEND,
				     .smac = MAC_DIRECTOR,
				     .from = at,
				     .to = real,
				     .ttl = 63}))
		return 0;
	return port;
}

#define CHANGE(...) (&(const struct frame){__VA_ARGS__})
#define OUT         .dmac = MAC_BACKEND, .smac = MAC_DIRECTOR, .ttl = 63
#define OUT2        .dmac = MAC_OTHER, .smac = MAC_DIRECTOR, .ttl = 63
#define BACK        .dmac = MAC_ROUTER, .smac = MAC_DIRECTOR, .ttl = 63
#define QUOTE(...)                                                                                 \
	.quote = &(const struct frame)                                                             \
	{                                                                                          \
		__VA_ARGS__, .ttl = 57, .payload = 1400                                            \
	}

/* --- the tests --- */

static bool tcp_both_ways(struct fullnat *f, const char *client, const char *vip, const char *real,
			  const char *pool)
{
	int port = connected(f, client, vip, real, pool);
	const char *at = pool_at(pool, port);

	EXPECT(port >= LOW && port < LOW + PORTS);
	EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = vip, .payload = 777, .flags = "PA"),
		       CHANGE(OUT, .from = at, .to = real)));
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = real, .to = at, .payload = 1460),
		       CHANGE(BACK, .from = vip, .to = client)));
	EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = vip, .check_off = 5),
		       CHANGE(OUT, .from = at, .to = real)));
	EXPECT_EQUAL(ports(f).used, 1);
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
	EXPECT_EQUAL(ports(f).used, 1);
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

/* The pool says how much it can, does that, and no more; each flow has a port of its own. */
static bool full(void *arg)
{
	struct fullnat *f = arg;
	unsigned int seen = 0;
	char client[32];

	for (int i = 0; i < PORTS; i++) {
		int port;

		snprintf(client, sizeof(client), CLIENT_ADDR ":%d", 40000 + i);
		port = connected(f, client, WEB, REAL, POOL);
		EXPECT(port >= LOW && port < LOW + PORTS && !(seen & 1u << (port - LOW)));
		seen |= 1u << (port - LOW);
	}
	for (int i = 0; i < 3; i++)
		EXPECT(refused(f,
			       CHANGE(TCP, .from = CLIENT_ADDR ":50000", .to = WEB, .flags = "S"),
			       XDP_DROP, "fullnat_pool_full"));
	/* the others, a repeated SYN among them, go on; UDP and IPv6 have ports of their own */
	EXPECT(port_of(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .flags = "S")));
	EXPECT(port_of(f, CHANGE(UDP, .from = CLIENT, .to = WEB_ADDR ":53")));
	EXPECT(port_of(f, CHANGE(TCP, .from = CLIENT6, .to = WEB6, .flags = "S")));
	EXPECT_EQUAL(ports(f).used, PORTS + 2);
	EXPECT_EQUAL(ports(f).free, 3 * PORTS - 2);
	return true;
}

static bool close_both(struct fullnat *f, const char *client, int port)
{
	const char *at = pool_at(POOL, port);

	EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = WEB, .flags = "FA"),
		       CHANGE(OUT, .from = at, .to = REAL)));
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = at, .flags = "FA"),
		       CHANGE(BACK, .from = WEB, .to = client)));
	EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = WEB),
		       CHANGE(OUT, .from = at, .to = REAL)));
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
	later(f, 9);
	EXPECT_EQUAL(ports(f).used, 2);
	later(f, 2);
	EXPECT_EQUAL(ports(f).used, 1);
	EXPECT_EQUAL(ports(f).resting, 0);
	/* the last of its kind */
	for (int i = 0; i < PORTS - 2; i++) {
		char client[32];

		snprintf(client, sizeof(client), CLIENT_ADDR ":%d", 42000 + i);
		third = connected(f, client, WEB, REAL, POOL);
		EXPECT(third && third != first && third != second);
	}
	EXPECT_EQUAL(connected(f, CLIENT, WEB, REAL, POOL), first);
	later(f, 800);
	EXPECT_EQUAL(ports(f).used, PORTS);
	/* a packet makes it young again */
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB),
		       CHANGE(OUT, .from = pool_at(POOL, first), .to = REAL)));
	later(f, 200);
	EXPECT_EQUAL(ports(f).used, 1);
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
		later(f, rows[i].lives_s);
		EXPECT_EQUAL(ports(f).used, 1);
		later(f, rows[i].ends_s);
		EXPECT_EQUAL(ports(f).used, 0);
	}
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
	to_backend(f->web, 2);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .payload = 9),
		       CHANGE(OUT, .from = at, .to = REAL)));
	to_backend(f->web, 0);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .payload = 9),
		       CHANGE(OUT, .from = at, .to = REAL)));
	EXPECT_EQUAL(dataplane_backend_flows(f->web, 1), 1);
	EXPECT(close_both(f, CLIENT, port));
	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .flags = "S"), XDP_DROP,
		       "no_backend"));
	to_backend(f->web, 1); /* the same backend: the same port */
	EXPECT_EQUAL(port_of(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .flags = "S")), port);
	EXPECT_EQUAL(connected(f, CLIENT, WEB, REAL, POOL), port);
	EXPECT(close_both(f, CLIENT, port));
	to_backend(f->web, 2);
	next = port_of(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .flags = "S"));
	EXPECT(next && next != port);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB),
		       CHANGE(OUT2, .from = pool_at(POOL, next), .to = REAL2)));
	EXPECT(refused(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = at), XDP_DROP,
		       "fullnat_no_flow"));
	later(f, 0);
	EXPECT_EQUAL(ports(f).used, 1);
	EXPECT_EQUAL(ports(f).free, 4 * PORTS - 1);
	EXPECT_EQUAL(dataplane_backend_flows(f->web, 1), 0);
	EXPECT_EQUAL(dataplane_backend_flows(f->web, 2), 1);
	return true;
}

/* The service's numbers move to a larger range, and the flows with them. */
static bool numbers_grow(void *arg)
{
	struct fullnat *f = arg;
	struct dataplane_service *s =
		service(f, "tcp:" WEB_ADDR ":90", REAL, SHUNT_FORWARD_FULLNAT, false);
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
	EXPECT_EQUAL(ports(f).used, 0);
	EXPECT_EQUAL(ports(f).free, 4 * PORTS);
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
	EXPECT_EQUAL(ports(f).used, 0);
	to_backend(f->mixed, 2);
	port = port_of(f, CHANGE(TCP, .from = CLIENT, .to = vip, .flags = "S"));
	at = pool_at(POOL, port);
	EXPECT(port);
	to_backend(f->mixed, 1);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = vip),
		       CHANGE(OUT2, .from = at, .to = real)));
	return true;
}

/* A datagram in three pieces to the backend, and one in two back. @id: one that no other has. */
static bool pieces(struct fullnat *f, const char *client, const char *vip, const char *real,
		   const char *pool, unsigned int id)
{
	const struct frame there = {UDP, .from = client, .to = vip, .id = id, .payload = 3992};
	const char *at = pool_at(pool, port_of(f, CHANGE(UDP, .from = client, .to = vip)));
	struct frame back = {UDP,      .smac = MAC_BACKEND, .from = real, .to = at,
			     .id = id, .payload = 2992};
	struct frame piece;

	for (unsigned int begin = 0; begin < 4000; begin += 1480) {
		piece = frame_change(
			&there, CHANGE(.piece_at = begin, .piece = begin < 2960 ? 1480 : 1040));
		EXPECT(becomes(f, &piece, CHANGE(OUT, .from = at, .to = real)));
	}
	piece = frame_change(&there, CHANGE(.piece_at = 2960, .piece = 1040, .ttl = 1));
	EXPECT(refused(f, &piece, XDP_DROP, "ttl_expired"));
	piece = frame_change(&there, CHANGE(.piece_at = 2960, .piece = 1040, .id = id + 1));
	EXPECT(refused(f, &piece, XDP_DROP, "fragment_unknown"));
	piece = frame_change(&there, CHANGE(.piece = 1480, .no_check = true));
	EXPECT(becomes(f, &piece, CHANGE(OUT, .from = at, .to = real)));

	/* one that overtakes: nobody can tell whose it is */
	piece = frame_change(&back, CHANGE(.piece_at = 1480, .piece = 1520));
	EXPECT(refused(f, &piece, XDP_PASS, NULL));
	piece = frame_change(&back, CHANGE(.piece = 1480));
	EXPECT(becomes(f, &piece, CHANGE(BACK, .from = vip, .to = client)));
	piece = frame_change(&back, CHANGE(.piece_at = 1480, .piece = 1520));
	EXPECT(becomes(f, &piece, CHANGE(BACK, .from = vip, .to = client)));
	piece.ttl = 1;
	EXPECT(refused(f, &piece, XDP_DROP, "ttl_expired"));
	/* from a port that is not the flow's backend's */
	piece = frame_change(&back, CHANGE(.piece = 1480, .id = id + 2));
	piece.from = strchr(client, '[') ? "[fd00::42]:7001" : "10.0.0.42:7001";
	EXPECT(refused(f, &piece, XDP_DROP, "fullnat_stranger"));
	EXPECT_EQUAL(ports(f).used, 1);
	return true;
}

static bool pieces4(void *arg)
{
	return pieces(arg, CLIENT, WEB_ADDR ":53", "10.0.0.41:5300", POOL, 7000);
}

static bool pieces6(void *arg)
{
	return pieces(arg, CLIENT6, "[2001:db8:1::60]:53", "[fd00::41]:5300", POOL6, 70000);
}

/* The first piece of a connection's packet, and what is none of a flow's. */
static bool pieces_of_tcp(void *arg)
{
	struct fullnat *f = arg;
	int port = connected(f, CLIENT, WEB, REAL, POOL);
	const char *at = pool_at(POOL, port);

	EXPECT(port);
	EXPECT(becomes(
		f,
		CHANGE(TCP, .from = CLIENT, .to = WEB, .id = 7100, .payload = 2000, .piece = 1000),
		CHANGE(OUT, .from = at, .to = REAL)));
	EXPECT(becomes(f,
		       CHANGE(TCP, .from = CLIENT, .to = WEB, .id = 7100, .payload = 2000,
			      .piece = 1020, .piece_at = 1000),
		       CHANGE(OUT, .from = at, .to = REAL)));
	EXPECT(refused(f,
		       CHANGE(TCP, .from = CLIENT_ADDR ":40001", .to = WEB, .id = 7101,
			      .payload = 2000, .piece = 1000),
		       XDP_DROP, "fullnat_unknown"));
	EXPECT(refused(f,
		       CHANGE(TCP, .from = CLIENT_ADDR ":40001", .to = WEB, .id = 7101,
			      .payload = 2000, .piece = 1020, .piece_at = 1000),
		       XDP_DROP, "fragment_unknown"));
	EXPECT(refused(f,
		       CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = POOL ":1999",
			      .id = 7102, .payload = 2000, .piece = 1000),
		       XDP_PASS, NULL));
	return true;
}

/* A service with other modes too: each piece goes as its flow or its slot's backend has it. */
static bool pieces_mixed(void *arg)
{
	static const char vip[] = WEB_ADDR ":82";
	struct fullnat *f = arg;
	const char *at;

	EXPECT(becomes(
		f,
		CHANGE(TCP, .from = CLIENT, .to = vip, .id = 7200, .payload = 2000, .piece = 1000),
		CHANGE(.dmac = MAC_BACKEND, .smac = MAC_DIRECTOR)));
	EXPECT(becomes(f,
		       CHANGE(TCP, .from = CLIENT, .to = vip, .id = 7200, .payload = 2000,
			      .piece = 1020, .piece_at = 1000),
		       CHANGE(.dmac = MAC_BACKEND, .smac = MAC_DIRECTOR)));
	EXPECT_EQUAL(ports(f).used, 0);
	to_backend(f->mixed, 2);
	at = pool_at(POOL, port_of(f, CHANGE(TCP, .from = CLIENT, .to = vip, .flags = "S")));
	to_backend(f->mixed, 1);
	EXPECT(becomes(
		f,
		CHANGE(TCP, .from = CLIENT, .to = vip, .id = 7201, .payload = 2000, .piece = 1000),
		CHANGE(OUT2, .from = at, .to = "10.0.0.42:82")));
	EXPECT(becomes(f,
		       CHANGE(TCP, .from = CLIENT, .to = vip, .id = 7201, .payload = 2000,
			      .piece = 1020, .piece_at = 1000),
		       CHANGE(OUT2, .from = at, .to = "10.0.0.42:82")));
	return true;
}

static bool ttl_ends(void *arg)
{
	struct fullnat *f = arg;
	int port;

	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .flags = "S", .ttl = 1), XDP_TX,
		       "ttl_answered"));
	EXPECT_EQUAL(ports(f).used, 0);
	port = connected(f, CLIENT, WEB, REAL, POOL);
	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT, .to = WEB, .ttl = 1), XDP_TX,
		       "ttl_answered"));
	EXPECT(refused(
		f,
		CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = pool_at(POOL, port), .ttl = 1),
		XDP_TX, "ttl_answered"));
	return true;
}

/* New flows get no port of an address that is let go; those that have one keep it. */
static bool let_go(void *arg)
{
	struct fullnat *f = arg;
	int port = connected(f, CLIENT, WEB, REAL, POOL);
	struct ip_addr addrs[2];

	EXPECT(port);
	set_pool(f, 0);
	EXPECT_EQUAL(ports(f).free, 0);
	EXPECT_EQUAL(dataplane_pool_addresses(f->world.dp, addrs, 2), 1);
	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT_ADDR ":41000", .to = WEB, .flags = "S"),
		       XDP_DROP, "fullnat_pool_full"));
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB),
		       CHANGE(OUT, .from = pool_at(POOL, port), .to = REAL)));
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = pool_at(POOL, port)),
		       CHANGE(BACK, .from = WEB, .to = CLIENT)));
	set_pool(f, 2); /* wanted again, before it was gone */
	EXPECT_EQUAL(ports(f).free, 4 * PORTS - 1);
	set_pool(f, 0);
	later(f, 1000);
	later(f, 0);
	EXPECT_EQUAL(dataplane_pool_addresses(f->world.dp, addrs, 2), 0);
	EXPECT_EQUAL(ports(f).total, 0);
	EXPECT(refused(f, CHANGE(TCP, .from = REAL, .to = POOL ":2000"), XDP_PASS, NULL));
	return true;
}

/* The flags of the client's packets in TCP: what the option is put before stays. */
static bool toa_both(struct fullnat *f, const char *client, const char *vip, const char *real,
		     const char *pool, const char *option)
{
	int port = port_of(f, CHANGE(TCP, .from = client, .to = vip, .flags = "S"));
	const char *at = pool_at(pool, port);

	EXPECT(port);
	EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = vip, .flags = "S", .pad = 4),
		       CHANGE(OUT, .from = at, .to = real, .tcp_special = option)));
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = real, .to = at, .flags = "SA"),
		       CHANGE(BACK, .from = vip, .to = client)));
	/* the first of them may get lost */
	for (int i = 0; i < 2; i++)
		EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = vip, .payload = 99),
			       CHANGE(OUT, .from = at, .to = real, .tcp_special = option)));
	EXPECT(becomes(f,
		       CHANGE(TCP, .from = client, .to = vip, .vlan = SET(7), .vlan_inner = AD(9)),
		       CHANGE(OUT, .from = at, .to = real, .tcp_special = option, .vlan = UNTAGGED,
			      .vlan_inner = UNTAGGED)));
	/* no room: 40 bytes of options */
	EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = vip, .tcp_options = 40),
		       CHANGE(OUT, .from = at, .to = real)));
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = real, .to = at),
		       CHANGE(BACK, .from = vip, .to = client)));
	EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = vip, .payload = 99),
		       CHANGE(OUT, .from = at, .to = real)));
	return true;
}

static bool toa(void *arg)
{
	EXPECT(toa_both(arg, CLIENT, WEB_ADDR ":81", "10.0.0.41:7002", POOL, "fe089c40c6336407"));
	EXPECT(toa_both(arg, CLIENT6, "[2001:db8:1::60]:81", "[fd00::41]:7002", POOL6,
			"fe149c4020010db8010000000000000000000007"));
	return true;
}

/* --- another daemon --- */

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
	EXPECT_EQUAL(ports(f).resting, 1);
	/* the world has one that contradicts itself: no daemon takes that */
	EXPECT(dataplane_service_remove(f->world.services[BEYOND], NULL) == 0);
	f->world.dp = dataplane_close(f->world.dp);
	f->world.dp = world_dataplane(0);
	EXPECT_EQUAL(ports(f).used, 1);
	EXPECT_EQUAL(ports(f).free, 4 * PORTS - 1);
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = WEB),
		       CHANGE(OUT, .from = at, .to = REAL)));
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = at),
		       CHANGE(BACK, .from = WEB, .to = CLIENT)));
	set_pool(f, 2);
	EXPECT_EQUAL(ports(f).free, 4 * PORTS - 1);
	return true;
}

static bool added_after(void *arg)
{
	struct fullnat *f = arg;
	struct ip_addr addrs[2];

	set_pool(f, 1);
	later(f, 0);
	EXPECT_EQUAL(dataplane_pool_addresses(f->world.dp, addrs, 2), 1);
	f->world.dp = dataplane_close(f->world.dp);
	f->world.dp = world_dataplane(0);
	set_pool(f, 2);
	EXPECT_EQUAL(ports(f).used, 0);
	EXPECT_EQUAL(ports(f).free, 4 * PORTS);
	set_pool(f, 1);
	later(f, 0);
	EXPECT_EQUAL(dataplane_pool_addresses(f->world.dp, addrs, 2), 1);
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
		{"the pool is full", full},
		{"ports come back", reuse},
		{"how long a flow lives", timeouts},
		{"a flow stays at its backend", moved_slots},
		{"the service's numbers move", numbers_grow},
		{"backends by other modes", mixed_modes},
		{"pieces, IPv4", pieces4},
		{"pieces, IPv6", pieces6},
		{"pieces of a connection's packets", pieces_of_tcp},
		{"pieces for backends by other modes", pieces_mixed},
		{"the time to live ends here", ttl_ends},
		{"an address of the pool is let go", let_go},
		{"the client's address in a TCP option", toa},
		{"another daemon", adopted},
		{"an address that the next daemon adds comes and goes", added_after},
	};
	struct fullnat f = {.now_s = 1000};
	int code;

	world_open(&f.world);
	set_pool(&f, 2);
	make_services(&f);
	code = expect_run(tests, ARRAY_SIZE(tests), begin, &f);
	world_close(&f.world);
	return code;
}
