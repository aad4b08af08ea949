/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arp.c - see arp.h; packets as RFC 826 has them, for IPv4 over Ethernet only */
#include "net/arp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include "base/mem.h"

#define ARP_AT_ONCE 256

struct arp {
	int fd;
};

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

int arp_open(struct arp **ret, struct error *err)
{
	const struct sockaddr_ll all = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ARP),
	};
	_cleanup_close_ int fd = -1;
	struct arp *arp;

	/* protocol 0 hears nothing before the bind */
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&all, sizeof(all)))
		return error_set(err, -errno, "ARP socket: %s%s", strerror(errno),
				 errno == EPERM ? " (it needs CAP_NET_RAW)" : "");
	arp = mem_zalloc(sizeof(*arp));
	arp->fd = take_fd(fd);
	*ret = arp;
	return 0;
}

struct arp *arp_close(struct arp *arp)
{
	if (!arp)
		return NULL;
	close(arp->fd);
	free(arp);
	return NULL;
}

int arp_fd(const struct arp *arp)
{
	return arp->fd;
}

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

/* What it claims, if anything. */
static bool parse(const struct arp_packet *p, size_t size, struct arp_claim *ret)
{
	bool probe;

	if (!is_sound(p, size))
		return false;
	probe = is_zero(p->sender);
	if (probe && (p->operation != htons(ARPOP_REQUEST) || is_zero(p->target)))
		return false;
	ret->probe = probe;
	memcpy(&ret->addr, probe ? p->target : p->sender, sizeof(ret->addr));
	memcpy(ret->mac, p->sender_mac, sizeof(ret->mac));
	return true;
}

void arp_dispatch(struct arp *arp, void (*each)(const struct arp_claim *claim, void *arg),
		  void *arg)
{
	for (unsigned int i = 0; i < ARP_AT_ONCE; i++) {
		struct arp_packet packet;
		struct sockaddr_ll from = {};
		socklen_t len = sizeof(from);
		struct arp_claim claim = {};
		ssize_t n = recvfrom(arp->fd, &packet, sizeof(packet), 0, (struct sockaddr *)&from,
				     &len);

		/* an interface that went down says so here, once */
		if (n < 0 && errno != ENETDOWN && errno != EINTR)
			return;
		if (n < 0 || from.sll_pkttype == PACKET_OUTGOING)
			continue;
		claim.ifindex = from.sll_ifindex;
		if (parse(&packet, n, &claim))
			each(&claim, arg);
	}
}

/* --- speaking --- */

static int send_request(struct arp *arp, uint32_t ifindex, const uint8_t mac[static 6],
			struct in_addr sender, struct in_addr target)
{
	struct arp_packet packet = {
		.hardware = htons(ARPHRD_ETHER),
		.protocol = htons(ETH_P_IP),
		.hardware_len = sizeof(packet.sender_mac),
		.protocol_len = sizeof(packet.sender),
		.operation = htons(ARPOP_REQUEST),
	};
	const struct sockaddr_ll everybody = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = ifindex,
		.sll_halen = ETH_ALEN,
		.sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	};

	memcpy(packet.sender_mac, mac, sizeof(packet.sender_mac));
	memcpy(packet.sender, &sender, sizeof(packet.sender));
	memcpy(packet.target, &target, sizeof(packet.target));
	if (sendto(arp->fd, &packet, sizeof(packet), 0, (const struct sockaddr *)&everybody,
		   sizeof(everybody)) < 0)
		return -errno;
	return 0;
}

int arp_probe(struct arp *arp, uint32_t ifindex, const uint8_t mac[static 6], struct in_addr addr)
{
	return send_request(arp, ifindex, mac, (struct in_addr){}, addr);
}

int arp_announce(struct arp *arp, uint32_t ifindex, const uint8_t mac[static 6],
		 struct in_addr addr)
{
	return send_request(arp, ifindex, mac, addr, addr);
}
