/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path_mtu.h - what routers have said of the way to a backend: how long a packet of the director's
 * own, a tunnel's, may be. No clock, no I/O.
 *
 * Anybody can forge such a message, so it is believed for a while only, never below what every
 * network of the family must carry, and never above the MTU that the interface has.
 */
#ifndef PLAN_PATH_MTU_H
#define PLAN_PATH_MTU_H

#include <stdbool.h>
#include <stdint.h>

#define PATH_MTU_MS   600000 /* as long as Linux believes it */
#define PATH_MTU_MIN4 576
#define PATH_MTU_MIN6 1280

struct path_mtu {
	uint32_t mtu; /* 0 = nothing has been said */
	uint64_t until_ms;
};

/* A router says that @mtu bytes get through to an address of @family (0: less than what came); the
 * interface has @hop_mtu. True if that is news. */
bool path_mtu_learn(struct path_mtu *p, int family, uint32_t mtu, uint32_t hop_mtu,
		    uint64_t now_ms);
/* Forget what is too old; true if there was something. */
bool path_mtu_expire(struct path_mtu *p, uint64_t now_ms);
/* The longest packet: the smaller of both. */
uint32_t path_mtu_limit(const struct path_mtu *p, uint32_t hop_mtu);

#endif
