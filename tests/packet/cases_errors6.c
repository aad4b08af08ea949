// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_errors6.c - ICMP errors about a service's packets over IPv6: the rows of both families, and
 * those that only IPv6 has.
 */
#define FAMILY 6
#include "packet/both_errors.h"

static const struct packet_case errors6_own[] = {
	/* headers */
	{"extension headers outside, dr",
	 {ICMP, TO_VIP, TOO_BIG, .extensions = "D", DR_WEB},
	 TO_DR(TCP)},
	{"extension headers outside, nat",
	 {ICMP, TO_VIP, TOO_BIG, .extensions = "D", NAT_DNS},
	 TO_NAT(UDP, NAT_DNS_OWN)},
	{"extension headers in the quote, dr",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP6_AT(80), .to = CLIENT6, .extensions = "D", DATA)},
	 TO_DR(TCP)},
	{"extension headers in the quote, nat TCP",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20,
	  QUOTE(TCP, .from = VIP6_AT(8080), .to = CLIENT6, .extensions = "DR", DATA)},
	 TO_NAT(TCP, QUOTE(TCP, .from = REAL, .to = CLIENT6, .extensions = "DR", DATA))},
	{"extension headers in the quote, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(UDP, .from = CLIENT6, .to = REAL, .extensions = "H1", DATA)},
	 TO_CLIENT(UDP, VIP6,
		   QUOTE(UDP, .from = CLIENT6, .to = VIP6_AT(5353), .extensions = "H1", DATA))},
	{"the first fragment is quoted",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP6_AT(5353), .to = CLIENT6, .payload = 2000, .piece = 1448)},
	 TO_NAT(UDP, QUOTE(UDP, .from = REAL, .to = CLIENT6, .payload = 2000, .piece = 1448))},

	/* to a VIP, about nothing of a service's */
	{"about a later fragment",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP6_AT(53), .to = CLIENT6, .payload = 2000, .piece = 1448,
		.piece_at = 1448)},
	 STACK},
};

const struct case_list cases_errors6 = CASE_LIST(errors6);
const struct case_list cases_errors6_own = CASE_LIST(errors6_own);
