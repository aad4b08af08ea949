// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_errors6.c - ICMPv6 errors about a service's packets, as cases_errors.c has them for IPv4.
 * The quoted packet is expected as its sender built it.
 */
#include "packet/cases.h"

#define ROUTER "2001:db8:100::254" /* on the way to the client */
#define INNER  "fd00::77"          /* on the way to the backend */
#define DATA   .ttl = 57, .flow = 0x12345, .payload = 1400
#define TO_VIP .from = ROUTER, .to = VIP6

/* What was sent to the client, as it is quoted by a router near it, and by its sender. */
#define DR_WEB      QUOTE(TCP, .from = VIP6_AT(80), .to = CLIENT6, DATA)
#define DR_DNS      QUOTE(UDP, .from = VIP6_AT(53), .to = CLIENT6, DATA)
#define NAT_WEB     QUOTE(TCP, .from = VIP6_AT(8080), .to = CLIENT6, DATA)
#define NAT_WEB_OWN QUOTE(TCP, .from = "[fd00::21]:7000", .to = CLIENT6, DATA)
#define NAT_DNS     QUOTE(UDP, .from = VIP6_AT(5353), .to = CLIENT6, DATA)
#define NAT_DNS_OWN QUOTE(UDP, .from = "[fd00::21]:7000", .to = CLIENT6, DATA)

#define TO_DR(which) XDP_TX, .out = {TO_BACKEND}, .service = which, .counted = FORWARDED
#define TO_NAT(which, ...)                                                                         \
	XDP_TX, .out = {TO_BACKEND, .to = "fd00::21", .ttl = 63, __VA_ARGS__}, .service = which,   \
		.counted = FORWARDED

/* What a client sent, as it came and as the backend's side knows it. */
#define SENT_WEB   QUOTE(TCP, .from = CLIENT6, .to = VIP6_AT(8080), DATA)
#define SENT_DNS   QUOTE(UDP, .from = CLIENT6, .to = VIP6_AT(5353), DATA)
#define SEEN_WEB   QUOTE(TCP, .from = CLIENT6, .to = "[fd00::21]:7000", DATA)
#define SEEN_DNS   QUOTE(UDP, .from = CLIENT6, .to = "[fd00::21]:7000", DATA)
#define OF_BACKEND .smac = MAC_BACKEND, .from = "fd00::21", .to = CLIENT6_ADDR
#define OF_INNER   .smac = MAC_BACKEND, .from = INNER, .to = CLIENT6_ADDR
#define TO_CLIENT(which, source, ...)                                                              \
	XDP_TX, .out = {TO_ROUTER, .from = source, .ttl = 63, __VA_ARGS__}, .service = which,      \
		.counted = REPLIED

/* One kind of error, both protocols, both modes, every direction. */
#define EVERY_WAY(text, kind, word)                                                                \
	{text ", dr TCP", {ICMP, TO_VIP, .icmp = kind, .rest = word, DR_WEB}, TO_DR(DR6_TCP)},     \
		{text ", dr UDP",                                                                  \
		 {ICMP, TO_VIP, .icmp = kind, .rest = word, DR_DNS},                               \
		 TO_DR(DR6_UDP)},                                                                  \
		{text ", nat TCP",                                                                 \
		 {ICMP, TO_VIP, .icmp = kind, .rest = word, NAT_WEB},                              \
		 TO_NAT(NAT6_TCP, NAT_WEB_OWN)},                                                   \
		{text ", nat UDP",                                                                 \
		 {ICMP, TO_VIP, .icmp = kind, .rest = word, NAT_DNS},                              \
		 TO_NAT(NAT6_UDP, NAT_DNS_OWN)},                                                   \
		{text ", from a nat backend, TCP",                                                 \
		 {ICMP, OF_BACKEND, .icmp = kind, .rest = word, SEEN_WEB},                         \
		 TO_CLIENT(NAT6_TCP, VIP6, SENT_WEB)},                                             \
		{text ", from a nat backend, UDP",                                                 \
		 {ICMP, OF_BACKEND, .icmp = kind, .rest = word, SEEN_DNS},                         \
		 TO_CLIENT(NAT6_UDP, VIP6, SENT_DNS)},                                             \
	{                                                                                          \
		text ", from a router before it, TCP",                                             \
			{ICMP, OF_INNER, .icmp = kind, .rest = word, SEEN_WEB},                    \
			TO_CLIENT(NAT6_TCP, INNER, SENT_WEB)                                       \
	}

#define KIND(type, code) ICMP_KIND(type, code)
#define TOO_BIG          .icmp = ICMP_KIND(2, 0), .rest = "00000514"
#define STACK            XDP_PASS, .reason = "icmp_pass"
#define BAD              XDP_DROP, .reason = "malformed_quote"

static const struct packet_case errors6[] = {
	EVERY_WAY("no route", KIND(1, 0), "00000000"),
	EVERY_WAY("administratively prohibited", KIND(1, 1), "00000000"),
	EVERY_WAY("address unreachable", KIND(1, 3), "00000000"),
	EVERY_WAY("port unreachable", KIND(1, 4), "00000000"),
	EVERY_WAY("too big, MTU 1300", KIND(2, 0), "00000514"),
	EVERY_WAY("hop limit exceeded", KIND(3, 0), "00000000"),
	EVERY_WAY("time exceeded in reassembly", KIND(3, 1), "00000000"),
	EVERY_WAY("parameter problem", KIND(4, 0), "00000006"),
	EVERY_WAY("parameter problem, a code of tomorrow", KIND(4, 77), "00000028"),

	/* how much is quoted */
	{"TCP's checksum is quoted, dr",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20, DR_WEB},
	 TO_DR(DR6_TCP)},
	{"TCP's checksum is quoted, nat",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20, NAT_WEB},
	 TO_NAT(NAT6_TCP, NAT_WEB_OWN)},
	{"TCP's checksum is just quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 18, NAT_WEB},
	 TO_NAT(NAT6_TCP, NAT_WEB_OWN)},
	{"TCP's checksum is just not quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 16, NAT_WEB},
	 TO_NAT(NAT6_TCP, NAT_WEB_OWN)},
	{"TCP's checksum is quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 20, SEEN_WEB},
	 TO_CLIENT(NAT6_TCP, VIP6, SENT_WEB)},
	{"1232 bytes are quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 1192, NAT_WEB},
	 TO_NAT(NAT6_TCP, NAT_WEB_OWN)},
	{"an odd number of bytes is quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 101, NAT_DNS},
	 TO_NAT(NAT6_UDP, NAT_DNS_OWN)},

	/* headers */
	{"extension headers outside, dr",
	 {ICMP, TO_VIP, TOO_BIG, .extensions = "D", DR_WEB},
	 TO_DR(DR6_TCP)},
	{"extension headers outside, nat",
	 {ICMP, TO_VIP, TOO_BIG, .extensions = "D", NAT_DNS},
	 TO_NAT(NAT6_UDP, NAT_DNS_OWN)},
	{"extension headers in the quote, dr",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP6_AT(80), .to = CLIENT6, .extensions = "D", DATA)},
	 TO_DR(DR6_TCP)},
	{"extension headers in the quote, nat TCP",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20,
	  QUOTE(TCP, .from = VIP6_AT(8080), .to = CLIENT6, .extensions = "DR", DATA)},
	 TO_NAT(NAT6_TCP,
		QUOTE(TCP, .from = "[fd00::21]:7000", .to = CLIENT6, .extensions = "DR", DATA))},
	{"extension headers in the quote, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(UDP, .from = CLIENT6, .to = "[fd00::21]:7000", .extensions = "H1", DATA)},
	 TO_CLIENT(NAT6_UDP, VIP6,
		   QUOTE(UDP, .from = CLIENT6, .to = VIP6_AT(5353), .extensions = "H1", DATA))},
	{"the first fragment is quoted",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP6_AT(5353), .to = CLIENT6, .payload = 2000, .piece = 1448)},
	 TO_NAT(NAT6_UDP, QUOTE(UDP, .from = "[fd00::21]:7000", .to = CLIENT6, .payload = 2000,
				.piece = 1448))},
	{"the quoted UDP packet has no checksum",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP6_AT(5353), .to = CLIENT6, .no_check = true, .payload = 9)},
	 TO_NAT(NAT6_UDP, QUOTE(UDP, .from = "[fd00::21]:7000", .to = CLIENT6, .no_check = true,
				.payload = 9))},
	{"a wrong checksum stays wrong",
	 {ICMP, TO_VIP, TOO_BIG, .check_off = 7, NAT_DNS},
	 TO_NAT(NAT6_UDP, NAT_DNS_OWN)},
	{"a wrong checksum stays wrong, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .check_off = 7, SEEN_DNS},
	 TO_CLIENT(NAT6_UDP, VIP6, SENT_DNS)},

	/* who sends it, and where it goes */
	{"from the client itself",
	 {ICMP, .from = CLIENT6_ADDR, .to = VIP6, TOO_BIG, DR_WEB},
	 TO_DR(DR6_TCP)},
	{"dr, hop limit 1", {ICMP, TO_VIP, TOO_BIG, .ttl = 1, DR_WEB}, TO_DR(DR6_TCP)},
	{"nat, hop limit 1: no error about an error",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 1, NAT_WEB},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"from a backend, hop limit 1",
	 {ICMP, OF_BACKEND, TOO_BIG, .ttl = 1, SEEN_WEB},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"dr, by another interface",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP6_AT(81), .to = CLIENT6)},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND},
	 .service = DR6_OUT,
	 .counted = FORWARDED},
	{"nat, by another interface",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP6_AT(8081), .to = CLIENT6)},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .to = "fd01::21", .ttl = 63,
		 QUOTE(TCP, .from = "[fd01::21]:7000", .to = CLIENT6)},
	 .service = NAT6_OUT,
	 .counted = FORWARDED},
	{"from a backend, by another interface",
	 {ICMP, .smac = MAC_BACKEND, .from = "fd00::21", .to = FAR_CLIENT6_ADDR, TOO_BIG,
	  QUOTE(TCP, .from = FAR_CLIENT6, .to = "[fd00::21]:7000")},
	 XDP_REDIRECT,
	 .out = {TO_ROUTER2, .from = VIP6, .ttl = 63,
		 QUOTE(TCP, .from = FAR_CLIENT6, .to = VIP6_AT(8080))},
	 .service = NAT6_TCP,
	 .counted = REPLIED},
	{"second backend in the slot: an error goes to untracked",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP6_AT(87), .to = CLIENT6)},
	 XDP_TX,
	 .out = {.dmac = MAC_OTHER, .smac = MAC_DIRECTOR},
	 .service = MIXED6,
	 .number = 2,
	 .counted = FORWARDED},
	{"no backend is up",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP6_AT(83), .to = CLIENT6)},
	 XDP_DROP,
	 .reason = "no_backend"},
	{"no next hop",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP6_AT(82), .to = CLIENT6)},
	 XDP_DROP,
	 .reason = "no_next_hop"},

	/* to a VIP, about nothing of a service's */
	{"about a port without service",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP6_AT(22), .to = CLIENT6)},
	 STACK},
	{"about UDP at a TCP service's port",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(UDP, .from = VIP6_AT(80), .to = CLIENT6)},
	 STACK},
	{"about another address of the sender's",
	 {ICMP, .from = ROUTER, .to = VIP6_STRICT, TOO_BIG, DR_WEB},
	 STACK},
	{"about an echo reply",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(ICMP, .from = VIP6, .to = CLIENT6_ADDR, .icmp = ICMP_KIND(129, 0), .payload = 8)},
	 STACK},
	{"about a later fragment",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP6_AT(53), .to = CLIENT6, .payload = 2000, .piece = 1448,
		.piece_at = 1448)},
	 STACK},

	/* broken */
	{"nothing is quoted", {ICMP, TO_VIP, TOO_BIG}, BAD},
	{"7 bytes behind the quoted header", {ICMP, TO_VIP, TOO_BIG, .quoted = 7, NAT_WEB}, BAD},
	{"the quote ends within its header",
	 {ICMP, TO_VIP, TOO_BIG, .total = SET(47), .cut = 101, NAT_WEB},
	 BAD},
	{"the quote ends in the padding", {ICMP, TO_VIP, TOO_BIG, .total = SET(55), NAT_WEB}, BAD},
	{"the quote is no IPv6",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP6_AT(8080), .to = CLIENT6, .version = SET(4), .payload = 9)},
	 BAD},

	/* from behind, and none of ours: untouched, uncounted */
	{"from a backend, 7 bytes behind the quoted header",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 7, SEEN_WEB},
	 XDP_PASS},
	{"from a backend, nothing is quoted", {ICMP, OF_BACKEND, TOO_BIG}, XDP_PASS},
	{"from a backend, about another port of its",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = CLIENT6, .to = "[fd00::21]:22")},
	 XDP_PASS},
	{"from a backend, to another than it quotes",
	 {ICMP, .from = "fd00::21", .to = "2001:db8:100::8", TOO_BIG, SEEN_WEB},
	 XDP_PASS},
	{"from a backend, about the director's own check",
	 {ICMP, .from = "fd00::21", .to = DIRECTOR6, TOO_BIG,
	  QUOTE(TCP, .from = "[" DIRECTOR6 "]:33333", .to = "[fd00::21]:7000")},
	 XDP_PASS},
	{"to another host, about a VIP's packet",
	 {ICMP, .from = ROUTER, .to = "2001:db8:1::99", TOO_BIG, DR_WEB},
	 XDP_PASS},
	{"to another host, broken",
	 {ICMP, .from = ROUTER, .to = "2001:db8:1::99", TOO_BIG},
	 XDP_PASS},
};

const struct case_list cases_errors6 = CASE_LIST(errors6);
