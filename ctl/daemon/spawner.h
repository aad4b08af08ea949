/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spawner.h - a small process beside shuntd that starts others on its behalf.
 *
 * shuntd gives its capabilities up and so cannot start anything under another user's id. It forks
 * the spawner before, which keeps CAP_SETUID, CAP_SETGID and CAP_KILL (a checker that hangs or that
 * must die with it is another user's process) and nothing else: no descriptor but its socket and
 * stderr, an empty bounding set. It runs no command that it is told: what it may start is fixed
 * when it is forked.
 *
 * When shuntd's end of the socket closes, for whatever reason, the spawner ends, and what it
 * started with it.
 */
#ifndef DAEMON_SPAWNER_H
#define DAEMON_SPAWNER_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"

#define SPAWNER_CHILDREN_MAX 16 /* at the same time; one more is SPAWNER_FAILED */
#define SPAWNER_REASON_LEN   sizeof(((struct error *)0)->text)

struct spawner;

/* What the spawner reports. Exec checks and notify programs will come with reports of their own. */
enum spawner_event_type {
	SPAWNER_READY,   /* internal: it has dropped its privileges */
	SPAWNER_STARTED, /* a checker runs: pid, fd */
	SPAWNER_EXITED,  /* what it started is gone: pid, status */
	SPAWNER_FAILED,  /* what was asked for could not be started: reason */
};

struct spawner_event {
	uint32_t type; /* enum spawner_event_type */
	pid_t pid;
	int status; /* as from waitpid() */
	int fd;     /* shuntd's end of the checker's socket, the callback's to close; -1 = none */
	char reason[SPAWNER_REASON_LEN];
};

/*
 * Where shunt-checker is: what the environment variable SHUNT_CHECKER says, else beside the
 * running program (a build tree), else ../libexec/shunt/ from there (installed). -ENOENT.
 */
int spawner_find_checker(char ret[static PATH_MAX], struct error *err);

/*
 * Fork the spawner, to start the program @checker as the user `shunt-checker` if there is one,
 * else as `nobody`. Call it before threads, and before descriptors are open that it should not
 * even see for a moment. Waits until the spawner is ready. -EPERM: CAP_SETUID, CAP_SETGID missing.
 */
int spawner_start(const char *checker, struct spawner **ret, struct error *err);

/* Close the socket and wait for the spawner's end (it is killed after a second). Takes NULL,
 * returns NULL. */
struct spawner *spawner_stop(struct spawner *spawner);
DEFINE_CLEANUP(struct spawner *, spawner_stop)

pid_t spawner_pid(const struct spawner *spawner);

/* Readable when there is something to dispatch. */
int spawner_fd(const struct spawner *spawner);

/* Ask for a checker; SPAWNER_STARTED or SPAWNER_FAILED will follow. Does not block. -EAGAIN: the
 * spawner does not read; -EPIPE: it is gone. */
int spawner_request_checker(struct spawner *spawner);

/* Ask for SIGKILL to @pid, which the spawner must have started and not yet reported as gone. */
int spawner_request_kill(struct spawner *spawner, pid_t pid);

/* Call @each for every report that waits. -EPIPE when the spawner is gone. */
int spawner_dispatch(struct spawner *spawner,
		     void (*each)(const struct spawner_event *event, void *arg), void *arg);

#endif
