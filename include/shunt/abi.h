/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi.h - what the kernel program and user space share: map keys, map values, reasons, limits.
 *
 * Defined here once. Fixed-width types, explicit padding that is zero, sizes and offsets asserted.
 * A change of any layout or meaning here raises SHUNT_ABI_VERSION: maps are pinned under that
 * number, and a daemon adopts only maps of its own (see dataplane/dataplane.h).
 */
#ifndef SHUNT_ABI_H
#define SHUNT_ABI_H

#include <linux/types.h>

#include "shunt/table.h"

#define SHUNT_ABI_VERSION 4

/* Defaults of the map sizes; the settings of the same names change them before load. */
#define SHUNT_SLOTS_MAX    4194304 /* 16 MB of 32-bit words */
#define SHUNT_BACKENDS_MAX 65536
#define SHUNT_SERVICES_MAX 4096
#define SHUNT_LINKS_MAX    64 /* interfaces that packets leave by */

/*
 * A slot is one 32-bit word with two backend numbers, each local to its service and 0 for none.
 * The kernel reads it once; user space rewrites it in place with one store.
 *   untracked == 0: stable, every packet goes to `cur` and no flow is looked up.
 */
#define SHUNT_SLOT(cur, untracked) ((__u32)(cur) | (__u32)(untracked) << 16)
#define SHUNT_SLOT_CUR(word)       ((__u16)(word))
#define SHUNT_SLOT_UNTRACKED(word) ((__u16)((word) >> 16))

/* How a packet reaches its backend. Values are stored in pinned maps: never renumber. */
enum shunt_forward {
	SHUNT_FORWARD_DR = 1,
	SHUNT_FORWARD_NAT = 2,
	SHUNT_FORWARD_IPIP = 3,
	SHUNT_FORWARD_GUE = 4,
	SHUNT_FORWARD_FULLNAT = 5,
};

/* An address as packets have it: IPv4 in the first word, the others 0. */
struct shunt_addr {
	__be32 word[4];
};

/*
 * (VIP, port, protocol) of a service, (backend, port, protocol) of a way back: the key of a place,
 * for each family. Port 0: every port, see SHUNT_VIP_ANY_TCP.
 */
struct shunt_tuple4_key {
	__be32 addr;
	__be16 port;
	__u8 protocol;
	__u8 zero;
};
_Static_assert(sizeof(struct shunt_tuple4_key) == 8, "the key of a place is one word");

struct shunt_tuple6_key {
	__be16 port;
	__u8 protocol;
	__u8 one; /* 1, so that the first word is neither SHUNT_TABLE_EMPTY nor SHUNT_TABLE_GONE */
	__u32 zero;
	struct shunt_addr addr;
};
_Static_assert(sizeof(struct shunt_tuple6_key) == 24, "three words");

/*
 * What a packet needs to know of its service. While the key stands in its place the first word does
 * not change; the second does when the service moves to a larger range.
 *
 * A VIP has an entry too, with port and protocol 0: it has flags, and no slots.
 */
struct shunt_service {
	__u32 slot_base;    /* first slot in the slots array */
	__u32 slot_count;   /* prime, at least 251; 0 = a VIP's entry */
	__u32 backend_base; /* of its numbers; number 0 is never a packet's backend */
	__u32 backend_cap;  /* numbers 1 .. backend_cap - 1 may be used */
	__u32 flags;        /* SHUNT_VIP_* of a VIP's entry, SHUNT_SERVICE_* of a service's */
	__u8 forward; /* enum shunt_forward: of the service; an entry of backends has its own */
	__u8 zero;
	__u16 mss; /* SHUNT_MSS_OFF, SHUNT_MSS_AUTO, or the most that a SYN may announce */
};
_Static_assert(sizeof(struct shunt_service) == 24, "three words");

#define SHUNT_VIP                1u /* so that no VIP's words are all 0 */
#define SHUNT_VIP_DROP_UNMATCHED 2u /* unmatched = drop; else they pass to the stack */
#define SHUNT_VIP_ANY_TCP        4u /* the VIP has a service for TCP with port 0, every port */
#define SHUNT_VIP_ANY_UDP        8u
#define SHUNT_POOL               16u /* no VIP but an address of fullnat's pool, see fullnat.h */

#define SHUNT_SERVICE_FULLNAT 32u /* a flow may be one of fullnat's */
#define SHUNT_SERVICE_TOA     64u /* backends are told the client's address */

#define SHUNT_MSS_OFF  0
#define SHUNT_MSS_AUTO 1 /* what the way to the backend has room for */

/* services4 and services6: places of table.h. */
struct shunt_service4 {
	struct shunt_tuple4_key key;
	struct shunt_service service;
};
struct shunt_service6 {
	struct shunt_tuple6_key key;
	struct shunt_service service;
	__u64 zero[2];
};
_Static_assert(sizeof(struct shunt_service4) == SHUNT_PLACE4_WORDS * 8, "it fills a place");
_Static_assert(sizeof(struct shunt_service6) == SHUNT_PLACE6_WORDS * 8, "it fills a place");

/* Places in each of the two: at least half of them stay empty. */
#define SHUNT_VIPS_MAX      SHUNT_SERVICES_MAX
#define SHUNT_SERVICES_BITS 14
_Static_assert(1 << SHUNT_SERVICES_BITS >= 2 * (SHUNT_SERVICES_MAX + SHUNT_VIPS_MAX), "half empty");

/* A VLAN tag where a frame has one: VID, and what kind. Host order; 0 = no tag. */
#define SHUNT_VLAN_VID     0x0fff
#define SHUNT_VLAN_PRESENT 0x1000
#define SHUNT_VLAN_AD      0x2000 /* 802.1ad (TPID 0x88a8), else 802.1Q (0x8100) */

/*
 * backends: one cache line each. The array is memory-mapped; user space replaces it word by word
 * (64 bits at a time), and each of the first three words is consistent in itself.
 */
struct shunt_backend {
	__u8 dmac[6]; /* of the next hop */
	__u16 vlan;   /* SHUNT_VLAN_*: the tag to leave with, the outer one if there are two */
	__u8 smac[6]; /* of the interface the packet leaves by */
	__u16 vlan_inner;
	__u32 ifindex; /* the port, below any VLAN; 0 = no next hop known: a named drop */
	__u16 mtu;     /* the longest packet from a client that still fits; 0 = any */
	__u8 forward;  /* enum shunt_forward; 0 = the entry is not in use */
	__u8 flags;    /* SHUNT_BACKEND_* */
	struct shunt_addr addr;
	struct shunt_addr source; /* ipip and gue: of the outer header */
	__be16 port;
	__u8 verdict;  /* here and below what a later daemon wants to know; not the program */
	__u8 state;    /* what shuntd last called it */
	__u32 since_s; /* since when, realtime */
};
_Static_assert(sizeof(struct shunt_backend) == 64, "one cache line");

#define SHUNT_BACKEND_V6          1u /* addr and source are IPv6 */
#define SHUNT_BACKEND_SOURCE_BITS 3  /* flags >> this: low bits of `source` that are the flow's */

/* nat4 and nat6: what the client knows a backend as, a place of table.h. */
struct shunt_nat4 {
	struct shunt_tuple4_key key;
	__be32 vip;
	__be16 port;   /* 0: the port stays as it is */
	__u16 mss;     /* of the service: for the backend's SYN */
	__u32 backend; /* index in backends, for the counters */
	__u32 zero1;
	__u64 zero2;
};
struct shunt_nat6 {
	struct shunt_tuple6_key key;
	struct shunt_addr vip;
	__be16 port;
	__u16 mss;
	__u32 backend;
	__u64 zero1[2];
};
_Static_assert(sizeof(struct shunt_nat4) == SHUNT_PLACE4_WORDS * 8, "it fills a place");
_Static_assert(sizeof(struct shunt_nat6) == SHUNT_PLACE6_WORDS * 8, "it fills a place");

/* fragments: where the first one of a packet went, so that the others follow it. */
struct shunt_fragment_key {
	struct shunt_addr saddr, daddr;
	__be32 id;
	__u8 protocol;
	__u8 v6;
	__u16 zero;
};
_Static_assert(sizeof(struct shunt_fragment_key) == 40, "no hidden padding");

struct shunt_fragment {
	__u64 check;             /* of its key: the entry may become another's while it is read */
	struct shunt_addr saddr; /* what the source becomes: to a fullnat backend, or to a client */
	struct shunt_addr daddr; /* what the destination becomes: from a fullnat backend */
	__u64 hash;              /* to a backend: of the flow */
	__u64 seen_ns;           /* monotonic */
	__u32 backend; /* index in backends; 0 = for no service: to the director's stack */
	__u32 forward; /* to a backend: enum shunt_forward */
};
_Static_assert(sizeof(struct shunt_fragment) == 64, "no hidden padding");

#define SHUNT_FRAGMENTS_MAX 16384
#define SHUNT_FRAGMENT_NS   30000000000ULL /* as long as net.ipv4.ipfrag_time has it */

/* From a fullnat backend: to it all clients are the pool's address, and so their packets share the
 * ids. It sends a packet's pieces in one go. */
#define SHUNT_FRAGMENT_REPLY_NS 1000000000ULL

/* ports: of a device that a route names but no frame leaves by, a VLAN device or a bond: where its
 * frames leave. Key: its ifindex. */
struct shunt_port {
	__u32 ifindex;
	__u16 vlan, vlan_inner; /* SHUNT_VLAN_*, the outer tag first */
};
_Static_assert(sizeof(struct shunt_port) == 8, "no hidden padding");

#define SHUNT_PORTS_MAX 1024

/* counters: per CPU, same index as backends. Index backend_base (number 0) keeps what was counted
 * for backends that are gone, so that a service's sums never go back; only user space writes it. */
struct shunt_counters {
	__u64 packets;       /* client to backend */
	__u64 bytes;         /* of IP packets, headers included */
	__u64 connections;   /* TCP SYNs without ACK */
	__u64 reply_packets; /* nat: backend to client */
	__u64 reply_bytes;
};
_Static_assert(sizeof(struct shunt_counters) == 40, "no hidden padding");

/*
 * Why a packet was not forwarded: X(symbol, name, verdict, help). `reasons` is a per-CPU array of
 * __u64 indexed by enum shunt_reason. Names are what `shunt drops` prints and never change meaning.
 */
#define SHUNT_REASONS(X)                                                                           \
	X(MALFORMED_IP, "malformed_ip", "drop",                                                    \
	  "IP header to a VIP is not right: version, header lengths, extension headers or length") \
	X(MALFORMED_L4, "malformed_l4", "drop",                                                    \
	  "TCP, UDP or ICMP header to a VIP is cut short or its lengths are not right")            \
	X(MALFORMED_QUOTE, "malformed_quote", "drop",                                              \
	  "ICMP error to a VIP: the packet it quotes is cut short or its header is not right")     \
	X(FRAGMENT_UNKNOWN, "fragment_unknown", "drop",                                            \
	  "fragment to a VIP that is not the first, and no first one went before it lately")       \
	X(UNMATCHED_DROP, "unmatched_drop", "drop",                                                \
	  "to a VIP but to no service, with unmatched = drop")                                     \
	X(NO_BACKEND, "no_backend", "drop", "no backend of the service is up")                     \
	X(NO_NEXT_HOP, "no_next_hop", "drop",                                                      \
	  "the backend's next hop is not known: no route or no neighbour")                         \
	X(TTL_EXPIRED, "ttl_expired", "drop",                                                      \
	  "nat: the packet's time to live ends here, and it is one that is not answered")          \
	X(TTL_LIMITED, "ttl_limited", "drop",                                                      \
	  "nat: the packet's time to live ends here, and too many were answered just now")         \
	X(TOO_BIG, "too_big", "drop",                                                              \
	  "the packet, with a tunnel's header, is longer than the MTU on the way to the backend, " \
	  "or a reply in fullnat than that to the client, and it is one that is not answered")     \
	X(TOO_BIG_LIMITED, "too_big_limited", "drop",                                              \
	  "the same, and too many were answered just now")                                         \
	X(NAT_NO_ROUTE, "nat_no_route", "drop",                                                    \
	  "nat, fullnat: no route to the client for a backend's reply")                            \
	X(NAT_NO_NEIGHBOUR, "nat_no_neighbour", "drop",                                            \
	  "nat, fullnat: the neighbour on the way to the client is not resolved yet")              \
	X(NAT_WOULD_FRAGMENT, "nat_would_fragment", "drop",                                        \
	  "nat: a backend's reply is longer than the MTU on the way to the client and may be "     \
	  "fragmented")                                                                            \
	X(FULLNAT_POOL_FULL, "fullnat_pool_full", "drop",                                          \
	  "fullnat: every port of the pool has a flow, or rests after one")                        \
	X(FULLNAT_UNKNOWN, "fullnat_unknown", "drop",                                              \
	  "fullnat: a packet of a client that belongs to no flow and begins none, as a SYN does")  \
	X(FULLNAT_NO_FLOW, "fullnat_no_flow", "drop",                                              \
	  "fullnat: a packet to a port of the pool that no flow has")                              \
	X(FULLNAT_STRANGER, "fullnat_stranger", "drop",                                            \
	  "fullnat: a packet to a flow's port of the pool, from another than its backend")         \
	X(FULLNAT_RACED, "fullnat_raced", "drop",                                                  \
	  "fullnat: the flow was just being made or ended elsewhere; the sender tries again")      \
	X(FULLNAT_NO_MEMORY, "fullnat_no_memory", "drop",                                          \
	  "fullnat: the kernel had no memory for a flow")                                          \
	X(FULLNAT_FORWARDING_OFF, "fullnat_forwarding_off", "drop",                                \
	  "fullnat: a packet from a backend came in where net.ipv4.conf.*.forwarding is off")      \
	X(TOA_FORGED, "toa_forged", "drop",                                                        \
	  "toa: the client's packet has the option already, and no room for ours before it")       \
	X(TRANSMIT, "transmit", "drop",                                                            \
	  "the packet could not be handed to the interface it leaves by")                          \
	X(NO_HEADROOM, "no_headroom", "drop",                                                      \
	  "ipip, gue: the driver leaves no room for the outer header before the packet")           \
	X(TAIL_CALL, "tail_call", "drop",                                                          \
	  "a program that the packet needed could not be called: please report it")                \
	X(REDIRECT_TOO_BIG, "redirect_too_big", "drop",                                            \
	  "the frame is longer than the MTU of the interface it should have left by")              \
	X(REDIRECT_FAILED, "redirect_failed", "drop",                                              \
	  "the interface that the frame should have left by is down, or cannot send for XDP")      \
	X(EGRESS_LOST, "egress_lost", "drop",                                                      \
	  "another interface than the packet came in by did not take it: its queue is full, or "   \
	  "its other end cannot receive XDP frames, or not as long ones")                          \
	X(TX_LOST, "tx_lost", "drop",                                                              \
	  "the interface that the packet came in by did not take it back, for the same reasons")   \
	X(ABORTED, "aborted", "drop", "the program gave up: a bug, please report it")              \
	X(INTERNAL, "internal", "drop", "a map entry contradicts itself: a bug, please report it") \
	X(UNMATCHED_PASS, "unmatched_pass", "pass",                                                \
	  "to a VIP but to no service: passed to the director's own stack")                        \
	X(ICMP_PASS, "icmp_pass", "pass",                                                          \
	  "ICMP to a VIP, neither echo request nor error about a service: passed to the "          \
	  "director's own stack")                                                                  \
	X(FLOODED, "flooded", "pass",                                                              \
	  "dr: a frame that has the backend's MAC address already: flooded by a switch, or "       \
	  "mirrored; passed as it is")                                                             \
	X(NAT_TOO_BIG, "nat_too_big", "pass",                                                      \
	  "nat: a backend's reply is longer than the MTU on the way to the client: passed to the " \
	  "director's own stack, which tells the backend")                                         \
	X(NAT_FORWARDING_OFF, "nat_forwarding_off", "pass",                                        \
	  "nat: a packet from a backend came in where net.ipv4.conf.*.forwarding is off: passed "  \
	  "as it is")                                                                              \
	X(ICMP_ECHO, "icmp_echo", "answer", "ICMP echo request to a VIP, answered by the program") \
	X(TTL_ANSWERED, "ttl_answered", "answer",                                                  \
	  "nat: the packet's time to live ends here: answered by ICMP time exceeded")              \
	X(TOO_BIG_ANSWERED, "too_big_answered", "answer",                                          \
	  "the packet, with a tunnel's header, is longer than the MTU on the way to the backend, " \
	  "or a reply in fullnat than that to the client: answered by ICMP fragmentation needed "  \
	  "or packet too big")

enum shunt_reason {
#define X(symbol, name, verdict, help) SHUNT_REASON_##symbol,
	SHUNT_REASONS(X)
#undef X
		SHUNT_REASON_COUNT
};

/*
 * requests: a ring buffer from the program to the daemon. When it is full the request is lost (the
 * packet's drop is counted all the same) and the next packet asks again.
 */
enum shunt_request_kind {
	SHUNT_REQUEST_RESOLVE = 1,  /* the neighbour `addr` on interface `ifindex` */
	SHUNT_REQUEST_PATH_MTU = 2, /* a router says that `mtu` is all that goes to `addr` in one */
};
struct shunt_request {
	__u32 kind;
	__u32 ifindex;
	__u32 v6; /* is `addr` IPv6? */
	__u32 mtu;
	struct shunt_addr addr;
};
#define SHUNT_REQUESTS_BYTES 65536

/* Of the tokens so many are for neighbours alone: anybody can forge what a router says. */
#define SHUNT_REQUESTS_RESERVE 32

/* meta: one element. Version, sizes and seed are written when the maps are made and verified when
 * they are adopted; the rest lives. */
struct shunt_meta {
	__u32 abi_version;
	__u32 slots_max;
	__u32 backends_max;
	__u32 nat_entries; /* in nat4 and nat6 together: 0 lets the program skip those look-ups */
	__u64 seed;
	__u32 nat_every_port;  /* those of them that are for every port of a backend */
	__u32 ports;           /* entries of that map: 0 lets the program skip the look-up */
	__u64 resolve_tokens;  /* requests the program may still make; user space refills it */
	__u64 answers_full_ns; /* monotonic: when its bucket of ICMP errors is full again */
	__u32 clock_s;         /* seconds; user space moves it on. What a flow's age is told by */
	__u32 ports_max;       /* of fullnat's pool */
};

#endif
