/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * both_errors.h - ICMP errors about a service's packets, in both families: to the VIP, about what a
 * backend sent, hence to that backend; and from behind a nat service, about what a client sent,
 * hence to the client. The quoted packet is expected as its sender built it.
 */
#include "packet/errors.h"

#define NOBODY BY_FAMILY("192.0.2.99", "2001:db8:1::99") /* has no VIP */
#define REAL   HOST_AT(21, 7000)

/* What was sent to the client, as it is quoted by a router near it, and by its sender. */
#define DR_WEB      QUOTE(TCP, .from = THE_VIP_AT(80), .to = THE_CLIENT, DATA)
#define DR_DNS      QUOTE(UDP, .from = THE_VIP_AT(53), .to = THE_CLIENT, DATA)
#define NAT_WEB     QUOTE(TCP, .from = THE_VIP_AT(8080), .to = THE_CLIENT, DATA)
#define NAT_WEB_OWN QUOTE(TCP, .from = REAL, .to = THE_CLIENT, DATA)
#define NAT_DNS     QUOTE(UDP, .from = THE_VIP_AT(5353), .to = THE_CLIENT, DATA)
#define NAT_DNS_OWN QUOTE(UDP, .from = REAL, .to = THE_CLIENT, DATA)

#define TO_DR(which)                                                                               \
	XDP_TX, .out = {TO_BACKEND}, .service = SERVICE(DR, which), .counted = FORWARDED
#define TO_NAT(which, ...)                                                                         \
	XDP_TX, .out = {TO_BACKEND, .to = HOST(21), .ttl = 63, __VA_ARGS__},                       \
		.service = SERVICE(NAT, which), .counted = FORWARDED

/* What a client sent, as it came and as the backend's side knows it. */
#define SENT_WEB   QUOTE(TCP, .from = THE_CLIENT, .to = THE_VIP_AT(8080), DATA)
#define SENT_DNS   QUOTE(UDP, .from = THE_CLIENT, .to = THE_VIP_AT(5353), DATA)
#define SEEN_WEB   QUOTE(TCP, .from = THE_CLIENT, .to = REAL, DATA)
#define SEEN_DNS   QUOTE(UDP, .from = THE_CLIENT, .to = REAL, DATA)
#define OF_BACKEND .smac = MAC_BACKEND, .from = HOST(21), .to = THE_CLIENT_ADDR
#define OF_INNER   .smac = MAC_BACKEND, .from = INNER, .to = THE_CLIENT_ADDR
#define TO_CLIENT(which, source, ...)                                                              \
	XDP_TX, .out = {TO_ROUTER, .from = source, .ttl = 63, __VA_ARGS__},                        \
		.service = SERVICE(NAT, which), .counted = REPLIED

/* One kind of error, both protocols, both modes, every direction. */
#define EVERY_WAY(text, kind, word)                                                                \
	{text ", dr TCP", {ICMP, TO_VIP, .icmp = kind, .rest = word, DR_WEB}, TO_DR(TCP)},         \
		{text ", dr UDP", {ICMP, TO_VIP, .icmp = kind, .rest = word, DR_DNS}, TO_DR(UDP)}, \
		{text ", nat TCP",                                                                 \
		 {ICMP, TO_VIP, .icmp = kind, .rest = word, NAT_WEB},                              \
		 TO_NAT(TCP, NAT_WEB_OWN)},                                                        \
		{text ", nat UDP",                                                                 \
		 {ICMP, TO_VIP, .icmp = kind, .rest = word, NAT_DNS},                              \
		 TO_NAT(UDP, NAT_DNS_OWN)},                                                        \
		FROM_BEHIND(text, "a nat backend", kind, word)

static const struct packet_case BY_FAMILY(errors, errors6)[] = {
	EVERY_KIND(EVERY_WAY),

	/* how much is quoted */
	{"TCP's checksum is quoted, dr", {ICMP, TO_VIP, TOO_BIG, .quoted = 20, DR_WEB}, TO_DR(TCP)},
	{"TCP's checksum is quoted, nat",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20, NAT_WEB},
	 TO_NAT(TCP, NAT_WEB_OWN)},
	{"TCP's checksum is just quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 18, NAT_WEB},
	 TO_NAT(TCP, NAT_WEB_OWN)},
	{"TCP's checksum is just not quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 16, NAT_WEB},
	 TO_NAT(TCP, NAT_WEB_OWN)},
	{"TCP's checksum is quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 20, SEEN_WEB},
	 TO_CLIENT(TCP, THE_VIP, SENT_WEB)},
	{"TCP's checksum is just not quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 16, SEEN_WEB},
	 TO_CLIENT(TCP, THE_VIP, SENT_WEB)},
	{BY_FAMILY("548", "1232") " bytes are quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = BY_FAMILY(528, 1192), NAT_WEB},
	 TO_NAT(TCP, NAT_WEB_OWN)},
	{"an odd number of bytes is quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 101, NAT_DNS},
	 TO_NAT(UDP, NAT_DNS_OWN)},
	{"with an extension behind the quote",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 108, .payload = 12, NAT_WEB},
	 TO_NAT(TCP, NAT_WEB_OWN)},
	{"with padding behind, where TCP's checksum would be",
	 {ICMP, TO_VIP, TOO_BIG, .pad = 20, NAT_WEB},
	 TO_NAT(TCP, NAT_WEB_OWN)},

	/* headers */
	{"the quoted UDP packet has no checksum",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = THE_VIP_AT(5353), .to = THE_CLIENT, .no_check = true, .payload = 9)},
	 TO_NAT(UDP, QUOTE(UDP, .from = REAL, .to = THE_CLIENT, .no_check = true, .payload = 9))},
	{"the quoted UDP packet has no checksum, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(UDP, .from = THE_CLIENT, .to = REAL, .no_check = true, .payload = 9)},
	 TO_CLIENT(UDP, THE_VIP,
		   QUOTE(UDP, .from = THE_CLIENT, .to = THE_VIP_AT(5353), .no_check = true,
			 .payload = 9))},
	{"a wrong ICMP checksum stays wrong",
	 {ICMP, TO_VIP, TOO_BIG, .check_off = 7, NAT_DNS},
	 TO_NAT(UDP, NAT_DNS_OWN)},
	{"a wrong ICMP checksum stays wrong, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .check_off = 7, SEEN_DNS},
	 TO_CLIENT(UDP, THE_VIP, SENT_DNS)},

	/* who sends it, and where it goes */
	{"from the client itself",
	 {ICMP, .from = THE_CLIENT_ADDR, .to = THE_VIP, TOO_BIG, DR_WEB},
	 TO_DR(TCP)},
	{"dr, " HOP_LIMIT " 1", {ICMP, TO_VIP, TOO_BIG, .ttl = 1, DR_WEB}, TO_DR(TCP)},
	{"nat, " HOP_LIMIT " 1: no error about an error",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 1, NAT_WEB},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"from a backend, " HOP_LIMIT " 1",
	 {ICMP, OF_BACKEND, TOO_BIG, .ttl = 1, SEEN_WEB},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"dr, by another interface",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = THE_VIP_AT(81), .to = THE_CLIENT)},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND},
	 .service = SERVICE(DR, OUT),
	 .counted = FORWARDED},
	{"nat, by another interface",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = THE_VIP_AT(8081), .to = THE_CLIENT)},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .to = OUT_HOST(21), .ttl = 63,
		 QUOTE(TCP, .from = OUT_HOST_AT(21, 7000), .to = THE_CLIENT)},
	 .service = SERVICE(NAT, OUT),
	 .counted = FORWARDED},
	{"from a backend, by another interface",
	 {ICMP, .smac = MAC_BACKEND, .from = HOST(21), .to = THE_FAR_CLIENT_ADDR, TOO_BIG,
	  QUOTE(TCP, .from = THE_FAR_CLIENT, .to = REAL)},
	 XDP_REDIRECT,
	 .out = {TO_ROUTER2, .from = THE_VIP, .ttl = 63,
		 QUOTE(TCP, .from = THE_FAR_CLIENT, .to = THE_VIP_AT(8080))},
	 .service = SERVICE(NAT, TCP),
	 .counted = REPLIED},
	{"second backend in the slot: an error goes to untracked",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = THE_VIP_AT(87), .to = THE_CLIENT)},
	 XDP_TX,
	 .out = {.dmac = MAC_OTHER, .smac = MAC_DIRECTOR},
	 .service = BY_FAMILY(MIXED, MIXED6),
	 .number = 2,
	 .counted = FORWARDED},
	{"a frame on its way to the backend already",
	 {ICMP, TO_VIP, TOO_BIG, .dmac = MAC_BACKEND, DR_WEB},
	 XDP_PASS,
	 .reason = "flooded"},
	{"no backend is up",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = THE_VIP_AT(83), .to = THE_CLIENT)},
	 XDP_DROP,
	 .reason = "no_backend"},
	{"no next hop",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = THE_VIP_AT(82), .to = THE_CLIENT)},
	 XDP_DROP,
	 .reason = "no_next_hop"},
	{"from a backend, a blackhole route",
	 {ICMP, .from = HOST(21), .to = BY_FAMILY("198.18.1.9", "2001:db8:18:1::9"), TOO_BIG,
	  QUOTE(TCP, .from = THE_HOLE_CLIENT, .to = REAL)},
	 XDP_DROP,
	 .reason = "nat_no_route"},
	{"from a backend, a gateway not resolved",
	 {ICMP, .from = HOST(21), .to = BY_FAMILY("198.18.4.9", "2001:db8:18:4::9"), TOO_BIG,
	  QUOTE(TCP, .from = THE_NEW_CLIENT, .to = REAL)},
	 XDP_DROP,
	 .reason = "nat_no_neighbour"},

	/* to a VIP, about nothing of a service's */
	{"about a port without service",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = THE_VIP_AT(22), .to = THE_CLIENT)},
	 STACK},
	{"about UDP at a TCP service's port",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(UDP, .from = THE_VIP_AT(80), .to = THE_CLIENT)},
	 STACK},
	{"about another address of the sender's",
	 {ICMP, .from = ROUTER, .to = THE_VIP_STRICT, TOO_BIG, DR_WEB},
	 STACK},
	{"about an echo reply",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(ICMP, .from = THE_VIP, .to = THE_CLIENT_ADDR, ECHO_REPLY, .payload = 8)},
	 STACK},

	/* broken */
	{"nothing is quoted", {ICMP, TO_VIP, TOO_BIG}, BAD},
	{"7 bytes behind the quoted header", {ICMP, TO_VIP, TOO_BIG, .quoted = 7, NAT_WEB}, BAD},
	{"the quote ends within its header",
	 {ICMP, TO_VIP, TOO_BIG, .total = SET(47), .cut = BY_FAMILY(61, 101), NAT_WEB},
	 BAD},
	{"the quote ends in the padding", {ICMP, TO_VIP, TOO_BIG, .total = SET(55), NAT_WEB}, BAD},
	{"the quote is no " BY_FAMILY("IPv4", "IPv6"),
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = THE_VIP_AT(8080), .to = THE_CLIENT, .version = SET(BY_FAMILY(6, 4)),
		.payload = 9)},
	 BAD},

	/* from behind, and none of ours: untouched, uncounted */
	{"from a backend, 7 bytes behind the quoted header",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 7, SEEN_WEB},
	 XDP_PASS},
	{"from a backend, nothing is quoted", {ICMP, OF_BACKEND, TOO_BIG}, XDP_PASS},
	{"from a backend, cut within the ICMP header",
	 {ICMP, OF_BACKEND, TOO_BIG, .total = SET(BY_FAMILY(27, 7)), .cut = BY_FAMILY(41, 61)},
	 XDP_PASS},
	{"from a backend, about another port of its",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = THE_CLIENT, .to = HOST_AT(21, 22))},
	 XDP_PASS},
	{"from a backend, about UDP at a TCP backend's port",
	 {ICMP, .from = HOST(22), .to = THE_CLIENT_ADDR, TOO_BIG,
	  QUOTE(UDP, .from = THE_CLIENT, .to = HOST_AT(22, 9090))},
	 XDP_PASS},
	{"from a backend, to another than it quotes",
	 {ICMP, .from = HOST(21), .to = CLIENT_HOST(8), TOO_BIG, SEEN_WEB},
	 XDP_PASS},
	{"from a backend, about the director's own check",
	 {ICMP, .from = HOST(21), .to = THE_DIRECTOR, TOO_BIG,
	  QUOTE(TCP, .from = THE_DIRECTOR_AT(33333), .to = REAL)},
	 XDP_PASS},
	{"from a backend, a redirect", {ICMP, OF_BACKEND, REDIRECT, SEEN_WEB}, XDP_PASS},
	{"to another host, about a VIP's packet",
	 {ICMP, .from = ROUTER, .to = NOBODY, TOO_BIG, DR_WEB},
	 XDP_PASS},
	{"to another host, broken", {ICMP, .from = ROUTER, .to = NOBODY, TOO_BIG}, XDP_PASS},
};
