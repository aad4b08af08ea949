/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_service.c - `shunt service ...`: add, set, remove, list and show services. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/mem.h"
#include "cli/client.h"
#include "cli/show.h"
#include "model/model.h"

/* --- add --- */

/* The name of the first check: its kind; unnamed, what the daemon would take. */
static const char *check_kind(const struct args *args, const struct vip *address)
{
	const char *kind = args_value(args, "kind", true);

	return kind ?: address->protocol == IPPROTO_TCP ? "tcp" : "none";
}

/* Put in what was given. A kind that follows from the name is left out, as in a file. */
static void set_check_keys(const struct args *args, json_t *check)
{
	const char *name = json_string_value(json_object_get(check, "name")) ?: "";

	for (size_t i = 0; i < args->values_count; i++) {
		const struct args_value *value = &args->values[i];
		bool named =
			strcmp(value->key->name, "kind") == 0 && strcmp(value->text, name) == 0;

		if (value->check && !named)
			json_object_set_new(check, value->key->name, json_string(value->text));
	}
}

static int name_test(const char *name, struct error *err)
{
	struct service *service = NULL;
	int r = service_new(name, &service, err);

	service_free(service);
	return r;
}

int cmd_service_add_run(struct cli *cli, struct error *err)
{
	const struct args *args = &cli->args;
	const char *name = args->words[0], *address = args->words[1];
	_cleanup_json_ json_t *reply = NULL;
	struct request request;
	struct vip vip;
	json_t *body;
	int r = name_test(name, err);

	if (!r)
		r = vip_parse(address, &vip, err);
	if (r)
		return r;
	body = args_keys(args);
	json_object_set_new(body, "address", json_string(address));
	if (args_have_check(args)) {
		json_t *check = json_pack("{s:s}", "name", check_kind(args, &vip));

		set_check_keys(args, check);
		json_object_set_new(body, "checks", json_pack("[o]", check));
	}
	request_init(&request, "PUT", body, "/v1/services/%s", name);
	r = client_call(cli, &request, &reply, err);
	if (!r && cli->out.json)
		out_json(&cli->out, reply);
	return r;
}

/* --- set --- */

/* Is this value of a check, as the API shows it, the default of its key? */
static bool is_default(const struct schema_key *key, const json_t *value)
{
	_cleanup_json_ json_t *object = json_pack("{sO}", "v", value);
	_cleanup_free_ char *text = out_text(object, "v");

	return key->fallback && strcmp(text, key->fallback) == 0;
}

/*
 * The API shows every key; to give back only those that differ from their default keeps the
 * others unset. The kind stays unless it follows from the name.
 */
static void drop_defaults(json_t *check)
{
	const char *name = json_string_value(json_object_get(check, "name")) ?: "";

	for (size_t i = 0; i < check_schema.count; i++) {
		const struct schema_key *key = &check_schema.keys[i];
		const json_t *value = json_object_get(check, key->name);
		const char *text = json_string_value(value) ?: "";
		bool drop = strcmp(key->name, "kind") == 0 ? strcmp(text, name) == 0
							   : value && is_default(key, value);

		if (drop)
			json_object_del(check, key->name);
	}
}

/* A check that is called by its kind is called by its new one from now on. */
static void change_kind(json_t *check, const char *kind)
{
	const char *name = json_string_value(json_object_get(check, "name"));
	const char *old = json_string_value(json_object_get(check, "kind"));

	if (name && old && strcmp(name, old) == 0)
		json_object_set_new(check, "name", json_string(kind));
	json_object_del(check, "kind");
}

/* The service's checks with the only one changed as asked for: a new reference in *@ret. */
static int change_check(struct cli *cli, const char *service, json_t **ret, struct error *err)
{
	_cleanup_json_ json_t *old = NULL, *check = NULL;
	const char *kind = args_value(&cli->args, "kind", true);
	const json_t *checks;
	int r = client_get(cli, &old, err, "/v1/services/%s", service);

	if (r)
		return r;
	checks = out_get(old, "checks");
	if (json_array_size(checks) != 1 || !json_is_object(json_array_get(checks, 0)))
		return error_set(err, CLI_FAILED,
				 "service '%s' has %zu checks; expected one, to know "
				 "which to change: change them by `shunt apply`",
				 service, json_array_size(checks));
	check = json_deep_copy(json_array_get(checks, 0));
	if (kind)
		change_kind(check, kind);
	json_object_del(check, "status");
	drop_defaults(check);
	set_check_keys(&cli->args, check);
	*ret = json_pack("[O]", check);
	return 0;
}

int cmd_service_set_run(struct cli *cli, struct error *err)
{
	const char *service = cli->args.words[0];
	_cleanup_json_ json_t *body = args_keys(&cli->args), *reply = NULL, *checks = NULL;
	struct request request;
	int r;

	if (!cli->args.values_count)
		return error_set(err, CLI_USAGE,
				 "nothing to set; expected --KEY VALUE, see "
				 "`shunt help service set`");
	if (args_have_check(&cli->args)) {
		r = change_check(cli, service, &checks, err);
		if (r)
			return r;
		json_object_set(body, "checks", checks);
	}
	request_init(&request, "PATCH", json_incref(body), "/v1/services/%s", service);
	r = client_call(cli, &request, &reply, err);
	if (!r && cli->out.json)
		out_json(&cli->out, reply);
	return r;
}

/* --- remove --- */

int cmd_service_remove_run(struct cli *cli, struct error *err)
{
	struct request request;

	request_init(&request, "DELETE", NULL, "/v1/services/%s", cli->args.words[0]);
	return client_call(cli, &request, NULL, err);
}

/* --- list --- */

static void print_list(const struct out *out, const json_t *services)
{
	static const struct out_column columns[] = {
		{"NAME"},
		{"ADDRESS"},
		{"SCHEDULER"},
		{"FORWARD"},
		{"UP"},
		{"ANNOUNCE"},
		{"CONNECTIONS", OUT_RIGHT},
		{"DESCRIPTION"},
	};
	_cleanup_(out_table_free) struct out_table *table =
		out_table_new(out, columns, ARRAY_SIZE(columns));
	const json_t *service;
	size_t i;

	json_array_foreach ((json_t *)services, i, service) {
		out_table_row(table);
		out_table_cell_of(table, service, "name");
		out_table_cell_of(table, service, "address");
		out_table_cell_of(table, service, "scheduler");
		out_table_cell_of(table, service, "forward");
		show_up(table, service);
		out_table_cell_of(table, service, "status.announce");
		out_table_cell_count(table, service, "status.counters.connections");
		out_table_cell_of(table, service, "description");
	}
	out_table_print(table, NULL, "no services");
}

int cmd_service_list_run(struct cli *cli, struct error *err)
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

/* --- show --- */

static void print_check(const struct out *out, const json_t *check)
{
	_cleanup_free_ char *name = out_text(check, "name"), *line = mem_strdup("");

	for (size_t i = 0; i < check_schema.count; i++) {
		const char *key = check_schema.keys[i].name;
		_cleanup_free_ char *value = out_text(check, key);
		char *longer = mem_printf("%s%s%s %s", line, i ? ", " : "", key, value);

		free(line);
		line = longer;
	}
	out_line(out, SHOW_LABEL "%s: %s", "check", name, line);
}

static void print_service(const struct out *out, const json_t *service)
{
	const json_t *check;
	size_t i;

	show_field(out, "service", service, "name");
	show_keys(out, &service_schema, service);
	json_array_foreach ((json_t *)out_get(service, "checks"), i, check)
		print_check(out, check);
	show_service_status(out, service);
	fputc('\n', out->file);
	show_backends(out, out_get(service, "backends"));
}

int cmd_service_show_run(struct cli *cli, struct error *err)
{
	_cleanup_json_ json_t *service = NULL;
	int r = client_get(cli, &service, err, "/v1/services/%s", cli->args.words[0]);

	if (r)
		return r;
	if (cli->out.json)
		out_json(&cli->out, service);
	else
		print_service(&cli->out, service);
	return 0;
}
