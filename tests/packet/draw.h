/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * draw.h - frames drawn at random: built right with any fields, taken from the table of cases, or
 * noise; then damaged some number of times. The same seed draws the same frames.
 */
#ifndef PACKET_DRAW_H
#define PACKET_DRAW_H

#include "packet/cases.h"

struct draw_known {
	uint8_t *frame;
	size_t length;
};

struct draw {
	uint64_t state;
	struct draw_known *known; /* the frames of the cases */
	size_t known_count;
};

#define DRAW_LENGTH_MIN 14 /* BPF_PROG_TEST_RUN takes no less */

/* Build the frames of @lists, the last of which is NULL; draw_clear() frees them. */
void draw_init(struct draw *ret, const struct case_list *const *lists);
void draw_clear(struct draw *draw);

/* What is drawn from now on follows from @seed alone. */
void draw_seed(struct draw *draw, uint64_t seed);

/* A number below @n. */
uint32_t draw_below(struct draw *draw, uint32_t n);

/* A frame; returns its length, from DRAW_LENGTH_MIN up. */
size_t draw_frame(struct draw *draw, uint8_t ret[static FRAME_MAX]);

#endif
