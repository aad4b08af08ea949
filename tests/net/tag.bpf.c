// SPDX-License-Identifier: GPL-2.0-or-later
/* tag.bpf.c - on a switch's port: what comes in for a VIP of the lab gets a VLAN tag, or two, as on
 * a trunk. Everything else passes: the director's kernel has no VLAN device. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define VID       77
#define VID_OUTER 1077

struct tag {
	__be16 tci, next;
};

static int is_for_vip(void *data, void *end)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct ipv6hdr *ip6 = data + sizeof(*eth);

	if ((void *)(ip + 1) > end)
		return 0;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return (bpf_ntohl(ip->daddr) & 0xffffff00) == 0xc0000200; /* 192.0.2.0/24 */
	if (eth->h_proto != bpf_htons(ETH_P_IPV6) || (void *)(ip6 + 1) > end)
		return 0;
	return ip6->daddr.s6_addr32[0] == bpf_htonl(0x20010db8) && /* 2001:db8:2::/64 */
	       ip6->daddr.s6_addr32[1] == bpf_htonl(0x00020000);
}

static int push(struct xdp_md *ctx, __u16 tpid, __u16 vid)
{
	struct ethhdr *eth, was;
	struct tag *tag;

	eth = (void *)(long)ctx->data;
	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return -1;
	was = *eth;
	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*tag)))
		return -1;
	eth = (void *)(long)ctx->data;
	tag = (void *)(eth + 1);
	if ((void *)(tag + 1) > (void *)(long)ctx->data_end)
		return -1;
	__builtin_memcpy(eth, &was, 2 * ETH_ALEN);
	eth->h_proto = bpf_htons(tpid);
	tag->tci = bpf_htons(vid);
	tag->next = was.h_proto;
	return 0;
}

SEC("xdp/one")
int one(struct xdp_md *ctx)
{
	if (is_for_vip((void *)(long)ctx->data, (void *)(long)ctx->data_end))
		push(ctx, ETH_P_8021Q, VID);
	return XDP_PASS;
}

SEC("xdp/two")
int two(struct xdp_md *ctx)
{
	if (is_for_vip((void *)(long)ctx->data, (void *)(long)ctx->data_end)) {
		push(ctx, ETH_P_8021Q, VID);
		push(ctx, ETH_P_8021AD, VID_OUTER);
	}
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
