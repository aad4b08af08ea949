/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands.c - the table of commands; see command.h. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/command.h"
#include "model/model.h"
#include "model/realserver.h"
#include "model/value.h"

/* What `explain` wants to know of the packet. */
static const struct schema_key explain_keys[] = {
	{.name = "from",
	 .type = SCHEMA_STRING,
	 .max = ENDPOINT_LEN,
	 .arg = "CLIENT:PORT",
	 .help = "who sends the packet"},
	{.name = "interface",
	 .type = SCHEMA_STRING,
	 .max = 15,
	 .arg = "IF",
	 .help = "where it comes in; default: the first of the settings"},
};
static const struct schema explain_options = {
	.object = "explain", .keys = explain_keys, .count = ARRAY_SIZE(explain_keys)};

/* What `capture` wants to know. */
static const struct schema_key capture_keys[] = {
	{.name = "write",
	 .type = SCHEMA_STRING,
	 .max = 4095,
	 .arg = "FILE",
	 .help = "-w: where to; - is standard output"},
	{.name = "service",
	 .type = SCHEMA_STRING,
	 .max = 200,
	 .arg = "SERVICE",
	 .help = "only packets of this service"},
	{.name = "limit",
	 .type = SCHEMA_NUMBER,
	 .min = 1,
	 .max = UINT32_MAX,
	 .arg = "N",
	 .help = "end after so many packets"},
	{.name = "snaplen",
	 .type = SCHEMA_NUMBER,
	 .min = 64,
	 .max = 65535,
	 .fallback = "65535",
	 .arg = "N",
	 .help = "bytes of a packet"},
};
static const struct schema capture_options = {
	.object = "capture", .keys = capture_keys, .count = ARRAY_SIZE(capture_keys)};

const struct command commands[] = {
	{.name = "status",
	 .arguments = "",
	 .run = cmd_status_run,
	 .help = "the daemon, its program, interfaces, totals and memory",
	 .example = "  shunt status"},

	/* --- services --- */
	{.group = "service",
	 .name = "add",
	 .arguments = "NAME ADDRESS [--check KIND] [--check-KEY VALUE]... [--KEY VALUE]...",
	 .words_min = 2,
	 .words_max = 2,
	 .keys = &service_schema,
	 .adds = true,
	 .checks = true,
	 .run = cmd_service_add_run,
	 .help = "add a service",
	 .details = "ADDRESS is protocol, VIP and port. The service has no backends yet: see\n"
		    "`shunt help backend add`.",
	 .example = "  shunt service add web tcp:192.0.2.10:80 --forward dr --check-interval 2s"},
	{.group = "service",
	 .name = "set",
	 .arguments = "SERVICE [--check KIND] [--check-KEY VALUE]... [--KEY VALUE]...",
	 .words_min = 1,
	 .words_max = 1,
	 .keys = &service_schema,
	 .checks = true,
	 .run = cmd_service_set_run,
	 .help = "change keys of a service or of its check",
	 .details =
		 "What is not named stays as it is. A service with several checks is changed by\n"
		 "`shunt apply`.",
	 .example = "  shunt service set web --check-interval 500ms --check-fall 2"},
	{.group = "service",
	 .name = "remove",
	 .arguments = "SERVICE",
	 .words_min = 1,
	 .words_max = 1,
	 .run = cmd_service_remove_run,
	 .help = "remove a service and its backends",
	 .example = "  shunt service remove web"},
	{.group = "service",
	 .name = "list",
	 .arguments = "",
	 .run = cmd_service_list_run,
	 .help = "the services, a line each",
	 .example = "  shunt service list"},
	{.group = "service",
	 .name = "show",
	 .arguments = "SERVICE",
	 .words_min = 1,
	 .words_max = 1,
	 .run = cmd_service_show_run,
	 .help = "all about one service",
	 .example = "  shunt service show web\n  shunt service show tcp:192.0.2.10:80"},

	/* --- backends --- */
	{.group = "backend",
	 .name = "add",
	 .arguments = "SERVICE ADDR[:PORT] [--KEY VALUE]...",
	 .words_min = 2,
	 .words_max = 2,
	 .keys = &backend_schema,
	 .adds = true,
	 .run = cmd_backend_add_run,
	 .help = "add a backend to a service",
	 .details = "Without a port it has the service's. It gets connections once its check has\n"
		    "succeeded.",
	 .example = "  shunt backend add web 10.0.0.11 --weight 10\n"
		    "  shunt backend add web 10.0.0.13 --backup"},
	{.group = "backend",
	 .name = "set",
	 .arguments = "SERVICE BACKEND [--KEY VALUE]...",
	 .words_min = 2,
	 .words_max = 2,
	 .keys = &backend_schema,
	 .run = cmd_backend_set_run,
	 .help = "change keys of a backend",
	 .details = "What is not named stays as it is.",
	 .example = "  shunt backend set web 10.0.0.11 --weight 20"},
	{.group = "backend",
	 .name = "remove",
	 .arguments = "SERVICE BACKEND",
	 .words_min = 2,
	 .words_max = 2,
	 .run = cmd_backend_remove_run,
	 .help = "remove a backend from a service",
	 .example = "  shunt backend remove web 10.0.0.11"},
	{.group = "backend",
	 .name = "list",
	 .arguments = "SERVICE",
	 .words_min = 1,
	 .words_max = 1,
	 .run = cmd_backend_list_run,
	 .help = "the backends of a service, a line each",
	 .example = "  shunt backend list web"},
	{.group = "backend",
	 .name = "show",
	 .arguments = "SERVICE [BACKEND]",
	 .words_min = 1,
	 .words_max = 2,
	 .run = cmd_backend_show_run,
	 .help = "all about one backend, or about each of a service",
	 .example = "  shunt backend show web 10.0.0.11"},
	{.group = "backend",
	 .name = "enable",
	 .arguments = "SERVICE BACKEND",
	 .words_min = 2,
	 .words_max = 2,
	 .run = cmd_backend_enable_run,
	 .help = "undo drain or disable, also where the file asks for it",
	 .example = "  shunt backend enable web 10.0.0.11"},
	{.group = "backend",
	 .name = "disable",
	 .arguments = "SERVICE BACKEND",
	 .words_min = 2,
	 .words_max = 2,
	 .run = cmd_backend_disable_run,
	 .help = "no packets and no checks for a backend",
	 .details = "It survives restarts and reloads; `shunt backend enable` undoes it.",
	 .example = "  shunt backend disable web 10.0.0.11"},
	{.group = "backend",
	 .name = "drain",
	 .arguments = "SERVICE BACKEND",
	 .words_min = 2,
	 .words_max = 2,
	 .run = cmd_backend_drain_run,
	 .help = "no new connections for a backend",
	 .details = "It survives restarts and reloads; `shunt backend enable` undoes it.",
	 .example = "  shunt backend drain web 10.0.0.11"},

	/* --- looking --- */
	{.name = "list",
	 .arguments = "",
	 .run = cmd_list_run,
	 .help = "services with their backends",
	 .example = "  shunt list"},
	{.name = "stats",
	 .arguments = "[--rate] [--watch]",
	 .flags = {{"rate", "per second, measured over one second"},
		   {"watch", "again every second, until interrupted"}},
	 .run = cmd_stats_run,
	 .help = "what was counted",
	 .details =
		 "Connections are TCP SYNs. Replies pass the director with nat and fullnat alone.",
	 .example = "  shunt stats\n  shunt stats --rate --watch"},
	{.name = "events",
	 .arguments = "[--follow]",
	 .flags = {{"follow", "go on with what happens from now on, until interrupted"}},
	 .run = cmd_events_run,
	 .help = "what changed and why, newest last",
	 .example = "  shunt events --follow"},
	{.name = "drops",
	 .arguments = "",
	 .run = cmd_drops_run,
	 .help = "why packets were not forwarded, and how many",
	 .example = "  shunt drops"},

	{.name = "explain",
	 .arguments = "ADDRESS --from CLIENT:PORT [--syn] [--interface IF]",
	 .words_min = 1,
	 .words_max = 1,
	 .keys = &explain_options,
	 .flags = {{"syn", "the first packet of a TCP connection, not one in its middle"}},
	 .run = cmd_explain_run,
	 .help = "where a packet would go, and why: the program's own answer",
	 .details = "The program runs on a packet made from the arguments. None is sent, nothing\n"
		    "is counted, nothing changes.",
	 .example = "  shunt explain tcp:192.0.2.10:80 --from 198.51.100.7:40000 --syn"},

	{.name = "capture",
	 .arguments = "[--drops] [--service SERVICE] [--limit N] [--snaplen N] -w FILE",
	 .keys = &capture_options,
	 .letter = 'w',
	 .letter_of = "write",
	 .flags = {{"drops", "only packets that are dropped"}},
	 .run = cmd_capture_run,
	 .help = "packets as they came in and went out, as a pcapng file",
	 .details =
		 "Each has a comment that says what became of it and why. It goes on until\n"
		 "interrupted or until there are --limit packets. What no VIP is meant by is not\n"
		 "in it.",
	 .example = "  shunt capture --drops --limit 100 -w drops.pcapng\n"
		    "  shunt capture --service web --snaplen 128 -w web.pcapng"},

	/* --- files --- */
	{.name = "check",
	 .arguments = "FILE",
	 .words_min = 1,
	 .words_max = 1,
	 .run = cmd_config_check_run,
	 .help = "tell whether a configuration file is right",
	 .details = "It needs no daemon and changes nothing.",
	 .example = "  shunt check /etc/shunt/shunt.conf"},
	{.name = "apply",
	 .arguments = "FILE [--dry-run]",
	 .words_min = 1,
	 .words_max = 1,
	 .flags = {{"dry-run", "only say what would change"}},
	 .run = cmd_config_apply_run,
	 .help = "make the running state that of a file",
	 .details = "All or nothing: a file that is not right in every line changes nothing. FILE "
		    "- is\n"
		    "standard input. The daemon's own file stays as it is; see `shunt help save`.",
	 .example = "  shunt apply new.conf --dry-run\n  shunt apply new.conf"},
	{.name = "save",
	 .arguments = "[FILE] [--force]",
	 .words_max = 1,
	 .flags = {{"force", "overwrite, whatever is lost"}},
	 .run = cmd_save_run,
	 .help = "write the running state to a file",
	 .details = "Without FILE to the daemon's own, unless that has comments or was changed "
		    "since it\n"
		    "was read. FILE is written by this command, and must be new; - is standard "
		    "output.",
	 .example = "  shunt save\n  shunt save backup.conf"},
	{.name = "diff",
	 .arguments = "[FILE]",
	 .words_max = 1,
	 .run = cmd_config_diff_run,
	 .help = "where the running state has left a file",
	 .details = "Without FILE the daemon's own; FILE - is standard input. What is printed "
		    "leads from\n"
		    "the file to the running state.",
	 .example = "  shunt diff\n  shunt diff backup.conf"},
	{.name = "reload",
	 .arguments = "",
	 .run = cmd_config_reload_run,
	 .help = "read the daemon's file again and apply it",
	 .details = "What was asked for by hand (drain, disable) survives unless the file sets it.",
	 .example = "  shunt reload"},

	/* --- interfaces --- */
	{.name = "attach",
	 .arguments = "IF",
	 .words_min = 1,
	 .words_max = 1,
	 .run = cmd_interface_attach_run,
	 .help = "forward what arrives at an interface",
	 .example = "  shunt attach eth0"},
	{.name = "detach",
	 .arguments = "IF",
	 .words_min = 1,
	 .words_max = 1,
	 .run = cmd_interface_detach_run,
	 .help = "no longer forward what arrives at an interface",
	 .example = "  shunt detach eth0"},

	/* --- on a backend --- */
	{.group = "realserver",
	 .name = "enable",
	 .arguments = "VIP [--forward dr|ipip|gue] [--dev IF] [--director ADDR[/LENGTH]]...",
	 .words_min = 1,
	 .words_max = 1,
	 .keys = &realserver_enable_schema,
	 .adds = true,
	 .run = cmd_realserver_enable_run,
	 .help = "make this host a backend of a VIP",
	 .details = "Run on the backend, as root; no daemon is asked. The VIP is put on lo and ARP "
		    "told to\n"
		    "be silent about it; with ipip and gue the decapsulating program is attached. "
		    "What is\n"
		    "there already stays. It lasts until the next boot.",
	 .example = "  shunt realserver enable 192.0.2.10\n"
		    "  shunt realserver enable 192.0.2.10 --forward ipip --director 10.0.0.1"},
	{.group = "realserver",
	 .name = "disable",
	 .arguments = "VIP",
	 .words_min = 1,
	 .words_max = 1,
	 .keys = &realserver_disable_schema,
	 .adds = true,
	 .run = cmd_realserver_disable_run,
	 .help = "undo what enable did for a VIP",
	 .details = "Settings that VIPs share are restored with the last of them.",
	 .example = "  shunt realserver disable 192.0.2.10"},
	{.group = "realserver",
	 .name = "check",
	 .arguments = "VIP [--forward F] [--dev IF] [--director ADDR]... [--client ADDR]...",
	 .words_min = 1,
	 .words_max = 1,
	 .keys = &realserver_schema,
	 .adds = true,
	 .run = cmd_realserver_check_run,
	 .help = "say what is wrong with this host as a backend",
	 .details = "A line for each thing; exit code 0 if no line is a problem. It changes "
		    "nothing.",
	 .example = "  shunt realserver check 192.0.2.10\n"
		    "  shunt realserver check 192.0.2.10 --forward nat --director 10.0.0.1"},

	{.name = "help",
	 .arguments = "[COMMAND]",
	 .words_max = 2,
	 .run = help_run,
	 .help = "this help, or all about one command",
	 .example = "  shunt help service add"},
};
const size_t commands_count = ARRAY_SIZE(commands);

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
