/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * api.c - see api.h
 *
 * Connections are accepted here and handed to libmicrohttpd, so that the peer is known from the
 * start: those who may only look cannot use up the connections of those who may change things.
 * libmicrohttpd's epoll descriptor sits in the event loop; a timer runs it when it asks for that.
 */
#include "api/api.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <utlist.h>

#include "api/exchange.h"
#include "api/peer.h"
#include "base/log.h"
#include "base/mem.h"

#define API_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10) /* the verdicts of checks go before */
#define TICK_US      1000000
#define ACCEPT_BATCH 32
#define BACKLOG      128

struct connection {
	struct peer peer;
	int fd; /* libmicrohttpd's */
	bool ended;
	struct connection *prev, *next;
};

struct api {
	struct exchange_room room;
	char *path;
	int fd;
	gid_t group;
	struct MHD_Daemon *server;
	struct connection *connections;
	struct connection *arriving; /* on its way through MHD_add_connection() */
	sd_event_source *accept, *ready, *soon, *tick;
	bool run_again; /* something woke up while libmicrohttpd ran */
};

/* --- the loop --- */

static uint64_t next_run_us(const struct api *api)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (api->run_again)
		return 0;
	if (MHD_get_timeout(api->server, &ms) != MHD_YES || ms > TICK_US / 1000)
		return TICK_US;
	return ms * 1000;
}

static void run_in(struct api *api, uint64_t us)
{
	sd_event_source_set_time_relative(api->soon, us);
	sd_event_source_set_enabled(api->soon, SD_EVENT_ONESHOT);
}

static void run(struct api *api)
{
	api->run_again = false;
	MHD_run(api->server);
	run_in(api, next_run_us(api));
}

/* A resumed connection does not make the epoll descriptor ready. */
static void on_event(void *arg)
{
	struct api *api = arg;

	streams_wake(&api->room.followers.streams);
	api->run_again = true;
	run_in(api, 0);
}

/* The same for packets. */
static void on_packets(void *arg)
{
	struct api *api = arg;

	streams_wake(&api->room.captures.streams);
	api->run_again = true;
	run_in(api, 0);
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	run(arg);
	return 0;
}

/* --- connections --- */

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct api *api = cls;
	struct connection *c;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		c = take_ptr(api->arriving);
		DL_APPEND(api->connections, c);
		*socket_context = c;
		return;
	}
	c = *socket_context;
	DL_DELETE(api->connections, c);
	free(c);
}

_Static_assert(offsetof(struct connection, peer) == 0, "the exchange finds its peer there");

static bool admit(const struct api *api, const struct peer *peer)
{
	unsigned int all = 0, others = 0, same = 0;
	const struct connection *c;

	DL_FOREACH (api->connections, c) {
		all++;
		others += !c->peer.may_change;
		same += c->peer.uid == peer->uid;
	}
	if (all >= API_CONNECTIONS_MAX)
		return false;
	return peer->may_change || (others < API_CONNECTIONS_OTHERS && same < API_CONNECTIONS_USER);
}

static void refuse(int fd)
{
	static const char body[] = "{\"error\": \"too many connections; try later\"}\n";
	_cleanup_free_ char *answer =
		mem_printf("HTTP/1.1 503 Service Unavailable\r\n"
			   "Content-Type: application/json; charset=utf-8\r\n"
			   "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
			   strlen(body), body);

	/* into a buffer that is still empty; a peer that is gone already misses nothing */
	(void)!send(fd, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void arrive(struct api *api, int client)
{
	_cleanup_close_ int fd = client;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct peer peer;

	if (peer_read(fd, api->group, &peer) < 0)
		return;
	if (!admit(api, &peer)) {
		refuse(fd);
		return;
	}
	api->arriving = mem_zalloc(sizeof(*api->arriving));
	api->arriving->peer = peer;
	api->arriving->fd = fd;
	MHD_add_connection(api->server, take_fd(fd), (struct sockaddr *)&address,
			   sizeof(sa_family_t));
	free(api->arriving); /* if it was not taken */
	api->arriving = NULL;
}

static int on_connect(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct api *api = arg;

	for (int i = 0; i < ACCEPT_BATCH; i++) {
		int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client >= 0) {
			arrive(api, client);
		} else if (errno == EAGAIN) {
			break;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			/* no descriptors, no memory: tried again at the next tick */
			log_warning("%s: cannot accept: %s", api->path, strerror(errno));
			sd_event_source_set_enabled(source, SD_EVENT_OFF);
			break;
		}
	}
	run(api);
	return 0;
}

/*
 * A peer that stops sending in the middle of a request: libmicrohttpd misses the end of the stream
 * when it comes together with data. Shutting down our side of it makes a new edge for epoll.
 */
static void nudge_ended(struct api *api)
{
	struct connection *c;

	DL_FOREACH (api->connections, c) {
		struct pollfd pollfd = {.fd = c->fd, .events = POLLRDHUP};

		if (c->ended || poll(&pollfd, 1, 0) <= 0)
			continue;
		c->ended = true;
		shutdown(c->fd, SHUT_RD);
	}
}

static int on_soon(sd_event_source *source, uint64_t usec, void *arg)
{
	run(arg);
	return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *arg)
{
	struct api *api = arg;

	nudge_ended(api);
	streams_tick(&api->room.followers.streams);
	streams_tick(&api->room.captures.streams);
	sd_event_source_set_enabled(api->accept, SD_EVENT_ON);
	run(api);
	sd_event_source_set_time_relative(api->tick, TICK_US);
	sd_event_source_set_enabled(api->tick, SD_EVENT_ONESHOT);
	return 0;
}

/* --- opening and closing --- */

static int remove_old(const char *path, struct error *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0
				       : error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, -EEXIST, "%s is in the way, expected a socket or nothing",
				 path);
	if (unlink(path) < 0)
		return error_set(err, -errno, "%s: cannot remove: %s", path, strerror(errno));
	return 0;
}

static int listen_at(const char *path, int *ret, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = -1;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, -EINVAL,
				 "%s: too long for a socket, expected at most %zu bytes", path,
				 sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	r = remove_old(path, err);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set(err, -errno, "socket: %s", strerror(errno));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || chmod(path, 0666) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return error_set(err, -errno, "%s: cannot listen: %s", path, strerror(errno));
	*ret = take_fd(fd);
	return 0;
}

/* Path and query stay as they came; router_decode() takes them segment by segment. */
static size_t leave_encoded(void *cls, struct MHD_Connection *connection, char *text)
{
	return strlen(text);
}

static int start_server(struct api *api, struct error *err)
{
	api->server = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		exchange_handle, &api->room, MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, api, MHD_OPTION_UNESCAPE_CALLBACK,
		leave_encoded, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)API_CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)API_TIMEOUT_S, MHD_OPTION_END);
	return api->server ? 0 : error_set(err, -ENOMEM, "cannot start the HTTP server");
}

static int watch(struct api *api, sd_event *loop, struct error *err)
{
	int server_fd = MHD_get_daemon_info(api->server, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	sd_event_source **const sources[] = {&api->accept, &api->ready, &api->soon, &api->tick};
	int r = sd_event_add_io(loop, &api->accept, api->fd, EPOLLIN, on_connect, api);

	if (r >= 0)
		r = sd_event_add_io(loop, &api->ready, server_fd, EPOLLIN, on_ready, api);
	if (r >= 0)
		r = sd_event_add_time_relative(loop, &api->soon, CLOCK_MONOTONIC, 0, 1, on_soon,
					       api);
	if (r >= 0)
		r = sd_event_add_time_relative(loop, &api->tick, CLOCK_MONOTONIC, TICK_US, 0,
					       on_tick, api);
	for (size_t i = 0; i < ARRAY_SIZE(sources) && r >= 0; i++)
		r = sd_event_source_set_priority(*sources[i], API_PRIORITY);
	return r >= 0 ? 0 : error_set(err, r, "%s: cannot watch: %s", api->path, strerror(-r));
}

int api_open(sd_event *loop, const char *path, struct director *director, struct api **ret,
	     struct error *err)
{
	_cleanup_(api_close) struct api *api = mem_zalloc(sizeof(*api));
	int r;

	api->fd = -1;
	api->group = peer_group();
	api->room.director = director;
	api->room.followers.events = director_events(director);
	api->room.captures =
		(struct capture_list){.director = director, .wake = on_packets, .arg = api};
	r = listen_at(path, &api->fd, err);
	if (r < 0)
		return r;
	api->path = mem_strdup(path);
	r = start_server(api, err);
	if (r == 0)
		r = watch(api, loop, err);
	if (r < 0)
		return r;
	events_on_add(director_events(director), on_event, api);
	*ret = take_ptr(api);
	return 0;
}

struct api *api_close(struct api *api)
{
	if (!api)
		return NULL;
	sd_event_source_disable_unref(api->accept);
	sd_event_source_disable_unref(api->ready);
	sd_event_source_disable_unref(api->soon);
	sd_event_source_disable_unref(api->tick);
	events_on_add(api->room.followers.events, NULL, NULL);
	streams_stop(&api->room.followers.streams);
	streams_stop(&api->room.captures.streams);
	if (api->server)
		MHD_stop_daemon(api->server);
	if (api->fd >= 0)
		close(api->fd);
	if (api->path)
		unlink(api->path);
	free(api->path);
	free(api);
	return NULL;
}
