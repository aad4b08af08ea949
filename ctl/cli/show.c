/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show.c - see show.h */
#include "cli/show.h"

#include <string.h>

#include "base/mem.h"
#include "model/model.h"

void show_field(const struct out *out, const char *label, const json_t *json, const char *path)
{
	_cleanup_free_ char *value = out_text(json, path);

	out_line(out, SHOW_LABEL "%s", label, value);
}

void show_keys(const struct out *out, const struct schema *schema, const json_t *json)
{
	for (size_t i = 0; i < schema->count; i++)
		show_field(out, schema->keys[i].name, json, schema->keys[i].name);
}

static void show_counters(const struct out *out, const json_t *json)
{
	static const char *const names[] = {"connections", "packets", "bytes", "reply_packets",
					    "reply_bytes"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = mem_printf("status.counters.%s", names[i]);

		show_field(out, names[i], json, path);
	}
}

void show_service_status(const struct out *out, const json_t *service)
{
	const json_t *slots = out_get(service, "status.slots");
	_cleanup_free_ char *up = out_text(service, "status.up"),
			    *total = out_text(service, "status.total"),
			    *stable = out_text(slots, "stable"), *mixed = out_text(slots, "mixed"),
			    *moving = out_text(slots, "in_transition"),
			    *empty = out_text(slots, "empty");

	out_line(out, SHOW_LABEL "%s of %s", "up", up, total);
	out_line(out, SHOW_LABEL "%s stable, %s in transition, %s mixed, %s empty", "slots", stable,
		 moving, mixed, empty);
	show_field(out, "announce", service, "status.announce");
	show_counters(out, service);
}

char *show_share(const json_t *backend)
{
	const json_t *share = out_get(backend, "status.share");

	return json_is_number(share) ? mem_printf("%.1f%%", json_number_value(share) * 100)
				     : mem_strdup("-");
}

static void show_backend_state(const struct out *out, const json_t *backend)
{
	_cleanup_free_ char *state = out_text(backend, "status.state"),
			    *reason = out_text(backend, "status.reason"),
			    *ago = out_ago(out, out_number(backend, "status.since")),
			    *since = out_time(out_number(backend, "status.since"));

	out_line(out, SHOW_LABEL "%s for %s (since %s): %s", "state", state, ago, since, reason);
}

/* " with VLAN 100 (802.1ad), VLAN 10"; "" without any */
static char *show_tags(const json_t *hop)
{
	const json_t *tags = out_get(hop, "vlans"), *tag;
	char *text = mem_printf("%s", "");
	size_t i;

	json_array_foreach (tags, i, tag) {
		_cleanup_free_ char *before = text, *protocol = out_text(tag, "protocol");
		bool usual = strcmp(protocol, "802.1Q") == 0;

		text = mem_printf("%s%s VLAN %.0f%s%s%s", before, i ? "," : " with",
				  out_number(tag, "id"), usual ? "" : " (", usual ? "" : protocol,
				  usual ? "" : ")");
	}
	return text;
}

static void show_next_hop(const struct out *out, const json_t *backend)
{
	const json_t *hop = out_get(backend, "status.next_hop");
	_cleanup_free_ char *interface = out_text(hop, "interface"), *mac = out_text(hop, "mac"),
			    *via = out_text(hop, "via"), *tags = show_tags(hop);

	if (json_is_object(hop))
		out_line(out, SHOW_LABEL "%s on %s%s, by %s", "next_hop", mac, interface, tags,
			 via);
	else
		out_line(out, SHOW_LABEL "not known", "next_hop");
}

/* Of a tunnel, once a router has said that less gets through than the interface's MTU. */
static void show_path_mtu(const struct out *out, const json_t *backend)
{
	if (json_is_integer(out_get(backend, "status.path_mtu")))
		show_field(out, "path_mtu", backend, "status.path_mtu");
}

static void show_check(const struct out *out, const json_t *backend)
{
	const json_t *check = out_get(backend, "status.check");
	bool passed = json_is_true(out_get(check, "passed"));
	_cleanup_free_ char *took = out_text(check, "took"), *streak = out_text(check, "streak"),
			    *ago = out_ago(out, out_number(check, "at"));

	if (json_is_object(check))
		out_line(out, SHOW_LABEL "%s in %s, %s ago, %s in a row", "last_check",
			 passed ? "passed" : "failed", took, ago, streak);
	else
		out_line(out, SHOW_LABEL "none yet", "last_check");
}

void show_backend(const struct out *out, const json_t *backend)
{
	_cleanup_free_ char *share = show_share(backend),
			    *slots = out_text(backend, "status.slots");

	show_field(out, "backend", backend, "address");
	show_keys(out, &backend_schema, backend);
	show_backend_state(out, backend);
	show_field(out, "number", backend, "status.number");
	show_field(out, "effective_forward", backend, "status.effective_forward");
	show_field(out, "effective_weight", backend, "status.effective_weight");
	out_line(out, SHOW_LABEL "%s, %s of the service's", "slots", slots, share);
	show_next_hop(out, backend);
	show_path_mtu(out, backend);
	show_check(out, backend);
	show_counters(out, backend);
}

void show_up(struct out_table *table, const json_t *service)
{
	double up = out_number(service, "status.up"), total = out_number(service, "status.total");
	_cleanup_free_ char *text = mem_printf("%.0f of %.0f", up, total);

	out_table_cell_colour(table, text, up == 0 ? "red" : up < total ? "yellow" : "green");
}

/* Why it is not up, or why it is up and gets nothing. */
static char *show_why(const json_t *backend, const char *state, const char *reason)
{
	const char *backup = json_is_true(out_get(backend, "backup")) ? "backup" : "";

	if (strcmp(state, "up") == 0)
		return mem_strdup(backup);
	return mem_printf("%s%s%s", backup, *backup ? ", " : "", reason);
}

void show_state(const struct out *out, struct out_table *table, const json_t *backend)
{
	_cleanup_free_ char *state = out_text(backend, "status.state"),
			    *reason = out_text(backend, "status.reason"),
			    *since = out_ago(out, out_number(backend, "status.since"));

	out_table_cell_colour(table, state, out_state_colour(state));
	out_table_cell(table, since);
	out_table_cell_take(table, show_why(backend, state, reason));
}

void show_backends(const struct out *out, const json_t *backends)
{
	static const struct out_column columns[] = {
		{"BACKEND"},
		{"FORWARD"},
		{"WEIGHT", OUT_RIGHT},
		{"SHARE", OUT_RIGHT},
		{"CONNECTIONS", OUT_RIGHT},
		{"PACKETS", OUT_RIGHT},
		{"BYTES", OUT_RIGHT},
		{"STATE"},
		{"FOR"},
		{"WHY"},
	};
	_cleanup_(out_table_free) struct out_table *table =
		out_table_new(out, columns, ARRAY_SIZE(columns));
	const json_t *backend;
	size_t i;

	json_array_foreach ((json_t *)backends, i, backend) {
		out_table_row(table);
		out_table_cell_of(table, backend, "address");
		out_table_cell_of(table, backend, "status.effective_forward");
		out_table_cell_of(table, backend, "weight");
		out_table_cell_take(table, show_share(backend));
		out_table_cell_count(table, backend, "status.counters.connections");
		out_table_cell_count(table, backend, "status.counters.packets");
		out_table_cell_count(table, backend, "status.counters.bytes");
		show_state(out, table, backend);
	}
	out_table_print(table, NULL, "no backends");
}
