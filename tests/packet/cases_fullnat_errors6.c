// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_fullnat_errors6.c - ICMPv6 errors about fullnat's flows, as cases_fullnat_errors.c has them
 * for IPv4.
 */
#include "packet/cases.h"

#define ROUTER "2001:db8:100::254" /* on the way to the client */
#define INNER  "fd00::77"          /* on the way to the backend */
#define DATA   .ttl = 57, .flow = 0x12345, .payload = 1400
#define REAL   "[fd00::51]:7000"
#define TO_VIP .from = ROUTER, .to = VIP6

/* What was sent to the client, as it is quoted by a router near it, and by its sender. */
#define WEB     QUOTE(TCP, .from = VIP6_AT(3080), .to = CLIENT6, DATA)
#define DNS     QUOTE(UDP, .from = VIP6_AT(3053), .to = CLIENT6, DATA)
#define WEB_OWN QUOTE(TCP, .from = REAL, .to = POOL6_AT(2000), DATA)
#define DNS_OWN QUOTE(UDP, .from = REAL, .to = POOL6_AT(2000), DATA)

#define OUT            TO_BACKEND, .from = POOL6_ADDR, .to = "fd00::51", .ttl = 63
#define TO(which, ...) XDP_TX, .out = {OUT, __VA_ARGS__}, .service = which, .counted = FORWARDED

/* What a client sent, as it came and as the backend's side knows it. */
#define SENT_WEB   QUOTE(TCP, .from = CLIENT6, .to = VIP6_AT(3080), DATA)
#define SENT_DNS   QUOTE(UDP, .from = CLIENT6, .to = VIP6_AT(3053), DATA)
#define SEEN_WEB   QUOTE(TCP, .from = POOL6_AT(2000), .to = REAL, DATA)
#define SEEN_DNS   QUOTE(UDP, .from = POOL6_AT(2000), .to = REAL, DATA)
#define OF_BACKEND .smac = MAC_BACKEND, .from = "fd00::51", .to = POOL6_ADDR
#define OF_INNER   .smac = MAC_BACKEND, .from = INNER, .to = POOL6_ADDR
#define TO_CLIENT(which, source, ...)                                                              \
	XDP_TX, .out = {TO_ROUTER, .from = source, .to = CLIENT6_ADDR, .ttl = 63, __VA_ARGS__},    \
		.service = which, .counted = REPLIED

/* One kind of error, both protocols, every direction. */
#define EVERY_WAY(text, kind, word)                                                                \
	{text ", TCP",                                                                             \
	 {ICMP, TO_VIP, .icmp = kind, .rest = word, WEB},                                          \
	 TO(FULLNAT6_TCP, WEB_OWN)},                                                               \
		{text ", UDP",                                                                     \
		 {ICMP, TO_VIP, .icmp = kind, .rest = word, DNS},                                  \
		 TO(FULLNAT6_UDP, DNS_OWN)},                                                       \
		{text ", from a backend, TCP",                                                     \
		 {ICMP, OF_BACKEND, .icmp = kind, .rest = word, SEEN_WEB},                         \
		 TO_CLIENT(FULLNAT6_TCP, VIP6, SENT_WEB)},                                         \
		{text ", from a backend, UDP",                                                     \
		 {ICMP, OF_BACKEND, .icmp = kind, .rest = word, SEEN_DNS},                         \
		 TO_CLIENT(FULLNAT6_UDP, VIP6, SENT_DNS)},                                         \
		{text ", from a router before it, TCP",                                            \
		 {ICMP, OF_INNER, .icmp = kind, .rest = word, SEEN_WEB},                           \
		 TO_CLIENT(FULLNAT6_TCP, INNER, SENT_WEB)},                                        \
	{                                                                                          \
		text ", from a router before it, UDP",                                             \
			{ICMP, OF_INNER, .icmp = kind, .rest = word, SEEN_DNS},                    \
			TO_CLIENT(FULLNAT6_UDP, INNER, SENT_DNS)                                   \
	}

#define KIND(type, code) ICMP_KIND(type, code)
#define TOO_BIG          .icmp = ICMP_KIND(2, 0), .rest = "00000514"
#define STACK            XDP_PASS, .reason = "icmp_pass"
#define BAD              XDP_DROP, .reason = "malformed_quote"
#define UNKNOWN          XDP_DROP, .reason = "fullnat_unknown"

static const struct packet_case fullnat_errors6[] = {
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
	{"TCP's checksum is quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20, WEB},
	 TO(FULLNAT6_TCP, WEB_OWN)},
	{"TCP's checksum is just quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 18, WEB},
	 TO(FULLNAT6_TCP, WEB_OWN)},
	{"TCP's checksum is just not quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 16, WEB},
	 TO(FULLNAT6_TCP, WEB_OWN)},
	{"TCP's checksum is quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 20, SEEN_WEB},
	 TO_CLIENT(FULLNAT6_TCP, VIP6, SENT_WEB)},
	{"TCP's checksum is just quoted, from a router",
	 {ICMP, OF_INNER, TOO_BIG, .quoted = 18, SEEN_WEB},
	 TO_CLIENT(FULLNAT6_TCP, INNER, SENT_WEB)},
	{"TCP's checksum is just not quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 16, SEEN_WEB},
	 TO_CLIENT(FULLNAT6_TCP, VIP6, SENT_WEB)},
	{"1232 bytes are quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 1192, WEB},
	 TO(FULLNAT6_TCP, WEB_OWN)},
	{"1232 bytes are quoted, from a router",
	 {ICMP, OF_INNER, TOO_BIG, .quoted = 1192, SEEN_DNS},
	 TO_CLIENT(FULLNAT6_UDP, INNER, SENT_DNS)},
	{"an odd number of bytes is quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 101, DNS},
	 TO(FULLNAT6_UDP, DNS_OWN)},
	{"an odd number of bytes is quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 19, SEEN_WEB},
	 TO_CLIENT(FULLNAT6_TCP, VIP6, SENT_WEB)},
	{"with an extension behind the quote",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 108, .payload = 12, WEB},
	 TO(FULLNAT6_TCP, WEB_OWN)},
	{"with padding behind, where TCP's checksum would be",
	 {ICMP, TO_VIP, TOO_BIG, .pad = 20, WEB},
	 TO(FULLNAT6_TCP, WEB_OWN)},
	{"with padding behind, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .pad = 20, SEEN_WEB},
	 TO_CLIENT(FULLNAT6_TCP, VIP6, SENT_WEB)},

	/* headers */
	{"extension headers outside",
	 {ICMP, TO_VIP, TOO_BIG, .extensions = "D", DNS},
	 TO(FULLNAT6_UDP, DNS_OWN)},
	{"extension headers in the quote",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20,
	  QUOTE(TCP, .from = VIP6_AT(3080), .to = CLIENT6, .extensions = "DR", DATA)},
	 TO(FULLNAT6_TCP,
	    QUOTE(TCP, .from = REAL, .to = POOL6_AT(2000), .extensions = "DR", DATA))},
	{"extension headers outside and in the quote, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .extensions = "HD",
	  QUOTE(UDP, .from = POOL6_AT(2000), .to = REAL, .extensions = "DR", DATA)},
	 TO_CLIENT(FULLNAT6_UDP, VIP6,
		   QUOTE(UDP, .from = CLIENT6, .to = VIP6_AT(3053), .extensions = "DR", DATA))},
	{"the first fragment is quoted",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP6_AT(3053), .to = CLIENT6, .payload = 2000, .piece = 1448)},
	 TO(FULLNAT6_UDP,
	    QUOTE(UDP, .from = REAL, .to = POOL6_AT(2000), .payload = 2000, .piece = 1448))},
	{"the quoted UDP packet has no checksum",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP6_AT(3053), .to = CLIENT6, .no_check = true, .payload = 9)},
	 TO(FULLNAT6_UDP,
	    QUOTE(UDP, .from = REAL, .to = POOL6_AT(2000), .no_check = true, .payload = 9))},
	{"the quoted UDP packet has no checksum, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(UDP, .from = POOL6_AT(2000), .to = REAL, .no_check = true, .payload = 9)},
	 TO_CLIENT(
		 FULLNAT6_UDP, VIP6,
		 QUOTE(UDP, .from = CLIENT6, .to = VIP6_AT(3053), .no_check = true, .payload = 9))},
	{"a wrong ICMP checksum stays wrong",
	 {ICMP, TO_VIP, TOO_BIG, .check_off = 7, DNS},
	 TO(FULLNAT6_UDP, DNS_OWN)},
	{"a wrong ICMP checksum stays wrong, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .check_off = 7, SEEN_DNS},
	 TO_CLIENT(FULLNAT6_UDP, VIP6, SENT_DNS)},
	{"a tag goes",
	 {ICMP, TO_VIP, TOO_BIG, .vlan = 100, WEB},
	 TO(FULLNAT6_TCP, .vlan = UNTAGGED, WEB_OWN)},
	{"two tags come",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(UDP, .from = VIP6_AT(3103), .to = CLIENT6)},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = POOL6_ADDR, .to = "fd00::53", .ttl = 63, .vlan = 200,
		 .vlan_inner = 100, QUOTE(UDP, .from = "[fd00::53]:7000", .to = POOL6_AT(2002))},
	 .service = FULLNAT6_TAGS,
	 .counted = FORWARDED},
	{"two tags go, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .vlan = AD(200), .vlan_inner = 100, SEEN_WEB},
	 TO_CLIENT(FULLNAT6_TCP, VIP6, .vlan = UNTAGGED, .vlan_inner = UNTAGGED, SENT_WEB)},

	/* who sends it, and where it goes */
	{"from the client itself",
	 {ICMP, .from = CLIENT6_ADDR, .to = VIP6, TOO_BIG, WEB},
	 TO(FULLNAT6_TCP, WEB_OWN)},
	{"from a backend that asked its own VIP6",
	 {ICMP, .smac = MAC_BACKEND, .from = "fd00::51", .to = VIP6, TOO_BIG,
	  QUOTE(TCP, .from = VIP6_AT(3080), .to = SELF_CLIENT6, DATA)},
	 TO(FULLNAT6_TCP, QUOTE(TCP, .from = REAL, .to = POOL6_AT(2008), DATA))},
	{"hop limit 2",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 2, WEB},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = POOL6_ADDR, .to = "fd00::51", .ttl = 1, WEB_OWN},
	 .service = FULLNAT6_TCP,
	 .counted = FORWARDED},
	{"hop limit 1: no error about an error",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 1, WEB},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"from a backend, hop limit 1",
	 {ICMP, OF_BACKEND, TOO_BIG, .ttl = 1, SEEN_WEB},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"by another interface",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP6_AT(3081), .to = CLIENT6)},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .from = POOL6_ADDR, .to = "fd01::51", .ttl = 63,
		 QUOTE(TCP, .from = "[fd01::51]:7000", .to = POOL6_AT(2010))},
	 .service = FULLNAT6_OUT,
	 .counted = FORWARDED},
	{"from a backend, by another interface",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL6_AT(2001), .to = REAL)},
	 XDP_REDIRECT,
	 .out = {TO_ROUTER2, .from = VIP6, .to = FAR_CLIENT6_ADDR, .ttl = 63,
		 QUOTE(TCP, .from = FAR_CLIENT6, .to = VIP6_AT(3080))},
	 .service = FULLNAT6_TCP,
	 .counted = REPLIED},
	{"port stays",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20, QUOTE(TCP, .from = VIP6_AT(3090), .to = CLIENT6)},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = POOL6_ADDR, .to = "fd00::52", .ttl = 63,
		 QUOTE(TCP, .from = "[fd00::52]:3090", .to = POOL6_AT(2011))},
	 .service = FULLNAT6_SAME,
	 .counted = FORWARDED},
	{"a service on every port",
	 {ICMP, .from = ROUTER, .to = VIP6_FULLNAT, TOO_BIG,
	  QUOTE(TCP, .from = VIP6_FULLNAT_AT(22), .to = CLIENT6)},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = POOL6_ADDR, .to = "fd00::56", .ttl = 63,
		 QUOTE(TCP, .from = "[fd00::56]:22", .to = POOL6_AT(2012))},
	 .service = FULLNAT6_ANY,
	 .counted = FORWARDED},
	{"a service on every port, from a router before it",
	 {ICMP, OF_INNER, TOO_BIG, QUOTE(TCP, .from = POOL6_AT(2012), .to = "[fd00::56]:22")},
	 TO_CLIENT(FULLNAT6_ANY, INNER, QUOTE(TCP, .from = CLIENT6, .to = VIP6_FULLNAT_AT(22)))},
	{"from a backend, a blackhole route",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL6_AT(2003), .to = REAL)},
	 XDP_DROP,
	 .reason = "nat_no_route"},
	{"from a backend, a gateway not resolved",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL6_AT(2006), .to = REAL)},
	 XDP_DROP,
	 .reason = "nat_no_neighbour"},
	{"from a backend, to the director itself",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL6_AT(2009), .to = REAL)},
	 XDP_DROP,
	 .reason = "nat_no_route"},
	{"from a backend, forwarding is off",
	 {ICMP, OF_BACKEND, TOO_BIG, SEEN_WEB},
	 XDP_DROP,
	 .reason = "fullnat_forwarding_off",
	 .forwarding_off = true},

	/* about no flow */
	{"about no flow",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP6_AT(3080), .to = "[" CLIENT6_ADDR "]:9")},
	 UNKNOWN},
	{"about no flow, UDP",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(UDP, .from = VIP6_AT(3053), .to = "[" CLIENT6_ADDR "]:9")},
	 UNKNOWN},
	{"about no flow, hop limit 1",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 1,
	  QUOTE(TCP, .from = VIP6_AT(3080), .to = "[" CLIENT6_ADDR "]:9")},
	 UNKNOWN},
	{"no backend is up",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP6_AT(3083), .to = CLIENT6)},
	 XDP_DROP,
	 .reason = "no_backend"},
	{"no next hop",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP6_AT(3082), .to = CLIENT6)},
	 XDP_DROP,
	 .reason = "no_next_hop"},
	{"to a dr backend of a service that has fullnat too",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 1, QUOTE(TCP, .from = VIP6_AT(3301), .to = CLIENT6, DATA)},
	 XDP_TX,
	 .out = {TO_BACKEND},
	 .service = MIXED6_DR,
	 .counted = FORWARDED},
	{"to a nat backend of a service that has fullnat too",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(UDP, .from = VIP6_AT(3302), .to = CLIENT6, DATA)},
	 XDP_TX,
	 .out = {TO_BACKEND, .to = "fd00::57", .ttl = 63,
		 QUOTE(UDP, .from = "[fd00::57]:7000", .to = CLIENT6, DATA)},
	 .service = MIXED6_NAT,
	 .counted = FORWARDED},
	{"to the pool, about a port without flow",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL6_AT(2099), .to = REAL)},
	 XDP_DROP,
	 .reason = "fullnat_no_flow"},
	{"to the pool, about UDP at a TCP flow's port",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(UDP, .from = POOL6_AT(2099), .to = REAL)},
	 XDP_DROP,
	 .reason = "fullnat_no_flow"},
	{"to the pool, about what went to another port of the backend",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL6_AT(2000), .to = "[fd00::51]:22")},
	 XDP_DROP,
	 .reason = "fullnat_stranger"},
	{"to the pool, about what went to another host",
	 {ICMP, OF_INNER, TOO_BIG, QUOTE(UDP, .from = POOL6_AT(2000), .to = "[fd00::52]:7000")},
	 XDP_DROP,
	 .reason = "fullnat_stranger"},

	/* to the VIP6, about nothing of a service's */
	{"about a port without service",
	 {ICMP, .from = ROUTER, .to = VIP6, TOO_BIG,
	  QUOTE(UDP, .from = VIP6_AT(3080), .to = CLIENT6)},
	 STACK},
	{"about an address of the pool",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = POOL6_AT(2000), .to = REAL)},
	 STACK},
	{"about an echo reply",
	 {ICMP, .from = ROUTER, .to = VIP6_FULLNAT, TOO_BIG,
	  QUOTE(ICMP, .from = VIP6_FULLNAT, .to = CLIENT6_ADDR, .icmp = ICMP_KIND(129, 0),
		.payload = 8)},
	 STACK},
	{"about a later fragment",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP6_AT(3080), .to = CLIENT6, .payload = 2000, .piece = 1024,
		.piece_at = 1000)},
	 STACK},

	/* broken */
	{"nothing is quoted", {ICMP, TO_VIP, TOO_BIG}, BAD},
	{"7 bytes behind the quoted header", {ICMP, TO_VIP, TOO_BIG, .quoted = 7, WEB}, BAD},
	{"the quote ends within its header",
	 {ICMP, TO_VIP, TOO_BIG, .total = SET(47), .cut = 101, WEB},
	 BAD},
	{"the quote ends in the padding", {ICMP, TO_VIP, TOO_BIG, .total = SET(55), WEB}, BAD},
	{"the quote is no IPv6",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP6_AT(3080), .to = CLIENT6, .version = SET(4), .payload = 9)},
	 BAD},

	/* to the pool, and none of ours: untouched, uncounted */
	{"to the pool, nothing is quoted", {ICMP, OF_BACKEND, TOO_BIG}, XDP_PASS},
	{"to the pool, 7 bytes behind the quoted header",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 7, SEEN_WEB},
	 XDP_PASS},
	{"to the pool, cut within the ICMP header",
	 {ICMP, OF_BACKEND, TOO_BIG, .total = SET(7), .cut = 61},
	 XDP_PASS},
	{"to the pool, about a port below the pool's",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL6_AT(1999), .to = REAL)},
	 XDP_PASS},
	{"to the pool, about a port above the pool's",
	 {ICMP, OF_INNER, TOO_BIG, QUOTE(UDP, .from = POOL6_AT(2100), .to = REAL)},
	 XDP_PASS},
	{"to the pool, about what another address sent",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = "[" DIRECTOR6 "]:2000", .to = REAL)},
	 XDP_PASS},
	{"to the pool, about a ping",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(ICMP, .from = POOL6_ADDR, .to = "fd00::51", .payload = 8)},
	 XDP_PASS},
	{"to the pool, about a later fragment",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(TCP, .from = POOL6_AT(2000), .to = REAL, .payload = 2000, .piece = 1024,
		.piece_at = 1000)},
	 XDP_PASS},
	{"to the pool, a redirect",
	 {ICMP, OF_BACKEND, .icmp = ICMP_KIND(137, 0), SEEN_WEB},
	 XDP_PASS},
	{"to the pool, about a VIP6's packet", {ICMP, OF_INNER, TOO_BIG, WEB}, XDP_PASS},
	{"to another host, about the pool's packet",
	 {ICMP, .from = INNER, .to = DIRECTOR6, TOO_BIG, SEEN_WEB},
	 XDP_PASS},
};

const struct case_list cases_fullnat_errors6 = CASE_LIST(fullnat_errors6);
