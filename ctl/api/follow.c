/* SPDX-License-Identifier: GPL-2.0-or-later */
/* follow.c - see follow.h */
#include "api/follow.h"

#include <errno.h>
#include <poll.h>
#include <utlist.h>

#include "base/mem.h"

struct follower {
	struct follow_list *list;
	struct MHD_Connection *connection;
	uint64_t seq;      /* the last event it got */
	char *line;        /* the one it is getting */
	size_t size, sent; /* bytes of it */
	bool wait;         /* for more events */
	bool other;        /* counted in list->others */
	bool suspended;
	bool gone;
	struct follower *prev, *next;
};

static void wake(struct follower *f)
{
	if (!f->suspended)
		return;
	f->suspended = false;
	MHD_resume_connection(f->connection);
}

void follow_wake(struct follow_list *list)
{
	struct follower *f;

	DL_FOREACH (list->first, f)
		wake(f);
}

static bool next_line(struct follower *f)
{
	if (f->line)
		return true;
	f->line = events_next(f->list->events, f->seq, &f->seq);
	f->size = f->line ? strlen(f->line) : 0;
	f->sent = 0;
	return f->line;
}

/* Fill @buf with as many lines, or as much of one, as there is room and there are events. */
static size_t fill(struct follower *f, char *buf, size_t max)
{
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
	return used;
}

/* libmicrohttpd's content reader: nothing to send now suspends the connection. */
static ssize_t read_events(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct follower *f = cls;
	size_t n;

	if (f->gone)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = fill(f, buf, max);
	if (n)
		return (ssize_t)n;
	if (!f->wait)
		return MHD_CONTENT_READER_END_OF_STREAM;
	f->suspended = true;
	MHD_suspend_connection(f->connection);
	return 0;
}

static void follower_free(void *cls)
{
	struct follower *f = cls;

	DL_DELETE(f->list->first, f);
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
	f->list = list;
	f->connection = connection;
	f->seq = since;
	f->wait = wait;
	f->other = other;
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_events, f,
						     follower_free);
	if (!response) {
		free(f);
		return error_set(err, -ENOMEM, "no memory to send events");
	}
	list->waiting += wait;
	list->others += other;
	DL_APPEND(list->first, f);
	*ret = response;
	return 0;
}

static bool hung_up(const struct follower *f)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(f->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct pollfd pollfd = {.fd = info->connect_fd};

	return poll(&pollfd, 1, 0) > 0 && (pollfd.revents & (POLLHUP | POLLERR));
}

void follow_tick(struct follow_list *list)
{
	struct follower *f;

	DL_FOREACH (list->first, f) {
		if (!f->suspended || !hung_up(f))
			continue;
		f->gone = true;
		wake(f);
	}
}

void follow_stop(struct follow_list *list)
{
	struct follower *f;

	DL_FOREACH (list->first, f) {
		f->gone = true;
		wake(f);
	}
}
