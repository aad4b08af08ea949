/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crash_flows.h - for test_crash.c: flows of fullnat that begin while daemons live and die, and
 * what every one that is left must still say.
 */
#ifndef PACKET_CRASH_FLOWS_H
#define PACKET_CRASH_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/dataplane.h"

/* To be called once, before any daemon lives: what is known of flows outlives them. */
void crash_flows_init(void);
/* Set the pool to @count addresses, one of each family at most. */
void crash_flows_pool(struct dataplane *dp, unsigned int count);
/* A client's packet for service @n of the VIP of that family (even: IPv6), which came in by
 * @ifindex; @client: one of a few. */
void crash_flows_packet(struct dataplane *dp, uint32_t ifindex, unsigned int n,
			unsigned int client);
/* How many flows were found until now. */
unsigned int crash_flows_looked_at(void);
/* Does every flow go to the backend that it began with, and is no port lost? Of an adopted @dp. */
bool crash_flows_are_right(struct dataplane *dp);

#endif
