/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture_queue.c - see capture_queue.h */
#include "daemon/capture_queue.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/pcapng.h"

#define SIDES_MAX 512 /* interfaces, each in two directions */
#define HEAD      256 /* more than a block takes beside packet and comment */

/* An interface in one direction, which is an interface of the file. */
struct side {
	char interface[IF_NAMESIZE];
	enum pcapng_direction direction;
};

struct capture_queue {
	uint8_t *buffer;
	size_t start, end; /* what waits */
	uint32_t snaplen;
	struct side sides[SIDES_MAX];
	uint32_t sides_count;
	uint64_t packets, lost;
	uint64_t told; /* of those lost */
	uint64_t last_ns;
};

struct capture_queue *capture_queue_new(uint32_t snaplen)
{
	struct capture_queue *q = mem_zalloc(sizeof(*q));

	q->buffer = mem_zalloc(CAPTURE_QUEUE_BYTES);
	q->snaplen = snaplen;
	q->end = pcapng_section(q->buffer, CAPTURE_QUEUE_BYTES, "shunt " SHUNT_VERSION);
	return q;
}

struct capture_queue *capture_queue_free(struct capture_queue *q)
{
	if (!q)
		return NULL;
	free(q->buffer);
	free(q);
	return NULL;
}

/* Is there room for @size bytes, once what is there has moved to the front if need be? */
static bool make_room(struct capture_queue *q, size_t size)
{
	if (CAPTURE_QUEUE_BYTES - q->end >= size)
		return true;
	if (q->start < CAPTURE_QUEUE_BYTES / 2) /* to move much for little, and again soon */
		return false;
	memmove(q->buffer, q->buffer + q->start, q->end - q->start);
	q->end -= q->start;
	q->start = 0;
	return true;
}

/* The file's number of a side, which is told the reader when it is new. There is room. */
static uint32_t side_number(struct capture_queue *q, const char *name,
			    enum pcapng_direction direction)
{
	char title[IF_NAMESIZE + 8];
	const struct pcapng_interface interface = {title, NULL, q->snaplen};
	uint32_t i = 0;

	while (i < q->sides_count &&
	       (q->sides[i].direction != direction || strcmp(q->sides[i].interface, name) != 0))
		i++;
	if (i < q->sides_count || i == SIDES_MAX)
		return i < SIDES_MAX ? i : 0;
	snprintf(q->sides[i].interface, IF_NAMESIZE, "%s", name);
	q->sides[i].direction = direction;
	q->sides_count++;
	snprintf(title, sizeof(title), "%s-%s", name, direction == PCAPNG_INBOUND ? "in" : "out");
	q->end += pcapng_interface(q->buffer + q->end, CAPTURE_QUEUE_BYTES - q->end, &interface);
	return i;
}

static void put_frame(struct capture_queue *q, const struct capture_frame *frame,
		      enum pcapng_direction direction, const char *comment)
{
	const struct pcapng_packet packet = {
		.interface = side_number(q, frame->interface, direction),
		.time_ns = frame->time_ns,
		.data = frame->bytes,
		.captured = frame->captured < q->snaplen ? frame->captured : q->snaplen,
		.length = frame->length,
		.direction = direction,
		.id = q->packets + 1,
		.comment = comment,
	};

	q->end += pcapng_packet(q->buffer + q->end, CAPTURE_QUEUE_BYTES - q->end, &packet);
	q->last_ns = frame->time_ns;
}

bool capture_queue_put(struct capture_queue *q, const struct capture_frame *in,
		       const struct capture_frame *out, const char *comment)
{
	/* a block for each frame, and one for each side that is new */
	size_t size = 4 * HEAD + 2 * PCAPNG_COMMENT_MAX + in->captured + out->captured;

	if (!make_room(q, size)) {
		q->lost++;
		return false;
	}
	put_frame(q, in, PCAPNG_INBOUND, comment);
	if (out->length)
		put_frame(q, out, PCAPNG_OUTBOUND, comment);
	q->packets++;
	return true;
}

uint64_t capture_queue_packets(const struct capture_queue *q)
{
	return q->packets;
}

void capture_queue_lose(struct capture_queue *q, uint64_t packets)
{
	q->lost += packets;
}

/* There is something lost that the reader does not know of, and he can be told. */
static bool has_to_tell(const struct capture_queue *q)
{
	return q->lost > q->told && q->sides_count;
}

bool capture_queue_is_empty(const struct capture_queue *q)
{
	return q->start == q->end && !has_to_tell(q);
}

size_t capture_queue_take(struct capture_queue *q, void *buf, size_t max)
{
	size_t size;

	if (has_to_tell(q) && make_room(q, HEAD)) {
		q->end += pcapng_statistics(q->buffer + q->end, CAPTURE_QUEUE_BYTES - q->end, 0,
					    q->last_ns, q->lost);
		q->told = q->lost;
	}
	size = q->end - q->start < max ? q->end - q->start : max;
	memcpy(buf, q->buffer + q->start, size);
	q->start += size;
	if (q->start == q->end)
		q->start = q->end = 0;
	return size;
}
