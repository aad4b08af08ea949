/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - what the program notes about one packet when it is built to tell (bpf/trace.bpf.c), for
 * `shunt explain` and `shunt capture`. Nothing of it is pinned, so it may change with any version.
 */
#ifndef SHUNT_TRACE_H
#define SHUNT_TRACE_H

#include <linux/types.h>

#define SHUNT_TRACE_PACKET  1u  /* a packet was seen; `verdict` */
#define SHUNT_TRACE_SLOT    2u  /* a service was found: slot_base, slot, word, hash */
#define SHUNT_TRACE_BACKEND 4u  /* backend: index in backends */
#define SHUNT_TRACE_REPLY   8u  /* from a nat backend to a client */
#define SHUNT_TRACE_REASON  16u /* `reason` was counted; the last one */
#define SHUNT_TRACE_HOP     32u /* dmac, smac, ifindex: the way it was sent */
#define SHUNT_TRACE_GOES_ON 64u /* in another program; never when it is read */

struct shunt_trace {
	__u32 flags;   /* which of the following hold */
	__u32 verdict; /* enum xdp_action */
	__u64 hash;
	__u32 slot_base; /* of the service, and of no other */
	__u32 slot;      /* in the service */
	__u32 word;
	__u32 backend;
	__u32 reason; /* enum shunt_reason */
	__u32 ifindex;
	__u64 dmac, smac; /* as the words of struct shunt_backend */
};
_Static_assert(sizeof(struct shunt_trace) == 56, "no hidden padding");

/*
 * captured: a ring buffer from the program to the daemon, a record a packet: struct shunt_capture,
 * then `in_captured` bytes of the frame that came in and `out_captured` of the one that went out.
 */
struct shunt_capture {
	struct shunt_trace trace;
	__u64 in_ns, out_ns; /* monotonic */
	__u32 ifindex;       /* it came in by */
	__u32 in_length, in_captured;
	__u32 out_length, out_captured; /* 0: nothing went out */
	__u32 zero;
};
_Static_assert(sizeof(struct shunt_capture) == 96, "no hidden padding");

#define SHUNT_CAPTURE_SNAPLEN_MAX 0xffff    /* bytes of a frame; a mask too */
#define SHUNT_CAPTURE_BYTES       (4 << 20) /* of the ring buffer */

/* capture_wish: one element, written by user space while captures run. */
struct shunt_capture_wish {
	__u32 snaplen;    /* bytes of a frame, at most SHUNT_CAPTURE_SNAPLEN_MAX */
	__u32 drops_only; /* nobody wants what is not dropped */
};

/* captures: an element a CPU, where a record is put together. */
struct shunt_capture_scratch {
	struct shunt_capture record;
	__u8 bytes[2 * (SHUNT_CAPTURE_SNAPLEN_MAX + 1)];
};

#endif
