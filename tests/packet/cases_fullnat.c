// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_fullnat.c - fullnat over IPv4, client to backend: the rows of both families, and those that
 * only IPv4 has.
 */
#define FAMILY 4
#include "packet/both_fullnat.h"

static const struct packet_case fullnat_own[] = {
	/* of a flow that is there */
	{"an IP option", {TCP, WEB, .options = "94040000"}, TO_TCP, .counted = FORWARDED},
	{"IP options",
	 {TCP, WEB, .options = "9404000001010100", .payload = 3},
	 TO_TCP,
	 .counted = FORWARDED},
	{"most IP options and TCP options",
	 {TCP, WEB, .tcp_options = 40, .options = MOST},
	 TO_TCP,
	 .counted = FORWARDED},
	{"type of service, id and don't fragment stay",
	 {TCP, WEB, .tos = 0xb9, .id = 0xfedc, .frag = DONT_FRAGMENT},
	 TO_TCP,
	 .counted = FORWARDED},
	{"a wrong IP checksum stays wrong",
	 {TCP, WEB, .ip_check_off = 1},
	 TO_TCP,
	 .counted = FORWARDED},
	{"longer than the MTU, by the interface it came from",
	 {UDP, .from = CLIENT, .to = VIP ":3106", .payload = 973},
	 XDP_TX,
	 .out = {OUT, .from = POOL_AT(2004), .to = "10.0.0.55:7000"},
	 TO(JOINED)},
	{"UDP with IP options",
	 {UDP, DNS, .options = "01010100", .payload = 8},
	 TO_UDP,
	 .counted = FORWARDED},
	{"an IP checksum that becomes 0", {TCP, WEB, .id = 0x6798}, TO_TCP, .counted = FORWARDED},

	/* MSS */
	{"an MSS at an odd place, behind IP options",
	 {TCP, MSS, .flags = "S", .options = "94040000", .tcp_special = "01020405b4010101"},
	 XDP_TX,
	 .out = {OUT_MSS, .tcp_special = "01020404b0010101"},
	 CONNECTS(MSS)},

	/* tags */
	{"a tag stays, with its priority",
	 {TCP, TAG, .vlan = 0x6000 | 100, .options = "94040000"},
	 XDP_TX,
	 .out = {OUT_TAG},
	 TO(TAG)},
	{"two tags stay",
	 {UDP, TAGS, .vlan = AD(200), .vlan_inner = 100, .no_check = true},
	 XDP_TX,
	 .out = {OUT_TAGS},
	 TO(TAGS)},

	/* backends by other modes of a service that has fullnat too */
	{"to an ipip backend",
	 {TCP, .from = CLIENT, .to = VIP ":3303", .payload = 1440},
	 XDP_TX,
	 .out = {TO_BACKEND, .outer = &(const struct frame){IP, .from = DIRECTOR, .to = "10.0.0.31",
							    .frag = DONT_FRAGMENT}},
	 .service = MIXED_IPIP,
	 .counted = FORWARDED},

	/* broken: whose flow it is makes no difference */
	BROKEN("IP version 6", TCP, "malformed_ip", WEB, .version = SET(6)),
	BROKEN("IP header of 16 bytes", TCP, "malformed_ip", WEB, .ihl = SET(4)),
	BROKEN("IP header longer than the packet", TCP, "malformed_ip", WEB, .ihl = SET(15)),
	BROKEN("total length within the header", TCP, "malformed_ip", WEB, .total = SET(19)),
	BROKEN("total length one over the frame", TCP, "malformed_ip", WEB, .total = SET(41)),
	BROKEN("cut within the options", TCP, "malformed_ip", WEB, .options = "01010100",
	       .cut = 36),
};

const struct case_list cases_fullnat = CASE_LIST(fullnat);
const struct case_list cases_fullnat_own = CASE_LIST(fullnat_own);
