/* SPDX-License-Identifier: GPL-2.0-only */
/* forward.h - the packet as the backend shall get it, one function for each way of forwarding. */
#ifndef FORWARD_H
#define FORWARD_H

#include "nat.h"

static __always_inline int forward_packet(struct packet *p, const struct target *to)
{
	switch (to->forward) {
	case SHUNT_FORWARD_DR: /* nothing but the MAC addresses changes */
		return GO_ON;
	case SHUNT_FORWARD_NAT:
		return nat_to_backend(p, to);
	}
	return drop(SHUNT_REASON_INTERNAL);
}

#endif
