/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - shunt-checker: runs the checks that shuntd asks for and reports what came of them. A
 * process without privileges, started by shuntd's spawner; it ends when shuntd does.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <systemd/sd-event.h>

#include "base/log.h"
#include "checker/channel.h"
#include "checker/engine.h"
#include "checker/harden.h"

#define EXIT_USAGE 2

struct checker {
	struct engine *engine;
	struct channel *channel;
};

static const char help[] =
	"Usage: shunt-checker [--help|--version]\n"
	"\n"
	"Runs Shunt's health checks, without privileges. shuntd starts it, tells it what to check\n"
	"and reads the results on descriptor 3; it is not started by hand.\n";

static void on_message(const union protocol_message *message, void *arg)
{
	struct checker *checker = arg;

	if (message->type == PROTOCOL_CHECK)
		engine_check(checker->engine, &message->check);
	else
		engine_forget(checker->engine, message->forget.id);
}

static void on_result(const struct protocol_result *result, void *arg)
{
	struct checker *checker = arg;

	channel_send(checker->channel, result);
}

static int run_in(sd_event *loop)
{
	_cleanup_(engine_free) struct engine *engine = NULL;
	_cleanup_(channel_close) struct channel *channel = NULL;
	struct checker checker;
	int r;

	r = channel_open(loop, PROTOCOL_FD, on_message, &checker, &channel);
	if (r < 0)
		return r;
	engine = engine_new(loop, ENGINE_CHECKS_MAX, on_result, &checker);
	checker = (struct checker){.engine = engine, .channel = channel};
	return sd_event_loop(loop);
}

static int run(void)
{
	sd_event *loop;
	int r = sd_event_new(&loop);

	if (r < 0)
		return r;
	r = run_in(loop);
	sd_event_unref(loop);
	return r;
}

/* Does the command line ask for something that needs no shuntd? Then *ret_exit is set. */
static bool arguments(int argc, char **argv, int *ret_exit)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	int option = getopt_long(argc, argv, "hV", options, NULL);

	if (option == -1 && optind == argc)
		return false;
	if (option == 'h')
		fputs(help, stdout);
	else if (option == 'V')
		puts("shunt-checker " SHUNT_VERSION " (started by shuntd)");
	else
		fputs(help, stderr);
	*ret_exit = option == 'h' || option == 'V' ? EXIT_SUCCESS : EXIT_USAGE;
	return true;
}

int main(int argc, char **argv)
{
	struct error err = {0};
	int r, code;

	if (arguments(argc, argv, &code))
		return code;
	prctl(PR_SET_NAME, "shunt-checker"); /* it is executed by descriptor, not by name */
	if (harden(&err) < 0) {
		log_error("shunt-checker: %s", err.text);
		return EXIT_FAILURE;
	}
	r = run();
	if (r < 0)
		log_error("shunt-checker: stopping: %s",
			  r == -EPROTO ? "shuntd sent no message of this version" : strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
