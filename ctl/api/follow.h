/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * follow.h - the answer to GET /v1/events: lines out of the ring as the reader takes them. Nothing
 * is stored for a reader but its place, so that a slow one costs nothing and misses the oldest.
 */
#ifndef API_FOLLOW_H
#define API_FOLLOW_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/peer.h"
#include "base/error.h"
#include "daemon/events.h"

#define FOLLOW_MAX        64 /* readers that wait for more */
#define FOLLOW_OTHERS_MAX 48 /* of them, those who may not change things */

struct follower;

struct follow_list {
	struct events *events;
	struct follower *first;
	unsigned int waiting, others;
};

/* After each event: let those who wait run. The server must run soon afterwards. */
void follow_wake(struct follow_list *list);

/*
 * A response that gives what came after @since, and with @wait goes on. It belongs to @connection
 * alone. -EAGAIN when FOLLOW_MAX is reached.
 */
int follow_open(struct follow_list *list, struct MHD_Connection *connection,
		const struct peer *peer, uint64_t since, bool wait, struct MHD_Response **ret,
		struct error *err);

/* Once a second: notice the readers that went away, which no event has told us. */
void follow_tick(struct follow_list *list);

/* Let every reader run once more, so that the server can be stopped; none waits afterwards. */
void follow_stop(struct follow_list *list);

#endif
