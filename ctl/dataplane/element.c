// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * element.c - elements of the hash maps whose values are several words.
 *
 * An element that is replaced or removed goes back to the map at once, and the next one put in may
 * get its memory, while a CPU that was interrupted after its look-up still reads it. Within one
 * service that does no harm: old and new values fit together, for ranges are reused only after a
 * grace period. Two services never share an element without a grace period in between; usually the
 * one that retire.c asks for has passed.
 */
#include "dataplane/internal.h"

#include <errno.h>

static int element_settle(struct dataplane *dp, enum element_map map, uint64_t service_id)
{
	int r;

	if (!dp->elements[map].freed_by || dp->elements[map].freed_by == service_id)
		return 0;
	r = dataplane_grace_wait();
	if (r < 0)
		return r;
	for (int i = 0; i < ELEMENT_MAP_COUNT; i++)
		dp->elements[i].freed_by = 0;
	return 0;
}

static int element_freed(struct dataplane *dp, enum element_map map, uint64_t service_id)
{
	int r = element_settle(dp, map, service_id);

	if (r < 0)
		return r;
	dp->elements[map].freed_by = service_id;
	dp->freed_since_ticket = true;
	return 0;
}

int element_put(struct dataplane *dp, enum element_map map, uint64_t service_id, const void *key,
		const void *value)
{
	int fd = dp->elements[map].fd, r;

	r = element_settle(dp, map, service_id);
	if (r < 0)
		return r;
	if (bpf_map_update_elem(fd, key, value, BPF_NOEXIST) == 0)
		return 0;
	if (errno != EEXIST)
		return errno == E2BIG ? -ENOSPC : -errno;
	if (bpf_map_update_elem(fd, key, value, BPF_EXIST) < 0)
		return -errno;
	return element_freed(dp, map, service_id);
}

int element_remove(struct dataplane *dp, enum element_map map, uint64_t service_id, const void *key)
{
	/* Settled first: only one service's elements are ever waited for. */
	int r = element_settle(dp, map, service_id);

	if (r < 0)
		return r;
	if (bpf_map_delete_elem(dp->elements[map].fd, key) < 0)
		return -errno;
	return element_freed(dp, map, service_id);
}
