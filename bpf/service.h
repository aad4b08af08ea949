/* SPDX-License-Identifier: GPL-2.0-only */
/* service.h - whose packet is it? One look-up of (VIP, port, protocol). */
#ifndef SERVICE_H
#define SERVICE_H

#include "table.h"

static __always_inline bool service_read(__be32 addr, __be16 port, __u8 protocol,
					 struct shunt_service *ret)
{
	const struct shunt_tuple4_key key = {.addr = addr, .port = port, .protocol = protocol};
	const void *table = only_element(&services4);
	struct shunt_place place;

	if (!table || !table_find(table, SHUNT_SERVICES_BITS, key, &place))
		return false;
	__builtin_memcpy(ret, &place, sizeof(place));
	return true;
}

static __always_inline bool service_find(const struct packet *p, struct shunt_service *ret)
{
	if (unlikely(p->fault != NO_FAULT || !p->ports))
		return false;
	return service_read(p->ip->daddr, p->dport, p->protocol, ret) && ret->slot_count;
}

#endif
