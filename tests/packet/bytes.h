/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bytes.h - numbers in the wire's order, and the Internet checksum the plain way (RFC 1071). */
#ifndef PACKET_BYTES_H
#define PACKET_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline uint16_t bytes_get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static inline uint32_t bytes_get32(const uint8_t *at)
{
	return (uint32_t)bytes_get16(at) << 16 | bytes_get16(at + 2);
}

static inline void bytes_put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static inline void bytes_put32(uint8_t *at, uint32_t value)
{
	bytes_put16(at, value >> 16);
	bytes_put16(at + 2, value);
}

/* One's complement sum of @length bytes (below 128 KiB) and @start, folded. */
static inline uint16_t bytes_sum(const uint8_t *data, size_t length, uint32_t start)
{
	for (size_t i = 0; i < length; i++)
		start += i & 1 ? data[i] : data[i] << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

/* Start of a TCP or UDP checksum: the pseudo-header of the IPv4 header at @ip. */
static inline uint32_t bytes_pseudo(const uint8_t *ip, size_t l4_length)
{
	return bytes_sum(ip + 12, 8, ip[9] + l4_length);
}

#endif
