// SPDX-License-Identifier: GPL-2.0-or-later
/* draw_damage.c - what can be done to a frame so that it is not right any more. */
#include "packet/bytes.h"
#include "packet/chance.h"
#include "packet/view.h"

#define IP_AT   14 /* where no VLAN tag shifts it */
#define L4_AT   34
#define HEADERS 110 /* with Ethernet, two tags, IPv6, an extension header */

/* Each returns the new length. */

/* Mostly among the headers. */
static size_t some_place(struct draw *draw, size_t length)
{
	return draw_below(draw, length > HEADERS && chance_percent(draw, 95) ? HEADERS : length);
}

static size_t flip_bit(struct draw *draw, uint8_t *frame, size_t length)
{
	frame[some_place(draw, length)] ^= 1 << draw_below(draw, 8);
	return length;
}

static size_t set_byte(struct draw *draw, uint8_t *frame, size_t length)
{
	static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};

	frame[some_place(draw, length)] =
		chance_percent(draw, 50) ? CHANCE_PICK(draw, values) : chance_next(draw);
	return length;
}

static size_t cut_short(struct draw *draw, uint8_t *frame, size_t length)
{
	return DRAW_LENGTH_MIN + some_place(draw, length - DRAW_LENGTH_MIN + 1);
}

/* A length that lies: IP's two, TCP's, UDP's, an extension header's. */
static size_t lie(struct draw *draw, uint8_t *frame, size_t length)
{
	static const uint16_t lengths[] = {0, 1, 7, 8, 9, 19, 20, 21, 27, 28, 39, 40, 41, 0xffff};
	struct view v = view_frame(frame, length);
	size_t l4 = v.is_ip ? v.l4 : L4_AT;
	size_t at[] = {v.ip, v.ip + (v.v6 ? 4 : 2), l4 + 12, l4 + 4, v.ip + 41};
	uint32_t which = draw_below(draw, v.v6 ? 5 : 4);

	if (at[which] + 2 > length)
		return length;
	if (which == 0)
		frame[at[0]] = (frame[at[0]] & 0xf0) | draw_below(draw, 16);
	else if (which == 2)
		frame[at[2]] = (frame[at[2]] & 0x0f) | draw_below(draw, 16) << 4;
	else if (which == 4)
		frame[at[4]] = draw_below(draw, 8);
	else if (chance_percent(draw, 50)) /* by a little */
		bytes_put16(frame + at[which],
			    bytes_get16(frame + at[which]) + draw_below(draw, 9) - 4);
	else
		bytes_put16(frame + at[which], CHANCE_PICK(draw, lengths));
	return length;
}

/* A header twice. */
static size_t duplicate(struct draw *draw, uint8_t *frame, size_t length)
{
	static const struct {
		size_t at, length;
	} headers[] = {{0, 14}, {12, 2},    {12, 4},     {IP_AT, 20},
		       {54, 8}, {L4_AT, 8}, {L4_AT, 20}, {L4_AT, 4}};
	uint32_t which = draw_below(draw, ARRAY_SIZE(headers));
	size_t at = headers[which].at, more = headers[which].length;

	if (at + more > length || length + more > FRAME_MAX)
		return length;
	memmove(frame + at + more, frame + at, length - at);
	return length + more;
}

static size_t take_out(struct draw *draw, uint8_t *frame, size_t length)
{
	size_t at = some_place(draw, length), less = 1 + draw_below(draw, 20);

	if (at + less > length || length - less < DRAW_LENGTH_MIN)
		return length;
	memmove(frame + at, frame + at + less, length - at - less);
	return length - less;
}

static size_t append(struct draw *draw, uint8_t *frame, size_t length)
{
	size_t more = draw_below(draw, 64);

	if (length + more > FRAME_MAX)
		return length;
	chance_noise(draw, frame + length, more);
	return length + more;
}

size_t draw_damage(struct draw *draw, uint8_t *frame, size_t length)
{
	static size_t (*const damages[])(struct draw *, uint8_t *, size_t) = {
		flip_bit, flip_bit, set_byte, cut_short, lie, lie, duplicate, take_out, append,
	};

	return CHANCE_PICK(draw, damages)(draw, frame, length);
}
