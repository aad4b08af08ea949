// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_life.c - services and backends over a dataplane's life: a restart, a range that grows,
 * removals and their grace periods, limits. Each test starts with nothing pinned.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>

#include "base/cleanup.h"
#include "packet/expect.h"
#include "packet/world.h"

#define SLOTS 251

/* Every test runs once for each. */
struct family {
	const char *web, *shop, *other, *strict; /* addresses of services */
	const char *to_web, *to_strict, *from;   /* ends of packets */
	const char *vip, *strict_vip;
	const char *host, *many;    /* formats of backends' addresses */
	const char *services, *nat; /* maps */
};

static struct family ipv4 = {
	.web = "tcp:" VIP ":80",
	.shop = "tcp:" VIP ":443",
	.other = "tcp:" VIP ":8443",
	.strict = "tcp:" VIP_STRICT ":80",
	.to_web = VIP ":80",
	.to_strict = VIP_STRICT ":80",
	.from = CLIENT,
	.vip = VIP,
	.strict_vip = VIP_STRICT,
	.host = "10.0.0.%u:80",
	.many = "10.1.%u.%u:80",
	.services = "services4",
	.nat = "nat4",
};

static struct family ipv6 = {
	.web = "tcp:" VIP6_AT(80),
	.shop = "tcp:" VIP6_AT(443),
	.other = "tcp:" VIP6_AT(8443),
	.strict = "tcp:" VIP6_STRICT_AT(80),
	.to_web = VIP6_AT(80),
	.to_strict = VIP6_STRICT_AT(80),
	.from = CLIENT6,
	.vip = VIP6,
	.strict_vip = VIP6_STRICT,
	.host = "[fd00::%u]:80",
	.many = "[fd01::%u:%u]:80",
	.services = "services6",
	.nat = "nat6",
};

static const struct family *family; /* of this test */
static uint32_t lo;                 /* its number: packets come in by it and leave by it */

#define WEB  (family->web)
#define SHOP (family->shop)

/* A backend's address and port: good for a few calls. */
static const char *host(unsigned int n)
{
	static char texts[4][40];
	static unsigned int next;
	char *text = texts[next++ % ARRAY_SIZE(texts)];

	snprintf(text, sizeof(texts[0]), family->host, n);
	return text;
}

static struct ip_addr addr_of(const char *text)
{
	struct ip_addr addr = {0};

	ip_addr_parse(text, &addr, NULL);
	return addr;
}

/* --- short words for what the tests do --- */

static struct dataplane_service *reopen(struct dataplane *dp, const char *address)
{
	struct dataplane_service *service = NULL;
	struct vip vip;

	if (vip_parse(address, &vip, NULL) == 0)
		dataplane_service_open(dp, &vip, SLOTS, &service, NULL);
	return service;
}

static void point_slots(struct dataplane_service *service, uint16_t number)
{
	for (uint32_t i = 0; i < SLOTS; i++)
		dataplane_slot_write(service, i, SHUNT_SLOT(number, 0));
}

/* A service with one backend, host 5, that gets every packet. */
static struct dataplane_service *simple_service(struct dataplane *dp, const char *address,
						enum shunt_forward forward)
{
	struct dataplane_service *service = world_service(dp, address, SLOTS, 0);

	point_slots(service, world_backend(service, host(5), forward, lo));
	world_publish(service, forward);
	return service;
}

static bool is_host(const struct shunt_backend *entry, const char *text)
{
	struct shunt_addr wanted;
	struct endpoint at;

	endpoint_parse(text, &at, NULL);
	wanted = shunt_addr_of(&at.addr);
	return memcmp(&entry->addr, &wanted, sizeof(wanted)) == 0;
}

static const char *many(unsigned int n)
{
	static char text[40];

	snprintf(text, sizeof(text), family->many, n / 250, 1 + n % 250);
	return text;
}

static uint16_t nth_backend(struct dataplane_service *service, unsigned int n,
			    enum shunt_forward forward)
{
	return world_backend(service, many(n), forward, lo);
}

static int send_packet(struct dataplane *dp, const char *from, const char *to)
{
	struct frame frame = {TCP, .from = from, .to = to};
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(&frame, in);

	return world_run(dp, lo, in, length, out, &length);
}

static int send_web(struct dataplane *dp)
{
	return send_packet(dp, family->from, family->to_web);
}

static uint64_t packets(const struct dataplane_service *service)
{
	struct shunt_counters sum;

	dataplane_service_counters(service, &sum);
	return sum.packets;
}

static struct shunt_counters backend_counters(const struct dataplane_service *service,
					      uint16_t number)
{
	struct shunt_counters sum;

	dataplane_backend_counters(service, number, &sum);
	return sum;
}

static struct dataplane_info info(const struct dataplane *dp)
{
	struct dataplane_info info;

	dataplane_info(dp, &info);
	return info;
}

/* --- behind the dataplane's back: the pinned maps --- */

static int pinned_map(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), WORLD_PIN_DIR "/maps-v%d/%s", SHUNT_ABI_VERSION, name);
	return bpf_obj_get(path);
}

static struct shunt_service pinned_service(uint16_t port)
{
	struct table table = world_table(family->services);
	struct ip_addr vip = addr_of(family->vip);
	struct place_key key = place_key(&vip, port, IPPROTO_TCP);
	const uint64_t *place = table_get(&table, key.words);
	struct shunt_service entry = {0};

	if (place)
		memcpy(&entry, place + table.shape.key_words, sizeof(entry));
	free(table.words);
	return entry;
}

/* As a CPU does that still works with what it read before. */
static void count_packets_at(uint32_t index, unsigned int more)
{
	size_t cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct shunt_counters *counters = calloc(cpus, sizeof(*counters));
	_cleanup_close_ int fd = pinned_map("counters");

	bpf_map_lookup_elem(fd, &index, counters);
	counters[cpus - 1].packets += more;
	bpf_map_update_elem(fd, &index, counters, BPF_ANY);
}

/* What the client knows a backend as, in either family's map. */
struct way {
	struct shunt_addr vip;
	uint16_t port;
	uint32_t backend;
};

static struct place_key nat_key(const char *address)
{
	struct endpoint at;

	endpoint_parse(address, &at, NULL);
	return place_key(&at.addr, at.port, IPPROTO_TCP);
}

static struct shunt_addr vip_addr(const char *text)
{
	struct ip_addr addr = addr_of(text);

	return shunt_addr_of(&addr);
}

static bool is_vip(const struct shunt_addr *addr, const char *text)
{
	struct shunt_addr vip = vip_addr(text);

	return memcmp(addr, &vip, sizeof(vip)) == 0;
}

static struct way way_of(const uint64_t *place, bool v6)
{
	struct shunt_nat4 four;
	struct shunt_nat6 six;

	if (v6) {
		memcpy(&six, place, sizeof(six));
		return (struct way){six.vip, ntohs(six.port), six.backend};
	}
	memcpy(&four, place, sizeof(four));
	return (struct way){{{four.vip}}, ntohs(four.port), four.backend};
}

static bool nat_read(const char *address, struct way *ret)
{
	struct table table = world_table(family->nat);
	struct place_key key = nat_key(address);
	const uint64_t *place = table_get(&table, key.words);

	if (place)
		*ret = way_of(place, key.v6);
	free(table.words);
	return place;
}

static void nat_write(const char *address, const struct way *way)
{
	struct table table = world_table(family->nat);
	struct place_key key = nat_key(address);
	struct shunt_nat6 six = {
		.vip = way->vip, .port = htons(way->port), .backend = way->backend};
	struct shunt_nat4 four = {
		.vip = way->vip.word[0], .port = htons(way->port), .backend = way->backend};
	uint64_t place[SHUNT_PLACE6_WORDS] = {0};

	if (key.v6)
		memcpy(place, &six, sizeof(six));
	else
		memcpy(place, &four, sizeof(four));
	memcpy(place, key.words, table.shape.key_words * sizeof(uint64_t));
	table_put(&table, place);
	world_table_write(family->nat, &table);
}

static void nat_delete(const char *address)
{
	struct table table = world_table(family->nat);
	struct place_key key = nat_key(address);
	uint32_t place;

	table_remove(&table, key.words, &place);
	table_release(&table, place);
	world_table_write(family->nat, &table);
}

/* --- a restart --- */

static bool restart_keeps_settings(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(1234);
	struct dataplane_info before = info(dp), after;

	EXPECT(!before.adopted);
	EXPECT_EQUAL(before.abi_version, SHUNT_ABI_VERSION);
	EXPECT(before.map_bytes > before.slots_max * sizeof(uint32_t));
	EXPECT_EQUAL(strlen(before.program_tag), 16);
	dataplane_close(dp);
	dp = world_dataplane(99); /* a wish that comes too late */
	after = info(dp);
	EXPECT(after.adopted);
	EXPECT_EQUAL(after.seed, 1234);
	EXPECT_EQUAL(after.slots_max, before.slots_max);
	EXPECT_EQUAL(after.backends_max, before.backends_max);
	EXPECT(after.program_id != before.program_id);
	return true;
}

static bool restart_keeps_services(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);
	uint16_t second = world_backend(web, host(6), SHUNT_FORWARD_DR, lo);
	struct shunt_service entry = pinned_service(80);
	struct shunt_backend first;

	dataplane_slot_write(web, 7, SHUNT_SLOT(second, 1));
	for (int i = 0; i < 10; i++)
		EXPECT_EQUAL(send_web(dp), XDP_TX);
	dataplane_close(dp);
	dp = world_dataplane(0);
	EXPECT_EQUAL(info(dp).services_used, 1);
	EXPECT_EQUAL(info(dp).slots_used, SLOTS);
	simple_service(dp, SHOP, SHUNT_FORWARD_DR); /* takes nothing that is taken */
	EXPECT((web = reopen(dp, WEB)));
	EXPECT_EQUAL(dataplane_slots(web)[6], SHUNT_SLOT(1, 0));
	EXPECT_EQUAL(dataplane_slots(web)[7], SHUNT_SLOT(second, 1));
	EXPECT_EQUAL(pinned_service(80).slot_base, entry.slot_base);
	EXPECT_EQUAL(pinned_service(80).backend_base, entry.backend_base);
	EXPECT(pinned_service(443).slot_base != entry.slot_base);
	EXPECT(pinned_service(443).backend_base != entry.backend_base);
	EXPECT(dataplane_backend_read(web, 1, &first));
	EXPECT(is_host(&first, host(5)));
	EXPECT_EQUAL(world_backend(web, host(6), SHUNT_FORWARD_DR, lo), second);
	EXPECT_EQUAL(world_backend(web, host(7), SHUNT_FORWARD_DR, lo), second + 1);
	EXPECT_EQUAL(packets(web), 10);
	EXPECT_EQUAL(send_web(dp), XDP_TX);
	EXPECT_EQUAL(packets(web), 11);
	return true;
}

static bool another_table_size_is_refused(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);
	struct error err = {0};
	struct vip vip;

	vip_parse(WEB, &vip, NULL);
	EXPECT_EQUAL(dataplane_service_open(dp, &vip, SLOTS + 6, &web, &err), -EEXIST);
	EXPECT(strstr(err.text, WEB));
	EXPECT_EQUAL(dataplane_slots_count(web), SLOTS);
	return true;
}

static bool unpublished_service_is_forgotten(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = world_service(dp, WEB, SLOTS, 0);

	world_backend(web, host(5), SHUNT_FORWARD_NAT, lo);
	point_slots(web, 1);
	EXPECT_EQUAL(send_web(dp), XDP_PASS);
	dataplane_close(dp);
	dp = world_dataplane(0);
	EXPECT_EQUAL(info(dp).services_used, 0);
	EXPECT_EQUAL(info(dp).slots_used, 0);
	EXPECT((web = reopen(dp, WEB)));
	EXPECT_EQUAL(dataplane_slots(web)[0], 0); /* the same memory, but clear */
	EXPECT(!dataplane_backend_read(web, 1, &(struct shunt_backend){0}));
	EXPECT(!nat_read(host(5), &(struct way){0}));
	return true;
}

static bool unopened_services_go(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);

	simple_service(dp, WEB, SHUNT_FORWARD_DR);
	simple_service(dp, family->strict, SHUNT_FORWARD_NAT);
	dataplane_close(dp);
	dp = world_dataplane(0);
	EXPECT(reopen(dp, WEB));
	EXPECT_EQUAL(dataplane_remove_unopened(dp), 1);
	EXPECT_EQUAL(info(dp).services_used, 1);
	EXPECT_EQUAL(send_web(dp), XDP_TX);
	EXPECT_EQUAL(send_packet(dp, family->from, family->to_strict), XDP_PASS);
	EXPECT(!nat_read(host(5), &(struct way){0}));
	EXPECT_EQUAL(dataplane_remove_unopened(dp), 0);
	return true;
}

/* --- a daemon that died between two writes --- */

static bool stale_ways_back_go(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_NAT);
	struct way value, right;

	EXPECT(nat_read(host(5), &right));
	value = right;
	nat_write(host(6), &value); /* removed backend, its way back not yet */
	value.vip = vip_addr(family->strict_vip);
	nat_write(host(7), &value); /* removed service */
	value = right;
	value.backend += 3;
	nat_write(host(5), &value); /* moved range, its ways back not yet */
	dataplane_close(dp);
	dp = world_dataplane(0);
	EXPECT(!nat_read(host(6), &value));
	EXPECT(!nat_read(host(7), &value));
	EXPECT(nat_read(host(5), &value));
	EXPECT_EQUAL(value.backend, right.backend);
	EXPECT((web = reopen(dp, WEB)));
	return true;
}

static bool missing_ways_back_come(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct way value;

	simple_service(dp, WEB, SHUNT_FORWARD_NAT);
	nat_delete(host(5));
	EXPECT(!nat_read(host(5), &value));
	dataplane_close(dp);
	dp = world_dataplane(0);
	EXPECT(nat_read(host(5), &value));
	EXPECT(is_vip(&value.vip, family->vip));
	return true;
}

static bool counters_of_a_dead_number_are_kept(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);

	count_packets_at(pinned_service(80).backend_base + 2, 50); /* number 2 is not in use */
	dataplane_close(dp);
	dp = world_dataplane(0);
	EXPECT((web = reopen(dp, WEB)));
	EXPECT_EQUAL(world_backend(web, host(6), SHUNT_FORWARD_DR, lo), 2);
	EXPECT_EQUAL(backend_counters(web, 2).packets, 0);
	EXPECT_EQUAL(packets(web), 50);
	return true;
}

/* --- a range that grows --- */

static bool growth_keeps_everything(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_NAT);
	struct shunt_service before = pinned_service(80);
	struct way way;

	for (int i = 0; i < 5; i++)
		EXPECT_EQUAL(send_web(dp), XDP_TX);
	for (unsigned int n = 2; n <= 40; n++)
		EXPECT_EQUAL(nth_backend(web, n, SHUNT_FORWARD_NAT), n);
	EXPECT_EQUAL(pinned_service(80).backend_cap, 64);
	EXPECT(pinned_service(80).backend_base != before.backend_base);
	EXPECT_EQUAL(pinned_service(80).slot_base, before.slot_base);
	EXPECT_EQUAL(backend_counters(web, 1).packets, 5);
	EXPECT_EQUAL(packets(web), 5);
	EXPECT_EQUAL(send_web(dp), XDP_TX);
	EXPECT_EQUAL(backend_counters(web, 1).packets, 6);
	EXPECT(nat_read(host(5), &way));
	EXPECT_EQUAL(way.backend, pinned_service(80).backend_base + 1);
	EXPECT(nat_read(many(40), &way));
	EXPECT_EQUAL(way.backend, pinned_service(80).backend_base + 40);
	point_slots(web, 40);
	EXPECT_EQUAL(send_web(dp), XDP_TX);
	EXPECT_EQUAL(backend_counters(web, 40).packets, 1);
	return true;
}

static bool late_counts_are_added(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);
	uint32_t old = pinned_service(80).backend_base;

	EXPECT_EQUAL(send_web(dp), XDP_TX);
	for (unsigned int n = 2; n <= 16; n++)
		nth_backend(web, n, SHUNT_FORWARD_DR);
	count_packets_at(old + 1, 7);
	EXPECT_EQUAL(packets(web), 1);
	world_grace(dp);
	EXPECT_EQUAL(packets(web), 8);
	EXPECT_EQUAL(backend_counters(web, 1).packets, 1);
	EXPECT_EQUAL(info(dp).backends_used, 32); /* the old range is free */
	return true;
}

static bool old_range_waits_for_grace(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);
	uint32_t old = pinned_service(80).backend_base;

	for (unsigned int n = 2; n <= 16; n++)
		nth_backend(web, n, SHUNT_FORWARD_DR);
	simple_service(dp, SHOP, SHUNT_FORWARD_DR);
	EXPECT(pinned_service(443).backend_base != old);
	world_grace(dp);
	simple_service(dp, family->other, SHUNT_FORWARD_DR);
	EXPECT_EQUAL(pinned_service(8443).backend_base, old);
	return true;
}

/* --- removals --- */

static bool removed_number_waits_for_grace(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);
	struct shunt_backend entry;
	struct error err = {0};

	EXPECT_EQUAL(send_web(dp), XDP_TX);
	EXPECT_EQUAL(dataplane_backend_remove(web, 1, &err), -EBUSY); /* in the slots */
	point_slots(web, world_backend(web, host(6), SHUNT_FORWARD_DR, lo));
	EXPECT_EQUAL(dataplane_backend_remove(web, 1, &err), 0);
	EXPECT_EQUAL(dataplane_backend_remove(web, 1, &err), -ENOENT);
	EXPECT(!dataplane_backend_read(web, 1, &entry));
	count_packets_at(pinned_service(80).backend_base + 1, 4); /* a CPU is late */
	EXPECT_EQUAL(world_backend(web, host(7), SHUNT_FORWARD_DR, lo), 3);
	EXPECT_EQUAL(world_backend(web, host(5), SHUNT_FORWARD_DR, lo), 4);
	EXPECT_EQUAL(packets(web), 5);
	world_grace(dp);
	EXPECT_EQUAL(packets(web), 5);
	EXPECT_EQUAL(world_backend(web, host(8), SHUNT_FORWARD_DR, lo), 1);
	EXPECT_EQUAL(backend_counters(web, 1).packets, 0);
	EXPECT_EQUAL(packets(web), 5);
	return true;
}

static int send_piece(struct dataplane *dp, size_t at)
{
	struct frame frame = {TCP,           .from = family->from, .to = family->to_web,
			      .id = 9,       .payload = 2000,      .piece = 1448,
			      .piece_at = at};
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(&frame, in);

	return world_run(dp, lo, in, length, out, &length);
}

/* The pieces that come after it have nowhere to go; that is no contradiction in the maps. */
static bool backend_goes_between_two_pieces(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);
	uint64_t reasons[SHUNT_REASON_COUNT];

	EXPECT_EQUAL(send_piece(dp, 0), XDP_TX);
	EXPECT_EQUAL(send_piece(dp, 1448), XDP_TX);
	point_slots(web, world_backend(web, host(6), SHUNT_FORWARD_DR, lo));
	EXPECT_EQUAL(dataplane_backend_remove(web, 1, NULL), 0);
	EXPECT_EQUAL(send_piece(dp, 1448), XDP_DROP);
	dataplane_reasons(dp, reasons);
	EXPECT_EQUAL(reasons[SHUNT_REASON_FRAGMENT_UNKNOWN], 1);
	EXPECT_EQUAL(reasons[SHUNT_REASON_INTERNAL], 0);
	return true;
}

static bool number_retires_in_a_moved_range(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);

	EXPECT_EQUAL(send_web(dp), XDP_TX);
	point_slots(web, world_backend(web, host(6), SHUNT_FORWARD_DR, lo));
	EXPECT_EQUAL(dataplane_backend_remove(web, 1, NULL), 0);
	for (unsigned int n = 3; n <= 20; n++)
		EXPECT_EQUAL(nth_backend(web, n, SHUNT_FORWARD_DR), n);
	world_grace(dp);
	EXPECT_EQUAL(packets(web), 1);
	EXPECT_EQUAL(nth_backend(web, 30, SHUNT_FORWARD_DR), 1);
	return true;
}

static bool removed_backend_has_no_way_back(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_NAT);
	struct way way;

	EXPECT(nat_read(host(5), &way));
	point_slots(web, 0);
	EXPECT_EQUAL(dataplane_backend_remove(web, 1, NULL), 0);
	EXPECT(!nat_read(host(5), &way));
	return true;
}

static bool way_back_follows_forward(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);
	struct way way;

	EXPECT(!nat_read(host(5), &way));
	world_backend(web, host(5), SHUNT_FORWARD_NAT, lo);
	EXPECT(nat_read(host(5), &way));
	EXPECT_EQUAL(way.port, 80);
	world_backend(web, host(5), SHUNT_FORWARD_DR, lo);
	EXPECT(!nat_read(host(5), &way));
	return true;
}

static bool removed_service_waits_for_grace(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_NAT);
	struct shunt_service old = pinned_service(80);

	EXPECT_EQUAL(dataplane_service_remove(web, NULL), 0);
	EXPECT_EQUAL(send_web(dp), XDP_PASS);
	EXPECT(!nat_read(host(5), &(struct way){0}));
	EXPECT_EQUAL(info(dp).services_used, 0);
	EXPECT_EQUAL(info(dp).slots_used, SLOTS);
	simple_service(dp, SHOP, SHUNT_FORWARD_DR);
	EXPECT(pinned_service(443).slot_base != old.slot_base);
	EXPECT(pinned_service(443).backend_base != old.backend_base);
	world_grace(dp);
	EXPECT_EQUAL(info(dp).slots_used, SLOTS);
	EXPECT_EQUAL(dataplane_retire_begin(dp), 0); /* nothing waits */
	web = simple_service(dp, WEB, SHUNT_FORWARD_DR);
	EXPECT_EQUAL(pinned_service(80).slot_base, old.slot_base);
	EXPECT_EQUAL(packets(web), 0);
	return true;
}

static bool service_goes_while_its_number_retires(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);
	uint64_t first, second;

	point_slots(web, 0);
	EXPECT_EQUAL(dataplane_backend_remove(web, 1, NULL), 0);
	EXPECT((first = dataplane_retire_begin(dp)) != 0);
	EXPECT_EQUAL(dataplane_service_remove(web, NULL), 0);
	EXPECT((second = dataplane_retire_begin(dp)) > first);
	dataplane_retire_end(dp, first);
	EXPECT_EQUAL(info(dp).slots_used, SLOTS); /* its grace period is the second */
	dataplane_retire_end(dp, second);
	EXPECT_EQUAL(info(dp).slots_used, 0);
	return true;
}

/* --- what is refused --- */

static bool two_nat_services_cannot_share(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct shunt_backend entry = {.forward = SHUNT_FORWARD_NAT, .ifindex = lo};
	struct dataplane_service *shop;
	struct error err = {0};
	struct endpoint at;
	uint16_t number;

	simple_service(dp, WEB, SHUNT_FORWARD_NAT);
	shop = world_service(dp, SHOP, SLOTS, 0);
	endpoint_parse(host(5), &at, NULL);
	entry.addr = shunt_addr_of(&at.addr);
	entry.flags = at.addr.family == AF_INET6 ? SHUNT_BACKEND_V6 : 0;
	entry.port = htons(at.port);
	EXPECT_EQUAL(dataplane_backend_open(shop, &at, &number, &err), 0);
	EXPECT_EQUAL(dataplane_backend_write(shop, number, &entry, &err), -EEXIST);
	EXPECT(strstr(err.text, host(5)) && strstr(err.text, family->to_web));
	entry.forward = SHUNT_FORWARD_DR;
	EXPECT_EQUAL(dataplane_backend_write(shop, number, &entry, &err), 0);
	return true;
}

static bool slots_are_used_up(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);
	struct error err = {0};
	struct vip vip;

	vip_parse(SHOP, &vip, NULL);
	EXPECT_EQUAL(dataplane_service_open(dp, &vip, info(dp).slots_max, &web, &err), -ENOSPC);
	EXPECT(strstr(err.text, "slots_max"));
	EXPECT_EQUAL(info(dp).slots_used, SLOTS);
	EXPECT_EQUAL(info(dp).backends_used, 16);
	EXPECT_EQUAL(send_web(dp), XDP_TX);
	return true;
}

static bool backends_are_used_up(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);
	struct error err = {0};
	struct endpoint at;
	uint16_t number = 0;
	int r = 0;

	for (uint32_t n = 1; n < 2000 && r == 0; n++) {
		endpoint_parse(many(n), &at, NULL);
		r = dataplane_backend_open(web, &at, &number, &err);
		world_grace(dp);
	}
	EXPECT_EQUAL(r, -ENOSPC);
	EXPECT(strstr(err.text, "backends_max"));
	EXPECT_EQUAL(number, 511); /* of 1024 entries: 512 and, while it would move, 1024 more */
	EXPECT_EQUAL(send_web(dp), XDP_TX);
	return true;
}

static bool wrong_writes_are_refused(void *arg)
{
	_cleanup_(dataplane_close) struct dataplane *dp = world_dataplane(0);
	struct dataplane_service *web = simple_service(dp, WEB, SHUNT_FORWARD_DR);
	struct shunt_backend entry = {.forward = SHUNT_FORWARD_DR, .ifindex = lo};
	struct error err = {0};

	EXPECT_EQUAL(dataplane_backend_write(web, 1, &entry, &err), -EINVAL); /* another address */
	EXPECT_EQUAL(dataplane_backend_write(web, 2, &entry, &err), -EINVAL); /* never opened */
	EXPECT_EQUAL(dataplane_backend_write(web, 999, &entry, &err), -EINVAL);
	EXPECT_EQUAL(dataplane_backend_write(web, 0, &entry, &err), -EINVAL);
	EXPECT_EQUAL(send_web(dp), XDP_TX);
	return true;
}

static void start_anew(void *arg)
{
	family = arg;
	dataplane_teardown(WORLD_PIN_DIR, NULL);
}

/* For each family. */
#define TEST(function)                                                                             \
	{#function ", IPv4", function, &ipv4},                                                     \
	{                                                                                          \
#function ", IPv6", function, &ipv6                                                \
	}

int main(void)
{
	static const struct expect_test tests[] = {
		TEST(restart_keeps_settings),
		TEST(restart_keeps_services),
		TEST(another_table_size_is_refused),
		TEST(unpublished_service_is_forgotten),
		TEST(unopened_services_go),
		TEST(stale_ways_back_go),
		TEST(missing_ways_back_come),
		TEST(counters_of_a_dead_number_are_kept),
		TEST(growth_keeps_everything),
		TEST(late_counts_are_added),
		TEST(old_range_waits_for_grace),
		TEST(removed_number_waits_for_grace),
		TEST(backend_goes_between_two_pieces),
		TEST(number_retires_in_a_moved_range),
		TEST(removed_backend_has_no_way_back),
		TEST(way_back_follows_forward),
		TEST(removed_service_waits_for_grace),
		TEST(service_goes_while_its_number_retires),
		TEST(two_nat_services_cannot_share),
		TEST(slots_are_used_up),
		TEST(backends_are_used_up),
		TEST(wrong_writes_are_refused),
	};

	world_isolate();
	world_ip("link set lo up\n");
	lo = if_nametoindex("lo");
	return expect_run(tests, ARRAY_SIZE(tests), start_anew, NULL);
}
