/* SPDX-License-Identifier: GPL-2.0-only */
/* packet.h - what the steps hand to one another, and how a step ends a packet's way. */
#ifndef PACKET_H
#define PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "shunt/abi.h"
#include "shunt/hash.h"

#define IP_DONT_FRAGMENT 0x4000
#define IP_FRAGMENT_MASK 0x3fff /* more fragments, or an offset */

#define GO_ON (-1) /* no verdict yet; verdicts are enum xdp_action */

#define STEP(step)                                                                                 \
	do {                                                                                       \
		int verdict = (step);                                                              \
		if (verdict != GO_ON)                                                              \
			return verdict;                                                            \
	} while (0)

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/*
 * A step that few packets take and that is a function of its own, from the frame on: the verifier
 * follows it once, and not again for each way that leads to it.
 */
#define APART __attribute__((noinline))

/* The verdict of a step apart, which is never GO_ON; the verifier does not know that. */
#define VERDICT(step)                                                                              \
	({                                                                                         \
		int verdict = (step);                                                              \
		verdict == GO_ON ? XDP_ABORTED : verdict;                                          \
	})

#define NO_FAULT SHUNT_REASON_COUNT

/*
 * A packet as parse_packet() found it. It cannot tell yet whose packet it is, so it drops nothing:
 * `fault` says why the packet is dropped should it be for a VIP. With a fault, `l4` and what is
 * below it mean nothing.
 */
struct packet {
	struct xdp_md *ctx;
	struct ethhdr *eth;
	struct iphdr *ip;
	enum shunt_reason fault; /* NO_FAULT = none */
	__u32 length;            /* of the IP packet, bytes */
	void *l4;                /* of TCP and UDP the header's fixed part is in bounds */
	__sum16 *check;          /* of TCP and UDP, in bounds too */
	union {
		__u32 ports; /* as they stand in the packet; 0: neither TCP nor UDP */
		struct {
			__be16 sport, dport;
		};
	};
	__u8 protocol; /* read once: the verifier trusts no second reading */
	bool syn;      /* TCP, SYN without ACK */
};

/* linux/icmp.h brings the C library along, which does not compile for bpf. */
#define ICMP_ECHOREPLY     0
#define ICMP_DEST_UNREACH  3
#define ICMP_ECHO          8
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETERPROB 12
struct icmphdr {
	__u8 type;
	__u8 code;
	__sum16 checksum;
	__be32 rest;
};

/* Where a packet leaves. The first six bytes of a word are the address. */
struct hop {
	__u64 dmac, smac;
	__u32 ifindex;
};

/* The backend that was selected, copied from its map entry. */
struct target {
	__u32 index;  /* in backends and counters */
	__u8 forward; /* enum shunt_forward */
	__be16 port;
	__be32 addr4;
	struct hop hop;
};

#endif
