/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * director.c - the operations that change the director. Each has the same shape: build the new
 * model or service beside the old, validate it, make it real (which may fail and then undoes
 * itself), put it in the old one's place, save.
 */
#include "daemon/director.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "daemon/director_internal.h"
#include "daemon/state.h"
#include "model/diff.h"
#include "model/model_json.h"

/* --- keeping and telling --- */

void director_save_state(struct director *d)
{
	struct error err = {};

	if (d->overrides)
		director_set_state_aside(d);
	d->overrides = false;
	if (state_write(d->options->state_dir, d->digest, d->seed, d->changed, d->model, &err))
		events_alarm(d->events, "config", "state",
			     "changes cannot be saved and would be lost at the next start: %s",
			     err.text);
	else
		events_clear(d->events, "state");
}

void director_save_change(struct director *d)
{
	d->changed = true;
	director_save_state(d);
}

static const char *text_of(const json_t *change, const char *member)
{
	return json_string_value(json_object_get(change, member)) ?: "";
}

/* A value in an event; nothing is seen as nothing. */
static const char *value_of(const json_t *change, const char *member)
{
	const char *text = text_of(change, member);

	return *text ? text : "''";
}

/* "weight 10 -> 20", "added", "removed" */
static void tell_change(struct director *d, const json_t *change)
{
	const char *action = text_of(change, "action"), *object = text_of(change, "object");
	const char *service = text_of(change, "service"), *name = text_of(change, "name");
	const char *past = strcmp(action, "add") == 0 ? "added" : "removed";
	_cleanup_free_ char *what = NULL;

	if (strcmp(action, "change") == 0)
		what = mem_printf("%s %s -> %s", text_of(change, "key"), value_of(change, "from"),
				  value_of(change, "to"));
	else
		what = mem_strdup(past);
	if (strcmp(object, "settings") == 0)
		events_add(d->events, EVENT_INFO, "config", NULL, NULL, "settings: %s", what);
	else if (strcmp(object, "service") == 0)
		events_add(d->events, EVENT_INFO, "config", service, NULL, "service %s: %s",
			   service, what);
	else
		events_add(d->events, EVENT_INFO, "config", service,
			   strcmp(object, "backend") == 0 ? name : NULL, "%s %s of %s: %s", object,
			   name, service, what);
}

static void tell_changes(struct director *d, const json_t *changes)
{
	const json_t *change;
	size_t i;

	json_array_foreach (changes, i, change)
		tell_change(d, change);
}

/* What changes when @before (NULL = none) becomes @after (NULL = none). */
static void tell_service(struct director *d, const struct service *before,
			 const struct service *after)
{
	_cleanup_(model_free) struct model *from = model_new(), *to = model_new();
	json_t *changes;

	if (before)
		model_put(from, service_copy(before));
	if (after)
		model_put(to, service_copy(after));
	changes = model_diff(from, to);
	tell_changes(d, changes);
	json_decref(changes);
}

/* --- the host --- */

/* In IPv6 an interface's own switch does not make the stack a router, the one for all does both. */
static void check_forwarding(struct director *d, const char *ifname, int family, bool nat)
{
	const char *ip = family == AF_INET6 ? "ipv6" : "ipv4";
	char key[32 + IF_NAMESIZE];
	uint32_t ifindex;

	snprintf(key, sizeof(key), "forwarding:%s:%s", ip, ifname);
	if (!nat || net_link_index(d->net, ifname, &ifindex, NULL) ||
	    net_forwarding(ifname, family))
		events_clear(d->events, key);
	else if (family == AF_INET6)
		events_alarm(d->events, "interface", key,
			     "forward = nat or fullnat needs IPv6 routing on %s, or clients get no "
			     "replies; "
			     "do: sysctl -w net.ipv6.conf.all.forwarding=1",
			     ifname);
	else
		events_alarm(d->events, "interface", key,
			     "forward = nat or fullnat needs routing on %s, or clients get no "
			     "replies; do: "
			     "sysctl -w net.ipv4.conf.%s.forwarding=1 (or net.ipv4.ip_forward=1)",
			     ifname, ifname);
}

static bool has_nat(const struct model *model, int family)
{
	for (const struct service *s = model->services; s; s = s->by_name.next)
		if (s->address.at.addr.family == family &&
		    (service_forwards_by(s, SHUNT_FORWARD_NAT) ||
		     service_forwards_by(s, SHUNT_FORWARD_FULLNAT)))
			return true;
	return false;
}

void director_check_host(struct director *d)
{
	const struct strings *names = &d->model->settings.interfaces;
	const int families[] = {AF_INET, AF_INET6};

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		bool nat = has_nat(d->model, families[f]);

		for (size_t i = 0; i < names->n; i++)
			check_forwarding(d, names->v[i], families[f], nat);
	}
}

/* --- services and backends --- */

/* Make @service (taken over in any case) real in place of the one of its name, if there is one. */
static int commit_service(struct director *d, struct service *service, struct error *err)
{
	_cleanup_(service_free) struct service *wish = service;
	const struct service *old = model_find(d->model, wish->name, NULL);
	int r;

	service_complete(wish);
	r = service_validate(wish, err);
	if (!r)
		r = model_accepts(d->model, wish, wish->name, err);
	if (!r)
		r = reconcile_prepare(d->reconciler, wish, err);
	if (r)
		return r;
	tell_service(d, old, wish); /* the cause before its effects */
	reconcile_take(d->reconciler, wish);
	model_put(d->model, take_ptr(wish));
	director_announce(d);
	director_save_change(d);
	director_check_host(d);
	return 0;
}

int director_service_add(struct director *d, const char *service, const json_t *json,
			 struct error *err)
{
	struct service *wish;
	int r;

	if (model_find(d->model, service, NULL))
		return error_set(err, -EEXIST, "service '%s' exists already", service);
	r = model_json_read_service(json, service, &wish, err);
	if (r)
		return r;
	return commit_service(d, wish, err);
}

/* One change to a service: what to do to a copy of it. */
struct edit {
	int (*apply)(struct service *wish, const struct edit *edit, struct error *err);
	const char *backend;
	const json_t *json; /* may be NULL for an added backend */
};

static int edit_service(struct director *d, const char *service, const struct edit *edit,
			struct error *err)
{
	_cleanup_(service_free) struct service *wish = NULL;
	struct service *old = model_find(d->model, service, err);
	int r;

	if (!old)
		return -ENOENT;
	wish = service_copy(old);
	r = edit->apply(wish, edit, err);
	if (r)
		return r;
	return commit_service(d, take_ptr(wish), err);
}

static int patch_service(struct service *wish, const struct edit *edit, struct error *err)
{
	return model_json_patch_service(wish, edit->json, err);
}

static const char *const backend_path[] = {"address", NULL}; /* the path has it */

static int add_backend(struct service *wish, const struct edit *edit, struct error *err)
{
	struct backend *b;
	int r = service_add_backend(wish, edit->backend, &b, err);

	if (r || !edit->json)
		return r;
	return model_json_set(&backend_schema, b, edit->json, backend_path, false, err);
}

static int set_backend(struct service *wish, const struct edit *edit, struct error *err)
{
	struct backend *b;
	int r = service_find_backend(wish, edit->backend, &b, err);

	return r ? r : model_json_set(&backend_schema, b, edit->json, backend_path, true, err);
}

static int remove_backend(struct service *wish, const struct edit *edit, struct error *err)
{
	struct backend *b;
	int r = service_find_backend(wish, edit->backend, &b, err);

	if (!r)
		service_remove_backend(wish, b);
	return r;
}

int director_service_set(struct director *d, const char *service, const json_t *json,
			 struct error *err)
{
	return edit_service(d, service, &(struct edit){patch_service, NULL, json}, err);
}

int director_backend_add(struct director *d, const char *service, const char *backend,
			 const json_t *json, struct error *err)
{
	return edit_service(d, service, &(struct edit){add_backend, backend, json}, err);
}

int director_backend_set(struct director *d, const char *service, const char *backend,
			 const json_t *json, struct error *err)
{
	return edit_service(d, service, &(struct edit){set_backend, backend, json}, err);
}

int director_backend_remove(struct director *d, const char *service, const char *backend,
			    struct error *err)
{
	return edit_service(d, service, &(struct edit){remove_backend, backend, NULL}, err);
}

int director_service_remove(struct director *d, const char *service, struct error *err)
{
	struct service *old = model_find(d->model, service, err);

	if (!old)
		return -ENOENT;
	reconcile_remove(d->reconciler, &old->address);
	tell_service(d, old, NULL);
	model_remove(d->model, old);
	director_save_change(d);
	director_check_host(d);
	return 0;
}

/* --- whole models --- */

/* A fixed setting may not change while the maps that were made with it are in use. */
static int fixed_setting(const struct settings *now, const struct settings *wish, const char *name,
			 struct error *err)
{
	const struct schema_key *key = schema_find(&settings_schema, name);
	_cleanup_free_ char *from = schema_format(key, now), *to = schema_format(key, wish);

	if (!schema_is_set(&settings_schema, wish, key) || strcmp(from, to) == 0)
		return 0;
	return error_set(
		err, -EBUSY,
		"%s cannot change from %s to %s while packets are forwarded; stop shuntd, do "
		"shuntd --stop-forwarding (connections may break), and start it again",
		name, from, to);
}

int director_accepts_settings(struct director *d, const struct settings *settings,
			      struct error *err)
{
	struct dataplane_info info;
	struct settings now = {};
	uint32_t ifindex;
	int r = 0;

	dataplane_info(d->dp, &info);
	now.seed = info.seed;
	now.slots_max = info.slots_max;
	now.backends_max = info.backends_max;
	now.ports_max = info.ports_max;
	r = fixed_setting(&now, settings, "seed", err);
	if (!r)
		r = fixed_setting(&now, settings, "slots_max", err);
	if (!r)
		r = fixed_setting(&now, settings, "backends_max", err);
	if (!r)
		r = fixed_setting(&now, settings, "ports_max", err);
	if (!r)
		r = pool_accepts(d, settings, err);
	for (size_t i = 0; !r && i < settings->interfaces.n; i++) {
		r = net_link_index(d->net, settings->interfaces.v[i], &ifindex, err);
		if (!r)
			r = dataplane_attachable(d->dp, ifindex, err);
	}
	if (!r && settings->interfaces.n > DIRECTOR_INTERFACES_MAX)
		r = error_set(err, -ENOSPC, "interfaces: %zu are named, at most %d can be attached",
			      settings->interfaces.n, DIRECTOR_INTERFACES_MAX);
	return r;
}

static const struct service *service_at(const struct model *model, const struct vip *vip)
{
	for (const struct service *s = model->services; s; s = s->by_name.next)
		if (vip_compare(&s->address, vip) == 0)
			return s;
	return NULL;
}

/* Undo what was prepared for the services of @model before @end; NULL = for all. */
static void cancel_until(struct director *d, const struct model *model, const struct service *end)
{
	for (const struct service *s = model->services; s != end; s = s->by_name.next)
		reconcile_cancel(d->reconciler, s);
}

/* All that can fail for @model: for every service, and its pool; on failure nothing is changed. */
static int prepare_all(struct director *d, const struct model *model, struct error *err)
{
	int r = 0;

	for (const struct service *s = model->services; s; s = s->by_name.next) {
		r = reconcile_prepare(d->reconciler, s, err);
		if (r) {
			cancel_until(d, model, s);
			return r;
		}
	}
	r = pool_set(d, &model->settings, err);
	if (r)
		cancel_until(d, model, NULL);
	return r;
}

static void take_all(struct director *d, const struct model *model)
{
	for (const struct service *s = model->services; s; s = s->by_name.next)
		reconcile_take(d->reconciler, s);
}

int director_fill(struct director *d, struct error *err)
{
	int r;

	reconcile_settings(d->reconciler, &d->model->settings);
	r = pool_accepts(d, &d->model->settings, err);
	if (!r)
		r = prepare_all(d, d->model, err);
	if (!r)
		take_all(d, d->model);
	return r;
}

static void remove_dropped(struct director *d, const struct model *model)
{
	for (const struct service *s = d->model->services; s; s = s->by_name.next)
		if (!service_at(model, &s->address))
			reconcile_remove(d->reconciler, &s->address);
}

/* Is all that is fixed as it is now? */
static int accept_model(struct director *d, const struct model *model, struct error *err)
{
	int r = director_accepts_settings(d, &model->settings, err);

	for (const struct service *s = model->services; s && !r; s = s->by_name.next)
		r = reconcile_accepts(d->reconciler, s, err);
	return r;
}

/* Make @model (taken over on success) the running one. */
static int switch_model(struct director *d, struct model *model, const json_t *changes,
			struct error *err)
{
	int r = accept_model(d, model, err);

	if (!r)
		r = director_attach_all(d, &model->settings.interfaces, err);
	if (r)
		return r;
	r = prepare_all(d, model, err);
	if (r) {
		director_sync_interfaces(d);
		director_detach_others(d, &d->model->settings.interfaces);
		return r;
	}
	tell_changes(d, changes); /* the cause before its effects */
	take_all(d, model);
	remove_dropped(d, model);
	director_detach_others(d, &model->settings.interfaces);
	director_forget_interfaces(d, &model->settings.interfaces);
	model_free(d->model);
	d->model = model;
	reconcile_settings(d->reconciler, &model->settings);
	director_sync_interfaces(d);
	return 0;
}

/* Was anything asked for by hand that the file does not say? */
static bool has_overrides(const struct model *model)
{
	for (const struct service *s = model->services; s; s = s->by_name.next)
		for (size_t i = 0; i < s->backends_count; i++)
			if (s->backends[i].override != ADMIN_NO_OVERRIDE)
				return true;
	return false;
}

/* Change to @model (taken over in any case), tell what changes in @ret. @digest: of the config file
 * when the model is its, else NULL. */
static int change_model(struct director *d, struct model *model, const char *digest, bool dry_run,
			json_t **ret, struct error *err)
{
	_cleanup_(model_free) struct model *wish = model;
	json_t *changes;
	int r;

	model_carry_overrides(wish, d->model);
	changes = model_diff(d->model, wish);
	r = dry_run ? accept_model(d, wish, err) : switch_model(d, wish, changes, err);
	if (r) {
		json_decref(changes);
		return r;
	}
	if (!dry_run) {
		wish = NULL;
		d->changed = !digest || has_overrides(d->model);
		if (digest)
			snprintf(d->digest, sizeof(d->digest), "%s", digest);
		director_save_state(d);
	}
	*ret = json_pack("{s:o}", "changes", changes);
	return 0;
}

int director_apply(struct director *d, const char *text, const char *name, bool dry_run,
		   json_t **ret, struct error *err)
{
	struct model *model;
	int r = config_read_text(text, name, &model, err);

	return r ? r : change_model(d, model, NULL, dry_run, ret, err);
}

int director_reload(struct director *d, json_t **ret, struct error *err)
{
	char digest[CONFIG_DIGEST_LEN];
	struct model *model;
	int r = config_read(d->options->config, &model, digest, err);

	if (r)
		return r;
	return change_model(d, model, digest, false, ret, err);
}

/* --- the file --- */

/* What writing over the file would lose. */
static int check_overwrite(struct director *d, struct error *err)
{
	_cleanup_(model_free) struct model *model = NULL;
	const char *path = d->options->config;
	char digest[CONFIG_DIGEST_LEN];
	struct stat st;

	if (stat(path, &st) && errno == ENOENT)
		return 0;
	if (config_read(path, &model, digest, NULL) || strcmp(digest, d->digest) != 0)
		return error_set(
			err, -EEXIST,
			"%s was changed since it was read; see shunt diff, or write over it with "
			"--force",
			path);
	if (config_has_more(path))
		return error_set(
			err, -EEXIST,
			"%s has comments or includes that would be lost; save to another file, or "
			"write over it with --force",
			path);
	return 0;
}

int director_save(struct director *d, bool force, struct error *err)
{
	_cleanup_(model_free) struct model *written = NULL;
	_cleanup_free_ char *text = config_write(d->model);
	const char *path = d->options->config;
	bool replaces;
	struct stat st;
	int r = force ? 0 : check_overwrite(d, err);

	if (r)
		return r;
	replaces = stat(path, &st) == 0;
	r = file_replace(path, text, strlen(text), 0640, replaces ? &st : NULL, err);
	if (!r)
		r = config_read(path, &written, d->digest, err);
	if (r)
		return r;
	/* what was asked for by hand is the file's now, and goes when it is taken out there */
	model_free(d->model);
	d->model = take_ptr(written);
	d->changed = false;
	director_save_state(d);
	events_add(d->events, EVENT_INFO, "config", NULL, NULL, "saved to %s", path);
	return 0;
}
