/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_explain.c - `shunt explain`: where a packet would go, and why. */
#include <string.h>

#include "cli/client.h"

/* A line of the answer: what it is about, and the rest. */
#define LINE(out, name, format, ...) out_line(out, "%-10s" format, name, __VA_ARGS__)

static void print_packet(const struct out *out, const json_t *packet)
{
	_cleanup_free_ char *to = out_text(packet, "to"), *from = out_text(packet, "from"),
			    *interface = out_text(packet, "interface");

	LINE(out, "packet", "%s to %s%s, in by %s", from, to,
	     json_is_true(out_get(packet, "syn")) ? ", SYN" : "", interface);
}

static void print_service(const struct out *out, const json_t *reply)
{
	_cleanup_free_ char *name = out_text(reply, "service.name"),
			    *address = out_text(reply, "service.address");

	if (json_is_null(out_get(reply, "service")))
		LINE(out, "service", "%s", "none");
	else
		LINE(out, "service", "%s (%s)", name, address);
}

static void print_slot(const struct out *out, const json_t *slot)
{
	_cleanup_free_ char *number = out_text(slot, "number"), *of = out_text(slot, "of"),
			    *state = out_text(slot, "state"), *cur = out_text(slot, "cur"),
			    *untracked = out_text(slot, "untracked");

	for (char *p = state; (p = strchr(p, '_'));)
		*p = ' ';
	LINE(out, "slot", "%s of %s, %s (backend numbers: current %s, untracked %s)", number, of,
	     state, cur, untracked);
}

static void print_backend(const struct out *out, const json_t *backend)
{
	_cleanup_free_ char *address = out_text(backend, "address"),
			    *number = out_text(backend, "number"),
			    *state = out_text(backend, "state"),
			    *reason = out_text(backend, "reason"),
			    *forward = out_text(backend, "forward");
	bool more = *reason && strcmp(reason, "-") != 0;

	LINE(out, "backend", "%s (number %s), by %s; %s%s%s", address, number, forward, state,
	     more ? ": " : "", more ? reason : "");
}

static void print_rewrite(const struct out *out, const json_t *changes)
{
	const char *title = "rewrite";
	const json_t *change;
	size_t i;

	json_array_foreach ((json_t *)changes, i, change) {
		_cleanup_free_ char *what = out_text(change, "what"),
				    *from = out_text(change, "from"), *to = out_text(change, "to");

		if (!*to)
			LINE(out, title, "%s %s goes", what, from);
		else
			LINE(out, title, "%s %s%s%s", what, from, *from ? " -> " : "", to);
		title = "";
	}
}

static void print_hop(const struct out *out, const json_t *hop)
{
	_cleanup_free_ char *interface = out_text(hop, "interface"), *mac = out_text(hop, "mac");

	LINE(out, "next hop", "%s, %s", interface, mac);
}

/* "dropped: no_backend: no backend of the service is up" */
static void print_verdict(const struct out *out, const json_t *reply)
{
	static const struct {
		const char *verdict, *words;
	} all[] = {
		{"forward", "forwarded"},
		{"drop", "dropped"},
		{"pass", "passed"},
		{"answer", "answered by the program"},
	};
	_cleanup_free_ char *verdict = out_text(reply, "verdict"),
			    *name = out_text(reply, "reason.name"),
			    *help = out_text(reply, "reason.help");
	bool reason = !json_is_null(out_get(reply, "reason"));
	const char *words = verdict;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (strcmp(all[i].verdict, verdict) == 0)
			words = all[i].words;
	if (reason)
		LINE(out, "verdict", "%s: %s: %s", words, name, help);
	else if (strcmp(verdict, "pass") != 0)
		LINE(out, "verdict", "%s", words);
	else
		LINE(out, "verdict", "%s to the director's own stack: %s", words,
		     json_is_null(out_get(reply, "backend"))
			     ? "neither for a VIP nor from a nat backend"
			     : "a backend's answer to the director itself");
}

static void print_explanation(const struct out *out, const json_t *reply)
{
	print_packet(out, out_get(reply, "packet"));
	print_service(out, reply);
	if (!json_is_null(out_get(reply, "slot")))
		print_slot(out, out_get(reply, "slot"));
	if (!json_is_null(out_get(reply, "backend")))
		print_backend(out, out_get(reply, "backend"));
	print_rewrite(out, out_get(reply, "rewrite"));
	if (!json_is_null(out_get(reply, "next_hop")))
		print_hop(out, out_get(reply, "next_hop"));
	print_verdict(out, reply);
}

int cmd_explain_run(struct cli *cli, struct error *err)
{
	const char *from = args_value(&cli->args, "from", false);
	const char *interface = args_value(&cli->args, "interface", false);
	_cleanup_json_ json_t *reply = NULL;
	struct request request;
	json_t *body;
	int r;

	if (!from)
		return error_set(err, CLI_USAGE,
				 "--from is missing: expected the client, like "
				 "198.51.100.7:40000");
	body = json_pack("{s:s, s:s, s:b}", "to", cli->args.words[0], "from", from, "syn",
			 (int)args_flag(&cli->args, "syn"));
	if (interface)
		json_object_set_new(body, "interface", json_string(interface));
	request_init(&request, "POST", body, "/v1/explain");
	r = client_call(cli, &request, &reply, err);
	if (r)
		return r;
	if (cli->out.json)
		out_json(&cli->out, reply);
	else
		print_explanation(&cli->out, reply);
	return 0;
}
