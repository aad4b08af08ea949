/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reconcile_internal.h - what the reconciler's files share: reconcile.c (wishes), reality.c (check
 * results and ways), tables.c (building and writing). */
#ifndef DAEMON_RECONCILE_INTERNAL_H
#define DAEMON_RECONCILE_INTERNAL_H

#include "daemon/reconcile.h"

/* A VIP and how many services it has. */
struct vip_runtime {
	char key[IP_ADDR_LEN];
	struct ip_addr addr;
	unsigned int services;
	UT_hash_handle by_addr;
};

struct reconciler {
	sd_event *loop;
	struct dataplane *dp;
	struct net *net;
	struct worker *worker;
	struct events *events;
	struct checker_link *checker;
	struct reconcile_hooks hooks;
	struct service_runtime *services; /* by_vip */
	struct vip_runtime *vips;
	struct check_runtime *checks; /* by_id */
	struct prefixes tunnel_source;
	uint64_t seed; /* of the tables: the one the maps were made with */
	uint32_t last_check_id;
	bool drop_unmatched;
	bool egress;   /* reconcile_egress() was called */
	bool retiring; /* a grace period is being waited for */
	bool closing;  /* reconciler_free() is on its way: no new jobs */
};

/* --- reality.c --- */

/* Give the backend the checks that @wish asks for; disabled ones have none. */
void reality_set_checks(struct backend_runtime *b, const struct check *checks, size_t count);
void reality_forget_checks(struct backend_runtime *b);
/* Ask for the way to the backend and write its entry. */
void reality_ask_way(struct backend_runtime *b);
/* Write the entries that another service's backend stood in the way of. */
void reality_write_waiting(struct reconciler *r);
/* Work out the backend's state anew; an event if it changed, a new table if the weights did. */
void reality_update(struct backend_runtime *b);
/* Backends have gone: interfaces that packets left by may not be needed any more. */
void reality_release_egress(struct reconciler *r);
struct eligible_facts reality_facts(const struct backend_runtime *b);
/* Why the backend is in its state, for people; "" when there is nothing to say. */
const char *reality_reason(const struct backend_runtime *b);

/* --- tables.c --- */

/* The weights may have changed: build the table soon. @urgent: a verdict, before everything else.
 */
void tables_mark(struct service_runtime *s, bool urgent);
/* Free what was removed once no CPU uses it. */
void tables_retire(struct reconciler *r);

/* --- reconcile.c --- */

void reconcile_free_service(struct service_runtime *s);
void reconcile_drop_backend(struct backend_runtime *b);

#endif
