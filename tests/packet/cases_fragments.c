// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_fragments.c - pieces of packets, in the order in which they come: the first leaves behind
 * where it went, the others follow it.
 */
#include "packet/cases.h"

/* A datagram of 4000 bytes behind the IP header in three pieces, each packet with an id of its own.
 */
#define DATAGRAM(number) .id = (number), .payload = 3992
#define FIRST            .piece = 1480
#define MIDDLE           .piece = 1480, .piece_at = 1480
#define LAST             .piece = 1040, .piece_at = 2960

#define DNS4 .from = CLIENT, .to = VIP ":53"
#define DNS6 .from = CLIENT6, .to = VIP6_AT(53)
#define NAT4 .from = CLIENT, .to = VIP ":5353"
#define NAT6 .from = CLIENT6, .to = VIP6_AT(5353)

#define GOES_DR(symbol) XDP_TX, .out = {TO_BACKEND}, .service = symbol, .counted = FORWARDED
#define GOES_NAT(symbol, backend)                                                                  \
	XDP_TX, .out = {TO_BACKEND, .to = backend, .ttl = 63}, .service = symbol,                  \
		.counted = FORWARDED
#define COMES_BACK(symbol, vip)                                                                    \
	XDP_TX, .out = {TO_ROUTER, .from = vip, .ttl = 63}, .service = symbol, .counted = REPLIED
#define UNKNOWN XDP_DROP, .reason = "fragment_unknown"
#define STACK   XDP_PASS, .reason = "unmatched_pass"

static const struct packet_case fragments[] = {
	{"dr: first", {UDP, DNS4, DATAGRAM(1), FIRST}, GOES_DR(DR_UDP)},
	{"dr: middle", {UDP, DNS4, DATAGRAM(1), MIDDLE}, GOES_DR(DR_UDP)},
	{"dr: last", {UDP, DNS4, DATAGRAM(1), LAST}, GOES_DR(DR_UDP)},
	{"dr: the last again", {UDP, DNS4, DATAGRAM(1), LAST}, GOES_DR(DR_UDP)},
	{"dr: the last overtakes the first", {UDP, DNS4, DATAGRAM(2), LAST}, UNKNOWN},
	{"dr: then the first", {UDP, DNS4, DATAGRAM(2), FIRST}, GOES_DR(DR_UDP)},
	{"dr: and another last", {UDP, DNS4, DATAGRAM(2), LAST}, GOES_DR(DR_UDP)},
	{"dr: the same number from another client",
	 {UDP, .from = "198.51.100.8:40000", .to = VIP ":53", DATAGRAM(1), MIDDLE},
	 UNKNOWN},
	{"dr: IP options", {UDP, DNS4, DATAGRAM(3), .options = "01010100", FIRST}, GOES_DR(DR_UDP)},
	{"dr: with a tag",
	 {UDP, DNS4, DATAGRAM(3), .vlan = 100, MIDDLE},
	 XDP_TX,
	 .out = {TO_BACKEND, .vlan = UNTAGGED},
	 .service = DR_UDP,
	 .counted = FORWARDED},
	{"dr6: first", {UDP, DNS6, DATAGRAM(1), FIRST}, GOES_DR(DR6_UDP)},
	{"dr6: middle", {UDP, DNS6, DATAGRAM(1), MIDDLE}, GOES_DR(DR6_UDP)},
	{"dr6: last", {UDP, DNS6, DATAGRAM(1), LAST}, GOES_DR(DR6_UDP)},
	{"dr6: the last overtakes the first", {UDP, DNS6, DATAGRAM(2), LAST}, UNKNOWN},
	{"dr6: extension headers before",
	 {UDP, DNS6, DATAGRAM(3), .extensions = "HD", FIRST},
	 GOES_DR(DR6_UDP)},
	{"dr6: and the middle of that",
	 {UDP, DNS6, DATAGRAM(3), .extensions = "HD", MIDDLE},
	 GOES_DR(DR6_UDP)},

	{"nat: first", {UDP, NAT4, DATAGRAM(1), FIRST}, GOES_NAT(NAT_UDP, "10.0.0.21:7000")},
	{"nat: middle", {UDP, NAT4, DATAGRAM(1), MIDDLE}, GOES_NAT(NAT_UDP, "10.0.0.21:7000")},
	{"nat: last", {UDP, NAT4, DATAGRAM(1), LAST}, GOES_NAT(NAT_UDP, "10.0.0.21:7000")},
	{"nat: the first without checksum",
	 {UDP, NAT4, DATAGRAM(2), .no_check = true, FIRST},
	 GOES_NAT(NAT_UDP, "10.0.0.21:7000")},
	{"nat: the last overtakes the first", {UDP, NAT4, DATAGRAM(4), LAST}, UNKNOWN},
	{"nat: a later one's TTL ends here",
	 {UDP, NAT4, DATAGRAM(1), .ttl = 1, LAST},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"nat6: first", {UDP, NAT6, DATAGRAM(1), FIRST}, GOES_NAT(NAT6_UDP, "[fd00::21]:7000")},
	{"nat6: middle", {UDP, NAT6, DATAGRAM(1), MIDDLE}, GOES_NAT(NAT6_UDP, "[fd00::21]:7000")},
	{"nat6: last", {UDP, NAT6, DATAGRAM(1), LAST}, GOES_NAT(NAT6_UDP, "[fd00::21]:7000")},

	{"reply: first",
	 {UDP, .from = "10.0.0.21:7000", .to = CLIENT, DATAGRAM(9), FIRST},
	 COMES_BACK(NAT_UDP, VIP ":5353")},
	{"reply: middle",
	 {UDP, .from = "10.0.0.21:7000", .to = CLIENT, DATAGRAM(9), MIDDLE},
	 COMES_BACK(NAT_UDP, VIP ":5353")},
	{"reply: last",
	 {UDP, .from = "10.0.0.21:7000", .to = CLIENT, DATAGRAM(9), LAST},
	 COMES_BACK(NAT_UDP, VIP ":5353")},
	{"reply: the last overtakes the first: nobody's",
	 {UDP, .from = "10.0.0.21:7000", .to = CLIENT, DATAGRAM(10), LAST},
	 XDP_PASS},
	{"reply: the first of somebody else's",
	 {UDP, .from = "10.0.0.99:7000", .to = CLIENT, DATAGRAM(9), FIRST},
	 XDP_PASS},
	{"reply6: first",
	 {UDP, .from = "[fd00::21]:7000", .to = CLIENT6, DATAGRAM(9), FIRST},
	 COMES_BACK(NAT6_UDP, VIP6_AT(5353))},
	{"reply6: last",
	 {UDP, .from = "[fd00::21]:7000", .to = CLIENT6, DATAGRAM(9), LAST},
	 COMES_BACK(NAT6_UDP, VIP6_AT(5353))},

	{"no service: first", {UDP, .from = CLIENT, .to = VIP ":9", DATAGRAM(20), FIRST}, STACK},
	{"no service: last", {UDP, .from = CLIENT, .to = VIP ":9", DATAGRAM(20), LAST}, STACK},
	{"no service, strict: first",
	 {UDP, .from = CLIENT, .to = VIP_STRICT ":9", DATAGRAM(20), FIRST},
	 XDP_DROP,
	 .reason = "unmatched_drop"},
	{"no service, strict: last",
	 {UDP, .from = CLIENT, .to = VIP_STRICT ":9", DATAGRAM(20), LAST},
	 XDP_DROP,
	 .reason = "unmatched_drop"},
	{"the first of an echo request: to the stack, which can put it together",
	 {ICMP, .from = CLIENT_ADDR, .to = VIP, DATAGRAM(30), FIRST},
	 XDP_PASS,
	 .reason = "icmp_pass"},
	{"the last of an echo request",
	 {ICMP, .from = CLIENT_ADDR, .to = VIP, DATAGRAM(30), LAST},
	 XDP_PASS,
	 .reason = "icmp_pass"},
	{"the first with half a transport header",
	 {TCP, .from = CLIENT, .to = VIP ":80", DATAGRAM(40), .piece = 16},
	 XDP_DROP,
	 .reason = "malformed_l4"},
	{"of another address",
	 {UDP, .from = CLIENT, .to = "192.0.2.99:53", DATAGRAM(1), MIDDLE},
	 XDP_PASS},
};

const struct case_list cases_fragments = CASE_LIST(fragments);
