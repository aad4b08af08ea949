// SPDX-License-Identifier: GPL-2.0-or-later
/* crash_flows.c - see crash_flows.h */
#include "packet/crash_flows.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <err.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "dataplane/key.h"
#include "packet/expect.h"
#include "packet/frame.h"
#include "packet/world.h"
#include "shunt/fullnat.h"

#define SERVICES    16
#define CLIENTS     64
#define CLIENT_PORT 40000
#define PORTS       48

/* Where a flow went at last; all zero while that is not known. Shared with the daemons' processes.
 */
static struct shunt_addr (*went)[CLIENTS];
static unsigned int looked_at;

void crash_flows_init(void)
{
	went = mmap(NULL, SERVICES * sizeof(*went), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (went == MAP_FAILED)
		err(1, "mmap");
}

unsigned int crash_flows_looked_at(void)
{
	return looked_at;
}

void crash_flows_pool(struct dataplane *dp, unsigned int count)
{
	struct ip_addr addrs[2];
	struct dataplane_pool pool = {addrs, count, POOL_LOW, POOL_LOW + PORTS - 1};

	ip_addr_parse(POOL_ADDR, &addrs[0], NULL);
	ip_addr_parse(POOL6_ADDR, &addrs[1], NULL);
	dataplane_pool_set(dp, &pool, NULL); /* may fail: what was let go may still rest */
}

static struct shunt_addr destination(const uint8_t *packet, bool v6)
{
	struct shunt_addr addr = {};

	memcpy(&addr, packet + (v6 ? 24 : 16), v6 ? 16 : 4);
	return addr;
}

void crash_flows_packet(struct dataplane *dp, uint32_t ifindex, unsigned int n, unsigned int client)
{
	bool v6 = n % 2 == 0;
	struct shunt_addr *at = &went[n][client % CLIENTS];
	uint8_t sent[FRAME_MAX], got[FRAME_MAX];
	char from[64], to[64];
	struct frame frame = {TCP, .from = from, .to = to, .flags = "S"};
	size_t length;

	snprintf(from, sizeof(from), v6 ? "[" CLIENT6_ADDR "]:%u" : CLIENT_ADDR ":%u",
		 CLIENT_PORT + client % CLIENTS);
	snprintf(to, sizeof(to), v6 ? "[" VIP6 "]:%u" : VIP ":%u", n);
	length = frame_build(&frame, sent);
	*at = (struct shunt_addr){};
	if (world_run(dp, ifindex, sent, length, got, &length) == XDP_TX)
		*at = destination(got + 14, v6);
}

/* Is the flow at its backend? One that nobody knows goes where it went at last. */
static bool flow_is_right(const struct shunt_pool_port *port, int backends)
{
	uint32_t n = ntohs(port->vip_port), client = ntohs(port->client_port) - CLIENT_PORT;
	struct shunt_backend backend;

	looked_at++;
	EXPECT(n < SERVICES && client < CLIENTS);
	EXPECT_EQUAL(bpf_map_lookup_elem(backends, &port->life.backend, &backend), 0);
	EXPECT_EQUAL(backend.forward, SHUNT_FORWARD_FULLNAT);
	if (went[n][client].word[0])
		EXPECT_EQUAL(memcmp(&backend.addr, &went[n][client], sizeof(backend.addr)), 0);
	return true;
}

bool crash_flows_are_right(struct dataplane *dp)
{
	_cleanup_close_ int ports = world_map("pool_ports"), backends = world_map("backends");
	struct dataplane_ports_info info;
	struct shunt_pool_port port;
	uint32_t used = 0;

	for (uint32_t i = 0; i < WORLD_PORTS_MAX && bpf_map_lookup_elem(ports, &i, &port) == 0;
	     i++) {
		if (port.life.state == SHUNT_PORT_FREE)
			continue;
		EXPECT(port.life.state != SHUNT_PORT_EXPIRED);
		used++;
		if (port.life.state < SHUNT_PORT_BACK)
			EXPECT(flow_is_right(&port, backends));
	}
	dataplane_ports_info(dp, &info);
	EXPECT_EQUAL(info.used, used);
	EXPECT_EQUAL(info.resting, 0);
	return true;
}
