/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * path_mtu.h - a router says that a packet of our tunnels is longer than what it can send on. The
 * quote names no client, only the backend: the daemon is told, and lowers what that backend's entry
 * says there is room for. Clients are told when they next send too much.
 */
#ifndef PATH_MTU_H
#define PATH_MTU_H

#include "gue.h"
#include "quote.h"
#include "request.h"

/* What the error @p says there is room for; 0: it is about something else. */
static __always_inline __u32 path_mtu_told(const struct packet *p)
{
	const struct icmphdr *icmp = p->l4;

	if (p->v6)
		return icmp->type == ICMP6_TOO_BIG ? bpf_ntohl(icmp->rest) : 0;
	return icmp->type == ICMP_DEST_UNREACH && icmp->code == ICMP_FRAG_NEEDED
		       ? (__u16)bpf_ntohl(icmp->rest)
		       : 0;
}

/* Should @p, whose quote is @q as @fault has it, tell of a tunnel's path, the daemon is told. */
static __always_inline void path_mtu_learn(const struct packet *p, const struct quote *q,
					   enum shunt_reason fault)
{
	const bool ipip = fault == SHUNT_REASON_ICMP_PASS &&
			  (q->protocol == IPPROTO_IPIP || q->protocol == IPPROTO_IPV6);
	const bool gue = fault == NO_FAULT && q->protocol == IPPROTO_UDP &&
			 q->ports[1] == bpf_htons(GUE_PORT);
	struct shunt_request request = {.kind = SHUNT_REQUEST_PATH_MTU, .v6 = p->v6};
	struct shunt_meta *m = only_element(&meta);

	if (!m || (!ipip && !gue))
		return;
	request.mtu = path_mtu_told(p);
	request.addr = addr_read(q->daddr, p->v6);
	if (request.mtu)
		request_send(m, &request);
}

#endif
