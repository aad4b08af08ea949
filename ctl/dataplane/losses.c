// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * losses.c - the kernel's tracepoints for packets that were lost after the program's verdict:
 * loaded and attached for as long as the daemon runs. Nothing is pinned: without a daemon packets
 * flow, and what is lost on the way out is not counted.
 */
#include "dataplane/internal.h"

#include <errno.h>

#include "dataplane/object.h"
#include "losses.skel.h"

static int losses_load(void *skeleton)
{
	return losses_bpf__load(skeleton);
}

static uint32_t link_id(int fd)
{
	struct bpf_link_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &length) < 0 ? 0 : info.id;
}

void losses_add_link(struct dataplane *dp, int link_fd)
{
	uint32_t id = link_id(link_fd);

	if (dp->losses && id)
		bpf_map_update_elem(bpf_map__fd(dp->losses->maps.links), &id, &id, BPF_ANY);
}

void losses_remove_link(struct dataplane *dp, int link_fd)
{
	uint32_t id = link_id(link_fd);

	if (dp->losses && id)
		bpf_map_delete_elem(bpf_map__fd(dp->losses->maps.links), &id);
}

void losses_close(struct dataplane *dp)
{
	if (dp->losses)
		losses_bpf__destroy(dp->losses);
	dp->losses = NULL;
}

int dataplane_count_losses(struct dataplane *dp, struct error *err)
{
	int r;

	dp->losses = losses_bpf__open();
	if (!dp->losses)
		return error_set(err, -errno, "cannot open the program: %s", strerror(errno));
	r = bpf_map__reuse_fd(dp->losses->maps.reasons, dp->reasons_fd);
	if (r < 0)
		error_set(err, r, "map reasons: %s", strerror(-r));
	else
		r = object_load(losses_load, dp->losses, err);
	if (r == 0) {
		r = losses_bpf__attach(dp->losses);
		if (r < 0)
			error_set(err, r, "cannot attach to the kernel's tracepoints: %s",
				  strerror(-r));
	}
	if (r < 0) {
		losses_close(dp);
		return r;
	}
	for (size_t i = 0; i < dp->links_count; i++)
		losses_add_link(dp, dp->links[i].fd);
	return 0;
}

bool dataplane_counts_losses(const struct dataplane *dp)
{
	return dp->losses;
}
