/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream.h - an answer that comes as it comes into being: libmicrohttpd takes what there is as fast
 * as the reader does, and the connection sleeps while there is nothing.
 */
#ifndef API_STREAM_H
#define API_STREAM_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Part of what an owner knows of its reader. */
struct stream {
	/* Up to @max bytes to @buf; returns how many, 0 = none now, STREAM_END = none ever. */
	ssize_t (*fill)(struct stream *stream, char *buf, size_t max);
	/* The answer is over, for whatever reason: free what the stream is part of. */
	void (*free)(struct stream *stream);
	/* private */
	struct streams *list;
	struct MHD_Connection *connection;
	bool suspended, gone;
	struct stream *prev, *next;
};

#define STREAM_END ((ssize_t)-1)

struct streams {
	struct stream *first;
};

/* The response that sends @stream, whose callbacks are set, to @connection alone, in pieces of at
 * most @piece bytes. NULL without memory: then @stream is untouched. */
struct MHD_Response *stream_response(struct streams *list, struct stream *stream,
				     struct MHD_Connection *connection, size_t piece);

/* There is something to send: let those who sleep run. The server must run soon afterwards. */
void streams_wake(struct streams *list);

/* Once a second: notice the readers that went away while nothing was sent to them. */
void streams_tick(struct streams *list);

/* Let every reader run once more, so that the server can be stopped; none sleeps afterwards. */
void streams_stop(struct streams *list);

#endif
