// SPDX-License-Identifier: GPL-2.0-or-later
/* cases_reply6.c - nat over IPv6, backend to client: the VIP put back where the packet leaves. */
#include "packet/cases.h"

#define BACKEND      "[fd00::21]:7000"
#define FROM(client) .smac = MAC_BACKEND, .from = BACKEND, .to = client
#define WEB          .from = VIP6_AT(8080), .ttl = 63
#define TO_CLIENT    .verdict = XDP_TX, .out = {TO_ROUTER, WEB}, .service = NAT6_TCP
#define UDP_CLIENT                                                                                 \
	.verdict = XDP_TX, .out = {TO_ROUTER, .from = VIP6_AT(5353), .ttl = 63}, .service = NAT6_UDP

static const struct packet_case reply6[] = {
	{"SYN and ACK", {TCP, FROM(CLIENT6), .flags = "SA"}, TO_CLIENT, .counted = REPLIED},
	{"data", {TCP, FROM(CLIENT6), .payload = 1428}, TO_CLIENT, .counted = REPLIED},
	{"data of odd length", {TCP, FROM(CLIENT6), .payload = 99}, TO_CLIENT, .counted = REPLIED},
	{"RST", {TCP, FROM(CLIENT6), .flags = "R"}, TO_CLIENT, .counted = REPLIED},
	{"extension headers",
	 {TCP, FROM(CLIENT6), .extensions = "HD"},
	 TO_CLIENT,
	 .counted = REPLIED},
	{"padding behind", {TCP, FROM(CLIENT6), .pad = 6}, TO_CLIENT, .counted = REPLIED},
	{"a wrong checksum stays wrong",
	 {TCP, FROM(CLIENT6), .check_off = 5},
	 TO_CLIENT,
	 .counted = REPLIED},
	{"longer than the MTU, by the interface it came from",
	 {TCP, FROM(CLIENT6), .payload = 4000},
	 TO_CLIENT,
	 .counted = REPLIED},
	{"port stays",
	 {TCP, .smac = MAC_BACKEND, .from = "[fd00::22]:9090", .to = CLIENT6},
	 XDP_TX,
	 .out = {TO_ROUTER, .from = VIP6_AT(9090), .ttl = 63},
	 .service = NAT6_SAME,
	 .counted = REPLIED},
	{"by another interface",
	 {TCP, FROM(FAR_CLIENT6), .flags = "SA"},
	 XDP_REDIRECT,
	 .out = {TO_ROUTER2, WEB},
	 .service = NAT6_TCP,
	 .counted = REPLIED},

	{"UDP", {UDP, FROM(CLIENT6), .payload = 100}, UDP_CLIENT, .counted = REPLIED},
	{"UDP, empty", {UDP, FROM(CLIENT6)}, UDP_CLIENT, .counted = REPLIED},
	{"UDP without checksum stays without",
	 {UDP, FROM(CLIENT6), .no_check = true, .payload = 5},
	 UDP_CLIENT,
	 .counted = REPLIED},

	{"hop limit 2",
	 {TCP, FROM(CLIENT6), .ttl = 2},
	 XDP_TX,
	 .out = {TO_ROUTER, .from = VIP6_AT(8080), .ttl = 1},
	 .service = NAT6_TCP,
	 .counted = REPLIED},
	{"a blackhole route", {TCP, FROM(HOLE_CLIENT6)}, XDP_DROP, .reason = "nat_no_route"},
	{"an unreachable route", {TCP, FROM(LOST_CLIENT6)}, XDP_DROP, .reason = "nat_no_route"},
	{"a prohibited route", {UDP, FROM(BARRED_CLIENT6)}, XDP_DROP, .reason = "nat_no_route"},
	{"a gateway not resolved",
	 {TCP, FROM(NEW_CLIENT6)},
	 XDP_DROP,
	 .reason = "nat_no_neighbour"},
	{"a client on the link not resolved",
	 {TCP, FROM("[fd00::200]:4000")},
	 XDP_DROP,
	 .reason = "nat_no_neighbour"},
	{"up to the path's MTU",
	 {TCP, FROM(SMALL_CLIENT6), .payload = 1240},
	 XDP_REDIRECT,
	 .out = {TO_ROUTER2, WEB},
	 .service = NAT6_TCP,
	 .counted = REPLIED},
	{"forwarding is off",
	 {TCP, FROM(CLIENT6)},
	 XDP_PASS,
	 .reason = "nat_forwarding_off",
	 .forwarding_off = true},

	/* what stays on the director is not a client's */
	{"to the director itself", {TCP, FROM("[" DIRECTOR6 "]:33333"), .flags = "SA"}, XDP_PASS},
	{"to the director itself, hop limit 1",
	 {TCP, FROM("[" DIRECTOR6 "]:33333"), .ttl = 1},
	 XDP_PASS},
	{"to the director's other address", {UDP, FROM("[fd01::1]:33333")}, XDP_PASS},
	{"to a multicast group", {UDP, FROM("[ff02::fb]:5353")}, XDP_PASS},
	{"no route at all", {TCP, FROM("[3fff::9]:4000")}, XDP_PASS},
	{"from another port of the backend",
	 {TCP, .from = "[fd00::21]:22", .to = CLIENT6},
	 XDP_PASS},
	{"from another host's same port",
	 {TCP, .from = "[fd00::23]:7000", .to = CLIENT6},
	 XDP_PASS},
	{"UDP from a TCP backend's port",
	 {UDP, .from = "[fd00::22]:9090", .to = CLIENT6},
	 XDP_PASS},
	{"from a dr backend", {TCP, .from = "[fd00::11]:80", .to = CLIENT6}, XDP_PASS},
	{"echo from a nat backend", {ICMP, .from = "fd00::21", .to = CLIENT6_ADDR}, XDP_PASS},
	{"a broken header from a nat backend", {TCP, FROM(CLIENT6), .doff = SET(4)}, XDP_PASS},

	/* a destination that is a VIP has its own rules */
	{"to a VIP, no service", {TCP, FROM(VIP6_AT(9999))}, XDP_PASS, .reason = "unmatched_pass"},
	{"to a strict VIP, no service",
	 {TCP, FROM(VIP6_STRICT_AT(9999))},
	 XDP_DROP,
	 .reason = "unmatched_drop"},
};

const struct case_list cases_reply6 = CASE_LIST(reply6);
