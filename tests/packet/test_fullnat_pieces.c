// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_fullnat_pieces.c - fullnat and packets in fragments: each piece goes as its flow, and as its
 * slot's backend, has it.
 */
#include "packet/fullnat_world.h"

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
	EXPECT_EQUAL(fullnat_ports(f).used, 1);
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
	EXPECT_EQUAL(fullnat_ports(f).used, 0);
	fullnat_slots(f->mixed, 2);
	at = pool_at(POOL, port_of(f, CHANGE(TCP, .from = CLIENT, .to = vip, .flags = "S")));
	fullnat_slots(f->mixed, 1);
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

int main(void)
{
	static const struct expect_test tests[] = {
		{"pieces, IPv4", pieces4},
		{"pieces, IPv6", pieces6},
		{"pieces of a connection's packets", pieces_of_tcp},
		{"pieces for backends by other modes", pieces_mixed},
	};

	return fullnat_run(tests, ARRAY_SIZE(tests));
}
