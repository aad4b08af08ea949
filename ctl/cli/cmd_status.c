/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_status.c - `shunt status`: the daemon and what it stands on. */
#include <string.h>

#include "base/mem.h"
#include "cli/client.h"
#include "model/value.h"

#define ALARMS_SHOWN 10 /* a screen stays readable when a switch takes a thousand services */
#define LABEL        "%-11s "

/* The API says "7384s"; people read "2h 3m". */
static char *human(const json_t *json, const char *path)
{
	char *text = out_text(json, path);
	uint64_t ms;

	if (value_parse_duration(text, 0, UINT64_MAX, &ms, NULL))
		return text;
	free(text);
	return out_duration((double)ms / 1000);
}

static void print_daemon(const struct out *out, const json_t *status)
{
	_cleanup_free_ char *version = out_text(status, "version"), *pid = out_text(status, "pid"),
			    *uptime = human(status, "uptime"), *config = out_text(status, "config"),
			    *seed = out_text(status, "seed");
	bool adopted = json_is_true(out_get(status, "adopted"));

	out_line(out, LABEL "shuntd %s, pid %s, up %s%s", "daemon", version, pid, uptime,
		 adopted ? ", took over what was forwarding before it" : "");
	out_line(out, LABEL "%s", "config", config);
	out_line(out, LABEL "%s", "seed", seed);
}

static void print_program(const struct out *out, const json_t *status)
{
	_cleanup_free_ char *id = out_text(status, "program.id"),
			    *tag = out_text(status, "program.tag"),
			    *abi = out_text(status, "abi_version");

	out_line(out, LABEL "id %s, tag %s, ABI %s%s", "program", id, tag, abi,
		 json_is_false(out_get(status, "program.counts_losses"))
			 ? "; losses after its verdict are NOT counted"
			 : "");
}

static const char *mode_note(const char *mode)
{
	if (strcmp(mode, "generic") == 0)
		return " (slower than native)";
	return strcmp(mode, "missing") == 0 ? " (there is no such interface now)" : "";
}

/* "; switched off: rx-lro, rx-gro" */
static char *offloads_note(const json_t *interface, const char *member, const char *text)
{
	const json_t *list = out_get(interface, member), *name;
	char *note = mem_strdup("");
	size_t i;

	json_array_foreach ((json_t *)list, i, name) {
		char *longer = mem_printf("%s%s%s", i ? note : text, i ? ", " : "",
					  json_string_value(name) ?: "");

		free(note);
		note = longer;
	}
	return note;
}

static void print_interfaces(const struct out *out, const json_t *status)
{
	const json_t *list = out_get(status, "interfaces"), *interface;
	size_t i;

	if (!json_array_size(list))
		out_line(out, LABEL "none: nothing is forwarded; see `shunt help attach`",
			 "interface");
	json_array_foreach ((json_t *)list, i, interface) {
		_cleanup_free_ char *name = out_text(interface, "name"),
				    *mode = out_text(interface, "mode"),
				    *off = offloads_note(interface, "offloads.off",
							 "; switched off: "),
				    *on = offloads_note(interface, "offloads.on",
							"; CANNOT be switched off: ");
		bool down = json_is_false(out_get(interface, "up"));
		const char *role = json_string_value(out_get(interface, "role"));

		out_line(out, LABEL "%s %s%s%s%s%s%s", "interface", name, mode, mode_note(mode),
			 strcmp(role ?: "", "egress") == 0 ? ", egress only" : "",
			 down ? ", link is down" : "", off, on);
	}
}

static void print_checker(const struct out *out, const json_t *status)
{
	_cleanup_free_ char *pid = out_text(status, "checker.pid"),
			    *restarts = out_text(status, "checker.restarts");

	if (json_is_true(out_get(status, "checker.running")))
		out_line(out, LABEL "running, pid %s, restarts %s", "checker", pid, restarts);
	else
		out_line(out, LABEL "NOT running, restarts %s: states of backends stay as they are",
			 "checker", restarts);
}

/* Only while it is so: packets cost more meanwhile. */
static void print_captures(const struct out *out, const json_t *status)
{
	_cleanup_free_ char *captures = out_text(status, "captures");

	if (out_number(status, "captures") > 0)
		out_line(out, LABEL "%s running", "captures", captures);
}

static void print_totals(const struct out *out, const json_t *status)
{
	const json_t *totals = out_get(status, "totals");
	_cleanup_free_ char *services = out_text(totals, "services"),
			    *backends = out_text(totals, "backends"), *up = out_text(totals, "up"),
			    *connections = out_count(out_number(totals, "connections")),
			    *packets = out_count(out_number(totals, "packets")),
			    *bytes = out_count(out_number(totals, "bytes")),
			    *reply_packets = out_count(out_number(totals, "reply_packets")),
			    *reply_bytes = out_count(out_number(totals, "reply_bytes"));

	out_line(out, LABEL "services %s, backends %s, up %s", "totals", services, backends, up);
	out_line(out, LABEL "connections %s, packets %s, bytes %s; replies: packets %s, bytes %s",
		 "traffic", connections, packets, bytes, reply_packets, reply_bytes);
}

static void print_memory(const struct out *out, const json_t *status)
{
	static const char *const rooms[] = {"slots", "backends", "services"};
	const json_t *memory = out_get(status, "memory");
	_cleanup_free_ char *bytes = out_count(out_number(memory, "maps_bytes"));

	out_line(out, LABEL "maps %s bytes", "memory", bytes);
	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		_cleanup_free_ char *used_path = mem_printf("%s_used", rooms[i]),
				    *max_path = mem_printf("%s_max", rooms[i]),
				    *used = out_text(memory, used_path),
				    *max = out_text(memory, max_path);

		out_line(out, LABEL "%s %s of %s", "", rooms[i], used, max);
	}
}

/* Only where there is a pool. */
static void print_ports(const struct out *out, const json_t *status)
{
	const json_t *ports = out_get(status, "ports");
	json_t *kinds = json_object_get(ports, "kinds"), *one;
	const char *kind;
	_cleanup_free_ char *used = out_count(out_number(ports, "used")),
			    *total = out_count(out_number(ports, "total")),
			    *free_ones = out_count(out_number(ports, "free")),
			    *resting = out_count(out_number(ports, "resting"));

	if (out_number(ports, "total") > 0)
		out_line(out, LABEL "fullnat: %s of %s used, %s free, %s resting", "ports", used,
			 total, free_ones, resting);
	json_object_foreach (kinds, kind, one) {
		_cleanup_free_ char *all = out_count(out_number(one, "total")),
				    *left = out_count(out_number(one, "free"));

		if (out_number(one, "total") > 0)
			out_line(out, LABEL "%s: %s of %s free", "", kind, left, all);
	}
}

/* Only where replies have asked for any. */
static void print_neighbours(const struct out *out, const json_t *status)
{
	const json_t *neighbours = out_get(status, "neighbours");
	_cleanup_free_ char *kept = out_text(neighbours, "kept"),
			    *max = out_text(neighbours, "max"),
			    *refused = out_count(out_number(neighbours, "refused"));

	if (out_number(neighbours, "kept") + out_number(neighbours, "refused") > 0)
		out_line(out, LABEL "kept for replies %s of %s, refused %s", "neighbours", kept,
			 max, refused);
}

static void print_alarms(const struct out *out, const json_t *status)
{
	const json_t *list = out_get(status, "alarms"), *alarm;
	size_t i, count = json_array_size(list);

	json_array_foreach ((json_t *)list, i, alarm) {
		if (i == ALARMS_SHOWN && count > ALARMS_SHOWN + 1) {
			out_line(out, LABEL "and %zu more; shunt --json status has all", "ALARM",
				 count - i);
			break;
		}
		_cleanup_free_ char *text = out_text(alarm, "text"),
				    *since = out_time(out_number(alarm, "since"));

		if (out->colour)
			fputs("\033[31m", out->file);
		out_line(out, LABEL "since %s: %s", "ALARM", since, text);
		if (out->colour)
			fputs("\033[0m", out->file);
	}
}

int cmd_status_run(struct cli *cli, struct error *err)
{
	_cleanup_json_ json_t *status = NULL;
	int r = client_get(cli, &status, err, "/v1/status");

	if (r)
		return r;
	if (cli->out.json) {
		out_json(&cli->out, status);
		return 0;
	}
	print_daemon(&cli->out, status);
	print_program(&cli->out, status);
	print_interfaces(&cli->out, status);
	print_checker(&cli->out, status);
	print_captures(&cli->out, status);
	print_totals(&cli->out, status);
	print_memory(&cli->out, status);
	print_ports(&cli->out, status);
	print_neighbours(&cli->out, status);
	print_alarms(&cli->out, status);
	return 0;
}
