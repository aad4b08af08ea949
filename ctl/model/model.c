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

static const struct endpoint *shared_backend(const struct service *a, const struct service *b)
{
	for (size_t i = 0; i < a->backends_count; i++)
		for (size_t j = 0; j < b->backends_count; j++)
			if (endpoint_compare(&a->backends[i].at, &b->backends[j].at) == 0)
				return &a->backends[i].at;
	return NULL;
}

/* nat puts a reply back by (backend, port, protocol) alone, so these belong to one service. */
static int nat_accepts(const struct service *a, const struct service *b, struct error *err)
{
	const struct endpoint *shared;
	char at[ENDPOINT_LEN];

	if (a->forward != SHUNT_FORWARD_NAT || b->forward != SHUNT_FORWARD_NAT ||
	    a->address.protocol != b->address.protocol)
		return 0;
	shared = shared_backend(a, b);
	if (!shared)
		return 0;
	return error_set(err, -EEXIST,
			 "backend %s is already one of nat service '%s'; replies could not be told "
			 "apart, expected another port or forward = dr",
			 endpoint_format(shared, at), b->name);
}

/* May the two stand in one model? */
static int service_accepts(const struct service *service, const struct service *other,
			   struct error *err)
{
	char vip[VIP_LEN];

	if (vip_compare(&other->address, &service->address) == 0)
		return error_set(err, -EEXIST, "address %s is that of service '%s' already",
				 vip_format(&service->address, vip), other->name);
	return nat_accepts(service, other, err);
}

static int no_room(struct error *err)
{
	return error_set(err, -ENOSPC, "there are %d services already, and no room for another",
			 SHUNT_SERVICES_MAX);
}

int model_accepts(const struct model *model, const struct service *service, const char *replaces,
		  struct error *err)
{
	size_t others = 0;

	for (struct service *s = model->services; s; s = s->by_name.next) {
		int r;

		if (replaces && strcmp(s->name, replaces) == 0)
			continue;
		others++;
		if (strcmp(s->name, service->name) == 0)
			return error_set(err, -EEXIST, "service '%s' exists already",
					 service->name);
		r = service_accepts(service, s, err);
		if (r)
			return r;
	}
	return others >= SHUNT_SERVICES_MAX ? no_room(err) : 0;
}

/*
 * One of the endpoints that no two services may share (and none has twice). Sorted, equal ones are
 * neighbours, so that the whole model is checked in n log n.
 */
struct claim {
	struct vip at;
	size_t place; /* of the service in the model */
	const struct service *service;
};

static int claim_compare(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int c = vip_compare(&x->at, &y->at);

	return c ? c : (x->place > y->place) - (x->place < y->place);
}

/* The first service, in the model's order, that claims what an earlier one (@ret_owner) has. */
static const struct service *claims_conflict(struct claim *claims, size_t n,
					     const struct service **ret_owner)
{
	const struct claim *later = NULL;

	qsort(claims, n, sizeof(*claims), claim_compare);
	for (size_t i = 1; i < n; i++) {
		const struct claim *c = &claims[i];

		if (vip_compare(&c->at, &c[-1].at) == 0 && (!later || c->place < later->place)) {
			later = c;
			*ret_owner = c[-1].service;
		}
	}
	return later ? later->service : NULL;
}

/* The VIPs of all services, or (@nat) the backends of the nat services. */
static size_t claims_collect(const struct model *model, bool nat, struct claim *ret)
{
	size_t n = 0, place = 0;

	for (const struct service *s = model->services; s; s = s->by_name.next, place++) {
		if (!nat)
			ret[n++] = (struct claim){s->address, place, s};
		for (size_t i = 0; nat && s->forward == SHUNT_FORWARD_NAT && i < s->backends_count;
		     i++)
			ret[n++] =
				(struct claim){{s->address.protocol, s->backends[i].at}, place, s};
	}
	return n;
}

static int claims_validate(const struct model *model, const struct service **ret_bad,
			   struct error *err)
{
	size_t room = model_count(model) + 1;
	const struct service *bad, *owner = NULL;
	struct claim *claims;

	for (const struct service *s = model->services; s; s = s->by_name.next)
		room += s->backends_count;
	claims = mem_zalloc(room * sizeof(*claims));
	bad = claims_conflict(claims, claims_collect(model, false, claims), &owner);
	if (!bad)
		bad = claims_conflict(claims, claims_collect(model, true, claims), &owner);
	free(claims);
	if (!bad)
		return 0;
	*ret_bad = bad;
	return service_accepts(bad, owner, err);
}

int model_validate_find(const struct model *model, const struct service **ret_bad,
			struct error *err)
{
	const struct service *last = NULL;
	int r;

	for (const struct service *s = model->services; s; last = s, s = s->by_name.next) {
		r = service_validate(s, err);
		if (r) {
			*ret_bad = s;
			return r;
		}
	}
	if (model_count(model) > SHUNT_SERVICES_MAX) {
		*ret_bad = last;
		return no_room(err);
	}
	return claims_validate(model, ret_bad, err);
}

int model_validate(const struct model *model, struct error *err)
{
	const struct service *bad;
	int r = model_validate_find(model, &bad, err);

	if (r)
		error_prefix(err, "service '%s'", bad->name);
	return r;
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

static const char *family_name(int family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

static int address_validate(const struct ip_addr *addr, const char *what, struct error *err)
{
	char text[IP_ADDR_LEN];
	uint32_t host = ntohl(addr->v4.s_addr);

	if (addr->family != AF_INET)
		return error_set(err, -EINVAL,
				 "%s %s: this version forwards IPv4 only; expected an IPv4 "
				 "address",
				 what, ip_addr_format(addr, text));
	if (host == 0 || IN_MULTICAST(host) || host == INADDR_BROADCAST || host >> 24 == 127)
		return error_set(err, -EINVAL,
				 "%s %s cannot be forwarded; expected a unicast address", what,
				 ip_addr_format(addr, text));
	return 0;
}

int service_validate_backend(const struct service *service, const struct backend *backend,
			     struct error *err)
{
	const struct endpoint *vip = &service->address.at;
	char at[ENDPOINT_LEN];

	endpoint_format(&backend->at, at);
	if (backend->at.addr.family != vip->addr.family)
		return error_set(err, -EINVAL,
				 "backend %s is an %s address and service '%s' is %s; "
				 "expected the same family",
				 at, family_name(backend->at.addr.family), service->name,
				 family_name(vip->addr.family));
	if (service->forward == SHUNT_FORWARD_DR && backend->at.port != vip->port)
		return error_set(err, -EINVAL,
				 "backend %s: forward = dr does not translate ports; "
				 "expected port %u, or forward = nat",
				 at, vip->port);
	if (ip_addr_compare(&backend->at.addr, &vip->addr) == 0)
		return error_set(err, -EINVAL,
				 "backend %s is the service's own VIP; expected the server's "
				 "own address",
				 at);
	return address_validate(&backend->at.addr, "backend", err);
}

int service_validate_check(const struct service *service, const struct check *check,
			   struct error *err)
{
	const struct schema_key *kind = schema_find(&check_schema, "kind");

	if (schema_is_set(&check_schema, check, kind) || schema_test(kind, check->name, NULL) == 0)
		return 0;
	return error_set(err, -EINVAL,
			 "check '%s' of service '%s' has no kind, and its name is none; "
			 "expected kind = %s",
			 check->name, service->name, kind->arg);
}

int service_validate(const struct service *service, struct error *err)
{
	const struct schema_key *missing = schema_missing(&service_schema, service);
	int r;

	if (missing)
		return error_set(err, -EINVAL, "service '%s' has no %s; expected %s", service->name,
				 missing->name, missing->help);
	r = address_validate(&service->address.at.addr, "VIP", err);
	for (size_t i = 0; !r && i < service->checks_count; i++)
		r = service_validate_check(service, &service->checks[i], err);
	for (size_t i = 0; !r && i < service->backends_count; i++)
		r = service_validate_backend(service, &service->backends[i], err);
	return r;
}

enum admin backend_admin(const struct backend *backend)
{
	return backend->override != ADMIN_NO_OVERRIDE ? backend->override : backend->admin;
}
