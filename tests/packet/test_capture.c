// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_capture.c - the program that captures, in the links' place: every packet of the table that
 * fits the wire is sent to the interface, and is there as it came in and as it went out.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "dataplane/trace.h"
#include "packet/cases.h"
#include "packet/expect.h"

#define WIRE_MAX  1514
#define PATIENCE  5000 /* ms */
#define BURST_MAX 100000
#define WHOLE     SHUNT_CAPTURE_SNAPLEN_MAX

struct seen {
	unsigned int count;
	struct shunt_capture last;
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
};

static void see(const struct shunt_capture *packet, const uint8_t *in, const uint8_t *out,
		void *arg)
{
	struct seen *seen = arg;

	seen->count++;
	seen->last = *packet;
	if (packet->in_captured <= FRAME_MAX && packet->out_captured <= FRAME_MAX) {
		memcpy(seen->in, in, packet->in_captured);
		memcpy(seen->out, out, packet->out_captured);
	}
}

/* Put a frame on the wire that ends in in0. */
static bool send_frame(const uint8_t *frame, size_t length)
{
	const struct sockaddr_ll to = {.sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex("in0p")};
	static int fd = -1;

	if (fd < 0)
		fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		err(1, "AF_PACKET");
	return sendto(fd, frame, length, 0, (const struct sockaddr *)&to, sizeof(to)) ==
	       (ssize_t)length;
}

/* Wait for the next packet that is captured. */
static bool await(struct world *world, struct seen *ret)
{
	struct pollfd fd = {.fd = dataplane_capture_fd(world->dp), .events = POLLIN};

	ret->count = 0;
	for (int i = 0; i < 10 && !ret->count; i++)
		if (poll(&fd, 1, PATIENCE / 10) > 0)
			dataplane_capture_read(world->dp, 1, see, ret);
	return ret->count == 1;
}

static bool begin(struct world *world, uint32_t snaplen, bool drops_only)
{
	struct error error = {0};

	if (dataplane_capture_begin(world->dp, &error) < 0) {
		fprintf(stderr, "    %s\n", error.text);
		return false;
	}
	dataplane_capture_want(world->dp, snaplen, drops_only);
	return true;
}

/* The program in the link of in0. */
static uint32_t link_program(struct world *world)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	return bpf_xdp_query(world->in0, 0, &opts) < 0 ? 0 : opts.drv_prog_id;
}

static uint32_t ordinary_program(struct world *world)
{
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	bpf_obj_get_info_by_fd(dataplane_program_fd(world->dp), &info, &length);
	return info.id;
}

/* --- every packet --- */

static bool is_ours(const struct packet_case *c)
{
	return c->reason || c->counted != NOTHING;
}

static bool shows(const struct packet_case *c, const struct seen *seen, const uint8_t *in,
		  size_t length, const uint8_t *out, size_t out_length)
{
	bool sent = c->verdict == XDP_TX || c->verdict == XDP_REDIRECT;

	EXPECT_EQUAL(seen->last.trace.verdict, c->verdict);
	EXPECT_EQUAL(seen->last.in_length, length);
	EXPECT_EQUAL(seen->last.in_captured, length);
	EXPECT(memcmp(seen->in, in, length) == 0);
	EXPECT(seen->last.in_ns && seen->last.out_ns >= seen->last.in_ns);
	EXPECT_EQUAL(seen->last.out_length, sent ? out_length : 0);
	EXPECT_EQUAL(seen->last.out_captured, seen->last.out_length);
	EXPECT(!sent || memcmp(seen->out, out, out_length) == 0);
	return true;
}

static bool capture_case(struct world *world, const struct packet_case *c)
{
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(&c->in, in), out_length;
	struct seen seen;

	if (c->forwarding_off)
		world_forwarding(false);
	world_refill_answers(); /* each packet may be answered twice: run and sent */
	/* also what is too long to be sent: others may follow it */
	world_run(world->dp, world->in0, in, length, out, &out_length);
	if (length <= WIRE_MAX && is_ours(c)) {
		EXPECT(send_frame(in, length));
		EXPECT(await(world, &seen));
		EXPECT_EQUAL(seen.last.ifindex, world->in0);
		EXPECT(shows(c, &seen, in, length, out, out_length));
	}
	if (c->forwarding_off)
		world_forwarding(true);
	return true;
}

static bool capture_lists(struct world *world, const struct case_list *const *list)
{
	for (; *list; list++)
		for (size_t i = 0; i < (*list)->count; i++) {
			if (capture_case(world, &(*list)->cases[i]))
				continue;
			fprintf(stderr, "    %s: %s\n", (*list)->subject, (*list)->cases[i].name);
			return false;
		}
	return true;
}

static bool shows_every_packet(void *arg)
{
	struct world *world = arg;
	bool right;

	EXPECT(begin(world, WHOLE, false));
	EXPECT(link_program(world) != ordinary_program(world));
	right = capture_lists(world, case_lists) && capture_lists(world, fullnat_case_lists);
	EXPECT_EQUAL(dataplane_capture_lost(world->dp), 0);
	dataplane_capture_end(world->dp);
	EXPECT_EQUAL(link_program(world), ordinary_program(world));
	return right;
}

/* --- what is wanted of them --- */

static bool send_tcp(const char *to, size_t payload)
{
	struct frame frame = {TCP, .from = CLIENT, .to = to, .payload = payload};
	uint8_t bytes[FRAME_MAX];

	return send_frame(bytes, frame_build(&frame, bytes));
}

static bool cuts_long_packets(void *arg)
{
	struct world *world = arg;
	struct seen seen;

	EXPECT(begin(world, 60, false));
	EXPECT(send_tcp(VIP ":80", 1000));
	EXPECT(await(world, &seen));
	EXPECT_EQUAL(seen.last.in_captured, 60);
	EXPECT_EQUAL(seen.last.out_captured, 60);
	EXPECT_EQUAL(seen.last.in_length, 1054);
	EXPECT_EQUAL(seen.last.out_length, 1054);
	dataplane_capture_end(world->dp);
	return true;
}

/* Only what is dropped; and packets that are not ours are nobody's business. */
static bool shows_only_drops(void *arg)
{
	struct world *world = arg;
	struct seen seen;

	EXPECT(begin(world, WHOLE, true));
	EXPECT(send_tcp(VIP ":80", 0));        /* forwarded */
	EXPECT(send_tcp(VIP ":1", 0));         /* passes */
	EXPECT(send_tcp("203.0.113.1:80", 0)); /* not ours */
	EXPECT(send_tcp(VIP ":83", 0));        /* no backend */
	EXPECT(await(world, &seen));
	EXPECT_EQUAL(seen.last.trace.reason, SHUNT_REASON_NO_BACKEND);
	dataplane_capture_want(world->dp, WHOLE, false);
	EXPECT(send_tcp("203.0.113.1:80", 0));
	EXPECT(send_tcp(VIP ":80", 0));
	EXPECT(await(world, &seen));
	EXPECT_EQUAL(seen.last.trace.verdict, XDP_TX);
	dataplane_capture_end(world->dp);
	return true;
}

/* Wait until so many more than @before were dropped for want of a backend. */
static bool await_drops(struct world *world, const uint64_t *before, unsigned int wanted)
{
	uint64_t now[SHUNT_REASON_COUNT];
	bool counted = false;

	for (int i = 0; i < PATIENCE && !counted; i++) {
		dataplane_reasons(world->dp, now);
		counted = now[SHUNT_REASON_NO_BACKEND] - before[SHUNT_REASON_NO_BACKEND] == wanted;
		poll(NULL, 0, 1); /* the last is counted a moment before it is captured */
	}
	return counted;
}

/* What nobody reads is lost, counted, and holds up nothing. */
static bool counts_what_is_lost(void *arg)
{
	uint64_t before[SHUNT_REASON_COUNT];
	struct world *world = arg;
	struct seen seen = {0};
	unsigned int sent = 0;

	dataplane_reasons(world->dp, before);
	EXPECT(begin(world, WHOLE, false));
	while (!dataplane_capture_lost(world->dp) && sent < BURST_MAX)
		for (int i = 0; i < 100; i++)
			sent += send_tcp(VIP ":83", 1400);
	EXPECT(dataplane_capture_lost(world->dp) > 0);
	EXPECT(await_drops(world, before, sent)); /* the last ones are on their way */
	dataplane_capture_read(world->dp, BURST_MAX, see, &seen);
	EXPECT_EQUAL(seen.count + dataplane_capture_lost(world->dp), sent);
	EXPECT(send_tcp(VIP ":83", 0));
	EXPECT(await(world, &seen)); /* there is room again */
	dataplane_capture_end(world->dp);
	return true;
}

/* The packets that were sent while it went on have all been counted: no moment without program. */
static bool reads_no_more_than_asked(void *arg)
{
	uint64_t before[SHUNT_REASON_COUNT];
	struct world *world = arg;
	struct seen seen = {0};

	EXPECT(begin(world, WHOLE, false));
	dataplane_reasons(world->dp, before);
	for (int i = 0; i < 5; i++)
		EXPECT(send_tcp(VIP ":83", 0));
	EXPECT(await_drops(world, before, 5));
	EXPECT(await(world, &seen));
	dataplane_capture_read(world->dp, 2, see, &seen);
	EXPECT_EQUAL(seen.count, 3);
	EXPECT(await(world, &seen)); /* it is readable still */
	dataplane_capture_end(world->dp);
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"shows every packet before and after", shows_every_packet},
		{"cuts long packets", cuts_long_packets},
		{"shows only drops", shows_only_drops},
		{"counts what is lost", counts_what_is_lost},
		{"reads no more than asked", reads_no_more_than_asked},
	};
	struct world world;
	int code;

	world_open(&world);
	world_add_fullnat(&world);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &world);
	world_close(&world);
	return code;
}
