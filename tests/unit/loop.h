/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loop.h - for tests of things that live in an event loop: run it until something is so. */
#ifndef TESTS_UNIT_LOOP_H
#define TESTS_UNIT_LOOP_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "model/addr.h"

#define LOOP_LIMIT_S 20 /* what has not come by then does not come */

static inline double loop_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* false when it did not come, or the loop was told to exit. */
static inline bool loop_until(sd_event *loop, bool (*is_so)(void *arg), void *arg)
{
	double limit = loop_seconds() + LOOP_LIMIT_S;

	while (!is_so(arg)) {
		if (loop_seconds() > limit || sd_event_get_state(loop) == SD_EVENT_FINISHED)
			return false;
		if (sd_event_run(loop, 100 * 1000) < 0)
			return false;
	}
	return true;
}

/* A listening socket on a free port of @host; @backlog as for listen(). */
static inline int loop_listen_at(const char *host, int backlog, struct endpoint *ret)
{
	struct endpoint at = {};
	struct sockaddr_storage address;
	socklen_t size;
	int fd;

	if (ip_addr_parse(host, &at.addr, NULL))
		return -1;
	size = endpoint_sockaddr(&at, &address);
	fd = socket(at.addr.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, backlog) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return -1;
	at.port = ntohs(at.addr.family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
						   : ((struct sockaddr_in *)&address)->sin_port);
	*ret = at;
	return fd;
}

static inline int loop_listen(int backlog, struct endpoint *ret)
{
	return loop_listen_at("127.0.0.1", backlog, ret);
}

static inline int loop_connect(const struct endpoint *to)
{
	struct sockaddr_storage address;
	socklen_t size = endpoint_sockaddr(to, &address);
	int fd = socket(to->addr.family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, size) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

#endif
