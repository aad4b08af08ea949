/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tunnel.c - see tunnel.h */
#include "plan/tunnel.h"

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define IPV6_LEAST  1280
#define GUE_HEADERS 12 /* UDP 8, GUE 4 */

bool tunnel_is(enum shunt_forward forward)
{
	return forward == SHUNT_FORWARD_IPIP || forward == SHUNT_FORWARD_GUE;
}

unsigned int tunnel_overhead(enum shunt_forward forward, int family)
{
	unsigned int outer = family == AF_INET6 ? IPV6_HEADER : IPV4_HEADER;

	if (!tunnel_is(forward))
		return 0;
	return forward == SHUNT_FORWARD_GUE ? outer + GUE_HEADERS : outer;
}

uint16_t tunnel_room(enum shunt_forward forward, int family, uint32_t mtu)
{
	unsigned int overhead = tunnel_overhead(forward, family);

	if (!mtu || mtu > UINT16_MAX + overhead)
		return 0;
	return mtu > overhead ? (uint16_t)(mtu - overhead) : 1;
}

uint32_t tunnel_least(enum shunt_forward forward, int family, int client_family)
{
	return client_family == AF_INET6 ? IPV6_LEAST + tunnel_overhead(forward, family) : 0;
}

bool tunnel_source(const struct prefixes *setting, int family, const struct ip_addr *own,
		   struct ip_prefix *ret)
{
	for (size_t i = 0; i < setting->n; i++)
		if (setting->v[i].addr.family == family) {
			*ret = setting->v[i];
			return true;
		}
	if (own->family != family)
		return false;
	*ret = ip_prefix_of(own);
	return true;
}
