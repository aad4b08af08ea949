// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_explain.c - the program that tells what it does, on every packet of the table: its verdict,
 * the frame it sends, what it notes, and that no counter and no map is other than before.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <err.h>
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "dataplane/trace.h"
#include "packet/cases.h"
#include "packet/expect.h"
#include "plan/reason.h"

#define REAL "10.0.0.51:7000" /* of FULLNAT_TCP and FULLNAT_UDP */

struct explained {
	struct shunt_trace trace;
	uint8_t bytes[FRAME_MAX];
	struct dataplane_frame frame;
};

static bool explain(struct world *world, const struct packet_case *c, struct explained *ret)
{
	uint8_t in[FRAME_MAX];
	size_t length = frame_build(&c->in, in);
	struct error error = {0};
	int r;

	ret->frame = (struct dataplane_frame){.bytes = ret->bytes, .room = sizeof(ret->bytes)};
	if (c->forwarding_off)
		world_forwarding(false);
	r = dataplane_explain(world->dp, world->in0, in, length, &ret->trace, &ret->frame, &error);
	if (c->forwarding_off)
		world_forwarding(true);
	if (r < 0)
		fprintf(stderr, "    %s\n", error.text);
	return r == 0;
}

/* --- the state: every pinned map, byte by byte --- */

#define FNV_START 0xcbf29ce484222325

static uint64_t digest(uint64_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) /* FNV-1a */
		sum = (sum ^ bytes[i]) * 0x100000001b3;
	return sum;
}

/* In whatever order: a sum of what each element gives. */
static uint64_t hash_digest(int fd, const struct bpf_map_info *info)
{
	_cleanup_free_ uint8_t *key = mem_zalloc(info->key_size),
			       *value = mem_zalloc(info->value_size);
	uint64_t sum = 0, one;
	void *last = NULL;

	while (bpf_map_get_next_key(fd, last, key) == 0) {
		last = key;
		if (bpf_map_lookup_elem(fd, key, value) < 0)
			continue;
		one = digest(FNV_START, key, info->key_size);
		sum += digest(one, value, info->value_size);
	}
	return sum;
}

static uint64_t map_digest(const char *name)
{
	size_t cpus = libbpf_num_possible_cpus(), size;
	_cleanup_free_ uint8_t *value = NULL;
	_cleanup_close_ int fd = -1;
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	uint64_t sum = FNV_START;
	char path[512];

	snprintf(path, sizeof(path), WORLD_PIN_DIR "/maps-v%d/%s", SHUNT_ABI_VERSION, name);
	fd = bpf_obj_get(path);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length) < 0)
		err(1, "%s", path);
	if (info.type == BPF_MAP_TYPE_LRU_HASH || info.type == BPF_MAP_TYPE_HASH)
		return hash_digest(fd, &info);
	if (info.type != BPF_MAP_TYPE_ARRAY && info.type != BPF_MAP_TYPE_PERCPU_ARRAY)
		return 0;
	size = info.type == BPF_MAP_TYPE_ARRAY ? info.value_size
					       : (info.value_size + 7) / 8 * 8 * cpus;
	value = mem_zalloc(size);
	for (uint32_t i = 0; i < info.max_entries; i++)
		if (bpf_map_lookup_elem(fd, &i, value) == 0)
			sum = digest(sum, value, size);
	return sum;
}

#define MAPS_MAX 32

/* In the order of the directory, which stays. Returns how many maps there are. */
static size_t state(uint64_t ret[static MAPS_MAX])
{
	const struct dirent *entry;
	char path[128];
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), WORLD_PIN_DIR "/maps-v%d", SHUNT_ABI_VERSION);
	dir = opendir(path);
	if (!dir)
		err(1, "%s", path);
	while ((entry = readdir(dir)) && n < MAPS_MAX)
		if (entry->d_name[0] != '.')
			ret[n++] = map_digest(entry->d_name);
	closedir(dir);
	return n;
}

static void count_request(const struct shunt_request *request, void *arg)
{
	(*(unsigned int *)arg)++;
}

/* --- one packet --- */

static bool notes_are_right(struct world *world, const struct packet_case *c,
			    const struct shunt_trace *t)
{
	const struct dataplane_service *service = dataplane_trace_service(world->dp, t);

	EXPECT_EQUAL(t->verdict, c->verdict);
	EXPECT_EQUAL(!!(t->flags & SHUNT_TRACE_REASON), !!c->reason);
	EXPECT(!c->reason || strcmp(reasons[t->reason].name, c->reason) == 0);
	if (c->verdict == XDP_TX || c->verdict == XDP_REDIRECT)
		EXPECT(t->flags & SHUNT_TRACE_HOP);
	if (c->verdict == XDP_TX)
		EXPECT_EQUAL(t->ifindex, world->in0);
	if (!c->service)
		return true;
	EXPECT(service == world->services[c->service]);
	if (c->counted != NOTHING)
		EXPECT_EQUAL(dataplane_trace_number(service, t), c->number ?: 1);
	if (t->flags & SHUNT_TRACE_SLOT) {
		EXPECT(t->slot < dataplane_slots_count(service));
		EXPECT_EQUAL(t->word, dataplane_slots(service)[t->slot]);
	}
	return true;
}

/* The ordinary program sends the same. */
static bool is_as_ordinary(struct world *world, const struct packet_case *c,
			   const struct explained *explained)
{
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(&c->in, in);
	int verdict;

	if (c->forwarding_off)
		world_forwarding(false);
	verdict = world_run(world->dp, world->in0, in, length, out, &length);
	if (c->forwarding_off)
		world_forwarding(true);
	EXPECT_EQUAL(explained->trace.verdict, verdict);
	if (verdict == XDP_DROP)
		return true;
	EXPECT_EQUAL(explained->frame.length, length);
	EXPECT(memcmp(explained->bytes, out, length) == 0);
	return true;
}

/* --- all of them --- */

static bool each_of(struct world *world, const struct case_list *const *list,
		    bool (*test)(struct world *, const struct packet_case *))
{
	for (; *list; list++)
		for (size_t i = 0; i < (*list)->count; i++) {
			if (test(world, &(*list)->cases[i]))
				continue;
			fprintf(stderr, "    %s: %s\n", (*list)->subject, (*list)->cases[i].name);
			return false;
		}
	return true;
}

static bool each_case(struct world *world, bool (*test)(struct world *, const struct packet_case *))
{
	return each_of(world, case_lists, test) && each_of(world, fullnat_case_lists, test);
}

static bool explained(struct world *world, const struct packet_case *c)
{
	struct explained explained;

	return explain(world, c, &explained);
}

/* What the ordinary program does then also makes the state that later packets of the table need. */
static bool right(struct world *world, const struct packet_case *c)
{
	struct explained explained;

	world_refill_answers();
	return explain(world, c, &explained) && notes_are_right(world, c, &explained.trace) &&
	       is_as_ordinary(world, c, &explained);
}

static bool changes_nothing(void *arg)
{
	uint64_t before[MAPS_MAX] = {0}, after[MAPS_MAX] = {0};
	struct world *world = arg;
	unsigned int requests = 0;
	size_t maps;

	dataplane_requests_read(world->dp, 10, count_request, &requests);
	requests = 0;
	maps = state(before);
	EXPECT(maps >= 9 && maps < MAPS_MAX);
	EXPECT(each_case(world, explained));
	EXPECT_EQUAL(state(after), maps);
	EXPECT(memcmp(before, after, sizeof(before)) == 0);
	dataplane_requests_read(world->dp, 10, count_request, &requests);
	EXPECT_EQUAL(requests, 0);
	return true;
}

/* And the test above could see a change: the ordinary program makes some. */
static bool does_as_the_ordinary_program(void *arg)
{
	uint64_t before[MAPS_MAX] = {0}, after[MAPS_MAX] = {0};

	state(before);
	EXPECT(each_case(arg, right));
	state(after);
	EXPECT(memcmp(before, after, sizeof(before)) != 0);
	return true;
}

/* --- fullnat: what a packet would change --- */

/* As it is explained: nothing is other afterwards. */
static bool explained_to(struct world *world, const struct frame *in, int verdict,
			 const char *reason, struct explained *ret)
{
	const struct packet_case c = {.in = *in};
	uint64_t before[MAPS_MAX] = {0}, after[MAPS_MAX] = {0};

	state(before);
	EXPECT(explain(world, &c, ret));
	state(after);
	EXPECT(memcmp(before, after, sizeof(before)) == 0);
	EXPECT_EQUAL(ret->trace.verdict, verdict);
	EXPECT_EQUAL(!!(ret->trace.flags & SHUNT_TRACE_REASON), !!reason);
	EXPECT(!reason || strcmp(reasons[ret->trace.reason].name, reason) == 0);
	return true;
}

/* The ordinary program does the same, and something is other afterwards: the map called @changed.
 */
static bool done_as_explained(struct world *world, const struct frame *in,
			      const struct explained *explained, const char *changed)
{
	const struct packet_case c = {.in = *in};
	uint64_t before = map_digest(changed);

	EXPECT(is_as_ordinary(world, &c, explained));
	EXPECT(map_digest(changed) != before);
	return true;
}

static unsigned int port_of(const struct explained *explained, const struct frame *in)
{
	const uint8_t *at = explained->bytes + 14 + (strchr(in->from, '[') ? 40 : 20);

	return at[0] << 8 | at[1];
}

/* A flow that would begin: its port stays free, and the next that is asked about would get it. */
static bool explains_a_new_flow(struct world *world, const struct frame *in, enum world_service to)
{
	struct explained first, again;
	struct dataplane_ports_info free, after;

	dataplane_ports_info(world->dp, &free);
	for (int i = 0; i < 3; i++) {
		EXPECT(explained_to(world, in, XDP_TX, NULL, i ? &again : &first));
		EXPECT(first.trace.flags & SHUNT_TRACE_SLOT);
		EXPECT(dataplane_trace_service(world->dp, &first.trace) == world->services[to]);
		EXPECT(dataplane_trace_number(world->services[to], &first.trace) == 1);
	}
	EXPECT_EQUAL(port_of(&again, in), port_of(&first, in));
	EXPECT(port_of(&first, in) >= POOL_NEW && port_of(&first, in) <= POOL_HIGH);
	dataplane_ports_info(world->dp, &after);
	EXPECT_EQUAL(after.free, free.free);
	EXPECT_EQUAL(after.used, free.used);
	EXPECT(done_as_explained(world, in, &first, "rings"));
	dataplane_ports_info(world->dp, &after);
	EXPECT_EQUAL(after.used, free.used + 1);
	/* now it is there */
	EXPECT(explained_to(world, in, XDP_TX, NULL, &again));
	EXPECT(!(again.trace.flags & SHUNT_TRACE_SLOT));
	EXPECT_EQUAL(port_of(&again, in), port_of(&first, in));
	return true;
}

static bool new_flows(void *arg)
{
	const struct frame tcp = {TCP, .from = "198.51.100.66:1", .to = VIP ":3080", .flags = "S"};
	const struct frame udp = {UDP, .from = "198.51.100.66:1", .to = VIP ":3053"};
	const struct frame tcp6 = {TCP, .from = "[2001:db8:100::66]:1", .to = VIP6_AT(3080),
				   .flags = "S"};
	const struct frame udp6 = {UDP, .from = "[2001:db8:100::66]:1", .to = VIP6_AT(3053)};

	EXPECT(explains_a_new_flow(arg, &tcp, FULLNAT_TCP));
	EXPECT(explains_a_new_flow(arg, &udp, FULLNAT_UDP));
	EXPECT(explains_a_new_flow(arg, &tcp6, FULLNAT6_TCP));
	EXPECT(explains_a_new_flow(arg, &udp6, FULLNAT6_UDP));
	return true;
}

/* Its age and what it has seen stay as they were: FIN, RST and a second later. */
static bool flows_that_are_there(void *arg)
{
	static const struct {
		struct frame frame;
		int verdict;
		uint32_t flags;
	} rows[] = {
		{{TCP, .from = "198.51.100.66:1", .to = VIP ":3080", .flags = "FA"}, XDP_TX, 0},
		/* begins anew: where the slot says */
		{{TCP, .from = "198.51.100.66:1", .to = VIP ":3080", .flags = "S"},
		 XDP_TX,
		 SHUNT_TRACE_SLOT},
		{{UDP, .from = CLIENT, .to = VIP ":3053"}, XDP_TX, 0},
		{{UDP, .from = REAL, .to = POOL_AT(2000), .payload = 9}, XDP_TX, SHUNT_TRACE_REPLY},
		{{TCP, .from = REAL, .to = POOL_AT(2001), .flags = "RA"},
		 XDP_REDIRECT,
		 SHUNT_TRACE_REPLY},
		{{TCP, .from = CLIENT6, .to = VIP6_AT(3080)}, XDP_TX, 0},
		{{TCP, .from = "[fd00::51]:7000", .to = POOL6_AT(2000), .flags = "FA"},
		 XDP_TX,
		 SHUNT_TRACE_REPLY},
	};
	struct world *world = arg;
	struct explained explained;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct frame *in = &rows[i].frame;

		dataplane_flows_sweep(world->dp, i + 1); /* the clock */
		EXPECT(explained_to(world, in, rows[i].verdict, NULL, &explained));
		EXPECT_EQUAL(explained.trace.flags, rows[i].flags | SHUNT_TRACE_PACKET |
							    SHUNT_TRACE_BACKEND | SHUNT_TRACE_HOP);
		EXPECT(done_as_explained(world, in, &explained, "pool_ports"));
	}
	return true;
}

static void set_slots(struct dataplane_service *service, uint32_t word)
{
	for (uint32_t i = 0; i < dataplane_slots_count(service); i++)
		dataplane_slot_write(service, i, word);
}

/* What is too long for a flow's backend, wherever the slot leads meanwhile. */
static bool flow_of_a_slot_that_moved(void *arg)
{
	const struct frame in = {UDP, .from = CLIENT, .to = VIP ":3105", .payload = 1400};
	const struct packet_case c = {.in = in};
	struct world *world = arg;
	struct explained explained;
	bool right;

	set_slots(world->services[FULLNAT_NARROW], 0);
	right = explained_to(world, &in, XDP_TX, "too_big_answered", &explained) &&
		is_as_ordinary(world, &c, &explained);
	set_slots(world->services[FULLNAT_NARROW], SHUNT_SLOT(1, 0));
	return right;
}

static bool no_flows(void *arg)
{
	struct explained explained;

#define REFUSED(verdict, reason, ...)                                                              \
	EXPECT(explained_to(arg, &(const struct frame){__VA_ARGS__}, verdict, reason, &explained))
	REFUSED(XDP_DROP, "fullnat_unknown", TCP, .from = "198.51.100.66:2", .to = VIP ":3080");
	REFUSED(XDP_DROP, "fullnat_unknown", TCP, .from = "198.51.100.66:2", .to = VIP ":3080",
		.flags = "RA");
	REFUSED(XDP_DROP, "fullnat_no_flow", TCP, .from = REAL, .to = POOL_AT(2099));
	REFUSED(XDP_DROP, "fullnat_stranger", TCP, .from = "10.0.0.52:7000", .to = POOL_AT(2000));
	REFUSED(XDP_PASS, NULL, TCP, .from = REAL, .to = POOL_AT(1999));
	REFUSED(XDP_TX, "ttl_answered", TCP, .from = "198.51.100.66:2", .to = VIP ":3080",
		.flags = "S", .ttl = 1);
	REFUSED(XDP_TX, "too_big_answered", UDP, .from = "198.51.100.66:2", .to = VIP ":3105",
		.payload = 1400);
	/* a first piece leaves nothing behind, and begins no flow */
	REFUSED(XDP_TX, NULL, UDP, .from = "198.51.100.66:2", .to = VIP ":3053", .payload = 2000,
		.piece = 1000);
	REFUSED(XDP_DROP, "fragment_unknown", UDP, .from = "198.51.100.66:2", .to = VIP ":3053",
		.payload = 2000, .piece = 1008, .piece_at = 1000);
	REFUSED(XDP_TX, NULL, UDP, .from = REAL, .to = POOL_AT(2000), .payload = 2000,
		.piece = 1000);
	REFUSED(XDP_PASS, NULL, UDP, .from = REAL, .to = POOL_AT(2000), .payload = 2000,
		.piece = 1008, .piece_at = 1000);
#undef REFUSED
	return true;
}

/* Does the program use a map whose name begins so? */
static bool uses_map(int program_fd, const char *prefix)
{
	uint32_t ids[64], length = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = {.nr_map_ids = ARRAY_SIZE(ids), .map_ids = (uintptr_t)ids};

	if (bpf_obj_get_info_by_fd(program_fd, &info, &length) < 0)
		err(1, "the program's maps");
	for (uint32_t i = 0; i < info.nr_map_ids && i < ARRAY_SIZE(ids); i++) {
		_cleanup_close_ int fd = bpf_map_get_fd_by_id(ids[i]);
		struct bpf_map_info map = {0};

		length = sizeof(map);
		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &map, &length) < 0)
			err(1, "map %u", ids[i]);
		if (strncmp(map.name, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}

/* It costs nothing when nobody asks: the program on the links has no part of it. */
static bool ordinary_program_notes_nothing(void *arg)
{
	struct world *world = arg;
	int ordinary = dataplane_program_fd(world->dp);

	EXPECT(uses_map(ordinary, "counters"));
	EXPECT(!uses_map(ordinary, "trace"));
	EXPECT(!uses_map(ordinary, "capture"));
	EXPECT(dataplane_capture_begin(world->dp, NULL) == 0);
	EXPECT(uses_map(dataplane_capture_program_fd(world->dp), "traces"));
	EXPECT(uses_map(dataplane_capture_program_fd(world->dp), "captured"));
	dataplane_capture_end(world->dp);
	return true;
}

static bool what_is_no_frame_is_refused(void *arg)
{
	struct dataplane_frame out = {0};
	struct world *world = arg;
	struct shunt_trace trace;
	struct error error = {0};
	uint8_t in[4] = {0};

	EXPECT(dataplane_explain(world->dp, world->in0, in, sizeof(in), &trace, &out, &error) < 0);
	EXPECT(strstr(error.text, "cannot run the program"));
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"changes nothing", changes_nothing},
		{"notes every outcome, which is the ordinary program's",
		 does_as_the_ordinary_program},
		{"fullnat: a flow that would begin", new_flows},
		{"fullnat: flows that are there", flows_that_are_there},
		{"fullnat: a flow of a slot that moved", flow_of_a_slot_that_moved},
		{"fullnat: no flow", no_flows},
		{"the ordinary program has nothing of it", ordinary_program_notes_nothing},
		{"what is no frame is refused", what_is_no_frame_is_refused},
	};
	struct world world;
	int code;

	world_open(&world);
	world_add_fullnat(&world);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &world);
	world_close(&world);
	return code;
}
