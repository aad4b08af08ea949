// SPDX-License-Identifier: GPL-2.0-or-later
/* dataplane.c - opening, adopting, activating and taking down; see dataplane.h. */
#include "dataplane/internal.h"
#include "dataplane/trace.h"

#include <errno.h>
#include <unistd.h>

static int dataplane_fill(struct dataplane *dp, struct error *err)
{
	int r;

	/* What the daemon before had taken out of the maps is free after this. */
	r = dp->adopted ? dataplane_grace_wait() : 0;
	if (r < 0)
		return error_set(err, r, "cannot wait for a grace period: %s", strerror(-r));
	for (int v6 = 0; v6 < 2; v6++) {
		struct table *services = &dp->services[v6], *nat = &dp->nat[v6];

		table_adopt(services, services->words, services->shape, services->bits);
		table_adopt(nat, nat->words, nat->shape, nat->bits);
	}
	extent_pool_init(&dp->slots_pool, dp->slots_max);
	extent_pool_init(&dp->backends_pool, dp->backends_max);
	extent_pool_init(&dp->ports_pool, dp->ports_max);
	dp->held = mem_zalloc(dp->ports_max);
	r = service_adopt_all(dp, err);
	if (r < 0)
		return r;
	flows_adopt(dp);
	r = pool_recover(dp);
	if (r < 0)
		return error_set(err, r, "cannot wait for a grace period: %s", strerror(-r));
	nat_adopt(dp);
	r = notes_open(dp, err);
	if (r < 0)
		return r;
	r = link_adopt_all(dp, err);
	if (r < 0)
		return r;
	r = egress_adopt_all(dp, err);
	if (r < 0)
		return r;
	return requests_open(dp, err);
}

int dataplane_open(const struct dataplane_options *options, struct dataplane **ret,
		   struct error *err)
{
	_cleanup_(dataplane_close) struct dataplane *dp = mem_zalloc(sizeof(*dp));
	int r, cpus = libbpf_num_possible_cpus();

	dp->pins.lock_fd = -1;
	dp->notes_fd = -1;
	if (cpus < 0)
		return error_set(err, cpus, "cannot count the CPUs: %s", strerror(-cpus));
	dp->cpus = cpus;
	dp->seed = options->seed;
	dp->slots_max = options->slots_max;
	dp->backends_max = options->backends_max;
	dp->ports_max = options->ports_max;
	r = pins_open(options->pin_dir, true, &dp->pins, err);
	if (r < 0)
		return r;
	r = load_program(dp, err);
	if (r < 0)
		return r;
	r = dataplane_fill(dp, err);
	if (r < 0)
		return r;
	*ret = take_ptr(dp);
	return 0;
}

int dataplane_activate(struct dataplane *dp, struct error *err)
{
	int r, waited = 0;

	later_keep(dp);
	r = link_use_program(dp, dp->program_fd, err);
	/* until no CPU is in the program before: with its array's pin go those that it calls */
	if (r == 0 && dp->adopted)
		waited = dataplane_grace_wait();
	if (waited < 0)
		return error_set(err, waited, "cannot wait for a grace period: %s",
				 strerror(-waited));
	if (r == 0)
		r = later_remove_others(dp, err);
	return r < 0 ? r : pins_remove_other_maps(&dp->pins, dp->pins.maps, err);
}

struct dataplane *dataplane_close(struct dataplane *dp)
{
	if (!dp)
		return NULL;
	dataplane_capture_end(dp);
	trace_free(dp->explain);
	requests_close(dp);
	losses_close(dp);
	link_close_all(dp);
	egress_close_all(dp);
	close_cleanup(&dp->notes_fd);
	later_close(dp);
	retire_free_all(dp);
	service_free_all(dp);
	extent_pool_free(&dp->slots_pool);
	extent_pool_free(&dp->backends_pool);
	extent_pool_free(&dp->ports_pool);
	free(dp->held);
	load_free(dp);
	pins_close(&dp->pins);
	free(dp);
	return NULL;
}

int dataplane_teardown(const char *pin_dir, struct error *err)
{
	struct pins pins;
	int r = pins_open(pin_dir, false, &pins, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	r = link_teardown(pins.links, err);
	if (r == 0)
		r = link_teardown(pins.egress, err);
	if (r == 0)
		r = later_teardown(&pins, err);
	if (r == 0)
		r = pins_remove_other_maps(&pins, NULL, err);
	if (r == 0)
		r = notes_unpin(&pins, err);
	/* A directory that is a mount point, or has something of others in it, stays. */
	if (r == 0 && rmdir(pin_dir) < 0 && errno != EBUSY && errno != ENOTEMPTY)
		r = error_set(err, -errno, "%s: %s", pin_dir, strerror(errno));
	pins_close(&pins);
	return r;
}

/* --- for status --- */

void dataplane_info(const struct dataplane *dp, struct dataplane_info *ret)
{
	struct bpf_prog_info program = {0};
	uint32_t length = sizeof(program);

	*ret = (struct dataplane_info){
		.abi_version = SHUNT_ABI_VERSION,
		.adopted = dp->adopted,
		.seed = dp->seed,
		.slots_max = dp->slots_max,
		.slots_used = dp->slots_pool.used,
		.backends_max = dp->backends_max,
		.ports_max = dp->ports_max,
		.backends_used = dp->backends_pool.used,
		.services_used = HASH_CNT(by_key, dp->services_by_key),
		.map_bytes = load_map_bytes(dp),
	};
	if (bpf_obj_get_info_by_fd(dp->program_fd, &program, &length) < 0)
		return;
	ret->program_id = program.id;
	for (int i = 0; i < BPF_TAG_SIZE; i++)
		snprintf(ret->program_tag + 2 * i, 3, "%02x", program.tag[i]);
}

int dataplane_program_fd(const struct dataplane *dp)
{
	return dp->program_fd;
}
