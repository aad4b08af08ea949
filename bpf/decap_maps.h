/* SPDX-License-Identifier: GPL-2.0-only */
/* decap_maps.h - the backends' maps, what is counted there, and what its steps hand to another. */
#ifndef DECAP_MAPS_H
#define DECAP_MAPS_H

#include "packet.h"
#include "shunt/decap.h"

#define NO_DECAP_FAULT DECAP_REASON_COUNT

/*
 * A tunnel packet as outer_parse() and inner_parse() found it. Whose packet it is turns out later,
 * so they drop nothing: `fault` says why it is dropped should it be from a director. With a fault,
 * what lies behind the place of the fault means nothing.
 *
 * There is no pointer in it: functions apart get it, and the verifier forgets what was in it. So it
 * follows each of them once, and not again for each way through the one before.
 */
struct wrapped {
	__u32 fault; /* enum decap_reason; NO_DECAP_FAULT = none */
	__u32 link;  /* bytes before the outer header: Ethernet and VLAN tags */
	__u32 strip; /* bytes from there to the next header, at last the inner one */
	__u32 room;  /* bytes from there on, as the headers before tell */
	struct decap_addr from;
	struct decap_addr to; /* the inner destination; family 0 = not known */
	__u8 outer_tos;
	__u8 protocol; /* of the next header; at last IPPROTO_IPIP or IPPROTO_IPV6 */
	__u8 later;    /* of a fragment it is not the beginning */
	__u8 zero;
};

#define WRAPPED_HEADERS_MAX 0x3fff /* more than all that are skipped can have */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DECAP_VIPS_MAX);
	__type(key, struct decap_addr);
	__type(value, __u32); /* 1 */
} vips SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, DECAP_DIRECTORS_MAX);
	__type(key, struct decap_director);
	__type(value, __u32); /* 1 */
} directors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DECAP_REASON_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} decap_reasons SEC(".maps");

/* One element: who last sent a tunnel packet for an enabled VIP and is no director. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct decap_addr);
} strangers SEC(".maps");

static __always_inline void decap_count(enum decap_reason reason)
{
	__u32 key = reason;
	__u64 *count = bpf_map_lookup_elem(&decap_reasons, &key);

	if (count)
		(*count)++;
}

static __always_inline int decap_drop(enum decap_reason reason)
{
	decap_count(reason);
	return XDP_DROP;
}

static __always_inline int decap_pass(enum decap_reason reason)
{
	decap_count(reason);
	return XDP_PASS;
}

/* Remember the sender, for whoever asks why its packets are not unwrapped, and pass. */
static __always_inline int stranger(const struct wrapped *w)
{
	__u32 zero = 0;

	bpf_map_update_elem(&strangers, &zero, &w->from, BPF_ANY);
	return decap_pass(DECAP_REASON_NOT_DIRECTOR);
}

/* The next header's @size bytes; NULL: the frame ends before. */
static __always_inline void *wrapped_next(struct xdp_md *ctx, const struct wrapped *w, __u32 size)
{
	__u32 at = w->link + w->strip;
	void *next = (void *)(long)ctx->data;

	if (at > WRAPPED_HEADERS_MAX)
		return NULL;
	next += at;
	barrier_var(next); /* one pointer: the check below is about this one */
	return next + size > (void *)(long)ctx->data_end ? NULL : next;
}

static __always_inline void wrapped_fault(struct wrapped *w, enum decap_reason fault)
{
	if (w->fault == NO_DECAP_FAULT)
		w->fault = fault;
}

#endif
