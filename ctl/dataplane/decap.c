// SPDX-License-Identifier: GPL-2.0-or-later
/* decap.c - see decap.h */
#include "dataplane/decap.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "dataplane/object.h"
#include "dataplane/pins.h"
#include "dataplane/xdp.h"

#include "decap.skel.h"

DEFINE_CLEANUP(struct decap_bpf *, decap_bpf__destroy)

static void pins_close_cleanup(struct pins *pins)
{
	pins_close(pins);
}

static void decap_maps_dir(const char *pin_dir, char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s/maps-v%d", pin_dir, DECAP_ABI_VERSION);
}

/* --- keys --- */

static size_t addr_bytes(int family)
{
	return family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
}

static struct decap_addr vip_key(const struct ip_addr *addr)
{
	struct decap_addr key;

	memset(&key, 0, sizeof(key));
	key.family = addr->family == AF_INET6 ? 6 : 4;
	memcpy(key.word, &addr->v4, addr_bytes(addr->family));
	return key;
}

static struct decap_director director_key(const struct ip_prefix *prefix)
{
	const struct decap_addr addr = vip_key(&prefix->addr);
	struct decap_director key;

	memset(&key, 0, sizeof(key));
	key.prefixlen = DECAP_FAMILY_BITS + prefix->length;
	key.family = addr.family;
	memcpy(key.word, addr.word, sizeof(key.word));
	return key;
}

static struct ip_addr addr_of(const __be32 *word, uint32_t family)
{
	struct ip_addr addr;

	memset(&addr, 0, sizeof(addr));
	if (family != 4 && family != 6)
		return addr;
	addr.family = family == 6 ? AF_INET6 : AF_INET;
	memcpy(&addr.v4, word, addr_bytes(addr.family));
	return addr;
}

/* --- maps made equal to the wish --- */

/* One map and the keys that it shall have. */
struct keys {
	const char *name;
	int fd;
	const void *wanted; /* @count of @size bytes */
	size_t count, size;
};

static bool keys_wanted(const struct keys *keys, const void *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (memcmp((const char *)keys->wanted + i * keys->size, key, keys->size) == 0)
			return true;
	return false;
}

/* The next key after @from that nobody wants; false if there is none. */
static bool keys_next_unwanted(const struct keys *keys, const void *from, void *ret)
{
	while (bpf_map_get_next_key(keys->fd, from, ret) == 0) {
		if (!keys_wanted(keys, ret))
			return true;
		from = ret;
	}
	return false;
}

/* Those that are there and not wanted go first: they may be in the way of the limit. */
static int keys_apply(const struct keys *keys, struct error *err)
{
	const uint32_t one = 1;
	struct decap_director key; /* the larger of the two kinds */

	while (keys_next_unwanted(keys, NULL, &key))
		if (bpf_map_delete_elem(keys->fd, &key) < 0)
			return error_set(err, -errno, "map %s: %s", keys->name, strerror(errno));
	for (size_t i = 0; i < keys->count; i++)
		if (bpf_map_update_elem(keys->fd, (const char *)keys->wanted + i * keys->size, &one,
					BPF_ANY) < 0)
			return error_set(err, -errno, "map %s: %s", keys->name, strerror(errno));
	return 0;
}

static int decap_fill(const struct decap_bpf *s, const struct decap_wish *wish, struct error *err)
{
	_cleanup_free_ struct decap_addr *vips = mem_zalloc(wish->vips_count * sizeof(*vips) + 1);
	_cleanup_free_ struct decap_director *directors =
		mem_zalloc(wish->directors_count * sizeof(*directors) + 1);
	struct keys vip_keys = {"vips", bpf_map__fd(s->maps.vips), vips, wish->vips_count,
				sizeof(*vips)};
	struct keys director_keys = {"directors", bpf_map__fd(s->maps.directors), directors,
				     wish->directors_count, sizeof(*directors)};
	int r;

	for (size_t i = 0; i < wish->vips_count; i++)
		vips[i] = vip_key(&wish->vips[i]);
	for (size_t i = 0; i < wish->directors_count; i++)
		directors[i] = director_key(&wish->directors[i]);
	r = keys_apply(&director_keys, err);
	return r ? r : keys_apply(&vip_keys, err);
}

/* --- the program --- */

/* libbpf takes what is pinned at a map's path, or pins the new map there. */
static int decap_place_maps(struct decap_bpf *s, const char *pin_dir, struct error *err)
{
	struct bpf_map *map;
	char dir[PATH_MAX];

	decap_maps_dir(pin_dir, dir);
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return error_set(err, -errno, "%s: %s", dir, strerror(errno));
	bpf_object__for_each_map (map, s->obj) {
		_cleanup_free_ char *path = mem_printf("%s/%s", dir, bpf_map__name(map));
		int r = bpf_map__is_internal(map) ? 0 : bpf_map__set_pin_path(map, path);

		if (r < 0)
			return error_set(err, r, "%s: %s", path, strerror(-r));
	}
	return 0;
}

static int load_skeleton(void *skeleton)
{
	return decap_bpf__load(skeleton);
}

static int decap_load(const char *pin_dir, struct decap_bpf **ret, struct error *err)
{
	_cleanup_(decap_bpf__destroy) struct decap_bpf *s = NULL;
	int r;

	object_quiet();
	s = decap_bpf__open();
	if (!s)
		return error_set(err, -errno, "cannot open the program: %s", strerror(errno));
	r = decap_place_maps(s, pin_dir, err);
	if (!r)
		r = object_load(load_skeleton, s, err);
	if (!r)
		*ret = take_ptr(s);
	return r;
}

/* --- links --- */

static bool wish_has_link(const struct decap_wish *wish, uint32_t ifindex)
{
	for (size_t i = 0; i < wish->links_count; i++)
		if (wish->links[i] == ifindex)
			return true;
	return false;
}

/* A pinned link that is not wanted goes, as does one whose interface is gone. */
struct removal {
	const char *dir;
	const struct decap_wish *wish;
	struct error *err;
};

static int remove_unwanted(const char *name, void *arg)
{
	const struct removal *removal = arg;
	uint32_t ifindex = strtoul(name, NULL, 10);
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	xdp_path(removal->dir, ifindex, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return error_set(removal->err, -errno, "link %s: %s", path, strerror(errno));
	if (xdp_ifindex(fd) == ifindex && wish_has_link(removal->wish, ifindex))
		return 0;
	return xdp_end(path, fd, removal->err);
}

static int remove_links(const struct pins *pins, const struct decap_wish *wish, struct error *err)
{
	struct removal removal = {pins->links, wish, err};
	int r = pins_exists(pins->links, err);

	return r <= 0 ? r : pins_each(pins->links, remove_unwanted, &removal);
}

static int attach_link(const struct pins *pins, int program_fd, uint32_t ifindex, struct error *err)
{
	char path[PATH_MAX], name[IF_NAMESIZE];
	_cleanup_close_ int fd = -1;
	int r;

	if (!if_indextoname(ifindex, name))
		return 0;
	xdp_path(pins->links, ifindex, path);
	fd = bpf_obj_get(path);
	if (fd >= 0) {
		if (bpf_link_update(fd, program_fd, NULL) == 0)
			return 0;
		return error_set(err, -errno,
				 "interface %s: cannot put the program in the place of the old: %s",
				 name, strerror(errno));
	}
	r = xdp_test_free(ifindex, name, err);
	if (!r)
		r = xdp_attach(program_fd, ifindex, name, &fd, err);
	return r ? r : xdp_pin(pins->links, ifindex, fd, err);
}

static int attach_links(const struct pins *pins, int program_fd, const struct decap_wish *wish,
			struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < wish->links_count && !r; i++)
		r = attach_link(pins, program_fd, wish->links[i], err);
	return r;
}

/* --- all of it --- */

static int take_all_away(const struct pins *pins, struct error *err)
{
	const struct decap_wish nothing = {};
	int r = remove_links(pins, &nothing, err);

	if (!r)
		r = pins_remove_other_maps(pins, NULL, err);
	if (!r && ((rmdir(pins->links) < 0 && errno != ENOENT) || rmdir(pins->dir) < 0))
		r = error_set(err, -errno, "%s: %s", pins->dir, strerror(errno));
	return r;
}

static int test_limits(const struct decap_wish *wish, struct error *err)
{
	if (wish->vips_count > DECAP_VIPS_MAX)
		return error_set(err, -ENOSPC, "at most %d VIPs can be enabled", DECAP_VIPS_MAX);
	if (wish->directors_count > DECAP_DIRECTORS_MAX)
		return error_set(err, -ENOSPC, "at most %d directors can be named",
				 DECAP_DIRECTORS_MAX);
	if (wish->links_count > DECAP_LINKS_MAX)
		return error_set(err, -ENOSPC, "the program can be on at most %d interfaces",
				 DECAP_LINKS_MAX);
	return 0;
}

/* The lock is for the case that two people have state directories of their own. */
static int open_pins(const char *pin_dir, bool make, struct pins *ret, struct error *err)
{
	int r = pins_open(pin_dir, make, ret, err);

	if (r == -EBUSY)
		return error_set(err, r, "pin directory %s: another `shunt realserver` is at work",
				 pin_dir);
	return r;
}

int decap_apply(const char *pin_dir, const struct decap_wish *wish, struct error *err)
{
	_cleanup_(decap_bpf__destroy) struct decap_bpf *s = NULL;
	_cleanup_(pins_close) struct pins pins = {.lock_fd = -1};
	char maps[PATH_MAX];
	int r = test_limits(wish, err);

	if (r)
		return r;
	r = open_pins(pin_dir, wish->vips_count > 0, &pins, err);
	if (r)
		return r == -ENOENT && !wish->vips_count ? 0 : r;
	if (!wish->vips_count)
		return take_all_away(&pins, err);
	r = decap_load(pin_dir, &s, err);
	if (!r)
		r = decap_fill(s, wish, err);
	if (!r)
		r = remove_links(&pins, wish, err);
	if (!r)
		r = attach_links(&pins, bpf_program__fd(s->progs.decap), wish, err);
	decap_maps_dir(pin_dir, maps);
	return r ? r : pins_remove_other_maps(&pins, maps, err);
}

/* --- looking --- */

static int open_map(const char *pin_dir, const char *name)
{
	char dir[PATH_MAX];
	_cleanup_free_ char *path = NULL;

	decap_maps_dir(pin_dir, dir);
	path = mem_printf("%s/%s", dir, name);
	return bpf_obj_get(path);
}

static void look_at_directors(int fd, struct decap_view *view)
{
	struct decap_director key, *from = NULL;

	while (view->directors_count < DECAP_DIRECTORS_MAX &&
	       bpf_map_get_next_key(fd, from, &key) == 0) {
		view->directors[view->directors_count++] = (struct ip_prefix){
			.addr = addr_of(key.word, key.family),
			.length = key.prefixlen - DECAP_FAMILY_BITS,
		};
		from = &key;
	}
}

static void look_at_reasons(int fd, struct decap_view *view)
{
	size_t cpus = libbpf_num_possible_cpus();
	_cleanup_free_ uint64_t *values = mem_zalloc(cpus * sizeof(*values));

	for (uint32_t reason = 0; reason < DECAP_REASON_COUNT; reason++) {
		if (bpf_map_lookup_elem(fd, &reason, values) < 0)
			continue;
		for (size_t i = 0; i < cpus; i++)
			view->reasons[reason] += values[i];
	}
}

static void look_at_maps(const char *pin_dir, const struct ip_addr *vip, struct decap_view *view)
{
	_cleanup_close_ int vips = open_map(pin_dir, "vips");
	_cleanup_close_ int directors = open_map(pin_dir, "directors");
	_cleanup_close_ int reasons = open_map(pin_dir, "decap_reasons");
	_cleanup_close_ int strangers = open_map(pin_dir, "strangers");
	const struct decap_addr key = vip_key(vip);
	struct decap_addr stranger = {};
	uint32_t value = 0;

	view->vip_enabled = vips >= 0 && bpf_map_lookup_elem(vips, &key, &value) == 0;
	if (directors >= 0)
		look_at_directors(directors, view);
	if (reasons >= 0)
		look_at_reasons(reasons, view);
	value = 0;
	if (strangers >= 0 && bpf_map_lookup_elem(strangers, &value, &stranger) == 0)
		view->stranger = addr_of(stranger.word, stranger.family);
}

/* Is there a link of ours on the interface? 1, 0, or a negative errno. */
static int find_link(const char *pin_dir, uint32_t ifindex)
{
	_cleanup_free_ char *links = mem_printf("%s/links", pin_dir);
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	xdp_path(links, ifindex, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return xdp_ifindex(fd) == ifindex;
}

int decap_look(const char *pin_dir, uint32_t ifindex, const struct ip_addr *vip,
	       struct decap_view *ret, struct error *err)
{
	struct decap_view view = {};
	int r;

	object_quiet();
	r = find_link(pin_dir, ifindex);
	if (r < 0)
		return error_set(err, r, "pin directory %s: %s", pin_dir, strerror(-r));
	view.ours = ifindex && r;
	view.program_id = xdp_program_id(ifindex);
	view.native = view.program_id && xdp_is_native(ifindex);
	look_at_maps(pin_dir, vip, &view);
	*ret = view;
	return 0;
}

int decap_program(const char *pin_dir, uint32_t ifindex)
{
	uint32_t id = find_link(pin_dir, ifindex) == 1 ? xdp_program_id(ifindex) : 0;

	return id ? bpf_prog_get_fd_by_id(id) : -ENOENT;
}
