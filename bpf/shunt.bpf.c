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
#include "table.h"
#include "parse.h"
#include "transmit.h"
#include "service.h"
#include "icmp.h"
#include "vip.h"
#include "select.h"
#include "nat.h"
#include "forward.h"

SEC("xdp.frags")
int shunt(struct xdp_md *ctx)
{
	struct packet packet;
	struct shunt_service service;
	struct target target;
	int verdict;

	STEP(parse_packet(ctx, &packet)); /* what is not IPv4 passes */
	if (!service_find(&packet, &service)) {
		STEP(vip_packet(&packet)); /* broken, ICMP, or nobody's: the VIP's other packets */
		return nat_reply(&packet); /* from a nat backend, or not ours */
	}
	STEP(select_backend(&packet, select_hash(&packet), &service, &target));
	STEP(forward_packet(&packet, &target)); /* dr or nat */
	verdict = transmit_packet(&packet, &target.hop);
	if (verdict != XDP_DROP)
		count_forwarded(&packet, target.index);
	return verdict;
}

char LICENSE[] SEC("license") = "GPL";
