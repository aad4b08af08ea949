/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_capture_queue.c - a reader's file: packets before and after, what is lost, slow readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/pcapng.h"
#include "daemon/capture_queue.h"

#define SNAPLEN 2000

static uint8_t bytes[SNAPLEN];

static struct capture_frame frame(const char *interface, uint32_t length)
{
	struct capture_frame f = {
		.time_ns = 7, .bytes = bytes, .captured = length, .length = length};

	snprintf(f.interface, sizeof(f.interface), "%s", interface);
	return f;
}

static bool put(struct capture_queue *q, uint32_t length)
{
	struct capture_frame in = frame("eth0", length), out = frame("eth1", length);

	return capture_queue_put(q, &in, &out, "web: forward");
}

/* What was read, block by block. */
struct blocks {
	unsigned int sections, interfaces, packets;
	uint64_t lost, last_id;
};

/* Take all there is, @piece bytes at a time. */
static void take(struct capture_queue *q, size_t piece, struct blocks *ret)
{
	uint8_t *file = mem_zalloc(2 * CAPTURE_QUEUE_BYTES);
	size_t size = 0;
	ssize_t next;

	while (!capture_queue_is_empty(q))
		size += capture_queue_take(q, file + size, piece);
	for (size_t at = 0; at < size; at += (size_t)next) {
		next = pcapng_next(file + at, size - at);
		assert_true(next > 0);
		ret->sections += pcapng_type(file + at) == PCAPNG_SECTION;
		ret->interfaces += pcapng_type(file + at) == PCAPNG_INTERFACE;
		if (pcapng_type(file + at) == PCAPNG_STATISTICS)
			ret->lost = pcapng_lost(file + at);
		if (pcapng_type(file + at) != PCAPNG_PACKET)
			continue;
		ret->packets++;
		assert_in_range(pcapng_id(file + at) - ret->last_id, 0, 1);
		ret->last_id = pcapng_id(file + at);
	}
	free(file);
}

static void test_grows(void **state)
{
	_cleanup_(capture_queue_free) struct capture_queue *q = capture_queue_new(SNAPLEN);
	struct capture_frame in = frame("eth0", 60), none = {0};
	struct blocks blocks = {0};

	take(q, 1000, &blocks); /* a reader sees at once that it begins */
	assert_int_equal(blocks.sections, 1);
	assert_true(put(q, 100));
	assert_true(capture_queue_put(q, &in, &none, "drop"));
	take(q, 1000, &blocks);
	assert_int_equal(blocks.interfaces, 2);
	assert_int_equal(blocks.packets, 3);
	assert_true(put(q, 100));
	take(q, 1, &blocks);
	assert_int_equal(blocks.packets, 5);
	assert_int_equal(blocks.interfaces, 2);
	assert_int_equal(blocks.sections, 1);
	assert_int_equal(blocks.lost, 0);
	assert_int_equal(capture_queue_packets(q), 3);
}

/* Who takes nothing loses what comes, and is told how much once he takes something. */
static void test_full(void **state)
{
	_cleanup_(capture_queue_free) struct capture_queue *q = capture_queue_new(SNAPLEN);
	unsigned int kept = 0, lost = 0;
	struct blocks blocks = {0};

	while (lost < 1000)
		if (put(q, 1500))
			kept++;
		else
			lost++;
	assert_in_range(kept, CAPTURE_QUEUE_BYTES / 4096, CAPTURE_QUEUE_BYTES / 3000);
	take(q, 65536, &blocks);
	assert_int_equal(blocks.packets, 2 * kept);
	assert_int_equal(blocks.lost, lost);
	assert_true(put(q, 1500));
	capture_queue_lose(q, 5); /* elsewhere */
	take(q, 65536, &blocks);
	assert_int_equal(blocks.packets, 2 * kept + 2);
	assert_int_equal(blocks.lost, lost + 5);
	assert_true(capture_queue_is_empty(q));
}

/* Nothing is lost as long as the reader keeps up, however far that is from an empty queue. */
static void test_keeps_up(void **state)
{
	_cleanup_(capture_queue_free) struct capture_queue *q = capture_queue_new(SNAPLEN);
	uint8_t piece[3200];

	for (int i = 0; i < 500; i++)
		assert_true(put(q, 1500));
	for (int i = 0; i < 20000; i++) {
		assert_true(put(q, 1500));
		assert_true(capture_queue_take(q, piece, sizeof(piece)) > 0);
	}
}

static void test_cuts(void **state)
{
	_cleanup_(capture_queue_free) struct capture_queue *q = capture_queue_new(64);
	struct blocks blocks = {0};
	uint8_t file[1024];

	take(q, sizeof(file), &blocks);
	assert_true(put(q, 1500));
	assert_in_range(capture_queue_take(q, file, sizeof(file)), 2 * 64, 2 * 64 + 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_keeps_up),
		cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
