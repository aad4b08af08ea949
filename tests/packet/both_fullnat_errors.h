/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * both_fullnat_errors.h - ICMP errors about fullnat's flows (WORLD_FLOWS), in both families: to the
 * VIP, about what a backend sent, hence to that backend and from the pool; to the pool, about what
 * a client sent, hence to the client. The quoted packet is expected as its sender built it.
 */
#include "packet/family.h"

#define ROUTER CLIENT_HOST(254) /* on the way to the client */
#define INNER  HOST(77)         /* on the way to the backend */
#if FAMILY == 4
#define DATA    .ttl = 57, .id = 0x1234, .frag = DONT_FRAGMENT, .payload = 1400
#define TOO_BIG .icmp = ICMP_KIND(3, 4), .rest = "00000578"
#else
#define DATA    .ttl = 57, .flow = 0x12345, .payload = 1400
#define TOO_BIG .icmp = ICMP_KIND(2, 0), .rest = "00000514"
#endif
#define REAL   HOST_AT(51, 7000)
#define TO_VIP .from = ROUTER, .to = THE_VIP

/* What was sent to the client, as it is quoted by a router near it, and by its sender. */
#define WEB     QUOTE(TCP, .from = THE_VIP_AT(3080), .to = THE_CLIENT, DATA)
#define DNS     QUOTE(UDP, .from = THE_VIP_AT(3053), .to = THE_CLIENT, DATA)
#define WEB_OWN QUOTE(TCP, .from = REAL, .to = THE_POOL_AT(2000), DATA)
#define DNS_OWN QUOTE(UDP, .from = REAL, .to = THE_POOL_AT(2000), DATA)

#define OUT TO_BACKEND, .from = THE_POOL, .to = HOST(51), .ttl = 63
#define TO(which, ...)                                                                             \
	XDP_TX, .out = {OUT, __VA_ARGS__}, .service = SERVICE(FULLNAT, which), .counted = FORWARDED

/* What a client sent, as it came and as the backend's side knows it. */
#define SENT_WEB   QUOTE(TCP, .from = THE_CLIENT, .to = THE_VIP_AT(3080), DATA)
#define SENT_DNS   QUOTE(UDP, .from = THE_CLIENT, .to = THE_VIP_AT(3053), DATA)
#define SEEN_WEB   QUOTE(TCP, .from = THE_POOL_AT(2000), .to = REAL, DATA)
#define SEEN_DNS   QUOTE(UDP, .from = THE_POOL_AT(2000), .to = REAL, DATA)
#define OF_BACKEND .smac = MAC_BACKEND, .from = HOST(51), .to = THE_POOL
#define OF_INNER   .smac = MAC_BACKEND, .from = INNER, .to = THE_POOL
#define TO_CLIENT(which, source, ...)                                                              \
	XDP_TX, .out = {TO_ROUTER, .from = source, .to = THE_CLIENT_ADDR, .ttl = 63, __VA_ARGS__}, \
		.service = SERVICE(FULLNAT, which), .counted = REPLIED

/* One kind of error, both protocols, every direction. */
#define EVERY_WAY(text, kind, word)                                                                \
	{text ", TCP", {ICMP, TO_VIP, .icmp = kind, .rest = word, WEB}, TO(TCP, WEB_OWN)},         \
		{text ", UDP", {ICMP, TO_VIP, .icmp = kind, .rest = word, DNS}, TO(UDP, DNS_OWN)}, \
		{text ", from a backend, TCP",                                                     \
		 {ICMP, OF_BACKEND, .icmp = kind, .rest = word, SEEN_WEB},                         \
		 TO_CLIENT(TCP, THE_VIP, SENT_WEB)},                                               \
		{text ", from a backend, UDP",                                                     \
		 {ICMP, OF_BACKEND, .icmp = kind, .rest = word, SEEN_DNS},                         \
		 TO_CLIENT(UDP, THE_VIP, SENT_DNS)},                                               \
		{text ", from a router before it, TCP",                                            \
		 {ICMP, OF_INNER, .icmp = kind, .rest = word, SEEN_WEB},                           \
		 TO_CLIENT(TCP, INNER, SENT_WEB)},                                                 \
	{                                                                                          \
		text ", from a router before it, UDP",                                             \
			{ICMP, OF_INNER, .icmp = kind, .rest = word, SEEN_DNS},                    \
			TO_CLIENT(UDP, INNER, SENT_DNS)                                            \
	}

#define KIND(type, code) ICMP_KIND(type, code)
#define STACK            XDP_PASS, .reason = "icmp_pass"
#define BAD              XDP_DROP, .reason = "malformed_quote"
#define UNKNOWN          XDP_DROP, .reason = "fullnat_unknown"

static const struct packet_case BY_FAMILY(fullnat_errors, fullnat_errors6)[] = {
	/* how much is quoted */
	{"TCP's checksum is quoted", {ICMP, TO_VIP, TOO_BIG, .quoted = 20, WEB}, TO(TCP, WEB_OWN)},
	{"TCP's checksum is just quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 18, WEB},
	 TO(TCP, WEB_OWN)},
	{"TCP's checksum is just not quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 16, WEB},
	 TO(TCP, WEB_OWN)},
	{"TCP's checksum is quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 20, SEEN_WEB},
	 TO_CLIENT(TCP, THE_VIP, SENT_WEB)},
	{"TCP's checksum is just quoted, from a router",
	 {ICMP, OF_INNER, TOO_BIG, .quoted = 18, SEEN_WEB},
	 TO_CLIENT(TCP, INNER, SENT_WEB)},
	{"TCP's checksum is just not quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 16, SEEN_WEB},
	 TO_CLIENT(TCP, THE_VIP, SENT_WEB)},
	{BY_FAMILY("548", "1232") " bytes are quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = BY_FAMILY(528, 1192), WEB},
	 TO(TCP, WEB_OWN)},
	{BY_FAMILY("548", "1232") " bytes are quoted, from a router",
	 {ICMP, OF_INNER, TOO_BIG, .quoted = BY_FAMILY(528, 1192), SEEN_DNS},
	 TO_CLIENT(UDP, INNER, SENT_DNS)},
	{"an odd number of bytes is quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 101, DNS},
	 TO(UDP, DNS_OWN)},
	{"an odd number of bytes is quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 19, SEEN_WEB},
	 TO_CLIENT(TCP, THE_VIP, SENT_WEB)},
	{"with an extension behind the quote",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 108, .payload = 12, WEB},
	 TO(TCP, WEB_OWN)},
	{"with padding behind, where TCP's checksum would be",
	 {ICMP, TO_VIP, TOO_BIG, .pad = 20, WEB},
	 TO(TCP, WEB_OWN)},
	{"with padding behind, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .pad = 20, SEEN_WEB},
	 TO_CLIENT(TCP, THE_VIP, SENT_WEB)},

	/* headers */
	{"the quoted UDP packet has no checksum",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = THE_VIP_AT(3053), .to = THE_CLIENT, .no_check = true, .payload = 9)},
	 TO(UDP,
	    QUOTE(UDP, .from = REAL, .to = THE_POOL_AT(2000), .no_check = true, .payload = 9))},
	{"the quoted UDP packet has no checksum, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(UDP, .from = THE_POOL_AT(2000), .to = REAL, .no_check = true, .payload = 9)},
	 TO_CLIENT(UDP, THE_VIP,
		   QUOTE(UDP, .from = THE_CLIENT, .to = THE_VIP_AT(3053), .no_check = true,
			 .payload = 9))},
	{"a wrong ICMP checksum stays wrong",
	 {ICMP, TO_VIP, TOO_BIG, .check_off = 7, DNS},
	 TO(UDP, DNS_OWN)},
	{"a wrong ICMP checksum stays wrong, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .check_off = 7, SEEN_DNS},
	 TO_CLIENT(UDP, THE_VIP, SENT_DNS)},
	{"a tag goes",
	 {ICMP, TO_VIP, TOO_BIG, .vlan = 100, WEB},
	 TO(TCP, .vlan = UNTAGGED, WEB_OWN)},
	{"two tags come",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(UDP, .from = THE_VIP_AT(3103), .to = THE_CLIENT)},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = THE_POOL, .to = HOST(53), .ttl = 63,
		 .vlan = BY_FAMILY(AD(200), 200), .vlan_inner = 100,
		 QUOTE(UDP, .from = HOST_AT(53, 7000), .to = THE_POOL_AT(2002))},
	 .service = SERVICE(FULLNAT, TAGS),
	 .counted = FORWARDED},
	{"two tags go, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .vlan = AD(200), .vlan_inner = 100, SEEN_WEB},
	 TO_CLIENT(TCP, THE_VIP, NO_TAGS, SENT_WEB)},

	/* who sends it, and where it goes */
	{"from the client itself",
	 {ICMP, .from = THE_CLIENT_ADDR, .to = THE_VIP, TOO_BIG, WEB},
	 TO(TCP, WEB_OWN)},
	{"from a backend that asked its own VIP",
	 {ICMP, .smac = MAC_BACKEND, .from = HOST(51), .to = THE_VIP, TOO_BIG,
	  QUOTE(TCP, .from = THE_VIP_AT(3080), .to = THE_SELF_CLIENT, DATA)},
	 TO(TCP, QUOTE(TCP, .from = REAL, .to = THE_POOL_AT(2008), DATA))},
	{HOP_LIMIT " 2",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 2, WEB},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = THE_POOL, .to = HOST(51), .ttl = 1, WEB_OWN},
	 .service = SERVICE(FULLNAT, TCP),
	 .counted = FORWARDED},
	{HOP_LIMIT " 1: no error about an error",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 1, WEB},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"from a backend, " HOP_LIMIT " 1",
	 {ICMP, OF_BACKEND, TOO_BIG, .ttl = 1, SEEN_WEB},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"by another interface",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = THE_VIP_AT(3081), .to = THE_CLIENT)},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .from = THE_POOL, .to = OUT_HOST(51), .ttl = 63,
		 QUOTE(TCP, .from = OUT_HOST_AT(51, 7000), .to = THE_POOL_AT(2010))},
	 .service = SERVICE(FULLNAT, OUT),
	 .counted = FORWARDED},
	{"from a backend, by another interface",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = THE_POOL_AT(2001), .to = REAL)},
	 XDP_REDIRECT,
	 .out = {TO_ROUTER2, .from = THE_VIP, .to = THE_FAR_CLIENT_ADDR, .ttl = 63,
		 QUOTE(TCP, .from = THE_FAR_CLIENT, .to = THE_VIP_AT(3080))},
	 .service = SERVICE(FULLNAT, TCP),
	 .counted = REPLIED},
	{"port stays",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20,
	  QUOTE(TCP, .from = THE_VIP_AT(3090), .to = THE_CLIENT)},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = THE_POOL, .to = HOST(52), .ttl = 63,
		 QUOTE(TCP, .from = HOST_AT(52, 3090), .to = THE_POOL_AT(2011))},
	 .service = SERVICE(FULLNAT, SAME),
	 .counted = FORWARDED},
	{"a service on every port",
	 {ICMP, .from = ROUTER, .to = THE_VIP_FULLNAT, TOO_BIG,
	  QUOTE(TCP, .from = THE_VIP_FULLNAT_AT(22), .to = THE_CLIENT)},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = THE_POOL, .to = HOST(56), .ttl = 63,
		 QUOTE(TCP, .from = HOST_AT(56, 22), .to = THE_POOL_AT(2012))},
	 .service = SERVICE(FULLNAT, ANY),
	 .counted = FORWARDED},
	{"a service on every port, from a router before it",
	 {ICMP, OF_INNER, TOO_BIG, QUOTE(TCP, .from = THE_POOL_AT(2012), .to = HOST_AT(56, 22))},
	 TO_CLIENT(ANY, INNER, QUOTE(TCP, .from = THE_CLIENT, .to = THE_VIP_FULLNAT_AT(22)))},
	{"from a backend, a blackhole route",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = THE_POOL_AT(2003), .to = REAL)},
	 XDP_DROP,
	 .reason = "nat_no_route"},
	{"from a backend, a gateway not resolved",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = THE_POOL_AT(2006), .to = REAL)},
	 XDP_DROP,
	 .reason = "nat_no_neighbour"},
	{"from a backend, to the director itself",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = THE_POOL_AT(2009), .to = REAL)},
	 XDP_PASS},
	{"from a backend, forwarding is off",
	 {ICMP, OF_BACKEND, TOO_BIG, SEEN_WEB},
	 XDP_PASS,
	 .reason = "nat_forwarding_off",
	 .forwarding_off = true},

	/* about no flow */
	{"about no flow",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = THE_VIP_AT(3080), .to = THE_CLIENT_AT(9))},
	 UNKNOWN},
	{"about no flow, UDP",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(UDP, .from = THE_VIP_AT(3053), .to = THE_CLIENT_AT(9))},
	 UNKNOWN},
	{"about no flow, " HOP_LIMIT " 1",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 1,
	  QUOTE(TCP, .from = THE_VIP_AT(3080), .to = THE_CLIENT_AT(9))},
	 UNKNOWN},
	{"no backend is up",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = THE_VIP_AT(3083), .to = THE_CLIENT)},
	 XDP_DROP,
	 .reason = "no_backend"},
	{"no next hop",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = THE_VIP_AT(3082), .to = THE_CLIENT)},
	 XDP_DROP,
	 .reason = "no_next_hop"},
	{"to a dr backend of a service that has fullnat too",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 1,
	  QUOTE(TCP, .from = THE_VIP_AT(3301), .to = THE_CLIENT, DATA)},
	 XDP_TX,
	 .out = {TO_BACKEND},
	 .service = SERVICE(MIXED, DR),
	 .counted = FORWARDED},
	{"to a nat backend of a service that has fullnat too",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(UDP, .from = THE_VIP_AT(3302), .to = THE_CLIENT, DATA)},
	 XDP_TX,
	 .out = {TO_BACKEND, .to = HOST(57), .ttl = 63,
		 QUOTE(UDP, .from = HOST_AT(57, 7000), .to = THE_CLIENT, DATA)},
	 .service = SERVICE(MIXED, NAT),
	 .counted = FORWARDED},
	{"to the pool, about a port without flow",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = THE_POOL_AT(2099), .to = REAL)},
	 XDP_DROP,
	 .reason = "fullnat_no_flow"},
	{"to the pool, about UDP at a TCP flow's port",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(UDP, .from = THE_POOL_AT(2099), .to = REAL)},
	 XDP_DROP,
	 .reason = "fullnat_no_flow"},
	{"to the pool, about what went to another port of the backend",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = THE_POOL_AT(2000), .to = HOST_AT(51, 22))},
	 XDP_DROP,
	 .reason = "fullnat_stranger"},
	{"to the pool, about what went to another host",
	 {ICMP, OF_INNER, TOO_BIG, QUOTE(UDP, .from = THE_POOL_AT(2000), .to = HOST_AT(52, 7000))},
	 XDP_DROP,
	 .reason = "fullnat_stranger"},

	/* to the VIP, about nothing of a service's */
	{"about a port without service",
	 {ICMP, .from = ROUTER, .to = THE_VIP, TOO_BIG,
	  QUOTE(UDP, .from = THE_VIP_AT(3080), .to = THE_CLIENT)},
	 STACK},
	{"about an address of the pool",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = THE_POOL_AT(2000), .to = REAL)},
	 STACK},
	{"about an echo reply",
	 {ICMP, .from = ROUTER, .to = THE_VIP_FULLNAT, TOO_BIG,
	  QUOTE(ICMP, .from = THE_VIP_FULLNAT, .to = THE_CLIENT_ADDR,
		.icmp = BY_FAMILY(ICMP_KIND(0, 0), ICMP_KIND(129, 0)), .payload = 8)},
	 STACK},

	/* broken */
	{"nothing is quoted", {ICMP, TO_VIP, TOO_BIG}, BAD},
	{"7 bytes behind the quoted header", {ICMP, TO_VIP, TOO_BIG, .quoted = 7, WEB}, BAD},
	{"the quote ends within its header",
	 {ICMP, TO_VIP, TOO_BIG, .total = SET(47), .cut = BY_FAMILY(61, 101), WEB},
	 BAD},
	{"the quote ends in the padding", {ICMP, TO_VIP, TOO_BIG, .total = SET(55), WEB}, BAD},
	{"the quote is no " BY_FAMILY("IPv4", "IPv6"),
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = THE_VIP_AT(3080), .to = THE_CLIENT, .version = SET(BY_FAMILY(6, 4)),
		.payload = 9)},
	 BAD},

	/* to the pool, and none of ours: untouched, uncounted */
	{"to the pool, nothing is quoted", {ICMP, OF_BACKEND, TOO_BIG}, XDP_PASS},
	{"to the pool, 7 bytes behind the quoted header",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 7, SEEN_WEB},
	 XDP_PASS},
	{"to the pool, cut within the ICMP header",
	 {ICMP, OF_BACKEND, TOO_BIG, .total = SET(BY_FAMILY(27, 7)), .cut = BY_FAMILY(41, 61)},
	 XDP_PASS},
	{"to the pool, about a port below the pool's",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = THE_POOL_AT(1999), .to = REAL)},
	 XDP_PASS},
	{"to the pool, about a port above the pool's",
	 {ICMP, OF_INNER, TOO_BIG, QUOTE(UDP, .from = THE_POOL_AT(2100), .to = REAL)},
	 XDP_PASS},
	{"to the pool, about what another address sent",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = THE_DIRECTOR_AT(2000), .to = REAL)},
	 XDP_PASS},
	{"to the pool, about a ping",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(ICMP, .from = THE_POOL, .to = HOST(51), .payload = 8)},
	 XDP_PASS},
	{"to the pool, a redirect",
	 {ICMP, OF_BACKEND, .icmp = BY_FAMILY(ICMP_KIND(5, 1), ICMP_KIND(137, 0)), SEEN_WEB},
	 XDP_PASS},
	{"to the pool, about a VIP's packet", {ICMP, OF_INNER, TOO_BIG, WEB}, XDP_PASS},
	{"to another host, about the pool's packet",
	 {ICMP, .from = INNER, .to = THE_DIRECTOR, TOO_BIG, SEEN_WEB},
	 XDP_PASS},
};
