// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_fullnat_fragments.c - fullnat: pieces of packets of flows that are there (WORLD_FLOWS) and
 * of one that begins, in the order in which they come, both ways and both families.
 */
#include "packet/cases.h"

/* A datagram of 4000 bytes behind the IP header in three pieces, each packet with an id of its own,
 * which none in cases_fragments.c has. */
#define DATAGRAM(number) .id = 400 + (number), .payload = 3992
#define FIRST            .piece = 1480
#define MIDDLE           .piece = 1480, .piece_at = 1480
#define LAST             .piece = 1040, .piece_at = 2960

#define UNKNOWN XDP_DROP, .reason = "fragment_unknown"
#define NOBODYS XDP_PASS
#define GOES(symbol, pool, backend)                                                                \
	XDP_TX, .out = {TO_BACKEND, .from = pool, .to = backend, .ttl = 63}, .service = symbol,    \
		.counted = FORWARDED
#define COMES_BACK(symbol, vip, client)                                                            \
	XDP_TX, .out = {TO_ROUTER, .from = vip, .to = client, .ttl = 63}, .service = symbol,       \
		.counted = REPLIED

/* What is the same in both families: @udp, @tcp services with @dns and @web, @at the pool's. */
#define BOTH_WAYS(v, udp, tcp, client, dns, web, real, at, stranger, other, new)                   \
	{v "first", {UDP, .from = client, .to = dns, DATAGRAM(1), FIRST}, GOES(udp, at, real)},    \
		{v "middle",                                                                       \
		 {UDP, .from = client, .to = dns, DATAGRAM(1), MIDDLE},                            \
		 GOES(udp, at, real)},                                                             \
		{v "last",                                                                         \
		 {UDP, .from = client, .to = dns, DATAGRAM(1), LAST},                              \
		 GOES(udp, at, real)},                                                             \
		{v "the last overtakes the first",                                                 \
		 {UDP, .from = client, .to = dns, DATAGRAM(2), LAST},                              \
		 UNKNOWN},                                                                         \
		{v "the same number from another client",                                          \
		 {UDP, .from = other, .to = dns, DATAGRAM(1), MIDDLE},                             \
		 UNKNOWN},                                                                         \
		{v "first, without checksum",                                                      \
		 {UDP, .from = client, .to = dns, DATAGRAM(3), .no_check = true, FIRST},           \
		 GOES(udp, at, real)},                                                             \
		{v "first, with a wrong checksum",                                                 \
		 {UDP, .from = client, .to = dns, DATAGRAM(4), .check_off = 77, FIRST},            \
		 GOES(udp, at, real)},                                                             \
		{v "and its last, tagged and of odd length",                                       \
		 {UDP, .from = client, .to = dns, DATAGRAM(4), .vlan = 100, .piece = 1039,         \
		  .piece_at = 2960},                                                               \
		 XDP_TX,                                                                           \
		 .out = {TO_BACKEND, .from = at, .to = real, .ttl = 63, .vlan = UNTAGGED},         \
		 .service = udp,                                                                   \
		 .counted = FORWARDED},                                                            \
		{v "the time to live of a later one ends here",                                    \
		 {UDP, .from = client, .to = dns, DATAGRAM(1), .ttl = 1, LAST},                    \
		 XDP_DROP,                                                                         \
		 .reason = "ttl_expired"},                                                         \
		{v "TCP, first",                                                                   \
		 {TCP, .from = client, .to = web, .id = 405, .payload = 2000, .piece = 1000},      \
		 GOES(tcp, at, real)},                                                             \
		{v "TCP, last",                                                                    \
		 {TCP, .from = client, .to = web, .id = 405, .payload = 2000, .piece = 1020,       \
		  .piece_at = 1000},                                                               \
		 GOES(tcp, at, real)},                                                             \
		{v "TCP, first of an unknown client",                                              \
		 {TCP, .from = other, .to = web, .id = 406, .payload = 2000, .piece = 1000},       \
		 XDP_DROP,                                                                         \
		 .reason = "fullnat_unknown"},                                                     \
		{v "TCP, and its last",                                                            \
		 {TCP, .from = other, .to = web, .id = 406, .payload = 2000, .piece = 1020,        \
		  .piece_at = 1000},                                                               \
		 UNKNOWN},                                                                         \
		{v "TCP, first with data offset 4",                                                \
		 {TCP, .from = client, .to = web, .id = 407, .payload = 2000, .piece = 1000,       \
		  .doff = SET(4)},                                                                 \
		 XDP_DROP,                                                                         \
		 .reason = "malformed_l4"},                                                        \
		{v "first of a new client",                                                        \
		 {UDP, .from = other, .to = dns, DATAGRAM(8), FIRST},                              \
		 GOES(udp, new, real)},                                                            \
		{v "and its middle",                                                               \
		 {UDP, .from = other, .to = dns, DATAGRAM(8), MIDDLE},                             \
		 GOES(udp, new, real)},                                                            \
                                                                                                   \
		{v "back: the last overtakes the first",                                           \
		 {UDP, .smac = MAC_BACKEND, .from = real, .to = at, DATAGRAM(1), LAST},            \
		 NOBODYS},                                                                         \
		{v "back: first",                                                                  \
		 {UDP, .smac = MAC_BACKEND, .from = real, .to = at, DATAGRAM(1), FIRST},           \
		 COMES_BACK(udp, dns, client)},                                                    \
		{v "back: middle",                                                                 \
		 {UDP, .smac = MAC_BACKEND, .from = real, .to = at, DATAGRAM(1), MIDDLE},          \
		 COMES_BACK(udp, dns, client)},                                                    \
		{v "back: last",                                                                   \
		 {UDP, .smac = MAC_BACKEND, .from = real, .to = at, DATAGRAM(1), LAST},            \
		 COMES_BACK(udp, dns, client)},                                                    \
		{v "back: first, without checksum",                                                \
		 {UDP, .smac = MAC_BACKEND, .from = real, .to = at, DATAGRAM(3), .no_check = true, \
		  FIRST},                                                                          \
		 COMES_BACK(udp, dns, client)},                                                    \
		{v "back: the time to live of a later one ends here",                              \
		 {UDP, .smac = MAC_BACKEND, .from = real, .to = at, DATAGRAM(1), .ttl = 1, LAST},  \
		 XDP_DROP,                                                                         \
		 .reason = "ttl_expired"},                                                         \
		{v "back: first from a stranger",                                                  \
		 {UDP, .smac = MAC_BACKEND, .from = stranger, .to = at, DATAGRAM(4), FIRST},       \
		 XDP_DROP,                                                                         \
		 .reason = "fullnat_stranger"},                                                    \
	{                                                                                          \
		v "back: and its middle", {UDP,      .smac = MAC_BACKEND, .from = stranger,        \
					   .to = at, DATAGRAM(4),         MIDDLE},                 \
			NOBODYS                                                                    \
	}

static const struct packet_case fullnat_fragments[] = {
	BOTH_WAYS("", FULLNAT_UDP, FULLNAT_TCP, CLIENT, VIP ":3053", VIP ":3080", "10.0.0.51:7000",
		  POOL_AT(2000), "10.0.0.52:7000", "198.51.100.8:41001", POOL_AT(2053)),
	BOTH_WAYS("IPv6, ", FULLNAT6_UDP, FULLNAT6_TCP, CLIENT6, VIP6_AT(3053), VIP6_AT(3080),
		  "[fd00::51]:7000", POOL6_AT(2000), "[fd00::52]:7000", "[2001:db8:100::8]:41001",
		  POOL6_AT(2053)),

	{"first, with IP options",
	 {UDP, .from = CLIENT, .to = VIP ":3053", DATAGRAM(20), .options = "94040000", FIRST},
	 GOES(FULLNAT_UDP, POOL_AT(2000), "10.0.0.51:7000")},
	{"and its middle",
	 {UDP, .from = CLIENT, .to = VIP ":3053", DATAGRAM(20), .options = "94040000", MIDDLE},
	 GOES(FULLNAT_UDP, POOL_AT(2000), "10.0.0.51:7000")},
	{"IPv6, first, with extension headers",
	 {UDP, .from = CLIENT6, .to = VIP6_AT(3053), DATAGRAM(20), .extensions = "HD", FIRST},
	 GOES(FULLNAT6_UDP, POOL6_AT(2000), "[fd00::51]:7000")},
	{"IPv6, and its middle",
	 {UDP, .from = CLIENT6, .to = VIP6_AT(3053), DATAGRAM(20), .extensions = "HD", MIDDLE},
	 GOES(FULLNAT6_UDP, POOL6_AT(2000), "[fd00::51]:7000")},
	{"two tags come",
	 {UDP, .from = CLIENT, .to = VIP ":3103", DATAGRAM(21), FIRST},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = POOL_AT(2002), .to = "10.0.0.53:7000", .ttl = 63,
		 .vlan = AD(200), .vlan_inner = 100},
	 .service = FULLNAT_TAGS,
	 .counted = FORWARDED},
	{"and in a later one",
	 {UDP, .from = CLIENT, .to = VIP ":3103", DATAGRAM(21), LAST},
	 XDP_TX,
	 .out = {TO_BACKEND, .from = POOL_AT(2002), .to = "10.0.0.53:7000", .ttl = 63,
		 .vlan = AD(200), .vlan_inner = 100},
	 .service = FULLNAT_TAGS,
	 .counted = FORWARDED},
	{"by another interface, first",
	 {UDP, .from = CLIENT, .to = VIP ":3105", DATAGRAM(22), .piece = 976},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .from = POOL_AT(2003), .to = "10.1.0.55:7000", .ttl = 63},
	 .service = FULLNAT_NARROW,
	 .counted = FORWARDED},
	{"by another interface, later",
	 {UDP, .from = CLIENT, .to = VIP ":3105", DATAGRAM(22), .piece = 976, .piece_at = 976},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .from = POOL_AT(2003), .to = "10.1.0.55:7000", .ttl = 63},
	 .service = FULLNAT_NARROW,
	 .counted = FORWARDED},
	{"by another interface, later and too long",
	 {UDP, .from = CLIENT, .to = VIP ":3105", DATAGRAM(22), .piece = 1480, .piece_at = 976},
	 XDP_DROP,
	 .reason = "too_big"},
	{"by another interface, first and too long",
	 {UDP, .from = CLIENT, .to = VIP ":3105", DATAGRAM(23), FIRST},
	 XDP_TX,
	 .out = {ICMP, TO_ROUTER, .from = VIP, .to = CLIENT_ADDR, .tos = 0xc0,
		 .frag = DONT_FRAGMENT, .icmp = ICMP_KIND(3, 4), .rest = "000003e8",
		 .quote = &(const struct frame){UDP, .from = CLIENT, .to = VIP ":3105",
						DATAGRAM(23), FIRST}},
	 .anew = true,
	 .reason = "too_big_answered"},
	{"the time to live of the first ends here",
	 {UDP, .from = CLIENT, .to = VIP ":3053", DATAGRAM(24), .ttl = 1, FIRST},
	 XDP_DROP,
	 .reason = "ttl_expired"},
	{"back: by another interface, first",
	 {UDP, .smac = MAC_BACKEND, .from = "10.0.0.51:7000", .to = POOL_AT(2001), DATAGRAM(25),
	  FIRST},
	 XDP_REDIRECT,
	 .out = {TO_ROUTER2, .from = VIP ":3053", .to = FAR_CLIENT, .ttl = 63},
	 .service = FULLNAT_UDP,
	 .counted = REPLIED},
	{"back: by another interface, later",
	 {UDP, .smac = MAC_BACKEND, .from = "10.0.0.51:7000", .to = POOL_AT(2001), DATAGRAM(25),
	  LAST},
	 XDP_REDIRECT,
	 .out = {TO_ROUTER2, .from = VIP ":3053", .to = FAR_CLIENT, .ttl = 63},
	 .service = FULLNAT_UDP,
	 .counted = REPLIED},
	{"back: to a port that no flow has",
	 {UDP, .smac = MAC_BACKEND, .from = "10.0.0.51:7000", .to = POOL_AT(2099), DATAGRAM(26),
	  FIRST},
	 XDP_DROP,
	 .reason = "fullnat_no_flow"},
	{"back: to a port that is not the pool's",
	 {UDP, .smac = MAC_BACKEND, .from = "10.0.0.51:7000", .to = POOL_AT(1999), DATAGRAM(27),
	  FIRST},
	 XDP_PASS},
	{"back: a piece of a ping",
	 {ICMP, .smac = MAC_BACKEND, .from = "10.0.0.51", .to = POOL_ADDR, DATAGRAM(28), FIRST},
	 XDP_PASS},

	/* backends by other modes of a service that has fullnat too */
	{"to a dr backend, first",
	 {TCP, .from = CLIENT, .to = VIP ":3301", .id = 430, .payload = 2000, .piece = 1000},
	 XDP_TX,
	 .out = {TO_BACKEND},
	 .service = MIXED_DR,
	 .counted = FORWARDED},
	{"to a dr backend, last",
	 {TCP, .from = CLIENT, .to = VIP ":3301", .id = 430, .payload = 2000, .piece = 1020,
	  .piece_at = 1000},
	 XDP_TX,
	 .out = {TO_BACKEND},
	 .service = MIXED_DR,
	 .counted = FORWARDED},
	{"to a nat backend, first",
	 {UDP, .from = CLIENT, .to = VIP ":3302", DATAGRAM(31), FIRST},
	 XDP_TX,
	 .out = {TO_BACKEND, .to = "10.0.0.57:7000", .ttl = 63},
	 .service = MIXED_NAT,
	 .counted = FORWARDED},
	{"to a nat backend, last",
	 {UDP, .from = CLIENT, .to = VIP ":3302", DATAGRAM(31), LAST},
	 XDP_TX,
	 .out = {TO_BACKEND, .to = "10.0.0.57:7000", .ttl = 63},
	 .service = MIXED_NAT,
	 .counted = FORWARDED},
	{"IPv6, to a nat backend, first",
	 {UDP, .from = CLIENT6, .to = VIP6_AT(3302), DATAGRAM(31), FIRST},
	 XDP_TX,
	 .out = {TO_BACKEND, .to = "[fd00::57]:7000", .ttl = 63},
	 .service = MIXED6_NAT,
	 .counted = FORWARDED},
	{"IPv6, to a nat backend, last",
	 {UDP, .from = CLIENT6, .to = VIP6_AT(3302), DATAGRAM(31), LAST},
	 XDP_TX,
	 .out = {TO_BACKEND, .to = "[fd00::57]:7000", .ttl = 63},
	 .service = MIXED6_NAT,
	 .counted = FORWARDED},
};

const struct case_list cases_fullnat_fragments = CASE_LIST(fullnat_fragments);
