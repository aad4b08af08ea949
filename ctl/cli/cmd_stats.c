/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_stats.c - `shunt stats`: what was counted, as sums or per second. */
#include "cli/cmd_stats.h"

#include <string.h>

#include "base/mem.h"
#include "cli/client.h"
#include "cli/stop.h"

#define STATS_PERIOD_MS 1000

/* --- sums to rates --- */

/* The element of @list whose @key is that of @like. */
static const json_t *find_same(const json_t *list, const json_t *like, const char *key)
{
	const char *name = json_string_value(json_object_get(like, key)), *other;
	const json_t *item;
	size_t i;

	json_array_foreach ((json_t *)list, i, item) {
		other = json_string_value(json_object_get(item, key));
		if (name && other && strcmp(name, other) == 0)
			return item;
	}
	return NULL;
}

static void rate_counters(json_t *object, const json_t *before, double seconds)
{
	json_t *counters = json_object_get(object, "counters"), *value;
	const char *name;

	json_object_foreach (counters, name, value) {
		const json_t *old = json_object_get(json_object_get(before, "counters"), name);
		double more = json_number_value(value) - json_number_value(old);
		bool known = json_is_number(old) && seconds > 0 && more > 0;

		json_object_set_new(counters, name,
				    json_integer(known ? (json_int_t)(more / seconds + 0.5) : 0));
	}
}

json_t *cmd_stats_rate(const json_t *before, const json_t *after)
{
	double seconds = out_number(after, "time") - out_number(before, "time");
	json_t *rates = json_deep_copy(after), *service, *backend;
	size_t i, j;

	json_object_set_new(rates, "seconds", json_real(seconds));
	json_array_foreach (json_object_get(rates, "services"), i, service) {
		const json_t *old = find_same(json_object_get(before, "services"), service, "name");

		rate_counters(service, old, seconds);
		json_array_foreach (json_object_get(service, "backends"), j, backend)
			rate_counters(
				backend,
				find_same(json_object_get(old, "backends"), backend, "address"),
				seconds);
	}
	return rates;
}

/* --- printing --- */

static void add_counters(struct out_table *table, const json_t *object)
{
	out_table_cell_count(table, object, "counters.connections");
	out_table_cell_count(table, object, "counters.packets");
	out_table_cell_count(table, object, "counters.bytes");
	out_table_cell_count(table, object, "counters.reply_packets");
	out_table_cell_count(table, object, "counters.reply_bytes");
}

static void print_stats(const struct out *out, const json_t *stats, bool rate)
{
	static const struct out_column sums[] =
		{
			{"  -> BACKEND"},
			{"CONNECTIONS", OUT_RIGHT},
			{"PACKETS", OUT_RIGHT},
			{"BYTES", OUT_RIGHT},
			{"REPLY PACKETS", OUT_RIGHT},
			{"REPLY BYTES", OUT_RIGHT},
		},
				       rates[] = {
					       {"  -> BACKEND"},
					       {"CONNECTIONS/s", OUT_RIGHT},
					       {"PACKETS/s", OUT_RIGHT},
					       {"BYTES/s", OUT_RIGHT},
					       {"REPLY PACKETS/s", OUT_RIGHT},
					       {"REPLY BYTES/s", OUT_RIGHT},
				       };
	_cleanup_(out_table_free) struct out_table *table =
		out_table_new(out, rate ? rates : sums, ARRAY_SIZE(sums));
	const json_t *service, *backend;
	size_t i, j;

	json_array_foreach ((json_t *)out_get(stats, "services"), i, service) {
		_cleanup_free_ char *name = out_text(service, "name"),
				    *address = out_text(service, "address");

		out_table_row(table);
		out_table_cell_take(table, mem_printf("%s %s", address, name));
		add_counters(table, service);
		json_array_foreach ((json_t *)out_get(service, "backends"), j, backend) {
			_cleanup_free_ char *at = out_text(backend, "address");

			out_table_row(table);
			out_table_cell_take(table, mem_printf("  -> %s", at));
			add_counters(table, backend);
		}
	}
	out_table_print(table, "SERVICE NAME", "no services");
}

/* One round of output: with --watch a terminal shows the newest, a file all of them. */
static void print_round(struct cli *cli, const json_t *stats, bool rate, bool watch)
{
	const struct out *out = &cli->out;

	if (out->json && watch)
		out_json_line(out, stats);
	else if (out->json)
		out_json(out, stats);
	else {
		if (watch && isatty(fileno(out->file)))
			fputs("\033[H\033[2J", out->file);
		print_stats(out, stats, rate);
		if (watch)
			fputc('\n', out->file);
	}
	fflush(out->file);
}

int cmd_stats_run(struct cli *cli, struct error *err)
{
	bool rate = args_flag(&cli->args, "rate"), watch = args_flag(&cli->args, "watch");
	__attribute__((cleanup(stop_close))) struct stop stop = STOP_NONE;
	_cleanup_json_ json_t *before = NULL;
	int r = rate || watch ? stop_open(cli->out.file, &stop, err) : 0;

	if (r)
		return r;
	do {
		_cleanup_json_ json_t *now = NULL, *rates = NULL;

		r = client_get(cli, &now, err, "/v1/stats");
		if (r)
			return r;
		if (rate && before)
			rates = cmd_stats_rate(before, now);
		if (!rate || rates)
			print_round(cli, rates ?: now, rate, watch);
		if (rates && !watch)
			return 0;
		json_decref(before);
		before = take_ptr(now);
	} while ((rate || watch) && !ferror(cli->out.file) && !stop_wait(&stop, STATS_PERIOD_MS));
	return 0;
}
