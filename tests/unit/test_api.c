/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_api.c - the API over a real socket: every route, every refusal, bodies of all sizes. */
#include <fcntl.h>

#include "api/exchange.h"
#include "api/handlers.h"
#include "unit/api_fixture.h"

/* --- routes --- */

/* The table itself is the list of what must work. */
static void test_every_route(void **state)
{
	static const struct {
		const char *from, *to;
	} names[] = {{"{service}", "tcp:192.0.2.10:80"},
		     {"{backend}", "[2001:db8::1]:80"},
		     {"{if}", "eth0"}};

	for (size_t i = 0; i < handlers_count; i++) {
		const struct route *route = &handlers[i];
		_cleanup_reply_ struct reply r = {0};
		_cleanup_free_ char *path = mem_strdup(route->path);
		const char *body = NULL;

		for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
			char *at = strstr(path, names[n].from);
			char *old = path;

			if (!at)
				continue;
			path = mem_printf("%.*s%s%s", (int)(at - path), path, names[n].to,
					  at + strlen(names[n].from));
			free(old);
		}
		if (strcmp(route->path, "/v1/save") == 0) {
			free(path);
			path = mem_strdup("/v1/save?force=1");
		}
		if (route->body == BODY_REQUIRED)
			body = strstr(path, "services")  ? "{}"
			       : strstr(path, "explain") ? "{\"to\": \"x\"}"
							 : "{\"text\": \"\"}";
		r = client_request(*state, route->method, path, body);
		if (r.status < 200 || r.status > 299)
			fail_msg("%s %s: %s", route->method, path, r.text ? r.text : "nothing");
		assert_has(&r, "Cache-Control: no-store");
	}
}

struct exchange_case {
	const char *method, *path, *body;
	int status;
	const char *text;
};

static const struct exchange_case good[] = {
	{"GET", "/v1/status", NULL, 200, "\"version\":\"test\""},
	{"GET", "/v1/services", NULL, 200, "{\"services\":[]}\n"},
	{"GET", "/v1/services/web", NULL, 200, "\"name\":\"web\""},
	{"GET", "/v1/services/web/backends", NULL, 200, "{\"backends\":[{\"address\":\"one\"}]}"},
	{"GET", "/v1/services/web/backends/10.0.0.1:80", NULL, 200, "\"address\":\"10.0.0.1:80\""},
	{"GET", "/v1/services/web/slots", NULL, 200, "{\"table_size\":251}"},
	{"GET", "/v1/stats", NULL, 200, "{\"time\":1732345678.123}"},
	{"GET", "/v1/drops", NULL, 200, "{\"reasons\":[]}"},
	{"GET", "/v1/config", NULL, 200, "{\"settings\":{}}"},
	{"GET", "/v1/config?format=json", NULL, 200, "{\"settings\":{}}"},
	{"GET", "/v1/config?format=conf", NULL, 200, "text/plain"},
	{"GET", "/v1/diff", NULL, 200, "\"file\":\"its own\""},
	{"POST", "/v1/diff", "{\"text\": \"x\", \"name\": \"f.conf\"}", 200, "\"f.conf\""},
	{"PUT", "/v1/services/web", "{}", 201, "\"name\":\"web\""},
	{"PATCH", "/v1/services/web", "{}", 200, "\"name\":\"web\""},
	{"DELETE", "/v1/services/web", NULL, 204, ""},
	{"PUT", "/v1/services/web/backends/b", NULL, 201, "\"address\":\"b\""},
	{"PUT", "/v1/services/web/backends/b", "{}", 201, "\"address\":\"b\""},
	{"PATCH", "/v1/services/web/backends/b", "{}", 200, "\"address\":\"b\""},
	{"DELETE", "/v1/services/web/backends/b", NULL, 204, ""},
	{"GET", "/v1/capture", NULL, 200, "service none drops 0 limit 0 snaplen 65535, the 1."},
	{"GET", "/v1/capture?drops=1&limit=9&snaplen=100", NULL, 200,
	 "service none drops 1 limit 9 snaplen 100, the 1."},
	{"GET", "/v1/capture", NULL, 200, "Content-Type: application/x-pcapng"},
	{"GET", "/v1/services/web/capture", NULL, 200, "service web drops 0"},
	{"POST", "/v1/explain", "{\"to\": \"tcp:192.0.2.1:80\"}", 200, "\"tcp:192.0.2.1:80\""},
	{"POST", "/v1/apply", "{\"text\": \"abc\"}", 200, "\"bytes\":3"},
	{"POST", "/v1/apply?dry_run=1", "{\"text\": \"\"}", 200, "\"dry_run\":true"},
	{"POST", "/v1/apply?dry_run=0", "{\"text\": \"\"}", 200, "\"dry_run\":false"},
	{"POST", "/v1/save?force=1", "{}", 204, ""},
	{"POST", "/v1/reload", NULL, 200, "{\"changes\":[]}"},
	{"POST", "/v1/reload", " {} \n", 200, "{\"changes\":[]}"},
	{"PUT", "/v1/interfaces/eth0", "{}", 200, "\"name\":\"eth0\""},
	{"DELETE", "/v1/interfaces/eth0", NULL, 204, ""},

	/* a name's characters, encoded or not; a '/' stays in its segment */
	{"GET", "/v1/services/tcp%3A%5B2001%3Adb8%3A%3A1%5D%3a80", NULL, 200,
	 "\"tcp:[2001:db8::1]:80\""},
	{"GET", "/v1/services/tcp:[2001:db8::1]:80", NULL, 200, "\"tcp:[2001:db8::1]:80\""},
	{"GET", "/v1/services/a%2Fb%3fc%25", NULL, 200, "\"a/b?c%\""},
	{"GET", "/v1/services/a+b", NULL, 200, "\"a+b\""},
	{"GET", "/v1/services/%C3%A4", NULL, 200, "\"name\":\"\xc3\xa4\""},
	{"GET", "/v1/services/backends", NULL, 200, "\"name\":\"backends\""},
	{"GET", "/v1/%73tatus", NULL, 200, "version"},
};

static void test_good(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const struct exchange_case *c = &good[i];
		_cleanup_reply_ struct reply r =
			client_request(*state, c->method, c->path, c->body);

		if (r.status != c->status)
			fail_msg("%s %s: expected %d, got: %.500s", c->method, c->path, c->status,
				 r.text ? r.text : "nothing");
		assert_has(&r, c->text);
		if (r.status == 204)
			assert_string_equal(r.body, "");
	}
}

static const struct exchange_case bad[] = {
	/* paths and methods */
	{"GET", "/", NULL, 404, "no such path: /"},
	{"GET", "/v1", NULL, 404, "no such path: /v1"},
	{"GET", "/v1/", NULL, 404, "no such path"},
	{"GET", "/v1/status/", NULL, 404, "no such path"},
	{"GET", "//v1/status", NULL, 404, "no such path"},
	{"GET", "/v1/statu", NULL, 404, "no such path"},
	{"GET", "/v1/statuss", NULL, 404, "no such path"},
	{"GET", "/v1/services//backends", NULL, 404, "no such path"},
	{"GET", "/a/b/c/d/e/f/g/h/i/j/k", NULL, 404, "no such path"},
	{"GET", "/v1/services/%7Bservice%7D/x", NULL, 404, "no such path"},
	{"GET", "*", NULL, 404, "no such path"},
	{"POST", "/v1/nothing", "{}", 404, "no such path"},
	{"PATCH", "/v1/nothing", "{}", 404, "no such path"},
	{"DELETE", "/v1/status", NULL, 405, "expected GET, HEAD"},
	{"PATCH", "/v1/status", "{}", 405, "expected GET, HEAD"},
	{"POST", "/v1/services/web", "{}", 405, "expected GET, HEAD, PUT, PATCH, DELETE"},
	{"OPTIONS", "/v1/apply", NULL, 405, "expected POST"},
	{"GET", "/v1/interfaces/eth0", NULL, 405, "expected PUT, DELETE"},
	{"get", "/v1/status", NULL, 405, "has no get"},

	/* encoding */
	{"GET", "/v1/services/%", NULL, 400, "not well encoded"},
	{"GET", "/v1/services/%zz", NULL, 400, "not well encoded"},
	{"GET", "/v1/services/a%4", NULL, 400, "not well encoded"},
	{"GET", "/v1/services/a%00b", NULL, 400, "not well encoded"},
	{"GET", "/v1/services/a%0Ab", NULL, 400, "not well encoded"},
	{"GET", "/v1/services/%ff", NULL, 400, "not well encoded"},
	{"GET", "/v1/services/%C0%AF", NULL, 400, "not well encoded"},

	/* the query */
	{"GET", "/v1/status?x=1", NULL, 400, "unknown query parameter 'x'"},
	{"GET", "/v1/status?x", NULL, 400, "unknown query parameter 'x'"},
	{"GET", "/v1/events?since=1&since=2", NULL, 400, "given twice"},
	{"GET", "/v1/events?since=", NULL, 400, "number"},
	{"GET", "/v1/events?since=-1", NULL, 400, "-1"},
	{"GET", "/v1/events?since=99999999999999999999", NULL, 400, "99999999999999999999"},
	{"GET", "/v1/capture?snaplen=63", NULL, 400, "63"},
	{"GET", "/v1/capture?snaplen=65536", NULL, 400, "65536"},
	{"GET", "/v1/capture?limit=x", NULL, 400, "number"},
	{"GET", "/v1/capture?drops=yes", NULL, 400, "expected 0 or 1"},
	{"GET", "/v1/services/missing/capture", NULL, 404, "'missing' is refused"},
	{"GET", "/v1/events?follow=yes", NULL, 400, "expected 0 or 1"},
	{"GET", "/v1/events?follow", NULL, 400, "expected 0 or 1"},
	{"GET", "/v1/config?format=%zz", NULL, 400, "not well encoded"},
	{"GET", "/v1/config?format=yaml", NULL, 400, "expected json or conf"},
	{"POST", "/v1/apply?dryrun=1", "{\"text\": \"\"}", 400, "'dryrun'"},

	/* bodies */
	{"GET", "/v1/status", "{}", 400, "takes no body"},
	{"DELETE", "/v1/services/web", "{}", 400, "takes no body"},
	{"PUT", "/v1/services/web", NULL, 400, "the body is missing"},
	{"PUT", "/v1/services/web", "", 400, "the body is missing"},
	{"PUT", "/v1/services/web", " ", 400, "no JSON"},
	{"PUT", "/v1/services/web", "{", 400, "line 1, column 1"},
	{"PUT", "/v1/services/web", "{} x", 400, "no JSON"},
	{"PUT", "/v1/services/web", "{\"a\":\n 1, \"a\": 2}", 400, "duplicate"},
	{"PUT", "/v1/services/web", "{\"a\": \"\xff\"}", 400, "no JSON"},
	{"PUT", "/v1/services/web", "{\"a\": \"\\u0000\"}", 400, "no JSON"},
	{"PUT", "/v1/services/web", "[]", 400, "expected an object"},
	{"PUT", "/v1/services/web", "1", 400, "no JSON"},
	{"PUT", "/v1/services/web", "null", 400, "no JSON"},
	{"PUT", "/v1/services/web", "{\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}", 400, "nested"},
	{"POST", "/v1/apply", "{}", 400, "needs \"text\""},
	{"POST", "/v1/apply", "{\"text\": 1}", 400, "needs \"text\""},
	{"POST", "/v1/apply", "{\"text\": \"\", \"name\": 1}", 400, "\"name\""},
	{"POST", "/v1/apply", "{\"text\": \"\", \"other\": 1}", 400, "'other'"},
	{"POST", "/v1/reload", "{\"x\": 1}", 400, "'x'"},
	{"POST", "/v1/save", "{\"force\": true}", 400, "'force'"},
	{"PUT", "/v1/interfaces/eth0", "{\"mode\": 1}", 400, "'mode'"},

	/* what the director says */
	{"GET", "/v1/services/missing", NULL, 404, "'missing' is refused"},
	{"GET", "/v1/services/missing/backends", NULL, 404, "'missing' is refused"},
	{"GET", "/v1/services/missing/slots", NULL, 404, "'missing' is refused"},
	{"GET", "/v1/services/web/backends/missing", NULL, 404, "'missing' is refused"},
	{"PUT", "/v1/services/there", "{}", 409, "'there' is refused"},
	{"PATCH", "/v1/services/busy", "{}", 409, "'busy' is refused"},
	{"DELETE", "/v1/services/missing", NULL, 404, "'missing' is refused"},
	{"PUT", "/v1/services/web/backends/there", NULL, 409, "'there' is refused"},
	{"PATCH", "/v1/services/web/backends/wrong", "{}", 400, "'wrong' is refused"},
	{"DELETE", "/v1/services/web/backends/busy", NULL, 409, "'busy' is refused"},
	{"PUT", "/v1/services/wrong", "{}", 400, "'wrong' is refused"},
	{"PUT", "/v1/services/denied", "{}", 403, "'denied' is refused"},
	{"PUT", "/v1/services/full", "{}", 507, "'full' is refused"},
	{"PUT", "/v1/services/broken", "{}", 500, "'broken' is refused"},
	{"PUT", "/v1/interfaces/missing", NULL, 404, "'missing' is refused"},
	{"DELETE", "/v1/interfaces/missing", NULL, 404, "'missing' is refused"},
	{"POST", "/v1/save", "{}", 409, "the file has comments"},
	{"POST", "/v1/apply", "{\"text\": \"wrong\", \"name\": \"a.conf\"}", 400,
	 "a.conf:12: unknown key"},
	{"POST", "/v1/diff", "{\"text\": \"wrong\"}", 400, "the request:12: unknown key"},
};

static void test_bad(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct exchange_case *c = &bad[i];
		_cleanup_reply_ struct reply r =
			client_request(*state, c->method, c->path, c->body);
		bool missing = c->status == 404 && strstr(c->text, "refused");

		assert_error(&r, c->status, c->text);
		assert_int_equal(strstr(r.body, "\"missing\":true") != NULL, missing);
		if (c->status == 405)
			assert_has(&r, "\r\nAllow: ");
	}
	assert_alive(*state);
}

static void test_error_place(void **state)
{
	_cleanup_reply_ struct reply r = client_request(
		*state, "POST", "/v1/apply", "{\"text\": \"wrong\", \"name\": \"a.conf\"}");

	assert_has(&r, "\"file\":\"a.conf\"");
	assert_has(&r, "\"line\":12");
}

static void test_head(void **state)
{
	static const char *const paths[] = {"/v1/status", "/v1/events", "/v1/events?follow=1",
					    "/v1/services/web"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_reply_ struct reply r = client_request(*state, "HEAD", paths[i], NULL);

		assert_int_equal(r.status, 200);
		assert_string_equal(r.body, "");
	}
}

static void test_one_connection(void **state)
{
	_cleanup_close_ int fd = client_connect(*state);

	for (int i = 0; i < 100; i++) {
		_cleanup_reply_ struct reply r = {0};
		char text[64];

		client_print(fd,
			     "PUT /v1/services/s%d HTTP/1.1\r\nHost: shunt\r\n"
			     "Content-Length: 2\r\n\r\n{}",
			     i);
		snprintf(text, sizeof(text), "\"name\":\"s%d\"", i);
		assert_true(client_await(fd, &r, text));
		assert_int_equal(r.status, 201);
	}
}

/* --- bodies of all sizes --- */

static void test_largest_body(void **state)
{
	_cleanup_free_ char *body = make_body(API_BODY_MAX);
	_cleanup_reply_ struct reply r = client_request(*state, "POST", "/v1/apply", body);

	assert_int_equal(r.status, 200);
	assert_has(&r, "\"bytes\":4194293");
}

static void test_too_large_body(void **state)
{
	static const char *const methods[][2] = {
		{"POST", "/v1/apply"}, {"PUT", "/v1/services/web"}, {"PATCH", "/v1/services/web"}};
	_cleanup_free_ char *body = make_body(API_BODY_MAX + 1);

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		_cleanup_reply_ struct reply r =
			client_request(*state, methods[i][0], methods[i][1], body);

		assert_error(&r, 413, "4194304");
	}
	assert_alive(*state);
}

static void test_expect_continue(void **state)
{
	_cleanup_close_ int fd = client_connect(*state);
	_cleanup_reply_ struct reply r = {0}, refused = {0};
	_cleanup_close_ int other = client_connect(*state);

	client_print(fd, "POST /v1/apply HTTP/1.1\r\nHost: shunt\r\nConnection: close\r\n"
			 "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n");
	assert_true(client_await(fd, &r, "100 Continue\r\n\r\n"));
	client_print(fd, "{\"text\":\"\"}");
	assert_true(client_await(fd, &r, "\"changes\""));
	client_print(other, "POST /v1/apply HTTP/1.1\r\nHost: shunt\r\n"
			    "Expect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n");
	refused = client_read_all(other);
	assert_error(&refused, 413, "99999999999");
}

static void send_chunks(int fd, size_t size, size_t count)
{
	_cleanup_free_ char *chunk = mem_zalloc(size + 1);

	memset(chunk, ' ', size);
	for (size_t i = 0; i < count; i++)
		client_print(fd, "%zx\r\n%s\r\n", size, chunk);
}

#define CHUNKED(method)                                                                            \
	method " HTTP/1.1\r\nHost: shunt\r\nConnection: close\r\nTransfer-Encoding: "              \
	       "chunked\r\n\r\n"

static void test_chunks(void **state)
{
	_cleanup_close_ int fd = client_connect(*state), large = client_connect(*state);
	_cleanup_reply_ struct reply r = {0}, refused = {0};

	client_print(fd, CHUNKED("POST /v1/apply"));
	send_chunks(fd, 1, 100);
	client_print(fd, "5\r\n{\"tex\r\n6\r\nt\":\"\"}\r\n0\r\n\r\n");
	r = client_read_all(fd);
	assert_int_equal(r.status, 200);

	client_print(large, CHUNKED("POST /v1/apply"));
	send_chunks(large, 1 << 20, 5);
	client_print(large, "0\r\n\r\n");
	refused = client_read_all(large);
	assert_error(&refused, 413, "too large");
}

static void test_endless_body(void **state)
{
	_cleanup_close_ int fd = client_connect(*state);
	_cleanup_reply_ struct reply r = {0};

	client_print(fd, CHUNKED("PUT /v1/services/web"));
	send_chunks(fd, 1 << 20, 12);
	r = client_read_all(fd); /* it is closed, or this would wait */
	assert_int_equal(r.status, 0);
	assert_alive(*state);
}

/* So many large bodies at a time and no more; small ones go on, and room comes back. */
static void test_large_bodies(void **state)
{
	_cleanup_free_ char *body = make_body(2 * EXCHANGE_SMALL_BODY);
	int fds[EXCHANGE_LARGE_BODIES_MAX];
	_cleanup_reply_ struct reply refused = {0};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = client_connect(*state);
		client_print(
			fds[i],
			"POST /v1/apply HTTP/1.1\r\nHost: shunt\r\nContent-Length: %zu\r\n\r\n",
			strlen(body));
		client_send(fds[i], body, strlen(body) - 2);
	}
	refused = client_request(*state, "POST", "/v1/apply", body);
	assert_error(&refused, 503, "too many large requests");
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		_cleanup_reply_ struct reply r = {0}, small = {0};

		small = client_request(*state, "POST", "/v1/apply", "{\"text\": \"\"}");
		assert_int_equal(small.status, 200);
		client_send(fds[i], body + strlen(body) - 2, 2);
		assert_true(client_await(fds[i], &r, "\"bytes\""));
		close(fds[i]);
	}
	reply_free(&refused);
	refused = client_request(*state, "POST", "/v1/apply", body);
	assert_int_equal(refused.status, 200);
}

/* An answer that nobody takes is held once, not for everybody, and makes room when it is taken. */
static void test_large_answers(void **state)
{
	_cleanup_close_ int fd = client_connect(*state);
	_cleanup_reply_ struct reply r = {0}, refused = {0};

	client_print(fd, "GET /v1/config?format=conf HTTP/1.1\r\nHost: shunt\r\n"
			 "Connection: close\r\n\r\n");
	assert_true(client_await(fd, &r, "####"));
	refused = client_request(*state, "GET", "/v1/config?format=conf", NULL);
	assert_error(&refused, 503, "too many large answers");
	assert_alive(*state);
	while (client_more(fd, &r))
		;
	parse_reply(&r);
	assert_int_equal(strlen(r.body), FIXTURE_CONFIG_SIZE);
	for (int tries = 0; refused.status != 200 && tries < SOON_MS / 10; tries++) {
		poll(NULL, 0, tries ? 10 : 0);
		reply_free(&refused);
		refused = client_request(*state, "GET", "/v1/config?format=conf", NULL);
	}
	assert_int_equal(refused.status, 200);
}

/* --- the socket --- */

static int try_open(const char *path, struct error *err)
{
	struct director director = {.events = events_new()};
	_cleanup_(api_close) struct api *api = NULL;
	struct api *open;
	sd_event *loop;
	int r;

	assert_true(sd_event_new(&loop) >= 0);
	r = api_open(loop, path, &director, &api, err);
	open = take_ptr(api);
	if (r == 0) {
		struct stat st;

		assert_int_equal(stat(path, &st), 0);
		assert_true(S_ISSOCK(st.st_mode));
		assert_int_equal(st.st_mode & 0777, 0666);
	} else {
		assert_null(open);
	}
	api_close(open);
	sd_event_unref(loop);
	events_free(director.events);
	return r;
}

static void test_socket(void **state)
{
	char dir[TEMPORARY_LEN], path[TEMPORARY_LEN + 8], longer[256];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int stale = socket(AF_UNIX, SOCK_STREAM, 0), file = -1;
	mode_t mask = umask(077);
	struct error err = {0};

	assert_non_null(mkdtemp(temporary_template(dir)));
	snprintf(path, sizeof(path), "%s/sock", dir);
	assert_int_equal(try_open(path, &err), 0);
	assert_int_equal(access(path, F_OK), -1);

	memcpy(address.sun_path, path, sizeof(path));
	assert_int_equal(bind(stale, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(try_open(path, &err), 0);
	assert_int_equal(access(path, F_OK), -1);

	file = creat(path, 0600);
	assert_true(file >= 0);
	assert_int_equal(try_open(path, &err), -EEXIST);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	rmdir(dir);

	assert_int_equal(try_open(path, &err), -ENOENT);
	assert_non_null(strstr(err.text, path));
	snprintf(longer, sizeof(longer), "/tmp/%0200d", 0);
	assert_int_equal(try_open(longer, &err), -EINVAL);
	assert_non_null(strstr(err.text, "107"));
	assert_null(api_close(NULL));
	umask(mask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_route),
		TEST(test_good),
		TEST(test_bad),
		TEST(test_error_place),
		TEST(test_head),
		TEST(test_one_connection),
		TEST(test_largest_body),
		TEST(test_too_large_body),
		TEST(test_expect_continue),
		TEST(test_chunks),
		TEST(test_endless_body),
		TEST(test_large_bodies),
		TEST(test_large_answers),
		cmocka_unit_test(test_socket),
	};

	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
