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
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "shunt/abi.h"
#include "shunt/hash.h"

#define BPF_AF_INET  2 /* the libc's headers do not compile for bpf */
#define BPF_AF_INET6 10

#define IP_DONT_FRAGMENT 0x4000
#define IP_FRAGMENT_MASK 0x3fff /* more fragments, or an offset */
#define IP_OFFSET_MASK   0x1fff

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

/*
 * What not every packet of a service needs is done by programs of their own, which parse anew: a
 * step asks for one by returning this in place of a verdict (later.h). So each has the whole stack,
 * all 512 bytes of it, and the verifier follows each by itself.
 */
enum later {
	LATER_VIP = 16,     /* for a VIP, and for none of its services */
	LATER_REPLY,        /* perhaps from a nat backend */
	LATER_ICMP_ERROR,   /* an ICMP error to a VIP */
	LATER_NAT_ERROR,    /* one to a client of a nat service, perhaps */
	LATER_FRAGMENT,     /* a fragment to a VIP */
	LATER_NAT_FRAGMENT, /* one from a nat backend, perhaps */
	LATER_TTL,          /* its time to live ends here: tell the sender */
	LATER_TOO_BIG, /* it is longer than what the way to its backend carries: tell the sender */
	LATER_FULLNAT, /* for a service that has a backend by fullnat */
	LATER_UNTRACKED,        /* the same, for a backend by another mode */
	LATER_FULLNAT_TOA,      /* a flow's packet that tells the backend its client */
	LATER_FULLNAT_REPLY,    /* to an address of the pool */
	LATER_FULLNAT_ICMP,     /* an ICMP error to a VIP, about a flow of fullnat's */
	LATER_FULLNAT_ERROR,    /* one to an address of the pool */
	LATER_FULLNAT_TOO_BIG,  /* as LATER_TOO_BIG, of a flow of fullnat's */
	LATER_FULLNAT_FRAGMENT, /* the first fragment for a service that has a backend by fullnat */
	LATER_FRAGMENT_UNTRACKED,     /* the same, for a backend by another mode */
	LATER_FULLNAT_REPLY_FRAGMENT, /* a fragment to an address of the pool */
	LATER_FULLNAT_REPLY_TOO_BIG,  /* a packet to one, longer than the way to the client */
	LATER_END
};

#define NO_FAULT SHUNT_REASON_COUNT

enum packet_fragment {
	PACKET_WHOLE,
	PACKET_FIRST, /* a fragment with the transport header */
	PACKET_LATER, /* one without */
};

/*
 * A packet as parse_packet() found it. It cannot tell yet whose packet it is, so it drops nothing:
 * `fault` says why the packet is dropped should it be for a VIP. With a fault, `l4` and what is
 * below it mean nothing.
 */
struct packet {
	struct xdp_md *ctx;
	struct ethhdr *eth;
	union { /* the outermost header; which one is told by v6 */
		struct iphdr *ip;
		struct ipv6hdr *ip6;
	};
	enum shunt_reason fault; /* NO_FAULT = none */
	__u32 length;            /* of the IP packet, bytes */
	__u32 header;            /* of it, the IP header with options or extension headers */
	__u32 vlan;              /* the tags it has: SHUNT_VLAN_*, the inner one in the high half */
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
	bool v6;
	__u8 fragment; /* enum packet_fragment; of a piece, `fault` says so until fragment.h looks
			*/
};

/* linux/icmp.h brings the C library along, which does not compile for bpf. */
#define ICMP_ECHOREPLY     0
#define ICMP_DEST_UNREACH  3
#define ICMP_ECHO          8
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETERPROB 12
#define ICMP_FRAG_NEEDED   4 /* a code of ICMP_DEST_UNREACH */

#define ICMP6_DEST_UNREACH  1
#define ICMP6_TOO_BIG       2
#define ICMP6_TIME_EXCEEDED 3
#define ICMP6_PARAMETERPROB 4
#define ICMP6_ECHO          128
#define ICMP6_ECHOREPLY     129

/* Of ICMP and ICMPv6 alike. */
struct icmphdr {
	__u8 type;
	__u8 code;
	__sum16 checksum;
	__be32 rest;
};

/*
 * Where a packet leaves. A word is as in struct shunt_backend: the first six bytes are the address,
 * the last two a VLAN tag.
 */
struct hop {
	__u64 dmac, smac;
	__u32 ifindex;
};

/* The backend that was selected. What is read once for all packets is copied from its entry. */
struct target {
	const volatile struct shunt_backend *backend;
	__u64 hash;  /* of the flow */
	__u32 index; /* in backends and counters */
	__u16 mtu;
	__u16 mss;    /* SHUNT_MSS_*, of the service */
	__u8 forward; /* enum shunt_forward */
	__u8 flags;
	struct hop hop;
};

/* The tags that a packet which leaves by @hop must have, as in struct packet. */
static __always_inline __u32 hop_vlan(const struct hop *hop)
{
	return hop->dmac >> 48 | (hop->smac >> 48) << 16;
}

/* The other direction's ports. */
static __always_inline __u32 ports_back(__u32 ports)
{
	return ports >> 16 | ports << 16;
}

/* One address of a packet, in place. */
static __always_inline __be32 *packet_saddr(const struct packet *p)
{
	return p->v6 ? (__be32 *)&p->ip6->saddr : &p->ip->saddr;
}

static __always_inline __be32 *packet_daddr(const struct packet *p)
{
	return p->v6 ? (__be32 *)&p->ip6->daddr : &p->ip->daddr;
}

static __always_inline struct shunt_addr addr_read(const __be32 *at, bool v6)
{
	struct shunt_addr addr = {.word = {at[0]}};

	if (v6)
		for (int i = 1; i < 4; i++)
			addr.word[i] = at[i];
	return addr;
}

static __always_inline void addr_write(__be32 *at, const struct shunt_addr *addr, bool v6)
{
	at[0] = addr->word[0];
	if (v6)
		for (int i = 1; i < 4; i++)
			at[i] = addr->word[i];
}

static __always_inline bool addr_equal(const __be32 *a, const __be32 *b, bool v6)
{
	__u32 differ = a[0] ^ b[0];

	if (v6)
		for (int i = 1; i < 4; i++)
			differ |= a[i] ^ b[i];
	return !differ;
}

#endif
