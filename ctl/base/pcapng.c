/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pcapng.c - see pcapng.h */
#include "base/pcapng.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define BYTE_ORDER_MAGIC  0x1a2b3c4du
#define LINKTYPE_ETHERNET 1
#define NANOSECONDS       9  /* if_tsresol: ten to the minus */
#define BLOCK_MIN         12 /* type, length, and the length again */

enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_IF_NAME = 2,
	OPTION_IF_DESCRIPTION = 3,
	OPTION_IF_TSRESOL = 9,
	OPTION_EPB_FLAGS = 2,
	OPTION_EPB_PACKETID = 5,
	OPTION_ISB_IFDROP = 5,
	OPTION_SHB_USERAPPL = 4,
};

/* A block on its way into the caller's memory. */
struct block {
	uint8_t *start;
	size_t used, room;
	bool full;
};

static void put(struct block *b, const void *data, size_t size)
{
	static const uint8_t zeros[4];
	size_t padded = (size + 3) & ~(size_t)3;

	if (b->full || padded > b->room - b->used) {
		b->full = true;
		return;
	}
	if (size)
		memcpy(b->start + b->used, data, size);
	memcpy(b->start + b->used + size, zeros, padded - size);
	b->used += padded;
}

static void put32(struct block *b, uint32_t value)
{
	put(b, &value, sizeof(value));
}

static void put16_pair(struct block *b, uint16_t first, uint16_t second)
{
	const uint16_t pair[2] = {first, second};

	put(b, pair, sizeof(pair));
}

/* Times are two words, the high one first. */
static void put_time(struct block *b, uint64_t time_ns)
{
	put32(b, (uint32_t)(time_ns >> 32));
	put32(b, (uint32_t)time_ns);
}

static void put_option(struct block *b, enum option code, const void *data, size_t size)
{
	put16_pair(b, code, (uint16_t)size);
	put(b, data, size);
}

static void put_text(struct block *b, enum option code, const char *text)
{
	if (text && *text)
		put_option(b, code, text, strnlen(text, PCAPNG_COMMENT_MAX));
}

static struct block begin(void *buf, size_t room, enum pcapng_type type)
{
	struct block b = {.start = buf, .room = room};

	put32(&b, type);
	put32(&b, 0); /* the length, see end() */
	return b;
}

static size_t end(struct block *b)
{
	uint32_t length = (uint32_t)b->used + 8;

	put_option(b, OPTION_END, NULL, 0);
	put32(b, length);
	if (b->full)
		return 0;
	memcpy(b->start + 4, &length, sizeof(length));
	return b->used;
}

size_t pcapng_section(void *buf, size_t room, const char *application)
{
	const uint64_t unknown = UINT64_MAX; /* how long the section is */
	struct block b = begin(buf, room, PCAPNG_SECTION);

	put32(&b, BYTE_ORDER_MAGIC);
	put16_pair(&b, 1, 0); /* version */
	put(&b, &unknown, sizeof(unknown));
	put_text(&b, OPTION_SHB_USERAPPL, application);
	return end(&b);
}

size_t pcapng_interface(void *buf, size_t room, const struct pcapng_interface *interface)
{
	const uint8_t resolution = NANOSECONDS;
	struct block b = begin(buf, room, PCAPNG_INTERFACE);

	put16_pair(&b, LINKTYPE_ETHERNET, 0);
	put32(&b, interface->snaplen);
	put_text(&b, OPTION_IF_NAME, interface->name);
	put_text(&b, OPTION_IF_DESCRIPTION, interface->description);
	put_option(&b, OPTION_IF_TSRESOL, &resolution, sizeof(resolution));
	return end(&b);
}

size_t pcapng_packet(void *buf, size_t room, const struct pcapng_packet *packet)
{
	const uint32_t flags = packet->direction;
	struct block b = begin(buf, room, PCAPNG_PACKET);

	put32(&b, packet->interface);
	put_time(&b, packet->time_ns);
	put32(&b, packet->captured);
	put32(&b, packet->length);
	put(&b, packet->data, packet->captured);
	put_text(&b, OPTION_COMMENT, packet->comment);
	put_option(&b, OPTION_EPB_FLAGS, &flags, sizeof(flags));
	put_option(&b, OPTION_EPB_PACKETID, &packet->id, sizeof(packet->id));
	return end(&b);
}

size_t pcapng_statistics(void *buf, size_t room, uint32_t interface, uint64_t time_ns,
			 uint64_t lost)
{
	struct block b = begin(buf, room, PCAPNG_STATISTICS);

	put32(&b, interface);
	put_time(&b, time_ns);
	put_option(&b, OPTION_ISB_IFDROP, &lost, sizeof(lost));
	return end(&b);
}

/* --- told apart again --- */

static uint32_t word(const void *data, size_t at)
{
	uint32_t value;

	memcpy(&value, (const uint8_t *)data + at, sizeof(value));
	return value;
}

ssize_t pcapng_next(const void *data, size_t size)
{
	uint32_t length;

	if (size < 8)
		return 0;
	length = word(data, 4);
	if (length < BLOCK_MIN || length % 4 || length > PCAPNG_BLOCK_MAX)
		return -EBADMSG;
	if (size < length)
		return 0;
	return word(data, length - 4) == length ? (ssize_t)length : -EBADMSG;
}

enum pcapng_type pcapng_type(const void *block)
{
	return word(block, 0);
}

uint64_t pcapng_lost(const void *block)
{
	const size_t head = 20, option = 4; /* as pcapng_statistics() wrote it */
	uint64_t lost;

	if (word(block, 4) < head + option + sizeof(lost) + 4)
		return 0;
	memcpy(&lost, (const uint8_t *)block + head + option, sizeof(lost));
	return lost;
}

/* The last option that pcapng_packet() writes. */
uint64_t pcapng_id(const void *block)
{
	uint64_t id;
	uint32_t length = word(block, 4);

	if (length < BLOCK_MIN + sizeof(id) + 4)
		return 0;
	memcpy(&id, (const uint8_t *)block + length - 4 - 4 - sizeof(id), sizeof(id));
	return id;
}
