/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announcer.h - keeps the wanted VIPs on this host's links (`announce = auto`): one
 * plan/announce.h machine a VIP, with the clock, net/claims.h and the addresses around it.
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

struct announcer;
struct claims;
struct events;
struct net;

/*
 * @loop, @net, @claims and @events must live longer than the announcer; it reads claims_fd()
 * itself.
 * @claims may be NULL (no CAP_NET_RAW): what would have to be probed for is then not announced,
 * with an alarm that says so.
 */
int announcer_new(sd_event *loop, struct net *net, struct claims *claims, struct events *events,
		  struct announcer **ret, struct error *err);
/* Takes NULL, returns NULL. The addresses stay: traffic goes on, the next daemon finds them. */
struct announcer *announcer_free(struct announcer *a);
DEFINE_CLEANUP(struct announcer *, announcer_free)

/*
 * The attached interfaces, replacing those before. What is held on an interface no longer among
 * them is withdrawn before this returns: call it before detaching, and after attaching. The first
 * call starts the announcer: what is wanted by the end of that turn of the event loop is announced,
 * and what an earlier daemon left and nobody wants any more is removed.
 */
void announcer_set_interfaces(struct announcer *a, const uint32_t *ifindexes, size_t n);

/* Several services may have one VIP: want and unwant say whether any has, they do not count. Want
 * acts from the event loop; unwant has withdrawn the VIP when it returns. */
void announcer_want(struct announcer *a, const struct ip_addr *vip);
void announcer_unwant(struct announcer *a, const struct ip_addr *vip);

/* Links or addresses have changed (net's `changed`): compare, from the event loop. */
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
 * Goes on after a failure and returns the first. */
int announcer_remove_all(struct net *net, struct error *err);

#endif
