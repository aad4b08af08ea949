/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli.h - the `shunt` program: one run of it, its commands and its exit codes.
 *
 * A command is an entry of the table in commands.c and a function `cmd_..._run()` in the file of
 * its name. It looks at cli->args, talks to the daemon through client.h alone, prints to cli->out,
 * and returns 0 or a negative errno with one line for the person in @err. cli.c prints that line.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "cli/args.h"
#include "cli/out.h"
#include "cli/request.h"

#define CLI_SOCKET "/run/shunt/shuntd.sock"

/*
 * What a command returns for the exit codes other than 0 and 1. Numbers that nothing below the
 * command line returns, so that whatever goes wrong there is exit code 1.
 */
enum {
	CLI_FAILED = -EREMOTEIO,      /* 1 refused or failed */
	CLI_USAGE = -EBADRQC,         /* 2 the command line is not right */
	CLI_UNREACHABLE = -EHOSTDOWN, /* 3 no answer from the daemon */
	CLI_MISSING = -ESRCH,         /* 4 no such service or backend */
};

enum cli_exit {
	CLI_EXIT_DONE,
	CLI_EXIT_FAILED,
	CLI_EXIT_USAGE,
	CLI_EXIT_UNREACHABLE,
	CLI_EXIT_MISSING,
};

struct cli {
	struct args args;
	struct out out;
	struct transport *transport;
};

/* What a run stands on; tests bring their own. */
struct cli_world {
	FILE *out, *err;
	double now; /* seconds since 1970; 0 = the clock's */
	/* a way to the daemon on @socket, released by transport_close() */
	int (*connect)(const char *socket, struct transport **ret, struct error *err);
};

/* The whole program: returns its exit code. */
int cli_run(int argc, char **argv, const struct cli_world *world);

enum cli_exit cli_exit_code(int code);

/* --- the commands, each called from the table --- */

typedef int cli_command_fn(struct cli *cli, struct error *err);

cli_command_fn cmd_status_run;
cli_command_fn cmd_service_add_run, cmd_service_set_run, cmd_service_remove_run,
	cmd_service_list_run, cmd_service_show_run;
cli_command_fn cmd_backend_add_run, cmd_backend_set_run, cmd_backend_remove_run,
	cmd_backend_list_run, cmd_backend_show_run, cmd_backend_enable_run, cmd_backend_disable_run,
	cmd_backend_drain_run;
cli_command_fn cmd_list_run, cmd_stats_run, cmd_events_run, cmd_drops_run;
cli_command_fn cmd_explain_run, cmd_capture_run;
cli_command_fn cmd_config_check_run, cmd_config_apply_run, cmd_config_diff_run,
	cmd_config_reload_run;
cli_command_fn cmd_save_run;
cli_command_fn cmd_interface_attach_run, cmd_interface_detach_run;
cli_command_fn cmd_realserver_enable_run, cmd_realserver_disable_run, cmd_realserver_check_run;
cli_command_fn help_run;

#endif
