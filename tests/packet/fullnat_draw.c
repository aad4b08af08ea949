// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fullnat_draw.c - frames of many clients and backends of fullnat, both ways, whole and in pieces,
 * ICMP errors about them, and damage; see fullnat_fuzz.h
 */
#include "packet/fullnat_fuzz.h"

#include "packet/bytes.h"
#include "packet/chance.h"
#include "packet/frame.h"

#define ROUTER4 "198.51.100.254"
#define ROUTER6 "2001:db8:100::fe"

struct words {
	char from[64], to[64], quote_from[64], quote_to[64];
};

static bool is_v6(int s)
{
	return s >= 2;
}

static void say(char text[64], bool v6, const char *addr, int port)
{
	snprintf(text, 64, v6 ? "[%s]:%d" : "%s:%d", addr, port);
}

static void say_client(struct draw *draw, int s, char text[64])
{
	uint32_t number = draw_below(draw, FUZZ_CLIENTS);
	char addr[48];

	snprintf(addr, sizeof(addr), is_v6(s) ? "2001:db8:100::%x" : "198.51.100.%d",
		 1 + number % 4);
	say(text, is_v6(s), addr, 40000 + number);
}

static void say_pool(const struct fuzz *f, struct draw *draw, int s, int backend, char text[64])
{
	const struct service *service = &f->services[s];
	int port = FUZZ_LOW - 2 + draw_below(draw, FUZZ_PORTS + 4);

	/* mostly one that this backend has a flow with */
	for (int i = 0; i < FUZZ_PORTS && chance_percent(draw, 90); i++) {
		const struct flow *owner = service->owners[draw_below(draw, FUZZ_PORTS)];

		if (owner && owner->backend == backend) {
			port = owner->port;
			break;
		}
	}
	say(text, is_v6(s), fuzz_texts[s].pool, port);
}

static const char *addr_of(char text[64], bool v6)
{
	char *end = strrchr(text, v6 ? ']' : ':');

	*end = '\0';
	return v6 ? text + 1 : text;
}

static void draw_fields(const struct fuzz *f, struct draw *draw, int s, struct frame *frame)
{
	static const char *const flags[] = {"S", "S", "S", "A", "PA", "PA", "A", "FA", "R", "SA"};
	static const int ttls[] = {64, 64, 64, 64, 64, 64, 64, 255, 2, 1};
	size_t length;

	frame->kind = f->services[s].protocol == PROTO_TCP ? TCP : UDP;
	frame->payload = draw_below(draw, chance_percent(draw, 20) ? 1400 : 40);
	frame->ttl = CHANCE_PICK(draw, ttls);
	if (frame->kind == TCP)
		frame->flags = CHANCE_PICK(draw, flags);
	if (frame->kind == TCP && chance_percent(draw, 20))
		frame->tcp_options = 4 * draw_below(draw, 11);
	frame->no_check = frame->kind == UDP && chance_percent(draw, 10);
	if (chance_percent(draw, 10))
		frame->vlan = SET(1 + draw_below(draw, 4000));
	if (!is_v6(s) && chance_percent(draw, 10))
		frame->options = "01010100";
	if (is_v6(s) && chance_percent(draw, 10))
		frame->extensions = "HD";
	if (chance_percent(draw, 5))
		frame->check_off = 1 + draw_below(draw, 0xfffe);
	if (chance_percent(draw, 5))
		frame->pad = draw_below(draw, 40);
	if (!chance_percent(draw, 20))
		return;
	frame->payload = 400 + draw_below(draw, 800);
	frame->id = 1 + f->done / FUZZ_BLOCK * 16 % 60000 + draw_below(draw, 16);
	length = frame->payload + (frame->kind == TCP ? 20 + frame->tcp_options : 8);
	frame->piece_at = 240 * draw_below(draw, 2);
	frame->piece = frame->piece_at ? length - frame->piece_at : 240;
}

static void draw_there(const struct fuzz *f, struct draw *draw, int s, struct words *words,
		       struct frame *frame)
{
	say_client(draw, s, words->from);
	snprintf(words->to, sizeof(words->to), "%s", fuzz_texts[s].at + strlen("tcp:"));
	draw_fields(f, draw, s, frame);
}

static void draw_back(const struct fuzz *f, struct draw *draw, int s, struct words *words,
		      struct frame *frame)
{
	int backend = draw_below(draw, FUZZ_BACKENDS);

	snprintf(words->from, sizeof(words->from), "%s", fuzz_texts[s].backends[backend]);
	say_pool(f, draw, s, backend, words->to);
	draw_fields(f, draw, s, frame);
	frame->smac = MAC_BACKEND;
}

/* About what went to the client, or what went to the backend: from there, or a router. */
static void draw_error(const struct fuzz *f, struct draw *draw, int s, struct words *words,
		       struct frame *frame, struct frame *quote)
{
	static const int kinds4[] = {ICMP_KIND(3, 1), ICMP_KIND(3, 3), ICMP_KIND(3, 4),
				     ICMP_KIND(11, 0), ICMP_KIND(12, 0)};
	static const int kinds6[] = {ICMP_KIND(1, 4), ICMP_KIND(2, 0), ICMP_KIND(3, 0),
				     ICMP_KIND(4, 1)};
	bool v6 = is_v6(s), router = chance_percent(draw, 50);
	static char from[64], to[64];

	if (chance_percent(draw, 50)) {
		draw_there(f, draw, s, words, quote);
		snprintf(words->quote_to, 64, "%s", words->from);
		snprintf(words->quote_from, 64, "%s", words->to);
		snprintf(words->from, 64, "%s", v6 ? ROUTER6 : ROUTER4);
		router = true;
	} else {
		draw_back(f, draw, s, words, quote);
		snprintf(words->quote_to, 64, "%s", words->from);
		snprintf(words->quote_from, 64, "%s", words->to);
		if (router)
			snprintf(words->from, 64, "%s", v6 ? "fd00::77" : "10.0.0.77");
	}
	quote->from = words->quote_from;
	quote->to = words->quote_to;
	quote->vlan = quote->pad = quote->piece = quote->piece_at = 0;
	quote->smac = NULL;
	quote->payload += 40; /* enough to be quoted */
	snprintf(from, sizeof(from), "%s", words->from);
	snprintf(to, sizeof(to), "%s", words->to);
	*frame = (struct frame){
		ICMP,
		.from = router ? from : addr_of(from, v6),
		.to = addr_of(to, v6),
		.icmp = v6 ? CHANCE_PICK(draw, kinds6) : CHANCE_PICK(draw, kinds4),
		.rest = "00000514",
		.quote = quote,
		.quoted = 8 + draw_below(draw, 40),
		.ttl = chance_percent(draw, 5) ? 1 : 64,
	};
}

size_t fuzz_draw(struct fuzz *f, uint8_t *ret)
{
	struct draw *draw = &f->draw;
	struct frame frame = {0}, quote = {0};
	int s = draw_below(draw, FUZZ_SERVICES);
	uint32_t kind = draw_below(draw, 100);
	struct words words;
	size_t length;

	frame.from = words.from;
	frame.to = words.to;
	if (kind < 50)
		draw_there(f, draw, s, &words, &frame);
	else if (kind < 85)
		draw_back(f, draw, s, &words, &frame);
	else
		draw_error(f, draw, s, &words, &frame, &quote);
	length = frame_build(&frame, ret);
	if (chance_percent(draw, 15))
		length = draw_damage(draw, ret, length);
	return length;
}
