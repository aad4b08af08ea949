// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_fullnat_fuzz.c - packets drawn at random of many clients of fullnat, both ways, whole and in
 * pieces, with ICMP errors about them, and damaged. Which port of the pool a flow gets is the
 * program's choice and learnt from its first packet; everything else must follow: no two flows
 * have one port, each keeps its own and its backend, what comes to a port goes to the one client
 * that has it, and checksums are as right as they came.
 *
 *   FUZZ_PACKETS=count   how many (100000)
 *   SEED=number          draws the same frames again
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "packet/bytes.h"
#include "packet/expect.h"
#include "packet/fullnat_fuzz.h"

#define USUAL_PACKETS 100000
#define USUAL_SEED    20261127
#define FAILURES_MAX  5
#define SLOTS         251
#define EVERY         1000 /* seconds: every flow is over */

/* --- the world --- */

static void make_service(struct fuzz *f, int s)
{
	const struct dataplane_service_options options = {.forward = SHUNT_FORWARD_FULLNAT,
							  .fullnat = true};
	struct service *service = &f->services[s];
	struct error error = {0};

	f->entries[s] = world_service(f->world.dp, fuzz_texts[s].at, SLOTS, 0);
	for (int b = 0; b < FUZZ_BACKENDS; b++) {
		world_backend(f->entries[s], fuzz_texts[s].backends[b], SHUNT_FORWARD_FULLNAT,
			      f->world.in0);
		service->backends[b].addr =
			view_end(fuzz_texts[s].backends[b], &service->backends[b].port);
	}
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		dataplane_slot_write(f->entries[s], slot, SHUNT_SLOT(1 + slot % FUZZ_BACKENDS, 0));
	if (dataplane_service_publish(f->entries[s], &options, &error))
		errx(1, "%s", error.text);
	service->protocol = fuzz_texts[s].at[0] == 't' ? PROTO_TCP : PROTO_UDP;
	service->vip.addr = view_end(fuzz_texts[s].at + strlen("tcp:"), &service->vip.port);
	service->pool = view_addr(fuzz_texts[s].pool);
}

static void make_world(struct fuzz *f)
{
	struct ip_addr addrs[2];
	const struct dataplane_pool pool = {addrs, ARRAY_SIZE(addrs), FUZZ_LOW,
					    FUZZ_LOW + FUZZ_PORTS - 1};
	struct error error = {0};

	world_open(&f->world);
	ip_addr_parse(fuzz_texts[0].pool, &addrs[0], NULL);
	ip_addr_parse(fuzz_texts[2].pool, &addrs[1], NULL);
	if (dataplane_pool_set(f->world.dp, &pool, &error))
		errx(1, "%s", error.text);
	for (int s = 0; s < FUZZ_SERVICES; s++)
		make_service(f, s);
}

/* All flows are over, and their ports free. */
static void end_flows(struct fuzz *f)
{
	for (int i = 0; i < EVERY; i++)
		dataplane_flows_sweep(f->world.dp, f->now_s++);
	world_grace(f->world.dp);
	fuzz_forget_flows(f);
}

/* --- many --- */

/* The one reason that was counted for it; false if there are more. */
static bool read_reason(struct fuzz *f, struct trial *t)
{
	uint64_t now[SHUNT_REASON_COUNT];
	int count = 0;

	t->reason = PREDICT_NO_REASON;
	dataplane_reasons(f->world.dp, now);
	for (int i = 0; i < SHUNT_REASON_COUNT; i++) {
		if (now[i] == f->reasons[i])
			continue;
		t->reason = i;
		count += now[i] - f->reasons[i];
		f->met[i]++;
	}
	memcpy(f->reasons, now, sizeof(now));
	if (count > 1)
		WRONG("more than one reason was counted");
	return true;
}

static void print_trial(const struct fuzz *f, const struct trial *t)
{
	fprintf(stderr, "    that was frame %" PRIu64 ": verdict %d, reason %s:", f->done,
		t->verdict, t->reason == PREDICT_NO_REASON ? "none" : fuzz_reason_names[t->reason]);
	for (size_t i = 0; i < t->in_length && i < 120; i++)
		fprintf(stderr, " %02x", t->in[i]);
	fprintf(stderr, "\n");
}

static bool every_frame(void *arg)
{
	static struct trial t;
	struct fuzz *f = arg;

	dataplane_reasons(f->world.dp, f->reasons);
	for (; f->done < f->packets && f->failures < FAILURES_MAX; f->done++) {
		if (f->done % FUZZ_BLOCK == 0)
			end_flows(f);
		draw_seed(&f->draw, f->seed + f->done * 0x9e3779b97f4a7c15);
		t.in_length = fuzz_draw(f, t.in);
		t.view = view_frame(t.in, t.in_length);
		t.verdict = world_run(f->world.dp, f->world.in0, t.in, t.in_length, t.out,
				      &t.out_length);
		if (read_reason(f, &t) && fuzz_is_right(f, &t))
			continue;
		print_trial(f, &t);
		f->failures++;
	}
	printf("# %" PRIu64 " to backends, %" PRIu64 " to clients, %" PRIu64
	       " later pieces, errors: %" PRIu64 " to backends, %" PRIu64 " to clients\n",
	       f->forwarded, f->answered_back, f->pieces_followed, f->errors_there, f->errors_back);
	return f->failures == 0;
}

/* What is never drawn is not tested. */
static bool all_is_met(void *arg)
{
	static const enum shunt_reason reasons[] = {
		SHUNT_REASON_FULLNAT_POOL_FULL, SHUNT_REASON_FULLNAT_UNKNOWN,
		SHUNT_REASON_FULLNAT_NO_FLOW,   SHUNT_REASON_FULLNAT_STRANGER,
		SHUNT_REASON_FRAGMENT_UNKNOWN,  SHUNT_REASON_TTL_ANSWERED,
	};
	const struct fuzz *f = arg;

	if (f->done < USUAL_PACKETS)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		EXPECT(f->met[reasons[i]] > 0);
	EXPECT(f->forwarded > 0 && f->answered_back > 0 && f->pieces_followed > 0);
	EXPECT(f->errors_there > 0 && f->errors_back > 0);
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"every frame comes out as its flow has it", every_frame},
		{"every way was met", all_is_met},
	};
	static struct fuzz f = {.now_s = 1000};
	int code;

	f.seed = expect_setting("SEED", USUAL_SEED);
	f.packets = expect_setting("FUZZ_PACKETS", USUAL_PACKETS);
	printf("# SEED=%" PRIu64 " FUZZ_PACKETS=%" PRIu64 "\n", f.seed, f.packets);
	make_world(&f);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &f);
	fuzz_forget_flows(&f);
	fuzz_forget_pieces(&f);
	world_close(&f.world);
	return code;
}
