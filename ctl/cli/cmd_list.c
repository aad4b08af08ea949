/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_list.c - `shunt list`: services with their backends, as readers of `ipvsadm -Ln` know it:
 * a line for the service, below it one for each backend.
 */
#include "base/mem.h"
#include "cli/client.h"
#include "cli/show.h"

static const struct out_column columns[] = {
	{"  -> BACKEND"},
	{"FORWARD"},
	{"WEIGHT", OUT_RIGHT},
	{"SHARE", OUT_RIGHT},
	{"CONNECTIONS", OUT_RIGHT},
	{"PACKETS", OUT_RIGHT},
	{"STATE"},
	{"FOR"},
	{"WHY"},
};

static void add_service(struct out_table *table, const json_t *service)
{
	_cleanup_free_ char *address = out_text(service, "address"),
			    *name = out_text(service, "name"),
			    *scheduler = out_text(service, "scheduler");

	out_table_row(table);
	out_table_cell_take(table, mem_printf("%s %s %s", address, scheduler, name));
	out_table_cell(table, "");
	out_table_cell(table, "");
	out_table_cell(table, "");
	out_table_cell_count(table, service, "status.counters.connections");
	out_table_cell_count(table, service, "status.counters.packets");
	show_up(table, service);
}

static void add_backend(const struct out *out, struct out_table *table, const json_t *backend)
{
	_cleanup_free_ char *address = out_text(backend, "address");

	out_table_row(table);
	out_table_cell_take(table, mem_printf("  -> %s", address));
	out_table_cell_of(table, backend, "status.effective_forward");
	out_table_cell_of(table, backend, "weight");
	out_table_cell_take(table, show_share(backend));
	out_table_cell_count(table, backend, "status.counters.connections");
	out_table_cell_count(table, backend, "status.counters.packets");
	show_state(out, table, backend);
}

static void print_list(const struct out *out, const json_t *services)
{
	_cleanup_(out_table_free) struct out_table *table =
		out_table_new(out, columns, ARRAY_SIZE(columns));
	const json_t *service, *backend;
	size_t i, j;

	json_array_foreach ((json_t *)services, i, service) {
		add_service(table, service);
		json_array_foreach ((json_t *)out_get(service, "backends"), j, backend)
			add_backend(out, table, backend);
	}
	out_table_print(table, "SERVICE SCHEDULER NAME", "no services");
}

int cmd_list_run(struct cli *cli, struct error *err)
{
	_cleanup_json_ json_t *reply = NULL;
	int r = client_get(cli, &reply, err, "/v1/services");

	if (r)
		return r;
	if (cli->out.json)
		out_json(&cli->out, reply);
	else
		print_list(&cli->out, out_get(reply, "services"));
	return 0;
}
