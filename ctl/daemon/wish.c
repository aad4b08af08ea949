/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wish.c - which model a starting daemon goes by: the config file's or the state directory's. */
#include <errno.h>
#include <time.h>

#include "base/cleanup.h"
#include "daemon/director_internal.h"
#include "daemon/state.h"

static void read_state(struct director *d, struct state *ret)
{
	const char *dir = d->options->state_dir;
	struct error err = {};
	int r = state_read(dir, ret, &err);

	if (!r)
		return;
	events_add(d->events, EVENT_WARNING, "config", NULL, NULL, "%s; the config file is used%s",
		   err.text, r == -EBADMSG ? ", the state is kept as state.json.damaged" : "");
	if (r == -EBADMSG && state_set_aside(dir, "damaged", &err))
		events_add(d->events, EVENT_WARNING, "config", NULL, NULL, "%s", err.text);
}

void director_set_state_aside(struct director *d)
{
	char suffix[STATE_SUFFIX_LEN];
	struct error err = {};

	state_overridden_suffix(time(NULL), suffix);
	if (state_set_aside(d->options->state_dir, suffix, &err))
		events_add(d->events, EVENT_WARNING, "config", NULL, NULL, "%s", err.text);
	else
		events_add(d->events, EVENT_WARNING, "config", NULL, NULL,
			   "%s was edited: it is used, and the changes made by command before are "
			   "kept in "
			   "%s/" STATE_FILE ".%s",
			   d->options->config, d->options->state_dir, suffix);
}

int director_read_config(struct director *d, struct error *err)
{
	return config_read(d->options->config, &d->model, d->digest, err);
}

int director_read_state(struct director *d, struct error *err)
{
	struct state state = {};

	read_state(d, &state);
	d->seed = state.seed;
	switch (state_choose(state.have, state.digest, true, d->digest)) {
	case STATE_CHOOSE_STATE:
		model_free(d->model);
		d->model = take_ptr(state.model);
		d->changed = state.changed;
		break;
	case STATE_CHOOSE_FILE_ASIDE:
		d->overrides = state.changed; /* a start that fails leaves the state as it is */
		break;
	case STATE_CHOOSE_FILE:
	case STATE_CHOOSE_NOTHING:
		break;
	}
	state_clear(&state);
	if (d->model->settings.seed)
		d->seed = d->model->settings.seed;
	return d->seed ? 0 : state_random_seed(&d->seed, err);
}
