/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine.c - see engine.h */
#include "checker/engine.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>
#include <uthash.h>

#include "base/log.h"
#include "base/mem.h"
#include "check/kind.h"
#include "model/value.h"
#include "plan/health.h"

#define MS       1000ull /* in the microseconds that all times here are in */
#define SECOND   (1000 * MS)
#define ACCURACY (1 * MS)

struct engine {
	sd_event *loop;
	struct job *jobs;
	size_t jobs_max;
	engine_result_fn *result;
	void *arg;
	uint64_t random;
	/* new checks of the current second that started at once */
	uint64_t second_began;
	unsigned int at_once;
	/* the checker's own trouble */
	uint64_t complained;
	unsigned int put_off; /* since then */
};

/* One check: it waits for its next start, or an attempt runs; the timer is for either's end. */
struct job {
	struct engine *engine;
	uint32_t id;
	struct protocol_check check;
	const struct check_kind_ops *kind;
	struct health health;
	sd_event_source *timer;
	void *attempt; /* NULL = none runs */
	uint64_t started;
	UT_hash_handle hh;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

/* In 0 .. @limit. xorshift64 (Marsaglia 2003): only to scatter starts. */
static uint64_t random_up_to(struct engine *engine, uint64_t limit)
{
	engine->random ^= engine->random << 13;
	engine->random ^= engine->random >> 7;
	engine->random ^= engine->random << 17;
	return engine->random % (limit + 1);
}

static void wake_at(struct job *job, uint64_t when)
{
	sd_event_source_set_time(job->timer, when);
	sd_event_source_set_enabled(job->timer, SD_EVENT_ONESHOT);
}

static void wake_for_next(struct job *job)
{
	uint64_t interval = job->check.interval * MS;
	uint64_t early = random_up_to(job->engine, interval * job->check.jitter / 100);

	wake_at(job, job->started + interval - early); /* at once if that is past */
}

static void report(struct engine *engine, const struct protocol_check *check,
		   const struct health *health, const struct check_outcome *outcome, uint64_t took)
{
	struct protocol_result result = {
		.type = PROTOCOL_RESULT,
		.id = check->id,
		.generation = check->generation,
		.verdict = health->verdict,
		.passed = outcome->passed,
		.took_us = took < UINT32_MAX ? took : UINT32_MAX,
		.streak = health->streak,
	};

	snprintf(result.reason, sizeof(result.reason), "%s", outcome->reason);
	engine->result(&result, engine->arg);
}

static void finish(struct job *job, const struct check_outcome *outcome)
{
	if (job->attempt)
		job->kind->free(take_ptr(job->attempt));
	health_step(&job->health, outcome->passed, job->check.rise, job->check.fall);
	wake_for_next(job);
	report(job->engine, &job->check, &job->health, outcome, now() - job->started);
}

static void on_done(const struct check_outcome *outcome, void *arg)
{
	finish(arg, outcome);
}

static void time_out(struct job *job)
{
	char limit[VALUE_DURATION_LEN], text[64];
	struct check_outcome outcome;

	snprintf(text, sizeof(text), "timeout after %s",
		 value_format_duration(job->check.timeout, limit));
	check_outcome_text(&outcome, false, text);
	finish(job, &outcome);
}

static void put_off(struct job *job, int error)
{
	struct engine *engine = job->engine;

	wake_for_next(job);
	engine->put_off++;
	if (engine->complained && job->started - engine->complained < ENGINE_COMPLAIN_MS * MS)
		return;
	log_warning("checker: %u attempts put off to their next interval: %s", engine->put_off,
		    strerrordesc_np(-error));
	engine->complained = job->started;
	engine->put_off = 0;
}

static void start(struct job *job)
{
	struct check_outcome outcome;
	int r;

	job->started = now();
	r = job->kind->start(job->engine->loop, &job->check, on_done, job, &job->attempt, &outcome);
	if (r < 0)
		put_off(job, r);
	else if (r == CHECK_OVER)
		finish(job, &outcome);
	else
		wake_at(job, job->started + job->check.timeout * MS);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct job *job = arg;

	if (job->attempt)
		time_out(job);
	else
		start(job);
	return 0;
}

/* At once for the first ENGINE_AT_ONCE of a second, then somewhere in the interval. */
static uint64_t first_start(struct engine *engine, const struct protocol_check *check)
{
	uint64_t window = check->interval < ENGINE_SPREAD_MS ? check->interval : ENGINE_SPREAD_MS;
	uint64_t t = now();

	if (t - engine->second_began >= SECOND) {
		engine->second_began = t;
		engine->at_once = 0;
	}
	if (engine->at_once < ENGINE_AT_ONCE) {
		engine->at_once++;
		return t;
	}
	return t + random_up_to(engine, window * MS);
}

static struct job *job_free(struct job *job)
{
	if (!job)
		return NULL;
	if (job->attempt)
		job->kind->free(job->attempt);
	sd_event_source_disable_unref(job->timer);
	free(job);
	return NULL;
}
DEFINE_CLEANUP(struct job *, job_free)

static int job_new(struct engine *engine, const struct protocol_check *check,
		   const struct check_kind_ops *kind, struct job **ret)
{
	_cleanup_(job_free) struct job *job = mem_zalloc(sizeof(*job));
	int r;

	job->engine = engine;
	job->id = check->id;
	job->check = *check;
	job->kind = kind;
	health_init(&job->health, check->verdict);
	r = sd_event_add_time(engine->loop, &job->timer, CLOCK_MONOTONIC,
			      first_start(engine, check), ACCURACY, on_timer, job);
	if (r < 0)
		return r;
	/* After a pause of the whole process the answers that wait count before the time limits. */
	r = sd_event_source_set_priority(job->timer, SD_EVENT_PRIORITY_NORMAL + 1);
	if (r < 0)
		return r;
	*ret = take_ptr(job);
	return 0;
}

/* Say why a check is not run; the verdict stays what shuntd believes. */
static void refuse(struct engine *engine, const struct protocol_check *check, const char *reason)
{
	struct health health;
	struct check_outcome outcome;

	health_init(&health, check->verdict);
	check_outcome_text(&outcome, false, reason);
	report(engine, check, &health, &outcome, 0);
}

void engine_check(struct engine *engine, const struct protocol_check *check)
{
	const struct check_kind_ops *kind = check_kind(check->kind);
	struct job *job;
	char text[64];

	engine_forget(engine, check->id);
	if (!kind || !check->interval || !check->timeout || check->jitter > 100) {
		refuse(engine, check, "not checked: no check that this checker can run");
		return;
	}
	if (engine_count(engine) >= engine->jobs_max) {
		snprintf(text, sizeof(text), "not checked: the checker is full (%zu checks)",
			 engine->jobs_max);
		refuse(engine, check, text);
		return;
	}
	if (job_new(engine, check, kind, &job) < 0) {
		refuse(engine, check, "not checked: the checker is out of memory");
		return;
	}
	HASH_ADD(hh, engine->jobs, id, sizeof(job->id), job);
}

void engine_forget(struct engine *engine, uint32_t id)
{
	struct job *job;

	HASH_FIND(hh, engine->jobs, &id, sizeof(id), job);
	if (!job)
		return;
	HASH_DELETE(hh, engine->jobs, job);
	job_free(job);
}

size_t engine_count(const struct engine *engine)
{
	return HASH_COUNT(engine->jobs);
}

struct engine *engine_new(sd_event *loop, size_t checks_max, engine_result_fn *result, void *arg)
{
	struct engine *engine = mem_zalloc(sizeof(*engine));

	engine->loop = sd_event_ref(loop);
	engine->jobs_max = checks_max;
	engine->result = result;
	engine->arg = arg;
	if (getrandom(&engine->random, sizeof(engine->random), GRND_NONBLOCK) < 0)
		engine->random = now();
	engine->random |= 1; /* xorshift stays at 0 */
	return engine;
}

struct engine *engine_free(struct engine *engine)
{
	struct job *job, *next;

	if (!engine)
		return NULL;
	HASH_ITER (hh, engine->jobs, job, next) {
		HASH_DELETE(hh, engine->jobs, job);
		job_free(job);
	}
	sd_event_unref(engine->loop);
	free(engine);
	return NULL;
}
