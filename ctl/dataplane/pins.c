// SPDX-License-Identifier: GPL-2.0-or-later
/* pins.c - the pin directory, see pins.h. */
#include "dataplane/pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "shunt/abi.h"

#define MAPS_PREFIX "maps-v"

static int pins_names(const char *dir, struct pins *ret, struct error *err)
{
	if (dir[0] != '/' || strlen(dir) >= sizeof(ret->dir))
		return error_set(err, -EINVAL, "pin directory %s: an absolute path was expected",
				 dir);
	snprintf(ret->dir, sizeof(ret->dir), "%s", dir);
	snprintf(ret->maps, sizeof(ret->maps), "%s/" MAPS_PREFIX "%d", dir, SHUNT_ABI_VERSION);
	snprintf(ret->maps_new, sizeof(ret->maps_new), "%s/" MAPS_PREFIX "%d-new", dir,
		 SHUNT_ABI_VERSION);
	snprintf(ret->links, sizeof(ret->links), "%s/links", dir);
	snprintf(ret->later, sizeof(ret->later), "%s/later", dir);
	snprintf(ret->egress, sizeof(ret->egress), "%s/egress", dir);
	return 0;
}

/* The directory itself, or, where it is still to be made, the one it goes into. */
static int pins_check_bpffs(const char *dir, struct error *err)
{
	_cleanup_free_ char *copy = mem_strdup(dir);
	struct statfs fs;
	const char *at = dir;

	if (statfs(at, &fs) < 0 && errno == ENOENT) {
		at = dirname(copy);
		if (statfs(at, &fs) < 0)
			return error_set(err, -errno, "pin directory %s: %s: %s", dir, at,
					 strerror(errno));
	}
	if ((uint32_t)fs.f_type != BPF_FS_MAGIC)
		return error_set(err, -EINVAL,
				 "pin directory %s: %s is not on a BPF file system; mount one "
				 "first: mount -t bpf bpf /sys/fs/bpf",
				 dir, at);
	return 0;
}

static int pins_check_owner(int fd, const char *dir, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set(err, -errno, "pin directory %s: %s", dir, strerror(errno));
	if (st.st_uid != 0 || st.st_mode & 077)
		return error_set(err, -EPERM,
				 "pin directory %s: owner %u and mode %04o, expected owner 0 and "
				 "mode 0700",
				 dir, st.st_uid, st.st_mode & 07777);
	return 0;
}

int pins_open(const char *dir, bool make, struct pins *ret, struct error *err)
{
	_cleanup_close_ int fd = -1;
	struct pins pins = {.lock_fd = -1};
	int r;

	r = pins_names(dir, &pins, err);
	if (r < 0)
		return r;
	r = pins_check_bpffs(dir, err);
	if (r < 0)
		return r;
	if (make && mkdir(dir, 0700) < 0 && errno != EEXIST)
		return error_set(err, -errno, "pin directory %s: %s", dir, strerror(errno));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, -errno, "pin directory %s: %s", dir, strerror(errno));
	r = pins_check_owner(fd, dir, err);
	if (r < 0)
		return r;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return error_set(
			err, errno == EWOULDBLOCK ? -EBUSY : -errno, "pin directory %s: %s", dir,
			errno == EWOULDBLOCK ? "another shuntd holds it" : strerror(errno));
	*ret = pins;
	ret->lock_fd = take_fd(fd);
	return 0;
}

void pins_close(struct pins *pins)
{
	close_cleanup(&pins->lock_fd);
	pins->lock_fd = -1;
}

int pins_exists(const char *path, struct error *err)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	}
	if (st.st_uid != 0)
		return error_set(err, -EPERM, "%s: owner %u, expected 0", path, st.st_uid);
	return 1;
}

static void closedir_cleanup(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int pins_each(const char *path, int (*each)(const char *name, void *arg), void *arg)
{
	__attribute__((cleanup(closedir_cleanup))) DIR *dir = opendir(path);
	const struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir))) {
		int r;

		if (entry->d_name[0] == '.')
			continue;
		r = each(entry->d_name, arg);
		if (r)
			return r;
	}
	return 0;
}

static int pins_unlink(const char *name, void *arg)
{
	const char *dir = arg;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return unlink(path) < 0 ? -errno : 0;
}

int pins_remove_maps(const char *dir, struct error *err)
{
	int r = pins_each(dir, pins_unlink, (void *)dir);

	if (r == 0 && rmdir(dir) < 0 && errno != ENOENT)
		r = -errno;
	if (r < 0)
		return error_set(err, r, "cannot unpin the maps in %s: %s", dir, strerror(-r));
	return 0;
}

struct remove_others {
	const struct pins *pins;
	const char *keep;
	struct error *err;
};

static int pins_remove_if_other(const char *name, void *arg)
{
	const struct remove_others *others = arg;
	char path[PATH_MAX];

	if (strncmp(name, MAPS_PREFIX, strlen(MAPS_PREFIX)) != 0)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", others->pins->dir, name);
	if (others->keep && strcmp(path, others->keep) == 0)
		return 0;
	return pins_remove_maps(path, others->err);
}

int pins_remove_other_maps(const struct pins *pins, const char *keep, struct error *err)
{
	struct remove_others others = {pins, keep, err};

	return pins_each(pins->dir, pins_remove_if_other, &others);
}
