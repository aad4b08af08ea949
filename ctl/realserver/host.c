/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.c - see host.h */
#include "realserver/host.h"

#include <errno.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <sys/socket.h>

#include "base/mem.h"

#define LOOPBACK "lo"

struct host {
	struct nl_sock *sock;
	struct nl_cache *links, *addresses, *routes, *neighbours;
};

/* --- open and close --- */

static int fill(struct host *host)
{
	int r = nl_connect(host->sock, NETLINK_ROUTE);

	if (!r)
		r = rtnl_link_alloc_cache(host->sock, AF_UNSPEC, &host->links);
	if (!r)
		r = rtnl_addr_alloc_cache(host->sock, &host->addresses);
	if (!r)
		r = rtnl_route_alloc_cache(host->sock, AF_UNSPEC, 0, &host->routes);
	if (!r)
		r = rtnl_neigh_alloc_cache(host->sock, &host->neighbours);
	return r;
}

int host_open(struct host **ret, struct error *err)
{
	_cleanup_(host_close) struct host *host = mem_zalloc(sizeof(*host));
	int r;

	host->sock = nl_socket_alloc();
	if (!host->sock)
		return error_set(err, -ENOMEM, "cannot open a netlink socket");
	r = fill(host);
	if (r)
		return error_set(err, -EIO, "cannot read this host's links and routes: %s",
				 nl_geterror(r));
	*ret = take_ptr(host);
	return 0;
}

static void free_cache(struct nl_cache *cache)
{
	if (cache)
		nl_cache_free(cache);
}

struct host *host_close(struct host *host)
{
	if (!host)
		return NULL;
	free_cache(host->neighbours);
	free_cache(host->routes);
	free_cache(host->addresses);
	free_cache(host->links);
	if (host->sock)
		nl_socket_free(host->sock);
	free(host);
	return NULL;
}

/* --- addresses, ours and libnl's --- */

static struct nl_addr *to_nl(const struct ip_addr *addr)
{
	size_t size = addr->family == AF_INET6 ? sizeof(addr->v6) : sizeof(addr->v4);
	struct nl_addr *nl = nl_addr_build(addr->family, &addr->v4, size);

	if (!nl)
		abort(); /* no memory for some 50 bytes: as mem_zalloc() */
	return nl;
}

static struct ip_addr of_nl(struct nl_addr *nl)
{
	struct ip_addr addr;

	memset(&addr, 0, sizeof(addr));
	if (!nl || nl_addr_get_len(nl) > sizeof(addr.v6) || !nl_addr_get_len(nl))
		return addr;
	addr.family = nl_addr_get_family(nl);
	memcpy(&addr.v4, nl_addr_get_binary_addr(nl), nl_addr_get_len(nl));
	return addr;
}

/* --- links --- */

static struct host_link link_of_nl(struct rtnl_link *nl)
{
	unsigned int flags = rtnl_link_get_flags(nl);
	struct host_link link = {
		.ifindex = (uint32_t)rtnl_link_get_ifindex(nl),
		.mtu = rtnl_link_get_mtu(nl),
		.up = (flags & IFF_UP) && (flags & IFF_RUNNING),
		.arp = !(flags & (IFF_NOARP | IFF_LOOPBACK)),
	};

	snprintf(link.name, sizeof(link.name), "%s", rtnl_link_get_name(nl));
	return link;
}

int host_link(const struct host *host, const char *name, struct host_link *ret, struct error *err)
{
	struct rtnl_link *nl = rtnl_link_get_by_name(host->links, name);

	if (!nl)
		return error_set(err, -ENOENT, "no interface '%s'", name);
	*ret = link_of_nl(nl);
	rtnl_link_put(nl);
	return 0;
}

size_t host_links(const struct host *host, struct host_link *ret, size_t max)
{
	struct nl_object *o = nl_cache_get_first(host->links);
	size_t n = 0;

	for (; o && n < max; o = nl_cache_get_next(o))
		ret[n++] = link_of_nl((struct rtnl_link *)o);
	return n;
}

static void name_of(const struct host *host, int ifindex, char ret[static IF_NAMESIZE])
{
	if (!rtnl_link_i2name(host->links, ifindex, ret, IF_NAMESIZE))
		ret[0] = '\0';
}

/* --- addresses --- */

size_t host_address(const struct host *host, const struct ip_addr *addr, struct host_address *ret,
		    size_t max)
{
	struct nl_object *o = nl_cache_get_first(host->addresses);
	size_t n = 0;

	for (; o && n < max; o = nl_cache_get_next(o)) {
		struct rtnl_addr *nl = (struct rtnl_addr *)o;
		struct ip_addr local = of_nl(rtnl_addr_get_local(nl));

		if (ip_addr_compare(&local, addr) != 0)
			continue;
		ret[n].length = (unsigned int)rtnl_addr_get_prefixlen(nl);
		name_of(host, rtnl_addr_get_ifindex(nl), ret[n].link);
		n++;
	}
	return n;
}

static struct rtnl_addr *lo_address(const struct host *host, const struct ip_addr *addr)
{
	struct rtnl_addr *nl = rtnl_addr_alloc();
	struct nl_addr *local = to_nl(addr);

	if (!nl)
		abort();
	rtnl_addr_set_ifindex(nl, rtnl_link_name2i(host->links, LOOPBACK));
	nl_addr_set_prefixlen(local, (int)ip_prefix_bits(addr->family));
	rtnl_addr_set_local(nl, local);
	nl_addr_put(local);
	if (addr->family == AF_INET) {
		rtnl_addr_set_scope(nl, RT_SCOPE_HOST);
	} else {
		rtnl_addr_set_flags(nl, IFA_F_NODAD);
		rtnl_addr_set_preferred_lifetime(nl, 0);
		rtnl_addr_set_valid_lifetime(nl, UINT32_MAX);
	}
	return nl;
}

static int refuse(int r, const char *what, const struct ip_addr *addr, struct error *err)
{
	char text[IP_ADDR_LEN];

	return error_set(err, r == -NLE_PERM || r == -NLE_NOACCESS ? -EPERM : -EIO,
			 "%s cannot be %s lo: %s", ip_addr_format(addr, text), what,
			 nl_geterror(r));
}

int host_address_add(struct host *host, const struct ip_addr *addr, struct error *err)
{
	struct rtnl_addr *nl = lo_address(host, addr);
	int r = rtnl_addr_add(host->sock, nl, 0);

	rtnl_addr_put(nl);
	return r ? refuse(r, "put on", addr, err) : 0;
}

int host_address_remove(struct host *host, const struct ip_addr *addr, struct error *err)
{
	struct rtnl_addr *nl = lo_address(host, addr);
	int r = rtnl_addr_delete(host->sock, nl, 0);

	rtnl_addr_put(nl);
	return r && r != -NLE_NOADDR ? refuse(r, "taken from", addr, err) : 0;
}

/* --- routes --- */

static struct host_route hop_of_nl(const struct host *host, struct rtnl_route *nl,
				   struct rtnl_nexthop *hop)
{
	struct nl_addr *to = rtnl_route_get_dst(nl);
	struct host_route route = {
		.to = {of_nl(to), to ? nl_addr_get_prefixlen(to) : 0},
		.via = of_nl(rtnl_route_nh_get_gateway(hop)),
		.ifindex = (uint32_t)rtnl_route_nh_get_ifindex(hop),
	};

	if (!route.via.family) /* an IPv4 route by way of an IPv6 neighbour has it there */
		route.via = of_nl(rtnl_route_nh_get_via(hop));
	route.to.addr.family =
		rtnl_route_get_family(nl); /* of a default route there is no address */
	name_of(host, (int)route.ifindex, route.link);
	return route;
}

bool host_route_to(struct host *host, const struct ip_addr *to, struct host_route *ret)
{
	struct nl_addr *nl = to_nl(to);
	struct rtnl_route *route = NULL;
	bool found = rtnl_route_lookup(host->sock, nl, &route) == 0 && route &&
		     rtnl_route_get_type(route) == RTN_UNICAST && rtnl_route_get_nnexthops(route);

	if (found)
		*ret = hop_of_nl(host, route, rtnl_route_nexthop_n(route, 0));
	rtnl_route_put(route);
	nl_addr_put(nl);
	return found;
}

/* What links have of themselves leads to nobody's clients. */
static bool is_link_local(const struct ip_addr *addr)
{
	return addr->family == AF_INET6 &&
	       (IN6_IS_ADDR_LINKLOCAL(&addr->v6) || IN6_IS_ADDR_MULTICAST(&addr->v6));
}

static bool leaves_host(const struct host *host, struct rtnl_route *nl, int family)
{
	struct ip_addr to = of_nl(rtnl_route_get_dst(nl));
	char name[IF_NAMESIZE] = "";

	if (rtnl_route_get_family(nl) != family || rtnl_route_get_table(nl) != RT_TABLE_MAIN ||
	    rtnl_route_get_type(nl) != RTN_UNICAST || !rtnl_route_get_nnexthops(nl))
		return false;
	name_of(host, rtnl_route_nh_get_ifindex(rtnl_route_nexthop_n(nl, 0)), name);
	return strcmp(name, LOOPBACK) != 0 && !is_link_local(&to);
}

size_t host_routes(const struct host *host, int family, struct host_route *ret, size_t max)
{
	struct nl_object *o = nl_cache_get_first(host->routes);
	size_t n = 0;

	for (; o && n < max; o = nl_cache_get_next(o)) {
		struct rtnl_route *nl = (struct rtnl_route *)o;

		if (!leaves_host(host, nl, family))
			continue;
		for (int i = 0; i < rtnl_route_get_nnexthops(nl) && n < max; i++)
			ret[n++] = hop_of_nl(host, nl, rtnl_route_nexthop_n(nl, i));
	}
	return n;
}

bool host_default_route(const struct host *host, int family, struct host_route *ret)
{
	struct nl_object *o = nl_cache_get_first(host->routes);
	struct rtnl_route *best = NULL;

	for (; o; o = nl_cache_get_next(o)) {
		struct rtnl_route *nl = (struct rtnl_route *)o;
		struct nl_addr *to = rtnl_route_get_dst(nl);

		if (!leaves_host(host, nl, family) || (to && nl_addr_get_prefixlen(to) > 0))
			continue;
		if (!best || rtnl_route_get_priority(nl) < rtnl_route_get_priority(best))
			best = nl;
	}
	if (best)
		*ret = hop_of_nl(host, best, rtnl_route_nexthop_n(best, 0));
	return best;
}

static bool mac_of(const struct host *host, uint32_t ifindex, const struct ip_addr *addr,
		   uint8_t ret[static 6])
{
	struct nl_addr *nl = to_nl(addr), *mac;
	struct rtnl_neigh *neighbour = rtnl_neigh_get(host->neighbours, (int)ifindex, nl);
	bool known = false;

	nl_addr_put(nl);
	if (!neighbour)
		return false;
	mac = rtnl_neigh_get_lladdr(neighbour);
	if (mac && nl_addr_get_len(mac) == 6) {
		memcpy(ret, nl_addr_get_binary_addr(mac), 6);
		known = true;
	}
	rtnl_neigh_put(neighbour);
	return known;
}

bool host_same_neighbour(const struct host *host, uint32_t ifindex, const struct ip_addr *a,
			 const struct ip_addr *b)
{
	uint8_t x[6], y[6];

	if (ip_addr_compare(a, b) == 0)
		return true;
	return mac_of(host, ifindex, a, x) && mac_of(host, ifindex, b, y) &&
	       memcmp(x, y, sizeof(x)) == 0;
}
