// SPDX-License-Identifier: GPL-2.0-or-later
/* predict_world.c - see predict_world.h. */
#include "packet/predict_world.h"

#include "base/cleanup.h"

/* The narrowest first. What is not here stays. */
static const struct predict_route routes[] = {
	{"10.0.0.1", 32, STAYS},
	{"10.0.0.254", 32, BY_IN, 1500},
	{"10.0.0.255", 32, STAYS},
	{"10.0.0.0", 24, NO_NEIGHBOUR},
	{"10.1.0.1", 32, STAYS},
	{"10.1.0.254", 32, BY_OUT, 1500},
	{"10.1.0.255", 32, STAYS},
	{"10.1.0.0", 24, NO_NEIGHBOUR},
	{"198.51.100.0", 24, BY_IN, 1500},
	{"203.0.113.0", 24, BY_OUT, 1500},
	{"198.18.0.0", 24, BY_OUT, 1000},
	{"198.18.1.0", 24, NO_ROUTE},
	{"198.18.2.0", 24, NO_ROUTE},
	{"198.18.3.0", 24, NO_ROUTE},
	{"198.18.4.0", 24, NO_NEIGHBOUR},
	{"0.0.0.0", 0, STAYS},
	{"fd00::", 128, STAYS}, /* any router of the net (RFC 4291, 2.6.1) */
	{"fd00::1", 128, STAYS},
	{"fd00::fe", 128, BY_IN, 1500},
	{"fd00::", 64, NO_NEIGHBOUR},
	{"fd01::", 128, STAYS},
	{"fd01::1", 128, STAYS},
	{"fd01::fe", 128, BY_OUT, 1500},
	{"fd01::", 64, NO_NEIGHBOUR},
	{"2001:db8:100::", 64, BY_IN, 1500},
	{"2001:db8:200::", 64, BY_OUT, 1500},
	{"2001:db8:18::", 64, BY_OUT, 1300},
	{"2001:db8:18:1::", 64, NO_ROUTE},
	{"2001:db8:18:2::", 64, NO_ROUTE},
	{"2001:db8:18:3::", 64, NO_ROUTE},
	{"2001:db8:18:4::", 64, NO_NEIGHBOUR},
	{"::", 0, STAYS},
};

static const char *const vips[] = {VIP, VIP6, VIP_ANY, VIP6_ANY, VIP_STRICT, VIP6_STRICT};

void predict_init(struct predictor *ret, uint32_t in0, uint32_t out0)
{
	*ret = (struct predictor){.in0 = in0, .out0 = out0, .forwarding = true};
	for (size_t i = 0; i < ARRAY_SIZE(vips); i++)
		ret->vips[i] = view_addr(vips[i]);
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		ret->nets[i] = view_addr(routes[i].net);
	for (enum world_service s = 1; s < WORLD_SERVICE_COUNT; s++) {
		const struct world_row *row = &world_services[s];
		struct predict_service *service = &ret->services[s];

		service->protocol = row->address[0] == 't' ? PROTO_TCP : PROTO_UDP;
		service->forward = row->forward;
		service->vip = view_end(row->address + strlen("tcp:"), &service->port);
		service->backend = view_end(row->backend, &service->backend_port);
		service->source = view_addr(row->source           ? row->source
					    : service->backend.v6 ? DIRECTOR6
								  : DIRECTOR);
	}
}

/* --- whose it is --- */

/* One for the port goes before one for every port, of which 0 is none where @from is 0 too. */
enum world_service predict_service_at(const struct predictor *p, uint8_t protocol,
				      const struct view_addr *addr, uint16_t port, uint16_t from)
{
	enum world_service every = NO_SERVICE;

	for (enum world_service s = 1; s < WORLD_SERVICE_COUNT; s++) {
		const struct predict_service *at = &p->services[s];

		if (at->protocol != protocol || !view_same(&at->vip, addr))
			continue;
		if (at->port && at->port == port)
			return s;
		if (!at->port && (port || from))
			every = s;
	}
	return every;
}

enum world_service predict_nat_backend_at(const struct predictor *p, uint8_t protocol,
					  const struct view_addr *addr, uint16_t port)
{
	for (enum world_service s = 1; s < WORLD_SERVICE_COUNT; s++) {
		const struct predict_service *at = &p->services[s];

		if (at->forward == SHUNT_FORWARD_NAT && at->protocol == protocol &&
		    view_same(&at->backend, addr) &&
		    (at->backend_port == port || !at->backend_port))
			return s;
	}
	return NO_SERVICE;
}

/* Which of vips[], or their number. */
size_t predict_vip_at(const struct predictor *p, const struct view_addr *addr)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(vips) && !view_same(&p->vips[i], addr))
		i++;
	return i;
}

const struct predict_route *predict_route_to(const struct predictor *p,
					     const struct view_addr *addr)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(routes) - 1 && !view_within(addr, &p->nets[i], routes[i].bits))
		i++;
	return &routes[i];
}
