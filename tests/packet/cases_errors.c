// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_errors.c - ICMP errors about a service's packets: to the VIP, about what a backend sent,
 * hence to that backend; and from behind a nat service, about what a client sent, hence to the
 * client. The quoted packet is expected as its sender built it.
 */
#include "packet/cases.h"

#define ROUTER "198.51.100.254" /* on the way to the client */
#define INNER  "10.0.0.77"      /* on the way to the backend */
#define DATA   .ttl = 57, .id = 0x1234, .frag = DONT_FRAGMENT, .payload = 1400
#define TO_VIP .from = ROUTER, .to = VIP

/* What was sent to the client, as it is quoted by a router near it, and by its sender. */
#define DR_WEB      QUOTE(TCP, .from = VIP ":80", .to = CLIENT, DATA)
#define DR_DNS      QUOTE(UDP, .from = VIP ":53", .to = CLIENT, DATA)
#define NAT_WEB     QUOTE(TCP, .from = VIP ":8080", .to = CLIENT, DATA)
#define NAT_WEB_OWN QUOTE(TCP, .from = "10.0.0.21:7000", .to = CLIENT, DATA)
#define NAT_DNS     QUOTE(UDP, .from = VIP ":5353", .to = CLIENT, DATA)
#define NAT_DNS_OWN QUOTE(UDP, .from = "10.0.0.21:7000", .to = CLIENT, DATA)

#define TO_DR(which) XDP_TX, .out = {TO_BACKEND}, .service = which, .counted = FORWARDED
#define TO_NAT(which, ...)                                                                         \
	XDP_TX, .out = {TO_BACKEND, .to = "10.0.0.21", .ttl = 63, __VA_ARGS__}, .service = which,  \
		.counted = FORWARDED

/* What a client sent, as it came and as the backend's side knows it. */
#define SENT_WEB   QUOTE(TCP, .from = CLIENT, .to = VIP ":8080", DATA)
#define SENT_DNS   QUOTE(UDP, .from = CLIENT, .to = VIP ":5353", DATA)
#define SEEN_WEB   QUOTE(TCP, .from = CLIENT, .to = "10.0.0.21:7000", DATA)
#define SEEN_DNS   QUOTE(UDP, .from = CLIENT, .to = "10.0.0.21:7000", DATA)
#define OF_BACKEND .smac = MAC_BACKEND, .from = "10.0.0.21", .to = CLIENT_ADDR
#define OF_INNER   .smac = MAC_BACKEND, .from = INNER, .to = CLIENT_ADDR
#define TO_CLIENT(which, source, ...)                                                              \
	XDP_TX, .out = {TO_ROUTER, .from = source, .ttl = 63, __VA_ARGS__}, .service = which,      \
		.counted = REPLIED

/* One kind of error, both protocols, both modes, every direction. */
#define EVERY_WAY(text, kind, word)                                                                \
	{text ", dr TCP", {ICMP, TO_VIP, .icmp = kind, .rest = word, DR_WEB}, TO_DR(DR_TCP)},      \
		{text ", dr UDP",                                                                  \
		 {ICMP, TO_VIP, .icmp = kind, .rest = word, DR_DNS},                               \
		 TO_DR(DR_UDP)},                                                                   \
		{text ", nat TCP",                                                                 \
		 {ICMP, TO_VIP, .icmp = kind, .rest = word, NAT_WEB},                              \
		 TO_NAT(NAT_TCP, NAT_WEB_OWN)},                                                    \
		{text ", nat UDP",                                                                 \
		 {ICMP, TO_VIP, .icmp = kind, .rest = word, NAT_DNS},                              \
		 TO_NAT(NAT_UDP, NAT_DNS_OWN)},                                                    \
		{text ", from a nat backend, TCP",                                                 \
		 {ICMP, OF_BACKEND, .icmp = kind, .rest = word, SEEN_WEB},                         \
		 TO_CLIENT(NAT_TCP, VIP, SENT_WEB)},                                               \
		{text ", from a nat backend, UDP",                                                 \
		 {ICMP, OF_BACKEND, .icmp = kind, .rest = word, SEEN_DNS},                         \
		 TO_CLIENT(NAT_UDP, VIP, SENT_DNS)},                                               \
		{text ", from a router before it, TCP",                                            \
		 {ICMP, OF_INNER, .icmp = kind, .rest = word, SEEN_WEB},                           \
		 TO_CLIENT(NAT_TCP, INNER, SENT_WEB)},                                             \
	{                                                                                          \
		text ", from a router before it, UDP",                                             \
			{ICMP, OF_INNER, .icmp = kind, .rest = word, SEEN_DNS},                    \
			TO_CLIENT(NAT_UDP, INNER, SENT_DNS)                                        \
	}

#define KIND(type, code) ICMP_KIND(type, code)
#define TOO_BIG          .icmp = ICMP_KIND(3, 4), .rest = "00000578"
#define STACK            XDP_PASS, .reason = "icmp_pass"
#define BAD              XDP_DROP, .reason = "malformed_quote"

static const struct packet_case errors[] = {
	EVERY_WAY("network unreachable", KIND(3, 0), "00000000"),
	EVERY_WAY("host unreachable", KIND(3, 1), "00000000"),
	EVERY_WAY("protocol unreachable", KIND(3, 2), "00000000"),
	EVERY_WAY("port unreachable", KIND(3, 3), "00000000"),
	EVERY_WAY("fragmentation needed, MTU 1400", KIND(3, 4), "00000578"),
	EVERY_WAY("fragmentation needed, no MTU", KIND(3, 4), "00000000"),
	EVERY_WAY("source route failed", KIND(3, 5), "00000000"),
	EVERY_WAY("administratively prohibited", KIND(3, 13), "00000000"),
	EVERY_WAY("a code of tomorrow", KIND(3, 77), "00000000"),
	EVERY_WAY("time exceeded in transit", KIND(11, 0), "00000000"),
	EVERY_WAY("time exceeded in reassembly", KIND(11, 1), "00000000"),
	EVERY_WAY("parameter problem", KIND(12, 0), "14000000"),
	EVERY_WAY("parameter problem, bad length", KIND(12, 2), "02000000"),

	/* how much is quoted */
	{"TCP's checksum is quoted, dr",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20, DR_WEB},
	 TO_DR(DR_TCP)},
	{"TCP's checksum is quoted, nat",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20, NAT_WEB},
	 TO_NAT(NAT_TCP, NAT_WEB_OWN)},
	{"TCP's checksum is just quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 18, NAT_WEB},
	 TO_NAT(NAT_TCP, NAT_WEB_OWN)},
	{"TCP's checksum is just not quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 16, NAT_WEB},
	 TO_NAT(NAT_TCP, NAT_WEB_OWN)},
	{"TCP's checksum is quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 20, SEEN_WEB},
	 TO_CLIENT(NAT_TCP, VIP, SENT_WEB)},
	{"TCP's checksum is just not quoted, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 16, SEEN_WEB},
	 TO_CLIENT(NAT_TCP, VIP, SENT_WEB)},
	{"548 bytes are quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 528, NAT_WEB},
	 TO_NAT(NAT_TCP, NAT_WEB_OWN)},
	{"an odd number of bytes is quoted",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 101, NAT_DNS},
	 TO_NAT(NAT_UDP, NAT_DNS_OWN)},
	{"with an extension behind the quote",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 108, .payload = 12, NAT_WEB},
	 TO_NAT(NAT_TCP, NAT_WEB_OWN)},
	{"with padding behind, where TCP's checksum would be",
	 {ICMP, TO_VIP, TOO_BIG, .pad = 20, NAT_WEB},
	 TO_NAT(NAT_TCP, NAT_WEB_OWN)},

	/* headers */
	{"IP options outside, dr",
	 {ICMP, TO_VIP, TOO_BIG, .options = "94040000", DR_WEB},
	 TO_DR(DR_TCP)},
	{"IP options outside, nat",
	 {ICMP, TO_VIP, TOO_BIG, .options = MOST, NAT_DNS},
	 TO_NAT(NAT_UDP, NAT_DNS_OWN)},
	{"IP options in the quote, dr",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":80", .to = CLIENT, .options = MOST, DATA)},
	 TO_DR(DR_TCP)},
	{"IP options in the quote, nat TCP",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20,
	  QUOTE(TCP, .from = VIP ":8080", .to = CLIENT, .options = MOST, DATA)},
	 TO_NAT(NAT_TCP,
		QUOTE(TCP, .from = "10.0.0.21:7000", .to = CLIENT, .options = MOST, DATA))},
	{"IP options outside and in the quote, nat UDP",
	 {ICMP, TO_VIP, TOO_BIG, .options = MOST,
	  QUOTE(UDP, .from = VIP ":5353", .to = CLIENT, .options = MOST, DATA)},
	 TO_NAT(NAT_UDP,
		QUOTE(UDP, .from = "10.0.0.21:7000", .to = CLIENT, .options = MOST, DATA))},
	{"IP options outside and in the quote, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .options = MOST,
	  QUOTE(UDP, .from = CLIENT, .to = "10.0.0.21:7000", .options = MOST, DATA)},
	 TO_CLIENT(NAT_UDP, VIP,
		   QUOTE(UDP, .from = CLIENT, .to = VIP ":5353", .options = MOST, DATA))},
	{"the first fragment is quoted",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP ":5353", .to = CLIENT, .frag = FRAG(1, 0), .payload = 9)},
	 TO_NAT(NAT_UDP, QUOTE(UDP, .from = "10.0.0.21:7000", .to = CLIENT, .frag = FRAG(1, 0),
			       .payload = 9))},
	{"the quoted total length is the router's own",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":8080", .to = CLIENT, .total = SET(20), .payload = 9)},
	 TO_NAT(NAT_TCP, QUOTE(TCP, .from = "10.0.0.21:7000", .to = CLIENT, .total = SET(20),
			       .payload = 9))},
	{"the quoted UDP packet has no checksum",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP ":5353", .to = CLIENT, .no_check = true, .payload = 9)},
	 TO_NAT(NAT_UDP, QUOTE(UDP, .from = "10.0.0.21:7000", .to = CLIENT, .no_check = true,
			       .payload = 9))},
	{"the quoted UDP packet has no checksum, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(UDP, .from = CLIENT, .to = "10.0.0.21:7000", .no_check = true, .payload = 9)},
	 TO_CLIENT(NAT_UDP, VIP,
		   QUOTE(UDP, .from = CLIENT, .to = VIP ":5353", .no_check = true, .payload = 9))},
	{"a wrong ICMP checksum stays wrong",
	 {ICMP, TO_VIP, TOO_BIG, .check_off = 7, NAT_DNS},
	 TO_NAT(NAT_UDP, NAT_DNS_OWN)},
	{"a wrong ICMP checksum stays wrong, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .check_off = 7, SEEN_DNS},
	 TO_CLIENT(NAT_UDP, VIP, SENT_DNS)},

	/* who sends it, and where it goes */
	{"from the client itself",
	 {ICMP, .from = CLIENT_ADDR, .to = VIP, TOO_BIG, DR_WEB},
	 TO_DR(DR_TCP)},
	{"dr, TTL 1", {ICMP, TO_VIP, TOO_BIG, .ttl = 1, DR_WEB}, TO_DR(DR_TCP)},
	{"nat, TTL 1: no error about an error",
	 {ICMP, TO_VIP, TOO_BIG, .ttl = 1, NAT_WEB},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"from a backend, TTL 1",
	 {ICMP, OF_BACKEND, TOO_BIG, .ttl = 1, SEEN_WEB},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"dr, by another interface",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP ":81", .to = CLIENT)},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND},
	 .service = DR_OUT,
	 .counted = FORWARDED},
	{"nat, by another interface",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP ":8081", .to = CLIENT)},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .to = "10.1.0.21", .ttl = 63,
		 QUOTE(TCP, .from = "10.1.0.21:7000", .to = CLIENT)},
	 .service = NAT_OUT,
	 .counted = FORWARDED},
	{"from a backend, by another interface",
	 {ICMP, .smac = MAC_BACKEND, .from = "10.0.0.21", .to = "203.0.113.9", TOO_BIG,
	  QUOTE(TCP, .from = FAR_CLIENT, .to = "10.0.0.21:7000")},
	 XDP_REDIRECT,
	 .out = {TO_ROUTER2, .from = VIP, .ttl = 63,
		 QUOTE(TCP, .from = FAR_CLIENT, .to = VIP ":8080")},
	 .service = NAT_TCP,
	 .counted = REPLIED},
	{"second backend in the slot: an error goes to untracked",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP ":87", .to = CLIENT)},
	 XDP_TX,
	 .out = {.dmac = MAC_OTHER, .smac = MAC_DIRECTOR},
	 .service = MIXED,
	 .number = 2,
	 .counted = FORWARDED},
	{"a frame on its way to the backend already",
	 {ICMP, TO_VIP, TOO_BIG, .dmac = MAC_BACKEND, DR_WEB},
	 XDP_PASS,
	 .reason = "flooded"},
	{"no backend is up",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP ":83", .to = CLIENT)},
	 XDP_DROP,
	 .reason = "no_backend"},
	{"no next hop",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP ":82", .to = CLIENT)},
	 XDP_DROP,
	 .reason = "no_next_hop"},
	{"from a backend, a blackhole route",
	 {ICMP, .from = "10.0.0.21", .to = "198.18.1.9", TOO_BIG,
	  QUOTE(TCP, .from = HOLE_CLIENT, .to = "10.0.0.21:7000")},
	 XDP_DROP,
	 .reason = "nat_no_route"},
	{"from a backend, a gateway not resolved",
	 {ICMP, .from = "10.0.0.21", .to = "198.18.4.9", TOO_BIG,
	  QUOTE(TCP, .from = NEW_CLIENT, .to = "10.0.0.21:7000")},
	 XDP_DROP,
	 .reason = "nat_no_neighbour"},

	/* to a VIP, about nothing of a service's */
	{"about a port without service",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(TCP, .from = VIP ":22", .to = CLIENT)},
	 STACK},
	{"about UDP at a TCP service's port",
	 {ICMP, TO_VIP, TOO_BIG, QUOTE(UDP, .from = VIP ":80", .to = CLIENT)},
	 STACK},
	{"about another address of the sender's",
	 {ICMP, .from = ROUTER, .to = VIP_STRICT, TOO_BIG, DR_WEB},
	 STACK},
	{"about an echo reply",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(ICMP, .from = VIP, .to = CLIENT_ADDR, .icmp = ICMP_KIND(0, 0), .payload = 8)},
	 STACK},
	{"about a later fragment",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":80", .to = CLIENT, .frag = FRAG(0, 1480), .payload = 8)},
	 STACK},

	/* broken */
	{"nothing is quoted", {ICMP, TO_VIP, TOO_BIG}, BAD},
	{"7 bytes behind the quoted header", {ICMP, TO_VIP, TOO_BIG, .quoted = 7, NAT_WEB}, BAD},
	{"the quote ends within its header",
	 {ICMP, TO_VIP, TOO_BIG, .total = SET(47), .cut = 61, NAT_WEB},
	 BAD},
	{"the quote ends in the padding", {ICMP, TO_VIP, TOO_BIG, .total = SET(55), NAT_WEB}, BAD},
	{"the quote's options are not quoted",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":8080", .to = CLIENT, .ihl = SET(15), .payload = 9)},
	 BAD},
	{"the quote's header has 16 bytes",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":8080", .to = CLIENT, .ihl = SET(4), .payload = 9)},
	 BAD},
	{"the quote is no IPv4",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":8080", .to = CLIENT, .version = SET(6), .payload = 9)},
	 BAD},
	{"an error in fragments", {ICMP, TO_VIP, TOO_BIG, .frag = FRAG(1, 0), NAT_WEB}, STACK},

	/* from behind, and none of ours: untouched, uncounted */
	{"from a backend, 7 bytes behind the quoted header",
	 {ICMP, OF_BACKEND, TOO_BIG, .quoted = 7, SEEN_WEB},
	 XDP_PASS},
	{"from a backend, nothing is quoted", {ICMP, OF_BACKEND, TOO_BIG}, XDP_PASS},
	{"from a backend, cut within the ICMP header",
	 {ICMP, OF_BACKEND, TOO_BIG, .total = SET(27), .cut = 41},
	 XDP_PASS},
	{"from a backend, about another port of its",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = CLIENT, .to = "10.0.0.21:22")},
	 XDP_PASS},
	{"from a backend, about UDP at a TCP backend's port",
	 {ICMP, .from = "10.0.0.22", .to = CLIENT_ADDR, TOO_BIG,
	  QUOTE(UDP, .from = CLIENT, .to = "10.0.0.22:9090")},
	 XDP_PASS},
	{"from a backend, to another than it quotes",
	 {ICMP, .from = "10.0.0.21", .to = "198.51.100.8", TOO_BIG, SEEN_WEB},
	 XDP_PASS},
	{"from a backend, about the director's own check",
	 {ICMP, .from = "10.0.0.21", .to = DIRECTOR, TOO_BIG,
	  QUOTE(TCP, .from = DIRECTOR ":33333", .to = "10.0.0.21:7000")},
	 XDP_PASS},
	{"from a backend, about a later fragment",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(TCP, .from = CLIENT, .to = "10.0.0.21:7000", .frag = FRAG(0, 1480))},
	 XDP_PASS},
	{"from a backend, a redirect",
	 {ICMP, OF_BACKEND, .icmp = ICMP_KIND(5, 1), SEEN_WEB},
	 XDP_PASS},
	{"to another host, about a VIP's packet",
	 {ICMP, .from = ROUTER, .to = "192.0.2.99", TOO_BIG, DR_WEB},
	 XDP_PASS},
	{"to another host, broken", {ICMP, .from = ROUTER, .to = "192.0.2.99", TOO_BIG}, XDP_PASS},
};

const struct case_list cases_errors = CASE_LIST(errors);
