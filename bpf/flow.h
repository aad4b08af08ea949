/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flow.h - the flow look-up: taken only when the slot's word names a second backend, that is while
 * the slot is in transition or mixed. This version keeps no flow table, so no flow is ever found,
 * and what remains is the rule for unknown packets: a new connection goes to `cur`, all else to
 * `untracked`.
 */
#ifndef FLOW_H
#define FLOW_H

#include "packet.h"

static __always_inline __u16 flow_backend(const struct packet *p, __u32 word)
{
	return p->syn ? SHUNT_SLOT_CUR(word) : SHUNT_SLOT_UNTRACKED(word);
}

#endif
