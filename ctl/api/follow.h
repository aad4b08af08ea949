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
#include "api/stream.h"
#include "base/error.h"
#include "daemon/events.h"

#define FOLLOW_MAX        64 /* readers that wait for more */
#define FOLLOW_OTHERS_MAX 48 /* of them, those who may not change things */

struct follow_list {
	struct events *events;
	struct streams streams;
	unsigned int waiting, others;
};

/*
 * A response that gives what came after @since, and with @wait goes on. It belongs to @connection
 * alone. -EAGAIN when FOLLOW_MAX is reached.
 */
int follow_open(struct follow_list *list, struct MHD_Connection *connection,
		const struct peer *peer, uint64_t since, bool wait, struct MHD_Response **ret,
		struct error *err);

#endif
