/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fragment.h - pieces of a packet. Only the first has ports; it goes its way as a whole packet does
 * and leaves behind where, under (source, destination, id, protocol). The others follow it. One
 * that has overtaken the first cannot wait here: to a VIP it is a counted drop, and the sender
 * sends again; from a backend nobody can tell whose it is, and it passes.
 */
#ifndef FRAGMENT_H
#define FRAGMENT_H

#include "forward.h"
#include "fullnat.h"
#include "later.h"
#include "nat_reply.h"
#include "select.h"
#include "service.h"

static __always_inline __be32 fragment_id(const struct packet *p)
{
	if (!p->v6)
		return p->ip->id;
	return ext6_id(p->ctx, (void *)(p->ip6 + 1) - (void *)(long)p->ctx->data, p->ip6->nexthdr);
}

static __always_inline struct shunt_fragment_key fragment_key(const struct packet *p)
{
	return (struct shunt_fragment_key){
		.saddr = addr_read(packet_saddr(p), p->v6),
		.daddr = addr_read(packet_daddr(p), p->v6),
		.id = fragment_id(p),
		/* in IPv6 it is told by the others alone (RFC 8200, 4.5), and of the first fragment
		 * may stand behind another header */
		.protocol = p->v6 ? 0 : p->protocol,
		.v6 = p->v6,
	};
}

/* What tells a key from others, in a word. */
static __always_inline __u64 fragment_check(const struct shunt_fragment_key *key)
{
	__u64 sum = key->id;

	for (int i = 0; i < 4; i++)
		sum = sum * 31 + key->saddr.word[i] + ((__u64)key->daddr.word[i] << 32);
	return sum;
}

/* Written in a room of the CPU's own: on the stack there is none. */
static __always_inline void fragment_remember(const struct shunt_fragment_key *key,
					      const struct shunt_fragment *what)
{
	struct shunt_fragment *room = only_element(&fragment_room);

	if (dry_run || !room)
		return;
	*room = *what;
	room->seen_ns = bpf_ktime_get_coarse_ns();
	room->check = fragment_check(key);
	bpf_map_update_elem(&fragments, key, room, BPF_ANY);
}

/* What the first one left behind, within @ns, in the same room; NULL if there is nothing. */
static __always_inline const struct shunt_fragment *fragment_recall(
	const struct shunt_fragment_key *key, __u64 ns)
{
	const struct shunt_fragment *found = bpf_map_lookup_elem(&fragments, key);
	struct shunt_fragment *room = only_element(&fragment_room);

	if (!found || !room)
		return NULL;
	*room = *found;
	barrier();
	/* The entry of one that goes is another's at once. The check is its first word, so as long
	 * as it has not changed nothing behind it has. */
	if (*(const volatile __u64 *)&found->check != fragment_check(key) ||
	    bpf_ktime_get_coarse_ns() - room->seen_ns > ns)
		return NULL;
	return room;
}

/* The transport header of a first fragment. */
static __always_inline enum shunt_reason fragment_parse(struct packet *p)
{
	p->fault = parse_l4(p, (void *)(long)p->ctx->data_end);
	return p->fault;
}

/* --- to a VIP --- */

static __always_inline int fragment_unmatched(const struct packet *p)
{
	struct shunt_service vip;

	if (p->protocol == (p->v6 ? IPPROTO_ICMP6 : IPPROTO_ICMP))
		return pass(SHUNT_REASON_ICMP_PASS);
	if (service_read(packet_daddr(p), p->v6, 0, 0, &vip) &&
	    vip.flags & SHUNT_VIP_DROP_UNMATCHED)
		return drop(SHUNT_REASON_UNMATCHED_DROP);
	return pass(SHUNT_REASON_UNMATCHED_PASS);
}

/* Where the first fragment of a packet goes; @tracked: one to a service with fullnat to where it
 * is asked whether the flow is there. */
static __always_inline int fragment_select(struct packet *p, const struct shunt_fragment_key *key,
					   bool tracked, struct target *ret)
{
	struct shunt_fragment what = {};
	struct shunt_service service;

	if (fragment_parse(p) != NO_FAULT)
		return drop(p->fault);
	if (!p->ports || !service_of(packet_daddr(p), p->v6, p->dport, p->protocol, &service)) {
		fragment_remember(key, &what);
		return fragment_unmatched(p);
	}
	if (tracked && service.flags & SHUNT_SERVICE_FULLNAT)
		return LATER_FULLNAT_FRAGMENT;
	STEP(select_backend(p, select_hash(p), &service, ret));
	what.backend = ret->index;
	what.forward = ret->forward;
	what.hash = ret->hash;
	fragment_remember(key, &what);
	return GO_ON;
}

/* Backends may go, or get another mode, between two pieces. */
static __always_inline bool fragment_has_backend(const struct shunt_fragment *what)
{
	const struct shunt_backend *backend = bpf_map_lookup_elem(&backends, &what->backend);

	return backend && *(const volatile __u8 *)&backend->forward == what->forward;
}

/* GO_ON: @saddr is what the source becomes in fullnat. */
static __always_inline int fragment_follow(const struct packet *p,
					   const struct shunt_fragment_key *key, struct target *ret,
					   struct shunt_addr *saddr)
{
	const struct shunt_fragment *what = fragment_recall(key, SHUNT_FRAGMENT_NS);

	if (!what)
		return drop(SHUNT_REASON_FRAGMENT_UNKNOWN);
	if (!what->backend)
		return fragment_unmatched(p);
	if (!fragment_has_backend(what))
		return drop(SHUNT_REASON_FRAGMENT_UNKNOWN);
	STEP(select_entry(what->backend, ret));
	ret->hash = what->hash;
	*saddr = what->saddr;
	return GO_ON;
}

/* Without a transport header there is nothing in it to mend. */
static __always_inline int fragment_translate(struct packet *p, const struct target *to,
					      const struct shunt_addr *saddr)
{
	const struct fullnat_ends ends = {.saddr = *saddr, .daddr = nat_target_addr(to, p->v6)};

	if (nat_ttl_ends(p))
		return drop(SHUNT_REASON_TTL_EXPIRED);
	if (to->forward == SHUNT_FORWARD_NAT)
		nat_rewrite_ip(p, packet_daddr(p), &ends.daddr);
	else
		fullnat_rewrite_ip(p, &ends);
	return GO_ON;
}

static __always_inline int fragment_leaves(struct packet *p, const struct target *to)
{
	int verdict = transmit_packet(p, &to->hop);

	if (verdict != XDP_DROP)
		count_forwarded(p, to->index);
	return verdict;
}

static __always_inline int fragment_first(struct packet *p, const struct shunt_fragment_key *key,
					  bool tracked)
{
	struct target to;

	STEP(fragment_select(p, key, tracked, &to));
	STEP(forward_packet(p, &to));
	return fragment_leaves(p, &to);
}

static __always_inline int fragment_later(struct packet *p, const struct shunt_fragment_key *key)
{
	struct shunt_addr saddr;
	struct target to;

	STEP(fragment_follow(p, key, &to, &saddr));
	if (!forward_fits(p, &to)) /* what is told of the first holds for all */
		return drop(SHUNT_REASON_TOO_BIG);
	if (to.forward == SHUNT_FORWARD_NAT || to.forward == SHUNT_FORWARD_FULLNAT)
		STEP(fragment_translate(p, &to, &saddr));
	else
		STEP(forward_whole(p, &to));
	return fragment_leaves(p, &to);
}

static __always_inline int fragment_packet(struct packet *p)
{
	struct shunt_fragment_key key = fragment_key(p);

	if (p->fault != SHUNT_REASON_FRAGMENT_UNKNOWN)
		return drop(p->fault);
	return p->fragment == PACKET_FIRST ? fragment_first(p, &key, true)
					   : fragment_later(p, &key);
}

PROGRAM(fragment, fragment_packet)

/* The first one for a service that has a backend by fullnat, and this goes to another. */
static __always_inline int fragment_untracked_packet(struct packet *p)
{
	struct shunt_fragment_key key = fragment_key(p);

	if (p->fault != SHUNT_REASON_FRAGMENT_UNKNOWN || p->fragment != PACKET_FIRST)
		return drop(SHUNT_REASON_INTERNAL);
	return fragment_first(p, &key, false);
}

PROGRAM(fragment_untracked, fragment_untracked_packet)

/* --- from a nat backend --- */

static __always_inline int nat_fragment_packet(struct packet *p)
{
	struct shunt_meta *m = only_element(&meta);
	struct shunt_fragment_key key = fragment_key(p);
	const struct shunt_fragment *found;
	struct shunt_fragment what = {};
	struct nat_way way = {};
	struct route route;
	int verdict;

	if (!m || p->fault != SHUNT_REASON_FRAGMENT_UNKNOWN)
		return XDP_PASS;
	if (p->fragment == PACKET_FIRST) {
		if (fragment_parse(p) != NO_FAULT || !p->ports ||
		    !nat_find(m, packet_saddr(p), p->v6, p->sport, p->protocol, &way))
			return XDP_PASS;
		what.saddr = way.vip;
		what.backend = way.backend;
		fragment_remember(&key, &what);
	} else {
		found = fragment_recall(&key, SHUNT_FRAGMENT_NS);
		if (!found || !found->backend)
			return XDP_PASS;
		way.vip = found->saddr;
		way.backend = found->backend;
	}
	trace_reply(way.backend);
	route = nat_route(p, &way.vip, way.port);
	STEP(route_find(p->ctx, &route));
	if (nat_ttl_ends(p))
		return drop(SHUNT_REASON_TTL_EXPIRED);
	if (p->check) /* the first; the verifier of 6.1 does not remember what `fragment` was */
		nat_rewrite(p, nat_source(p), &way.vip, way.port);
	else
		nat_rewrite_ip(p, packet_saddr(p), &way.vip);
	verdict = transmit_packet(p, &route.hop);
	if (verdict != XDP_DROP)
		count_reply(p, way.backend);
	return verdict;
}

PROGRAM(nat_fragment, nat_fragment_packet)

#endif
