/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world.h - a network namespace with a director's interfaces, routes and neighbours, and a
 * dataplane with one service for each thing a packet can meet. Everything goes with the process.
 *
 *   router --- in0 director out0 --- router2
 */
#ifndef PACKET_WORLD_H
#define PACKET_WORLD_H

#include "dataplane/dataplane.h"
#include "dataplane/table.h"
#include "packet/frame.h"

#define MAC_ROUTER   "02:00:00:00:00:fe"
#define MAC_ROUTER2  "02:00:00:00:01:fe"
#define MAC_DIRECTOR "02:00:00:00:00:01" /* in0 */
#define MAC_OUT      "02:00:00:00:01:01" /* out0 */
#define MAC_BACKEND  "02:00:00:00:00:11" /* number 1 of every service */
#define MAC_OTHER    "02:00:00:00:00:12" /* number 2, where there is one */

#define VIP           "192.0.2.10"
#define VIP_STRICT    "192.0.2.11" /* unmatched = drop */
#define VIP_ANY       "192.0.2.13" /* with services for every port */
#define DIRECTOR      "10.0.0.1"
#define CLIENT_ADDR   "198.51.100.7"
#define CLIENT        CLIENT_ADDR ":40000" /* by the router */
#define FAR_CLIENT    "203.0.113.9:40000"  /* by out0 and router2 */
#define SMALL_CLIENT  "198.18.0.9:40000"   /* the same way, but with an MTU of 1000 */
#define HOLE_CLIENT   "198.18.1.9:40000"   /* a blackhole route */
#define LOST_CLIENT   "198.18.2.9:40000"   /* an unreachable one */
#define BARRED_CLIENT "198.18.3.9:40000"   /* a prohibited one */
#define NEW_CLIENT    "198.18.4.9:40000"   /* by NEW_ROUTER, which nobody has asked for yet */
#define NEW_ROUTER    "10.1.0.99"

/* The same over IPv6. */
#define VIP6                 "2001:db8:1::10"
#define VIP6_AT(port)        "[" VIP6 "]:" #port
#define VIP6_STRICT          "2001:db8:1::11"
#define VIP6_STRICT_AT(port) "[" VIP6_STRICT "]:" #port
#define VIP6_ANY             "2001:db8:1::13"
#define VIP6_ANY_AT(port)    "[" VIP6_ANY "]:" #port
#define DIRECTOR6            "fd00::1"
#define CLIENT6_ADDR         "2001:db8:100::7"
#define CLIENT6              "[" CLIENT6_ADDR "]:40000"
#define FAR_CLIENT6_ADDR     "2001:db8:200::9"
#define FAR_CLIENT6          "[" FAR_CLIENT6_ADDR "]:40000"
#define SMALL_CLIENT6        "[2001:db8:18::9]:40000" /* an MTU of 1300 */
#define HOLE_CLIENT6         "[2001:db8:18:1::9]:40000"
#define LOST_CLIENT6         "[2001:db8:18:2::9]:40000"
#define BARRED_CLIENT6       "[2001:db8:18:3::9]:40000"
#define NEW_CLIENT6          "[2001:db8:18:4::9]:40000"
#define NEW_ROUTER6          "fd01::99"

/* fullnat's: what a flow's packets have as source at its backend. */
#define VIP_FULLNAT           "192.0.2.14" /* with a service for every port */
#define VIP6_FULLNAT          "2001:db8:1::14"
#define VIP6_FULLNAT_AT(port) "[" VIP6_FULLNAT "]:" #port
#define LINK_CLIENT           "10.0.0.200:4000" /* beside the backends, not resolved yet */
#define LINK_CLIENT6          "[fd00::200]:4000"
#define SELF_CLIENT           "10.0.0.51:40000" /* a backend that asks its own VIP */
#define SELF_CLIENT6          "[fd00::51]:40000"
#define POOL_ADDR             "10.0.0.6"
#define POOL_AT(port)         POOL_ADDR ":" #port
#define POOL6_ADDR            "fd00::6"
#define POOL6_AT(port)        "[" POOL6_ADDR "]:" #port
#define POOL_LOW              2000 /* the first port of each, */
#define POOL_NEW              2050 /* the one that the next new flow gets, */
#define POOL_HIGH             2099 /* and the last */

/* X(symbol, address, forward and address of backend 1, fields of struct world_row): what is special
 * besides stands in world.c. */
#define WORLD_SERVICES(X)                                                                          \
	X(DR_TCP, "tcp:" VIP ":80", DR, "10.0.0.11:80")                                            \
	X(DR_UDP, "udp:" VIP ":53", DR, "10.0.0.11:53")                                            \
	X(DR_STRICT, "tcp:" VIP_STRICT ":80", DR, "10.0.0.11:80")                                  \
	X(DR_OUT, "tcp:" VIP ":81", DR, "10.1.0.11:81", .by_out0 = true)                           \
	X(NO_HOP, "tcp:" VIP ":82", DR, "10.0.0.11:82")                                            \
	X(EMPTY, "tcp:" VIP ":83", DR, "10.0.0.11:83")                                             \
	X(WILD, "tcp:" VIP ":84", DR, "10.0.0.11:84")                                              \
	X(UNUSED, "tcp:" VIP ":85", DR, "10.0.0.11:85")                                            \
	X(NO_EGRESS, "tcp:" VIP ":86", DR, "10.0.0.11:86")                                         \
	X(MIXED, "tcp:" VIP ":87", DR, "10.0.0.11:87")                                             \
	X(BEYOND, "tcp:" VIP ":88", DR, "10.0.0.11:88")                                            \
	X(NAT_TCP, "tcp:" VIP ":8080", NAT, "10.0.0.21:7000")                                      \
	X(NAT_UDP, "udp:" VIP ":5353", NAT, "10.0.0.21:7000")                                      \
	X(NAT_OUT, "tcp:" VIP ":8081", NAT, "10.1.0.21:7000", .by_out0 = true)                     \
	X(NAT_SAME, "tcp:" VIP ":9090", NAT, "10.0.0.22:9090")                                     \
	/* the same over IPv6 */                                                                   \
	X(DR6_TCP, "tcp:" VIP6_AT(80), DR, "[fd00::11]:80")                                        \
	X(DR6_UDP, "udp:" VIP6_AT(53), DR, "[fd00::11]:53")                                        \
	X(DR6_STRICT, "tcp:" VIP6_STRICT_AT(80), DR, "[fd00::11]:80")                              \
	X(DR6_OUT, "tcp:" VIP6_AT(81), DR, "[fd01::11]:81", .by_out0 = true)                       \
	X(NO_HOP6, "tcp:" VIP6_AT(82), DR, "[fd00::11]:82")                                        \
	X(EMPTY6, "tcp:" VIP6_AT(83), DR, "[fd00::11]:83")                                         \
	X(MIXED6, "tcp:" VIP6_AT(87), DR, "[fd00::11]:87")                                         \
	X(NAT6_TCP, "tcp:" VIP6_AT(8080), NAT, "[fd00::21]:7000")                                  \
	X(NAT6_UDP, "udp:" VIP6_AT(5353), NAT, "[fd00::21]:7000")                                  \
	X(NAT6_OUT, "tcp:" VIP6_AT(8081), NAT, "[fd01::21]:7000", .by_out0 = true)                 \
	X(NAT6_SAME, "tcp:" VIP6_AT(9090), NAT, "[fd00::22]:9090")                                 \
	/* backends on VLANs */                                                                    \
	X(DR_TAG, "tcp:" VIP ":1001", DR, "10.0.0.11:1001", .tags = {100})                         \
	X(DR_AD, "tcp:" VIP ":1002", DR, "10.0.0.11:1002", .tags = {AD(100)})                      \
	X(DR_TAGS, "tcp:" VIP ":1003", DR, "10.0.0.11:1003", .tags = {AD(200), 100})               \
	X(DR_TAG_OUT, "tcp:" VIP ":1004", DR, "10.1.0.11:1004", .tags = {100}, .by_out0 = true)    \
	X(NAT_TAG, "tcp:" VIP ":8101", NAT, "10.0.0.24:7000", .tags = {100})                       \
	X(DR6_TAG, "tcp:" VIP6_AT(1001), DR, "[fd00::11]:1001", .tags = {100})                     \
	X(NAT6_TAGS, "udp:" VIP6_AT(8103), NAT, "[fd00::24]:7000", .tags = {200, 100})             \
	/* tunnels: inner family, outer family */                                                  \
	X(IPIP44_TCP, "tcp:" VIP ":4444", IPIP, "10.0.0.31:4444", .mtu = 1480)                     \
	X(IPIP44_UDP, "udp:" VIP ":4445", IPIP, "10.0.0.31:4445", .mtu = 1480)                     \
	X(IPIP46_TCP, "tcp:" VIP ":4446", IPIP, "[fd00::31]:4446", .mtu = 1460)                    \
	X(IPIP46_UDP, "udp:" VIP ":4447", IPIP, "[fd00::31]:4447", .mtu = 1460)                    \
	X(IPIP64_TCP, "tcp:" VIP6_AT(4444), IPIP, "10.0.0.31:4444", .mtu = 1480)                   \
	X(IPIP64_UDP, "udp:" VIP6_AT(4445), IPIP, "10.0.0.31:4445", .mtu = 1480)                   \
	X(IPIP66_TCP, "tcp:" VIP6_AT(4446), IPIP, "[fd00::31]:4446", .mtu = 1460)                  \
	X(IPIP66_UDP, "udp:" VIP6_AT(4447), IPIP, "[fd00::31]:4447", .mtu = 1460)                  \
	X(GUE44_TCP, "tcp:" VIP ":6044", GUE, "10.0.0.31:6044", .mtu = 1468)                       \
	X(GUE44_UDP, "udp:" VIP ":6045", GUE, "10.0.0.31:6045", .mtu = 1468)                       \
	X(GUE46_TCP, "tcp:" VIP ":6046", GUE, "[fd00::31]:6046", .mtu = 1448)                      \
	X(GUE46_UDP, "udp:" VIP ":6047", GUE, "[fd00::31]:6047", .mtu = 1448)                      \
	X(GUE64_TCP, "tcp:" VIP6_AT(6044), GUE, "10.0.0.31:6044", .mtu = 1468)                     \
	X(GUE64_UDP, "udp:" VIP6_AT(6045), GUE, "10.0.0.31:6045", .mtu = 1468)                     \
	X(GUE66_TCP, "tcp:" VIP6_AT(6046), GUE, "[fd00::31]:6046", .mtu = 1448)                    \
	X(GUE66_UDP, "udp:" VIP6_AT(6047), GUE, "[fd00::31]:6047", .mtu = 1448)                    \
	X(IPIP_OUT, "tcp:" VIP ":4448", IPIP, "10.1.0.31:4448", .by_out0 = true)                   \
	X(IPIP_TAG, "tcp:" VIP ":4449", IPIP, "10.0.0.31:4449", .tags = {AD(200), 100})            \
	X(GUE6_TAG, "tcp:" VIP6_AT(6049), GUE, "[fd00::31]:6049", .tags = {100})                   \
	X(IPIP_HASHED, "tcp:" VIP ":4450", IPIP, "10.0.0.31:4450", .source = "10.99.0.0",          \
	  .source_bits = 16)                                                                       \
	X(IPIP6_HASHED, "tcp:" VIP6_AT(4450), IPIP, "[fd00::31]:4450",                             \
	  .source = "fd99::", .source_bits = 16)                                                   \
	/* every port */                                                                           \
	X(ANY_TCP, "tcp:" VIP_ANY ":*", DR, "10.0.0.41")                                           \
	X(ANY_ONE, "tcp:" VIP_ANY ":80", DR, "10.0.0.11:80")                                       \
	X(ANY_NAT, "udp:" VIP_ANY ":*", NAT, "10.0.0.42")                                          \
	X(ANY6_TCP, "tcp:" VIP6_ANY_AT(*), DR, "fd00::41")                                         \
	X(ANY6_ONE, "tcp:" VIP6_ANY_AT(80), DR, "[fd00::11]:80")                                   \
	X(ANY6_NAT, "udp:" VIP6_ANY_AT(*), NAT, "fd00::42")                                        \
	/* a SYN's MSS; 1 is auto */                                                               \
	X(MSS_DR, "tcp:" VIP ":1200", DR, "10.0.0.11:1200", .mss = 1200)                           \
	X(MSS_NAT, "tcp:" VIP ":1201", NAT, "10.0.0.26:7000", .mss = 1200)                         \
	X(MSS_IPIP, "tcp:" VIP ":1202", IPIP, "10.0.0.31:1202", .mss = 1, .mtu = 1480)             \
	X(MSS_ANY, "tcp:" VIP ":1203", DR, "10.0.0.11:1203", .mss = 1)                             \
	X(MSS_NAT_AUTO, "tcp:" VIP ":1204", NAT, "10.0.0.27:7000", .mss = 1, .mtu = 1300)          \
	X(MSS6_DR, "tcp:" VIP6_AT(1200), DR, "[fd00::11]:1200", .mss = 1200)                       \
	X(MSS6_GUE, "tcp:" VIP6_AT(1202), GUE, "[fd00::31]:1202", .mss = 1, .mtu = 1448)           \
	X(MSS6_NAT, "tcp:" VIP6_AT(1201), NAT, "[fd00::26]:7000", .mss = 1200)                     \
	/* narrow ways without a tunnel */                                                         \
	X(DR_NARROW, "tcp:" VIP ":1005", DR, "10.1.0.11:1005", .by_out0 = true, .mtu = 1000)       \
	X(DR_JOINED, "tcp:" VIP ":1006", DR, "10.0.0.11:1006", .mtu = 1000)                        \
	X(NAT_NARROW, "udp:" VIP ":8105", NAT, "10.1.0.25:7000", .by_out0 = true, .mtu = 1000)     \
	X(DR6_NARROW, "tcp:" VIP6_AT(1005), DR, "[fd01::11]:1005", .by_out0 = true, .mtu = 1300)   \
	X(NAT6_TINY, "tcp:" VIP6_AT(8105), NAT, "[fd01::25]:7000", .by_out0 = true, .mtu = 1000)

/* The same: what a flow may meet in fullnat, and services that mix it with other modes. */
#define WORLD_FULLNAT_SERVICES(X)                                                                  \
	X(FULLNAT_TCP, "tcp:" VIP ":3080", FULLNAT, "10.0.0.51:7000")                              \
	X(FULLNAT_UDP, "udp:" VIP ":3053", FULLNAT, "10.0.0.51:7000")                              \
	X(FULLNAT_OUT, "tcp:" VIP ":3081", FULLNAT, "10.1.0.51:7000", .by_out0 = true)             \
	X(FULLNAT_SAME, "tcp:" VIP ":3090", FULLNAT, "10.0.0.52:3090")                             \
	X(FULLNAT_ANY, "tcp:" VIP_FULLNAT ":*", FULLNAT, "10.0.0.56")                              \
	X(FULLNAT_NO_HOP, "tcp:" VIP ":3082", FULLNAT, "10.0.0.51:3082")                           \
	X(FULLNAT_EMPTY, "tcp:" VIP ":3083", FULLNAT, "10.0.0.51:3083")                            \
	X(FULLNAT_TAG, "tcp:" VIP ":3101", FULLNAT, "10.0.0.53:7000", .tags = {100})               \
	X(FULLNAT_TAGS, "udp:" VIP ":3103", FULLNAT, "10.0.0.53:7000", .tags = {AD(200), 100})     \
	X(FULLNAT_NARROW, "udp:" VIP ":3105", FULLNAT, "10.1.0.55:7000", .by_out0 = true,          \
	  .mtu = 1000)                                                                             \
	X(FULLNAT_JOINED, "udp:" VIP ":3106", FULLNAT, "10.0.0.55:7000", .mtu = 1000)              \
	X(FULLNAT_MSS, "tcp:" VIP ":3201", FULLNAT, "10.0.0.54:7000", .mss = 1200)                 \
	X(FULLNAT_MSS_AUTO, "tcp:" VIP ":3204", FULLNAT, "10.0.0.54:7001", .mss = 1, .mtu = 1300)  \
	X(FULLNAT_TOA, "tcp:" VIP ":3401", FULLNAT, "10.0.0.54:7002", .toa = true, .mtu = 1500)    \
	X(MIXED_DR, "tcp:" VIP ":3301", DR, "10.0.0.57:3301", .fullnat = true)                     \
	X(MIXED_NAT, "udp:" VIP ":3302", NAT, "10.0.0.57:7000", .fullnat = true)                   \
	X(MIXED_IPIP, "tcp:" VIP ":3303", IPIP, "10.0.0.31:3303", .fullnat = true, .mtu = 1480)    \
	/* the same over IPv6 */                                                                   \
	X(FULLNAT6_TCP, "tcp:" VIP6_AT(3080), FULLNAT, "[fd00::51]:7000")                          \
	X(FULLNAT6_UDP, "udp:" VIP6_AT(3053), FULLNAT, "[fd00::51]:7000")                          \
	X(FULLNAT6_OUT, "tcp:" VIP6_AT(3081), FULLNAT, "[fd01::51]:7000", .by_out0 = true)         \
	X(FULLNAT6_SAME, "tcp:" VIP6_AT(3090), FULLNAT, "[fd00::52]:3090")                         \
	X(FULLNAT6_ANY, "tcp:" VIP6_FULLNAT_AT(*), FULLNAT, "fd00::56")                            \
	X(FULLNAT6_NO_HOP, "tcp:" VIP6_AT(3082), FULLNAT, "[fd00::51]:3082")                       \
	X(FULLNAT6_EMPTY, "tcp:" VIP6_AT(3083), FULLNAT, "[fd00::51]:3083")                        \
	X(FULLNAT6_TAG, "tcp:" VIP6_AT(3101), FULLNAT, "[fd00::53]:7000", .tags = {AD(100)})       \
	X(FULLNAT6_TAGS, "udp:" VIP6_AT(3103), FULLNAT, "[fd00::53]:7000", .tags = {200, 100})     \
	X(FULLNAT6_NARROW, "udp:" VIP6_AT(3105), FULLNAT, "[fd01::55]:7000", .by_out0 = true,      \
	  .mtu = 1300)                                                                             \
	X(FULLNAT6_MSS, "tcp:" VIP6_AT(3201), FULLNAT, "[fd00::54]:7000", .mss = 1200)             \
	X(FULLNAT6_MSS_AUTO, "tcp:" VIP6_AT(3204), FULLNAT, "[fd00::54]:7001", .mss = 1,           \
	  .mtu = 1300)                                                                             \
	X(FULLNAT6_TOA, "tcp:" VIP6_AT(3401), FULLNAT, "[fd00::54]:7002", .toa = true,             \
	  .mtu = 1500)                                                                             \
	X(MIXED6_DR, "tcp:" VIP6_AT(3301), DR, "[fd00::57]:3301", .fullnat = true)                 \
	X(MIXED6_NAT, "udp:" VIP6_AT(3302), NAT, "[fd00::57]:7000", .fullnat = true)

/* X(service, client, its VIP and port, the port of the pool that it has): the flows that are there.
 * The ports are used in turn, those of each family and protocol by themselves. */
#define WORLD_FLOWS(X)                                                                             \
	X(FULLNAT_TCP, CLIENT, VIP ":3080", POOL_AT(2000))                                         \
	X(FULLNAT_TCP, FAR_CLIENT, VIP ":3080", POOL_AT(2001))                                     \
	X(FULLNAT_TCP, SMALL_CLIENT, VIP ":3080", POOL_AT(2002))                                   \
	X(FULLNAT_TCP, HOLE_CLIENT, VIP ":3080", POOL_AT(2003))                                    \
	X(FULLNAT_TCP, LOST_CLIENT, VIP ":3080", POOL_AT(2004))                                    \
	X(FULLNAT_TCP, BARRED_CLIENT, VIP ":3080", POOL_AT(2005))                                  \
	X(FULLNAT_TCP, NEW_CLIENT, VIP ":3080", POOL_AT(2006))                                     \
	X(FULLNAT_TCP, LINK_CLIENT, VIP ":3080", POOL_AT(2007))                                    \
	X(FULLNAT_TCP, SELF_CLIENT, VIP ":3080", POOL_AT(2008))                                    \
	X(FULLNAT_TCP, DIRECTOR ":33333", VIP ":3080", POOL_AT(2009))                              \
	X(FULLNAT_OUT, CLIENT, VIP ":3081", POOL_AT(2010))                                         \
	X(FULLNAT_SAME, CLIENT, VIP ":3090", POOL_AT(2011))                                        \
	X(FULLNAT_ANY, CLIENT, VIP_FULLNAT ":22", POOL_AT(2012))                                   \
	X(FULLNAT_TAG, CLIENT, VIP ":3101", POOL_AT(2013))                                         \
	X(FULLNAT_MSS, CLIENT, VIP ":3201", POOL_AT(2014))                                         \
	X(FULLNAT_MSS_AUTO, CLIENT, VIP ":3204", POOL_AT(2015))                                    \
	X(FULLNAT_TOA, CLIENT, VIP ":3401", POOL_AT(2016))                                         \
	X(FULLNAT_TOA, FAR_CLIENT, VIP ":3401", POOL_AT(2017))                                     \
	X(FULLNAT_UDP, CLIENT, VIP ":3053", POOL_AT(2000))                                         \
	X(FULLNAT_UDP, FAR_CLIENT, VIP ":3053", POOL_AT(2001))                                     \
	X(FULLNAT_TAGS, CLIENT, VIP ":3103", POOL_AT(2002))                                        \
	X(FULLNAT_NARROW, CLIENT, VIP ":3105", POOL_AT(2003))                                      \
	X(FULLNAT_JOINED, CLIENT, VIP ":3106", POOL_AT(2004))                                      \
	X(FULLNAT6_TCP, CLIENT6, VIP6_AT(3080), POOL6_AT(2000))                                    \
	X(FULLNAT6_TCP, FAR_CLIENT6, VIP6_AT(3080), POOL6_AT(2001))                                \
	X(FULLNAT6_TCP, SMALL_CLIENT6, VIP6_AT(3080), POOL6_AT(2002))                              \
	X(FULLNAT6_TCP, HOLE_CLIENT6, VIP6_AT(3080), POOL6_AT(2003))                               \
	X(FULLNAT6_TCP, LOST_CLIENT6, VIP6_AT(3080), POOL6_AT(2004))                               \
	X(FULLNAT6_TCP, BARRED_CLIENT6, VIP6_AT(3080), POOL6_AT(2005))                             \
	X(FULLNAT6_TCP, NEW_CLIENT6, VIP6_AT(3080), POOL6_AT(2006))                                \
	X(FULLNAT6_TCP, LINK_CLIENT6, VIP6_AT(3080), POOL6_AT(2007))                               \
	X(FULLNAT6_TCP, SELF_CLIENT6, VIP6_AT(3080), POOL6_AT(2008))                               \
	X(FULLNAT6_TCP, "[" DIRECTOR6 "]:33333", VIP6_AT(3080), POOL6_AT(2009))                    \
	X(FULLNAT6_OUT, CLIENT6, VIP6_AT(3081), POOL6_AT(2010))                                    \
	X(FULLNAT6_SAME, CLIENT6, VIP6_AT(3090), POOL6_AT(2011))                                   \
	X(FULLNAT6_ANY, CLIENT6, VIP6_FULLNAT_AT(22), POOL6_AT(2012))                              \
	X(FULLNAT6_TAG, CLIENT6, VIP6_AT(3101), POOL6_AT(2013))                                    \
	X(FULLNAT6_MSS, CLIENT6, VIP6_AT(3201), POOL6_AT(2014))                                    \
	X(FULLNAT6_MSS_AUTO, CLIENT6, VIP6_AT(3204), POOL6_AT(2015))                               \
	X(FULLNAT6_TOA, CLIENT6, VIP6_AT(3401), POOL6_AT(2016))                                    \
	X(FULLNAT6_TOA, FAR_CLIENT6, VIP6_AT(3401), POOL6_AT(2017))                                \
	X(FULLNAT6_UDP, CLIENT6, VIP6_AT(3053), POOL6_AT(2000))                                    \
	X(FULLNAT6_UDP, FAR_CLIENT6, VIP6_AT(3053), POOL6_AT(2001))                                \
	X(FULLNAT6_TAGS, CLIENT6, VIP6_AT(3103), POOL6_AT(2002))                                   \
	X(FULLNAT6_NARROW, CLIENT6, VIP6_AT(3105), POOL6_AT(2003))

enum world_service {
	NO_SERVICE,
#define X(symbol, ...) symbol,
	WORLD_SERVICES(X)
#undef X
		WORLD_SERVICE_COUNT,
	WORLD_BEFORE_FULLNAT = WORLD_SERVICE_COUNT - 1, /* fullnat's numbers go on here */
#define X(symbol, ...) symbol,
	WORLD_FULLNAT_SERVICES(X)
#undef X
		WORLD_ALL_COUNT
};

struct world_row {
	const char *address, *backend;
	enum shunt_forward forward;
	bool by_out0;       /* the backend is behind out0 */
	int tags[2];        /* of frames to the backend: as struct frame has them */
	int mtu;            /* the longest packet from a client that fits; 0: any */
	int mss;            /* of the service: SHUNT_MSS_AUTO, or the most */
	const char *source; /* of the outer header; NULL: DIRECTOR or DIRECTOR6 */
	int source_bits;    /* so many low bits of it are the program's choice */
	bool toa;           /* fullnat: backends are told the client in a TCP option */
	bool fullnat;       /* flows of other backends may be of fullnat's */
};

extern const struct world_row world_services[WORLD_ALL_COUNT];

struct world {
	struct dataplane *dp;
	struct dataplane_service *services[WORLD_ALL_COUNT];
	enum world_service count; /* those before it are there */
	uint32_t in0, out0;
};

/* Fails the program when something does not work; skips it when it is not root's. */
void world_open(struct world *ret);
/* The pool, fullnat's services and flows besides: what becomes of a packet depends on flows then,
 * and predict.h knows none. */
void world_add_fullnat(struct world *world);
void world_close(struct world *world);

/* --- for programs that make a world of their own --- */

#define WORLD_PIN_DIR   "/sys/fs/bpf/shunt"
#define WORLD_PORTS_MAX 65536

/* A network namespace and a bpffs of our own, both gone with the process. */
void world_isolate(void);
/* One ip(8) command a line. */
void world_ip(const char *commands);
void world_sysctl(const char *path, const char *value); /* below /proc/sys/net/ */
/* Does the director forward, in both families? */
void world_forwarding(bool on);
/* The options that tests use; @seed 0 gives the usual one. */
struct dataplane *world_dataplane(uint64_t seed);
/* Open a service and fill its slots with @word; not published yet. */
struct dataplane_service *world_service(struct dataplane *dp, const char *address, uint32_t slots,
					uint32_t word);
/* Open and write a backend with MAC_BACKEND behind @ifindex; returns its number. */
uint16_t world_backend(struct dataplane_service *service, const char *address,
		       enum shunt_forward forward, uint32_t ifindex);
void world_publish(struct dataplane_service *service, enum shunt_forward forward);
/* A pinned map; the caller closes it. */
int world_map(const char *name);
/* A pinned table (services4, nat6, ...) as it is now; the caller frees its words. */
struct table world_table(const char *name);
/* Write it back, behind the dataplane's back, and free its words. */
void world_table_write(const char *name, struct table *table);
/* The director may answer as often as it may at once: tests are faster than packets. */
void world_refill_answers(void);
/* A grace period, and what was retired is free. */
void world_grace(struct dataplane *dp);

/* Run the program on a frame that came in by @ifindex. Returns the verdict. */
int world_run(struct dataplane *dp, uint32_t ifindex, const uint8_t *frame, size_t length,
	      uint8_t ret[static FRAME_MAX], size_t *ret_length);

#endif
