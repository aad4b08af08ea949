/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer.h - who is at the other end of the Unix socket, as the kernel tells it, and what he may do.
 */
#ifndef API_PEER_H
#define API_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#define PEER_GROUP    "shunt"
#define PEER_NO_GROUP ((gid_t)-1)

struct peer {
	uid_t uid;
	bool may_change; /* root, or in the group */
};

/* The gid of PEER_GROUP, PEER_NO_GROUP where there is none. */
gid_t peer_group(void);

/* By the socket's SO_PEERCRED and SO_PEERGROUPS: as they were when the peer connected. */
int peer_read(int fd, gid_t group, struct peer *ret);

#endif
