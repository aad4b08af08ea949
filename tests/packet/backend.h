/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backend.h - the backends' program in a network namespace of its own, with two VIPs enabled and
 * three directors named, and tunnel packets that it unwraps.
 */
#ifndef PACKET_BACKEND_H
#define PACKET_BACKEND_H

#include "dataplane/decap.h"
#include "packet/world.h"

#define BACKEND_HASHED "172.16.9.7" /* of the prefix that is named */
/* Of each family a VIP is enabled (VIP, VIP6) and a director named (DIRECTOR, DIRECTOR6). */
#define BACKEND_PREFIX "172.16.0.0/16"

struct backend {
	uint32_t in0;
	int program;
};

/* Fails the program when something does not work; skips it when it is not root's. */
void backend_open(struct backend *ret);
void backend_close(struct backend *backend);

void backend_look(const struct backend *backend, struct decap_view *ret);
/* Run the program on a frame. Returns the verdict. */
int backend_run(const struct backend *backend, const uint8_t *frame, size_t length,
		uint8_t ret[static FRAME_MAX], size_t *ret_length);

extern const char *const backend_reasons[DECAP_REASON_COUNT];

/* Outer headers, inner packets and tags: any of each makes a packet that is unwrapped. */
struct backend_part {
	const char *name;
	struct frame frame;
};
extern const struct backend_part backend_outers[], backend_inners[], backend_tags[];
extern const size_t backend_outers_count, backend_inners_count, backend_tags_count;

/* One of them; the frame points to the table. */
struct frame backend_frame(size_t outer, size_t inner, size_t tags);

#endif
