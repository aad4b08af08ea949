/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_interface.c - `shunt attach` and `shunt detach`: where packets are looked at. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "cli/client.h"

static int name_test(const char *name, struct error *err)
{
	if (strlen(name) >= IF_NAMESIZE || strchr(name, '/'))
		return error_set(err, -EINVAL,
				 "'%.40s' is not the name of an interface; expected one "
				 "like eth0, of at most %d characters",
				 name, IF_NAMESIZE - 1);
	return 0;
}

int cmd_interface_attach_run(struct cli *cli, struct error *err)
{
	const char *name = cli->args.words[0];
	_cleanup_json_ json_t *reply = NULL;
	struct request request;
	int r = name_test(name, err);

	if (r)
		return r;
	request_init(&request, "PUT", NULL, "/v1/interfaces/%s", name);
	r = client_call(cli, &request, &reply, err);
	if (r)
		return r;
	if (cli->out.json) {
		out_json(&cli->out, reply);
	} else {
		_cleanup_free_ char *mode = out_text(reply, "mode");

		out_line(&cli->out, "%s: attached, %s mode", name, mode);
	}
	return 0;
}

int cmd_interface_detach_run(struct cli *cli, struct error *err)
{
	const char *name = cli->args.words[0];
	struct request request;
	int r = name_test(name, err);

	if (r)
		return r;
	request_init(&request, "DELETE", NULL, "/v1/interfaces/%s", name);
	return client_call(cli, &request, NULL, err);
}
