// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_verifier.c - what the verifier of this kernel had to do for each program, as shuntd loads
 * it. It gives up at a million instructions, and what it follows grows by leaps with a loop or a
 * branch more, another compiler, another kernel. The limit here is a twentieth of that: a program
 * that passes it still loads, and there is time to see why.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "packet/expect.h"
#include "packet/world.h"

#define VERIFIED_MAX 50000 /* instructions followed, over all branches */

struct loaded {
	struct dataplane *dp;
	struct utsname kernel;
};

static bool within_the_limit(void *arg)
{
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);
	struct loaded *loaded = arg;

	EXPECT(bpf_obj_get_info_by_fd(dataplane_program_fd(loaded->dp), &info, &length) == 0);
	printf("# Linux %s: %s: %u instructions verified (limit %d), %u bytes, %u as machine "
	       "code\n",
	       loaded->kernel.release, info.name, info.verified_insns, VERIFIED_MAX,
	       info.xlated_prog_len, info.jited_prog_len);
	EXPECT(info.verified_insns > 0);
	EXPECT(info.verified_insns <= VERIFIED_MAX);
	return true;
}

static bool compiled(void *arg)
{
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);
	struct loaded *loaded = arg;

	EXPECT(bpf_obj_get_info_by_fd(dataplane_program_fd(loaded->dp), &info, &length) == 0);
	EXPECT(info.jited_prog_len > 0); /* an interpreted program is several times slower */
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"the verifier is far from its limit", within_the_limit},
		{"the program is compiled to machine code", compiled},
	};
	struct loaded loaded;
	int code;

	uname(&loaded.kernel);
	world_isolate();
	loaded.dp = world_dataplane(0);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &loaded);
	dataplane_close(loaded.dp);
	return code;
}
