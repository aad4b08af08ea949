// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * egress.c - interfaces that packets only leave by. Many drivers send redirected frames only while
 * an XDP program is attached, so these get one that passes everything, by a link of their own,
 * pinned as those of link.c are. An interface on which another's program sits needs none.
 */
#include "dataplane/internal.h"
#include "dataplane/xdp.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>

/* All that it does: return XDP_PASS. */
static int egress_load_program(struct error *err)
{
	const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS,
		    .expected_attach_type = BPF_XDP); /* as the program that may replace it */
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "shunt_egress", "GPL", program,
			       ARRAY_SIZE(program), &opts);

	return fd < 0 ? error_set(err, -errno, "cannot load the program: %s", strerror(errno)) : fd;
}

static struct egress *egress_find(const struct dataplane *dp, uint32_t ifindex)
{
	for (size_t i = 0; i < dp->egresses_count; i++)
		if (dp->egresses[i].ifindex == ifindex)
			return (struct egress *)&dp->egresses[i];
	return NULL;
}

static bool egress_is_gone(const struct egress *egress)
{
	char name[IF_NAMESIZE];

	return egress->fd >= 0 ? xdp_ifindex(egress->fd) != egress->ifindex
			       : !if_indextoname(egress->ifindex, name);
}

/* Unpin it; its link, which the kernel ends when nobody holds it, is the caller's; -1 = none. */
static int egress_take(struct dataplane *dp, struct egress *egress)
{
	char path[PATH_MAX];
	int fd = egress->fd;

	if (fd >= 0) {
		xdp_path(dp->pins.egress, egress->ifindex, path);
		unlink(path);
	}
	*egress = dp->egresses[--dp->egresses_count];
	return fd;
}

static void egress_forget(struct dataplane *dp, struct egress *egress)
{
	_cleanup_close_ int fd = -1;

	bpf_map_delete_elem(dp->egress_fd, &egress->ifindex);
	fd = egress_take(dp, egress);
}

static void egress_forget_gone(struct dataplane *dp)
{
	for (size_t i = dp->egresses_count; i-- > 0;)
		if (egress_is_gone(&dp->egresses[i]))
			egress_forget(dp, &dp->egresses[i]);
}

bool egress_has_link(const struct dataplane *dp, uint32_t ifindex)
{
	const struct egress *egress = egress_find(dp, ifindex);

	return egress && egress->fd >= 0;
}

int egress_take_link(struct dataplane *dp, uint32_t ifindex)
{
	struct egress *egress = egress_find(dp, ifindex);

	return egress ? egress_take(dp, egress) : -1;
}

void egress_reconsider(struct dataplane *dp)
{
	for (size_t i = dp->egresses_count; i-- > 0;)
		if (dp->egresses[i].fd < 0)
			egress_forget(dp, &dp->egresses[i]);
}

/* --- making one --- */

/* A generic program hands packets to any interface. */
static bool egress_needs_native(const struct dataplane *dp)
{
	for (size_t i = 0; i < dp->links_count; i++)
		if (xdp_is_native(dp->links[i].ifindex))
			return true;
	return false;
}

static int egress_attach(struct dataplane *dp, uint32_t ifindex, const char *name, int *ret_fd,
			 struct error *err)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	_cleanup_close_ int program = egress_load_program(err), fd = -1;
	int r;

	if (program < 0)
		return program;
	fd = bpf_link_create(program, ifindex, BPF_XDP, &opts);
	if (fd < 0)
		return error_set(err, -errno,
				 "interface %s cannot send for XDP: no program can be attached "
				 "natively (%s)",
				 name, strerror(errno));
	r = xdp_pin(dp->pins.egress, ifindex, fd, err);
	if (r == 0)
		*ret_fd = take_fd(fd);
	return r;
}

/* @ret_fd: the link, -1 when none is needed. */
static int egress_prepare(struct dataplane *dp, uint32_t ifindex, const char *name, int *ret_fd,
			  struct error *err)
{
	int r;

	*ret_fd = -1;
	if (xdp_program_id(ifindex)) {
		if (xdp_is_native(ifindex) || !egress_needs_native(dp))
			return 0;
		return error_set(err, -EBUSY,
				 "interface %s cannot send for XDP: another program is attached "
				 "generically",
				 name);
	}
	r = egress_attach(dp, ifindex, name, ret_fd, err);
	return r < 0 && !egress_needs_native(dp) ? 0 : r;
}

int dataplane_egress(struct dataplane *dp, uint32_t ifindex, struct error *err)
{
	struct egress egress = {ifindex};
	char name[IF_NAMESIZE];
	int r;

	if (dataplane_leaves_by(dp, ifindex))
		return 0;
	if (!if_indextoname(ifindex, name))
		return error_set(err, -ENOENT, "there is no interface with number %u", ifindex);
	if (dp->links_count + dp->egresses_count >= SHUNT_LINKS_MAX)
		return error_set(err, -ENOSPC, "interface %s: %d are attached already", name,
				 SHUNT_LINKS_MAX);
	r = egress_prepare(dp, ifindex, name, &egress.fd, err);
	if (r < 0)
		return r;
	dp->egresses[dp->egresses_count++] = egress;
	if (bpf_map_update_elem(dp->egress_fd, &ifindex, &ifindex, BPF_ANY) == 0)
		return 0;
	r = error_set(err, -errno, "interface %s: map egress: %s", name, strerror(errno));
	egress_forget(dp, egress_find(dp, ifindex));
	return r;
}

void dataplane_egress_release(struct dataplane *dp, uint32_t ifindex)
{
	struct egress *egress = egress_find(dp, ifindex);

	if (egress)
		egress_forget(dp, egress);
}

bool dataplane_leaves_by(const struct dataplane *dp, uint32_t ifindex)
{
	for (size_t i = 0; i < dp->links_count; i++)
		if (dp->links[i].ifindex == ifindex)
			return true;
	return egress_find(dp, ifindex);
}

size_t dataplane_egresses(struct dataplane *dp, struct dataplane_link *ret, size_t max)
{
	size_t n;

	egress_forget_gone(dp);
	n = dp->egresses_count < max ? dp->egresses_count : max;
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct dataplane_link){dp->egresses[i].ifindex,
						 xdp_is_native(dp->egresses[i].ifindex)};
	return n;
}

/* --- adoption --- */

struct egress_adoption {
	struct dataplane *dp;
	struct error *err;
};

static int egress_adopt(const char *name, void *arg)
{
	struct egress_adoption *a = arg;
	struct dataplane *dp = a->dp;
	struct egress egress = {strtoul(name, NULL, 10)};
	char path[PATH_MAX];

	if (dp->egresses_count == SHUNT_LINKS_MAX)
		return error_set(a->err, -ENOSPC, "%s: more than %d links are pinned",
				 dp->pins.egress, SHUNT_LINKS_MAX);
	xdp_path(dp->pins.egress, egress.ifindex, path);
	egress.fd = bpf_obj_get(path);
	if (egress.fd < 0)
		return error_set(a->err, -errno, "link %s: %s", path, strerror(errno));
	dp->egresses[dp->egresses_count++] = egress;
	if (xdp_ifindex(egress.fd) == egress.ifindex &&
	    bpf_map_update_elem(dp->egress_fd, &egress.ifindex, &egress.ifindex, BPF_ANY) < 0)
		return error_set(a->err, -errno, "link %s: map egress: %s", path, strerror(errno));
	return 0;
}

int egress_adopt_all(struct dataplane *dp, struct error *err)
{
	struct egress_adoption adoption = {dp, err};
	int r = pins_exists(dp->pins.egress, err);

	return r <= 0 ? r : pins_each(dp->pins.egress, egress_adopt, &adoption);
}

void egress_close_all(struct dataplane *dp)
{
	for (size_t i = 0; i < dp->egresses_count; i++)
		close_cleanup(&dp->egresses[i].fd);
	dp->egresses_count = 0;
}
