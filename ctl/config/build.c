/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build.c - see build.h */
#include "config/build.h"

#include <errno.h>

#include "config/options.h"

static int fail_at(const cfg_t *section, int r, struct error *err)
{
	error_at(err, section->filename, (unsigned int)section->line);
	return r;
}

/* Store the keys that the section has. They were tested when they were read. */
static int set_keys(cfg_t *section, void *object, struct error *err)
{
	const struct schema *schema = options_schema(section);

	for (size_t i = 0; i < schema->count; i++) {
		const struct schema_key *key = &schema->keys[i];
		cfg_opt_t *opt = cfg_getopt(section, key->name);
		_cleanup_free_ char *text = NULL;
		int r;

		if (key->flags & SCHEMA_STATE || !cfg_opt_size(opt))
			continue;
		text = options_text(opt, cfg_opt_size(opt), NULL);
		r = schema_set(schema, object, key, text, err);
		if (r)
			return fail_at(section, r, err);
	}
	return 0;
}

static int build_check(cfg_t *section, struct service *service, struct error *err)
{
	struct check *check;
	int r = service_add_check(service, cfg_title(section), &check, err);

	if (r)
		return fail_at(section, r, err);
	r = set_keys(section, check, err);
	if (r)
		return r;
	r = service_validate_check(service, check, err);
	return r ? fail_at(section, r, err) : 0;
}

static int build_backend(cfg_t *section, struct service *service, struct error *err)
{
	struct backend *backend;
	int r = service_add_backend(service, cfg_title(section), &backend, err);

	if (r)
		return fail_at(section, r, err);
	r = set_keys(section, backend, err);
	if (r)
		return r;
	r = service_validate_backend(service, backend, err);
	return r ? fail_at(section, r, err) : 0;
}

/* Call @build for each section @name of @section. */
static int build_parts(cfg_t *section, struct service *service, const char *name,
		       int (*build)(cfg_t *, struct service *, struct error *), struct error *err)
{
	for (unsigned int i = 0; i < cfg_size(section, name); i++) {
		int r = build(cfg_getnsec(section, name, i), service, err);

		if (r)
			return r;
	}
	return 0;
}

static int build_service(cfg_t *section, struct model *model, struct error *err)
{
	_cleanup_(service_free) struct service *service = NULL;
	int r = service_new(cfg_title(section), &service, err);

	if (r)
		return fail_at(section, r, err);
	r = set_keys(section, service, err);
	if (!r)
		r = build_parts(section, service, check_schema.object, build_check, err);
	if (!r && !schema_missing(&service_schema, service)) /* a backend's port may be its VIP's */
		r = build_parts(section, service, backend_schema.object, build_backend, err);
	if (r)
		return r;
	service_complete(service);
	r = service_validate(service, err);
	if (r)
		return fail_at(section, r, err);
	model_put(model, take_ptr(service));
	return 0;
}

int build_model(cfg_t *cfg, struct model **ret, struct error *err)
{
	_cleanup_(model_free) struct model *model = model_new();
	const struct service *bad;
	int r = set_keys(cfg, &model->settings, err);

	for (unsigned int i = 0; !r && i < cfg_size(cfg, service_schema.object); i++)
		r = build_service(cfg_getnsec(cfg, service_schema.object, i), model, err);
	if (r)
		return r;
	r = model_validate_find(model, &bad, err);
	if (r)
		return fail_at(bad ? cfg_gettsec(cfg, service_schema.object, bad->name) : cfg, r,
			       err);
	*ret = take_ptr(model);
	return 0;
}
