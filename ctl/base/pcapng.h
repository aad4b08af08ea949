/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcapng.h - blocks of a pcapng capture file (draft-ietf-opsawg-pcapng), each written into the
 * caller's memory, and told apart again. No I/O. All blocks are in the host's byte order.
 */
#ifndef BASE_PCAPNG_H
#define BASE_PCAPNG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PCAPNG_COMMENT_MAX 1024        /* bytes of a comment; what is longer is cut */
#define PCAPNG_BLOCK_MAX   (128 << 10) /* no block of ours is as long */

enum pcapng_type {
	PCAPNG_INTERFACE = 1,
	PCAPNG_STATISTICS = 5,
	PCAPNG_PACKET = 6,
	PCAPNG_SECTION = 0x0a0d0d0a,
};

enum pcapng_direction { PCAPNG_INBOUND = 1, PCAPNG_OUTBOUND = 2 };

/* Ethernet; times are nanoseconds since 1970. */
struct pcapng_interface {
	const char *name, *description;
	uint32_t snaplen;
};

struct pcapng_packet {
	uint32_t interface; /* which of the section's, in the order they were written, from 0 */
	uint64_t time_ns;
	const void *data;
	uint32_t captured, length; /* bytes: of @data, of the packet as it was */
	enum pcapng_direction direction;
	uint64_t id;         /* the same for all that show one packet */
	const char *comment; /* NULL or "" = none */
};

/*
 * Write a block to @buf of @room bytes. Each returns the block's size, or 0 when it has no room
 * (then @buf holds nothing of use).
 */
size_t pcapng_section(void *buf, size_t room, const char *application);
size_t pcapng_interface(void *buf, size_t room, const struct pcapng_interface *interface);
size_t pcapng_packet(void *buf, size_t room, const struct pcapng_packet *packet);
/* So far @lost packets were seen but are not in the file. */
size_t pcapng_statistics(void *buf, size_t room, uint32_t interface, uint64_t time_ns,
			 uint64_t lost);

/* The size of the first block in @data; 0: not whole yet; -EBADMSG: not one of ours. */
ssize_t pcapng_next(const void *data, size_t size);

/* Of a whole block: its type; how many packets a PCAPNG_STATISTICS block says were lost. */
enum pcapng_type pcapng_type(const void *block);
uint64_t pcapng_lost(const void *block);
uint64_t pcapng_id(const void *block); /* of a PCAPNG_PACKET of ours */

#endif
