/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - the command line of Shunt; see cli.h. */
#include <locale.h>
#include <signal.h>

#include "cli/cli.h"
#include "cli/http.h"

int main(int argc, char **argv)
{
	const struct cli_world world = {.out = stdout, .err = stderr, .connect = http_connect};

	/* text's encoding only: numbers are read and written as C does */
	setlocale(LC_CTYPE, "");
	/* a reader that goes away is a write error, seen in cli.c */
	signal(SIGPIPE, SIG_IGN);
	return cli_run(argc, argv, &world);
}
