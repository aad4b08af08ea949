// SPDX-License-Identifier: GPL-2.0-or-later
/* layers.c - see layers.h. */
#include "packet/layers.h"

#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet/bytes.h"
#include "packet/world.h"

#define IP4_LENGTH      20
#define IP6_LENGTH      40
#define FRAGMENT_LENGTH 8
#define TCP_LENGTH      20
#define MSS_LENGTH      4
#define UDP_LENGTH      8
#define GUE_LENGTH      4

/* --- bytes --- */

static void put8(uint8_t **at, uint8_t value)
{
	*(*at)++ = value;
}

static void put16(uint8_t **at, uint16_t value)
{
	bytes_put16(*at, value);
	*at += 2;
}

static void put32(uint8_t **at, uint32_t value)
{
	bytes_put32(*at, value);
	*at += 4;
}

static void put_mac(uint8_t **at, const char *text)
{
	for (int i = 0; i < 6; i++)
		put8(at, strtoul(text + 3 * i, NULL, 16));
}

static size_t hex_length(const char *text)
{
	return text ? strlen(text) / 2 : 0;
}

static void put_hex(uint8_t **at, const char *text)
{
	for (; text && *text; text += 2) {
		char byte[3] = {text[0], text[1]};

		put8(at, strtoul(byte, NULL, 16));
	}
}

static void put_addr(uint8_t **at, const struct layers_end *end)
{
	memcpy(*at, end->addr, end->v6 ? 16 : 4);
	*at += end->v6 ? 16 : 4;
}

static int set_or(int set, int right)
{
	return set ? set & 0xffff : right;
}

/* @sum is of all that is covered, the checksum as 0. */
static void put_check(uint8_t *at, uint16_t sum, int off)
{
	uint16_t check = ~sum;

	bytes_put16(at, off ? bytes_sum(NULL, 0, (uint32_t)check + off) : check);
}

/* --- addresses --- */

struct layers_end layers_end(const char *text)
{
	struct layers_end end = {0};
	char addr[64] = "";
	unsigned int port = 0;

	if (!text)
		errx(2, "a frame has no address");
	end.v6 = text[0] == '[' || strchr(text, ':') != strrchr(text, ':');
	if (sscanf(text, "[%63[^]]]:%u", addr, &port) < 1 &&
	    sscanf(text, end.v6 ? "%63s" : "%63[^:]:%u", addr, &port) < 1)
		errx(2, "a frame's address is \"%s\"", text);
	if (inet_pton(end.v6 ? AF_INET6 : AF_INET, addr, end.addr) != 1)
		errx(2, "a frame's address is \"%s\"", text);
	end.port = port;
	return end;
}

bool layers_is_v6(const struct frame *frame)
{
	return frame->kind != ETHER && layers_end(frame->from).v6;
}

/* --- Ethernet --- */

static size_t tag_length(int tag)
{
	return tag && tag != UNTAGGED ? VLAN_LENGTH : 0;
}

size_t layers_tags_length(const struct frame *frame)
{
	return tag_length(frame->vlan) + tag_length(frame->vlan_inner);
}

static void put_tag(uint8_t **at, int tag)
{
	if (!tag_length(tag))
		return;
	put16(at, tag & AD(0) ? ETH_P_8021AD : ETH_P_8021Q);
	put16(at, tag);
}

void layers_put_ether(const struct frame *frame, bool v6, uint8_t **at)
{
	put_mac(at, frame->dmac ? frame->dmac : MAC_DIRECTOR);
	put_mac(at, frame->smac ? frame->smac : MAC_ROUTER);
	put_tag(at, frame->vlan);
	put_tag(at, frame->vlan_inner);
	put16(at, frame->ethertype ? frame->ethertype : v6 ? ETH_P_IPV6 : ETH_P_IP);
}

/* --- extension headers of IPv6 --- */

/* The protocol number of a letter. */
static uint8_t extension_protocol(char letter)
{
	switch (letter) {
	case 'H':
		return IPPROTO_HOPOPTS;
	case 'R':
	case 'S':
		return IPPROTO_ROUTING;
	case 'D':
		return IPPROTO_DSTOPTS;
	case 'A':
		return IPPROTO_AH;
	case 'M':
		return IPPROTO_MH;
	case 'F':
		return IPPROTO_FRAGMENT;
	default:
		errx(2, "an extension header is '%c'", letter);
	}
}

/* The next letter, and its length field; 0 at the end. */
static char next_extension(const char **text, int *ret_field)
{
	char letter = **text;

	if (!letter)
		return 0;
	(*text)++;
	*ret_field = letter == 'A' ? 4 : 0; /* RFC 4302: 24 bytes with a 96-bit value */
	if (**text >= '0' && **text <= '9')
		*ret_field = *(*text)++ - '0';
	return letter;
}

/* AH alone counts in units of 4 bytes. */
static size_t extension_length(char letter, int field)
{
	return letter == 'A' ? (field + 2) * 4 : (field + 1) * 8;
}

static size_t extensions_length(const struct frame *frame)
{
	const char *text = frame->extensions ?: "";
	size_t length = 0;
	int field;
	char letter;

	while ((letter = next_extension(&text, &field)))
		length += extension_length(letter, field);
	return length;
}

static void put_fragment(const struct frame *frame, uint16_t offset_and_more, uint8_t **at)
{
	put16(at, offset_and_more);
	put32(at, frame->id);
}

/* Behind the next header and the length: options are one PadN, a routing header is of type 4. */
static void put_extension_body(const struct frame *frame, char letter, size_t length, uint8_t **at)
{
	uint8_t *end = *at + length - 2;

	switch (letter) {
	case 'H':
	case 'D':
		put8(at, 1);
		put8(at, length - 4);
		break;
	case 'R':
	case 'S':
		put8(at, 4);
		put8(at, letter == 'S');
		break;
	case 'F':
		put_fragment(frame, frame->frag << 3 | (frame->frag >> 13 & 1), at);
		return;
	}
	memset(*at, 0, end - *at);
	*at = end;
}

static void put_extensions(const struct frame *frame, uint8_t carried, uint8_t **at)
{
	const char *text = frame->extensions ?: "";
	int field, field2;
	char letter;

	while ((letter = next_extension(&text, &field))) {
		const char *rest = text;
		char following = next_extension(&rest, &field2);
		size_t length = extension_length(letter, field);

		put8(at, following ? extension_protocol(following) : carried);
		put8(at, following ? field : set_or(frame->extension_length, field));
		put_extension_body(frame, letter, length, at);
	}
}

/* --- IP --- */

uint8_t layers_protocol(const struct frame *frame)
{
	if (frame->protocol)
		return frame->protocol;
	switch (frame->kind) {
	case TCP:
		return IPPROTO_TCP;
	case UDP:
		return IPPROTO_UDP;
	case ICMP:
		return layers_is_v6(frame) ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	default:
		return 0;
	}
}

size_t layers_ip_length(const struct frame *frame)
{
	if (!layers_is_v6(frame))
		return IP4_LENGTH + hex_length(frame->options);
	return IP6_LENGTH + extensions_length(frame) + (frame->piece ? FRAGMENT_LENGTH : 0);
}

static void put_ip4(const struct frame *frame, uint8_t carried, size_t length, bool more,
		    uint8_t **at)
{
	struct layers_end from = layers_end(frame->from), to = layers_end(frame->to);
	size_t header = layers_ip_length(frame);
	uint8_t *start = *at, *check;

	put8(at, set_or(frame->version, 4) << 4 | set_or(frame->ihl, header / 4));
	put8(at, frame->tos);
	put16(at, set_or(frame->total, header + length));
	put16(at, frame->id);
	put16(at, frame->piece ? FRAG(more, frame->piece_at) : frame->frag);
	put8(at, set_or(frame->ttl, 64));
	put8(at, carried);
	check = *at;
	put16(at, 0);
	put_addr(at, &from);
	put_addr(at, &to);
	put_hex(at, frame->options);
	put_check(check, bytes_sum(start, header, 0), frame->ip_check_off);
}

static void put_ip6(const struct frame *frame, uint8_t carried, size_t length, bool more,
		    uint8_t **at)
{
	struct layers_end from = layers_end(frame->from), to = layers_end(frame->to);
	const char *extensions = frame->extensions ?: "";
	uint8_t first = frame->piece ? IPPROTO_FRAGMENT : carried;
	size_t headers = layers_ip_length(frame) - IP6_LENGTH;

	put32(at, (uint32_t)set_or(frame->version, 6) << 28 | frame->tos << 20 |
			  (frame->flow & 0xfffff));
	put16(at, set_or(frame->total, headers + length));
	put8(at, *extensions ? extension_protocol(*extensions) : first);
	put8(at, set_or(frame->ttl, 64));
	put_addr(at, &from);
	put_addr(at, &to);
	put_extensions(frame, first, at);
	if (!frame->piece)
		return;
	put8(at, carried);
	put8(at, 0);
	put_fragment(frame, frame->piece_at | more, at);
}

void layers_put_ip(const struct frame *frame, uint8_t carried, size_t length, bool more,
		   uint8_t **at)
{
	if (layers_is_v6(frame))
		put_ip6(frame, carried, length, more, at);
	else
		put_ip4(frame, carried, length, more, at);
}

/* --- TCP, UDP, ICMP: these leave the checksum 0 and return where it stands --- */

static uint8_t tcp_flags(const char *letters)
{
	static const char order[] = "FSRPA";
	uint8_t flags = 0;

	for (; *letters; letters++)
		flags |= 1 << (strchr(order, *letters) - order);
	return flags;
}

static uint8_t *put_tcp(const struct frame *frame, uint8_t **at)
{
	size_t length = TCP_LENGTH + (frame->mss ? MSS_LENGTH : 0) + frame->tcp_options +
			hex_length(frame->tcp_special);
	uint8_t *check;

	put16(at, layers_end(frame->from).port);
	put16(at, layers_end(frame->to).port);
	put32(at, 0x01020304);
	put32(at, 0x0a0b0c0d);
	put8(at, set_or(frame->doff, length / 4) << 4);
	put8(at, tcp_flags(frame->flags ? frame->flags : "A"));
	put16(at, 0xfaf0);
	check = *at;
	put32(at, 0);
	if (frame->mss)
		put32(at, 0x02040000 | (frame->mss & 0xffff));
	for (int i = 0; i < frame->tcp_options; i++)
		put8(at, 1);
	put_hex(at, frame->tcp_special);
	return check;
}

static uint8_t *put_udp(const struct frame *frame, size_t payload, uint8_t **at)
{
	uint8_t *check;

	put16(at, layers_end(frame->from).port);
	put16(at, layers_end(frame->to).port);
	put16(at, set_or(frame->udp_length, UDP_LENGTH + payload));
	check = *at;
	put16(at, 0);
	return check;
}

static uint8_t *put_icmp(const struct frame *frame, uint8_t **at)
{
	uint8_t *check;

	put16(at, set_or(frame->icmp, (layers_is_v6(frame) ? 128 : 8) << 8));
	check = *at;
	put16(at, 0);
	put_hex(at, frame->rest ? frame->rest : "12340001");
	return check;
}

static uint8_t *put_l4_header(const struct frame *frame, uint8_t **at)
{
	switch (frame->kind) {
	case TCP:
		return put_tcp(frame, at);
	case UDP:
		return put_udp(frame, frame->payload, at);
	case ICMP:
		return put_icmp(frame, at);
	default:
		return NULL;
	}
}

/* The quoted packet is built whole, so that its checksums are over bytes that are not quoted. */
static void put_quote(const struct frame *frame, uint8_t **at)
{
	const struct frame *quote = frame->quote;
	uint8_t whole[FRAME_MAX];
	size_t length;

	if (!quote)
		return;
	length = layers_ip_length(quote->outer ?: quote) + (frame->quoted ?: 8);
	if (frame_build(quote, whole) < ETH_LENGTH + length)
		errx(2, "a frame quotes more than there is");
	memcpy(*at, whole + ETH_LENGTH, length);
	*at += length;
}

static void put_payload(const struct frame *frame, uint8_t **at)
{
	uint8_t *start = *at;

	for (size_t i = 0; i < frame->payload; i++)
		put8(at, 'a' + i % 23);
	if (frame->word)
		put16(&start, frame->word);
}

/* Of ICMP in IPv4 there is none. */
static uint32_t pseudo_header(const struct frame *frame, uint8_t protocol, size_t length)
{
	struct layers_end from = layers_end(frame->from), to = layers_end(frame->to);

	if (frame->kind == ICMP && !from.v6)
		return 0;
	return bytes_sum(from.addr, 16, bytes_sum(to.addr, 16, protocol + length));
}

static void fill_check(const struct frame *frame, uint8_t *check, const uint8_t *l4, size_t length)
{
	uint32_t start;

	if (!check || frame->no_check)
		return;
	start = pseudo_header(frame, layers_protocol(frame), length);
	put_check(check, bytes_sum(l4, length, start), frame->check_off);
	if (frame->kind == UDP && !bytes_get16(check))
		bytes_put16(check, 0xffff);
}

void layers_put_l4(const struct frame *frame, uint8_t **at)
{
	uint8_t *l4 = *at, *check = put_l4_header(frame, at);

	put_quote(frame, at);
	put_payload(frame, at);
	fill_check(frame, check, l4, *at - l4);
}

/* --- GUE, variant 0 without any field (draft-ietf-intarea-gue) --- */

void layers_put_gue(const struct frame *outer, uint8_t carried, size_t length, uint8_t **at)
{
	put_udp(outer, GUE_LENGTH + length, at);
	put8(at, 0);
	put8(at, carried);
	put16(at, 0);
}
