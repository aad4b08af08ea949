// SPDX-License-Identifier: GPL-2.0-or-later
/* draw.c - see draw.h. */
#include "packet/draw.h"

#include "base/mem.h"
#include "packet/bytes.h"

#define ADDR(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define IP_AT            14 /* where no VLAN tag shifts it */
#define L4_AT            34
#define DAMAGES_MAX      4

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17 };

/* --- chance --- */

void draw_seed(struct draw *draw, uint64_t seed)
{
	draw->state = seed;
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next(struct draw *draw)
{
	uint64_t z = draw->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint32_t draw_below(struct draw *draw, uint32_t n)
{
	return (next(draw) >> 32) * n >> 32;
}

static bool percent(struct draw *draw, uint32_t share)
{
	return draw_below(draw, 100) < share;
}

#define PICK(draw, list) ((list)[draw_below(draw, ARRAY_SIZE(list))])

static void noise(struct draw *draw, uint8_t *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		at[i] = next(draw);
}

/* --- who talks to whom --- */

/* A place that packets go to, or come from. */
struct place {
	uint32_t addr;
	uint16_t port;
	uint8_t protocol;
};

static const uint32_t vips[] = {ADDR(192, 0, 2, 10), ADDR(192, 0, 2, 11)};

#define X(port, protocol)                                                                          \
	{                                                                                          \
		ADDR(192, 0, 2, 10), port, PROTO_##protocol                                        \
	}
static const struct place services[] = {
	X(80, TCP),
	X(80, TCP),
	X(53, UDP),
	X(53, UDP),
	X(81, TCP),
	X(82, TCP),
	X(83, TCP),
	X(84, TCP),
	X(85, TCP),
	X(86, TCP),
	X(87, TCP),
	X(87, TCP),
	X(88, TCP),
	X(8080, TCP),
	X(8080, TCP),
	X(8080, TCP),
	X(5353, UDP),
	X(5353, UDP),
	X(5353, UDP),
	X(8081, TCP),
	X(8081, TCP),
	X(9090, TCP),
	X(22, TCP),
	X(0, UDP),
	{ADDR(192, 0, 2, 11), 80, PROTO_TCP},
	{ADDR(192, 0, 2, 11), 22, PROTO_TCP},
};
#undef X

static const struct place backends[] = {
	{ADDR(10, 0, 0, 21), 7000, PROTO_TCP}, {ADDR(10, 0, 0, 21), 7000, PROTO_TCP},
	{ADDR(10, 0, 0, 21), 7000, PROTO_UDP}, {ADDR(10, 0, 0, 21), 7000, PROTO_UDP},
	{ADDR(10, 1, 0, 21), 7000, PROTO_TCP}, {ADDR(10, 0, 0, 22), 9090, PROTO_TCP},
	{ADDR(10, 0, 0, 11), 80, PROTO_TCP},   {ADDR(10, 0, 0, 21), 22, PROTO_TCP},
};

/* What nat makes of what. */
static const struct {
	struct place vip, backend;
} translations[] = {
	{{ADDR(192, 0, 2, 10), 8080, PROTO_TCP}, {ADDR(10, 0, 0, 21), 7000, PROTO_TCP}},
	{{ADDR(192, 0, 2, 10), 5353, PROTO_UDP}, {ADDR(10, 0, 0, 21), 7000, PROTO_UDP}},
	{{ADDR(192, 0, 2, 10), 8081, PROTO_TCP}, {ADDR(10, 1, 0, 21), 7000, PROTO_TCP}},
};

/* Clients by each route that the director has; the last byte is drawn. */
static const uint32_t nets[] = {
	ADDR(198, 51, 100, 0), ADDR(198, 51, 100, 0), ADDR(198, 51, 100, 0), ADDR(203, 0, 113, 0),
	ADDR(203, 0, 113, 0),  ADDR(198, 18, 0, 0),   ADDR(198, 18, 0, 0),   ADDR(198, 18, 1, 0),
	ADDR(198, 18, 2, 0),   ADDR(198, 18, 3, 0),   ADDR(198, 18, 4, 0),   ADDR(10, 0, 0, 0),
	ADDR(10, 1, 0, 0),
};
static const uint32_t odd_addresses[] = {
	ADDR(10, 0, 0, 1),   ADDR(10, 1, 0, 1),        ADDR(10, 0, 0, 254),  ADDR(10, 1, 0, 254),
	ADDR(10, 0, 0, 255), ADDR(255, 255, 255, 255), ADDR(224, 0, 0, 251), ADDR(239, 1, 2, 3),
	ADDR(240, 0, 0, 1),  ADDR(127, 0, 0, 1),       ADDR(0, 0, 0, 0),     ADDR(0, 1, 2, 3),
	ADDR(192, 0, 2, 10), ADDR(192, 0, 2, 11),      ADDR(192, 0, 2, 99),  ADDR(10, 0, 0, 21),
};

/* What the headers of a packet will hold. */
struct plan {
	uint32_t from, to;
	uint16_t sport, dport;
	uint8_t protocol;
	size_t payload;
};

static uint32_t draw_address(struct draw *draw)
{
	if (percent(draw, 80))
		return PICK(draw, nets) | draw_below(draw, 256);
	return percent(draw, 80) ? PICK(draw, odd_addresses) : next(draw);
}

static uint16_t draw_port(struct draw *draw)
{
	return percent(draw, 3) ? 0 : draw_below(draw, 65536);
}

static uint8_t draw_protocol(struct draw *draw)
{
	static const uint8_t usual[] = {PROTO_TCP, PROTO_TCP, PROTO_TCP, PROTO_TCP, PROTO_TCP,
					PROTO_UDP, PROTO_UDP, PROTO_UDP, PROTO_UDP, PROTO_ICMP};
	static const uint8_t others[] = {0, 2, 4, 41, 47, 50, 51, 58, 115, 132, 136};

	if (percent(draw, 95))
		return PICK(draw, usual);
	return percent(draw, 80) ? PICK(draw, others) : next(draw);
}

static size_t draw_payload(struct draw *draw)
{
	switch (draw_below(draw, 20)) {
	case 0:
		return draw_below(draw, 9000); /* over a page: several buffers */
	case 1:
	case 2:
		return 900 + draw_below(draw, 600); /* about the MTUs of the lab */
	case 3:
		return 0;
	default:
		return draw_below(draw, 64);
	}
}

static struct plan draw_plan(struct draw *draw)
{
	struct place place;
	struct plan p = {
		.from = draw_address(draw),
		.to = draw_address(draw),
		.sport = draw_port(draw),
		.dport = draw_port(draw),
		.protocol = draw_protocol(draw),
		.payload = draw_payload(draw),
	};

	switch (draw_below(draw, 20)) {
	case 0: /* anybody to anybody */
		return p;
	case 1 ... 12: /* client to VIP */
		place = PICK(draw, services);
		p.to = place.addr;
		p.dport = place.port;
		break;
	default: /* backend to client */
		place = PICK(draw, backends);
		p.from = place.addr;
		p.sport = place.port;
	}
	if (percent(draw, 80))
		p.protocol = place.protocol;
	return p;
}

/* --- layers: each writes at @at and returns where the next begins --- */

static void put_mac(struct draw *draw, uint8_t *at, uint16_t usual)
{
	bytes_put32(at, 0x02000000);
	bytes_put16(at + 4, usual);
	switch (draw_below(draw, 16)) {
	case 0:
		noise(draw, at, 6);
		break;
	case 1: /* broadcast */
		memset(at, 0xff, 6);
		break;
	case 2: /* of a backend */
		bytes_put16(at + 4, 0x0010 + draw_below(draw, 4));
		break;
	}
}

static uint8_t *put_ether(struct draw *draw, uint8_t *at)
{
	static const uint16_t others[] = {0x86dd, 0x0806, 0x8100, 0x88a8, 0x8847, 0x05dc, 0x0008};
	uint32_t tags = percent(draw, 95) ? 0 : 1 + draw_below(draw, 2);

	put_mac(draw, at, 0x0001);
	put_mac(draw, at + 6, 0x00fe);
	at += 12;
	for (; tags; tags--, at += 4) {
		bytes_put16(at, tags == 2 ? 0x88a8 : 0x8100);
		bytes_put16(at + 2, draw_below(draw, 65536));
	}
	bytes_put16(at, percent(draw, 96) ? 0x0800 : PICK(draw, others));
	return at + 2;
}

static uint16_t draw_fragment(struct draw *draw)
{
	switch (draw_below(draw, 16)) {
	case 0:
		return draw_below(draw, 65536); /* the reserved bit too */
	case 1:
		return 0x8000;
	case 2 ... 7:
		return 0x4000;
	default:
		return 0;
	}
}

static uint8_t draw_ttl(struct draw *draw)
{
	switch (draw_below(draw, 8)) {
	case 0:
		return draw_below(draw, 3);
	case 1:
		return next(draw);
	default:
		return 64;
	}
}

/* All but the total length and the checksum. */
static uint8_t *put_ip(struct draw *draw, uint8_t *at, const struct plan *plan)
{
	size_t options = percent(draw, 75) ? 0 : draw_below(draw, 11) * 4;

	at[0] = 4 << 4 | (5 + options / 4);
	at[1] = percent(draw, 80) ? 0 : next(draw);
	bytes_put16(at + 4, next(draw));
	bytes_put16(at + 6, draw_fragment(draw));
	at[8] = draw_ttl(draw);
	at[9] = plan->protocol;
	bytes_put32(at + 12, plan->from);
	bytes_put32(at + 16, plan->to);
	noise(draw, at + 20, options);
	return at + 20 + options;
}

static uint8_t *put_tcp(struct draw *draw, uint8_t *at, const struct plan *plan)
{
	static const uint8_t flags[] = {0x02, 0x12, 0x10, 0x10, 0x18, 0x11, 0x04, 0x14, 0xc2, 0x06};
	size_t options = percent(draw, 60) ? 0 : draw_below(draw, 11) * 4;

	bytes_put16(at, plan->sport);
	bytes_put16(at + 2, plan->dport);
	noise(draw, at + 4, 16 + options);
	at[12] = (5 + options / 4) << 4 | draw_below(draw, 16);
	at[13] = percent(draw, 90) ? PICK(draw, flags) : next(draw);
	return at + 20 + options;
}

static uint8_t *put_udp(struct draw *draw, uint8_t *at, const struct plan *plan)
{
	bytes_put16(at, plan->sport);
	bytes_put16(at + 2, plan->dport);
	/* may be less than what IP brings: the rest is no part of the datagram */
	bytes_put16(at + 4,
		    8 + (percent(draw, 90) ? plan->payload : draw_below(draw, plan->payload + 1)));
	return at + 8;
}

static uint8_t *put_icmp(struct draw *draw, uint8_t *at)
{
	static const uint8_t types[] = {8, 8, 8, 8, 8, 8, 0, 3, 4, 5, 11, 12, 13, 17};

	noise(draw, at, 8);
	at[0] = percent(draw, 95) ? PICK(draw, types) : next(draw);
	at[1] = percent(draw, 80) ? 0 : draw_below(draw, 5);
	return at + 8;
}

static uint8_t *put_l4(struct draw *draw, uint8_t *at, const struct plan *plan)
{
	switch (plan->protocol) {
	case PROTO_TCP:
		return put_tcp(draw, at, plan);
	case PROTO_UDP:
		return put_udp(draw, at, plan);
	case PROTO_ICMP:
		return put_icmp(draw, at);
	default:
		return at;
	}
}

/* --- checksums --- */

static uint8_t *check_of(uint8_t *l4, uint8_t protocol)
{
	switch (protocol) {
	case PROTO_TCP:
		return l4 + 16;
	case PROTO_UDP:
		return l4 + 6;
	case PROTO_ICMP:
		return l4 + 2;
	default:
		return NULL;
	}
}

static void put_ends(uint8_t *ip, uint8_t *l4, const struct plan *plan)
{
	bytes_put32(ip + 12, plan->from);
	bytes_put32(ip + 16, plan->to);
	bytes_put16(l4, plan->sport);
	bytes_put16(l4 + 2, plan->dport);
}

/* As nat would send @plan's packet on; false when it would not. */
static bool translate(struct plan *plan)
{
	for (size_t i = 0; i < ARRAY_SIZE(translations); i++) {
		const struct place *vip = &translations[i].vip, *backend = &translations[i].backend;

		if (plan->protocol != vip->protocol)
			continue;
		if (plan->to == vip->addr && plan->dport == vip->port) {
			plan->to = backend->addr;
			plan->dport = backend->port;
			return true;
		}
		if (plan->from == backend->addr && plan->sport == backend->port) {
			plan->from = vip->addr;
			plan->sport = vip->port;
			return true;
		}
	}
	return false;
}

/* About 0, where carries and the two zeros are. */
static uint16_t draw_check(struct draw *draw)
{
	return percent(draw, 50) ? 0 : draw_below(draw, 16) - 8;
}

/* Set the word at @word, which is 0 and in what gave @sum, so that the checksum becomes @check. */
static void steer(uint8_t *word, uint16_t sum, uint16_t check)
{
	bytes_put16(word, bytes_sum(NULL, 0, (uint16_t)~sum + (uint16_t)~check));
}

/* Choose the first two bytes of the payload so that the checksum becomes special in nat. */
static void steer_l4(struct draw *draw, const struct plan *plan, uint8_t *ip, uint8_t *l4,
		     size_t length)
{
	size_t header = plan->protocol == PROTO_TCP ? (l4[12] >> 4) * 4 : 8;
	struct plan after = *plan;

	if (!translate(&after) || length < header + 2)
		return;
	put_ends(ip, l4, &after);
	bytes_put16(l4 + header, 0);
	steer(l4 + header, bytes_sum(l4, length, bytes_pseudo(ip, length)), draw_check(draw));
	put_ends(ip, l4, plan);
}

/* The same by the identification, for the checksum of the IP header. */
static void steer_ip(struct draw *draw, const struct plan *plan, uint8_t *ip, uint8_t *l4)
{
	struct plan after = *plan;

	bytes_put16(ip + 4, 0);
	if (translate(&after)) {
		put_ends(ip, l4, &after);
		ip[8]--;
		steer(ip + 4, bytes_sum(ip, l4 - ip, 0), draw_check(draw));
		ip[8]++;
		put_ends(ip, l4, plan);
	} else {
		steer(ip + 4, bytes_sum(ip, l4 - ip, 0), draw_check(draw));
	}
}

/* Some are wrong, some of UDP's are missing. */
static void put_l4_check(struct draw *draw, const struct plan *plan, uint8_t *ip, uint8_t *l4,
			 size_t length)
{
	uint8_t *check = check_of(l4, plan->protocol);
	bool udp = plan->protocol == PROTO_UDP;

	if (!check)
		return;
	if (udp)
		length = bytes_get16(l4 + 4);
	bytes_put16(check, 0);
	if (udp && percent(draw, 20))
		return;
	if (percent(draw, 10))
		steer_l4(draw, plan, ip, l4, length);
	bytes_put16(check, ~bytes_sum(l4, length,
				      plan->protocol == PROTO_ICMP ? 0 : bytes_pseudo(ip, length)));
	if (udp && !bytes_get16(check))
		bytes_put16(check, 0xffff);
	if (percent(draw, 5))
		noise(draw, check, 2);
}

/* Some are wrong, some are 0xffff, which counts as 0. */
static void put_ip_check(struct draw *draw, const struct plan *plan, uint8_t *ip, uint8_t *l4)
{
	bytes_put16(ip + 10, 0);
	if (percent(draw, 10))
		steer_ip(draw, plan, ip, l4);
	bytes_put16(ip + 10, ~bytes_sum(ip, l4 - ip, 0));
	if (!bytes_get16(ip + 10) && percent(draw, 50))
		bytes_put16(ip + 10, 0xffff);
	if (percent(draw, 3))
		noise(draw, ip + 10, 2);
}

/* --- the three kinds --- */

static size_t build(struct draw *draw, uint8_t *ret)
{
	struct plan plan = draw_plan(draw);
	uint8_t *ip = put_ether(draw, ret), *l4 = put_ip(draw, ip, &plan);
	uint8_t *at = put_l4(draw, l4, &plan);
	size_t pad = percent(draw, 80) ? 0 : draw_below(draw, 47);

	noise(draw, at, plan.payload < 64 ? plan.payload : 64);
	if (plan.payload > 64)
		memset(at + 64, 'a' + draw_below(draw, 26), plan.payload - 64);
	at += plan.payload;
	bytes_put16(ip + 2, at - ip);
	put_l4_check(draw, &plan, ip, l4, at - l4);
	put_ip_check(draw, &plan, ip, l4);
	noise(draw, at, pad);
	return at + pad - ret;
}

static size_t take_known(struct draw *draw, uint8_t *ret)
{
	const struct draw_known *known = &draw->known[draw_below(draw, draw->known_count)];

	memcpy(ret, known->frame, known->length);
	return known->length;
}

/* Noise all over, or behind an IPv4 header's first byte, or behind a VIP's address. */
static size_t make_noise(struct draw *draw, uint8_t *ret)
{
	size_t length = DRAW_LENGTH_MIN + draw_below(draw, 120);

	noise(draw, ret, length);
	if (length >= L4_AT && percent(draw, 80)) {
		bytes_put16(ret + 12, 0x0800);
		if (percent(draw, 70))
			ret[IP_AT] = 0x45 + draw_below(draw, 3);
		if (percent(draw, 70))
			bytes_put16(ret + IP_AT + 2, draw_below(draw, length + 8));
		if (percent(draw, 70))
			bytes_put16(ret + IP_AT + 6, 0);
		if (percent(draw, 70))
			ret[IP_AT + 9] = draw_protocol(draw);
		if (percent(draw, 70))
			bytes_put32(ret + IP_AT + 16, PICK(draw, vips));
	}
	return length;
}

/* --- damages: each returns the new length --- */

/* Mostly among the headers. */
static size_t some_place(struct draw *draw, size_t length)
{
	return draw_below(draw, length > 80 && percent(draw, 95) ? 80 : length);
}

static size_t flip_bit(struct draw *draw, uint8_t *frame, size_t length)
{
	frame[some_place(draw, length)] ^= 1 << draw_below(draw, 8);
	return length;
}

static size_t set_byte(struct draw *draw, uint8_t *frame, size_t length)
{
	static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};

	frame[some_place(draw, length)] = percent(draw, 50) ? PICK(draw, values) : next(draw);
	return length;
}

static size_t cut_short(struct draw *draw, uint8_t *frame, size_t length)
{
	return DRAW_LENGTH_MIN + some_place(draw, length - DRAW_LENGTH_MIN + 1);
}

/* A length that lies: IP's two, TCP's, UDP's. */
static size_t lie(struct draw *draw, uint8_t *frame, size_t length)
{
	static const uint16_t lengths[] = {0, 1, 7, 8, 9, 19, 20, 21, 27, 28, 39, 40, 41, 0xffff};
	size_t header = length > IP_AT ? (frame[IP_AT] & 15) * 4 : 0;
	size_t at[] = {IP_AT, IP_AT + 2, IP_AT + header + 12, IP_AT + header + 4};
	uint32_t which = draw_below(draw, ARRAY_SIZE(at));

	if (at[which] + 2 > length)
		return length;
	if (which == 0)
		frame[at[0]] = (frame[at[0]] & 0xf0) | draw_below(draw, 16);
	else if (which == 2)
		frame[at[2]] = (frame[at[2]] & 0x0f) | draw_below(draw, 16) << 4;
	else if (percent(draw, 50)) /* by a little */
		bytes_put16(frame + at[which],
			    bytes_get16(frame + at[which]) + draw_below(draw, 9) - 4);
	else
		bytes_put16(frame + at[which], PICK(draw, lengths));
	return length;
}

/* A header twice. */
static size_t duplicate(struct draw *draw, uint8_t *frame, size_t length)
{
	static const struct {
		size_t at, length;
	} headers[] = {{0, 14}, {12, 2}, {12, 4}, {IP_AT, 20}, {L4_AT, 8}, {L4_AT, 20}, {L4_AT, 4}};
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
	noise(draw, frame + length, more);
	return length + more;
}

static size_t damage(struct draw *draw, uint8_t *frame, size_t length)
{
	static size_t (*const damages[])(struct draw *, uint8_t *, size_t) = {
		flip_bit, flip_bit, set_byte, cut_short, lie, lie, duplicate, take_out, append,
	};

	return PICK(draw, damages)(draw, frame, length);
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
		length = build(draw, ret);
	if (percent(draw, 45))
		count = 1 + draw_below(draw, DAMAGES_MAX);
	for (int i = 0; i < count; i++)
		length = damage(draw, ret, length);
	return length;
}

/* --- the cases --- */

void draw_init(struct draw *ret, const struct case_list *const *lists, size_t count)
{
	size_t total = 0;

	for (size_t l = 0; l < count; l++)
		total += lists[l]->count;
	*ret = (struct draw){.known = mem_zalloc(total * sizeof(*ret->known))};
	for (size_t l = 0; l < count; l++) {
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
