// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * draw_build.c - frames that are right: who talks to whom, by which headers, with which payload;
 * and checksums that lie where carries and the two zeros are.
 */
#include "packet/bytes.h"
#include "packet/chance.h"
#include "packet/view.h"

/* What the headers of a packet will hold. */
struct plan {
	struct view_addr from, to;
	uint16_t sport, dport;
	uint8_t protocol;
	size_t payload;
	const uint8_t *quote; /* the payload; NULL: noise */
	bool piece;           /* of a longer packet: */
	uint16_t id, offset_and_more;
};

/* --- who talks to whom --- */

/* Hosts of these nets: their last byte is drawn. */
static const char *const nets4[] = {
	"198.51.100.0", "198.51.100.0", "203.0.113.0", "198.18.0.0", "198.18.1.0",
	"198.18.2.0",   "198.18.3.0",   "198.18.4.0",  "10.0.0.0",   "10.1.0.0",
};
static const char *const nets6[] = {
	"2001:db8:100::",  "2001:db8:100::",  "2001:db8:200::",  "2001:db8:18::", "2001:db8:18:1::",
	"2001:db8:18:2::", "2001:db8:18:3::", "2001:db8:18:4::", "fd00::",        "fd01::",
};
static const char *const odd4[] = {
	DIRECTOR,    "10.1.0.1",  "10.0.0.254", "10.1.0.254", "10.0.0.255", "255.255.255.255",
	"224.0.0.1", "239.1.2.3", "240.0.0.1",  "127.0.0.1",  "0.0.0.0",    "0.1.2.3",
	VIP,         VIP_STRICT,  "192.0.2.99", "10.0.0.21",
};
static const char *const odd6[] = {
	DIRECTOR6,
	"fd01::1",
	"fd00::fe",
	"fd01::fe",
	"ff02::1",
	"ff05::1:3",
	"::1",
	"::",
	"3fff::1",
	VIP6,
	VIP6_STRICT,
	"fd00::",
	"fd00::21",
	"::2",
	"fe80::fe",
	"2002::1",
	"64:ff9b::",
	"::ffff:192.0.2.10",
	"2001:db8:1::99",
};

/* Places at the VIPs that nobody serves. */
static const char *const unserved[] = {
	VIP ":22",  VIP ":0",           VIP_STRICT ":22", VIP_STRICT ":53", VIP6_AT(22),
	VIP6_AT(0), VIP6_STRICT_AT(22), VIP_ANY ":0",     VIP6_ANY_AT(0),   "192.0.2.99:80",
};

static struct view_addr draw_address(struct draw *draw, bool v6)
{
	struct view_addr addr = {.v6 = v6};

	if (chance_percent(draw, 80)) {
		addr = view_addr(v6 ? CHANCE_PICK(draw, nets6) : CHANCE_PICK(draw, nets4));
		addr.bytes[v6 ? 15 : 3] = draw_below(draw, 256);
	} else if (chance_percent(draw, 80)) {
		addr = view_addr(v6 ? CHANCE_PICK(draw, odd6) : CHANCE_PICK(draw, odd4));
	} else {
		chance_noise(draw, addr.bytes, v6 ? 16 : 4);
	}
	return addr;
}

static uint16_t draw_port(struct draw *draw)
{
	return chance_percent(draw, 3) ? 0 : draw_below(draw, 65536);
}

static uint8_t draw_protocol(struct draw *draw, bool v6)
{
	static const uint8_t usual[] = {PROTO_TCP, PROTO_TCP, PROTO_TCP, PROTO_TCP, PROTO_TCP,
					PROTO_UDP, PROTO_UDP, PROTO_UDP, PROTO_UDP};
	static const uint8_t others[] = {0,  1,  2,  4,  41,  43,  44,  47, 50,
					 51, 58, 59, 60, 115, 132, 135, 136};

	if (chance_percent(draw, 85))
		return CHANCE_PICK(draw, usual);
	if (chance_percent(draw, 70))
		return v6 ? PROTO_ICMP6 : PROTO_ICMP;
	return chance_percent(draw, 80) ? CHANCE_PICK(draw, others) : chance_next(draw);
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

static uint8_t protocol_of(const char *service)
{
	return service[0] == 't' ? PROTO_TCP : PROTO_UDP;
}

static const struct world_row *draw_service(struct draw *draw, bool nat)
{
	const struct world_row *row;

	do
		row = &world_services[1 + draw_below(draw, WORLD_SERVICE_COUNT - 1)];
	while (nat && row->forward != SHUNT_FORWARD_NAT);
	return row;
}

/* An end of a service; for every port any will do. */
static struct view_addr draw_end(struct draw *draw, const char *text, uint16_t *ret_port)
{
	struct view_addr addr = view_end(text, ret_port);

	if (!*ret_port)
		*ret_port = draw_port(draw);
	return addr;
}

/* Client to VIP. */
static void plan_there(struct draw *draw, struct plan *plan)
{
	const struct world_row *row = draw_service(draw, false);

	if (chance_percent(draw, 10)) {
		plan->to = view_end(CHANCE_PICK(draw, unserved), &plan->dport);
	} else {
		plan->to = draw_end(draw, row->address + strlen("tcp:"), &plan->dport);
		plan->protocol = protocol_of(row->address);
	}
	plan->from = draw_address(draw, plan->to.v6);
}

/* Backend to client. */
static void plan_back(struct draw *draw, struct plan *plan)
{
	const struct world_row *row = draw_service(draw, chance_percent(draw, 90));

	plan->from = draw_end(draw, row->backend, &plan->sport);
	plan->protocol = protocol_of(row->address);
	plan->to = draw_address(draw, plan->from.v6);
}

/* Few clients and numbers, so that pieces often follow one another. */
static void plan_piece(struct draw *draw, struct plan *plan)
{
	static const char *const clients4[] = {"198.51.100.7", "203.0.113.9"};
	static const char *const clients6[] = {CLIENT6_ADDR, FAR_CLIENT6_ADDR};
	bool back = chance_percent(draw, 30);

	if (back)
		plan_back(draw, plan);
	else
		plan_there(draw, plan);
	*(back ? &plan->to : &plan->from) =
		view_addr(plan->to.v6 ? CHANCE_PICK(draw, clients6) : CHANCE_PICK(draw, clients4));
	plan->piece = true;
	plan->id = draw_below(draw, 4);
	if (chance_percent(draw, 40))
		plan->offset_and_more = 1;
	else
		plan->offset_and_more = draw_below(draw, 200) << 3 | draw_below(draw, 2);
}

static struct plan draw_plan(struct draw *draw)
{
	bool v6 = chance_percent(draw, 50);
	struct plan plan = {
		.from = draw_address(draw, v6),
		.to = draw_address(draw, v6),
		.sport = draw_port(draw),
		.dport = draw_port(draw),
		.payload = draw_payload(draw),
	};
	uint32_t kind = draw_below(draw, 20);

	if (chance_percent(draw, 10))
		plan_piece(draw, &plan);
	else if (kind > 12)
		plan_back(draw, &plan);
	else if (kind > 0)
		plan_there(draw, &plan);
	if (!plan.protocol || chance_percent(draw, 20))
		plan.protocol = draw_protocol(draw, plan.to.v6);
	return plan;
}

/* --- layers: each writes at @at and returns where the next begins --- */

static void put_mac(struct draw *draw, uint8_t *at, uint16_t usual)
{
	bytes_put32(at, 0x02000000);
	bytes_put16(at + 4, usual);
	switch (draw_below(draw, 16)) {
	case 0:
		chance_noise(draw, at, 6);
		break;
	case 1: /* broadcast */
		memset(at, 0xff, 6);
		break;
	case 2: /* of a backend */
		bytes_put16(at + 4, 0x0010 + draw_below(draw, 4));
		break;
	}
}

static uint8_t *put_ether(struct draw *draw, uint8_t *at, bool v6)
{
	static const uint16_t others[] = {0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x8847, 0x05dc};
	static const uint16_t tags[] = {0, 1, 100, 100, 100, 200, 200, 300, 4095, 0x6064, 0xffff};
	uint32_t count = chance_percent(draw, 80) ? 0 : draw_below(draw, 13) / 5 + 1;

	put_mac(draw, at, 0x0001);
	put_mac(draw, at + 6, 0x00fe);
	at += 12;
	for (; count; count--, at += 4) {
		bytes_put16(at, chance_percent(draw, count == 2 ? 70 : 10) ? 0x88a8 : 0x8100);
		bytes_put16(at + 2, CHANCE_PICK(draw, tags));
	}
	bytes_put16(at,
		    chance_percent(draw, 97) ? v6 ? 0x86dd : 0x0800 : CHANCE_PICK(draw, others));
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
		return chance_next(draw);
	default:
		return 64;
	}
}

/* All but the total length and the checksum. */
static uint8_t *put_ip4(struct draw *draw, uint8_t *at, const struct plan *plan)
{
	size_t options = chance_percent(draw, 75) ? 0 : draw_below(draw, 11) * 4;

	at[0] = 4 << 4 | (5 + options / 4);
	at[1] = chance_percent(draw, 80) ? 0 : chance_next(draw);
	bytes_put16(at + 4, chance_next(draw));
	bytes_put16(at + 6, draw_fragment(draw));
	if (plan->piece) {
		bytes_put16(at + 4, plan->id);
		bytes_put16(at + 6, plan->offset_and_more >> 3 | (plan->offset_and_more & 1) << 13);
	}
	at[8] = draw_ttl(draw);
	at[9] = plan->protocol;
	view_write_addr(at + 12, &plan->from);
	view_write_addr(at + 16, &plan->to);
	chance_noise(draw, at + 20, options);
	return at + 20 + options;
}

/* An extension header of any length; some are fragments. *@next is where its number goes. */
static uint8_t *put_extension(struct draw *draw, uint8_t *at, uint8_t **next)
{
	static const uint8_t kinds[] = {0, 43, 44, 60, 60, 60};
	uint8_t kind = CHANCE_PICK(draw, kinds);
	size_t more = kind == 44 || chance_percent(draw, 80) ? 0 : draw_below(draw, 6);

	**next = kind;
	*next = at;
	at[1] = more;
	chance_noise(draw, at + 2, 6 + more * 8);
	if (kind == 44)
		bytes_put16(at + 2, chance_percent(draw, 70) ? 0 : chance_next(draw));
	return at + 8 + more * 8;
}

static uint8_t *put_piece(uint8_t *at, const struct plan *plan, uint8_t **next)
{
	**next = 44;
	*next = at;
	at[1] = 0;
	bytes_put16(at + 2, plan->offset_and_more);
	bytes_put32(at + 4, plan->id);
	return at + 8;
}

/* All but the length. */
static uint8_t *put_ip6(struct draw *draw, uint8_t *at, const struct plan *plan)
{
	uint32_t count = chance_percent(draw, 75) ? 0 : draw_below(draw, 11);
	uint8_t *next = at + 6;

	bytes_put32(at, 6U << 28 | (chance_percent(draw, 80) ? 0 : chance_next(draw) >> 36));
	at[7] = draw_ttl(draw);
	view_write_addr(at + 8, &plan->from);
	view_write_addr(at + 24, &plan->to);
	for (at += 40; count; count--)
		at = put_extension(draw, at, &next);
	if (plan->piece)
		at = put_piece(at, plan, &next);
	*next = plan->protocol;
	return at;
}

static uint8_t *put_tcp(struct draw *draw, uint8_t *at, const struct plan *plan)
{
	static const uint8_t flags[] = {0x02, 0x12, 0x10, 0x10, 0x18, 0x11, 0x04, 0x14, 0xc2, 0x06};
	size_t options = chance_percent(draw, 60) ? 0 : draw_below(draw, 11) * 4;

	bytes_put16(at, plan->sport);
	bytes_put16(at + 2, plan->dport);
	chance_noise(draw, at + 4, 16 + options);
	at[12] = (5 + options / 4) << 4 | draw_below(draw, 16);
	at[13] = chance_percent(draw, 90) ? CHANCE_PICK(draw, flags) : chance_next(draw);
	return at + 20 + options;
}

static uint8_t *put_udp(struct draw *draw, uint8_t *at, const struct plan *plan)
{
	size_t payload = plan->payload;

	bytes_put16(at, plan->sport);
	bytes_put16(at + 2, plan->dport);
	chance_noise(draw, at + 6, 2);
	/* may be less than what IP brings: the rest is no part of the datagram */
	bytes_put16(at + 4,
		    8 + (chance_percent(draw, 90) ? payload : draw_below(draw, payload + 1)));
	return at + 8;
}

static uint8_t *put_icmp(struct draw *draw, uint8_t *at, bool v6, bool quotes)
{
	static const uint8_t errors4[] = {3, 3, 3, 11, 12}, errors6[] = {1, 2, 3, 4};
	static const uint8_t types4[] = {8, 8, 8, 8, 8, 8, 0, 3, 4, 5, 11, 12, 13, 17};
	static const uint8_t types6[] = {128, 128, 128, 128, 128, 129, 1,
					 2,   3,   4,   5,   133, 135, 143};

	chance_noise(draw, at, 8);
	if (quotes)
		at[0] = v6 ? CHANCE_PICK(draw, errors6) : CHANCE_PICK(draw, errors4);
	else if (chance_percent(draw, 95))
		at[0] = v6 ? CHANCE_PICK(draw, types6) : CHANCE_PICK(draw, types4);
	at[1] = chance_percent(draw, 80) ? 0 : draw_below(draw, 5);
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
	case PROTO_ICMP6:
		return put_icmp(draw, at, plan->to.v6, plan->quote);
	default:
		return at;
	}
}

static uint8_t *put_payload(struct draw *draw, uint8_t *at, const struct plan *plan)
{
	size_t noise = plan->payload < 64 ? plan->payload : 64;

	if (plan->quote) {
		memcpy(at, plan->quote, plan->payload);
		return at + plan->payload;
	}
	chance_noise(draw, at, noise);
	memset(at + noise, 'a' + draw_below(draw, 26), plan->payload - noise);
	return at + plan->payload;
}

/* --- checksums --- */

static void put_ends(uint8_t *frame, const struct view *v, const struct plan *plan)
{
	view_write_addr(frame + view_from_at(v), &plan->from);
	view_write_addr(frame + view_to_at(v), &plan->to);
	bytes_put16(frame + v->l4, plan->sport);
	bytes_put16(frame + v->l4 + 2, plan->dport);
}

/* As nat would send @plan's packet on; false when it would not. */
static bool translate(struct plan *plan)
{
	for (size_t s = 1; s < WORLD_SERVICE_COUNT; s++) {
		const struct world_row *row = &world_services[s];
		uint16_t vip_port, backend_port;
		struct view_addr vip, backend;

		if (row->forward != SHUNT_FORWARD_NAT ||
		    protocol_of(row->address) != plan->protocol)
			continue;
		vip = view_end(row->address + strlen("tcp:"), &vip_port);
		backend = view_end(row->backend, &backend_port);
		if (view_same(&plan->to, &vip) && (plan->dport == vip_port || !vip_port)) {
			plan->to = backend;
			plan->dport = backend_port ?: plan->dport;
			return true;
		}
		if (view_same(&plan->from, &backend) &&
		    (plan->sport == backend_port || !backend_port)) {
			plan->from = vip;
			plan->sport = vip_port ?: plan->sport;
			return true;
		}
	}
	return false;
}

/* About 0, where carries and the two zeros are. */
static uint16_t draw_check(struct draw *draw)
{
	return chance_percent(draw, 50) ? 0 : draw_below(draw, 16) - 8;
}

/* Set the word at @word, which is 0 and in what gave @sum, so that the checksum becomes @check. */
static void steer(uint8_t *word, uint16_t sum, uint16_t check)
{
	bytes_put16(word, bytes_sum(NULL, 0, (uint16_t)~sum + (uint16_t)~check));
}

/* Choose the first two bytes of the payload so that the checksum becomes special in nat. */
static void steer_l4(struct draw *draw, const struct plan *plan, uint8_t *frame,
		     const struct view *v)
{
	size_t header = plan->protocol == PROTO_TCP ? (frame[v->l4 + 12] >> 4) * 4 : 8;
	struct plan after = *plan;

	if (v->covered < header + 2 || !translate(&after))
		return;
	put_ends(frame, v, &after);
	bytes_put16(frame + v->l4 + header, 0);
	steer(frame + v->l4 + header, view_l4_sum(v, frame), draw_check(draw));
	put_ends(frame, v, plan);
}

/* The same by the identification, for the checksum of the IPv4 header. */
static void steer_ip(struct draw *draw, const struct plan *plan, uint8_t *frame,
		     const struct view *v)
{
	struct plan after = *plan;
	uint8_t *ip = frame + v->ip;

	bytes_put16(ip + 4, 0);
	if (translate(&after)) {
		put_ends(frame, v, &after);
		ip[8]--;
		steer(ip + 4, view_ip_sum(v, frame), draw_check(draw));
		ip[8]++;
		put_ends(frame, v, plan);
	} else {
		steer(ip + 4, view_ip_sum(v, frame), draw_check(draw));
	}
}

/* Some are wrong, some of UDP's are missing. */
static void put_l4_check(struct draw *draw, const struct plan *plan, uint8_t *frame,
			 const struct view *v)
{
	uint8_t *check = frame + v->check_at;
	bool udp = v->protocol == PROTO_UDP;

	bytes_put16(check, 0);
	if (udp && chance_percent(draw, 20))
		return;
	if (v->sport && chance_percent(draw, 10))
		steer_l4(draw, plan, frame, v);
	bytes_put16(check, ~view_l4_sum(v, frame));
	if (udp && !bytes_get16(check))
		bytes_put16(check, 0xffff);
	if (chance_percent(draw, 5))
		chance_noise(draw, check, 2);
}

/* Some are wrong, some are 0xffff, which counts as 0. */
static void put_ip_check(struct draw *draw, const struct plan *plan, uint8_t *frame,
			 const struct view *v)
{
	uint8_t *check = frame + v->ip + 10;

	bytes_put16(check, 0);
	if (v->fault == VIEW_RIGHT && v->sport && chance_percent(draw, 10))
		steer_ip(draw, plan, frame, v);
	bytes_put16(check, ~view_ip_sum(v, frame));
	if (!bytes_get16(check) && chance_percent(draw, 50))
		bytes_put16(check, 0xffff);
	if (chance_percent(draw, 3))
		chance_noise(draw, check, 2);
}

/* Without padding. */
static size_t put_frame(struct draw *draw, const struct plan *plan, uint8_t *ret)
{
	bool v6 = plan->to.v6;
	uint8_t *ip = put_ether(draw, ret, v6), *at;
	struct view v;

	at = v6 ? put_ip6(draw, ip, plan) : put_ip4(draw, ip, plan);
	at = put_payload(draw, put_l4(draw, at, plan), plan);
	bytes_put16(ip + (v6 ? 4 : 2), at - ip - (v6 ? 40 : 0));
	v = view_frame(ret, at - ret);
	if (v.is_ip && v.fault == VIEW_RIGHT && v.check_at)
		put_l4_check(draw, plan, ret, &v);
	if (v.is_ip && !v.v6 && v.fault != VIEW_BAD_IP)
		put_ip_check(draw, plan, ret, &v);
	return at - ret;
}

/* --- ICMP errors about a service's packets --- */

/* About what a backend sent to a client, or a nat backend was sent: that, and who tells whom. */
static void plan_error(struct draw *draw, struct plan *sent, struct plan *error)
{
	bool to_vip = chance_percent(draw, 60);
	const struct world_row *row = draw_service(draw, !to_vip);

	*sent = (struct plan){.payload = draw_payload(draw), .protocol = protocol_of(row->address)};
	*error = (struct plan){0};
	if (to_vip) {
		sent->from = draw_end(draw, row->address + strlen("tcp:"), &sent->sport);
		sent->to = draw_address(draw, sent->from.v6);
		sent->dport = draw_port(draw);
		error->to = sent->from;
	} else {
		sent->to = draw_end(draw, row->backend, &sent->dport);
		sent->from = draw_address(draw, sent->to.v6);
		sent->sport = draw_port(draw);
		error->to = sent->from;
	}
	error->protocol = error->to.v6 ? PROTO_ICMP6 : PROTO_ICMP;
	error->from = sent->to;
	if (chance_percent(draw, 30)) /* a router on the way */
		error->from = draw_address(draw, error->to.v6);
	if (chance_percent(draw, 5)) /* to somebody else */
		error->to = draw_address(draw, error->to.v6);
}

/* Without padding. */
static size_t put_error(struct draw *draw, uint8_t *ret)
{
	uint8_t quoted[FRAME_MAX];
	struct plan sent, error;
	size_t length, header;
	struct view v;

	plan_error(draw, &sent, &error);
	length = put_frame(draw, &sent, quoted);
	v = view_frame(quoted, length);
	header = v.is_ip ? v.l4 - v.ip : 0;
	error.quote = quoted + v.ip;
	error.payload = header + 8 + draw_below(draw, chance_percent(draw, 80) ? 40 : 600);
	if (chance_percent(draw, 5))
		error.payload = draw_below(draw, header + 8);
	if (error.payload > length - v.ip)
		error.payload = length - v.ip;
	return put_frame(draw, &error, ret);
}

size_t draw_build(struct draw *draw, uint8_t ret[static FRAME_MAX])
{
	size_t pad = chance_percent(draw, 80) ? 0 : draw_below(draw, 47), length;
	struct plan plan;

	if (chance_percent(draw, 12)) {
		length = put_error(draw, ret);
	} else {
		plan = draw_plan(draw);
		length = put_frame(draw, &plan, ret);
	}
	chance_noise(draw, ret + length, pad);
	return length + pad;
}
