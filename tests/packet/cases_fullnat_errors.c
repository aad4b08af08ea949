// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_fullnat_errors.c - ICMP errors about fullnat's flows (WORLD_FLOWS): to the VIP, about what
 * a backend sent, hence to that backend and from the pool; to the pool, about what a client sent,
 * hence to the client. The quoted packet is expected as its sender built it.
 */
#include "packet/cases.h"

#define ROUTER "198.51.100.254" /* on the way to the client */
#define INNER  "10.0.0.77"      /* on the way to the backend */
#define DATA   .ttl = 57, .id = 0x1234, .frag = DONT_FRAGMENT, .payload = 1400
#define REAL   "10.0.0.51:7000"
#define TO_VIP .from = ROUTER, .to = VIP

/* What was sent to the client, as it is quoted by a router near it, and by its sender. */
#define WEB     QUOTE(TCP, .from = VIP ":3080", .to = CLIENT, DATA)
#define DNS     QUOTE(UDP, .from = VIP ":3053", .to = CLIENT, DATA)
#define WEB_OWN QUOTE(TCP, .from = REAL, .to = POOL_AT(2000), DATA)
#define DNS_OWN QUOTE(UDP, .from = REAL, .to = POOL_AT(2000), DATA)

#define OUT            TO_BACKEND, .from = POOL_ADDR, .to = "10.0.0.51", .ttl = 63
#define TO(which, ...) XDP_TX, .out = {OUT, __VA_ARGS__}, .service = which, .counted = FORWARDED

/* What a client sent, as it came and as the backend's side knows it. */
#define SENT_WEB   QUOTE(TCP, .from = CLIENT, .to = VIP ":3080", DATA)
#define SENT_DNS   QUOTE(UDP, .from = CLIENT, .to = VIP ":3053", DATA)
#define SEEN_WEB   QUOTE(TCP, .from = POOL_AT(2000), .to = REAL, DATA)
#define SEEN_DNS   QUOTE(UDP, .from = POOL_AT(2000), .to = REAL, DATA)
#define OF_BACKEND .smac = MAC_BACKEND, .from = "10.0.0.51", .to = POOL_ADDR
#define OF_INNER   .smac = MAC_BACKEND, .from = INNER, .to = POOL_ADDR
#define TO_CLIENT(which, source, ...)                                                              \
	XDP_TX, .out = {TO_ROUTER, .from = source, .to = CLIENT_ADDR, .ttl = 63, __VA_ARGS__},     \
		.service = which, .counted = REPLIED

/* One kind of error, both protocols, every direction. */
#define EVERY_WAY(text, kind, word)                                                                \
	{text ", TCP", {ICMP, TO_VIP, .icmp = kind, .rest = word, WEB}, TO(FULLNAT_TCP, WEB_OWN)}, \
		{text ", UDP",                                                                     \
		 {ICMP, TO_VIP, .icmp = kind, .rest = word, DNS},                                  \
		 TO(FULLNAT_UDP, DNS_OWN)},                                                        \
		{text ", from a backend, TCP",                                                     \
		 {ICMP, OF_BACKEND, .icmp = kind, .rest = word, SEEN_WEB},                         \
		 TO_CLIENT(FULLNAT_TCP, VIP, SENT_WEB)},                                           \
		{text ", from a backend, UDP",                                                     \
		 {ICMP, OF_BACKEND, .icmp = kind, .rest = word, SEEN_DNS},                         \
		 TO_CLIENT(FULLNAT_UDP, VIP, SENT_DNS)},                                           \
		{text ", from a router before it, TCP",                                            \
		 {ICMP, OF_INNER, .icmp = kind, .rest = word, SEEN_WEB},                           \
		 TO_CLIENT(FULLNAT_TCP, INNER, SENT_WEB)},                                         \
	{                                                                                          \
		text ", from a router before it, UDP",                                             \
			{ICMP, OF_INNER, .icmp = kind, .rest = word, SEEN_DNS},                    \
			TO_CLIENT(FULLNAT_UDP, INNER, SENT_DNS)                                    \
	}

#define KIND(type, code) ICMP_KIND(type, code)
#define TOO_BIG          .icmp = ICMP_KIND(3, 4), .rest = "00000578"
#define STACK            XDP_PASS, .reason = "icmp_pass"
#define BAD              XDP_DROP, .reason = "malformed_quote"
#define UNKNOWN          XDP_DROP, .reason = "fullnat_unknown"

static const struct packet_case fullnat_errors[] = {
	EVERY_WAY("network unreachable", KIND(3, 0), "00000000"),
	EVERY_WAY("host unreachable", KIND(3, 1), "00000000"),
	EVERY_WAY("protocol unreachable", KIND(3, 2), "00000000"),
	EVERY_WAY("port unreachable", KIND(3, 3), "00000000"),
	EVERY_WAY("fragmentation needed, MTU 1400", KIND(3, 4), "00000578"),
	EVERY_WAY("administratively prohibited", KIND(3, 13), "00000000"),
	EVERY_WAY("a code of tomorrow", KIND(3, 77), "00000000"),
	EVERY_WAY("time exceeded in transit", KIND(11, 0), "00000000"),
	EVERY_WAY("time exceeded in reassembly", KIND(11, 1), "00000000"),
	EVERY_WAY("parameter problem", KIND(12, 0), "14000000"),

	/* how much is quoted */
	{"TCP's checksum is quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20, WEB},
	 TO(FULLNAT_TCP, WEB_OWN)},
	{"TCP's checksum is just quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 18, WEB},
	 TO(FULLNAT_TCP, WEB_OWN)},
	{"TCP's checksum is just not quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 16, WEB},
	 TO(FULLNAT_TCP, WEB_OWN)},
	{"TCP's checksum is quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 20, SEEN_WEB},
	 TO_CLIENT(FULLNAT_TCP, VIP, SENT_WEB)},
	{"TCP's checksum is just quoted, from a router",
	 {ICMP, OF_INNER, TOO_BIG, .quoted = 18, SEEN_WEB},
	 TO_CLIENT(FULLNAT_TCP, INNER, SENT_WEB)},
	{"TCP's checksum is just not quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 16, SEEN_WEB},
	 TO_CLIENT(FULLNAT_TCP, VIP, SENT_WEB)},
	{"548 bytes are quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 528, WEB},
	 TO(FULLNAT_TCP, WEB_OWN)},
	{"548 bytes are quoted, from a router",
	 {ICMP, OF_INNER, TOO_BIG, .quoted = 528, SEEN_DNS},
	 TO_CLIENT(FULLNAT_UDP, INNER, SENT_DNS)},
	{"an odd number of bytes is quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 101, DNS},
	 TO(FULLNAT_UDP, DNS_OWN)},
	{"an odd number of bytes is quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 19, SEEN_WEB},
	 TO_CLIENT(FULLNAT_TCP, VIP, SENT_WEB)},
	{"with an extension behind the quote",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 108, .payload = 12, WEB},
	 TO(FULLNAT_TCP, WEB_OWN)},
	{"with padding behind, where TCP's checksum would be",
	 {ICMP, TO_VIP, TOO_BIG, .pad = 20, WEB},
	 TO(FULLNAT_TCP, WEB_OWN)},
	{"with padding behind, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .pad = 20, SEEN_WEB},
	 TO_CLIENT(FULLNAT_TCP, VIP, SENT_WEB)},

	/* headers */
	{"IP options outside",
	 {ICMP, TO_VIP, TOO_BIG, .options = MOST, DNS},
	 TO(FULLNAT_UDP, DNS_OWN)},
	{"IP options in the quote",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20,
	  QUOTE(TCP, .from = VIP ":3080", .to = CLIENT, .options = MOST, DATA)},
	 TO(FULLNAT_TCP, QUOTE(TCP, .from = REAL, .to = POOL_AT(2000), .options = MOST, DATA))},
	{"IP options outside and in the quote, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .options = MOST,
	  QUOTE(UDP, .from = POOL_AT(2000), .to = REAL, .options = MOST, DATA)},
	 TO_CLIENT(FULLNAT_UDP, VIP,
		   QUOTE(UDP, .from = CLIENT, .to = VIP ":3053", .options = MOST, DATA))},
	{"the first fragment is quoted",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP ":3053", .to = CLIENT, .frag = FRAG(1, 0), .payload = 9)},
	 TO(FULLNAT_UDP,
	    QUOTE(UDP, .from = REAL, .to = POOL_AT(2000), .frag = FRAG(1, 0), .payload = 9))},
	{"the quoted total length is the router's own",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":3080", .to = CLIENT, .total = SET(20), .payload = 9)},
	 TO(FULLNAT_TCP,
	    QUOTE(TCP, .from = REAL, .to = POOL_AT(2000), .total = SET(20), .payload = 9))},
	{"the quoted UDP packet has no checksum",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP ":3053", .to = CLIENT, .no_check = true, .payload = 9)},
	 TO(FULLNAT_UDP,
	    QUOTE(UDP, .from = REAL, .to = POOL_AT(2000), .no_check = true, .payload = 9))},
	{"the quoted UDP packet has no checksum, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(UDP, .from = POOL_AT(2000), .to = REAL, .no_check = true, .payload = 9)},
	 TO_CLIENT(FULLNAT_UDP, VIP,
		   QUOTE(UDP, .from = CLIENT, .to = VIP ":3053", .no_check = true, .payload = 9))},
	{"a wrong IP checksum in the quote stays wrong",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP ":3053", .to = CLIENT, .ip_check_off = 3, .payload = 9)},
	 TO(FULLNAT_UDP,
	    QUOTE(UDP, .from = REAL, .to = POOL_AT(2000), .ip_check_off = 3, .payload = 9))},
	{"a wrong ICMP checksum stays wrong",
	 {ICMP, TO_VIP, TOO_BIG, .check_off = 7, DNS},
	 TO(FULLNAT_UDP, DNS_OWN)},
	{"a wrong ICMP checksum stays wrong, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .check_off = 7, SEEN_DNS},
	 TO_CLIENT(FULLNAT_UDP, VIP, SENT_DNS)},
	{"a tag goes",
	 {ICMP, TO_VIP, TOO_BIG, .vlan = 100, WEB},
	 TO(FULLNAT_TCP, .vlan = UNTAGGED, WEB_OWN)},
	{"two tags come",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(UDP, .from = VIP ":3103", .to = CLIENT)},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = POOL_ADDR, .to = "10.0.0.53", .ttl = 63, .vlan = AD(200),
		 .vlan_inner = 100, QUOTE(UDP, .from = "10.0.0.53:7000", .to = POOL_AT(2002))},
	 .service = FULLNAT_TAGS,
	 .counted = FORWARDED},
	{"two tags go, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .vlan = AD(200), .vlan_inner = 100, SEEN_WEB},
	 TO_CLIENT(FULLNAT_TCP, VIP, .vlan = UNTAGGED, .vlan_inner = UNTAGGED, SENT_WEB)},

	/* who sends it, and where it goes */
	{"from the client itself",
	 {ICMP, .from = CLIENT_ADDR, .to = VIP, TOO_BIG, WEB},
	 TO(FULLNAT_TCP, WEB_OWN)},
	{"from a backend that asked its own VIP",
	 {ICMP, .smac = MAC_BACKEND, .from = "10.0.0.51", .to = VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":3080", .to = SELF_CLIENT, DATA)},
	 TO(FULLNAT_TCP, QUOTE(TCP, .from = REAL, .to = POOL_AT(2008), DATA))},
	{"TTL 2",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 2, WEB},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = POOL_ADDR, .to = "10.0.0.51", .ttl = 1, WEB_OWN},
	 .service = FULLNAT_TCP,
	 .counted = FORWARDED},
	{"TTL 1: no error about an error",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 1, WEB},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"from a backend, TTL 1",
	 {ICMP, OF_BACKEND, TOO_BIG, .ttl = 1, SEEN_WEB},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"by another interface",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP ":3081", .to = CLIENT)},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .from = POOL_ADDR, .to = "10.1.0.51", .ttl = 63,
		 QUOTE(TCP, .from = "10.1.0.51:7000", .to = POOL_AT(2010))},
	 .service = FULLNAT_OUT,
	 .counted = FORWARDED},
	{"from a backend, by another interface",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL_AT(2001), .to = REAL)},
	 XDP_REDIRECT,
	 .out = {TO_ROUTER2, .from = VIP, .to = "203.0.113.9", .ttl = 63,
		 QUOTE(TCP, .from = FAR_CLIENT, .to = VIP ":3080")},
	 .service = FULLNAT_TCP,
	 .counted = REPLIED},
	{"port stays",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20, QUOTE(TCP, .from = VIP ":3090", .to = CLIENT)},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = POOL_ADDR, .to = "10.0.0.52", .ttl = 63,
		 QUOTE(TCP, .from = "10.0.0.52:3090", .to = POOL_AT(2011))},
	 .service = FULLNAT_SAME,
	 .counted = FORWARDED},
	{"a service on every port",
	 {ICMP, .from = ROUTER, .to = VIP_FULLNAT, TOO_BIG,
	  QUOTE(TCP, .from = VIP_FULLNAT ":22", .to = CLIENT)},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = POOL_ADDR, .to = "10.0.0.56", .ttl = 63,
		 QUOTE(TCP, .from = "10.0.0.56:22", .to = POOL_AT(2012))},
	 .service = FULLNAT_ANY,
	 .counted = FORWARDED},
	{"a service on every port, from a router before it",
	 {ICMP, OF_INNER, TOO_BIG, QUOTE(TCP, .from = POOL_AT(2012), .to = "10.0.0.56:22")},
	 TO_CLIENT(FULLNAT_ANY, INNER, QUOTE(TCP, .from = CLIENT, .to = VIP_FULLNAT ":22"))},
	{"from a backend, a blackhole route",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL_AT(2003), .to = REAL)},
	 XDP_DROP,
	 .reason = "nat_no_route"},
	{"from a backend, a gateway not resolved",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL_AT(2006), .to = REAL)},
	 XDP_DROP,
	 .reason = "nat_no_neighbour"},
	{"from a backend, to the director itself",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL_AT(2009), .to = REAL)},
	 XDP_DROP,
	 .reason = "nat_no_route"},
	{"from a backend, forwarding is off",
	 {ICMP, OF_BACKEND, TOO_BIG, SEEN_WEB},
	 XDP_DROP,
	 .reason = "fullnat_forwarding_off",
	 .forwarding_off = true},

	/* about no flow */
	{"about no flow",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP ":3080", .to = CLIENT_ADDR ":9")},
	 UNKNOWN},
	{"about no flow, UDP",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(UDP, .from = VIP ":3053", .to = CLIENT_ADDR ":9")},
	 UNKNOWN},
	{"about no flow, TTL 1",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 1, QUOTE(TCP, .from = VIP ":3080", .to = CLIENT_ADDR ":9")},
	 UNKNOWN},
	{"no backend is up",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP ":3083", .to = CLIENT)},
	 XDP_DROP,
	 .reason = "no_backend"},
	{"no next hop",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP ":3082", .to = CLIENT)},
	 XDP_DROP,
	 .reason = "no_next_hop"},
	{"to a dr backend of a service that has fullnat too",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 1, QUOTE(TCP, .from = VIP ":3301", .to = CLIENT, DATA)},
	 XDP_TX,
	 .out = {TO_BACKEND},
	 .service = MIXED_DR,
	 .counted = FORWARDED},
	{"to a nat backend of a service that has fullnat too",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(UDP, .from = VIP ":3302", .to = CLIENT, DATA)},
	 XDP_TX,
	 .out = {TO_BACKEND, .to = "10.0.0.57", .ttl = 63,
		 QUOTE(UDP, .from = "10.0.0.57:7000", .to = CLIENT, DATA)},
	 .service = MIXED_NAT,
	 .counted = FORWARDED},
	{"to the pool, about a port without flow",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL_AT(2099), .to = REAL)},
	 XDP_DROP,
	 .reason = "fullnat_no_flow"},
	{"to the pool, about UDP at a TCP flow's port",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(UDP, .from = POOL_AT(2099), .to = REAL)},
	 XDP_DROP,
	 .reason = "fullnat_no_flow"},
	{"to the pool, about what went to another port of the backend",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL_AT(2000), .to = "10.0.0.51:22")},
	 XDP_DROP,
	 .reason = "fullnat_stranger"},
	{"to the pool, about what went to another host",
	 {ICMP, OF_INNER, TOO_BIG, QUOTE(UDP, .from = POOL_AT(2000), .to = "10.0.0.52:7000")},
	 XDP_DROP,
	 .reason = "fullnat_stranger"},

	/* to the VIP, about nothing of a service's */
	{"about a port without service",
	 {ICMP, .from = ROUTER, .to = VIP, TOO_BIG, QUOTE(UDP, .from = VIP ":3080", .to = CLIENT)},
	 STACK},
	{"about an address of the pool",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = POOL_AT(2000), .to = REAL)},
	 STACK},
	{"about an echo reply",
	 {ICMP, .from = ROUTER, .to = VIP_FULLNAT, TOO_BIG,
	  QUOTE(ICMP, .from = VIP_FULLNAT, .to = CLIENT_ADDR, .icmp = ICMP_KIND(0, 0),
		.payload = 8)},
	 STACK},
	{"about a later fragment",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":3080", .to = CLIENT, .frag = FRAG(0, 1480), .payload = 8)},
	 STACK},

	/* broken */
	{"nothing is quoted", {ICMP, TO_VIP, TOO_BIG}, BAD},
	{"7 bytes behind the quoted header", {ICMP, TO_VIP, TOO_BIG, .quoted = 7, WEB}, BAD},
	{"the quote ends within its header",
	 {ICMP, TO_VIP, TOO_BIG, .total = SET(47), .cut = 61, WEB},
	 BAD},
	{"the quote ends in the padding", {ICMP, TO_VIP, TOO_BIG, .total = SET(55), WEB}, BAD},
	{"the quote's header has 16 bytes",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":3080", .to = CLIENT, .ihl = SET(4), .payload = 9)},
	 BAD},
	{"the quote is no IPv4",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":3080", .to = CLIENT, .version = SET(6), .payload = 9)},
	 BAD},

	/* to the pool, and none of ours: untouched, uncounted */
	{"to the pool, nothing is quoted", {ICMP, OF_BACKEND, TOO_BIG}, XDP_PASS},
	{"to the pool, 7 bytes behind the quoted header",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 7, SEEN_WEB},
	 XDP_PASS},
	{"to the pool, cut within the ICMP header",
	 {ICMP, OF_BACKEND, TOO_BIG, .total = SET(27), .cut = 41},
	 XDP_PASS},
	{"to the pool, about a port below the pool's",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = POOL_AT(1999), .to = REAL)},
	 XDP_PASS},
	{"to the pool, about a port above the pool's",
	 {ICMP, OF_INNER, TOO_BIG, QUOTE(UDP, .from = POOL_AT(2100), .to = REAL)},
	 XDP_PASS},
	{"to the pool, about what another address sent",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = DIRECTOR ":2000", .to = REAL)},
	 XDP_PASS},
	{"to the pool, about a ping",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(ICMP, .from = POOL_ADDR, .to = "10.0.0.51", .payload = 8)},
	 XDP_PASS},
	{"to the pool, about a later fragment",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(TCP, .from = POOL_AT(2000), .to = REAL, .frag = FRAG(0, 1480))},
	 XDP_PASS},
	{"to the pool, a redirect",
	 {ICMP, OF_BACKEND, .icmp = ICMP_KIND(5, 1), SEEN_WEB},
	 XDP_PASS},
	{"to the pool, about a VIP's packet", {ICMP, OF_INNER, TOO_BIG, WEB}, XDP_PASS},
	{"to another host, about the pool's packet",
	 {ICMP, .from = INNER, .to = DIRECTOR, TOO_BIG, SEEN_WEB},
	 XDP_PASS},
};

const struct case_list cases_fullnat_errors = CASE_LIST(fullnat_errors);
