// SPDX-License-Identifier: GPL-2.0-or-later
/* fullnat_world.c - see fullnat_world.h */
#include "packet/fullnat_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 251

static const char *const reason_names[] = {
#define X(symbol, name, verdict, help) name,
	SHUNT_REASONS(X)
#undef X
};

/* --- the world --- */

void fullnat_set_pool(struct fullnat *f, size_t count)
{
	struct ip_addr addrs[2];
	struct dataplane_pool pool = {addrs, count, FULLNAT_LOW, FULLNAT_LOW + FULLNAT_PORTS - 1};
	struct error error = {0};

	ip_addr_parse(POOL, &addrs[0], NULL);
	ip_addr_parse(POOL6, &addrs[1], NULL);
	if (dataplane_pool_set(f->world.dp, &pool, &error))
		abort();
}

struct dataplane_service *fullnat_service(struct fullnat *f, const char *vip, const char *real,
					  enum shunt_forward forward, bool toa)
{
	const struct dataplane_service_options options = {
		.forward = forward, .fullnat = true, .toa = toa};
	struct dataplane_service *made = world_service(f->world.dp, vip, SLOTS, SHUNT_SLOT(1, 0));
	struct error error = {0};

	world_backend(made, real, forward, f->world.in0);
	if (dataplane_service_publish(made, &options, &error))
		abort();
	return made;
}

static void make_services(struct fullnat *f)
{
	f->web = fullnat_service(f, "tcp:" WEB, REAL, SHUNT_FORWARD_FULLNAT, false);
	f->web6 = fullnat_service(f, "tcp:" WEB6, REAL6, SHUNT_FORWARD_FULLNAT, false);
	f->dns = fullnat_service(f, "udp:" WEB_ADDR ":53", "10.0.0.41:5300", SHUNT_FORWARD_FULLNAT,
				 false);
	f->dns6 = fullnat_service(f, "udp:[2001:db8:1::60]:53", "[fd00::41]:5300",
				  SHUNT_FORWARD_FULLNAT, false);
	f->toa = fullnat_service(f, "tcp:" WEB_ADDR ":81", "10.0.0.41:7002", SHUNT_FORWARD_FULLNAT,
				 true);
	f->toa6 = fullnat_service(f, "tcp:[2001:db8:1::60]:81", "[fd00::41]:7002",
				  SHUNT_FORWARD_FULLNAT, true);
	f->mixed =
		fullnat_service(f, "tcp:" WEB_ADDR ":82", "10.0.0.41:82", SHUNT_FORWARD_DR, false);
	world_backend(f->web, REAL2, SHUNT_FORWARD_FULLNAT, f->world.in0);
	world_backend(f->mixed, "10.0.0.42:82", SHUNT_FORWARD_FULLNAT, f->world.in0);
}

void fullnat_slots(struct dataplane_service *s, uint16_t number)
{
	for (uint32_t i = 0; i < SLOTS; i++)
		dataplane_slot_write(s, i, SHUNT_SLOT(number, 0));
}

void fullnat_later(struct fullnat *f, uint64_t seconds)
{
	const uint64_t then = f->now_s + seconds;

	dataplane_flows_sweep(f->world.dp, f->now_s);
	while (f->now_s < then)
		dataplane_flows_sweep(f->world.dp, ++f->now_s);
	world_grace(f->world.dp);
}

struct dataplane_ports_info fullnat_ports(const struct fullnat *f)
{
	struct dataplane_ports_info info;

	dataplane_ports_info(f->world.dp, &info);
	return info;
}

void fullnat_reopen(struct fullnat *f)
{
	struct dataplane_service *beyond = f->world.services[BEYOND];

	/* the world has one that contradicts itself: no daemon takes that */
	if (beyond && dataplane_service_remove(beyond, NULL))
		abort();
	f->world.services[BEYOND] = NULL;
	f->world.dp = dataplane_close(f->world.dp);
	f->world.dp = world_dataplane(0);
	make_services(f);
}

/* Every test begins without flows. Ports are used in turn: which one is next is not known. */
static void begin(void *arg)
{
	struct fullnat *f = arg;

	fullnat_set_pool(f, 2);
	fullnat_slots(f->web, 1);
	fullnat_slots(f->mixed, 1);
	fullnat_later(f, FULLNAT_EVERY);
	if (fullnat_ports(f).used || fullnat_ports(f).free != 4 * FULLNAT_PORTS)
		abort();
}

int fullnat_run(const struct expect_test *tests, size_t count)
{
	struct fullnat f = {.now_s = 1000};
	int code;

	world_open(&f.world);
	fullnat_set_pool(&f, 2);
	make_services(&f);
	code = expect_run(tests, count, begin, &f);
	world_close(&f.world);
	return code;
}

/* --- packets --- */

/* Run @in; @reason: the one it is dropped or passed by, NULL for none. */
static bool run(struct fullnat *f, const struct frame *in, int verdict, const char *reason,
		uint8_t *got, size_t *length)
{
	uint64_t before[SHUNT_REASON_COUNT], after[SHUNT_REASON_COUNT];
	uint8_t sent[FRAME_MAX];
	size_t sent_length = frame_build(in, sent);

	dataplane_reasons(f->world.dp, before);
	EXPECT_EQUAL(world_run(f->world.dp, f->world.in0, sent, sent_length, got, length), verdict);
	dataplane_reasons(f->world.dp, after);
	for (int i = 0; i < SHUNT_REASON_COUNT; i++)
		if (after[i] - before[i] != (reason && strcmp(reason, reason_names[i]) == 0)) {
			fprintf(stderr, "    reason %s\n", reason_names[i]);
			return false;
		}
	return true;
}

bool becomes(struct fullnat *f, const struct frame *in, const struct frame *change)
{
	struct frame out = frame_change(in, change);
	uint8_t got[FRAME_MAX], want[FRAME_MAX];
	size_t length, want_length = frame_build(&out, want);

	EXPECT(run(f, in, XDP_TX, NULL, got, &length));
	if (length == want_length && memcmp(got, want, length) == 0)
		return true;
	frame_print_difference(got, length, want, want_length);
	return false;
}

bool refused(struct fullnat *f, const struct frame *in, int verdict, const char *reason)
{
	uint8_t got[FRAME_MAX];
	size_t length;

	return run(f, in, verdict, reason, got, &length);
}

int port_of(struct fullnat *f, const struct frame *in)
{
	size_t at = strchr(in->to, '[') ? 14 + 40 : 14 + 20, length;
	uint8_t sent[FRAME_MAX], got[FRAME_MAX];
	size_t sent_length = frame_build(in, sent);

	if (world_run(f->world.dp, f->world.in0, sent, sent_length, got, &length) != XDP_TX)
		return 0;
	return got[at] << 8 | got[at + 1];
}

const char *pool_at(const char *pool, int port)
{
	static char texts[64][64];
	static int next;
	char *text = texts[next++ % 64];

	snprintf(text, sizeof(texts[0]), strchr(pool, ':') ? "[%s]:%d" : "%s:%d", pool, port);
	return text;
}

int connected(struct fullnat *f, const char *client, const char *vip, const char *real,
	      const char *pool)
{
	int port = port_of(f, &(struct frame){TCP, .from = client, .to = vip, .flags = "S"});
	const char *at = pool_at(pool, port);

	if (!port ||
	    !becomes(f,
		     &(struct frame){TCP, .smac = MAC_BACKEND, .from = real, .to = at,
				     .flags = "SA"},
		     &(struct frame){.dmac = MAC_ROUTER,
				     .smac = MAC_DIRECTOR,
				     .from = vip,
				     .to = client,
				     .ttl = 63}) ||
	    !becomes(f, &(struct frame){TCP, .from = client, .to = vip},
		     &(struct frame){.dmac = MAC_BACKEND,
				     .smac = MAC_DIRECTOR,
				     .from = at,
				     .to = real,
				     .ttl = 63}))
		return 0;
	return port;
}

bool close_both(struct fullnat *f, const char *client, int port)
{
	const char *at = pool_at(POOL, port);

	EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = WEB, .flags = "FA"),
		       CHANGE(OUT, .from = at, .to = REAL)));
	EXPECT(becomes(f, CHANGE(TCP, .smac = MAC_BACKEND, .from = REAL, .to = at, .flags = "FA"),
		       CHANGE(BACK, .from = WEB, .to = client)));
	EXPECT(becomes(f, CHANGE(TCP, .from = client, .to = WEB),
		       CHANGE(OUT, .from = at, .to = REAL)));
	return true;
}
