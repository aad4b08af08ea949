// SPDX-License-Identifier: GPL-2.0-only
/*
 * losses.bpf.c - what becomes of a packet after the program's verdict: the kernel tells of frames
 * that it could not redirect or send through tracepoints, and these count them among the program's
 * own reasons. What counts is what came in by an interface on which our XDP link is.
 *
 * The kernel's structs are named here as far as they are needed; the loader finds the offsets.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "shunt/abi.h"

#define KERNEL_STRUCT struct __attribute__((preserve_access_index))

KERNEL_STRUCT bpf_link
{
	__u32 id;
};
KERNEL_STRUCT bpf_xdp_link
{
	struct bpf_link link;
};
KERNEL_STRUCT bpf_xdp_entity
{
	struct bpf_xdp_link *link;
};
KERNEL_STRUCT net_device
{
	struct bpf_xdp_entity xdp_state[3];
};
struct bpf_prog;

enum { MODE_GENERIC = 0, MODE_NATIVE = 1 }; /* of xdp_state */

/* The program's own; user space puts it here. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SHUNT_REASON_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} reasons SEC(".maps");

/* Numbers of our XDP links. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SHUNT_LINKS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} links SEC(".maps");

static __always_inline bool is_ours(const struct net_device *dev)
{
	struct bpf_xdp_link *link = BPF_CORE_READ(dev, xdp_state[MODE_NATIVE].link);
	__u32 id;

	if (!link)
		link = BPF_CORE_READ(dev, xdp_state[MODE_GENERIC].link);
	if (!link)
		return false;
	id = BPF_CORE_READ(link, link.id);
	return bpf_map_lookup_elem(&links, &id);
}

static __always_inline void count(enum shunt_reason reason, int packets)
{
	__u32 key = reason;
	__u64 *value = bpf_map_lookup_elem(&reasons, &key);

	if (value)
		*value += packets;
}

SEC("tp_btf/xdp_redirect_err")
int BPF_PROG(redirect_err, const struct net_device *dev, const struct bpf_prog *program,
	     const void *target, int err)
{
	if (is_ours(dev))
		count(err == -EMSGSIZE ? SHUNT_REASON_REDIRECT_TOO_BIG
				       : SHUNT_REASON_REDIRECT_FAILED,
		      1);
	return 0;
}

/* Once for up to 16 frames: without a loss it must cost next to nothing. */
SEC("tp_btf/xdp_devmap_xmit")
int BPF_PROG(devmap_xmit, const struct net_device *from, const struct net_device *to, int sent,
	     int lost)
{
	if (lost > 0 && is_ours(from))
		count(SHUNT_REASON_EGRESS_LOST, lost);
	return 0;
}

SEC("tp_btf/xdp_bulk_tx")
int BPF_PROG(bulk_tx, const struct net_device *dev, int sent, int lost)
{
	if (lost > 0 && is_ours(dev))
		count(SHUNT_REASON_TX_LOST, lost);
	return 0;
}

/* Some drivers tell of a failed redirect here as well: it is counted above. */
SEC("tp_btf/xdp_exception")
int BPF_PROG(exception, const struct net_device *dev, const struct bpf_prog *program, __u32 verdict)
{
	if (verdict != XDP_REDIRECT && is_ours(dev))
		count(verdict == XDP_TX ? SHUNT_REASON_TX_LOST : SHUNT_REASON_ABORTED, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
