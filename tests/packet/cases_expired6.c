// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_expired6.c - nat over IPv6: the hop limit ends here, and the sender is told by ICMPv6 time
 * exceeded, with the first 512 bytes of its packet.
 */
#include "packet/cases.h"

/* The answer goes back where the packet came from, and quotes it as it came: so many bytes behind
 * its IP header. */
#define TOLD(text, answer, source, sender, bytes, ...)                                             \
	{                                                                                          \
		text, {__VA_ARGS__}, XDP_TX,                                                       \
			.out = {ICMP,                                                              \
				answer,                                                            \
				.from = source,                                                    \
				.to = sender,                                                      \
				.icmp = ICMP_KIND(3, 0),                                           \
				.rest = "00000000",                                                \
				.quoted = bytes,                                                   \
				.quote = &(const struct frame){__VA_ARGS__}},                      \
			.anew = true, .reason = "ttl_answered"                                     \
	}
#define TO_SENDER(mac) .dmac = mac, .smac = MAC_DIRECTOR
#define CLIENTS(text, bytes, ...)                                                                  \
	TOLD(text, TO_SENDER(MAC_ROUTER), VIP6, CLIENT6_ADDR, bytes, __VA_ARGS__)
#define BACKENDS(text, bytes, ...)                                                                 \
	TOLD(text, TO_SENDER(MAC_BACKEND), VIP6, "fd00::21", bytes, __VA_ARGS__,                   \
	     .smac = MAC_BACKEND)
#define WEB   .from = CLIENT6, .to = VIP6_AT(8080)
#define DNS   .from = CLIENT6, .to = VIP6_AT(5353)
#define REPLY .from = "[fd00::21]:7000", .to = CLIENT6

static const struct packet_case expired6[] = {
	CLIENTS("SYN, hop limit 1", 20, TCP, WEB, .flags = "S", .ttl = 1),
	CLIENTS("SYN with options, hop limit 1", 60, TCP, WEB, .flags = "S", .tcp_options = 40,
		.ttl = 1),
	CLIENTS("ACK, hop limit 0", 20, TCP, WEB, .ttl = SET(0)),
	CLIENTS("data, hop limit 1", 472, TCP, WEB, .payload = 1440, .ttl = 1),
	CLIENTS("just all of it", 472, TCP, WEB, .payload = 452, .ttl = 1),
	CLIENTS("9000 bytes in several buffers, hop limit 1", 472, TCP, WEB, .payload = 8940,
		.ttl = 1),
	CLIENTS("extension headers, hop limit 1", 20, TCP, WEB, .extensions = "HD1", .ttl = 1),
	CLIENTS("padding behind, hop limit 1", 20, TCP, WEB, .pad = 6, .ttl = 1),
	CLIENTS("UDP, hop limit 1", 40, UDP, DNS, .payload = 32, .ttl = 1),
	CLIENTS("UDP of a length that is no multiple of four", 40, UDP, DNS, .payload = 35,
		.ttl = 1),
	CLIENTS("UDP, empty, hop limit 1", 8, UDP, DNS, .ttl = 1),
	CLIENTS("by another interface, hop limit 1", 20, TCP, .from = CLIENT6, .to = VIP6_AT(8081),
		.ttl = 1),

	BACKENDS("a reply, hop limit 1", 472, TCP, REPLY, .payload = 1000, .ttl = 1),
	BACKENDS("a UDP reply, hop limit 0", 16, UDP, REPLY, .payload = 9, .ttl = SET(0)),

	/* an answer would hit somebody else */
	{"from a multicast address",
	 {TCP, .from = "[ff02::1]:9", .to = VIP6_AT(8080), .ttl = 1},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"from nowhere",
	 {UDP, .from = "[::]:9", .to = VIP6_AT(5353), .ttl = 1},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"from loopback",
	 {UDP, .from = "[::1]:9", .to = VIP6_AT(5353), .ttl = 1},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"by a multicast frame",
	 {UDP, DNS, .dmac = "33:33:00:00:00:01", .ttl = 1},
	 XDP_DROP,
	 .reason = "ttl_expired"},
};

const struct case_list cases_expired6 = CASE_LIST(expired6);
