/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ext6.h - the extension headers between an IPv6 header and what it carries: so many and so long,
 * and no more (RFC 8883 lets a host set such limits).
 */
#ifndef EXT6_H
#define EXT6_H

#include "packet.h"

#define EXT6_HEADERS_MAX 8
#define EXT6_BYTES_MAX   512

/* Not in linux/ipv6.h for user space, or only by their names in the libc. */
#define IPPROTO_EXT_HOP      0
#define IPPROTO_EXT_ROUTING  43
#define IPPROTO_EXT_FRAGMENT 44
#define IPPROTO_EXT_DEST     60
#define IPPROTO_ICMP6        58

struct ext6_header {
	__u8 next;
	__u8 length;     /* in 8 bytes, the first 8 not counted */
	__be16 fragment; /* fragment header: offset, and whether more follow */
	__be32 id;
};

#define EXT6_FRAGMENT_MASK   0xfff9 /* more fragments, or an offset */
#define EXT6_FRAGMENT_OFFSET 0xfff8

/* What was found, packed so that a function of its own can return it. */
#define EXT6_RESULT(bytes, protocol, fragment) ((bytes) | (protocol) << 16 | (fragment) << 24)
#define EXT6_BYTES(result)                     ((result)&0x3ff) /* the verifier wants a bound */
#define EXT6_PROTOCOL(result)                  ((result) >> 16 & 0xff)
#define EXT6_FRAGMENT(result)                  ((result) >> 24 & 3)

static __always_inline bool ext6_is_extension(__u8 protocol)
{
	return protocol == IPPROTO_EXT_HOP || protocol == IPPROTO_EXT_ROUTING ||
	       protocol == IPPROTO_EXT_FRAGMENT || protocol == IPPROTO_EXT_DEST;
}

static __always_inline enum packet_fragment ext6_fragment(__be16 field)
{
	if (!(field & bpf_htons(EXT6_FRAGMENT_MASK)))
		return PACKET_WHOLE;
	return field & bpf_htons(EXT6_FRAGMENT_OFFSET) ? PACKET_LATER : PACKET_FIRST;
}

/*
 * Over the extension headers that stand @offset bytes from the frame's begin and begin with
 * @protocol. Returns EXT6_RESULT(), negative when they are cut short or too many; with @id, the
 * identification of the first fragment header, 0 if there is none.
 */
static __always_inline int ext6_walk(struct xdp_md *ctx, __u32 offset, __u32 protocol, bool id)
{
	const void *end = (void *)(long)ctx->data_end;
	enum packet_fragment fragment = PACKET_WHOLE, piece;
	__u32 bytes = 0;

	if (offset > EXT6_BYTES_MAX)
		return id ? 0 : -1;
#pragma clang loop unroll(disable)
	for (int i = 0; i < EXT6_HEADERS_MAX; i++) {
		const struct ext6_header *header = (void *)(long)ctx->data + offset + bytes;

		if (!ext6_is_extension(protocol) || fragment == PACKET_LATER)
			return id ? 0 : EXT6_RESULT(bytes, protocol & 0xff, fragment);
		if ((void *)(header + 1) > end)
			return id ? 0 : -1;
		if (protocol == IPPROTO_EXT_FRAGMENT) {
			if (id)
				return header->id;
			piece = ext6_fragment(header->fragment);
			if (piece > fragment)
				fragment = piece;
			bytes += sizeof(*header);
		} else {
			bytes += 8 + header->length * 8;
		}
		if (bytes > EXT6_BYTES_MAX)
			return id ? 0 : -1;
		protocol = header->next;
	}
	if (id || (ext6_is_extension(protocol) && fragment != PACKET_LATER))
		return id ? 0 : -1;
	return EXT6_RESULT(bytes, protocol & 0xff, fragment);
}

/* Functions of their own, so that the verifier follows what comes behind once. */
APART int ext6_skip(struct xdp_md *ctx, __u32 offset, __u32 protocol)
{
	return ext6_walk(ctx, offset, protocol, false);
}

APART int ext6_id(struct xdp_md *ctx, __u32 offset, __u32 protocol)
{
	return ext6_walk(ctx, offset, protocol, true);
}

#endif
