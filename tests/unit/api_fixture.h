/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * api_fixture.h - what the tests of the API stand on: a director that only answers, the API server
 * over it in a child process, and a client that writes raw bytes to the socket. The functions
 * director_* here are linked instead of the library's.
 *
 * How the director answers follows from the name of the service, backend or interface:
 * "missing", "there", "busy", "wrong", "denied", "full" and "broken" fail with the errno of that
 * name; every other name exists.
 */
#ifndef UNIT_API_FIXTURE_H
#define UNIT_API_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "api/api.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "daemon/events.h"
#include "unit/temporary.h"

#define PATIENCE_MS 20000 /* for what must come; nothing waits that long unless it is broken */
#define SOON_MS     8000  /* well below API_TIMEOUT_S */

#ifndef FIXTURE_CONFIG_SIZE
#define FIXTURE_CONFIG_SIZE (40 << 20) /* of the config as text: such that two are too much */
#endif

/* --- a director --- */

struct director {
	struct events *events;
	unsigned int changes;
};

static inline int refuse(const char *name, struct error *err)
{
	static const struct {
		const char *name;
		int code;
	} answers[] = {
		{"missing", -ENOENT}, {"there", -EEXIST}, {"busy", -EBUSY}, {"wrong", -EINVAL},
		{"denied", -EPERM},   {"full", -ENOSPC},  {"broken", -EIO},
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		if (strcmp(name, answers[i].name) == 0)
			return error_set(err, answers[i].code, "'%s' is refused", name);
	return 0;
}

json_t *director_status(struct director *d)
{
	return json_pack("{s:s, s:i, s:o}", "version", "test", "changes", d->changes, "alarms",
			 events_alarms(d->events));
}

json_t *director_services(struct director *d)
{
	return json_pack("{s:[]}", "services");
}

json_t *director_service(struct director *d, const char *service, struct error *err)
{
	if (refuse(service, err) < 0)
		return NULL;
	return json_pack("{s:s, s:[{s:s}]}", "name", service, "backends", "address", "one");
}

json_t *director_backend(struct director *d, const char *service, const char *backend,
			 struct error *err)
{
	if (refuse(service, err) < 0 || refuse(backend, err) < 0)
		return NULL;
	return json_pack("{s:s, s:s}", "address", backend, "service", service);
}

json_t *director_slots(struct director *d, const char *service, struct error *err)
{
	return refuse(service, err) < 0 ? NULL : json_pack("{s:i}", "table_size", 251);
}

json_t *director_stats(struct director *d)
{
	return json_pack("{s:f}", "time", 1732345678.123);
}

json_t *director_explain(struct director *d, const json_t *request, struct error *err)
{
	const char *to = json_string_value(json_object_get(request, "to"));

	if (to)
		return json_pack("{s:s}", "to", to);
	error_set(err, -EINVAL, "the body needs \"to\"");
	return NULL;
}

/* A capture is one line: what was asked for. With snaplen 64 it never ends. */
struct capture {
	char text[128];
	size_t sent;
	bool endless;
};

static unsigned int captures_running;

int director_capture_open(struct director *d, const struct capture_options *options,
			  void (*wake)(void *arg), void *arg, struct capture **ret,
			  struct error *err)
{
	int r = options->service ? refuse(options->service, err) : 0;
	struct capture *c;

	if (r < 0)
		return r;
	c = mem_zalloc(sizeof(*c));
	c->endless = options->snaplen == CAPTURE_SNAPLEN_MIN;
	snprintf(c->text, sizeof(c->text), "service %s drops %d limit %d snaplen %u, the %u.\n",
		 options->service ?: "none", options->drops, (int)options->limit, options->snaplen,
		 ++captures_running);
	*ret = c;
	return 0;
}

ssize_t director_capture_read(struct capture *c, void *buf, size_t max)
{
	size_t left = strlen(c->text) - c->sent, n = left < max ? left : max;

	memcpy(buf, c->text + c->sent, n);
	c->sent += n;
	return n || c->endless ? (ssize_t)n : -ENODATA;
}

struct capture *director_capture_close(struct capture *c)
{
	captures_running--;
	free(c);
	return NULL;
}

json_t *director_drops(struct director *d)
{
	return json_pack("{s:[]}", "reasons");
}

json_t *director_config(struct director *d)
{
	return json_pack("{s:{}}", "settings");
}

char *director_config_text(struct director *d)
{
	char *text = mem_zalloc(FIXTURE_CONFIG_SIZE + 1);

	memset(text, '#', FIXTURE_CONFIG_SIZE);
	return text;
}

static inline int read_text(const char *text, const char *name, struct error *err)
{
	if (strcmp(text, "wrong") != 0)
		return 0;
	error_set(err, -EINVAL, "unknown key");
	return error_at(err, name, 12);
}

json_t *director_diff(struct director *d, const char *text, const char *name, struct error *err)
{
	if (text && read_text(text, name, err) < 0)
		return NULL;
	return json_pack("{s:s, s:[]}", "file", name ? name : "its own", "changes");
}

struct events *director_events(struct director *d)
{
	return d->events;
}

static inline void changed(struct director *d, const char *what)
{
	d->changes++;
	events_add(d->events, EVENT_INFO, "service", what, NULL, "%s changed", what);
}

static inline int change(struct director *d, const char *name, struct error *err)
{
	int r = refuse(name, err);

	if (r == 0)
		changed(d, name);
	return r;
}

/* {"events": N} makes that many events more. */
int director_service_add(struct director *d, const char *service, const json_t *json,
			 struct error *err)
{
	json_int_t events = json_integer_value(json_object_get(json, "events"));

	for (json_int_t i = 0; i < events && i < 10000; i++)
		events_add(d->events, EVENT_INFO, "service", service, NULL, "number %d", (int)i);
	return change(d, service, err);
}

int director_service_set(struct director *d, const char *service, const json_t *json,
			 struct error *err)
{
	return change(d, service, err);
}

int director_service_remove(struct director *d, const char *service, struct error *err)
{
	return change(d, service, err);
}

int director_backend_add(struct director *d, const char *service, const char *backend,
			 const json_t *json, struct error *err)
{
	if (!json_is_object(json))
		return error_set(err, -EIO, "the backend's keys are no object");
	return change(d, backend, err);
}

int director_backend_set(struct director *d, const char *service, const char *backend,
			 const json_t *json, struct error *err)
{
	return change(d, backend, err);
}

int director_backend_remove(struct director *d, const char *service, const char *backend,
			    struct error *err)
{
	return change(d, backend, err);
}

int director_apply(struct director *d, const char *text, const char *name, bool dry_run,
		   json_t **ret, struct error *err)
{
	int r = read_text(text, name, err);

	if (r < 0)
		return r;
	*ret = json_pack("{s:[], s:s, s:b, s:I}", "changes", "name", name, "dry_run", dry_run,
			 "bytes", (json_int_t)strlen(text));
	return 0;
}

int director_reload(struct director *d, json_t **ret, struct error *err)
{
	*ret = json_pack("{s:[]}", "changes");
	return 0;
}

int director_save(struct director *d, bool force, struct error *err)
{
	return force ? 0 : error_set(err, -EEXIST, "the file has comments");
}

int director_attach(struct director *d, const char *ifname, json_t **ret, struct error *err)
{
	int r = change(d, ifname, err);

	if (r == 0)
		*ret = json_pack("{s:s}", "name", ifname);
	return r;
}

int director_detach(struct director *d, const char *ifname, struct error *err)
{
	return change(d, ifname, err);
}

/* --- the server --- */

struct server {
	pid_t pid;
	int log; /* its stderr, shown if it ends badly */
	char dir[TEMPORARY_LEN], path[TEMPORARY_LEN + 8];
};

static inline int serve(const char *path, int ready)
{
	struct director director = {.events = events_new()};
	struct api *api = NULL;
	struct error err = {0};
	sd_event *loop = NULL;
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r = sd_event_new(&loop);
	if (r >= 0)
		r = sd_event_add_signal(loop, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = api_open(loop, path, &director, &api, &err);
	if (r < 0)
		fprintf(stderr, "%s\n", err.text);
	if (r >= 0 && write(ready, "", 1) == 1)
		r = sd_event_loop(loop);
	api_close(api);
	sd_event_unref(loop);
	events_free(director.events);
	return r < 0;
}

static inline int server_start(struct server *s)
{
	int ready[2];
	char byte;
	ssize_t n;

	if (!mkdtemp(temporary_template(s->dir)) || chmod(s->dir, 0755) < 0 || pipe(ready) < 0)
		return -1;
	snprintf(s->path, sizeof(s->path), "%s/sock", s->dir);
	s->log = memfd_create("log", MFD_CLOEXEC);
	fflush(NULL);
	s->pid = fork();
	if (s->pid == 0) {
		dup2(s->log, STDERR_FILENO);
		close(ready[0]);
		exit(serve(s->path, ready[1]));
	}
	close(ready[1]);
	n = read(ready[0], &byte, 1);
	close(ready[0]);
	return s->pid > 0 && n == 1 ? 0 : -1;
}

/* 0 when it lived until now, ended well, and took its socket away. */
static inline int server_stop(struct server *s)
{
	struct stat st;
	char line[512];
	int status;
	ssize_t n;

	kill(s->pid, SIGTERM);
	if (waitpid(s->pid, &status, 0) != s->pid)
		return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "the server ended with status %#x:\n", status);
		lseek(s->log, 0, SEEK_SET);
		while ((n = read(s->log, line, sizeof(line))) > 0)
			fwrite(line, 1, (size_t)n, stderr);
		return -1;
	}
	close(s->log);
	if (stat(s->path, &st) == 0)
		return -1;
	return rmdir(s->dir);
}

/* --- a client --- */

struct reply {
	int status; /* 0 = none came */
	char *text; /* all of it */
	size_t size;
	const char *body; /* within text */
	bool closed;      /* by the server */
};

static inline void reply_free(struct reply *reply)
{
	free(reply->text);
	*reply = (struct reply){0};
}
#define _cleanup_reply_ __attribute__((cleanup(reply_free)))

static inline int client_connect(const struct server *s)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, s->path, sizeof(s->path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Send all of it, as far as the server takes it. */
static inline void client_send(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
		ssize_t n;

		if (poll(&pollfd, 1, PATIENCE_MS) <= 0)
			return;
		n = send(fd, p, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n <= 0)
			return;
		p += n;
		size -= (size_t)n;
	}
}

static inline void client_print(int fd, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static inline void client_print(int fd, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n > 0)
		client_send(fd, text, (size_t)n);
}

/* Read some more; false at the end, or when nothing comes within the patience. */
static inline bool client_more(int fd, struct reply *reply)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	ssize_t n;

	if (poll(&pollfd, 1, PATIENCE_MS) <= 0)
		return false;
	reply->text = mem_realloc(reply->text, reply->size + 65536);
	n = read(fd, reply->text + reply->size, 65535);
	reply->closed = n <= 0;
	if (reply->closed)
		return false;
	reply->size += (size_t)n;
	reply->text[reply->size] = '\0';
	return true;
}

static inline void parse_reply(struct reply *reply)
{
	const char *body = reply->text ? strstr(reply->text, "\r\n\r\n") : NULL;

	if (!body || sscanf(reply->text, "HTTP/1.%*d %d", &reply->status) != 1)
		return;
	reply->body = body + 4;
}

/* Everything until the server closes, which reply.closed then says. */
static inline struct reply client_read_all(int fd)
{
	struct reply reply = {0};

	while (client_more(fd, &reply))
		;
	parse_reply(&reply);
	return reply;
}

/* Until @text has come. */
static inline bool client_await(int fd, struct reply *reply, const char *text)
{
	while (!reply->text || !strstr(reply->text, text))
		if (!client_more(fd, reply))
			return false;
	parse_reply(reply);
	return true;
}

/* One request on a connection of its own; @body NULL = none. */
static inline struct reply client_request(const struct server *s, const char *method,
					  const char *path, const char *body)
{
	_cleanup_close_ int fd = client_connect(s);

	client_print(fd, "%s %s HTTP/1.1\r\nHost: shunt\r\nConnection: close\r\n", method, path);
	if (body)
		client_print(fd, "Content-Length: %zu\r\n", strlen(body));
	client_print(fd, "\r\n%s", body ? body : "");
	return client_read_all(fd);
}

/* --- for every test --- */

static inline int setup(void **state)
{
	static struct server server;

	*state = &server;
	return server_start(&server);
}

static inline int teardown(void **state)
{
	return server_stop(*state);
}

static inline void assert_alive(const struct server *s)
{
	_cleanup_reply_ struct reply r = client_request(s, "GET", "/v1/status", NULL);

	assert_int_equal(r.status, 200);
}

/* The same as soon as the server has seen that others went away. */
static inline void assert_alive_soon(const struct server *s)
{
	int status = 0;

	for (int tries = 0; status != 200 && tries < SOON_MS / 10; tries++) {
		_cleanup_reply_ struct reply r = client_request(s, "GET", "/v1/status", NULL);

		status = r.status;
		assert_true(status == 200 || status == 503);
		poll(NULL, 0, status == 200 ? 0 : 10);
	}
	assert_int_equal(status, 200);
}

static inline void assert_has(const struct reply *r, const char *text)
{
	if (!r->text || !strstr(r->text, text))
		fail_msg("'%s' is not in: %s", text, r->text ? r->text : "nothing");
}

/* An answer of 400 and up is a JSON object with one line "error" that has @text. */
static inline void assert_error(const struct reply *r, int status, const char *text)
{
	json_t *json = r->body ? json_loads(r->body, 0, NULL) : NULL;
	const char *error = json_string_value(json_object_get(json, "error"));

	if (r->status != status || !error || !strstr(error, text) || strchr(error, '\n'))
		fail_msg("expected %d '%s', got: %s", status, text, r->text ? r->text : "nothing");
	assert_has(r, "Content-Type: application/json");
	json_decref(json);
}

/* A JSON object of exactly @size bytes that apply takes. */
static inline char *make_body(size_t size)
{
	static const char head[] = "{\"text\":\"", tail[] = "\"}";
	char *body = mem_zalloc(size + 1);

	memset(body, 'x', size);
	memcpy(body, head, strlen(head));
	memcpy(body + size - strlen(tail), tail, strlen(tail));
	return body;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
