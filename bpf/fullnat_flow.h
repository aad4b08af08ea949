/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fullnat_flow.h - fullnat, client to backend. The client's first packet makes the flow: it takes a
 * free port of the pool, and the flow stays with its backend and its port until it ends.
 */
#ifndef FULLNAT_FLOW_H
#define FULLNAT_FLOW_H

#include "error.h"
#include "forward.h"
#include "fragment.h"
#include "fullnat.h"
#include "later.h"
#include "mss.h"
#include "select.h"
#include "service.h"
#include "toa.h"
#include "transmit.h"

#define FULLNAT_EEXIST     17 /* errno.h's, which is not for this side */
#define FULLNAT_TAKE_TRIES 8  /* with as many CPUs faster, each time, the packet is dropped */

/* A port that nobody has, the longest unused; negative if there is none. */
static __always_inline int fullnat_take(__u32 which)
{
	struct shunt_ring *ring = bpf_map_lookup_elem(&rings, &which);
	const volatile __u32 *waiting = only_element(&free_ports);

	which &= SHUNT_RINGS - 1; /* the verifier wants a bound */
	if (!ring || !waiting)
		return -1;
#pragma clang loop unroll(disable)
	for (int i = 0; i < FULLNAT_TAKE_TRIES; i++) {
		__u64 head = *(volatile __u64 *)&ring->head, zero = head, tail;
		__u32 index;

		/* Three readings in this order: head, tail, the place; the last before the
		 * exchange, behind which the place may be another's. Where each address depends on
		 * the reading before, if only for the CPU, no CPU turns them round. */
		asm volatile("%0 &= 0" : "+r"(zero));
		tail = *(volatile __u64 *)((void *)&ring->tail + zero);
		if (head == tail)
			return -1;
		zero = tail;
		asm volatile("%0 &= 0" : "+r"(zero));
		index = waiting[(which << ring_bits) + ((head + zero) & ((1u << ring_bits) - 1))];
		if (dry_run || __sync_val_compare_and_swap(&ring->head, head, head + 1) == head)
			return index;
	}
	return -1;
}

/* Returns the life that it has then. */
static __always_inline union fullnat_life fullnat_fill(struct shunt_pool_port *port,
						       const struct shunt_flow_key *key,
						       __u32 backend)
{
	union fullnat_life life = {.is = {
					   .backend = backend,
					   .age = fullnat_now(),
					   .state = key->protocol == IPPROTO_UDP
							    ? SHUNT_PORT_UDP
							    : SHUNT_PORT_HALF_OPEN,
				   }};

	port->client = key->client;
	port->vip = key->vip;
	port->client_port = key->client_port;
	port->vip_port = key->vip_port;
	__sync_lock_test_and_set(fullnat_word(port), life.word); /* a barrier on every CPU */
	return life;
}

/* User space, which finds it so, puts it back. False: somebody has changed it from @life. */
static __always_inline bool fullnat_give_back(struct shunt_pool_port *port,
					      const union fullnat_life *life)
{
	union fullnat_life back = {.is = {.state = SHUNT_PORT_BACK}};

	return __sync_val_compare_and_swap(fullnat_word(port), life->word, back.word) == life->word;
}

/* The flow that ended, if there is one, gives up its entry. False: another CPU was faster. */
static __always_inline bool fullnat_leave(const struct fullnat_found *last)
{
	return !last->port || dry_run || fullnat_give_back(last->port, &last->life);
}

/*
 * GO_ON: @ret is the new flow's entry. The one that the client's last connection had, to another
 * backend, is left.
 */
static __always_inline int fullnat_open(const struct shunt_flow_key *key,
					const struct fullnat_found *last, __u32 backend,
					struct shunt_pool_port **ret)
{
	int taken = fullnat_take(SHUNT_RING(key->v6, key->protocol == IPPROTO_UDP));
	__u32 index = taken;
	enum shunt_reason why = SHUNT_REASON_FULLNAT_RACED;
	struct shunt_pool_port *port;
	union fullnat_life life;
	long failed;

	if (taken < 0)
		return drop(SHUNT_REASON_FULLNAT_POOL_FULL);
	port = fullnat_port(index);
	if (!port)
		return drop(SHUNT_REASON_INTERNAL);
	*ret = port;
	if (dry_run) /* it would be this one */
		return GO_ON;
	life = fullnat_fill(port, key, backend);
	if (fullnat_leave(last)) {
		failed = bpf_map_update_elem(&flows, key, &index,
					     last->known ? BPF_ANY : BPF_NOEXIST);
		if (!failed)
			return GO_ON;
		if (failed != -FULLNAT_EEXIST)
			why = SHUNT_REASON_FULLNAT_NO_MEMORY;
	}
	fullnat_give_back(port, &life); /* not needed after all; unless it is taken back already */
	return drop(why);
}

/* Where the flow's packets go now that are for the VIP's @vip_port. A flow that is only explained
 * has not written that into its entry. */
static __always_inline struct fullnat_ends fullnat_to_backend(const struct shunt_pool_port *port,
							      __be16 vip_port,
							      const struct target *to, bool v6)
{
	return (struct fullnat_ends){
		.saddr = addr_read(port->pool.word, v6),
		.daddr = nat_target_addr(to, v6),
		.sport = port->port,
		.dport = to->backend->port ?: vip_port,
	};
}

static __always_inline int fullnat_leaves(struct packet *p, const struct shunt_pool_port *port,
					  const struct target *to)
{
	const struct fullnat_ends ends = fullnat_to_backend(port, p->dport, to, p->v6);
	int verdict;

	fullnat_rewrite(p, &ends);
	verdict = transmit_packet(p, &to->hop);
	if (verdict != XDP_DROP)
		count_forwarded(p, to->index);
	return verdict;
}

/* May another program look the flow up? Not one that is only explained, and would begin. */
static __always_inline bool fullnat_is_there(struct shunt_pool_port *port)
{
	union fullnat_life life;

	if (!dry_run)
		return true;
	life = fullnat_read(port);
	return fullnat_lives(&life);
}

/* @toa: does the service want it? */
static __always_inline int fullnat_send(struct packet *p, bool toa, struct shunt_pool_port *port,
					const struct target *to)
{
	__u8 flags;

	if (unlikely(!forward_fits(p, to)))
		return LATER_FULLNAT_TOO_BIG;
	if (unlikely(nat_ttl_ends(p)))
		return LATER_TTL;
	mss_to_backend(p, to);
	flags = fullnat_touch(p, true, port, fullnat_read(port));
	if (unlikely(toa) && fullnat_is_there(port) && (toa_is_due(p, flags) || toa_may_hide(p)))
		return LATER_FULLNAT_TOA;
	return fullnat_leaves(p, port, to);
}

/* GO_ON: @found is the flow of a packet that another program has found it for, and @target where it
 * goes. @gone: why it is dropped if a CPU has ended it meanwhile. */
static __always_inline int fullnat_again(struct packet *p, enum shunt_reason gone,
					 struct fullnat_found *found, struct target *target)
{
	struct shunt_flow_key key;

	if (p->fragment == PACKET_FIRST)
		p->fault = fragment_parse(p);
	if (p->fault != NO_FAULT)
		return drop(gone);
	key = fullnat_key(packet_saddr(p), p->sport, packet_daddr(p), p->dport, p->protocol, p->v6);
	*found = fullnat_find(&key);
	if (!found->port)
		return drop(gone);
	return select_entry(found->life.is.backend, target);
}

/*
 * Of a flow that is there by now. Where the option has no room, or is no longer needed, the packet
 * goes without; but not with one that the client has made up. A program of its own, since the
 * headers that move need room on the stack.
 */
static __always_inline int fullnat_toa_packet(struct packet *p)
{
	struct fullnat_found found;
	struct target target;

	STEP(fullnat_again(p, SHUNT_REASON_FULLNAT_RACED, &found, &target));
	if (p->protocol != IPPROTO_TCP || !p->check)
		return drop(SHUNT_REASON_INTERNAL);
	if (toa_is_due(p, found.life.is.flags) && toa_fits(p, target.mtu)) {
		if (!toa_insert(p))
			return drop(SHUNT_REASON_NO_HEADROOM);
	} else if (toa_is_forged(p)) {
		return drop(SHUNT_REASON_TOA_FORGED);
	}
	return fullnat_leaves(p, found.port, &target);
}

PROGRAM(fullnat_toa, fullnat_toa_packet)

/* It goes to a backend by another mode, and so do those that follow it. */
static __always_inline int fullnat_elsewhere(const struct packet *p,
					     const struct shunt_flow_key *key,
					     const struct fullnat_found *last)
{
	if (!fullnat_leave(last))
		return drop(SHUNT_REASON_FULLNAT_RACED);
	if (unlikely(last->port) && !dry_run)
		bpf_map_delete_elem(&flows, key);
	return p->fragment ? LATER_FRAGMENT_UNTRACKED : LATER_UNTRACKED;
}

/*
 * A packet of no flow, or one that begins anew where @found has ended. GO_ON: @found's entry is now
 * the one of a flow to @target.
 */
static __always_inline int fullnat_first(struct packet *p, const struct shunt_service *service,
					 const struct shunt_flow_key *key,
					 struct fullnat_found *found, struct target *target)
{
	struct shunt_pool_port *port = NULL;

	STEP(select_backend(p, select_hash(p), service, target));
	if (target->forward != SHUNT_FORWARD_FULLNAT)
		return fullnat_elsewhere(p, key, found);
	if (p->protocol == IPPROTO_TCP && !p->syn)
		return drop(SHUNT_REASON_FULLNAT_UNKNOWN);
	/* before a port is taken */
	if (unlikely(nat_ttl_ends(p)))
		return LATER_TTL;
	if (unlikely(!forward_fits(p, target)))
		return LATER_TOO_BIG;
	if (found->port && found->life.is.backend == target->index)
		return GO_ON;
	STEP(fullnat_open(key, found, target->index, &port));
	found->port = port;
	return GO_ON;
}

/* GO_ON: @ret_port is the entry of the packet's flow, @target where it goes, and @ret_toa whether
 * the service wants that. */
static __always_inline int fullnat_flow(struct packet *p, struct shunt_pool_port **ret_port,
					struct target *target, bool *ret_toa)
{
	struct shunt_service service;
	struct fullnat_found found;
	struct shunt_flow_key key;

	if (p->fault != NO_FAULT || !p->ports ||
	    !service_of(packet_daddr(p), p->v6, p->dport, p->protocol, &service))
		return drop(SHUNT_REASON_INTERNAL);
	key = fullnat_key(packet_saddr(p), p->sport, packet_daddr(p), p->dport, p->protocol, p->v6);
	found = fullnat_find(&key);
	if (unlikely(found.ending))
		return drop(SHUNT_REASON_FULLNAT_RACED);
	if (!found.port || fullnat_is_anew(p, &found.life))
		STEP(fullnat_first(p, &service, &key, &found, target));
	else
		STEP(select_entry(found.life.is.backend, target));
	target->mss = service.mss;
	*ret_toa = service.flags & SHUNT_SERVICE_TOA;
	barrier_var(found.port); /* as in fullnat_find() */
	if (!found.port)
		return drop(SHUNT_REASON_INTERNAL);
	*ret_port = found.port;
	return GO_ON;
}

/* For a service that has a backend by fullnat. */
static __always_inline int fullnat_packet(struct packet *p)
{
	struct shunt_pool_port *port;
	struct target target;
	bool toa;

	STEP(fullnat_flow(p, &port, &target, &toa));
	return fullnat_send(p, toa, port, &target);
}

PROGRAM(fullnat, fullnat_packet)

static __always_inline void fullnat_remember(const struct packet *p,
					     const struct shunt_pool_port *port, __u32 backend)
{
	const struct shunt_fragment_key key = fragment_key(p);
	const struct shunt_fragment what = {
		.saddr = addr_read(port->pool.word, p->v6),
		.backend = backend,
		.forward = SHUNT_FORWARD_FULLNAT,
	};

	fragment_remember(&key, &what);
}

/* The first fragment of a packet to it. */
static __always_inline int fullnat_fragment_packet(struct packet *p)
{
	struct shunt_pool_port *port;
	struct target target;
	bool toa;

	if (p->fault != SHUNT_REASON_FRAGMENT_UNKNOWN || p->fragment != PACKET_FIRST)
		return drop(SHUNT_REASON_INTERNAL);
	p->fault = fragment_parse(p);
	STEP(fullnat_flow(p, &port, &target, &toa));
	fullnat_remember(p, port, target.index);
	return fullnat_send(p, toa, port, &target);
}

PROGRAM(fullnat_fragment, fullnat_fragment_packet)

/* The flow's backend says how much is too much. */
static __always_inline int fullnat_too_big_packet(struct packet *p)
{
	struct fullnat_found found;
	struct target target;

	STEP(fullnat_again(p, SHUNT_REASON_TOO_BIG, &found, &target));
	return error_answer(p, false, target.mtu);
}

PROGRAM(fullnat_too_big, fullnat_too_big_packet)

/* A packet of that service that is no flow's of fullnat's, for a backend by another mode. */
static __always_inline int untracked_packet(struct packet *p)
{
	struct shunt_service service;
	struct target target;
	int verdict;

	if (p->fault != NO_FAULT || !p->ports ||
	    !service_of(packet_daddr(p), p->v6, p->dport, p->protocol, &service))
		return drop(SHUNT_REASON_INTERNAL);
	STEP(select_backend(p, select_hash(p), &service, &target));
	STEP(forward_packet(p, &target));
	verdict = transmit_packet(p, &target.hop);
	if (verdict != XDP_DROP)
		count_forwarded(p, target.index);
	return verdict;
}

PROGRAM(untracked, untracked_packet)

#endif
