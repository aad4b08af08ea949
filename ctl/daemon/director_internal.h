/* SPDX-License-Identifier: GPL-2.0-or-later */
/* director_internal.h - the director's parts, for director.c (changing), report.c (looking),
 * startup.c (beginning and ending), wish.c and sources.c. */
#ifndef DAEMON_DIRECTOR_INTERNAL_H
#define DAEMON_DIRECTOR_INTERNAL_H

#include <systemd/sd-event.h>

#include "api/api.h"
#include "config/config.h"
#include "daemon/announcer.h"
#include "daemon/checker_link.h"
#include "daemon/director.h"
#include "daemon/events.h"
#include "daemon/options.h"
#include "daemon/reconcile.h"
#include "daemon/spawner.h"
#include "dataplane/dataplane.h"
#include "net/claims.h"
#include "net/net.h"
#include "net/offload.h"

#define DIRECTOR_INTERFACES_MAX SHUNT_LINKS_MAX

struct ports {
	struct dataplane_port *v;
	size_t n, room;
	bool known; /* the program has them */
};

struct director {
	const struct options *options;
	sd_event *loop;
	/* the wish */
	struct model *model;
	char digest[CONFIG_DIGEST_LEN]; /* of the file the model was made on */
	uint64_t seed;                  /* in use, kept in the state directory */
	bool changed;                   /* the model is no longer that of the file */
	bool overrides;                 /* the state directory still has what the file overrides */
	/* the parts, in the order they are opened */
	struct events *events;
	struct spawner *spawner;
	struct claims *claims;
	struct dataplane *dp;
	struct net *net;
	struct worker *worker;
	struct announcer *announcer;
	struct reconciler *reconciler;
	struct checker_link *checker;
	struct api *api;
	sd_event_source *net_io, *requests_io, *requests_timer, *watch_timer;
	sd_event_source *sigterm, *sigint, *sighup;
	sd_event_source *settle_timer, *sweep_timer;
	struct ip_addr *pool_announced; /* that the announcer was asked for */
	size_t pool_announced_count;
	uint64_t pool_taken;      /* a bit for each of the pool's that another host has */
	struct capture *captures; /* of those who read packets now */
	sd_event_source *capture_io;
	uint64_t capture_lost; /* packets, before they reached this process */
	uint64_t started_us;   /* monotonic */
	int lock;              /* of the runtime directory */
	bool fresh;            /* the maps are new, not adopted */
	bool forwarding;       /* the program is in place */
	struct ports ports;    /* as the program was told */
};

/* --- ports.c --- */

/* Links may have changed: tell the program which ports are below VLAN devices and bonds. */
void director_sync_ports(struct director *d);

/* --- director.c --- */

/* Write the running model to the state directory; an alarm if that fails. What the config file has
 * overridden there is kept beside. */
void director_save_state(struct director *d);
/* A change by command: the model is no longer that of the file. Save it. */
void director_save_change(struct director *d);
/* What must hold for the traffic and is not ours to set: forwarding for nat. Alarms. */
void director_check_host(struct director *d);
/* Put every service of the model into the data plane. */
int director_fill(struct director *d, struct error *err);
/* Can @settings be used by a daemon that runs with the present ones? Interfaces exist; what is
 * fixed stays. */
int director_accepts_settings(struct director *d, const struct settings *settings,
			      struct error *err);

/* --- interfaces.c --- */

/* Does the program take packets there? */
bool director_is_attached(struct director *d, uint32_t ifindex);
/* Attach every interface wished for; on failure those attached here are detached again. */
int director_attach_all(struct director *d, const struct strings *names, struct error *err);
/* Detach what is attached and not in @wanted. */
void director_detach_others(struct director *d, const struct strings *wanted);
/* Attach what is wished for and not attached, tell the announcer, raise or clear alarms. */
void director_sync_interfaces(struct director *d);
/* Forget the alarms of those that are wished for now and not in @wanted. */
void director_forget_interfaces(struct director *d, const struct strings *wanted);
/* Offloads of interfaces that an earlier daemon attached, or was about to. */
void director_adopt_offloads(struct director *d);
/* Packets are to leave by an interface that may not be attached (-errno: they cannot), or no
 * longer. */
int director_egress(struct director *d, uint32_t ifindex, struct error *err);
void director_egress_unused(struct director *d, uint32_t ifindex);
/* Announce every VIP of the model, or none, as the settings say. */
void director_announce(struct director *d);

/* --- offloads.c --- */

/* Switch off those of @which (NET_OFFLOAD_*) that are on. Failures are events. */
void offloads_off(struct director *d, uint32_t ifindex, const char *name, uint32_t which);
/* Switch on @was_on, which was noted, and forget the note. */
void offloads_restore(struct director *d, uint32_t ifindex, const char *name, uint32_t was_on);
/* The same without a director, for interfaces that are no longer attached. */
void offloads_restore_all(const struct dataplane_note *notes, size_t count);
/* {"off": [those that were switched off], "on": [those of @which that are on all the same]} */
json_t *offloads_json(struct director *d, uint32_t ifindex, const char *name, uint32_t which);

/* --- pool.c --- */

/* Can these addresses and ports be fullnat's? Nothing of them is used by the director itself. */
int pool_accepts(struct director *d, const struct settings *settings, struct error *err);
int pool_set(struct director *d, const struct settings *settings, struct error *err);
/* Put the pool's addresses where packets meet the program first, or take them back. */
void pool_announce(struct director *d, bool wanted);
/* The timer that ends flows which are over. */
int pool_add_sweeps(struct director *d, struct error *err);
/* {"max", "total", "used", "free", "resting", "kinds": {"tcp4": {"total", "free"}, ...}} */
json_t *pool_json(const struct director *d);

/* --- wish.c --- */

/* Read the config file into d->model and d->digest. */
int director_read_config(struct director *d, struct error *err);
/*
 * Let the state directory have its say: its model holds while the file is the one it was made on;
 * a file that was edited since wins whole. Sets d->seed and d->overrides.
 */
int director_read_state(struct director *d, struct error *err);
/* Somebody edited the file since changes were made by command: keep those beside the state. */
void director_set_state_aside(struct director *d);

/* --- sources.c --- */

int director_add_sources(struct director *d, struct error *err);
void director_remove_sources(struct director *d);

/* --- report.c --- */

/* One interface as in `status`; a new reference. */
json_t *director_interface(struct director *d, const char *ifname);

#endif
