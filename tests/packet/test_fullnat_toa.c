// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_fullnat_toa.c - the client's address in a TCP option.
 */
#include "packet/fullnat_world.h"

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
	/* a bare ACK may come from a backend that still waits for the client's */
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = real, .to = at),
		       CHANGE(BACK, .from = vip, .to = client)));
	EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = vip),
		       CHANGE(OUT, .from = at, .to = real, .tcp_special = option)));
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = real, .to = at, .payload = 1),
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

#define TOA_VIP  WEB_ADDR ":81"
#define TOA_REAL "10.0.0.41:7002"
#define TOLD     "fe089c40c6336407"
#define MADE_UP  "0204ffd7fe08000101020304"
#define NOPS     "010101010101010101010101"
#define STAMP    "0101080a0000000700000009"
#define SACK     "0101050afe080001fe080001" /* with what looks as ours */

/* Where ours has no room, a client's own does not arrive either; anything else does. */
static bool forged(void *arg)
{
	static const struct {
		struct frame change;
		bool dropped;
	} rows[] = {
		{{.flags = "S", .tcp_options = 28, .tcp_special = MADE_UP}, true},
		{{.flags = "A", .tcp_options = 28, .tcp_special = MADE_UP}, true},
		{{.flags = "S",
		  .tcp_options = 20,
		  .tcp_special = "fe1400010102030405060708090a0b0c0d0e0f10"},
		 true},
		{{.options = "01010101", .tcp_special = MADE_UP}, true},
		{{.id = 7300, .payload = 2000, .piece = 1000, .tcp_special = MADE_UP}, true},
		/* none that anybody reads: of another kind or length, in another, behind the end */
		{{.tcp_options = 28, .tcp_special = "0204ffd7fd08000101020304"}, false},
		{{.tcp_options = 28, .tcp_special = "0204ffd7fe04f98901010101"}, false},
		{{.tcp_options = 28, .tcp_special = "220cfe080001010203040102"}, false},
		{{.tcp_options = 28, .tcp_special = "00010101fe08000101020304"}, false},
		{{.tcp_options = 28, .tcp_special = "0100fe080001010203040101"}, false},
		{{.id = 7301, .payload = 2000, .piece = 1000, .tcp_special = NOPS}, false},
	};
	struct fullnat *f = arg;
	const struct frame any = {TCP, .from = CLIENT, .to = TOA_VIP};
	const char *at =
		pool_at(POOL, port_of(f, CHANGE(TCP, .from = CLIENT, .to = TOA_VIP, .flags = "S")));

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct frame in = frame_change(&any, &rows[i].change);

		if (rows[i].dropped)
			EXPECT(refused(f, &in, XDP_DROP, "toa_forged"));
		else
			EXPECT(becomes(f, &in, CHANGE(OUT, .from = at, .to = TOA_REAL)));
	}
	/* where ours has room it is the first */
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = TOA_VIP, .tcp_special = MADE_UP),
		       CHANGE(OUT, .from = at, .to = TOA_REAL, .tcp_special = TOLD MADE_UP)));
	/* nor once the backend has sent data; what every packet has is looked at no more */
	EXPECT(becomes(f,
		       CHANGE(TCP, .smac = MAC_BACKEND, .from = TOA_REAL, .to = at, .payload = 1),
		       CHANGE(BACK, .from = TOA_VIP, .to = CLIENT)));
	EXPECT(refused(f, CHANGE(TCP, .from = CLIENT, .to = TOA_VIP, .tcp_special = MADE_UP),
		       XDP_DROP, "toa_forged"));
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = TOA_VIP, .tcp_special = STAMP),
		       CHANGE(OUT, .from = at, .to = TOA_REAL)));
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = TOA_VIP, .tcp_special = STAMP SACK),
		       CHANGE(OUT, .from = at, .to = TOA_REAL)));
	return true;
}

static bool says_too_long(struct fullnat *f, const char *at)
{
	return becomes(f,
		       CHANGE(ICMP, .smac = MAC_BACKEND, .from = "10.0.0.77", .to = POOL,
			      .icmp = ICMP_KIND(3, 4), .rest = "00000578",
			      QUOTE(TCP, .from = at, .to = TOA_REAL)),
		       CHANGE(BACK, .to = CLIENT_ADDR, QUOTE(TCP, .from = CLIENT, .to = TOA_VIP)));
}

/* A router's MTU may leave no room for it: what the client then sends must arrive as it is. */
static bool too_long(void *arg)
{
	struct fullnat *f = arg;
	const char *at =
		pool_at(POOL, port_of(f, CHANGE(TCP, .from = CLIENT, .to = TOA_VIP, .flags = "S")));

	/* before there is a connection it is somebody's guess */
	EXPECT(says_too_long(f, at));
	EXPECT(becomes(f,
		       CHANGE(TCP, .smac = MAC_BACKEND, .from = TOA_REAL, .to = at, .flags = "SA"),
		       CHANGE(BACK, .from = TOA_VIP, .to = CLIENT)));
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = TOA_VIP, .payload = 1360),
		       CHANGE(OUT, .from = at, .to = TOA_REAL, .tcp_special = TOLD)));
	EXPECT(says_too_long(f, at));
	EXPECT(becomes(f, CHANGE(TCP, .from = CLIENT, .to = TOA_VIP, .payload = 1360),
		       CHANGE(OUT, .from = at, .to = TOA_REAL)));
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"the client's address in a TCP option", toa},
		{"a client's own where ours has no room", forged},
		{"a router has no room for it", too_long},
	};

	return fullnat_run(tests, ARRAY_SIZE(tests));
}
