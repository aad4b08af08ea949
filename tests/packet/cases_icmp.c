// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_icmp.c - echo requests to a VIP are answered, other ICMP goes to the stack. Errors:
 * cases_errors.c.
 */
#include "packet/cases.h"

#define PING .from = CLIENT_ADDR, .to = VIP
#define PONG TO_ROUTER, .icmp = ICMP_KIND(0, 0), .ttl = 64
#define ANSWER                                                                                     \
	.verdict = XDP_TX, .out = {PONG, .from = VIP, .to = CLIENT_ADDR}, .reason = "icmp_echo"
#define STACK .verdict = XDP_PASS, .reason = "icmp_pass"

static const struct packet_case icmp[] = {
	{"echo", {ICMP, PING, .payload = 56}, ANSWER},
	{"echo, empty", {ICMP, PING}, ANSWER},
	{"echo of odd length", {ICMP, PING, .payload = 33}, ANSWER},
	{"echo of 9000 bytes", {ICMP, PING, .payload = 8972}, ANSWER},
	{"echo, TTL 1: the answer must get home", {ICMP, PING, .ttl = 1}, ANSWER},
	{"echo, TTL 255", {ICMP, PING, .ttl = 255}, ANSWER},
	{"echo with IP options", {ICMP, PING, .options = "01010100", .payload = 8}, ANSWER},
	{"echo with padding", {ICMP, PING, .pad = 18}, ANSWER},
	{"echo, a wrong checksum stays wrong", {ICMP, PING, .check_off = 3}, ANSWER},
	{"echo to the strict VIP",
	 {ICMP, .from = CLIENT_ADDR, .to = VIP_STRICT},
	 XDP_TX,
	 .out = {PONG, .from = VIP_STRICT, .to = CLIENT_ADDR},
	 .reason = "icmp_echo"},
	{"echo from a nat backend",
	 {ICMP, .from = "10.0.0.21", .to = VIP},
	 XDP_TX,
	 .out = {PONG, .from = VIP, .to = "10.0.0.21"},
	 .reason = "icmp_echo"},

	{"echo reply", {ICMP, PING, .icmp = ICMP_KIND(0, 0)}, STACK},
	{"echo with a code", {ICMP, PING, .icmp = ICMP_KIND(8, 1)}, STACK},
	{"source quench", {ICMP, PING, .icmp = ICMP_KIND(4, 0), .payload = 28}, STACK},
	{"redirect", {ICMP, PING, .icmp = ICMP_KIND(5, 1), .payload = 28}, STACK},
	{"timestamp", {ICMP, PING, .icmp = ICMP_KIND(13, 0), .payload = 12}, STACK},

	/* an answer would hit somebody else */
	{"echo from a multicast address", {ICMP, .from = "224.0.0.1", .to = VIP}, STACK},
	{"echo from the broadcast address", {ICMP, .from = "255.255.255.255", .to = VIP}, STACK},
	{"echo from loopback", {ICMP, .from = "127.0.0.1", .to = VIP}, STACK},
	{"echo from nowhere", {ICMP, .from = "0.0.0.0", .to = VIP}, STACK},
	{"echo by a broadcast frame", {ICMP, .dmac = "ff:ff:ff:ff:ff:ff", PING}, STACK},

	{"cut within the header",
	 {ICMP, PING, .total = SET(27), .cut = 41},
	 XDP_DROP,
	 .reason = "malformed_l4"},
	{"an IP packet that ends within the header",
	 {ICMP, PING, .total = SET(27)},
	 XDP_DROP,
	 .reason = "malformed_l4"},
	{"echo to another host", {ICMP, .from = CLIENT_ADDR, .to = "192.0.2.99"}, XDP_PASS},
	{"echo to the director", {ICMP, .from = CLIENT_ADDR, .to = DIRECTOR}, XDP_PASS},
	{"a cut header to another host",
	 {ICMP, .from = CLIENT_ADDR, .to = "192.0.2.99", .total = SET(24), .cut = 38},
	 XDP_PASS},
};

const struct case_list cases_icmp = CASE_LIST(icmp);
