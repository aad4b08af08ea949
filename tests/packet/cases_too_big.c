// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_too_big.c - what is longer than the way to its backend carries is answered by an ICMP error
 * with the MTU that a client's packets must keep: the tunnel's headers are taken off already.
 */
#include "packet/cases.h"

/* As the program answers a client's packet: it quotes 8 bytes behind the header of IPv4, 512 in all
 * of IPv6. */
#define TOLD4(text, mtu, ...)                                                                      \
	{                                                                                          \
		text, {__VA_ARGS__}, XDP_TX,                                                       \
			.out = {ICMP,                                                              \
				TO_ROUTER,                                                         \
				.from = VIP,                                                       \
				.to = CLIENT_ADDR,                                                 \
				.tos = 0xc0,                                                       \
				.frag = DONT_FRAGMENT,                                             \
				.icmp = ICMP_KIND(3, 4),                                           \
				.rest = mtu,                                                       \
				QUOTE(__VA_ARGS__)},                                               \
			.anew = true, .reason = "too_big_answered"                                 \
	}
#define TOLD6(text, mtu, ...) TOLD6_OF(text, mtu, 472, __VA_ARGS__)
#define TOLD6_OF(text, mtu, bytes, ...)                                                            \
	{                                                                                          \
		text, {__VA_ARGS__}, XDP_TX, .out = {ICMP,                                         \
						     TO_ROUTER,                                    \
						     .from = VIP6,                                 \
						     .to = CLIENT6_ADDR,                           \
						     .icmp = ICMP_KIND(2, 0),                      \
						     .rest = mtu,                                  \
						     .quoted = bytes,                              \
						     QUOTE(__VA_ARGS__)},                          \
					     .anew = true, .reason = "too_big_answered"            \
	}

#define FROM4(port) .from = CLIENT, .to = VIP ":" #port, .frag = DONT_FRAGMENT
#define FROM6(port) .from = CLIENT6, .to = VIP6_AT(port)

static const struct packet_case too_big[] = {
	TOLD4("ipip, 4 in 4, one byte too long", "000005c8", TCP, FROM4(4444), .payload = 1441),
	TOLD4("ipip, 4 in 4, UDP", "000005c8", UDP, FROM4(4445), .payload = 1453),
	TOLD4("ipip, 4 in 6, one byte too long", "000005b4", TCP, FROM4(4446), .payload = 1421),
	TOLD6("ipip, 6 in 4, one byte too long", "000005c8", TCP, FROM6(4444), .payload = 1421),
	TOLD6("ipip, 6 in 4, UDP", "000005c8", UDP, FROM6(4445), .payload = 1433),
	TOLD6("ipip, 6 in 6, one byte too long", "000005b4", TCP, FROM6(4446), .payload = 1401),
	TOLD4("gue, 4 in 4, one byte too long", "000005bc", TCP, FROM4(6044), .payload = 1429),
	TOLD4("gue, 4 in 6, one byte too long", "000005a8", TCP, FROM4(6046), .payload = 1409),
	TOLD6("gue, 6 in 4, one byte too long", "000005bc", TCP, FROM6(6044), .payload = 1409),
	TOLD6("gue, 6 in 6, one byte too long", "000005a8", TCP, FROM6(6046), .payload = 1389),
	TOLD4("9000 bytes in several buffers", "000005c8", TCP, FROM4(4444), .payload = 8960),
	TOLD6_OF("IPv6, extension headers", "000005c8", 464, TCP, FROM6(4444), .payload = 1421,
		 .extensions = "F"),
	TOLD4("dr, by another interface", "000003e8", TCP, FROM4(1005), .payload = 961),
	TOLD4("nat, by another interface", "000003e8", UDP, FROM4(8105), .payload = 973),
	TOLD4("nat, and the TTL ends", "000003e8", UDP, FROM4(8105), .payload = 973, .ttl = 1),
	TOLD6("IPv6, dr, by another interface", "00000514", TCP, FROM6(1005), .payload = 1241),
	TOLD6("IPv6 knows no smaller MTU than 1280", "00000500", TCP, FROM6(8105), .payload = 941),

	{"from a nat backend: it asked this VIP, not the one that it serves",
	 {TCP, .from = "10.0.0.42:999", .to = VIP ":4444", .payload = 1441},
	 XDP_TX,
	 .out = {ICMP, TO_ROUTER, .from = VIP, .to = "10.0.0.42", .tos = 0xc0,
		 .frag = DONT_FRAGMENT, .icmp = ICMP_KIND(3, 4), .rest = "000005c8",
		 QUOTE(TCP, .from = "10.0.0.42:999", .to = VIP ":4444", .payload = 1441)},
	 .anew = true,
	 .reason = "too_big_answered"},

	{"dr, as long as the MTU allows",
	 {TCP, FROM4(1005), .payload = 960},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND},
	 .service = DR_NARROW,
	 .counted = FORWARDED},
	{"nat, as long as the MTU allows",
	 {UDP, FROM4(8105), .payload = 972},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .to = "10.1.0.25:7000", .ttl = 63},
	 .service = NAT_NARROW,
	 .counted = FORWARDED},
	{"IPv6, dr, as long as the MTU allows",
	 {TCP, FROM6(1005), .payload = 1240},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND},
	 .service = DR6_NARROW,
	 .counted = FORWARDED},
	{"dr, by the interface it came from: joined by the stack, perhaps",
	 {TCP, FROM4(1006), .payload = 4000},
	 XDP_TX,
	 .out = {TO_BACKEND},
	 .service = DR_JOINED,
	 .counted = FORWARDED},

	/* an answer would hit somebody else, or answer an error */
	{"from a multicast address",
	 {TCP, .from = "224.0.0.1:9", .to = VIP ":4444", .payload = 1441},
	 XDP_DROP,
	 .reason = "too_big"},
	{"IPv6, from nowhere",
	 {TCP, .from = "[::]:9", .to = VIP6_AT(4444), .payload = 1441},
	 XDP_DROP,
	 .reason = "too_big"},
	{"by a broadcast frame",
	 {TCP, FROM4(4444), .dmac = "ff:ff:ff:ff:ff:ff", .payload = 1441},
	 XDP_DROP,
	 .reason = "too_big"},
	{"an ICMP error",
	 {ICMP, .from = "198.51.100.254", .to = VIP, .icmp = ICMP_KIND(3, 3), .payload = 1400,
	  .quoted = 80, QUOTE(TCP, .from = VIP ":4444", .to = CLIENT, .payload = 100)},
	 XDP_DROP,
	 .reason = "too_big"},
};

const struct case_list cases_too_big = CASE_LIST(too_big);
