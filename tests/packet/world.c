// SPDX-License-Identifier: GPL-2.0-or-later
/* world.c - see world.h. */
#include "packet/world.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>

#include "base/cleanup.h"

#define USUAL_SEED 0x5eed5eed5eedULL
#define SLOTS_MAX  262144
#define SLOTS      251
#define UNATTACHED 9999 /* no interface has this number */

static const char lab[] = "link set lo up\n"
			  "link add in0 address " MAC_DIRECTOR " type veth peer name in0p\n"
			  "link add out0 address " MAC_OUT " type veth peer name out0p\n"
			  "link set in0p up\n"
			  "link set in0 up\n"
			  "link set out0p up\n"
			  "link set out0 up\n"
			  "addr add " DIRECTOR "/24 dev in0\n"
			  "addr add 10.1.0.1/24 dev out0\n"
			  "neigh replace 10.0.0.254 lladdr " MAC_ROUTER " dev in0 nud permanent\n"
			  "neigh replace 10.1.0.254 lladdr " MAC_ROUTER2 " dev out0 nud permanent\n"
			  "route add 198.51.100.0/24 via 10.0.0.254\n"
			  "route add 203.0.113.0/24 via 10.1.0.254\n"
			  "route add 198.18.0.0/24 via 10.1.0.254 mtu lock 1000\n"
			  "route add blackhole 198.18.1.0/24\n"
			  "route add unreachable 198.18.2.0/24\n"
			  "route add prohibit 198.18.3.0/24\n"
			  "route add 198.18.4.0/24 via " NEW_ROUTER "\n"
			  "addr add " DIRECTOR6 "/64 dev in0 nodad\n"
			  "addr add fd01::1/64 dev out0 nodad\n"
			  "neigh replace fd00::fe lladdr " MAC_ROUTER " dev in0 nud permanent\n"
			  "neigh replace fd01::fe lladdr " MAC_ROUTER2 " dev out0 nud permanent\n"
			  "route add 2001:db8:100::/64 via fd00::fe\n"
			  "route add 2001:db8:200::/64 via fd01::fe\n"
			  "route add 2001:db8:18::/64 via fd01::fe mtu lock 1300\n"
			  "route add blackhole 2001:db8:18:1::/64\n"
			  "route add unreachable 2001:db8:18:2::/64\n"
			  "route add prohibit 2001:db8:18:3::/64\n"
			  "route add 2001:db8:18:4::/64 via " NEW_ROUTER6 "\n";

/* The backend that is a client too. */
static const char fullnat_lab[] =
	"neigh replace 10.0.0.51 lladdr " MAC_BACKEND " dev in0 nud permanent\n"
	"neigh replace fd00::51 lladdr " MAC_BACKEND " dev in0 nud permanent\n";

const struct world_row world_services[WORLD_ALL_COUNT] = {
#define X(symbol, service_address, how, backend_address, ...)                                      \
	[symbol] = {.address = service_address,                                                    \
		    .backend = backend_address,                                                    \
		    .forward = SHUNT_FORWARD_##how,                                                \
		    __VA_ARGS__},
	WORLD_SERVICES(X) WORLD_FULLNAT_SERVICES(X)
#undef X
};

/* --- pieces --- */

static void check(int r, const struct error *err, const char *what)
{
	if (r < 0)
		errx(1, "%s: %s (%s)", what, err->text, strerror(-r));
}

void world_isolate(void)
{
	if (geteuid() != 0) {
		printf("needs root\n0 passed, 0 failed, 1 skipped\n");
		exit(0);
	}
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		err(1, "unshare");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, "mode=0700") < 0)
		err(1, "mount");
}

void world_ip(const char *commands)
{
	FILE *ip = popen("ip -batch -", "w");

	if (!ip || fputs(commands, ip) < 0 || pclose(ip) != 0)
		errx(1, "ip does not do:\n%s", commands);
}

void world_sysctl(const char *path, const char *value)
{
	char full[128];
	FILE *file;

	snprintf(full, sizeof(full), "/proc/sys/net/%s", path);
	file = fopen(full, "w");
	if (!file || fputs(value, file) < 0 || fclose(file) < 0)
		err(1, "%s", full);
}

void world_forwarding(bool on)
{
	world_sysctl("ipv4/ip_forward", on ? "1" : "0");
	world_sysctl("ipv6/conf/all/forwarding", on ? "1" : "0");
}

static struct dataplane *open_dataplane(uint64_t seed, uint32_t backends_max)
{
	struct dataplane_options options = {
		.pin_dir = WORLD_PIN_DIR,
		.seed = seed ?: USUAL_SEED,
		.slots_max = SLOTS_MAX,
		.backends_max = backends_max,
		.ports_max = WORLD_PORTS_MAX,
	};
	struct dataplane *dp;
	struct error error = {0};

	check(dataplane_open(&options, &dp, &error), &error, "dataplane_open");
	return dp;
}

struct dataplane *world_dataplane(uint64_t seed)
{
	return open_dataplane(seed, 1024);
}

struct dataplane_service *world_service(struct dataplane *dp, const char *address, uint32_t slots,
					uint32_t word)
{
	struct dataplane_service *service;
	struct error error = {0};
	struct vip vip;

	check(vip_parse(address, &vip, &error), &error, address);
	check(dataplane_vip_set(dp, &vip.at.addr, false, &error), &error, address);
	check(dataplane_service_open(dp, &vip, slots, &service, &error), &error, address);
	for (uint32_t i = 0; i < slots; i++)
		dataplane_slot_write(service, i, word);
	return service;
}

uint16_t world_backend(struct dataplane_service *service, const char *address,
		       enum shunt_forward forward, uint32_t ifindex)
{
	struct shunt_backend entry = {
		.dmac = {2, 0, 0, 0, 0, 0x11},
		.smac = {2, 0, 0, 0, 0, 1},
		.forward = forward,
		.ifindex = ifindex,
	};
	struct error error = {0};
	struct endpoint at;
	uint16_t number;

	check(endpoint_parse(address, &at, &error), &error, address);
	check(dataplane_backend_open(service, &at, &number, &error), &error, address);
	entry.addr = shunt_addr_of(&at.addr);
	entry.flags = at.addr.family == AF_INET6 ? SHUNT_BACKEND_V6 : 0;
	entry.port = htons(at.port);
	entry.dmac[5] += number - 1;
	check(dataplane_backend_write(service, number, &entry, &error), &error, address);
	return number;
}

static void publish(struct dataplane_service *service,
		    const struct dataplane_service_options *options)
{
	struct error error = {0};

	check(dataplane_service_publish(service, options, &error), &error, "publish");
}

void world_publish(struct dataplane_service *service, enum shunt_forward forward)
{
	const struct dataplane_service_options options = {
		.forward = forward, .fullnat = forward == SHUNT_FORWARD_FULLNAT};

	publish(service, &options);
}

int world_map(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), WORLD_PIN_DIR "/maps-v%d/%s", SHUNT_ABI_VERSION, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

struct table world_table(const char *name)
{
	_cleanup_close_ int fd = world_map(name);
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info), zero = 0;
	struct table table = {0};

	if (bpf_obj_get_info_by_fd(fd, &info, &length) < 0)
		err(1, "%s", name);
	table.shape = strchr(name, '6') ? table_shape6 : table_shape4;
	table.words = calloc(1, info.value_size);
	while (table.shape.place_words * sizeof(uint64_t) << table.bits < info.value_size)
		table.bits++;
	if (bpf_map_lookup_elem(fd, &zero, table.words) < 0)
		err(1, "%s", name);
	return table;
}

void world_table_write(const char *name, struct table *table)
{
	_cleanup_close_ int fd = world_map(name);
	uint32_t zero = 0;

	if (bpf_map_update_elem(fd, &zero, table->words, BPF_ANY) < 0)
		err(1, "%s", name);
	free(table->words);
}

void world_refill_answers(void)
{
	_cleanup_close_ int fd = world_map("meta");
	struct shunt_meta meta;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(fd, &zero, &meta) < 0)
		err(1, "meta");
	meta.answers_full_ns = 0;
	if (bpf_map_update_elem(fd, &zero, &meta, BPF_ANY) < 0)
		err(1, "meta");
}

void world_grace(struct dataplane *dp)
{
	uint64_t ticket = dataplane_retire_begin(dp);

	if (ticket && dataplane_grace_wait() < 0)
		errx(1, "no grace period");
	dataplane_retire_end(dp, ticket);
}

/* --- the whole --- */

static uint32_t attach(struct world *world, const char *name)
{
	uint32_t ifindex = if_nametoindex(name);
	struct dataplane_link link;
	struct error error = {0};

	check(dataplane_attach(world->dp, ifindex, &link, &error), &error, name);
	if (!link.native)
		errx(1, "%s: veth has native XDP, but the program is not in it", name);
	return ifindex;
}

static void set_slots(struct dataplane_service *service, uint32_t word)
{
	for (uint32_t i = 0; i < dataplane_slots_count(service); i++)
		dataplane_slot_write(service, i, word);
}

/* An entry that points outside of the slots: no function writes such a thing. */
static void point_beyond(void)
{
	struct table table = world_table("services4");
	struct shunt_service4 entry;
	const uint64_t *place;
	uint32_t at = 0;

	while ((place = table_next(&table, &at))) {
		memcpy(&entry, place, sizeof(entry));
		if (entry.key.port != htons(88))
			continue;
		entry.service.slot_base = SLOTS_MAX;
		memcpy((uint64_t *)place, &entry, sizeof(entry));
	}
	world_table_write("services4", &table);
}

static uint32_t backend_ifindex(const struct world *world, enum world_service symbol)
{
	switch (symbol) {
	case NO_HOP:
	case NO_HOP6:
	case FULLNAT_NO_HOP:
	case FULLNAT6_NO_HOP:
		return 0;
	case NO_EGRESS:
		return UNATTACHED;
	default:
		return world_services[symbol].by_out0 ? world->out0 : world->in0;
	}
}

/* A tag as struct frame has it, as the backend's entry has it. */
static uint16_t tag_of(int tag)
{
	if (!tag)
		return 0;
	return (tag & SHUNT_VLAN_VID) | SHUNT_VLAN_PRESENT | (tag & AD(0) ? SHUNT_VLAN_AD : 0);
}

static void make_special(struct dataplane_service *service, uint16_t number,
			 const struct world_row *row)
{
	struct shunt_backend entry;
	struct ip_addr source;
	struct error error = {0};
	bool v6;

	if (!dataplane_backend_read(service, number, &entry))
		errx(1, "%s has no backend %u", row->address, number);
	v6 = entry.flags & SHUNT_BACKEND_V6;
	check(ip_addr_parse(row->source
				    ?: v6 ? DIRECTOR6
					  : DIRECTOR,
			    &source, &error),
	      &error, row->address);
	entry.source = shunt_addr_of(&source);
	entry.flags |= row->source_bits << SHUNT_BACKEND_SOURCE_BITS;
	entry.mtu = row->mtu;
	entry.vlan = tag_of(row->tags[0]);
	entry.vlan_inner = tag_of(row->tags[1]);
	check(dataplane_backend_write(service, number, &entry, &error), &error, row->address);
}

static void make_service(struct world *world, enum world_service symbol)
{
	const struct world_row *row = &world_services[symbol];
	const struct dataplane_service_options options = {
		.forward = row->forward,
		.mss = row->mss,
		.toa = row->toa,
		.fullnat = row->fullnat || row->forward == SHUNT_FORWARD_FULLNAT,
	};
	struct dataplane_service *service =
		world_service(world->dp, row->address, SLOTS, SHUNT_SLOT(1, 0));
	uint16_t number =
		world_backend(service, row->backend, row->forward, backend_ifindex(world, symbol));

	world->services[symbol] = service;
	make_special(service, number, row);
	publish(service, &options);
}

static void make_mixed(struct world *world, enum world_service symbol, const char *second)
{
	world_backend(world->services[symbol], second, SHUNT_FORWARD_DR, world->in0);
	set_slots(world->services[symbol], SHUNT_SLOT(1, 2));
}

static void make_strict(struct world *world, const char *address)
{
	struct error error = {0};
	struct ip_addr strict;

	check(ip_addr_parse(address, &strict, &error), &error, address);
	check(dataplane_vip_set(world->dp, &strict, true, &error), &error, address);
}

void world_open(struct world *ret)
{
	*ret = (struct world){0};
	world_isolate();
	world_ip(lab);
	world_forwarding(true);
	ret->dp = open_dataplane(0, 4096);
	ret->in0 = attach(ret, "in0");
	ret->out0 = attach(ret, "out0");
	for (ret->count = 1; ret->count < WORLD_SERVICE_COUNT; ret->count++)
		make_service(ret, ret->count);
	make_strict(ret, VIP_STRICT);
	make_strict(ret, VIP6_STRICT);
	set_slots(ret->services[EMPTY], 0);
	set_slots(ret->services[EMPTY6], 0);
	set_slots(ret->services[WILD], SHUNT_SLOT(1000, 0));
	set_slots(ret->services[UNUSED], SHUNT_SLOT(5, 0));
	make_mixed(ret, MIXED, "10.0.0.12:87");
	make_mixed(ret, MIXED6, "[fd00::12]:87");
	point_beyond();
}

/* --- fullnat --- */

struct world_flow {
	enum world_service service;
	const char *client, *vip, *pool;
};

static const struct world_flow flows[] = {
#define X(...) {__VA_ARGS__},
	WORLD_FLOWS(X)
#undef X
};

static void set_pool(struct world *world)
{
	struct ip_addr addrs[2];
	const struct dataplane_pool pool = {addrs, ARRAY_SIZE(addrs), POOL_LOW, POOL_HIGH};
	struct error error = {0};

	check(ip_addr_parse(POOL_ADDR, &addrs[0], &error), &error, POOL_ADDR);
	check(ip_addr_parse(POOL6_ADDR, &addrs[1], &error), &error, POOL6_ADDR);
	check(dataplane_pool_set(world->dp, &pool, &error), &error, "the pool");
}

/* A flow's first packet; returns the pool's port that it leaves from. */
static unsigned int begin_flow(struct world *world, enum world_service symbol, const char *client,
			       const char *vip)
{
	const struct world_row *row = &world_services[symbol];
	const struct frame first = {row->address[0] == 't' ? TCP : UDP, .from = client, .to = vip,
				    .flags = "S"};
	size_t at = 14 + (client[0] == '[' ? 40 : 20) + 4 * (!!row->tags[0] + !!row->tags[1]);
	uint8_t sent[FRAME_MAX], got[FRAME_MAX];
	size_t length = frame_build(&first, sent);
	int verdict = world_run(world->dp, world->in0, sent, length, got, &length);

	if (verdict != XDP_TX && verdict != XDP_REDIRECT)
		errx(1, "%s begins no flow to %s", client, vip);
	return got[at] << 8 | got[at + 1];
}

static void begin_flows(struct world *world)
{
	for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
		const struct world_flow *flow = &flows[i];
		unsigned int port = begin_flow(world, flow->service, flow->client, flow->vip);

		if (port != strtoul(strrchr(flow->pool, ':') + 1, NULL, 10))
			errx(1, "the flow of %s to %s has port %u, not %s", flow->client, flow->vip,
			     port, flow->pool);
	}
}

/* Flows that nobody needs, so that it stays known which port the next one gets. */
static void use_up(struct world *world, enum world_service symbol, const char *client,
		   const char *vip)
{
	unsigned int port = 0;
	char text[64];

	for (int i = 1; port < POOL_NEW - 1; i++) {
		snprintf(text, sizeof(text), "%s:%d", client, i);
		port = begin_flow(world, symbol, text, vip);
	}
}

void world_add_fullnat(struct world *world)
{
	world_ip(fullnat_lab);
	set_pool(world);
	for (world->count = WORLD_SERVICE_COUNT; world->count < WORLD_ALL_COUNT; world->count++)
		make_service(world, world->count);
	set_slots(world->services[FULLNAT_EMPTY], 0);
	set_slots(world->services[FULLNAT6_EMPTY], 0);
	begin_flows(world);
	use_up(world, FULLNAT_TCP, "198.51.100.99", VIP ":3080");
	use_up(world, FULLNAT_UDP, "198.51.100.99", VIP ":3053");
	use_up(world, FULLNAT6_TCP, "[2001:db8:100::99]", VIP6_AT(3080));
	use_up(world, FULLNAT6_UDP, "[2001:db8:100::99]", VIP6_AT(3053));
}

void world_close(struct world *world)
{
	world->dp = dataplane_close(world->dp);
}

int world_run(struct dataplane *dp, uint32_t ifindex, const uint8_t *frame, size_t length,
	      uint8_t ret[static FRAME_MAX], size_t *ret_length)
{
	struct xdp_md context = {.data_end = length, .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = length,
		    .data_out = ret, .data_size_out = FRAME_MAX, .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = 1);

	if (bpf_prog_test_run_opts(dataplane_program_fd(dp), &opts) < 0)
		err(1, "BPF_PROG_TEST_RUN with %zu bytes", length);
	*ret_length = opts.data_size_out;
	return opts.retval;
}
