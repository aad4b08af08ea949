/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources.c - what wakes the daemon's loop besides the API, checks and timers of others: the
 * network's notifications, the program's requests, signals. */
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/director_internal.h"

#define HOST_WATCH_US     (5 * 1000000) /* between looks at what has no notification (sysctls) */
#define REQUESTS_PAUSE_US 100000        /* the program's requests are read ten times a second */
#define REQUESTS_AT_ONCE  64

static int on_net_io(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct director *d = arg;

	net_dispatch(d->net);
	return 0;
}

static uint64_t now_ms(struct director *d)
{
	uint64_t us = 0;

	sd_event_now(d->loop, CLOCK_MONOTONIC, &us);
	return us / 1000;
}

static void on_request(const struct shunt_request *request, void *arg)
{
	struct director *d = arg;
	struct ip_addr addr = shunt_addr_read(&request->addr, request->v6);

	switch (request->kind) {
	case SHUNT_REQUEST_RESOLVE:
		net_ask_neighbour(d->net, request->ifindex, &addr);
		break;
	case SHUNT_REQUEST_PATH_MTU:
		reconcile_path_mtu(d->reconciler, &addr, request->mtu, now_ms(d));
		break;
	}
}

/* A flood of requests costs the loop ten readings a second, no more. */
static int on_requests_io(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct director *d = arg;

	dataplane_requests_read(d->dp, REQUESTS_AT_ONCE, on_request, d);
	sd_event_source_set_enabled(d->requests_io, SD_EVENT_OFF);
	sd_event_source_set_time_relative(d->requests_timer, REQUESTS_PAUSE_US);
	sd_event_source_set_enabled(d->requests_timer, SD_EVENT_ONESHOT);
	return 0;
}

static int on_requests_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct director *d = arg;

	return sd_event_source_set_enabled(d->requests_io, SD_EVENT_ON);
}

static int on_watch_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct director *d = arg;

	director_check_host(d);
	reconcile_path_mtus_expire(d->reconciler, now_ms(d));
	/* a request that was lost has used its token up, and wakes nobody */
	dataplane_requests_read(d->dp, REQUESTS_AT_ONCE, on_request, d);
	sd_event_source_set_time_relative(source, HOST_WATCH_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *signal, void *arg)
{
	struct director *d = arg;

	return sd_event_exit(d->loop, 0);
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *signal, void *arg)
{
	struct director *d = arg;
	char line[ERROR_LINE_LEN];
	struct error err = {};
	json_t *changes = NULL;

	sd_notify(0, "RELOADING=1");
	if (director_reload(d, &changes, &err))
		events_add(d->events, EVENT_WARNING, "config", NULL, NULL,
			   "reload refused, nothing is changed: %s", error_line(&err, line));
	else
		events_add(d->events, EVENT_INFO, "config", NULL, NULL, "%s reloaded, changes: %zu",
			   d->options->config,
			   json_array_size(json_object_get(changes, "changes")));
	json_decref(changes);
	sd_notify(0, "READY=1");
	return 0;
}

int director_add_sources(struct director *d, struct error *err)
{
	sd_event *loop = d->loop;
	int r = sd_event_add_io(loop, &d->net_io, net_fd(d->net), EPOLLIN, on_net_io, d);

	if (r >= 0)
		r = sd_event_add_io(loop, &d->requests_io, dataplane_requests_fd(d->dp), EPOLLIN,
				    on_requests_io, d);
	if (r >= 0)
		r = sd_event_add_time_relative(loop, &d->requests_timer, CLOCK_MONOTONIC, 0, 0,
					       on_requests_timer, d);
	if (r >= 0)
		r = sd_event_add_time_relative(loop, &d->watch_timer, CLOCK_MONOTONIC,
					       HOST_WATCH_US, 100000, on_watch_timer, d);
	if (r >= 0)
		r = sd_event_add_signal(loop, &d->sigterm, SIGTERM, on_stop, d);
	if (r >= 0)
		r = sd_event_add_signal(loop, &d->sigint, SIGINT, on_stop, d);
	if (r >= 0)
		r = sd_event_add_signal(loop, &d->sighup, SIGHUP, on_reload, d);
	return r < 0 ? error_set(err, r, "event loop: %s", strerror(-r)) : pool_add_sweeps(d, err);
}

void director_remove_sources(struct director *d)
{
	sd_event_source *const sources[] = {d->net_io,      d->requests_io, d->requests_timer,
					    d->watch_timer, d->sigterm,     d->sigint,
					    d->sighup,      d->sweep_timer};

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		sd_event_source_disable_unref(sources[i]);
}
