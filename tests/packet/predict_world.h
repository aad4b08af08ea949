/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict_world.h - what predict.c knows of world.h's services, VIPs and routes. */
#ifndef PACKET_PREDICT_WORLD_H
#define PACKET_PREDICT_WORLD_H

#include "packet/predict.h"

enum way { STAYS, BY_IN, BY_OUT, NO_ROUTE, NO_NEIGHBOUR };

struct predict_route {
	const char *net;
	int bits;
	enum way way;
	uint32_t mtu;
};

/* The service that a packet to @addr and @port meets, which comes from the port @from. */
enum world_service predict_service_at(const struct predictor *predictor, uint8_t protocol,
				      const struct view_addr *addr, uint16_t port, uint16_t from);
/* The nat service that has a backend there. */
enum world_service predict_nat_backend_at(const struct predictor *predictor, uint8_t protocol,
					  const struct view_addr *addr, uint16_t port);

#define PREDICT_VIPS         6
#define PREDICT_VIPS_LENIENT 4 /* of them; the others are strict */

/* Which VIP it is, or PREDICT_VIPS. */
size_t predict_vip_at(const struct predictor *predictor, const struct view_addr *addr);
const struct predict_route *predict_route_to(const struct predictor *predictor,
					     const struct view_addr *addr);

#endif
