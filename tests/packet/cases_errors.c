// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_errors.c - ICMP errors about a service's packets over IPv4: the rows of both families, and
 * those that only IPv4 has.
 */
#define FAMILY 4
#include "packet/both_errors.h"

static const struct packet_case errors_own[] = {
	/* headers */
	{"IP options outside, dr",
	 {ICMP, TO_VIP, TOO_BIG, .options = "94040000", DR_WEB},
	 TO_DR(TCP)},
	{"IP options outside, nat",
	 {ICMP, TO_VIP, TOO_BIG, .options = MOST, NAT_DNS},
	 TO_NAT(UDP, NAT_DNS_OWN)},
	{"IP options in the quote, dr",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":80", .to = CLIENT, .options = MOST, DATA)},
	 TO_DR(TCP)},
	{"IP options in the quote, nat TCP",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20,
	  QUOTE(TCP, .from = VIP ":8080", .to = CLIENT, .options = MOST, DATA)},
	 TO_NAT(TCP, QUOTE(TCP, .from = REAL, .to = CLIENT, .options = MOST, DATA))},
	{"IP options outside and in the quote, nat UDP",
	 {ICMP, TO_VIP, TOO_BIG, .options = MOST,
	  QUOTE(UDP, .from = VIP ":5353", .to = CLIENT, .options = MOST, DATA)},
	 TO_NAT(UDP, QUOTE(UDP, .from = REAL, .to = CLIENT, .options = MOST, DATA))},
	{"IP options outside and in the quote, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .options = MOST,
	  QUOTE(UDP, .from = CLIENT, .to = REAL, .options = MOST, DATA)},
	 TO_CLIENT(UDP, VIP, QUOTE(UDP, .from = CLIENT, .to = VIP ":5353", .options = MOST, DATA))},
	{"the first fragment is quoted",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP ":5353", .to = CLIENT, .frag = FRAG(1, 0), .payload = 9)},
	 TO_NAT(UDP, QUOTE(UDP, .from = REAL, .to = CLIENT, .frag = FRAG(1, 0), .payload = 9))},
	{"the quoted total length is the router's own",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":8080", .to = CLIENT, .total = SET(20), .payload = 9)},
	 TO_NAT(TCP, QUOTE(TCP, .from = REAL, .to = CLIENT, .total = SET(20), .payload = 9))},

	/* to a VIP, about nothing of a service's */
	{"about a later fragment",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":80", .to = CLIENT, .frag = FRAG(0, 1480), .payload = 8)},
	 STACK},

	/* broken */
	{"the quote's options are not quoted",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":8080", .to = CLIENT, .ihl = SET(15), .payload = 9)},
	 BAD},
	{"the quote's header has 16 bytes",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":8080", .to = CLIENT, .ihl = SET(4), .payload = 9)},
	 BAD},
	{"an error in fragments", {ICMP, TO_VIP, TOO_BIG, .frag = FRAG(1, 0), NAT_WEB}, STACK},

	/* from behind, and none of ours: untouched, uncounted */
	{"from a backend, about a later fragment",
	 {ICMP, OF_BACKEND, TOO_BIG, QUOTE(TCP, .from = CLIENT, .to = REAL, .frag = FRAG(0, 1480))},
	 XDP_PASS},
};

const struct case_list cases_errors = CASE_LIST(errors);
const struct case_list cases_errors_own = CASE_LIST(errors_own);
