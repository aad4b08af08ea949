/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claims.c - see claims.h: the sockets; what packets look like is in arp.c and ndp.c */
#include "net/claims.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "net/claim_protocol.h"

#define PACKETS_AT_ONCE 256

static const struct claim_protocol *const protocols[] = {&claim_arp, &claim_ndp};

struct claims {
	int fds[ARRAY_SIZE(protocols)];
	int poll; /* readable when any of them is */
};

/* --- beginning and ending --- */

/* Protocol 0 hears nothing before the bind. */
static int open_socket(const struct claim_protocol *p, int *ret, struct error *err)
{
	const struct sockaddr_ll all = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(p->ethertype),
	};
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 ||
	    (p->filter.len &&
	     setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p->filter, sizeof(p->filter))) ||
	    bind(fd, (const struct sockaddr *)&all, sizeof(all)))
		return error_set(err, -errno, "%s socket: %s%s", p->name, strerror(errno),
				 errno == EPERM ? " (it needs CAP_NET_RAW)" : "");
	*ret = take_fd(fd);
	return 0;
}

int claims_open(struct claims **ret, struct error *err)
{
	_cleanup_(claims_close) struct claims *claims = mem_zalloc(sizeof(*claims));
	struct epoll_event event = {.events = EPOLLIN};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		claims->fds[i] = -1;
	claims->poll = epoll_create1(EPOLL_CLOEXEC);
	for (size_t i = 0; !r && i < ARRAY_SIZE(protocols); i++) {
		r = open_socket(protocols[i], &claims->fds[i], err);
		if (!r && epoll_ctl(claims->poll, EPOLL_CTL_ADD, claims->fds[i], &event))
			r = error_set(err, -errno, "%s socket: %s", protocols[i]->name,
				      strerror(errno));
	}
	if (r)
		return r;
	*ret = take_ptr(claims);
	return 0;
}

struct claims *claims_close(struct claims *claims)
{
	if (!claims)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (claims->fds[i] >= 0)
			close(claims->fds[i]);
	if (claims->poll >= 0)
		close(claims->poll);
	free(claims);
	return NULL;
}

int claims_fd(const struct claims *claims)
{
	return claims->poll;
}

/* --- hearing --- */

static void dispatch_one(int fd, const struct claim_protocol *p,
			 void (*each)(const struct claim *claim, void *arg), void *arg)
{
	for (unsigned int i = 0; i < PACKETS_AT_ONCE; i++) {
		uint8_t packet[CLAIM_PACKET_MAX] __attribute__((aligned(8)));
		struct sockaddr_ll from = {};
		socklen_t len = sizeof(from);
		struct claim claim = {};
		ssize_t n = recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &len);

		/* an interface that went down says so here, once */
		if (n < 0 && errno != ENETDOWN && errno != EINTR)
			return;
		if (n < 0 || from.sll_pkttype == PACKET_OUTGOING || from.sll_halen != ETH_ALEN)
			continue;
		claim.ifindex = from.sll_ifindex;
		if (p->parse(packet, n, from.sll_addr, &claim))
			each(&claim, arg);
	}
}

void claims_dispatch(struct claims *claims, void (*each)(const struct claim *claim, void *arg),
		     void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		dispatch_one(claims->fds[i], protocols[i], each, arg);
}

/* --- speaking --- */

/* The index in protocols[]; a family that none has does not come here. */
static size_t protocol_of(int family)
{
	return family == AF_INET6;
}

static int send_packet(struct claims *claims, size_t protocol, uint32_t ifindex,
		       const struct claim_packet *packet)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocols[protocol]->ethertype),
		.sll_ifindex = ifindex,
		.sll_halen = ETH_ALEN,
	};

	memcpy(to.sll_addr, packet->to, ETH_ALEN);
	if (sendto(claims->fds[protocol], packet->bytes, packet->size, 0,
		   (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}

/*
 * What others ask about @addr goes to a group, @to: without being in it a host does not hear that
 * another one asks at the same time. Once the address is on the link the kernel is in it as well.
 * Not said to the switch, so that one that snoops may keep it from us; the answer to our own probe
 * goes to all hosts.
 */
static void listen_to(struct claims *claims, size_t protocol, uint32_t ifindex,
		      const uint8_t to[static 6], int option)
{
	struct packet_mreq group = {
		.mr_ifindex = (int)ifindex,
		.mr_type = PACKET_MR_MULTICAST,
		.mr_alen = ETH_ALEN,
	};

	if (to[0] == 0xff) /* a broadcast, heard by all */
		return;
	memcpy(group.mr_address, to, ETH_ALEN);
	setsockopt(claims->fds[protocol], SOL_PACKET, option, &group, sizeof(group));
}

int claims_probe(struct claims *claims, uint32_t ifindex, const uint8_t mac[static 6],
		 const struct ip_addr *addr)
{
	size_t protocol = protocol_of(addr->family);
	struct claim_packet packet = {};

	protocols[protocol]->probe(mac, addr, &packet);
	listen_to(claims, protocol, ifindex, packet.to, PACKET_DROP_MEMBERSHIP); /* in it once */
	listen_to(claims, protocol, ifindex, packet.to, PACKET_ADD_MEMBERSHIP);
	return send_packet(claims, protocol, ifindex, &packet);
}

int claims_announce(struct claims *claims, uint32_t ifindex, const uint8_t mac[static 6],
		    const struct ip_addr *addr)
{
	size_t protocol = protocol_of(addr->family);
	struct claim_packet packet = {};

	protocols[protocol]->announce(mac, addr, &packet);
	return send_packet(claims, protocol, ifindex, &packet);
}
