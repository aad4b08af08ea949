/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts.c - see facts.h */
#include "realserver/facts.h"

#include <string.h>

#include "base/mem.h"
#include "realserver/sysctl.h"

#define LINKS_MAX 256

int facts_dev(struct host *host, const char *asked, const struct ip_addr *vip,
	      const struct prefixes *directors, struct host_link *ret, struct error *err)
{
	struct host_route route;

	*ret = (struct host_link){};
	if (asked)
		return host_link(host, asked, ret, err);
	if (directors->n && host_route_to(host, &directors->v[0].addr, &route) && route.link[0])
		return host_link(host, route.link, ret, err);
	if (host_default_route(host, vip->family, &route) && route.link[0])
		return host_link(host, route.link, ret, err);
	return 0;
}

/* --- ARP --- */

static void add_name(char *list, size_t size, const char *name)
{
	size_t used = strlen(list);

	snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
}

static void gather_arp(const struct host *host, struct facts *facts)
{
	_cleanup_free_ struct host_link *links = mem_zalloc(LINKS_MAX * sizeof(*links));
	size_t n = host_links(host, links, LINKS_MAX);

	for (size_t i = 0; i < n; i++) {
		const char *name = links[i].name;

		if (!links[i].arp || !links[i].up)
			continue;
		if (sysctl_conf(name, "arp_ignore") == 0)
			add_name(facts->arp_ignore, sizeof(facts->arp_ignore), name);
		if (sysctl_conf(name, "arp_announce") != 2)
			add_name(facts->arp_announce, sizeof(facts->arp_announce), name);
	}
}

/* --- the way back --- */

static bool by_director(const struct host *host, const struct host_route *route,
			const struct ip_prefix *directors, size_t count)
{
	if (!route->via.family)
		return false;
	for (size_t i = 0; i < count; i++)
		if (host_same_neighbour(host, route->ifindex, &route->via, &directors[i].addr))
			return true;
	return false;
}

/* --- nat --- */

static void gather_ways(const struct host *host, struct facts *facts)
{
	struct host_route routes[FACTS_WAYS_MAX + 1];
	size_t n = host_routes(host, facts->vip.family, routes, FACTS_WAYS_MAX + 1);

	facts->ways_more = n > FACTS_WAYS_MAX;
	facts->ways_count = n > FACTS_WAYS_MAX ? FACTS_WAYS_MAX : n;
	for (size_t i = 0; i < facts->ways_count; i++)
		facts->ways[i] = (struct way){
			.route = routes[i],
			.by_director = by_director(host, &routes[i], facts->directors.v,
						   facts->directors.n),
		};
}

/* Of fullnat the clients that a backend sees are the director's addresses. */
static void gather_clients(struct host *host, const struct prefixes *clients, struct facts *facts)
{
	for (size_t i = 0; i < clients->n; i++) {
		struct way *way = &facts->clients[i];

		way->client = clients->v[i];
		way->found = host_route_to(host, &way->client.addr, &way->route);
		way->by_director = way->found && by_director(host, &way->route, facts->directors.v,
							     facts->directors.n);
	}
	facts->clients_count = clients->n;
}

/* The kernel takes redirects on a host by either setting, on a router by both together. */
static bool redirects_accepted(int family, const char *dev)
{
	int all = 0, own = 0, forwarding = 0;
	_cleanup_free_ char *dir = mem_printf("net/ipv%d/conf/%s", family == AF_INET6 ? 6 : 4, dev);
	_cleanup_free_ char *own_path = mem_printf("%s/accept_redirects", dir);
	_cleanup_free_ char *forwarding_path = mem_printf("%s/forwarding", dir);

	sysctl_read(own_path, &own, NULL);
	sysctl_read(forwarding_path, &forwarding, NULL);
	if (family == AF_INET6)
		return own && !forwarding;
	sysctl_read("net/ipv4/conf/all/accept_redirects", &all, NULL);
	return forwarding ? all && own : all || own;
}

static void gather_nat(struct host *host, const struct realserver *asked, struct facts *facts)
{
	gather_ways(host, facts);
	gather_clients(host, &asked->client, facts);
	facts->redirects =
		facts->dev.name[0] && redirects_accepted(facts->vip.family, facts->dev.name);
}

/* --- all --- */

static int gather(struct host *host, const struct realserver *asked, struct facts *facts,
		  struct error *err)
{
	facts->places_count = host_address(host, &facts->vip, facts->places, FACTS_PLACES_MAX);
	facts->default_route = host_default_route(host, facts->vip.family, &facts->way_out);
	facts->rp_filter = facts->dev.name[0] ? sysctl_conf(facts->dev.name, "rp_filter") : 0;
	gather_arp(host, facts);
	if (facts->forward == SHUNT_FORWARD_NAT)
		gather_nat(host, asked, facts);
	if (facts->forward == SHUNT_FORWARD_FULLNAT)
		gather_clients(host, &asked->director, facts);
	if (!forward_is_tunnel(facts->forward))
		return 0;
	facts->looked = true;
	return decap_look(asked->pin_dir, facts->dev.ifindex, &facts->vip, &facts->decap, err);
}

/* The director that was named now, or those that were when it was enabled. */
static bool out_by_director(const struct host *host, const struct facts *facts)
{
	return facts->default_route &&
	       (by_director(host, &facts->way_out, facts->directors.v, facts->directors.n) ||
		by_director(host, &facts->way_out, facts->decap.directors,
			    facts->decap.directors_count));
}

int facts_gather(const struct realserver *asked, const struct ip_addr *vip, int forward,
		 const struct enabled *entry, struct facts *ret, struct error *err)
{
	_cleanup_(host_close) struct host *host = NULL;
	const char *dev = asked->dev ?: entry && entry->dev[0] ? entry->dev : NULL;
	int r = host_open(&host, err);

	if (r)
		return r;
	*ret = (struct facts){
		.vip = *vip,
		.forward = forward,
		.enabled_forward = entry ? entry->forward : 0,
		.directors = asked->director,
	};
	r = facts_dev(host, dev, vip, &asked->director, &ret->dev, err);
	if (!r)
		r = gather(host, asked, ret, err);
	ret->out_by_director = !r && out_by_director(host, ret);
	return r;
}
