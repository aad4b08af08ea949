/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconcile.h - the one place where wish (the model) meets reality (check results, neighbours), and
 * the only writer of the data plane. A change ends in a new table: marked dirty, built in the
 * worker at most RECONCILE_DELAY_US later, written slot by slot in the loop.
 */
#ifndef DAEMON_RECONCILE_H
#define DAEMON_RECONCILE_H

#include "daemon/checker_link.h"
#include "daemon/events.h"
#include "daemon/runtime.h"
#include "daemon/worker.h"

#define RECONCILE_DELAY_US 5000 /* changes to one service within this are one */

/* @egress: packets are to leave by the interface; an error says why they cannot. @egress_unused:
 * none do any more.
 * @vip_removed: the last service of @vip goes; called before its packets reach the director's own
 * stack, so that whoever announces the address takes it back first. */
struct reconcile_hooks {
	void (*vip_removed)(const struct ip_addr *vip, void *arg);
	int (*egress)(uint32_t ifindex, struct error *err, void *arg);
	void (*egress_unused)(uint32_t ifindex, void *arg);
	void *arg;
};

struct reconciler *reconciler_new(sd_event *loop, struct dataplane *dp, struct net *net,
				  struct worker *worker, struct events *events,
				  const struct reconcile_hooks *hooks);
/* The checker's end, once it exists; results come to reconcile_result(). */
void reconciler_set_checker(struct reconciler *r, struct checker_link *checker);
/* Submit no more jobs: the worker is about to end. Takes NULL. */
void reconciler_quiet(struct reconciler *r);
struct reconciler *reconciler_free(struct reconciler *r); /* the data plane stays as it is */
DEFINE_CLEANUP(struct reconciler *, reconciler_free)

/* Does what is fixed while a service has slots stay as it is? -EBUSY (another table size). */
int reconcile_accepts(const struct reconciler *r, const struct service *wish, struct error *err);
/*
 * Make @wish real: a new service, or the changes to the one with its VIP. In two steps, with
 * nothing else in between, so that several are changed all or not at all: reconcile_prepare() does
 * all that can fail and changes nothing that goes on; each prepared wish is then taken or
 * cancelled. -ENOSPC (slots or backend numbers), -EBUSY (another table size), -EEXIST (so at a
 * start).
 */
int reconcile_prepare(struct reconciler *r, const struct service *wish, struct error *err);
void reconcile_take(struct reconciler *r, const struct service *wish);
void reconcile_cancel(struct reconciler *r, const struct service *wish);
/* Take the service at @vip away. */
void reconcile_remove(struct reconciler *r, const struct vip *vip);
/* Remove the services that the maps have from an earlier daemon and that nobody has taken; returns
 * how many. Call it once, when all are taken. */
size_t reconcile_remove_unwished(struct reconciler *r);
/* The settings that packets depend on: what a VIP, present or future, does with those that no
 * service wants, and where those of tunnels come from. */
void reconcile_settings(struct reconciler *r, const struct settings *settings);

/* Flows have ended: free their ports, and backends that the operator removed and that they named.
 * @all: every flow was looked at since the last such call. */
void reconcile_flows_ended(struct reconciler *r, bool all);

/* Links, routes or neighbours changed: ask for every backend's way again. */
void reconcile_net(struct reconciler *r);
/* The interfaces wished for are attached: from now on see that packets can leave by the others too
 * that backends are reached by. */
void reconcile_egress(struct reconciler *r);
/* A router says that @mtu bytes get through to @to: its tunnels keep to that, for a while. */
void reconcile_path_mtu(struct reconciler *r, const struct ip_addr *to, uint32_t mtu,
			uint64_t now_ms);
/* That while is over for some of them. */
void reconcile_path_mtus_expire(struct reconciler *r, uint64_t now_ms);
/* A result of the check @id; unknown ids (just forgotten) are ignored. */
void reconcile_result(struct reconciler *r, const struct protocol_result *result);

/* No table is dirty or being built, and no backend waits for its first verdict. */
bool reconcile_settled(const struct reconciler *r);

/* NULL if there is none. */
const struct service_runtime *reconcile_service(const struct reconciler *r, const struct vip *vip);
const struct backend_runtime *reconcile_backend(const struct service_runtime *service,
						const struct endpoint *at);
/* The first; the rest by by_vip.next. */
const struct service_runtime *reconcile_services(const struct reconciler *r);

#endif
