/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture.c - see capture.h */
#include "api/capture.h"

#include <errno.h>

#include "base/mem.h"

#define PIECE (64 << 10) /* bytes handed to libmicrohttpd at a time */

struct reader {
	struct stream stream; /* first: its callbacks know only this */
	struct capture *capture;
};

static ssize_t fill(struct stream *stream, char *buf, size_t max)
{
	struct reader *reader = (struct reader *)stream;
	ssize_t n = director_capture_read(reader->capture, buf, max);

	return n == -ENODATA ? STREAM_END : n;
}

static void reader_free(struct stream *stream)
{
	struct reader *reader = (struct reader *)stream;

	director_capture_close(reader->capture);
	free(reader);
}

int capture_open(struct capture_list *list, struct MHD_Connection *connection,
		 const struct capture_options *options, struct MHD_Response **ret,
		 struct error *err)
{
	struct reader *reader = mem_zalloc(sizeof(*reader));
	int r = director_capture_open(list->director, options, list->wake, list->arg,
				      &reader->capture, err);

	if (r < 0) {
		free(reader);
		return r;
	}
	reader->stream.fill = fill;
	reader->stream.free = reader_free;
	*ret = stream_response(&list->streams, &reader->stream, connection, PIECE);
	if (*ret)
		return 0;
	reader_free(&reader->stream);
	return error_set(err, -ENOMEM, "no memory to send packets");
}
