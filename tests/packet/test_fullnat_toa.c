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
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = real, .to = at),
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

int main(void)
{
	static const struct expect_test tests[] = {
		{"the client's address in a TCP option", toa},
	};

	return fullnat_run(tests, ARRAY_SIZE(tests));
}
