// SPDX-License-Identifier: GPL-2.0-or-later
/* key.c - see key.h */
#include "dataplane/key.h"

#include <arpa/inet.h>
#include <string.h>

struct shunt_addr shunt_addr_of(const struct ip_addr *addr)
{
	struct shunt_addr ret = {};

	if (addr->family == AF_INET6)
		memcpy(&ret, &addr->v6, sizeof(addr->v6));
	else
		ret.word[0] = addr->v4.s_addr;
	return ret;
}

struct ip_addr shunt_addr_read(const struct shunt_addr *addr, bool v6)
{
	struct ip_addr ret;

	memset(&ret, 0, sizeof(ret));
	ret.family = v6 ? AF_INET6 : AF_INET;
	if (v6)
		memcpy(&ret.v6, addr, sizeof(ret.v6));
	else
		ret.v4.s_addr = addr->word[0];
	return ret;
}

struct endpoint shunt_backend_endpoint(const struct shunt_backend *entry)
{
	return (struct endpoint){
		.addr = shunt_addr_read(&entry->addr, entry->flags & SHUNT_BACKEND_V6),
		.port = ntohs(entry->port),
	};
}

struct place_key place_key(const struct ip_addr *addr, uint16_t port, uint8_t protocol)
{
	struct place_key ret = {.v6 = addr->family == AF_INET6};
	struct shunt_tuple6_key six = {
		.port = htons(port), .protocol = protocol, .one = 1, .addr = shunt_addr_of(addr)};
	struct shunt_tuple4_key four = {
		.addr = addr->v4.s_addr, .port = htons(port), .protocol = protocol};

	if (ret.v6)
		memcpy(ret.words, &six, sizeof(six));
	else
		memcpy(ret.words, &four, sizeof(four));
	return ret;
}

struct place_key place_key_of_vip(const struct vip *vip)
{
	return place_key(&vip->at.addr, vip->at.port, vip->protocol);
}

struct place_key place_key_read(bool v6, const uint64_t *words)
{
	struct place_key ret = {.v6 = v6};

	memcpy(ret.words, words, (v6 ? SHUNT_KEY6_WORDS : SHUNT_KEY4_WORDS) * sizeof(words[0]));
	return ret;
}

static struct shunt_tuple4_key key_four(const struct place_key *key)
{
	struct shunt_tuple4_key four;

	memcpy(&four, key->words, sizeof(four));
	return four;
}

static struct shunt_tuple6_key key_six(const struct place_key *key)
{
	struct shunt_tuple6_key six;

	memcpy(&six, key->words, sizeof(six));
	return six;
}

struct ip_addr place_key_addr(const struct place_key *key)
{
	struct shunt_addr addr = {};

	if (key->v6)
		addr = key_six(key).addr;
	else
		addr.word[0] = key_four(key).addr;
	return shunt_addr_read(&addr, key->v6);
}

uint16_t place_key_port(const struct place_key *key)
{
	return ntohs(key->v6 ? key_six(key).port : key_four(key).port);
}

uint8_t place_key_protocol(const struct place_key *key)
{
	return key->v6 ? key_six(key).protocol : key_four(key).protocol;
}

struct vip place_key_vip(const struct place_key *key)
{
	return (struct vip){
		.protocol = place_key_protocol(key),
		.at = {.addr = place_key_addr(key), .port = place_key_port(key)},
	};
}
