// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_pins.c - the pin directory and the links: whose it is, what is damaged, what a new daemon
 * finds, what is left in the end. Each test starts with nothing pinned and with new interfaces.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "packet/expect.h"
#include "packet/world.h"

#define LINKS      WORLD_PIN_DIR "/links"
#define MAPS       WORLD_PIN_DIR "/maps-v4"
#define MAPS_NEW   WORLD_PIN_DIR "/maps-v4-new"
#define MAPS_OTHER WORLD_PIN_DIR "/maps-v1"

_Static_assert(SHUNT_ABI_VERSION == 4, "the paths above");

static const struct dataplane_options options = {
	.pin_dir = WORLD_PIN_DIR,
	.seed = 1,
	.slots_max = 1024,
	.backends_max = 64,
	.ports_max = 64,
};

static int open_error(struct error *err)
{
	_cleanup_(dataplane_close) struct dataplane *dp = NULL;

	*err = (struct error){0};
	return dataplane_open(&options, &dp, err);
}

static struct dataplane *open_dataplane(void)
{
	struct dataplane *dp = NULL;
	struct error err = {0};

	if (dataplane_open(&options, &dp, &err) < 0)
		fprintf(stderr, "    %s\n", err.text);
	return dp;
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* The program that packets of an interface meet; 0 = none. */
static uint32_t attached_program(const char *name)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query(if_nametoindex(name), 0, &query) < 0)
		return 0;
	return query.drv_prog_id ?: query.skb_prog_id;
}

static uint32_t program_of(const struct dataplane *dp)
{
	struct dataplane_info info;

	dataplane_info(dp, &info);
	return info.program_id;
}

static int attach(struct dataplane *dp, const char *name, struct dataplane_link *ret,
		  struct error *err)
{
	return dataplane_attach(dp, if_nametoindex(name), ret, err);
}

static size_t count_links(struct dataplane *dp)
{
	struct dataplane_link links[4];

	return dataplane_links(dp, links, ARRAY_SIZE(links));
}

/* --- whose directory --- */

static bool one_daemon_at_a_time(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = open_dataplane();
	struct error err;

	EXPECT(dp);
	EXPECT_EQUAL(open_error(&err), -EBUSY);
	EXPECT(strstr(err.text, WORLD_PIN_DIR));
	EXPECT_EQUAL(dataplane_teardown(WORLD_PIN_DIR, &err), -EBUSY);
	EXPECT(exists(MAPS));
	dp = dataplane_close(dp);
	EXPECT_EQUAL(open_error(&err), 0);
	return true;
}

static bool directory_must_be_roots(void *arg)
{
	struct error err;

	EXPECT_EQUAL(open_error(&err), 0);
	EXPECT_EQUAL(chmod(WORLD_PIN_DIR, 0755), 0);
	EXPECT_EQUAL(open_error(&err), -EPERM);
	EXPECT(strstr(err.text, "0755") && strstr(err.text, "0700"));
	EXPECT_EQUAL(chmod(WORLD_PIN_DIR, 0700), 0);
	EXPECT_EQUAL(chown(WORLD_PIN_DIR, 1000, 0), 0);
	EXPECT_EQUAL(open_error(&err), -EPERM);
	EXPECT_EQUAL(chown(WORLD_PIN_DIR, 0, 0), 0);
	EXPECT_EQUAL(open_error(&err), 0);
	return true;
}

static bool pins_must_be_roots(void *arg)
{
	struct error err;

	EXPECT_EQUAL(open_error(&err), 0);
	EXPECT_EQUAL(chown(MAPS "/slots", 1000, 0), 0);
	EXPECT_EQUAL(open_error(&err), -EPERM);
	EXPECT(strstr(err.text, "slots"));
	EXPECT_EQUAL(chown(MAPS "/slots", 0, 0), 0);
	EXPECT_EQUAL(chown(MAPS, 1000, 0), 0);
	EXPECT_EQUAL(open_error(&err), -EPERM);
	EXPECT_EQUAL(chown(MAPS, 0, 0), 0);
	return true;
}

static bool directory_must_be_on_bpffs(void *arg)
{
	static const char *const elsewhere[] = {"/dev/shm/shunt-pins", "/", "relative"};
	struct dataplane_options wrong = options;
	struct dataplane *dp = NULL;
	struct error err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		wrong.pin_dir = elsewhere[i];
		EXPECT_EQUAL(dataplane_open(&wrong, &dp, &err), -EINVAL);
		EXPECT(strstr(err.text, elsewhere[i]));
	}
	wrong.pin_dir = elsewhere[0];
	dataplane_open(&wrong, &dp, &err);
	EXPECT(strstr(err.text, "mount -t bpf"));
	EXPECT(!exists(elsewhere[0]));
	wrong.pin_dir = "/sys/fs/bpf/none/shunt"; /* only the last part is made */
	EXPECT_EQUAL(dataplane_open(&wrong, &dp, &err), -ENOENT);
	return true;
}

/* --- damage --- */

static bool missing_map_is_told(void *arg)
{
	static const char *const names[] = {"services4", "services6", "nat4", "nat6", "backends"};
	char path[128];
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_EQUAL(open_error(&err), 0);
		snprintf(path, sizeof(path), MAPS "/%s", names[i]);
		EXPECT_EQUAL(unlink(path), 0);
		EXPECT_EQUAL(open_error(&err), -EUCLEAN);
		EXPECT(strstr(err.text, names[i]) && strstr(err.text, "--stop-forwarding"));
		EXPECT_EQUAL(dataplane_teardown(WORLD_PIN_DIR, &err), 0);
	}
	EXPECT_EQUAL(open_error(&err), 0);
	return true;
}

static bool wrong_map_is_told(void *arg)
{
	_cleanup_close_ int fd = -1;
	struct error err;

	EXPECT_EQUAL(open_error(&err), 0);
	EXPECT_EQUAL(unlink(MAPS "/slots"), 0);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "slots", 4, 4, 1, NULL);
	EXPECT_EQUAL(bpf_obj_pin(fd, MAPS "/slots"), 0);
	EXPECT_EQUAL(open_error(&err), -EUCLEAN);
	EXPECT(strstr(err.text, "slots") && strstr(err.text, "--stop-forwarding"));
	return true;
}

static bool wrong_meta_is_told(void *arg)
{
	struct shunt_meta meta = {.abi_version = SHUNT_ABI_VERSION + 1, .slots_max = 1024};
	_cleanup_close_ int fd = -1;
	uint32_t zero = 0;
	struct error err;

	EXPECT_EQUAL(open_error(&err), 0);
	fd = bpf_obj_get(MAPS "/meta");
	EXPECT_EQUAL(bpf_map_update_elem(fd, &zero, &meta, BPF_ANY), 0);
	EXPECT_EQUAL(open_error(&err), -EUCLEAN);
	EXPECT(strstr(err.text, "meta"));
	return true;
}

/* A service that begins with the first slot and the first number, behind the daemon's back. */
static void write_service(bool v6, uint16_t port)
{
	const struct shunt_service service = {.slot_count = 251, .backend_cap = 16};
	struct table table = world_table(v6 ? "services6" : "services4");
	uint64_t place[SHUNT_PLACE6_WORDS] = {0};
	struct place_key key;
	struct ip_addr vip;

	ip_addr_parse(v6 ? VIP6 : VIP, &vip, NULL);
	key = place_key(&vip, port, IPPROTO_TCP);
	memcpy(place, key.words, table.shape.key_words * sizeof(place[0]));
	memcpy(place + table.shape.key_words, &service, sizeof(service));
	table_put(&table, place);
	world_table_write(v6 ? "services6" : "services4", &table);
}

static bool services_that_overlap_are_told(void *arg)
{
	static const bool second_is_v6[] = {false, true};
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(second_is_v6); i++) {
		EXPECT_EQUAL(open_error(&err), 0);
		write_service(!second_is_v6[i], 1);
		EXPECT_EQUAL(open_error(&err), 0);
		write_service(second_is_v6[i], 2);
		EXPECT_EQUAL(open_error(&err), -EUCLEAN);
		EXPECT(strstr(err.text, "--stop-forwarding"));
		EXPECT_EQUAL(dataplane_teardown(WORLD_PIN_DIR, &err), 0);
	}
	return true;
}

/* A daemon that died while it pinned new maps. */
static bool half_made_maps_are_made_anew(void *arg)
{
	struct error err;

	EXPECT_EQUAL(open_error(&err), 0);
	EXPECT_EQUAL(rename(MAPS, MAPS_NEW), 0);
	EXPECT_EQUAL(unlink(MAPS_NEW "/nat4"), 0);
	EXPECT_EQUAL(open_error(&err), 0);
	EXPECT(exists(MAPS "/nat4") && !exists(MAPS_NEW));
	return true;
}

static bool other_versions_go_when_activated(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = NULL;
	struct error err = {0};

	EXPECT_EQUAL(open_error(&err), 0);
	EXPECT_EQUAL(rename(MAPS, MAPS_OTHER), 0);
	EXPECT((dp = open_dataplane()));
	EXPECT(exists(MAPS_OTHER "/slots"));
	EXPECT_EQUAL(dataplane_activate(dp, &err), 0);
	EXPECT(!exists(MAPS_OTHER));
	EXPECT(exists(MAPS "/slots"));
	return true;
}

/* --- links --- */

static bool native_or_generic(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = open_dataplane();
	struct dataplane_link link;
	struct error err = {0};

	EXPECT_EQUAL(attach(dp, "in0", &link, &err), 0);
	EXPECT(link.native);
	EXPECT_EQUAL(attach(dp, "lo", &link, &err), 0);
	EXPECT(!link.native);
	EXPECT_EQUAL(count_links(dp), 2);
	EXPECT_EQUAL(attach(dp, "lo", &link, &err), 0); /* again: nothing changes */
	EXPECT_EQUAL(count_links(dp), 2);
	EXPECT_EQUAL(attached_program("lo"), program_of(dp));
	return true;
}

static bool detached_is_gone(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = open_dataplane();
	uint32_t in0 = if_nametoindex("in0");
	struct dataplane_link link;
	struct error err = {0};

	EXPECT_EQUAL(dataplane_detach(dp, in0, &err), -ENOENT);
	EXPECT_EQUAL(attach(dp, "in0", &link, &err), 0);
	EXPECT_EQUAL(dataplane_detach(dp, in0, &err), 0);
	EXPECT_EQUAL(attached_program("in0"), 0);
	EXPECT_EQUAL(count_links(dp), 0);
	EXPECT_EQUAL(dataplane_detach(dp, in0, &err), -ENOENT);
	EXPECT_EQUAL(attach(dp, "in0", &link, &err), 0);
	return true;
}

static bool no_such_interface(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = open_dataplane();
	struct dataplane_link link;
	struct error err = {0};

	EXPECT_EQUAL(dataplane_attach(dp, 12345, &link, &err), -ENOENT);
	EXPECT(strstr(err.text, "12345"));
	return true;
}

static bool occupied_interface(void *arg)
{
	LIBBPF_OPTS(bpf_link_create_opts, native, .flags = XDP_FLAGS_DRV_MODE);
	_cleanup_(dataplane_close) struct dataplane *dp = open_dataplane();
	_cleanup_close_ int other = -1;
	struct dataplane_link link;
	struct error err = {0};
	char id[16];

	other = bpf_link_create(dataplane_program_fd(dp), if_nametoindex("in0"), BPF_XDP, &native);
	EXPECT(other >= 0);
	snprintf(id, sizeof(id), "id %u", program_of(dp));
	EXPECT_EQUAL(attach(dp, "in0", &link, &err), -EBUSY);
	EXPECT(strstr(err.text, "in0") && strstr(err.text, id));
	EXPECT_EQUAL(count_links(dp), 0);
	return true;
}

static bool new_program_replaces_old(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = open_dataplane();
	uint32_t old = program_of(dp);
	struct dataplane_link link;
	struct error err = {0};

	EXPECT_EQUAL(attach(dp, "in0", &link, &err), 0);
	dp = dataplane_close(dp);
	EXPECT_EQUAL(attached_program("in0"), old); /* it goes on without a daemon */
	EXPECT((dp = open_dataplane()));
	EXPECT_EQUAL(attached_program("in0"), old); /* and until the maps are filled */
	EXPECT_EQUAL(count_links(dp), 1);
	EXPECT_EQUAL(dataplane_activate(dp, &err), 0);
	EXPECT_EQUAL(attached_program("in0"), program_of(dp));
	EXPECT(program_of(dp) != old);
	EXPECT_EQUAL(attach(dp, "in0", &link, &err), 0);
	EXPECT(link.native);
	return true;
}

static bool vanished_interface_is_forgotten(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = open_dataplane();
	struct dataplane_link link;
	struct error err = {0};
	uint32_t in0;

	EXPECT_EQUAL(attach(dp, "in0", &link, &err), 0);
	EXPECT_EQUAL(attach(dp, "out0", &link, &err), 0);
	dp = dataplane_close(dp);
	world_ip("link del out0\n");
	EXPECT((dp = open_dataplane()));
	EXPECT_EQUAL(dataplane_activate(dp, &err), 0);
	EXPECT_EQUAL(count_links(dp), 1);
	in0 = if_nametoindex("in0");
	world_ip("link del in0\n"); /* under a running daemon */
	EXPECT_EQUAL(dataplane_detach(dp, in0, &err), 0);
	EXPECT_EQUAL(count_links(dp), 0);
	return true;
}

static bool interface_with_a_number_given_again(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = open_dataplane();
	struct dataplane_link link;
	struct error err = {0};
	char command[128];
	uint32_t number;

	EXPECT_EQUAL(attach(dp, "in0", &link, &err), 0);
	number = link.ifindex;
	snprintf(command, sizeof(command),
		 "link del in0\nlink add in0 index %u type veth peer name in0p\n", number);
	world_ip(command);
	EXPECT_EQUAL(attached_program("in0"), 0);
	EXPECT_EQUAL(attach(dp, "in0", &link, &err), 0);
	EXPECT_EQUAL(link.ifindex, number);
	EXPECT_EQUAL(attached_program("in0"), program_of(dp));
	EXPECT_EQUAL(count_links(dp), 1);
	return true;
}

/* --- the end --- */

static bool teardown_leaves_nothing(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = open_dataplane();
	struct dataplane_link link;
	struct error err = {0};

	EXPECT_EQUAL(attach(dp, "in0", &link, &err), 0);
	EXPECT_EQUAL(attach(dp, "out0", &link, &err), 0);
	dp = dataplane_close(dp);
	world_ip("link del out0\n");
	EXPECT(exists(LINKS));
	EXPECT_EQUAL(mkdir(MAPS_OTHER, 0700), 0);
	EXPECT_EQUAL(dataplane_teardown(WORLD_PIN_DIR, &err), 0);
	EXPECT_EQUAL(attached_program("in0"), 0);
	EXPECT(!exists(WORLD_PIN_DIR));
	EXPECT_EQUAL(dataplane_teardown(WORLD_PIN_DIR, &err), 0); /* nothing there: fine */
	return true;
}

static void start_anew(void *arg)
{
	dataplane_teardown(WORLD_PIN_DIR, NULL);
	if (if_nametoindex("in0"))
		world_ip("link del in0\n");
	if (if_nametoindex("out0"))
		world_ip("link del out0\n");
	world_ip("link add in0 type veth peer name in0p\n"
		 "link add out0 type veth peer name out0p\n");
}

#define TEST(function)                                                                             \
	{                                                                                          \
#function, function                                                                \
	}

int main(void)
{
	static const struct expect_test tests[] = {
		TEST(one_daemon_at_a_time),
		TEST(directory_must_be_roots),
		TEST(pins_must_be_roots),
		TEST(directory_must_be_on_bpffs),
		TEST(missing_map_is_told),
		TEST(wrong_map_is_told),
		TEST(wrong_meta_is_told),
		TEST(services_that_overlap_are_told),
		TEST(half_made_maps_are_made_anew),
		TEST(other_versions_go_when_activated),
		TEST(native_or_generic),
		TEST(detached_is_gone),
		TEST(no_such_interface),
		TEST(occupied_interface),
		TEST(new_program_replaces_old),
		TEST(vanished_interface_is_forgotten),
		TEST(interface_with_a_number_given_again),
		TEST(teardown_leaves_nothing),
	};

	world_isolate();
	world_ip("link set lo up\n");
	return expect_run(tests, ARRAY_SIZE(tests), start_anew, NULL);
}
