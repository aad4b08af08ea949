/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vip.h - packets that no service takes by their port: for a VIP those of a service for every port,
 * broken ones, ICMP, and what nobody asked for; others may be replies of nat and fullnat backends,
 * tell of the path of a tunnel, or are not ours.
 */
#ifndef VIP_H
#define VIP_H

#include "count.h"
#include "icmp.h"
#include "later.h"
#include "nat.h"
#include "service.h"

static __always_inline bool vip_is_icmp(const struct packet *p)
{
	return p->protocol == (p->v6 ? IPPROTO_ICMP6 : IPPROTO_ICMP);
}

/* For a VIP, and for none of its services. */
static __always_inline int vip_other_packet(struct packet *p)
{
	struct shunt_service vip;

	if (p->fault != NO_FAULT)
		return drop(p->fault);
	if (vip_is_icmp(p))
		return icmp_packet(p);
	if (service_read(packet_daddr(p), p->v6, 0, 0, &vip) &&
	    vip.flags & SHUNT_VIP_DROP_UNMATCHED)
		return drop(SHUNT_REASON_UNMATCHED_DROP);
	return pass(SHUNT_REASON_UNMATCHED_PASS);
}

PROGRAM(vip_other, vip_other_packet)

/*
 * Not for a VIP: may it be a reply all the same, or tell of one? What is not ours shall cost as
 * little as can be, so it is asked here and not by the program that would have to parse anew.
 */
static __always_inline bool vip_may_reply(const struct packet *p)
{
	const struct shunt_meta *m = only_element(&meta);
	struct nat_way way;

	if (vip_is_icmp(p))
		return true;
	if (likely(!m || !m->nat_entries))
		return false;
	if (p->fragment)
		return true;
	return p->fault == NO_FAULT && p->ports &&
	       nat_find(m, packet_saddr(p), p->v6, p->sport, p->protocol, &way);
}

/* GO_ON: @ret is the service for every port of the packet's VIP. */
static __always_inline int vip_packet(struct packet *p, struct shunt_service *ret)
{
	struct shunt_service vip;

	if (likely(!service_read(packet_daddr(p), p->v6, 0, 0, &vip)))
		return vip_may_reply(p) ? LATER_REPLY : XDP_PASS;
	if (vip.flags & SHUNT_POOL)
		return LATER_FULLNAT_REPLY;
	if (p->fault == NO_FAULT && p->ports &&
	    service_every_port(packet_daddr(p), p->v6, p->protocol, &vip, ret))
		return GO_ON;
	return p->fragment ? LATER_FRAGMENT : LATER_VIP;
}

#endif
