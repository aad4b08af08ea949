/* SPDX-License-Identifier: GPL-2.0-only */
/* later.h - to the program that a step has asked for in place of a verdict, see enum later. */
#ifndef LATER_H
#define LATER_H

#include "count.h"
#include "trace.h"

int vip_other(struct xdp_md *ctx);
int nat_reply(struct xdp_md *ctx);
int icmp_error(struct xdp_md *ctx);
int nat_error(struct xdp_md *ctx);
int fragment(struct xdp_md *ctx);
int nat_fragment(struct xdp_md *ctx);
int tell_ttl(struct xdp_md *ctx);
int tell_too_big(struct xdp_md *ctx);
int fullnat(struct xdp_md *ctx);
int untracked(struct xdp_md *ctx);
int fullnat_toa(struct xdp_md *ctx);
int fullnat_reply(struct xdp_md *ctx);
int fullnat_icmp(struct xdp_md *ctx);
int fullnat_error(struct xdp_md *ctx);
int fullnat_too_big(struct xdp_md *ctx);
int fullnat_fragment(struct xdp_md *ctx);
int fragment_untracked(struct xdp_md *ctx);
int fullnat_reply_fragment(struct xdp_md *ctx);
int fullnat_reply_too_big(struct xdp_md *ctx);

/* The kernel empties it when no process and no pin holds it: user space pins it, one for each
 * generation of the programs. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, LATER_END);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} later SEC(".maps") = {
	.values =
		{
			[LATER_VIP] = (void *)&vip_other,
			[LATER_REPLY] = (void *)&nat_reply,
			[LATER_ICMP_ERROR] = (void *)&icmp_error,
			[LATER_NAT_ERROR] = (void *)&nat_error,
			[LATER_FRAGMENT] = (void *)&fragment,
			[LATER_NAT_FRAGMENT] = (void *)&nat_fragment,
			[LATER_TTL] = (void *)&tell_ttl,
			[LATER_TOO_BIG] = (void *)&tell_too_big,
			[LATER_FULLNAT] = (void *)&fullnat,
			[LATER_UNTRACKED] = (void *)&untracked,
			[LATER_FULLNAT_TOA] = (void *)&fullnat_toa,
			[LATER_FULLNAT_REPLY] = (void *)&fullnat_reply,
			[LATER_FULLNAT_ICMP] = (void *)&fullnat_icmp,
			[LATER_FULLNAT_ERROR] = (void *)&fullnat_error,
			[LATER_FULLNAT_TOO_BIG] = (void *)&fullnat_too_big,
			[LATER_FULLNAT_FRAGMENT] = (void *)&fullnat_fragment,
			[LATER_FRAGMENT_UNTRACKED] = (void *)&fragment_untracked,
			[LATER_FULLNAT_REPLY_FRAGMENT] = (void *)&fullnat_reply_fragment,
			[LATER_FULLNAT_REPLY_TOO_BIG] = (void *)&fullnat_reply_too_big,
		},
};

/* The last word of each program. */
static __always_inline int later_or(struct xdp_md *ctx, int verdict)
{
	if (likely(verdict < LATER_VIP))
		return trace_end(ctx, verdict);
	trace_goes_on();
	/* what many packets need: named by a constant, it is a jump for the kernel and no look-up
	 */
	if (verdict == LATER_REPLY)
		bpf_tail_call_static(ctx, &later, LATER_REPLY);
	else if (verdict == LATER_FULLNAT)
		bpf_tail_call_static(ctx, &later, LATER_FULLNAT);
	else if (verdict == LATER_FULLNAT_REPLY)
		bpf_tail_call_static(ctx, &later, LATER_FULLNAT_REPLY);
	else
		bpf_tail_call(ctx, &later, verdict);
	return trace_end(ctx, drop(SHUNT_REASON_TAIL_CALL));
}

/*
 * A program: parse the packet and do step(p), which is compiled twice, once for each family. So a
 * packet is asked once which it has, and the verifier never meets a mixture. What is neither IPv4
 * nor IPv6 passes.
 */
#define PROGRAM(name, step)                                                                        \
	static __always_inline int name##_parsed(struct xdp_md *ctx)                               \
	{                                                                                          \
		struct packet packet, *p = &packet;                                                \
                                                                                                   \
		trace_begin(ctx);                                                                  \
		switch (parse_link(ctx, p)) {                                                      \
		case bpf_htons(ETH_P_IP):                                                          \
			p->v6 = false;                                                             \
			p->fault = parse_ip4(p, (void *)(long)ctx->data_end);                      \
			return step(p);                                                            \
		case bpf_htons(ETH_P_IPV6):                                                        \
			p->v6 = true;                                                              \
			p->fault = parse_ip6(p, (void *)(long)ctx->data_end);                      \
			return step(p);                                                            \
		}                                                                                  \
		return XDP_PASS;                                                                   \
	}                                                                                          \
                                                                                                   \
	SEC("xdp.frags")                                                                           \
	int name(struct xdp_md *ctx)                                                               \
	{                                                                                          \
		return later_or(ctx, name##_parsed(ctx));                                          \
	}

#endif
