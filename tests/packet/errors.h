/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * errors.h - the words of rows about ICMP errors, for both_errors.h and both_fullnat_errors.h, and
 * the kinds of errors that there are.
 */
#ifndef PACKET_ERRORS_H
#define PACKET_ERRORS_H

#include "packet/family.h"

#define ROUTER CLIENT_HOST(254) /* on the way to the client */
#define INNER  HOST(77)         /* on the way to the backend */
#define TO_VIP .from = ROUTER, .to = THE_VIP
#define STACK  XDP_PASS, .reason = "icmp_pass"
#define BAD    XDP_DROP, .reason = "malformed_quote"

/* DATA is of the packet that is quoted. X(text, type and code, the rest of the header). */
#if FAMILY == 4
#define DATA       .ttl = 57, .id = 0x1234, .frag = DONT_FRAGMENT, .payload = 1400
#define TOO_BIG    .icmp = ICMP_KIND(3, 4), .rest = "00000578"
#define ECHO_REPLY .icmp = ICMP_KIND(0, 0)
#define REDIRECT   .icmp = ICMP_KIND(5, 1)
#define EVERY_KIND(X)                                                                              \
	X("network unreachable", ICMP_KIND(3, 0), "00000000"),                                     \
		X("host unreachable", ICMP_KIND(3, 1), "00000000"),                                \
		X("protocol unreachable", ICMP_KIND(3, 2), "00000000"),                            \
		X("port unreachable", ICMP_KIND(3, 3), "00000000"),                                \
		X("fragmentation needed, MTU 1400", ICMP_KIND(3, 4), "00000578"),                  \
		X("fragmentation needed, no MTU", ICMP_KIND(3, 4), "00000000"),                    \
		X("source route failed", ICMP_KIND(3, 5), "00000000"),                             \
		X("administratively prohibited", ICMP_KIND(3, 13), "00000000"),                    \
		X("a code of tomorrow", ICMP_KIND(3, 77), "00000000"),                             \
		X("time exceeded in transit", ICMP_KIND(11, 0), "00000000"),                       \
		X("time exceeded in reassembly", ICMP_KIND(11, 1), "00000000"),                    \
		X("parameter problem", ICMP_KIND(12, 0), "14000000"),                              \
		X("parameter problem, bad length", ICMP_KIND(12, 2), "02000000")
#else
#define DATA       .ttl = 57, .flow = 0x12345, .payload = 1400
#define TOO_BIG    .icmp = ICMP_KIND(2, 0), .rest = "00000514"
#define ECHO_REPLY .icmp = ICMP_KIND(129, 0)
#define REDIRECT   .icmp = ICMP_KIND(137, 0)
#define EVERY_KIND(X)                                                                              \
	X("no route", ICMP_KIND(1, 0), "00000000"),                                                \
		X("administratively prohibited", ICMP_KIND(1, 1), "00000000"),                     \
		X("address unreachable", ICMP_KIND(1, 3), "00000000"),                             \
		X("port unreachable", ICMP_KIND(1, 4), "00000000"),                                \
		X("too big, MTU 1300", ICMP_KIND(2, 0), "00000514"),                               \
		X("hop limit exceeded", ICMP_KIND(3, 0), "00000000"),                              \
		X("time exceeded in reassembly", ICMP_KIND(3, 1), "00000000"),                     \
		X("parameter problem", ICMP_KIND(4, 0), "00000006"),                               \
		X("parameter problem, a code of tomorrow", ICMP_KIND(4, 77), "00000028")
#endif

/* One kind of error from behind a service, both protocols. Who it is OF, what they have SEEN and
 * the client had SENT is up to the file that uses it. */
#define FROM_BEHIND(text, backend, kind, word)                                                     \
	{text ", from " backend ", TCP",                                                           \
	 {ICMP, OF_BACKEND, .icmp = kind, .rest = word, SEEN_WEB},                                 \
	 TO_CLIENT(TCP, THE_VIP, SENT_WEB)},                                                       \
		{text ", from " backend ", UDP",                                                   \
		 {ICMP, OF_BACKEND, .icmp = kind, .rest = word, SEEN_DNS},                         \
		 TO_CLIENT(UDP, THE_VIP, SENT_DNS)},                                               \
		{text ", from a router before it, TCP",                                            \
		 {ICMP, OF_INNER, .icmp = kind, .rest = word, SEEN_WEB},                           \
		 TO_CLIENT(TCP, INNER, SENT_WEB)},                                                 \
	{                                                                                          \
		text ", from a router before it, UDP",                                             \
			{ICMP, OF_INNER, .icmp = kind, .rest = word, SEEN_DNS},                    \
			TO_CLIENT(UDP, INNER, SENT_DNS)                                            \
	}

#endif
