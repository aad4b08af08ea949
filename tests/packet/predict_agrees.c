// SPDX-License-Identifier: GPL-2.0-or-later
/* predict_agrees.c - is what came out what predict.h says? Checksums are judged by their sums. */
#include "packet/bytes.h"
#include "packet/predict.h"

#define IP4 20

/* A right sum is 0xffff, and stays it; a wrong one is as wrong as it was. */
static bool same_sum(uint16_t in, uint16_t got)
{
	return in == 0xffff ? got == 0xffff : in % 0xffff == got % 0xffff;
}

static bool without_check(const struct view *view, const uint8_t *frame)
{
	return view->protocol == PROTO_UDP && !bytes_get16(frame + view->check_at);
}

/* The quote where it came out: tags may be others. */
static struct view quote_out(const struct prediction *want)
{
	size_t moved = want->out.ip - want->in.ip; /* may be "negative" */
	struct view quote = want->quote;

	quote.ip += moved;
	quote.l4 += moved;
	quote.check_at += quote.check_at ? moved : 0;
	return quote;
}

/*
 * Where not all is there that a checksum covers, of a quote or a first piece: is it changed by the
 * difference of what is, with the addresses?
 */
static bool same_difference(const struct view *in_at, const uint8_t *in, const struct view *got_at,
			    const uint8_t *got)
{
	size_t addrs = in_at->v6 ? 32 : 8, length = in_at->ip + in_at->total - in_at->l4;
	bool udp = in_at->protocol == PROTO_UDP;
	uint16_t before = bytes_get16(in + in_at->check_at),
		 after = bytes_get16(got + got_at->check_at);

	if (udp && (!before || !after))
		return !before && !after;
	return same_sum(
		bytes_sum(in + view_from_at(in_at), addrs, bytes_sum(in + in_at->l4, length, 0)),
		bytes_sum(got + view_from_at(got_at), addrs,
			  bytes_sum(got + got_at->l4, length, 0)));
}

static bool quote_agrees(const struct prediction *want, const uint8_t *in, const uint8_t *got)
{
	const struct view *in_at = &want->quote, got_at = quote_out(want);

	if (!in_at->v6 && !same_sum(view_ip_sum(in_at, in), view_ip_sum(&got_at, got)))
		return false;
	return !in_at->check_at || same_difference(in_at, in, &got_at, got);
}

/*
 * What of the outer headers is the program's choice: gue's source port, of the dynamic ones; IPv6's
 * flow label; the low bits of a source. Whether a flow keeps them test_tunnel.c asks.
 */
static void take_chosen(struct prediction *want, const uint8_t *got)
{
	const struct world_row *row = &world_services[want->service];
	struct view outer = view_frame(want->frame, want->length);
	size_t bytes = row->source_bits / 8, end = view_from_at(&outer) + (outer.v6 ? 16 : 4);

	memcpy(want->frame + end - bytes, got + end - bytes, bytes);
	if (row->forward == SHUNT_FORWARD_GUE && got[outer.l4] >= 0xc0)
		memcpy(want->frame + outer.l4, got + outer.l4, 2);
	if (outer.v6) {
		want->frame[outer.ip + 1] |= got[outer.ip + 1] & 0x0f;
		memcpy(want->frame + outer.ip + 2, got + outer.ip + 2, 2);
	} else {
		bytes_put16(want->frame + outer.ip + 10, 0);
		bytes_put16(want->frame + outer.ip + 10,
			    ~bytes_sum(want->frame + outer.ip, IP4, 0));
	}
}

/* Take over the checksums that change. */
static void take_checks(struct prediction *want, const uint8_t *got)
{
	const struct view *out = &want->out, quote = quote_out(want);

	if (out->check_at)
		memcpy(want->frame + out->check_at, got + out->check_at, 2);
	if (!out->v6)
		memcpy(want->frame + out->ip + 10, got + out->ip + 10, 2);
	if (!want->mended_quote)
		return;
	if (!out->v6)
		memcpy(want->frame + quote.ip + 10, got + quote.ip + 10, 2);
	if (quote.check_at)
		memcpy(want->frame + quote.check_at, got + quote.check_at, 2);
}

bool predict_agrees(struct prediction *want, const uint8_t *in, const uint8_t *got,
		    size_t got_length, const char **ret_why)
{
	const struct view *out = &want->out;

	*ret_why = "the frame";
	if (got_length != want->length)
		return false;
	if (want->mended)
		take_checks(want, got);
	if (want->wrapped)
		take_chosen(want, got);
	if (memcmp(want->frame, got, got_length) != 0)
		return false;
	if (!want->mended)
		return true;
	*ret_why = "the IP checksum";
	if (!out->v6 && !same_sum(view_ip_sum(&want->in, in), view_ip_sum(out, got)))
		return false;
	*ret_why = "UDP's checksum 0";
	if (want->in.check_at && without_check(&want->in, in) != without_check(out, got))
		return false;
	*ret_why = "a checksum of the quote";
	if (want->mended_quote && !quote_agrees(want, in, got))
		return false;
	*ret_why = "the checksum behind the IP header";
	if (want->in.piece != VIEW_WHOLE)
		return !want->in.check_at || same_difference(&want->in, in, out, got);
	return without_check(&want->in, in) ||
	       same_sum(view_l4_sum(&want->in, in), view_l4_sum(out, got));
}
