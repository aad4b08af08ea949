/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.h - shuntd's command line. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdio.h>

enum options_mode {
	OPTIONS_RUN,
	OPTIONS_TEST,            /* -t: test the config, touch nothing */
	OPTIONS_STOP_FORWARDING, /* withdraw, detach, unpin */
	OPTIONS_HELP,
	OPTIONS_VERSION,
};

struct options {
	enum options_mode mode;
	const char *config, *runtime_dir, *state_dir, *pin_dir; /* point into argv or constants */
};

/* Returns 0, or -EINVAL after a line on stderr. */
int options_parse(int argc, char **argv, struct options *ret);
void options_help(FILE *to);

#endif
