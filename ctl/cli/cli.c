/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli.c - one run: arguments, command, transport, error line, exit code. See cli.h. */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/help.h"

enum cli_exit cli_exit_code(int code)
{
	switch (code) {
	case 0:
		return CLI_EXIT_DONE;
	case CLI_USAGE:
		return CLI_EXIT_USAGE;
	case CLI_UNREACHABLE:
		return CLI_EXIT_UNREACHABLE;
	case CLI_MISSING:
		return CLI_EXIT_MISSING;
	default:
		return CLI_EXIT_FAILED;
	}
}

static bool want_colour(const struct args *args, FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (args->color && strcmp(args->color, "always") == 0)
		return true;
	if ((args->color && strcmp(args->color, "never") == 0) || (no && *no))
		return false;
	return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}

static double clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *socket_path(const struct args *args)
{
	const char *path = getenv("SHUNT_SOCKET");

	return args->socket ?: path && *path ? path : CLI_SOCKET;
}

static int run_command(struct cli *cli, const struct cli_world *world, struct error *err)
{
	_cleanup_(transport_close) struct transport *transport = NULL;
	int r = world->connect(socket_path(&cli->args), &transport, err);

	if (r)
		return r;
	cli->transport = transport;
	r = cli->args.command->run(cli, err);
	if (r && !err->code)
		error_set(err, r, "%s", strerror(-r)); /* never without a word */
	return r;
}

/* What was printed must have arrived; that the reader has gone (`| head`) is no error. */
static int finish_output(FILE *out, int r, struct error *err)
{
	bool failed = fflush(out) != 0 || ferror(out);

	if (!failed)
		return r;
	if (errno == EPIPE && (!r || r == -EPIPE))
		return 0;
	return r ? r : error_set(err, CLI_FAILED, "cannot write the output: %s", strerror(errno));
}

/* The one mistake that is answered by more than a line; @err stays empty. */
static int no_command(const struct cli_world *world)
{
	help_print_short(world->err);
	return CLI_USAGE;
}

static int run(int argc, char **argv, const struct cli_world *world, struct error *err)
{
	struct cli cli = {.out = {.file = world->out}};
	int r = args_parse(argc, argv, &cli.args, err);

	if (r)
		return r;
	cli.out.json = cli.args.json;
	cli.out.colour = want_colour(&cli.args, world->out);
	cli.out.now = world->now ?: clock_now();
	if (cli.args.version)
		fprintf(world->out, "shunt %s\n", SHUNT_VERSION);
	else if (cli.args.help)
		help_print(world->out, cli.args.group, cli.args.command);
	else if (cli.args.command)
		r = run_command(&cli, world, err);
	else
		return no_command(world);
	return finish_output(world->out, r, err);
}

static void print_error(FILE *f, const struct error *err)
{
	_cleanup_free_ char *text = out_safe(err->text);
	_cleanup_free_ char *file = out_safe(err->file);

	if (err->file[0] && err->line)
		fprintf(f, "shunt: %s:%u: %s\n", file, err->line, text);
	else if (err->file[0])
		fprintf(f, "shunt: %s: %s\n", file, text);
	else
		fprintf(f, "shunt: %s\n", text);
}

int cli_run(int argc, char **argv, const struct cli_world *world)
{
	struct error err = {};
	int r = run(argc, argv, world, &err);

	if (r && err.code)
		print_error(world->err, &err);
	return cli_exit_code(r);
}
