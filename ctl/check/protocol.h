/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protocol.h - what shuntd and shunt-checker say to each other over a SOCK_SEQPACKET socketpair:
 * one struct a message, same machine, same build. The checker trusts nothing it reads from the
 * network, and shuntd trusts nothing the checker says beyond "this check is up or down".
 */
#ifndef CHECK_PROTOCOL_H
#define CHECK_PROTOCOL_H

#include <stdint.h>

#include "model/addr.h"

#define PROTOCOL_REASON_LEN 120
#define PROTOCOL_FD         3 /* the checker's end */
#define PROTOCOL_ALIVE_MS   1000

enum protocol_type {
	PROTOCOL_CHECK = 1, /* to the checker: run this check from now on (or with new settings) */
	PROTOCOL_FORGET,    /* to the checker: stop it */
	PROTOCOL_RESULT,    /* from the checker: one result, with what it makes of the check */
	PROTOCOL_ALIVE,     /* from the checker, every PROTOCOL_ALIVE_MS: it does not hang */
};

enum protocol_verdict { VERDICT_UNKNOWN, VERDICT_UP, VERDICT_DOWN };

struct protocol_check {
	uint32_t type; /* PROTOCOL_CHECK */
	uint32_t id;
	uint32_t generation;        /* comes back in the results; tells those of older settings */
	int32_t kind;               /* enum check_kind */
	uint32_t interval, timeout; /* ms */
	uint32_t rise, fall, jitter;
	int32_t verdict; /* what shuntd believes now: a restarted checker begins from there */
	struct endpoint to;
};

struct protocol_forget {
	uint32_t type; /* PROTOCOL_FORGET */
	uint32_t id;
};

struct protocol_result {
	uint32_t type; /* PROTOCOL_RESULT */
	uint32_t id;
	uint32_t generation;
	int32_t verdict;                  /* after this result */
	uint32_t passed;                  /* did this one succeed? */
	uint32_t took_us;                 /* from start to result */
	uint32_t streak;                  /* equal results in a row */
	char reason[PROTOCOL_REASON_LEN]; /* "connected", "timeout after 1s" */
};

struct protocol_alive {
	uint32_t type; /* PROTOCOL_ALIVE */
};

union protocol_message {
	uint32_t type;
	struct protocol_check check;
	struct protocol_forget forget;
	struct protocol_result result;
	struct protocol_alive alive;
};

#endif
