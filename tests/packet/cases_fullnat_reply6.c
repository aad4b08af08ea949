// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_fullnat_reply6.c - fullnat over IPv6, backend to client: the rows of both families, and
 * those that only IPv6 has.
 */
#define FAMILY 6
#include "packet/both_fullnat_reply.h"

static const struct packet_case fullnat_reply6_own[] = {
	{"extension headers", {TCP, FROM(2000), .extensions = "HD"}, TO_CLIENT, .counted = REPLIED},
	{"long extension headers",
	 {TCP, FROM(2000), .extensions = "H9D9R9D9", .payload = 3},
	 TO_CLIENT,
	 .counted = REPLIED},
	{"an atomic fragment",
	 {TCP, FROM(2000), .extensions = "F", .id = 5},
	 TO_CLIENT,
	 .counted = REPLIED},
	{"traffic class and flow label stay",
	 {TCP, FROM(2000), .tos = 0xb9, .flow = 0xfedcb},
	 TO_CLIENT,
	 .counted = REPLIED},
	{"UDP with extension headers",
	 {UDP, FROM(2000), .extensions = "D", .payload = 8},
	 UDP_CLIENT,
	 .counted = REPLIED},

	/* no way to the client */
	{"over the path's MTU",
	 {TCP, FROM(2002), .payload = 1241},
	 XDP_TX,
	 .out = {ICMP, .dmac = MAC_BACKEND, .smac = MAC_DIRECTOR, .from = POOL6_ADDR,
		 .to = "fd00::51", .icmp = ICMP_KIND(2, 0), .rest = "00000514", .quoted = 472,
		 QUOTE(TCP, FROM(2002), .payload = 1241)},
	 .anew = true,
	 .reason = "too_big_answered"},

	/* broken: it is no VIP */
	{"IP version 4", {TCP, FROM(2000), .version = SET(4)}, XDP_PASS},
	{"a routing header with a segment left", {TCP, FROM(2000), .extensions = "S"}, XDP_PASS},
	{"length one over the frame", {TCP, FROM(2000), .total = SET(21)}, XDP_PASS},
};

const struct case_list cases_fullnat_reply6 = CASE_LIST(fullnat_reply6);
const struct case_list cases_fullnat_reply6_own = CASE_LIST(fullnat_reply6_own);
