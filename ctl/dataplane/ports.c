// SPDX-License-Identifier: GPL-2.0-or-later
/* ports.c - where frames leave when a route names a device that none leaves by. */
#include "dataplane/internal.h"

#include <errno.h>

static bool ports_have(const struct dataplane_port *ports, size_t n, uint32_t device)
{
	for (size_t i = 0; i < n; i++)
		if (ports[i].device == device)
			return true;
	return false;
}

/* Begins anew after each that goes: its key no longer leads to the next. */
static void ports_forget_others(struct dataplane *dp, const struct dataplane_port *ports, size_t n)
{
	uint32_t device, *before = NULL, next;

	while (bpf_map_get_next_key(dp->ports_fd, before, &next) == 0) {
		if (ports_have(ports, n, next)) {
			device = next;
			before = &device;
			continue;
		}
		if (bpf_map_delete_elem(dp->ports_fd, &next) < 0)
			return;
		before = NULL;
	}
}

int dataplane_ports_set(struct dataplane *dp, const struct dataplane_port *ports, size_t n)
{
	int r = 0;

	if (n > SHUNT_PORTS_MAX)
		return -ENOSPC;
	ports_forget_others(dp, ports, n);
	for (size_t i = 0; !r && i < n; i++)
		if (bpf_map_update_elem(dp->ports_fd, &ports[i].device, &ports[i].port, BPF_ANY) <
		    0)
			r = -errno;
	__atomic_store_n(&dp->meta->ports, (uint32_t)n, __ATOMIC_RELEASE);
	return r;
}
