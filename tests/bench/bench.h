/* SPDX-License-Identifier: GPL-2.0-only */
/* bench.h - what the driver program and user space share. */
#ifndef BENCH_H
#define BENCH_H

#include <linux/types.h>

#define BENCH_FRAME 80 /* bytes of the frame that are restored: all headers, with some payload */

/* Where the last word of the source address stands. */
#define BENCH_FLOW4 26
#define BENCH_FLOW6 34

/* One measurement: written by user space before it, read after it. */
struct bench_run {
	__u8 frame[BENCH_FRAME]; /* as it is before each repeat */
	__u64 repeat;
	__u64 flows; /* so many source addresses, in scattered order */
	__u32 v6;
	__u32 length;     /* of the whole frame: a tunnel's program makes it longer */
	__u64 done;       /* repeats so far */
	__u64 start, end; /* ns: when the first and when the last repeat began */
};

#endif
