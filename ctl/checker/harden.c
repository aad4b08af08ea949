/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harden.c - see harden.h */
#include "checker/harden.h"

#include <cap-ng.h>
#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/protocol.h"

static int verify_socket(struct error *err)
{
	int type = 0;

	if (getsockopt(PROTOCOL_FD, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof(type)}) < 0 ||
	    type != SOCK_SEQPACKET)
		return error_set(err, -ENOTSOCK,
				 "descriptor %d is not shuntd's socket: shunt-checker is started "
				 "by shuntd, not by hand",
				 PROTOCOL_FD);
	return 0;
}

static int verify_unprivileged(struct error *err)
{
	if (!getuid() || !geteuid())
		return error_set(err, -EPERM,
				 "refusing to run as root: shuntd starts the checker as the user "
				 "shunt-checker or nobody");
	if (capng_get_caps_process() < 0)
		return error_set(err, -EPERM, "cannot read the process's capabilities");
	if (capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
		return error_set(
			err, -EPERM,
			"refusing to run with capabilities: expected a process without any");
	return 0;
}

/* More descriptors are more checks at the same time; fewer are no reason not to run. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int harden(struct error *err)
{
	int r = verify_socket(err);

	if (r < 0)
		return r;
	r = verify_unprivileged(err);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, -errno, "cannot give up privileges: %s", strerror(errno));
	if (close_range(PROTOCOL_FD + 1, ~0u, 0) < 0)
		return error_set(err, -errno, "cannot close descriptors: %s", strerror(errno));
	raise_descriptor_limit();
	return 0;
}
