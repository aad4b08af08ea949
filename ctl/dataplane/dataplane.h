/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dataplane.h - the kernel side: load, pin and adopt the program and its maps, attach it, write
 * services, backends and slots, read counters. The only folder that calls bpf(). No policy: which
 * backend is up or what stands in a slot is decided elsewhere.
 *
 * Pins, below the pin directory (0700):
 *   maps-v<ABI>/<map>     made when first loaded; adopted by a later daemon of the same ABI
 *   links/<ifindex>       one XDP link an interface
 *   egress/<ifindex>      the same for an interface that packets only leave by
 *   notes                 a word of the caller's for an interface, of every ABI
 * The maps are the truth about numbers: which slots and backend numbers a service has is read back
 * from them, never kept elsewhere. One thread uses this module, but for dataplane_grace_wait().
 */
#ifndef DATAPLANE_DATAPLANE_H
#define DATAPLANE_DATAPLANE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "dataplane/key.h"
#include "model/addr.h"
#include "shunt/abi.h"
#include "shunt/fullnat.h"

struct dataplane;
struct dataplane_service; /* a service's entry, its slots and its backend numbers */

struct dataplane_options {
	const char *pin_dir; /* on a bpffs; made if it is missing; mounted by the caller */
	uint64_t seed;
	/* what new maps get; adopted ones keep their sizes */
	uint32_t slots_max, backends_max, ports_max;
};

/* What is loaded, for `status`. */
struct dataplane_info {
	uint32_t abi_version;
	bool adopted; /* the maps were there before this daemon */
	uint64_t seed;
	uint32_t slots_max, slots_used, backends_max, backends_used, services_used, ports_max;
	uint64_t map_bytes; /* memory of all maps, as the kernel tells (fdinfo memlock) */
	char program_tag[17];
	uint32_t program_id;
};

struct dataplane_link {
	uint32_t ifindex;
	bool native; /* in the driver; otherwise generic */
};

/*
 * Lock the pin directory, verify that it and its pins are root's own, load the program with
 * adopted or new maps. Packets still go to the program that was attached before, until
 * dataplane_activate(). -EBUSY: another daemon holds the directory. -EPERM: pins of somebody else.
 * An adopted seed or size that differs from @options is kept; dataplane_info() tells.
 */
int dataplane_open(const struct dataplane_options *options, struct dataplane **ret,
		   struct error *err);

/* Put the new program in the place of the old in every pinned link, forget links whose interface is
 * gone, and remove the maps of other ABI versions. Call it when the maps are filled. */
int dataplane_activate(struct dataplane *dp, struct error *err);

/* Close everything; what is pinned goes on forwarding. Takes NULL, returns NULL. */
struct dataplane *dataplane_close(struct dataplane *dp);
DEFINE_CLEANUP(struct dataplane *, dataplane_close)

/* Detach and unpin everything below @pin_dir, of every ABI version. 0 too if nothing is there. */
int dataplane_teardown(const char *pin_dir, struct error *err);

void dataplane_info(const struct dataplane *dp, struct dataplane_info *ret);

/* --- interfaces --- */

/*
 * Attach natively, generically where the driver cannot. Attached already: 0, and nothing changes.
 * -EBUSY when another program sits there. Packets may leave by an attached interface.
 */
int dataplane_attach(struct dataplane *dp, uint32_t ifindex, struct dataplane_link *ret,
		     struct error *err);
/* Could it be attached, or does another program sit there (-EBUSY)? Changes nothing. */
int dataplane_attachable(const struct dataplane *dp, uint32_t ifindex, struct error *err);
int dataplane_detach(struct dataplane *dp, uint32_t ifindex, struct error *err); /* -ENOENT */
/* The attached interfaces, at most @max of them; returns how many. Forgets those that are gone. */
size_t dataplane_links(struct dataplane *dp, struct dataplane_link *ret, size_t max);

/*
 * Let packets leave by an interface that may not be attached, where the driver needs an XDP program
 * for that: one that passes everything. 0 too if they may already. It is kept until it is released
 * or the interface is attached; ask again for the others when one is attached. An error says why
 * the interface cannot send.
 */
int dataplane_egress(struct dataplane *dp, uint32_t ifindex, struct error *err);
void dataplane_egress_release(struct dataplane *dp, uint32_t ifindex);
/* May packets leave by it? (attached or not) */
bool dataplane_leaves_by(const struct dataplane *dp, uint32_t ifindex);
/* The interfaces that packets only leave by, as dataplane_links(); not native: without a program.
 */
size_t dataplane_egresses(struct dataplane *dp, struct dataplane_link *ret, size_t max);

/*
 * A word that is kept with an interface, pinned, until it is detached or gone: what a later daemon,
 * or the end of forwarding, must know of it. 0 takes it away. It may be written before the
 * interface is attached; one that never is keeps it. -E2BIG when too many are kept.
 */
struct dataplane_note {
	uint32_t ifindex, word;
};
#define DATAPLANE_NOTES_MAX (2 * SHUNT_LINKS_MAX) /* a crash may leave some without a link */

int dataplane_note(struct dataplane *dp, uint32_t ifindex, uint32_t word, struct error *err);
uint32_t dataplane_noted(const struct dataplane *dp, uint32_t ifindex); /* 0 = nothing */
size_t dataplane_notes(const struct dataplane *dp, struct dataplane_note *ret, size_t max);
/* The same without a data plane, before dataplane_teardown() takes them away. */
size_t dataplane_pinned_notes(const char *pin_dir, struct dataplane_note *ret, size_t max);

/* --- ports: where frames leave when a route names a VLAN device or a bond --- */

struct dataplane_port {
	uint32_t device; /* what the route names */
	struct shunt_port port;
};

/* All there are, in place of those before. -ENOSPC: more than SHUNT_PORTS_MAX; none is changed. */
int dataplane_ports_set(struct dataplane *dp, const struct dataplane_port *ports, size_t n);

/* --- VIPs: addresses that have at least one service --- */

int dataplane_vip_set(struct dataplane *dp, const struct ip_addr *vip, bool drop_unmatched,
		      struct error *err);
int dataplane_vip_remove(struct dataplane *dp, const struct ip_addr *vip);

/* --- services --- */

/*
 * The service at @address: the one the maps have (adopted, with its slots and numbers; another
 * table size than @table_size is refused with -EEXIST), or a new one, whose slots are all 0.
 * Packets do not match a new one before dataplane_service_publish(). -ENOSPC: slots_max or
 * backends_max is used up. The handle is owned by @dp and lives until dataplane_service_remove().
 */
int dataplane_service_open(struct dataplane *dp, const struct vip *address, uint32_t table_size,
			   struct dataplane_service **ret, struct error *err);
struct dataplane_service_options {
	enum shunt_forward forward;
	uint16_t mss; /* SHUNT_MSS_* */
	bool fullnat; /* some backend is by fullnat, or flows are */
	bool toa;     /* fullnat: tell backends the client's address in a TCP option */
};
/* Write the service's entry: from now on its packets are forwarded. Also after @options changed. */
int dataplane_service_publish(struct dataplane_service *service,
			      const struct dataplane_service_options *options, struct error *err);
/* Do packets match it? True of what was adopted, and after dataplane_service_publish(). */
bool dataplane_service_published(const struct dataplane_service *service);
/* Take the entry away; its slots and numbers are free for others after a grace period. */
int dataplane_service_remove(struct dataplane_service *service, struct error *err);

/* Remove services that the maps have and that nobody opened: the operator dropped them while no
 * daemon ran. Returns how many. */
size_t dataplane_remove_unopened(struct dataplane *dp);

/* --- backends: numbers 1 .. 65535, local to the service --- */

/*
 * The number of the backend at @at: the one it has, or a new one that no slot names. Its entry is
 * not in use before it is written. -ENOSPC. May move the service's numbers to a larger range; that
 * is invisible to callers and to packets.
 */
int dataplane_backend_open(struct dataplane_service *service, const struct endpoint *at,
			   uint16_t *ret_number, struct error *err);
/* What the maps say of a number; false when it is not in use. */
bool dataplane_backend_read(const struct dataplane_service *service, uint16_t number,
			    struct shunt_backend *ret);
/*
 * Write the entry (address and port must be those it was opened with) and, for nat, the way back.
 * -EEXIST when another nat service holds the way back.
 */
int dataplane_backend_write(struct dataplane_service *service, uint16_t number,
			    const struct shunt_backend *entry, struct error *err);
/* Free the number; no slot may name it any more. */
int dataplane_backend_remove(struct dataplane_service *service, uint16_t number, struct error *err);
/* Calls @each for every number in use. */
void dataplane_backends(const struct dataplane_service *service,
			void (*each)(uint16_t number, const struct shunt_backend *entry, void *arg),
			void *arg);

/* --- fullnat: the addresses that it takes as source --- */

struct dataplane_pool {
	const struct ip_addr *addrs;
	size_t count;
	uint16_t low, high; /* ports of each */
};

/* -ENOSPC: more ports than ports_max. -EBUSY: other ports while an address is in use. */
int dataplane_pool_accepts(struct dataplane *dp, const struct dataplane_pool *wish,
			   struct error *err);
/* Have these and no others. New flows get none of an address that is let go; it stays until those
 * that it has have ended. */
int dataplane_pool_set(struct dataplane *dp, const struct dataplane_pool *wish, struct error *err);
/* Those in use, let go or not: at most @max of them; returns how many there are. */
size_t dataplane_pool_addresses(const struct dataplane *dp, struct ip_addr *ret, size_t max);

/* Ports of the pool, TCP's and UDP's. */
struct dataplane_ports_info {
	uint32_t max, total;
	uint32_t used;    /* flows have them */
	uint32_t free;    /* the next flows get them */
	uint32_t resting; /* their flows have just ended */
	/* for each family and protocol, by SHUNT_RING(); of addresses that stay */
	struct {
		uint32_t total, free;
	} rings[SHUNT_RINGS];
};
void dataplane_ports_info(const struct dataplane *dp, struct dataplane_ports_info *ret);

/*
 * End the flows that are over, among so many and no more; call it again and again, with the time
 * (monotonic, seconds). Their ports are free after a grace period: see dataplane_retire_begin().
 * Returns whether all have been looked at once more.
 */
bool dataplane_flows_sweep(struct dataplane *dp, uint64_t now_s);
/* How many flows go to a backend; fullnat's alone, no other mode has any. */
uint32_t dataplane_backend_flows(const struct dataplane_service *service, uint16_t number);

/* --- slots --- */

uint32_t dataplane_slots_count(const struct dataplane_service *service);
/* The words as they are now. */
const volatile uint32_t *dataplane_slots(const struct dataplane_service *service);
/* Store one word in place. */
void dataplane_slot_write(struct dataplane_service *service, uint32_t slot, uint32_t word);

/* --- grace --- */

/*
 * Wait until no CPU acts on what was in the maps before the call (some 10 ms). Any thread.
 * Returns a negative errno if the kernel cannot tell.
 */
int dataplane_grace_wait(void);
/* Two steps around a wait: what was removed before begin() is free for others after end(). */
uint64_t dataplane_retire_begin(struct dataplane *dp); /* 0 = nothing to free */
void dataplane_retire_end(struct dataplane *dp, uint64_t ticket);

/* --- counters --- */

void dataplane_backend_counters(const struct dataplane_service *service, uint16_t number,
				struct shunt_counters *ret);
/* All backends', present and past. */
void dataplane_service_counters(const struct dataplane_service *service,
				struct shunt_counters *ret);
void dataplane_reasons(const struct dataplane *dp, uint64_t ret[static SHUNT_REASON_COUNT]);

/*
 * Count, as long as @dp is open, also what the kernel loses after the program's verdict
 * (redirect_*, egress_lost, tx_lost, aborted), by its tracepoints. Without it everything else
 * works. Once.
 */
int dataplane_count_losses(struct dataplane *dp, struct error *err);
bool dataplane_counts_losses(const struct dataplane *dp);

/* --- requests from the program --- */

/* A descriptor that becomes readable when the program asks for something. */
int dataplane_requests_fd(const struct dataplane *dp);
/* Call @each for every request that waits; then lets the program make @tokens more. */
void dataplane_requests_read(struct dataplane *dp, uint64_t tokens,
			     void (*each)(const struct shunt_request *request, void *arg),
			     void *arg);

/* For packet tests, explain and bench: the program's descriptor, owned by @dp. */
int dataplane_program_fd(const struct dataplane *dp);

#endif
