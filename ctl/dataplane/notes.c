// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * notes.c - what the caller wants to know again of an attached interface: one word each, in a map
 * pinned beside the links. It has no ABI version, for it must outlive a change of it, and goes with
 * the links: a reboot, after which nothing of it would be true, takes both.
 */
#include "dataplane/internal.h"

#include <errno.h>

static void notes_path(const char *pin_dir, char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s/notes", pin_dir);
}

static bool notes_right_shape(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 && info.type == BPF_MAP_TYPE_HASH &&
	       info.key_size == sizeof(uint32_t) && info.value_size == sizeof(uint32_t);
}

static int notes_make(const char *path, struct error *err)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "notes", sizeof(uint32_t), sizeof(uint32_t),
				DATAPLANE_NOTES_MAX, NULL);

	if (fd < 0)
		return error_set(err, -errno, "map notes: %s", strerror(errno));
	if (bpf_obj_pin(fd, path) < 0) {
		int r = error_set(err, -errno, "%s: %s", path, strerror(errno));

		close(fd);
		return r;
	}
	return fd;
}

int notes_open(struct dataplane *dp, struct error *err)
{
	char path[PATH_MAX];
	int r;

	notes_path(dp->pins.dir, path);
	r = pins_exists(path, err);
	if (r < 0)
		return r;
	if (r == 0) {
		dp->notes_fd = notes_make(path, err);
		return dp->notes_fd < 0 ? dp->notes_fd : 0;
	}
	dp->notes_fd = bpf_obj_get(path);
	if (dp->notes_fd < 0)
		return error_set(err, -errno, "map %s: %s", path, strerror(errno));
	if (!notes_right_shape(dp->notes_fd))
		return error_set(err, -EUCLEAN,
				 "map %s has another type or size than expected: the pins are "
				 "damaged; `shuntd --stop-forwarding` removes them",
				 path);
	return 0;
}

int notes_unpin(const struct pins *pins, struct error *err)
{
	char path[PATH_MAX];

	notes_path(pins->dir, path);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* --- the words --- */

int dataplane_note(struct dataplane *dp, uint32_t ifindex, uint32_t word, struct error *err)
{
	int r;

	if (word)
		r = bpf_map_update_elem(dp->notes_fd, &ifindex, &word, BPF_ANY);
	else
		r = bpf_map_delete_elem(dp->notes_fd, &ifindex);
	if (r < 0 && (word || errno != ENOENT))
		return error_set(err, -errno, "interface %u: map notes: %s", ifindex,
				 strerror(errno));
	return 0;
}

uint32_t dataplane_noted(const struct dataplane *dp, uint32_t ifindex)
{
	uint32_t word = 0;

	return bpf_map_lookup_elem(dp->notes_fd, &ifindex, &word) < 0 ? 0 : word;
}

static size_t notes_read(int fd, struct dataplane_note *ret, size_t max)
{
	uint32_t *at = NULL, next;
	size_t n = 0;

	while (n < max && bpf_map_get_next_key(fd, at, &next) == 0) {
		ret[n].ifindex = next;
		at = &ret[n].ifindex;
		if (bpf_map_lookup_elem(fd, at, &ret[n].word) == 0)
			n++;
	}
	return n;
}

size_t dataplane_notes(const struct dataplane *dp, struct dataplane_note *ret, size_t max)
{
	return notes_read(dp->notes_fd, ret, max);
}

size_t dataplane_pinned_notes(const char *pin_dir, struct dataplane_note *ret, size_t max)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	notes_path(pin_dir, path);
	if (pins_exists(path, NULL) <= 0)
		return 0;
	fd = bpf_obj_get(path);
	return fd >= 0 && notes_right_shape(fd) ? notes_read(fd, ret, max) : 0;
}
