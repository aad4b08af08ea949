/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sample.c - a client's packet, and what became of one, in words. */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "plan/sample.h"

#define ETH sizeof(struct ether_header)

static size_t build(const char *to, const char *from, bool syn, uint8_t frame[static SAMPLE_ROOM])
{
	struct sample sample = {.syn = syn, .dmac = {2, 0, 0, 0, 0, 1}, .smac = {2, 0, 0, 0, 0, 2}};

	assert_int_equal(vip_parse(to, &sample.to, NULL), 0);
	assert_int_equal(endpoint_parse(from, &sample.from, NULL), 0);
	return sample_build(&sample, frame);
}

/* The Internet checksum over @length bytes, and over what @more adds; 0 when a sum in it is right.
 */
static uint16_t sum(const uint8_t *bytes, size_t length, uint32_t more)
{
	for (size_t i = 0; i < length; i++)
		more += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (more >> 16)
		more = (more & 0xffff) + (more >> 16);
	return (uint16_t)~more;
}

/* @addresses: where the two stand, 4 or 16 bytes each. */
static void assert_l4_sum(const uint8_t *addresses, size_t size, const uint8_t *l4, size_t length,
			  uint8_t protocol)
{
	uint32_t pseudo = (uint16_t)~sum(addresses, 2 * size, (uint32_t)length + protocol);

	assert_int_equal(sum(l4, length, pseudo), 0);
}

static void test_ipv4(void **state)
{
	uint8_t frame[SAMPLE_ROOM], *ip = frame + ETH;
	size_t length = build("tcp:192.0.2.10:80", "198.51.100.7:40000", true, frame);

	assert_int_equal(length, ETH + 20 + 24);
	assert_memory_equal(frame, "\2\0\0\0\0\1\2\0\0\0\0\2\x08\0\x45", 15);
	assert_int_equal(sum(ip, 20, 0), 0);
	assert_l4_sum(ip + 12, 4, ip + 20, 24, IPPROTO_TCP);
	assert_int_equal(ip[20 + 13], 2); /* SYN */
	length = build("tcp:192.0.2.10:80", "198.51.100.7:40000", false, frame);
	assert_int_equal(length, ETH + 20 + 20);
	assert_l4_sum(ip + 12, 4, ip + 20, 20, IPPROTO_TCP);
	assert_int_equal(ip[20 + 13], 16); /* ACK */
	length = build("udp:192.0.2.10:53", "198.51.100.7:40000", false, frame);
	assert_int_equal(length, ETH + 20 + 8);
	assert_l4_sum(ip + 12, 4, ip + 20, 8, IPPROTO_UDP);
}

static void test_ipv6(void **state)
{
	uint8_t frame[SAMPLE_ROOM], *ip = frame + ETH;
	size_t length = build("tcp:[2001:db8::10]:80", "[2001:db8:1::7]:40000", true, frame);

	assert_int_equal(length, ETH + 40 + 24);
	assert_memory_equal(frame + 12, "\x86\xdd\x60", 3);
	assert_l4_sum(ip + 8, 16, ip + 40, 24, IPPROTO_TCP);
	length = build("udp:[2001:db8::10]:53", "[2001:db8:1::7]:40000", false, frame);
	assert_int_equal(length, ETH + 40 + 8);
	assert_l4_sum(ip + 8, 16, ip + 40, 8, IPPROTO_UDP);
}

/* --- what became of it --- */

static void assert_rewrites(const uint8_t *in, size_t in_length, const uint8_t *out,
			    size_t out_length, const char *const expected[][3], size_t count)
{
	struct rewrite found[REWRITE_MAX];

	assert_int_equal(rewrite_list(in, in_length, out, out_length, found), count);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(found[i].what, expected[i][0]);
		assert_string_equal(found[i].from, expected[i][1]);
		assert_string_equal(found[i].to, expected[i][2]);
	}
}

static void test_nothing(void **state)
{
	uint8_t frame[SAMPLE_ROOM];
	size_t length = build("tcp:192.0.2.10:80", "198.51.100.7:40000", true, frame);

	assert_rewrites(frame, length, frame, length, NULL, 0);
}

static void test_nat(void **state)
{
	static const char *const expected[][3] = {
		{"destination address", "192.0.2.10", "10.0.0.11"},
		{"time to live", "64", "63"},
		{"destination port", "80", "8080"},
		{"MSS", "1460", "1400"},
	};
	uint8_t in[SAMPLE_ROOM], out[SAMPLE_ROOM];
	size_t length = build("tcp:192.0.2.10:80", "198.51.100.7:40000", true, in);

	build("tcp:10.0.0.11:8080", "198.51.100.7:40000", true, out);
	out[ETH + 8]--;
	out[ETH + 20 + 23] = 1400 & 0xff;
	assert_rewrites(in, length, out, length, expected, ARRAY_SIZE(expected));
}

static void test_tags(void **state)
{
	static const char *const expected[][3] = {
		{"destination MAC", "02:00:00:00:00:01", "02:00:00:00:00:11"},
		{"VLAN", "", "802.1ad 7, 100"},
	};
	static const uint8_t tags[] = {0x88, 0xa8, 0x00, 7, 0x81, 0, 0x60, 100};
	uint8_t in[SAMPLE_ROOM], out[2 * SAMPLE_ROOM];
	size_t length = build("udp:192.0.2.10:53", "198.51.100.7:40000", false, in);

	memcpy(out, in, 12);
	out[5] = 0x11;
	memcpy(out + 12, tags, sizeof(tags));
	memcpy(out + 12 + sizeof(tags), in + 12, length - 12);
	assert_rewrites(in, length, out, length + sizeof(tags), expected, ARRAY_SIZE(expected));
}

/* Put @before, an outer header with the addresses of @from_to, before the packet of @in. */
static size_t wrap(const uint8_t *in, size_t length, const uint8_t *before, size_t size,
		   uint8_t *out)
{
	memcpy(out, in, ETH);
	memcpy(out + 12, before[0] >> 4 == 6 ? "\x86\xdd" : "\x08\0", 2);
	memcpy(out + ETH, before, size);
	memcpy(out + ETH + size, in + ETH, length - ETH);
	return length + size;
}

static void test_ipip(void **state)
{
	static const char *const expected[][3] = {
		{"outer header", "", "ipip 10.0.0.1 -> 10.0.0.11"},
	};
	static const uint8_t before[20] = {0x45, [8] = 64, IPPROTO_IPIP, [12] = 10, 0, 0, 1, 10, 0,
					   0,    11};
	uint8_t in[SAMPLE_ROOM], out[2 * SAMPLE_ROOM];
	size_t length = build("tcp:192.0.2.10:80", "198.51.100.7:40000", true, in);

	assert_rewrites(in, length, out, wrap(in, length, before, sizeof(before), out), expected,
			ARRAY_SIZE(expected));
}

/* IPv4 in GUE over IPv6. */
static void test_gue(void **state)
{
	static const char *const expected[][3] = {
		{"outer header", "", "gue fd00::1:4660 -> fd00::2:6080"},
	};
	static const uint8_t before[40 + 8 + 4] = {0x60,        [6] = IPPROTO_UDP,
						   [8] = 0xfd,  [23] = 1,
						   [24] = 0xfd, [39] = 2,
						   0x12,        0x34,
						   0x17,        0xc0};
	uint8_t in[SAMPLE_ROOM], out[2 * SAMPLE_ROOM];
	size_t length = build("udp:192.0.2.10:53", "198.51.100.7:40000", false, in);

	assert_rewrites(in, length, out, wrap(in, length, before, sizeof(before), out), expected,
			ARRAY_SIZE(expected));
}

/* Cut anywhere: what is missing is not read. */
static void test_cut(void **state)
{
	struct rewrite found[REWRITE_MAX];
	uint8_t in[SAMPLE_ROOM];
	size_t length = build("tcp:192.0.2.10:80", "198.51.100.7:40000", true, in);

	for (size_t cut = 0; cut <= length; cut++) {
		uint8_t *out = malloc(cut + 1);

		assert_non_null(out);
		memcpy(out, in, cut);
		assert_true(rewrite_list(in, length, out, cut, found) <= REWRITE_MAX);
		assert_int_equal(rewrite_list(in, length, out, cut, found) == 0, cut == length);
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),    cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_nothing), cmocka_unit_test(test_nat),
		cmocka_unit_test(test_tags),    cmocka_unit_test(test_ipip),
		cmocka_unit_test(test_gue),     cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
