/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * port.h - which port a frame leaves by, and with which VLAN tags, when a route names a device that
 * is made of others: a VLAN device, a bond, a bridge, or these upon each other.
 *
 * It looks at the table of links; only a bridge must be asked, for which the caller gives a
 * function. No I/O here.
 */
#ifndef NET_PORT_H
#define NET_PORT_H

#include <netlink/attr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "shunt/abi.h"

struct link;
struct net;

enum port_kind {
	PORT_PLAIN, /* or one that frames are given to as they are: veth, macvlan, ... */
	PORT_VLAN,
	PORT_BRIDGE,
	PORT_BOND,
};

#define PORT_ACTIVE_BACKUP 1 /* of bond_mode */

/* What a device is made of, as far as it matters here. Compared byte for byte. */
struct port_make {
	uint32_t kind;
	uint32_t master;   /* the bridge or bond that it is a port of; 0 = none */
	uint32_t below;    /* VLAN: its lower device; bond: its active slave; 0 = not known */
	uint16_t vlan;     /* VLAN: SHUNT_VLAN_* */
	uint8_t bond_mode; /* as the kernel numbers them */
	bool filtering;    /* the bridge looks at VLAN tags */
	bool elsewhere;    /* VLAN: its lower device is in another network namespace */
	uint8_t zero[3];
};

/* From a message about a link. */
void port_parse(struct nlattr *const *attrs, struct port_make *ret);

struct port {
	const struct link *link;
	uint16_t vlan, vlan_inner; /* SHUNT_VLAN_*, 0 = none; the outer one first */
	uint32_t mtu;              /* the shortest on the way */
};

/* The port of bridge @bridge that the host with @mac is behind: 0, or -ENOENT: it has not been
 * heard of; another negative errno: what the kernel said. */
typedef int port_ask_bridge(struct net *net, uint32_t bridge, const uint8_t mac[static 6],
			    uint32_t *ret_port);

/*
 * The way of a frame for @dmac from @from down. Otherwise the reason in @err, for people; -EAGAIN
 * when it may be known soon.
 */
int port_find(struct net *net, const struct link *from, const uint8_t dmac[static 6],
	      port_ask_bridge *ask, struct port *ret, struct error *err);

/* Is @upper made upon @lower, or the same? */
bool port_is_upon(struct net *net, uint32_t upper, uint32_t lower);

#endif
