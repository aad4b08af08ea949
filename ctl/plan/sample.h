/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sample.h - a packet as a client would send it, made from nothing but who sends it to whom; and a
 * frame in words: what differs between two of them. Pure.
 */
#ifndef PLAN_SAMPLE_H
#define PLAN_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/addr.h"

#define SAMPLE_ROOM 128 /* bytes that a sample has at most */
#define SAMPLE_MSS  1460

struct sample {
	struct vip to;        /* of one port */
	struct endpoint from; /* of the same family */
	bool syn;             /* TCP: the first packet of a connection; else one in its middle */
	uint8_t dmac[6], smac[6];
};

/* Write the Ethernet frame, with right checksums; returns its length. */
size_t sample_build(const struct sample *sample, uint8_t ret[static SAMPLE_ROOM]);

/* --- what differs --- */

#define REWRITE_MAX  16
#define REWRITE_TEXT 128

struct rewrite {
	const char *what;
	char from[REWRITE_TEXT], to[REWRITE_TEXT]; /* "" = was not there, is no longer there */
};

/*
 * What became of @in, a frame as sample_build() makes them, in @out: addresses, ports, tags, outer
 * header, in the order of the headers. Returns how many there are in @ret.
 */
size_t rewrite_list(const uint8_t *in, size_t in_length, const uint8_t *out, size_t out_length,
		    struct rewrite ret[static REWRITE_MAX]);

#endif
