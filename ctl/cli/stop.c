/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stop.c - see stop.h */
#include "cli/stop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

int stop_open(FILE *out, struct stop *ret, struct error *err)
{
	struct epoll_event readable = {.events = EPOLLIN}, lost = {.events = EPOLLERR};
	struct stop stop;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	stop.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	stop.fd = epoll_create1(EPOLL_CLOEXEC);
	if (stop.signals < 0 || stop.fd < 0 ||
	    epoll_ctl(stop.fd, EPOLL_CTL_ADD, stop.signals, &readable)) {
		error_set(err, -errno, "cannot wait for signals: %s", strerror(errno));
		stop_close(&stop);
		return err->code;
	}
	/* a file cannot be waited for, and has no reader to lose */
	epoll_ctl(stop.fd, EPOLL_CTL_ADD, fileno(out), &lost);
	sigprocmask(SIG_BLOCK, &set, NULL);
	*ret = stop;
	return 0;
}

void stop_close(struct stop *stop)
{
	if (stop->fd >= 0)
		close(stop->fd);
	if (stop->signals >= 0)
		close(stop->signals);
}

bool stop_wait(const struct stop *stop, int ms)
{
	struct pollfd pollfd = {.fd = stop->fd, .events = POLLIN};

	return poll(&pollfd, 1, ms) > 0;
}
