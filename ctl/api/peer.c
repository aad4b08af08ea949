/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peer.c - see peer.h */
#include "api/peer.h"

#include <errno.h>
#include <grp.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/mem.h"

gid_t peer_group(void)
{
	const struct group *group = getgrnam(PEER_GROUP);

	return group ? group->gr_gid : PEER_NO_GROUP;
}

static bool in_list(const gid_t *groups, size_t count, gid_t group)
{
	for (size_t i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* Does the peer's process have @group among its supplementary groups? */
static bool in_peer_groups(int fd, gid_t group)
{
	_cleanup_free_ gid_t *groups = NULL;
	socklen_t size = 64 * sizeof(*groups);

	/* with too little room the kernel says how much it takes */
	for (int i = 0; i < 2; i++) {
		groups = mem_realloc(groups, size);
		if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0)
			return in_list(groups, size / sizeof(*groups), group);
		if (errno != ERANGE)
			return false;
	}
	return false;
}

int peer_read(int fd, gid_t group, struct peer *ret)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return -errno;
	ret->uid = cred.uid;
	ret->may_change = cred.uid == 0 || (group != PEER_NO_GROUP &&
					    (cred.gid == group || in_peer_groups(fd, group)));
	return 0;
}
