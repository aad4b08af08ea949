/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fullnat.h - a flow's entry (shunt/fullnat.h): found, brought up to date, and both ends of a
 * packet rewritten by it.
 */
#ifndef FULLNAT_H
#define FULLNAT_H

#include "nat.h"
#include "shunt/fullnat.h"

const volatile __u32 ring_bits = 0; /* 1 << ring_bits places for each ring in free_ports */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* user space: ports_max */
	__type(key, __u32);
	__type(value, struct shunt_pool_port);
} pool_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC); /* who has no pool pays for no flows */
	__uint(max_entries, 1);               /* user space: ports_max */
	__type(key, struct shunt_flow_key);
	__type(value, __u32);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SHUNT_RINGS);
	__type(key, __u32);
	__type(value, struct shunt_ring);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, SHUNT_RINGS * sizeof(__u32)); /* user space: << ring_bits */
} free_ports SEC(".maps");

/* A life as the word that it is. */
union fullnat_life {
	__u64 word;
	struct shunt_port_life is;
};

/* --- finding --- */

static __always_inline struct shunt_pool_port *fullnat_port(__u32 index)
{
	return bpf_map_lookup_elem(&pool_ports, &index);
}

static __always_inline __u64 *fullnat_word(struct shunt_pool_port *port)
{
	return (__u64 *)&port->life;
}

static __always_inline union fullnat_life fullnat_read(struct shunt_pool_port *port)
{
	return (union fullnat_life){.word = *(volatile __u64 *)fullnat_word(port)};
}

/* Has it a flow that packets may use? */
static __always_inline bool fullnat_lives(const union fullnat_life *life)
{
	return life->is.state != SHUNT_PORT_FREE && life->is.state < SHUNT_PORT_BACK;
}

static __always_inline struct shunt_flow_key fullnat_key(const __be32 *client, __be16 client_port,
							 const __be32 *vip, __be16 vip_port,
							 __u8 protocol, bool v6)
{
	return (struct shunt_flow_key){
		.client = addr_read(client, v6),
		.vip = addr_read(vip, v6),
		.client_port = client_port,
		.vip_port = vip_port,
		.protocol = protocol,
		.v6 = v6,
	};
}

/* Is it this flow's? `flows` says so; but no packet goes astray should it be wrong. */
static __always_inline bool fullnat_is(const struct shunt_pool_port *port,
				       const struct shunt_flow_key *key)
{
	return addr_equal(port->client.word, key->client.word, true) &&
	       addr_equal(port->vip.word, key->vip.word, true) &&
	       port->client_port == key->client_port && port->vip_port == key->vip_port;
}

/* What `flows` has for a tuple. */
struct fullnat_found {
	struct shunt_pool_port
		*port;           /* the flow's entry; NULL = it has none that packets may use */
	union fullnat_life life; /* of that */
	bool known;              /* `flows` has the tuple, be it of a flow that ended */
	bool ending;             /* and user space is about to take it away */
};

static __always_inline struct fullnat_found fullnat_find(const struct shunt_flow_key *key)
{
	const __u32 *index = bpf_map_lookup_elem(&flows, key);
	struct shunt_pool_port *port = index ? fullnat_port(*index) : NULL;
	struct fullnat_found found = {.known = index};

	if (!port || !fullnat_is(port, key))
		return found;
	found.life = fullnat_read(port);
	found.ending = found.life.is.state == SHUNT_PORT_EXPIRED;
	if (fullnat_lives(&found.life))
		found.port = port;
	/* asked for itself: the verifier does not follow what it follows from */
	barrier_var(found.port);
	return found;
}

/* --- the flow's life --- */

static __always_inline __u16 fullnat_now(void)
{
	const struct shunt_meta *m = only_element(&meta);

	return m ? *(const volatile __u32 *)&m->clock_s : 0;
}

static __always_inline __u8 fullnat_state(__u8 flags, bool reset)
{
	__u8 fins = flags & (SHUNT_PORT_FIN_CLIENT | SHUNT_PORT_FIN_BACKEND);

	if (fins == (SHUNT_PORT_FIN_CLIENT | SHUNT_PORT_FIN_BACKEND))
		return SHUNT_PORT_CLOSED;
	if (reset)
		return flags & SHUNT_PORT_OPENED ? SHUNT_PORT_CLOSING : SHUNT_PORT_CLOSED;
	if (fins)
		return SHUNT_PORT_CLOSING;
	return flags & SHUNT_PORT_OPENED ? SHUNT_PORT_ESTABLISHED : SHUNT_PORT_HALF_OPEN;
}

/* Does the client begin a new connection where the last is over? */
static __always_inline bool fullnat_is_anew(const struct packet *p, const union fullnat_life *life)
{
	return p->syn &&
	       (life->is.state == SHUNT_PORT_CLOSING || life->is.state == SHUNT_PORT_CLOSED);
}

static __always_inline __u8 fullnat_flags_of_client(__u8 flags, const struct tcphdr *tcp)
{
	if (tcp->syn)
		return flags;
	if (tcp->fin)
		flags |= SHUNT_PORT_FIN_CLIENT;
	return flags & SHUNT_PORT_ANSWERED ? flags | SHUNT_PORT_OPENED : flags;
}

/* That it has the client it shows by data alone: a bare ACK may be its answer to what is out of
 * its window, while it still waits for the ACK that makes the connection. */
static __always_inline __u8 fullnat_flags_of_backend(const struct packet *p, __u8 flags,
						     const struct tcphdr *tcp)
{
	if (tcp->fin)
		flags |= SHUNT_PORT_FIN_BACKEND;
	if (tcp->rst)
		return flags;
	if (tcp->syn)
		return flags | SHUNT_PORT_ANSWERED;
	return tcp->fin || p->length > p->header + tcp->doff * 4 ? flags | SHUNT_PORT_SETTLED
								 : flags;
}

/* The life after @p; @now: the age it has then. */
static __always_inline union fullnat_life fullnat_step(const struct packet *p, bool client,
						       union fullnat_life life, __u16 now)
{
	const struct tcphdr *tcp = p->l4;
	__u8 flags;

	life.is.age = now;
	/* its header is in bounds, but the verifier has forgotten */
	if (p->protocol != IPPROTO_TCP || (void *)(tcp + 1) > (void *)(long)p->ctx->data_end)
		return life;
	flags = client && fullnat_is_anew(p, &life) ? 0 : life.is.flags;
	flags = client ? fullnat_flags_of_client(flags, tcp)
		       : fullnat_flags_of_backend(p, flags, tcp);
	life.is.flags = flags;
	life.is.state = fullnat_state(flags, tcp->rst);
	return life;
}

/* Written only when something changes, once a second or less for most. What another CPU or user
 * space writes meanwhile is not overwritten, and what has ended stays so. Returns the flow's flags.
 */
static __always_inline __u8 fullnat_touch(const struct packet *p, bool client,
					  struct shunt_pool_port *port, union fullnat_life life)
{
	const __u16 now = fullnat_now();

	if (dry_run)
		return fullnat_step(p, client, life, now).is.flags;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 4 && fullnat_lives(&life); i++) {
		union fullnat_life next = fullnat_step(p, client, life, now), seen;

		if (likely(next.word == life.word))
			break;
		seen.word = __sync_val_compare_and_swap(fullnat_word(port), life.word, next.word);
		if (seen.word == life.word)
			return next.is.flags;
		life = seen;
	}
	return life.is.flags;
}

/* On the way is no room for the option that tells the backend its client (toa.h): what was told
 * must do, and it was once the client has sent its ACK. Should another CPU be faster, the next
 * error says it again. */
static __always_inline void fullnat_settle(struct shunt_pool_port *port, union fullnat_life life)
{
	union fullnat_life next = life;

	if (life.is.flags & SHUNT_PORT_OPENED)
		next.is.flags |= SHUNT_PORT_SETTLED;
	if (!dry_run && next.word != life.word)
		__sync_val_compare_and_swap(fullnat_word(port), life.word, next.word);
}

/* --- rewriting --- */

/* Both ends of a packet as it leaves. */
struct fullnat_ends {
	struct shunt_addr saddr, daddr;
	__be16 sport, dport;
};

static __always_inline void fullnat_rewrite_ip(struct packet *p, const struct fullnat_ends *to)
{
	if (p->v6) {
		p->ip6->hop_limit--;
	} else {
		__u64 sum = csum_diff32(csum_begin(p->ip->check), p->ip->saddr, to->saddr.word[0]);

		sum = csum_diff32(sum, p->ip->daddr, to->daddr.word[0]);
		p->ip->check = csum_end(csum_ttl_down(sum, p->ip));
	}
	addr_write(packet_saddr(p), &to->saddr, p->v6);
	addr_write(packet_daddr(p), &to->daddr, p->v6);
}

static __always_inline void fullnat_rewrite(struct packet *p, const struct fullnat_ends *to)
{
	__be16 *at = p->l4;
	__u64 difference = csum_diff_addr(0, packet_saddr(p), &to->saddr, p->v6);

	difference = csum_diff_addr(difference, packet_daddr(p), &to->daddr, p->v6);
	difference = csum_diff16(difference, at[0], to->sport);
	difference = csum_diff16(difference, at[1], to->dport);
	at[0] = to->sport;
	at[1] = to->dport;
	csum_mend_l4(p->check, p->protocol == IPPROTO_UDP, difference);
	fullnat_rewrite_ip(p, to);
}

/* An ICMP error, from @saddr to @daddr now: ICMPv6's checksum covers them. */
static __always_inline void fullnat_rewrite_error(struct packet *p, const struct shunt_addr *saddr,
						  const struct shunt_addr *daddr)
{
	const struct fullnat_ends to = {.saddr = *saddr, .daddr = *daddr};
	struct icmphdr *icmp = p->l4;

	if (p->v6) {
		__u64 sum = csum_begin(icmp->checksum);

		sum = csum_diff_addr(sum, packet_saddr(p), saddr, true);
		icmp->checksum = csum_end(csum_diff_addr(sum, packet_daddr(p), daddr, true));
	}
	fullnat_rewrite_ip(p, &to);
}

/* The packet that it quotes: from @to's source to its destination. */
static __always_inline void fullnat_rewrite_quote(struct packet *p, const struct quote *q,
						  const struct fullnat_ends *to)
{
	quote_rewrite(p, q, q->saddr, &q->ports[0], &to->saddr, to->sport);
	quote_rewrite(p, q, q->daddr, &q->ports[1], &to->daddr, to->dport);
}

#endif
