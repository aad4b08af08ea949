/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture_queue.h - what one reader of a capture has still to read: a pcapng file as it grows, in a
 * buffer with an end. What finds no room is lost, and the file tells how much that was. Pure.
 */
#ifndef DAEMON_CAPTURE_QUEUE_H
#define DAEMON_CAPTURE_QUEUE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#define CAPTURE_QUEUE_BYTES (8 << 20)

/* A frame on one side of the program. */
struct capture_frame {
	char interface[IF_NAMESIZE];
	uint64_t time_ns; /* since 1970 */
	const uint8_t *bytes;
	uint32_t captured, length; /* captured: of @bytes; length 0: there was no frame */
};

struct capture_queue;

struct capture_queue *capture_queue_new(uint32_t snaplen);
struct capture_queue *capture_queue_free(struct capture_queue *q); /* takes NULL, returns NULL */
DEFINE_CLEANUP(struct capture_queue *, capture_queue_free)

/* A packet as it came in and, if it did, went out. False: no room, it is lost. */
bool capture_queue_put(struct capture_queue *q, const struct capture_frame *in,
		       const struct capture_frame *out, const char *comment);
uint64_t capture_queue_packets(const struct capture_queue *q); /* that were put */
/* So many more were lost elsewhere. */
void capture_queue_lose(struct capture_queue *q, uint64_t packets);

/* Is there anything to take? */
bool capture_queue_is_empty(const struct capture_queue *q);
/* At most @max bytes of what is next; returns how many. */
size_t capture_queue_take(struct capture_queue *q, void *buf, size_t max);

#endif
