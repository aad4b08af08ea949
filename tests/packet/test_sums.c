// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_sums.c - the checksums that are mended by difference equal those computed over the whole
 * packet, for every value that one can have: all 65536 values of a word that the checksum covers.
 */
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "packet/expect.h"
#include "packet/world.h"

static const struct frame tcp_in = {TCP, .from = CLIENT, .to = VIP ":8080", .payload = 3};
static const struct frame tcp_out = {
	.dmac = MAC_BACKEND, .smac = MAC_DIRECTOR, .to = "10.0.0.21:7000", .ttl = 63};
static const struct frame udp_in = {UDP, .from = CLIENT, .to = VIP ":5353", .payload = 3};
static const struct frame tcp_back_in = {TCP, .from = "10.0.0.21:7000", .to = CLIENT, .payload = 2};
static const struct frame tcp_back_out = {
	.dmac = MAC_ROUTER, .smac = MAC_DIRECTOR, .from = VIP ":8080", .ttl = 63};
static const struct frame udp_back_in = {UDP, .from = "10.0.0.21:7000", .to = CLIENT, .payload = 2};
static const struct frame udp_back_out = {
	.dmac = MAC_ROUTER, .smac = MAC_DIRECTOR, .from = VIP ":5353", .ttl = 63};
static const struct frame full_tcp_in = {TCP, .from = CLIENT, .to = VIP ":3080", .payload = 3};
static const struct frame full_udp_in = {UDP, .from = CLIENT, .to = VIP ":3053", .payload = 3};
static const struct frame full_out = {.dmac = MAC_BACKEND,
				      .smac = MAC_DIRECTOR,
				      .from = POOL_AT(2000),
				      .to = "10.0.0.51:7000",
				      .ttl = 63};
static const struct frame full_udp6_in = {UDP, .from = CLIENT6, .to = VIP6_AT(3053), .payload = 3};
static const struct frame full_udp6_out = {.dmac = MAC_BACKEND,
					   .smac = MAC_DIRECTOR,
					   .from = POOL6_AT(2000),
					   .to = "[fd00::51]:7000",
					   .ttl = 63};
static const struct frame full_back_in = {UDP, .from = "10.0.0.51:7000", .to = POOL_AT(2000),
					  .payload = 2};
static const struct frame full_back_out = {
	.dmac = MAC_ROUTER, .smac = MAC_DIRECTOR, .from = VIP ":3053", .to = CLIENT, .ttl = 63};
static const struct frame ping_in = {ICMP, .from = CLIENT_ADDR, .to = VIP, .ttl = 9, .payload = 2};
static const struct frame ping_out = {.dmac = MAC_ROUTER,
				      .smac = MAC_DIRECTOR,
				      .from = VIP,
				      .to = CLIENT_ADDR,
				      .ttl = 64,
				      .icmp = ICMP_KIND(0, 0)};

static bool goes_out_as(struct world *world, const struct frame *in, const struct frame *change)
{
	struct frame out = frame_change(in, change);
	uint8_t sent[FRAME_MAX], got[FRAME_MAX], want[FRAME_MAX];
	size_t length = frame_build(in, sent), got_length, want_length = frame_build(&out, want);

	EXPECT_EQUAL(world_run(world->dp, world->in0, sent, length, got, &got_length), XDP_TX);
	if (got_length == want_length && memcmp(got, want, want_length) == 0)
		return true;
	frame_print_difference(got, got_length, want, want_length);
	return false;
}

/* Every word of the payload, hence every L4 checksum. */
static bool every_l4_sum(struct world *world, const struct frame *in, const struct frame *change)
{
	for (int word = 0; word < 65536; word++) {
		struct frame frame = *in;

		frame.word = SET(word);
		if (!goes_out_as(world, &frame, change)) {
			fprintf(stderr, "    with 0x%04x in the payload\n", word);
			return false;
		}
	}
	return true;
}

static bool every_id(struct world *world, const struct frame *in, const struct frame *change)
{
	for (int id = 0; id < 65536; id++) {
		struct frame frame = *in;

		frame.id = id;
		EXPECT(goes_out_as(world, &frame, change));
	}
	return true;
}

static bool every_ip_sum(void *world)
{
	return every_id(world, &tcp_in, &tcp_out);
}

static bool full_ip(void *world)
{
	return every_id(world, &full_tcp_in, &full_out);
}

static bool every_ttl(void *world)
{
	for (int ttl = 2; ttl < 256; ttl++) {
		struct frame in = tcp_in, out = tcp_out;

		in.ttl = ttl;
		out.ttl = ttl - 1;
		EXPECT(goes_out_as(world, &in, &out));
	}
	return true;
}

static bool tcp_forward(void *world)
{
	return every_l4_sum(world, &tcp_in, &tcp_out);
}

static bool udp_forward(void *world)
{
	return every_l4_sum(world, &udp_in, &tcp_out);
}

static bool tcp_reply(void *world)
{
	return every_l4_sum(world, &tcp_back_in, &tcp_back_out);
}

static bool udp_reply(void *world)
{
	return every_l4_sum(world, &udp_back_in, &udp_back_out);
}

static bool full_tcp(void *world)
{
	return every_l4_sum(world, &full_tcp_in, &full_out);
}

static bool full_udp(void *world)
{
	return every_l4_sum(world, &full_udp_in, &full_out);
}

static bool full_udp6(void *world)
{
	return every_l4_sum(world, &full_udp6_in, &full_udp6_out);
}

static bool full_reply(void *world)
{
	return every_l4_sum(world, &full_back_in, &full_back_out);
}

static bool echo(void *world)
{
	return every_l4_sum(world, &ping_in, &ping_out);
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"every IP checksum", every_ip_sum},
		{"every TTL", every_ttl},
		{"every TCP checksum, to the backend", tcp_forward},
		{"every UDP checksum, to the backend", udp_forward},
		{"every TCP checksum, to the client", tcp_reply},
		{"every UDP checksum, to the client", udp_reply},
		{"every ICMP checksum", echo},
		{"fullnat: every IP checksum", full_ip},
		{"fullnat: every TCP checksum, to the backend", full_tcp},
		{"fullnat: every UDP checksum, to the backend", full_udp},
		{"fullnat: every UDP checksum over IPv6, to the backend", full_udp6},
		{"fullnat: every UDP checksum, to the client", full_reply},
	};
	struct world world;
	int code;

	world_open(&world);
	world_add_fullnat(&world);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &world);
	world_close(&world);
	return code;
}
