/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_channel.c - the checker's end of the socket: full sockets, foreign messages, the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "checker/channel.h"
#include "loop.h"

struct fixture {
	sd_event *loop;
	struct channel *channel;
	int far; /* shuntd's end */
	union protocol_message got[16];
	size_t count, wanted;
};

static void on_message(const union protocol_message *message, void *arg)
{
	struct fixture *f = arg;

	assert_true(f->count < ARRAY_SIZE(f->got));
	memcpy(&f->got[f->count], message,
	       message->type == PROTOCOL_CHECK ? sizeof(message->check) : sizeof(message->forget));
	f->count++;
}

static int setup(void **state)
{
	struct fixture *f = mem_zalloc(sizeof(*f));
	int ends[2];

	assert_int_equal(sd_event_new(&f->loop), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	f->far = ends[0];
	assert_int_equal(channel_open(f->loop, ends[1], on_message, f, &f->channel), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	channel_close(f->channel);
	if (f->far >= 0)
		close(f->far);
	sd_event_unref(f->loop);
	free(f);
	return 0;
}

static bool all_came(void *arg)
{
	struct fixture *f = arg;

	return f->count >= f->wanted;
}

static bool nothing_waits(void *arg)
{
	struct fixture *f = arg;

	return channel_waiting(f->channel) == 0;
}

static void send_result(struct fixture *f, uint32_t id, uint32_t streak)
{
	struct protocol_result result = {.type = PROTOCOL_RESULT, .id = id, .streak = streak};

	channel_send(f->channel, &result);
}

/* Results for the checks 1 .. 3 in turn, until the socket takes no more and some for each wait. */
static uint32_t fill(struct fixture *f)
{
	uint32_t streak = 0;

	while (channel_waiting(f->channel) < 3) {
		streak++;
		for (uint32_t id = 1; id <= 3; id++)
			send_result(f, id, streak);
	}
	return streak;
}

/* Read what is there; remember each check's last streak. Returns how many messages. */
static size_t drain(struct fixture *f, uint32_t last[4])
{
	union protocol_message m;
	size_t n = 0;

	while (recv(f->far, &m, sizeof(m), MSG_DONTWAIT) > 0) {
		if (m.type != PROTOCOL_RESULT)
			continue;
		assert_in_range(m.result.id, 1, 3);
		assert_true(m.result.streak > last[m.result.id]); /* never out of order */
		last[m.result.id] = m.result.streak;
		n++;
	}
	return n;
}

static void test_full_socket_keeps_the_latest(void **state)
{
	struct fixture *f = *state;
	uint32_t last[4] = {0}, streak = fill(f);

	for (uint32_t i = 1; i <= 1000; i++)
		for (uint32_t id = 1; id <= 3; id++)
			send_result(f, id, streak + i);
	assert_int_equal(channel_waiting(f->channel), 3);
	assert_true(drain(f, last) > 3);
	assert_true(last[1] <= streak);
	send_result(f, 1, streak + 1001); /* there is room, but what waits goes first */
	assert_true(loop_until(f->loop, nothing_waits, f));
	assert_int_equal(drain(f, last), 3);
	assert_int_equal(last[1], streak + 1001);
	assert_int_equal(last[2], streak + 1000);
	assert_int_equal(last[3], streak + 1000);
	send_result(f, 1, streak + 1002); /* and on as before */
	assert_int_equal(channel_waiting(f->channel), 0);
}

static void test_forgotten_results_do_not_wait(void **state)
{
	struct fixture *f = *state;
	struct protocol_forget forget = {.type = PROTOCOL_FORGET, .id = 2};

	fill(f);
	assert_int_equal(send(f->far, &forget, sizeof(forget), 0), sizeof(forget));
	f->wanted = 1;
	assert_true(loop_until(f->loop, all_came, f));
	assert_int_equal(f->got[0].forget.id, 2);
	assert_int_equal(channel_waiting(f->channel), 2);
}

static void test_messages_arrive(void **state)
{
	struct fixture *f = *state;
	struct protocol_check check = {.type = PROTOCOL_CHECK, .id = 5, .interval = 77};
	struct protocol_forget forget = {.type = PROTOCOL_FORGET, .id = 6};

	assert_int_equal(send(f->far, &check, sizeof(check), 0), sizeof(check));
	assert_int_equal(send(f->far, &forget, sizeof(forget), 0), sizeof(forget));
	f->wanted = 2;
	assert_true(loop_until(f->loop, all_came, f));
	assert_int_equal(f->got[0].check.id, 5);
	assert_int_equal(f->got[0].check.interval, 77);
	assert_int_equal(f->got[1].forget.id, 6);
}

static void test_says_that_it_lives(void **state)
{
	struct fixture *f = *state;
	union protocol_message m = {0};
	double limit = loop_seconds() + LOOP_LIMIT_S;

	while (recv(f->far, &m, sizeof(m), MSG_DONTWAIT) < 0 && loop_seconds() < limit)
		assert_true(sd_event_run(f->loop, 100 * 1000) >= 0);
	assert_int_equal(m.type, PROTOCOL_ALIVE);
}

static void test_end_of_shuntd_ends_the_loop(void **state)
{
	struct fixture *f = *state;

	close(f->far);
	f->far = -1;
	assert_int_equal(sd_event_loop(f->loop), 0);
}

static void test_end_of_shuntd_with_a_full_socket(void **state)
{
	struct fixture *f = *state;

	fill(f);
	close(f->far);
	f->far = -1;
	assert_int_equal(sd_event_loop(f->loop), 0);
}

static void refuses(const void *message, size_t size)
{
	void *state;
	struct fixture *f;

	setup(&state);
	f = state;
	assert_int_equal(send(f->far, message, size, 0), size);
	assert_int_equal(sd_event_loop(f->loop), -EPROTO);
	assert_int_equal(f->count, 0);
	teardown(&state);
}

static void test_no_message(void **state)
{
	union protocol_message m = {0};
	char large[4096] = {PROTOCOL_CHECK};

	refuses(&m, sizeof(m));
	m.type = PROTOCOL_CHECK;
	refuses(&m, sizeof(m.check) - 1);
	refuses(&m, sizeof(m.check) + 1);
	refuses(large, sizeof(large));
	refuses(&m, 1);
	m.type = PROTOCOL_FORGET;
	refuses(&m, sizeof(m.check));
	m.type = PROTOCOL_RESULT;
	refuses(&m, sizeof(m.result));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_full_socket_keeps_the_latest),
		TEST(test_forgotten_results_do_not_wait),
		TEST(test_messages_arrive),
		TEST(test_says_that_it_lives),
		TEST(test_end_of_shuntd_ends_the_loop),
		TEST(test_end_of_shuntd_with_a_full_socket),
		cmocka_unit_test(test_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
