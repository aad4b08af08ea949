/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * predict.h - a second opinion: what happens to any frame at all in the world of world.h. Written
 * from what is promised, with none of the program's headers: bytes at offsets, lists searched from
 * the first to the last, sums over everything.
 */
#ifndef PACKET_PREDICT_H
#define PACKET_PREDICT_H

#include "packet/cases.h"
#include "packet/view.h"

/* What a service does to a packet; from the text in WORLD_SERVICES. */
struct predict_service {
	struct view_addr vip, backend, source;
	uint16_t port, backend_port;
	uint8_t protocol;
	enum shunt_forward forward;
};

struct predict_piece;

struct predictor {
	uint32_t in0, out0;
	bool forwarding; /* as net.ipv4.ip_forward is set, and that of IPv6 */
	struct predict_service services[WORLD_SERVICE_COUNT];
	struct view_addr vips[6], nets[40]; /* of lists in predict.c */
	struct predict_piece *pieces;       /* where first ones went, a hash */
	uint64_t frames;                    /* predicted so far */
};

#define PREDICT_NO_REASON (-1)

struct prediction {
	int verdict; /* enum xdp_action */
	int reason;  /* enum shunt_reason, or PREDICT_NO_REASON */
	enum counted counted;
	enum world_service service; /* for which it is counted */
	int number;                 /* the backend's */
	bool may_be_forgotten; /* it follows a first piece of long ago: or as if there were none */
	bool mended;           /* the checksums change with the packet */
	bool wrapped;          /* in a tunnel's headers, parts of which are the program's choice */
	struct view in, out;   /* of the frame that came, and of this: */
	bool mended_quote;     /* an error's: its checksums change too */
	struct view quote;     /* as it came */
	size_t length;
	uint8_t frame[FRAME_MAX]; /* as it comes out; mended checksums as they came in */
};

void predict_init(struct predictor *ret, uint32_t in0, uint32_t out0);
void predict_clear(struct predictor *predictor);

/* Does a service have a backend that packets can reach? */
bool predict_reaches(enum world_service service);

/* What becomes of @in, that comes in by @ifindex. */
void predict(struct predictor *predictor, uint32_t ifindex, const uint8_t *in, size_t length,
	     struct prediction *ret);

/* The same, as if the first piece that it follows had been forgotten. */
void predict_forgotten(struct predictor *predictor, uint32_t ifindex, const uint8_t *in,
		       size_t length, struct prediction *ret);

/*
 * Is @got what was to come out for @in? Otherwise says in @ret_why what is wrong with it. Mended
 * checksums are judged by the sum over what they cover, and then taken over into @want's frame.
 */
bool predict_agrees(struct prediction *want, const uint8_t *in, const uint8_t *got,
		    size_t got_length, const char **ret_why);

#endif
