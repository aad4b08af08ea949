/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_record.c - what enable did, written down and read again. */
#include "unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "realserver/record.h"

static struct enabled entry_of(const char *vip, int forward)
{
	struct enabled entry = {.forward = forward, .dev = "eth0", .address_ours = true};

	ip_addr_parse(vip, &entry.vip, NULL);
	return entry;
}

static void fill(struct record *record)
{
	struct enabled entry = entry_of("192.0.2.10", SHUNT_FORWARD_GUE);

	ip_prefix_parse("10.0.0.1", &entry.directors.v[0], NULL);
	ip_prefix_parse("2001:db8::/32", &entry.directors.v[1], NULL);
	entry.directors.n = 2;
	record_put(record, &entry);
	entry = entry_of("2001:db8::10", SHUNT_FORWARD_DR);
	entry.address_ours = false;
	record_put(record, &entry);
	record_keep(record, "net/ipv4/conf/eth0.5/rp_filter", 1, 2);
}

static void test_round_trip(void **state)
{
	_cleanup_(record_clear) struct record wrote = {}, read = {};
	char text[IP_PREFIX_LEN];

	fill(&wrote);
	assert_int_equal(record_save(*state, &wrote, NULL), 0);
	assert_int_equal(record_load(*state, &read, NULL), 0);
	assert_int_equal(read.vips_count, 2);
	assert_int_equal(read.vips[0].forward, SHUNT_FORWARD_GUE);
	assert_string_equal(read.vips[0].dev, "eth0");
	assert_true(read.vips[0].address_ours);
	assert_int_equal(read.vips[0].directors.n, 2);
	assert_string_equal(ip_prefix_format(&read.vips[0].directors.v[1], text), "2001:db8::/32");
	assert_string_equal(ip_addr_format(&read.vips[1].vip, text), "2001:db8::10");
	assert_false(read.vips[1].address_ours);
	assert_int_equal(read.sysctls_count, 1);
	assert_string_equal(read.sysctls[0].path, "net/ipv4/conf/eth0.5/rp_filter");
	assert_int_equal(read.sysctls[0].before, 1);
	assert_int_equal(read.sysctls[0].set, 2);
}

static void test_changes(void **state)
{
	_cleanup_(record_clear) struct record record = {};
	struct enabled entry = entry_of("192.0.2.10", SHUNT_FORWARD_DR);
	const struct ip_addr vip = entry.vip;

	fill(&record);
	assert_true(record_has_tunnel(&record));
	record_put(&record, &entry); /* in the place of the old */
	assert_int_equal(record.vips_count, 2);
	assert_false(record_has_tunnel(&record));
	record_keep(&record, "net/ipv4/conf/eth0.5/rp_filter", 2, 0);
	assert_int_equal(record.sysctls_count, 1);
	assert_int_equal(record.sysctls[0].before, 1); /* as it was at first */
	assert_int_equal(record.sysctls[0].set, 0);
	record_remove(&record, &vip);
	assert_null(record_find(&record, &vip));
	record_remove(&record, &vip);
	assert_int_equal(record.vips_count, 1);
}

static void test_empty(void **state)
{
	_cleanup_(record_clear) struct record record = {}, nothing = {};

	assert_int_equal(record_load(*state, &record, NULL), 0);
	assert_int_equal(record.vips_count, 0);
	fill(&record);
	assert_int_equal(record_save(*state, &record, NULL), 0);
	assert_int_equal(access(scratch_path(state, "realserver.json"), F_OK), 0);
	assert_int_equal(record_save(*state, &nothing, NULL), 0);
	assert_int_equal(access(scratch_path(state, "realserver.json"), F_OK), -1);
	assert_int_equal(record_save(*state, &nothing, NULL), 0);
}

/* Its addresses and programs are not here. */
static void test_of_another_namespace(void **state)
{
	static const char text[] = "{\"version\": 1, \"netns\": 1, \"vips\": [], \"sysctls\": []}";
	_cleanup_(record_clear) struct record record = {};
	struct error err = {};

	scratch_write(state, "realserver.json", text);
	assert_int_equal(record_load(*state, &record, &err), -EXDEV);
	assert_non_null(strstr(err.text, "is of another network namespace"));
	unlink(scratch_path(state, "realserver.json"));
}

static void test_damaged(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"version\": 2, \"netns\": 1, \"vips\": [], \"sysctls\": []}",
		"{\"version\": 1, \"netns\": 1, \"vips\": {}, \"sysctls\": []}",
		"{\"version\": 1, \"netns\": 1, \"vips\": [{\"vip\": \"192.0.2.10\"}], "
		"\"sysctls\": []}",
		"{\"version\": 1, \"netns\": 1, \"vips\": [{\"vip\": \"x\", \"forward\": \"dr\", "
		"\"dev\": \"\", "
		"\"directors\": [], \"address_ours\": true}], \"sysctls\": []}",
		"{\"version\": 1, \"netns\": 1, \"vips\": [{\"vip\": \"192.0.2.1\", \"forward\": "
		"\"rd\", "
		"\"dev\": "
		"\"\", \"directors\": [], \"address_ours\": true}], \"sysctls\": []}",
		"{\"version\": 1, \"netns\": 1, \"vips\": [{\"vip\": \"192.0.2.1\", \"forward\": "
		"\"dr\", "
		"\"dev\": "
		"\"\", \"directors\": [7], \"address_ours\": true}], \"sysctls\": []}",
		"{\"version\": 1, \"netns\": 1, \"vips\": [], \"sysctls\": [{\"path\": "
		"\"net/../../x\", "
		"\"before\": 1, \"set\": 2}]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct record record = {};
		struct error err = {};

		scratch_write(state, "realserver.json", texts[i]);
		assert_int_equal(record_load(*state, &record, &err), -EUCLEAN);
		assert_non_null(strstr(err.text, "realserver.json"));
		assert_null(record.vips);
	}
}

static void test_lock(void **state)
{
	const char *dir = scratch_path(state, "dir");
	int lock, other;

	assert_int_equal(record_lock(dir, &lock, NULL), 0);
	other = open(dir, O_RDONLY | O_DIRECTORY);
	assert_true(other >= 0);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
	close(lock);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(record_lock(dir, &lock, NULL), -EPERM);
}

#define test(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_round_trip),           test(test_changes), test(test_empty),
		test(test_of_another_namespace), test(test_damaged), test(test_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
