/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client.c - see client.h */
#include "cli/client.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

/* An answer on its way in: collected as a whole or, as a stream, line by line. */
struct reply {
	struct sink sink; /* first: the transport knows only this */
	char *text;       /* ends with NUL */
	size_t length, room;
	int (*line)(void *arg, const char *text, struct error *err);
	int (*piece)(void *arg, const char *data, size_t size, struct error *err);
	void *arg;
	struct error *err;
};

static void reply_cleanup(struct reply *reply)
{
	free(reply->text);
}

static int reply_append(struct reply *reply, const char *data, size_t size)
{
	bool lines = reply->line && reply->sink.status < 400;
	size_t max = lines ? CLIENT_LINE_MAX : CLIENT_REPLY_MAX;

	if (size > max - reply->length)
		return error_set(reply->err, CLI_FAILED,
				 "the daemon's answer has a %s of more than %zu bytes; refused",
				 lines ? "line" : "body", max);
	if (reply->length + size + 1 > reply->room) {
		reply->room = (reply->length + size + 1) * 2;
		reply->text = mem_realloc(reply->text, reply->room);
	}
	memcpy(reply->text + reply->length, data, size);
	reply->length += size;
	reply->text[reply->length] = '\0';
	return 0;
}

static int reply_collect(struct sink *sink, const char *data, size_t size)
{
	return reply_append((struct reply *)sink, data, size);
}

static int reply_split(struct sink *sink, const char *data, size_t size)
{
	struct reply *reply = (struct reply *)sink;
	const char *end;
	int r;

	while (sink->status < 400 && (end = memchr(data, '\n', size))) {
		r = reply_append(reply, data, end - data);
		if (!r && reply->length)
			r = reply->line(reply->arg, reply->text, reply->err);
		if (r)
			return r;
		reply->length = 0;
		size -= end + 1 - data;
		data = end + 1;
	}
	return size ? reply_append(reply, data, size) : 0;
}

static int reply_pass_on(struct sink *sink, const char *data, size_t size)
{
	struct reply *reply = (struct reply *)sink;

	return sink->status < 400 ? reply->piece(reply->arg, data, size, reply->err)
				  : reply_append(reply, data, size);
}

/* What a status of 400 and up means for the exit code; the body says the rest. */
static int status_error(const struct reply *reply, struct error *err)
{
	_cleanup_json_ json_t *json = json_loads(reply->text ?: "", 0, NULL);
	const char *text = json_string_value(json_object_get(json, "error"));
	int code = CLI_FAILED;

	if (reply->sink.status == 404 && json_is_true(json_object_get(json, "missing")))
		code = CLI_MISSING;
	if (text)
		return error_set(err, code, "%s", text);
	return error_set(err, code, "the daemon answered with HTTP status %d and without a reason",
			 reply->sink.status);
}

static int exchange(struct cli *cli, struct request *request, struct reply *reply,
		    struct error *err)
{
	_cleanup_request_ struct request own = *request; /* freed here, as client.h says */
	int r;

	*request = (struct request){};
	reply->err = err;
	r = cli->transport->exchange(cli->transport, &own, &reply->sink, err);
	if (r)
		return r;
	return reply->sink.status >= 400 ? status_error(reply, err) : 0;
}

int client_call(struct cli *cli, struct request *request, json_t **ret, struct error *err)
{
	__attribute__((cleanup(reply_cleanup))) struct reply reply = {.sink.write = reply_collect};
	json_error_t where;
	json_t *json;
	int r = exchange(cli, request, &reply, err);

	if (r)
		return r;
	json = reply.length ? json_loadb(reply.text, reply.length, JSON_DECODE_ANY, &where)
			    : json_null();
	if (!json)
		return error_set(err, CLI_FAILED, "the daemon's answer is not JSON: %s",
				 where.text);
	if (ret)
		*ret = json;
	else
		json_decref(json);
	return 0;
}

int client_text(struct cli *cli, struct request *request, char **ret, struct error *err)
{
	__attribute__((cleanup(reply_cleanup))) struct reply reply = {.sink.write = reply_collect};
	int r = exchange(cli, request, &reply, err);

	if (r)
		return r;
	*ret = reply.text ? take_ptr(reply.text) : mem_strdup("");
	return 0;
}

int client_lines(struct cli *cli, struct request *request,
		 int (*line)(void *arg, const char *text, struct error *err), void *arg,
		 struct error *err)
{
	__attribute__((cleanup(reply_cleanup))) struct reply reply = {
		.sink.write = reply_split, .line = line, .arg = arg};
	bool endless = request->endless;
	int r = exchange(cli, request, &reply, err);

	if (r)
		return r;
	/* a last line without its end: whole where the answer is, torn where it has none */
	return reply.length && !endless ? line(arg, reply.text, err) : 0;
}

int client_bytes(struct cli *cli, struct request *request,
		 int (*piece)(void *arg, const char *data, size_t size, struct error *err),
		 void *arg, struct error *err)
{
	__attribute__((cleanup(reply_cleanup))) struct reply reply = {
		.sink.write = reply_pass_on, .piece = piece, .arg = arg};

	return exchange(cli, request, &reply, err);
}
