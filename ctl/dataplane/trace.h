/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - the program that tells what it does (bpf/trace.bpf.c), loaded on the maps in use: run
 * on one packet to explain, or in the links' place to capture. Part of dataplane.h; the same rules.
 */
#ifndef DATAPLANE_TRACE_H
#define DATAPLANE_TRACE_H

#include "dataplane/dataplane.h"
#include "shunt/trace.h"

/* --- explain --- */

struct dataplane_frame {
	uint8_t *bytes;
	size_t length, room;
};

/*
 * Run the program on @in as if it came in by @ifindex. @ret gets its notes, @out (with room for a
 * larger packet) the frame as it leaves. No counter and no map changes. The first call loads it.
 */
int dataplane_explain(struct dataplane *dp, uint32_t ifindex, const void *in, size_t length,
		      struct shunt_trace *ret, struct dataplane_frame *out, struct error *err);

/* --- what the notes name --- */

/* The service whose slot was looked at, or whose backend answers; NULL: none, or it is gone. */
struct dataplane_service *dataplane_trace_service(struct dataplane *dp,
						  const struct shunt_trace *trace);
/* The backend's number in @service; 0: none. */
uint16_t dataplane_trace_number(const struct dataplane_service *service,
				const struct shunt_trace *trace);

#endif
