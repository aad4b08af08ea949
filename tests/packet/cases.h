/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cases.h - the table of packets: what comes in, what the program does with it, what goes out, and
 * what is counted. A file of cases for each subject and family, and for the rows that both families
 * have a both_*.h (see family.h); test_cases.c runs them all.
 */
#ifndef PACKET_CASES_H
#define PACKET_CASES_H

#include <linux/bpf.h>

#include "packet/world.h"

enum counted {
	NOTHING,
	FORWARDED, /* a packet to the backend */
	CONNECTED, /* the same, and a connection */
	REPLIED,   /* a packet from the backend */
};

struct packet_case {
	const char *name;
	struct frame in;
	int verdict; /* enum xdp_action */
	/* TX and REDIRECT: what is other than in `in`. What passes must be as it came. */
	struct frame out;
	bool anew;          /* `out` is the whole of it */
	const char *reason; /* the one that is counted; none if NULL */
	enum world_service service;
	enum counted counted; /* for number 1 of the service, or .number */
	int number;
	bool forwarding_off; /* while this packet comes in */
};

struct case_list {
	const char *subject;
	const struct packet_case *cases;
	size_t count;
};

extern const struct case_list cases_dr, cases_nat, cases_reply, cases_icmp, cases_errors,
	cases_errors_own, cases_expired, cases_broken, cases_not_ours, cases_dr6, cases_nat6,
	cases_reply6, cases_icmp6, cases_errors6, cases_errors6_own, cases_expired6, cases_broken6,
	cases_not_ours6, cases_vlan, cases_tunnel, cases_too_big, cases_any, cases_mss,
	cases_fragments;
extern const struct case_list cases_fullnat, cases_fullnat_own, cases_fullnat_reply,
	cases_fullnat_reply_own, cases_fullnat_errors, cases_fullnat_errors_own, cases_fullnat6,
	cases_fullnat6_own, cases_fullnat_reply6, cases_fullnat_reply6_own, cases_fullnat_errors6,
	cases_fullnat_errors6_own, cases_fullnat_told, cases_fullnat_fragments, cases_fullnat_toa,
	cases_fullnat_toa6;

/* All that need no flow; the last is NULL. */
extern const struct case_list *const case_lists[];
/* Those that do: of world_add_fullnat(), in this order, each once. */
extern const struct case_list *const fullnat_case_lists[];

#define CASE_LIST(subject)                                                                         \
	{                                                                                          \
#subject, subject, sizeof(subject) / sizeof(subject[0])                            \
	}

/* What the MACs become. */
#define TO_BACKEND .dmac = MAC_BACKEND, .smac = MAC_DIRECTOR
#define TO_ROUTER  .dmac = MAC_ROUTER, .smac = MAC_DIRECTOR
#define TO_ROUTER2 .dmac = MAC_ROUTER2, .smac = MAC_OUT
#define NO_TAGS    .vlan = UNTAGGED, .vlan_inner = UNTAGGED

/* The most IP options that there may be. */
#define MOST "94040000010101010101010101010101010101010101010101010101010101010101010101010101"

/* What an ICMP error quotes. */
#define QUOTE(...)                                                                                 \
	.quote = &(const struct frame)                                                             \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

#endif
