// SPDX-License-Identifier: GPL-2.0-or-later
/* vip.c - the addresses whose packets are ours, also those that no service wants. */
#include "dataplane/internal.h"

#include <errno.h>

/* A VIP's entry has neither port nor protocol. */
static struct place_key vip_key(const struct ip_addr *vip)
{
	return place_key(vip, 0, 0);
}

static bool vip_has_every_port(struct dataplane *dp, const struct ip_addr *vip, uint8_t protocol)
{
	struct place_key key = place_key(vip, 0, protocol);
	struct dataplane_service *service;

	HASH_FIND(by_key, dp->services_by_key, &key, sizeof(key), service);
	return service && service->published;
}

static uint32_t vip_every_port_flags(struct dataplane *dp, const struct ip_addr *vip)
{
	return (vip_has_every_port(dp, vip, IPPROTO_TCP) ? SHUNT_VIP_ANY_TCP : 0) |
	       (vip_has_every_port(dp, vip, IPPROTO_UDP) ? SHUNT_VIP_ANY_UDP : 0);
}

int dataplane_vip_set(struct dataplane *dp, const struct ip_addr *vip, bool drop_unmatched,
		      struct error *err)
{
	struct shunt_service entry = {
		.flags = SHUNT_VIP | (drop_unmatched ? SHUNT_VIP_DROP_UNMATCHED : 0) |
			 vip_every_port_flags(dp, vip),
	};
	struct place_key key = vip_key(vip);
	const struct table *table = &dp->services[key.v6];
	const uint64_t *place = table_get(table, key.words);
	char text[IP_ADDR_LEN];
	bool new = !place;

	if (!vip->family)
		return error_set(err, -EINVAL, "VIP: an address was expected");
	if (place && service_read(table, place).flags & SHUNT_POOL)
		return error_set(err, -EBUSY,
				 "VIP %s: it is in fullnat's pool, or flows of that have it still",
				 ip_addr_format(vip, text));
	if ((new && dp->vips_count == SHUNT_VIPS_MAX) || service_write(dp, &key, &entry) < 0)
		return error_set(err, -ENOSPC, "VIP %s: there are %u already",
				 ip_addr_format(vip, text), dp->vips_count);
	dp->vips_count += new;
	return 0;
}

void vip_tell_every_port(struct dataplane *dp, const struct place_key *of)
{
	const struct ip_addr vip = place_key_addr(of);
	struct place_key key = vip_key(&vip);
	struct table *table = &dp->services[key.v6];
	const uint64_t *place = table_get(table, key.words);
	struct shunt_service entry;

	if (!place || place_key_port(of))
		return;
	entry = service_read(table, place);
	entry.flags &= ~(SHUNT_VIP_ANY_TCP | SHUNT_VIP_ANY_UDP);
	entry.flags |= vip_every_port_flags(dp, &vip);
	service_write(dp, &key, &entry); /* it is there: cannot fail */
}

static int vip_remove(struct dataplane *dp, const struct place_key *key)
{
	struct table *table = &dp->services[key->v6];
	uint32_t place;
	int r = table_remove(table, key->words, &place);

	if (r < 0)
		return r;
	retire_place(dp, table, place);
	dp->vips_count--;
	return 0;
}

int dataplane_vip_remove(struct dataplane *dp, const struct ip_addr *vip)
{
	struct place_key key = vip_key(vip);

	return vip_remove(dp, &key);
}

static bool vip_has_service(struct dataplane *dp, const struct ip_addr *vip)
{
	struct dataplane_service *service, *tmp;

	HASH_ITER (by_key, dp->services_by_key, service, tmp) {
		const struct ip_addr addr = place_key_addr(&service->key);

		if (ip_addr_compare(&addr, vip) == 0)
			return true;
	}
	return false;
}

void vip_remove_unused(struct dataplane *dp)
{
	for (int v6 = 0; v6 < 2; v6++) {
		const uint64_t *place;
		uint32_t at = 0;

		while ((place = table_next(&dp->services[v6], &at))) {
			const struct place_key key = place_key_read(v6, place);
			const struct ip_addr vip = place_key_addr(&key);

			struct shunt_service entry = service_read(&dp->services[v6], place);

			if (!entry.slot_count && !(entry.flags & SHUNT_POOL) &&
			    !vip_has_service(dp, &vip))
				vip_remove(dp, &key);
		}
	}
}
