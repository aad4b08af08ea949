// SPDX-License-Identifier: GPL-2.0-or-later
/* test_ports.c - a reply whose route names a device that no frame leaves by goes out of the port
 * below, with the tags of the way. The route's device is a plain one here: what a device is made of
 * only user space knows. */
#include <linux/bpf.h>
#include <string.h>

#include "base/cleanup.h"
#include "packet/expect.h"
#include "packet/world.h"

#define TAG(id) (SHUNT_VLAN_PRESENT | (id))

static int reply(struct world *world, const char *from, const char *client, uint8_t *out,
		 size_t *ret_length)
{
	const struct frame frame = {TCP, .smac = MAC_BACKEND, .from = from, .to = client};
	uint8_t in[FRAME_MAX];
	size_t length = frame_build(&frame, in);

	*ret_length = FRAME_MAX;
	return world_run(world->dp, world->in0, in, length, out, ret_length);
}

static bool leaves_with(struct world *world, const char *from, const char *client, int verdict,
			const char *tags, size_t tags_size)
{
	uint8_t out[FRAME_MAX];
	size_t length;

	EXPECT_EQUAL(reply(world, from, client, out, &length), verdict);
	EXPECT(memcmp(out + 12, tags, tags_size) == 0);
	return true;
}

static bool one_tag(void *arg)
{
	struct world *world = arg;
	const struct dataplane_port port = {world->in0, {world->in0, TAG(100), 0}};

	EXPECT_EQUAL(dataplane_ports_set(world->dp, &port, 1), 0);
	EXPECT(leaves_with(world, "10.0.0.21:7000", CLIENT, XDP_TX, "\x81\0\0\x64\x08\0", 6));
	return leaves_with(world, "[fd00::21]:7000", CLIENT6, XDP_TX, "\x81\0\0\x64\x86\xdd", 6);
}

static bool two_tags_by_another(void *arg)
{
	struct world *world = arg;
	const struct dataplane_port ports[] = {
		{4711, {world->out0, 0, 0}},
		{world->in0, {world->out0, TAG(200) | SHUNT_VLAN_AD, TAG(100)}},
	};

	EXPECT_EQUAL(dataplane_ports_set(world->dp, ports, ARRAY_SIZE(ports)), 0);
	return leaves_with(world, "10.0.0.21:7000", CLIENT, XDP_REDIRECT,
			   "\x88\xa8\0\xc8\x81\0\0\x64\x08\0", 10);
}

/* What is not named any more is forgotten, what does not fit changes nothing. */
static bool none(void *arg)
{
	static struct dataplane_port many[SHUNT_PORTS_MAX + 1];
	struct world *world = arg;
	const struct dataplane_port port = {world->out0, {world->in0, TAG(100), 0}};

	EXPECT_EQUAL(dataplane_ports_set(world->dp, &port, 1), 0);
	EXPECT(leaves_with(world, "10.0.0.21:7000", CLIENT, XDP_TX, "\x08\0", 2));
	EXPECT(leaves_with(world, "10.0.0.21:7000", FAR_CLIENT, XDP_TX, "\x81\0\0\x64\x08\0", 6));
	EXPECT(dataplane_ports_set(world->dp, many, ARRAY_SIZE(many)) < 0);
	EXPECT(leaves_with(world, "10.0.0.21:7000", FAR_CLIENT, XDP_TX, "\x81\0\0\x64\x08\0", 6));
	EXPECT_EQUAL(dataplane_ports_set(world->dp, NULL, 0), 0);
	return leaves_with(world, "10.0.0.21:7000", FAR_CLIENT, XDP_REDIRECT, "\x08\0", 2);
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"one tag, by the interface it came from", one_tag},
		{"two tags, by another", two_tags_by_another},
		{"none any more", none},
	};
	struct world world;
	int code;

	world_open(&world);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &world);
	world_close(&world);
	return code;
}
