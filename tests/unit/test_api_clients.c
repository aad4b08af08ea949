/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_api_clients.c - what a clumsy or hostile client can do to the API, and what each user may
 * do.
 */
#include <grp.h>
#include <sys/resource.h>

#include "api/handlers.h"
#include "api/peer.h"
#include "unit/api_fixture.h"

#define NOBODY 65534
#define STATUS "GET /v1/status HTTP/1.1\r\nHost: shunt\r\n\r\n"

/* Until the server's log has @text. */
static void assert_logged(const struct server *s, const char *text)
{
	char log[65536];

	for (int tries = 0; tries < PATIENCE_MS / 10; tries++) {
		ssize_t n = pread(s->log, log, sizeof(log) - 1, 0);

		assert_true(n >= 0);
		log[n] = '\0';
		if (strstr(log, text))
			return;
		poll(NULL, 0, 10);
	}
	fail_msg("'%s' is not in the log: %s", text, log);
}

/* --- clumsy and hostile clients --- */

static const char *const garbage[] = {
	"\r\n\r\n\r\n\r\n",
	"GET\r\n\r\n",
	"GET /v1/status\r\n\r\n",
	"GET  HTTP/1.1\r\n\r\n",
	"GET /v1/status HTTP/9.9\r\n\r\n",
	"GET /v1/status HTTP/1.1\r\nContent-Length: x\r\n\r\n",
	"POST /v1/apply HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n{}",
	"POST /v1/apply HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
	"POST /v1/apply HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
	"POST /v1/apply HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
	"POST /v1/apply HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n{}",
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
	"\xff\xfe\xfd\xfc\r\n\r\n",
	"GET /v1/status HTTP/1.1\nHost: a\n\n",
	"GET /v1/status HTTP/1.1\r\n: \r\n\r\n",
	"GET /v1/status HTTP/1.1\r\n \r\n \r\n\r\n",
	"GET http://shunt/v1/status HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /v1/status?%s%n%x&&&=&=%00 HTTP/1.1\r\nHost: a\r\n\r\n",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
};

static void test_garbage(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		_cleanup_close_ int fd = client_connect(*state);
		_cleanup_reply_ struct reply r = {0};

		client_send(fd, garbage[i], strlen(garbage[i]));
		shutdown(fd, SHUT_WR);
		r = client_read_all(fd);
		assert_true(r.closed);
		assert_true(r.status == 0 || r.status == 200 ||
			    (r.status >= 400 && r.status < 500) || r.status == 505);
	}
	assert_alive(*state);
}

static void test_random_bytes(void **state)
{
	uint32_t x = 2463534242;

	for (int round = 0; round < 200; round++) {
		_cleanup_close_ int fd = client_connect(*state);
		_cleanup_reply_ struct reply r = {0};
		char bytes[512];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
			bytes[i] = (char)(x % 7 ? x >> 8 : "\r\n:/ %?"[x / 7 % 7]);
		}
		client_send(fd, bytes, sizeof(bytes));
		shutdown(fd, SHUT_WR);
		r = client_read_all(fd);
		assert_true(r.status == 0 || r.status >= 400);
	}
	assert_alive(*state);
}

static void test_large_head(void **state)
{
	_cleanup_free_ char *filler = mem_zalloc((1 << 20) + 1);
	static const char *const heads[] = {
		"GET /v1/services/%s HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /v1/status?x=%s HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /v1/status HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n",
		"%s /v1/status HTTP/1.1\r\nHost: a\r\n\r\n",
	};

	memset(filler, 'a', 1 << 20);
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		_cleanup_close_ int fd = client_connect(*state);
		_cleanup_reply_ struct reply r = {0};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		client_print(fd, heads[i], filler);
#pragma GCC diagnostic pop
		r = client_read_all(fd);
		assert_true(r.status == 0 || r.status == 414 || r.status == 431 ||
			    r.status == 413 || r.status == 400);
	}
	assert_alive(*state);
}

/* Cut off at every byte, by more clients than there are connections: none is held till its timeout.
 */
static void test_half_requests(void **state)
{
	static const char whole[] = "PUT /v1/services/web HTTP/1.1\r\nHost: shunt\r\n"
				    "Content-Length: 13\r\n\r\n{\"events\": 1}";

	for (int i = 0; i < 4 * API_CONNECTIONS_MAX; i++) {
		_cleanup_close_ int fd = client_connect(*state);

		client_send(fd, whole, (size_t)i % sizeof(whole));
	}
	assert_alive_soon(*state);
}

static void test_byte_by_byte(void **state)
{
	static const char whole[] = "PUT /v1/services/web HTTP/1.1\r\nHost: shunt\r\n"
				    "Content-Length: 2\r\n\r\n{}";
	_cleanup_close_ int fd = client_connect(*state);
	_cleanup_reply_ struct reply r = {0};

	for (size_t n = 0; n < strlen(whole); n++) {
		client_send(fd, whole + n, 1);
		if (n % 8 == 0)
			assert_alive(*state); /* nobody waits for the slow one */
	}
	assert_true(client_await(fd, &r, "\"name\":\"web\""));
	assert_int_equal(r.status, 201);
}

static void test_many_connections(void **state)
{
	int fds[API_CONNECTIONS_MAX + 44];
	unsigned int served = 0, refused = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = client_connect(*state);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		_cleanup_reply_ struct reply r = {0};

		assert_true(fds[i] >= 0);
		client_print(fds[i], STATUS);
		assert_true(client_await(fds[i], &r, "}\n"));
		served += r.status == 200;
		refused += r.status == 503;
		if (r.status == 503)
			assert_error(&r, 503, "too many connections");
	}
	assert_int_equal(served, API_CONNECTIONS_MAX);
	assert_int_equal(refused, 44);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	assert_alive_soon(*state);
}

/* Without descriptors nobody is served, and as soon as there are some again everybody is. */
static void test_no_descriptors(void **state)
{
	const struct server *s = *state;
	const struct rlimit few = {16, 64}, enough = {64, 64};
	int fds[20];

	assert_int_equal(prlimit(s->pid, RLIMIT_NOFILE, &few, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = client_connect(s);
		client_print(fds[i], STATUS);
	}
	assert_logged(s, "cannot accept");
	assert_int_equal(prlimit(s->pid, RLIMIT_NOFILE, &enough, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		_cleanup_reply_ struct reply r = {0};

		assert_true(client_await(fds[i], &r, "}\n"));
		assert_int_equal(r.status, 200);
		close(fds[i]);
	}
}

static uint64_t cpu_ms(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
	assert_int_equal(clock_gettime(clock, &used), 0);
	return (uint64_t)used.tv_sec * 1000 + (uint64_t)used.tv_nsec / 1000000;
}

/* Clients of every kind that only stay there: the server sleeps. */
static void test_idle_clients(void **state)
{
	static const char *const starts[] = {
		"",
		"GET /v1/sta",
		STATUS,
		"GET /v1/config?format=conf HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /v1/events?follow=1 HTTP/1.1\r\nHost: a\r\n\r\n",
		"PUT /v1/services/web HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{",
	};
	const struct server *s = *state;
	int fds[2 * ARRAY_SIZE(starts)];
	uint64_t before;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = client_connect(s);
		client_send(fds[i], starts[i / 2], strlen(starts[i / 2]));
		if (i % 2)
			shutdown(fds[i], SHUT_WR);
	}
	assert_alive(s);
	before = cpu_ms(s->pid);
	poll(NULL, 0, 2000); /* the time over which is measured */
	assert_true(cpu_ms(s->pid) - before < 200);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	assert_alive(s);
}

/* --- who may do what --- */

/* Run @work as another user in a child; its result is the exit code, 0 = as it should be. */
static void as_user(uid_t uid, gid_t gid, const gid_t *groups, size_t count, int (*work)(void *arg),
		    void *arg)
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (setgroups(count, groups) < 0 || setgid(gid) < 0 || setuid(uid) < 0)
			_exit(99);
		_exit(work(arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool anyone_may(const struct route *route)
{
	return strcmp(route->method, "GET") == 0 && strcmp(route->path, "/v1/diff") != 0 &&
	       !strstr(route->path, "capture");
}

/* The number of the route that is not as it should be, 0 when all are. */
static int try_routes(void *arg)
{
	for (size_t i = 0; i < handlers_count; i++) {
		const struct route *route = &handlers[i];
		_cleanup_reply_ struct reply r = client_request(
			arg, route->method, route->path, route->body ? "{\"text\": \"\"}" : NULL);

		if (!route->privileged && r.status != 200)
			return (int)i + 1;
		if (route->privileged &&
		    (r.status != 403 || !strstr(r.text, "needs root or group shunt")))
			return (int)i + 1;
		if (!route->privileged != anyone_may(route))
			return (int)i + 1;
	}
	return 0;
}

static void test_others_may_look(void **state)
{
	_cleanup_reply_ struct reply r = {0};

	as_user(NOBODY, NOBODY, NULL, 0, try_routes, *state);
	r = client_request(*state, "GET", "/v1/status", NULL);
	assert_has(&r, "\"changes\":0");
}

/* What is refused costs no memory, whatever is sent along. */
static int send_large_body(void *arg)
{
	_cleanup_free_ char *body = make_body(API_BODY_MAX);
	_cleanup_reply_ struct reply r = {0};

	for (int i = 0; i < 20; i++) {
		reply_free(&r);
		r = client_request(arg, i % 2 ? "PUT" : "PATCH", "/v1/services/web", body);
		if (r.status != 403)
			return 1;
	}
	return 0;
}

static void test_others_large_body(void **state)
{
	as_user(NOBODY, NOBODY, NULL, 0, send_large_body, *state);
	assert_alive(*state);
}

struct crowd {
	const struct server *server;
	int ready[2], done[2];
};

/* Take what one user gets, and hold it until told. */
static int crowd_in(void *arg)
{
	struct crowd *crowd = arg;
	int fds[API_CONNECTIONS_USER + 10];
	unsigned int served = 0;
	char byte;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		_cleanup_reply_ struct reply r = {0};

		fds[i] = client_connect(crowd->server);
		client_print(fds[i], STATUS);
		if (!client_await(fds[i], &r, "}\n"))
			return 1;
		served += r.status == 200;
	}
	if (served != API_CONNECTIONS_USER)
		return 2;
	close(crowd->done[1]);
	if (write(crowd->ready[1], "", 1) != 1)
		return 3;
	return read(crowd->done[0], &byte, 1) == 0 ? 0 : 4;
}

static void await_byte(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	char byte;

	assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
	assert_int_equal(read(fd, &byte, 1), 1);
}

static int be_refused(void *arg)
{
	_cleanup_close_ int fd = client_connect(arg);
	_cleanup_reply_ struct reply r = client_read_all(fd);

	return r.status == 503 ? 0 : 1;
}

static void test_others_cannot_take_all(void **state)
{
	struct crowd crowd = {.server = *state};
	pid_t pids[API_CONNECTIONS_OTHERS / API_CONNECTIONS_USER];

	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe(crowd.ready), 0);
	assert_int_equal(pipe(crowd.done), 0);
	fflush(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(setgroups(0, NULL) < 0 || setuid(NOBODY - 1 - (uid_t)i) < 0
				      ? 99
				      : crowd_in(&crowd));
		await_byte(crowd.ready[0]);
	}
	/* all that others get is taken; root is served */
	as_user(NOBODY, NOBODY, NULL, 0, be_refused, *state);
	assert_alive(*state);
	close(crowd.done[1]);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	close(crowd.done[0]);
	close(crowd.ready[0]);
	close(crowd.ready[1]);
}

#define GROUP 4242

/* Bit 0: may change as a member of GROUP; the other end of @arg's listening socket tells. */
static int connect_to(void *arg)
{
	const struct server *s = arg;
	_cleanup_close_ int fd = client_connect(s);
	char byte;

	return fd >= 0 && read(fd, &byte, 1) == 0 ? 0 : 1;
}

static void assert_peer(gid_t gid, const gid_t *groups, size_t count, gid_t asked, bool expected)
{
	struct server listener = {0};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct peer peer = {0};
	int client, status;
	pid_t pid;

	assert_non_null(mkdtemp(temporary_template(listener.path)));
	assert_int_equal(rmdir(listener.path), 0);
	memcpy(address.sun_path, listener.path, sizeof(listener.path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(chmod(listener.path, 0666), 0);
	assert_int_equal(listen(fd, 1), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(setgroups(count, groups) < 0 || setgid(gid) < 0 || setuid(NOBODY) < 0
			      ? 99
			      : connect_to(&listener));
	client = accept(fd, NULL, NULL);
	assert_int_equal(peer_read(client, asked, &peer), 0);
	close(client);
	unlink(listener.path);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(peer.uid, NOBODY);
	assert_int_equal(peer.may_change, expected);
}

static void test_group(void **state)
{
	gid_t many[200];

	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = 5000 + (gid_t)i;
	assert_peer(GROUP, NULL, 0, GROUP, true);
	assert_peer(NOBODY, NULL, 0, GROUP, false);
	assert_peer(NOBODY, (gid_t[]){1, GROUP, 7}, 3, GROUP, true);
	assert_peer(NOBODY, (gid_t[]){1, 7}, 2, GROUP, false);
	assert_peer(NOBODY, (gid_t[]){1, 7}, 2, PEER_NO_GROUP, false);
	assert_peer(NOBODY, many, ARRAY_SIZE(many), GROUP, false);
	many[ARRAY_SIZE(many) - 1] = GROUP;
	assert_peer(NOBODY, many, ARRAY_SIZE(many), GROUP, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_garbage),
		TEST(test_random_bytes),
		TEST(test_large_head),
		TEST(test_half_requests),
		TEST(test_byte_by_byte),
		TEST(test_many_connections),
		TEST(test_no_descriptors),
		TEST(test_idle_clients),
		TEST(test_others_may_look),
		TEST(test_others_large_body),
		TEST(test_others_cannot_take_all),
		cmocka_unit_test(test_group),
	};

	return cmocka_run_group_tests_name("api clients", tests, NULL, NULL);
}
