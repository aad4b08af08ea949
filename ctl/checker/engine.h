/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.h - when checks run and what their results amount to: start, time limit, pause, rise and
 * fall. How a backend is tried is check/kind.h's business.
 *
 * A check starts at most `interval` after its last start, earlier by up to `jitter` percent of it,
 * and never while its last attempt runs. So a backend that fails is found within fall x interval +
 * timeout, for a timeout not longer than the interval. A new check starts at once; where many
 * come together the rest is spread over their interval (at most ENGINE_SPREAD_MS).
 *
 * What is the checker's own trouble (no more descriptors, no free local port) is no result: the
 * attempt is put off to the next interval, and a line in the log says so every ENGINE_COMPLAIN_MS.
 */
#ifndef CHECKER_ENGINE_H
#define CHECKER_ENGINE_H

#include <stddef.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "check/protocol.h"

#define ENGINE_CHECKS_MAX  100000
#define ENGINE_AT_ONCE     100 /* new checks a second that start at once */
#define ENGINE_SPREAD_MS   10000
#define ENGINE_COMPLAIN_MS 10000

struct engine;

typedef void engine_result_fn(const struct protocol_result *result, void *arg);

/* @checks_max: how many checks it takes; to one more the answer is a result that says so and leaves
 * the verdict as it is. @result is called from the loop, for refused checks from engine_check(). */
struct engine *engine_new(sd_event *loop, size_t checks_max, engine_result_fn *result, void *arg);
struct engine *engine_free(struct engine *engine); /* takes NULL, returns NULL */
DEFINE_CLEANUP(struct engine *, engine_free)

/* Run @check from now on, instead of the one of the same id. */
void engine_check(struct engine *engine, const struct protocol_check *check);
void engine_forget(struct engine *engine, uint32_t id);
size_t engine_count(const struct engine *engine);

#endif
