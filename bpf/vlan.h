/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vlan.h - the tags of a frame, at most two: read from it, and written to it where it leaves with
 * others than it came with. Priorities stay with tags that stay; new tags have priority 0.
 */
#ifndef VLAN_H
#define VLAN_H

#include "packet.h"

struct vlan_tag {
	__be16 tci;
	__be16 next; /* EtherType of what follows */
};

static __always_inline bool vlan_is_tag(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

/* One tag as SHUNT_VLAN_* has it. */
static __always_inline __u32 vlan_read(__be16 ethertype, __be16 tci)
{
	return (bpf_ntohs(tci) & SHUNT_VLAN_VID) | SHUNT_VLAN_PRESENT |
	       (ethertype == bpf_htons(ETH_P_8021AD) ? SHUNT_VLAN_AD : 0);
}

/* How many bytes the tags in @vlan (struct packet) take. */
static __always_inline int vlan_bytes(__u32 vlan)
{
	return (vlan & SHUNT_VLAN_PRESENT ? sizeof(struct vlan_tag) : 0) +
	       (vlan >> 16 & SHUNT_VLAN_PRESENT ? sizeof(struct vlan_tag) : 0);
}

/* Beside the two tags: what follows them. */
#define VLAN_THEN_IP  0x4000u
#define VLAN_THEN_IP6 0x8000u
#define VLAN_TAGS     0x3fff3fffu

static __always_inline __u32 vlan_then(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_IP)     ? VLAN_THEN_IP
	       : ethertype == bpf_htons(ETH_P_IPV6) ? VLAN_THEN_IP6
						    : 0;
}

/*
 * The tags of a frame, as in struct packet, and what follows. A function of its own, so that the
 * verifier follows what comes behind once and not once for each number of tags.
 */
APART int vlan_parse(struct xdp_md *ctx)
{
	const void *end = (void *)(long)ctx->data_end;
	const struct ethhdr *eth = (void *)(long)ctx->data;
	const struct vlan_tag *tag = (const void *)(eth + 1);
	__u32 vlan;

	if ((void *)(tag + 1) > end || !vlan_is_tag(eth->h_proto))
		return 0;
	vlan = vlan_read(eth->h_proto, tag->tci);
	if (!vlan_is_tag(tag->next))
		return vlan | vlan_then(tag->next);
	if ((void *)(tag + 2) > end)
		return 0;
	return vlan | vlan_read(tag->next, tag[1].tci) << 16 | vlan_then(tag[1].next);
}

static __always_inline __be16 vlan_ethertype(__u32 half)
{
	return half & SHUNT_VLAN_AD ? bpf_htons(ETH_P_8021AD) : bpf_htons(ETH_P_8021Q);
}

/* Write @vlan's tags and then @ethertype from @at on, which is the header's own EtherType. */
static __always_inline bool vlan_write(struct ethhdr *eth, __u32 vlan, __be16 ethertype,
				       const void *end)
{
	__u32 inner = vlan >> 16;
	struct vlan_tag *tag = (void *)(eth + 1);

	if ((void *)(eth + 1) > end)
		return false;
	if (!(vlan & SHUNT_VLAN_PRESENT)) {
		eth->h_proto = ethertype;
		return true;
	}
	if ((void *)(tag + 1) > end)
		return false;
	eth->h_proto = vlan_ethertype(vlan);
	tag->tci = bpf_htons(vlan & SHUNT_VLAN_VID);
	if (!(inner & SHUNT_VLAN_PRESENT)) {
		tag->next = ethertype;
		return true;
	}
	if ((void *)(tag + 2) > end)
		return false;
	tag->next = vlan_ethertype(inner);
	tag[1].tci = bpf_htons(inner & SHUNT_VLAN_VID);
	tag[1].next = ethertype;
	return true;
}

/*
 * Give the frame the tags @to in place of those it has; its addresses are still to be written. It
 * may move: p->eth is its beginning then, and other pointers into it mean nothing.
 */
static __always_inline bool vlan_change(struct packet *p, __u32 to)
{
	__be16 ethertype = p->v6 ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP);
	int shrink = vlan_bytes(p->vlan) - vlan_bytes(to);

	if (shrink && bpf_xdp_adjust_head(p->ctx, shrink))
		return false;
	p->eth = (void *)(long)p->ctx->data;
	p->vlan = to;
	return vlan_write(p->eth, to, ethertype, (void *)(long)p->ctx->data_end);
}

#endif
