// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_icmp6.c - ICMPv6: echo requests to a VIP are answered, what else is no error goes to the
 * stack. Errors: cases_errors6.c.
 */
#include "packet/cases.h"

#define PING .from = CLIENT6_ADDR, .to = VIP6
#define PONG TO_ROUTER, .icmp = ICMP_KIND(129, 0), .ttl = 64
#define ANSWER                                                                                     \
	.verdict = XDP_TX, .out = {PONG, .from = VIP6, .to = CLIENT6_ADDR}, .reason = "icmp_echo"
#define STACK .verdict = XDP_PASS, .reason = "icmp_pass"

static const struct packet_case icmp6[] = {
	{"echo", {ICMP, PING, .payload = 56}, ANSWER},
	{"echo, empty", {ICMP, PING}, ANSWER},
	{"echo of odd length", {ICMP, PING, .payload = 33}, ANSWER},
	{"echo, full size", {ICMP, PING, .payload = 1452}, ANSWER},
	{"echo of 9000 bytes", {ICMP, PING, .payload = 8952}, ANSWER},
	{"echo, hop limit 1: the answer must get home", {ICMP, PING, .ttl = 1}, ANSWER},
	{"echo, hop limit 255", {ICMP, PING, .ttl = 255}, ANSWER},
	{"echo with extension headers", {ICMP, PING, .extensions = "HD", .payload = 8}, ANSWER},
	{"echo with padding", {ICMP, PING, .pad = 18}, ANSWER},
	{"echo, a wrong checksum stays wrong", {ICMP, PING, .check_off = 3}, ANSWER},
	{"echo to the strict VIP",
	 {ICMP, .from = CLIENT6_ADDR, .to = VIP6_STRICT},
	 XDP_TX,
	 .out = {PONG, .from = VIP6_STRICT, .to = CLIENT6_ADDR},
	 .reason = "icmp_echo"},
	{"echo from a nat backend",
	 {ICMP, .from = "fd00::21", .to = VIP6},
	 XDP_TX,
	 .out = {PONG, .from = VIP6, .to = "fd00::21"},
	 .reason = "icmp_echo"},

	{"echo reply", {ICMP, PING, .icmp = ICMP_KIND(129, 0)}, STACK},
	{"echo with a code", {ICMP, PING, .icmp = ICMP_KIND(128, 1)}, STACK},
	{"IPv4's echo type", {ICMP, PING, .icmp = ICMP_KIND(8, 0)}, STACK},
	{"a neighbour solicitation for the VIP",
	 {ICMP, PING, .icmp = ICMP_KIND(135, 0), .ttl = 255, .payload = 24},
	 STACK},
	{"a neighbour advertisement",
	 {ICMP, PING, .icmp = ICMP_KIND(136, 0), .payload = 24},
	 STACK},
	{"redirect", {ICMP, PING, .icmp = ICMP_KIND(137, 0), .payload = 36}, STACK},
	{"node information", {ICMP, PING, .icmp = ICMP_KIND(139, 0), .payload = 12}, STACK},

	/* an answer would hit somebody else */
	{"echo from a multicast address", {ICMP, .from = "ff02::1", .to = VIP6}, STACK},
	{"echo from loopback", {ICMP, .from = "::1", .to = VIP6}, STACK},
	{"echo from nowhere", {ICMP, .from = "::", .to = VIP6}, STACK},
	{"echo by a broadcast frame", {ICMP, .dmac = "ff:ff:ff:ff:ff:ff", PING}, STACK},
	{"echo by a multicast frame", {ICMP, .dmac = "33:33:00:00:00:01", PING}, STACK},

	{"cut within the header",
	 {ICMP, PING, .total = SET(7), .cut = 61},
	 XDP_DROP,
	 .reason = "malformed_l4"},
	{"an IP packet that ends within the header",
	 {ICMP, PING, .total = SET(7)},
	 XDP_DROP,
	 .reason = "malformed_l4"},
	{"IPv4's ICMP to an IPv6 VIP",
	 {ICMP, PING, .protocol = 1, .icmp = ICMP_KIND(8, 0)},
	 XDP_PASS,
	 .reason = "unmatched_pass"},
	{"ICMPv6 to an IPv4 VIP",
	 {ICMP, .from = CLIENT_ADDR, .to = VIP, .protocol = 58, .icmp = ICMP_KIND(128, 0)},
	 XDP_PASS,
	 .reason = "unmatched_pass"},
	{"echo to another host", {ICMP, .from = CLIENT6_ADDR, .to = "2001:db8:1::99"}, XDP_PASS},
	{"echo to the director", {ICMP, .from = CLIENT6_ADDR, .to = DIRECTOR6}, XDP_PASS},
	{"a cut header to another host",
	 {ICMP, .from = CLIENT6_ADDR, .to = "2001:db8:1::99", .total = SET(4), .cut = 58},
	 XDP_PASS},
};

const struct case_list cases_icmp6 = CASE_LIST(icmp6);
