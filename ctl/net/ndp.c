/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ndp.c - claims of IPv6 addresses: neighbour solicitations and advertisements as RFC 4861 has
 * them; a probe is that of duplicate address detection, RFC 4862.
 */
#include <arpa/inet.h>
#include <linux/ipv6.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/claim_protocol.h"

#define HOP_LIMIT    255 /* nobody but a neighbour can send it */
#define OPTION_WORDS 1   /* a link-layer address option of Ethernet, in 8 bytes */

/* A solicitation or an advertisement with the one option that matters. */
struct ndp_packet {
	struct ipv6hdr ip;
	struct nd_neighbor_advert nd; /* of a solicitation the flags are 0 */
	uint8_t option, option_words;
	uint8_t option_mac[6];
};
_Static_assert(sizeof(struct ndp_packet) == 72, "as on the wire");

#define SIZE_BARE offsetof(struct ndp_packet, option)

/* --- hearing --- */

static uint32_t sum_of(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

/* Over the pseudo-header and @size bytes of ICMPv6: 0 when the packet's own is right. */
static uint16_t checksum(const struct ipv6hdr *ip, const uint8_t *icmp, size_t size)
{
	uint32_t sum = sum_of((const uint8_t *)&ip->saddr, 2 * sizeof(ip->saddr)) +
		       sum_of(icmp, size) + (uint32_t)size + IPPROTO_ICMPV6;

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Of the kind that RFC 4861, 7.1 lets a host look at; @size is that of what has come. */
static bool is_sound(const struct ndp_packet *p, size_t size)
{
	size_t length = size < SIZE_BARE ? 0 : ntohs(p->ip.payload_len);

	return length >= sizeof(p->nd) && length <= size - sizeof(p->ip) && p->ip.version == 6 &&
	       p->ip.nexthdr == IPPROTO_ICMPV6 && p->ip.hop_limit == HOP_LIMIT &&
	       !p->nd.nd_na_code && !IN6_IS_ADDR_MULTICAST(&p->nd.nd_na_target) &&
	       !checksum(&p->ip, (const uint8_t *)&p->nd, length);
}

/* The MAC in the option of that kind, else the frame's own. */
static const uint8_t *find_mac(const struct ndp_packet *p, uint8_t option, const uint8_t *from)
{
	const uint8_t *at = &p->option, *end = (const uint8_t *)&p->nd + ntohs(p->ip.payload_len);

	while (at + 8 <= end && at[1]) {
		if (at[0] == option && at[1] == OPTION_WORDS)
			return at + 2;
		at += 8 * at[1];
	}
	return from;
}

/* Who asks from the address claims it; who has none yet claims what it asks for. */
static bool parse_solicitation(const struct ndp_packet *p, const uint8_t *from, struct claim *ret)
{
	ret->probe = IN6_IS_ADDR_UNSPECIFIED(&p->ip.saddr);
	ret->addr.v6 = ret->probe ? p->nd.nd_na_target : p->ip.saddr;
	memcpy(ret->mac, ret->probe ? from : find_mac(p, ND_OPT_SOURCE_LINKADDR, from),
	       sizeof(ret->mac));
	return true;
}

static bool parse_advertisement(const struct ndp_packet *p, const uint8_t *from, struct claim *ret)
{
	ret->probe = false;
	ret->addr.v6 = p->nd.nd_na_target;
	memcpy(ret->mac, find_mac(p, ND_OPT_TARGET_LINKADDR, from), sizeof(ret->mac));
	return true;
}

static bool ndp_parse(const uint8_t *bytes, size_t size, const uint8_t from[static 6],
		      struct claim *ret)
{
	const struct ndp_packet *p = (const struct ndp_packet *)bytes;

	if (!is_sound(p, size))
		return false;
	ret->addr.family = AF_INET6;
	if (p->nd.nd_na_type == ND_NEIGHBOR_SOLICIT)
		return parse_solicitation(p, from, ret);
	return p->nd.nd_na_type == ND_NEIGHBOR_ADVERT && parse_advertisement(p, from, ret);
}

/* --- speaking --- */

/* @p->ip's addresses and @p->nd are filled in; the group it goes to says the Ethernet address. */
static void finish(struct ndp_packet *p, size_t size, struct claim_packet *ret)
{
	const uint8_t *group = (const uint8_t *)&p->ip.daddr;
	__be16 sum;

	p->ip.version = 6;
	p->ip.payload_len = htons((uint16_t)(size - sizeof(p->ip)));
	p->ip.nexthdr = IPPROTO_ICMPV6;
	p->ip.hop_limit = HOP_LIMIT;
	sum = htons(checksum(&p->ip, (const uint8_t *)&p->nd, size - sizeof(p->ip)));
	memcpy(&p->nd.nd_na_cksum, &sum, sizeof(sum));
	memcpy(ret->bytes, p, size);
	ret->size = size;
	ret->to[0] = ret->to[1] = 0x33;
	memcpy(ret->to + 2, group + 12, 4);
}

static void ndp_probe(const uint8_t mac[static 6], const struct ip_addr *addr,
		      struct claim_packet *ret)
{
	/* the group of those whose addresses end in the same three bytes */
	struct ndp_packet p = {
		.ip.daddr.s6_addr = {0xff, 2, [11] = 1, 0xff},
		.nd.nd_na_hdr.icmp6_type = ND_NEIGHBOR_SOLICIT,
		.nd.nd_na_target = addr->v6,
	};

	memcpy(&p.ip.daddr.s6_addr[13], &addr->v6.s6_addr[13], 3);
	finish(&p, SIZE_BARE, ret);
}

/* Unsolicited, to all hosts: whoever has another MAC for it takes this one. */
static void ndp_announce(const uint8_t mac[static 6], const struct ip_addr *addr,
			 struct claim_packet *ret)
{
	struct ndp_packet p = {
		.ip.saddr = addr->v6,
		.ip.daddr.s6_addr = {0xff, 2, [15] = 1},
		.nd.nd_na_hdr.icmp6_type = ND_NEIGHBOR_ADVERT,
		.nd.nd_na_target = addr->v6,
		.option = ND_OPT_TARGET_LINKADDR,
		.option_words = OPTION_WORDS,
	};

	p.nd.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
	memcpy(p.option_mac, mac, sizeof(p.option_mac));
	finish(&p, sizeof(p), ret);
}

/* Out of all IPv6 that the host hears: ICMPv6 right behind the header, of these two types, and not
 * its own. */
static struct sock_filter only_ndp[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, offsetof(struct ipv6hdr, nexthdr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 4),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, sizeof(struct ipv6hdr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_SOLICIT, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, CLAIM_PACKET_MAX),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

const struct claim_protocol claim_ndp = {
	.name = "neighbour discovery",
	.family = AF_INET6,
	.ethertype = ETH_P_IPV6,
	.filter = {.len = ARRAY_SIZE(only_ndp), .filter = only_ndp},
	.parse = ndp_parse,
	.probe = ndp_probe,
	.announce = ndp_announce,
};
