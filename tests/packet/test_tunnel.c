// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_tunnel.c - what the program itself chooses in a tunnel's header is the flow's: the same for
 * all its packets, so that nothing overtakes, and spread over flows, so that queues and paths share
 * the work.
 */
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "packet/bytes.h"
#include "packet/expect.h"
#include "packet/world.h"

#define FLOWS  2000
#define BINS   16
#define OUTER4 34 /* behind Ethernet and an outer IPv4 header */
#define OUTER6 54

/* Which bytes of what service's packets. */
struct choice {
	const char *from, *to; /* a format with the client's port, and the VIP */
	size_t at;
	uint16_t mask, fixed; /* of the word there: what is chosen, and what is always set */
};

static const struct choice choices[] = {
	{"198.51.100.7:%d", VIP ":6044", OUTER4, 0x3fff, 0xc000}, /* gue's port */
	{"198.51.100.7:%d", VIP ":6046", OUTER6, 0x3fff, 0xc000}, /* over IPv6 */
	{"[2001:db8:100::7]:%d", VIP6_AT(6044), OUTER4, 0x3fff, 0xc000},
	{"[2001:db8:100::7]:%d", VIP6_AT(6046), OUTER6, 0x3fff, 0xc000},
	{"198.51.100.7:%d", VIP ":4446", OUTER6 - 38, 0xffff, 0}, /* IPv6's flow label */
	{"[2001:db8:100::7]:%d", VIP6_AT(4446), OUTER6 - 38, 0xffff, 0},
	{"198.51.100.7:%d", VIP ":4450", OUTER4 - 6, 0xffff, 0}, /* ipip's source */
	{"[2001:db8:100::7]:%d", VIP6_AT(4450), OUTER6 - 18, 0xffff, 0},
};

static bool chosen(struct world *world, const struct frame *frame, const struct choice *choice,
		   uint16_t *ret)
{
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(frame, in);

	EXPECT_EQUAL(world_run(world->dp, world->in0, in, length, out, &length), XDP_TX);
	*ret = bytes_get16(out + choice->at);
	EXPECT_EQUAL(*ret & ~choice->mask, choice->fixed);
	*ret &= choice->mask;
	return true;
}

/* A flow's SYN, its data and its end. */
static bool a_flow_keeps_it(void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(choices) * 50; i++) {
		const struct choice *choice = &choices[i % ARRAY_SIZE(choices)];
		struct frame frame = {TCP, .to = choice->to, .flags = "S"};
		uint16_t first, again;
		char from[64];

		snprintf(from, sizeof(from), choice->from, (int)(2000 + i));
		frame.from = from;
		EXPECT(chosen(arg, &frame, choice, &first));
		frame.flags = "PA";
		frame.payload = 900;
		frame.ttl = 7;
		EXPECT(chosen(arg, &frame, choice, &again));
		EXPECT_EQUAL(again, first);
	}
	return true;
}

/* By the high and by the low bits: each bin gets its share, give or take a third. */
static bool flows_are_spread(void *arg)
{
	for (size_t c = 0; c < ARRAY_SIZE(choices); c++) {
		unsigned int high[BINS] = {0}, low[BINS] = {0};

		for (int i = 0; i < FLOWS; i++) {
			struct frame frame = {TCP, .to = choices[c].to};
			uint16_t value;
			char from[64];

			snprintf(from, sizeof(from), choices[c].from, 1024 + i);
			frame.from = from;
			EXPECT(chosen(arg, &frame, &choices[c], &value));
			high[value * BINS / (choices[c].mask + 1)]++;
			low[value % BINS]++;
		}
		for (int i = 0; i < BINS; i++) {
			EXPECT(high[i] > FLOWS / BINS * 2 / 3 && high[i] < FLOWS / BINS * 4 / 3);
			EXPECT(low[i] > FLOWS / BINS * 2 / 3 && low[i] < FLOWS / BINS * 4 / 3);
		}
	}
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"a flow keeps what was chosen for it", a_flow_keeps_it},
		{"flows are spread", flows_are_spread},
	};
	struct world world;
	int code;

	world_open(&world);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &world);
	world_close(&world);
	return code;
}
