// SPDX-License-Identifier: GPL-2.0-or-later
/* predict.c - see predict.h. */
#include "packet/predict.h"

#include <err.h>

#include "packet/bytes.h"

#define IP_AT            14
#define NO_FAULT         (-1)
#define ADDR(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* The last two bytes of a MAC address 02:00:00:00:... */
#define MAC_OF_ROUTER   0x00fe
#define MAC_OF_ROUTER2  0x01fe
#define MAC_OF_DIRECTOR 0x0001
#define MAC_OF_OUT      0x0101
#define MAC_OF_BACKEND  0x0010 /* and its number */

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17 };

/* The director's routing, the narrowest first. What is not here stays. */
enum way { STAYS, BY_IN, BY_OUT, NO_ROUTE, NO_NEIGHBOUR };
static const struct route {
	uint32_t net;
	int bits;
	enum way way;
	uint32_t mtu;
} routes[] = {
	{ADDR(10, 0, 0, 1), 32, STAYS},           {ADDR(10, 0, 0, 254), 32, BY_IN, 1500},
	{ADDR(10, 0, 0, 255), 32, STAYS},         {ADDR(10, 0, 0, 0), 24, NO_NEIGHBOUR},
	{ADDR(10, 1, 0, 1), 32, STAYS},           {ADDR(10, 1, 0, 254), 32, BY_OUT, 1500},
	{ADDR(10, 1, 0, 255), 32, STAYS},         {ADDR(10, 1, 0, 0), 24, NO_NEIGHBOUR},
	{ADDR(198, 51, 100, 0), 24, BY_IN, 1500}, {ADDR(203, 0, 113, 0), 24, BY_OUT, 1500},
	{ADDR(198, 18, 0, 0), 24, BY_OUT, 1000},  {ADDR(198, 18, 1, 0), 24, NO_ROUTE},
	{ADDR(198, 18, 2, 0), 24, NO_ROUTE},      {ADDR(198, 18, 3, 0), 24, NO_ROUTE},
	{ADDR(198, 18, 4, 0), 24, NO_NEIGHBOUR},  {0, 0, STAYS},
};

static const char *const texts[WORLD_SERVICE_COUNT][2] = {
#define X(symbol, address, forward, backend) [symbol] = {address, backend},
	WORLD_SERVICES(X)
#undef X
};

static const bool is_nat[WORLD_SERVICE_COUNT] = {
#define X(symbol, address, forward, backend)                                                       \
	[symbol] = SHUNT_FORWARD_##forward == SHUNT_FORWARD_NAT,
	WORLD_SERVICES(X)
#undef X
};

static void parse_end(const char *text, uint32_t *ret_addr, uint16_t *ret_port)
{
	unsigned int a, b, c, d, port;

	if (sscanf(text, "%u.%u.%u.%u:%u", &a, &b, &c, &d, &port) != 5)
		errx(2, "\"%s\" is no address and port", text);
	*ret_addr = ADDR(a, b, c, d);
	*ret_port = port;
}

void predict_init(struct predictor *ret, uint32_t in0, uint32_t out0)
{
	*ret = (struct predictor){.in0 = in0, .out0 = out0, .forwarding = true};
	for (enum world_service s = 1; s < WORLD_SERVICE_COUNT; s++) {
		struct predict_service *service = &ret->services[s];

		service->protocol = texts[s][0][0] == 't' ? PROTO_TCP : PROTO_UDP;
		service->nat = is_nat[s];
		parse_end(texts[s][0] + strlen("tcp:"), &service->vip, &service->port);
		parse_end(texts[s][1], &service->backend, &service->backend_port);
	}
}

/* --- what a packet is --- */

/* Why the IP packet at @ip would be dropped by a VIP; @there: bytes from there on. */
static int find_fault(const uint8_t *ip, size_t there)
{
	size_t header = (ip[0] & 15) * 4, total = bytes_get16(ip + 2), room = total - header;
	const uint8_t *l4 = ip + header;

	if (ip[0] >> 4 != 4 || header < 20 || total < header || total > there)
		return SHUNT_REASON_MALFORMED_IP;
	if (bytes_get16(ip + 6) & 0x3fff)
		return SHUNT_REASON_FRAGMENT;
	if ((ip[9] == PROTO_TCP && (room < 20 || l4[12] >> 4 < 5 || (l4[12] >> 4) * 4 > room)) ||
	    (ip[9] == PROTO_UDP &&
	     (room < 8 || bytes_get16(l4 + 4) < 8 || bytes_get16(l4 + 4) > room)) ||
	    (ip[9] == PROTO_ICMP && room < 8))
		return SHUNT_REASON_MALFORMED_L4;
	return NO_FAULT;
}

static enum world_service service_at(const struct predictor *p, uint8_t protocol, uint32_t addr,
				     uint16_t port)
{
	for (enum world_service s = 1; s < WORLD_SERVICE_COUNT; s++) {
		const struct predict_service *at = &p->services[s];

		if (at->protocol == protocol && at->vip == addr && at->port == port)
			return s;
	}
	return NO_SERVICE;
}

static enum world_service nat_backend_at(const struct predictor *p, uint8_t protocol, uint32_t addr,
					 uint16_t port)
{
	for (enum world_service s = 1; s < WORLD_SERVICE_COUNT; s++) {
		const struct predict_service *at = &p->services[s];

		if (at->nat && at->protocol == protocol && at->backend == addr &&
		    at->backend_port == port)
			return s;
	}
	return NO_SERVICE;
}

static const struct route *route_to(uint32_t addr)
{
	const struct route *r = routes;

	while (r->bits && (addr ^ r->net) >> (32 - r->bits))
		r++;
	return r;
}

/* --- what is done with it --- */

static void ends(struct prediction *ret, int verdict, int reason)
{
	ret->verdict = verdict;
	ret->reason = reason;
}

static void goes(struct prediction *ret, bool back, uint16_t dmac, uint16_t smac)
{
	bytes_put32(ret->frame, 0x02000000);
	bytes_put16(ret->frame + 4, dmac);
	bytes_put32(ret->frame + 6, 0x02000000);
	bytes_put16(ret->frame + 10, smac);
	ret->verdict = back ? XDP_TX : XDP_REDIRECT;
}

static void counts(struct prediction *ret, enum counted counted, enum world_service service,
		   int number)
{
	ret->counted = counted;
	ret->service = service;
	ret->number = number;
}

/* The address at @addr_at of the IP header, the port at @port_at of the next, and the TTL. */
static void translates(struct prediction *ret, size_t addr_at, uint32_t addr, size_t port_at,
		       uint16_t port)
{
	bytes_put32(ret->frame + IP_AT + addr_at, addr);
	bytes_put16(ret->frame + ret->l4 + port_at, port);
	ret->frame[IP_AT + 8]--;
	ret->mended = true;
}

static int service_fault(enum world_service service)
{
	switch (service) {
	case EMPTY:
		return SHUNT_REASON_NO_BACKEND;
	case WILD:
	case UNUSED:
	case BEYOND:
		return SHUNT_REASON_INTERNAL;
	case NO_HOP:
		return SHUNT_REASON_NO_NEXT_HOP;
	default:
		return NO_FAULT;
	}
}

/* The TTL ends: time exceeded from the VIP at @vip, by the way the frame came. */
static void expires(struct prediction *ret, uint32_t vip)
{
	uint8_t in[IP_AT + 60 + 8], *ip = ret->frame + IP_AT, *icmp = ip + 20;
	size_t quoted = (ip[0] & 15) * 4 + 8;

	if (ip[12] == 0 || ip[12] == 127 || ip[12] >= 224 || ret->frame[0] & 1)
		return ends(ret, XDP_DROP, SHUNT_REASON_TTL_EXPIRED);
	memcpy(in, ret->frame, IP_AT + quoted);
	memcpy(ret->frame, in + 6, 6);
	memcpy(ret->frame + 6, in, 6);
	memset(ip, 0, 28);
	memcpy(icmp + 8, in + IP_AT, quoted);
	bytes_put32(ip, 0x45c00000 | (28 + quoted));
	bytes_put32(ip + 4, 0x4000);
	bytes_put32(ip + 8, 64 << 24 | PROTO_ICMP << 16);
	bytes_put32(ip + 12, vip);
	memcpy(ip + 16, in + IP_AT + 12, 4);
	bytes_put16(ip + 10, ~bytes_sum(ip, 20, 0));
	icmp[0] = 11;
	bytes_put16(icmp + 2, ~bytes_sum(icmp, 8 + quoted, 0));
	ret->length = IP_AT + 28 + quoted;
	ends(ret, XDP_TX, SHUNT_REASON_TTL_ANSWERED);
}

static void to_backend(const struct predictor *p, uint32_t ifindex, enum world_service s,
		       struct prediction *ret)
{
	const struct predict_service *service = &p->services[s];
	uint32_t out = s == DR_OUT || s == NAT_OUT ? p->out0 : p->in0;
	bool syn = service->protocol == PROTO_TCP && (ret->frame[ret->l4 + 13] & 0x12) == 0x02;
	int number = s == MIXED && !syn ? 2 : 1;

	if (service_fault(s) != NO_FAULT)
		return ends(ret, XDP_DROP, service_fault(s));
	if (service->nat && ret->frame[IP_AT + 8] <= 1)
		return expires(ret, service->vip);
	if (!service->nat && bytes_get32(ret->frame) == 0x02000000 &&
	    bytes_get16(ret->frame + 4) == MAC_OF_BACKEND + number)
		return ends(ret, XDP_PASS, SHUNT_REASON_FLOODED);
	if (s == NO_EGRESS)
		return ends(ret, XDP_DROP, SHUNT_REASON_TRANSMIT);
	if (service->nat)
		translates(ret, 16, service->backend, 2, service->backend_port);
	goes(ret, out == ifindex, MAC_OF_BACKEND + number, MAC_OF_DIRECTOR);
	counts(ret, syn ? CONNECTED : FORWARDED, s, number);
}

/* An ICMP error to a VIP. No frame drawn quotes a service's packet: cases_errors.c has those. */
static void error_to_vip(struct prediction *ret)
{
	const uint8_t *ip = ret->frame + IP_AT, *quote = ret->frame + ret->l4 + 8;
	size_t room = bytes_get16(ip + 2) - (ip[0] & 15) * 4 - 8, header = (quote[0] & 15) * 4;

	if (room < 20 || quote[0] >> 4 != 4 || header < 20)
		return ends(ret, XDP_DROP, SHUNT_REASON_MALFORMED_QUOTE);
	if (bytes_get16(quote + 6) & 0x1fff || (quote[9] != PROTO_TCP && quote[9] != PROTO_UDP))
		return ends(ret, XDP_PASS, SHUNT_REASON_ICMP_PASS);
	if (room < header + 8)
		return ends(ret, XDP_DROP, SHUNT_REASON_MALFORMED_QUOTE);
	ends(ret, XDP_PASS, SHUNT_REASON_ICMP_PASS);
}

static void to_vip(struct prediction *ret, int fault, bool strict)
{
	uint8_t *f = ret->frame, *ip = f + IP_AT, *icmp = f + ret->l4, in[IP_AT + 20];

	if (fault != NO_FAULT)
		return ends(ret, XDP_DROP, fault);
	if (ip[9] != PROTO_ICMP)
		return strict ? ends(ret, XDP_DROP, SHUNT_REASON_UNMATCHED_DROP)
			      : ends(ret, XDP_PASS, SHUNT_REASON_UNMATCHED_PASS);
	if (icmp[0] == 3 || icmp[0] == 11 || icmp[0] == 12)
		return error_to_vip(ret);
	if (icmp[0] != 8 || icmp[1] != 0 || ip[12] == 0 || ip[12] == 127 || ip[12] >= 224 ||
	    f[0] & 1)
		return ends(ret, XDP_PASS, SHUNT_REASON_ICMP_PASS);
	memcpy(in, f, sizeof(in));
	memcpy(f, in + 6, 6);
	memcpy(f + 6, in, 6);
	memcpy(ip + 12, in + IP_AT + 16, 4);
	memcpy(ip + 16, in + IP_AT + 12, 4);
	ip[8] = 64;
	icmp[0] = 0;
	ret->mended = true;
	ends(ret, XDP_TX, SHUNT_REASON_ICMP_ECHO);
}

static void from_backend(const struct predictor *p, uint32_t ifindex, enum world_service s,
			 struct prediction *ret)
{
	const uint8_t *ip = ret->frame + IP_AT;
	const struct route *route = route_to(bytes_get32(ip + 16));
	uint32_t out = route->way == BY_IN ? p->in0 : p->out0;

	if (!p->forwarding)
		return ends(ret, XDP_PASS, SHUNT_REASON_NAT_FORWARDING_OFF);
	if (route->way == STAYS)
		return;
	if (route->way == NO_ROUTE)
		return ends(ret, XDP_DROP, SHUNT_REASON_NAT_NO_ROUTE);
	if (route->way == NO_NEIGHBOUR)
		return ends(ret, XDP_DROP, SHUNT_REASON_NAT_NO_NEIGHBOUR);
	if (ret->bytes > route->mtu && out != ifindex)
		return ip[6] & 0x40 ? ends(ret, XDP_PASS, SHUNT_REASON_NAT_TOO_BIG)
				    : ends(ret, XDP_DROP, SHUNT_REASON_NAT_WOULD_FRAGMENT);
	if (ip[8] <= 1)
		return expires(ret, p->services[s].vip);
	translates(ret, 12, p->services[s].vip, 0, p->services[s].port);
	if (route->way == BY_IN)
		goes(ret, out == ifindex, MAC_OF_ROUTER, MAC_OF_DIRECTOR);
	else
		goes(ret, out == ifindex, MAC_OF_ROUTER2, MAC_OF_OUT);
	counts(ret, REPLIED, s, 1);
}

static size_t covered(const uint8_t *ip, size_t l4)
{
	if (ip[9] == PROTO_UDP)
		return bytes_get16(ip + l4 + 4);
	return bytes_get16(ip + 2) - l4;
}

void predict(const struct predictor *p, uint32_t ifindex, const uint8_t *in, size_t length,
	     struct prediction *ret)
{
	const uint8_t *ip = in + IP_AT, *l4;
	enum world_service s = NO_SERVICE;
	uint32_t from, to;
	int fault;

	ret->verdict = XDP_PASS;
	ret->reason = PREDICT_NO_REASON;
	ret->mended = false;
	ret->length = length;
	counts(ret, NOTHING, NO_SERVICE, 0);
	memcpy(ret->frame, in, length);
	if (length < IP_AT + 20 || bytes_get16(in + 12) != 0x0800)
		return;

	fault = find_fault(ip, length - IP_AT);
	from = bytes_get32(ip + 12);
	to = bytes_get32(ip + 16);
	l4 = ip + (ip[0] & 15) * 4;
	ret->bytes = bytes_get16(ip + 2);
	ret->l4 = l4 - in;
	if (fault == NO_FAULT && (ip[9] == PROTO_TCP || ip[9] == PROTO_UDP))
		s = service_at(p, ip[9], to, bytes_get16(l4 + 2));
	if (fault == NO_FAULT)
		ret->l4_length = covered(ip, l4 - ip);
	if (s != NO_SERVICE)
		return to_backend(p, ifindex, s, ret);
	if (to == ADDR(192, 0, 2, 10) || to == ADDR(192, 0, 2, 11))
		return to_vip(ret, fault, to == ADDR(192, 0, 2, 11));
	if (fault == NO_FAULT && (ip[9] == PROTO_TCP || ip[9] == PROTO_UDP))
		s = nat_backend_at(p, ip[9], from, bytes_get16(l4));
	if (s != NO_SERVICE)
		from_backend(p, ifindex, s, ret);
}

/* --- what came out --- */

static uint16_t ip_sum(const uint8_t *frame)
{
	return bytes_sum(frame + IP_AT, (frame[IP_AT] & 15) * 4, 0);
}

static uint16_t l4_sum(const struct prediction *want, const uint8_t *frame)
{
	uint32_t start =
		frame[IP_AT + 9] == PROTO_ICMP ? 0 : bytes_pseudo(frame + IP_AT, want->l4_length);

	return bytes_sum(frame + want->l4, want->l4_length, start);
}

static size_t l4_check_at(const struct prediction *want)
{
	switch (want->frame[IP_AT + 9]) {
	case PROTO_TCP:
		return want->l4 + 16;
	case PROTO_UDP:
		return want->l4 + 6;
	default:
		return want->l4 + 2;
	}
}

/* A right sum is 0xffff, and stays it; a wrong one is as wrong as it was. */
static bool same_sum(uint16_t in, uint16_t got)
{
	return in == 0xffff ? got == 0xffff : in % 0xffff == got % 0xffff;
}

static bool udp_zero_agrees(const struct prediction *want, const uint8_t *in, const uint8_t *got)
{
	size_t at = l4_check_at(want);

	return in[IP_AT + 9] != PROTO_UDP || !bytes_get16(in + at) == !bytes_get16(got + at);
}

static bool udp_without(const struct prediction *want, const uint8_t *in)
{
	return in[IP_AT + 9] == PROTO_UDP && !bytes_get16(in + l4_check_at(want));
}

bool predict_agrees(struct prediction *want, const uint8_t *in, const uint8_t *got,
		    size_t got_length, const char **ret_why)
{
	*ret_why = "the frame";
	if (got_length != want->length)
		return false;
	if (want->mended) {
		memcpy(want->frame + IP_AT + 10, got + IP_AT + 10, 2);
		memcpy(want->frame + l4_check_at(want), got + l4_check_at(want), 2);
	}
	if (memcmp(want->frame, got, got_length) != 0)
		return false;
	if (!want->mended)
		return true;
	*ret_why = "the IP checksum";
	if (!same_sum(ip_sum(in), ip_sum(got)))
		return false;
	*ret_why = "UDP's checksum 0";
	if (!udp_zero_agrees(want, in, got))
		return false;
	*ret_why = "the checksum behind the IP header";
	return udp_without(want, in) || same_sum(l4_sum(want, in), l4_sum(want, got));
}
