/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_claims.c - which packets say something of an address, by ARP and by neighbour discovery. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "net/claim_protocol.h"

#define VIP4 "10.9.0.50"
#define VIP6 "2001:db8::9:50"

static const uint8_t frame_mac[6] = {2, 0, 0, 0, 0, 0xaa}, own_mac[6] = {2, 0, 0, 0, 0, 1};

static const struct ip_addr *addr(const char *text)
{
	static struct ip_addr ret;

	assert_int_equal(ip_addr_parse(text, &ret, NULL), 0);
	return &ret;
}

/* --- spoilt packets --- */

/* Each case changes some bytes of a good packet, @size of which come. */
struct spoilt {
	const char *name;
	uint8_t at, value;
	uint8_t size;
	bool heard;
	bool bad_sum; /* ICMPv6: the checksum is not put right again */
};

static const uint8_t arp_claim[46] = {0,  1, 8, 0,  6, 4, 0, 1, 2, 0, 0,  0, 0, 0xee,
				      10, 9, 0, 50, 0, 0, 0, 0, 0, 0, 10, 9, 0, 50};

static const struct spoilt arp_cases[] = {
	{"as it is", 0, 0, 28, true},
	{"a reply", 7, 2, 28, true},
	{"padded", 0, 0, 46, true},
	{"cut short", 0, 0, 27, false},
	{"empty", 0, 0, 0, false},
	{"not Ethernet", 1, 6, 28, false},
	{"not IPv4", 2, 0x86, 28, false},
	{"a longer MAC", 4, 8, 28, false},
	{"a longer address", 5, 16, 28, false},
	{"another operation", 7, 3, 28, false},
	{"from a group of hosts", 8, 3, 28, false},
};

/* An advertisement: IPv6 header, ICMPv6 with its target, the option with the MAC. */
static const uint8_t ndp_claim[96] = {
	0x60, 0, 0, 0, 0,   32,   58,   255, 0x20, 1,    0x0d, 0xb8, 0,    0, 0,    0,    0, 0,
	0,    0, 0, 9, 0,   0x50, 0xff, 2,   0,    0,    0,    0,    0,    0, 0,    0,    0, 0,
	0,    0, 0, 1, 136, 0,    0,    0,   0x20, 0,    0,    0,    0x20, 1, 0x0d, 0xb8, 0, 0,
	0,    0, 0, 0, 0,   0,    0,    9,   0,    0x50, 2,    1,    2,    0, 0,    0,    0, 0xee};

static const struct spoilt ndp_cases[] = {
	{"as it is", 0, 0x60, 72, true},
	{"padded", 0, 0x60, 90, true},
	{"a solicitation from it", 40, 135, 72, true},
	{"another option first", 64, 14, 72, true},
	{"an option of no length", 65, 0, 72, true},
	{"an option longer than the packet", 65, 9, 72, true},
	{"a wrong checksum", 71, 0xef, 72, false, true},
	{"cut short", 0, 0x60, 71, false},
	{"cut in the header", 0, 0x60, 39, false},
	{"empty", 0, 0x60, 0, false},
	{"a length that ends in the target", 5, 23, 72, false},
	{"a length of 0", 5, 0, 72, false},
	{"from beyond a router", 7, 254, 72, false},
	{"another code", 41, 1, 72, false},
	{"a router's advertisement", 40, 134, 72, false},
	{"an extension header", 6, 0, 72, false},
	{"another version", 0, 0x40, 72, false},
	{"of a group's address", 48, 0xff, 72, false},
};

/* As the kernel reckons it: the pseudo-header, then the packet. */
static void put_sum_right(uint8_t *packet)
{
	size_t end = 40 + ((size_t)packet[4] << 8) + packet[5];
	uint32_t sum = 58 + (uint32_t)(end - 40);

	packet[42] = packet[43] = 0;
	for (size_t i = 8; i < end; i++)
		sum += (uint32_t)packet[i] << (i % 2 ? 0 : 8);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	packet[42] = (uint8_t)(sum >> 8);
	packet[43] = (uint8_t)sum;
}

static void check_cases(const struct claim_protocol *p, const uint8_t *good, size_t size,
			const char *vip, const struct spoilt *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t packet[128] __attribute__((aligned(8))) = {};
		struct claim claim = {};
		bool heard;

		memcpy(packet, good, size);
		if (p->family == AF_INET6)
			put_sum_right(packet);
		packet[cases[i].at] = cases[i].value;
		if (p->family == AF_INET6 && !cases[i].bad_sum)
			put_sum_right(packet);
		heard = p->parse(packet, cases[i].size, frame_mac, &claim);
		if (heard != cases[i].heard)
			fail_msg("%s: %s: %s", p->name, cases[i].name, heard ? "heard" : "not");
		if (heard) {
			assert_int_equal(ip_addr_compare(&claim.addr, addr(vip)), 0);
			assert_false(claim.probe);
		}
	}
}

static void test_spoilt(void **state)
{
	check_cases(&claim_arp, arp_claim, sizeof(arp_claim), VIP4, arp_cases,
		    ARRAY_SIZE(arp_cases));
	check_cases(&claim_ndp, ndp_claim, sizeof(ndp_claim), VIP6, ndp_cases,
		    ARRAY_SIZE(ndp_cases));
}

/* --- what is said is understood --- */

static void test_said_and_heard(void **state)
{
	static const struct {
		const struct claim_protocol *protocol;
		const char *vip;
		uint8_t probe_to[6], announce_to[6];
		bool probe_names_mac; /* else only the frame does */
	} rows[] = {
		{&claim_arp,
		 VIP4,
		 {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		 {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		 true},
		{&claim_ndp, VIP6, {0x33, 0x33, 0xff, 9, 0, 0x50}, {0x33, 0x33, 0, 0, 0, 1}, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct claim_protocol *p = rows[i].protocol;
		struct claim_packet packet = {};
		struct claim claim = {};

		p->probe(own_mac, addr(rows[i].vip), &packet);
		assert_memory_equal(packet.to, rows[i].probe_to, 6);
		assert_true(p->parse(packet.bytes, packet.size, frame_mac, &claim));
		assert_true(claim.probe);
		assert_int_equal(ip_addr_compare(&claim.addr, addr(rows[i].vip)), 0);
		assert_memory_equal(claim.mac, rows[i].probe_names_mac ? own_mac : frame_mac, 6);

		p->announce(own_mac, addr(rows[i].vip), &packet);
		assert_memory_equal(packet.to, rows[i].announce_to, 6);
		assert_true(p->parse(packet.bytes, packet.size, frame_mac, &claim));
		assert_false(claim.probe);
		assert_int_equal(ip_addr_compare(&claim.addr, addr(rows[i].vip)), 0);
		assert_memory_equal(claim.mac, own_mac, 6);
	}
}

/* The MAC that an option names goes before the frame's. */
static void test_option(void **state)
{
	uint8_t packet[96] __attribute__((aligned(8)));
	const uint8_t named[6] = {2, 0, 0, 0, 0, 0xee};
	struct claim claim = {};

	memcpy(packet, ndp_claim, sizeof(packet));
	put_sum_right(packet);
	assert_true(claim_ndp.parse(packet, 72, frame_mac, &claim));
	assert_memory_equal(claim.mac, named, 6);
	packet[64] = 1; /* a source's MAC is not what an advertisement is about */
	put_sum_right(packet);
	assert_true(claim_ndp.parse(packet, 72, frame_mac, &claim));
	assert_memory_equal(claim.mac, frame_mac, 6);
	packet[5] = 24; /* none */
	put_sum_right(packet);
	assert_true(claim_ndp.parse(packet, 64, frame_mac, &claim));
	assert_memory_equal(claim.mac, frame_mac, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_said_and_heard),
		cmocka_unit_test(test_option),
	};

	return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
