// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_mss.c - the MSS of a client's SYN, made smaller where the service wants it: at any place
 * among the options, never larger, and nothing but SYNs.
 */
#include "packet/cases.h"

#define AT(port)  .from = CLIENT, .to = VIP ":" #port
#define AT6(port) .from = CLIENT6, .to = VIP6_AT(port)
#define TO(which, ...)                                                                             \
	XDP_TX, .out = {TO_BACKEND, __VA_ARGS__}, .service = which, .counted = CONNECTED
#define SYN(...)                                                                                   \
	{                                                                                          \
		TCP, .flags = "S", __VA_ARGS__                                                     \
	}

static const struct packet_case mss[] = {
	{"a larger one becomes the service's", SYN(AT(1200), .mss = 1460), TO(MSS_DR, .mss = 1200)},
	{"one more", SYN(AT(1200), .mss = 1201), TO(MSS_DR, .mss = 1200)},
	{"the same stays", SYN(AT(1200), .mss = 1200), TO(MSS_DR)},
	{"a smaller one stays", SYN(AT(1200), .mss = 536), TO(MSS_DR)},
	{"the largest", SYN(AT(1200), .mss = 65535), TO(MSS_DR, .mss = 1200)},
	{"0 stays", SYN(AT(1200), .mss = SET(0)), TO(MSS_DR)},
	{"no option stays none", SYN(AT(1200)), TO(MSS_DR)},
	{"other options alone", SYN(AT(1200), .tcp_options = 12), TO(MSS_DR)},
	{"behind two NOPs", SYN(AT(1200), .tcp_special = "0101020405b40101"),
	 TO(MSS_DR, .tcp_special = "0101020404b00101")},
	{"at an odd place: behind one NOP", SYN(AT(1200), .tcp_special = "01020405b4010101"),
	 TO(MSS_DR, .tcp_special = "01020404b0010101")},
	{"at an odd place: behind a window scale", SYN(AT(1200), .tcp_special = "030307020405b400"),
	 TO(MSS_DR, .tcp_special = "030307020404b000")},
	{"as Linux sends it",
	 SYN(AT(1200), .tcp_special = "020405b40402080a000000010000000001030307"),
	 TO(MSS_DR, .tcp_special = "020404b00402080a000000010000000001030307")},
	{"behind the end of options it is none", SYN(AT(1200), .tcp_special = "00020405b4000000"),
	 TO(MSS_DR)},
	{"an option of length 0 ends the search", SYN(AT(1200), .tcp_special = "0800020405b40101"),
	 TO(MSS_DR)},
	{"an option of length 1 ends the search", SYN(AT(1200), .tcp_special = "0801020405b40101"),
	 TO(MSS_DR)},
	{"an option longer than the header", SYN(AT(1200), .tcp_special = "08ff020405b40101"),
	 TO(MSS_DR)},
	{"an MSS of a wrong length", SYN(AT(1200), .tcp_special = "020305b401010101"), TO(MSS_DR)},
	{"cut off by the header's end", SYN(AT(1200), .tcp_special = "01010204", .payload = 8),
	 TO(MSS_DR)},
	{"with data", SYN(AT(1200), .mss = 1460, .payload = 9), TO(MSS_DR, .mss = 1200)},
	{"with IP options", SYN(AT(1200), .mss = 1460, .options = "94040000"),
	 TO(MSS_DR, .mss = 1200)},
	{"a wrong checksum stays wrong", SYN(AT(1200), .mss = 1460, .check_off = 77),
	 TO(MSS_DR, .mss = 1200)},
	{"SYN and ACK is not the client's",
	 {TCP, AT(1200), .flags = "SA", .mss = 1460},
	 XDP_TX,
	 .out = {TO_BACKEND},
	 .service = MSS_DR,
	 .counted = FORWARDED},
	{"an ACK with the option",
	 {TCP, AT(1200), .mss = 1460},
	 XDP_TX,
	 .out = {TO_BACKEND},
	 .service = MSS_DR,
	 .counted = FORWARDED},
	{"a service without", SYN(AT(80), .mss = 1460), TO(DR_TCP)},
	{"nat", SYN(AT(1201), .mss = 1460, .tcp_options = 4),
	 TO(MSS_NAT, .to = "10.0.0.26:7000", .ttl = 63, .mss = 1200)},
	{"IPv6", SYN(AT6(1200), .mss = 1440), TO(MSS6_DR, .mss = 1200)},
	{"IPv6, with extension headers", SYN(AT6(1200), .mss = 1440, .extensions = "HD"),
	 TO(MSS6_DR, .mss = 1200)},
	{"with a tag", SYN(AT(1200), .mss = 1460, .vlan = 100),
	 TO(MSS_DR, .mss = 1200, .vlan = UNTAGGED)},

	/* auto: what the way to the backend has room for */
	{"auto, ipip", SYN(AT(1202), .mss = 1460),
	 TO(MSS_IPIP, .mss = 1440,
	    .outer = &(const struct frame){IP, .from = DIRECTOR, .to = "10.0.0.31",
					   .frag = DONT_FRAGMENT})},
	{"auto, ipip, small enough", SYN(AT(1202), .mss = 1440),
	 TO(MSS_IPIP, .outer = &(const struct frame){IP, .from = DIRECTOR, .to = "10.0.0.31",
						     .frag = DONT_FRAGMENT})},
	{"auto, IPv6 in gue over IPv6", SYN(AT6(1202), .mss = 1440),
	 TO(MSS6_GUE, .mss = 1388,
	    .outer =
		    &(const struct frame){UDP, .from = "[" DIRECTOR6 "]:0", .to = "[fd00::31]:6080",
					  .flow = FLOW_ANY, .no_check = true})},
	{"auto, where nothing limits it", SYN(AT(1203), .mss = 65535), TO(MSS_ANY)},
	{"auto, nat", SYN(AT(1204), .mss = 1460),
	 TO(MSS_NAT_AUTO, .to = "10.0.0.27:7000", .ttl = 63, .mss = 1260)},

	/* what passes is not touched */
	{"a frame on its way to the backend already",
	 SYN(AT(1200), .mss = 1460, .dmac = MAC_BACKEND), XDP_PASS, .reason = "flooded"},

	/* the backend's answer, where it passes here */
	{"nat, SYN and ACK of a backend",
	 {TCP, .from = "10.0.0.26:7000", .to = CLIENT, .flags = "SA", .mss = 1460},
	 XDP_TX,
	 .out = {TO_ROUTER, .from = VIP ":1201", .ttl = 63, .mss = 1200},
	 .service = MSS_NAT,
	 .counted = REPLIED},
	{"nat, SYN and ACK of a backend, auto",
	 {TCP, .from = "10.0.0.27:7000", .to = CLIENT, .flags = "SA", .mss = 1460},
	 XDP_TX,
	 .out = {TO_ROUTER, .from = VIP ":1204", .ttl = 63, .mss = 1260},
	 .service = MSS_NAT_AUTO,
	 .counted = REPLIED},
	{"nat, IPv6, SYN and ACK of a backend, at an odd place",
	 {TCP, .from = "[fd00::26]:7000", .to = CLIENT6, .flags = "SA",
	  .tcp_special = "01020405b4010101"},
	 XDP_TX,
	 .out = {TO_ROUTER, .from = VIP6_AT(1201), .ttl = 63, .tcp_special = "01020404b0010101"},
	 .service = MSS6_NAT,
	 .counted = REPLIED},
	{"nat, data of a backend with the option",
	 {TCP, .from = "10.0.0.26:7000", .to = CLIENT, .mss = 1460},
	 XDP_TX,
	 .out = {TO_ROUTER, .from = VIP ":1201", .ttl = 63},
	 .service = MSS_NAT,
	 .counted = REPLIED},
};

const struct case_list cases_mss = CASE_LIST(mss);
