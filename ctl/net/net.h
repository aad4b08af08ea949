/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net.h - the director's links, routes, neighbours and addresses, through libnl.
 *
 * It answers "by which interface and MAC does a packet for this backend leave?", keeps the
 * neighbours that were asked for resolved (managed entries: the kernel probes them again and
 * again), and calls back when an answer may have changed. It never sleeps: fd() goes into the
 * event loop, dispatch() is called when it is readable.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/addr.h"

struct net;

/* How a packet reaches a destination, or why not. */
struct net_hop {
	/* the port: below any VLAN device, bridge or bond that the route names */
	uint32_t ifindex;
	char ifname[IF_NAMESIZE];
	uint16_t vlan,
		vlan_inner;    /* the tags it leaves with, outer first: SHUNT_VLAN_*, 0 = none */
	struct ip_addr via;    /* the neighbour: a gateway or the destination itself */
	struct ip_addr source; /* what this host itself would send from; family 0 = nothing */
	uint8_t dmac[6], smac[6];
	uint32_t mtu;     /* of IP packets: the shortest of the route and the devices */
	bool resolved;    /* everything above is known */
	bool pending;     /* not resolved: its neighbour was asked and has not failed yet */
	char reason[160]; /* when not resolved: why, for people ("no route to 10.0.0.11") */
};

/* @changed is called after a dispatch in which links, routes, neighbours or addresses changed that
 * an earlier answer depended on; @arg is passed on. */
int net_open(void (*changed)(void *arg), void *arg, struct net **ret, struct error *err);
struct net *net_close(struct net *net); /* takes NULL, returns NULL; managed entries stay */
DEFINE_CLEANUP(struct net *, net_close)

int net_fd(const struct net *net);
void net_dispatch(struct net *net);

/*
 * Ask for the way to @to, and from now on keep its neighbour resolved. Answers from what is known
 * now; when the neighbour is still unknown, a resolution is under way and @changed will be called.
 */
void net_resolve(struct net *net, const struct ip_addr *to, struct net_hop *ret);
/* One user more of the way to @to: it is kept until as many have released it. */
void net_hold(struct net *net, const struct ip_addr *to);
/* One user less; without any its neighbour is no longer kept resolved (unless another destination
 * needs the same one). */
void net_release(struct net *net, const struct ip_addr *to);
/* A check of @to has failed: its neighbour is asked whether it is still there, and if it is not,
 * for its new MAC. Left to itself the kernel takes up to a minute to notice. */
void net_doubt(struct net *net, const struct ip_addr *to);

/*
 * The program saw a reply for a neighbour that is not resolved: from now on it is kept so, as long
 * as it answers. The kernel does not see what the program sends, and once its table has 128 entries
 * it throws away those that it takes to be idle, every minute. Those that a daemon before us kept
 * are found when net is opened.
 */
void net_ask_neighbour(struct net *net, uint32_t ifindex, const struct ip_addr *addr);
/* A quarter of what Linux has room for in a table unless told otherwise. More are resolved when
 * they are asked for, and not kept. */
#define NET_ASKED_MAX 256
struct net_asked {
	uint32_t kept;
	uint64_t refused; /* how often there was no room to keep one */
};
void net_asked(const struct net *net, struct net_asked *ret);

/* --- links --- */

/* -ENOENT with "no interface 'eth7'" */
int net_link_index(struct net *net, const char *ifname, uint32_t *ret, struct error *err);
/* The name, "" when there is no such link. */
const char *net_link_name(struct net *net, uint32_t ifindex, char buf[static IF_NAMESIZE]);
bool net_link_mac(struct net *net, uint32_t ifindex, uint8_t ret[static 6]);
/* Calls @each for every VLAN device and active-backup bond from which the way down to a port is
 * known, whoever the neighbour is: so for none upon a bridge. */
void net_ports(struct net *net,
	       void (*each)(uint32_t device, uint32_t port, uint16_t vlan, uint16_t vlan_inner,
			    void *arg),
	       void *arg);
/* Has any link of this host that MAC? */
bool net_mac_ours(struct net *net, const uint8_t mac[static 6]);
bool net_link_up(struct net *net, uint32_t ifindex); /* carrier and administratively up */
/* net.ipv4.conf.IF.forwarding, or net.ipv6's: nat needs it on every attached interface. */
bool net_forwarding(const char *ifname, int family);

/* --- addresses --- */

/* Is @addr one of this host's own, and on which link? (0 = no) One that is not marked as ours goes
 * before one that is. */
uint32_t net_address_link(struct net *net, const struct ip_addr *addr);
/* The link with an address in whose subnet @addr is: @ifindex itself or one made upon it, a VLAN
 * device, bridge or bond; 0 = none. Addresses of ours do not count. */
uint32_t net_subnet_link(struct net *net, uint32_t ifindex, const struct ip_addr *addr);
/* Put /32 or /128 on the link, marked as ours (IFA_PROTO); 0 if it is ours already, -EEXIST if it
 * is there and not ours. The kernel neither asks whether another host has it nor sends from it
 * unasked.
 */
int net_address_add(struct net *net, uint32_t ifindex, const struct ip_addr *addr,
		    struct error *err);
/* Take it away if it is ours. -ENOENT otherwise. */
int net_address_remove(struct net *net, uint32_t ifindex, const struct ip_addr *addr,
		       struct error *err);
/* Is @addr on link @ifindex, and marked as ours? */
bool net_address_ours(struct net *net, uint32_t ifindex, const struct ip_addr *addr);
/* Every address marked as ours on any link. @each may add and remove addresses. */
void net_addresses_ours(struct net *net,
			void (*each)(uint32_t ifindex, const struct ip_addr *addr, void *arg),
			void *arg);

#endif
