/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spawner_become.c - from a fork of the spawner to another program of another user. Each step that
 * fails ends it: a program never runs with more than it should have.
 */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "check/protocol.h"
#include "daemon/spawner_internal.h"

/* Leaving uid 0 has cleared them, unless a securebit was set that says otherwise: make sure. */
static int no_capabilities(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) < 0 ||
	    capng_get_caps_process() < 0 ||
	    capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
		return -EPERM;
	return 0;
}

static int change_user(const struct spawner_program *program)
{
	if (setgroups(0, NULL) < 0 || setresgid(program->gid, program->gid, program->gid) < 0 ||
	    setresuid(program->uid, program->uid, program->uid) < 0)
		return -errno;
	return 0;
}

/* Die with the spawner, even when stopped or hanging. The kernel asks for the dying parent's right
 * to kill another user's process: CAP_KILL. */
static int bind_to_parent(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

static int default_signals(void)
{
	sigset_t none;

	signal(SIGTERM, SIG_DFL);
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? -errno : 0;
}

int spawner_become(const struct spawner_program *program, int socket, pid_t parent,
		   const char **ret_step)
{
	char *const arguments[] = {"shunt-checker", NULL};
	int r;

	*ret_step = "change to the checker's user";
	r = change_user(program);
	if (r < 0)
		return r;
	*ret_step = "give up the checker's capabilities";
	r = no_capabilities();
	if (r < 0)
		return r;
	*ret_step = "prepare the checker's process";
	r = bind_to_parent(parent);
	if (r < 0)
		return r;
	r = default_signals();
	if (r < 0)
		return r;
	if (dup2(socket, PROTOCOL_FD) < 0)
		return -errno;
	*ret_step = "execute shunt-checker";
	execveat(program->fd, "", arguments, environ, AT_EMPTY_PATH);
	return -errno;
}
