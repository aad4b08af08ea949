// SPDX-License-Identifier: GPL-2.0-or-later
/* draw.c - see draw.h. */
#include "packet/draw.h"

#include "base/mem.h"
#include "packet/bytes.h"
#include "packet/chance.h"
#include "packet/view.h"

#define IP_AT       14
#define DAMAGES_MAX 4

static const uint8_t protocols[] = {0, 1, 6, 6, 6, 17, 17, 17, 43, 44, 58, 60, 132};

void draw_seed(struct draw *draw, uint64_t seed)
{
	draw->state = seed;
}

uint32_t draw_below(struct draw *draw, uint32_t n)
{
	return (chance_next(draw) >> 32) * n >> 32;
}

static size_t take_known(struct draw *draw, uint8_t *ret)
{
	const struct draw_known *known = &draw->known[draw_below(draw, draw->known_count)];

	memcpy(ret, known->frame, known->length);
	return known->length;
}

/* Noise behind an IP header's first byte, and to a VIP, mostly. */
static void make_ip4(struct draw *draw, uint8_t *ip, size_t length)
{
	if (chance_percent(draw, 70))
		ip[0] = 0x45 + draw_below(draw, 3);
	if (chance_percent(draw, 70))
		bytes_put16(ip + 2, draw_below(draw, length + 8));
	if (chance_percent(draw, 70))
		bytes_put16(ip + 6, 0);
	if (chance_percent(draw, 70))
		ip[9] = CHANCE_PICK(draw, protocols);
	if (chance_percent(draw, 70)) {
		struct view_addr vip = view_addr(chance_percent(draw, 50) ? VIP : VIP_STRICT);

		view_write_addr(ip + 16, &vip);
	}
}

static void make_ip6(struct draw *draw, uint8_t *ip, size_t length)
{
	if (chance_percent(draw, 70))
		ip[0] = 0x60;
	if (chance_percent(draw, 70))
		bytes_put16(ip + 4, draw_below(draw, length));
	if (chance_percent(draw, 70))
		ip[6] = CHANCE_PICK(draw, protocols);
	if (chance_percent(draw, 70)) {
		struct view_addr vip = view_addr(chance_percent(draw, 50) ? VIP6 : VIP6_STRICT);

		view_write_addr(ip + 24, &vip);
	}
}

static size_t make_noise(struct draw *draw, uint8_t *ret)
{
	size_t length = DRAW_LENGTH_MIN + draw_below(draw, 140);
	bool v6 = chance_percent(draw, 50);

	chance_noise(draw, ret, length);
	if (length < IP_AT + (v6 ? 40 : 20) || chance_percent(draw, 20))
		return length;
	bytes_put16(ret + 12, v6 ? 0x86dd : 0x0800);
	if (v6)
		make_ip6(draw, ret + IP_AT, length - IP_AT);
	else
		make_ip4(draw, ret + IP_AT, length - IP_AT);
	return length;
}

size_t draw_frame(struct draw *draw, uint8_t ret[static FRAME_MAX])
{
	uint32_t kind = draw_below(draw, 100);
	size_t length;
	int count = 0;

	if (kind < 10)
		length = make_noise(draw, ret);
	else if (kind < 25)
		length = take_known(draw, ret);
	else
		length = draw_build(draw, ret);
	if (chance_percent(draw, 45))
		count = 1 + draw_below(draw, DAMAGES_MAX);
	for (int i = 0; i < count; i++)
		length = draw_damage(draw, ret, length);
	return length;
}

/* --- the cases --- */

void draw_init(struct draw *ret, const struct case_list *const *lists)
{
	size_t total = 0;

	for (size_t l = 0; lists[l]; l++)
		total += lists[l]->count;
	*ret = (struct draw){.known = mem_zalloc(total * sizeof(*ret->known))};
	for (size_t l = 0; lists[l]; l++) {
		for (size_t i = 0; i < lists[l]->count; i++) {
			struct draw_known *known = &ret->known[ret->known_count++];
			uint8_t frame[FRAME_MAX];

			known->length = frame_build(&lists[l]->cases[i].in, frame);
			known->frame = mem_zalloc(known->length);
			memcpy(known->frame, frame, known->length);
		}
	}
}

void draw_clear(struct draw *draw)
{
	for (size_t i = 0; i < draw->known_count; i++)
		free(draw->known[i].frame);
	free(draw->known);
	*draw = (struct draw){0};
}
