// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_crash.c - kill -9 between any two writes: a daemon that adds, changes and removes without
 * end is killed at one of its system calls, again and again, and whatever it leaves is adopted and
 * right. SHUNT_TEST_SEED=number gives other moments and other changes, SHUNT_TEST_ROUNDS=number
 * more or fewer deaths.
 */
#include <bpf/bpf.h>
#include <net/if.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "packet/crash_flows.h"
#include "packet/expect.h"
#include "packet/world.h"
#include "shunt/hash.h"

#define ROUNDS        60
#define SERVICES      4 /* in dr and nat */
#define FULLNAT       2 /* and behind them, in fullnat */
#define BACKENDS      40
#define SLOTS         251
#define CALLS         1000 /* until the kill, at most */
#define CALLS_TO_OPEN 300
#define USUAL         7

static __u64 random_state, now_s;
static uint32_t in0;

static unsigned int draw(unsigned int n)
{
	return shunt_splitmix64(&random_state) % n;
}

/* --- the daemon that will be killed --- */

/* The even ones are IPv6. */
static struct dataplane_service *nth_service(struct dataplane *dp, unsigned int n)
{
	char address[48];

	snprintf(address, sizeof(address), n % 2 ? "tcp:" VIP ":%u" : "tcp:[" VIP6 "]:%u", n);
	return world_service(dp, address, SLOTS, 0);
}

static struct dataplane_service *any_service(struct dataplane *dp)
{
	return nth_service(dp, 1 + draw(SERVICES + FULLNAT));
}

/* Service n has backends of a net of its own, so that nat services never share one. */
static void add_backend(struct dataplane *dp)
{
	unsigned int n = 1 + draw(SERVICES + FULLNAT);
	enum shunt_forward forward = draw(4) ? SHUNT_FORWARD_NAT : SHUNT_FORWARD_DR;
	struct dataplane_service *service = nth_service(dp, n);
	char address[48];
	uint16_t number;

	if (n > SERVICES)
		forward = SHUNT_FORWARD_FULLNAT;

	snprintf(address, sizeof(address), n % 2 ? "10.9.%u.%u:80" : "[fd09::%u:%u]:80", n,
		 1 + draw(BACKENDS));
	number = world_backend(service, address, forward, in0);
	world_publish(service, forward);
	for (uint32_t i = draw(SLOTS); i < SLOTS; i++)
		dataplane_slot_write(service, i, SHUNT_SLOT(number, 0));
}

static void remove_backend(struct dataplane *dp)
{
	struct dataplane_service *service = any_service(dp); /* its slots are empty now */

	dataplane_backend_remove(service, 1 + draw(BACKENDS), NULL);
}

static void send_packets(struct dataplane *dp)
{
	for (unsigned int i = 1 + draw(20); i; i--)
		crash_flows_packet(dp, in0, SERVICES + 1 + draw(FULLNAT), draw(UINT16_MAX));
}

static void remove_service(struct dataplane *dp)
{
	dataplane_service_remove(any_service(dp), NULL);
}

static void attach_or_detach(struct dataplane *dp)
{
	struct dataplane_link link;

	if (draw(2))
		dataplane_attach(dp, if_nametoindex("in0"), &link, NULL);
	else
		dataplane_detach(dp, if_nametoindex("in0"), NULL);
}

static void change_something(struct dataplane *dp)
{
	switch (draw(40)) {
	case 0:
		remove_service(dp);
		break;
	case 1:
		world_grace(dp);
		break;
	case 2:
		attach_or_detach(dp);
		break;
	case 11 ... 20:
		send_packets(dp);
		break;
	case 21:
		crash_flows_pool(dp, draw(3));
		break;
	case 22:
		dataplane_flows_sweep(dp, ++now_s);
		break;
	case 3 ... 10:
		remove_backend(dp);
		break;
	default:
		add_backend(dp);
	}
}

static void live(struct dataplane *dp)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	if (!dp)
		dp = world_dataplane(0);
	for (;;)
		change_something(dp);
}

/* Let it make so many system calls, each seen at its start and at its end. */
static bool let_live(pid_t child, unsigned int calls)
{
	int status;

	EXPECT_EQUAL(waitpid(child, &status, 0), child);
	for (unsigned int i = 0; i < 2 * calls; i++) {
		EXPECT(WIFSTOPPED(status)); /* it did not end by itself */
		EXPECT_EQUAL(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
		EXPECT_EQUAL(waitpid(child, &status, 0), child);
	}
	return true;
}

/* With @dp NULL the daemon opens for itself, and mostly dies while it does. */
static bool live_and_die(struct dataplane *dp)
{
	unsigned int calls = draw(dp ? CALLS : CALLS_TO_OPEN);
	bool right;
	pid_t child;

	shunt_splitmix64(&random_state);
	child = fork();
	if (child == 0) {
		random_state = shunt_mix64(random_state);
		live(dp);
	}
	right = let_live(child, calls);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return right;
}

/* --- what it left --- */

/* A family's pinned tables, and the service whose backends are looked at. */
struct ways_back {
	struct table services, nat;
	struct place_key key;
	struct shunt_service service;
	unsigned int wanted, right;
};

/* Is the place at @place what the client knows backend @number as? */
static bool is_way_back(const struct ways_back *ways, const uint64_t *place, uint16_t number)
{
	struct ip_addr vip = place_key_addr(&ways->key);
	struct shunt_addr addr = shunt_addr_of(&vip);
	uint16_t port = htons(place_key_port(&ways->key));
	uint32_t backend = ways->service.backend_base + number;
	struct shunt_nat4 four;
	struct shunt_nat6 six;

	memcpy(&four, place, sizeof(four));
	if (!ways->key.v6)
		return four.vip == addr.word[0] && four.port == port && four.backend == backend;
	memcpy(&six, place, sizeof(six));
	return memcmp(&six.vip, &addr, sizeof(addr)) == 0 && six.port == port &&
	       six.backend == backend;
}

static void check_way_back(uint16_t number, const struct shunt_backend *entry, void *arg)
{
	const struct endpoint at = shunt_backend_endpoint(entry);
	struct place_key key = place_key(&at.addr, at.port, IPPROTO_TCP);
	struct ways_back *ways = arg;
	const uint64_t *place;

	if (entry->forward != SHUNT_FORWARD_NAT)
		return;
	ways->wanted++;
	place = table_get(&ways->nat, key.words);
	if (place && is_way_back(ways, place, number))
		ways->right++;
}

static unsigned int count_entries(const struct table *table)
{
	unsigned int count = 0;
	uint32_t at = 0;

	while (table_next(table, &at))
		count++;
	return count;
}

/* The nat table holds the way back of every nat backend, and nothing else. */
static bool check_ways_back(struct dataplane *dp, bool v6, struct ways_back *ways)
{
	const uint64_t *place;
	uint32_t at = 0;

	while ((place = table_next(&ways->services, &at))) {
		struct dataplane_service *service;
		struct vip vip;

		ways->key = place_key_read(v6, place);
		memcpy(&ways->service, place + ways->services.shape.key_words,
		       sizeof(ways->service));
		if (!ways->service.slot_count)
			continue;
		vip = place_key_vip(&ways->key);
		EXPECT_EQUAL(dataplane_service_open(dp, &vip, SLOTS, &service, NULL), 0);
		dataplane_backends(service, check_way_back, ways);
	}
	EXPECT_EQUAL(ways->right, ways->wanted);
	EXPECT_EQUAL(count_entries(&ways->nat), ways->wanted);
	return true;
}

static bool ways_back_are_right(struct dataplane *dp, bool v6)
{
	struct ways_back ways = {
		.services = world_table(v6 ? "services6" : "services4"),
		.nat = world_table(v6 ? "nat6" : "nat4"),
	};
	bool right = check_ways_back(dp, v6, &ways);

	free(ways.services.words);
	free(ways.nat.words);
	return right;
}

/* Adopt what is there, and find it right. */
static bool adopt(struct dataplane **ret)
{
	struct dataplane *dp = world_dataplane(0);
	struct error err = {0};
	bool right = ways_back_are_right(dp, false) && ways_back_are_right(dp, true) &&
		     crash_flows_are_right(dp);

	*ret = dp;
	EXPECT_EQUAL(dataplane_activate(dp, &err), 0);
	return right;
}

/*
 * Two thirds of the daemons go on with what is opened already: it is what took the time, and a
 * process that is forked from the one that opened has all of it.
 */
static bool whatever_is_left_is_adopted(void *arg)
{
	unsigned int rounds = *(const unsigned int *)arg;
	struct dataplane *dp;
	bool right = adopt(&dp);

	for (unsigned int i = 0; right && i < rounds; i++) {
		if (draw(3) == 0)
			dp = dataplane_close(dp);
		right = live_and_die(dp);
		dataplane_close(dp);
		right = adopt(&dp) && right;
		if (!right)
			fprintf(stderr, "    in round %u\n", i);
	}
	dataplane_close(dp);
	printf("# %u flows\n", crash_flows_looked_at());
	/* else it showed nothing */
	EXPECT(!right || rounds < ROUNDS || crash_flows_looked_at() > rounds);
	return right;
}

static bool all_of_it_can_be_taken_down(void *arg)
{
	struct error err = {0};

	EXPECT_EQUAL(dataplane_teardown(WORLD_PIN_DIR, &err), 0);
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"whatever a killed daemon leaves is adopted", whatever_is_left_is_adopted},
		{"and can be taken down", all_of_it_can_be_taken_down},
	};
	unsigned int rounds = expect_setting("SHUNT_TEST_ROUNDS", ROUNDS);

	random_state = expect_setting("SHUNT_TEST_SEED", USUAL);
	printf("# SHUNT_TEST_SEED=%llu SHUNT_TEST_ROUNDS=%u\n", (unsigned long long)random_state,
	       rounds);
	world_isolate();
	world_ip("link set lo up\nlink add in0 type veth peer name in0p\n");
	in0 = if_nametoindex("in0");
	crash_flows_init();
	return expect_run(tests, ARRAY_SIZE(tests), NULL, &rounds);
}
