// SPDX-License-Identifier: GPL-2.0-or-later
/* cases_expired.c - nat: the time to live ends here, and the sender is told by ICMP time exceeded.
 */
#include "packet/cases.h"

/* The answer goes back where the packet came from, and quotes it as it came. */
#define TOLD(text, answer, source, sender, ...)                                                    \
	{                                                                                          \
		text, {__VA_ARGS__}, XDP_TX,                                                       \
			.out = {ICMP,                                                              \
				answer,                                                            \
				.from = source,                                                    \
				.to = sender,                                                      \
				.tos = 0xc0,                                                       \
				.frag = DONT_FRAGMENT,                                             \
				.icmp = ICMP_KIND(11, 0),                                          \
				.rest = "00000000",                                                \
				.quote = &(const struct frame){__VA_ARGS__}},                      \
			.anew = true, .reason = "ttl_answered"                                     \
	}
#define TO_SENDER(mac)     .dmac = mac, .smac = MAC_DIRECTOR
#define CLIENTS(text, ...) TOLD(text, TO_SENDER(MAC_ROUTER), VIP, CLIENT_ADDR, __VA_ARGS__)
#define BACKENDS(text, ...)                                                                        \
	TOLD(text, TO_SENDER(MAC_BACKEND), VIP, "10.0.0.21", __VA_ARGS__, .smac = MAC_BACKEND)
#define WEB   .from = CLIENT, .to = VIP ":8080"
#define DNS   .from = CLIENT, .to = VIP ":5353"
#define REPLY .from = "10.0.0.21:7000", .to = CLIENT

static const struct packet_case expired[] = {
	CLIENTS("SYN, TTL 1", TCP, WEB, .flags = "S", .ttl = 1),
	CLIENTS("SYN with options, TTL 1", TCP, WEB, .flags = "S", .tcp_options = 40, .ttl = 1),
	CLIENTS("ACK, TTL 0", TCP, WEB, .ttl = SET(0)),
	CLIENTS("data, TTL 1", TCP, WEB, .payload = 1460, .ttl = 1),
	CLIENTS("9000 bytes in several buffers, TTL 1", TCP, WEB, .payload = 8960, .ttl = 1),
	CLIENTS("most IP options, TTL 1", TCP, WEB, .options = MOST, .payload = 3, .ttl = 1),
	CLIENTS("padding behind, TTL 1", TCP, WEB, .pad = 6, .ttl = 1),
	CLIENTS("UDP, TTL 1", UDP, DNS, .payload = 33, .ttl = 1),
	CLIENTS("UDP, empty, TTL 1", UDP, DNS, .ttl = 1),
	CLIENTS("UDP, empty, TTL 0", UDP, DNS, .ttl = SET(0)),
	CLIENTS("UDP with IP options, TTL 1", UDP, DNS, .options = "01010100", .ttl = 1),
	CLIENTS("by another interface, TTL 1", TCP, .from = CLIENT, .to = VIP ":8081", .ttl = 1),

	BACKENDS("a reply, TTL 1", TCP, REPLY, .payload = 1000, .ttl = 1),
	BACKENDS("a reply, TTL 0", TCP, REPLY, .flags = "SA", .ttl = SET(0)),
	BACKENDS("a UDP reply, TTL 1", UDP, REPLY, .payload = 9, .ttl = 1),
	BACKENDS("a reply with IP options, TTL 1", UDP, REPLY, .options = MOST, .ttl = 1),

	TOLD("from a nat backend to another VIP, TTL 1", TO_SENDER(MAC_ROUTER), VIP, "10.0.0.42",
	     UDP, .from = "10.0.0.42:999", .to = VIP ":5353", .ttl = 1),

	/* an answer would hit somebody else */
	{"from a multicast address",
	 {TCP, .from = "224.0.0.1:9", .to = VIP ":8080", .ttl = 1},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"from the broadcast address",
	 {UDP, .from = "255.255.255.255:9", .to = VIP ":5353", .ttl = 1},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"from loopback",
	 {UDP, .from = "127.0.0.1:9", .to = VIP ":5353", .ttl = 1},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"by a broadcast frame",
	 {UDP, DNS, .dmac = "ff:ff:ff:ff:ff:ff", .ttl = 1},
	 XDP_DROP,
	 .reason = "ttl_expired"},
};

const struct case_list cases_expired = CASE_LIST(expired);
