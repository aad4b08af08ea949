/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prefix.c - see prefix.h */
#include "model/prefix.h"

#include <errno.h>
#include <string.h>

#include "model/value.h"

unsigned int ip_prefix_bits(int family)
{
	return family == AF_INET6 ? 128 : 32;
}

static const uint8_t *bytes_of(const struct ip_addr *addr)
{
	return (const uint8_t *)&addr->v4;
}

/* Do the first @bits bits agree? */
static bool same_bits(const struct ip_addr *a, const struct ip_addr *b, unsigned int bits)
{
	const uint8_t *x = bytes_of(a), *y = bytes_of(b);
	unsigned int whole = bits / 8, rest = bits % 8;

	if (memcmp(x, y, whole) != 0)
		return false;
	return !rest || (x[whole] ^ y[whole]) >> (8 - rest) == 0;
}

static bool no_bits_beyond(const struct ip_prefix *prefix)
{
	const uint8_t *bytes = bytes_of(&prefix->addr);

	for (unsigned int i = prefix->length; i < ip_prefix_bits(prefix->addr.family); i++)
		if (bytes[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

int ip_prefix_parse(const char *text, struct ip_prefix *ret, struct error *err)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	struct ip_prefix prefix = {};
	char addr[IP_PREFIX_LEN];
	uint64_t length;

	snprintf(addr, sizeof(addr), "%.*s", (int)(n < sizeof(addr) ? n : sizeof(addr)), text);
	if (n >= sizeof(addr) || ip_addr_parse(addr, &prefix.addr, NULL))
		return error_set(err, -EINVAL,
				 "'%.80s' is not an address or a prefix; expected one like "
				 "10.0.0.1 or 172.16.0.0/16",
				 text);
	prefix.length = ip_prefix_bits(prefix.addr.family);
	if (slash) {
		if (value_parse_number(slash + 1, 0, prefix.length, &length, NULL))
			return error_set(err, -EINVAL,
					 "'%.80s': expected a length of 0 to %u behind the slash",
					 text, prefix.length);
		prefix.length = (unsigned int)length;
	}
	if (!no_bits_beyond(&prefix))
		return error_set(err, -EINVAL,
				 "'%.80s': bits are set beyond its length; expected the network's "
				 "own address before the slash",
				 text);
	*ret = prefix;
	return 0;
}

const char *ip_prefix_format(const struct ip_prefix *prefix, char buf[static IP_PREFIX_LEN])
{
	char addr[IP_ADDR_LEN];

	ip_addr_format(&prefix->addr, addr);
	if (prefix->length == ip_prefix_bits(prefix->addr.family))
		snprintf(buf, IP_PREFIX_LEN, "%s", addr);
	else
		snprintf(buf, IP_PREFIX_LEN, "%s/%u", addr, prefix->length);
	return buf;
}

unsigned int ip_prefix_free_bits(const struct ip_prefix *prefix)
{
	return ip_prefix_bits(prefix->addr.family) - prefix->length;
}

struct ip_prefix ip_prefix_of(const struct ip_addr *addr)
{
	return (struct ip_prefix){.addr = *addr, .length = ip_prefix_bits(addr->family)};
}

bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_addr *addr)
{
	return prefix->addr.family == addr->family &&
	       same_bits(&prefix->addr, addr, prefix->length);
}

int ip_prefix_compare(const struct ip_prefix *a, const struct ip_prefix *b)
{
	int c = ip_addr_compare(&a->addr, &b->addr);

	return c ? c : (int)a->length - (int)b->length;
}
