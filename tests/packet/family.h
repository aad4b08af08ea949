/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * family.h - the words of rows that both families have. Such rows stand in a both_*.h, a table that
 * two files include; each says before which FAMILY, 4 or 6, it makes of them.
 */
#ifndef PACKET_FAMILY_H
#define PACKET_FAMILY_H

#include "packet/cases.h"

#if FAMILY == 4
#define BY_FAMILY(four, six) four
#elif FAMILY == 6
#define BY_FAMILY(four, six) six
#else
#error "FAMILY is 4 or 6"
#endif

/* FULLNAT and TCP: FULLNAT_TCP, FULLNAT6_TCP. */
#define SERVICE(mode, name) BY_FAMILY(mode##_##name, mode##6_##name)
#define HOP_LIMIT           BY_FAMILY("TTL", "hop limit")

/* What world.h has. */
#define THE_VIP                  BY_FAMILY(VIP, VIP6)
#define THE_VIP_AT(port)         BY_FAMILY(VIP ":" #port, VIP6_AT(port))
#define THE_VIP_STRICT           BY_FAMILY(VIP_STRICT, VIP6_STRICT)
#define THE_VIP_FULLNAT          BY_FAMILY(VIP_FULLNAT, VIP6_FULLNAT)
#define THE_VIP_FULLNAT_AT(port) BY_FAMILY(VIP_FULLNAT ":" #port, VIP6_FULLNAT_AT(port))
#define THE_DIRECTOR             BY_FAMILY(DIRECTOR, DIRECTOR6)
#define THE_DIRECTOR_AT(port)    BY_FAMILY(DIRECTOR ":" #port, "[" DIRECTOR6 "]:" #port)
#define THE_POOL                 BY_FAMILY(POOL_ADDR, POOL6_ADDR)
#define THE_POOL_AT(port)        BY_FAMILY(POOL_AT(port), POOL6_AT(port))
#define THE_CLIENT               BY_FAMILY(CLIENT, CLIENT6)
#define THE_CLIENT_ADDR          BY_FAMILY(CLIENT_ADDR, CLIENT6_ADDR)
#define THE_CLIENT_AT(port)      BY_FAMILY(CLIENT_ADDR ":" #port, "[" CLIENT6_ADDR "]:" #port)
#define THE_FAR_CLIENT           BY_FAMILY(FAR_CLIENT, FAR_CLIENT6)
#define THE_FAR_CLIENT_ADDR      BY_FAMILY("203.0.113.9", FAR_CLIENT6_ADDR)
#define THE_SMALL_CLIENT         BY_FAMILY(SMALL_CLIENT, SMALL_CLIENT6)
#define THE_HOLE_CLIENT          BY_FAMILY(HOLE_CLIENT, HOLE_CLIENT6)
#define THE_NEW_CLIENT           BY_FAMILY(NEW_CLIENT, NEW_CLIENT6)
#define THE_SELF_CLIENT          BY_FAMILY(SELF_CLIENT, SELF_CLIENT6)

/* Hosts by their last number: beside the client, behind in0 and behind out0. */
#define CLIENT_HOST(number) BY_FAMILY("198.51.100." #number, "2001:db8:100::" #number)
#define CLIENT_HOST_AT(number, port)                                                               \
	BY_FAMILY("198.51.100." #number ":" #port, "[2001:db8:100::" #number "]:" #port)
#define HOST(number)          BY_FAMILY("10.0.0." #number, "fd00::" #number)
#define HOST_AT(number, port) BY_FAMILY("10.0.0." #number ":" #port, "[fd00::" #number "]:" #port)
#define OUT_HOST(number)      BY_FAMILY("10.1.0." #number, "fd01::" #number)
#define OUT_HOST_AT(number, port)                                                                  \
	BY_FAMILY("10.1.0." #number ":" #port, "[fd01::" #number "]:" #port)

#endif
