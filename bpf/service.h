/* SPDX-License-Identifier: GPL-2.0-only */
/* service.h - whose packet is it? One look-up of (VIP, port, protocol). */
#ifndef SERVICE_H
#define SERVICE_H

#include "maps.h"

/*
 * The entry is copied at once: an element that is replaced or deleted goes back to the map, which
 * may give it to another service. User space lets a grace period pass before that (service.c).
 */
static __always_inline bool service_find(const struct packet *p, struct shunt_service *ret)
{
	struct shunt_tuple4_key key = {
		.addr = p->ip->daddr,
		.port = p->dport,
		.protocol = p->protocol,
	};
	const struct shunt_service *found;

	if (unlikely(p->fault != NO_FAULT) || !p->ports)
		return false;
	found = bpf_map_lookup_elem(&services4, &key);
	if (!found)
		return false;
	*ret = *found;
	return true;
}

#endif
