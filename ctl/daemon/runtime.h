/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime.h - what the daemon knows of reality, service by service and backend by backend. Written
 * by the reconciler (reconcile.h) alone; report.c reads it.
 */
#ifndef DAEMON_RUNTIME_H
#define DAEMON_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>
#include <uthash.h>

#include "check/protocol.h"
#include "dataplane/dataplane.h"
#include "model/model.h"
#include "net/net.h"
#include "plan/eligible.h"
#include "plan/path_mtu.h"

struct reconciler;
struct service_runtime;

/* One check of one backend, as the checker runs it. */
struct check_runtime {
	char name[MODEL_NAME_MAX + 1];
	struct protocol_check spec; /* spec.id is the key; spec.verdict what is believed */
	bool reported;              /* `last` holds a result */
	struct protocol_result last;
	uint64_t at_us; /* when it came, realtime */
	struct backend_runtime *backend;
	UT_hash_handle by_id;
};

struct backend_runtime {
	struct service_runtime *service;
	struct endpoint at;
	uint16_t number;
	/* the wish */
	enum shunt_forward forward; /* its own or the service's */
	enum admin admin;
	uint32_t weight;
	bool backup;
	bool leaving; /* no longer wished for; goes when no slot names it any more */
	/* reality */
	struct check_runtime *checks[MODEL_CHECKS_MAX];
	size_t checks_count;
	struct net_hop hop;
	struct path_mtu path_mtu; /* of the way there, for tunnels */
	bool way_known;           /* its entry has a next hop, from now or from the daemon before */
	bool asked_way;           /* net keeps its neighbour resolved */
	bool no_source;           /* of a tunnel: this host has no address to send from */
	bool unwritten;           /* its entry could not be written yet: `hop.reason` says why */
	enum protocol_verdict verdict; /* of all checks together */
	enum backend_state state;
	uint32_t since_s;            /* realtime; as the entry in the maps has it */
	struct eligible_share share; /* in the table that is built or being built */
	uint32_t slots;
};

struct service_runtime {
	struct reconciler *reconciler;
	char key[VIP_LEN]; /* the VIP as text */
	char name[MODEL_NAME_MAX + 1];
	struct vip vip;
	enum shunt_forward forward;
	struct dataplane_service *entry;
	bool adopted; /* the maps had it before this daemon */
	struct backend_runtime **backends;
	size_t backends_count;
	uint32_t slots_by_state[4]; /* enum slot_state */
	/* the table: dirty -> (5 ms) -> building -> written */
	bool dirty, urgent, building, built;
	bool removed; /* while building: free it when the worker gives the job back */
	sd_event_source *timer;
	UT_hash_handle by_vip;
};

#endif
