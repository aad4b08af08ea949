/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nat.h - addresses and ports rewritten: the client's packet gets the backend as its destination.
 * nat_reply.h has the way back.
 */
#ifndef NAT_H
#define NAT_H

#include "count.h"
#include "csum.h"
#include "mss.h"
#include "parse.h"
#include "quote.h"
#include "table.h"

/* What the client knows a backend as. */
struct nat_way {
	struct shunt_addr vip;
	__be16 port; /* 0: the port stays */
	__u16 mss;   /* as in struct shunt_service */
	__u32 backend;
};

/* One end of the packet: where its address and port stand. */
struct nat_end {
	__be32 *addr;
	__be16 *port;
};

static __always_inline struct nat_end nat_source(struct packet *p)
{
	return (struct nat_end){.addr = packet_saddr(p), .port = (__be16 *)p->l4};
}

static __always_inline struct nat_end nat_destination(struct packet *p)
{
	return (struct nat_end){.addr = packet_daddr(p), .port = (__be16 *)p->l4 + 1};
}

static __always_inline bool nat_ttl_ends(const struct packet *p)
{
	return p->v6 ? p->ip6->hop_limit <= 1 : p->ip->ttl <= 1;
}

/* The IP header: @at becomes @addr, one is taken from the TTL, IPv4's checksum is mended. */
static __always_inline void nat_rewrite_ip(struct packet *p, __be32 *at,
					   const struct shunt_addr *addr)
{
	__u64 sum;

	if (p->v6) {
		p->ip6->hop_limit--;
	} else {
		sum = csum_diff32(csum_begin(p->ip->check), *at, addr->word[0]);
		p->ip->check = csum_end(csum_ttl_down(sum, p->ip));
	}
	addr_write(at, addr, p->v6);
}

/* Rewrite @end to @addr and @port (0: as it is), take one from the TTL, mend the checksums. */
static __always_inline void nat_rewrite(struct packet *p, struct nat_end end,
					const struct shunt_addr *addr, __be16 port)
{
	__u64 difference = csum_diff_addr(0, end.addr, addr, p->v6); /* in the pseudo-header */

	if (port) {
		difference = csum_diff16(difference, *end.port, port);
		*end.port = port;
	}
	csum_mend_l4(p->check, p->protocol == IPPROTO_UDP, difference);
	nat_rewrite_ip(p, end.addr, addr);
}

/* The backend's address, each word read once. */
static __always_inline struct shunt_addr nat_target_addr(const struct target *to, bool v6)
{
	struct shunt_addr addr = {.word = {to->backend->addr.word[0]}};

	if (v6)
		for (int i = 1; i < 4; i++)
			addr.word[i] = to->backend->addr.word[i];
	return addr;
}

static __always_inline int nat_to_backend(struct packet *p, const struct target *to)
{
	const struct shunt_addr addr = nat_target_addr(to, p->v6);

	if (unlikely(nat_ttl_ends(p)))
		return LATER_TTL;
	mss_to_backend(p, to);
	nat_rewrite(p, nat_destination(p), &addr, to->backend->port);
	return GO_ON;
}

/* An ICMP error: its own address @at becomes @addr. ICMPv6's checksum covers it. */
static __always_inline void nat_rewrite_error(struct packet *p, __be32 *at,
					      const struct shunt_addr *addr)
{
	struct icmphdr *icmp = p->l4;

	if (p->v6)
		icmp->checksum =
			csum_end(csum_diff_addr(csum_begin(icmp->checksum), at, addr, true));
	nat_rewrite_ip(p, at, addr);
}

/* An ICMP error about a packet that the client got as from the VIP, and the backend sent. */
static __always_inline int nat_error_to_backend(struct packet *p, const struct quote *q,
						const struct target *to)
{
	const struct shunt_addr addr = nat_target_addr(to, p->v6);
	__be16 port = to->backend->port;

	if (nat_ttl_ends(p)) /* no error is answered by another */
		return drop(SHUNT_REASON_TTL_EXPIRED);
	quote_rewrite(p, q, q->saddr, &q->ports[0], &addr, port ?: q->ports[0]);
	nat_rewrite_error(p, packet_daddr(p), &addr);
	return GO_ON;
}

/* Words as struct shunt_nat4 and struct shunt_nat6 have them behind their keys. */
static __always_inline bool nat_read(const __be32 *addr, bool v6, __be16 port, __u8 protocol,
				     struct nat_way *ret)
{
	const volatile __u64 *found =
		table_find_tuple(v6 ? TABLE_NAT6 : TABLE_NAT4, addr, port, protocol);
	__u64 vip, rest = 0;

	if (!found)
		return false;
	vip = found[0];
	ret->vip.word[0] = (__u32)vip;
	if (v6) {
		ret->vip.word[1] = vip >> 32;
		rest = found[1];
		ret->vip.word[2] = (__u32)rest;
		ret->vip.word[3] = rest >> 32;
		rest = found[2];
		ret->port = (__u16)rest;
		ret->mss = (__u16)(rest >> 16);
		ret->backend = rest >> 32;
	} else {
		ret->port = (__u16)(vip >> 32);
		ret->mss = vip >> 48;
		ret->backend = (__u32)found[1];
	}
	return vip || rest;
}

/* Is that a nat backend's? By its port, or because all its ports are. */
static __always_inline bool nat_find(const struct shunt_meta *m, const __be32 *addr, bool v6,
				     __be16 port, __u8 protocol, struct nat_way *ret)
{
	return nat_read(addr, v6, port, protocol, ret) ||
	       (unlikely(m->nat_every_port) && nat_read(addr, v6, 0, protocol, ret));
}

#endif
