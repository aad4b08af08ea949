// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load.c - from the embedded object to a loaded program with mapped maps: new ones, pinned in one
 * step when they are complete, or those that are pinned already.
 */
#include "dataplane/internal.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/object.h"
#include "shunt.skel.h"

#define DAMAGED        "the pins are damaged; `shuntd --stop-forwarding` removes them"
#define RESOLVE_TOKENS 64 /* until the daemon first says how many */

static int load_skeleton(void *skeleton)
{
	return shunt_bpf__load(skeleton);
}

/* --- sizes --- */

/* At least half of the places stay empty, with every backend in nat4, or in nat6. */
static uint32_t load_nat_bits(const struct dataplane *dp)
{
	uint32_t bits = 4;

	while (1u << bits < 2 * dp->backends_max)
		bits++;
	return bits;
}

/* A ring has room for all ports of its protocol, should they be of one family. */
static uint32_t load_ring_bits(const struct dataplane *dp)
{
	uint32_t bits = 4;

	while (1u << bits < dp->ports_max / 2)
		bits++;
	return bits;
}

static void load_set_sizes(struct dataplane *dp)
{
	struct shunt_bpf *s = dp->skeleton;

	bpf_map__set_value_size(s->maps.slots, dp->slots_max * sizeof(__u32));
	bpf_map__set_max_entries(s->maps.backends, dp->backends_max);
	bpf_map__set_max_entries(s->maps.counters, dp->backends_max);
	bpf_map__set_value_size(s->maps.nat4, sizeof(struct shunt_nat4) << load_nat_bits(dp));
	bpf_map__set_value_size(s->maps.nat6, sizeof(struct shunt_nat6) << load_nat_bits(dp));
	bpf_map__set_max_entries(s->maps.pool_ports, dp->ports_max);
	bpf_map__set_max_entries(s->maps.flows, dp->ports_max);
	bpf_map__set_value_size(s->maps.free_ports, SHUNT_RINGS * sizeof(__u32)
							    << load_ring_bits(dp));
	s->rodata->ring_bits = load_ring_bits(dp);
	s->rodata->nat_bits = load_nat_bits(dp);
	s->rodata->slots_max = dp->slots_max;
	s->rodata->hash_keys = shunt_hash_keys(dp->seed);
}

static size_t load_map_size(const struct bpf_map *map)
{
	return (size_t)bpf_map__value_size(map) * bpf_map__max_entries(map);
}

static void *load_mmap(const struct bpf_map *map)
{
	void *p = mmap(NULL, load_map_size(map), PROT_READ | PROT_WRITE, MAP_SHARED,
		       bpf_map__fd(map), 0);

	return p == MAP_FAILED ? NULL : p;
}

static void load_munmap(const struct bpf_map *map, void *p)
{
	if (p)
		munmap(p, load_map_size(map));
}

/* --- pinned maps --- */

static int load_open_pin(struct dataplane *dp, const char *name, int *ret_fd, struct error *err)
{
	char path[PATH_MAX];
	int fd, r;

	snprintf(path, sizeof(path), "%s/%s", dp->pins.maps, name);
	r = pins_exists(path, err);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set(err, -EUCLEAN, "map %s is missing: " DAMAGED, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return error_set(err, -errno, "map %s: %s", path, strerror(errno));
	*ret_fd = fd;
	return 0;
}

/* The kernel adds a flag of its own to device maps. */
static bool load_same_shape(const struct bpf_map *map, const struct bpf_map_info *info)
{
	return info->type == bpf_map__type(map) && info->key_size == bpf_map__key_size(map) &&
	       info->value_size == bpf_map__value_size(map) &&
	       info->max_entries == bpf_map__max_entries(map) &&
	       (info->map_flags & ~BPF_F_RDONLY_PROG) == bpf_map__map_flags(map);
}

static int load_reuse_map(struct dataplane *dp, struct bpf_map *map, struct error *err)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	_cleanup_close_ int fd = -1;
	int r;

	r = load_open_pin(dp, bpf_map__name(map), &fd, err);
	if (r < 0)
		return r;
	if (bpf_obj_get_info_by_fd(fd, &info, &length) < 0)
		return error_set(err, -errno, "map %s: %s", bpf_map__name(map), strerror(errno));
	if (!load_same_shape(map, &info))
		return error_set(err, -EUCLEAN,
				 "map %s/%s has another type or size than ABI version %d: " DAMAGED,
				 dp->pins.maps, bpf_map__name(map), SHUNT_ABI_VERSION);
	r = bpf_map__reuse_fd(map, fd);
	if (r < 0)
		return error_set(err, r, "map %s: %s", bpf_map__name(map), strerror(-r));
	return 0;
}

/* Seed and sizes of the maps that are there, before anything else is opened. */
static int load_read_meta(struct dataplane *dp, struct error *err)
{
	struct shunt_meta meta = {0};
	_cleanup_close_ int fd = -1;
	uint32_t zero = 0;
	int r;

	r = load_open_pin(dp, "meta", &fd, err);
	if (r < 0)
		return r;
	if (bpf_map_lookup_elem(fd, &zero, &meta) < 0 || meta.abi_version != SHUNT_ABI_VERSION ||
	    !meta.slots_max || !meta.backends_max || !meta.ports_max)
		return error_set(err, -EUCLEAN, "map %s/meta is not of ABI version %d: " DAMAGED,
				 dp->pins.maps, SHUNT_ABI_VERSION);
	dp->seed = meta.seed;
	dp->slots_max = meta.slots_max;
	dp->backends_max = meta.backends_max;
	dp->ports_max = meta.ports_max;
	return 0;
}

bool load_is_kept(const struct bpf_map *map)
{
	return !bpf_map__is_internal(map) && bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY;
}

static int load_reuse_maps(struct dataplane *dp, struct error *err)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, dp->skeleton->obj) {
		int r = load_is_kept(map) ? load_reuse_map(dp, map, err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Pin new maps all at once: into a directory that nobody looks for, which then gets its name. A
 * crash leaves all maps or none.
 */
static int load_pin_maps(struct dataplane *dp, struct error *err)
{
	struct bpf_map *map;

	if (mkdir(dp->pins.maps_new, 0700) < 0)
		return error_set(err, -errno, "%s: %s", dp->pins.maps_new, strerror(errno));
	bpf_object__for_each_map (map, dp->skeleton->obj) {
		char path[PATH_MAX];

		if (!load_is_kept(map))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dp->pins.maps_new, bpf_map__name(map));
		if (bpf_obj_pin(bpf_map__fd(map), path) < 0)
			return error_set(err, -errno, "%s: %s", path, strerror(errno));
	}
	if (rename(dp->pins.maps_new, dp->pins.maps) < 0)
		return error_set(err, -errno, "%s: %s", dp->pins.maps, strerror(errno));
	return 0;
}

/* --- all together --- */

static int load_table(const struct bpf_map *map, struct table_shape shape, uint32_t bits,
		      struct table *ret)
{
	*ret = (struct table){.words = load_mmap(map), .shape = shape, .bits = bits};
	return ret->words ? 0 : -errno;
}

static int load_map_memory(struct dataplane *dp, struct error *err)
{
	struct shunt_bpf *s = dp->skeleton;
	const uint32_t services_bits = SHUNT_SERVICES_BITS, nat_bits = load_nat_bits(dp);

	dp->slots = load_mmap(s->maps.slots);
	dp->backends = load_mmap(s->maps.backends);
	dp->meta = load_mmap(s->maps.meta);
	dp->pool_ports = load_mmap(s->maps.pool_ports);
	dp->rings = load_mmap(s->maps.rings);
	dp->free_ports = load_mmap(s->maps.free_ports);
	dp->ring_bits = load_ring_bits(dp);
	if (!dp->slots || !dp->backends || !dp->meta || !dp->pool_ports || !dp->rings ||
	    !dp->free_ports ||
	    load_table(s->maps.services4, table_shape4, services_bits, &dp->services[0]) < 0 ||
	    load_table(s->maps.services6, table_shape6, services_bits, &dp->services[1]) < 0 ||
	    load_table(s->maps.nat4, table_shape4, nat_bits, &dp->nat[0]) < 0 ||
	    load_table(s->maps.nat6, table_shape6, nat_bits, &dp->nat[1]) < 0)
		return error_set(err, -errno, "cannot map the maps into memory: %s",
				 strerror(errno));
	return 0;
}

static void load_take_fds(struct dataplane *dp)
{
	struct shunt_bpf *s = dp->skeleton;

	dp->program_fd = dp->links_program_fd = bpf_program__fd(s->progs.shunt);
	dp->counters_fd = bpf_map__fd(s->maps.counters);
	dp->reasons_fd = bpf_map__fd(s->maps.reasons);
	dp->requests_fd = bpf_map__fd(s->maps.requests);
	dp->flows_fd = bpf_map__fd(s->maps.flows);
	dp->egress_fd = bpf_map__fd(s->maps.egress);
	dp->ports_fd = bpf_map__fd(s->maps.ports);
}

static void load_write_meta(struct dataplane *dp)
{
	*dp->meta = (struct shunt_meta){
		.abi_version = SHUNT_ABI_VERSION,
		.slots_max = dp->slots_max,
		.backends_max = dp->backends_max,
		.ports_max = dp->ports_max,
		.seed = dp->seed,
	};
}

int load_program(struct dataplane *dp, struct error *err)
{
	int r;

	object_quiet();
	r = pins_remove_maps(dp->pins.maps_new, err);
	if (r < 0)
		return r;
	r = pins_exists(dp->pins.maps, err);
	if (r < 0)
		return r;
	dp->adopted = r;
	if (dp->adopted)
		r = load_read_meta(dp, err);
	if (r < 0)
		return r;
	dp->skeleton = shunt_bpf__open();
	if (!dp->skeleton)
		return error_set(err, -errno, "cannot open the program: %s", strerror(errno));
	load_set_sizes(dp);
	if (dp->adopted)
		r = load_reuse_maps(dp, err);
	if (r >= 0)
		r = object_load(load_skeleton, dp->skeleton, err);
	if (r >= 0)
		r = load_map_memory(dp, err);
	if (r < 0)
		return r;
	load_take_fds(dp);
	if (!dp->adopted) {
		load_write_meta(dp);
		r = load_pin_maps(dp, err);
	}
	if (r >= 0)
		r = later_pin(&dp->pins, dp->program_fd, bpf_map__fd(dp->skeleton->maps.later),
			      &dp->generation, err);
	dp->meta->resolve_tokens = RESOLVE_TOKENS;
	return r;
}

void load_free(struct dataplane *dp)
{
	struct shunt_bpf *s = dp->skeleton;

	if (!s)
		return;
	load_munmap(s->maps.slots, dp->slots);
	load_munmap(s->maps.backends, dp->backends);
	load_munmap(s->maps.meta, dp->meta);
	load_munmap(s->maps.pool_ports, dp->pool_ports);
	load_munmap(s->maps.rings, dp->rings);
	load_munmap(s->maps.free_ports, dp->free_ports);
	load_munmap(s->maps.services4, dp->services[0].words);
	load_munmap(s->maps.services6, dp->services[1].words);
	load_munmap(s->maps.nat4, dp->nat[0].words);
	load_munmap(s->maps.nat6, dp->nat[1].words);
	shunt_bpf__destroy(s);
}

/* What the kernel says one map takes. */
static uint64_t load_one_map_bytes(int fd)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[64], line[128];
	unsigned long long bytes = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	return bytes;
}

uint64_t load_map_bytes(const struct dataplane *dp)
{
	struct bpf_map *map;
	uint64_t bytes = 0;

	bpf_object__for_each_map (map, dp->skeleton->obj)
		bytes += load_one_map_bytes(bpf_map__fd(map));
	return bytes;
}
