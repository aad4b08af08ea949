/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handlers.c - see handlers.h; what each path takes and gives is in docs/api.md */
#include "api/handlers.h"

#include <errno.h>

#include "api/exchange.h"
#include "base/cleanup.h"
#include "model/value.h"

static struct director *director(const struct exchange *e)
{
	return e->room->director;
}

/* Leave @json (which may be NULL, with the exchange's error filled) as the answer. */
static int give(struct exchange *e, unsigned int status, json_t *json)
{
	if (!json)
		return e->err.code ? e->err.code
				   : error_set(&e->err, -ENOMEM, "no memory for the answer");
	e->status = status;
	e->answer = json;
	return 0;
}

static int give_nothing(struct exchange *e)
{
	e->status = MHD_HTTP_NO_CONTENT;
	return 0;
}

/* --- parameters --- */

static const char *query(const struct exchange *e, const char *name)
{
	int i = router_query_index(e->route, name);

	return i < 0 ? NULL : e->query[i];
}

static int query_flag(struct exchange *e, const char *name, bool *ret)
{
	const char *text = query(e, name);

	if (text && strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
		return error_set(&e->err, -EINVAL, "%s=%s: expected 0 or 1", name, text);
	*ret = text && *text == '1';
	return 0;
}

/* Refuse members of the body that are not in @names (NULL-terminated). */
static int body_knows(struct exchange *e, const char *const *names)
{
	const char *key;
	json_t *value;

	json_object_foreach (e->json, key, value) {
		const char *const *name = names;

		while (*name && strcmp(*name, key) != 0)
			name++;
		if (!*name)
			return error_set(&e->err, -EINVAL, "unknown member '%s' in the body", key);
	}
	return 0;
}

static int body_is_empty(struct exchange *e)
{
	static const char *const nothing[] = {NULL};

	return e->json ? body_knows(e, nothing) : 0;
}

/* {"text": "...", "name": "FILE"}; the name is what errors call the text. */
static int body_config(struct exchange *e, const char **ret_text, const char **ret_name)
{
	static const char *const names[] = {"text", "name", NULL};
	json_t *text = json_object_get(e->json, "text");
	json_t *name = json_object_get(e->json, "name");
	int r = body_knows(e, names);

	if (r < 0)
		return r;
	if (!json_is_string(text))
		return error_set(&e->err, -EINVAL,
				 "the body needs \"text\": what shunt.conf holds");
	if (name && (!json_is_string(name) || !*json_string_value(name)))
		return error_set(&e->err, -EINVAL, "\"name\" in the body: expected a file's name");
	*ret_text = json_string_value(text);
	*ret_name = name ? json_string_value(name) : "the request";
	return 0;
}

/* --- looking --- */

static int get_status(struct exchange *e)
{
	return give(e, MHD_HTTP_OK, director_status(director(e)));
}

static int get_services(struct exchange *e)
{
	return give(e, MHD_HTTP_OK, director_services(director(e)));
}

static int get_service(struct exchange *e)
{
	return give(e, MHD_HTTP_OK, director_service(director(e), e->args[0], &e->err));
}

static int get_backends(struct exchange *e)
{
	json_t *service = director_service(director(e), e->args[0], &e->err);
	json_t *backends = json_incref(json_object_get(service, "backends"));

	json_decref(service);
	return give(e, MHD_HTTP_OK, backends ? json_pack("{s:o}", "backends", backends) : NULL);
}

static int get_backend(struct exchange *e)
{
	return give(e, MHD_HTTP_OK, director_backend(director(e), e->args[0], e->args[1], &e->err));
}

static int get_slots(struct exchange *e)
{
	return give(e, MHD_HTTP_OK, director_slots(director(e), e->args[0], &e->err));
}

static int get_stats(struct exchange *e)
{
	return give(e, MHD_HTTP_OK, director_stats(director(e)));
}

static int get_drops(struct exchange *e)
{
	return give(e, MHD_HTTP_OK, director_drops(director(e)));
}

/* For libmicrohttpd would send the mark that ends a body in chunks. */
static int give_only_head(struct exchange *e)
{
	e->response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	return e->response ? 0 : error_set(&e->err, -ENOMEM, "no memory for the answer");
}

static int get_events(struct exchange *e)
{
	const char *text = query(e, "since");
	uint64_t since = 0;
	bool follow;
	int r = query_flag(e, "follow", &follow);

	if (r == 0 && text)
		r = value_parse_number(text, 0, UINT64_MAX, &since, &e->err);
	if (r < 0)
		return r;
	e->status = MHD_HTTP_OK;
	if (e->head)
		return give_only_head(e);
	return follow_open(&e->room->followers, e->connection, e->peer, since, follow, &e->response,
			   &e->err);
}

/* Of one service, or of all. */
static int get_capture(struct exchange *e)
{
	struct capture_options options = {
		.service = e->args[0],
		.snaplen = CAPTURE_SNAPLEN_MAX,
	};
	const char *limit = query(e, "limit"), *snaplen = query(e, "snaplen");
	uint64_t number = options.snaplen;
	int r = query_flag(e, "drops", &options.drops);

	if (r == 0 && limit)
		r = value_parse_number(limit, 0, UINT64_MAX, &options.limit, &e->err);
	if (r == 0 && snaplen)
		r = value_parse_number(snaplen, CAPTURE_SNAPLEN_MIN, CAPTURE_SNAPLEN_MAX, &number,
				       &e->err);
	if (r < 0)
		return r;
	options.snaplen = (uint32_t)number;
	e->status = MHD_HTTP_OK;
	e->content_type = "application/x-pcapng";
	if (e->head)
		return give_only_head(e);
	return capture_open(&e->room->captures, e->connection, &options, &e->response, &e->err);
}

static int get_config(struct exchange *e)
{
	const char *format = query(e, "format");

	if (!format || strcmp(format, "json") == 0)
		return give(e, MHD_HTTP_OK, director_config(director(e)));
	if (strcmp(format, "conf") != 0)
		return error_set(&e->err, -EINVAL, "format=%s: expected json or conf", format);
	e->text = director_config_text(director(e));
	if (!e->text)
		return error_set(&e->err, -ENOMEM, "no memory for the answer");
	e->status = MHD_HTTP_OK;
	return 0;
}

static int post_explain(struct exchange *e)
{
	static const char *const names[] = {"to", "from", "syn", "interface", NULL};
	int r = body_knows(e, names);

	return r < 0 ? r : give(e, MHD_HTTP_OK, director_explain(director(e), e->json, &e->err));
}

static int get_diff(struct exchange *e)
{
	return give(e, MHD_HTTP_OK, director_diff(director(e), NULL, NULL, &e->err));
}

static int post_diff(struct exchange *e)
{
	const char *text, *name;
	int r = body_config(e, &text, &name);

	if (r < 0)
		return r;
	return give(e, MHD_HTTP_OK, director_diff(director(e), text, name, &e->err));
}

/* --- changing --- */

static int put_service(struct exchange *e)
{
	int r = director_service_add(director(e), e->args[0], e->json, &e->err);

	if (r < 0)
		return r;
	return give(e, MHD_HTTP_CREATED, director_service(director(e), e->args[0], &e->err));
}

static int patch_service(struct exchange *e)
{
	int r = director_service_set(director(e), e->args[0], e->json, &e->err);

	return r < 0 ? r : get_service(e);
}

static int delete_service(struct exchange *e)
{
	int r = director_service_remove(director(e), e->args[0], &e->err);

	return r < 0 ? r : give_nothing(e);
}

static int put_backend(struct exchange *e)
{
	json_t *json = e->json ? json_incref(e->json) : json_object();
	int r = director_backend_add(director(e), e->args[0], e->args[1], json, &e->err);

	json_decref(json);
	if (r < 0)
		return r;
	return give(e, MHD_HTTP_CREATED,
		    director_backend(director(e), e->args[0], e->args[1], &e->err));
}

static int patch_backend(struct exchange *e)
{
	int r = director_backend_set(director(e), e->args[0], e->args[1], e->json, &e->err);

	return r < 0 ? r : get_backend(e);
}

static int delete_backend(struct exchange *e)
{
	int r = director_backend_remove(director(e), e->args[0], e->args[1], &e->err);

	return r < 0 ? r : give_nothing(e);
}

static int post_apply(struct exchange *e)
{
	const char *text, *name;
	json_t *changes = NULL;
	bool dry_run;
	int r = query_flag(e, "dry_run", &dry_run);

	if (r == 0)
		r = body_config(e, &text, &name);
	if (r == 0)
		r = director_apply(director(e), text, name, dry_run, &changes, &e->err);
	return r < 0 ? r : give(e, MHD_HTTP_OK, changes);
}

static int post_reload(struct exchange *e)
{
	json_t *changes = NULL;
	int r = body_is_empty(e);

	if (r == 0)
		r = director_reload(director(e), &changes, &e->err);
	return r < 0 ? r : give(e, MHD_HTTP_OK, changes);
}

static int post_save(struct exchange *e)
{
	bool force;
	int r = query_flag(e, "force", &force);

	if (r == 0)
		r = body_is_empty(e);
	if (r == 0)
		r = director_save(director(e), force, &e->err);
	return r < 0 ? r : give_nothing(e);
}

static int put_interface(struct exchange *e)
{
	json_t *interface = NULL;
	int r = body_is_empty(e);

	if (r == 0)
		r = director_attach(director(e), e->args[0], &interface, &e->err);
	return r < 0 ? r : give(e, MHD_HTTP_OK, interface);
}

static int delete_interface(struct exchange *e)
{
	int r = director_detach(director(e), e->args[0], &e->err);

	return r < 0 ? r : give_nothing(e);
}

/* --- the table --- */

#define S "/v1/services/{service}"
#define B S "/backends/{backend}"
#define CAPTURE_QUERY                                                                              \
	{                                                                                          \
		"drops", "limit", "snaplen"                                                        \
	}

/* clang-format off */
const struct route handlers[] = {
	/* anyone may look */
	{ "GET",    "/v1/status",         get_status },
	{ "GET",    "/v1/services",       get_services },
	{ "GET",    S,                    get_service },
	{ "GET",    S "/backends",        get_backends },
	{ "GET",    B,                    get_backend },
	{ "GET",    S "/slots",           get_slots },
	{ "GET",    "/v1/stats",          get_stats },
	{ "GET",    "/v1/drops",          get_drops },
	{ "GET",    "/v1/events",         get_events, .query = { "since", "follow" } },
	{ "GET",    "/v1/config",         get_config, .query = { "format" } },

	/* root and the group; diff too, for it reads files that not everybody may read, explain, for
	 * it tells where clients go, and capture, for it tells everything */
	{ "POST",   "/v1/explain",        post_explain,     true, BODY_REQUIRED },
	{ "GET",    "/v1/capture",        get_capture,      true, .query = CAPTURE_QUERY },
	{ "GET",    S "/capture",         get_capture,      true, .query = CAPTURE_QUERY },
	{ "GET",    "/v1/diff",           get_diff,         true },
	{ "POST",   "/v1/diff",           post_diff,        true, BODY_REQUIRED },
	{ "PUT",    S,                    put_service,      true, BODY_REQUIRED },
	{ "PATCH",  S,                    patch_service,    true, BODY_REQUIRED },
	{ "DELETE", S,                    delete_service,   true },
	{ "PUT",    B,                    put_backend,      true, BODY_OPTIONAL },
	{ "PATCH",  B,                    patch_backend,    true, BODY_REQUIRED },
	{ "DELETE", B,                    delete_backend,   true },
	{ "POST",   "/v1/apply",          post_apply,       true, BODY_REQUIRED, { "dry_run" } },
	{ "POST",   "/v1/save",           post_save,        true, BODY_OPTIONAL, { "force" } },
	{ "POST",   "/v1/reload",         post_reload,      true, BODY_OPTIONAL },
	{ "PUT",    "/v1/interfaces/{if}", put_interface,   true, BODY_OPTIONAL },
	{ "DELETE", "/v1/interfaces/{if}", delete_interface, true },
};
/* clang-format on */

const size_t handlers_count = ARRAY_SIZE(handlers);
