// SPDX-License-Identifier: GPL-2.0-or-later
/* vip.c - the addresses whose packets are ours, also those that no service wants. */
#include "dataplane/internal.h"

#include <errno.h>

static struct shunt_tuple4_key vip_key(const struct ip_addr *vip)
{
	return (struct shunt_tuple4_key){.addr = vip->v4.s_addr};
}

int dataplane_vip_set(struct dataplane *dp, const struct ip_addr *vip, bool drop_unmatched,
		      struct error *err)
{
	struct shunt_service entry = {
		.key = vip_key(vip),
		.flags = SHUNT_VIP | (drop_unmatched ? SHUNT_VIP_DROP_UNMATCHED : 0),
	};
	char text[IP_ADDR_LEN];
	bool new;

	if (vip->family != AF_INET)
		return error_set(err, -EINVAL, "VIP %s: an IPv4 address was expected",
				 ip_addr_format(vip, text));
	new = !table_get(&dp->services4, tuple4_word(&entry.key));
	if ((new && dp->vips_count == SHUNT_VIPS_MAX) || service_write(dp, &entry) < 0)
		return error_set(err, -ENOSPC, "VIP %s: there are %u already",
				 ip_addr_format(vip, text), dp->vips_count);
	dp->vips_count += new;
	return 0;
}

static int vip_remove(struct dataplane *dp, const struct shunt_tuple4_key *key)
{
	uint32_t place;
	int r = table_remove(&dp->services4, tuple4_word(key), &place);

	if (r < 0)
		return r;
	retire_place(dp, &dp->services4, place);
	dp->vips_count--;
	return 0;
}

int dataplane_vip_remove(struct dataplane *dp, const struct ip_addr *vip)
{
	struct shunt_tuple4_key key = vip_key(vip);

	return vip->family == AF_INET ? vip_remove(dp, &key) : -EINVAL;
}

static bool vip_has_service(struct dataplane *dp, __be32 addr)
{
	struct dataplane_service *service, *tmp;

	HASH_ITER (by_key, dp->services, service, tmp)
		if (service->entry.key.addr == addr)
			return true;
	return false;
}

void vip_remove_unused(struct dataplane *dp)
{
	const struct shunt_place *place;
	uint32_t at = 0;

	while ((place = table_next(&dp->services4, &at))) {
		struct shunt_service entry;

		memcpy(&entry, place, sizeof(entry));
		if (!entry.slot_count && !vip_has_service(dp, entry.key.addr))
			vip_remove(dp, &entry.key);
	}
}
