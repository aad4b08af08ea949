/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_events.c - `shunt events`: what changed and why, newest last. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli/client.h"
#include "cli/stop.h"

struct reader {
	const struct out *out;
	int64_t seq; /* of the event before; 0 = none */
	bool follow; /* somebody waits for each line */
};

static const char *level_colour(const char *level)
{
	return strcmp(level, "alarm") == 0     ? "\033[31m"
	       : strcmp(level, "warning") == 0 ? "\033[33m"
					       : "";
}

static void print_event(const struct out *out, const json_t *event)
{
	_cleanup_free_ char *time = out_time(out_number(event, "time")),
			    *text = out_text(event, "text"), *level = out_text(event, "level"),
			    *kind = out_text(event, "kind");
	const char *colour = out->colour ? level_colour(level) : "";

	fprintf(out->file, "%s  %s%-7s%s  %-9s  %s\n", time, colour, level,
		*colour ? "\033[0m" : "", kind, text);
}

/* A reader that is too slow for the daemon's ring sees it by the gap in the numbers. */
static void note_gap(struct reader *reader, int64_t seq)
{
	if (reader->seq && seq > reader->seq + 1 && !reader->out->json)
		out_line(reader->out, "(events missing here: %" PRId64 ")", seq - reader->seq - 1);
	reader->seq = seq;
}

static int on_line(void *arg, const char *line, struct error *err)
{
	struct reader *reader = arg;
	FILE *file = reader->out->file;
	_cleanup_json_ json_t *event = json_loads(line, 0, NULL);

	if (!json_is_object(event))
		return error_set(err, CLI_FAILED, "the daemon sent a line that is no event");
	note_gap(reader, json_integer_value(out_get(event, "seq")));
	if (reader->out->json)
		out_json_line(reader->out, event);
	else
		print_event(reader->out, event);
	if (reader->follow)
		fflush(file);
	return ferror(file) ? error_set(err, -EPIPE, "cannot write the output") : 0;
}

static int follow(struct cli *cli, struct reader *reader, struct error *err)
{
	__attribute__((cleanup(stop_close))) struct stop stop = STOP_NONE;
	struct request request;
	int r = stop_open(cli->out.file, &stop, err);

	if (r)
		return r;
	request_init(&request, "GET", NULL, "/v1/events?follow=1");
	request.endless = true;
	request.stop_fd = stop.fd;
	r = client_lines(cli, &request, on_line, reader, err);
	if (r == -ECANCELED)
		return 0;
	return r ? r
		 : error_set(err, CLI_UNREACHABLE,
			     "the daemon ended the stream of events; is shuntd running?");
}

int cmd_events_run(struct cli *cli, struct error *err)
{
	struct reader reader = {.out = &cli->out, .follow = args_flag(&cli->args, "follow")};
	struct request request;

	if (reader.follow)
		return follow(cli, &reader, err);
	request_init(&request, "GET", NULL, "/v1/events");
	return client_lines(cli, &request, on_line, &reader, err);
}
