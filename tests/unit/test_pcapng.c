/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_pcapng.c - each kind of block byte by byte, what does not fit, and blocks told apart. */
#include <endian.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/pcapng.h"

static const struct pcapng_packet sample = {
	.interface = 3,
	.time_ns = 0x1122334455667788,
	.data = "abcde",
	.captured = 5,
	.length = 1514,
	.direction = PCAPNG_OUTBOUND,
	.id = 0x0102030405060708,
	.comment = "why",
};

/* Words as they stand in memory; texts of four bytes are words too. */
static void assert_words(const void *block, size_t size, const uint32_t *words, size_t count)
{
	assert_int_equal(size, count * 4);
	for (size_t i = 0; i < count; i++) {
		uint32_t found;

		memcpy(&found, (const uint8_t *)block + 4 * i, 4);
		if (found != words[i])
			fail_msg("word %zu is %08x, expected %08x", i, found, words[i]);
	}
}

/* The 16-bit word that comes first in memory, and the second. */
static uint32_t pair(uint16_t first, uint16_t second)
{
	return le32toh(1) == 1 ? (uint32_t)second << 16 | first : (uint32_t)first << 16 | second;
}

static uint32_t text(const char *four)
{
	uint32_t word;

	memcpy(&word, four, 4);
	return word;
}

static void test_section(void **state)
{
	const uint32_t expected[] = {
		0x0a0d0d0a, 44,           0x1a2b3c4d,     pair(1, 0), UINT32_MAX, UINT32_MAX,
		pair(4, 6), text("shun"), text("t9\0\0"), 0,          44,
	};
	uint8_t block[64];

	assert_words(block, pcapng_section(block, sizeof(block), "shunt9"), expected,
		     ARRAY_SIZE(expected));
}

static void test_interface(void **state)
{
	const struct pcapng_interface interface = {"eth0", "in", 65535};
	const uint32_t expected[] = {
		1,          48,
		pair(1, 0), 65535,
		pair(2, 4), text("eth0"),
		pair(3, 2), text("in\0\0"),
		pair(9, 1), text("\x09\0\0\0"),
		0,          48,
	};
	uint8_t block[64];

	assert_words(block, pcapng_interface(block, sizeof(block), &interface), expected,
		     ARRAY_SIZE(expected));
}

static void test_packet(void **state)
{
	uint32_t id[2];
	uint8_t block[128];

	memcpy(id, &sample.id, sizeof(id));
	const uint32_t expected[] = {
		6,
		72,
		3,
		0x11223344,
		0x55667788,
		5,
		1514,
		text("abcd"),
		text("e\0\0\0"),
		pair(1, 3),
		text("why\0"),
		pair(2, 4),
		2,
		pair(5, 8),
		id[0],
		id[1],
		0,
		72,
	};

	assert_words(block, pcapng_packet(block, sizeof(block), &sample), expected,
		     ARRAY_SIZE(expected));
}

static void test_statistics(void **state)
{
	uint8_t block[64];
	size_t size = pcapng_statistics(block, sizeof(block), 1, 1ULL << 32, 7);

	assert_int_equal(pcapng_next(block, size), size);
	assert_int_equal(pcapng_type(block), PCAPNG_STATISTICS);
	assert_int_equal(pcapng_lost(block), 7);
}

/* A comment that is too long is cut, one that is empty is none. */
static void test_comments(void **state)
{
	char comment[2 * PCAPNG_COMMENT_MAX];
	uint8_t block[4 * PCAPNG_COMMENT_MAX];
	struct pcapng_packet packet = sample;
	size_t none, whole;

	memset(comment, 'x', sizeof(comment) - 1);
	comment[sizeof(comment) - 1] = '\0';
	packet.comment = comment;
	whole = pcapng_packet(block, sizeof(block), &packet);
	packet.comment = "";
	none = pcapng_packet(block, sizeof(block), &packet);
	assert_int_equal(whole, none + 4 + PCAPNG_COMMENT_MAX);
	packet.comment = NULL;
	assert_int_equal(pcapng_packet(block, sizeof(block), &packet), none);
}

/* With any room less than it takes nothing is written beyond, and 0 is told. */
static void test_no_room(void **state)
{
	size_t size = 72;

	for (size_t room = 0; room <= size; room++) {
		uint8_t *block = malloc(room + 1);

		assert_non_null(block);
		block[room] = 0x5a;
		assert_int_equal(pcapng_packet(block, room, &sample), room == size ? size : 0);
		assert_int_equal(block[room], 0x5a);
		free(block);
	}
}

/* Cut anywhere, what is there of a stream is whole blocks and a rest. */
static void test_told_apart(void **state)
{
	uint8_t stream[512];
	size_t first = pcapng_section(stream, sizeof(stream), "x");
	size_t all = first + pcapng_packet(stream + first, sizeof(stream) - first, &sample);

	for (size_t size = 0; size < all; size++) {
		ssize_t next = pcapng_next(stream, size);

		assert_int_equal(next, size < first ? 0 : first);
		if (next)
			assert_int_equal(pcapng_next(stream + next, size - next), 0);
	}
	assert_int_equal(pcapng_next(stream + first, all - first), all - first);
	assert_int_equal(pcapng_type(stream + first), PCAPNG_PACKET);
	assert_int_equal(pcapng_id(stream + first), sample.id);
}

static void test_no_blocks(void **state)
{
	const uint32_t bad[][3] = {
		{6, 8, 8},                        /* shorter than a block can be */
		{6, 13, 13},                      /* not whole words */
		{6, 12, 16},                      /* two lengths */
		{6, PCAPNG_BLOCK_MAX + 4, 0},     /* longer than ours are */
		{0x0a0d0d0a, 0x1c000000, 0x4d3c}, /* the other byte order */
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(pcapng_next(bad[i], sizeof(bad[i])), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_section),    cmocka_unit_test(test_interface),
		cmocka_unit_test(test_packet),     cmocka_unit_test(test_statistics),
		cmocka_unit_test(test_comments),   cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_told_apart), cmocka_unit_test(test_no_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
