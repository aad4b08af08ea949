/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_internal.h - what the files of net/ share: tables of links, addresses, wanted neighbours and
 * asked-for destinations, filled by dumps and kept by notifications.
 *
 * Messages are built and read with libnl's nlmsg and nla functions, not with its caches: those
 * know neither IFA_PROTO nor NDA_FLAGS_EXT in the version that Debian 12 has.
 */
#ifndef NET_NET_INTERNAL_H
#define NET_NET_INTERNAL_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/msg.h>
#include <uthash.h>

#include "net/net.h"
#include "net/port.h"

/* What marks addresses and neighbours as ours (IFA_PROTO, NDA_PROTOCOL); nobody's number in
 * iproute2's tables. It stays for ever: a later daemon finds its predecessor's addresses by it. */
#define NET_PROTOCOL 83

#define NET_SWEEPS_MAX 4 /* dumps that a concurrent change spoilt, before giving up */

struct link {
	uint32_t ifindex;
	uint32_t mtu;
	uint32_t flags; /* IFF_* */
	bool ethernet;  /* has a MAC */
	uint8_t mac[6];
	char name[IF_NAMESIZE];
	struct port_make make;
	uint64_t sweep; /* the last dump that had it */
	UT_hash_handle by_ifindex;
};

struct address {
	struct ip_addr addr;
	struct ip_addr prefix; /* the network's; differs from @addr's on point-to-point links */
	uint32_t ifindex;
	uint32_t flags; /* IFA_F_* that decide whether packets are sent from it */
	uint8_t prefixlen;
	uint64_t sweep;
};

/* Sorted by address, interface, length. */
struct address_list {
	struct address *v;
	size_t n;
};

struct neighbour_key {
	uint32_t ifindex;
	struct ip_addr addr; /* unused bytes zero */
};

/* A neighbour that destinations need, or that the program asked for. */
struct neighbour {
	struct neighbour_key key;
	unsigned int users; /* destinations; 0 = the program alone */
	uint16_t state;     /* NUD_*, 0 = the kernel has no entry */
	bool has_mac;
	uint8_t mac[6];
	bool managed; /* we have made it so */
	bool due;     /* must be asked for again */
	bool silent;  /* it has failed to answer, and has not answered since */
	int error;    /* what the kernel said when asked to keep it */
	uint64_t sweep;
	UT_hash_handle by_key;
};

/* What was asked for, and what the kernel said. */
struct destination {
	struct ip_addr to; /* unused bytes zero */
	unsigned int users;
	bool routed;  /* what follows still holds */
	int error;    /* of the look-up */
	uint8_t type; /* RTN_* */
	uint32_t ifindex;
	struct ip_addr via, source;
	uint32_t mtu;                /* of the route itself; 0 = the device's */
	struct neighbour *neighbour; /* one of its users is this; may be NULL */
	UT_hash_handle by_to;
};

struct net {
	struct nl_sock *ask;   /* requests and their answers */
	struct nl_sock *watch; /* notifications, non-blocking */
	struct nl_cb *cb;
	void (*changed)(void *arg);
	void *changed_arg;
	bool dirty;           /* `changed` is due at the end of the next dispatch */
	bool behind;          /* notifications were lost */
	bool neighbours_due;  /* some of them */
	bool neighbours_full; /* the kernel's table, since the last dispatch */
	uint32_t asked;       /* neighbours without users */
	uint64_t asked_refused;
	uint64_t sweep;

	struct link *links;            /* uthash by_ifindex */
	struct address_list addresses; /* not ours */
	struct address_list ours;
	struct neighbour *neighbours;     /* uthash by_key */
	struct destination *destinations; /* uthash by_to */
};

/* --- net.c --- */

typedef void (*net_each)(struct net *net, struct nlmsghdr *hdr, void *arg);

/* A message with @header in it, to be filled with attributes and given to net_ask(). */
struct nl_msg *net_message(int type, int flags, const void *header, size_t size);
/* Send @msg, free it, and call @each (may be NULL) for every answer; @each must not ask. Returns
 * the kernel's word: 0 or a negative errno. */
int net_ask(struct net *net, struct nl_msg *msg, net_each each, void *arg);

/* The address in an attribute, unused bytes zero; family 0 when there is none or it is not right.
 */
struct ip_addr net_attr_addr(struct nlattr *attr, int family);
void net_put_addr(struct nl_msg *msg, int attr, const struct ip_addr *addr);
/* A copy whose unused bytes are zero, fit for a key. */
struct ip_addr net_key_addr(const struct ip_addr *addr);

/* --- each file's part: take a notification or an answer in; read the whole anew --- */

void link_message(struct net *net, struct nlmsghdr *hdr, void *arg);
int link_sweep(struct net *net);
void link_free_all(struct net *net);
struct link *link_find(struct net *net, uint32_t ifindex);
bool link_is_up(const struct link *link);

void address_message(struct net *net, struct nlmsghdr *hdr, void *arg);
int address_sweep(struct net *net);
void address_free_all(struct net *net);

void neighbour_message(struct net *net, struct nlmsghdr *hdr, void *arg);
int neighbour_sweep(struct net *net);
void neighbour_free_all(struct net *net);
/* Take over what a daemon before us had kept; what cannot be read stays as it is. */
void neighbour_adopt(struct net *net);
/* The link is no more: nor are the neighbours that the program asked for there. */
void neighbour_link_gone(struct net *net, uint32_t ifindex);
/* One user more; asks the kernel when it is the first. */
struct neighbour *neighbour_use(struct net *net, uint32_t ifindex, const struct ip_addr *addr);
/* The kernel has refused to keep it: ask again. */
void neighbour_retry(struct net *net, struct neighbour *neighbour);
/* One user less; takes NULL. */
void neighbour_unuse(struct net *net, struct neighbour *neighbour);
/* Its MAC may no longer be right: have it confirmed. */
void neighbour_doubt(struct net *net, struct neighbour *neighbour);
bool neighbour_usable(const struct neighbour *neighbour);
/* The link can carry packets again: its neighbours must be asked for. */
void neighbour_link_up(struct net *net, uint32_t ifindex);
/* Ask for those that must be. */
void neighbour_ask_due(struct net *net);

/* Does any of them have it? */
bool neighbour_has_mac(const struct net *net, const uint8_t mac[static 6]);

port_ask_bridge bridge_port;
void bridge_message(struct net *net, struct nlmsghdr *hdr);

void route_message(struct net *net, struct nlmsghdr *hdr, void *arg);
/* The ways by a link must be asked for again. */
void route_forget_link(struct net *net, uint32_t ifindex);
/* All must. */
void route_forget_all(struct net *net);
void route_free_all(struct net *net);

#endif
