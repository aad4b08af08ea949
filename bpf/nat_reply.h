/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nat_reply.h - what a nat backend sends to a client gets the VIP back as its source.
 *
 * It is rewritten only when the kernel's routing says that it leaves the director. What stays, the
 * answers to the director's own checks and connections, is none of a client's.
 */
#ifndef NAT_REPLY_H
#define NAT_REPLY_H

#include "later.h"
#include "mss.h"
#include "nat.h"
#include "parse.h"
#include "path_mtu.h"
#include "quote.h"
#include "route.h"
#include "transmit.h"

/* The answer that @p is, or that it is about, on its way from the VIP to the client. */
static __always_inline struct route nat_route(const struct packet *p, const struct shunt_addr *from,
					      __be16 port)
{
	struct route route = {
		.v6 = p->v6,
		.length = p->length,
		.saddr = *from,
		.daddr = addr_read(packet_daddr(p), p->v6),
		.sport = port,
		.dport = p->dport,
		.protocol = p->protocol,
	};

	if (p->v6) {
		route.traffic = *(__be32 *)p->ip6 & bpf_htonl(0x0fffffff);
		route.keep_whole = true;
	} else {
		route.traffic = p->ip->tos;
		route.keep_whole = p->ip->frag_off & bpf_htons(IP_DONT_FRAGMENT);
	}
	return route;
}

/*
 * An ICMP error to a client, from a backend or a router on the way to it: about what the client
 * sent to the VIP, which it shall find in the quote. A router keeps its address; a backend's own
 * becomes the VIP. What cannot be read passes: it is not for us.
 */
static __always_inline int nat_error_packet(struct packet *p)
{
	struct shunt_meta *m = only_element(&meta);
	struct shunt_addr as;
	struct nat_way way;
	struct route route;
	enum shunt_reason fault;
	struct quote quote;
	int verdict;

	if (!m || p->fault != NO_FAULT || !quote_is_error(p))
		return XDP_PASS;
	fault = quote_parse(p, &quote);
	if (fault != NO_FAULT || !addr_equal(quote.saddr, packet_daddr(p), p->v6) ||
	    !nat_find(m, quote.daddr, p->v6, quote.ports[1], quote.protocol, &way)) {
		path_mtu_learn(p, &quote, fault);
		return XDP_PASS;
	}
	trace_reply(way.backend);
	as = addr_equal(packet_saddr(p), quote.daddr, p->v6) ? way.vip
							     : addr_read(packet_saddr(p), p->v6);
	route = nat_route(p, &as, 0);
	STEP(route_find(p->ctx, &route));
	if (nat_ttl_ends(p))
		return drop(SHUNT_REASON_TTL_EXPIRED);
	quote_rewrite(p, &quote, quote.daddr, &quote.ports[1], &way.vip,
		      way.port ?: quote.ports[1]);
	nat_rewrite_error(p, packet_saddr(p), &as);
	verdict = transmit_packet(p, &route.hop);
	if (verdict != XDP_DROP)
		count_reply(p, way.backend);
	return verdict;
}

PROGRAM(nat_error, nat_error_packet)

/* The first packet of either side. The header is in bounds: the verifier of 6.1 has forgotten it.
 */
static __always_inline bool nat_is_syn(const struct packet *p)
{
	const struct tcphdr *tcp = p->l4;

	return p->protocol == IPPROTO_TCP && (void *)(tcp + 1) <= (void *)(long)p->ctx->data_end &&
	       tcp->syn;
}

/* What the way to a backend has room for, where the client's packets will go. */
static __always_inline __u16 nat_room(__u32 index)
{
	const struct shunt_backend *backend = bpf_map_lookup_elem(&backends, &index);

	return backend ? backend->mtu : 0;
}

/* From a nat backend to a client? Everything else passes. */
static __always_inline int nat_reply_packet(struct packet *p)
{
	struct shunt_meta *m = only_element(&meta);
	struct nat_way way;
	struct route route;
	int verdict;

	if (p->fragment)
		return LATER_NAT_FRAGMENT;
	if (!m || p->fault != NO_FAULT)
		return XDP_PASS;
	if (!p->ports)
		return quote_is_error(p) ? LATER_NAT_ERROR : XDP_PASS;
	if (!nat_find(m, packet_saddr(p), p->v6, p->sport, p->protocol, &way))
		return XDP_PASS;
	trace_reply(way.backend);
	route = nat_route(p, &way.vip, way.port);
	STEP(route_find(p->ctx, &route));
	if (unlikely(nat_ttl_ends(p)))
		return LATER_TTL;
	if (unlikely(way.mss) && nat_is_syn(p))
		mss_clamp(p, way.mss, nat_room(way.backend));
	nat_rewrite(p, nat_source(p), &way.vip, way.port);
	verdict = transmit_packet(p, &route.hop);
	if (verdict != XDP_DROP)
		count_reply(p, way.backend);
	return verdict;
}

PROGRAM(nat_reply, nat_reply_packet)

#endif
