/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rewrite.c - what became of a packet; see sample.h */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/sample.h"

#define TAG_BYTES  4
#define OPTION_END 0 /* kinds of TCP's options */
#define OPTION_NOP 1
#define OPTION_MSS 2
#define OPTION_TOA 254 /* length, port, address */

enum field { DMAC, SMAC, TAGS, OUTER, SADDR, DADDR, TTL, SPORT, DPORT, MSS, OPTION, FIELD_COUNT };

static const char *const names[] = {
	[DMAC] = "destination MAC",
	[SMAC] = "source MAC",
	[TAGS] = "VLAN",
	[OUTER] = "outer header",
	[SADDR] = "source address",
	[DADDR] = "destination address",
	[TTL] = "time to live",
	[SPORT] = "source port",
	[DPORT] = "destination port",
	[MSS] = "MSS",
	[OPTION] = "client's address as TCP option",
};
_Static_assert(ARRAY_SIZE(names) == FIELD_COUNT, "each has a name");
_Static_assert(FIELD_COUNT <= REWRITE_MAX, "all may change");

/* A frame in words, "" what it does not have; and a cursor over it. */
struct view {
	char text[FIELD_COUNT][REWRITE_TEXT];
	const uint8_t *at, *end;
};

/* Copy the next @size bytes and move on; false when they are not there. */
static bool take(struct view *v, void *ret, size_t size)
{
	if ((size_t)(v->end - v->at) < size)
		return false;
	memcpy(ret, v->at, size);
	v->at += size;
	return true;
}

static void say_mac(char *text, const uint8_t *mac)
{
	snprintf(text, REWRITE_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
}

/* Returns the type of what follows, 0 when the frame is too short. */
static uint16_t read_ethernet(struct view *v)
{
	struct ethhdr eth;
	uint8_t tag[TAG_BYTES];
	size_t used = 0;
	uint16_t type;

	if (!take(v, &eth, sizeof(eth)))
		return 0;
	say_mac(v->text[DMAC], eth.h_dest);
	say_mac(v->text[SMAC], eth.h_source);
	type = ntohs(eth.h_proto);
	while (type == ETH_P_8021Q || type == ETH_P_8021AD) {
		if (!take(v, tag, sizeof(tag)) || used >= REWRITE_TEXT)
			return 0;
		used += snprintf(v->text[TAGS] + used, REWRITE_TEXT - used, "%s%s%u",
				 used ? ", " : "", type == ETH_P_8021AD ? "802.1ad " : "",
				 (tag[0] & 0x0f) << 8 | tag[1]);
		type = tag[2] << 8 | tag[3];
	}
	return type;
}

static void say_addresses(struct view *v, int family, const void *source, const void *destination,
			  uint8_t ttl)
{
	inet_ntop(family, source, v->text[SADDR], REWRITE_TEXT);
	inet_ntop(family, destination, v->text[DADDR], REWRITE_TEXT);
	snprintf(v->text[TTL], REWRITE_TEXT, "%u", ttl);
}

/* The IP header at the cursor; returns what follows it, -1 when it is none. */
static int read_ip(struct view *v, bool v6)
{
	struct ipv6hdr ip6;
	struct iphdr ip;

	if (v6 && take(v, &ip6, sizeof(ip6))) {
		say_addresses(v, AF_INET6, &ip6.saddr, &ip6.daddr, ip6.hop_limit);
		return ip6.nexthdr;
	}
	if (!v6 && take(v, &ip, sizeof(ip))) {
		say_addresses(v, AF_INET, &ip.saddr, &ip.daddr, ip.ttl);
		return ip.protocol;
	}
	return -1;
}

static void say_ports(struct view *v, __be16 source, __be16 destination)
{
	snprintf(v->text[SPORT], REWRITE_TEXT, "%u", ntohs(source));
	snprintf(v->text[DPORT], REWRITE_TEXT, "%u", ntohs(destination));
}

static void say_option(struct view *v, const uint8_t *option, uint8_t length)
{
	char addr[INET_ADDRSTRLEN];

	if (option[0] == OPTION_MSS && length == 4) {
		snprintf(v->text[MSS], REWRITE_TEXT, "%u", option[2] << 8 | option[3]);
	} else if (option[0] == OPTION_TOA && length == 8) {
		inet_ntop(AF_INET, option + 4, addr, sizeof(addr));
		snprintf(v->text[OPTION], REWRITE_TEXT, "%s:%u", addr, option[2] << 8 | option[3]);
	} else if (option[0] == OPTION_TOA) {
		snprintf(v->text[OPTION], REWRITE_TEXT, "%u bytes", length);
	}
}

static void read_options(struct view *v, const uint8_t *options, size_t length)
{
	size_t at = 0;

	while (at + 1 < length && options[at] != OPTION_END) {
		uint8_t size = options[at] == OPTION_NOP ? 1 : options[at + 1];

		if (size == 0 || at + size > length)
			break;
		if (size > 1)
			say_option(v, options + at, size);
		at += size;
	}
}

static void read_l4(struct view *v, int protocol)
{
	uint8_t options[40];
	struct tcphdr tcp;
	struct udphdr udp;
	size_t length;

	if (protocol == IPPROTO_TCP && take(v, &tcp, sizeof(tcp))) {
		say_ports(v, tcp.source, tcp.dest);
		length = tcp.doff * 4 > sizeof(tcp) ? tcp.doff * 4 - sizeof(tcp) : 0;
		if (take(v, options, length))
			read_options(v, options, length);
	} else if (protocol == IPPROTO_UDP && take(v, &udp, sizeof(udp))) {
		say_ports(v, udp.source, udp.dest);
	}
}

/* A tunnel's header before the packet: what was read of it goes together. */
static void say_outer(struct view *v, const char *kind)
{
	char text[REWRITE_TEXT];

	if (*v->text[DPORT])
		snprintf(text, sizeof(text), "%s %.46s:%.5s -> %.46s:%.5s", kind, v->text[SADDR],
			 v->text[SPORT], v->text[DADDR], v->text[DPORT]);
	else
		snprintf(text, sizeof(text), "%s %.46s -> %.46s", kind, v->text[SADDR],
			 v->text[DADDR]);
	memcpy(v->text[OUTER], text, sizeof(text));
	for (enum field f = SADDR; f < FIELD_COUNT; f++)
		v->text[f][0] = '\0';
}

/*
 * @inner: bytes of the packet as it came in, which is what the frame ends with if anything stands
 * before it.
 */
static void read_frame(struct view *v, size_t inner)
{
	uint16_t type = read_ethernet(v);
	size_t before = (size_t)(v->end - v->at) > inner ? v->end - v->at - inner : 0;
	const uint8_t *packet = v->at + before;
	int protocol;

	if (type != ETH_P_IP && type != ETH_P_IPV6)
		return;
	protocol = read_ip(v, type == ETH_P_IPV6);
	if (before && protocol == IPPROTO_UDP)
		read_l4(v, protocol);
	if (before && protocol != IPPROTO_TCP && packet < v->end) {
		say_outer(v, protocol == IPPROTO_UDP ? "gue" : "ipip");
		v->at = packet;
		protocol = read_ip(v, *packet >> 4 == 6);
	}
	read_l4(v, protocol);
}

size_t rewrite_list(const uint8_t *in, size_t in_length, const uint8_t *out, size_t out_length,
		    struct rewrite ret[static REWRITE_MAX])
{
	size_t inner = in_length > sizeof(struct ethhdr) ? in_length - sizeof(struct ethhdr) : 0;
	struct view was = {.at = in, .end = in + in_length};
	struct view is = {.at = out, .end = out + out_length};
	size_t n = 0;

	read_frame(&was, inner);
	read_frame(&is, inner);
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		if (strcmp(was.text[f], is.text[f]) == 0)
			continue;
		ret[n].what = names[f];
		memcpy(ret[n].from, was.text[f], REWRITE_TEXT);
		memcpy(ret[n].to, is.text[f], REWRITE_TEXT);
		n++;
	}
	return n;
}
