// SPDX-License-Identifier: GPL-2.0-or-later
/* frame.c - builds frames, see frame.h. */
#include "packet/frame.h"

#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "packet/bytes.h"
#include "packet/layers.h"

#define HEADERS_MAX 512

/* --- building --- */

/* The piece of @length bytes behind the IP header that @frame asks for; returns its length. */
static size_t take_piece(const struct frame *frame, uint8_t *l4, size_t length)
{
	if (!frame->piece)
		return length;
	if (frame->piece_at >= length)
		errx(2, "a piece begins at %zu of %zu bytes", frame->piece_at, length);
	length -= frame->piece_at;
	if (length > frame->piece)
		length = frame->piece;
	memmove(l4, l4 + frame->piece_at, length);
	return length;
}

/* Its own IP packet, whatever is around it. */
static size_t build_inner(const struct frame *frame, uint8_t ret[static FRAME_MAX])
{
	uint8_t l4[FRAME_MAX], *at = l4;
	size_t length, whole;

	layers_put_l4(frame, &at);
	whole = at - l4;
	if (frame->kind == ETHER) {
		memcpy(ret, l4, whole);
		return whole;
	}
	length = take_piece(frame, l4, whole);
	at = ret;
	layers_put_ip(frame, layers_protocol(frame), length, frame->piece_at + length < whole, &at);
	memcpy(at, l4, length);
	return at + length - ret;
}

/* With the tunnel's headers around it. */
static size_t build_packet(const struct frame *frame, uint8_t ret[static FRAME_MAX])
{
	uint8_t carried = layers_is_v6(frame) ? IPPROTO_IPV6 : IPPROTO_IPIP;
	uint8_t inner[FRAME_MAX], gue[HEADERS_MAX], *at = gue;
	size_t length = build_inner(frame, inner), gue_length;

	if (frame->outer && frame->outer->kind == UDP)
		layers_put_gue(frame->outer, carried, length, &at);
	gue_length = at - gue;
	at = ret;
	if (frame->outer)
		layers_put_ip(frame->outer, gue_length ? IPPROTO_UDP : carried, gue_length + length,
			      false, &at);
	memcpy(at, gue, gue_length);
	memcpy(at + gue_length, inner, length);
	return at + gue_length + length - ret;
}

size_t frame_build(const struct frame *frame, uint8_t ret[static FRAME_MAX])
{
	uint8_t packet[FRAME_MAX], *at = ret;
	size_t length;

	if (frame->payload + frame->pad > FRAME_MAX - HEADERS_MAX)
		errx(2, "a frame of %zu bytes is too long", frame->payload + frame->pad);
	layers_put_ether(frame, layers_is_v6(frame->outer ?: frame), &at);
	length = build_packet(frame, packet);
	memcpy(at, packet, length);
	memset(at + length, 0, frame->pad);
	length += at - ret + frame->pad;
	return frame->cut && frame->cut < length ? frame->cut : length;
}

size_t frame_ip_length(const struct frame *frame)
{
	uint8_t ip[FRAME_MAX];

	if (frame->kind == ETHER)
		return 0;
	build_packet(frame, ip);
	if (layers_is_v6(frame->outer ?: frame))
		return 40 + bytes_get16(ip + 4);
	return bytes_get16(ip + 2);
}

/* The outer source's last bytes; IPv4's checksum covers them. */
static void take_source(const struct frame *outer, uint8_t *ip, const uint8_t *got)
{
	size_t any = outer->from_any, end = layers_is_v6(outer) ? 24 : 16;

	memcpy(ip + end - any, got + end - any, any);
	if (layers_is_v6(outer))
		return;
	bytes_put16(ip + 10, 0);
	bytes_put16(ip + 10, ~bytes_sum(ip, layers_ip_length(outer), 0));
}

void frame_take_chosen(const struct frame *frame, uint8_t *want, const uint8_t *got,
		       size_t got_length)
{
	const struct frame *outer = frame->outer;
	size_t ip, l4;

	if (!outer)
		return;
	ip = ETH_LENGTH + layers_tags_length(frame);
	l4 = ip + layers_ip_length(outer);
	if (got_length < l4 + 8)
		return;
	if (outer->from_any)
		take_source(outer, want + ip, got + ip);
	if (outer->kind == UDP && !layers_end(outer->from).port && got[l4] >= 0xc0)
		memcpy(want + l4, got + l4, 2);
	if (outer->flow != FLOW_ANY)
		return;
	want[ip + 1] = (want[ip + 1] & 0xf0) | (got[ip + 1] & 0x0f);
	memcpy(want + ip + 2, got + ip + 2, 2);
}

/* --- changes --- */

struct frame frame_change(const struct frame *frame, const struct frame *change)
{
	struct frame f = *frame;

#define TAKE(field) f.field = change->field ? change->field : f.field
	TAKE(kind);
	TAKE(dmac);
	TAKE(smac);
	TAKE(vlan);
	TAKE(vlan_inner);
	TAKE(ethertype);
	TAKE(from);
	TAKE(to);
	TAKE(ttl);
	TAKE(tos);
	TAKE(id);
	TAKE(frag);
	TAKE(options);
	TAKE(flow);
	TAKE(extensions);
	TAKE(protocol);
	TAKE(piece);
	TAKE(piece_at);
	TAKE(flags);
	TAKE(mss);
	TAKE(tcp_options);
	TAKE(tcp_special);
	TAKE(icmp);
	TAKE(rest);
	TAKE(quote);
	TAKE(quoted);
	TAKE(payload);
	TAKE(word);
	TAKE(outer);
	TAKE(from_any);
	TAKE(version);
	TAKE(ihl);
	TAKE(total);
	TAKE(doff);
	TAKE(udp_length);
	TAKE(extension_length);
	TAKE(ip_check_off);
	TAKE(check_off);
	TAKE(no_check);
	TAKE(cut);
	TAKE(pad);
#undef TAKE
	return f;
}

/* --- printing --- */

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
