/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announce.h - the life of one announced VIP as a pure state machine (RFC 5227): probe, claim,
 * defend, withdraw, or stand back when somebody else has the address. No clock, no I/O.
 *
 * The waits are shorter than the RFC's (7 s would be the length of an outage): ANNOUNCE_PROBES
 * probes ANNOUNCE_PROBE_MS apart, then as long again for an answer.
 */
#ifndef PLAN_ANNOUNCE_H
#define PLAN_ANNOUNCE_H

#include <stdbool.h>
#include <stdint.h>

#define ANNOUNCE_PROBES	     3
#define ANNOUNCE_PROBE_MS    250
#define ANNOUNCE_REPEATS     3	   /* gratuitous ARPs after the claim */
#define ANNOUNCE_REPEAT_MS   1000
#define ANNOUNCE_CONFLICT_MS 30000 /* until somebody else's address is probed again */

enum announce_state {
	ANNOUNCE_IDLE,	   /* not wanted, not on the link */
	ANNOUNCE_PROBING,  /* asking whether anybody has it */
	ANNOUNCE_HELD,	   /* ours, on the link */
	ANNOUNCE_CONFLICT, /* somebody else answered: not ours, an alarm */
};

enum announce_event {
	ANNOUNCE_EVENT_WANT,	 /* the operator wants it announced */
	ANNOUNCE_EVENT_UNWANT,	 /* no longer */
	ANNOUNCE_EVENT_FOUND,	 /* it is on the link and ours: an earlier daemon put it there */
	ANNOUNCE_EVENT_CLAIMED,	 /* somebody else claims it, or probes for it too */
	ANNOUNCE_EVENT_TIME,	 /* the deadline has come */
};

/* What the caller is to do, in this order. A set of bits. */
#define ANNOUNCE_DO_PROBE    1u
#define ANNOUNCE_DO_ADD	     2u /* put the address on the link */
#define ANNOUNCE_DO_ANNOUNCE 4u /* send one gratuitous ARP */
#define ANNOUNCE_DO_REMOVE   8u
#define ANNOUNCE_DO_ALARM    16u
#define ANNOUNCE_DO_CLEAR    32u /* the alarm is over */

struct announce_machine {
	enum announce_state state;
	unsigned int sent;     /* probes or announcements in this state */
	uint64_t deadline_ms; /* when ANNOUNCE_EVENT_TIME is due; UINT64_MAX = never */
};

void announce_machine_init(struct announce_machine *m);
/* Step the machine; returns ANNOUNCE_DO_* bits. */
unsigned int announce_step(struct announce_machine *m, enum announce_event event, uint64_t now_ms);

#endif
