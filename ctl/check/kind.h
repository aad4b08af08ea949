/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kind.h - what a kind of check is: {start, free}, and a result between them.
 *
 * A kind knows how to try a backend once. When, how often, how long it may take and what follows
 * from the result is not its business (checker/engine.h). A new kind is a file with a struct
 * check_kind_ops and a line in kind.c.
 */
#ifndef CHECK_KIND_H
#define CHECK_KIND_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "check/protocol.h"

/* What came of one attempt. */
struct check_outcome {
	bool passed;
	char reason[PROTOCOL_REASON_LEN]; /* lower case, no full stop: "connection refused" */
};

/* Called from the loop when an attempt has come to its end; it may free the attempt. */
typedef void check_done_fn(const struct check_outcome *outcome, void *arg);

/* How an attempt's start went. A negative errno is the checker's own trouble (no descriptors, no
 * local ports), which says nothing about the backend. */
enum check_started {
	CHECK_UNDER_WAY, /* *ret_attempt is set, @done will be called once */
	CHECK_OVER,      /* *ret_outcome is set, and that was it */
};

struct check_kind_ops {
	/* Try @check->to once. @check stays valid until the attempt is freed. */
	int (*start)(sd_event *loop, const struct protocol_check *check, check_done_fn *done,
		     void *arg, void **ret_attempt, struct check_outcome *ret_outcome);
	/* Free an attempt, before (then @done is not called) or after its end. Takes NULL. */
	void (*free)(void *attempt);
};

/* NULL for what is no kind or needs no checker (CHECK_NONE). */
const struct check_kind_ops *check_kind(int kind);

extern const struct check_kind_ops check_tcp;

/* Fill an outcome: failed with what @error (a positive errno) means for people. */
void check_outcome_errno(struct check_outcome *outcome, int error);
void check_outcome_text(struct check_outcome *outcome, bool passed, const char *text);

#endif
