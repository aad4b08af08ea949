/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * capture.h - a packet as it came in and as it went out, with what was noted about it, into a ring
 * buffer. Only packets that are ours: for a VIP, or from a nat backend to a client.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "maps.h"
#include "shunt/trace.h"

const volatile bool capture_on SEC(".rodata.trace") = false;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct shunt_capture_wish);
} capture_wish SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* user space: one for each CPU */
	__type(key, __u32);
	__type(value, struct shunt_capture_scratch);
} captures SEC(".maps");

/* Records that found no room in the ring buffer. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} capture_lost SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SHUNT_CAPTURE_BYTES);
} captured SEC(".maps");

/* The program is not interrupted by itself on a CPU. */
static __always_inline struct shunt_capture_scratch *capture_scratch(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&captures, &cpu);
}

/*
 * The first bytes of the frame, as many as are wanted, to @at in the scratch (its first half).
 * Returns how many. Masks and not comparisons: two of these clang makes one, which the verifier
 * does not understand.
 */
static __always_inline __u32 capture_copy(struct xdp_md *ctx, struct shunt_capture_scratch *s,
					  __u32 at, __u32 length)
{
	const struct shunt_capture_wish *wish = only_element(&capture_wish);
	__u32 wanted = wish ? *(const volatile __u32 *)&wish->snaplen : 0;

	if (wanted > length)
		wanted = length;
	wanted &= SHUNT_CAPTURE_SNAPLEN_MAX;
	if (wanted < sizeof(struct ethhdr)) /* every frame has that */
		return 0;
	at &= SHUNT_CAPTURE_SNAPLEN_MAX;
	return bpf_xdp_load_bytes(ctx, 0, s->bytes + at, wanted) ? 0 : wanted;
}

static __always_inline void capture_in(struct xdp_md *ctx)
{
	struct shunt_capture_scratch *s = capture_scratch();

	if (!s)
		return;
	s->record.in_ns = bpf_ktime_get_ns();
	s->record.ifindex = ctx->ingress_ifindex;
	s->record.in_length = bpf_xdp_get_buff_len(ctx);
	s->record.in_captured = capture_copy(ctx, s, 0, s->record.in_length);
}

static __always_inline bool capture_is_wanted(const struct shunt_trace *t)
{
	const struct shunt_capture_wish *wish = only_element(&capture_wish);

	if (wish && *(const volatile __u32 *)&wish->drops_only && t->verdict != XDP_DROP &&
	    t->verdict != XDP_ABORTED)
		return false;
	/* sent, counted, or of a service; not a backend's answer to the director itself */
	return t->flags & (SHUNT_TRACE_HOP | SHUNT_TRACE_REASON | SHUNT_TRACE_SLOT);
}

static __always_inline void capture_out(struct xdp_md *ctx, const struct shunt_trace *t)
{
	struct shunt_capture_scratch *s = capture_scratch();
	__u64 *lost = only_element(&capture_lost);
	__u32 size;

	if (!s || !lost || !capture_is_wanted(t))
		return;
	s->record.trace = *t;
	s->record.out_ns = bpf_ktime_get_ns();
	s->record.out_length = s->record.out_captured = 0;
	if (t->verdict == XDP_TX || t->verdict == XDP_REDIRECT) {
		s->record.out_length = bpf_xdp_get_buff_len(ctx);
		s->record.out_captured =
			capture_copy(ctx, s, s->record.in_captured, s->record.out_length);
	}
	size = sizeof(s->record) + s->record.in_captured + s->record.out_captured;
	if (size > sizeof(s->record) + sizeof(s->bytes) ||
	    bpf_ringbuf_output(&captured, &s->record, size, 0))
		(*lost)++;
}

#endif
