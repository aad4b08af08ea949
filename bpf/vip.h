/* SPDX-License-Identifier: GPL-2.0-only */
/* vip.h - packets for a VIP that no service takes: broken ones, ICMP, and what nobody asked for. */
#ifndef VIP_H
#define VIP_H

#include "count.h"
#include "icmp.h"
#include "service.h"

/* GO_ON: not for a VIP. */
static __always_inline int vip_packet(struct packet *p)
{
	struct shunt_service vip;

	if (likely(!service_read(p->ip->daddr, 0, 0, &vip)))
		return GO_ON;
	if (p->fault != NO_FAULT)
		return drop(p->fault);
	if (p->protocol == IPPROTO_ICMP)
		return icmp_packet(p);
	if (vip.flags & SHUNT_VIP_DROP_UNMATCHED)
		return drop(SHUNT_REASON_UNMATCHED_DROP);
	return pass(SHUNT_REASON_UNMATCHED_PASS);
}

#endif
