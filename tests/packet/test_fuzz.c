// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_fuzz.c - frames drawn at random (draw.h) through the real program; each must do what
 * predict.h says: verdict, frame, the one reason; and all counters must add up.
 *
 *   FUZZ_PACKETS=count   how many (200000)
 *   SEED=number          draws the same frames again
 *   FUZZ_REPLAY=frame    only this one, as a failure prints it: INTERFACE/on|off/HEX, where
 *                        on|off is net.ipv4.ip_forward
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "packet/draw.h"
#include "packet/expect.h"
#include "packet/predict.h"

#define USUAL_PACKETS 200000
#define USUAL_SEED    20261123
#define BLOCK         1000 /* frames between two looks at the backends' counters */
#define FAILURES_MAX  5
#define CPUS_MAX      1024
#define REQUESTS      100 /* neighbours that may be asked for, a block */
#define NUMBERS       3   /* a service's backends, from 1 on, and 0 */

static const struct {
	const char *name, *verdict;
} reasons[] = {
#define X(symbol, name, verdict, help) {name, verdict},
	SHUNT_REASONS(X)
#undef X
};

static const char *const verdicts[] = {"aborted", "drop", "pass", "tx", "redirect"};

struct tally {
	uint64_t verdicts[ARRAY_SIZE(verdicts)]; /* as the program gave them */
	uint64_t not_ours;                       /* passed and not counted, as predicted */
	uint64_t reasons[SHUNT_REASON_COUNT];    /* as predicted and found */
	struct shunt_counters backends[WORLD_SERVICE_COUNT][NUMBERS]; /* as predicted */
};

struct fuzz {
	struct world world;
	struct predictor predictor;
	struct draw draw;
	struct tally tally;
	int reasons_fd;
	int cpus;
	uint64_t seed, packets, done;
	uint64_t reasons[SHUNT_REASON_COUNT]; /* when last read */
	unsigned int failures;
};

/* A frame on its way, and what became of it. */
struct trial {
	uint32_t ifindex;
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t in_length, out_length;
	int verdict;
	struct prediction want;
};

/* --- counters --- */

/* In one call for all: it is made for every frame. */
static void read_reasons(const struct fuzz *f, uint64_t ret[static SHUNT_REASON_COUNT])
{
	static uint64_t values[SHUNT_REASON_COUNT * CPUS_MAX];
	uint32_t keys[SHUNT_REASON_COUNT], next, count = SHUNT_REASON_COUNT;
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	int r = bpf_map_lookup_batch(f->reasons_fd, NULL, &next, keys, values, &count, &opts);

	if ((r < 0 && r != -ENOENT) || count != SHUNT_REASON_COUNT)
		errx(1, "reasons: %s", strerror(-r));
	memset(ret, 0, SHUNT_REASON_COUNT * sizeof(*ret));
	for (int i = 0; i < SHUNT_REASON_COUNT * f->cpus; i++)
		ret[i / f->cpus] += values[i];
}

static void tally_counted(struct tally *tally, const struct prediction *want)
{
	struct shunt_counters *at = &tally->backends[want->service][want->number];

	switch (want->counted) {
	case NOTHING:
		return;
	case CONNECTED:
		at->connections++;
		/* fallthrough */
	case FORWARDED:
		at->packets++;
		at->bytes += want->in.total;
		return;
	case REPLIED:
		at->reply_packets++;
		at->reply_bytes += want->in.total;
	}
}

static bool backends_agree(struct fuzz *f)
{
	bool agree = true;

	for (enum world_service s = 1; s < WORLD_SERVICE_COUNT; s++) {
		for (uint16_t number = 1; number < (s == MIXED || s == MIXED6 ? 3 : 2); number++) {
			const struct shunt_counters *want = &f->tally.backends[s][number];
			struct shunt_counters got;

			dataplane_backend_counters(f->world.services[s], number, &got);
			if (memcmp(&got, want, sizeof(got)) == 0)
				continue;
			fprintf(stderr, "    the counters of service %d, backend %d are wrong\n", s,
				number);
			agree = false;
		}
	}
	return agree;
}

/* --- one frame --- */

static void print_replay(const struct fuzz *f, const struct trial *t)
{
	fprintf(stderr, "    FUZZ_REPLAY=%s/%s/", t->ifindex == f->world.in0 ? "in0" : "out0",
		f->predictor.forwarding ? "on" : "off");
	for (size_t i = 0; i < t->in_length; i++)
		fprintf(stderr, "%02x", t->in[i]);
	fprintf(stderr, "\n");
}

static bool verdict_agrees(const struct trial *t)
{
	if (t->verdict == t->want.verdict)
		return true;
	fprintf(stderr, "    verdict %s, expected %s\n",
		t->verdict < (int)ARRAY_SIZE(verdicts) ? verdicts[t->verdict] : "?",
		verdicts[t->want.verdict]);
	return false;
}

static bool frame_agrees(struct trial *t)
{
	const char *why;

	if (t->verdict == XDP_DROP || t->want.verdict == XDP_DROP ||
	    predict_agrees(&t->want, t->in, t->out, t->out_length, &why))
		return true;
	fprintf(stderr, "    %s is wrong\n", why);
	frame_print_difference(t->out, t->out_length, t->want.frame, t->want.length);
	return false;
}

static bool reasons_agree(struct fuzz *f, const struct trial *t)
{
	uint64_t now[SHUNT_REASON_COUNT];
	bool agree = true;

	read_reasons(f, now);
	for (int i = 0; i < SHUNT_REASON_COUNT; i++) {
		uint64_t got = now[i] - f->reasons[i], want = i == t->want.reason;

		f->reasons[i] = now[i];
		f->tally.reasons[i] += got;
		if (got == want)
			continue;
		fprintf(stderr, "    reason %s counted %" PRIu64 " times, expected %" PRIu64 "\n",
			reasons[i].name, got, want);
		agree = false;
	}
	return agree;
}

static void allow_limit(struct prediction *want)
{
	if (want->reason == SHUNT_REASON_TTL_ANSWERED)
		want->reason = SHUNT_REASON_TTL_LIMITED;
	else if (want->reason == SHUNT_REASON_TOO_BIG_ANSWERED)
		want->reason = SHUNT_REASON_TOO_BIG_LIMITED;
	else
		return;
	want->verdict = XDP_DROP;
}

/* Did the program treat a piece as one that follows nothing? */
static bool was_forgotten(const struct fuzz *f, const struct trial *t)
{
	uint64_t now[SHUNT_REASON_COUNT];
	int reason = t->want.reason;

	read_reasons(f, now);
	return now[SHUNT_REASON_FRAGMENT_UNKNOWN] != f->reasons[SHUNT_REASON_FRAGMENT_UNKNOWN] ||
	       (t->verdict == XDP_PASS && t->want.verdict != XDP_PASS) ||
	       (reason != PREDICT_NO_REASON && now[reason] == f->reasons[reason]);
}

static bool run_trial(struct fuzz *f, struct trial *t)
{
	bool agrees;

	predict(&f->predictor, t->ifindex, t->in, t->in_length, &t->want);
	t->verdict =
		world_run(f->world.dp, t->ifindex, t->in, t->in_length, t->out, &t->out_length);
	f->done++;
	/* An answer or none, as the rate allows: test_errors.c asks how many. */
	if (t->verdict == XDP_DROP)
		allow_limit(&t->want);
	if (t->want.may_be_forgotten && was_forgotten(f, t))
		predict_forgotten(&f->predictor, t->ifindex, t->in, t->in_length, &t->want);
	agrees = verdict_agrees(t); /* show all that is wrong */
	agrees = frame_agrees(t) && agrees;
	agrees = reasons_agree(f, t) && agrees;
	if (!agrees)
		print_replay(f, t);
	if (t->verdict < (int)ARRAY_SIZE(verdicts))
		f->tally.verdicts[t->verdict]++;
	if (t->want.verdict == XDP_PASS && t->want.reason == PREDICT_NO_REASON)
		f->tally.not_ours++;
	tally_counted(&f->tally, &t->want);
	return agrees;
}

/* --- many --- */

static void set_forwarding(struct fuzz *f, bool on)
{
	if (on == f->predictor.forwarding)
		return;
	world_forwarding(on);
	f->predictor.forwarding = on;
}

static void ignore_request(const struct shunt_request *request, void *arg)
{
}

static void begin_block(struct fuzz *f, uint64_t block)
{
	set_forwarding(f, block % 8 != 7);
	dataplane_requests_read(f->world.dp, REQUESTS, ignore_request, NULL);
}

static bool every_frame(void *arg)
{
	static struct trial t;
	struct fuzz *f = arg;

	for (uint64_t i = 0; i < f->packets && f->failures < FAILURES_MAX; i++) {
		if (i % BLOCK == 0)
			begin_block(f, i / BLOCK);
		draw_seed(&f->draw, f->seed + i * 0x9e3779b97f4a7c15);
		t.ifindex = draw_below(&f->draw, 5) ? f->world.in0 : f->world.out0;
		t.in_length = draw_frame(&f->draw, t.in);
		if (!run_trial(f, &t)) {
			fprintf(stderr, "    that was frame %" PRIu64 "\n", i);
			f->failures++;
		}
		if (i % BLOCK == BLOCK - 1)
			EXPECT(backends_agree(f));
	}
	EXPECT(backends_agree(f));
	return f->failures == 0;
}

static uint64_t reasons_of(const struct tally *tally, const char *verdict)
{
	uint64_t sum = 0;

	for (int i = 0; i < SHUNT_REASON_COUNT; i++)
		sum += strcmp(reasons[i].verdict, verdict) == 0 ? tally->reasons[i] : 0;
	return sum;
}

/* Frames in = forwarded + answered + passed + dropped, each from a counter of its own. */
static bool adds_up(void *arg)
{
	struct fuzz *f = arg;
	uint64_t answered = reasons_of(&f->tally, "answer"),
		 dropped = reasons_of(&f->tally, "drop");
	uint64_t passed = reasons_of(&f->tally, "pass") + f->tally.not_ours, forwarded = 0;

	for (enum world_service s = 1; s < WORLD_SERVICE_COUNT; s++) {
		struct shunt_counters sum;

		dataplane_service_counters(f->world.services[s], &sum);
		forwarded += sum.packets + sum.reply_packets;
	}
	printf("# %" PRIu64 " frames = %" PRIu64 " forwarded + %" PRIu64 " answered + %" PRIu64
	       " passed (%" PRIu64 " not ours) + %" PRIu64 " dropped\n",
	       f->done, forwarded, answered, passed, f->tally.not_ours, dropped);
	EXPECT_EQUAL(forwarded + answered + passed + dropped, f->done);
	EXPECT_EQUAL(f->tally.verdicts[XDP_DROP], dropped);
	EXPECT_EQUAL(f->tally.verdicts[XDP_PASS], passed);
	EXPECT_EQUAL(f->tally.verdicts[XDP_TX] + f->tally.verdicts[XDP_REDIRECT],
		     forwarded + answered);
	return true;
}

/*
 * The answers here are too few to be too many, no packet makes a tail call fail, and a test run
 * ends with the verdict: what the kernel loses afterwards, and gives up at, is not seen.
 */
static bool is_never_met(enum shunt_reason reason)
{
	switch (reason) {
	case SHUNT_REASON_TTL_LIMITED:
	case SHUNT_REASON_TAIL_CALL:
	case SHUNT_REASON_TOO_BIG_LIMITED:
	case SHUNT_REASON_NO_HEADROOM:
	case SHUNT_REASON_FULLNAT_POOL_FULL: /* test_fullnat_fuzz.c */
	case SHUNT_REASON_FULLNAT_UNKNOWN:
	case SHUNT_REASON_FULLNAT_NO_FLOW:
	case SHUNT_REASON_FULLNAT_STRANGER:
	case SHUNT_REASON_FULLNAT_RACED:
	case SHUNT_REASON_FULLNAT_NO_MEMORY:
	case SHUNT_REASON_FULLNAT_FORWARDING_OFF:
	case SHUNT_REASON_TOA_FORGED:
	case SHUNT_REASON_REDIRECT_TOO_BIG:
	case SHUNT_REASON_REDIRECT_FAILED:
	case SHUNT_REASON_EGRESS_LOST:
	case SHUNT_REASON_TX_LOST:
	case SHUNT_REASON_ABORTED:
		return true;
	default:
		return false;
	}
}

/* What is never drawn is not tested. */
static bool all_is_met(void *arg)
{
	const struct fuzz *f = arg;

	if (f->done < USUAL_PACKETS)
		return true;
	for (int i = 0; i < SHUNT_REASON_COUNT; i++) {
		printf("%9" PRIu64 " %s\n", f->tally.reasons[i], reasons[i].name);
		EXPECT(f->tally.reasons[i] > 0 || is_never_met(i));
	}
	for (enum world_service s = 1; s < WORLD_SERVICE_COUNT; s++) {
		const struct shunt_counters *sum = f->tally.backends[s];
		bool reached = sum[1].packets + sum[2].packets > 0;

		EXPECT_EQUAL(reached, predict_reaches(s));
	}
	return true;
}

/* --- replay --- */

/* Aborts on what is no INTERFACE/on|off/HEX. */
static void parse_replay(struct fuzz *f, const char *text, struct trial *ret)
{
	const char *hex = strrchr(text, '/');
	unsigned int byte;

	if (strncmp(text, "in0/", 4) == 0)
		ret->ifindex = f->world.in0;
	else if (strncmp(text, "out0/", 5) == 0)
		ret->ifindex = f->world.out0;
	if (!ret->ifindex || !hex)
		errx(2, "FUZZ_REPLAY is \"%s\", expected INTERFACE/on|off/HEX", text);
	set_forwarding(f, !strstr(text, "/off/"));
	for (hex++; ret->in_length < FRAME_MAX && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		ret->in[ret->in_length++] = byte;
	if (*hex || ret->in_length < DRAW_LENGTH_MIN)
		errx(2, "FUZZ_REPLAY: expected %d to %d bytes in hexadecimal", DRAW_LENGTH_MIN,
		     FRAME_MAX);
}

static bool one_frame(void *arg)
{
	static struct trial t;
	struct fuzz *f = arg;
	bool agrees;

	parse_replay(f, getenv("FUZZ_REPLAY"), &t);
	agrees = run_trial(f, &t);
	printf("%s, %s\n", verdicts[t.verdict],
	       t.want.reason == PREDICT_NO_REASON ? "no reason" : reasons[t.want.reason].name);
	EXPECT(backends_agree(f));
	return agrees;
}

/* --- */

static void open_fuzz(struct fuzz *f)
{
	char path[128];

	f->seed = expect_setting("SEED", USUAL_SEED);
	f->packets = expect_setting("FUZZ_PACKETS", USUAL_PACKETS);
	printf("# SEED=%" PRIu64 " FUZZ_PACKETS=%" PRIu64 "\n", f->seed, f->packets);
	world_open(&f->world);
	predict_init(&f->predictor, f->world.in0, f->world.out0);
	draw_init(&f->draw, case_lists);
	snprintf(path, sizeof(path), WORLD_PIN_DIR "/maps-v%d/reasons", SHUNT_ABI_VERSION);
	f->reasons_fd = bpf_obj_get(path);
	f->cpus = libbpf_num_possible_cpus();
	if (f->reasons_fd < 0 || f->cpus < 1 || f->cpus > CPUS_MAX)
		err(1, "%s, %d CPUs", path, f->cpus);
}

int main(void)
{
	static const struct expect_test many[] = {
		{"every frame is treated as predicted", every_frame},
		{"the counters add up", adds_up},
		{"every reason and every service was met", all_is_met},
	};
	static const struct expect_test one[] = {{"the frame is treated as predicted", one_frame}};
	static struct fuzz f;
	int code;

	open_fuzz(&f);
	if (getenv("FUZZ_REPLAY"))
		code = expect_run(one, ARRAY_SIZE(one), NULL, &f);
	else
		code = expect_run(many, ARRAY_SIZE(many), NULL, &f);
	close(f.reasons_fd);
	draw_clear(&f.draw);
	predict_clear(&f.predictor);
	world_close(&f.world);
	return code;
}
