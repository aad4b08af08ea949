/* SPDX-License-Identifier: GPL-2.0-or-later */
/* channel.c - see channel.h */
#include "checker/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <uthash.h>

#include "base/mem.h"

#define AT_A_TIME 64 /* messages a turn of the loop, each way */

struct channel {
	sd_event *loop;
	int fd;
	sd_event_source *io, *alive;
	channel_receive_fn *receive;
	void *arg;
	struct waiting *waiting; /* oldest first */
};

struct waiting {
	uint32_t id;
	struct protocol_result result;
	UT_hash_handle hh;
};

/* 0, -EAGAIN when the socket is full. That shuntd is gone is seen by reading. */
static int send_now(struct channel *channel, const void *message, size_t size)
{
	if (send(channel->fd, message, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return 0;
	return errno == EPIPE || errno == ECONNRESET ? 0 : -EAGAIN;
}

static void want_writable(struct channel *channel, bool want)
{
	sd_event_source_set_io_events(channel->io, EPOLLIN | (want ? EPOLLOUT : 0));
}

static void wait_to_send(struct channel *channel, const struct protocol_result *result)
{
	struct waiting *w;

	HASH_FIND(hh, channel->waiting, &result->id, sizeof(result->id), w);
	if (!w) {
		if (HASH_COUNT(channel->waiting) >= CHANNEL_WAITING_MAX)
			return;
		w = mem_zalloc(sizeof(*w));
		w->id = result->id;
		HASH_ADD(hh, channel->waiting, id, sizeof(w->id), w);
	}
	w->result = *result;
}

static void drop(struct channel *channel, struct waiting *w)
{
	HASH_DELETE(hh, channel->waiting, w);
	free(w);
}

static void forget(struct channel *channel, uint32_t id)
{
	struct waiting *w;

	HASH_FIND(hh, channel->waiting, &id, sizeof(id), w);
	if (w)
		drop(channel, w);
}

void channel_send(struct channel *channel, const struct protocol_result *result)
{
	if (!channel->waiting && send_now(channel, result, sizeof(*result)) == 0)
		return;
	wait_to_send(channel, result);
	want_writable(channel, true);
}

static void flush(struct channel *channel)
{
	for (unsigned int i = 0; i < AT_A_TIME && channel->waiting; i++) {
		struct waiting *oldest = channel->waiting;

		if (send_now(channel, &oldest->result, sizeof(oldest->result)) < 0)
			return;
		drop(channel, oldest);
	}
	if (!channel->waiting)
		want_writable(channel, false);
}

static bool is_message(const union protocol_message *m, ssize_t size)
{
	if (size < (ssize_t)sizeof(m->type))
		return false;
	return (m->type == PROTOCOL_CHECK && size == sizeof(m->check)) ||
	       (m->type == PROTOCOL_FORGET && size == sizeof(m->forget));
}

/* 0, -EAGAIN when there is nothing (more). */
static int receive_one(struct channel *channel)
{
	union protocol_message m;
	ssize_t size = recv(channel->fd, &m, sizeof(m), MSG_DONTWAIT | MSG_TRUNC);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (size <= 0) {
		sd_event_exit(channel->loop, 0);
		return -EAGAIN;
	}
	if (!is_message(&m, size)) {
		sd_event_exit(channel->loop, -EPROTO);
		return -EAGAIN;
	}
	/* a result of the old settings or of a check that is gone is of no use */
	forget(channel, m.type == PROTOCOL_CHECK ? m.check.id : m.forget.id);
	channel->receive(&m, channel->arg);
	return 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct channel *channel = arg;

	if (events & EPOLLOUT)
		flush(channel);
	for (unsigned int i = 0; i < AT_A_TIME; i++)
		if (receive_one(channel) < 0)
			break;
	return 0;
}

static int on_alive(sd_event_source *source, uint64_t usec, void *arg)
{
	const struct protocol_alive message = {.type = PROTOCOL_ALIVE};
	struct channel *channel = arg;

	send_now(channel, &message, sizeof(message)); /* a full socket says it as well */
	sd_event_source_set_time_relative(source, PROTOCOL_ALIVE_MS * 1000ull);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int add_sources(struct channel *channel)
{
	int r = sd_event_add_io(channel->loop, &channel->io, channel->fd, EPOLLIN, on_io, channel);

	if (r < 0)
		return r;
	return sd_event_add_time_relative(channel->loop, &channel->alive, CLOCK_MONOTONIC,
					  PROTOCOL_ALIVE_MS * 1000ull, 0, on_alive, channel);
}

int channel_open(sd_event *loop, int fd, channel_receive_fn *receive, void *arg,
		 struct channel **ret)
{
	struct channel *channel = mem_zalloc(sizeof(*channel));
	int r;

	channel->loop = sd_event_ref(loop);
	channel->fd = fd;
	channel->receive = receive;
	channel->arg = arg;
	r = add_sources(channel);
	if (r < 0) {
		channel->fd = -1;
		channel_close(channel);
		return r;
	}
	*ret = channel;
	return 0;
}

struct channel *channel_close(struct channel *channel)
{
	struct waiting *w, *next;

	if (!channel)
		return NULL;
	HASH_ITER (hh, channel->waiting, w, next)
		drop(channel, w);
	sd_event_source_disable_unref(channel->io);
	sd_event_source_disable_unref(channel->alive);
	if (channel->fd >= 0)
		close(channel->fd);
	sd_event_unref(channel->loop);
	free(channel);
	return NULL;
}

size_t channel_waiting(const struct channel *channel)
{
	return HASH_COUNT(channel->waiting);
}
