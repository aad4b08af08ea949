// SPDX-License-Identifier: GPL-2.0-only
/*
 * decap.bpf.c - for backends: takes the tunnel header off what a director has sent by ipip or gue,
 * on one page. The inner packet then goes the kernel's way as if it had come by itself.
 *
 * Two things must be true of a packet: it comes from a named director, and it is for an enabled
 * VIP. What is neither passes untouched and uncounted; what became of the others is counted by its
 * name (shunt/decap.h).
 */
#include "packet.h"
#include "decap_maps.h"
#include "outer.h"
#include "inner.h"
#include "strip.h"

SEC("xdp.frags")
int decap(struct xdp_md *ctx)
{
	struct tunnel tunnel;
	bool director, vip;

	STEP(outer_parse(ctx, &tunnel)); /* what is no tunnel packet passes */
	inner_parse(ctx, &tunnel);
	director = outer_from_director(&tunnel);
	vip = inner_for_vip(&tunnel);
	if (!director)
		return vip ? stranger(&tunnel) : XDP_PASS;
	if (tunnel.fault != NO_DECAP_FAULT)
		return decap_drop(tunnel.fault);
	if (!vip)
		return decap_pass(DECAP_REASON_UNKNOWN_VIP);
	STEP(inner_mark_congestion(ctx, &tunnel));
	STEP(strip_outer(ctx, &tunnel));
	return decap_pass(DECAP_REASON_UNWRAPPED);
}

char LICENSE[] SEC("license") = "GPL";
