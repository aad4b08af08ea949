// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * link.c - the program on interfaces: one XDP link each, pinned under its interface's number. A
 * link whose interface is gone stays pinned, with interface number 0, until it is forgotten.
 */
#include "dataplane/internal.h"
#include "dataplane/xdp.h"

#include <errno.h>
#include <net/if.h>
#include <unistd.h>

static struct link *link_find(struct dataplane *dp, uint32_t ifindex)
{
	for (size_t i = 0; i < dp->links_count; i++)
		if (dp->links[i].ifindex == ifindex)
			return &dp->links[i];
	return NULL;
}

/* Packets may leave by the interface. */
static int link_allow_egress(struct dataplane *dp, uint32_t ifindex)
{
	return bpf_map_update_elem(dp->egress_fd, &ifindex, &ifindex, BPF_ANY) < 0 ? -errno : 0;
}

/* Unpin and close; the kernel detaches what nobody holds. */
static void link_forget(struct dataplane *dp, struct link *link)
{
	char path[PATH_MAX];

	xdp_path(dp->pins.links, link->ifindex, path);
	unlink(path);
	losses_remove_link(dp, link->fd);
	close(link->fd);
	bpf_map_delete_elem(dp->egress_fd, &link->ifindex);
	dataplane_note(dp, link->ifindex, 0, NULL);
	*link = dp->links[--dp->links_count];
}

/* --- attaching --- */

/* Where packets left by already, our program takes the place of the one that passes everything. */
static int link_attach(struct dataplane *dp, uint32_t ifindex, const char *name, int *ret_fd,
		       struct error *err)
{
	_cleanup_close_ int fd = egress_take_link(dp, ifindex);
	int r;

	if (fd >= 0) {
		if (bpf_link_update(fd, dp->links_program_fd, NULL) < 0)
			return error_set(err, -errno, "interface %s: cannot attach: %s", name,
					 strerror(errno));
		*ret_fd = take_fd(fd);
		return 0;
	}
	r = xdp_test_free(ifindex, name, err);
	return r < 0 ? r : xdp_attach(dp->links_program_fd, ifindex, name, ret_fd, err);
}

static int link_new(struct dataplane *dp, uint32_t ifindex, const char *name, struct error *err)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (dp->links_count + dp->egresses_count >= SHUNT_LINKS_MAX &&
	    !dataplane_leaves_by(dp, ifindex))
		return error_set(err, -ENOSPC, "interface %s: %d are attached already", name,
				 SHUNT_LINKS_MAX);
	r = link_attach(dp, ifindex, name, &fd, err);
	if (r < 0)
		return r;
	r = link_allow_egress(dp, ifindex);
	if (r < 0)
		return error_set(err, r, "interface %s: map egress: %s", name, strerror(-r));
	r = xdp_pin(dp->pins.links, ifindex, fd, err); /* until here, closing it detaches it */
	if (r < 0) {
		bpf_map_delete_elem(dp->egress_fd, &ifindex);
		return r;
	}
	losses_add_link(dp, fd);
	dp->links[dp->links_count++] = (struct link){ifindex, take_fd(fd)};
	egress_reconsider(dp);
	return 0;
}

int dataplane_attachable(const struct dataplane *dp, uint32_t ifindex, struct error *err)
{
	char name[IF_NAMESIZE];

	for (size_t i = 0; i < dp->links_count; i++)
		if (dp->links[i].ifindex == ifindex)
			return 0;
	if (egress_has_link(dp, ifindex))
		return 0;
	if (!if_indextoname(ifindex, name))
		return error_set(err, -ENOENT, "there is no interface with number %u", ifindex);
	return xdp_test_free(ifindex, name, err);
}

int dataplane_attach(struct dataplane *dp, uint32_t ifindex, struct dataplane_link *ret,
		     struct error *err)
{
	struct link *link = link_find(dp, ifindex);
	char name[IF_NAMESIZE];
	int r;

	if (!if_indextoname(ifindex, name))
		return error_set(err, -ENOENT, "there is no interface with number %u", ifindex);
	if (link && xdp_ifindex(link->fd) != ifindex) { /* its number was given again */
		link_forget(dp, link);
		link = NULL;
	}
	if (!link) {
		r = link_new(dp, ifindex, name, err);
		if (r < 0)
			return r;
	}
	*ret = (struct dataplane_link){ifindex, xdp_is_native(ifindex)};
	return 0;
}

int dataplane_detach(struct dataplane *dp, uint32_t ifindex, struct error *err)
{
	struct link *link = link_find(dp, ifindex);

	if (!link)
		return error_set(err, -ENOENT, "interface %u is not attached", ifindex);
	if (xdp_ifindex(link->fd) == ifindex && bpf_link_detach(link->fd) < 0)
		return error_set(err, -errno, "interface %u: cannot detach: %s", ifindex,
				 strerror(errno));
	link_forget(dp, link);
	return 0;
}

/* Their interface is gone, and another may have got its number. */
static void link_forget_gone(struct dataplane *dp)
{
	for (size_t i = dp->links_count; i-- > 0;)
		if (xdp_ifindex(dp->links[i].fd) != dp->links[i].ifindex)
			link_forget(dp, &dp->links[i]);
}

size_t dataplane_links(struct dataplane *dp, struct dataplane_link *ret, size_t max)
{
	size_t n;

	link_forget_gone(dp);
	n = dp->links_count < max ? dp->links_count : max;
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct dataplane_link){dp->links[i].ifindex,
						 xdp_is_native(dp->links[i].ifindex)};
	return n;
}

/* --- adoption --- */

struct link_adoption {
	struct dataplane *dp;
	struct error *err;
};

static int link_adopt(const char *name, void *arg)
{
	struct link_adoption *a = arg;
	struct dataplane *dp = a->dp;
	uint32_t ifindex = strtoul(name, NULL, 10);
	char path[PATH_MAX];
	struct link link;

	if (dp->links_count == SHUNT_LINKS_MAX)
		return error_set(a->err, -ENOSPC, "%s: more than %d links are pinned",
				 dp->pins.links, SHUNT_LINKS_MAX);
	xdp_path(dp->pins.links, ifindex, path);
	link = (struct link){ifindex, bpf_obj_get(path)};
	if (link.fd < 0)
		return error_set(a->err, -errno, "link %s: %s", path, strerror(errno));
	dp->links[dp->links_count++] = link;
	if (xdp_ifindex(link.fd) == ifindex && link_allow_egress(dp, ifindex) < 0)
		return error_set(a->err, -errno, "link %s: map egress: %s", path, strerror(errno));
	return 0;
}

int link_adopt_all(struct dataplane *dp, struct error *err)
{
	struct link_adoption adoption = {dp, err};
	int r = pins_exists(dp->pins.links, err);

	return r <= 0 ? r : pins_each(dp->pins.links, link_adopt, &adoption);
}

int link_use_program(struct dataplane *dp, int program_fd, struct error *err)
{
	int r = 0;

	dp->links_program_fd = program_fd;
	link_forget_gone(dp);
	for (size_t i = 0; i < dp->links_count; i++) {
		const struct link *link = &dp->links[i];

		if (bpf_link_update(link->fd, program_fd, NULL) < 0 && r == 0)
			r = error_set(err, -errno,
				      "interface %u: cannot put the new program in the place of "
				      "the old: %s",
				      link->ifindex, strerror(errno));
	}
	return r;
}

void link_close_all(struct dataplane *dp)
{
	for (size_t i = 0; i < dp->links_count; i++)
		close(dp->links[i].fd);
	dp->links_count = 0;
}

/* --- taking all away --- */

struct link_removal {
	const char *dir;
	struct error *err;
};

static int link_remove(const char *name, void *arg)
{
	const struct link_removal *removal = arg;
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", removal->dir, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return error_set(removal->err, -errno, "link %s: %s", path, strerror(errno));
	return xdp_end(path, fd, removal->err);
}

int link_teardown(const char *dir, struct error *err)
{
	struct link_removal removal = {dir, err};
	int r = pins_each(dir, link_remove, &removal);

	if (r == 0 && rmdir(dir) < 0 && errno != ENOENT)
		r = error_set(err, -errno, "%s: %s", dir, strerror(errno));
	return r;
}
