/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - notes of what the steps decide, for `shunt explain` and `shunt capture`.
 *
 * The ordinary program has none of it, not even the question whether to note something: that would
 * be a load and a branch for each hook and packet. trace.bpf.c builds the same source a second
 * time, with TRACE defined, and user space loads that on the same maps where somebody wants to
 * know.
 */
#ifndef TRACE_H
#define TRACE_H

#include "packet.h"

#ifdef TRACE

#include "shunt/trace.h"

/* Count nothing, ask for nothing, take nothing: the maps stay as they are. */
const volatile bool dry_run SEC(".rodata.trace") = false;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct shunt_trace);
} traces SEC(".maps");

static __always_inline struct shunt_trace *trace_record(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&traces, &zero);
}

#define TRACE_NOTE(flag, notes...)                                                                 \
	do {                                                                                       \
		struct shunt_trace *t = trace_record();                                            \
		if (t) {                                                                           \
			t->flags |= (flag);                                                        \
			notes;                                                                     \
		}                                                                                  \
	} while (0)

#else

#define dry_run                    false
#define TRACE_NOTE(flag, notes...) ((void)0)

#endif

static __always_inline void trace_reason(enum shunt_reason counted)
{
	TRACE_NOTE(SHUNT_TRACE_REASON, t->reason = counted);
}

/* @slot: index in slots, where @service's begin with slot_base. */
static __always_inline void trace_slot(const struct shunt_service *service, __u32 slot, __u32 word,
				       __u64 hash)
{
	TRACE_NOTE(SHUNT_TRACE_SLOT, t->slot_base = service->slot_base,
		   t->slot = slot - service->slot_base, t->word = word, t->hash = hash);
}

static __always_inline void trace_backend(__u32 index)
{
	TRACE_NOTE(SHUNT_TRACE_BACKEND, t->backend = index);
}

/* @index: of the backend that a client's answer is from. */
static __always_inline void trace_reply(__u32 index)
{
	TRACE_NOTE(SHUNT_TRACE_REPLY | SHUNT_TRACE_BACKEND, t->backend = index);
}

static __always_inline void trace_hop(const struct hop *hop)
{
	TRACE_NOTE(SHUNT_TRACE_HOP, t->dmac = hop->dmac, t->smac = hop->smac,
		   t->ifindex = hop->ifindex);
}

#ifdef TRACE
#include "capture.h"

/* In every program: the first begins, the others go on with what it noted. */
static __always_inline void trace_begin(struct xdp_md *ctx)
{
	struct shunt_trace *t = trace_record();

	if (!t)
		return;
	if (t->flags & SHUNT_TRACE_GOES_ON) {
		t->flags &= ~SHUNT_TRACE_GOES_ON;
		return;
	}
	*t = (struct shunt_trace){.flags = SHUNT_TRACE_PACKET};
	if (capture_on)
		capture_in(ctx);
}

/* Another program is called, and nothing comes back from there. */
static __always_inline void trace_goes_on(void)
{
	TRACE_NOTE(SHUNT_TRACE_GOES_ON, (void)0);
}

static __always_inline int trace_end(struct xdp_md *ctx, int verdict)
{
	struct shunt_trace *t = trace_record();

	if (!t)
		return verdict;
	t->flags &= ~SHUNT_TRACE_GOES_ON;
	t->verdict = verdict;
	if (capture_on)
		capture_out(ctx, t);
	return verdict;
}

#else

static __always_inline void trace_begin(struct xdp_md *ctx)
{
}

static __always_inline void trace_goes_on(void)
{
}

static __always_inline int trace_end(struct xdp_md *ctx, int verdict)
{
	return verdict;
}

#endif

#endif
