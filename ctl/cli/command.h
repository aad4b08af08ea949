/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.h - the table of commands: from it come parsing, usage and help.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/schema.h"

struct cli;

#define COMMAND_FLAGS_MAX 4
#define COMMAND_CHECK     "check" /* --check KIND, and --check-KEY of its keys */

struct command {
	const char *group; /* "service" of `service add`; NULL for a command of one word */
	const char *name;
	const char *arguments; /* as usage prints them */
	int (*run)(struct cli *cli, struct error *err);
	const char *help;    /* one line, no full stop */
	const char *details; /* more lines, NULL = nothing more to say */
	const char *example; /* one or more lines that work as they stand */
	size_t words_min, words_max;
	const struct schema *keys; /* `--KEY VALUE` of these; NULL = none */
	bool adds;   /* the object is new: keys that cannot change later are allowed */
	bool checks; /* --check KIND and --check-KEY too */
	struct command_flag {
		const char *name, *help;
	} flags[COMMAND_FLAGS_MAX];
	char letter; /* of the option `letter_of`, -w of --write; 0 = none has one */
	const char *letter_of;
};

extern const struct command commands[];
extern const size_t commands_count;

/* @group NULL: a command of one word. NULL if there is none. */
const struct command *command_find(const char *group, const char *name);
bool command_is_group(const char *word);

/* May this key of @command->keys (or of a check, @check) be given on the command line? */
bool command_takes_key(const struct command *command, const struct schema_key *key, bool check);

/* "no such command" with the nearest that there is; @group as above. Returns CLI_USAGE. */
int command_unknown(const char *group, const char *word, struct error *err);

#endif
