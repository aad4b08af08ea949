/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decap.h - what the backends' program (bpf/decap.bpf.c) and user space share: map keys, reasons,
 * limits. The director knows nothing of it, nor this of the director's maps.
 *
 * A change of any layout or meaning here raises DECAP_ABI_VERSION: maps are pinned under that
 * number.
 */
#ifndef SHUNT_DECAP_H
#define SHUNT_DECAP_H

#include <linux/types.h>

#define DECAP_ABI_VERSION 1

#define DECAP_VIPS_MAX      1024 /* enabled VIPs */
#define DECAP_DIRECTORS_MAX 256  /* addresses and prefixes of directors */

/* An address: the key of vips, and the value of strangers. IPv4 stands in word[0]. */
struct decap_addr {
	__be32 word[4];
	__u32 family; /* 4 or 6; 0 = none */
};
_Static_assert(sizeof(struct decap_addr) == 20, "no hidden padding");

/* The key of directors, a longest-prefix trie: the family is part of what is compared. */
#define DECAP_FAMILY_BITS 32
struct decap_director {
	__u32 prefixlen; /* DECAP_FAMILY_BITS and the prefix's own */
	__u32 family;    /* 4 or 6 */
	__be32 word[4];
};
_Static_assert(sizeof(struct decap_director) == 24, "no hidden padding");

/*
 * What became of a packet: X(symbol, name, verdict, help), as SHUNT_REASONS in abi.h. A packet that
 * comes neither from a director nor is for an enabled VIP passes uncounted.
 */
#define DECAP_REASONS(X)                                                                           \
	X(UNWRAPPED, "unwrapped", "pass", "from a director, for an enabled VIP: unwrapped")        \
	X(MALFORMED_OUTER, "malformed_outer", "drop",                                              \
	  "from a director: the outer header's lengths or checksum are not right")                 \
	X(OUTER_FRAGMENT, "outer_fragment", "drop",                                                \
	  "from a director: the tunnel packet itself is a fragment; the MTU on the way from the "  \
	  "director is too small")                                                                 \
	X(GUE_HEADER, "gue_header", "drop",                                                        \
	  "from a director: GUE of another version, with options, flags or a payload that is not " \
	  "IP")                                                                                    \
	X(GUE_CHECKSUM, "gue_checksum", "drop",                                                    \
	  "from a director: GUE with a UDP checksum, which is not verified here; expected 0")      \
	X(MALFORMED_INNER, "malformed_inner", "drop",                                              \
	  "from a director: the inner header is cut short or its lengths are not right")           \
	X(ECN, "ecn", "drop",                                                                      \
	  "congestion was marked on the outer header, and the inner packet's sender does not "     \
	  "understand the mark (RFC 6040)")                                                        \
	X(INTERNAL, "internal", "drop",                                                            \
	  "the outer header cannot be taken off: a bug, please "                                   \
	  "report it")                                                                             \
	X(UNKNOWN_VIP, "unknown_vip", "pass",                                                      \
	  "from a director, for an address that is not enabled: passed as it is")                  \
	X(NOT_DIRECTOR, "not_director", "pass",                                                    \
	  "for an enabled VIP, but not from a director: passed as it is")

enum decap_reason {
#define X(symbol, name, verdict, help) DECAP_REASON_##symbol,
	DECAP_REASONS(X)
#undef X
		DECAP_REASON_COUNT
};

#endif
