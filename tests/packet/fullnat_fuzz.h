/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fullnat_fuzz.h - test_fullnat_fuzz.c in parts: what is known of flows and pieces so far
 * (fullnat_known.c), the next frame (fullnat_draw.c), and whether what became of it follows from
 * that (fullnat_judge.c).
 */
#ifndef PACKET_FULLNAT_FUZZ_H
#define PACKET_FULLNAT_FUZZ_H

#include <uthash.h>

#include "packet/draw.h"
#include "packet/predict.h"
#include "packet/view.h"
#include "packet/world.h"

#define FUZZ_BLOCK   4000 /* frames, then all flows end */
#define FUZZ_CLIENTS 48   /* a service, and fewer ports: */
#define FUZZ_LOW     2000
#define FUZZ_PORTS   40

enum { FUZZ_SERVICES = 4, FUZZ_BACKENDS = 2 };

extern const struct fuzz_text {
	const char *at, *pool, *backends[FUZZ_BACKENDS];
} fuzz_texts[FUZZ_SERVICES];

struct end {
	struct view_addr addr;
	uint16_t port;
};

struct flow_key {
	uint8_t service, addr[16];
	uint8_t port[2];
};

struct flow {
	struct flow_key key;
	struct end client;
	uint16_t port;
	int backend;
	UT_hash_handle hh;
};

struct piece_key {
	uint8_t from[16], to[16], id[4], protocol, v6;
};

/* Where the first piece went, and what the others' addresses become. */
struct piece {
	struct piece_key key;
	bool passed,
		perhaps; /* perhaps: a SYN whose time to live ended leaves what was before it */
	struct view_addr from, to;
	uint64_t frame, ns;
	UT_hash_handle hh;
};

struct service {
	struct end vip, backends[FUZZ_BACKENDS];
	struct view_addr pool;
	uint8_t protocol;
	struct flow *owners[FUZZ_PORTS];
	unsigned int used;
};

struct fuzz {
	struct world world;
	struct draw draw;
	struct service services[FUZZ_SERVICES];
	struct dataplane_service *entries[FUZZ_SERVICES];
	struct flow *flows;
	struct piece *pieces;
	uint64_t seed, packets, done, now_s;
	uint64_t reasons[SHUNT_REASON_COUNT]; /* when last read */
	uint64_t met[SHUNT_REASON_COUNT];
	uint64_t forwarded, answered_back, pieces_followed, errors_there, errors_back;
	unsigned int failures;
};

/* A frame on its way, and what became of it. */
struct trial {
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t in_length, out_length;
	struct view view;
	int verdict, reason; /* PREDICT_NO_REASON: none was counted */
};

/* --- what is known --- */

struct flow_key fuzz_flow_key(int service, const struct end *client);
/* The client's flow; NULL = it has none. */
struct flow *fuzz_flow(const struct fuzz *f, int service, const struct end *client);
void fuzz_forget_flows(struct fuzz *f);
/* What is known of the packet that @v is a piece of; NULL = nothing. */
struct piece *fuzz_piece(const struct fuzz *f, const struct view *v);
/* @v is its first piece; @what: all but the key and the time. */
void fuzz_remember_piece(struct fuzz *f, const struct view *v, const struct piece *what);
void fuzz_forget_pieces(struct fuzz *f);
/* Nanoseconds, monotonic, as pieces have it. */
uint64_t fuzz_now_ns(void);

/* --- the next frame, and what became of it --- */

/* The frame that f->draw has next; its length. */
size_t fuzz_draw(struct fuzz *f, uint8_t *ret);
/* False, and said on stderr, when @t is wrong; else what it tells of its flow is known now. */
bool fuzz_is_right(struct fuzz *f, struct trial *t);
/* For a function that returns whether something is right: it is not, for the reason given. */
#define WRONG(...)                                                                                 \
	do {                                                                                       \
		fprintf(stderr, "    " __VA_ARGS__);                                               \
		fprintf(stderr, "\n");                                                             \
		return false;                                                                      \
	} while (0)

extern const char *const fuzz_reason_names[];

#endif
