/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_path_mtu.c - what routers say of a way is believed within bounds, for a while. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "plan/path_mtu.h"

#define MINUTE 60000

static const struct step {
	uint64_t at_ms;
	uint32_t said; /* NOTHING: only time passes */
	uint32_t hop_mtu;
	bool news;
	uint32_t limit;
} story4[] =
	{
#define NOTHING UINT32_MAX
		{0, NOTHING, 1500, false, 1500},
		{0, 1500, 1500, false, 1500},
		{0, 1600, 1500, false, 1500},
		{0, 1400, 1500, true, 1400},
		{1 * MINUTE, 1450, 1500, false, 1400}, /* what goes is shorter anyhow */
		{1 * MINUTE, NOTHING, 1300, false, 1300},
		{5 * MINUTE, 1400, 1500, false, 1400}, /* said again: believed for longer */
		{10 * MINUTE, NOTHING, 1500, false, 1400},
		{15 * MINUTE - 1, NOTHING, 1500, false, 1400},
		{15 * MINUTE, NOTHING, 1500, true, 1500},
		{15 * MINUTE, NOTHING, 1500, false, 1500},
		{16 * MINUTE, 68, 1500, true, 576},
		{16 * MINUTE, 0, 1500, false, 576},
		{16 * MINUTE, 575, 576, false, 576},
		{26 * MINUTE, NOTHING, 1500, true, 1500},
		{27 * MINUTE, 0, 1500, true, 576}, /* a router of before 1990 */
},
  story6[] = {
	  {0, 1279, 1500, true, 1280},
	  {0, 0, 1500, false, 1280},
	  {0, 1400, 1500, false, 1280},
	  {10 * MINUTE, NOTHING, 1500, true, 1500},
	  {10 * MINUTE, 1280, 1280, false, 1280},
	  {10 * MINUTE, 1281, 9000, true, 1281},
};

static void tell(int family, const struct step *steps, size_t n)
{
	struct path_mtu p = {};

	for (size_t i = 0; i < n; i++) {
		const struct step *s = &steps[i];
		bool news = path_mtu_expire(&p, s->at_ms);

		if (s->said != NOTHING)
			news = path_mtu_learn(&p, family, s->said, s->hop_mtu, s->at_ms);
		if (news != s->news || path_mtu_limit(&p, s->hop_mtu) != s->limit)
			fail_msg("step %zu: news %d, limit %u", i, news,
				 path_mtu_limit(&p, s->hop_mtu));
	}
}

static void test_stories(void **state)
{
	tell(AF_INET, story4, ARRAY_SIZE(story4));
	tell(AF_INET6, story6, ARRAY_SIZE(story6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
	};

	return cmocka_run_group_tests_name("path MTU", tests, NULL, NULL);
}
