/* SPDX-License-Identifier: GPL-2.0-or-later */
/* findings.c - see findings.h; one function for each thing that can be wrong. */
#include "realserver/findings.h"

#include <stdarg.h>
#include <string.h>

#include "realserver/record.h"
#include "shunt/abi.h"

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define GUE_HEADERS 12
#define FULL_SIZE   1500 /* what the Internet's packets have at most */
#define SMALL_IPV4  576
#define SMALL_IPV6  1280

static const struct {
	const char *name;
	enum finding_kind kind;
} kinds[] = {
#define X(symbol, name, kind) [FINDING_##symbol] = {name, FINDING_##kind},
	FINDINGS(X)
#undef X
};

const char *finding_name(enum finding_name name)
{
	return kinds[name].name;
}

enum finding_kind finding_kind(enum finding_name name)
{
	return kinds[name].kind;
}

size_t findings_problems(const struct findings *findings)
{
	size_t n = 0;

	for (size_t i = 0; i < findings->count; i++)
		n += finding_kind(findings->list[i].name) == FINDING_PROBLEM;
	return n;
}

__attribute__((format(printf, 3, 4))) static void say(struct findings *f, enum finding_name name,
						      const char *format, ...)
{
	struct finding *finding = &f->list[f->count];
	va_list args;

	if (f->count == FINDINGS_MAX) {
		f->more++;
		return;
	}
	f->count++;
	finding->name = name;
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
}

static bool is_nat(const struct facts *facts)
{
	return facts->forward == SHUNT_FORWARD_NAT || facts->forward == SHUNT_FORWARD_FULLNAT;
}

/* --- the VIP --- */

static bool on_lo(const struct facts *facts)
{
	for (size_t i = 0; i < facts->places_count; i++)
		if (strcmp(facts->places[i].link, "lo") == 0)
			return true;
	return false;
}

static void find_vip(const struct facts *facts, const char *vip, struct findings *ret)
{
	unsigned int bits = ip_prefix_bits(facts->vip.family);

	if (!on_lo(facts))
		say(ret, FINDING_VIP_MISSING,
		    "%s is not an address of lo, so nothing here answers for it: `shunt realserver "
		    "enable %s --forward %s` puts it there",
		    vip, vip, forward_name(facts->forward));
	for (size_t i = 0; i < facts->places_count; i++) {
		const struct host_address *place = &facts->places[i];

		if (strcmp(place->link, "lo") != 0)
			say(ret, FINDING_VIP_ELSEWHERE,
			    "%s is an address of %s, which tells the neighbours so and takes the "
			    "VIP from the director: `ip addr del %s/%u dev %s`",
			    vip, place->link, vip, place->length, place->link);
		else if (place->length != bits)
			say(ret, FINDING_VIP_NETWORK,
			    "%s is on lo with the prefix /%u, so that this host takes all of that "
			    "network for itself: expected /%u",
			    vip, place->length, bits);
	}
}

/* IPv6 needs neither: a neighbour is told only about addresses of the interface it asked on. */
static void find_arp(const struct facts *facts, const char *vip, struct findings *ret)
{
	if (facts->vip.family != AF_INET)
		return;
	if (facts->arp_ignore[0])
		say(ret, FINDING_ARP_IGNORE,
		    "arp_ignore is 0 on %s: this host answers ARP for %s as if it were the "
		    "director; expected net.ipv4.conf.all.arp_ignore = 1",
		    facts->arp_ignore, vip);
	if (facts->arp_announce[0])
		say(ret, FINDING_ARP_ANNOUNCE,
		    "arp_announce is not 2 on %s: this host's own ARP requests may name %s and "
		    "take it from the director; expected net.ipv4.conf.all.arp_announce = 2",
		    facts->arp_announce, vip);
}

static void find_enabled(const struct facts *facts, const char *vip, struct findings *ret)
{
	const char *name = forward_name(facts->forward);

	if (facts->enabled_forward && facts->enabled_forward != facts->forward &&
	    forward_is_tunnel(facts->enabled_forward) != forward_is_tunnel(facts->forward))
		say(ret, FINDING_OTHER_FORWARD,
		    "%s is enabled with forward %s, not %s: `shunt realserver enable %s --forward "
		    "%s` changes it",
		    vip, forward_name(facts->enabled_forward), name, vip, name);
}

/* --- the interface --- */

static void find_dev(const struct facts *facts, struct findings *ret)
{
	if (!facts->dev.name[0])
		say(ret, FINDING_NO_DEV,
		    "no interface leads to a director, and there is no default route: --dev says "
		    "by which the packets come in");
	else if (!facts->dev.up)
		say(ret, FINDING_DEV_DOWN, "%s is down or has no carrier", facts->dev.name);
}

static void find_rp_filter(const struct facts *facts, struct findings *ret)
{
	const char *dev = facts->dev.name;

	if (facts->vip.family != AF_INET || facts->rp_filter != 1 || !dev[0])
		return;
	if (facts->default_route && strcmp(facts->way_out.link, dev) == 0)
		return;
	say(ret, FINDING_RP_FILTER,
	    "rp_filter is strict (1) on %s, but replies to clients leave by %s: what clients send "
	    "is dropped; expected net.ipv4.conf.%s.rp_filter = 2",
	    dev, facts->default_route ? facts->way_out.link : "no interface (no default route)",
	    dev);
}

static void find_way_out(const struct facts *facts, const char *vip, struct findings *ret)
{
	char via[IP_ADDR_LEN];

	if (facts->out_by_director)
		say(ret, FINDING_WAY_BACK,
		    "replies leave by the director (%s), which need not see them; if %s is an "
		    "address of its own, its kernel drops them",
		    ip_addr_format(&facts->way_out.via, via), vip);
	if (!facts->default_route)
		say(ret, FINDING_NO_DEFAULT_ROUTE,
		    "there is no default route: replies reach only clients that another route "
		    "leads to");
}

/* --- tunnels --- */

static bool is_named(const struct facts *facts, const struct ip_prefix *director)
{
	for (size_t i = 0; i < facts->decap.directors_count; i++)
		if (ip_prefix_contains(&facts->decap.directors[i], &director->addr) &&
		    facts->decap.directors[i].length <= director->length)
			return true;
	return false;
}

static void find_directors(const struct facts *facts, const char *vip, struct findings *ret)
{
	char text[IP_PREFIX_LEN];

	if (!facts->decap.directors_count)
		say(ret, FINDING_NO_DIRECTOR,
		    "no director is named, so nothing is unwrapped: `shunt realserver enable` with "
		    "--director");
	for (size_t i = 0; i < facts->directors.n; i++)
		if (!is_named(facts, &facts->directors.v[i]))
			say(ret, FINDING_DIRECTOR_MISSING,
			    "%s is not among the directors that packets are unwrapped from: "
			    "`shunt realserver enable %s --forward %s` with all --director",
			    ip_prefix_format(&facts->directors.v[i], text), vip,
			    forward_name(facts->forward));
}

static void find_program(const struct facts *facts, const char *vip, struct findings *ret)
{
	const char *dev = facts->dev.name;

	if (facts->decap.ours) {
		if (!facts->decap.native)
			say(ret, FINDING_GENERIC,
			    "the decapsulating program is on %s in generic mode, which is slower: "
			    "the driver offers no better",
			    dev);
		if (!facts->decap.vip_enabled)
			say(ret, FINDING_VIP_UNKNOWN,
			    "the decapsulating program does not unwrap for %s: `shunt realserver "
			    "enable %s --forward %s` tells it to",
			    vip, vip, forward_name(facts->forward));
	} else if (facts->decap.program_id) {
		say(ret, FINDING_OTHER_PROGRAM,
		    "another XDP program (id %u) is on %s, so nothing is unwrapped: `bpftool prog "
		    "show id %u` tells which",
		    facts->decap.program_id, dev, facts->decap.program_id);
	} else if (dev[0]) {
		say(ret, FINDING_NO_PROGRAM,
		    "the decapsulating program is not on %s: `shunt realserver enable %s --forward "
		    "%s --dev %s` attaches it",
		    dev, vip, forward_name(facts->forward), dev);
	}
}

/* What the tunnel puts before a packet, from the director with the longest header. */
static unsigned int overhead(const struct facts *facts)
{
	unsigned int most = IPV4_HEADER;

	for (size_t i = 0; i < facts->directors.n; i++)
		if (facts->directors.v[i].addr.family == AF_INET6)
			most = IPV6_HEADER;
	for (size_t i = 0; i < facts->decap.directors_count; i++)
		if (facts->decap.directors[i].addr.family == AF_INET6)
			most = IPV6_HEADER;
	return most + (facts->forward == SHUNT_FORWARD_GUE ? GUE_HEADERS : 0);
}

static void find_mtu(const struct facts *facts, struct findings *ret)
{
	unsigned int small = facts->vip.family == AF_INET6 ? SMALL_IPV6 : SMALL_IPV4;
	unsigned int header = overhead(facts), mtu = facts->dev.mtu;

	if (!facts->dev.name[0])
		return;
	if (mtu < small + header)
		say(ret, FINDING_MTU_SMALL,
		    "the MTU of %s is %u: with %u bytes of tunnel not even packets of %u bytes "
		    "fit; "
		    "expected %u or more",
		    facts->dev.name, mtu, header, small, FULL_SIZE + header);
	else if (mtu < FULL_SIZE + header)
		say(ret, FINDING_MTU,
		    "the MTU of %s is %u: packets of more than %u bytes do not fit into the "
		    "tunnel, "
		    "and clients are told so; with %u on the whole way from the director all fit",
		    facts->dev.name, mtu, mtu - header, FULL_SIZE + header);
}

static const struct {
	const char *name, *verdict;
} reasons[] = {
#define X(symbol, name, verdict, help) {name, verdict},
	DECAP_REASONS(X)
#undef X
};

static void find_lost(const struct facts *facts, struct findings *ret)
{
	char text[IP_ADDR_LEN];

	if (facts->decap.reasons[DECAP_REASON_NOT_DIRECTOR])
		say(ret, FINDING_STRANGER,
		    "%llu tunnel packets for VIPs came from addresses that are no director's, "
		    "the last from %s; if that is one, name it by --director",
		    (unsigned long long)facts->decap.reasons[DECAP_REASON_NOT_DIRECTOR],
		    ip_addr_format(&facts->decap.stranger, text));
	for (int i = 0; i < DECAP_REASON_COUNT; i++)
		if (facts->decap.reasons[i] && strcmp(reasons[i].verdict, "drop") == 0)
			say(ret, FINDING_LOST, "%llu tunnel packets were dropped: %s",
			    (unsigned long long)facts->decap.reasons[i], reasons[i].name);
}

static void find_tunnel(const struct facts *facts, const char *vip, struct findings *ret)
{
	find_program(facts, vip, ret);
	if (facts->decap.ours)
		find_directors(facts, vip, ret);
	find_mtu(facts, ret);
	if (facts->decap.ours)
		find_lost(facts, ret);
}

/* --- nat --- */

static const char *way_text(const struct way *way, char buf[static FINDING_LEN])
{
	char via[IP_ADDR_LEN];

	if (way->route.via.family)
		snprintf(buf, FINDING_LEN, "by %s (%s)", ip_addr_format(&way->route.via, via),
			 way->route.link);
	else
		snprintf(buf, FINDING_LEN, "straight by %s", way->route.link);
	return buf;
}

/* Each of a default route's next hops. */
static void find_default_route(const struct facts *facts, struct findings *ret)
{
	char text[FINDING_LEN];
	bool found = false;

	for (size_t i = 0; i < facts->ways_count; i++) {
		const struct way *way = &facts->ways[i];

		if (way->route.to.length)
			continue;
		found = true;
		if (!way->by_director)
			say(ret, FINDING_DEFAULT_ROUTE,
			    "the default route leads %s and not to a director: replies reach the "
			    "client with this host's own address in them, and it does not know "
			    "them",
			    way_text(way, text));
	}
	if (!found)
		say(ret, FINDING_DEFAULT_ROUTE,
		    "there is no default route: replies do not reach the director");
}

static void find_other_routes(const struct facts *facts, struct findings *ret)
{
	char text[FINDING_LEN], prefix[IP_PREFIX_LEN];

	for (size_t i = 0; i < facts->ways_count; i++) {
		const struct way *way = &facts->ways[i];

		if (way->route.to.length && !way->by_director)
			say(ret, FINDING_ROUTE,
			    "a client in %s gets no replies, for they leave %s; with forward "
			    "fullnat it does",
			    ip_prefix_format(&way->route.to, prefix), way_text(way, text));
	}
	if (facts->ways_more)
		say(ret, FINDING_ROUTE, "%zu routes more were not looked at", facts->ways_more);
}

static void find_clients(const struct facts *facts, struct findings *ret)
{
	char text[FINDING_LEN], client[IP_PREFIX_LEN];

	for (size_t i = 0; i < facts->clients_count; i++) {
		const struct way *way = &facts->clients[i];

		ip_prefix_format(&way->client, client);
		if (!way->found)
			say(ret, FINDING_CLIENT_ROUTE, "there is no route to the client %s",
			    client);
		else if (!way->by_director)
			say(ret, FINDING_CLIENT_ROUTE,
			    "replies to the client %s leave %s and not to a director, so it does "
			    "not know them; forward fullnat is for such clients",
			    client, way_text(way, text));
	}
}

static void find_pool(const struct facts *facts, struct findings *ret)
{
	char text[IP_PREFIX_LEN];

	for (size_t i = 0; i < facts->clients_count; i++)
		if (!facts->clients[i].found)
			say(ret, FINDING_POOL_ROUTE,
			    "there is no route to %s, from which the director sends: replies do "
			    "not reach it",
			    ip_prefix_format(&facts->clients[i].client, text));
}

static void find_vip_local(const struct facts *facts, const char *vip, struct findings *ret)
{
	for (size_t i = 0; i < facts->places_count; i++)
		say(ret, FINDING_VIP_LOCAL,
		    "%s is an address of %s: with forward %s the VIP is the director's alone, and "
		    "what this host asks it for it asks itself",
		    vip, facts->places[i].link, forward_name(facts->forward));
}

static void find_nat(const struct facts *facts, const char *vip, struct findings *ret)
{
	find_vip_local(facts, vip, ret);
	if (facts->forward == SHUNT_FORWARD_FULLNAT) {
		find_pool(facts, ret);
		return;
	}
	find_default_route(facts, ret);
	find_clients(facts, ret);
	if (facts->redirects)
		say(ret, FINDING_REDIRECTS,
		    "ICMP redirects are accepted on %s: they teach this host ways past the "
		    "director; expected accept_redirects = 0 for it and for all",
		    facts->dev.name);
	find_other_routes(facts, ret);
}

/* --- all --- */

void findings_from(const struct facts *facts, struct findings *ret)
{
	char vip[IP_ADDR_LEN];

	*ret = (struct findings){};
	ip_addr_format(&facts->vip, vip);
	if (is_nat(facts)) {
		find_nat(facts, vip, ret);
		return;
	}
	find_enabled(facts, vip, ret);
	find_vip(facts, vip, ret);
	find_arp(facts, vip, ret);
	find_dev(facts, ret);
	find_rp_filter(facts, ret);
	if (facts->looked)
		find_tunnel(facts, vip, ret);
	find_way_out(facts, vip, ret);
}
