// SPDX-License-Identifier: GPL-2.0-only
/*
 * shunt.bpf.c - a packet's way through the director, on one page.
 *
 * Each step is a header of its own. A step returns GO_ON, or the verdict that ends the packet's
 * way. A verdict that is ours is counted by its name (count.h); what is neither for a VIP nor from
 * a nat backend passes untouched and uncounted.
 */
#include "packet.h"
#include "maps.h"
#include "count.h"
#include "parse.h"
#include "service.h"
#include "vip.h"
#include "select.h"
#include "forward.h"
#include "transmit.h"
#include "later.h"

/* what is done later, in programs of their own */
#include "icmp_error.h"
#include "nat_reply.h"
#include "fragment.h"
#include "error.h"
#include "fullnat_flow.h"
#include "fullnat_reply.h"
#include "fullnat_icmp.h"

static __always_inline int shunt_packet(struct packet *p)
{
	struct shunt_service service;
	struct target target;
	int verdict;

	if (unlikely(!service_find(p, &service)))
		STEP(vip_packet(
			p, &service)); /* for every port; or none's: another VIP's, or not ours */
	if (unlikely(service.flags & SHUNT_SERVICE_FULLNAT))
		return LATER_FULLNAT;
	STEP(select_backend(p, select_hash(p), &service, &target));
	STEP(forward_packet(p, &target));
	verdict = transmit_packet(p, &target.hop);
	if (verdict != XDP_DROP)
		count_forwarded(p, target.index);
	return verdict;
}

PROGRAM(shunt, shunt_packet)

char LICENSE[] SEC("license") = "GPL";
