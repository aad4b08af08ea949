/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chance.h - what draw.h's files draw with. */
#ifndef PACKET_CHANCE_H
#define PACKET_CHANCE_H

#include "base/cleanup.h"
#include "packet/draw.h"

/* SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t chance_next(struct draw *draw)
{
	uint64_t z = draw->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline bool chance_percent(struct draw *draw, uint32_t share)
{
	return draw_below(draw, 100) < share;
}

#define CHANCE_PICK(draw, list) ((list)[draw_below(draw, ARRAY_SIZE(list))])

static inline void chance_noise(struct draw *draw, uint8_t *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		at[i] = chance_next(draw);
}

/* --- the parts of draw_frame(); each returns the length of the frame --- */

/* Headers that are right, with any fields. */
size_t draw_build(struct draw *draw, uint8_t ret[static FRAME_MAX]);
/* Do one thing to a frame of @length bytes. */
size_t draw_damage(struct draw *draw, uint8_t *frame, size_t length);

#endif
