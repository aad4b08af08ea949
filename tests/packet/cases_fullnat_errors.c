// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases_fullnat_errors.c - ICMP errors about fullnat's flows over IPv4: the rows of both families,
 * and those that only IPv4 has.
 */
#define FAMILY 4
#include "packet/both_fullnat_errors.h"

static const struct packet_case fullnat_errors_own[] = {
	/* headers */
	{"IP options outside", {ICMP, TO_VIP, TOO_BIG, .options = MOST, DNS}, TO(UDP, DNS_OWN)},
	{"IP options in the quote",
	 {ICMP, TO_VIP, TOO_BIG, .quoted = 20,
	  QUOTE(TCP, .from = VIP ":3080", .to = CLIENT, .options = MOST, DATA)},
	 TO(TCP, QUOTE(TCP, .from = REAL, .to = POOL_AT(2000), .options = MOST, DATA))},
	{"IP options outside and in the quote, from a backend",
	 {ICMP, OF_BACKEND, TOO_BIG, .options = MOST,
	  QUOTE(UDP, .from = POOL_AT(2000), .to = REAL, .options = MOST, DATA)},
	 TO_CLIENT(UDP, VIP, QUOTE(UDP, .from = CLIENT, .to = VIP ":3053", .options = MOST, DATA))},
	{"the first fragment is quoted",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP ":3053", .to = CLIENT, .frag = FRAG(1, 0), .payload = 9)},
	 TO(UDP, QUOTE(UDP, .from = REAL, .to = POOL_AT(2000), .frag = FRAG(1, 0), .payload = 9))},
	{"the quoted total length is the router's own",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":3080", .to = CLIENT, .total = SET(20), .payload = 9)},
	 TO(TCP, QUOTE(TCP, .from = REAL, .to = POOL_AT(2000), .total = SET(20), .payload = 9))},
	{"a wrong IP checksum in the quote stays wrong",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(UDP, .from = VIP ":3053", .to = CLIENT, .ip_check_off = 3, .payload = 9)},
	 TO(UDP, QUOTE(UDP, .from = REAL, .to = POOL_AT(2000), .ip_check_off = 3, .payload = 9))},

	/* to the VIP, about nothing of a service's */
	{"about a later fragment",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":3080", .to = CLIENT, .frag = FRAG(0, 1480), .payload = 8)},
	 STACK},

	/* broken */
	{"the quote's header has 16 bytes",
	 {ICMP, TO_VIP, TOO_BIG,
	  QUOTE(TCP, .from = VIP ":3080", .to = CLIENT, .ihl = SET(4), .payload = 9)},
	 BAD},

	/* to the pool, and none of ours: untouched, uncounted */
	{"to the pool, about a later fragment",
	 {ICMP, OF_BACKEND, TOO_BIG,
	  QUOTE(TCP, .from = POOL_AT(2000), .to = REAL, .frag = FRAG(0, 1480))},
	 XDP_PASS},
};

const struct case_list cases_fullnat_errors = CASE_LIST(fullnat_errors);
const struct case_list cases_fullnat_errors_own = CASE_LIST(fullnat_errors_own);
