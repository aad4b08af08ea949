/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model_json.c - see model_json.h */
#include "model/model_json.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

static const char *const backend_extra[] = {"address", NULL};
static const char *const check_extra[] = {"name", NULL};
static const char *const service_extra[] = {"name", "checks", "backends", NULL};

/* --- out --- */

/* The items of a list as schema_format() writes them. */
static json_t *list_json(char *text)
{
	json_t *array = json_array();
	char *item;

	while ((item = strsep(&text, ",")))
		if (*item)
			json_array_append_new(array, json_string(item));
	return array;
}

static json_t *key_json(const struct schema_key *key, const void *object)
{
	const void *at = (const char *)object + key->offset;
	_cleanup_free_ char *text = schema_format(key, object);

	if (key->type == SCHEMA_BOOL)
		return json_boolean(*(const bool *)at);
	if (key->type == SCHEMA_NUMBER ||
	    (key->type == SCHEMA_CHOICE && *(const uint32_t *)at >= key->names_count))
		return json_integer(*(const uint32_t *)at);
	return schema_is_list(key) ? list_json(text) : json_string(text);
}

static void add_keys(json_t *json, const struct schema *schema, const void *object,
		     enum model_json_keys which)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct schema_key *key = &schema->keys[i];

		if (which == MODEL_JSON_ALL || schema_is_set(schema, object, key))
			json_object_set_new(json, key->name, key_json(key, object));
	}
}

json_t *model_json_object(const struct schema *schema, const void *object,
			  enum model_json_keys which)
{
	json_t *json = json_object();

	add_keys(json, schema, object, which);
	return json;
}

json_t *model_json_backend(const struct backend *backend, enum model_json_keys which)
{
	char at[ENDPOINT_LEN];
	json_t *json = json_pack("{s:s}", "address", endpoint_format(&backend->at, at));

	add_keys(json, &backend_schema, backend, which);
	return json;
}

static json_t *check_json(const struct check *check, enum model_json_keys which)
{
	json_t *json = json_pack("{s:s}", "name", check->name);

	add_keys(json, &check_schema, check, which);
	return json;
}

json_t *model_json_service(const struct service *service, enum model_json_keys which)
{
	json_t *json = json_pack("{s:s}", "name", service->name);
	json_t *checks = json_array(), *backends = json_array();

	add_keys(json, &service_schema, service, which);
	for (size_t i = 0; i < service->checks_count; i++)
		json_array_append_new(checks, check_json(&service->checks[i], which));
	for (size_t i = 0; i < service->backends_count; i++)
		json_array_append_new(backends, model_json_backend(&service->backends[i], which));
	json_object_set_new(json, "checks", checks);
	json_object_set_new(json, "backends", backends);
	return json;
}

json_t *model_json_model(const struct model *model, enum model_json_keys which)
{
	json_t *settings = model_json_object(&settings_schema, &model->settings, which);
	json_t *services = json_array();

	for (struct service *s = model->services; s; s = s->by_name.next)
		json_array_append_new(services, model_json_service(s, which));
	return json_pack("{s:o, s:o}", "settings", settings, "services", services);
}

/* --- in --- */

static bool is_one_of(const char *name, const char *const *list)
{
	for (; list && *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

/* The text of a JSON string; NULL if it is none or has a NUL inside. */
static const char *plain_string(const json_t *json)
{
	const char *text = json_string_value(json);

	return text && strlen(text) == json_string_length(json) ? text : NULL;
}

/* An array of strings as schema_set() reads it; NULL if it is something else. */
static char *joined_strings(const json_t *array)
{
	char *text = mem_strdup("");
	const json_t *item;
	size_t i;

	json_array_foreach (array, i, item) {
		const char *word = plain_string(item);
		char *longer = word && !strpbrk(word, ", ")
				       ? mem_printf("%s%s%s", text, i ? "," : "", word)
				       : NULL;

		free(text);
		text = longer;
		if (!text)
			return NULL;
	}
	return text;
}

/* A value as the text that schema_set() reads, to be freed; NULL if @key takes no such value. */
static char *value_text(const struct schema_key *key, const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_STRING:
		return plain_string(json) ? mem_strdup(plain_string(json)) : NULL;
	case JSON_INTEGER:
		return mem_printf("%" JSON_INTEGER_FORMAT, json_integer_value(json));
	case JSON_REAL:
		return mem_printf("%.12g", json_real_value(json));
	case JSON_TRUE:
		return mem_strdup("true");
	case JSON_FALSE:
		return mem_strdup("false");
	case JSON_ARRAY:
		return schema_is_list(key) ? joined_strings(json) : NULL;
	default:
		return NULL;
	}
}

static int set_key(const struct schema *schema, void *object, const struct schema_key *key,
		   const json_t *json, bool fixed, struct error *err)
{
	_cleanup_free_ char *before = schema_format(key, object), *after = NULL, *text = NULL;
	int r = 0;

	if (!json_is_null(json)) {
		text = value_text(key, json);
		if (!text)
			return error_set(err, -EINVAL, "%s: not a value of this key; expected %s",
					 key->name, key->arg);
		r = schema_set(schema, object, key, text, err);
	} else if (schema_is_set(schema, object, key)) {
		schema_reset(schema, object, key);
	}
	if (r || !fixed || !(key->flags & SCHEMA_FIXED))
		return r;
	after = schema_format(key, object);
	if (strcmp(before, after) != 0)
		return error_set(err, -EINVAL,
				 "%s cannot be changed from %s to %s; remove the %s and add it "
				 "anew",
				 key->name, before, after, schema->object);
	return 0;
}

int model_json_set(const struct schema *schema, void *object, const json_t *json,
		   const char *const *ignore, bool fixed, struct error *err)
{
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		return error_set(err, -EINVAL, "%s: not described by this JSON; expected an object",
				 schema->phrase);
	json_object_foreach ((json_t *)json, name, value) {
		const struct schema_key *key;
		int r;

		if (strcmp(name, "status") == 0 || is_one_of(name, ignore))
			continue;
		key = schema_lookup(schema, name, err);
		if (!key)
			return -EINVAL;
		r = set_key(schema, object, key, value, fixed, err);
		if (r)
			return r;
	}
	return 0;
}

/* The string member that names an object of a list. */
static int named_by(const json_t *json, const char *member, const char *what, const char **ret,
		    struct error *err)
{
	*ret = plain_string(json_object_get(json, member));
	if (*ret)
		return 0;
	return error_set(err, -EINVAL, "a %s without \"%s\"; expected an object with this string",
			 what, member);
}

static int read_check(struct service *service, const json_t *json, struct error *err)
{
	struct check *check;
	const char *name;
	int r = named_by(json, "name", "check", &name, err);

	if (!r)
		r = service_add_check(service, name, &check, err);
	if (r)
		return r;
	r = model_json_set(&check_schema, check, json, check_extra, false, err);
	if (r)
		error_prefix(err, "check '%s'", name);
	return r;
}

static int read_backend(struct service *service, const json_t *json, struct error *err)
{
	struct backend *backend;
	const char *address;
	int r = named_by(json, "address", "backend", &address, err);

	if (!r)
		r = service_add_backend(service, address, &backend, err);
	if (r)
		return r;
	r = model_json_set(&backend_schema, backend, json, backend_extra, false, err);
	if (r)
		error_prefix(err, "backend %s", address);
	return r;
}

/* Call @read for each of the array @name of @json; null and none are an empty one. */
static int read_list(struct service *service, const json_t *json, const char *name,
		     int (*read)(struct service *, const json_t *, struct error *),
		     struct error *err)
{
	const json_t *list = json_object_get(json, name), *item;
	size_t i;

	if (list && !json_is_array(list) && !json_is_null(list))
		return error_set(err, -EINVAL, "%s: not a list; expected an array of objects",
				 name);
	json_array_foreach (list, i, item) {
		int r = read(service, item, err);

		if (r)
			return r;
	}
	return 0;
}

static int read_service(const json_t *json, const char *name, struct service **ret,
			struct error *err)
{
	_cleanup_(service_free) struct service *service = NULL;
	int r = 0;

	if (!name)
		r = named_by(json, "name", "service", &name, err);
	if (!r)
		r = service_new(name, &service, err);
	if (!r)
		r = model_json_set(&service_schema, service, json, service_extra, false, err);
	if (!r)
		r = read_list(service, json, "checks", read_check, err);
	if (!r && !schema_missing(&service_schema, service)) /* or validation will say it */
		r = read_list(service, json, "backends", read_backend, err);
	if (r)
		return r;
	service_complete(service);
	r = service_validate(service, err);
	if (!r)
		*ret = take_ptr(service);
	return r;
}

/* Where the path and the body both name the service they must agree: there is no renaming. */
static int same_name(const json_t *json, const char *name, struct error *err)
{
	const json_t *given = json_object_get(json, "name");
	const char *text = plain_string(given);

	if (!given || (text && strcmp(text, name) == 0))
		return 0;
	return error_set(err, -EINVAL, "name: a service cannot be renamed; expected \"%s\"", name);
}

int model_json_read_service(const json_t *json, const char *name, struct service **ret,
			    struct error *err)
{
	int r = name ? same_name(json, name, err) : 0;

	return r ? r : read_service(json, name, ret, err);
}

static int read_services(const json_t *list, struct model *model, struct error *err)
{
	const json_t *item;
	size_t i;

	if (list && !json_is_array(list))
		return error_set(err, -EINVAL,
				 "services: not a list; expected an array of objects");
	json_array_foreach (list, i, item) {
		_cleanup_(service_free) struct service *service = NULL;
		int r = read_service(item, NULL, &service, err);

		if (r)
			return error_prefix(err, "service %zu of the list", i + 1);
		if (model_find(model, service->name, NULL))
			return error_set(err, -EEXIST, "service '%s' is there twice",
					 service->name);
		model_put(model, take_ptr(service));
	}
	return 0;
}

int model_json_read_model(const json_t *json, struct model **ret, struct error *err)
{
	_cleanup_(model_free) struct model *model = model_new();
	const json_t *settings = json_object_get(json, "settings");
	const char *name;
	json_t *value;
	int r = 0;

	if (!json_is_object(json))
		return error_set(err, -EINVAL,
				 "not a model; expected an object with settings and services");
	json_object_foreach ((json_t *)json, name, value)
		if (strcmp(name, "settings") != 0 && strcmp(name, "services") != 0)
			return error_set(err, -EINVAL,
					 "unknown member '%s' of a model; expected settings and "
					 "services",
					 name);
	if (settings)
		r = model_json_set(&settings_schema, &model->settings, settings, NULL, false, err);
	if (!r)
		r = read_services(json_object_get(json, "services"), model, err);
	if (!r)
		r = model_validate(model, err);
	if (!r)
		*ret = take_ptr(model);
	return r;
}

int model_json_patch_service(struct service *service, const json_t *json, struct error *err)
{
	int r = same_name(json, service->name, err);

	if (!r)
		r = model_json_set(&service_schema, service, json, service_extra, true, err);
	if (!r && json_object_get(json, "checks")) {
		service_clear_checks(service);
		r = read_list(service, json, "checks", read_check, err);
	}
	if (!r && json_object_get(json, "backends")) {
		while (service->backends_count)
			service_remove_backend(service,
					       &service->backends[service->backends_count - 1]);
		r = read_list(service, json, "backends", read_backend, err);
	}
	if (r)
		return r;
	service_complete(service);
	return service_validate(service, err);
}
