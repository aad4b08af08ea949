// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_verifier.c - what the verifier of this kernel had to do for each program: those that forward
 * as shuntd loads them, those that capture in their place, and a backend's. It gives up at a
 * million instructions, and what it follows grows by leaps with a loop or a branch more, another
 * compiler, another kernel. The limit here is a tenth of that: a program that passes it still
 * loads, and there is time to see why.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "dataplane/trace.h"
#include "packet/backend.h"
#include "packet/expect.h"

#define VERIFIED_MAX                                                                               \
	200000 /* instructions followed, over all branches: a fifth of the kernel's limit */
#define MAPS_MAX     64
#define PROGRAMS_MAX 64

struct program {
	const char *build; /* of the sources that are built twice */
	struct bpf_prog_info info;
};

struct loaded {
	struct dataplane *dp;
	struct backend backend;
	struct utsname kernel;
	struct program programs[PROGRAMS_MAX];
	size_t count;
};

static bool add_program(struct loaded *loaded, int fd, const char *build)
{
	struct program *program = &loaded->programs[loaded->count];
	uint32_t length = sizeof(program->info);

	EXPECT(loaded->count < PROGRAMS_MAX);
	program->build = build;
	EXPECT(bpf_obj_get_info_by_fd(fd, &program->info, &length) == 0);
	loaded->count++;
	return true;
}

/* Those that an array of programs names. */
static bool add_called(struct loaded *loaded, int map, uint32_t entries, const char *build)
{
	for (uint32_t key = 0; key < entries; key++) {
		_cleanup_close_ int fd = -1;
		uint32_t id;

		if (bpf_map_lookup_elem(map, &key, &id) < 0)
			continue; /* no program there */
		fd = bpf_prog_get_fd_by_id(id);
		EXPECT(fd >= 0);
		EXPECT(add_program(loaded, fd, build));
	}
	return true;
}

/* The attached program, and by its maps all that it can call. */
static bool add_programs(struct loaded *loaded, int attached, const char *build)
{
	uint32_t ids[MAPS_MAX], length = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = {.map_ids = (uintptr_t)ids, .nr_map_ids = MAPS_MAX};

	EXPECT(add_program(loaded, attached, build));
	EXPECT(bpf_obj_get_info_by_fd(attached, &info, &length) == 0);
	EXPECT(info.nr_map_ids <= MAPS_MAX);
	for (uint32_t i = 0; i < info.nr_map_ids; i++) {
		_cleanup_close_ int fd = bpf_map_get_fd_by_id(ids[i]);
		uint32_t map_length = sizeof(struct bpf_map_info);
		struct bpf_map_info map = {0};

		EXPECT(fd >= 0);
		EXPECT(bpf_obj_get_info_by_fd(fd, &map, &map_length) == 0);
		if (map.type == BPF_MAP_TYPE_PROG_ARRAY)
			EXPECT(add_called(loaded, fd, map.max_entries, build));
	}
	return true;
}

static bool every_program_is_found(void *arg)
{
	struct loaded *loaded = arg;
	struct error error = {0};
	size_t ordinary;

	EXPECT(add_programs(loaded, dataplane_program_fd(loaded->dp), ""));
	ordinary = loaded->count;
	EXPECT(ordinary > 1);
	if (dataplane_capture_begin(loaded->dp, &error) < 0)
		fprintf(stderr, "    %s\n", error.text);
	EXPECT(add_programs(loaded, dataplane_capture_program_fd(loaded->dp), "capturing "));
	EXPECT_EQUAL(loaded->count, 2 * ordinary);
	return add_programs(loaded, loaded->backend.program, "");
}

static bool within_the_limit(void *arg)
{
	const struct loaded *loaded = arg;
	bool within = true;

	for (size_t i = 0; i < loaded->count; i++) {
		const struct bpf_prog_info *info = &loaded->programs[i].info;

		printf("# Linux %s: %s%s: %u instructions verified (limit %d), %u bytes, %u as "
		       "machine code\n",
		       loaded->kernel.release, loaded->programs[i].build, info->name,
		       info->verified_insns, VERIFIED_MAX, info->xlated_prog_len,
		       info->jited_prog_len);
		within = within && info->verified_insns > 0 && info->verified_insns <= VERIFIED_MAX;
	}
	return within;
}

static bool compiled(void *arg)
{
	const struct loaded *loaded = arg;

	/* an interpreted program is several times slower */
	for (size_t i = 0; i < loaded->count; i++)
		EXPECT(loaded->programs[i].info.jited_prog_len > 0);
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"every program is found", every_program_is_found},
		{"the verifier is far from its limit", within_the_limit},
		{"the programs are compiled to machine code", compiled},
	};
	struct loaded loaded = {0};
	int code;

	uname(&loaded.kernel);
	backend_open(&loaded.backend);
	loaded.dp = world_dataplane(0);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &loaded);
	dataplane_close(loaded.dp);
	backend_close(&loaded.backend);
	return code;
}
