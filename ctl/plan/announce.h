/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announce.h - the life of one announced VIP as a pure state machine (RFC 5227): probe, claim,
 * defend, withdraw, or stand back when somebody else has the address. No clock, no I/O.
 *
 * The waits are shorter than the RFC's (7 s would be the length of an outage): ANNOUNCE_PROBES
 * probes ANNOUNCE_PROBE_MS apart, then as long again for an answer.
 *
 * What is held is never given up because somebody claims it (the RFC's 2.4 (c)): one forged
 * packet would else take a service away. It is defended, and an alarm stands until the claims end.
 */
#ifndef PLAN_ANNOUNCE_H
#define PLAN_ANNOUNCE_H

#include <stdbool.h>
#include <stdint.h>

#define ANNOUNCE_PROBES      3
#define ANNOUNCE_PROBE_MS    250
#define ANNOUNCE_REPEATS     3 /* announcements after the claim */
#define ANNOUNCE_REPEAT_MS   1000
#define ANNOUNCE_CONFLICT_MS 30000 /* until somebody else's address is probed again */
#define ANNOUNCE_DEFEND_MS   10000 /* at most one defence in that time: the RFC's DEFEND_INTERVAL */
#define ANNOUNCE_QUIET_MS    30000 /* without a claim: the alarm about what we hold is over */

enum announce_state {
	ANNOUNCE_IDLE,     /* not wanted, not on the link */
	ANNOUNCE_PROBING,  /* asking whether anybody has it */
	ANNOUNCE_HELD,     /* ours, on the link */
	ANNOUNCE_CONFLICT, /* somebody else answered: not ours, an alarm */
};

enum announce_event {
	ANNOUNCE_EVENT_WANT,   /* the operator wants it announced */
	ANNOUNCE_EVENT_UNWANT, /* no longer */
	/* It is on the link and ours: an earlier daemon put it there. When it is held already: the
	 * link's MAC has changed, say it again. */
	ANNOUNCE_EVENT_FOUND,
	ANNOUNCE_EVENT_CLAIMED, /* somebody else claims it, or probes for it and announce_yields()
				 */
	ANNOUNCE_EVENT_TIME,    /* the deadline has come; earlier than that it is ignored */
};

/* What the caller is to do, in this order. A set of bits. */
#define ANNOUNCE_DO_PROBE    1u
#define ANNOUNCE_DO_ADD      2u /* put the address on the link */
#define ANNOUNCE_DO_ANNOUNCE 4u /* gratuitous ARP, or its like in IPv6 */
#define ANNOUNCE_DO_REMOVE   8u
#define ANNOUNCE_DO_ALARM    16u
#define ANNOUNCE_DO_CLEAR    32u /* the alarm is over */

struct announce_machine {
	enum announce_state state;
	unsigned int sent;    /* probes or announcements in this state */
	uint64_t deadline_ms; /* when ANNOUNCE_EVENT_TIME is due; UINT64_MAX = never */

	/* the machine's own */
	bool alarmed;
	uint64_t repeat_ms; /* held: the next announcement, UINT64_MAX = all are sent */
	uint64_t quiet_ms;  /* held: the alarm is over, if nobody claims until then */
	uint64_t defend_ms; /* held: not before then is a claim answered */
};

void announce_machine_init(struct announce_machine *m);
/* Step the machine; returns ANNOUNCE_DO_* bits. */
unsigned int announce_step(struct announce_machine *m, enum announce_event event, uint64_t now_ms);

/*
 * Two probe for one address at the same time: by the RFC both stand back, and two directors that
 * start together would do so for ever. Here the one with the lower MAC goes on; true if that is
 * @other. A host that follows the RFC stands back before either.
 */
bool announce_yields(const uint8_t own[static 6], const uint8_t other[static 6]);

#endif
