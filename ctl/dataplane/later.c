// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * later.c - the array by which the program calls the others (bpf/later.h). The kernel empties an
 * array of programs that no process holds and no pin, so each generation has its own, pinned under
 * the number of its program before the links get that, and unpinned when the next has taken over.
 */
#include "dataplane/internal.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static void later_path(const struct pins *pins, uint32_t generation, char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s/%u", pins->later, generation);
}

int later_pin(const struct pins *pins, int program_fd, int array_fd, uint32_t *ret,
	      struct error *err)
{
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);
	char path[PATH_MAX];

	if (bpf_obj_get_info_by_fd(program_fd, &info, &length) < 0)
		return error_set(err, -errno, "the program has no number: %s", strerror(errno));
	if (mkdir(pins->later, 0700) < 0 && errno != EEXIST)
		return error_set(err, -errno, "%s: %s", pins->later, strerror(errno));
	later_path(pins, info.id, path);
	unlink(path); /* left by a program that had the number before */
	if (bpf_obj_pin(array_fd, path) < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	*ret = info.id;
	return 0;
}

void later_unpin(const struct pins *pins, uint32_t generation)
{
	char path[PATH_MAX];

	if (!generation)
		return;
	later_path(pins, generation, path);
	unlink(path);
}

struct later_removal {
	const struct pins *pins;
	uint32_t keep; /* 0 = none */
};

static int later_remove(const char *name, void *arg)
{
	const struct later_removal *removal = arg;
	char path[PATH_MAX];

	if (removal->keep && strtoul(name, NULL, 10) == removal->keep)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", removal->pins->later, name);
	return unlink(path) < 0 ? -errno : 0;
}

static int later_remove_but(const struct pins *pins, uint32_t keep, struct error *err)
{
	struct later_removal removal = {pins, keep};
	int r = pins_each(pins->later, later_remove, &removal);

	if (r < 0)
		return error_set(err, r, "%s: %s", pins->later, strerror(-r));
	return 0;
}

void later_keep(struct dataplane *dp)
{
	dp->generation_used = true;
}

int later_remove_others(struct dataplane *dp, struct error *err)
{
	return later_remove_but(&dp->pins, dp->generation, err);
}

void later_close(struct dataplane *dp)
{
	if (!dp->generation_used)
		later_unpin(&dp->pins, dp->generation);
}

int later_teardown(const struct pins *pins, struct error *err)
{
	int r = later_remove_but(pins, 0, err);

	if (r == 0 && rmdir(pins->later) < 0 && errno != ENOENT)
		r = error_set(err, -errno, "%s: %s", pins->later, strerror(errno));
	return r;
}
