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

/* Does the routing header name further hops? A VIP is none of a way's: it is where packets end. */
static __always_inline bool ext6_goes_on(const struct ext6_header *routing)
{
	return routing->fragment & bpf_htons(0xff); /* segments left */
}

static __always_inline const struct ext6_header *ext6_header(struct xdp_md *ctx, __u32 offset)
{
	const struct ext6_header *header = (void *)(long)ctx->data + offset;

	if (offset > 2 * EXT6_BYTES_MAX || (void *)(header + 1) > (void *)(long)ctx->data_end)
		return NULL;
	return header;
}

static __always_inline int ext6_fragment_id(struct xdp_md *ctx, __u32 offset)
{
	const struct ext6_header *header = ext6_header(ctx, offset);

	return header ? header->id : 0;
}

/*
 * One extension header, as EXT6_RESULT(); 0 when it is not right. A function of its own: the
 * verifier knows nothing of what it returns, and so does not follow each way that leads through
 * eight of them.
 */
APART int ext6_next(struct xdp_md *ctx, __u32 offset, __u32 protocol)
{
	const struct ext6_header *header = ext6_header(ctx, offset);

	if (!header)
		return 0;
	if (protocol == IPPROTO_EXT_FRAGMENT)
		return EXT6_RESULT(sizeof(*header), header->next, ext6_fragment(header->fragment));
	if (8 + header->length * 8 > EXT6_BYTES_MAX ||
	    (protocol == IPPROTO_EXT_ROUTING && ext6_goes_on(header)))
		return 0;
	return EXT6_RESULT(8 + header->length * 8, header->next, PACKET_WHOLE);
}

/*
 * Over the extension headers that stand @offset bytes from the frame's begin and begin with
 * @protocol. Returns EXT6_RESULT(), negative when they are cut short or too many, or the packet is
 * to go on from here to elsewhere; with @id, the identification of the first fragment header, 0 if
 * there is none.
 */
static __always_inline int ext6_walk(struct xdp_md *ctx, __u32 offset, __u32 protocol, bool id)
{
	__u32 fragment = PACKET_WHOLE, bytes = 0;
	int found;

	if (offset > EXT6_BYTES_MAX)
		return id ? 0 : -1;
#pragma clang loop unroll(disable)
	for (int i = 0; i < EXT6_HEADERS_MAX; i++) {
		if (!ext6_is_extension(protocol) || fragment == PACKET_LATER)
			return id ? 0 : EXT6_RESULT(bytes, protocol, fragment);
		if (id && protocol == IPPROTO_EXT_FRAGMENT)
			return ext6_fragment_id(ctx, offset + bytes);
		found = ext6_next(ctx, offset + bytes, protocol);
		bytes += EXT6_BYTES(found);
		if (!found || bytes > EXT6_BYTES_MAX)
			return id ? 0 : -1;
		protocol = EXT6_PROTOCOL(found);
		if (EXT6_FRAGMENT(found) > fragment)
			fragment = EXT6_FRAGMENT(found);
	}
	if (id || (ext6_is_extension(protocol) && fragment != PACKET_LATER))
		return id ? 0 : -1;
	return EXT6_RESULT(bytes, protocol, fragment);
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
