// SPDX-License-Identifier: GPL-2.0-or-later
/* frame.c - builds frames, see frame.h. */
#include "packet/frame.h"

#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet/world.h"

#define ETH_LENGTH  14
#define VLAN_LENGTH 4
#define IP_LENGTH   20
#define TCP_LENGTH  20
#define UDP_LENGTH  8
#define ICMP_LENGTH 8

/* --- bytes --- */

static void put8(uint8_t **at, uint8_t value)
{
	*(*at)++ = value;
}

static void put16(uint8_t **at, uint16_t value)
{
	put8(at, value >> 8);
	put8(at, value);
}

static void put32(uint8_t **at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at, value);
}

static void put_mac(uint8_t **at, const char *text)
{
	for (int i = 0; i < 6; i++)
		put8(at, strtoul(text + 3 * i, NULL, 16));
}

static void put_hex(uint8_t **at, const char *text)
{
	for (; *text; text += 2) {
		char byte[3] = {text[0], text[1]};

		put8(at, strtoul(byte, NULL, 16));
	}
}

static int set_or(int set, int right)
{
	return set ? set & 0xffff : right;
}

/* --- checksums: RFC 1071, the plain way --- */

static uint32_t sum(const uint8_t *data, size_t length, uint32_t start)
{
	for (size_t i = 0; i < length; i++)
		start += i & 1 ? data[i] : data[i] << 8;
	return start;
}

static uint16_t fold(uint32_t value)
{
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return value;
}

static void put_check(uint8_t *at, uint32_t value, int off)
{
	uint16_t check = ~fold(value);

	if (off)
		check = fold(check + off);
	put16(&at, check);
}

/* --- addresses --- */

struct end {
	uint8_t addr[4];
	uint16_t port;
};

static struct end parse_end(const char *text)
{
	struct end end = {0};
	unsigned int a, b, c, d, port = 0;

	if (!text || sscanf(text, "%u.%u.%u.%u:%u", &a, &b, &c, &d, &port) < 4)
		errx(2, "a frame's address is \"%s\"", text ? text : "(none)");
	end.addr[0] = a;
	end.addr[1] = b;
	end.addr[2] = c;
	end.addr[3] = d;
	end.port = port;
	return end;
}

/* --- layers --- */

static uint8_t protocol_of(const struct frame *frame)
{
	switch (frame->kind) {
	case TCP:
		return IPPROTO_TCP;
	case UDP:
		return IPPROTO_UDP;
	case ICMP:
		return IPPROTO_ICMP;
	default:
		return frame->protocol;
	}
}

static size_t l4_header_length(const struct frame *frame)
{
	switch (frame->kind) {
	case TCP:
		return TCP_LENGTH + frame->tcp_options;
	case UDP:
		return UDP_LENGTH;
	case ICMP:
		return ICMP_LENGTH;
	default:
		return 0;
	}
}

static size_t ip_header_length(const struct frame *frame)
{
	return IP_LENGTH + (frame->options ? strlen(frame->options) / 2 : 0);
}

static size_t quote_length(const struct frame *frame)
{
	return frame->quote ? ip_header_length(frame->quote) + (frame->quoted ?: 8) : 0;
}

static size_t right_total(const struct frame *frame)
{
	return ip_header_length(frame) + l4_header_length(frame) + quote_length(frame) +
	       frame->payload;
}

size_t frame_ip_length(const struct frame *frame)
{
	return frame->kind == ETHER ? 0 : (size_t)set_or(frame->total, right_total(frame));
}

static void put_ether(const struct frame *frame, uint8_t **at)
{
	put_mac(at, frame->dmac ? frame->dmac : MAC_DIRECTOR);
	put_mac(at, frame->smac ? frame->smac : MAC_ROUTER);
	if (frame->vlan) {
		put16(at, ETH_P_8021Q);
		put16(at, frame->vlan);
	}
	put16(at, frame->ethertype ? frame->ethertype : ETH_P_IP);
}

static void put_ip(const struct frame *frame, uint8_t **at)
{
	struct end from = parse_end(frame->from), to = parse_end(frame->to);
	size_t length = ip_header_length(frame);
	uint8_t *start = *at, *check;

	put8(at, set_or(frame->version, 4) << 4 | set_or(frame->ihl, length / 4));
	put8(at, frame->tos);
	put16(at, set_or(frame->total, right_total(frame)));
	put16(at, frame->id);
	put16(at, frame->frag);
	put8(at, set_or(frame->ttl, 64));
	put8(at, protocol_of(frame));
	check = *at;
	put16(at, 0);
	for (int i = 0; i < 4; i++)
		put8(at, from.addr[i]);
	for (int i = 0; i < 4; i++)
		put8(at, to.addr[i]);
	put_hex(at, frame->options ? frame->options : "");
	put_check(check, sum(start, length, 0), frame->ip_check_off);
}

static uint8_t tcp_flags(const char *letters)
{
	static const char order[] = "FSRPA";
	uint8_t flags = 0;

	for (; *letters; letters++)
		flags |= 1 << (strchr(order, *letters) - order);
	return flags;
}

/* These leave the checksum 0 and return where it stands. */
static uint8_t *put_tcp(const struct frame *frame, uint8_t **at)
{
	uint8_t *check;

	put16(at, parse_end(frame->from).port);
	put16(at, parse_end(frame->to).port);
	put32(at, 0x01020304);
	put32(at, 0x0a0b0c0d);
	put8(at, set_or(frame->doff, l4_header_length(frame) / 4) << 4);
	put8(at, tcp_flags(frame->flags ? frame->flags : "A"));
	put16(at, 0xfaf0);
	check = *at;
	put32(at, 0);
	for (int i = 0; i < frame->tcp_options; i++)
		put8(at, 1);
	return check;
}

static uint8_t *put_udp(const struct frame *frame, uint8_t **at)
{
	uint8_t *check;

	put16(at, parse_end(frame->from).port);
	put16(at, parse_end(frame->to).port);
	put16(at, set_or(frame->udp_length, UDP_LENGTH + frame->payload));
	check = *at;
	put16(at, 0);
	return check;
}

static uint8_t *put_icmp(const struct frame *frame, uint8_t **at)
{
	uint8_t *check;

	put16(at, set_or(frame->icmp, 8 << 8));
	check = *at;
	put16(at, 0);
	put_hex(at, frame->rest ? frame->rest : "12340001");
	return check;
}

/* The quoted packet is built whole, so that its checksums are over bytes that are not quoted. */
static void put_quote(const struct frame *frame, uint8_t **at)
{
	uint8_t whole[FRAME_MAX];
	size_t length = quote_length(frame);

	if (!length)
		return;
	if (frame_build(frame->quote, whole) < ETH_LENGTH + length)
		errx(2, "a frame quotes more than there is");
	memcpy(*at, whole + ETH_LENGTH, length);
	*at += length;
}

static uint8_t *put_l4(const struct frame *frame, uint8_t **at)
{
	switch (frame->kind) {
	case TCP:
		return put_tcp(frame, at);
	case UDP:
		return put_udp(frame, at);
	case ICMP:
		return put_icmp(frame, at);
	default:
		return NULL;
	}
}

static void put_payload(const struct frame *frame, uint8_t **at)
{
	uint8_t *start = *at;

	for (size_t i = 0; i < frame->payload; i++)
		put8(at, 'a' + i % 23);
	if (frame->word)
		put16(&start, frame->word);
}

static uint32_t pseudo_sum(const struct frame *frame, size_t length)
{
	struct end from = parse_end(frame->from), to = parse_end(frame->to);

	if (frame->kind == ICMP)
		return 0;
	return sum(from.addr, 4, sum(to.addr, 4, protocol_of(frame) + length));
}

size_t frame_build(const struct frame *frame, uint8_t ret[static FRAME_MAX])
{
	uint8_t *at = ret, *l4, *check = NULL;
	size_t length;

	if (frame->payload + frame->pad > FRAME_MAX - 256)
		errx(2, "a frame of %zu bytes is too long", frame->payload + frame->pad);
	put_ether(frame, &at);
	if (frame->kind != ETHER)
		put_ip(frame, &at);
	l4 = at;
	check = put_l4(frame, &at);
	put_quote(frame, &at);
	put_payload(frame, &at);
	if (check && !frame->no_check) {
		length = at - l4;
		put_check(check, sum(l4, length, pseudo_sum(frame, length)), frame->check_off);
		if (frame->kind == UDP && !check[0] && !check[1])
			check[0] = check[1] = 0xff;
	}
	for (size_t i = 0; i < frame->pad; i++)
		put8(&at, 0);
	length = at - ret;
	return frame->cut && frame->cut < length ? frame->cut : length;
}

struct frame frame_change(const struct frame *frame, const struct frame *change)
{
	struct frame f = *frame;

#define TAKE(field) f.field = change->field ? change->field : f.field
	TAKE(kind);
	TAKE(dmac);
	TAKE(smac);
	TAKE(vlan);
	TAKE(ethertype);
	TAKE(from);
	TAKE(to);
	TAKE(ttl);
	TAKE(tos);
	TAKE(id);
	TAKE(frag);
	TAKE(options);
	TAKE(protocol);
	TAKE(flags);
	TAKE(tcp_options);
	TAKE(icmp);
	TAKE(rest);
	TAKE(quote);
	TAKE(quoted);
	TAKE(payload);
	TAKE(word);
	TAKE(version);
	TAKE(ihl);
	TAKE(total);
	TAKE(doff);
	TAKE(udp_length);
	TAKE(ip_check_off);
	TAKE(check_off);
	TAKE(no_check);
	TAKE(cut);
	TAKE(pad);
#undef TAKE
	return f;
}

static void print_row(const char *what, const uint8_t *data, size_t length, size_t from)
{
	fprintf(stderr, "    %-8s %5zu:", what, from);
	for (size_t i = from; i < from + 24 && i < length; i++)
		fprintf(stderr, " %02x", data[i]);
	fprintf(stderr, "%s\n", length <= from ? " (ends before)" : "");
}

void frame_print_difference(const uint8_t *got, size_t got_length, const uint8_t *want,
			    size_t want_length)
{
	size_t at = 0;

	while (at < got_length && at < want_length && got[at] == want[at])
		at++;
	fprintf(stderr, "    first difference at byte %zu; lengths %zu, expected %zu\n", at,
		got_length, want_length);
	print_row("got", got, got_length, at & ~(size_t)7);
	print_row("expected", want, want_length, at & ~(size_t)7);
}
