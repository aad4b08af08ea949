// SPDX-License-Identifier: GPL-2.0-or-later
/* grace.c - waiting until no CPU runs the program with what it read from the maps before. */
#include "dataplane/internal.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>

/*
 * An update of a map of maps returns only when no program can still use the old inner map: the
 * kernel waits for a grace period. The maps are made for this one update.
 */
static int grace_by_map(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	_cleanup_close_ int inner = -1, outer = -1;
	uint32_t zero = 0;

	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "grace", sizeof(zero), sizeof(zero), 1, NULL);
	if (inner < 0)
		return -errno;
	opts.inner_map_fd = inner;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "grace", sizeof(zero), sizeof(zero), 1,
			       &opts);
	if (outer < 0)
		return -errno;
	return bpf_map_update_elem(outer, &zero, &inner, BPF_ANY) < 0 ? -errno : 0;
}

/*
 * The program runs inside an RCU read-side section, so a grace period of RCU is what is needed.
 * MEMBARRIER_CMD_GLOBAL promises a barrier on every running thread, and the kernel keeps that
 * promise by synchronize_rcu(). It refuses (EINVAL) where CPUs run with nohz_full, as machines
 * tuned for packets do.
 */
int dataplane_grace_wait(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0)
		return 0;
	return errno == EINVAL || errno == ENOSYS ? grace_by_map() : -errno;
}
