// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_decap_fuzz.c - tunnel packets damaged at random through the backends' program; each must
 * become what a second opinion says: verdict, frame, and in the sum the reasons.
 *
 *   FUZZ_PACKETS=count   how many (200000)
 *   SEED=number          draws the same frames again
 */
#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include "base/cleanup.h"
#include "packet/backend.h"
#include "packet/bytes.h"
#include "packet/draw.h"
#include "packet/expect.h"

#define USUAL_PACKETS 200000
#define USUAL_SEED    20261127
#define FAILURES_MAX  5
#define LENGTH_MAX    3000 /* longer ones lie in several buffers: the table has them */
#define HEADERS       120  /* where most of the damage is done */
#define NOT_COUNTED   DECAP_REASON_COUNT

/* --- the second opinion --- */

struct opinion {
	int verdict;
	int reason;    /* NOT_COUNTED: none */
	size_t length; /* of the frame that comes out */
	uint8_t frame[FRAME_MAX];
};

/* A look at a packet, from the outside in. */
struct look {
	const uint8_t *data;
	size_t length;
	size_t link, at; /* the outer header; the header that is looked at */
	size_t room;     /* bytes from there on that the headers before tell of */
	int fault;       /* the first; NOT_COUNTED: none */
	int kind;        /* protocol of the header at `at` */
	bool later;      /* not the first fragment */
	uint8_t tos;
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
};

static bool has(const struct look *l, size_t bytes)
{
	return l->at + bytes <= l->length;
}

static void fault(struct look *l, int reason)
{
	if (l->fault == NOT_COUNTED)
		l->fault = reason;
}

/* 0: not IP. */
static int look_at_link(struct look *l)
{
	int type = bytes_get16(l->data + 12);

	l->link = 14;
	for (int i = 0; i < 2 && (type == ETH_P_8021Q || type == ETH_P_8021AD); i++) {
		if (l->link + 4 > l->length)
			return 0;
		type = bytes_get16(l->data + l->link + 2);
		l->link += 4;
	}
	l->at = l->link;
	return type == ETH_P_IP ? 4 : type == ETH_P_IPV6 ? 6 : 0;
}

static bool look_at_outer4(struct look *l)
{
	const uint8_t *ip = l->data + l->at;
	size_t header, total;

	if (!has(l, 20) || ip[0] >> 4 != 4 || (ip[0] & 15) < 5)
		return false;
	header = (ip[0] & 15) * 4;
	total = bytes_get16(ip + 2);
	inet_ntop(AF_INET, ip + 12, l->from, sizeof(l->from));
	l->later = bytes_get16(ip + 6) & 0x1fff;
	if (bytes_get16(ip + 6) & 0x3fff)
		fault(l, DECAP_REASON_OUTER_FRAGMENT);
	if (total < header || l->at + total > l->length || !has(l, header) ||
	    bytes_sum(ip, header, 0) != 0xffff)
		fault(l, DECAP_REASON_MALFORMED_OUTER);
	l->tos = ip[1];
	l->kind = ip[9];
	l->at += header;
	l->room = total < header ? SIZE_MAX : total - header;
	return true;
}

static bool is_extension(int kind)
{
	return kind == 0 || kind == 43 || kind == 44 || kind == 60;
}

/* At most eight headers and 512 bytes; behind a later fragment's there is no other. False: more. */
static bool look_at_extensions(struct look *l)
{
	size_t start = l->at;
	bool first = false;

	for (int i = 0; is_extension(l->kind) && !l->later; i++) {
		const uint8_t *x = l->data + l->at;

		if (i == 8 || !has(l, 8) || (l->kind == 43 && x[3])) /* segments left: goes on */
			return false;
		if (l->kind == 44) {
			l->later = bytes_get16(x + 2) & 0xfff8;
			first = first || bytes_get16(x + 2) & 1;
		}
		l->at += l->kind == 44 ? 8 : 8 + x[1] * 8;
		if (l->at - start > 512)
			return false;
		l->kind = x[0];
	}
	if (l->at - start > l->room)
		fault(l, DECAP_REASON_MALFORMED_OUTER);
	if (first || l->later)
		fault(l, DECAP_REASON_OUTER_FRAGMENT);
	l->room -= l->at - start;
	return true;
}

static bool look_at_outer6(struct look *l)
{
	const uint8_t *ip = l->data + l->at;

	if (!has(l, 40) || ip[0] >> 4 != 6)
		return false;
	inet_ntop(AF_INET6, ip + 8, l->from, sizeof(l->from));
	l->tos = ip[0] << 4 | ip[1] >> 4;
	l->room = bytes_get16(ip + 4);
	if (l->at + 40 + l->room > l->length)
		fault(l, DECAP_REASON_MALFORMED_OUTER);
	l->kind = ip[6];
	l->at += 40;
	return look_at_extensions(l);
}

static bool look_at_gue(struct look *l)
{
	const uint8_t *udp = l->data + l->at;
	size_t length;

	if (!has(l, 8) || bytes_get16(udp + 2) != 6080)
		return false;
	length = bytes_get16(udp + 4);
	if (!has(l, 12) || length > l->room || length < 12) {
		fault(l, DECAP_REASON_MALFORMED_OUTER);
		return true;
	}
	if (bytes_get16(udp + 6))
		fault(l, DECAP_REASON_GUE_CHECKSUM);
	if (udp[8] || udp[10] || udp[11] || (udp[9] != 4 && udp[9] != 41))
		fault(l, DECAP_REASON_GUE_HEADER);
	l->kind = udp[9];
	l->at += 12;
	l->room = length - 12;
	return true;
}

/* False: no tunnel packet. */
static bool look_at_outer(struct look *l)
{
	int family = look_at_link(l);

	if (!family || (family == 4 ? !look_at_outer4(l) : !look_at_outer6(l)))
		return false;
	if (l->kind == 17 && !l->later)
		return look_at_gue(l);
	return l->kind == 4 || l->kind == 41;
}

static bool inner_is_right(struct look *l)
{
	const uint8_t *ip = l->data + l->at;

	if (l->kind == 4) {
		if (!has(l, 20) || ip[0] >> 4 != 4 || (ip[0] & 15) < 5 ||
		    bytes_get16(ip + 2) < (ip[0] & 15) * 4 || bytes_get16(ip + 2) > l->room)
			return false;
		inet_ntop(AF_INET, ip + 16, l->to, sizeof(l->to));
		return true;
	}
	if (!has(l, 40) || ip[0] >> 4 != 6 || 40u + bytes_get16(ip + 4) > l->room)
		return false;
	inet_ntop(AF_INET6, ip + 24, l->to, sizeof(l->to));
	return true;
}

static bool is_director(const char *from)
{
	return strcmp(from, DIRECTOR) == 0 || strcmp(from, DIRECTOR6) == 0 ||
	       strncmp(from, "172.16.", 7) == 0;
}

/* -1: dropped. Marks: 0 none, 1 ECT(1), 2 ECT(0), 3 CE. */
static int mark_of(int inner, int outer)
{
	static const char table[] = "000x"
				    "1113"
				    "2123"
				    "3333";
	char mark = table[inner * 4 + outer];

	return mark == 'x' ? -1 : mark - '0';
}

static void set_mark(uint8_t *ip, int mark)
{
	uint16_t sum;

	if (ip[0] >> 4 == 6) {
		ip[1] = (ip[1] & 0xcf) | mark << 4;
		return;
	}
	if ((ip[1] & 3) == mark)
		return;
	/* what was wrong by some amount stays wrong by it */
	sum = bytes_sum(ip, 20, 0);
	ip[1] = (ip[1] & 0xfc) | mark;
	bytes_put16(ip + 10, 0);
	sum += (uint16_t)~bytes_sum(ip, 20, 0) + (sum + (uint16_t)~bytes_sum(ip, 20, 0) > 0xffff);
	bytes_put16(ip + 10, sum);
}

static void unwrap(struct look *l, struct opinion *ret)
{
	const uint8_t *ip = l->data + l->at;
	int mark = mark_of(l->kind == 4 ? ip[1] & 3 : ip[1] >> 4 & 3, l->tos & 3);

	if (mark < 0) {
		ret->verdict = XDP_DROP;
		ret->reason = DECAP_REASON_ECN;
		return;
	}
	ret->reason = DECAP_REASON_UNWRAPPED;
	ret->length = l->link + l->length - l->at;
	memcpy(ret->frame + l->link, ip, l->length - l->at);
	bytes_put16(ret->frame + l->link - 2, l->kind == 4 ? ETH_P_IP : ETH_P_IPV6);
	set_mark(ret->frame + l->link, mark);
}

static void opine(const uint8_t *data, size_t length, struct opinion *ret)
{
	struct look l = {.data = data, .length = length, .fault = NOT_COUNTED};
	bool vip;

	ret->verdict = XDP_PASS;
	ret->reason = NOT_COUNTED;
	ret->length = length;
	memcpy(ret->frame, data, length);
	if (!look_at_outer(&l))
		return;
	if (l.fault == NOT_COUNTED && !inner_is_right(&l))
		fault(&l, DECAP_REASON_MALFORMED_INNER);
	vip = l.fault == NOT_COUNTED && (strcmp(l.to, VIP) == 0 || strcmp(l.to, VIP6) == 0);
	if (!is_director(l.from)) {
		ret->reason = vip ? DECAP_REASON_NOT_DIRECTOR : NOT_COUNTED;
	} else if (l.fault != NOT_COUNTED) {
		ret->verdict = XDP_DROP;
		ret->reason = l.fault;
	} else if (!vip) {
		ret->reason = DECAP_REASON_UNKNOWN_VIP;
	} else {
		unwrap(&l, ret);
	}
}

/* --- drawing --- */

static size_t damage(struct draw *draw, uint8_t *frame, size_t length)
{
	size_t reach = length < HEADERS ? length : HEADERS, at = draw_below(draw, reach);

	switch (draw_below(draw, 8)) {
	case 0:
		return DRAW_LENGTH_MIN + draw_below(draw, length - DRAW_LENGTH_MIN + 1);
	case 1:
		for (size_t end = length + draw_below(draw, 30); length < end;)
			frame[length++] = draw_below(draw, 256);
		return length;
	case 2:
		frame[at]++;
		return length;
	case 3:
		frame[at]--;
		return length;
	case 4:
		frame[at] = draw_below(draw, 256);
		return length;
	default:
		frame[at] ^= 1 << draw_below(draw, 8);
		return length;
	}
}

/* Damage that the outer checksum tells of hides all other. */
static void mend_checksum(uint8_t *frame, size_t length)
{
	struct look l = {.data = frame, .length = length};
	uint8_t *ip;

	if (look_at_link(&l) != 4 || !has(&l, 20))
		return;
	ip = frame + l.at;
	if ((ip[0] & 15) < 5 || !has(&l, (ip[0] & 15) * 4))
		return;
	bytes_put16(ip + 10, 0);
	bytes_put16(ip + 10, ~bytes_sum(ip, (ip[0] & 15) * 4, 0));
}

static size_t draw_tunnel(struct draw *draw, uint8_t frame[static FRAME_MAX])
{
	static struct frame outer;
	struct frame packet;
	size_t length;

	do {
		packet = backend_frame(draw_below(draw, backend_outers_count),
				       draw_below(draw, backend_inners_count),
				       draw_below(draw, backend_tags_count));
		outer = *packet.outer;
		outer.tos = draw_below(draw, 256);
		packet.outer = &outer;
		packet.tos = draw_below(draw, 256);
		length = frame_build(&packet, frame);
	} while (length > LENGTH_MAX);
	for (uint32_t n = draw_below(draw, 4); n > 0; n--)
		length = damage(draw, frame, length);
	if (draw_below(draw, 4))
		mend_checksum(frame, length);
	return length;
}

/* --- running --- */

static void print_frame(const uint8_t *frame, size_t length)
{
	for (size_t i = 0; i < length && i < HEADERS; i++)
		fprintf(stderr, "%02x", frame[i]);
	fprintf(stderr, " (%zu bytes)\n", length);
}

static bool try_one(const struct backend *backend, struct draw *draw, uint64_t *reasons)
{
	static uint8_t in[FRAME_MAX], out[FRAME_MAX];
	static struct opinion want;
	size_t in_length = draw_tunnel(draw, in), out_length;
	int verdict = backend_run(backend, in, in_length, out, &out_length);

	opine(in, in_length, &want);
	if (want.reason != NOT_COUNTED)
		reasons[want.reason]++;
	if (verdict == want.verdict &&
	    (verdict == XDP_DROP ||
	     (out_length == want.length && memcmp(out, want.frame, out_length) == 0)))
		return true;
	fprintf(stderr, "    verdict %d, expected %d (%s)\n    ", verdict, want.verdict,
		want.reason == NOT_COUNTED ? "not counted" : backend_reasons[want.reason]);
	print_frame(in, in_length);
	if (verdict == want.verdict)
		frame_print_difference(out, out_length, want.frame, want.length);
	return false;
}

/* Every reason was drawn, but the one that is a bug, and counted as often as expected. */
static unsigned int compare_reasons(const struct backend *backend, const uint64_t *want)
{
	static struct decap_view view;
	unsigned int wrong = 0;

	backend_look(backend, &view);
	for (int i = 0; i < DECAP_REASON_COUNT; i++) {
		printf("# %-16s %" PRIu64 "\n", backend_reasons[i], view.reasons[i]);
		if (view.reasons[i] == want[i] && (want[i] || i == DECAP_REASON_INTERNAL))
			continue;
		fprintf(stderr, "FAILED %s: counted %" PRIu64 ", expected %" PRIu64 " and some\n",
			backend_reasons[i], view.reasons[i], want[i]);
		wrong++;
	}
	return wrong;
}

int main(void)
{
	uint64_t packets = expect_setting("FUZZ_PACKETS", USUAL_PACKETS),
		 reasons[DECAP_REASON_COUNT] = {0};
	uint64_t seed = expect_setting("SEED", USUAL_SEED);
	unsigned int failed = 0;
	struct backend backend;
	struct draw draw = {0};

	backend_open(&backend);
	draw_seed(&draw, seed);
	for (uint64_t i = 0; i < packets && failed < FAILURES_MAX; i++) {
		if (try_one(&backend, &draw, reasons))
			continue;
		fprintf(stderr, "FAILED frame %" PRIu64 " of SEED=%" PRIu64 "\n", i, seed);
		failed++;
	}
	if (!failed)
		failed = compare_reasons(&backend, reasons);
	backend_close(&backend);
	printf("%u passed, %u failed, 0 skipped\n", !failed, failed);
	return failed > 0;
}
