/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * route.h - the kernel's routing for an answer to a client: does it leave the director, and by
 * which way. A neighbour that is missing is asked for.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include "count.h"
#include "packet.h"
#include "request.h"

/* The packet as it leaves, and the answer. */
struct route {
	struct shunt_addr saddr, daddr;
	__be16 sport, dport;
	__u32 length;
	__be32 traffic; /* IPv4: type of service; IPv6: traffic class and flow label as in the
			   header */
	__u8 protocol;
	bool v6;
	bool keep_whole; /* must nobody on the way cut it in pieces? IPv6 never may */
	bool ours;       /* it came to an address of the director's own, who must not see it: the
			    stack would reset a connection that it does not know */
	struct hop hop;  /* filled when the answer is GO_ON */
};

/* Ask the daemon to resolve the neighbour that @fib names. */
static __always_inline void route_ask_neighbour(struct shunt_meta *m,
						const struct bpf_fib_lookup *fib)
{
	struct shunt_request request = {
		.kind = SHUNT_REQUEST_RESOLVE,
		.ifindex = fib->ifindex,
		.v6 = fib->family == BPF_AF_INET6,
	};

	/* the gateway, if there is one */
	request.addr = addr_read(request.v6 ? fib->ipv6_dst : &fib->ipv4_dst, request.v6);
	request_send(m, &request);
}

/* @length 0: whatever its length. */
static __always_inline long route_ask(struct xdp_md *ctx, const struct route *r, __u16 length,
				      struct bpf_fib_lookup *ret)
{
	*ret = (struct bpf_fib_lookup){
		.family = r->v6 ? BPF_AF_INET6 : BPF_AF_INET,
		.l4_protocol = r->protocol,
		.sport = r->sport,
		.dport = r->dport,
		.tot_len = length,
		.ifindex = ctx->ingress_ifindex,
	};
	addr_write(r->v6 ? ret->ipv6_src : &ret->ipv4_src, &r->saddr, r->v6);
	addr_write(r->v6 ? ret->ipv6_dst : &ret->ipv4_dst, &r->daddr, r->v6);
	if (r->v6)
		ret->flowinfo = r->traffic;
	else
		ret->tos = r->traffic;
	return bpf_fib_lookup(ctx, ret, sizeof(*ret), 0);
}

/*
 * Longer than the MTU on its way. By the interface it came from it may leave as it came: generic
 * mode shows packets that the stack has joined and will cut again. By another it cannot.
 */
static __always_inline int route_oversized(struct xdp_md *ctx, const struct route *r, __u32 ifindex)
{
	if (ifindex == ctx->ingress_ifindex)
		return GO_ON;
	if (r->ours)
		return LATER_FULLNAT_REPLY_TOO_BIG;
	if (r->keep_whole) /* the stack tells the backend */
		return pass(SHUNT_REASON_NAT_TOO_BIG);
	return drop(SHUNT_REASON_NAT_WOULD_FRAGMENT);
}

/* What the way has room for, when that is less than @r's length; else 0. */
APART int route_mtu(struct xdp_md *ctx, const struct route *r)
{
	struct bpf_fib_lookup fib;

	if (!r || route_ask(ctx, r, r->length, &fib) != BPF_FIB_LKUP_RET_FRAG_NEEDED)
		return 0;
	return fib.mtu_result;
}

/* The route may name a VLAN device or a bond: down to its port. */
static __always_inline void route_leave(const struct shunt_meta *m,
					const struct bpf_fib_lookup *fib, struct hop *ret)
{
	const struct shunt_port *port = NULL;

	*ret = (struct hop){.ifindex = fib->ifindex};
	__builtin_memcpy(&ret->dmac, fib->dmac, ETH_ALEN);
	__builtin_memcpy(&ret->smac, fib->smac, ETH_ALEN);
	if (unlikely(m->ports))
		port = bpf_map_lookup_elem(&ports, &fib->ifindex);
	if (!port)
		return;
	ret->ifindex = port->ifindex;
	ret->dmac |= (__u64)port->vlan << 48;
	ret->smac |= (__u64)port->vlan_inner << 48;
}

/* GO_ON: @r->hop is filled. A function of its own: what the kernel wants and tells takes room on
 * the stack. */
APART int route_find(struct xdp_md *ctx, struct route *r)
{
	struct shunt_meta *m = only_element(&meta);
	struct bpf_fib_lookup fib;
	bool oversized;
	long result;

	if (!m || !r)
		return drop(SHUNT_REASON_INTERNAL);
	result = route_ask(ctx, r, r->length, &fib);
	oversized = result == BPF_FIB_LKUP_RET_FRAG_NEEDED;
	if (unlikely(oversized))
		result = route_ask(ctx, r, 0, &fib);
	switch (result) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		break;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		route_ask_neighbour(m, &fib);
		return drop(SHUNT_REASON_NAT_NO_NEIGHBOUR);
	case BPF_FIB_LKUP_RET_BLACKHOLE:
	case BPF_FIB_LKUP_RET_UNREACHABLE:
	case BPF_FIB_LKUP_RET_PROHIBIT:
	case BPF_FIB_LKUP_RET_UNSUPP_LWT: /* into a tunnel of the kernel's */
		return drop(SHUNT_REASON_NAT_NO_ROUTE);
	case BPF_FIB_LKUP_RET_FWD_DISABLED: /* told before the kernel looks whether it stays */
		return r->ours ? drop(SHUNT_REASON_FULLNAT_FORWARDING_OFF)
			       : pass(SHUNT_REASON_NAT_FORWARDING_OFF);
	default: /* it stays */
		return r->ours ? drop(SHUNT_REASON_NAT_NO_ROUTE) : XDP_PASS;
	}
	route_leave(m, &fib, &r->hop);
	if (unlikely(oversized))
		STEP(route_oversized(ctx, r, r->hop.ifindex));
	return GO_ON;
}

#endif
