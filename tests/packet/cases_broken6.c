// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_broken6.c - IPv6 that is broken or not wanted: dropped by name when it is for a VIP, passed
 * when the very same is for somebody else.
 */
#include "packet/cases.h"

#define OURS   .from = CLIENT6, .to = VIP6_AT(80)
#define DNS    .from = CLIENT6, .to = VIP6_AT(53)
#define OTHERS .from = CLIENT6, .to = "[2001:db8:1::99]:80"

/* One broken thing, to a VIP and to another host. */
#define BOTH(text, kind, why, ...)                                                                 \
	{text ", to a VIP", {kind, OURS, __VA_ARGS__}, XDP_DROP, .reason = why},                   \
	{                                                                                          \
		text ", to another host", {kind, OTHERS, __VA_ARGS__}, XDP_PASS                    \
	}

static const struct packet_case broken6[] = {
	BOTH("IP version 4", TCP, "malformed_ip", .version = SET(4)),
	BOTH("IP version 0", TCP, "malformed_ip", .version = SET(0)),
	BOTH("length one over the frame", TCP, "malformed_ip", .total = SET(21)),
	BOTH("length 65535", UDP, "malformed_ip", .total = SET(65535)),
	BOTH("length over a frame of several buffers", TCP, "malformed_ip", .payload = 6000,
	     .total = SET(6021)),
	BOTH("cut after the IP header", TCP, "malformed_ip", .cut = 54),
	BOTH("cut within the ports", TCP, "malformed_ip", .cut = 57),

	BOTH("nine extension headers", TCP, "malformed_ip", .extensions = "HDDDDDDDD"),
	BOTH("extension headers of 520 bytes", TCP, "malformed_ip", .extensions = "D9D9D9D9D9D9D4"),
	BOTH("a routing header with a segment left", TCP, "malformed_ip", .extensions = "S"),
	BOTH("the same behind others", UDP, "malformed_ip", .extensions = "HDS"),
	BOTH("an extension header longer than the packet", TCP, "malformed_ip", .extensions = "H",
	     .extension_length = SET(4)),
	BOTH("an extension header of 2048 bytes in a long packet", TCP, "malformed_ip",
	     .extensions = "D", .extension_length = SET(255), .payload = 3000),
	BOTH("cut within an extension header", TCP, "malformed_ip", .extensions = "H",
	     .total = SET(4), .cut = 58),
	BOTH("ends behind the extension headers", TCP, "malformed_l4", .extensions = "HD",
	     .total = SET(16)),

	BOTH("TCP: nothing behind the IP header", TCP, "malformed_l4", .total = SET(0)),
	BOTH("TCP: the same, and cut", TCP, "malformed_l4", .total = SET(0), .cut = 54),
	BOTH("TCP: ports only", TCP, "malformed_l4", .total = SET(4), .cut = 58),
	BOTH("TCP: header one byte short", TCP, "malformed_l4", .total = SET(19)),
	BOTH("TCP: data offset 4", TCP, "malformed_l4", .doff = SET(4)),
	BOTH("TCP: data offset 0", TCP, "malformed_l4", .doff = SET(0)),
	BOTH("TCP: data offset beyond the packet", TCP, "malformed_l4", .doff = SET(6)),
	BOTH("TCP: data offset into the padding", TCP, "malformed_l4", .doff = SET(6), .pad = 20),
	BOTH("TCP: data offset beyond the packet, behind extension headers", TCP, "malformed_l4",
	     .extensions = "D", .doff = SET(6)),
	{"UDP: header one byte short",
	 {UDP, DNS, .total = SET(7)},
	 XDP_DROP,
	 .reason = "malformed_l4"},
	{"UDP: cut within the header",
	 {UDP, DNS, .total = SET(4), .cut = 58},
	 XDP_DROP,
	 .reason = "malformed_l4"},
	BOTH("UDP: length 0", UDP, "malformed_l4", .udp_length = SET(0)),
	BOTH("UDP: length 7", UDP, "malformed_l4", .udp_length = SET(7)),
	BOTH("UDP: length over the packet", UDP, "malformed_l4", .payload = 4,
	     .udp_length = SET(13)),

	{"no service at the port",
	 {TCP, .from = CLIENT6, .to = VIP6_AT(22), .flags = "S"},
	 XDP_PASS,
	 .reason = "unmatched_pass"},
	{"UDP at a TCP service's port",
	 {UDP, .from = CLIENT6, .to = VIP6_AT(80)},
	 XDP_PASS,
	 .reason = "unmatched_pass"},
	{"ESP",
	 {IP, .from = CLIENT6_ADDR, .to = VIP6, .protocol = 50, .payload = 40},
	 XDP_PASS,
	 .reason = "unmatched_pass"},
	{"no next header",
	 {IP, .from = CLIENT6_ADDR, .to = VIP6, .protocol = 59},
	 XDP_PASS,
	 .reason = "unmatched_pass"},
	{"authentication in front of TCP",
	 {TCP, OURS, .extensions = "A"},
	 XDP_PASS,
	 .reason = "unmatched_pass"},
	{"no service at the port, strict",
	 {TCP, .from = CLIENT6, .to = VIP6_STRICT_AT(22)},
	 XDP_DROP,
	 .reason = "unmatched_drop"},
	{"another protocol, strict",
	 {IP, .from = CLIENT6_ADDR, .to = VIP6_STRICT, .protocol = 132, .payload = 12},
	 XDP_DROP,
	 .reason = "unmatched_drop"},
	{"port 0",
	 {TCP, .from = "[" CLIENT6_ADDR "]:0", .to = VIP6_AT(0)},
	 XDP_PASS,
	 .reason = "unmatched_pass"},
};

const struct case_list cases_broken6 = CASE_LIST(broken6);
