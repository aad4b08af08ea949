/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model.c - see model.h */
#include "model/model.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

/* --- model --- */

struct model *model_new(void)
{
	struct model *model = mem_zalloc(sizeof(*model));

	schema_init(&settings_schema, &model->settings);
	return model;
}

struct model *model_free(struct model *model)
{
	struct service *service, *next;

	if (!model)
		return NULL;
	HASH_ITER (by_name, model->services, service, next)
		model_remove(model, service);
	schema_clear(&settings_schema, &model->settings);
	free(model);
	return NULL;
}

struct model *model_copy(const struct model *model)
{
	struct model *copy = mem_zalloc(sizeof(*copy));

	schema_copy(&settings_schema, &copy->settings, &model->settings);
	for (struct service *s = model->services; s; s = s->by_name.next)
		model_put(copy, service_copy(s));
	return copy;
}

static struct service *find_by_address(const struct model *model, const struct vip *address)
{
	for (struct service *s = model->services; s; s = s->by_name.next)
		if (vip_compare(&s->address, address) == 0)
			return s;
	return NULL;
}

struct service *model_find(const struct model *model, const char *name, struct error *err)
{
	struct service *service;
	struct vip address;

	HASH_FIND(by_name, model->services, name, strlen(name), service);
	if (!service && vip_parse(name, &address, NULL) == 0)
		service = find_by_address(model, &address);
	if (!service)
		error_set(err, -ENOENT, "no service '%s'", name);
	return service;
}

size_t model_count(const struct model *model)
{
	return HASH_CNT(by_name, model->services);
}

size_t model_count_backends(const struct model *model)
{
	size_t n = 0;

	for (const struct service *s = model->services; s; s = s->by_name.next)
		n += s->backends_count;
	return n;
}

void model_put(struct model *model, struct service *service)
{
	UT_hash_handle links;
	struct service *old, swap;

	HASH_FIND(by_name, model->services, service->name, strlen(service->name), old);
	if (!old) {
		HASH_ADD_KEYPTR(by_name, model->services, service->name, strlen(service->name),
				service);
		return;
	}
	/* exchange the contents, so that the service keeps its place in the order */
	links = old->by_name;
	swap = *old;
	*old = *service;
	old->by_name = links;
	*service = swap;
	service_free(service);
}

void model_remove(struct model *model, struct service *service)
{
	HASH_DELETE(by_name, model->services, service);
	service_free(service);
}

/* --- services --- */

static int name_validate(const char *name, const char *of, struct error *err)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t length = strlen(name);

	if (length < 1 || length > MODEL_NAME_MAX || strspn(name, allowed) != length ||
	    name[0] == '-' || name[0] == '.')
		return error_set(err, -EINVAL,
				 "'%.80s' is not a name of a %s; expected 1 to %d letters, "
				 "digits, '.', '_' or '-', not beginning with '.' or '-'",
				 name, of, MODEL_NAME_MAX);
	return 0;
}

int service_new(const char *name, struct service **ret, struct error *err)
{
	struct service *service;
	int r = name_validate(name, "service", err);

	if (r)
		return r;
	service = mem_zalloc(sizeof(*service));
	schema_init(&service_schema, service);
	memcpy(service->name, name, strlen(name));
	*ret = service;
	return 0;
}

struct service *service_free(struct service *service)
{
	if (!service)
		return NULL;
	service_clear_checks(service);
	for (size_t i = 0; i < service->backends_count; i++)
		schema_clear(&backend_schema, &service->backends[i]);
	schema_clear(&service_schema, service);
	free(service->checks);
	free(service->backends);
	free(service);
	return NULL;
}

struct service *service_copy(const struct service *service)
{
	struct service *copy = mem_zalloc(sizeof(*copy));

	memcpy(copy->name, service->name, sizeof(copy->name));
	schema_copy(&service_schema, copy, service);
	copy->checks_count = service->checks_count;
	copy->checks = mem_zalloc((copy->checks_count + 1) * sizeof(*copy->checks));
	for (size_t i = 0; i < copy->checks_count; i++) {
		memcpy(copy->checks[i].name, service->checks[i].name, sizeof(copy->checks[i].name));
		schema_copy(&check_schema, &copy->checks[i], &service->checks[i]);
	}
	copy->backends_count = service->backends_count;
	copy->backends = mem_zalloc((copy->backends_count + 1) * sizeof(*copy->backends));
	for (size_t i = 0; i < copy->backends_count; i++) {
		copy->backends[i].at = service->backends[i].at;
		schema_copy(&backend_schema, &copy->backends[i], &service->backends[i]);
	}
	return copy;
}

int service_add_check(struct service *service, const char *name, struct check **ret,
		      struct error *err)
{
	const struct schema_key *kind = schema_find(&check_schema, "kind");
	struct check *check;
	int r = name_validate(name, "check", err);

	if (r)
		return r;
	for (size_t i = 0; i < service->checks_count; i++)
		if (strcmp(service->checks[i].name, name) == 0)
			return error_set(err, -EEXIST, "check '%s' exists already in service '%s'",
					 name, service->name);
	if (service->checks_count == MODEL_CHECKS_MAX)
		return error_set(err, -ENOSPC,
				 "service '%s' has %d checks already, and may have no more",
				 service->name, MODEL_CHECKS_MAX);
	service->checks = mem_realloc(service->checks,
				      (service->checks_count + 1) * sizeof(*service->checks));
	check = &service->checks[service->checks_count++];
	memset(check, 0, sizeof(*check));
	schema_init(&check_schema, check);
	memcpy(check->name, name, strlen(name));
	if (schema_set(&check_schema, check, kind, name, NULL) == 0)
		check->set = 0; /* it follows from the name */
	*ret = check;
	return 0;
}

void service_clear_checks(struct service *service)
{
	for (size_t i = 0; i < service->checks_count; i++)
		schema_clear(&check_schema, &service->checks[i]);
	service->checks_count = 0;
}

/* Parse ADDR[:PORT] of a backend; the port defaults to the service's. */
static int backend_endpoint(const struct service *service, const char *address,
			    struct endpoint *ret, struct error *err)
{
	int r = endpoint_parse(address, ret, err);

	if (r == 0 && ret->port == 0)
		ret->port = service->address.at.port;
	return r;
}

static struct backend *backend_at(const struct service *service, const struct endpoint *at)
{
	for (size_t i = 0; i < service->backends_count; i++)
		if (endpoint_compare(&service->backends[i].at, at) == 0)
			return &service->backends[i];
	return NULL;
}

int service_add_backend(struct service *service, const char *address, struct backend **ret,
			struct error *err)
{
	struct backend *backend;
	struct endpoint at;
	int r = backend_endpoint(service, address, &at, err);

	if (r)
		return r;
	if (backend_at(service, &at))
		return error_set(err, -EEXIST, "backend %s exists already in service '%s'", address,
				 service->name);
	if (service->backends_count == MODEL_BACKENDS_MAX)
		return error_set(err, -ENOSPC,
				 "service '%s' has %d backends already, and may have no more",
				 service->name, MODEL_BACKENDS_MAX);
	service->backends = mem_realloc(service->backends,
					(service->backends_count + 1) * sizeof(*service->backends));
	backend = &service->backends[service->backends_count++];
	memset(backend, 0, sizeof(*backend));
	schema_init(&backend_schema, backend);
	backend->at = at;
	*ret = backend;
	return 0;
}

int service_find_backend(const struct service *service, const char *address, struct backend **ret,
			 struct error *err)
{
	char name[ENDPOINT_LEN];
	struct endpoint at;
	int r = backend_endpoint(service, address, &at, err);

	if (r)
		return r;
	*ret = backend_at(service, &at);
	if (!*ret) /* with the port: it may be the service's, unsaid */
		return error_set(err, -ENOENT, "no backend '%s' in service '%s'",
				 endpoint_format(&at, name), service->name);
	return 0;
}

void service_remove_backend(struct service *service, struct backend *backend)
{
	size_t i = backend - service->backends;

	schema_clear(&backend_schema, backend);
	memmove(backend, backend + 1, (service->backends_count - i - 1) * sizeof(*backend));
	service->backends_count--;
}

void service_complete(struct service *service)
{
	struct check *check;

	if (!service->checks_count)
		service_add_check(service,
				  service->address.protocol == IPPROTO_TCP ? "tcp" : "none", &check,
				  NULL);
}

enum admin backend_admin(const struct backend *backend)
{
	return backend->override != ADMIN_NO_OVERRIDE ? backend->override : backend->admin;
}

bool forward_keeps_port(enum shunt_forward forward)
{
	return forward != SHUNT_FORWARD_NAT && forward != SHUNT_FORWARD_FULLNAT;
}

enum shunt_forward backend_forward(const struct service *service, const struct backend *backend)
{
	return backend->forward != FORWARD_OF_SERVICE ? backend->forward : service->forward;
}

bool service_forwards_by(const struct service *service, enum shunt_forward forward)
{
	for (size_t i = 0; i < service->backends_count; i++)
		if (backend_forward(service, &service->backends[i]) == forward)
			return true;
	return service->forward == (int)forward;
}

const char *forward_name(enum shunt_forward forward)
{
	const struct schema_key *key = schema_find(&service_schema, "forward");

	return forward < key->names_count ? key->names[forward] : NULL;
}
