/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal.h - what the files of this folder share; nobody else includes it. */
#ifndef DATAPLANE_INTERNAL_H
#define DATAPLANE_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "dataplane/dataplane.h"
#include "dataplane/extent.h"
#include "dataplane/key.h"
#include "dataplane/pins.h"
#include "dataplane/table.h"
#include "shunt/fullnat.h"
#include "shunt/hash.h"

struct shunt_bpf; /* the skeleton; load.c includes it */
struct losses_bpf;
struct trace_bpf; /* that of the program which tells what it does; trace.c, capture.c */
struct trace;
struct capture;

/* Taken from maps, but perhaps still in use by a CPU: see retire.c. */
struct retired;

struct link {
	uint32_t ifindex;
	int fd;
};

/* An interface that packets only leave by; see egress.c. */
struct egress {
	uint32_t ifindex;
	int fd; /* of the link; -1 when none is needed */
};

#define POOLS_MAX 128 /* addresses of fullnat's pool, with those that are let go */

struct pool {
	struct ip_addr addr;
	uint32_t first; /* in pool_ports: TCP's, and UDP's behind */
	uint32_t low;   /* port */
	uint32_t count; /* of each protocol */
	uint32_t back;  /* held, and nobody's */
	bool leaving;   /* no new flow gets it; it goes when the last has ended */
};

struct dataplane {
	struct pins pins;
	struct shunt_bpf *skeleton;
	int program_fd;
	int links_program_fd; /* what links get: that one, or while somebody captures another */
	uint32_t generation;  /* whose array of programs is pinned */
	bool generation_used; /* by a link, perhaps: it outlives this process */
	bool adopted;
	uint64_t seed;
	uint32_t slots_max, backends_max, ports_max;

	int counters_fd, reasons_fd, requests_fd, egress_fd, ports_fd, notes_fd, flows_fd;
	uint32_t *slots; /* memory-mapped, as are the next two and the places of the tables */
	struct shunt_backend *backends;
	struct shunt_meta *meta;
	struct shunt_pool_port *pool_ports; /* memory-mapped too, as are the next two */
	struct shunt_ring *rings;
	uint32_t *free_ports;
	size_t cpus; /* possible ones: how many values a per-CPU element has */

	struct extent_pool slots_pool, backends_pool, ports_pool;
	struct table services[2], nat[2]; /* IPv4, IPv6 */
	uint32_t nat_every_port;          /* ways back for every port */
	uint32_t vips_count;
	struct dataplane_service *services_by_key; /* uthash */

	struct pool pools[POOLS_MAX];
	size_t pools_count;
	uint8_t *held; /* for every port: enum held of pool.c */
	uint32_t ring_bits, ports_resting;
	size_t sweep_pool; /* where the next walk over the flows begins */
	uint32_t sweep_at;
	uint64_t flows_now_s; /* when it was last, monotonic */

	struct retired *retired;
	uint64_t last_ticket;

	struct losses_bpf *losses; /* NULL: not counted */
	struct link links[SHUNT_LINKS_MAX];
	size_t links_count;
	struct egress egresses[SHUNT_LINKS_MAX];
	size_t egresses_count;

	struct trace *explain;   /* NULL until somebody asks */
	struct capture *capture; /* NULL while nobody captures */

	struct ring_buffer *ring;
	void (*each_request)(const struct shunt_request *request, void *arg);
	void *each_request_arg;
};

enum number_use {
	NUMBER_FREE,
	NUMBER_OPENED,  /* given out, its entry not written yet */
	NUMBER_WRITTEN, /* its entry is in use */
	NUMBER_RETIRED, /* removed; a CPU may still read the entry */
};

struct number {
	enum number_use use;
	struct endpoint at;
};

struct dataplane_service {
	struct dataplane *dp;
	struct place_key key;
	struct shunt_service entry; /* as its place has it once it is published */
	bool published, opened;
	struct number *numbers; /* entry.backend_cap of them */
	UT_hash_handle by_key;
};

/* --- load.c --- */
int load_program(struct dataplane *dp, struct error *err);
void load_free(struct dataplane *dp);
/* Does it outlive the programs? Their constants and their array do not. */
bool load_is_kept(const struct bpf_map *map);
uint64_t load_map_bytes(const struct dataplane *dp);

/* --- service.c --- */
/* Write the entry where packets find it. -ENOSPC. */
int service_write(struct dataplane *dp, const struct place_key *key,
		  const struct shunt_service *entry);
/* The entry in a place of services. */
struct shunt_service service_read(const struct table *table, const uint64_t *place);
/* The service for the port that the flow's client asked, or for every one; NULL = there is none. */
struct dataplane_service *service_for(struct dataplane *dp, const struct shunt_flow_key *flow,
				      bool every_port);
/* Everything that the tables of services hold; -EUCLEAN when it contradicts itself. */
int service_adopt_all(struct dataplane *dp, struct error *err);
void service_free_all(struct dataplane *dp);

/* --- backend.c --- */
struct shunt_backend *backend_entry(const struct dataplane_service *service, uint16_t number);
/* Clear a range that was just taken from the pool: entries not in use, counters 0. */
void backend_range_clear(struct dataplane *dp, uint32_t base, uint32_t count);
void backend_adopt_numbers(struct dataplane_service *service);
/* The number that was given out for @at; 0 = none. */
uint32_t backend_find(const struct dataplane_service *service, const struct endpoint *at);
/* What a number that is not in use has counted goes to what the service keeps. */
void backend_fold_counters(struct dataplane_service *service, uint16_t number);

/* --- nat.c --- */
/* Make nat4 and nat6 hold the way back of every nat backend in use, and nothing else. */
void nat_adopt(struct dataplane *dp);
int nat_claim(struct dataplane_service *service, uint16_t number, const struct shunt_backend *entry,
	      struct error *err);
void nat_release(struct dataplane_service *service, const struct shunt_backend *entry);
/* After the service's range has moved. */
void nat_move(struct dataplane_service *service);

/* --- counters.c --- */
/* Per-CPU values of one element; the caller frees them. */
struct shunt_counters *counters_read(const struct dataplane *dp, uint32_t index);
void counters_write(struct dataplane *dp, uint32_t index, const struct shunt_counters *cpus);
void counters_add(struct shunt_counters *sum, const struct shunt_counters *more);
void counters_zero(struct dataplane *dp, uint32_t index);
/* The sum over @count elements from @base on. */
void counters_sum(const struct dataplane *dp, uint32_t base, uint32_t count,
		  struct shunt_counters *ret);
/* Add @more to what the service keeps for backends that are gone. */
void counters_keep(struct dataplane_service *service, const struct shunt_counters *more);
/* Copy @count elements; @ret: the sum of what was copied. */
void counters_copy(struct dataplane *dp, uint32_t from, uint32_t to, uint32_t count,
		   struct shunt_counters *ret);

/* --- retire.c --- */
void retire_place(struct dataplane *dp, struct table *table, uint32_t place);
void retire_slots(struct dataplane *dp, uint32_t start);
/* @service NULL when it is gone; else what CPUs count in the range beyond @copied is kept. */
void retire_range(struct dataplane *dp, struct dataplane_service *service, uint32_t base,
		  uint32_t count, const struct shunt_counters *copied);
void retire_number(struct dataplane_service *service, uint16_t number);
/* @ports (taken over): flows' until now, which rest. */
void retire_ports(struct dataplane *dp, uint32_t *ports, size_t count);
/* The ports of an address that was let go. */
void retire_ports_extent(struct dataplane *dp, uint32_t start);
/* The service goes: what waits for it needs it no more. */
void retire_forget_service(struct dataplane_service *service);
void retire_free_all(struct dataplane *dp);

/* --- vip.c --- */
/* Remove those that no service has. */
void vip_remove_unused(struct dataplane *dp);
/* A service for every port of @key's VIP came or went: say so in the VIP's entry. */
void vip_tell_every_port(struct dataplane *dp, const struct place_key *key);

/* --- pool.c --- */
int pool_adopt(struct dataplane *dp, const struct place_key *key, const struct shunt_service *entry,
	       struct error *err);
/* When all pools are adopted: put back the ports that the daemon before held. */
int pool_recover(struct dataplane *dp);
/* A port's flow has ended; the port waits for a grace period, and is given back after it. */
void pool_rest(struct dataplane *dp, uint32_t index);
void pool_end_rest(struct dataplane *dp, uint32_t index);
/* Remove the addresses that were let go and have no flow any more. */
void pool_remove_left(struct dataplane *dp);

/* --- flows.c --- */
struct shunt_port_life life_load(const struct shunt_pool_port *port);
void life_store(struct shunt_pool_port *port, const struct shunt_port_life *life);
/* Packets of the flow that the entry had find it no more. */
void flow_forget(struct dataplane *dp, const struct pool *pool, uint32_t index);
/* When all services and pools are adopted: every flow gets its backend's number as it is now, or
 * ends if its service or its backend is gone. */
void flows_adopt(struct dataplane *dp);
/* End every flow of @count backends from @base on. */
void flows_end_backends(struct dataplane *dp, uint32_t base, uint32_t count);
/* The backends have moved. */
void flows_move_backends(struct dataplane *dp, uint32_t from, uint32_t count, uint32_t to);

/* --- link.c --- */
/* Open what is pinned; the links' program is not replaced yet. */
int link_adopt_all(struct dataplane *dp, struct error *err);
/* From now on every link, also a new one, has that program; on error those that could. */
int link_use_program(struct dataplane *dp, int program_fd, struct error *err);
void link_close_all(struct dataplane *dp);
/* Detach and unpin what is in @dir: pins.links, pins.egress. */
int link_teardown(const char *dir, struct error *err);

/* --- egress.c --- */
bool egress_has_link(const struct dataplane *dp, uint32_t ifindex);
/* The link on the interface, unpinned, is the caller's, who goes on sending by it; -1 = none. */
int egress_take_link(struct dataplane *dp, uint32_t ifindex);
/* An interface was attached, perhaps the first native one: forget those without a link, so that
 * they are asked for again. */
void egress_reconsider(struct dataplane *dp);
int egress_adopt_all(struct dataplane *dp, struct error *err);
void egress_close_all(struct dataplane *dp);

/* --- notes.c --- */
int notes_open(struct dataplane *dp, struct error *err);
int notes_unpin(const struct pins *pins, struct error *err);

/* --- later.c --- */
/* Pin the array of a program that was just loaded; @ret is the program's number. */
int later_pin(const struct pins *pins, int program_fd, int array_fd, uint32_t *ret,
	      struct error *err);
void later_unpin(const struct pins *pins, uint32_t generation); /* 0 = none */
/* From now on a link may have the program: its array stays when this process goes. Should none
 * have it, the next generation removes it. */
void later_keep(struct dataplane *dp);
/* All have it: forget the arrays of those before. */
int later_remove_others(struct dataplane *dp, struct error *err);
/* Unpin it again if no link can have the program. */
void later_close(struct dataplane *dp);
int later_teardown(const struct pins *pins, struct error *err);

/* --- losses.c --- */
/* An XDP link of ours is there, or goes. */
void losses_add_link(struct dataplane *dp, int link_fd);
void losses_remove_link(struct dataplane *dp, int link_fd);
void losses_close(struct dataplane *dp);

/* --- requests.c --- */
int requests_open(struct dataplane *dp, struct error *err);
void requests_close(struct dataplane *dp);

/* --- trace.c --- */
struct trace {
	struct trace_bpf *skeleton;
};
/* On the maps in use; @capture: to be attached, else to be run on a packet, changing nothing. */
int trace_load(struct dataplane *dp, bool capture, struct trace **ret, struct error *err);
struct trace *trace_free(struct trace *trace); /* takes NULL, returns NULL */
DEFINE_CLEANUP(struct trace *, trace_free)

/* --- capture.c --- */
struct capture *capture_free(struct capture *capture); /* takes NULL, returns NULL */
DEFINE_CLEANUP(struct capture *, capture_free)

#endif
