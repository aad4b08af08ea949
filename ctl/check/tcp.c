/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcp.c - the kind `tcp`: passed when a connection comes about, which is then closed.
 *
 * Closed with a FIN, as a client does that has changed its mind. A RST (SO_LINGER 0) would spare
 * this host a TIME_WAIT, but servers log a reset as an error, some count it as an attack. A
 * TIME_WAIT holds a local port only towards its own backend: 30 of 28,000 at an interval of 2 s,
 * 600 at the shortest one.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "check/kind.h"

struct tcp_attempt {
	int fd;
	sd_event_source *io;
	check_done_fn *done;
	void *arg;
};

static void tcp_free(void *p)
{
	struct tcp_attempt *attempt = p;

	if (!attempt)
		return;
	sd_event_source_disable_unref(attempt->io);
	if (attempt->fd >= 0)
		close(attempt->fd);
	free(attempt);
}

static void tcp_outcome(struct check_outcome *outcome, int error)
{
	if (error)
		check_outcome_errno(outcome, error);
	else
		check_outcome_text(outcome, true, "connected");
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct tcp_attempt *attempt = arg;
	struct check_outcome outcome;
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof(error)}) < 0)
		error = errno;
	tcp_outcome(&outcome, error);
	attempt->done(&outcome, attempt->arg); /* frees the attempt */
	return 0;
}

/* Does this error of connect() tell of this host's lack of something, not of the way there? */
static bool own_trouble(int error)
{
	return error == EADDRNOTAVAIL || error == EAGAIN || error == ENOBUFS || error == ENOMEM;
}

static int tcp_connect(int fd, const struct endpoint *to)
{
	struct sockaddr_storage address;
	socklen_t size = endpoint_sockaddr(to, &address);

	return connect(fd, (struct sockaddr *)&address, size) < 0 ? errno : 0;
}

static int tcp_start(sd_event *loop, const struct protocol_check *check, check_done_fn *done,
		     void *arg, void **ret_attempt, struct check_outcome *ret_outcome)
{
	_cleanup_close_ int fd = -1;
	struct tcp_attempt *attempt;
	int r;

	if (!check->to.addr.family)
		return -EAFNOSUPPORT;
	fd = socket(check->to.addr.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = tcp_connect(fd, &check->to);
	if (own_trouble(r))
		return -r;
	if (r != EINPROGRESS) {
		tcp_outcome(ret_outcome, r);
		return CHECK_OVER;
	}
	attempt = mem_zalloc(sizeof(*attempt));
	*attempt = (struct tcp_attempt){.fd = take_fd(fd), .done = done, .arg = arg};
	r = sd_event_add_io(loop, &attempt->io, attempt->fd, EPOLLOUT, on_io, attempt);
	if (r < 0) {
		tcp_free(attempt);
		return r;
	}
	*ret_attempt = attempt;
	return CHECK_UNDER_WAY;
}

const struct check_kind_ops check_tcp = {.start = tcp_start, .free = tcp_free};
