// SPDX-License-Identifier: GPL-2.0-or-later
/* cases_not_ours.c - everything else passes, byte for byte, and is not counted. */
#include <linux/if_ether.h>

#include "packet/cases.h"

#define ARP_FRAME .ethertype = ETH_P_ARP, .payload = 28
#define WEB       .from = CLIENT, .to = VIP ":80"

static const struct packet_case not_ours[] = {
	{"ARP", {ETHER, ARP_FRAME}, XDP_PASS},
	{"ARP, broadcast", {ETHER, .dmac = "ff:ff:ff:ff:ff:ff", ARP_FRAME}, XDP_PASS},
	{"LLDP", {ETHER, .ethertype = ETH_P_LLDP, .payload = 60}, XDP_PASS},
	{"802.3 with a length", {ETHER, .ethertype = 46, .payload = 46}, XDP_PASS},
	{"IPv6's type over an IPv4 packet to a VIP", {TCP, WEB, .ethertype = ETH_P_IPV6}, XDP_PASS},
	{"a lone Ethernet header", {TCP, WEB, .cut = 14}, XDP_PASS},
	{"15 bytes", {TCP, WEB, .cut = 15}, XDP_PASS},
	{"a frame that ends before the destination", {TCP, WEB, .cut = 30}, XDP_PASS},
	{"a frame that ends within the destination", {TCP, WEB, .cut = 33}, XDP_PASS},
	{"a short ARP frame", {ETHER, ARP_FRAME, .cut = 20}, XDP_PASS},

	{"TCP to another host", {TCP, .from = CLIENT, .to = "192.0.2.12:80"}, XDP_PASS},
	{"UDP to another host", {UDP, .from = CLIENT, .to = "192.0.2.12:53"}, XDP_PASS},
	{"ssh to the director",
	 {TCP, .from = CLIENT, .to = DIRECTOR ":22", .flags = "S"},
	 XDP_PASS},
	{"a service's port on the director's address",
	 {TCP, .from = CLIENT, .to = DIRECTOR ":80"},
	 XDP_PASS},
	{"to a backend's address and port",
	 {TCP, .from = CLIENT, .to = "10.0.0.21:7000"},
	 XDP_PASS},
	{"from a VIP and a service's port", {TCP, .from = VIP ":80", .to = CLIENT}, XDP_PASS},
	{"broadcast", {UDP, .from = "0.0.0.0:68", .to = "255.255.255.255:67"}, XDP_PASS},
	{"multicast", {UDP, .from = CLIENT, .to = "224.0.0.251:5353"}, XDP_PASS},
	{"IP options",
	 {TCP, .from = CLIENT, .to = DIRECTOR ":22", .options = "94040000"},
	 XDP_PASS},
	{"another protocol",
	 {IP, .from = CLIENT_ADDR, .to = DIRECTOR, .protocol = 47, .payload = 24},
	 XDP_PASS},
	{"TTL 0", {TCP, .from = CLIENT, .to = DIRECTOR ":22", .ttl = SET(0)}, XDP_PASS},
	{"9000 bytes", {TCP, .from = CLIENT, .to = DIRECTOR ":22", .payload = 8960}, XDP_PASS},
};

const struct case_list cases_not_ours = CASE_LIST(not_ours);
