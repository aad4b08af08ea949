// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_broken.c - what is broken or not wanted: dropped by name when it is for a VIP, passed when
 * the very same is for somebody else.
 */
#include "packet/cases.h"

#define OURS   .from = CLIENT, .to = VIP ":80"
#define DNS    .from = CLIENT, .to = VIP ":53"
#define OTHERS .from = CLIENT, .to = "192.0.2.99:80"

/* One broken thing, to a VIP and to another host. */
#define BOTH(text, kind, why, ...)                                                                 \
	{text ", to a VIP", {kind, OURS, __VA_ARGS__}, XDP_DROP, .reason = why},                   \
	{                                                                                          \
		text ", to another host", {kind, OTHERS, __VA_ARGS__}, XDP_PASS                    \
	}

static const struct packet_case broken[] = {
	BOTH("IP version 6", TCP, "malformed_ip", .version = SET(6)),
	BOTH("IP version 0", TCP, "malformed_ip", .version = SET(0)),
	BOTH("IP header of 16 bytes", TCP, "malformed_ip", .ihl = SET(4)),
	BOTH("IP header of 0 bytes", UDP, "malformed_ip", .ihl = SET(0)),
	BOTH("IP header longer than the packet", TCP, "malformed_ip", .ihl = SET(15)),
	BOTH("total length 0", TCP, "malformed_ip", .total = SET(0)),
	BOTH("total length within the header", TCP, "malformed_ip", .total = SET(19)),
	BOTH("total length one over the frame", TCP, "malformed_ip", .total = SET(41)),
	BOTH("total length 65535", UDP, "malformed_ip", .total = SET(65535)),
	BOTH("total length over a frame of several buffers", TCP, "malformed_ip", .payload = 6000,
	     .total = SET(6041)),
	BOTH("cut after the IP header", TCP, "malformed_ip", .cut = 34),
	BOTH("cut within the ports", TCP, "malformed_ip", .cut = 37),
	BOTH("cut within the options", TCP, "malformed_ip", .options = "01010100", .cut = 36),

	BOTH("TCP: nothing behind the IP header", TCP, "malformed_l4", .total = SET(20)),
	BOTH("TCP: the same, and cut", TCP, "malformed_l4", .total = SET(20), .cut = 34),
	BOTH("TCP: ports only", TCP, "malformed_l4", .total = SET(24), .cut = 38),
	BOTH("TCP: header one byte short", TCP, "malformed_l4", .total = SET(39)),
	BOTH("TCP: data offset 4", TCP, "malformed_l4", .doff = SET(4)),
	BOTH("TCP: data offset 0", TCP, "malformed_l4", .doff = SET(0)),
	BOTH("TCP: data offset beyond the packet", TCP, "malformed_l4", .doff = SET(6)),
	BOTH("TCP: data offset into the padding", TCP, "malformed_l4", .doff = SET(6), .pad = 20),
	{"UDP: nothing behind the IP header",
	 {UDP, DNS, .total = SET(20)},
	 XDP_DROP,
	 .reason = "malformed_l4"},
	{"UDP: header one byte short",
	 {UDP, DNS, .total = SET(27)},
	 XDP_DROP,
	 .reason = "malformed_l4"},
	{"UDP: cut within the header",
	 {UDP, DNS, .total = SET(24), .cut = 38},
	 XDP_DROP,
	 .reason = "malformed_l4"},
	BOTH("UDP: length 0", UDP, "malformed_l4", .udp_length = SET(0)),
	BOTH("UDP: length 7", UDP, "malformed_l4", .udp_length = SET(7)),
	BOTH("UDP: length over the packet", UDP, "malformed_l4", .payload = 4,
	     .udp_length = SET(13)),
	{"broken, and to no service of the VIP",
	 {TCP, .from = CLIENT, .to = VIP ":999", .doff = SET(1)},
	 XDP_DROP,
	 .reason = "malformed_l4"},

	{"no service at the port",
	 {TCP, .from = CLIENT, .to = VIP ":22", .flags = "S"},
	 XDP_PASS,
	 .reason = "unmatched_pass"},
	{"UDP at a TCP service's port",
	 {UDP, .from = CLIENT, .to = VIP ":80"},
	 XDP_PASS,
	 .reason = "unmatched_pass"},
	{"another protocol",
	 {IP, .from = CLIENT_ADDR, .to = VIP, .protocol = 50, .payload = 40},
	 XDP_PASS,
	 .reason = "unmatched_pass"},
	{"no service at the port, strict",
	 {TCP, .from = CLIENT, .to = VIP_STRICT ":22"},
	 XDP_DROP,
	 .reason = "unmatched_drop"},
	{"another VIP's service",
	 {UDP, .from = CLIENT, .to = VIP_STRICT ":53"},
	 XDP_DROP,
	 .reason = "unmatched_drop"},
	{"another protocol, strict",
	 {IP, .from = CLIENT_ADDR, .to = VIP_STRICT, .protocol = 132, .payload = 12},
	 XDP_DROP,
	 .reason = "unmatched_drop"},
	{"port 0",
	 {TCP, .from = CLIENT_ADDR ":0", .to = VIP ":0"},
	 XDP_PASS,
	 .reason = "unmatched_pass"},
};

const struct case_list cases_broken = CASE_LIST(broken);
