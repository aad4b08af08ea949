/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_fixture.h - what the tests of net/ share: two namespaces (netns.h), one struct net, waiting
 * for what it tells. Without root the tests are skipped.
 *
 * What both families have is tested twice (family.h).
 */
#ifndef TESTS_UNIT_NET_FIXTURE_H
#define TESTS_UNIT_NET_FIXTURE_H

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "net/net.h"
#include "tests/unit/family.h"
#include "tests/unit/netns.h"

#define LIMIT_MS 10000 /* what has not come by then does not come */

struct fixture {
	struct netns ns;
	struct net *net;
	unsigned int changed;
};

static inline void on_changed(void *arg)
{
	struct fixture *f = arg;

	f->changed++;
}

static inline int setup(void **state)
{
	struct fixture *f;

	if (!netns_possible())
		return 0;
	f = calloc(1, sizeof(*f));
	*state = f;
	return netns_enter(&f->ns) || net_open(on_changed, f, &f->net, NULL);
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	if (!f)
		return 0;
	net_close(f->net);
	netns_leave(&f->ns);
	free(f);
	return 0;
}

static inline struct fixture *need(void **state)
{
	if (!*state)
		skip();
	return *state;
}

static inline void director(struct fixture *f, const char *commands)
{
	run(f->ns.director, commands);
}

static inline void peer(struct fixture *f, const char *commands)
{
	run(f->ns.peer, commands);
}

static inline struct net_hop resolve(struct fixture *f, const char *to)
{
	const struct ip_addr at = addr(to);
	struct net_hop hop;

	net_resolve(f->net, &at, &hop);
	return hop;
}

static inline void release(struct fixture *f, const char *to)
{
	const struct ip_addr at = addr(to);

	net_release(f->net, &at);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Wait for the next notification and take in what has come. */
static inline void turn(struct fixture *f, uint64_t until)
{
	struct pollfd poller = {.fd = net_fd(f->net), .events = POLLIN};
	uint64_t now = now_ms();

	if (now >= until || poll(&poller, 1, until - now) <= 0)
		fail_msg("what was waited for has not come");
	net_dispatch(f->net);
}

/* Run until the way to @to is known, by that MAC; what came last was told by `changed`. */
static inline struct net_hop wait_resolved(struct fixture *f, const char *to, const char *mac)
{
	uint64_t until = now_ms() + LIMIT_MS;
	struct net_hop hop = resolve(f, to);
	char text[18] = "";

	for (;;) {
		snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", hop.dmac[0],
			 hop.dmac[1], hop.dmac[2], hop.dmac[3], hop.dmac[4], hop.dmac[5]);
		if (hop.resolved && strcmp(text, mac) == 0)
			return hop;
		f->changed = 0;
		while (!f->changed)
			turn(f, until);
		hop = resolve(f, to);
	}
}

static inline void wait_reason(struct fixture *f, const char *to, const char *reason)
{
	uint64_t until = now_ms() + LIMIT_MS;

	for (;;) {
		struct net_hop hop = resolve(f, to);

		if (!hop.resolved && strcmp(hop.reason, in_family(reason).s) == 0)
			return;
		f->changed = 0;
		while (!f->changed)
			turn(f, until);
	}
}

/* Nothing waits any more. */
static inline void drain(struct fixture *f)
{
	struct pollfd poller = {.fd = net_fd(f->net), .events = POLLIN};

	while (poll(&poller, 1, 100) > 0)
		net_dispatch(f->net);
	f->changed = 0;
}

static inline void assert_reason(const char *is, const char *expected)
{
	assert_string_equal(is, in_family(expected).s);
}

static inline bool is_managed(const char *neighbour)
{
	char command[128];

	snprintf(command, sizeof(command), "ip -d neigh show to %s", neighbour);
	return says(command, " managed ");
}

#endif
