/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spawner_internal.h - what shuntd and the spawner say to each other: one struct a message over a
 * SOCK_SEQPACKET socketpair. shuntd sends struct spawner_request, the spawner struct spawner_event
 * (its fd travels as SCM_RIGHTS).
 */
#ifndef DAEMON_SPAWNER_INTERNAL_H
#define DAEMON_SPAWNER_INTERNAL_H

#include "daemon/spawner.h"

/* Exec checks and notify programs will be requests of their own, for programs that are named when
 * the spawner is forked. */
enum spawner_request_type {
	SPAWNER_RUN_CHECKER = 1,
	SPAWNER_KILL, /* pid */
};

struct spawner_request {
	uint32_t type; /* enum spawner_request_type */
	pid_t pid;
};

/* What the spawner starts, and as whom. */
struct spawner_program {
	int fd; /* O_PATH: its path need not be open to that user */
	uid_t uid;
	gid_t gid;
};

/* The spawner's own main; @socket is its end. Does not return. */
void spawner_process_run(int socket, const struct spawner_program *checker)
	__attribute__((noreturn));

/*
 * In a fresh child of the process @parent: become @program, as its user, with @socket at
 * PROTOCOL_FD, the standard descriptors, and nothing else. All other descriptors are close-on-exec,
 * none of them is PROTOCOL_FD. Returns only on failure: -errno, with @ret_step (static) what it
 * was about to do.
 */
int spawner_become(const struct spawner_program *program, int socket, pid_t parent,
		   const char **ret_step);

#endif
