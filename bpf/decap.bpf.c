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
	struct wrapped wrapped;
	bool director, vip;

	STEP(outer_parse(ctx, &wrapped)); /* what is no tunnel packet passes */
	inner_parse(ctx, &wrapped);
	director = outer_from_director(&wrapped);
	vip = inner_for_vip(&wrapped);
	if (!director)
		return vip ? stranger(&wrapped) : XDP_PASS;
	if (wrapped.fault != NO_DECAP_FAULT)
		return decap_drop(wrapped.fault);
	if (!vip)
		return decap_pass(DECAP_REASON_UNKNOWN_VIP);
	STEP(inner_mark_congestion(ctx, &wrapped));
	STEP(strip_outer(ctx, &wrapped));
	return decap_pass(DECAP_REASON_UNWRAPPED);
}

char LICENSE[] SEC("license") = "GPL";
