/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_fixture.h - `shunt` run inside a test: a command line in, exit code and both outputs out. In
 * place of a daemon stands a table of answers; what was asked is written down.
 */
#ifndef UNIT_CLI_FIXTURE_H
#define UNIT_CLI_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "cli/cli.h"

#define FIXTURE_NOW 1732345800.0 /* 2024-11-23 07:10:00 UTC */

/* An answer to a request "METHOD PATH" like @request; NULL = any. Of several the first that was not
 * given yet, or the last. */
struct answer {
	const char *request;
	int status;
	const char *body;
};

/* What a run left behind; freed by run_free(). */
struct run {
	int code;
	char *out, *err;
	char *asked; /* "METHOD PATH BODY\n" for each request */
};

static void run_free(struct run *run)
{
	free(run->out);
	free(run->err);
	free(run->asked);
}
#define _cleanup_run_ __attribute__((cleanup(run_free)))

/* --- the daemon's stand-in --- */

static struct fake {
	struct transport transport;
	const struct answer *answers; /* ended by status 0 */
	uint64_t given;               /* bit i: answers[i] */
	FILE *asked;
} fake;

static const struct answer *find_answer(const struct request *request)
{
	_cleanup_free_ char *line = mem_printf("%s %s", request->method, request->path);
	const struct answer *found = NULL;

	for (size_t i = 0; fake.answers && fake.answers[i].status; i++) {
		const struct answer *a = &fake.answers[i];

		if (a->request && strcmp(a->request, line) != 0)
			continue;
		found = a;
		if (!(fake.given & 1ULL << i)) {
			fake.given |= 1ULL << i;
			break;
		}
	}
	return found;
}

static int fake_exchange(struct transport *transport, const struct request *request,
			 struct sink *sink, struct error *err)
{
	const struct answer *answer = find_answer(request);

	fprintf(fake.asked, "%s %s%s%s\n", request->method, request->path, request->body ? " " : "",
		request->body ?: "");
	sink->status = answer ? answer->status : 200;
	if (!answer || !answer->body)
		return 0;
	/* byte by byte, as a network may */
	for (const char *p = answer->body; *p; p++) {
		int r = sink->write(sink, p, 1);

		if (r)
			return r;
	}
	return 0;
}

static void fake_close(struct transport *transport)
{
}

static inline int fake_connect(const char *socket, struct transport **ret, struct error *err)
{
	fake.transport.exchange = fake_exchange;
	fake.transport.close = fake_close;
	*ret = &fake.transport;
	return 0;
}

/* --- runs --- */

#define FIXTURE_WORDS 64

/* @line's words, separated by single blanks; '' is an empty one. Returns argc. */
static int split(char *line, char *argv[FIXTURE_WORDS])
{
	int argc = 0;
	char *word;

	argv[argc++] = (char *)"shunt";
	while (line && *line && argc < FIXTURE_WORDS - 1) {
		word = strsep(&line, " ");
		argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	}
	argv[argc] = NULL;
	return argc;
}

/* Run `shunt @line` on a transport of @connect. */
static inline struct run run_on(int (*connect)(const char *, struct transport **, struct error *),
				const char *line)
{
	_cleanup_free_ char *copy = mem_strdup(line);
	char *argv[FIXTURE_WORDS];
	struct run run = {};
	size_t size[3];
	struct cli_world world = {.now = FIXTURE_NOW, .connect = connect};
	int argc = split(copy, argv);

	setenv("TZ", "UTC0", 1);
	tzset();
	setlocale(LC_CTYPE, "C.UTF-8");
	world.out = open_memstream(&run.out, &size[0]);
	world.err = open_memstream(&run.err, &size[1]);
	fake.asked = open_memstream(&run.asked, &size[2]);
	run.code = cli_run(argc, argv, &world);
	fclose(world.out);
	fclose(world.err);
	fclose(fake.asked);
	return run;
}

/* Run it with @answers (ended by status 0) for a daemon; without one, all is 200 and empty. */
static inline struct run run_shunt(const struct answer *answers, const char *line)
{
	fake.answers = answers;
	fake.given = 0;
	return run_on(fake_connect, line);
}

/* Exactly one line that begins with "shunt: ". */
static inline void assert_one_line(const char *text)
{
	const char *end = strchr(text, '\n');

	if (strncmp(text, "shunt: ", 7) != 0 || !end || end[1])
		fail_msg("expected one line 'shunt: ...', got: %s", text);
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected '%s' in: %s", part, text);
}

#endif
