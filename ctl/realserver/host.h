/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host.h - a backend as it is now: its links, addresses and routes, looked up once through
 * libnl-route. Not for a daemon: nothing is watched.
 */
#ifndef REALSERVER_HOST_H
#define REALSERVER_HOST_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/prefix.h"

struct host;

int host_open(struct host **ret, struct error *err);
struct host *host_close(struct host *host); /* takes NULL, returns NULL */
DEFINE_CLEANUP(struct host *, host_close)

/* --- links --- */

struct host_link {
	uint32_t ifindex, mtu;
	bool up, arp; /* arp: it answers ARP at all */
	char name[IF_NAMESIZE];
};

/* -ENOENT with "no interface 'eth7'" */
int host_link(const struct host *host, const char *name, struct host_link *ret, struct error *err);
/* The first @max links; returns how many. */
size_t host_links(const struct host *host, struct host_link *ret, size_t max);

/* --- addresses --- */

struct host_address {
	unsigned int length; /* of its prefix */
	char link[IF_NAMESIZE];
};

/* The first @max places where @addr is; returns how many. */
size_t host_address(const struct host *host, const struct ip_addr *addr, struct host_address *ret,
		    size_t max);
/*
 * Put the one address on lo. It never becomes the source of what the host itself begins: IPv4 gets
 * scope host, IPv6 is deprecated from the start; and without duplicate address detection.
 */
int host_address_add(struct host *host, const struct ip_addr *addr, struct error *err);
/* Take it from lo; 0 too if it is not there. */
int host_address_remove(struct host *host, const struct ip_addr *addr, struct error *err);

/* --- routes --- */

/* One next hop of a route. */
struct host_route {
	struct ip_prefix to;
	struct ip_addr via; /* family 0: on the link */
	uint32_t ifindex;
	char link[IF_NAMESIZE];
};

/* The kernel's own answer for @to; false when there is no way, or it is this host. */
bool host_route_to(struct host *host, const struct ip_addr *to, struct host_route *ret);
/* The next hops of the main table's unicast routes of a family that leave the host, the first @max
 * of them; link-local networks are left out. Returns how many. */
size_t host_routes(const struct host *host, int family, struct host_route *ret, size_t max);
/* The default route with the lowest metric; false if there is none. */
bool host_default_route(const struct host *host, int family, struct host_route *ret);
/* Are two neighbours on a link one and the same, as far as their MACs tell? */
bool host_same_neighbour(const struct host *host, uint32_t ifindex, const struct ip_addr *a,
			 const struct ip_addr *b);

#endif
