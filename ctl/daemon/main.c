/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - shuntd: the daemon that loads the program, fills its maps and follows reality. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "daemon/options.h"
#include "daemon/startup.h"

static int fail(const struct error *err)
{
	char line[ERROR_LINE_LEN];

	log_error("shuntd: %s", error_line(err, line));
	return 1;
}

static int test_config(const struct options *options)
{
	_cleanup_(model_free) struct model *model = NULL;
	struct error err = {};

	if (config_read(options->config, &model, NULL, &err))
		return fail(&err);
	printf("%s: right; services: %zu, backends: %zu\n", options->config, model_count(model),
	       model_count_backends(model));
	return 0;
}

static int need_root(struct error *err)
{
	return geteuid() ? error_set(err, -EPERM, "only root may do this (shuntd -t needs no root)")
			 : 0;
}

static int stop_forwarding(const struct options *options)
{
	struct error err = {};

	if (need_root(&err) || startup_stop_forwarding(options, &err))
		return fail(&err);
	printf("no packet is forwarded any more: addresses withdrawn, programs detached, maps "
	       "removed\n");
	return 0;
}

static int run(const struct options *options)
{
	_cleanup_(director_close) struct director *director = NULL;
	struct error err = {};

	if (need_root(&err) || director_open(options, &director, &err))
		return fail(&err);
	return director_run(director) ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct options options;

	if (options_parse(argc, argv, &options))
		return 2;
	switch (options.mode) {
	case OPTIONS_HELP:
		options_help(stdout);
		return 0;
	case OPTIONS_VERSION:
		puts("shuntd " SHUNT_VERSION);
		return 0;
	case OPTIONS_TEST:
		return test_config(&options);
	case OPTIONS_STOP_FORWARDING:
		return stop_forwarding(&options);
	case OPTIONS_RUN:
		break;
	}
	return run(&options);
}
