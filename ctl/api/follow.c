/* SPDX-License-Identifier: GPL-2.0-or-later */
/* follow.c - see follow.h */
#include "api/follow.h"

#include <errno.h>

#include "base/mem.h"

struct follower {
	struct stream stream; /* first: its callbacks know only this */
	struct follow_list *list;
	uint64_t seq;      /* the last event it got */
	char *line;        /* the one it is getting */
	size_t size, sent; /* bytes of it */
	bool wait;         /* for more events */
	bool other;        /* counted in list->others */
};

static bool next_line(struct follower *f)
{
	if (f->line)
		return true;
	f->line = events_next(f->list->events, f->seq, &f->seq);
	f->size = f->line ? strlen(f->line) : 0;
	f->sent = 0;
	return f->line;
}

/* As many lines, or as much of one, as there is room and there are events. */
static ssize_t fill(struct stream *stream, char *buf, size_t max)
{
	struct follower *f = (struct follower *)stream;
	size_t used = 0;

	while (used < max && next_line(f)) {
		size_t n = f->size - f->sent < max - used ? f->size - f->sent : max - used;

		memcpy(buf + used, f->line + f->sent, n);
		used += n;
		f->sent += n;
		if (f->sent < f->size)
			break;
		free(f->line);
		f->line = NULL;
	}
	return used || f->wait ? (ssize_t)used : STREAM_END;
}

static void follower_free(struct stream *stream)
{
	struct follower *f = (struct follower *)stream;

	f->list->waiting -= f->wait;
	f->list->others -= f->other;
	free(f->line);
	free(f);
}

int follow_open(struct follow_list *list, struct MHD_Connection *connection,
		const struct peer *peer, uint64_t since, bool wait, struct MHD_Response **ret,
		struct error *err)
{
	bool other = wait && !peer->may_change;
	struct MHD_Response *response;
	struct follower *f;

	if (wait && (list->waiting >= FOLLOW_MAX || (other && list->others >= FOLLOW_OTHERS_MAX)))
		return error_set(err, -EAGAIN, "%u readers follow the events already; try later",
				 list->waiting);
	f = mem_zalloc(sizeof(*f));
	f->stream.fill = fill;
	f->stream.free = follower_free;
	f->list = list;
	f->seq = since;
	f->wait = wait;
	f->other = other;
	response = stream_response(&list->streams, &f->stream, connection, 4096);
	if (!response) {
		free(f);
		return error_set(err, -ENOMEM, "no memory to send events");
	}
	list->waiting += wait;
	list->others += other;
	*ret = response;
	return 0;
}
