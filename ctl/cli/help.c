/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help.c - see help.h */
#include "cli/help.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "model/model.h"
#include "model/value.h"

#define SYNOPSIS "shunt [-s SOCKET] [-j] [--color auto|always|never] COMMAND ..."

static char *command_line(const struct command *c, bool arguments)
{
	return mem_printf("%s%s%s%s%s", c->group ?: "", c->group ? " " : "", c->name,
			  arguments && *c->arguments ? " " : "", arguments ? c->arguments : "");
}

void help_print_short(FILE *f)
{
	fputs("usage: " SYNOPSIS "\n"
	      "commands: ",
	      f);
	for (size_t i = 0; i < commands_count; i++) {
		const struct command *c = &commands[i];
		bool first = i == 0 || !c->group || !commands[i - 1].group ||
			     strcmp(c->group, commands[i - 1].group) != 0;

		if (first)
			fprintf(f, "%s%s%s%s", i ? ", " : "", c->group ?: "", c->group ? " " : "",
				c->name);
		else
			fprintf(f, "|%s", c->name);
	}
	fputs("\n`shunt help` tells more, `shunt help COMMAND` all about one\n", f);
}

static void print_commands(FILE *f, const char *group)
{
	for (size_t i = 0; i < commands_count; i++) {
		const struct command *c = &commands[i];
		_cleanup_free_ char *line = command_line(c, false);

		if (!group || (c->group && strcmp(c->group, group) == 0))
			fprintf(f, "  %-18s %s\n", line, c->help);
	}
}

static void print_globals(FILE *f)
{
	fputs("  -s, --socket PATH   the daemon's socket (default " CLI_SOCKET ",\n"
	      "                      or the environment's SHUNT_SOCKET)\n"
	      "  -j, --json          print the API's JSON\n"
	      "  --color WHEN        auto, always or never (default auto: on a terminal, and\n"
	      "                      without NO_COLOR in the environment)\n"
	      "  -h, --help          help, also for one command\n"
	      "  -V, --version       the version\n",
	      f);
}

static void print_all(FILE *f)
{
	fputs("usage: " SYNOPSIS "\n\n"
	      "Controls shuntd, the XDP load balancer of this host.\n\n"
	      "Commands:\n",
	      f);
	print_commands(f, NULL);
	fputs("\nOptions, before or behind the command:\n", f);
	print_globals(f);
	fputs("\nA service is named by its name or its address (tcp:192.0.2.10:80), a backend by\n"
	      "ADDR or ADDR:PORT. Times have a unit (500ms, 2s, 15m); a bare number is seconds.\n\n"
	      "Exit codes: 0 done, 1 refused or failed, 2 usage, 3 daemon not reachable,\n"
	      "4 no such service or backend.\n\n"
	      "`shunt help COMMAND` tells all about one command. Manual: shunt(8).\n",
	      f);
}

static void print_group(FILE *f, const char *group)
{
	fprintf(f, "usage: shunt %s COMMAND ...\n\nCommands:\n", group);
	print_commands(f, group);
	fprintf(f, "\n`shunt help %s COMMAND` tells all about one command.\n", group);
}

/* What a value may be, where --help's name for it does not say it already. */
static char *range_text(const struct schema_key *key)
{
	char low[VALUE_DURATION_LEN], high[VALUE_DURATION_LEN];

	switch (key->type) {
	case SCHEMA_NUMBER:
	case SCHEMA_CHOICE:
		return mem_printf("%" PRIu64 " to %" PRIu64, key->min, key->max);
	case SCHEMA_DURATION:
		return mem_printf("%s to %s", value_format_duration(key->min, low),
				  value_format_duration(key->max, high));
	case SCHEMA_STRING:
		return mem_printf("at most %" PRIu64 " bytes", key->max);
	default:
		return mem_strdup("");
	}
}

static void print_key(FILE *f, const char *prefix, const struct schema_key *key, const char *help)
{
	_cleanup_free_ char *option = mem_printf("--%s%s %s", prefix, key->name, key->arg);
	_cleanup_free_ char *range = range_text(key);
	bool fallback = key->fallback && strcmp(key->fallback, "false") != 0;

	for (char *p = option + 2; *p && *p != ' '; p++)
		if (*p == '_')
			*p = '-';
	fprintf(f, "  %-32s %s", option, help);
	if (*range || fallback)
		fprintf(f, " (%s%s%s%s)", range, *range && fallback ? "; " : "",
			fallback ? "default " : "", fallback ? key->fallback : "");
	fputc('\n', f);
}

static void print_check_keys(FILE *f, const struct command *command)
{
	struct schema_key kind = *schema_find(&check_schema, "kind");

	kind.name = COMMAND_CHECK;
	if (command->adds) /* an unnamed kind follows the service's protocol */
		kind.fallback = "tcp for TCP, none for UDP";
	else
		kind.fallback = NULL;
	print_key(f, "", &kind, kind.help);
	for (size_t i = 0; i < check_schema.count; i++)
		if (command_takes_key(command, &check_schema.keys[i], true))
			print_key(f, COMMAND_CHECK "-", &check_schema.keys[i],
				  check_schema.keys[i].help);
}

static void print_options(FILE *f, const struct command *command)
{
	if (!command->flags[0].name && !command->keys)
		return;
	fputs("\nOptions:\n", f);
	for (size_t i = 0; i < COMMAND_FLAGS_MAX && command->flags[i].name; i++)
		fprintf(f, "  --%-30s %s\n", command->flags[i].name, command->flags[i].help);
	for (size_t i = 0; command->keys && i < command->keys->count; i++)
		if (command_takes_key(command, &command->keys->keys[i], false))
			print_key(f, "", &command->keys->keys[i], command->keys->keys[i].help);
	if (command->checks)
		print_check_keys(f, command);
}

static void print_command(FILE *f, const struct command *command)
{
	_cleanup_free_ char *line = command_line(command, true);

	fprintf(f, "usage: shunt %s\n\n%c%s.\n", line, toupper(command->help[0]),
		command->help + 1);
	if (command->details)
		fprintf(f, "%s\n", command->details);
	print_options(f, command);
	fprintf(f, "\nExample:\n%s\n", command->example);
}

void help_print(FILE *f, const char *group, const struct command *command)
{
	if (command)
		print_command(f, command);
	else if (group)
		print_group(f, group);
	else
		print_all(f);
}

int help_run(struct cli *cli, struct error *err)
{
	const struct args *args = &cli->args;
	const char *group = NULL, *name = args->words_count ? args->words[0] : NULL;
	const struct command *command = NULL;

	if (name && command_is_group(name)) {
		group = name;
		name = args->words_count > 1 ? args->words[1] : NULL;
	} else if (args->words_count > 1) {
		return error_set(err, CLI_USAGE,
				 "'%s' is one argument too many; usage: shunt help "
				 "[COMMAND]",
				 args->words[1]);
	}
	if (name) {
		command = command_find(group, name);
		if (!command)
			return command_unknown(group, name, err);
	}
	help_print(cli->out.file, group, command);
	return 0;
}
