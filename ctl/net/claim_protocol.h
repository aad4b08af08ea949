/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claim_protocol.h - what claims.c needs to know of a protocol: arp.c, ndp.c. No I/O in there. */
#ifndef NET_CLAIM_PROTOCOL_H
#define NET_CLAIM_PROTOCOL_H

#include <linux/filter.h>
#include <stddef.h>

#include "net/claims.h"

#define CLAIM_PACKET_MAX 256 /* bytes; longer ones are no claims */

struct claim_packet {
	size_t size; /* from the network header on */
	uint8_t to[6];
	uint8_t bytes[CLAIM_PACKET_MAX] __attribute__((aligned(8)));
};

struct claim_protocol {
	const char *name;
	int family;
	uint16_t ethertype; /* host order */
	struct sock_fprog
		filter; /* on what is heard, beginning with the network header; len 0 = all */
	/* What a packet from @from (its Ethernet source) claims; false if nothing. Not @ifindex. */
	bool (*parse)(const uint8_t *bytes, size_t size, const uint8_t from[static 6],
		      struct claim *ret);
	void (*probe)(const uint8_t mac[static 6], const struct ip_addr *addr,
		      struct claim_packet *ret);
	void (*announce)(const uint8_t mac[static 6], const struct ip_addr *addr,
			 struct claim_packet *ret);
};

extern const struct claim_protocol claim_arp, claim_ndp;

#endif
