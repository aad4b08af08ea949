/* SPDX-License-Identifier: GPL-2.0-only */
/* transmit.h - new MAC addresses and VLAN tags, and out: by the interface it came from, or another.
 */
#ifndef TRANSMIT_H
#define TRANSMIT_H

#include "count.h"
#include "vlan.h"

static __always_inline int transmit_packet(struct packet *p, const struct hop *hop)
{
	trace_hop(hop);
	if (unlikely(hop_vlan(hop) != p->vlan) && !vlan_change(p, hop_vlan(hop)))
		return drop(SHUNT_REASON_INTERNAL);
	__builtin_memcpy(p->eth->h_dest, &hop->dmac, ETH_ALEN);
	__builtin_memcpy(p->eth->h_source, &hop->smac, ETH_ALEN);
	if (likely(hop->ifindex == p->ctx->ingress_ifindex))
		return XDP_TX;
	if (bpf_redirect_map(&egress, hop->ifindex, XDP_DROP) != XDP_REDIRECT)
		return drop(SHUNT_REASON_TRANSMIT);
	return XDP_REDIRECT;
}

#endif
