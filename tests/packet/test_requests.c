// SPDX-License-Identifier: GPL-2.0-or-later
/* test_requests.c - what the program asks of the daemon or tells it: the right one, no more than
 * allowed.
 */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <poll.h>

#include "base/cleanup.h"
#include "packet/expect.h"
#include "packet/world.h"

struct seen {
	unsigned int count;
	struct shunt_request last;
};

static void see(const struct shunt_request *request, void *arg)
{
	struct seen *seen = arg;

	seen->count++;
	seen->last = *request;
}

/* Take what waits, and allow @tokens more. */
static struct seen take(struct world *world, uint64_t tokens)
{
	struct seen seen = {0};

	dataplane_requests_read(world->dp, tokens, see, &seen);
	return seen;
}

static int run(struct world *world, const struct frame *frame)
{
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(frame, in);

	return world_run(world->dp, world->in0, in, length, out, &length);
}

static void reply_to(struct world *world, const char *client, unsigned int times)
{
	struct frame frame = {TCP, .from = "10.0.0.21:7000", .to = client};

	while (times--)
		run(world, &frame);
}

static bool readable(struct world *world)
{
	struct pollfd fd = {.fd = dataplane_requests_fd(world->dp), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static bool asks_for_the_gateway(void *arg)
{
	struct world *world = arg;
	struct seen seen;

	take(world, 10);
	EXPECT(!readable(world));
	reply_to(world, NEW_CLIENT, 1);
	EXPECT(readable(world));
	seen = take(world, 10);
	EXPECT_EQUAL(seen.count, 1);
	EXPECT_EQUAL(seen.last.kind, SHUNT_REQUEST_RESOLVE);
	EXPECT_EQUAL(seen.last.addr.word[0], inet_addr(NEW_ROUTER));
	EXPECT_EQUAL(seen.last.ifindex, world->out0);
	return true;
}

static bool asks_for_the_client_on_the_link(void *arg)
{
	struct world *world = arg;
	struct seen seen;

	take(world, 10);
	reply_to(world, "10.0.0.77:4000", 1);
	seen = take(world, 10);
	EXPECT_EQUAL(seen.count, 1);
	EXPECT_EQUAL(seen.last.addr.word[0], inet_addr("10.0.0.77"));
	EXPECT_EQUAL(seen.last.ifindex, world->in0);
	return true;
}

static bool asks_no_more_than_allowed(void *arg)
{
	struct world *world = arg;

	take(world, 3);
	reply_to(world, NEW_CLIENT, 10);
	EXPECT_EQUAL(take(world, 0).count, 3);
	reply_to(world, NEW_CLIENT, 10);
	EXPECT_EQUAL(take(world, 1).count, 0);
	reply_to(world, NEW_CLIENT, 10);
	EXPECT_EQUAL(take(world, 1).count, 1);
	return true;
}

static bool full_ring_loses_requests(void *arg)
{
	struct world *world = arg;
	/* Each takes 8 bytes more in the ring than it has. */
	unsigned int room = SHUNT_REQUESTS_BYTES / (sizeof(struct shunt_request) + 8);
	struct seen seen;

	take(world, 10 * room);
	reply_to(world, NEW_CLIENT, 2 * room);
	seen = take(world, 10);
	EXPECT(seen.count <= room && seen.count >= room - 1);
	reply_to(world, NEW_CLIENT, 1);
	EXPECT_EQUAL(take(world, 10).count, 1);
	return true;
}

static bool others_ask_for_nothing(void *arg)
{
	struct world *world = arg;

	take(world, 10);
	reply_to(world, CLIENT, 1);
	reply_to(world, HOLE_CLIENT, 1);
	reply_to(world, DIRECTOR ":4000", 1);
	EXPECT_EQUAL(take(world, 10).count, 0);
	return true;
}

static bool asks_for_a_gateway_of_ipv6(void *arg)
{
	struct frame frame = {TCP, .from = "[fd00::21]:7000", .to = NEW_CLIENT6};
	struct world *world = arg;
	struct in6_addr gateway;
	struct seen seen;

	take(world, 10);
	run(world, &frame);
	seen = take(world, 10);
	inet_pton(AF_INET6, NEW_ROUTER6, &gateway);
	EXPECT_EQUAL(seen.count, 1);
	EXPECT_EQUAL(seen.last.kind, SHUNT_REQUEST_RESOLVE);
	EXPECT(seen.last.v6);
	EXPECT(memcmp(&seen.last.addr, &gateway, sizeof(gateway)) == 0);
	EXPECT_EQUAL(seen.last.ifindex, world->out0);
	return true;
}

/* --- what routers say about a tunnel's path --- */

#define ROUTER4 "10.0.0.254"
#define ROUTER6 "fd00::fe"
#define QUOTES4(port, backend, ...)                                                                \
	.quote = &(const struct frame)                                                             \
	{                                                                                          \
		TCP, .from = CLIENT, .to = VIP port, .payload = 99, .outer = &(const struct frame) \
		{                                                                                  \
			__VA_ARGS__, .to = backend                                                 \
		}                                                                                  \
	}
#define TOO_BIG4 ICMP, .from = ROUTER4, .to = DIRECTOR, .icmp = ICMP_KIND(3, 4), .rest = "00000578"
#define TOO_BIG6 ICMP, .from = ROUTER6, .to = DIRECTOR6, .icmp = ICMP_KIND(2, 0), .rest = "00000578"

static const struct told {
	const char *name;
	struct frame frame;
	const char *backend; /* whose path is narrower; NULL: nobody's */
} told[] = {
	{"ipip", {TOO_BIG4, QUOTES4(":4444", "10.0.0.31", IP, .from = DIRECTOR)}, "10.0.0.31"},
	{"gue",
	 {TOO_BIG4, QUOTES4(":6044", "10.0.0.31:6080", UDP, .from = DIRECTOR ":50000")},
	 "10.0.0.31"},
	{"ipip over IPv6",
	 {TOO_BIG6, QUOTES4(":4446", "fd00::31", IP, .from = DIRECTOR6)},
	 "fd00::31"},
	{"gue over IPv6",
	 {TOO_BIG6, QUOTES4(":6046", "[fd00::31]:6080", UDP, .from = "[" DIRECTOR6 "]:50000")},
	 "fd00::31"},
	{"gue, with all that a router may quote",
	 {TOO_BIG4, .quoted = 80,
	  QUOTES4(":6044", "10.0.0.31:6080", UDP, .from = DIRECTOR ":50000")},
	 "10.0.0.31"},
	{"another error",
	 {ICMP, .from = ROUTER4, .to = DIRECTOR, .icmp = ICMP_KIND(3, 1), .rest = "00000578",
	  QUOTES4(":4444", "10.0.0.31", IP, .from = DIRECTOR)}},
	{"a router that knows no MTU",
	 {ICMP, .from = ROUTER4, .to = DIRECTOR, .icmp = ICMP_KIND(3, 4), .rest = "00000000",
	  QUOTES4(":4444", "10.0.0.31", IP, .from = DIRECTOR)}},
	{"about another UDP packet of the director's",
	 {TOO_BIG4,
	  .quote = &(const struct frame){UDP, .from = DIRECTOR ":50000", .to = "10.0.0.31:53"}}},
	{"about another TCP connection of the director's",
	 {TOO_BIG4,
	  .quote = &(const struct frame){TCP, .from = DIRECTOR ":50000", .to = "10.0.0.31:6080"}}},
	{"less than an IP header is quoted",
	 {TOO_BIG4, .total = SET(44), QUOTES4(":4444", "10.0.0.31", IP, .from = DIRECTOR)}},
};

static bool right(const struct seen *seen, const struct told *row)
{
	struct shunt_addr addr = {0};
	bool v6;

	EXPECT_EQUAL(seen->count, row->backend != NULL);
	if (!row->backend)
		return true;
	v6 = strchr(row->backend, ':');
	inet_pton(v6 ? AF_INET6 : AF_INET, row->backend, &addr);
	EXPECT_EQUAL(seen->last.kind, SHUNT_REQUEST_PATH_MTU);
	EXPECT_EQUAL(seen->last.mtu, 0x578);
	EXPECT_EQUAL(seen->last.v6, v6);
	EXPECT(memcmp(&seen->last.addr, &addr, sizeof(addr)) == 0);
	return true;
}

/* The director's stack sees it all the same. */
static bool tells_of_a_tunnels_path(void *arg)
{
	struct world *world = arg;

	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		struct seen seen;

		take(world, SHUNT_REQUESTS_RESERVE + 10);
		EXPECT_EQUAL(run(world, &told[i].frame), XDP_PASS);
		seen = take(world, 10);
		if (right(&seen, &told[i]))
			continue;
		fprintf(stderr, "    %s\n", told[i].name);
		return false;
	}
	return true;
}

/* A flood of forged messages leaves the others' share. */
static bool paths_leave_room_for_neighbours(void *arg)
{
	struct world *world = arg;
	struct seen seen;

	take(world, SHUNT_REQUESTS_RESERVE + 5);
	for (int i = 0; i < 20; i++)
		EXPECT_EQUAL(run(world, &told[0].frame), XDP_PASS);
	reply_to(world, NEW_CLIENT, 1);
	seen = take(world, 10);
	EXPECT_EQUAL(seen.count, 6);
	EXPECT_EQUAL(seen.last.kind, SHUNT_REQUEST_RESOLVE);
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"asks for the gateway", asks_for_the_gateway},
		{"asks for a client on the link", asks_for_the_client_on_the_link},
		{"asks no more than allowed", asks_no_more_than_allowed},
		{"a full ring loses requests, and then works again", full_ring_loses_requests},
		{"what is resolved, or stays, asks for nothing", others_ask_for_nothing},
		{"asks for a gateway of IPv6", asks_for_a_gateway_of_ipv6},
		{"tells of a tunnel's path", tells_of_a_tunnels_path},
		{"a flood of what routers say leaves room for neighbours",
		 paths_leave_room_for_neighbours},
	};
	struct world world;
	int code;

	world_open(&world);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &world);
	world_close(&world);
	return code;
}
