/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arp.h - ARP probes, announcements and what others say about our addresses (RFC 5227).
 *
 * One packet socket for all interfaces, opened before CAP_NET_RAW is dropped.
 */
#ifndef NET_ARP_H
#define NET_ARP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/addr.h"

struct arp;

/* What somebody said: an ARP packet whose sender claims @addr, or who probes for it. */
struct arp_claim {
	uint32_t ifindex;
	struct in_addr addr;
	uint8_t mac[6];
	bool probe; /* sender address 0: it asks whether it may take @addr */
};

int arp_open(struct arp **ret, struct error *err);
struct arp *arp_close(struct arp *arp);
DEFINE_CLEANUP(struct arp *, arp_close)

int arp_fd(const struct arp *arp);
/* Calls @each for every ARP packet that waits (at most 256), but for those that left by this host's
 * sockets. One that a switch sends back comes with a MAC of this host's own: net_mac_ours(). */
void arp_dispatch(struct arp *arp, void (*each)(const struct arp_claim *claim, void *arg),
		  void *arg);

/* "Has anybody @addr?", sender address 0. */
int arp_probe(struct arp *arp, uint32_t ifindex, const uint8_t mac[static 6], struct in_addr addr);
/* Gratuitous: "@addr is at @mac". */
int arp_announce(struct arp *arp, uint32_t ifindex, const uint8_t mac[static 6],
		 struct in_addr addr);

#endif
