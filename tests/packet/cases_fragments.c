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

/* A tunnel's outer header, as in cases_tunnel.c. */
#define IPIP4()                                                                                    \
	&(const struct frame)                                                                      \
	{                                                                                          \
		IP, .from = DIRECTOR, .to = "10.0.0.31", .frag = DONT_FRAGMENT                     \
	}
#define IPIP6()                                                                                    \
	&(const struct frame)                                                                      \
	{                                                                                          \
		IP, .from = DIRECTOR6, .to = "fd00::31", .flow = FLOW_ANY                          \
	}
#define GUE4()                                                                                     \
	&(const struct frame)                                                                      \
	{                                                                                          \
		UDP, .from = DIRECTOR ":0", .to = "10.0.0.31:6080", .frag = DONT_FRAGMENT,         \
		     .no_check = true                                                              \
	}
#define GUE6()                                                                                     \
	&(const struct frame)                                                                      \
	{                                                                                          \
		UDP, .from = "[" DIRECTOR6 "]:0", .to = "[fd00::31]:6080", .flow = FLOW_ANY,       \
		     .no_check = true                                                              \
	}
#define TUNNELLED(which, around)                                                                   \
	XDP_TX, .out = {TO_BACKEND, .outer = around()}, .service = which, .counted = FORWARDED

/* Pieces of 1000 bytes, each in a packet of the tunnel's. */
#define PIECES(text, client, vip, which, around)                                                   \
	{text ": first",                                                                           \
	 {UDP, .from = client, .to = vip, DATAGRAM(50), .piece = 1000},                            \
	 TUNNELLED(which, around)},                                                                \
		{text ": middle",                                                                  \
		 {UDP, .from = client, .to = vip, DATAGRAM(50), .piece = 1000, .piece_at = 1000},  \
		 TUNNELLED(which, around)},                                                        \
		{text ": last",                                                                    \
		 {UDP, .from = client, .to = vip, DATAGRAM(50), .piece = 1000, .piece_at = 3000},  \
		 TUNNELLED(which, around)},                                                        \
	{                                                                                          \
		text ": the last overtakes the first",                                             \
			{UDP,          .from = client, .to = vip,                                  \
			 DATAGRAM(51), .piece = 1000,  .piece_at = 3000},                          \
			UNKNOWN                                                                    \
	}
#define PIECES4(text, port, which, around) PIECES(text, CLIENT, VIP port, which, around)
#define PIECES6(text, port, which, around) PIECES(text, CLIENT6, VIP6_AT(port), which, around)

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

	{"dr6: destination options behind the fragment header: first",
	 {UDP, DNS6, .extensions = "FD", .frag = FRAG(1, 0), .id = 80, .payload = 1464},
	 GOES_DR(DR6_UDP)},
	{"dr6: destination options behind the fragment header: last",
	 {IP, .from = CLIENT6_ADDR, .to = VIP6, .extensions = "F", .frag = FRAG(0, 1480), .id = 80,
	  .protocol = 60, .payload = 40},
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

	/* every mode, either family */
	PIECES4("ipip, 4 in 4", ":4445", IPIP44_UDP, IPIP4),
	PIECES4("ipip, 4 in 6", ":4447", IPIP46_UDP, IPIP6),
	PIECES6("ipip, 6 in 4", 4445, IPIP64_UDP, IPIP4),
	PIECES6("ipip, 6 in 6", 4447, IPIP66_UDP, IPIP6),
	PIECES4("gue, 4 in 4", ":6045", GUE44_UDP, GUE4),
	PIECES4("gue, 4 in 6", ":6047", GUE46_UDP, GUE6),
	PIECES6("gue, 6 in 4", 6045, GUE64_UDP, GUE4),
	PIECES6("gue, 6 in 6", 6047, GUE66_UDP, GUE6),

	{"tunnel: the first is too long",
	 {UDP, .from = CLIENT, .to = VIP ":4445", DATAGRAM(60), .piece = 1472},
	 XDP_TX,
	 .out = {ICMP, TO_ROUTER, .from = VIP, .to = CLIENT_ADDR, .tos = 0xc0,
		 .frag = DONT_FRAGMENT, .icmp = ICMP_KIND(3, 4), .rest = "000005c8",
		 .quote = &(const struct frame){UDP, .from = CLIENT, .to = VIP ":4445",
						DATAGRAM(60), .piece = 1472}},
	 .anew = true,
	 .reason = "too_big_answered"},
	{"tunnel: that holds for the others",
	 {UDP, .from = CLIENT, .to = VIP ":4445", DATAGRAM(60), .piece = 1472, .piece_at = 1472},
	 XDP_DROP,
	 .reason = "too_big"},
	{"tunnel: but not for a short one",
	 {UDP, .from = CLIENT, .to = VIP ":4445", DATAGRAM(60), .piece = 1040, .piece_at = 2960},
	 TUNNELLED(IPIP44_UDP, IPIP4)},
	{"nat by another interface: TCP, first",
	 {TCP, .from = CLIENT, .to = VIP ":8081", DATAGRAM(61), .flags = "PA", FIRST},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .to = "10.1.0.21:7000", .ttl = 63},
	 .service = NAT_OUT,
	 .counted = FORWARDED},
	{"nat by another interface: TCP, last",
	 {TCP, .from = CLIENT, .to = VIP ":8081", DATAGRAM(61), .flags = "PA", LAST},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .to = "10.1.0.21:7000", .ttl = 63},
	 .service = NAT_OUT,
	 .counted = FORWARDED},
	{"a SYN in pieces: first",
	 {TCP, .from = CLIENT, .to = VIP ":80", DATAGRAM(62), .flags = "S", FIRST},
	 XDP_TX,
	 .out = {TO_BACKEND},
	 .service = DR_TCP,
	 .counted = CONNECTED},
	{"a SYN in pieces: last",
	 {TCP, .from = CLIENT, .to = VIP ":80", DATAGRAM(62), .flags = "S", LAST},
	 GOES_DR(DR_TCP)},
	{"every port: first",
	 {UDP, .from = CLIENT, .to = VIP_ANY ":999", DATAGRAM(63), FIRST},
	 GOES_NAT(ANY_NAT, "10.0.0.42:999")},
	{"every port: last",
	 {UDP, .from = CLIENT, .to = VIP_ANY ":999", DATAGRAM(63), LAST},
	 GOES_NAT(ANY_NAT, "10.0.0.42:999")},
	{"every port, the reply: first",
	 {UDP, .from = "10.0.0.42:999", .to = CLIENT, DATAGRAM(64), FIRST},
	 COMES_BACK(ANY_NAT, VIP_ANY ":999")},
	{"every port, the reply: last",
	 {UDP, .from = "10.0.0.42:999", .to = CLIENT, DATAGRAM(64), LAST},
	 COMES_BACK(ANY_NAT, VIP_ANY ":999")},
	{"the second backend gets all of a packet: first",
	 {TCP, .from = CLIENT, .to = VIP ":87", DATAGRAM(65), FIRST},
	 XDP_TX,
	 .out = {.dmac = MAC_OTHER, .smac = MAC_DIRECTOR},
	 .service = MIXED,
	 .number = 2,
	 .counted = FORWARDED},
	{"the second backend gets all of a packet: last",
	 {TCP, .from = CLIENT, .to = VIP ":87", DATAGRAM(65), LAST},
	 XDP_TX,
	 .out = {.dmac = MAC_OTHER, .smac = MAC_DIRECTOR},
	 .service = MIXED,
	 .number = 2,
	 .counted = FORWARDED},
	{"a tag comes: first",
	 {TCP, .from = CLIENT, .to = VIP ":1001", DATAGRAM(66), FIRST},
	 XDP_TX,
	 .out = {TO_BACKEND, .vlan = 100},
	 .service = DR_TAG,
	 .counted = FORWARDED},
	{"a tag comes: last",
	 {TCP, .from = CLIENT, .to = VIP ":1001", DATAGRAM(66), LAST},
	 XDP_TX,
	 .out = {TO_BACKEND, .vlan = 100},
	 .service = DR_TAG,
	 .counted = FORWARDED},
	{"no backend is up: first",
	 {TCP, .from = CLIENT, .to = VIP ":83", DATAGRAM(67), FIRST},
	 XDP_DROP,
	 .reason = "no_backend"},
	{"no backend is up: last",
	 {TCP, .from = CLIENT, .to = VIP ":83", DATAGRAM(67), LAST},
	 UNKNOWN},

	/* broken */
	{"UDP: the first with less than its header",
	 {UDP, DNS4, DATAGRAM(70), .piece = 8, .total = SET(27)},
	 XDP_DROP,
	 .reason = "malformed_l4"},
	{"nat: the same from a backend, with padding where the header would be",
	 {UDP, .from = "10.0.0.21:7000", .to = CLIENT, DATAGRAM(71), .piece = 8, .total = SET(27)},
	 XDP_PASS},
	{"UDP: length 7",
	 {UDP, DNS4, DATAGRAM(72), .udp_length = SET(7), FIRST},
	 XDP_DROP,
	 .reason = "malformed_l4"},
	{"total length one over the frame",
	 {UDP, DNS4, DATAGRAM(73), FIRST, .total = SET(1501)},
	 XDP_DROP,
	 .reason = "malformed_ip"},
	{"IPv6: cut within the fragment header",
	 {UDP, DNS6, DATAGRAM(74), FIRST, .total = SET(4), .cut = 58},
	 XDP_DROP,
	 .reason = "malformed_ip"},
};

const struct case_list cases_fragments = CASE_LIST(fragments);
