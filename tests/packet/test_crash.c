// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_crash.c - kill -9 between any two writes: a daemon that adds, changes and removes without
 * end is killed at one of its system calls, again and again, and whatever it leaves is adopted and
 * right. SHUNT_TEST_SEED=number gives other moments and other changes.
 */
#include <bpf/bpf.h>
#include <net/if.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "packet/expect.h"
#include "packet/world.h"
#include "shunt/hash.h"

#define ROUNDS        60
#define SERVICES      4
#define BACKENDS      40
#define SLOTS         251
#define CALLS         1000 /* until the kill, at most */
#define CALLS_TO_OPEN 300
#define USUAL         7

static __u64 random_state;
static uint32_t lo;

static unsigned int draw(unsigned int n)
{
	return shunt_splitmix64(&random_state) % n;
}

/* --- the daemon that will be killed --- */

static struct dataplane_service *any_service(struct dataplane *dp)
{
	char address[32];

	snprintf(address, sizeof(address), "tcp:" VIP ":%u", 1 + draw(SERVICES));
	return world_service(dp, address, SLOTS, 0);
}

/* Service n has backends 10.9.n.*, so that nat services never share one. */
static void add_backend(struct dataplane *dp)
{
	struct dataplane_service *service;
	unsigned int n = 1 + draw(SERVICES);
	char address[32];
	enum shunt_forward forward = draw(4) ? SHUNT_FORWARD_NAT : SHUNT_FORWARD_DR;

	snprintf(address, sizeof(address), "tcp:" VIP ":%u", n);
	service = world_service(dp, address, SLOTS, 0);
	snprintf(address, sizeof(address), "10.9.%u.%u:80", n, 1 + draw(BACKENDS));
	world_backend(service, address, forward, lo);
	world_publish(service, forward);
}

static void remove_backend(struct dataplane *dp)
{
	dataplane_backend_remove(any_service(dp), 1 + draw(BACKENDS), NULL);
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
	case 3 ... 10:
		remove_backend(dp);
		break;
	default:
		add_backend(dp);
	}
}

static void live(void)
{
	struct dataplane *dp;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
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

/* A third of them dies while it still opens. */
static bool live_and_die(void)
{
	unsigned int calls = draw(3) ? draw(CALLS) : draw(CALLS_TO_OPEN);
	bool right;
	pid_t child;

	shunt_splitmix64(&random_state);
	child = fork();
	if (child == 0) {
		random_state = shunt_mix64(random_state);
		live();
	}
	right = let_live(child, calls);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return right;
}

/* --- what it left --- */

struct ways_back {
	struct table nat4;
	struct shunt_service4 entry;
	unsigned int wanted, right;
};

static void check_way_back(uint16_t number, const struct shunt_backend *entry, void *arg)
{
	const struct endpoint at = shunt_backend_endpoint(entry);
	struct place_key key = place_key(&at.addr, at.port, IPPROTO_TCP);
	struct ways_back *ways = arg;
	const uint64_t *place;
	struct shunt_nat4 way;

	if (entry->forward != SHUNT_FORWARD_NAT)
		return;
	ways->wanted++;
	place = table_get(&ways->nat4, key.words);
	if (!place)
		return;
	memcpy(&way, place, sizeof(way));
	if (way.vip == ways->entry.key.addr && way.port == ways->entry.key.port &&
	    way.backend == ways->entry.service.backend_base + number)
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

/* nat4 holds the way back of every nat backend, and nothing else. */
static bool check_ways_back(struct dataplane *dp, const struct table *services4,
			    struct ways_back *ways)
{
	const uint64_t *place;
	uint32_t at = 0;

	while ((place = table_next(services4, &at))) {
		struct dataplane_service *service;
		struct vip vip = {.protocol = IPPROTO_TCP, .at.addr.family = AF_INET};

		memcpy(&ways->entry, place, sizeof(ways->entry));
		if (!ways->entry.service.slot_count)
			continue;
		vip.at.addr.v4.s_addr = ways->entry.key.addr;
		vip.at.port = ntohs(ways->entry.key.port);
		EXPECT_EQUAL(dataplane_service_open(dp, &vip, SLOTS, &service, NULL), 0);
		dataplane_backends(service, check_way_back, ways);
	}
	EXPECT_EQUAL(ways->right, ways->wanted);
	EXPECT_EQUAL(count_entries(&ways->nat4), ways->wanted);
	return true;
}

static bool ways_back_are_right(struct dataplane *dp)
{
	struct table services4 = world_table("services4");
	struct ways_back ways = {.nat4 = world_table("nat4")};
	bool right = check_ways_back(dp, &services4, &ways);

	free(services4.words);
	free(ways.nat4.words);
	return right;
}

static bool whatever_is_left_is_adopted(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct error err = {0};
		struct dataplane *dp;
		bool right;

		if (!live_and_die()) {
			fprintf(stderr, "    in round %d\n", i);
			return false;
		}
		dp = world_dataplane(0);
		right = ways_back_are_right(dp);
		EXPECT_EQUAL(dataplane_activate(dp, &err), 0);
		dataplane_close(dp);
		if (!right) {
			fprintf(stderr, "    in round %d\n", i);
			return false;
		}
	}
	return true;
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
	const char *seed = getenv("SHUNT_TEST_SEED");

	random_state = seed ? strtoull(seed, NULL, 0) : USUAL;
	printf("SHUNT_TEST_SEED=%llu\n", (unsigned long long)random_state);
	world_isolate();
	world_ip("link set lo up\nlink add in0 type veth peer name in0p\n");
	lo = if_nametoindex("lo");
	return expect_run(tests, ARRAY_SIZE(tests), NULL, NULL);
}
