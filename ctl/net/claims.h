/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claims.h - who says that an address is theirs: probes, announcements and what others say about
 * ours, by ARP (RFC 5227) for IPv4 and by neighbour discovery (RFC 4862, 4861) for IPv6.
 *
 * Packet sockets for all interfaces, opened before CAP_NET_RAW is dropped.
 */
#ifndef NET_CLAIMS_H
#define NET_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/addr.h"

struct claims;

/* What somebody said: that @addr is theirs, or that they ask whether they may take it. */
struct claim {
	uint32_t ifindex;
	struct ip_addr addr;
	uint8_t mac[6];
	bool probe; /* they ask; the sender has no address yet */
};

int claims_open(struct claims **ret, struct error *err);
struct claims *claims_close(struct claims *claims);
DEFINE_CLEANUP(struct claims *, claims_close)

int claims_fd(const struct claims *claims);
/* Calls @each for every claim that waits (at most 256 packets a family), but for those that left by
 * this host's sockets. One that a switch sends back comes with a MAC of this host's own:
 * net_mac_ours(). */
void claims_dispatch(struct claims *claims, void (*each)(const struct claim *claim, void *arg),
		     void *arg);

/* "Has anybody @addr?" */
int claims_probe(struct claims *claims, uint32_t ifindex, const uint8_t mac[static 6],
		 const struct ip_addr *addr);
/* Unasked: "@addr is at @mac". */
int claims_announce(struct claims *claims, uint32_t ifindex, const uint8_t mac[static 6],
		    const struct ip_addr *addr);

#endif
