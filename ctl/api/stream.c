/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stream.c - see stream.h */
#include "api/stream.h"

#include <poll.h>
#include <utlist.h>

/* libmicrohttpd's content reader: nothing to send now suspends the connection. */
static ssize_t stream_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct stream *stream = cls;
	ssize_t n;

	if (stream->gone)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = stream->fill(stream, buf, max);
	if (n > 0)
		return n;
	if (n < 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	stream->suspended = true;
	MHD_suspend_connection(stream->connection);
	return 0;
}

static void stream_free(void *cls)
{
	struct stream *stream = cls;

	DL_DELETE(stream->list->first, stream);
	stream->free(stream);
}

struct MHD_Response *stream_response(struct streams *list, struct stream *stream,
				     struct MHD_Connection *connection, size_t piece)
{
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, piece, stream_read, stream, stream_free);

	if (!response)
		return NULL;
	stream->list = list;
	stream->connection = connection;
	DL_APPEND(list->first, stream);
	return response;
}

static void wake(struct stream *stream)
{
	if (!stream->suspended)
		return;
	stream->suspended = false;
	MHD_resume_connection(stream->connection);
}

void streams_wake(struct streams *list)
{
	struct stream *stream;

	DL_FOREACH (list->first, stream)
		wake(stream);
}

static bool hung_up(const struct stream *stream)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(stream->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct pollfd pollfd = {.fd = info->connect_fd};

	return poll(&pollfd, 1, 0) > 0 && (pollfd.revents & (POLLHUP | POLLERR));
}

void streams_tick(struct streams *list)
{
	struct stream *stream;

	DL_FOREACH (list->first, stream) {
		if (!stream->suspended || !hung_up(stream))
			continue;
		stream->gone = true;
		wake(stream);
	}
}

void streams_stop(struct streams *list)
{
	struct stream *stream;

	DL_FOREACH (list->first, stream) {
		stream->gone = true;
		wake(stream);
	}
}
