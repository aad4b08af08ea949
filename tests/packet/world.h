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

enum world_service {
	NO_SERVICE,
#define X(symbol, ...) symbol,
	WORLD_SERVICES(X)
#undef X
		WORLD_SERVICE_COUNT
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
};

extern const struct world_row world_services[WORLD_SERVICE_COUNT];

struct world {
	struct dataplane *dp;
	struct dataplane_service *services[WORLD_SERVICE_COUNT];
	uint32_t in0, out0;
};

/* Fails the program when something does not work; skips it when it is not root's. */
void world_open(struct world *ret);
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
/* A pinned table (services4, nat6, ...) as it is now; the caller frees its words. */
struct table world_table(const char *name);
/* Write it back, behind the dataplane's back, and free its words. */
void world_table_write(const char *name, struct table *table);
/* A grace period, and what was retired is free. */
void world_grace(struct dataplane *dp);

/* Run the program on a frame that came in by @ifindex. Returns the verdict. */
int world_run(struct dataplane *dp, uint32_t ifindex, const uint8_t *frame, size_t length,
	      uint8_t ret[static FRAME_MAX], size_t *ret_length);

#endif
