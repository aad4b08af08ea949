// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_fullnat6.c - fullnat over IPv6, client to backend: the rows of both families, and those
 * that only IPv6 has.
 */
#define FAMILY 6
#include "packet/both_fullnat.h"

static const struct packet_case fullnat6_own[] = {
	/* of a flow that is there */
	{"an extension header", {TCP, WEB, .extensions = "D"}, TO_TCP, .counted = FORWARDED},
	{"extension headers",
	 {TCP, WEB, .extensions = "HDR", .payload = 3},
	 TO_TCP,
	 .counted = FORWARDED},
	{"long extension headers and TCP options",
	 {TCP, WEB, .tcp_options = 40, .extensions = "H9D9R9D9"},
	 TO_TCP,
	 .counted = FORWARDED},
	{"an atomic fragment",
	 {TCP, WEB, .extensions = "F", .id = 5, .payload = 3},
	 TO_TCP,
	 .counted = FORWARDED},
	{"traffic class and flow label stay",
	 {TCP, WEB, .tos = 0xb9, .flow = 0xfedcb},
	 TO_TCP,
	 .counted = FORWARDED},
	{"UDP with extension headers",
	 {UDP, DNS, .extensions = "D", .payload = 8},
	 TO_UDP,
	 .counted = FORWARDED},

	/* MSS */
	{"an MSS at an odd place, behind extension headers",
	 {TCP, MSS, .flags = "S", .extensions = "HD", .tcp_special = "01020405b4010101"},
	 XDP_TX,
	 .out = {OUT_MSS, .tcp_special = "01020404b0010101"},
	 CONNECTS(MSS)},

	/* tags */
	{"a tag stays, with its priority",
	 {TCP, TAG, .vlan = AD(0x6000 | 100), .extensions = "D"},
	 XDP_TX,
	 .out = {OUT_TAG},
	 TO(TAG)},
	{"two tags stay",
	 {UDP, TAGS, .vlan = 0x6000 | 200, .vlan_inner = 0x1000 | 100, .no_check = true},
	 XDP_TX,
	 .out = {OUT_TAGS},
	 TO(TAGS)},

	/* broken: whose flow it is makes no difference */
	BROKEN("IP version 4", TCP, "malformed_ip", WEB, .version = SET(4)),
	BROKEN("length one over the frame", TCP, "malformed_ip", WEB, .total = SET(21)),
	BROKEN("a routing header with a segment left", TCP, "malformed_ip", WEB, .extensions = "S"),
	BROKEN("nine extension headers", TCP, "malformed_ip", WEB, .extensions = "HDDDDDDDD"),
	BROKEN("an extension header longer than the packet", UDP, "malformed_ip", DNS,
	       .extensions = "H", .extension_length = SET(4)),
	BROKEN("cut within an extension header", TCP, "malformed_ip", WEB, .extensions = "H",
	       .total = SET(4), .cut = 58),
	BROKEN("ends behind the extension headers", TCP, "malformed_l4", WEB, .extensions = "HD",
	       .total = SET(16)),
};

const struct case_list cases_fullnat6 = CASE_LIST(fullnat6);
const struct case_list cases_fullnat6_own = CASE_LIST(fullnat6_own);
