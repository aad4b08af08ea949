// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_spread.c - which backend a client gets: by weight, always the same, and as user space would
 * compute it. SHUNT_TEST_SEED=number draws other clients and another table.
 */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <net/if.h>

#include "base/cleanup.h"
#include "packet/expect.h"
#include "packet/world.h"
#include "plan/maglev.h"
#include "shunt/hash.h"

#define TUPLES   10000
#define SLOTS    16381
#define BACKENDS 3
#define USUAL    20261123

/* Chi-square with 2 degrees of freedom: p = exp(-x / 2), so that p > 0.001 is x < 2 ln 1000. */
#define CHI_SQUARE_LIMIT 13.816

struct spread {
	uint64_t seed;
	struct dataplane *dp;
	uint32_t ifindex;
	uint16_t table[SLOTS];
	char clients[TUPLES][32];
	uint16_t answers[TUPLES];
};

static const char *const addresses[BACKENDS] = {"10.0.0.11:80", "10.0.0.12:80", "10.0.0.13:80"};
static const unsigned int weights[BACKENDS] = {1, 2, 3};

static void fill(struct spread *s)
{
	struct dataplane_service *service = world_service(s->dp, "tcp:" VIP ":80", SLOTS, 0);
	struct maglev_member members[BACKENDS] = {0};

	for (int i = 0; i < BACKENDS; i++) {
		endpoint_parse(addresses[i], &members[i].at, NULL);
		members[i].weight = weights[i];
		members[i].number =
			world_backend(service, addresses[i], SHUNT_FORWARD_DR, s->ifindex);
	}
	maglev_fill(members, BACKENDS, s->seed, s->table, SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++)
		dataplane_slot_write(service, i, SHUNT_SLOT(s->table[i], 0));
	world_publish(service, SHUNT_FORWARD_DR);
}

static void draw_clients(struct spread *s)
{
	__u64 state = s->seed;

	for (int i = 0; i < TUPLES; i++) {
		__u64 r = shunt_splitmix64(&state);

		snprintf(s->clients[i], sizeof(s->clients[i]), "%u.%u.%u.%u:%u",
			 (unsigned int)(1 + r % 200), (unsigned int)(r >> 8 & 255),
			 (unsigned int)(r >> 16 & 255), (unsigned int)(r >> 24 & 255),
			 (unsigned int)(1024 + (r >> 32) % 60000));
	}
}

/* The number that the real program sends the client to: world_backend() puts it into the MAC. */
static uint16_t ask(struct spread *s, const char *client, const char *flags)
{
	struct frame frame = {TCP, .from = client, .to = VIP ":80", .flags = flags};
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(&frame, in);

	if (world_run(s->dp, s->ifindex, in, length, out, &length) != XDP_TX)
		return 0;
	return out[5] - 0x10;
}

static bool by_weight(void *arg)
{
	unsigned int count[BACKENDS] = {0}, total = 0;
	struct spread *s = arg;
	double chi = 0;

	for (int i = 0; i < TUPLES; i++) {
		s->answers[i] = ask(s, s->clients[i], "S");
		EXPECT(s->answers[i] >= 1 && s->answers[i] <= BACKENDS);
		count[s->answers[i] - 1]++;
	}
	for (int i = 0; i < BACKENDS; i++)
		total += weights[i];
	for (int i = 0; i < BACKENDS; i++) {
		double want = (double)TUPLES * weights[i] / total, off = count[i] - want;

		chi += off * off / want;
		EXPECT(off < 0.03 * TUPLES && off > -0.03 * TUPLES);
	}
	printf("%u : %u : %u of %d clients, chi-square %.2f\n", count[0], count[1], count[2],
	       TUPLES, chi);
	EXPECT(chi < CHI_SQUARE_LIMIT);
	return true;
}

static bool always_the_same(void *arg)
{
	struct spread *s = arg;

	for (int i = TUPLES - 1; i >= 0; i--)
		EXPECT_EQUAL(ask(s, s->clients[i], "PA"), s->answers[i]);
	return true;
}

/* Computed apart from the program: from the seed, the tuple and the table. */
static bool as_computed(void *arg)
{
	struct shunt_hash_keys keys;
	struct spread *s = arg;

	keys = shunt_hash_keys(s->seed);
	for (int i = 0; i < TUPLES; i++) {
		struct endpoint client;
		uint16_t ports[2];
		uint32_t both;
		uint64_t hash;

		endpoint_parse(s->clients[i], &client, NULL);
		ports[0] = htons(client.port);
		ports[1] = htons(80);
		memcpy(&both, ports, sizeof(both));
		hash = shunt_hash_tuple4(&keys, client.addr.v4.s_addr, inet_addr(VIP), both,
					 IPPROTO_TCP);
		EXPECT_EQUAL(s->answers[i], s->table[shunt_hash_reduce(hash, SLOTS)]);
	}
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"10,000 clients are split by weight", by_weight},
		{"the same client gets the same backend", always_the_same},
		{"user space computes the same backend", as_computed},
	};
	static struct spread s;
	int code;

	s.seed = expect_setting("SHUNT_TEST_SEED", USUAL);
	printf("SHUNT_TEST_SEED=%llu\n", (unsigned long long)s.seed);
	world_isolate();
	world_ip("link set lo up\n");
	s.dp = world_dataplane(s.seed);
	s.ifindex = if_nametoindex("lo");
	draw_clients(&s);
	fill(&s);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &s);
	dataplane_close(s.dp);
	return code;
}
