// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_fullnat_reply.c - fullnat over IPv4, backend to client: the rows of both families, and
 * those that only IPv4 has.
 */
#define FAMILY 4
#include "packet/both_fullnat_reply.h"

static const struct packet_case fullnat_reply_own[] = {
	{"IP options", {TCP, FROM(2000), .options = "94040000"}, TO_CLIENT, .counted = REPLIED},
	{"most IP options",
	 {TCP, FROM(2000), .options = MOST, .payload = 3},
	 TO_CLIENT,
	 .counted = REPLIED},
	{"type of service, id and don't fragment stay",
	 {TCP, FROM(2000), .tos = 0xb9, .id = 0xfedc, .frag = DONT_FRAGMENT},
	 TO_CLIENT,
	 .counted = REPLIED},
	{"a wrong IP checksum stays wrong",
	 {TCP, FROM(2000), .ip_check_off = 9},
	 TO_CLIENT,
	 .counted = REPLIED},
	{"UDP with IP options",
	 {UDP, FROM(2000), .options = "01010100", .payload = 8},
	 UDP_CLIENT,
	 .counted = REPLIED},

	/* no way to the client */
	{"over the path's MTU",
	 {TCP, FROM(2002), .payload = 961},
	 XDP_TX,
	 .out = {ICMP, .dmac = MAC_BACKEND, .smac = MAC_DIRECTOR, .from = POOL_ADDR,
		 .to = "10.0.0.51", .tos = 0xc0, .frag = DONT_FRAGMENT, .icmp = ICMP_KIND(3, 4),
		 .rest = "000003e8", QUOTE(TCP, FROM(2002), .payload = 961)},
	 .anew = true,
	 .reason = "too_big_answered"},
	{"over the path's MTU, don't fragment",
	 {TCP, FROM(2002), .frag = DONT_FRAGMENT, .payload = 961},
	 XDP_TX,
	 .out = {ICMP, .dmac = MAC_BACKEND, .smac = MAC_DIRECTOR, .from = POOL_ADDR,
		 .to = "10.0.0.51", .tos = 0xc0, .frag = DONT_FRAGMENT, .icmp = ICMP_KIND(3, 4),
		 .rest = "000003e8", QUOTE(TCP, FROM(2002), .frag = DONT_FRAGMENT, .payload = 961)},
	 .anew = true,
	 .reason = "too_big_answered"},
	{"over the path's MTU, by a broadcast frame",
	 {TCP, FROM(2002), .frag = DONT_FRAGMENT, .payload = 961, .dmac = "ff:ff:ff:ff:ff:ff"},
	 XDP_DROP,
	 .reason = "too_big"},

	/* broken: it is no VIP */
	{"IP version 6", {TCP, FROM(2000), .version = SET(6)}, XDP_PASS},
	{"IP header of 16 bytes", {TCP, FROM(2000), .ihl = SET(4)}, XDP_PASS},
	{"total length one over the frame", {TCP, FROM(2000), .total = SET(41)}, XDP_PASS},
};

const struct case_list cases_fullnat_reply = CASE_LIST(fullnat_reply);
const struct case_list cases_fullnat_reply_own = CASE_LIST(fullnat_reply_own);
