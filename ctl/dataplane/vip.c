// SPDX-License-Identifier: GPL-2.0-or-later
/* vip.c - vips4: the addresses whose packets are ours, also those that no service wants. */
#include "dataplane/internal.h"

#include <errno.h>

int dataplane_vip_set(struct dataplane *dp, const struct ip_addr *vip, bool drop_unmatched,
		      struct error *err)
{
	struct shunt_vip value = {.flags = drop_unmatched ? SHUNT_VIP_DROP_UNMATCHED : 0};
	char text[IP_ADDR_LEN];

	if (vip->family != AF_INET)
		return error_set(err, -EINVAL, "VIP %s: an IPv4 address was expected",
				 ip_addr_format(vip, text));
	if (bpf_map_update_elem(dp->vips4_fd, &vip->v4, &value, BPF_ANY) < 0)
		return error_set(err, errno == E2BIG ? -ENOSPC : -errno, "VIP %s: %s",
				 ip_addr_format(vip, text),
				 errno == E2BIG ? "there are too many" : strerror(errno));
	return 0;
}

int dataplane_vip_remove(struct dataplane *dp, const struct ip_addr *vip)
{
	if (vip->family != AF_INET)
		return -EINVAL;
	return bpf_map_delete_elem(dp->vips4_fd, &vip->v4) < 0 ? -errno : 0;
}

static bool vip_has_service(struct dataplane *dp, __be32 addr)
{
	struct dataplane_service *service, *tmp;

	HASH_ITER (by_key, dp->services, service, tmp)
		if (service->key.addr == addr)
			return true;
	return false;
}

void vip_remove_unused(struct dataplane *dp)
{
	__be32 addr, next, *from = NULL;
	bool more = bpf_map_get_next_key(dp->vips4_fd, from, &addr) == 0;

	while (more) {
		more = bpf_map_get_next_key(dp->vips4_fd, &addr, &next) == 0;
		if (!vip_has_service(dp, addr))
			bpf_map_delete_elem(dp->vips4_fd, &addr);
		addr = next;
	}
}
