// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_tunnel.c - ipip and gue, either family in either family: an outer header, and the packet
 * within as it came, byte for byte. What is too long for it: cases_too_big.c.
 */
#include "packet/cases.h"

/* The outer headers, by their family. gue: the source port is the flow's, the checksum 0. */
#define IPIP4(...)                                                                                 \
	&(const struct frame)                                                                      \
	{                                                                                          \
		IP, .from = DIRECTOR, .to = "10.0.0.31", .frag = DONT_FRAGMENT, __VA_ARGS__        \
	}
#define IPIP6(...)                                                                                 \
	&(const struct frame)                                                                      \
	{                                                                                          \
		IP, .from = DIRECTOR6, .to = "fd00::31", .flow = FLOW_ANY, __VA_ARGS__             \
	}
#define GUE4(...)                                                                                  \
	&(const struct frame)                                                                      \
	{                                                                                          \
		UDP, .from = DIRECTOR ":0", .to = "10.0.0.31:6080", .frag = DONT_FRAGMENT,         \
		     .no_check = true, __VA_ARGS__                                                 \
	}
#define GUE6(...)                                                                                  \
	&(const struct frame)                                                                      \
	{                                                                                          \
		UDP, .from = "[" DIRECTOR6 "]:0", .to = "[fd00::31]:6080", .flow = FLOW_ANY,       \
		     .no_check = true, __VA_ARGS__                                                 \
	}

#define PLAIN(...)                                                                                 \
	&(const struct frame)                                                                      \
	{                                                                                          \
		IP, __VA_ARGS__                                                                    \
	}
#define FORWARD(which, ...) XDP_TX, .out = {TO_BACKEND, __VA_ARGS__}, .service = which
#define ROUTER4             "198.51.100.254"
#define ROUTER6             "2001:db8:100::254"

/* What every tunnel does to TCP from a client at @client to the service at @vip. */
#define TCP_ROWS(text, client, vip, which, around, full)                                           \
	{text ", SYN",                                                                             \
	 {TCP, .from = client, .to = vip, .flags = "S", .tcp_options = 20},                        \
	 FORWARD(which, .outer = around()),                                                        \
	 .counted = CONNECTED},                                                                    \
		{text ", ACK",                                                                     \
		 {TCP, .from = client, .to = vip},                                                 \
		 FORWARD(which, .outer = around()),                                                \
		 .counted = FORWARDED},                                                            \
		{text ", FIN",                                                                     \
		 {TCP, .from = client, .to = vip, .flags = "FA", .ttl = 1},                        \
		 FORWARD(which, .outer = around()),                                                \
		 .counted = FORWARDED},                                                            \
		{text ", data of odd length",                                                      \
		 {TCP, .from = client, .to = vip, .payload = 7},                                   \
		 FORWARD(which, .outer = around()),                                                \
		 .counted = FORWARDED},                                                            \
		{text ", as long as the MTU allows",                                               \
		 {TCP, .from = client, .to = vip, .payload = full},                                \
		 FORWARD(which, .outer = around()),                                                \
		 .counted = FORWARDED},                                                            \
		{text ", DSCP and ECN are copied",                                                 \
		 {TCP, .from = client, .to = vip, .tos = 0xb9, .payload = 3},                      \
		 FORWARD(which, .outer = around(.tos = 0xb9)),                                     \
		 .counted = FORWARDED},                                                            \
		{text ", congestion experienced",                                                  \
		 {TCP, .from = client, .to = vip, .tos = 3},                                       \
		 FORWARD(which, .outer = around(.tos = 3)),                                        \
		 .counted = FORWARDED},                                                            \
		{text ", a wrong checksum stays",                                                  \
		 {TCP, .from = client, .to = vip, .check_off = 9},                                 \
		 FORWARD(which, .outer = around()),                                                \
		 .counted = FORWARDED},                                                            \
		{text ", a tag goes",                                                              \
		 {TCP, .from = client, .to = vip, .vlan = 100},                                    \
		 FORWARD(which, .vlan = UNTAGGED, .outer = around()),                              \
		 .counted = FORWARDED},                                                            \
		{text ", two tags go",                                                             \
		 {TCP, .from = client, .to = vip, .vlan = AD(200), .vlan_inner = 100,              \
		  .payload = 5},                                                                   \
		 FORWARD(which, .vlan = UNTAGGED, .vlan_inner = UNTAGGED, .outer = around()),      \
		 .counted = FORWARDED},                                                            \
		{text ", padding behind",                                                          \
		 {TCP, .from = client, .to = vip, .pad = 6},                                       \
		 FORWARD(which, .outer = around()),                                                \
		 .counted = FORWARDED},                                                            \
	{                                                                                          \
		text ", TCP: data offset 4", {TCP, .from = client, .to = vip, .doff = SET(4)},     \
			XDP_DROP, .reason = "malformed_l4"                                         \
	}

#define UDP_ROWS(text, client, vip, which, around)                                                 \
	{text ", UDP",                                                                             \
	 {UDP, .from = client, .to = vip, .payload = 30},                                          \
	 FORWARD(which, .outer = around()),                                                        \
	 .counted = FORWARDED},                                                                    \
		{text ", UDP, empty",                                                              \
		 {UDP, .from = client, .to = vip},                                                 \
		 FORWARD(which, .outer = around()),                                                \
		 .counted = FORWARDED},                                                            \
		{text ", UDP without checksum",                                                    \
		 {UDP, .from = client, .to = vip, .no_check = true, .payload = 9},                 \
		 FORWARD(which, .outer = around()),                                                \
		 .counted = FORWARDED},                                                            \
	{                                                                                          \
		text ", UDP: length 7", {UDP, .from = client, .to = vip, .udp_length = SET(7)},    \
			XDP_DROP, .reason = "malformed_l4"                                         \
	}

/* One kind of ICMP error about what the backend sent. */
#define ERROR(text, router, vip_addr, kind, word, sent, vip, client, which, around)                \
	{                                                                                          \
		text, {ICMP,           .from = router,                                             \
		       .to = vip_addr, .icmp = kind,                                               \
		       .rest = word,   QUOTE(sent, .from = vip, .to = client, .payload = 900)},    \
			FORWARD(which, .outer = around()), .counted = FORWARDED                    \
	}

#define ROWS4(text, tcp, udp, tcp_port, udp_port, around, full)                                    \
	TCP_ROWS(text, CLIENT, VIP tcp_port, tcp, around, full),                                   \
		UDP_ROWS(text, CLIENT, VIP udp_port, udp, around),                                 \
		{text ", IP options",                                                              \
		 {TCP, .from = CLIENT, .to = VIP tcp_port, .options = MOST},                       \
		 FORWARD(tcp, .outer = around()),                                                  \
		 .counted = FORWARDED},                                                            \
		{text ", may be fragmented",                                                       \
		 {TCP, .from = CLIENT, .to = VIP tcp_port, .id = 99},                              \
		 FORWARD(tcp, .outer = around()),                                                  \
		 .counted = FORWARDED},                                                            \
		{text ", a wrong IP checksum stays",                                               \
		 {TCP, .from = CLIENT, .to = VIP tcp_port, .ip_check_off = 9},                     \
		 FORWARD(tcp, .outer = around()),                                                  \
		 .counted = FORWARDED},                                                            \
		ERROR(text ", port unreachable", ROUTER4, VIP, ICMP_KIND(3, 3), "00000000", TCP,   \
		      VIP tcp_port, CLIENT, tcp, around),                                          \
		ERROR(text ", fragmentation needed", ROUTER4, VIP, ICMP_KIND(3, 4), "00000514",    \
		      TCP, VIP tcp_port, CLIENT, tcp, around),                                     \
		ERROR(text ", time exceeded", ROUTER4, VIP, ICMP_KIND(11, 1), "00000000", UDP,     \
		      VIP udp_port, CLIENT, udp, around),                                          \
		ERROR(text ", parameter problem", ROUTER4, VIP, ICMP_KIND(12, 0), "14000000", UDP, \
		      VIP udp_port, CLIENT, udp, around)

#define ROWS6(text, tcp, udp, tcp_port, udp_port, around, full)                                    \
	TCP_ROWS(text, CLIENT6, VIP6_AT(tcp_port), tcp, around, full),                             \
		UDP_ROWS(text, CLIENT6, VIP6_AT(udp_port), udp, around),                           \
		{text ", extension headers",                                                       \
		 {TCP, .from = CLIENT6, .to = VIP6_AT(tcp_port), .extensions = "HDR"},             \
		 FORWARD(tcp, .outer = around()),                                                  \
		 .counted = FORWARDED},                                                            \
		{text ", flow label",                                                              \
		 {TCP, .from = CLIENT6, .to = VIP6_AT(tcp_port), .flow = 0x12345},                 \
		 FORWARD(tcp, .outer = around()),                                                  \
		 .counted = FORWARDED},                                                            \
		{text ", an atomic fragment",                                                      \
		 {UDP, .from = CLIENT6, .to = VIP6_AT(udp_port), .extensions = "F", .payload = 5}, \
		 FORWARD(udp, .outer = around()),                                                  \
		 .counted = FORWARDED},                                                            \
		ERROR(text ", port unreachable", ROUTER6, VIP6, ICMP_KIND(1, 4), "00000000", TCP,  \
		      VIP6_AT(tcp_port), CLIENT6, tcp, around),                                    \
		ERROR(text ", too big", ROUTER6, VIP6, ICMP_KIND(2, 0), "00000514", TCP,           \
		      VIP6_AT(tcp_port), CLIENT6, tcp, around),                                    \
		ERROR(text ", time exceeded", ROUTER6, VIP6, ICMP_KIND(3, 0), "00000000", UDP,     \
		      VIP6_AT(udp_port), CLIENT6, udp, around),                                    \
		ERROR(text ", parameter problem", ROUTER6, VIP6, ICMP_KIND(4, 0), "00000006", UDP, \
		      VIP6_AT(udp_port), CLIENT6, udp, around)

/* clang-format off */
static const struct packet_case tunnel[] = {
	ROWS4("ipip, 4 in 4", IPIP44_TCP, IPIP44_UDP, ":4444", ":4445", IPIP4, 1440),
	ROWS4("ipip, 4 in 6", IPIP46_TCP, IPIP46_UDP, ":4446", ":4447", IPIP6, 1420),
	ROWS6("ipip, 6 in 4", IPIP64_TCP, IPIP64_UDP, 4444, 4445, IPIP4, 1420),
	ROWS6("ipip, 6 in 6", IPIP66_TCP, IPIP66_UDP, 4446, 4447, IPIP6, 1400),
	ROWS4("gue, 4 in 4", GUE44_TCP, GUE44_UDP, ":6044", ":6045", GUE4, 1428),
	ROWS4("gue, 4 in 6", GUE46_TCP, GUE46_UDP, ":6046", ":6047", GUE6, 1408),
	ROWS6("gue, 6 in 4", GUE64_TCP, GUE64_UDP, 6044, 6045, GUE4, 1408),
	ROWS6("gue, 6 in 6", GUE66_TCP, GUE66_UDP, 6046, 6047, GUE6, 1388),

	{"ipip, by another interface",
	 {TCP, .from = CLIENT, .to = VIP ":4448"},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .outer = PLAIN(.from = DIRECTOR, .to = "10.1.0.31", .frag = DONT_FRAGMENT)},
	 .service = IPIP_OUT,
	 .counted = FORWARDED},
	{"ipip, tags come",
	 {TCP, .from = CLIENT, .to = VIP ":4449", .payload = 9},
	 FORWARD(IPIP_TAG, .vlan = AD(200), .vlan_inner = 100, .outer = IPIP4()),
	 .counted = FORWARDED},
	{"ipip, tags are new: of no priority",
	 {TCP, .from = CLIENT, .to = VIP ":4449", .vlan = AD(0x6000 | 200), .vlan_inner = 0x6064},
	 FORWARD(IPIP_TAG, .vlan = AD(200), .vlan_inner = 100, .outer = IPIP4()),
	 .counted = FORWARDED},
	{"gue, 6 in 6, a tag comes",
	 {TCP, .from = CLIENT6, .to = VIP6_AT(6049), .payload = 9},
	 FORWARD(GUE6_TAG, .vlan = 100, .outer = GUE6()),
	 .counted = FORWARDED},
	{"gue, 6 in 6, a tag becomes another",
	 {TCP, .from = CLIENT6, .to = VIP6_AT(6049), .vlan = 300, .payload = 9},
	 FORWARD(GUE6_TAG, .vlan = 100, .outer = GUE6()),
	 .counted = FORWARDED},
	{"ipip, a source of the flow's",
	 {TCP, .from = CLIENT, .to = VIP ":4450"},
	 FORWARD(IPIP_HASHED, .outer = PLAIN(.from = "10.99.0.0", .from_any = 2, .to = "10.0.0.31", .frag = DONT_FRAGMENT)),
	 .counted = FORWARDED},
	{"ipip, 6 in 6, a source of the flow's",
	 {TCP, .from = CLIENT6, .to = VIP6_AT(4450)},
	 FORWARD(IPIP6_HASHED, .outer = PLAIN(.from = "fd99::", .from_any = 2, .to = "fd00::31", .flow = FLOW_ANY)),
	 .counted = FORWARDED},
	{"ipip, 9000 bytes where nothing limits it",
	 {TCP, .from = CLIENT, .to = VIP ":4448", .payload = 8900},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .outer = PLAIN(.from = DIRECTOR, .to = "10.1.0.31", .frag = DONT_FRAGMENT)},
	 .service = IPIP_OUT,
	 .counted = FORWARDED},
	{"ipip, a frame with the backend's MAC address",
	 {TCP, .from = CLIENT, .to = VIP ":4444", .dmac = MAC_BACKEND},
	 FORWARD(IPIP44_TCP, .outer = IPIP4()),
	 .counted = FORWARDED},
};
/* clang-format on */

const struct case_list cases_tunnel = CASE_LIST(tunnel);
