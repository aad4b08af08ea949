// SPDX-License-Identifier: GPL-2.0-or-later
/* predict.c - see predict.h. */
#include "packet/predict.h"

#include <uthash.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "packet/bytes.h"
#include "packet/predict_world.h"

#define ETHER       14
#define IP4         20
#define IP6         40
#define ICMP8       8
#define GUE         12 /* with its UDP header */
#define NO_FAULT    (-1)
#define MSS_OPTIONS 12      /* are looked at */
#define REMEMBERED  2000    /* frames, for so long at least a first piece is remembered */
#define TAG_AD      0x20000 /* as AD() of frame.h */

/* The last two bytes of a MAC address 02:00:00:00:... */
#define MAC_OF_ROUTER   0x00fe
#define MAC_OF_ROUTER2  0x01fe
#define MAC_OF_DIRECTOR 0x0001
#define MAC_OF_OUT      0x0101
#define MAC_OF_BACKEND  0x0010 /* and its number */

/* A host that an answer may go to, asked in a frame for one? */
static bool may_be_answered(const struct prediction *ret)
{
	static const uint8_t low[15];
	const uint8_t *from = ret->in.from.bytes;

	if (ret->frame[0] & 1)
		return false;
	if (ret->in.v6)
		return from[0] != 0xff && (memcmp(from, low, sizeof(low)) != 0 || from[15] > 1);
	return from[0] != 0 && from[0] != 127 && from[0] < 224;
}

static uint8_t ttl_of(const struct prediction *ret)
{
	return ret->frame[ret->in.ip + (ret->in.v6 ? 7 : 8)];
}

static bool is_syn(const struct prediction *ret)
{
	return ret->in.protocol == PROTO_TCP && (ret->frame[ret->in.l4 + 13] & 0x12) == 0x02;
}

/* --- what is done with it --- */

static void ends(struct prediction *ret, int verdict, int reason)
{
	ret->verdict = verdict;
	ret->reason = reason;
}

static const int untagged[2];

/* The tags become those of a backend, 0 for none; a tag that stays keeps its priority. */
static void retags(struct prediction *ret, const int tags[2])
{
	uint8_t old[ETHER + 8], *at = ret->frame + 12;
	size_t length = (tags[0] ? 4 : 0) + (tags[1] ? 4 : 0), had = ret->out.tags;
	bool same = length == had;

	memcpy(old, ret->frame, sizeof(old));
	for (size_t i = 0; same && i < length / 4; i++)
		same = (bytes_get16(old + 12 + 4 * i) == 0x88a8) == !!(tags[i] & TAG_AD) &&
		       (bytes_get16(old + 14 + 4 * i) & 0xfff) == (tags[i] & 0xfff);
	if (same)
		return;
	memmove(at + length, at + had, ret->length - 12 - had);
	for (size_t i = 0; i < length / 4; i++, at += 4) {
		bytes_put16(at, tags[i] & TAG_AD ? 0x88a8 : 0x8100);
		bytes_put16(at + 2, tags[i] & 0xfff);
	}
	ret->length += length - had;
	ret->out.tags = length;
	ret->out.ip += length - had;
	ret->out.l4 += length - had;
	if (ret->out.check_at)
		ret->out.check_at += length - had;
}

static void goes(struct prediction *ret, bool back, uint16_t dmac, uint16_t smac)
{
	bytes_put32(ret->frame, 0x02000000);
	bytes_put16(ret->frame + 4, dmac);
	bytes_put32(ret->frame + 6, 0x02000000);
	bytes_put16(ret->frame + 10, smac);
	ret->verdict = back ? XDP_TX : XDP_REDIRECT;
}

static void turns(struct prediction *ret)
{
	uint8_t macs[12];

	memcpy(macs, ret->frame, sizeof(macs));
	memcpy(ret->frame, macs + 6, 6);
	memcpy(ret->frame + 6, macs, 6);
}

static void counts(struct prediction *ret, enum counted counted, enum world_service service,
		   int number)
{
	ret->counted = counted;
	ret->service = service;
	ret->number = number;
}

/* The address at @addr_at, the port at @port_at of the next header, and the TTL. */
static void translates(struct prediction *ret, size_t addr_at, const struct view_addr *addr,
		       size_t port_at, uint16_t port)
{
	view_write_addr(ret->frame + addr_at, addr);
	if (port) /* else it stays */
		bytes_put16(ret->frame + ret->in.l4 + port_at, port);
	ret->frame[ret->in.ip + (ret->in.v6 ? 7 : 8)]--;
	ret->mended = true;
}

/* The MSS in a TCP header is lowered to what the service wants, if it is among the first options.
 */
static void clamps(struct prediction *ret, enum world_service s)
{
	const struct world_row *row = &world_services[s];
	uint32_t headers = ret->in.v6 ? 60 : 40, most = row->mss;
	uint8_t *tcp = ret->frame + ret->in.l4;
	size_t at = 20, end = (tcp[12] >> 4) * 4;

	if (row->mss == SHUNT_MSS_AUTO)
		most = (uint32_t)row->mtu > headers ? row->mtu - headers : 0;
	for (int i = 0; most && i < MSS_OPTIONS && at + 4 <= end && tcp[at] != 0; i++) {
		if (tcp[at] == 2 && tcp[at + 1] == 4 && bytes_get16(tcp + at + 2) > most) {
			bytes_put16(tcp + at + 2, most);
			ret->mended = true;
		}
		if ((tcp[at] == 2 && tcp[at + 1] == 4) || (tcp[at] != 1 && tcp[at + 1] < 2))
			return;
		at += tcp[at] == 1 ? 1 : tcp[at + 1];
	}
}

static int service_fault(enum world_service service)
{
	switch (service) {
	case EMPTY:
	case EMPTY6:
		return SHUNT_REASON_NO_BACKEND;
	case WILD:
	case UNUSED:
	case BEYOND:
		return SHUNT_REASON_INTERNAL;
	case NO_HOP:
	case NO_HOP6:
		return SHUNT_REASON_NO_NEXT_HOP;
	default:
		return NO_FAULT;
	}
}

bool predict_reaches(enum world_service service)
{
	return service_fault(service) == NO_FAULT && service != NO_EGRESS;
}

/* An ICMP error of ours about the packet, from @from, by the way the frame came. */
static void answers(struct prediction *ret, const struct view_addr *from, uint8_t type,
		    uint8_t code, uint32_t rest)
{
	bool v6 = ret->in.v6;
	size_t most = v6 ? 512 : ret->in.l4 - ret->in.ip + 8, header = v6 ? IP6 : IP4;
	size_t quoted = ret->in.total < most ? ret->in.total & ~(size_t)3 : most;
	uint8_t *ip = ret->frame + ret->in.ip, *icmp = ip + header;
	struct view *out = &ret->out;

	turns(ret);
	for (size_t tag = 14; tag < ret->in.ip; tag += 4)
		ret->frame[tag] &= 0x0f; /* of no priority */
	memmove(icmp + ICMP8, ip, quoted);
	memset(ip, 0, header + ICMP8);
	icmp[0] = type;
	icmp[1] = code;
	bytes_put32(icmp + 4, rest);
	ip[0] = v6 ? 0x60 : 0x45;
	ip[v6 ? 6 : 9] = v6 ? PROTO_ICMP6 : PROTO_ICMP;
	ip[v6 ? 7 : 8] = 64;
	view_write_addr(ret->frame + view_from_at(&ret->in), from);
	view_write_addr(ret->frame + view_to_at(&ret->in), &ret->in.from);
	bytes_put16(ip + (v6 ? 4 : 2), ICMP8 + quoted + (v6 ? 0 : IP4));
	if (!v6) {
		ip[1] = 0xc0;
		bytes_put16(ip + 6, 0x4000);
		bytes_put16(ip + 10, ~bytes_sum(ip, IP4, 0));
	}
	*out = (struct view){.is_ip = true,
			     .v6 = v6,
			     .tags = ret->in.tags,
			     .ip = ret->in.ip,
			     .l4 = ret->in.ip + header,
			     .covered = ICMP8 + quoted,
			     .protocol = v6 ? PROTO_ICMP6 : PROTO_ICMP};
	bytes_put16(icmp + 2, ~view_l4_sum(out, ret->frame));
	ret->length = out->l4 + out->covered;
}

/* The TTL ends: time exceeded from @vip. */
static void expires(struct prediction *ret, const struct view_addr *vip)
{
	if (!may_be_answered(ret))
		return ends(ret, XDP_DROP, SHUNT_REASON_TTL_EXPIRED);
	answers(ret, vip, ret->in.v6 ? 3 : 11, 0, 0);
	ends(ret, XDP_TX, SHUNT_REASON_TTL_ANSWERED);
}

/* Longer than the way to the backend carries: without a tunnel the interface it came from does. */
static bool is_too_big(const struct predictor *p, uint32_t ifindex, enum world_service s,
		       const struct prediction *ret)
{
	const struct world_row *row = &world_services[s];
	bool tunnel = row->forward == SHUNT_FORWARD_IPIP || row->forward == SHUNT_FORWARD_GUE;

	if (!row->mtu || ret->in.total <= (size_t)row->mtu)
		return false;
	return tunnel || ifindex != (row->by_out0 ? p->out0 : p->in0);
}

/* The sender is told the MTU; no IPv6 host goes below 1280. */
static void told_too_big(struct prediction *ret, const struct view_addr *vip, uint32_t mtu)
{
	if (!may_be_answered(ret))
		return ends(ret, XDP_DROP, SHUNT_REASON_TOO_BIG);
	if (ret->in.v6)
		answers(ret, vip, 2, 0, mtu < 1280 ? 1280 : mtu);
	else
		answers(ret, vip, 3, 4, mtu);
	ends(ret, XDP_TX, SHUNT_REASON_TOO_BIG_ANSWERED);
}

static void put_outer4(uint8_t *ip, const struct predict_service *service, uint8_t traffic,
		       uint8_t protocol, size_t length)
{
	memset(ip, 0, IP4);
	ip[0] = 0x45;
	ip[1] = traffic;
	bytes_put16(ip + 2, IP4 + length);
	bytes_put16(ip + 6, 0x4000);
	ip[8] = 64;
	ip[9] = protocol;
	view_write_addr(ip + 12, &service->source);
	view_write_addr(ip + 16, &service->backend);
	bytes_put16(ip + 10, ~bytes_sum(ip, IP4, 0));
}

static void put_outer6(uint8_t *ip, const struct predict_service *service, uint8_t traffic,
		       uint8_t protocol, size_t length)
{
	bytes_put32(ip, 6U << 28 | (uint32_t)traffic << 20);
	bytes_put16(ip + 4, length);
	ip[6] = protocol;
	ip[7] = 64;
	view_write_addr(ip + 8, &service->source);
	view_write_addr(ip + 24, &service->backend);
}

/* The outer headers come between the tags and the packet, which stays as it is. */
static void wraps(struct prediction *ret, const struct predict_service *service)
{
	bool gue = service->forward == SHUNT_FORWARD_GUE;
	size_t header = (service->backend.v6 ? IP6 : IP4) + (gue ? GUE : 0);
	uint8_t *ip = ret->frame + ret->out.ip, *udp = ip + header - GUE;
	uint8_t traffic = ret->in.v6 ? bytes_get16(ip) >> 4 : ip[1];
	uint8_t carried = ret->in.v6 ? 41 : 4, protocol = gue ? PROTO_UDP : carried;
	size_t length = ret->in.total + (gue ? GUE : 0);

	memmove(ip + header, ip, ret->length - ret->out.ip);
	if (gue) {
		memset(udp, 0, GUE);
		bytes_put16(udp + 2, 6080);
		bytes_put16(udp + 4, length);
		udp[9] = carried;
	}
	if (service->backend.v6)
		put_outer6(ip, service, traffic, protocol, length);
	else
		put_outer4(ip, service, traffic, protocol, length);
	bytes_put16(ip - 2, service->backend.v6 ? 0x86dd : 0x0800);
	ret->length += header;
	ret->out.ip += header;
	ret->out.l4 += header;
	if (ret->out.check_at)
		ret->out.check_at += header;
	ret->wrapped = true;
}

/* The backend of a service that a packet of its goes to; false when it goes to none. */
static bool finds_backend(enum world_service s, bool syn, struct prediction *ret, int *ret_number)
{
	*ret_number = (s == MIXED || s == MIXED6) && !syn ? 2 : 1;
	if (service_fault(s) != NO_FAULT)
		ends(ret, XDP_DROP, service_fault(s));
	return service_fault(s) == NO_FAULT;
}

static bool is_flooded(const struct prediction *ret, int number)
{
	return bytes_get32(ret->frame) == 0x02000000 &&
	       bytes_get16(ret->frame + 4) == MAC_OF_BACKEND + number;
}

/* By the way that leads to a backend. */
static void leaves(const struct predictor *p, uint32_t ifindex, enum world_service s, int number,
		   enum counted counted, struct prediction *ret)
{
	uint32_t out = world_services[s].by_out0 ? p->out0 : p->in0;

	const struct predict_service *service = &p->services[s];

	if (service->forward == SHUNT_FORWARD_IPIP || service->forward == SHUNT_FORWARD_GUE) {
		retags(ret, untagged);
		wraps(ret, service);
	}
	retags(ret, world_services[s].tags);
	goes(ret, out == ifindex, MAC_OF_BACKEND + number, MAC_OF_DIRECTOR);
	counts(ret, counted, s, number);
}

static void to_backend(const struct predictor *p, uint32_t ifindex, enum world_service s,
		       struct prediction *ret)
{
	const struct predict_service *service = &p->services[s];
	bool nat = service->forward == SHUNT_FORWARD_NAT, syn = is_syn(ret);
	int number;

	if (!finds_backend(s, syn, ret, &number))
		return;
	if (is_too_big(p, ifindex, s, ret))
		return told_too_big(ret, &service->vip, world_services[s].mtu);
	if (nat && ttl_of(ret) <= 1)
		return expires(ret, &service->vip);
	if (service->forward == SHUNT_FORWARD_DR && is_flooded(ret, number))
		return ends(ret, XDP_PASS, SHUNT_REASON_FLOODED);
	if (s == NO_EGRESS)
		return ends(ret, XDP_DROP, SHUNT_REASON_TRANSMIT);
	if (syn)
		clamps(ret, s);
	if (nat)
		translates(ret, view_to_at(&ret->in), &service->backend, 2, service->backend_port);
	leaves(p, ifindex, s, number, syn ? CONNECTED : FORWARDED, ret);
}

/* --- ICMP errors --- */

static bool quotes_ports(const struct view *quote)
{
	return quote->fault == VIEW_RIGHT && quote->piece != VIEW_LATER && quote->covered >= 8 &&
	       (quote->protocol == PROTO_TCP || quote->protocol == PROTO_UDP);
}

/* The quote's address at @quote_at and port become others, the error's own address at @at too. */
static void translates_error(struct prediction *ret, size_t at, const struct view_addr *own,
			     size_t quote_at, const struct view_addr *addr, size_t port_at,
			     uint16_t port)
{
	view_write_addr(ret->frame + at, own);
	view_write_addr(ret->frame + quote_at, addr);
	if (port)
		bytes_put16(ret->frame + ret->quote.l4 + port_at, port);
	ret->frame[ret->in.ip + (ret->in.v6 ? 7 : 8)]--;
	ret->mended = ret->mended_quote = true;
}

/* About what a backend sent: to that one. */
static void error_to_backend(const struct predictor *p, uint32_t ifindex, enum world_service s,
			     struct prediction *ret)
{
	const struct predict_service *service = &p->services[s];
	bool nat = service->forward == SHUNT_FORWARD_NAT;
	int number;

	if (!finds_backend(s, false, ret, &number))
		return;
	if (!nat && is_too_big(p, ifindex, s, ret))
		return ends(ret, XDP_DROP, SHUNT_REASON_TOO_BIG);
	if (nat && ttl_of(ret) <= 1)
		return ends(ret, XDP_DROP, SHUNT_REASON_TTL_EXPIRED);
	if (service->forward == SHUNT_FORWARD_DR && is_flooded(ret, number))
		return ends(ret, XDP_PASS, SHUNT_REASON_FLOODED);
	if (s == NO_EGRESS)
		return ends(ret, XDP_DROP, SHUNT_REASON_TRANSMIT);
	if (nat)
		translates_error(ret, view_to_at(&ret->in), &service->backend,
				 view_from_at(&ret->quote), &service->backend, 0,
				 service->backend_port);
	leaves(p, ifindex, s, number, FORWARDED, ret);
}

static void error_to_vip(const struct predictor *p, uint32_t ifindex, struct prediction *ret)
{
	struct view quote = view_quote(&ret->in, ret->frame);
	bool later = quote.piece == VIEW_LATER,
	     has_ports = quote.protocol == PROTO_TCP || quote.protocol == PROTO_UDP;
	enum world_service s = NO_SERVICE;

	ret->quote = quote;
	if (quote.fault != VIEW_RIGHT || (!later && has_ports && quote.covered < 8))
		return ends(ret, XDP_DROP, SHUNT_REASON_MALFORMED_QUOTE);
	if (quotes_ports(&quote) && view_same(&quote.from, &ret->in.to))
		s = predict_service_at(p, quote.protocol, &quote.from, quote.sport, 1);
	if (s == NO_SERVICE)
		return ends(ret, XDP_PASS, SHUNT_REASON_ICMP_PASS);
	error_to_backend(p, ifindex, s, ret);
}

static bool is_error(const struct view *in, uint8_t type)
{
	return in->v6 ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
}

static void echoes(struct prediction *ret)
{
	turns(ret);
	view_write_addr(ret->frame + view_from_at(&ret->in), &ret->in.to);
	view_write_addr(ret->frame + view_to_at(&ret->in), &ret->in.from);
	ret->frame[ret->in.ip + (ret->in.v6 ? 7 : 8)] = 64;
	ret->frame[ret->in.l4] = ret->in.v6 ? 129 : 0;
	ret->mended = true;
	ends(ret, XDP_TX, SHUNT_REASON_ICMP_ECHO);
}

/* --- back to a client --- */

/* No router sends these on (RFC 4291, 2.5.3, 2.5.6, 2.7). */
static bool stays_on_the_link(const struct view_addr *addr)
{
	static const uint8_t loopback[16] = {[15] = 1};

	return addr->v6 && (addr->bytes[0] == 0xff ||
			    (addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80) ||
			    memcmp(addr->bytes, loopback, sizeof(loopback)) == 0);
}

/* The way that the routes have for it; NULL: it stays, or is dropped or passed for a reason. */
static const struct predict_route *leaves_by_route(const struct predictor *p, uint32_t ifindex,
						   struct prediction *ret)
{
	const struct predict_route *route = predict_route_to(p, &ret->in.to);
	uint32_t out = route->way == BY_IN ? p->in0 : p->out0;
	bool keeps_whole = ret->in.v6 || ret->frame[ret->in.ip + 6] & 0x40;

	if (stays_on_the_link(&ret->in.to) || stays_on_the_link(&ret->in.from))
		return NULL;
	if (!p->forwarding)
		ends(ret, XDP_PASS, SHUNT_REASON_NAT_FORWARDING_OFF);
	else if (route->way == NO_ROUTE)
		ends(ret, XDP_DROP, SHUNT_REASON_NAT_NO_ROUTE);
	else if (route->way == NO_NEIGHBOUR)
		ends(ret, XDP_DROP, SHUNT_REASON_NAT_NO_NEIGHBOUR);
	else if (route->way != STAYS && ret->in.total > route->mtu && out != ifindex)
		ends(ret, keeps_whole ? XDP_PASS : XDP_DROP,
		     keeps_whole ? SHUNT_REASON_NAT_TOO_BIG : SHUNT_REASON_NAT_WOULD_FRAGMENT);
	else if (route->way != STAYS)
		return route;
	return NULL;
}

static void to_client(const struct predictor *p, uint32_t ifindex,
		      const struct predict_route *route, enum world_service s,
		      struct prediction *ret)
{
	retags(ret, untagged);
	if (route->way == BY_IN)
		goes(ret, p->in0 == ifindex, MAC_OF_ROUTER, MAC_OF_DIRECTOR);
	else
		goes(ret, p->out0 == ifindex, MAC_OF_ROUTER2, MAC_OF_OUT);
	counts(ret, REPLIED, s, 1);
}

static void from_backend(const struct predictor *p, uint32_t ifindex, enum world_service s,
			 struct prediction *ret)
{
	const struct predict_route *route = leaves_by_route(p, ifindex, ret);

	if (!route)
		return;
	if (ttl_of(ret) <= 1)
		return expires(ret, &p->services[s].vip);
	if (ret->in.protocol == PROTO_TCP && ret->frame[ret->in.l4 + 13] & 0x02)
		clamps(ret, s);
	translates(ret, view_from_at(&ret->in), &p->services[s].vip, 0, p->services[s].port);
	to_client(p, ifindex, route, s, ret);
}

/* About what a client sent, to it. A router before the backend keeps its own address. */
static void error_from_behind(const struct predictor *p, uint32_t ifindex, struct prediction *ret)
{
	struct view quote = view_quote(&ret->in, ret->frame);
	const struct view_addr *vip;
	const struct predict_route *route;
	enum world_service s;

	ret->quote = quote;
	if (!quotes_ports(&quote) || !view_same(&quote.from, &ret->in.to))
		return;
	s = predict_nat_backend_at(p, quote.protocol, &quote.to, quote.dport);
	route = s == NO_SERVICE ? NULL : leaves_by_route(p, ifindex, ret);
	if (!route)
		return;
	if (ttl_of(ret) <= 1)
		return ends(ret, XDP_DROP, SHUNT_REASON_TTL_EXPIRED);
	vip = &p->services[s].vip;
	translates_error(ret, view_from_at(&ret->in),
			 view_same(&ret->in.from, &quote.to) ? vip : &ret->in.from,
			 view_to_at(&quote), vip, 2, p->services[s].port);
	to_client(p, ifindex, route, s, ret);
}

/* --- pieces of packets --- */

/* What is common to the pieces of a packet, and where the first of them went. */
struct piece_key {
	struct view_addr from, to;
	uint32_t id;
	uint32_t protocol;
};

struct predict_piece {
	struct piece_key key;
	enum world_service service; /* NO_SERVICE: to none of a VIP's */
	int number;
	uint64_t when; /* in frames */
	UT_hash_handle hh;
};

static struct piece_key key_of(const struct view *view)
{
	struct piece_key key;

	memset(&key, 0, sizeof(key)); /* the padding is hashed, too */
	key.from.v6 = key.to.v6 = view->v6;
	memcpy(key.from.bytes, view->from.bytes, sizeof(key.from.bytes));
	memcpy(key.to.bytes, view->to.bytes, sizeof(key.to.bytes));
	key.id = view->id;
	key.protocol = view->v6 ? 0 : view->protocol; /* RFC 8200, 4.5 */
	return key;
}

static void remembers(struct predictor *p, const struct view *view, enum world_service service,
		      int number)
{
	struct piece_key key = key_of(view);
	struct predict_piece *piece;

	HASH_FIND(hh, p->pieces, &key, sizeof(key), piece);
	if (!piece) {
		piece = mem_zalloc(sizeof(*piece));
		piece->key = key;
		HASH_ADD(hh, p->pieces, key, sizeof(key), piece);
	}
	piece->service = service;
	piece->number = number;
	piece->when = p->frames;
}

static const struct predict_piece *recalls(const struct predictor *p, struct prediction *ret)
{
	struct piece_key key = key_of(&ret->in);
	struct predict_piece *piece;

	HASH_FIND(hh, p->pieces, &key, sizeof(key), piece);
	ret->may_be_forgotten = piece && p->frames - piece->when > REMEMBERED;
	return piece;
}

void predict_forgotten(struct predictor *p, uint32_t ifindex, const uint8_t *in, size_t length,
		       struct prediction *ret)
{
	struct piece_key key = key_of(&ret->in);
	struct predict_piece *piece;

	HASH_FIND(hh, p->pieces, &key, sizeof(key), piece);
	if (piece) {
		HASH_DEL(p->pieces, piece);
		free(piece);
	}
	predict(p, ifindex, in, length, ret);
}

void predict_clear(struct predictor *p)
{
	struct predict_piece *piece, *next;

	HASH_ITER (hh, p->pieces, piece, next) {
		HASH_DEL(p->pieces, piece);
		free(piece);
	}
}

static bool has_ports(const struct view *view)
{
	return (view->protocol == PROTO_TCP || view->protocol == PROTO_UDP) &&
	       (view->sport || view->dport);
}

/* Other pieces than the first have no transport header to translate. */
static void translates_piece(struct prediction *ret, size_t addr_at, const struct view_addr *addr,
			     size_t port_at, uint16_t port)
{
	if (ret->in.piece == VIEW_FIRST)
		return translates(ret, addr_at, addr, port_at, port);
	view_write_addr(ret->frame + addr_at, addr);
	ret->frame[ret->in.ip + (ret->in.v6 ? 7 : 8)]--;
	ret->mended = true;
}

static void piece_unmatched(struct prediction *ret, bool strict)
{
	if (ret->in.protocol == (ret->in.v6 ? PROTO_ICMP6 : PROTO_ICMP))
		ends(ret, XDP_PASS, SHUNT_REASON_ICMP_PASS);
	else if (strict)
		ends(ret, XDP_DROP, SHUNT_REASON_UNMATCHED_DROP);
	else
		ends(ret, XDP_PASS, SHUNT_REASON_UNMATCHED_PASS);
}

/* What is too long is told of the first piece, and holds for all. */
static void piece_to_backend(const struct predictor *p, uint32_t ifindex, enum world_service s,
			     int number, struct prediction *ret)
{
	const struct predict_service *service = &p->services[s];
	bool first = ret->in.piece == VIEW_FIRST, nat = service->forward == SHUNT_FORWARD_NAT;

	if (is_too_big(p, ifindex, s, ret))
		return first ? told_too_big(ret, &service->vip, world_services[s].mtu)
			     : ends(ret, XDP_DROP, SHUNT_REASON_TOO_BIG);
	if (nat && ttl_of(ret) <= 1)
		return ends(ret, XDP_DROP, SHUNT_REASON_TTL_EXPIRED);
	if (service->forward == SHUNT_FORWARD_DR && is_flooded(ret, number))
		return ends(ret, XDP_PASS, SHUNT_REASON_FLOODED);
	if (s == NO_EGRESS)
		return ends(ret, XDP_DROP, SHUNT_REASON_TRANSMIT);
	if (first && is_syn(ret))
		clamps(ret, s);
	if (nat)
		translates_piece(ret, view_to_at(&ret->in), &service->backend, 2,
				 service->backend_port);
	leaves(p, ifindex, s, number, first && is_syn(ret) ? CONNECTED : FORWARDED, ret);
}

static void piece_to_vip(struct predictor *p, uint32_t ifindex, bool strict, struct prediction *ret)
{
	const struct predict_piece *first;
	enum world_service s = NO_SERVICE;
	int number = 0;

	if (ret->in.piece == VIEW_LATER) {
		first = recalls(p, ret);
		if (!first)
			return ends(ret, XDP_DROP, SHUNT_REASON_FRAGMENT_UNKNOWN);
		if (first->service == NO_SERVICE)
			return piece_unmatched(ret, strict);
		return piece_to_backend(p, ifindex, first->service, first->number, ret);
	}
	view_first_piece(&ret->in, ret->frame);
	if (ret->in.fault == VIEW_BAD_L4)
		return ends(ret, XDP_DROP, SHUNT_REASON_MALFORMED_L4);
	ret->out.check_at = ret->in.check_at;
	if (has_ports(&ret->in))
		s = predict_service_at(p, ret->in.protocol, &ret->in.to, ret->in.dport,
				       ret->in.sport);
	if (s != NO_SERVICE && !finds_backend(s, is_syn(ret), ret, &number))
		return;
	remembers(p, &ret->in, s, number);
	if (s == NO_SERVICE)
		return piece_unmatched(ret, strict);
	piece_to_backend(p, ifindex, s, number, ret);
}

/* From a nat backend, to a client; everything else passes. */
static void piece_from_behind(struct predictor *p, uint32_t ifindex, struct prediction *ret)
{
	const struct predict_piece *first;
	const struct predict_route *route;
	enum world_service s = NO_SERVICE;

	if (ret->in.piece == VIEW_FIRST) {
		view_first_piece(&ret->in, ret->frame);
		ret->out.check_at = ret->in.check_at;
		if (ret->in.fault == VIEW_FRAGMENT && has_ports(&ret->in))
			s = predict_nat_backend_at(p, ret->in.protocol, &ret->in.from,
						   ret->in.sport);
		if (s != NO_SERVICE)
			remembers(p, &ret->in, s, 1);
	} else {
		first = recalls(p, ret);
		s = first ? first->service : NO_SERVICE;
	}
	route = s == NO_SERVICE ? NULL : leaves_by_route(p, ifindex, ret);
	if (!route)
		return;
	if (ttl_of(ret) <= 1)
		return ends(ret, XDP_DROP, SHUNT_REASON_TTL_EXPIRED);
	translates_piece(ret, view_from_at(&ret->in), &p->services[s].vip, 0, p->services[s].port);
	to_client(p, ifindex, route, s, ret);
}

/* --- the whole --- */

static int reason_of(enum view_fault fault)
{
	static const int reasons[] = {
		[VIEW_RIGHT] = NO_FAULT,
		[VIEW_BAD_IP] = SHUNT_REASON_MALFORMED_IP,
		[VIEW_BAD_L4] = SHUNT_REASON_MALFORMED_L4,
	};

	return reasons[fault];
}

static void to_vip(struct predictor *p, uint32_t ifindex, bool strict, struct prediction *ret)
{
	const uint8_t *icmp = ret->frame + ret->in.l4;

	if (ret->in.fault == VIEW_FRAGMENT)
		return piece_to_vip(p, ifindex, strict, ret);
	if (ret->in.fault != VIEW_RIGHT)
		return ends(ret, XDP_DROP, reason_of(ret->in.fault));
	if (ret->in.protocol != (ret->in.v6 ? PROTO_ICMP6 : PROTO_ICMP))
		return strict ? ends(ret, XDP_DROP, SHUNT_REASON_UNMATCHED_DROP)
			      : ends(ret, XDP_PASS, SHUNT_REASON_UNMATCHED_PASS);
	if (is_error(&ret->in, icmp[0]))
		return error_to_vip(p, ifindex, ret);
	if (icmp[0] != (ret->in.v6 ? 128 : 8) || icmp[1] != 0 || !may_be_answered(ret))
		return ends(ret, XDP_PASS, SHUNT_REASON_ICMP_PASS);
	echoes(ret);
}

void predict(struct predictor *p, uint32_t ifindex, const uint8_t *in, size_t length,
	     struct prediction *ret)
{
	struct view view = view_frame(in, length);
	bool whole = view.fault == VIEW_RIGHT &&
		     (view.protocol == PROTO_TCP || view.protocol == PROTO_UDP);
	enum world_service s = NO_SERVICE;
	size_t vip;

	ends(ret, XDP_PASS, PREDICT_NO_REASON);
	ret->mended = ret->mended_quote = ret->wrapped = false;
	ret->length = length;
	ret->in = ret->out = view;
	ret->may_be_forgotten = false;
	p->frames++;
	counts(ret, NOTHING, NO_SERVICE, 0);
	memcpy(ret->frame, in, length);
	if (!view.is_ip)
		return;
	if (whole)
		s = predict_service_at(p, view.protocol, &view.to, view.dport, view.sport);
	if (s != NO_SERVICE)
		return to_backend(p, ifindex, s, ret);
	vip = predict_vip_at(p, &view.to);
	if (vip < PREDICT_VIPS)
		return to_vip(p, ifindex, vip >= PREDICT_VIPS_LENIENT, ret);
	if (view.fault == VIEW_FRAGMENT)
		return piece_from_behind(p, ifindex, ret);
	if (whole && has_ports(&view))
		s = predict_nat_backend_at(p, view.protocol, &view.from, view.sport);
	if (s != NO_SERVICE)
		from_backend(p, ifindex, s, ret);
	else if (view.fault == VIEW_RIGHT &&
		 view.protocol == (view.v6 ? PROTO_ICMP6 : PROTO_ICMP) &&
		 is_error(&view, in[view.l4]))
		error_from_behind(p, ifindex, ret);
}
