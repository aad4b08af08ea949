/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample.c - building a client's packet; see sample.h */
#include "plan/sample.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stddef.h>
#include <string.h>

#define SAMPLE_TTL    64
#define DONT_FRAGMENT 0x4000
#define OPTION_MSS    2 /* of TCP: kind, length 4, value */

/* A sum of 16-bit words, a multiple of two bytes. */
static uint32_t sum_of(const void *data, size_t length)
{
	const uint8_t *bytes = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

static void sum_put(uint8_t *at, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

static size_t address_size(const struct sample *s)
{
	return s->from.addr.family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static const void *address_bytes(const struct ip_addr *addr)
{
	return addr->family == AF_INET ? (const void *)&addr->v4 : (const void *)&addr->v6;
}

static uint32_t pseudo_sum(const struct sample *s, size_t length)
{
	return sum_of(address_bytes(&s->from.addr), address_size(s)) +
	       sum_of(address_bytes(&s->to.at.addr), address_size(s)) + (uint32_t)length +
	       (uint32_t)s->to.protocol;
}

static size_t build_tcp(const struct sample *s, uint8_t *at)
{
	const uint8_t mss[] = {OPTION_MSS, 4, SAMPLE_MSS >> 8, SAMPLE_MSS & 0xff};
	size_t length = sizeof(struct tcphdr) + (s->syn ? sizeof(mss) : 0);
	struct tcphdr tcp = {
		.source = htons(s->from.port),
		.dest = htons(s->to.at.port),
		.seq = htonl(1),
		.doff = length / 4,
		.syn = s->syn,
		.ack = !s->syn,
		.window = htons(65535),
	};

	if (s->syn)
		memcpy(at + sizeof(tcp), mss, sizeof(mss));
	memcpy(at, &tcp, sizeof(tcp));
	sum_put(at + offsetof(struct tcphdr, check), pseudo_sum(s, length) + sum_of(at, length));
	return length;
}

static size_t build_udp(const struct sample *s, uint8_t *at)
{
	struct udphdr udp = {
		.source = htons(s->from.port),
		.dest = htons(s->to.at.port),
		.len = htons(sizeof(udp)),
	};

	uint8_t *check = at + offsetof(struct udphdr, check);

	memcpy(at, &udp, sizeof(udp));
	sum_put(check, pseudo_sum(s, sizeof(udp)) + sum_of(at, sizeof(udp)));
	if (!check[0] && !check[1]) /* that would say that there is none */
		check[0] = check[1] = 0xff;
	return sizeof(udp);
}

static size_t build_l4(const struct sample *s, uint8_t *at)
{
	return s->to.protocol == IPPROTO_TCP ? build_tcp(s, at) : build_udp(s, at);
}

static size_t build_ip4(const struct sample *s, uint8_t *at)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.frag_off = htons(DONT_FRAGMENT),
		.ttl = SAMPLE_TTL,
		.protocol = s->to.protocol,
		.saddr = s->from.addr.v4.s_addr,
		.daddr = s->to.at.addr.v4.s_addr,
	};
	size_t length = sizeof(ip) + build_l4(s, at + sizeof(ip));

	ip.tot_len = htons(length);
	memcpy(at, &ip, sizeof(ip));
	sum_put(at + offsetof(struct iphdr, check), sum_of(at, sizeof(ip)));
	return length;
}

static size_t build_ip6(const struct sample *s, uint8_t *at)
{
	size_t length = build_l4(s, at + sizeof(struct ipv6hdr));
	struct ipv6hdr ip = {
		.version = 6,
		.payload_len = htons(length),
		.nexthdr = s->to.protocol,
		.hop_limit = SAMPLE_TTL,
		.saddr = s->from.addr.v6,
		.daddr = s->to.at.addr.v6,
	};

	memcpy(at, &ip, sizeof(ip));
	return sizeof(ip) + length;
}

size_t sample_build(const struct sample *sample, uint8_t ret[static SAMPLE_ROOM])
{
	bool v4 = sample->from.addr.family == AF_INET;
	struct ethhdr eth = {.h_proto = htons(v4 ? ETH_P_IP : ETH_P_IPV6)};
	uint8_t *ip = ret + sizeof(eth);

	memcpy(eth.h_dest, sample->dmac, sizeof(eth.h_dest));
	memcpy(eth.h_source, sample->smac, sizeof(eth.h_source));
	memcpy(ret, &eth, sizeof(eth));
	return sizeof(eth) + (v4 ? build_ip4(sample, ip) : build_ip6(sample, ip));
}
