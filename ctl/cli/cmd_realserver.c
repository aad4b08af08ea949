/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_realserver.c - `shunt realserver`: run on a backend, where there is no daemon. What is done
 * and looked at stands in realserver/; here it is only asked for and printed.
 */
#include <errno.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "realserver/realserver.h"
#include "realserver/record.h"

struct asked {
	struct realserver keys;
	struct ip_addr vip;
	struct report report;
};

static void asked_clear_cleanup(struct asked *asked)
{
	schema_clear(&realserver_schema, &asked->keys);
	report_clear(&asked->report);
}

static int understand(const struct args *args, struct asked *ret, struct error *err)
{
	_cleanup_json_ json_t *keys = args_keys(args);
	int r = ip_addr_parse(args->words[0], &ret->vip, err);
	const char *name;
	json_t *value;

	schema_init(&realserver_schema, &ret->keys);
	json_object_foreach (keys, name, value)
		if (!r)
			r = schema_set(&realserver_schema, &ret->keys,
				       schema_find(&realserver_schema, name),
				       json_string_value(value), err);
	return r;
}

/* --- enable and disable --- */

static json_t *report_to_json(const struct asked *asked)
{
	json_t *changed = json_array();
	char vip[IP_ADDR_LEN];

	for (size_t i = 0; i < asked->report.lines.n; i++)
		json_array_append_new(changed, json_string(asked->report.lines.v[i]));
	return json_pack("{s:s, s:s, s:s, s:o}", "vip", ip_addr_format(&asked->vip, vip), "forward",
			 forward_name(asked->report.forward), "dev", asked->report.dev, "changed",
			 changed);
}

static void print_report(const struct out *out, const struct asked *asked, const char *nothing)
{
	char vip[IP_ADDR_LEN];

	if (out->json) {
		json_t *json = report_to_json(asked);

		out_json(out, json);
		json_decref(json);
		return;
	}
	for (size_t i = 0; i < asked->report.lines.n; i++)
		out_line(out, "%s", asked->report.lines.v[i]);
	if (!asked->report.lines.n)
		out_line(out, "%s: %s", ip_addr_format(&asked->vip, vip), nothing);
}

static int change(struct cli *cli, const char *nothing,
		  int (*run)(const struct realserver *asked, const struct ip_addr *vip,
			     struct report *report, struct error *err),
		  struct error *err)
{
	_cleanup_(asked_clear) struct asked asked = {};
	int r = understand(&cli->args, &asked, err);

	if (!r && geteuid() != 0)
		r = error_set(err, -EPERM,
			      "only root can change what this host has: run it as root");
	if (!r)
		r = run(&asked.keys, &asked.vip, &asked.report, err);
	if (!r)
		print_report(&cli->out, &asked, nothing);
	return r;
}

int cmd_realserver_enable_run(struct cli *cli, struct error *err)
{
	return change(cli, "enabled already", realserver_enable, err);
}

int cmd_realserver_disable_run(struct cli *cli, struct error *err)
{
	return change(cli, "nothing to undo", realserver_disable, err);
}

/* --- check --- */

static const char *kind_text(enum finding_name name)
{
	return finding_kind(name) == FINDING_PROBLEM ? "problem" : "hint";
}

static void print_json(const struct out *out, const struct asked *asked,
		       const struct findings *findings)
{
	json_t *list = json_array(), *json;
	char vip[IP_ADDR_LEN];

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->list[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s}", "name", finding_name(f->name),
						"kind", kind_text(f->name), "text", f->text));
	}
	json = json_pack("{s:s, s:s, s:s, s:b, s:o}", "vip", ip_addr_format(&asked->vip, vip),
			 "forward", forward_name(asked->report.forward), "dev", asked->report.dev,
			 "right", findings_problems(findings) == 0, "findings", list);
	out_json(out, json);
	json_decref(json);
}

static void print_text(const struct out *out, const struct asked *asked,
		       const struct findings *findings)
{
	const char *dev = asked->report.dev;
	char vip[IP_ADDR_LEN];

	for (size_t i = 0; i < findings->count; i++)
		out_line(out, "%s: %s", kind_text(findings->list[i].name), findings->list[i].text);
	if (findings->more)
		out_line(out, "and %zu more", findings->more);
	if (!findings_problems(findings))
		out_line(out, "%s: all right for forward %s%s%s", ip_addr_format(&asked->vip, vip),
			 forward_name(asked->report.forward), *dev ? " by " : "", dev);
}

int cmd_realserver_check_run(struct cli *cli, struct error *err)
{
	_cleanup_(asked_clear) struct asked asked = {};
	_cleanup_free_ struct findings *findings = mem_zalloc(sizeof(*findings));
	int r = understand(&cli->args, &asked, err);
	size_t problems;

	if (!r)
		r = realserver_check(&asked.keys, &asked.vip, &asked.report, findings, err);
	if (r)
		return r;
	if (cli->out.json)
		print_json(&cli->out, &asked, findings);
	else
		print_text(&cli->out, &asked, findings);
	problems = findings_problems(findings);
	return problems ? error_set(err, CLI_FAILED, "%s: %zu problem%s", cli->args.words[0],
				    problems, problems == 1 ? "" : "s")
			: 0;
}
