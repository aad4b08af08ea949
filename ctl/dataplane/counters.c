// SPDX-License-Identifier: GPL-2.0-or-later
/* counters.c - what the program counts, per CPU and added up. */
#include "dataplane/internal.h"

#include <errno.h>

struct shunt_counters *counters_read(const struct dataplane *dp, uint32_t index)
{
	struct shunt_counters *cpus = mem_zalloc(dp->cpus * sizeof(*cpus));

	/* Cannot fail: the index is within the array. */
	bpf_map_lookup_elem(dp->counters_fd, &index, cpus);
	return cpus;
}

void counters_write(struct dataplane *dp, uint32_t index, const struct shunt_counters *cpus)
{
	bpf_map_update_elem(dp->counters_fd, &index, cpus, BPF_ANY);
}

void counters_zero(struct dataplane *dp, uint32_t index)
{
	_cleanup_free_ struct shunt_counters *cpus = mem_zalloc(dp->cpus * sizeof(*cpus));

	counters_write(dp, index, cpus);
}

void counters_add(struct shunt_counters *sum, const struct shunt_counters *more)
{
	sum->packets += more->packets;
	sum->bytes += more->bytes;
	sum->connections += more->connections;
	sum->reply_packets += more->reply_packets;
	sum->reply_bytes += more->reply_bytes;
}

static void counters_add_cpus(const struct dataplane *dp, struct shunt_counters *sum,
			      const struct shunt_counters *cpus)
{
	for (size_t i = 0; i < dp->cpus; i++)
		counters_add(sum, &cpus[i]);
}

void counters_sum(const struct dataplane *dp, uint32_t base, uint32_t count,
		  struct shunt_counters *ret)
{
	struct shunt_counters sum = {0};

	for (uint32_t i = 0; i < count; i++) {
		_cleanup_free_ struct shunt_counters *cpus = counters_read(dp, base + i);

		counters_add_cpus(dp, &sum, cpus);
	}
	*ret = sum;
}

void counters_keep(struct dataplane_service *service, const struct shunt_counters *more)
{
	uint32_t index = service->entry.backend_base;
	_cleanup_free_ struct shunt_counters *cpus = counters_read(service->dp, index);

	counters_add(&cpus[0], more); /* no packet is ever counted here, so nothing gets lost */
	counters_write(service->dp, index, cpus);
}

void counters_copy(struct dataplane *dp, uint32_t from, uint32_t to, uint32_t count,
		   struct shunt_counters *ret)
{
	struct shunt_counters sum = {0};

	for (uint32_t i = 0; i < count; i++) {
		_cleanup_free_ struct shunt_counters *cpus = counters_read(dp, from + i);

		counters_write(dp, to + i, cpus);
		counters_add_cpus(dp, &sum, cpus);
	}
	*ret = sum;
}

void dataplane_backend_counters(const struct dataplane_service *service, uint16_t number,
				struct shunt_counters *ret)
{
	counters_sum(service->dp, service->entry.backend_base + number, 1, ret);
}

void dataplane_service_counters(const struct dataplane_service *service, struct shunt_counters *ret)
{
	counters_sum(service->dp, service->entry.backend_base, service->entry.backend_cap, ret);
}

void dataplane_reasons(const struct dataplane *dp, uint64_t ret[static SHUNT_REASON_COUNT])
{
	_cleanup_free_ uint64_t *cpus = mem_zalloc(dp->cpus * sizeof(*cpus));

	for (uint32_t reason = 0; reason < SHUNT_REASON_COUNT; reason++) {
		ret[reason] = 0;
		if (bpf_map_lookup_elem(dp->reasons_fd, &reason, cpus) < 0)
			continue;
		for (size_t i = 0; i < dp->cpus; i++)
			ret[reason] += cpus[i];
	}
}
