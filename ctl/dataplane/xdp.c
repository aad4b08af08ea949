// SPDX-License-Identifier: GPL-2.0-or-later
/* xdp.c - see xdp.h */
#include "dataplane/xdp.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <sys/stat.h>
#include <unistd.h>

uint32_t xdp_ifindex(int fd)
{
	struct bpf_link_info info = {0};
	uint32_t length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length) < 0 || info.type != BPF_LINK_TYPE_XDP)
		return 0;
	return info.xdp.ifindex;
}

bool xdp_is_native(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	return bpf_xdp_query(ifindex, 0, &opts) == 0 && opts.attach_mode == XDP_ATTACHED_DRV;
}

uint32_t xdp_program_id(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	if (!ifindex || bpf_xdp_query(ifindex, 0, &opts) < 0)
		return 0;
	return opts.drv_prog_id ?: opts.skb_prog_id ?: opts.hw_prog_id ?: opts.prog_id;
}

int xdp_test_free(uint32_t ifindex, const char *name, struct error *err)
{
	uint32_t id = xdp_program_id(ifindex);

	if (!id)
		return 0;
	return error_set(
		err, -EBUSY,
		"interface %s: another XDP program is attached (id %u); `bpftool prog show "
		"id %u` tells which",
		name, id, id);
}

int xdp_attach(int program_fd, uint32_t ifindex, const char *name, int *ret_fd, struct error *err)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	int fd, native_errno;

	fd = bpf_link_create(program_fd, ifindex, BPF_XDP, &opts);
	if (fd < 0) {
		native_errno = errno;
		opts.flags = XDP_FLAGS_SKB_MODE;
		fd = bpf_link_create(program_fd, ifindex, BPF_XDP, &opts);
		if (fd < 0)
			return error_set(
				err, -errno,
				"interface %s: cannot attach natively (%s) nor generically "
				"(%s)",
				name, strerror(native_errno), strerror(errno));
	}
	*ret_fd = fd;
	return 0;
}

void xdp_path(const char *dir, uint32_t ifindex, char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s/%u", dir, ifindex);
}

int xdp_pin(const char *dir, uint32_t ifindex, int fd, struct error *err)
{
	char path[PATH_MAX];

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return error_set(err, -errno, "%s: %s", dir, strerror(errno));
	xdp_path(dir, ifindex, path);
	if (bpf_obj_pin(fd, path) < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

int xdp_end(const char *path, int fd, struct error *err)
{
	if (xdp_ifindex(fd) && bpf_link_detach(fd) < 0)
		return error_set(err, -errno, "link %s: cannot detach: %s", path, strerror(errno));
	if (unlink(path) < 0)
		return error_set(err, -errno, "link %s: %s", path, strerror(errno));
	return 0;
}
