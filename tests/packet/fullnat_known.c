// SPDX-License-Identifier: GPL-2.0-or-later
/* fullnat_known.c - the services, and what is known of flows and pieces; see fullnat_fuzz.h */
#include "packet/fullnat_fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "packet/bytes.h"

const struct fuzz_text fuzz_texts[FUZZ_SERVICES] = {
	{"tcp:192.0.2.60:80", "10.0.0.5", {"10.0.0.41:7001", "10.0.0.42:7001"}},
	{"udp:192.0.2.60:53", "10.0.0.5", {"10.0.0.41:5300", "10.0.0.42:5300"}},
	{"tcp:[2001:db8:1::60]:80", "fd00::5", {"[fd00::41]:7001", "[fd00::42]:7001"}},
	{"udp:[2001:db8:1::60]:53", "fd00::5", {"[fd00::41]:5300", "[fd00::42]:5300"}},
};

struct flow_key fuzz_flow_key(int service, const struct end *client)
{
	struct flow_key key = {.service = service};

	memcpy(key.addr, client->addr.bytes, sizeof(key.addr));
	bytes_put16(key.port, client->port);
	return key;
}

struct flow *fuzz_flow(const struct fuzz *f, int service, const struct end *client)
{
	const struct flow_key key = fuzz_flow_key(service, client);
	struct flow *flow;

	HASH_FIND(hh, f->flows, &key, sizeof(key), flow);
	return flow;
}

void fuzz_forget_flows(struct fuzz *f)
{
	struct flow *flow, *next;

	HASH_ITER (hh, f->flows, flow, next) {
		HASH_DEL(f->flows, flow);
		free(flow);
	}
	for (int s = 0; s < FUZZ_SERVICES; s++) {
		memset(f->services[s].owners, 0, sizeof(f->services[s].owners));
		f->services[s].used = 0;
	}
}

static struct piece_key piece_key(const struct view *v)
{
	struct piece_key key = {.v6 = v->v6, .protocol = v->v6 ? 0 : v->protocol};

	memcpy(key.from, v->from.bytes, sizeof(key.from));
	memcpy(key.to, v->to.bytes, sizeof(key.to));
	bytes_put32(key.id, v->id);
	return key;
}

uint64_t fuzz_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

struct piece *fuzz_piece(const struct fuzz *f, const struct view *v)
{
	const struct piece_key key = piece_key(v);
	struct piece *piece;

	HASH_FIND(hh, f->pieces, &key, sizeof(key), piece);
	return piece;
}

void fuzz_remember_piece(struct fuzz *f, const struct view *v, const struct piece *what)
{
	struct piece *piece = fuzz_piece(f, v);

	if (!piece) {
		piece = mem_zalloc(sizeof(*piece));
		piece->key = piece_key(v);
		HASH_ADD(hh, f->pieces, key, sizeof(piece->key), piece);
	}
	piece->passed = what->passed;
	piece->perhaps = what->perhaps;
	piece->from = what->from;
	piece->to = what->to;
	piece->frame = f->done;
	piece->ns = fuzz_now_ns();
}

void fuzz_forget_pieces(struct fuzz *f)
{
	struct piece *piece, *next;

	HASH_ITER (hh, f->pieces, piece, next) {
		HASH_DEL(f->pieces, piece);
		free(piece);
	}
}
