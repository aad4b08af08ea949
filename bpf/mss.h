/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mss.h - the segment size that a SYN announces is lowered to what there is room for, never raised.
 * A SYN without the option stays without: its sender takes 536 or 1220 as the most (RFC 9293).
 */
#ifndef MSS_H
#define MSS_H

#include "csum.h"
#include "packet.h"

#define MSS_OPTION     2
#define MSS_LENGTH     4
#define MSS_END        0
#define MSS_NOP        1
#define MSS_STEPS_MAX  12   /* options before it, NOPs too; every stack has it first */
#define MSS_OFFSET_MAX 1024 /* of a TCP header in a frame, for the verifier */

static __always_inline __u16 mss_swap(__u16 value)
{
	return value << 8 | value >> 8;
}

/* At @at, which may be odd: then each byte counts in the other half of its checksum's word. */
static __always_inline void mss_write(struct tcphdr *tcp, __u8 *at, __u32 offset, __u16 mss)
{
	__u16 from = at[0] << 8 | at[1], to = mss;
	bool odd = offset & 1;

	at[0] = mss >> 8;
	at[1] = mss;
	tcp->check =
		csum_end(csum_diff16(csum_begin(tcp->check), bpf_htons(odd ? mss_swap(from) : from),
				     bpf_htons(odd ? mss_swap(to) : to)));
}

/*
 * The SYN whose TCP header stands @offset bytes from the frame's begin announces @mss at the most.
 * A function of its own, so that the verifier follows it once.
 */
APART int mss_lower(struct xdp_md *ctx, __u32 offset, __u32 mss)
{
	const void *end = (void *)(long)ctx->data_end;
	struct tcphdr *tcp;
	__u32 at = sizeof(*tcp), length;

	if (offset > MSS_OFFSET_MAX)
		return 0;
	tcp = (void *)(long)ctx->data + offset;
	if ((void *)(tcp + 1) > end)
		return 0;
	length = tcp->doff * 4;
#pragma clang loop unroll(disable)
	for (int i = 0; i < MSS_STEPS_MAX; i++) {
		__u8 *option = (void *)tcp + (at & 63);

		if (at + MSS_LENGTH > length || (void *)(option + MSS_LENGTH) > end ||
		    option[0] == MSS_END)
			return 0;
		if (option[0] == MSS_OPTION && option[1] == MSS_LENGTH) {
			if ((__u32)(option[2] << 8 | option[3]) > mss)
				mss_write(tcp, option + 2, at, mss);
			return 0;
		}
		at += option[0] == MSS_NOP ? 1 : option[1];
		if (option[0] != MSS_NOP && option[1] < 2)
			return 0;
	}
	return 0;
}

/* @setting: SHUNT_MSS_*; @mtu: the longest packet that fits, 0 = any. */
static __always_inline void mss_clamp(struct packet *p, __u16 setting, __u16 mtu)
{
	const __u32 headers = (p->v6 ? 40 : 20) + sizeof(struct tcphdr);
	__u32 mss = setting;

	if (setting == SHUNT_MSS_AUTO) {
		if (mtu <= headers)
			return;
		mss = mtu - headers;
	}
	mss_lower(p->ctx, p->l4 - (void *)(long)p->ctx->data, mss);
}

/* Once it is sure that the packet leaves: what passes, or is quoted to its sender, is as it came.
 */
static __always_inline void mss_to_backend(struct packet *p, const struct target *to)
{
	if (unlikely(p->syn && to->mss))
		mss_clamp(p, to->mss, to->mtu);
}

#endif
