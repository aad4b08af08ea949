/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands.c - the table of commands; see command.h. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/command.h"
#include "model/model.h"
#include "model/value.h"

const struct command commands[] = {
	{NULL, "status", "", cmd_status_run,
	 "the daemon, its program, interfaces, totals and memory", .example = "  shunt status"},
	{"service", "add", "NAME ADDRESS [--check KIND] [--check-KEY VALUE]... [--KEY VALUE]...",
	 cmd_service_add_run, "add a service",
	 "ADDRESS is protocol, VIP and port. The service has no backends yet: see\n"
	 "`shunt backend add`.",
	 "  shunt service add web tcp:192.0.2.10:80 --forward dr --check tcp --check-interval 2s",
	 .words_min = 2, .words_max = 2, .keys = &service_schema, .adds = true, .checks = true},
	{"service", "set", "SERVICE [--check KIND] [--check-KEY VALUE]... [--KEY VALUE]...",
	 cmd_service_set_run, "change keys of a service or of its check",
	 "What is not named stays as it is. A service with several checks is changed by\n"
	 "`shunt apply`.",
	 "  shunt service set web --check-interval 500ms --check-fall 2", .words_min = 1,
	 .words_max = 1, .keys = &service_schema, .checks = true},
	{"service", "remove", "SERVICE", cmd_service_remove_run,
	 "remove a service and its backends", .example = "  shunt service remove web",
	 .words_min = 1, .words_max = 1},
	{"service", "list", "", cmd_service_list_run, "the services, a line each",
	 .example = "  shunt service list"},
	{"service", "show", "SERVICE", cmd_service_show_run, "all about one service",
	 .example = "  shunt service show web\n  shunt service show tcp:192.0.2.10:80",
	 .words_min = 1, .words_max = 1},
	{"backend", "add", "SERVICE ADDR[:PORT] [--KEY VALUE]...", cmd_backend_add_run,
	 "add a backend to a service",
	 "Without a port it is the service's. It gets connections after its first\n"
	 "successful checks.",
	 "  shunt backend add web 10.0.0.11 --weight 10\n"
	 "  shunt backend add web 10.0.0.13 --backup",
	 .words_min = 2, .words_max = 2, .keys = &backend_schema, .adds = true},
	{"backend", "set", "SERVICE BACKEND [--KEY VALUE]...", cmd_backend_set_run,
	 "change keys of a backend", "What is not named stays as it is.",
	 "  shunt backend set web 10.0.0.11 --weight 20", .words_min = 2, .words_max = 2,
	 .keys = &backend_schema},
	{"backend", "remove", "SERVICE BACKEND", cmd_backend_remove_run,
	 "remove a backend from a service", .example = "  shunt backend remove web 10.0.0.11",
	 .words_min = 2, .words_max = 2},
	{"backend", "list", "SERVICE", cmd_backend_list_run,
	 "the backends of a service, a line each", .example = "  shunt backend list web",
	 .words_min = 1, .words_max = 1},
	{"backend", "show", "SERVICE [BACKEND]", cmd_backend_show_run,
	 "all about one backend, or about each of a service",
	 .example = "  shunt backend show web 10.0.0.11", .words_min = 1, .words_max = 2},
	{"backend", "enable", "SERVICE BACKEND", cmd_backend_enable_run,
	 "undo drain or disable, also where the file asks for it",
	 .example = "  shunt backend enable web 10.0.0.11", .words_min = 2, .words_max = 2},
	{"backend", "disable", "SERVICE BACKEND", cmd_backend_disable_run,
	 "no packets and no checks for a backend",
	 "It survives restarts; `shunt backend enable` undoes it.",
	 "  shunt backend disable web 10.0.0.11", .words_min = 2, .words_max = 2},
	{"backend", "drain", "SERVICE BACKEND", cmd_backend_drain_run,
	 "no new connections for a backend",
	 "It survives restarts; `shunt backend enable` undoes it.",
	 "  shunt backend drain web 10.0.0.11", .words_min = 2, .words_max = 2},
	{NULL, "list", "", cmd_list_run, "services with their backends",
	 .example = "  shunt list\n  shunt list --json"},
	{NULL, "stats", "[--rate] [--watch]", cmd_stats_run, "what was counted",
	 "Connections are TCP SYNs; replies are seen with forward = nat alone.",
	 "  shunt stats\n  shunt stats --rate --watch",
	 .flags = {{"rate", "per second, over one second"},
		   {"watch", "again every second, until interrupted"}}},
	{NULL, "events", "[--follow]", cmd_events_run, "what changed and why, newest last", NULL,
	 "  shunt events --follow",
	 .flags = {{"follow", "go on with what happens from now on, until interrupted"}}},
	{NULL, "drops", "", cmd_drops_run, "why packets were not forwarded, and how many", NULL,
	 "  shunt drops"},
	{NULL, "check", "FILE", cmd_config_check_run, "is a configuration file right?",
	 "Needs no daemon and changes nothing.", "  shunt check /etc/shunt/shunt.conf",
	 .words_min = 1, .words_max = 1},
	{NULL, "apply", "FILE [--dry-run]", cmd_config_apply_run,
	 "make the running state that of a file",
	 "All or nothing: a file that is not right in every line changes nothing. FILE - is\n"
	 "standard input. The daemon's own file stays as it is; see `shunt save`.",
	 "  shunt apply new.conf --dry-run\n  shunt apply new.conf", .words_min = 1, .words_max = 1,
	 .flags = {{"dry-run", "only say what would change"}}},
	{NULL, "save", "[FILE] [--force]", cmd_save_run, "write the running state to a file",
	 "Without FILE to the daemon's own, unless that has comments or was changed since it\n"
	 "was read. FILE is written by this command; - is standard output.",
	 "  shunt save\n  shunt save backup.conf", .words_max = 1,
	 .flags = {{"force", "overwrite, whatever is lost"}}},
	{NULL, "diff", "[FILE]", cmd_config_diff_run, "where the running state has left a file",
	 "Without FILE the daemon's own. What is printed leads from the file to the running\n"
	 "state.",
	 "  shunt diff", .words_max = 1},
	{NULL, "reload", "", cmd_config_reload_run, "read the daemon's file again and apply it",
	 "Drains and other overrides asked for by hand survive unless the file sets them.",
	 "  shunt reload"},
	{NULL, "attach", "IF", cmd_interface_attach_run, "forward what arrives at an interface",
	 NULL, "  shunt attach eth0", .words_min = 1, .words_max = 1},
	{NULL, "detach", "IF", cmd_interface_detach_run,
	 "forward no more what arrives at an interface", NULL, "  shunt detach eth0",
	 .words_min = 1, .words_max = 1},
	{NULL, "help", "[COMMAND]", help_run, "this help, or all about one command", NULL,
	 "  shunt help service add", .words_max = 2},
};
const size_t commands_count = sizeof(commands) / sizeof(commands[0]);

bool command_is_group(const char *word)
{
	for (size_t i = 0; i < commands_count; i++)
		if (commands[i].group && strcmp(commands[i].group, word) == 0)
			return true;
	return false;
}

static bool same_group(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

const struct command *command_find(const char *group, const char *name)
{
	for (size_t i = 0; i < commands_count; i++)
		if (same_group(commands[i].group, group) && strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

bool command_takes_key(const struct command *command, const struct schema_key *key, bool check)
{
	if (key->flags & SCHEMA_STATE)
		return false;
	if (check) /* the kind is --check itself */
		return strcmp(key->name, "kind") != 0;
	if (key->flags & SCHEMA_REQUIRED)
		return false; /* it is an argument of `add` */
	return command->adds || !(key->flags & SCHEMA_FIXED);
}

/* The words that may stand where @group (or nothing) went before. */
static size_t known_words(const char *group, const char **words, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < commands_count && n < max; i++) {
		const struct command *c = &commands[i];
		const char *word = group ? c->name : c->group ?: c->name;

		if (group && !same_group(group, c->group))
			continue;
		if (n && strcmp(words[n - 1], word) == 0)
			continue;
		words[n++] = word;
	}
	return n;
}

int command_unknown(const char *group, const char *word, struct error *err)
{
	const char *words[64], *near;
	size_t n = known_words(group, words, 64), used = 0;
	char list[256] = "";

	near = word ? value_did_you_mean(word, words, n) : NULL;
	if (near)
		return error_set(err, CLI_USAGE, "unknown command '%s%s%s'; did you mean '%s%s%s'?",
				 group ?: "", group ? " " : "", word, group ?: "", group ? " " : "",
				 near);
	if (!group)
		return error_set(err, CLI_USAGE,
				 "unknown command '%s'; `shunt help` lists what there is", word);
	for (size_t i = 0; i < n && used < sizeof(list); i++)
		used += snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", words[i]);
	return error_set(err, CLI_USAGE, "%s%s%s: expected one of %s behind '%s'", word ? "'" : "",
			 word ?: group, word ? "'" : "", list, group);
}
