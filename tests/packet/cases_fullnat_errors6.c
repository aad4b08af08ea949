// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_fullnat_errors6.c - ICMP errors about fullnat's flows over IPv6: the rows of both families,
 * and those that only IPv6 has.
 */
#define FAMILY 6
#include "packet/both_fullnat_errors.h"

static const struct packet_case fullnat_errors6_own[] = {
	/* headers */
	{"extension headers outside",
	 {ICMP, TO_VIP, TOO_BIG, .extensions = "D", DNS},
	 TO(UDP, DNS_OWN)},
	{"extension headers in the quote",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20,
	  QUOTE(TCP, .from = VIP6_AT(3080), .to = CLIENT6, .extensions = "DR", DATA)},
	 TO(TCP, QUOTE(TCP, .from = REAL, .to = POOL6_AT(2000), .extensions = "DR", DATA))},
	{"extension headers outside and in the quote, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .extensions = "HD",
	  QUOTE(UDP, .from = POOL6_AT(2000), .to = REAL, .extensions = "DR", DATA)},
	 TO_CLIENT(UDP, VIP6,
		   QUOTE(UDP, .from = CLIENT6, .to = VIP6_AT(3053), .extensions = "DR", DATA))},
	{"the first fragment is quoted",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP6_AT(3053), .to = CLIENT6, .payload = 2000, .piece = 1448)},
	 TO(UDP, QUOTE(UDP, .from = REAL, .to = POOL6_AT(2000), .payload = 2000, .piece = 1448))},

	/* to the VIP, about nothing of a service's */
	{"about a later fragment",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP6_AT(3080), .to = CLIENT6, .payload = 2000, .piece = 1024,
		.piece_at = 1000)},
	 STACK},

	/* to the pool, and none of ours: untouched, uncounted */
	{"to the pool, about a later fragment",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(TCP, .from = POOL6_AT(2000), .to = REAL, .payload = 2000, .piece = 1024,
		.piece_at = 1000)},
	 XDP_PASS},
};

const struct case_list cases_fullnat_errors6 = CASE_LIST(fullnat_errors6);
const struct case_list cases_fullnat_errors6_own = CASE_LIST(fullnat_errors6_own);
