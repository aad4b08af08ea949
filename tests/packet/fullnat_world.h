/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fullnat_world.h - for the tests of flows of fullnat: some services, a small pool, time that
 * passes, and the words in which the tests say what becomes of a packet.
 */
#ifndef PACKET_FULLNAT_WORLD_H
#define PACKET_FULLNAT_WORLD_H

#include <linux/bpf.h>

#include "base/cleanup.h"
#include "packet/expect.h"
#include "packet/world.h"

#define FULLNAT_LOW   2000
#define FULLNAT_PORTS 8    /* of each pool address and protocol */
#define FULLNAT_EVERY 1000 /* seconds: every flow is over */

#define POOL     "10.0.0.5"
#define POOL6    "fd00::5"
#define REAL     "10.0.0.41:7001"
#define REAL2    "10.0.0.42:7001"
#define REAL6    "[fd00::41]:7001"
#define WEB      "192.0.2.60:80"
#define WEB6     "[2001:db8:1::60]:80"
#define WEB_ADDR "192.0.2.60"

struct fullnat {
	struct world world;
	struct dataplane_service *web, *web6, *dns, *dns6, *toa, *toa6, *mixed;
	uint64_t now_s;
};

/* Run @tests, each with a struct fullnat that has no flows; the program's exit code. */
int fullnat_run(const struct expect_test *tests, size_t count);

/* The pool's addresses: none, POOL, or POOL6 besides. */
void fullnat_set_pool(struct fullnat *f, size_t count);
/* A service with one backend. */
struct dataplane_service *fullnat_service(struct fullnat *f, const char *vip, const char *real,
					  enum shunt_forward forward, bool toa);
/* All of the service's slots name that backend; 0 = none. */
void fullnat_slots(struct dataplane_service *s, uint16_t number);
/* So many seconds pass, with a walk over all flows in each; then the ports that rested are free. */
void fullnat_later(struct fullnat *f, uint64_t seconds);
struct dataplane_ports_info fullnat_ports(const struct fullnat *f);
/* A daemon ends and another comes: the services are open again, flows are as they were. */
void fullnat_reopen(struct fullnat *f);

/* --- the tests' words --- */

#define CHANGE(...) (&(const struct frame){__VA_ARGS__})
#define OUT         .dmac = MAC_BACKEND, .smac = MAC_DIRECTOR, .ttl = 63
#define OUT2        .dmac = MAC_OTHER, .smac = MAC_DIRECTOR, .ttl = 63
#define BACK        .dmac = MAC_ROUTER, .smac = MAC_DIRECTOR, .ttl = 63
#define QUOTE(...)                                                                                 \
	.quote = &(const struct frame)                                                             \
	{                                                                                          \
		__VA_ARGS__, .ttl = 57, .payload = 1400                                            \
	}

/* @in leaves as @change says, and nothing is counted against it. */
bool becomes(struct fullnat *f, const struct frame *in, const struct frame *change);
/* @in ends with @verdict, counted as @reason; NULL = as nothing. */
bool refused(struct fullnat *f, const struct frame *in, int verdict, const char *reason);
/* The pool's port that a flow's packet leaves from; 0: it does not. */
int port_of(struct fullnat *f, const struct frame *in);
/* "10.0.0.5:2003", good for the next 63 calls. */
const char *pool_at(const char *pool, int port);
/* A connection that is there: SYN, SYN and ACK, ACK. Returns its port, 0 if something is wrong. */
int connected(struct fullnat *f, const char *client, const char *vip, const char *real,
	      const char *pool);
/* Both sides of such a connection to WEB over IPv4 send their FIN, and the client a last ACK. */
bool close_both(struct fullnat *f, const char *client, int port);

#endif
