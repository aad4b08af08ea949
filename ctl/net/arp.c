/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arp.c - claims of IPv4 addresses: packets as RFC 826 has them, over Ethernet only */
#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <net/ethernet.h>
#include <string.h>

#include "net/claim_protocol.h"

struct arp_packet {
	__be16 hardware, protocol;
	uint8_t hardware_len, protocol_len;
	__be16 operation;
	uint8_t sender_mac[6];
	uint8_t sender[4];
	uint8_t target_mac[6];
	uint8_t target[4];
} __attribute__((packed));
_Static_assert(sizeof(struct arp_packet) == 28, "as on the wire");

/* --- hearing --- */

static bool is_zero(const uint8_t addr[static 4])
{
	return !addr[0] && !addr[1] && !addr[2] && !addr[3];
}

/* IPv4 over Ethernet, a request or a reply, from one host's MAC. */
static bool is_sound(const struct arp_packet *p, size_t size)
{
	static const uint8_t nobody[6];

	return size >= sizeof(*p) && p->hardware == htons(ARPHRD_ETHER) &&
	       p->protocol == htons(ETH_P_IP) && p->hardware_len == sizeof(p->sender_mac) &&
	       p->protocol_len == sizeof(p->sender) &&
	       (p->operation == htons(ARPOP_REQUEST) || p->operation == htons(ARPOP_REPLY)) &&
	       !(p->sender_mac[0] & 1) && memcmp(p->sender_mac, nobody, sizeof(nobody)) != 0;
}

static bool arp_parse(const uint8_t *bytes, size_t size, const uint8_t from[static 6],
		      struct claim *ret)
{
	const struct arp_packet *p = (const struct arp_packet *)bytes;
	bool probe;

	if (!is_sound(p, size))
		return false;
	probe = is_zero(p->sender);
	if (probe && (p->operation != htons(ARPOP_REQUEST) || is_zero(p->target)))
		return false;
	ret->probe = probe;
	ret->addr.family = AF_INET;
	memcpy(&ret->addr.v4, probe ? p->target : p->sender, sizeof(ret->addr.v4));
	memcpy(ret->mac, p->sender_mac, sizeof(ret->mac));
	return true;
}

/* --- speaking --- */

static void request(const uint8_t mac[static 6], struct in_addr sender, struct in_addr target,
		    struct claim_packet *ret)
{
	struct arp_packet packet = {
		.hardware = htons(ARPHRD_ETHER),
		.protocol = htons(ETH_P_IP),
		.hardware_len = sizeof(packet.sender_mac),
		.protocol_len = sizeof(packet.sender),
		.operation = htons(ARPOP_REQUEST),
	};

	memcpy(packet.sender_mac, mac, sizeof(packet.sender_mac));
	memcpy(packet.sender, &sender, sizeof(packet.sender));
	memcpy(packet.target, &target, sizeof(packet.target));
	memcpy(ret->bytes, &packet, sizeof(packet));
	ret->size = sizeof(packet);
	memset(ret->to, 0xff, sizeof(ret->to));
}

static void arp_probe(const uint8_t mac[static 6], const struct ip_addr *addr,
		      struct claim_packet *ret)
{
	request(mac, (struct in_addr){}, addr->v4, ret);
}

/* Gratuitous. */
static void arp_announce(const uint8_t mac[static 6], const struct ip_addr *addr,
			 struct claim_packet *ret)
{
	request(mac, addr->v4, addr->v4, ret);
}

const struct claim_protocol claim_arp = {
	.name = "ARP",
	.family = AF_INET,
	.ethertype = ETH_P_ARP,
	.parse = arp_parse,
	.probe = arp_probe,
	.announce = arp_announce,
};
