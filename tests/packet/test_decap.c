// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_decap.c - tunnel packets through the backends' program: every family in every family, what
 * is not a director's or not for an enabled VIP, what is broken, the congestion marks, and the work
 * that the verifier had.
 */
#include <bpf/bpf.h>
#include <err.h>
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "packet/backend.h"

#define VERIFIED_MAX 50000 /* a twentieth of what the verifier gives up at */

#define OTHER  "10.0.0.9"
#define OTHER6 "2001:db8:2::9"

static unsigned int passed, failed;
static struct backend backend;

struct decap_case {
	const char *name;
	struct frame in;
	int verdict;
	const char *reason; /* the one that is counted; none if NULL */
	int tos;            /* unwrapped: SET() when it is not the inner packet's own */
	/* bytes changed in the frame that was built: at .at of the outer header, .value */
	struct {
		size_t at;
		uint8_t value;
	} poke[2];
};

/* --- running --- */

static size_t build_in(const struct decap_case *c, uint8_t ret[static FRAME_MAX])
{
	size_t length = frame_build(&c->in, ret);
	size_t link = 14 + (c->in.vlan ? 4 : 0) + (c->in.vlan_inner ? 4 : 0);

	for (size_t i = 0; i < ARRAY_SIZE(c->poke); i++)
		if (c->poke[i].at)
			ret[link + c->poke[i].at] = c->poke[i].value;
	return length;
}

static bool unwraps(const struct decap_case *c)
{
	return c->reason && strcmp(c->reason, "unwrapped") == 0;
}

static bool frame_is_right(const struct decap_case *c, const uint8_t *in, size_t in_length,
			   const uint8_t *out, size_t out_length)
{
	struct frame inner = c->in;
	uint8_t want[FRAME_MAX];
	size_t length = in_length;

	memcpy(want, in, in_length);
	if (unwraps(c)) {
		inner.outer = NULL;
		inner.tos = c->tos ? c->tos & 0xff : inner.tos;
		length = frame_build(&inner, want);
	}
	if (out_length == length && !memcmp(out, want, length))
		return true;
	frame_print_difference(out, out_length, want, length);
	return false;
}

static bool reasons_are_right(const struct decap_case *c, const struct decap_view *before,
			      const struct decap_view *after)
{
	bool right = true;

	for (int i = 0; i < DECAP_REASON_COUNT; i++) {
		uint64_t got = after->reasons[i] - before->reasons[i];
		uint64_t want = c->reason && strcmp(c->reason, backend_reasons[i]) == 0;

		if (got == want)
			continue;
		fprintf(stderr, "    reason %s counted %llu times, expected %llu\n",
			backend_reasons[i], (unsigned long long)got, (unsigned long long)want);
		right = false;
	}
	return right;
}

static bool run_case(const struct decap_case *c)
{
	static struct decap_view before, after;
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t in_length = build_in(c, in), out_length;
	bool right = true;
	int verdict;

	backend_look(&backend, &before);
	verdict = backend_run(&backend, in, in_length, out, &out_length);
	backend_look(&backend, &after);
	if (verdict != c->verdict) {
		fprintf(stderr, "    verdict %d, expected %d\n", verdict, c->verdict);
		right = false;
	}
	if (verdict == XDP_PASS)
		right = frame_is_right(c, in, in_length, out, out_length) && right;
	return reasons_are_right(c, &before, &after) && right;
}

static void test(const struct decap_case *c)
{
	if (run_case(c)) {
		passed++;
		return;
	}
	fprintf(stderr, "FAILED decap: %s\n", c->name);
	failed++;
}

/* --- every family in every family --- */

static void test_part(size_t o, size_t i, size_t t)
{
	struct decap_case c = {NULL, backend_frame(o, i, t), XDP_PASS, "unwrapped"};
	char name[200];

	snprintf(name, sizeof(name), "%s in %s, %s", backend_inners[i].name, backend_outers[o].name,
		 backend_tags[t].name);
	c.name = name;
	test(&c);
}

static void test_each_in_each(void)
{
	for (size_t o = 0; o < backend_outers_count; o++)
		for (size_t i = 0; i < backend_inners_count; i++)
			for (size_t t = 0; t < backend_tags_count; t++)
				test_part(o, i, t);
}

/* --- congestion marks: RFC 6040, figure 4; rows are the inner mark, columns the outer --- */

#define DROPPED (-1)
enum { NOT_ECT, ECT1, ECT0, CE };

static const int marks[4][4] = {
	[NOT_ECT] = {[NOT_ECT] = NOT_ECT, [ECT0] = NOT_ECT, [ECT1] = NOT_ECT, [CE] = DROPPED},
	[ECT0] = {[NOT_ECT] = ECT0, [ECT0] = ECT0, [ECT1] = ECT1, [CE] = CE},
	[ECT1] = {[NOT_ECT] = ECT1, [ECT0] = ECT1, [ECT1] = ECT1, [CE] = CE},
	[CE] = {[NOT_ECT] = CE, [ECT0] = CE, [ECT1] = CE, [CE] = CE},
};

static void test_mark(bool inner6, bool outer6, int inner, int outer)
{
	const int dscp = 0xb8, outer_dscp = 0x28;
	struct frame around = {IP, .from = outer6 ? DIRECTOR6 : DIRECTOR,
			       .to = outer6 ? "2001:db8:2::31" : "10.0.0.31",
			       .tos = outer_dscp | outer};
	struct decap_case c = {
		.in = {TCP, .from = inner6 ? "[2001:db8::7]:1" : CLIENT,
		       .to = inner6 ? "[" VIP6 "]:80" : VIP ":80", .tos = dscp | inner,
		       .outer = &around},
		.verdict = marks[inner][outer] == DROPPED ? XDP_DROP : XDP_PASS,
		.reason = marks[inner][outer] == DROPPED ? "ecn" : "unwrapped",
		.tos = SET(dscp | (marks[inner][outer] & 3)),
	};
	char name[100];

	snprintf(name, sizeof(name), "ECN %d in IPv%d, in %d of IPv%d", inner, inner6 ? 6 : 4,
		 outer, outer6 ? 6 : 4);
	c.name = name;
	test(&c);
}

static void test_marks(void)
{
	for (int families = 0; families < 4; families++)
		for (int inner = 0; inner < 4; inner++)
			for (int outer = 0; outer < 4; outer++)
				test_mark(families & 1, families & 2, inner, outer);
}

/* --- what is not unwrapped --- */

#define OUTER(...)                                                                                 \
	.outer = &(const struct frame)                                                             \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define OUTER4(...) OUTER(IP, .from = DIRECTOR, .to = "10.0.0.31", ##__VA_ARGS__)
#define OUTER6(...) OUTER(IP, .from = DIRECTOR6, .to = "2001:db8:2::31", ##__VA_ARGS__)
#define GUE4(...)   OUTER(UDP, .from = DIRECTOR ":5", .to = "10.0.0.31:6080", ##__VA_ARGS__)
#define GUE6(...)                                                                                  \
	OUTER(UDP, .from = "[" DIRECTOR6 "]:5", .to = "[2001:db8:2::31]:6080", ##__VA_ARGS__)
#define TO_VIP4      TCP, .from = CLIENT, .to = VIP ":80"
#define TO_VIP6      TCP, .from = "[2001:db8::7]:1", .to = "[" VIP6 "]:80"
#define PASSES(name) XDP_PASS, name
#define DROPS(name)  XDP_DROP, name

static const struct decap_case cases[] = {
	/* neither a director's nor for a VIP */
	{"no tunnel: TCP to the VIP", {TO_VIP4}, PASSES(NULL)},
	{"no tunnel: IPv6", {TO_VIP6}, PASSES(NULL)},
	{"no tunnel: UDP from a director",
	 {UDP, .from = DIRECTOR ":1", .to = "10.0.0.31:53"},
	 PASSES(NULL)},
	{"no tunnel: ARP", {ETHER, .ethertype = 0x0806, .payload = 46}, PASSES(NULL)},
	{"no tunnel: an unknown type", {ETHER, .ethertype = 0x88b5, .payload = 46}, PASSES(NULL)},
	{"somebody's tunnel for somebody",
	 {TCP, .from = CLIENT, .to = "203.0.113.80:80",
	  OUTER(IP, .from = OTHER, .to = "10.0.0.31")},
	 PASSES(NULL)},
	{"somebody's broken tunnel",
	 {TO_VIP4, OUTER(IP, .from = OTHER, .to = "10.0.0.31", .ip_check_off = 1)},
	 PASSES(NULL)},
	{"a second tag too many", /* the type behind two tags is a third */
	 {ETHER, .vlan = SET(1), .vlan_inner = SET(2), .ethertype = 0x8100, .payload = 80},
	 PASSES(NULL)},
	{"cut within the Ethernet header", {TO_VIP4, OUTER4(), .cut = 14}, PASSES(NULL)},
	{"cut within a tag", {TO_VIP4, OUTER4(), .vlan = SET(5), .cut = 17}, PASSES(NULL)},
	{"cut within the outer header", {TO_VIP4, OUTER4(), .cut = 14 + 19}, PASSES(NULL)},
	{"cut within the outer IPv6 header", {TO_VIP4, OUTER6(), .cut = 14 + 39}, PASSES(NULL)},
	{"outer version 5", {TO_VIP4, OUTER4(.version = 5)}, PASSES(NULL)},
	{"outer IPv6 version 4", {TO_VIP4, OUTER6(.version = 4)}, PASSES(NULL)},
	{"outer header of 16 bytes", {TO_VIP4, OUTER4(.ihl = 4)}, PASSES(NULL)},
	{"GUE to another port",
	 {TO_VIP4, OUTER(UDP, .from = DIRECTOR ":5", .to = "10.0.0.31:6081")},
	 PASSES(NULL)},
	{"GUE cut within the UDP header", {TO_VIP4, GUE4(), .cut = 14 + 20 + 7}, PASSES(NULL)},
	{"nine extension headers", {TO_VIP4, OUTER6(.extensions = "HDDDDDDDD")}, PASSES(NULL)},
	{"too many bytes of extension headers",
	 {TO_VIP4, OUTER6(.extensions = "D9D9D9D9D9D9D9")},
	 PASSES(NULL)},
	{"cut within an extension header",
	 {TO_VIP4, OUTER6(.extensions = "D"), .cut = 14 + 40 + 7},
	 PASSES(NULL)},
	{"a later fragment of UDP says no port",
	 {TO_VIP4, GUE4(.frag = FRAG(0, 1480))},
	 PASSES(NULL)},
	{"a later fragment of UDP over IPv6",
	 {TO_VIP4, GUE6(.extensions = "F", .frag = FRAG(0, 1480))},
	 PASSES(NULL)},

	/* not a director's */
	{"not a director",
	 {TO_VIP4, OUTER(IP, .from = OTHER, .to = "10.0.0.31")},
	 PASSES("not_director")},
	{"not a director, IPv6",
	 {TO_VIP6, OUTER(IP, .from = OTHER6, .to = "2001:db8:2::31")},
	 PASSES("not_director")},
	{"not a director, GUE",
	 {TO_VIP6, OUTER(UDP, .from = OTHER ":1", .to = "10.0.0.31:6080")},
	 PASSES("not_director")},
	{"just beside the prefix",
	 {TO_VIP4, OUTER(IP, .from = "172.17.0.0", .to = "10.0.0.31")},
	 PASSES("not_director")},
	/* 10.0.0.1 in the first word, as the IPv4 director has it */
	{"an IPv6 address that looks like an IPv4 director",
	 {TO_VIP4, OUTER(IP, .from = "a00:1::", .to = "2001:db8:2::31")},
	 PASSES("not_director")},

	/* not for an enabled VIP */
	{"not an enabled VIP",
	 {TCP, .from = CLIENT, .to = "192.0.2.99:80", OUTER4()},
	 PASSES("unknown_vip")},
	{"not an enabled VIP, IPv6",
	 {TCP, .from = "[2001:db8::7]:1", .to = "[2001:db8:1::11]:80", OUTER6()},
	 PASSES("unknown_vip")},
	{"an IPv6 address that looks like an IPv4 VIP",
	 {TCP, .from = "[2001:db8::7]:1", .to = "[c000:20a::]:80", OUTER6()},
	 PASSES("unknown_vip")},

	/* broken */
	{"outer checksum", {TO_VIP4, OUTER4(.ip_check_off = 1)}, DROPS("malformed_outer")},
	{"outer checksum with options",
	 {TO_VIP4, OUTER4(.ip_check_off = 1, .options = "94040000")},
	 DROPS("malformed_outer")},
	{"outer length beyond the frame",
	 {TO_VIP4, OUTER4(.total = SET(61))},
	 DROPS("malformed_outer")},
	{"outer length below its header",
	 {TO_VIP4, OUTER4(.total = SET(19))},
	 DROPS("malformed_outer")},
	{"outer IPv6 length beyond the frame",
	 {TO_VIP4, OUTER6(.total = SET(41))},
	 DROPS("malformed_outer")},
	{"an extension header beyond the outer length",
	 {TO_VIP4, OUTER6(.extensions = "D", .extension_length = SET(6))},
	 DROPS("malformed_outer")},
	{"GUE with a UDP length beyond the outer's",
	 {TO_VIP4, GUE4(.udp_length = SET(53))},
	 DROPS("malformed_outer")},
	{"GUE with a UDP length of 11",
	 {TO_VIP4, GUE4(.udp_length = SET(11))},
	 DROPS("malformed_outer")},
	{"GUE cut within its header",
	 {TO_VIP4, GUE4(.total = SET(31)), .cut = 14 + 31},
	 DROPS("malformed_outer")},
	{"GUE with a checksum", {TO_VIP4, GUE4()}, DROPS("gue_checksum"), .poke = {{26, 1}}},
	{"GUE over IPv6 with a checksum",
	 {TO_VIP4, GUE6()},
	 DROPS("gue_checksum"),
	 .poke = {{47, 1}}},
	{"GUE version 1", {TO_VIP4, GUE4()}, DROPS("gue_header"), .poke = {{28, 0x40}}},
	{"GUE control message", {TO_VIP4, GUE4()}, DROPS("gue_header"), .poke = {{28, 0x20}}},
	{"GUE with options", {TO_VIP4, GUE4()}, DROPS("gue_header"), .poke = {{28, 1}}},
	{"GUE with flags", {TO_VIP4, GUE4()}, DROPS("gue_header"), .poke = {{31, 1}}},
	{"GUE with TCP in it", {TO_VIP4, GUE4()}, DROPS("gue_header"), .poke = {{29, 6}}},
	{"first fragment", {TO_VIP4, OUTER4(.frag = FRAG(1, 0))}, DROPS("outer_fragment")},
	{"later fragment", {TO_VIP4, OUTER4(.frag = FRAG(0, 1480))}, DROPS("outer_fragment")},
	{"first fragment of GUE", {TO_VIP4, GUE4(.frag = FRAG(1, 0))}, DROPS("outer_fragment")},
	{"IPv6 fragment",
	 {TO_VIP4, OUTER6(.extensions = "F", .frag = FRAG(1, 0))},
	 DROPS("outer_fragment")},
	{"IPv6 first fragment of GUE",
	 {TO_VIP4, GUE6(.extensions = "F", .frag = FRAG(1, 0))},
	 DROPS("outer_fragment")},
	{"IPv6 later fragment",
	 {TO_VIP4, OUTER6(.extensions = "F", .frag = FRAG(0, 1480))},
	 DROPS("outer_fragment")},
	{"inner version", {TO_VIP4, OUTER4(), .version = SET(6)}, DROPS("malformed_inner")},
	{"IPv6 in what is said to be IPv4",
	 {TO_VIP6, GUE4()},
	 DROPS("malformed_inner"),
	 .poke = {{29, 4}}},
	{"inner header of 16 bytes", {TO_VIP4, OUTER4(), .ihl = 4}, DROPS("malformed_inner")},
	{"inner length beyond the outer",
	 {TO_VIP4, OUTER4(), .total = SET(41)},
	 DROPS("malformed_inner")},
	{"inner length beyond the outer, padded",
	 {TO_VIP4, OUTER4(), .total = SET(41), .pad = 9},
	 DROPS("malformed_inner")},
	{"inner length below its header",
	 {TO_VIP4, OUTER4(), .total = SET(19)},
	 DROPS("malformed_inner")},
	{"inner IPv6 length beyond the outer",
	 {TO_VIP6, OUTER4(), .total = SET(21)},
	 DROPS("malformed_inner")},
	{"inner length beyond GUE's",
	 {TO_VIP4, GUE4(.udp_length = SET(51)), .pad = 9},
	 DROPS("malformed_inner")},
	{"inner header cut off",
	 {TO_VIP4, OUTER4(.total = SET(39)), .cut = 14 + 39},
	 DROPS("malformed_inner")},
	{"inner IPv6 header cut off",
	 {TO_VIP6, OUTER6(.total = SET(39)), .cut = 14 + 79},
	 DROPS("malformed_inner")},
	{"nothing in the tunnel",
	 {TO_VIP4, OUTER4(.total = SET(20)), .cut = 14 + 20},
	 DROPS("malformed_inner")},
	{"nothing in the IPv6 tunnel",
	 {TO_VIP4, OUTER6(.total = SET(0)), .cut = 14 + 40},
	 DROPS("malformed_inner")},

	/* the least that is right */
	{"an inner header alone",
	 {IP, .from = CLIENT_ADDR, .to = VIP, .protocol = 17, OUTER4()},
	 PASSES("unwrapped")},
	{"an inner length below the outer's",
	 {TO_VIP4, OUTER4(), .payload = 9, .total = SET(44)},
	 PASSES("unwrapped")},
};

static void test_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		test(&cases[i]);
}

/* --- who it was --- */

static void expect(const char *name, bool condition)
{
	if (condition) {
		passed++;
		return;
	}
	fprintf(stderr, "FAILED decap: %s\n", name);
	failed++;
}

static void send_from(const char *who, const char *vip)
{
	const struct frame around = {IP, .from = who, .to = "10.0.0.31"};
	const struct frame frame = {TCP, .from = CLIENT, .to = vip, .outer = &around};
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length;

	backend_run(&backend, in, frame_build(&frame, in), out, &length);
}

static void test_stranger(void)
{
	static struct decap_view view;
	char text[IP_ADDR_LEN];

	send_from("10.9.9.9", VIP ":80");
	send_from("10.9.9.8", "203.0.113.80:80");
	backend_look(&backend, &view);
	expect("the stranger is remembered",
	       strcmp(ip_addr_format(&view.stranger, text), "10.9.9.9") == 0);
	expect("the view tells the rest",
	       view.ours && view.vip_enabled && view.program_id && view.directors_count == 3);
}

static void test_verifier(void)
{
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	if (bpf_obj_get_info_by_fd(backend.program, &info, &length) < 0)
		err(1, "the program's information");
	printf("# %s: %u instructions verified (limit %d), %u bytes, %u as machine code\n",
	       info.name, info.verified_insns, VERIFIED_MAX, info.xlated_prog_len,
	       info.jited_prog_len);
	expect("the verifier is far from its limit",
	       info.verified_insns > 0 && info.verified_insns <= VERIFIED_MAX);
	expect("the program is compiled to machine code", info.jited_prog_len > 0);
}

int main(void)
{
	backend_open(&backend);
	test_each_in_each();
	test_marks();
	test_cases();
	test_stranger();
	test_verifier();
	backend_close(&backend);
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed > 0;
}
