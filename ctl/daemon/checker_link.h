/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checker_link.h - shuntd's end of shunt-checker: which checks are wanted, and what became of them.
 *
 * The link keeps the list of wanted checks and a checker that runs them. A checker that dies, hangs
 * or talks nonsense is replaced (after 100 ms, doubling to 10 s while it does not last), and its
 * successor starts from the verdicts that stand, so that no backend changes state by that. Nothing
 * here blocks: what the socket does not take waits, at most one message a check.
 */
#ifndef DAEMON_CHECKER_LINK_H
#define DAEMON_CHECKER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "check/protocol.h"
#include "daemon/spawner.h"

#define CHECKER_LINK_BACKOFF_MIN_MS 100
#define CHECKER_LINK_BACKOFF_MAX_MS 10000
#define CHECKER_LINK_SILENCE_MS     10000 /* a checker says something every second */

struct checker_link;

enum checker_link_event {
	CHECKER_LINK_STARTED,    /* runs, and has or will get all checks */
	CHECKER_LINK_ENDED,      /* is gone; another will be started */
	CHECKER_LINK_FAILED,     /* could not be started; will be tried again */
	CHECKER_LINK_NO_SPAWNER, /* the spawner is gone: no checks until shuntd is started again */
};

struct checker_link_callbacks {
	/* A result of a wanted check. Its reason is clean text (base/text.h), its verdict one of
	 * the enum's.
	 * May call any function here but checker_link_close(). */
	void (*result)(uint32_t id, const struct protocol_result *result, void *arg);
	/* @text: one line for people, with pid and reason. */
	void (*event)(enum checker_link_event event, const char *text, void *arg);
};

struct checker_link_status {
	bool running;
	pid_t pid;         /* 0 when not running */
	uint32_t restarts; /* how often one ended that had been started */
	size_t checks;     /* wanted */
};

/*
 * Start a checker and keep one running. The link dispatches @spawner's reports in @loop; both are
 * the caller's and outlive it. @callbacks is copied, @arg passed on; nothing is called before the
 * loop runs.
 */
int checker_link_open(sd_event *loop, struct spawner *spawner,
		      const struct checker_link_callbacks *callbacks, void *arg,
		      struct checker_link **ret, struct error *err);
struct checker_link *checker_link_close(struct checker_link *link); /* takes NULL, returns NULL */
DEFINE_CLEANUP(struct checker_link *, checker_link_close)

/*
 * Want the check @check->id, as @check says (type and generation are the link's to fill). With the
 * settings it has already nothing happens; with others the check starts anew from @check->verdict,
 * and no result of the old settings is passed on. -EINVAL: no id 0, no CHECK_NONE (it needs no
 * checker).
 */
int checker_link_set(struct checker_link *link, const struct protocol_check *check);

/* No longer want it; nothing happens when there is none. No result of it is passed on after this;
 * the id may be used again. */
void checker_link_forget(struct checker_link *link, uint32_t id);

/* What is believed of the check, when it is not what the last result said: where the next checker
 * begins. A running one goes on from its own. */
void checker_link_verdict(struct checker_link *link, uint32_t id, enum protocol_verdict verdict);

void checker_link_status(const struct checker_link *link, struct checker_link_status *ret);

#endif
