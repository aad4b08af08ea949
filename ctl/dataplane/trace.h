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

/* --- capture --- */

/*
 * Put the program that captures in the place of every link's, until dataplane_capture_end():
 * packets are forwarded and counted as before meanwhile, also after this process has died, and then
 * until the next one's dataplane_activate(). Call it after that.
 */
int dataplane_capture_begin(struct dataplane *dp, struct error *err);
/* The ordinary program takes its place again; what was not read is forgotten. */
void dataplane_capture_end(struct dataplane *dp);
/* Bytes of a frame, at most SHUNT_CAPTURE_SNAPLEN_MAX; only what is dropped, or all. */
void dataplane_capture_want(struct dataplane *dp, uint32_t snaplen, bool drops_only);
/* A descriptor that is readable while there are packets to read. */
int dataplane_capture_fd(const struct dataplane *dp);
/* Call @each for at most @max packets; @in and @out hold in_captured and out_captured bytes. */
void dataplane_capture_read(struct dataplane *dp, unsigned int max,
			    void (*each)(const struct shunt_capture *packet, const uint8_t *in,
					 const uint8_t *out, void *arg),
			    void *arg);
/* For packet tests: the program that captures, owned by @dp. */
int dataplane_capture_program_fd(const struct dataplane *dp);
/* Packets that found no room, since dataplane_capture_begin(). */
uint64_t dataplane_capture_lost(const struct dataplane *dp);

/* --- what the notes name --- */

/* Where a service is reached. */
void dataplane_service_address(const struct dataplane_service *service, struct vip *ret);
/* The service whose slot was looked at, or whose backend answers; NULL: none, or it is gone. */
struct dataplane_service *dataplane_trace_service(struct dataplane *dp,
						  const struct shunt_trace *trace);
/* The backend's number in @service; 0: none. */
uint16_t dataplane_trace_number(const struct dataplane_service *service,
				const struct shunt_trace *trace);

#endif
