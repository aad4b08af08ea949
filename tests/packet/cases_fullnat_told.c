// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_fullnat_told.c - fullnat: what ends at the director, for its time to live or because the
 * way to the backend is too narrow, is answered by an ICMP error that quotes it as it came.
 */
#include "packet/cases.h"

/* The answer goes back where the packet came from: @from to @to of it. */
#define TOLD4(text, kind_and_rest, why, mac, source, sender, ...)                                  \
	{                                                                                          \
		text, {__VA_ARGS__}, XDP_TX, .out = {ICMP,                                         \
						     .dmac = mac,                                  \
						     .smac = MAC_DIRECTOR,                         \
						     .from = source,                               \
						     .to = sender,                                 \
						     .tos = 0xc0,                                  \
						     .frag = DONT_FRAGMENT,                        \
						     kind_and_rest,                                \
						     QUOTE(__VA_ARGS__)},                          \
					     .anew = true, .reason = why                           \
	}
/* IPv6: so many bytes behind the IP header are quoted. */
#define TOLD6(text, kind_and_rest, why, mac, source, sender, bytes, ...)                           \
	{                                                                                          \
		text, {__VA_ARGS__}, XDP_TX, .out = {ICMP,                                         \
						     .dmac = mac,                                  \
						     .smac = MAC_DIRECTOR,                         \
						     .from = source,                               \
						     .to = sender,                                 \
						     kind_and_rest,                                \
						     .quoted = bytes,                              \
						     QUOTE(__VA_ARGS__)},                          \
					     .anew = true, .reason = why                           \
	}
#define KIND(type, code, word) .icmp = ICMP_KIND(type, code), .rest = word

#define TTL4(text, mac, source, sender, ...)                                                       \
	TOLD4(text, KIND(11, 0, "00000000"), "ttl_answered", mac, source, sender, __VA_ARGS__)
#define TTL6(text, mac, source, sender, bytes, ...)                                                \
	TOLD6(text, KIND(3, 0, "00000000"), "ttl_answered", mac, source, sender, bytes, __VA_ARGS__)
#define CLIENTS4(text, ...) TTL4(text, MAC_ROUTER, VIP, CLIENT_ADDR, __VA_ARGS__)
#define CLIENTS6(text, bytes, ...)                                                                 \
	TTL6("IPv6, " text, MAC_ROUTER, VIP6, CLIENT6_ADDR, bytes, __VA_ARGS__)
#define BACKENDS4(text, ...)                                                                       \
	TTL4(text, MAC_BACKEND, POOL_ADDR, "10.0.0.51", __VA_ARGS__, .smac = MAC_BACKEND)
#define BACKENDS6(text, bytes, ...)                                                                \
	TTL6("IPv6, " text, MAC_BACKEND, POOL6_ADDR, "fd00::51", bytes, __VA_ARGS__,               \
	     .smac = MAC_BACKEND)
#define BIG4(text, ...)                                                                            \
	TOLD4(text, KIND(3, 4, "000003e8"), "too_big_answered", MAC_ROUTER, VIP, CLIENT_ADDR,      \
	      __VA_ARGS__)
#define BIG6(text, bytes, ...)                                                                     \
	TOLD6("IPv6, " text, KIND(2, 0, "00000514"), "too_big_answered", MAC_ROUTER, VIP6,         \
	      CLIENT6_ADDR, bytes, __VA_ARGS__)

#define WEB4    .from = CLIENT, .to = VIP ":3080"
#define WEB6    .from = CLIENT6, .to = VIP6_AT(3080)
#define DNS4    .from = CLIENT, .to = VIP ":3053"
#define DNS6    .from = CLIENT6, .to = VIP6_AT(3053)
#define REPLY4  .from = "10.0.0.51:7000", .to = POOL_AT(2000)
#define REPLY6  .from = "[fd00::51]:7000", .to = POOL6_AT(2000)
#define NARROW4 .from = CLIENT, .to = VIP ":3105"
#define NARROW6 .from = CLIENT6, .to = VIP6_AT(3105)
#define SILENT  XDP_DROP, .reason = "ttl_expired"

static const struct packet_case fullnat_told[] = {
	/* the time to live ends here */
	CLIENTS4("SYN, TTL 1", TCP, WEB4, .flags = "S", .ttl = 1),
	CLIENTS4("ACK, TTL 0", TCP, WEB4, .ttl = SET(0)),
	CLIENTS4("data, TTL 1", TCP, WEB4, .payload = 1460, .ttl = 1),
	CLIENTS4("9000 bytes in several buffers, TTL 1", TCP, WEB4, .payload = 8960, .ttl = 1),
	CLIENTS4("most IP options, TTL 1", TCP, WEB4, .options = MOST, .payload = 3, .ttl = 1),
	CLIENTS4("padding behind, TTL 1", TCP, WEB4, .pad = 6, .ttl = 1),
	CLIENTS4("UDP, TTL 1", UDP, DNS4, .payload = 33, .ttl = 1),
	CLIENTS4("UDP, empty, without checksum, TTL 0", UDP, DNS4, .no_check = true, .ttl = SET(0)),
	CLIENTS4("by another interface, TTL 1", TCP, .from = CLIENT, .to = VIP ":3081", .ttl = 1),
	CLIENTS4("an MSS that would be lowered, TTL 1", TCP, .from = CLIENT, .to = VIP ":3201",
		 .flags = "S", .mss = 1460, .ttl = 1),
	CLIENTS4("SYN of a new client, TTL 1", TCP, .from = CLIENT_ADDR ":999", .to = VIP ":3080",
		 .flags = "S", .ttl = 1),
	CLIENTS4("UDP of a new client, TTL 1", UDP, .from = CLIENT_ADDR ":999", .to = VIP ":3053",
		 .payload = 3, .ttl = 1),
	{"and that took no port: another client gets it",
	 {TCP, .from = CLIENT_ADDR ":997", .to = VIP ":3080", .flags = "S"},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = POOL_AT(2057), .to = "10.0.0.51:7000", .ttl = 63},
	 .service = FULLNAT_TCP,
	 .counted = CONNECTED},
	CLIENTS4("to a nat backend of a service that has fullnat too, TTL 1", UDP, .from = CLIENT,
		 .to = VIP ":3302", .payload = 3, .ttl = 1),
	{"with two tags, TTL 1",
	 {TCP, WEB4, .ttl = 1, .vlan = AD(200), .vlan_inner = 100},
	 XDP_TX,
	 .out = {ICMP, TO_ROUTER, .vlan = AD(200), .vlan_inner = 100, .from = VIP,
		 .to = CLIENT_ADDR, .tos = 0xc0, .frag = DONT_FRAGMENT, KIND(11, 0, "00000000"),
		 QUOTE(TCP, WEB4, .ttl = 1)},
	 .anew = true,
	 .reason = "ttl_answered"},
	CLIENTS6("SYN, hop limit 1", 20, TCP, WEB6, .flags = "S", .ttl = 1),
	CLIENTS6("ACK, hop limit 0", 20, TCP, WEB6, .ttl = SET(0)),
	CLIENTS6("data, hop limit 1", 472, TCP, WEB6, .payload = 1440, .ttl = 1),
	CLIENTS6("9000 bytes in several buffers, hop limit 1", 472, TCP, WEB6, .payload = 8940,
		 .ttl = 1),
	CLIENTS6("extension headers, hop limit 1", 20, TCP, WEB6, .extensions = "HD1", .ttl = 1),
	CLIENTS6("UDP, hop limit 1", 40, UDP, DNS6, .payload = 32, .ttl = 1),
	CLIENTS6("UDP, empty, hop limit 0", 8, UDP, DNS6, .ttl = SET(0)),
	CLIENTS6("SYN of a new client, hop limit 1", 20, TCP, .from = "[" CLIENT6_ADDR "]:999",
		 .to = VIP6_AT(3080), .flags = "S", .ttl = 1),

	/* a reply's too: its sender spoke to the pool */
	BACKENDS4("a reply, TTL 1", TCP, REPLY4, .payload = 1000, .ttl = 1),
	BACKENDS4("SYN and ACK of a backend, TTL 0", TCP, REPLY4, .flags = "SA", .ttl = SET(0)),
	BACKENDS4("a reply with IP options, TTL 1", TCP, REPLY4, .options = MOST, .ttl = 1),
	BACKENDS4("a UDP reply, TTL 1", UDP, REPLY4, .payload = 9, .ttl = 1),
	BACKENDS6("a reply, hop limit 1", 472, TCP, REPLY6, .payload = 1000, .ttl = 1),
	BACKENDS6("a UDP reply, hop limit 0", 16, UDP, REPLY6, .payload = 9, .ttl = SET(0)),

	/* an answer would hit somebody else */
	{"from a multicast address",
	 {UDP, .from = "224.0.0.1:9", .to = VIP ":3053", .ttl = 1},
	 SILENT},
	{"from loopback",
	 {TCP, .from = "127.0.0.1:9", .to = VIP ":3080", .flags = "S", .ttl = 1},
	 SILENT},
	{"by a broadcast frame", {UDP, DNS4, .dmac = "ff:ff:ff:ff:ff:ff", .ttl = 1}, SILENT},
	{"a reply by a broadcast frame",
	 {UDP, REPLY4, .dmac = "ff:ff:ff:ff:ff:ff", .ttl = 1},
	 SILENT},
	{"IPv6, from nowhere", {UDP, .from = "[::]:9", .to = VIP6_AT(3053), .ttl = 1}, SILENT},
	{"IPv6, by a multicast frame", {TCP, WEB6, .dmac = "33:33:00:00:00:01", .ttl = 1}, SILENT},

	/* the way to the backend is too narrow */
	BIG4("one byte too long", UDP, NARROW4, .payload = 973),
	BIG4("one byte too long, don't fragment", UDP, NARROW4, .frag = DONT_FRAGMENT,
	     .payload = 973),
	BIG4("9000 bytes in several buffers", UDP, NARROW4, .payload = 8972),
	BIG4("one byte too long, and IP options", UDP, NARROW4, .options = "94040000",
	     .payload = 969),
	BIG4("too long, and the TTL ends", UDP, NARROW4, .payload = 973, .ttl = 1),
	BIG4("a new client's first, too long", UDP, .from = CLIENT_ADDR ":998", .to = VIP ":3105",
	     .payload = 973),
	BIG6("one byte too long", 472, UDP, NARROW6, .payload = 1253),
	BIG6("9000 bytes in several buffers", 472, UDP, NARROW6, .payload = 8952),
	BIG6("too long, and the hop limit ends", 472, UDP, NARROW6, .payload = 1253, .ttl = 1),
	{"by a broadcast frame, too long",
	 {UDP, NARROW4, .dmac = "ff:ff:ff:ff:ff:ff", .payload = 973},
	 XDP_DROP,
	 .reason = "too_big"},
	{"a tag stays on the answer, too long",
	 {UDP, NARROW4, .vlan = 100, .payload = 973},
	 XDP_TX,
	 .out = {ICMP, TO_ROUTER, .vlan = 100, .from = VIP, .to = CLIENT_ADDR, .tos = 0xc0,
		 .frag = DONT_FRAGMENT, KIND(3, 4, "000003e8"),
		 QUOTE(UDP, NARROW4, .payload = 973)},
	 .anew = true,
	 .reason = "too_big_answered"},
};

const struct case_list cases_fullnat_told = CASE_LIST(fullnat_told);
