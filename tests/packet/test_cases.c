// SPDX-License-Identifier: GPL-2.0-or-later
/* test_cases.c - runs the table of packets through the real program, in a world of its own. */
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "packet/cases.h"

static const char *const verdict_names[] = {"aborted", "drop", "pass", "tx", "redirect"};

static const char *const reason_names[] = {
#define X(symbol, name, verdict, help) name,
	SHUNT_REASONS(X)
#undef X
};

/* Everything that is counted. */
struct counts {
	uint64_t reasons[SHUNT_REASON_COUNT];
	struct shunt_counters services[WORLD_ALL_COUNT];
	struct shunt_counters backend; /* the one that the case names */
};

struct outcome {
	int verdict;
	uint8_t frame[FRAME_MAX];
	size_t length;
	struct counts before, after;
};

static void read_counts(struct world *world, const struct packet_case *c, struct counts *ret)
{
	*ret = (struct counts){0};
	dataplane_reasons(world->dp, ret->reasons);
	for (enum world_service s = 1; s < world->count; s++)
		dataplane_service_counters(world->services[s], &ret->services[s]);
	if (c->service)
		dataplane_backend_counters(world->services[c->service], c->number ?: 1,
					   &ret->backend);
}

static struct shunt_counters wanted_counts(const struct packet_case *c)
{
	uint64_t bytes = frame_ip_length(&c->in);

	switch (c->counted) {
	case FORWARDED:
		return (struct shunt_counters){.packets = 1, .bytes = bytes};
	case CONNECTED:
		return (struct shunt_counters){.packets = 1, .bytes = bytes, .connections = 1};
	case REPLIED:
		return (struct shunt_counters){.reply_packets = 1, .reply_bytes = bytes};
	case NOTHING:
		break;
	}
	return (struct shunt_counters){0};
}

static bool counted(const struct shunt_counters *before, const struct shunt_counters *after,
		    const struct shunt_counters *want)
{
	return after->packets - before->packets == want->packets &&
	       after->bytes - before->bytes == want->bytes &&
	       after->connections - before->connections == want->connections &&
	       after->reply_packets - before->reply_packets == want->reply_packets &&
	       after->reply_bytes - before->reply_bytes == want->reply_bytes;
}

/* --- the checks; each prints what is wrong and returns whether all is right --- */

static bool check_verdict(const struct packet_case *c, const struct outcome *o)
{
	if (o->verdict == c->verdict)
		return true;
	fprintf(stderr, "    verdict %s, expected %s\n",
		o->verdict < (int)ARRAY_SIZE(verdict_names) ? verdict_names[o->verdict] : "?",
		verdict_names[c->verdict]);
	return false;
}

static bool check_frame(const struct packet_case *c, const struct outcome *o)
{
	struct frame out = c->anew ? c->out : frame_change(&c->in, &c->out);
	uint8_t want[FRAME_MAX];
	size_t length = frame_build(&out, want);

	frame_take_chosen(&out, want, o->frame, o->length);
	if (c->verdict == XDP_DROP || (o->length == length && !memcmp(o->frame, want, length)))
		return true;
	frame_print_difference(o->frame, o->length, want, length);
	return false;
}

static bool check_reasons(const struct packet_case *c, const struct outcome *o)
{
	bool right = true;

	for (int i = 0; i < SHUNT_REASON_COUNT; i++) {
		uint64_t got = o->after.reasons[i] - o->before.reasons[i];
		uint64_t want = c->reason && strcmp(c->reason, reason_names[i]) == 0;

		if (got == want)
			continue;
		fprintf(stderr, "    reason %s counted %llu times, expected %llu\n",
			reason_names[i], (unsigned long long)got, (unsigned long long)want);
		right = false;
	}
	return right;
}

static bool check_counters(const struct packet_case *c, const struct outcome *o)
{
	struct shunt_counters want = wanted_counts(c), none = {0};
	bool right = true;

	for (enum world_service s = 1; s < WORLD_ALL_COUNT; s++) {
		if (counted(&o->before.services[s], &o->after.services[s],
			    s == c->service ? &want : &none))
			continue;
		fprintf(stderr, "    the counters of service %d are not as expected\n", s);
		right = false;
	}
	if (c->service && !counted(&o->before.backend, &o->after.backend, &want)) {
		fprintf(stderr, "    the backend's counters are not as expected\n");
		right = false;
	}
	return right;
}

/* --- running --- */

static bool run_case(struct world *world, const struct packet_case *c)
{
	struct outcome o;
	uint8_t in[FRAME_MAX];
	size_t length = frame_build(&c->in, in);
	bool right;

	if (c->forwarding_off)
		world_forwarding(false);
	world_refill_answers();
	read_counts(world, c, &o.before);
	o.verdict = world_run(world->dp, world->in0, in, length, o.frame, &o.length);
	read_counts(world, c, &o.after);
	if (c->forwarding_off)
		world_forwarding(true);
	right = check_verdict(c, &o); /* each is asked: all that is wrong is shown */
	right = check_frame(c, &o) && right;
	right = check_reasons(c, &o) && right;
	return check_counters(c, &o) && right;
}

static void run_lists(struct world *world, const struct case_list *const *list,
		      unsigned int *passed, unsigned int *failed)
{
	for (; *list; list++) {
		for (size_t i = 0; i < (*list)->count; i++) {
			const struct packet_case *c = &(*list)->cases[i];

			if (run_case(world, c)) {
				(*passed)++;
				continue;
			}
			fprintf(stderr, "FAILED %s: %s\n", (*list)->subject, c->name);
			(*failed)++;
		}
	}
}

int main(void)
{
	unsigned int passed = 0, failed = 0;
	struct world world;

	world_open(&world);
	run_lists(&world, case_lists, &passed, &failed);
	world_add_fullnat(&world);
	run_lists(&world, fullnat_case_lists, &passed, &failed);
	world_close(&world);
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed > 0;
}
