/* SPDX-License-Identifier: GPL-2.0-only */
/* service.h - whose packet is it? One look-up of (VIP, port, protocol). */
#ifndef SERVICE_H
#define SERVICE_H

#include "table.h"

/* @addr: an address as it stands in the packet. */
static __always_inline bool service_read(const __be32 *addr, bool v6, __be16 port, __u8 protocol,
					 struct shunt_service *ret)
{
	const volatile __u64 *found =
		table_find_tuple(v6 ? TABLE_SERVICES6 : TABLE_SERVICES4, addr, port, protocol);
	__u64 words[3];

	if (!found)
		return false;
	for (int i = 0; i < 3; i++)
		words[i] = found[i];
	__builtin_memcpy(ret, words, sizeof(*ret));
	return words[0] || words[2];
}

/* The service for every port of the VIP whose entry is @vip, if it has one. */
static __always_inline bool service_every_port(const __be32 *addr, bool v6, __u8 protocol,
					       const struct shunt_service *vip,
					       struct shunt_service *ret)
{
	__u32 flag = protocol == IPPROTO_TCP   ? SHUNT_VIP_ANY_TCP
		     : protocol == IPPROTO_UDP ? SHUNT_VIP_ANY_UDP
					       : 0;

	return vip->flags & flag && service_read(addr, v6, 0, protocol, ret) && ret->slot_count;
}

/* Of a flow to @port of the address @addr, be it by port or for every port. */
static __always_inline bool service_of(const __be32 *addr, bool v6, __be16 port, __u8 protocol,
				       struct shunt_service *ret)
{
	struct shunt_service vip;

	if (service_read(addr, v6, port, protocol, ret) && ret->slot_count)
		return true;
	return service_read(addr, v6, 0, 0, &vip) &&
	       service_every_port(addr, v6, protocol, &vip, ret);
}

static __always_inline bool service_find(const struct packet *p, struct shunt_service *ret)
{
	if (unlikely(p->fault != NO_FAULT || !p->ports))
		return false;
	return service_read(packet_daddr(p), p->v6, p->dport, p->protocol, ret) && ret->slot_count;
}

#endif
