/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff.c - see diff.h */
#include "model/diff.h"

#include <string.h>

/* The object that changes are told of: its kind, its service (NULL = none) and its name in it. */
struct subject {
	json_t *changes;
	const char *object, *service, *name;
};

static json_t *add_change(const struct subject *subject, const char *action)
{
	json_t *change = json_pack("{s:s, s:s}", "action", action, "object", subject->object);

	if (subject->service)
		json_object_set_new(change, "service", json_string(subject->service));
	if (subject->name)
		json_object_set_new(change, "name", json_string(subject->name));
	json_array_append_new(subject->changes, change);
	return change;
}

static void diff_keys(const struct subject *subject, const struct schema *schema, const void *from,
		      const void *to)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct schema_key *key = &schema->keys[i];
		_cleanup_free_ char *before = NULL, *after = NULL;
		json_t *change;

		if ((key->flags & SCHEMA_STATE) || schema_equal(key, from, to))
			continue;
		before = schema_format(key, from);
		after = schema_format(key, to);
		change = add_change(subject, "change");
		json_object_set_new(change, "key", json_string(key->name));
		json_object_set_new(change, "from", json_string(before));
		json_object_set_new(change, "to", json_string(after));
	}
}

/* --- checks --- */

static const struct check *check_named(const struct service *service, const char *name)
{
	for (size_t i = 0; i < service->checks_count; i++)
		if (strcmp(service->checks[i].name, name) == 0)
			return &service->checks[i];
	return NULL;
}

static void diff_checks(json_t *changes, const struct service *from, const struct service *to)
{
	struct subject subject = {changes, "check", to->name, NULL};

	for (size_t i = 0; i < from->checks_count; i++) {
		subject.name = from->checks[i].name;
		if (!check_named(to, subject.name))
			add_change(&subject, "remove");
	}
	for (size_t i = 0; i < to->checks_count; i++) {
		const struct check *old = check_named(from, to->checks[i].name);

		subject.name = to->checks[i].name;
		if (old)
			diff_keys(&subject, &check_schema, old, &to->checks[i]);
		else
			add_change(&subject, "add");
	}
}

/* --- backends --- */

/* The backend of @service at @at. @place is where it was found last: the next is most likely to
 * follow it, which makes comparing long lists of the same order quick. */
static struct backend *backend_at(const struct service *service, const struct endpoint *at,
				  size_t *place)
{
	for (size_t n = service->backends_count, i = 0; i < n; i++) {
		size_t here = (*place + i) % n;

		if (endpoint_compare(&service->backends[here].at, at) == 0) {
			*place = here + 1;
			return &service->backends[here];
		}
	}
	return NULL;
}

static void diff_backend(const struct subject *subject, const struct backend *from,
			 const struct backend *to)
{
	struct backend before = *from, after = *to; /* borrowed values, not freed */

	before.admin = backend_admin(from);
	after.admin = backend_admin(to);
	diff_keys(subject, &backend_schema, &before, &after);
}

static void diff_backends(json_t *changes, const struct service *from, const struct service *to)
{
	char at[ENDPOINT_LEN];
	struct subject subject = {changes, "backend", to->name, at};
	size_t place = 0;

	for (size_t i = 0; i < from->backends_count; i++) {
		endpoint_format(&from->backends[i].at, at);
		if (!backend_at(to, &from->backends[i].at, &place))
			add_change(&subject, "remove");
	}
	place = 0;
	for (size_t i = 0; i < to->backends_count; i++) {
		const struct backend *old = backend_at(from, &to->backends[i].at, &place);

		endpoint_format(&to->backends[i].at, at);
		if (old)
			diff_backend(&subject, old, &to->backends[i]);
		else
			add_change(&subject, "add");
	}
}

/* --- the whole --- */

json_t *model_diff(const struct model *from, const struct model *to)
{
	json_t *changes = json_array();
	struct subject subject = {changes, "settings", NULL, NULL};

	diff_keys(&subject, &settings_schema, &from->settings, &to->settings);
	subject.object = "service";
	for (const struct service *s = from->services; s; s = s->by_name.next) {
		subject.service = s->name;
		if (!model_find(to, s->name, NULL))
			add_change(&subject, "remove");
	}
	for (const struct service *s = to->services; s; s = s->by_name.next) {
		const struct service *old = model_find(from, s->name, NULL);

		subject.service = s->name;
		if (!old) {
			add_change(&subject, "add");
			continue;
		}
		diff_keys(&subject, &service_schema, old, s);
		diff_checks(changes, old, s);
		diff_backends(changes, old, s);
	}
	return changes;
}

/* By its name; a renamed one by its address. */
static const struct service *same_service(const struct model *model, const struct service *service)
{
	const struct service *same = model_find(model, service->name, NULL);
	char address[VIP_LEN];

	return same ? same : model_find(model, vip_format(&service->address, address), NULL);
}

void model_carry_overrides(struct model *to, const struct model *from)
{
	const struct schema_key *admin = schema_find(&backend_schema, "admin");
	const struct schema_key *override = schema_find(&backend_schema, "override");

	for (const struct service *s = from->services; s; s = s->by_name.next) {
		const struct service *now = same_service(to, s);
		size_t place = 0;

		for (size_t i = 0; now && i < s->backends_count; i++) {
			const struct backend *old = &s->backends[i];
			struct backend *b = backend_at(now, &old->at, &place);

			if (b && old->override != ADMIN_NO_OVERRIDE &&
			    b->override == ADMIN_NO_OVERRIDE &&
			    !schema_is_set(&backend_schema, b, admin))
				schema_set(&backend_schema, b, override,
					   override->names[old->override], NULL);
		}
	}
}
