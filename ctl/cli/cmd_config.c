/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_config.c - files and the running state: check, apply, diff, reload. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "cli/client.h"
#include "cli/input.h"
#include "config/config.h"

#define CONFIG_STDIN "-"

/* --- check --- */

int cmd_config_check_run(struct cli *cli, struct error *err)
{
	const char *path = cli->args.words[0];
	_cleanup_(model_free) struct model *model = NULL;
	_cleanup_json_ json_t *json = NULL;
	size_t services, backends;
	int r;

	r = config_read(path, &model, NULL, err);
	if (r)
		return r;
	services = model_count(model);
	backends = model_count_backends(model);
	if (cli->out.json) {
		json = json_pack("{s:s, s:b, s:I, s:I}", "file", path, "valid", 1, "services",
				 (json_int_t)services, "backends", (json_int_t)backends);
		out_json(&cli->out, json);
	} else {
		out_line(&cli->out, "%s: right; services: %zu, backends: %zu", path, services,
			 backends);
	}
	return 0;
}

/* --- changes, as apply, diff and reload answer --- */

static void print_change(const struct out *out, const json_t *change)
{
	_cleanup_free_ char *action = out_text(change, "action"),
			    *object = out_text(change, "object"),
			    *service = out_text(change, "service"),
			    *name = out_text(change, "name"), *key = out_text(change, "key"),
			    *from = out_text(change, "from"), *to = out_text(change, "to");
	bool of_service = out_get(change, "service") && strcmp(object, "service") != 0;
	bool has_name = out_get(change, "name") || strcmp(object, "service") == 0;
	const char *what = out_get(change, "name") ? name : service;

	if (strcmp(action, "change") == 0)
		out_line(out, "%-6s  %s%s%s%s%s: %s %s -> %s", action, object, has_name ? " " : "",
			 has_name ? what : "", of_service ? " of " : "", of_service ? service : "",
			 key, *from ? from : "''", *to ? to : "''");
	else
		out_line(out, "%-6s  %s%s%s%s%s", action, object, has_name ? " " : "",
			 has_name ? what : "", of_service ? " of " : "", of_service ? service : "");
}

static void print_changes(const struct out *out, const json_t *reply, const char *none)
{
	const json_t *changes = out_get(reply, "changes"), *change;
	size_t i;

	if (!json_array_size(changes))
		out_line(out, "%s", none);
	json_array_foreach ((json_t *)changes, i, change)
		print_change(out, change);
}

/* {"text", "name"} of a file, or of standard input. */
static int file_body(const char *path, json_t **ret, struct error *err)
{
	bool standard = strcmp(path, CONFIG_STDIN) == 0;
	_cleanup_free_ char *text = NULL, *full = NULL;
	int r = input_read(standard ? NULL : path, &text, err);

	if (r)
		return r;
	/* the daemon has another working directory */
	full = standard ? mem_strdup("standard input") : realpath(path, NULL);
	*ret = json_pack("{s:s, s:s}", "text", text, "name", full ?: path);
	if (!*ret)
		return error_set(err, CLI_FAILED, "%s is not UTF-8 text",
				 standard ? "standard input" : path);
	return 0;
}

/* --- apply, reload --- */

/* Send @request, whose answer is a list of changes, and print that. */
static int call_for_changes(struct cli *cli, struct request *request, struct error *err)
{
	_cleanup_json_ json_t *reply = NULL;
	int r = client_call(cli, request, &reply, err);

	if (r)
		return r;
	if (cli->out.json)
		out_json(&cli->out, reply);
	else
		print_changes(&cli->out, reply, "nothing to change");
	return 0;
}

int cmd_config_apply_run(struct cli *cli, struct error *err)
{
	bool dry = args_flag(&cli->args, "dry-run");
	struct request request;
	json_t *body;
	int r = file_body(cli->args.words[0], &body, err);

	if (r)
		return r;
	request_init(&request, "POST", body, dry ? "/v1/apply?dry_run=1" : "/v1/apply");
	return call_for_changes(cli, &request, err);
}

int cmd_config_reload_run(struct cli *cli, struct error *err)
{
	struct request request;

	request_init(&request, "POST", json_object(), "/v1/reload");
	return call_for_changes(cli, &request, err);
}

/* --- diff --- */

int cmd_config_diff_run(struct cli *cli, struct error *err)
{
	const char *path = cli->args.words[0];
	_cleanup_json_ json_t *reply = NULL;
	struct request request;
	json_t *body = NULL;
	int r = path ? file_body(path, &body, err) : 0;

	if (r)
		return r;
	request_init(&request, path ? "POST" : "GET", body, "/v1/diff");
	r = client_call(cli, &request, &reply, err);
	if (r)
		return r;
	if (cli->out.json)
		out_json(&cli->out, reply);
	else
		print_changes(&cli->out, reply, "no difference");
	return 0;
}
