/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ports.c - the program is told where frames leave when a route names a VLAN device or a bond: the
 * replies of nat backends go by the kernel's routes. */
#include <string.h>

#include "base/mem.h"
#include "daemon/director_internal.h"

static void add_port(uint32_t device, uint32_t port, uint16_t vlan, uint16_t vlan_inner, void *arg)
{
	struct ports *ports = arg;

	if (ports->n == ports->room) {
		ports->room = ports->room ? 2 * ports->room : 16;
		ports->v = mem_realloc(ports->v, ports->room * sizeof(*ports->v));
	}
	ports->v[ports->n++] = (struct dataplane_port){
		.device = device,
		.port = {.ifindex = port, .vlan = vlan, .vlan_inner = vlan_inner},
	};
}

static bool same_ports(const struct ports *a, const struct ports *b)
{
	return a->n == b->n && (!a->n || memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0);
}

void director_sync_ports(struct director *d)
{
	struct ports now = {};
	int r;

	net_ports(d->net, add_port, &now);
	if (d->ports.known && same_ports(&now, &d->ports)) {
		free(now.v);
		return;
	}
	free(d->ports.v);
	d->ports = now;
	r = dataplane_ports_set(d->dp, now.v, now.n);
	d->ports.known = r == 0;
	if (r)
		events_alarm(d->events, "interface", "ports",
			     "replies by nat may be lost where a route names a VLAN device or a "
			     "bond, of which there are %zu (at most %d): %s",
			     now.n, SHUNT_PORTS_MAX, strerror(-r));
	else
		events_clear(d->events, "ports");
}
