/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port.c - see port.h */
#include "net/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/net_internal.h"

#define LAYERS_MAX 8 /* devices upon each other; the kernel allows as many */

/* --- what a device is made of --- */

static void parse_vlan(struct nlattr *const *attrs, struct nlattr *data, struct port_make *ret)
{
	const __be16 ad = htons(ETH_P_8021AD);
	struct nlattr *info[IFLA_VLAN_MAX + 1];

	if (nla_parse_nested(info, IFLA_VLAN_MAX, data, NULL) < 0 || !info[IFLA_VLAN_ID])
		return;
	ret->vlan = nla_get_u16(info[IFLA_VLAN_ID]) | SHUNT_VLAN_PRESENT;
	if (info[IFLA_VLAN_PROTOCOL] && !nla_memcmp(info[IFLA_VLAN_PROTOCOL], &ad, sizeof(ad)))
		ret->vlan |= SHUNT_VLAN_AD;
	ret->below = attrs[IFLA_LINK] ? nla_get_u32(attrs[IFLA_LINK]) : 0;
	ret->elsewhere = attrs[IFLA_LINK_NETNSID];
}

static void parse_bridge(struct nlattr *const *attrs, struct nlattr *data, struct port_make *ret)
{
	struct nlattr *info[IFLA_BR_MAX + 1];

	if (nla_parse_nested(info, IFLA_BR_MAX, data, NULL) == 0 && info[IFLA_BR_VLAN_FILTERING])
		ret->filtering = nla_get_u8(info[IFLA_BR_VLAN_FILTERING]);
}

static void parse_bond(struct nlattr *const *attrs, struct nlattr *data, struct port_make *ret)
{
	struct nlattr *info[IFLA_BOND_MAX + 1];

	if (nla_parse_nested(info, IFLA_BOND_MAX, data, NULL) < 0)
		return;
	if (info[IFLA_BOND_MODE])
		ret->bond_mode = nla_get_u8(info[IFLA_BOND_MODE]);
	if (info[IFLA_BOND_ACTIVE_SLAVE])
		ret->below = nla_get_u32(info[IFLA_BOND_ACTIVE_SLAVE]);
}

void port_parse(struct nlattr *const *attrs, struct port_make *ret)
{
	static const struct {
		const char *name;
		enum port_kind kind;
		void (*parse)(struct nlattr *const *attrs, struct nlattr *data,
			      struct port_make *ret);
	} kinds[] = {
		{"vlan", PORT_VLAN, parse_vlan},
		{"bridge", PORT_BRIDGE, parse_bridge},
		{"bond", PORT_BOND, parse_bond},
	};
	struct nlattr *info[IFLA_INFO_MAX + 1];

	memset(ret, 0, sizeof(*ret));
	ret->master = attrs[IFLA_MASTER] ? nla_get_u32(attrs[IFLA_MASTER]) : 0;
	if (!attrs[IFLA_LINKINFO] ||
	    nla_parse_nested(info, IFLA_INFO_MAX, attrs[IFLA_LINKINFO], NULL) < 0 ||
	    !info[IFLA_INFO_KIND])
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (nla_strcmp(info[IFLA_INFO_KIND], kinds[i].name) == 0) {
			ret->kind = kinds[i].kind;
			if (info[IFLA_INFO_DATA])
				kinds[i].parse(attrs, info[IFLA_INFO_DATA], ret);
		}
}

/* --- one layer down; each gives the next link's index, or the reason --- */

struct walk {
	struct net *net;
	const uint8_t *dmac;
	port_ask_bridge *ask;
	struct port port;
	struct error *err;
};

/* Of two tags the one met last is the outer one. */
static int below_vlan(struct walk *w, const struct link *link, uint32_t *ret)
{
	if (!link->make.vlan || !link->make.below || link->make.elsewhere)
		return error_set(w->err, -EOPNOTSUPP,
				 "%s is a VLAN device whose lower device is not on this host",
				 link->name);
	if (w->port.vlan_inner)
		return error_set(w->err, -EOPNOTSUPP,
				 "%s would be the third VLAN tag; a frame can have two",
				 link->name);
	w->port.vlan_inner = w->port.vlan;
	w->port.vlan = link->make.vlan;
	*ret = link->make.below;
	return 0;
}

static int below_bond(struct walk *w, const struct link *link, uint32_t *ret)
{
	static const char *const modes[] = {"balance-rr", "active-backup", "balance-xor",
					    "broadcast",  "802.3ad",       "balance-tlb",
					    "balance-alb"};
	uint8_t mode = link->make.bond_mode;

	if (mode != PORT_ACTIVE_BACKUP)
		return error_set(
			w->err, -EOPNOTSUPP,
			"%s is a bond of mode %s, which picks a port for each packet; only "
			"active-backup has one that holds",
			link->name, mode < ARRAY_SIZE(modes) ? modes[mode] : "unknown");
	if (!link->make.below)
		return error_set(w->err, -ENETDOWN, "bond %s has no active port", link->name);
	*ret = link->make.below;
	return 0;
}

static int below_bridge(struct walk *w, const struct link *link, uint32_t *ret)
{
	const uint8_t *m = w->dmac;
	int r;

	if (link->make.filtering)
		return error_set(
			w->err, -EOPNOTSUPP,
			"bridge %s filters VLANs (vlan_filtering 1), which is not supported",
			link->name);
	r = w->ask(w->net, link->ifindex, m, ret);
	if (r && r != -ENOENT)
		return error_set(w->err, r, "bridge %s: %s", link->name, strerror(-r));
	if (r)
		return error_set(w->err, -EAGAIN,
				 "bridge %s has not heard yet by which port "
				 "%02x:%02x:%02x:%02x:%02x:%02x is reached",
				 link->name, m[0], m[1], m[2], m[3], m[4], m[5]);
	if (*ret == link->ifindex)
		return error_set(w->err, -ELOOP, "the MAC address is bridge %s's own", link->name);
	return 0;
}

/* --- all the way --- */

static int go_down(struct walk *w, uint32_t *ret)
{
	static int (*const below[])(struct walk * w, const struct link *link, uint32_t *ret) = {
		[PORT_VLAN] = below_vlan,
		[PORT_BRIDGE] = below_bridge,
		[PORT_BOND] = below_bond,
	};

	return below[w->port.link->make.kind](w, w->port.link, ret);
}

static int arrive_at(struct walk *w, uint32_t ifindex)
{
	const struct link *link = link_find(w->net, ifindex);

	if (!link) /* its notification is under way */
		return error_set(w->err, -EAGAIN, "the interface below %s is not known yet",
				 w->port.link->name);
	if (!link_is_up(link))
		return error_set(w->err, -ENETDOWN, "interface %s, below %s, is down", link->name,
				 w->port.link->name);
	w->port.link = link;
	if (link->mtu < w->port.mtu)
		w->port.mtu = link->mtu;
	return 0;
}

int port_find(struct net *net, const struct link *from, const uint8_t dmac[static 6],
	      port_ask_bridge *ask, struct port *ret, struct error *err)
{
	struct walk w = {.net = net, .dmac = dmac, .ask = ask, .err = err};
	uint32_t ifindex = 0;
	int r = 0;

	w.port = (struct port){.link = from, .mtu = from->mtu};
	for (unsigned int layer = 0; w.port.link->make.kind != PORT_PLAIN; layer++) {
		if (layer == LAYERS_MAX)
			return error_set(err, -ELOOP, "too many devices below %s", from->name);
		r = go_down(&w, &ifindex);
		if (!r)
			r = arrive_at(&w, ifindex);
		if (r)
			return r;
	}
	*ret = w.port;
	return 0;
}

/* --- and up --- */

/* A device has one master, a VLAN device one lower device: no link is met twice. */
static bool is_upon(struct net *net, uint32_t upper, uint32_t lower, unsigned int layers)
{
	const struct link *link = link_find(net, upper);

	if (upper == lower)
		return true;
	if (!link || !layers)
		return false;
	if (link->make.kind == PORT_VLAN)
		return !link->make.elsewhere && is_upon(net, link->make.below, lower, layers - 1);
	if (link->make.kind == PORT_PLAIN)
		return false;
	for (const struct link *port = net->links; port; port = port->by_ifindex.next)
		if (port->make.master == upper && is_upon(net, port->ifindex, lower, layers - 1))
			return true;
	return false;
}

bool port_is_upon(struct net *net, uint32_t upper, uint32_t lower)
{
	return is_upon(net, upper, lower, LAYERS_MAX);
}

/* --- all there are --- */

static int ask_nobody(struct net *net, uint32_t bridge, const uint8_t mac[static 6],
		      uint32_t *ret_port)
{
	return -EOPNOTSUPP;
}

void net_ports(struct net *net,
	       void (*each)(uint32_t device, uint32_t port, uint16_t vlan, uint16_t vlan_inner,
			    void *arg),
	       void *arg)
{
	const uint8_t anybody[6] = {};
	struct port port;

	for (const struct link *link = net->links; link; link = link->by_ifindex.next)
		if (link->make.kind != PORT_PLAIN &&
		    port_find(net, link, anybody, ask_nobody, &port, NULL) == 0)
			each(link->ifindex, port.link->ifindex, port.vlan, port.vlan_inner, arg);
}
