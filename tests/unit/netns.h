/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netns.h - two network namespaces without names, so that nothing can be left behind: the
 * director's, which this process is in, and a peer's, with a bridge whose port is the other end of
 * the director's eth1.
 *
 *   director  eth1 10.9.0.1/24  ----  port | br0 10.9.0.11/24 10.9.0.12/24  peer
 *             fd0a:9::1/48                       fd0a:9::b/48 fd0a:9::c/48
 */
#ifndef TESTS_UNIT_NETNS_H
#define TESTS_UNIT_NETNS_H

#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NETNS_DIRECTOR_MAC "02:00:00:00:00:01"
#define NETNS_PEER_MAC     "02:00:00:00:00:0b"

struct netns {
	int before, director, peer;
};

static inline bool netns_possible(void)
{
	return geteuid() == 0;
}

static inline int netns_open(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* A shell command in a namespace; its exit code. */
static inline int netns_run(int ns, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline int netns_run(int ns, const char *format, ...)
{
	char command[1024];
	int status = -1;
	va_list args;
	pid_t pid;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (setns(ns, CLONE_NEWNET) == 0)
			execl("/bin/sh", "sh", "-ec", command, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Until a command succeeds; at most ten seconds. */
static inline int netns_wait(int ns, const char *command)
{
	return netns_run(ns,
			 "for i in $(seq 500); do if %s; then exit 0; fi; sleep 0.02; done; exit 1",
			 command);
}

/* Does a command's output in the director's namespace contain @text? */
static inline bool netns_says(const char *command, const char *text)
{
	char output[8192];
	FILE *pipe = popen(command, "re");
	size_t n;

	if (!pipe)
		return false;
	n = fread(output, 1, sizeof(output) - 1, pipe);
	output[n] = '\0';
	pclose(pipe);
	return strstr(output, text);
}

/* eth1 and its other end, also after eth1 was deleted, with the way through. Neighbours are probed
 * soon and often; what failed is tried again by the kernel every 5 s, which no device can change.
 */
static inline int netns_plug(const struct netns *n, const char *mac)
{
	return netns_run(n->director,
			 "ip link add eth1 address %s type veth peer name port\n"
			 "ip link set port netns /proc/%d/fd/%d\n"
			 "for i in 4 6; do cd /proc/sys/net/ipv$i/neigh/eth1\n"
			 "echo 20 >retrans_time_ms; echo 200 >base_reachable_time_ms\n"
			 "echo 1 >delay_first_probe_time; echo 200 >interval_probe_time_ms; done\n"
			 "echo 1 >/proc/sys/net/ipv6/conf/eth1/keep_addr_on_down\n"
			 "ip addr add 10.9.0.1/24 dev eth1\n"
			 "ip addr add fd0a:9::1/48 dev eth1 nodad\n"
			 "ip link set eth1 up\n",
			 mac, getpid(), n->peer) ||
	       netns_run(n->peer, "ip link set port master br0 up") ||
	       netns_wait(n->peer, "bridge link show dev port | grep -q 'state forwarding'") ||
	       netns_wait(n->director, "ip link show dev eth1 | grep -q 'state UP'");
}

static inline int netns_enter(struct netns *n)
{
	*n = (struct netns){.before = netns_open(), .director = -1, .peer = -1};
	if (n->before < 0 || unshare(CLONE_NEWNET))
		return -1;
	n->peer = netns_open();
	if (n->peer < 0 || unshare(CLONE_NEWNET))
		return -1;
	n->director = netns_open();
	return n->director < 0 || netns_run(n->director, "ip link set lo up") ||
	       netns_run(n->peer,
			 "ip link set lo up\n"
			 "ip link add br0 address " NETNS_PEER_MAC " type bridge forward_delay 0\n"
			 "ip addr add 10.9.0.11/24 dev br0; ip addr add 10.9.0.12/24 dev br0\n"
			 "ip addr add fd0a:9::b/48 dev br0 nodad\n"
			 "ip addr add fd0a:9::c/48 dev br0 nodad\n"
			 "ip link set br0 up\n") ||
	       netns_plug(n, NETNS_DIRECTOR_MAC);
}

static inline void netns_leave(struct netns *n)
{
	setns(n->before, CLONE_NEWNET);
	close(n->director);
	close(n->peer);
	close(n->before);
}

#endif
