/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client.h - requests to the daemon and their answers: status to error, text to JSON.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "cli/cli.h"

#define CLIENT_REPLY_MAX (256 << 20) /* a longer answer is refused */
#define CLIENT_LINE_MAX  65536       /* the same for one line of a stream */

/*
 * Carry out @request (freed here). @ret gets the answer's JSON, a new reference; it may be NULL
 * when the answer is of no interest. An answer without content gives a JSON null.
 */
int client_call(struct cli *cli, struct request *request, json_t **ret, struct error *err);

/* The same, for an answer that is not JSON: text, freed by the caller. */
int client_text(struct cli *cli, struct request *request, char **ret, struct error *err);

/* Read a stream of lines, each given to @line (0 to go on, else it ends with that). */
int client_lines(struct cli *cli, struct request *request,
		 int (*line)(void *arg, const char *text, struct error *err), void *arg,
		 struct error *err);

/* The same with pieces of bytes, as they come. */
int client_bytes(struct cli *cli, struct request *request,
		 int (*piece)(void *arg, const char *data, size_t size, struct error *err),
		 void *arg, struct error *err);

/* GET what @format names; shorthand for the most frequent call. */
#define client_get(cli, ret, err, ...)                                                             \
	({                                                                                         \
		struct request client_get_request;                                                 \
		request_init(&client_get_request, "GET", NULL, __VA_ARGS__);                       \
		client_call(cli, &client_get_request, ret, err);                                   \
	})

#endif
