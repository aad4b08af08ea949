/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_backend.c - `shunt backend ...`: add, set, remove, list, show, enable, disable, drain. */
#include <string.h>

#include "cli/client.h"
#include "cli/show.h"
#include "model/model.h"

#define BACKEND_PATH "/v1/services/%s/backends/%s"

/* An early and good error for what is no ADDR[:PORT]. */
static int backend_test(const char *backend, struct error *err)
{
	struct endpoint at;

	return endpoint_parse(backend, &at, err);
}

/* Send @body (stolen) about the command line's SERVICE BACKEND. */
static int request_backend(struct cli *cli, const char *method, json_t *body, struct error *err)
{
	const char *service = cli->args.words[0], *backend = cli->args.words[1];
	_cleanup_json_ json_t *reply = NULL;
	struct request request;
	int r = backend_test(backend, err);

	if (r) {
		json_decref(body);
		return r;
	}
	request_init(&request, method, body, BACKEND_PATH, service, backend);
	r = client_call(cli, &request, &reply, err);
	if (!r && cli->out.json)
		out_json(&cli->out, reply);
	return r;
}

int cmd_backend_add_run(struct cli *cli, struct error *err)
{
	return request_backend(cli, "PUT", args_keys(&cli->args), err);
}

int cmd_backend_set_run(struct cli *cli, struct error *err)
{
	if (!cli->args.values_count)
		return error_set(err, CLI_USAGE,
				 "nothing to set; expected --KEY VALUE, see "
				 "`shunt help backend set`");
	return request_backend(cli, "PATCH", args_keys(&cli->args), err);
}

int cmd_backend_remove_run(struct cli *cli, struct error *err)
{
	return request_backend(cli, "DELETE", NULL, err);
}

/* --- what is asked for by hand --- */

static int override(struct cli *cli, const char *what, struct error *err)
{
	return request_backend(cli, "PATCH", json_pack("{s:s}", "override", what), err);
}

int cmd_backend_disable_run(struct cli *cli, struct error *err)
{
	return override(cli, "disabled", err);
}

int cmd_backend_drain_run(struct cli *cli, struct error *err)
{
	return override(cli, "drain", err);
}

/* Where the file says enabled too, nothing needs to be asked for by hand any more. */
int cmd_backend_enable_run(struct cli *cli, struct error *err)
{
	const char *service = cli->args.words[0], *backend = cli->args.words[1], *admin;
	_cleanup_json_ json_t *now = NULL;
	int r = backend_test(backend, err);

	if (!r)
		r = client_get(cli, &now, err, BACKEND_PATH, service, backend);
	if (r)
		return r;
	admin = json_string_value(out_get(now, "admin"));
	return override(cli, admin && strcmp(admin, "enabled") != 0 ? "enabled" : "none", err);
}

/* --- looking --- */

int cmd_backend_list_run(struct cli *cli, struct error *err)
{
	_cleanup_json_ json_t *reply = NULL;
	int r = client_get(cli, &reply, err, "/v1/services/%s/backends", cli->args.words[0]);

	if (r)
		return r;
	if (cli->out.json)
		out_json(&cli->out, reply);
	else
		show_backends(&cli->out, out_get(reply, "backends"));
	return 0;
}

static int show_all(struct cli *cli, struct error *err)
{
	_cleanup_json_ json_t *reply = NULL;
	const json_t *backend;
	size_t i;
	int r = client_get(cli, &reply, err, "/v1/services/%s/backends", cli->args.words[0]);

	if (r)
		return r;
	if (cli->out.json) {
		out_json(&cli->out, reply);
		return 0;
	}
	json_array_foreach ((json_t *)out_get(reply, "backends"), i, backend) {
		if (i)
			fputc('\n', cli->out.file);
		show_backend(&cli->out, backend);
	}
	return 0;
}

int cmd_backend_show_run(struct cli *cli, struct error *err)
{
	const char *service = cli->args.words[0], *backend = cli->args.words[1];
	_cleanup_json_ json_t *reply = NULL;
	int r;

	if (!backend)
		return show_all(cli, err);
	r = backend_test(backend, err);
	if (!r)
		r = client_get(cli, &reply, err, BACKEND_PATH, service, backend);
	if (r)
		return r;
	if (cli->out.json)
		out_json(&cli->out, reply);
	else
		show_backend(&cli->out, reply);
	return 0;
}
