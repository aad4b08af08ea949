/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel.h - what a backend's entry says of the packet around the client's: its source address, and
 * how long the client's may be.
 */
#ifndef PLAN_TUNNEL_H
#define PLAN_TUNNEL_H

#include <stdbool.h>

#include "model/model.h"

/* Has the mode a packet around the client's? */
bool tunnel_is(enum shunt_forward forward);

/* The bytes that the mode puts before a client's packet for a backend of @family. */
unsigned int tunnel_overhead(enum shunt_forward forward, int family);

/*
 * The longest packet from a client that fits when @mtu bytes do on the way to a backend of @family;
 * 0 = any, also when @mtu is 0, which is not known. Never below 1: nothing fits then.
 */
uint16_t tunnel_room(enum shunt_forward forward, int family, uint32_t mtu);

/*
 * The least that the way to a backend of @family may be said to carry, with clients of
 * @client_family: no host makes packets of IPv6 shorter than 1280, and whoever could have less
 * believed would stop them all.
 */
uint32_t tunnel_least(enum shunt_forward forward, int family, int client_family);

/*
 * Where packets to a backend of @family come from: the setting's address of that family, else
 * @own, what this host itself would send from. False when there is none.
 */
bool tunnel_source(const struct prefixes *setting, int family, const struct ip_addr *own,
		   struct ip_prefix *ret);

#endif
