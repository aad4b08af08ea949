// SPDX-License-Identifier: GPL-2.0-or-later
/* test_requests.c - neighbours that the program asks for: the right one, and no more than allowed.
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

static void reply_to(struct world *world, const char *client, unsigned int times)
{
	struct frame frame = {TCP, .from = "10.0.0.21:7000", .to = client};
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(&frame, in);

	while (times--)
		world_run(world->dp, world->in0, in, length, out, &length);
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

int main(void)
{
	static const struct expect_test tests[] = {
		{"asks for the gateway", asks_for_the_gateway},
		{"asks for a client on the link", asks_for_the_client_on_the_link},
		{"asks no more than allowed", asks_no_more_than_allowed},
		{"a full ring loses requests, and then works again", full_ring_loses_requests},
		{"what is resolved, or stays, asks for nothing", others_ask_for_nothing},
	};
	struct world world;
	int code;

	world_open(&world);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &world);
	world_close(&world);
	return code;
}
