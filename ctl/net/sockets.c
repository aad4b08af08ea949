/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sockets.c - see sockets.h. Read from /proc/net, a line a socket. */
#include "net/sockets.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define DEFAULT_LOW  32768
#define DEFAULT_HIGH 60999

struct sockets_range sockets_local_range(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	unsigned int low, high;

	if (!file || fscanf(file, "%u %u", &low, &high) != 2)
		return (struct sockets_range){DEFAULT_LOW, DEFAULT_HIGH};
	return (struct sockets_range){low, high};
}

/* "0100007F:1F90": words as the host has them in memory. False: the line is no socket's. */
static bool read_local(const char *line, bool v6, struct ip_addr *ret, unsigned int *ret_port)
{
	unsigned int w[4] = {0};
	int n = v6 ? sscanf(line, " %*d: %8x%8x%8x%8x:%4x", &w[0], &w[1], &w[2], &w[3], ret_port)
		   : sscanf(line, " %*d: %8x:%4x", &w[0], ret_port);

	if (n != (v6 ? 5 : 2))
		return false;
	*ret = (struct ip_addr){.family = v6 ? AF_INET6 : AF_INET};
	memcpy(v6 ? (void *)&ret->v6 : (void *)&ret->v4, w, v6 ? 16 : 4);
	return true;
}

static bool is_any(const struct ip_addr *addr)
{
	const struct ip_addr any = {.family = addr->family};

	return ip_addr_compare(addr, &any) == 0;
}

/* A socket at every IPv6 address may have the IPv4 ones too. */
static bool takes(const struct ip_addr *local, const struct ip_addr *addr)
{
	return is_any(local) || ip_addr_compare(local, addr) == 0;
}

static bool find_in(const char *protocol, bool v6, const struct ip_addr *addr, uint16_t low,
		    uint16_t high, char ret[static SOCKETS_TEXT_LEN])
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[32], line[256];
	struct ip_addr local;
	unsigned int port;

	snprintf(path, sizeof(path), "/proc/net/%s%s", protocol, v6 ? "6" : "");
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (!read_local(line, v6, &local, &port) || port < low || port > high ||
		    !takes(&local, addr))
			continue;
		snprintf(ret, SOCKETS_TEXT_LEN, "%s port %u", protocol, port);
		return true;
	}
	return false;
}

bool sockets_find(const struct ip_addr *addr, uint16_t low, uint16_t high,
		  char ret[static SOCKETS_TEXT_LEN])
{
	static const char *const protocols[] = {"tcp", "udp"};

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (find_in(protocols[i], addr->family == AF_INET6, addr, low, high, ret) ||
		    find_in(protocols[i], true, addr, low, high, ret))
			return true;
	return false;
}
