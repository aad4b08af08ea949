/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sparse.h - read by sparse alone, before each file: glibc's addresses and byte-order functions
 * with the types that tell the wire's order from the host's. glibc declares them as plain
 * integers, and then sparse finds nothing.
 */
#include <linux/types.h>
#include <stdint.h>
#include <sys/socket.h>

#define uint16_t __be16
#define uint32_t __be32
#include <netinet/in.h>
#undef uint16_t
#undef uint32_t

#undef htons
#undef htonl
#undef ntohs
#undef ntohl
#define htons(x) ((__attribute__((force)) __be16)(__u16)(x))
#define htonl(x) ((__attribute__((force)) __be32)(__u32)(x))

static inline __u16 ntohs(__be16 x)
{
	return (__attribute__((force)) __u16)x;
}

static inline __u32 ntohl(__be32 x)
{
	return (__attribute__((force)) __u32)x;
}

/* these take and give the host's order */
#undef IN_MULTICAST
#undef INADDR_BROADCAST
#define IN_MULTICAST(a)  (((a)&0xf0000000) == 0xe0000000)
#define INADDR_BROADCAST 0xffffffffU
