/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * family.h - the same test over IPv4, then over IPv6. It is written with IPv4 addresses; in the
 * second run each is read as an IPv6 address: 10.9.0.11/24 as fd0a:9::b/48, in commands and in
 * texts too.
 */
#ifndef TESTS_UNIT_FAMILY_H
#define TESTS_UNIT_FAMILY_H

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/addr.h"
#include "tests/unit/netns.h"

static bool v6; /* this is the second run */

struct text {
	char s[1024];
};

/* The address that begins @from as IPv6; its length in the text, 0 if there is none. */
static inline int translate_one(const char *from, char *to, size_t size)
{
	unsigned int a, b, c, d, len = 0;
	int taken = 0, more = 0;
	char plain[64];
	struct in6_addr addr;

	if (sscanf(from, "%u.%u.%u.%u%n", &a, &b, &c, &d, &taken) != 4 || !taken)
		return 0;
	snprintf(plain, sizeof(plain), "fd%02x:%x:%x::%x", a, b, c, d);
	assert_int_equal(inet_pton(AF_INET6, plain, &addr), 1);
	inet_ntop(AF_INET6, &addr, to, size);
	if (sscanf(from + taken, "/%u%n", &len, &more) == 1)
		snprintf(to + strlen(to), size - strlen(to), "/%u", len <= 24 ? 2 * len : 96 + len);
	return taken + more;
}

static inline struct text in_family(const char *text)
{
	struct text out = {};
	size_t n = 0;
	int taken;

	while (*text) {
		bool start =
			v6 && *text >= '1' && *text <= '9' && (!n || strchr(" \n", out.s[n - 1]));

		taken = start ? translate_one(text, out.s + n, sizeof(out.s) - n) : 0;
		if (!taken)
			out.s[n] = *text;
		text += taken ? taken : 1;
		n += taken ? strlen(out.s + n) : 1;
		assert_true(n < sizeof(out.s) - 64);
	}
	return out;
}

static inline struct ip_addr addr(const char *text)
{
	struct ip_addr ret;

	assert_int_equal(ip_addr_parse(in_family(text).s, &ret, NULL), 0);
	return ret;
}

static inline void run(int ns, const char *commands)
{
	assert_int_equal(netns_run(ns, "%s", in_family(commands).s), 0);
}

static inline bool says(const char *command, const char *text)
{
	return netns_says(in_family(command).s, in_family(text).s);
}

static inline void set_family(bool six)
{
	v6 = six;
	setenv("FAMILY", v6 ? "-6" : "-4", 1); /* for ip(8) */
}

#endif
