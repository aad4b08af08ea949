// SPDX-License-Identifier: GPL-2.0-or-later
/* cases_nat.c - nat, client to backend: destination rewritten, TTL down by one, checksums right. */
#include "packet/cases.h"

#define WEB        .from = CLIENT, .to = VIP ":8080"
#define DNS        .from = CLIENT, .to = VIP ":5353"
#define OUT        TO_BACKEND, .to = "10.0.0.21:7000"
#define TO_NAT_TCP .verdict = XDP_TX, .out = {OUT, .ttl = 63}, .service = NAT_TCP
#define TO_NAT_UDP .verdict = XDP_TX, .out = {OUT, .ttl = 63}, .service = NAT_UDP

static const struct packet_case nat[] = {
	{"SYN", {TCP, WEB, .flags = "S", .tcp_options = 20}, TO_NAT_TCP, .counted = CONNECTED},
	{"ACK", {TCP, WEB}, TO_NAT_TCP, .counted = FORWARDED},
	{"data", {TCP, WEB, .flags = "PA", .payload = 1000}, TO_NAT_TCP, .counted = FORWARDED},
	{"data of odd length", {TCP, WEB, .payload = 7}, TO_NAT_TCP, .counted = FORWARDED},
	{"one byte", {TCP, WEB, .payload = 1}, TO_NAT_TCP, .counted = FORWARDED},
	{"9000 bytes, in several buffers",
	 {TCP, WEB, .payload = 8960},
	 TO_NAT_TCP,
	 .counted = FORWARDED},
	{"IP options",
	 {TCP, WEB, .options = "9404000001010100", .payload = 3},
	 TO_NAT_TCP,
	 .counted = FORWARDED},
	{"most IP options and TCP options",
	 {TCP, WEB, .tcp_options = 40,
	  .options = "94040000010101010101010101010101010101010101010101010101010101010101010101"
		     "010101"},
	 TO_NAT_TCP,
	 .counted = FORWARDED},
	{"padding behind", {TCP, WEB, .pad = 6}, TO_NAT_TCP, .counted = FORWARDED},
	{"RST", {TCP, WEB, .flags = "R"}, TO_NAT_TCP, .counted = FORWARDED},
	{"port stays",
	 {TCP, .from = CLIENT, .to = VIP ":9090"},
	 XDP_TX,
	 .out = {TO_BACKEND, .to = "10.0.0.22:9090", .ttl = 63},
	 .service = NAT_SAME,
	 .counted = FORWARDED},
	{"by another interface",
	 {TCP, .from = CLIENT, .to = VIP ":8081", .flags = "S"},
	 XDP_REDIRECT,
	 .out = {TO_BACKEND, .to = "10.1.0.21:7000", .ttl = 63},
	 .service = NAT_OUT,
	 .counted = CONNECTED},
	{"a wrong IP checksum stays wrong",
	 {TCP, WEB, .ip_check_off = 1},
	 TO_NAT_TCP,
	 .counted = FORWARDED},
	{"a wrong TCP checksum stays wrong",
	 {TCP, WEB, .check_off = 0x1234},
	 TO_NAT_TCP,
	 .counted = FORWARDED},

	{"UDP", {UDP, DNS, .payload = 30}, TO_NAT_UDP, .counted = FORWARDED},
	{"UDP, empty", {UDP, DNS}, TO_NAT_UDP, .counted = FORWARDED},
	{"UDP of odd length", {UDP, DNS, .payload = 33}, TO_NAT_UDP, .counted = FORWARDED},
	{"UDP with IP options",
	 {UDP, DNS, .options = "01010100", .payload = 8},
	 TO_NAT_UDP,
	 .counted = FORWARDED},
	{"UDP without checksum stays without",
	 {UDP, DNS, .no_check = true, .payload = 9},
	 TO_NAT_UDP,
	 .counted = FORWARDED},
	{"a wrong UDP checksum stays wrong",
	 {UDP, DNS, .payload = 4, .check_off = 99},
	 TO_NAT_UDP,
	 .counted = FORWARDED},

	{"TTL 255",
	 {TCP, WEB, .ttl = 255},
	 XDP_TX,
	 .out = {OUT, .ttl = 254},
	 .service = NAT_TCP,
	 .counted = FORWARDED},
	{"TTL 2",
	 {TCP, WEB, .ttl = 2},
	 XDP_TX,
	 .out = {OUT, .ttl = 1},
	 .service = NAT_TCP,
	 .counted = FORWARDED},
};

const struct case_list cases_nat = CASE_LIST(nat);
