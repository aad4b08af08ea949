/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_drops.c - `shunt drops`: why packets were not forwarded, and how many. */
#include "cli/client.h"

static void print_reasons(const struct out *out, const json_t *reasons)
{
	static const struct out_column columns[] = {
		{"REASON"},
		{"VERDICT"},
		{"COUNT", OUT_RIGHT},
		{"WHAT IT MEANS"},
	};
	_cleanup_(out_table_free) struct out_table *table =
		out_table_new(out, columns, ARRAY_SIZE(columns));
	const json_t *reason;
	size_t i;

	json_array_foreach ((json_t *)reasons, i, reason) {
		out_table_row(table);
		out_table_cell_of(table, reason, "name");
		out_table_cell_of(table, reason, "verdict");
		out_table_cell_of(table, reason, "count");
		out_table_cell_of(table, reason, "help");
	}
	out_table_print(table, NULL, "no reasons");
}

int cmd_drops_run(struct cli *cli, struct error *err)
{
	_cleanup_json_ json_t *reply = NULL;
	int r = client_get(cli, &reply, err, "/v1/drops");

	if (r)
		return r;
	if (cli->out.json)
		out_json(&cli->out, reply);
	else
		print_reasons(&cli->out, out_get(reply, "reasons"));
	return 0;
}
