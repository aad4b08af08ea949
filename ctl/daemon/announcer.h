/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announcer.h - keeps the wanted VIPs on this host's links (`announce = auto`): one
 * plan/announce.h machine a VIP, with the clock, the ARP socket and the addresses around it.
 *
 * A VIP in the subnet of an attached interface goes there, after probing; any other goes on lo
 * at once, where routing daemons can export it. An address that was there before and is not marked
 * as ours is never touched. The caller keeps the order: maps, attach, then want; unwant, then
 * detach. Runs in the event loop's thread only.
 */
#ifndef DAEMON_ANNOUNCER_H
#define DAEMON_ANNOUNCER_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/addr.h"

#define ANNOUNCER_LINKS_MAX 64 /* attached interfaces; as many as the program can have */

struct arp;
struct announcer;
struct events;
struct net;

/*
 * @loop, @net, @arp and @events must live longer than the announcer; it reads arp_fd() itself.
 * @arp may be NULL (no CAP_NET_RAW): what would have to be probed for is then not announced, with
 * an alarm that says so.
 */
int announcer_new(sd_event *loop, struct net *net, struct arp *arp, struct events *events,
		  struct announcer **ret, struct error *err);
/* Takes NULL, returns NULL. The addresses stay: traffic goes on, the next daemon finds them. */
struct announcer *announcer_free(struct announcer *a);
DEFINE_CLEANUP(struct announcer *, announcer_free)

/*
 * The attached interfaces, replacing those before. A VIP that is held on an interface no longer
 * among them is withdrawn there first: call this before detaching, and after attaching.
 * -ENOSPC over ANNOUNCER_LINKS_MAX.
 */
int announcer_set_interfaces(struct announcer *a, const uint32_t *ifindexes, size_t n);

/* Several services may have one VIP: want and unwant say whether any has, they do not count. */
void announcer_want(struct announcer *a, const struct ip_addr *vip);
void announcer_unwant(struct announcer *a, const struct ip_addr *vip);

/*
 * Compare with what is on the links now: after every net `changed`, and once after the first wants,
 * for that is when addresses that an earlier daemon left and nobody wants any more are removed.
 */
void announcer_refresh(struct announcer *a);

/* All of them, at once: before everything is detached. */
void announcer_withdraw_all(struct announcer *a);

/*
 * "none"     not wanted
 * "waiting"  wanted, but its interface is down, or it cannot be put there (an alarm says why)
 * "probing"  asking whether another host has it
 * "held"     on the link, ours
 * "conflict" another host has it; asked again every ANNOUNCE_CONFLICT_MS
 * "present"  was on this host before, not ours: left alone
 */
const char *announcer_state(const struct announcer *a, const struct ip_addr *vip);

/* Without a daemon (`shuntd --stop-forwarding`): take every address away that is marked as ours.
 * Goes on after a failure and returns the first. @ret_removed may be NULL. */
int announcer_remove_all(struct net *net, unsigned int *ret_removed, struct error *err);

#endif
