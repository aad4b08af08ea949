/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fullnat.h - flows of `fullnat`: each has a port of a pool's address for itself, and is found by
 * it from the backend, by its tuple from the client.
 *
 * `pool_ports` has an entry for every port of every pool address, TCP's first and UDP's behind, so
 * that a reply finds its flow by adding. `flows` leads from a client's tuple to the entry. Ports
 * that no flow has wait in rings, one for each family and protocol, the longest unused first: the
 * program takes from the head, user space alone puts back at the tail, when no CPU can still act on
 * the flow that had the port.
 */
#ifndef SHUNT_FULLNAT_H
#define SHUNT_FULLNAT_H

#include <linux/types.h>

#include "shunt/abi.h"

enum shunt_port_state {
	SHUNT_PORT_FREE = 0, /* in a ring, or on its way there or from there */
	SHUNT_PORT_HALF_OPEN = 1,
	SHUNT_PORT_ESTABLISHED = 2,
	SHUNT_PORT_UDP = 3,
	SHUNT_PORT_CLOSING = 4, /* one side has sent its FIN, or a RST came */
	SHUNT_PORT_CLOSED = 5,  /* both have, or it never opened */
	SHUNT_PORT_BACK = 6,    /* the program needs it no more; `flows` does not lead to it */
	SHUNT_PORT_EXPIRED = 7, /* user space takes it back: no packet may use it */
};

#define SHUNT_PORT_ANSWERED    1u /* the backend has answered the SYN */
#define SHUNT_PORT_OPENED      2u /* and the client that */
#define SHUNT_PORT_SETTLED     4u /* and the backend knows: it has sent data */
#define SHUNT_PORT_FIN_CLIENT  8u
#define SHUNT_PORT_FIN_BACKEND 16u

/* What changes while the flow lives: one word, changed by compare-and-exchange. */
struct shunt_port_life {
	__u32 backend; /* index in backends */
	__u16 age;     /* of the last packet: meta's clock, its low bits */
	__u8 state;    /* enum shunt_port_state */
	__u8 flags;    /* SHUNT_PORT_* */
} __attribute__((aligned(8)));

/* pool_ports: one cache line each. `pool` and `port` are user space's and stay; the rest is written
 * while the port is nobody's, `life` at last. */
struct shunt_pool_port {
	struct shunt_addr pool;
	struct shunt_addr client;
	struct shunt_addr vip;
	__be16 port; /* of the pool's address */
	__be16 client_port;
	__be16 vip_port;
	__u16 zero;
	struct shunt_port_life life;
};
_Static_assert(sizeof(struct shunt_pool_port) == 64, "one cache line");
_Static_assert(sizeof(struct shunt_port_life) == 8, "one word");

/* flows: a client's tuple -> index in pool_ports. */
struct shunt_flow_key {
	struct shunt_addr client;
	struct shunt_addr vip;
	__be16 client_port;
	__be16 vip_port;
	__u8 protocol;
	__u8 v6;
	__u16 zero;
};
_Static_assert(sizeof(struct shunt_flow_key) == 40, "no hidden padding");

/*
 * A pool address stands in services4 or services6 as a VIP does (port and protocol 0), with these
 * meanings. A pool address is no VIP.
 */
#define SHUNT_POOL_FIRST(entry) ((entry)->slot_base)    /* in pool_ports; UDP's follow TCP's */
#define SHUNT_POOL_LOW(entry)   ((entry)->backend_base) /* its lowest port */
#define SHUNT_POOL_COUNT(entry) ((entry)->backend_cap)  /* how many, of each protocol */

/* Which ring, and where its part of `free_ports` is: SHUNT_RINGS parts of 1 << ring_bits. */
#define SHUNT_RINGS         4
#define SHUNT_RING(v6, udp) ((v6)*2 + (udp))

/* rings: both numbers only grow; what stands between them waits. On lines of their own, since many
 * CPUs take while one thread puts. */
struct shunt_ring {
	__u64 head;
	__u64 zero0[7];
	__u64 tail;
	__u64 zero1[7];
};
_Static_assert(sizeof(struct shunt_ring) == 128, "two cache lines");

#endif
