/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addr.h - IP addresses, address:port pairs, and a service's address as the operator writes them.
 *
 *   ip_addr     192.0.2.10           2001:db8::10
 *   endpoint    192.0.2.10:80        [2001:db8::10]:80      port 0 = none given
 *   vip         tcp:192.0.2.10:80    udp:[2001:db8::10]:53   tcp:192.0.2.10:*   port 0 = `*`, every
 *
 * Parsers refuse trailing text and print forms that they read back.
 */
#ifndef MODEL_ADDR_H
#define MODEL_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

#define IP_ADDR_LEN  INET6_ADDRSTRLEN
#define ENDPOINT_LEN (IP_ADDR_LEN + 8)
#define VIP_LEN      (ENDPOINT_LEN + 4)

struct ip_addr {
	int family; /* AF_INET, AF_INET6; 0 = none */
	union {
		struct in_addr v4;
		struct in6_addr v6;
	};
};

struct endpoint {
	struct ip_addr addr;
	uint16_t port; /* host order */
};

struct vip {
	int protocol;       /* IPPROTO_TCP, IPPROTO_UDP */
	struct endpoint at; /* port 0 = every port */
};

int ip_addr_parse(const char *text, struct ip_addr *ret, struct error *err);
int endpoint_parse(const char *text, struct endpoint *ret, struct error *err);
int vip_parse(const char *text, struct vip *ret, struct error *err);

/* Write into @buf (of the length named above) and return it. */
const char *ip_addr_format(const struct ip_addr *addr, char buf[static IP_ADDR_LEN]);
const char *endpoint_format(const struct endpoint *at, char buf[static ENDPOINT_LEN]);
const char *vip_format(const struct vip *vip, char buf[static VIP_LEN]);

/* Total orders (<0, 0, >0), family first; two equal things compare 0 whatever their padding. */
int ip_addr_compare(const struct ip_addr *a, const struct ip_addr *b);
int endpoint_compare(const struct endpoint *a, const struct endpoint *b);
int vip_compare(const struct vip *a, const struct vip *b);

/* What connect() and bind() take; returns its length. */
socklen_t endpoint_sockaddr(const struct endpoint *at, struct sockaddr_storage *ret);

/* Can packets have it as source and destination on any link? @what ("VIP") begins the error. */
int ip_addr_validate(const struct ip_addr *addr, const char *what, struct error *err);

/* "IPv4", "IPv6" */
const char *ip_family_name(int family);

#endif
