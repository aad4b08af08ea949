/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * offload.h - what a link does to packets before XDP sees them: it takes VLAN tags out, or makes
 * one packet of several. Read and switched by the names that ethtool(8) has for them.
 */
#ifndef NET_OFFLOAD_H
#define NET_OFFLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* X(symbol, bit, name). Bits are kept in pinned maps: never renumber. */
#define NET_OFFLOADS(X)                                                                            \
	X(VLAN, 0, "rx-vlan-hw-parse")                                                             \
	X(STAG, 1, "rx-vlan-stag-hw-parse")                                                        \
	X(LRO, 2, "rx-lro")                                                                        \
	X(GRO_HW, 3, "rx-gro-hw")                                                                  \
	X(GRO, 4, "rx-gro")

enum net_offload {
#define X(symbol, bit, name) NET_OFFLOAD_##symbol = 1 << bit,
	NET_OFFLOADS(X)
#undef X
};

/* Sets of them: what hides packets from a program in the driver, and from a generic one. */
#define NET_OFFLOADS_NATIVE                                                                        \
	(NET_OFFLOAD_VLAN | NET_OFFLOAD_STAG | NET_OFFLOAD_LRO | NET_OFFLOAD_GRO_HW)
#define NET_OFFLOADS_GENERIC (NET_OFFLOADS_NATIVE | NET_OFFLOAD_GRO)

/* Which of them are on. @ret_fixed (may be NULL): which of those cannot be switched. */
int net_offloads(const char *ifname, uint32_t *ret_on, uint32_t *ret_fixed, struct error *err);
/* Switch all of @offloads on or off. 0 also when some cannot be, which net_offloads() tells. */
int net_offloads_set(const char *ifname, uint32_t offloads, bool on, struct error *err);

/* The name of the first of @offloads; NULL when there is none. */
const char *net_offload_name(uint32_t offloads);

#endif
