// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench.c - nanoseconds a packet, row by row, in interleaved rounds; a table for people and
 * build/bench.json for machines. See docs/performance.md for what the columns mean.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "bench.h"
#include "bench.skel.h"
#include "packet/world.h"

#define ROUNDS   31
#define REPEAT   200000
#define WARM_UP  5000
#define BACKENDS 100
#define SLOTS    16381
#define MANY     100000
#define HUGE     500000

enum program { EMPTY_PROGRAM, FLOOR, SHUNT };

struct row {
	const char *name;
	enum program program;
	struct frame frame;
	uint64_t flows;
	int verdict;
	double ns[ROUNDS];
};

/* BENCH_FRAME bytes and more, so that the driver has all of it to restore. */
#define CLIENT_TO(port)  .from = "198.51.100.0:40000", .to = VIP port, .payload = 40
#define CLIENT6_TO(port) .from = "[2001:db8:1::]:40000", .to = VIP6_AT(port), .payload = 40
#define BENCH_DR         ":10080"
#define BENCH_NAT        ":10081"
#define BENCH_IPIP       ":10082"
#define BENCH_GUE        ":10083"
#define BENCH_FULLNAT    ":10084"

/* A pool with a port for each of so many flows, and more. */
#define POOL  "10.0.0.5"
#define LOW   10000
#define PORTS 20000
#define SOME  16000

/* What add_fullnat() finds: the backend and the pool's port of the flow of "fullnat UDP, 1 flow".
 */
static char reply_from[32], reply_to[32];

static struct row rows[] = {
	{"empty", EMPTY_PROGRAM, {TCP, CLIENT_TO(BENCH_DR)}, 1, XDP_TX},
	{"floor: MAC swap", FLOOR, {TCP, CLIENT_TO(BENCH_DR)}, 1, XDP_TX},
	{"dr TCP, 1 flow", SHUNT, {TCP, CLIENT_TO(BENCH_DR)}, 1, XDP_TX},
	{"dr TCP, 100k flows", SHUNT, {TCP, CLIENT_TO(BENCH_DR)}, MANY, XDP_TX},
	{"dr TCP, 500k flows", SHUNT, {TCP, CLIENT_TO(BENCH_DR)}, HUGE, XDP_TX},
	{"dr TCP, SYNs of 100k", SHUNT, {TCP, CLIENT_TO(BENCH_DR), .flags = "S"}, MANY, XDP_TX},
	{"dr UDP, 1 flow", SHUNT, {UDP, CLIENT_TO(BENCH_DR)}, 1, XDP_TX},
	{"dr UDP, 100k flows", SHUNT, {UDP, CLIENT_TO(BENCH_DR)}, MANY, XDP_TX},
	{"dr6 TCP, 1 flow", SHUNT, {TCP, CLIENT6_TO(10080)}, 1, XDP_TX},
	{"dr6 TCP, 100k flows", SHUNT, {TCP, CLIENT6_TO(10080)}, MANY, XDP_TX},
	{"ipip 4 in 4, 1 flow", SHUNT, {TCP, CLIENT_TO(BENCH_IPIP)}, 1, XDP_TX},
	{"ipip 4 in 4, 500k flows", SHUNT, {TCP, CLIENT_TO(BENCH_IPIP)}, HUGE, XDP_TX},
	{"ipip 6 in 6, 1 flow", SHUNT, {TCP, CLIENT6_TO(10082)}, 1, XDP_TX},
	{"gue 4 in 4, 1 flow", SHUNT, {TCP, CLIENT_TO(BENCH_GUE)}, 1, XDP_TX},
	{"gue 4 in 4, 500k flows", SHUNT, {TCP, CLIENT_TO(BENCH_GUE)}, HUGE, XDP_TX},
	{"nat TCP, 1 flow", SHUNT, {TCP, CLIENT_TO(BENCH_NAT)}, 1, XDP_TX},
	{"nat TCP, 100k flows", SHUNT, {TCP, CLIENT_TO(BENCH_NAT)}, MANY, XDP_TX},
	{"nat6 TCP, 1 flow", SHUNT, {TCP, CLIENT6_TO(10081)}, 1, XDP_TX},
	{"nat TCP, reply",
	 SHUNT,
	 {TCP, .from = "10.9.0.1:7000", .to = CLIENT, .payload = 40},
	 1,
	 XDP_TX},
	{"fullnat UDP, 1 flow", SHUNT, {UDP, CLIENT_TO(BENCH_FULLNAT)}, 1, XDP_TX},
	{"fullnat UDP, 16k flows", SHUNT, {UDP, CLIENT_TO(BENCH_FULLNAT)}, SOME, XDP_TX},
	{"fullnat UDP, reply",
	 SHUNT,
	 {UDP, .from = reply_from, .to = reply_to, .payload = 40},
	 1,
	 XDP_TX},
	{"icmp echo", SHUNT, {ICMP, .from = CLIENT_ADDR, .to = VIP, .payload = 52}, 1, XDP_TX},
	{"not ours: TCP",
	 SHUNT,
	 {TCP, .from = CLIENT, .to = DIRECTOR ":22", .payload = 40},
	 1,
	 XDP_PASS},
	{"not ours: IPv6",
	 SHUNT,
	 {TCP, .from = CLIENT6, .to = "[2001:db8::99]:22", .payload = 40},
	 1,
	 XDP_PASS},
	{"not ours: ARP", SHUNT, {ETHER, .ethertype = 0x0806, .payload = 80}, 1, XDP_PASS},
};

#define EMPTY_ROW 0
#define FLOOR_ROW 1

struct bench {
	struct world world;
	struct bench_bpf *driver;
};

/* --- set-up --- */

/* @net: the backends' address and port, to be printed with a number. */
static void add_service(struct bench *b, const char *address, const char *net,
			enum shunt_forward forward)
{
	struct dataplane_service *service = world_service(b->world.dp, address, SLOTS, 0);
	char backend[64];

	for (int i = 1; i <= BACKENDS; i++) {
		snprintf(backend, sizeof(backend), net, i);
		world_backend(service, backend, forward, b->world.in0);
	}
	for (uint32_t i = 0; i < SLOTS; i++)
		dataplane_slot_write(service, i, SHUNT_SLOT(1 + i * 7919ULL % BACKENDS, 0));
	world_publish(service, forward);
}

static void find_reply(struct bench *b)
{
	const struct frame client = {UDP, CLIENT_TO(BENCH_FULLNAT)};
	uint8_t sent[FRAME_MAX], got[FRAME_MAX];
	const uint8_t *ip = got + 14;
	size_t length = frame_build(&client, sent);

	if (world_run(b->world.dp, b->world.in0, sent, length, got, &length) != XDP_TX)
		errx(1, "no flow of fullnat's");
	snprintf(reply_from, sizeof(reply_from), "%d.%d.%d.%d:%d", ip[16], ip[17], ip[18], ip[19],
		 ip[22] << 8 | ip[23]);
	snprintf(reply_to, sizeof(reply_to), POOL ":%d", ip[20] << 8 | ip[21]);
}

static void add_fullnat(struct bench *b)
{
	struct ip_addr addr;
	const struct dataplane_pool pool = {&addr, 1, LOW, LOW + PORTS - 1};
	struct error error = {0};

	if (ip_addr_parse(POOL, &addr, &error) || dataplane_pool_set(b->world.dp, &pool, &error))
		errx(1, "%s", error.text);
	add_service(b, "udp:" VIP BENCH_FULLNAT, "10.8.3.%d:7000", SHUNT_FORWARD_FULLNAT);
	find_reply(b);
}

static void set_up(struct bench *b)
{
	cpu_set_t one;

	world_open(&b->world);
	add_service(b, "tcp:" VIP BENCH_DR, "10.8.0.%d:7000", SHUNT_FORWARD_DR);
	add_service(b, "udp:" VIP BENCH_DR, "10.8.0.%d:7000", SHUNT_FORWARD_DR);
	add_service(b, "tcp:" VIP BENCH_NAT, "10.9.0.%d:7000", SHUNT_FORWARD_NAT);
	add_service(b, "tcp:" VIP BENCH_IPIP, "10.8.1.%d:7000", SHUNT_FORWARD_IPIP);
	add_service(b, "tcp:" VIP BENCH_GUE, "10.8.2.%d:7000", SHUNT_FORWARD_GUE);
	add_fullnat(b);
	add_service(b, "tcp:" VIP6_AT(10080), "[fd00:8::%x]:7000", SHUNT_FORWARD_DR);
	add_service(b, "tcp:" VIP6_AT(10081), "[fd00:9::%x]:7000", SHUNT_FORWARD_NAT);
	add_service(b, "tcp:" VIP6_AT(10082), "[fd00:8:1::%x]:7000", SHUNT_FORWARD_IPIP);
	b->driver = bench_bpf__open_and_load();
	if (!b->driver)
		err(1, "the driver program");
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		err(1, "sched_setaffinity");
}

/* --- one measurement --- */

static int program_fd(const struct bench *b, enum program program)
{
	switch (program) {
	case EMPTY_PROGRAM:
		return bpf_program__fd(b->driver->progs.empty);
	case FLOOR:
		return bpf_program__fd(b->driver->progs.floor_swap);
	default:
		return dataplane_program_fd(b->world.dp);
	}
}

static double measure(struct bench *b, const struct row *row, uint64_t repeat)
{
	uint8_t frame[FRAME_MAX], out[FRAME_MAX];
	size_t length = frame_build(&row->frame, frame);
	struct bench_run *run = &b->driver->bss->run;
	struct xdp_md context = {.data_end = length, .ingress_ifindex = b->world.in0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = length,
		    .data_out = out, .data_size_out = sizeof(out), .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = repeat);
	int test_fd = program_fd(b, row->program);
	uint32_t zero = 0;

	if (length < BENCH_FRAME)
		errx(1, "%s: a frame of %zu bytes is too short", row->name, length);
	memset(run, 0, sizeof(*run));
	memcpy(run->frame, frame, BENCH_FRAME);
	run->repeat = repeat;
	run->flows = row->flows;
	run->length = length;
	run->v6 = frame[12] == 0x86;
	if (bpf_map_update_elem(bpf_map__fd(b->driver->maps.under_test), &zero, &test_fd, 0) < 0)
		err(1, "%s: under_test", row->name);
	if (bpf_prog_test_run_opts(bpf_program__fd(b->driver->progs.driver), &opts) < 0)
		err(1, "%s: BPF_PROG_TEST_RUN", row->name);
	if ((int)opts.retval != row->verdict)
		errx(1, "%s: verdict %u, expected %d", row->name, opts.retval, row->verdict);
	return (double)(run->end - run->start) / (repeat - 1);
}

/* Interleaved: whatever disturbs the machine for a while disturbs all rows. */
static void measure_all(struct bench *b)
{
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			measure(b, &rows[i], WARM_UP);
			rows[i].ns[round] = measure(b, &rows[i], REPEAT);
		}
	}
}

/* --- results --- */

struct result {
	double min, median; /* ns beyond the empty program */
	double ratio;       /* to the floor, driver included */
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(values[0]), compare);
	return values[ROUNDS / 2];
}

static double least(const double *values)
{
	double least = values[0];

	for (int i = 1; i < ROUNDS; i++)
		if (values[i] < least)
			least = values[i];
	return least;
}

static struct result result_of(const struct row *row)
{
	double net[ROUNDS], ratio[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		net[i] = row->ns[i] - rows[EMPTY_ROW].ns[i];
		ratio[i] = row->ns[i] / rows[FLOOR_ROW].ns[i];
	}
	return (struct result){
		.min = least(row->ns) - least(rows[EMPTY_ROW].ns),
		.median = median(net),
		.ratio = median(ratio),
	};
}

static void print_table(void)
{
	printf("%-24s %8s %8s %8s\n", "", "min ns", "median", "x floor");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct result r = result_of(&rows[i]);

		printf("%-24s %8.1f %8.1f %8.2f\n", rows[i].name, r.min, r.median, r.ratio);
	}
}

static json_t *json_of_rows(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct result r = result_of(&rows[i]);
		json_t *rounds = json_array();

		for (int n = 0; n < ROUNDS; n++)
			json_array_append_new(rounds, json_real(rows[i].ns[n]));
		json_array_append_new(list,
				      json_pack("{s:s, s:f, s:f, s:f, s:o}", "name", rows[i].name,
						"min_ns", r.min, "median_ns", r.median,
						"ratio_to_floor", r.ratio, "rounds_ns", rounds));
	}
	return list;
}

static void write_json(const char *path)
{
	struct utsname name;
	json_t *root;

	uname(&name);
	root = json_pack("{s:s, s:i, s:i, s:o}", "kernel", name.release, "rounds", ROUNDS, "repeat",
			 REPEAT, "rows", json_of_rows());
	if (json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(5)) < 0)
		err(1, "%s", path);
	json_decref(root);
}

int main(int argc, char **argv)
{
	static struct bench b;

	if (argc != 2)
		errx(2, "usage: bench FILE.json");
	set_up(&b);
	measure_all(&b);
	print_table();
	write_json(argv[1]);
	bench_bpf__destroy(b.driver);
	world_close(&b.world);
	return 0;
}
