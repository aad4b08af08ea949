/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help.h - usage and help, printed from the table of commands and the schema tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

/* The few lines that `shunt` alone prints. */
void help_print_short(FILE *f);

/* Help for @command, for the commands of @group when @command is NULL, for all when both are. */
void help_print(FILE *f, const char *group, const struct command *command);

#endif
