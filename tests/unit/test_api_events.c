/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_api_events.c - events over the API: those that were, those to come, readers slow and gone.
 */
#include "api/follow.h"
#include "unit/api_fixture.h"

/* --- events --- */

/* In HTTP/1.0, so that lines come without the marks of chunks in their middle. */
static int follow(const struct server *s, const char *query)
{
	int fd = client_connect(s);

	client_print(fd, "GET /v1/events%s HTTP/1.0\r\n\r\n", query);
	return fd;
}

static void make_events(const struct server *s, const char *service, int count)
{
	_cleanup_free_ char *path = mem_printf("/v1/services/%s", service);
	_cleanup_free_ char *body = mem_printf("{\"events\": %d}", count);
	_cleanup_reply_ struct reply r = client_request(s, "PUT", path, body);

	assert_int_equal(r.status, 201);
}

static unsigned int count_lines(const char *text)
{
	unsigned int n = 0;

	for (; (text = strstr(text, "\"seq\":")); text++)
		n++;
	return n;
}

static void test_events(void **state)
{
	_cleanup_reply_ struct reply none = {0}, all = {0}, some = {0};

	none = client_request(*state, "GET", "/v1/events", NULL);
	assert_int_equal(none.status, 200);
	assert_has(&none, "application/x-ndjson");
	assert_int_equal(count_lines(none.body), 0);
	make_events(*state, "web", 9);
	all = client_request(*state, "GET", "/v1/events", NULL);
	assert_int_equal(count_lines(all.body), 10);
	assert_has(&all, "\"text\":\"web changed\"");
	some = client_request(*state, "GET", "/v1/events?since=7&follow=0", NULL);
	assert_int_equal(count_lines(some.body), 3);
	assert_has(&some, "{\"seq\":8,");
}

static void test_follow(void **state)
{
	_cleanup_close_ int all = -1, late = -1, chunked = client_connect(*state);
	_cleanup_reply_ struct reply r = {0}, r_late = {0}, r_chunked = {0};

	make_events(*state, "first", 0);
	all = follow(*state, "?follow=1");
	assert_true(client_await(all, &r, "first changed"));
	assert_int_equal(r.status, 200);
	late = follow(*state, "?follow=1&since=1");
	assert_true(client_await(late, &r_late, "\r\n\r\n")); /* the head comes at once */
	client_print(chunked, "GET /v1/events?follow=1 HTTP/1.1\r\nHost: shunt\r\n\r\n");
	assert_true(client_await(chunked, &r_chunked, "first changed"));
	assert_has(&r_chunked, "Transfer-Encoding: chunked");
	shutdown(late, SHUT_WR); /* who has no more to say may still listen */

	for (int i = 0; i < 20; i++) {
		char name[16], text[32];

		snprintf(name, sizeof(name), "s%d", i);
		snprintf(text, sizeof(text), "s%d changed", i);
		make_events(*state, name, i);
		assert_true(client_await(all, &r, text));
		assert_true(client_await(late, &r_late, text));
	}
	assert_int_equal(count_lines(r.text), 211);
	assert_int_equal(count_lines(r_late.text), 210);
	assert_null(strstr(r_late.text, "first"));
	/* no piece of it says where the last line is whole, but the last bytes do */
	while (!strstr(r_chunked.text + r_chunked.size - 5, "}\n\r\n") ||
	       !strstr(r_chunked.text, "s19 changed"))
		assert_true(client_more(chunked, &r_chunked));
}

/* The numbers of the events that came, which must rise; *ret_gaps counts those that did not. */
static uint64_t check_order(const char *text, unsigned int *ret_gaps)
{
	uint64_t last = 0;

	*ret_gaps = 0;
	for (; (text = strstr(text, "{\"seq\":")); text++) {
		uint64_t seq = strtoull(text + strlen("{\"seq\":"), NULL, 10);

		assert_true(seq > last);
		*ret_gaps += seq != last + 1;
		last = seq;
	}
	return last;
}

/* Who does not read misses the oldest, sees it by the numbers, and hinders nobody. */
static void test_slow_follower(void **state)
{
	_cleanup_close_ int slow = follow(*state, "?follow=1"), quick = follow(*state, "?follow=1");
	_cleanup_reply_ struct reply r_slow = {0}, r_quick = {0};
	unsigned int gaps;

	assert_true(client_await(slow, &r_slow, "\r\n\r\n"));
	for (int i = 0; i < 40; i++) {
		char name[16], text[32];

		snprintf(name, sizeof(name), "s%d", i);
		snprintf(text, sizeof(text), "s%d changed", i);
		make_events(*state, name, 499);
		assert_true(client_await(quick, &r_quick, text));
	}
	assert_int_equal(check_order(r_quick.text, &gaps), 20000);
	assert_int_equal(gaps, 0);
	assert_true(client_await(slow, &r_slow, "s39 changed"));
	assert_int_equal(check_order(r_slow.text, &gaps), 20000);
	assert_true(gaps >= 1);
}

static void test_followers_max(void **state)
{
	int fds[FOLLOW_MAX];
	_cleanup_reply_ struct reply refused = {0};
	int status = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		_cleanup_reply_ struct reply r = {0};

		fds[i] = follow(*state, "?follow=1");
		assert_true(client_await(fds[i], &r, "\r\n\r\n"));
		assert_int_equal(r.status, 200);
	}
	refused = client_request(*state, "GET", "/v1/events?follow=1", NULL);
	assert_error(&refused, 503, "follow the events");
	reply_free(&refused);
	refused = client_request(*state, "GET", "/v1/events", NULL);
	assert_int_equal(refused.status, 200); /* who does not wait is not counted */

	/* they go without an event telling the server; it notices */
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	for (int tries = 0; status != 200 && tries < PATIENCE_MS / 10; tries++) {
		_cleanup_close_ int fd = follow(*state, "?follow=1");
		_cleanup_reply_ struct reply r = {0};

		assert_true(client_await(fd, &r, "\r\n\r\n"));
		status = r.status;
		poll(NULL, 0, status == 200 ? 0 : 10);
	}
	assert_int_equal(status, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_events),
		TEST(test_follow),
		TEST(test_slow_follower),
		TEST(test_followers_max),
	};

	return cmocka_run_group_tests_name("api events", tests, NULL, NULL);
}
