// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench.bpf.c - the driver that BPF_PROG_TEST_RUN repeats, and the two programs that the others are
 * measured against.
 *
 * A program that rewrites its packet would meet its own output in the second repeat. So the driver
 * restores the frame and its length, draws the flow, and tail-calls the program under test. It
 * looks at the clock in the first and in the last repeat only; what it costs itself is in every row
 * alike, also in that of the empty program, which is subtracted.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bench.h"

struct bench_run run;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} under_test SEC(".maps");

/* The flow of repeat @n: multiplicative hashing scatters successive numbers evenly (Knuth 6.4). */
static __always_inline __u32 flow_of(__u64 n, __u64 flows)
{
	__u32 scattered = (__u32)n * 2654435761u;

	return (scattered * flows) >> 32;
}

SEC("xdp.frags")
int driver(struct xdp_md *ctx)
{
	const __u64 *from = (const void *)run.frame;
	long grown = (void *)(long)ctx->data_end - (void *)(long)ctx->data - (long)run.length;
	__u64 n = run.done++;
	__be32 *saddr;
	__u64 *to;

	if (grown && bpf_xdp_adjust_head(ctx, grown))
		return XDP_ABORTED;
	to = (void *)(long)ctx->data;
	if ((void *)to + BENCH_FRAME > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	for (int i = 0; i < BENCH_FRAME / 8; i++)
		to[i] = from[i];
	saddr = (void *)to + BENCH_FLOW4;
	if (run.v6)
		saddr = (void *)to + BENCH_FLOW6;
	barrier_var(saddr);
	if (run.flows > 1)
		*saddr = bpf_htonl(bpf_ntohl(*saddr) + flow_of(n, run.flows));
	if (n == 0)
		run.start = bpf_ktime_get_ns();
	if (n == run.repeat - 1)
		run.end = bpf_ktime_get_ns();
	bpf_tail_call(ctx, &under_test, 0);
	return XDP_ABORTED;
}

SEC("xdp.frags")
int empty(struct xdp_md *ctx)
{
	return XDP_TX;
}

/* What every program that sends a packet on must do at least: other MAC addresses. */
SEC("xdp.frags")
int floor_swap(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	__u8 mac[ETH_ALEN];

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	__builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, mac, ETH_ALEN);
	return XDP_TX;
}

char LICENSE[] SEC("license") = "GPL";
