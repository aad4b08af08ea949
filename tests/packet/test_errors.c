// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_errors.c - what the table of packets cannot ask about ICMP errors: that they go to the
 * backend that has the flow, that the quote's checksums are right for every value, and that no more
 * than so many are sent in answer to a TTL that ends.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <time.h>

#include "base/cleanup.h"
#include "packet/expect.h"
#include "packet/world.h"

#define SLOTS    251
#define BACKENDS 4
#define CLIENTS  500

#define ANSWERS_AT_ONCE  50
#define ANSWERS_A_SECOND 1000
#define TICKS_MS         25 /* the program's clock goes in steps: 10 ms at most, at both ends */

/* A service whose slots name its backends in turn. */
static void make_service(struct world *world, const char *address, enum shunt_forward forward,
			 int port)
{
	struct dataplane_service *service = world_service(world->dp, address, SLOTS, 0);
	char backend[32];

	for (int i = 0; i < BACKENDS; i++) {
		snprintf(backend, sizeof(backend), "10.0.0.%d:%d", 31 + i, port);
		world_backend(service, backend, forward, world->in0);
	}
	for (uint32_t i = 0; i < SLOTS; i++)
		dataplane_slot_write(service, i, SHUNT_SLOT(1 + i % BACKENDS, 0));
	world_publish(service, forward);
}

/* The last byte of the MAC address that the frame leaves for; 0: it does not. */
static int whereto(struct world *world, const struct frame *frame)
{
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(frame, in);

	return world_run(world->dp, world->in0, in, length, out, &length) == XDP_TX ? out[5] : 0;
}

/* Each client's packet, and an error about what it got, reach the same backend. */
static bool same_backend(struct world *world, enum frame_kind kind, const char *vip)
{
	unsigned int reached[256] = {0};
	char client[32];

	for (int i = 0; i < CLIENTS; i++) {
		struct frame packet = {kind, .from = client, .to = vip};
		struct frame sent = {kind, .from = vip, .to = client, .payload = 1000};
		struct frame error = {ICMP, .from = "198.51.100.254", .to = vip,
				      .icmp = ICMP_KIND(3, 4), .quote = &sent};
		int backend;

		snprintf(client, sizeof(client), "198.51.100.%d:%d", 1 + i % 250, 1024 + 97 * i);
		backend = whereto(world, &packet);
		EXPECT(backend >= 0x11 && backend < 0x11 + BACKENDS);
		EXPECT_EQUAL(whereto(world, &error), backend);
		reached[backend]++;
	}
	for (int i = 0; i < BACKENDS; i++)
		EXPECT(reached[0x11 + i] > 0);
	return true;
}

static bool dr_tcp(void *world)
{
	return same_backend(world, TCP, "192.0.2.30:80");
}

static bool dr_udp(void *world)
{
	return same_backend(world, UDP, "192.0.2.30:53");
}

static bool nat_tcp(void *world)
{
	return same_backend(world, TCP, "192.0.2.31:80");
}

static bool nat_udp(void *world)
{
	return same_backend(world, UDP, "192.0.2.31:53");
}

static bool goes_out_as(struct world *world, const struct frame *in, const struct frame *want)
{
	uint8_t sent[FRAME_MAX], got[FRAME_MAX], wanted[FRAME_MAX];
	size_t length = frame_build(in, sent), got_length,
	       wanted_length = frame_build(want, wanted);

	EXPECT_EQUAL(world_run(world->dp, world->in0, sent, length, got, &got_length), XDP_TX);
	if (got_length == wanted_length && memcmp(got, wanted, wanted_length) == 0)
		return true;
	frame_print_difference(got, got_length, wanted, wanted_length);
	return false;
}

/* Every word of the quoted payload, hence every quoted UDP checksum; it is not quoted itself. */
static bool every_sum_to_backend(void *world)
{
	struct frame quote = {UDP, .from = VIP ":5353", .to = CLIENT, .payload = 2};
	struct frame own = {UDP, .from = "10.0.0.21:7000", .to = CLIENT, .payload = 2};
	struct frame in = {ICMP, .from = "198.51.100.254", .to = VIP, .icmp = ICMP_KIND(3, 3),
			   .quote = &quote};
	struct frame change = {.dmac = MAC_BACKEND,
			       .smac = MAC_DIRECTOR,
			       .to = "10.0.0.21",
			       .ttl = 63,
			       .quote = &own};
	struct frame out = frame_change(&in, &change);

	for (int word = 0; word < 65536; word++) {
		quote.word = own.word = SET(word);
		EXPECT(goes_out_as(world, &in, &out));
	}
	return true;
}

static bool every_sum_to_client(void *world)
{
	struct frame seen = {UDP, .from = CLIENT, .to = "10.0.0.21:7000", .payload = 2};
	struct frame sent = {UDP, .from = CLIENT, .to = VIP ":5353", .payload = 2};
	struct frame in = {ICMP, .from = "10.0.0.21", .to = CLIENT_ADDR, .icmp = ICMP_KIND(3, 3),
			   .quote = &seen};
	struct frame change = {
		.dmac = MAC_ROUTER, .smac = MAC_DIRECTOR, .from = VIP, .ttl = 63, .quote = &sent};
	struct frame out = frame_change(&in, &change);

	for (int word = 0; word < 65536; word++) {
		seen.word = sent.word = SET(word);
		EXPECT(goes_out_as(world, &in, &out));
	}
	return true;
}

/* Every sum of the quoted IP header. */
static bool every_quoted_id(void *world)
{
	struct frame quote = {TCP, .from = VIP ":8080", .to = CLIENT};
	struct frame own = {TCP, .from = "10.0.0.21:7000", .to = CLIENT};
	struct frame in = {ICMP, .from = "198.51.100.254", .to = VIP, .icmp = ICMP_KIND(11, 0),
			   .quote = &quote};
	struct frame change = {.dmac = MAC_BACKEND,
			       .smac = MAC_DIRECTOR,
			       .to = "10.0.0.21",
			       .ttl = 63,
			       .quote = &own};
	struct frame out = frame_change(&in, &change);

	for (int id = 0; id < 65536; id++) {
		quote.id = own.id = id;
		EXPECT(goes_out_as(world, &in, &out));
	}
	return true;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static uint64_t count_of(struct world *world, enum shunt_reason reason)
{
	uint64_t reasons[SHUNT_REASON_COUNT];

	dataplane_reasons(world->dp, reasons);
	return reasons[reason];
}

/* Packets whose TTL ends, until the answers stop; then again, once there is room for one. */
static bool answers_are_bounded(void *arg)
{
	static const struct frame last = {TCP, .from = CLIENT, .to = VIP ":8080", .ttl = 1};
	struct world *world = arg;
	uint64_t start, began = count_of(world, SHUNT_REASON_TTL_ANSWERED), took;
	unsigned int answered = 0, limited = 0;

	start = now_ms();
	for (int i = 0; i < 20000; i++) {
		if (whereto(world, &last))
			answered++;
		else
			limited++;
	}
	took = now_ms() - start;
	printf("%u answered, %u not, in %llu ms\n", answered, limited, (unsigned long long)took);
	EXPECT(answered >= ANSWERS_AT_ONCE);
	EXPECT(answered <= ANSWERS_AT_ONCE + (took + TICKS_MS) * ANSWERS_A_SECOND / 1000);
	EXPECT(limited > 0);
	EXPECT_EQUAL(count_of(world, SHUNT_REASON_TTL_ANSWERED) - began, answered);
	EXPECT_EQUAL(count_of(world, SHUNT_REASON_TTL_LIMITED), limited);
	for (start = now_ms(); !whereto(world, &last);)
		EXPECT(now_ms() - start < 1000);
	return true;
}

/* The sum of an ICMPv6 packet behind its Ethernet header, as its receiver reckons it: 0 is right.
 */
static uint16_t sum_of_icmp6(const uint8_t *ip)
{
	size_t end = 40 + ((size_t)ip[4] << 8) + ip[5];
	uint32_t sum = 58 + (uint32_t)(end - 40);

	for (size_t i = 8; i < end; i++)
		sum += (uint32_t)ip[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* A driver that leaves most of a frame in other buffers: quoted is what the first has. */
static bool short_first_buffer(void *arg)
{
	static const struct frame last = {TCP, .from = CLIENT6, .to = VIP6_AT(8080), .ttl = 1,
					  .payload = 3000};
	struct xdp_md context = {.data_end = 256};
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	struct world *world = arg;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_out = out, .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = 1);

	context.ingress_ifindex = world->in0;
	opts.data_size_in = frame_build(&last, in);
	do { /* the tests before may have used up what is answered */
		opts.data_size_out = sizeof(out);
		if (bpf_prog_test_run_opts(dataplane_program_fd(world->dp), &opts) < 0) {
			printf("this kernel has no frames with a short first buffer\n");
			return true;
		}
	} while (opts.retval == XDP_DROP);
	EXPECT_EQUAL(opts.retval, XDP_TX);
	EXPECT_EQUAL(opts.data_size_out, 14 + 40 + 8 + 240);
	EXPECT_EQUAL(sum_of_icmp6(out + 14), 0);
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"TTL: answers are bounded", answers_are_bounded},
		{"dr TCP: an error reaches the flow's backend", dr_tcp},
		{"dr UDP: an error reaches the flow's backend", dr_udp},
		{"nat TCP: an error reaches the flow's backend", nat_tcp},
		{"nat UDP: an error reaches the flow's backend", nat_udp},
		{"every quoted UDP checksum, to the backend", every_sum_to_backend},
		{"every quoted UDP checksum, to the client", every_sum_to_client},
		{"every quoted IP checksum", every_quoted_id},
		{"a frame whose first buffer is short", short_first_buffer},
	};
	struct world world;
	int code;

	world_open(&world);
	make_service(&world, "tcp:192.0.2.30:80", SHUNT_FORWARD_DR, 80);
	make_service(&world, "udp:192.0.2.30:53", SHUNT_FORWARD_DR, 53);
	make_service(&world, "tcp:192.0.2.31:80", SHUNT_FORWARD_NAT, 80);
	make_service(&world, "udp:192.0.2.31:53", SHUNT_FORWARD_NAT, 53);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &world);
	world_close(&world);
	return code;
}
