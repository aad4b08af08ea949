/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route.c - by which link and neighbour a packet leaves. The kernel itself is asked (rules, tables,
 * ECMP and all); its word holds until a notification touches it.
 */
#include "net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netlink/attr.h>
#include <stdarg.h>

#include "base/mem.h"
#include "model/prefix.h"
#include "net/net_internal.h"

/* --- what still holds --- */

void route_forget_all(struct net *net)
{
	for (struct destination *d = net->destinations; d; d = d->by_to.next)
		if (d->routed) {
			d->routed = false;
			net->dirty = true;
		}
}

void route_forget_link(struct net *net, uint32_t ifindex)
{
	for (struct destination *d = net->destinations; d; d = d->by_to.next)
		if (d->routed && d->ifindex == ifindex) {
			d->routed = false;
			net->dirty = true;
		}
}

/* A route says nothing of what is not in its prefix: a director that speaks BGP must not ask for
 * every backend with every route that comes and goes. */
static void forget_prefix(struct net *net, const struct ip_prefix *prefix)
{
	for (struct destination *d = net->destinations; d; d = d->by_to.next)
		if (d->routed && ip_prefix_contains(prefix, &d->to)) {
			d->routed = false;
			net->dirty = true;
		}
}

void route_message(struct net *net, struct nlmsghdr *hdr, void *arg)
{
	struct rtmsg *info = nlmsg_data(hdr);
	struct nlattr *attrs[RTA_MAX + 1];
	struct ip_prefix prefix;

	if (!nlmsg_valid_hdr(hdr, sizeof(*info)) ||
	    (info->rtm_family != AF_INET && info->rtm_family != AF_INET6) ||
	    info->rtm_dst_len > ip_prefix_bits(info->rtm_family) ||
	    nlmsg_parse(hdr, sizeof(*info), attrs, RTA_MAX, NULL) < 0)
		return;
	prefix.addr = net_attr_addr(attrs[RTA_DST], info->rtm_family);
	prefix.addr.family = info->rtm_family; /* the default route has none */
	prefix.length = info->rtm_dst_len;
	forget_prefix(net, &prefix);
}

/* --- asking --- */

/* The gateway, which may be of the other family; else the destination itself. */
static struct ip_addr parse_via(struct nlattr *const *attrs, const struct ip_addr *to)
{
	struct ip_addr gateway = net_attr_addr(attrs[RTA_GATEWAY], to->family);
	struct nlattr *via = attrs[RTA_VIA];

	if (!gateway.family && via && nla_len(via) >= sizeof(struct rtvia) + sizeof(gateway.v6)) {
		const struct rtvia *other = nla_data(via);

		if (other->rtvia_family == AF_INET6) {
			gateway.family = AF_INET6;
			memcpy(&gateway.v6, other->rtvia_addr, sizeof(gateway.v6));
		}
	}
	return gateway.family ? gateway : *to;
}

/* What the kernel itself has learnt of a way holds for a while only, and is not told when it ends.
 */
static uint32_t parse_mtu(struct nlattr *const *attrs)
{
	struct nlattr *cache = attrs[RTA_CACHEINFO], *metrics[RTAX_MAX + 1];
	struct rta_cacheinfo info = {};

	if (cache)
		nla_memcpy(&info, cache, sizeof(info));
	if (info.rta_expires || !attrs[RTA_METRICS] ||
	    nla_parse_nested(metrics, RTAX_MAX, attrs[RTA_METRICS], NULL) < 0)
		return 0;
	return metrics[RTAX_MTU] ? nla_get_u32(metrics[RTAX_MTU]) : 0;
}

static void take_route(struct net *net, struct nlmsghdr *hdr, void *arg)
{
	struct rtmsg *info = nlmsg_data(hdr);
	struct nlattr *attrs[RTA_MAX + 1];
	struct destination *d = arg;

	if (hdr->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(hdr, sizeof(*info), attrs, RTA_MAX, NULL) < 0)
		return;
	d->type = info->rtm_type;
	d->ifindex = attrs[RTA_OIF] ? nla_get_u32(attrs[RTA_OIF]) : 0;
	d->via = parse_via(attrs, &d->to);
	d->mtu = parse_mtu(attrs);
	d->source = net_attr_addr(attrs[RTA_PREFSRC], d->to.family);
}

/* As a packet of this host itself would go: rules about the interface it came by do not count. */
static void ask_route(struct net *net, struct destination *d)
{
	const struct rtmsg info = {
		.rtm_family = d->to.family,
		.rtm_dst_len = ip_prefix_bits(d->to.family),
	};
	struct nl_msg *msg = net_message(RTM_GETROUTE, 0, &info, sizeof(info));
	struct neighbour *before = d->neighbour;
	struct link *link;

	net_put_addr(msg, RTA_DST, &d->to);
	d->type = RTN_UNSPEC;
	d->ifindex = 0;
	d->source.family = 0;
	d->mtu = 0;
	d->error = net_ask(net, msg, take_route, d);
	d->routed = true;
	link = link_find(net, d->ifindex);
	/* the new one first: it may be the old one */
	d->neighbour = NULL;
	if (!d->error && d->type == RTN_UNICAST && link && link->ethernet)
		d->neighbour = neighbour_use(net, d->ifindex, &d->via);
	neighbour_unuse(net, before);
}

/* --- the answer --- */

static void explain(struct net_hop *hop, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void explain(struct net_hop *hop, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(hop->reason, sizeof(hop->reason), format, args);
	va_end(args);
}

static void explain_no_route(struct net_hop *hop, int error, const char *to)
{
	switch (error) {
	case -ENETUNREACH:
		explain(hop, "no route to %s", to);
		break;
	case -EHOSTUNREACH:
		explain(hop, "the route to %s is of type unreachable", to);
		break;
	case -EINVAL:
		explain(hop, "the route to %s is of type blackhole", to);
		break;
	case -EACCES:
		explain(hop, "the route to %s is of type prohibit", to);
		break;
	default:
		explain(hop, "no route to %s: %s", to, strerror(-error));
	}
}

static void explain_type(struct net_hop *hop, uint8_t type, const char *to)
{
	switch (type) {
	case RTN_LOCAL:
		explain(hop, "%s is an address of the director itself", to);
		break;
	case RTN_BROADCAST:
		explain(hop, "%s is a broadcast address", to);
		break;
	case RTN_ANYCAST:
		explain(hop, "%s is an anycast address of the director itself", to);
		break;
	case RTN_MULTICAST:
		explain(hop, "%s is a multicast address", to);
		break;
	default:
		explain(hop, "the route to %s leads to no host", to);
	}
}

static void explain_neighbour(struct net_hop *hop, const struct neighbour *n)
{
	char via[IP_ADDR_LEN];

	ip_addr_format(&hop->via, via);
	if (n->error == -ENOBUFS)
		explain(hop,
			"neighbour %s on %s: the kernel's neighbour table is full "
			"(net.%s.neigh.default.gc_thresh3)",
			via, hop->ifname, hop->via.family == AF_INET6 ? "ipv6" : "ipv4");
	else if (n->error)
		explain(hop, "neighbour %s on %s: %s", via, hop->ifname, strerror(-n->error));
	else if (n->silent)
		explain(hop, "neighbour %s on %s does not answer", via, hop->ifname);
	else
		explain(hop, "neighbour %s on %s has not answered yet", via, hop->ifname);
	hop->pending = !n->error && !n->silent;
}

/* The neighbour is known: down to the port. */
static void compose_port(struct net *net, const struct destination *d, const struct link *link,
			 struct net_hop *hop)
{
	struct error err = {};
	struct port port;
	int r = port_find(net, link, hop->dmac, bridge_port, &port, &err);

	if (r) {
		explain(hop, "%s", err.text);
		hop->pending = r == -EAGAIN;
		return;
	}
	hop->ifindex = port.link->ifindex;
	memcpy(hop->ifname, port.link->name, sizeof(hop->ifname));
	hop->vlan = port.vlan;
	hop->vlan_inner = port.vlan_inner;
	hop->mtu = d->mtu && d->mtu < port.mtu ? d->mtu : port.mtu;
	hop->resolved = true;
}

/* The link is known and carries Ethernet, @d->neighbour is there. */
static void compose_neighbour(struct net *net, const struct destination *d, const struct link *link,
			      struct net_hop *hop)
{
	const struct neighbour *n = d->neighbour;

	memcpy(hop->smac, link->mac, sizeof(hop->smac));
	memcpy(hop->dmac, n->mac, sizeof(hop->dmac));
	if (!(link->flags & IFF_UP))
		explain(hop, "interface %s is down", link->name);
	else if (!link_is_up(link))
		explain(hop, "interface %s is down: no carrier", link->name);
	else if (!neighbour_usable(n))
		explain_neighbour(hop, n);
	else
		compose_port(net, d, link, hop);
}

static void compose(struct net *net, const struct destination *d, struct net_hop *hop)
{
	const struct link *link = link_find(net, d->ifindex);
	char to[IP_ADDR_LEN];

	ip_addr_format(&d->to, to);
	if (d->error) {
		explain_no_route(hop, d->error, to);
		return;
	}
	if (d->type != RTN_UNICAST) {
		explain_type(hop, d->type, to);
		return;
	}
	hop->ifindex = d->ifindex;
	hop->via = d->via;
	hop->source = d->source;
	if (!link) { /* its notification is under way */
		explain(hop, "the interface towards %s is not known yet", to);
		return;
	}
	hop->mtu = link->mtu;
	memcpy(hop->ifname, link->name, sizeof(hop->ifname));
	if (!d->neighbour)
		explain(hop, "interface %s towards %s has no Ethernet addresses", link->name, to);
	else
		compose_neighbour(net, d, link, hop);
}

/* --- from outside --- */

static struct destination *find(struct net *net, const struct ip_addr *to)
{
	const struct ip_addr key = net_key_addr(to);
	struct destination *d;

	HASH_FIND(by_to, net->destinations, &key, sizeof(key), d);
	return d;
}

static struct destination *find_or_add(struct net *net, const struct ip_addr *to)
{
	struct destination *d = find(net, to);

	if (d)
		return d;
	d = mem_zalloc(sizeof(*d));
	d->to = net_key_addr(to);
	HASH_ADD(by_to, net->destinations, to, sizeof(d->to), d);
	return d;
}

void net_resolve(struct net *net, const struct ip_addr *to, struct net_hop *ret)
{
	struct net_hop hop = {};
	struct destination *d;

	d = find_or_add(net, to);
	if (!d->routed)
		ask_route(net, d);
	else if (d->neighbour)
		neighbour_retry(net, d->neighbour);
	compose(net, d, &hop);
	*ret = hop;
}

void net_hold(struct net *net, const struct ip_addr *to)
{
	find_or_add(net, to)->users++;
}

void net_release(struct net *net, const struct ip_addr *to)
{
	struct destination *d = find(net, to);

	if (!d || (d->users && --d->users))
		return;
	neighbour_unuse(net, d->neighbour);
	HASH_DELETE(by_to, net->destinations, d);
	free(d);
}

void net_doubt(struct net *net, const struct ip_addr *to)
{
	struct destination *d = find(net, to);

	if (d && d->neighbour)
		neighbour_doubt(net, d->neighbour);
}

void route_free_all(struct net *net)
{
	struct destination *d, *next;

	HASH_ITER (by_to, net->destinations, d, next) {
		HASH_DELETE(by_to, net->destinations, d);
		free(d);
	}
}
