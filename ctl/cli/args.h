/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * args.h - the command line, taken apart by the table of commands and the schema tables. Pure:
 * it looks at nothing but argv.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cli/command.h"

#define ARGS_WORDS_MAX  4
#define ARGS_VALUES_MAX 64

struct args {
	const struct command *command; /* NULL: only --help, --version or nothing was given */
	const char *group;             /* with --help: `shunt service --help` */
	const char *socket;            /* NULL = not given */
	const char *color;             /* "auto", "always", "never"; NULL = not given */
	bool json, help, version;
	const char *words[ARGS_WORDS_MAX]; /* what follows the command and is no option */
	size_t words_count;
	bool flags[COMMAND_FLAGS_MAX]; /* of command->flags */
	struct args_value {
		const struct schema_key *key;
		bool check; /* a key of the check, not of the object */
		const char *text;
	} values[ARGS_VALUES_MAX];
	size_t values_count;
};

/* @ret points into @argv. CLI_USAGE; -EINVAL for an option's value that is not right (it is refused
 * here as the daemon would). */
int args_parse(int argc, char **argv, struct args *ret, struct error *err);

/* Was the command's --@flag given? */
bool args_flag(const struct args *args, const char *flag);

/* The value of a key of the object (or of its check), NULL if it was not given. */
const char *args_value(const struct args *args, const char *key, bool check);

/* Were keys of the check given? */
bool args_have_check(const struct args *args);

/* The keys of the object as JSON texts, a new reference. Of a list all values, with commas. */
json_t *args_keys(const struct args *args);

#endif
