// SPDX-License-Identifier: GPL-2.0-or-later
/* view.c - see view.h. */
#include "packet/view.h"

#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "packet/bytes.h"

#define ETHER         14
#define TAG           4
#define IP4           20
#define IP6           40
#define ICMP8         8
#define EXTENSIONS    8   /* so many are looked at, */
#define EXTENSIONS_AT 512 /* and so many bytes */

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60 };

/* --- addresses --- */

struct view_addr view_addr(const char *text)
{
	struct view_addr addr = {.v6 = strchr(text, ':')};

	if (inet_pton(addr.v6 ? AF_INET6 : AF_INET, text, addr.bytes) != 1)
		errx(2, "\"%s\" is no address", text);
	return addr;
}

struct view_addr view_end(const char *text, uint16_t *ret_port)
{
	char addr[64];

	*ret_port = 0;
	if (sscanf(text, "[%63[^]]]:%hu", addr, ret_port) < 1 &&
	    sscanf(text, strchr(text, '.') ? "%63[0-9.]:%hu" : "%63s", addr, ret_port) < 1)
		errx(2, "\"%s\" is no address and port", text);
	return view_addr(addr);
}

bool view_same(const struct view_addr *a, const struct view_addr *b)
{
	return a->v6 == b->v6 && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool view_within(const struct view_addr *addr, const struct view_addr *net, int bits)
{
	if (addr->v6 != net->v6)
		return false;
	for (int i = 0; i < bits; i++)
		if ((addr->bytes[i / 8] ^ net->bytes[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

struct view_addr view_read_addr(const uint8_t *at, bool v6)
{
	struct view_addr addr = {.v6 = v6};

	memcpy(addr.bytes, at, v6 ? 16 : 4);
	return addr;
}

void view_write_addr(uint8_t *at, const struct view_addr *addr)
{
	memcpy(at, addr->bytes, addr->v6 ? 16 : 4);
}

size_t view_from_at(const struct view *view)
{
	return view->ip + (view->v6 ? 8 : 12);
}

size_t view_to_at(const struct view *view)
{
	return view->ip + (view->v6 ? 24 : 16);
}

/* --- what is wrong with it; @there: bytes of the frame from the IP header on --- */

static enum view_piece piece_of(uint16_t offset, bool more)
{
	return offset ? VIEW_LATER : more ? VIEW_FIRST : VIEW_WHOLE;
}

static enum view_fault look_at_ip4(struct view *v, const uint8_t *ip, size_t there)
{
	size_t header = (ip[0] & 15) * 4;

	v->protocol = ip[9];
	v->total = bytes_get16(ip + 2);
	v->l4 = v->ip + header;
	if (ip[0] >> 4 != 4 || header < IP4 || v->total < header || v->total > there)
		return VIEW_BAD_IP;
	v->id = bytes_get16(ip + 4);
	v->piece = piece_of(bytes_get16(ip + 6) & 0x1fff, ip[6] & 0x20);
	return v->piece == VIEW_WHOLE ? VIEW_RIGHT : VIEW_FRAGMENT;
}

static bool is_extension(uint8_t protocol)
{
	return protocol == HOP_BY_HOP || protocol == ROUTING || protocol == FRAGMENT ||
	       protocol == DESTINATION;
}

/* Walk behind the extension headers; false: they are not right. */
static bool skip_extensions(struct view *v, const uint8_t *ip, size_t there)
{
	size_t at = IP6;
	int fragments = 0;

	for (int i = 0; is_extension(v->protocol); i++) {
		const uint8_t *header = ip + at;
		bool fragment = v->protocol == FRAGMENT;

		if (i == EXTENSIONS || at + 8 > there)
			return false;
		if (v->protocol == ROUTING && header[3])
			return false; /* the packet does not end here */
		at += fragment ? 8 : 8 + header[1] * 8;
		if (at - IP6 > EXTENSIONS_AT || at > v->total)
			return false;
		v->l4 = v->ip + at;
		v->protocol = header[0];
		if (fragment && !fragments++)
			v->id = bytes_get32(header + 4);
		if (fragment) /* of two the one with less counts */
			v->piece = MAX(v->piece,
				       piece_of(bytes_get16(header + 2) >> 3, header[3] & 1));
		if (v->piece == VIEW_LATER)
			break; /* what follows is no header */
	}
	return true;
}

static enum view_fault look_at_ip6(struct view *v, const uint8_t *ip, size_t there)
{
	v->protocol = ip[6];
	v->total = IP6 + bytes_get16(ip + 4);
	v->l4 = v->ip + IP6;
	if (ip[0] >> 4 != 6 || v->total > there || !skip_extensions(v, ip, there))
		return VIEW_BAD_IP;
	return v->piece == VIEW_WHOLE ? VIEW_RIGHT : VIEW_FRAGMENT;
}

static enum view_fault look_at_l4(struct view *v, const uint8_t *l4)
{
	size_t room = v->total - (v->l4 - v->ip);

	v->covered = room;
	switch (v->protocol) {
	case PROTO_TCP:
		if (room < 20 || l4[12] >> 4 < 5 || (size_t)(l4[12] >> 4) * 4 > room)
			return VIEW_BAD_L4;
		v->check_at = v->l4 + 16;
		break;
	case PROTO_UDP:
		if (room < 8 || bytes_get16(l4 + 4) < 8 || bytes_get16(l4 + 4) > room)
			return VIEW_BAD_L4;
		v->covered = bytes_get16(l4 + 4);
		v->check_at = v->l4 + 6;
		break;
	default:
		if (v->protocol != (v->v6 ? PROTO_ICMP6 : PROTO_ICMP))
			return VIEW_RIGHT;
		v->check_at = v->l4 + 2;
		return room < 8 ? VIEW_BAD_L4 : VIEW_RIGHT;
	}
	v->sport = bytes_get16(l4);
	v->dport = bytes_get16(l4 + 2);
	return VIEW_RIGHT;
}

static size_t skip_tags(const uint8_t *frame, size_t length)
{
	size_t tags = 0;

	while (tags < 2 * TAG && length >= ETHER + tags + TAG &&
	       (bytes_get16(frame + 12 + tags) == 0x8100 ||
		bytes_get16(frame + 12 + tags) == 0x88a8))
		tags += TAG;
	return tags;
}

struct view view_frame(const uint8_t *frame, size_t length)
{
	struct view v = {.tags = skip_tags(frame, length)};
	uint16_t type = bytes_get16(frame + 12 + v.tags);
	const uint8_t *ip;

	v.ip = ETHER + v.tags;
	v.v6 = type == 0x86dd;
	ip = frame + v.ip;
	v.is_ip = (type == 0x0800 || v.v6) && length >= v.ip + (v.v6 ? IP6 : IP4);
	if (!v.is_ip)
		return v;
	v.from = view_read_addr(frame + view_from_at(&v), v.v6);
	v.to = view_read_addr(frame + view_to_at(&v), v.v6);
	v.fault = v.v6 ? look_at_ip6(&v, ip, length - v.ip) : look_at_ip4(&v, ip, length - v.ip);
	if (v.fault == VIEW_RIGHT)
		v.fault = look_at_l4(&v, frame + v.l4);
	return v;
}

void view_first_piece(struct view *v, const uint8_t *frame)
{
	size_t room = v->total - (v->l4 - v->ip);
	const uint8_t *l4 = frame + v->l4;

	if (v->protocol != PROTO_TCP && v->protocol != PROTO_UDP)
		return;
	if (room < (v->protocol == PROTO_TCP ? 20 : 8) ||
	    (v->protocol == PROTO_UDP && bytes_get16(l4 + 4) < 8) ||
	    (v->protocol == PROTO_TCP && (l4[12] >> 4 < 5 || (size_t)(l4[12] >> 4) * 4 > room))) {
		v->fault = VIEW_BAD_L4;
		return;
	}
	v->sport = bytes_get16(l4);
	v->dport = bytes_get16(l4 + 2);
	v->check_at = v->l4 + (v->protocol == PROTO_TCP ? 16 : 6);
}

/* TCP's and UDP's ports and checksum, as far as they are quoted. */
static void look_at_quoted_l4(struct view *v, const uint8_t *l4)
{
	if (v->piece == VIEW_LATER || v->covered < 8 ||
	    (v->protocol != PROTO_TCP && v->protocol != PROTO_UDP))
		return;
	v->sport = bytes_get16(l4);
	v->dport = bytes_get16(l4 + 2);
	if (v->protocol == PROTO_UDP)
		v->check_at = v->l4 + 6;
	else if (v->covered >= 18)
		v->check_at = v->l4 + 16;
}

struct view view_quote(const struct view *error, const uint8_t *frame)
{
	struct view v = {.v6 = error->v6, .ip = error->l4 + ICMP8, .fault = VIEW_BAD_IP};
	const uint8_t *ip = frame + v.ip;

	v.total = error->ip + error->total - v.ip;
	if (v.total < (v.v6 ? IP6 : IP4) || ip[0] >> 4 != (v.v6 ? 6 : 4))
		return v;
	v.from = view_read_addr(frame + view_from_at(&v), v.v6);
	v.to = view_read_addr(frame + view_to_at(&v), v.v6);
	v.protocol = ip[v.v6 ? 6 : 9];
	v.l4 = v.ip + (v.v6 ? IP6 : (ip[0] & 15) * 4);
	if (!v.v6)
		v.piece = piece_of(bytes_get16(ip + 6) & 0x1fff, false);
	if (v.v6 ? !skip_extensions(&v, ip, v.total) : (ip[0] & 15) < 5)
		return v;
	v.fault = VIEW_RIGHT;
	v.covered = v.ip + v.total > v.l4 ? v.ip + v.total - v.l4 : 0;
	look_at_quoted_l4(&v, frame + v.l4);
	return v;
}

/* --- sums --- */

uint16_t view_ip_sum(const struct view *v, const uint8_t *frame)
{
	return bytes_sum(frame + v->ip, (frame[v->ip] & 15) * 4, 0);
}

uint16_t view_l4_sum(const struct view *v, const uint8_t *frame)
{
	uint32_t pseudo = 0;

	if (v->v6 || v->protocol != PROTO_ICMP)
		pseudo = bytes_sum(frame + view_from_at(v), v->v6 ? 32 : 8,
				   v->protocol + v->covered);
	return bytes_sum(frame + v->l4, v->covered, pseudo);
}
