/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker.h - the one thread beside the event loop: for table building and for waits that would hold
 * the loop up. A job belongs to the worker between submit and done; nothing else is shared.
 */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/error.h"

struct worker;

/* Embedded in what the job needs. */
struct worker_job {
	void (*work)(struct worker_job *job); /* in the worker's thread */
	void (*done)(struct worker_job *job); /* in the loop's thread, afterwards */
	bool urgent;                          /* before those that are not */
	struct worker_job *next;
};

int worker_new(sd_event *loop, struct worker **ret, struct error *err);
/* Waits for the job that runs; calls done() of all that were submitted. Takes NULL, returns NULL.
 */
struct worker *worker_free(struct worker *worker);
DEFINE_CLEANUP(struct worker *, worker_free)

void worker_submit(struct worker *worker, struct worker_job *job);

#endif
