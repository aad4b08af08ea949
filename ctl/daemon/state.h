/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.h - the state directory: what was changed by command or API, kept over a restart.
 *
 * One file, state.json: {"version": 1, "digest": of the config file the changes were made on,
 * "seed": hexadecimal, "model": the running model, only what was given, by-hand overrides too}.
 */
#ifndef DAEMON_STATE_H
#define DAEMON_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"
#include "model/model.h"

#define STATE_FILE           "state.json"
#define STATE_BYTES_MAX      (64 << 20)
#define STATE_OVERRIDDEN_MAX 5 /* older ones are removed */

struct state {
	bool have; /* there is a state; otherwise all below is zero */
	char digest[CONFIG_DIGEST_LEN];
	uint64_t seed;
	bool changed; /* it differs from the file that it was made on */
	struct model *model;
};

/* Free what @state owns and make it empty. */
void state_clear(struct state *state);

/*
 * Read the state in @dir. No file is no error: have = false. -EBADMSG: the file is damaged (the
 * caller sets it aside and goes on by the config file), other errors are the system's.
 */
int state_read(const char *dir, struct state *ret, struct error *err);

/* Write the state, atomically and synced; @dir (0750) is made if it is missing. @seed is not 0.
 * @changed: the model is no longer that of the file with @digest. */
int state_write(const char *dir, const char *digest, uint64_t seed, bool changed,
		const struct model *model, struct error *err);

/*
 * Keep the state file beside itself as state.json.SUFFIX until it is written anew: "damaged", or
 * "overridden-" and the time (state_overridden_suffix()), of which the newest few are kept.
 */
int state_set_aside(const char *dir, const char *suffix, struct error *err);

#define STATE_SUFFIX_LEN 40
/* "overridden-20241123T050300Z" for @now, seconds since 1970. Returns @buf. */
const char *state_overridden_suffix(int64_t now, char buf[static STATE_SUFFIX_LEN]);

/* Which one a starting daemon goes by. A digest of "" means that there was no file. */
enum state_choice {
	STATE_CHOOSE_NOTHING,    /* neither: an empty model */
	STATE_CHOOSE_STATE,      /* changes made on this very file, or there is no file */
	STATE_CHOOSE_FILE,       /* there is no state */
	STATE_CHOOSE_FILE_ASIDE, /* somebody edited the file: it wins whole, set the state aside */
};
enum state_choice state_choose(bool have_state, const char *state_digest, bool have_file,
			       const char *file_digest);

/* A seed for a director that was given none: random, never 0. */
int state_random_seed(uint64_t *ret, struct error *err);

#endif
