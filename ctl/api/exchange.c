/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange.c - see exchange.h
 *
 * libmicrohttpd calls exchange_handle() once with the headers, then with each piece of the body,
 * then once more when the request is complete. What is wrong early is answered at once where no
 * body follows or the body is better not sent; else the rest of the body is read and forgotten.
 */
#include "api/exchange.h"

#include <errno.h>
#include <stdarg.h>

#include "api/api.h"
#include "api/handlers.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/value.h"

/* --- what can go wrong --- */

static bool failed(const struct exchange *e)
{
	return e->status >= 400;
}

/* The first thing that goes wrong is the one that is told. */
static void fail(struct exchange *e, unsigned int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void fail(struct exchange *e, unsigned int status, const char *format, ...)
{
	char text[sizeof(e->err.text)];
	va_list args;

	if (failed(e))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	error_set(&e->err, -EINVAL, "%s", text);
	e->status = status;
}

static unsigned int status_of(const struct exchange *e, int code)
{
	switch (-code) {
	case ENOENT:
	case ENODEV:
		/* a missing file is no missing service */
		return router_has_args(e->route) ? MHD_HTTP_NOT_FOUND : MHD_HTTP_BAD_REQUEST;
	case EEXIST:
	case EBUSY:
		return MHD_HTTP_CONFLICT;
	case EINVAL:
		return MHD_HTTP_BAD_REQUEST;
	case EPERM:
	case EACCES:
		return MHD_HTTP_FORBIDDEN;
	case EAGAIN:
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	case ENOSPC:
		return MHD_HTTP_INSUFFICIENT_STORAGE;
	default:
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
}

/* The body of an answer of 400 and up. */
static json_t *error_json(const struct exchange *e)
{
	const struct error *err = &e->err;
	json_t *json = json_object();
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *file = text_clean(mem_strdup(err->file));

	if (*file && err->line)
		text = mem_printf("%s:%u: %s", file, err->line, err->text);
	else
		text = mem_printf("%s%s%s", file, *file ? ": " : "", err->text);
	json_object_set_new(json, "error", json_string(text_clean(text)));
	if (*file)
		json_object_set_new(json, "file", json_string(file));
	if (*file && err->line)
		json_object_set_new(json, "line", json_integer(err->line));
	if (e->status == MHD_HTTP_NOT_FOUND && e->route) /* the path is right */
		json_object_set_new(json, "missing", json_true());
	return json;
}

/* --- the answer --- */

/* An answer's text on its way; freed when libmicrohttpd has sent it. */
struct parcel {
	struct exchange_room *room;
	char *text;
	size_t size;
};

static void parcel_free(void *cls)
{
	struct parcel *parcel = cls;

	parcel->room->answers -= parcel->size;
	free(parcel->text);
	free(parcel);
}

/* Takes @text. NULL without memory. */
static struct MHD_Response *parcel_response(struct exchange_room *room, char *text)
{
	struct parcel *parcel = mem_zalloc(sizeof(*parcel));
	struct MHD_Response *response;

	parcel->room = room;
	parcel->text = text;
	parcel->size = strlen(text);
	response = MHD_create_response_from_buffer_with_free_callback_cls(parcel->size, text,
									  parcel_free, parcel);
	room->answers += parcel->size;
	if (!response)
		parcel_free(parcel);
	return response;
}

static char *dump(const json_t *json)
{
	_cleanup_free_ char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(13));

	return text ? mem_printf("%s\n", text) : NULL;
}

/* The answer as text in e->text; whatever cannot be sent becomes an error. */
static void write_answer(struct exchange *e)
{
	if (!failed(e) && !e->text && e->answer)
		e->text = dump(e->answer);
	if (!failed(e) && !e->text && e->status != MHD_HTTP_NO_CONTENT)
		fail(e, MHD_HTTP_INTERNAL_SERVER_ERROR, "the answer cannot be written as JSON");
	if (!failed(e) && e->text && e->room->answers &&
	    e->room->answers + strlen(e->text) > EXCHANGE_ANSWERS_MAX)
		fail(e, MHD_HTTP_SERVICE_UNAVAILABLE,
		     "too many large answers are on their way; try later");
	if (failed(e)) {
		json_t *json = error_json(e);

		free(e->text);
		e->text = dump(json);
		json_decref(json);
	}
}

static const char *content_type(const struct exchange *e)
{
	if (e->response)
		return e->content_type ?: "application/x-ndjson; charset=utf-8";
	if (failed(e) || e->answer)
		return "application/json; charset=utf-8";
	return e->text ? "text/plain; charset=utf-8" : NULL;
}

/* @close: the body was not read, so nothing more can come over this connection. */
static enum MHD_Result reply(struct exchange *e, bool close)
{
	const char *type = content_type(e);
	struct MHD_Response *response = take_ptr(e->response);
	enum MHD_Result r;

	if (!response) {
		write_answer(e);
		type = content_type(e);
		json_decref(e->answer); /* a tree is many times its text; do not hold it until it is
					   sent */
		e->answer = NULL;
		response = parcel_response(e->room, e->text ? take_ptr(e->text) : mem_strdup(""));
	}
	if (!response)
		return MHD_NO;
	if (type)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (e->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, e->allow);
	if (close)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	r = MHD_queue_response(e->connection, e->status, response);
	MHD_destroy_response(response);
	return r;
}

/* --- the request's head --- */

static enum MHD_Result take_query(void *cls, enum MHD_ValueKind kind, const char *key,
				  const char *value)
{
	_cleanup_free_ char *name = mem_strdup(key);
	_cleanup_free_ char *text = mem_strdup(value ? value : "");
	struct exchange *e = cls;
	int i;

	if (router_decode(name) < 0 || router_decode(text) < 0) {
		fail(e, MHD_HTTP_BAD_REQUEST, "the query is not well encoded");
		return MHD_NO;
	}
	i = router_query_index(e->route, name);
	if (i < 0)
		fail(e, MHD_HTTP_BAD_REQUEST, "unknown query parameter '%s'", name);
	else if (e->query[i])
		fail(e, MHD_HTTP_BAD_REQUEST, "query parameter '%s' is given twice", name);
	else
		e->query[i] = take_ptr(text);
	return failed(e) ? MHD_NO : MHD_YES;
}

static void find_route(struct exchange *e, const char *url, const char *method)
{
	int r;

	e->path = mem_strdup(url);
	e->head = strcmp(method, "HEAD") == 0;
	r = router_find(handlers, handlers_count, method, e->path, &e->route, e->args, e->allow);
	if (r == -EINVAL)
		fail(e, MHD_HTTP_BAD_REQUEST,
		     "%s: not well encoded, expected %%XX for special characters", url);
	else if (r == -ENOENT)
		fail(e, MHD_HTTP_NOT_FOUND, "no such path: %s", url);
	else if (r < 0)
		fail(e, MHD_HTTP_METHOD_NOT_ALLOWED, "%s has no %s, expected %s", url, method,
		     e->allow);
}

/* What the head says about the body's size; 0 = no body, UINT64_MAX = not known (chunks). */
static uint64_t announced_body(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_CONTENT_LENGTH);
	uint64_t size;

	if (MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
					MHD_HTTP_HEADER_TRANSFER_ENCODING))
		return UINT64_MAX;
	if (!length)
		return 0;
	return value_parse_number(length, 0, UINT64_MAX - 1, &size, NULL) < 0 ? UINT64_MAX : size;
}

static void check_head(struct exchange *e, const char *url, const char *method, uint64_t body)
{
	find_route(e, url, method);
	if (failed(e))
		return;
	if (e->route->privileged && !e->peer->may_change)
		fail(e, MHD_HTTP_FORBIDDEN, "this needs root or group " PEER_GROUP " (%s %s)",
		     method, url);
	if (e->route->body == BODY_NONE && body)
		fail(e, MHD_HTTP_BAD_REQUEST, "%s %s takes no body", method, url);
	if (body != UINT64_MAX && body > API_BODY_MAX)
		fail(e, MHD_HTTP_CONTENT_TOO_LARGE, "the body has %ju bytes, expected at most %d",
		     (uintmax_t)body, API_BODY_MAX);
	if (!failed(e))
		MHD_get_connection_values(e->connection, MHD_GET_ARGUMENT_KIND, take_query, e);
}

static enum MHD_Result begin(struct exchange *e, const char *url, const char *method)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(e->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	uint64_t body = announced_body(e->connection);

	e->peer = info->socket_context;
	check_head(e, url, method, body);
	/* libmicrohttpd can refuse the body of these two only; of others it is read and forgotten
	 */
	if (failed(e) && body && (strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0))
		return reply(e, true);
	return MHD_YES;
}

/* --- the request's body --- */

static void drop_body(struct exchange *e)
{
	free(e->body);
	e->body = NULL;
	e->body_size = e->body_room = 0;
	e->room->large_bodies -= e->body_large;
	e->body_large = false;
}

static void check_size(struct exchange *e)
{
	if (e->body_seen > API_BODY_MAX) {
		fail(e, MHD_HTTP_CONTENT_TOO_LARGE,
		     "the body is too large, expected at most %d bytes", API_BODY_MAX);
	} else if (e->body_seen > EXCHANGE_SMALL_BODY && !e->body_large) {
		if (e->room->large_bodies == EXCHANGE_LARGE_BODIES_MAX) {
			fail(e, MHD_HTTP_SERVICE_UNAVAILABLE,
			     "too many large requests at a time; try later");
			return;
		}
		e->room->large_bodies++;
		e->body_large = true;
	}
}

/* MHD_NO when a body goes on and on after it was refused. */
static enum MHD_Result take_body(struct exchange *e, const char *data, size_t size)
{
	e->body_seen += size;
	if (!failed(e))
		check_size(e);
	if (failed(e)) {
		drop_body(e);
		return e->body_seen > 2 * API_BODY_MAX ? MHD_NO : MHD_YES;
	}
	if (e->body_size + size > e->body_room) {
		e->body_room = 2 * (e->body_size + size);
		e->body = mem_realloc(e->body, e->body_room);
	}
	memcpy(e->body + e->body_size, data, size);
	e->body_size += size;
	return MHD_YES;
}

static bool too_deep(const json_t *json, unsigned int depth)
{
	const char *key;
	json_t *value;
	size_t i;

	if ((json_is_object(json) || json_is_array(json)) && depth == 0)
		return true;
	json_object_foreach ((json_t *)json, key, value)
		if (too_deep(value, depth - 1))
			return true;
	json_array_foreach (json, i, value)
		if (too_deep(value, depth - 1))
			return true;
	return false;
}

static void parse_body(struct exchange *e)
{
	json_error_t why;

	if (!e->body_size) {
		if (e->route->body == BODY_REQUIRED)
			fail(e, MHD_HTTP_BAD_REQUEST,
			     "the body is missing, expected a JSON object");
		return;
	}
	e->json = json_loadb(e->body, e->body_size, JSON_REJECT_DUPLICATES, &why);
	drop_body(e);
	if (!e->json)
		fail(e, MHD_HTTP_BAD_REQUEST, "the body is no JSON: line %d, column %d: %s",
		     why.line, why.column, why.text);
	else if (!json_is_object(e->json))
		fail(e, MHD_HTTP_BAD_REQUEST, "the body is a JSON array, expected an object");
	else if (too_deep(e->json, EXCHANGE_JSON_DEPTH_MAX))
		fail(e, MHD_HTTP_BAD_REQUEST, "the body is nested over %d deep",
		     EXCHANGE_JSON_DEPTH_MAX);
}

/* --- the whole --- */

static enum MHD_Result finish(struct exchange *e)
{
	int r;

	if (!failed(e))
		parse_body(e);
	if (!failed(e)) {
		r = e->route->handle(e);
		json_decref(e->json);
		e->json = NULL;
		if (r < 0)
			e->status = status_of(e, r);
		if (r < 0 && !e->err.text[0])
			error_set(&e->err, r, "%s", strerror(-r));
	}
	return reply(e, false);
}

enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *upload_data,
				size_t *upload_data_size, void **con_cls)
{
	struct exchange *e = *con_cls;
	size_t size = *upload_data_size;

	if (!e) {
		e = mem_zalloc(sizeof(*e));
		e->room = cls;
		e->connection = connection;
		*con_cls = e;
		return begin(e, url, method);
	}
	if (!size)
		return finish(e);
	*upload_data_size = 0;
	return take_body(e, upload_data, size);
}

void exchange_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
			enum MHD_RequestTerminationCode toe)
{
	struct exchange *e = *con_cls;

	if (!e)
		return;
	drop_body(e);
	json_decref(e->json);
	json_decref(e->answer);
	for (int i = 0; i < ROUTER_QUERY_MAX; i++)
		free(e->query[i]);
	free(e->text);
	free(e->path);
	free(e);
	*con_cls = NULL;
}
