/* SPDX-License-Identifier: GPL-2.0-or-later */
/* validate.c - is a service right in itself, and beside the others? See model.h */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "model/model.h"

/* --- a service in itself --- */

/* A tunnel takes any family in any; the others put the packet itself on the backend's link. */
static int family_validate(const struct service *service, const struct backend *backend,
			   const char *at, struct error *err)
{
	enum shunt_forward forward = backend_forward(service, backend);
	int family = service->address.at.addr.family, other = backend->at.addr.family;
	char vip[VIP_LEN];

	if (family == other || forward == SHUNT_FORWARD_IPIP || forward == SHUNT_FORWARD_GUE)
		return 0;
	return error_set(err, -EINVAL,
			 "backend %s is an %s address and service '%s' is %s (%s); expected the "
			 "same family with forward = %s, or forward = ipip or gue",
			 at, ip_family_name(other), service->name, ip_family_name(family),
			 vip_format(&service->address, vip), forward_name(forward));
}

static int port_validate(const struct service *service, const struct backend *backend,
			 const char *at, struct error *err)
{
	enum shunt_forward forward = backend_forward(service, backend);
	uint16_t port = service->address.at.port;

	if (backend->at.port == port)
		return 0;
	if (!port)
		return error_set(err, -EINVAL,
				 "backend %s: a service on every port keeps each packet's; "
				 "expected an address without a port",
				 at);
	if (forward_keeps_port(forward))
		return error_set(err, -EINVAL,
				 "backend %s: forward = %s does not translate ports; "
				 "expected port %u, or forward = nat or fullnat",
				 at, forward_name(forward), port);
	return 0;
}

int service_validate_backend(const struct service *service, const struct backend *backend,
			     struct error *err)
{
	char at[ENDPOINT_LEN];
	int r;

	endpoint_format(&backend->at, at);
	r = family_validate(service, backend, at, err);
	if (!r)
		r = port_validate(service, backend, at, err);
	if (!r && ip_addr_compare(&backend->at.addr, &service->address.at.addr) == 0)
		r = error_set(err, -EINVAL,
			      "backend %s is the service's own VIP; expected the server's "
			      "own address",
			      at);
	return r ? r : ip_addr_validate(&backend->at.addr, "backend", err);
}

/* Is the service, whose address may be missing still, one on every port? */
static bool has_every_port(const struct service *service)
{
	return service->address.protocol && !service->address.at.port;
}

int service_validate_check(const struct service *service, const struct check *check,
			   struct error *err)
{
	const struct schema_key *kind = schema_find(&check_schema, "kind");

	if (!schema_is_set(&check_schema, check, kind) && schema_test(kind, check->name, NULL))
		return error_set(err, -EINVAL,
				 "check '%s' of service '%s' has no kind, and its name is none; "
				 "expected kind = %s",
				 check->name, service->name, kind->arg);
	if (check->kind != CHECK_NONE && !check->port && has_every_port(service))
		return error_set(err, -EINVAL,
				 "check '%s' of service '%s': a service on every port has none to "
				 "check; expected port = N or kind = none",
				 check->name, service->name);
	return 0;
}

/* What is said of TCP alone, and of fullnat alone. */
static int options_validate(const struct service *service, struct error *err)
{
	bool tcp = service->address.protocol == IPPROTO_TCP;

	if (service->mss != MSS_OFF && !tcp)
		return error_set(err, -EINVAL,
				 "service '%s': mss is of TCP alone; expected mss = off, or an "
				 "address like tcp:192.0.2.10:80",
				 service->name);
	if (service->toa && !tcp)
		return error_set(err, -EINVAL,
				 "service '%s': toa is an option of TCP; expected toa = false, or "
				 "an address like tcp:192.0.2.10:80",
				 service->name);
	if (service->toa && !service_forwards_by(service, SHUNT_FORWARD_FULLNAT))
		return error_set(err, -EINVAL,
				 "service '%s': toa needs forward = fullnat; in the other modes "
				 "backends see the client's address",
				 service->name);
	return 0;
}

int service_validate(const struct service *service, struct error *err)
{
	const struct schema_key *missing = schema_missing(&service_schema, service);
	int r;

	if (missing)
		return error_set(err, -EINVAL, "service '%s' has no %s; expected %s", service->name,
				 missing->name, missing->help);
	r = ip_addr_validate(&service->address.at.addr, "VIP", err);
	if (!r)
		r = options_validate(service, err);
	for (size_t i = 0; !r && i < service->checks_count; i++)
		r = service_validate_check(service, &service->checks[i], err);
	for (size_t i = 0; !r && i < service->backends_count; i++)
		r = service_validate_backend(service, &service->backends[i], err);
	return r;
}

/* --- services beside each other --- */

/* Would nat not know whose reply comes from there? */
static bool nat_clashes(const struct service *a, const struct backend *of_a,
			const struct service *b, const struct backend *of_b)
{
	bool port = of_a->at.port == of_b->at.port || !of_a->at.port || !of_b->at.port;

	return port && ip_addr_compare(&of_a->at.addr, &of_b->at.addr) == 0 &&
	       backend_forward(a, of_a) == SHUNT_FORWARD_NAT &&
	       backend_forward(b, of_b) == SHUNT_FORWARD_NAT;
}

/* nat puts a reply back by (backend, port, protocol) alone, so these belong to one service. */
static int nat_accepts(const struct service *a, const struct service *b, struct error *err)
{
	char at[ENDPOINT_LEN];

	if (a->address.protocol != b->address.protocol)
		return 0;
	for (size_t i = 0; i < a->backends_count; i++)
		for (size_t j = 0; j < b->backends_count; j++)
			if (nat_clashes(a, &a->backends[i], b, &b->backends[j]))
				return error_set(err, -EEXIST,
						 "backend %s is already one of nat service '%s'; "
						 "replies could not be told apart, expected "
						 "another port or forward",
						 endpoint_format(&b->backends[j].at, at), b->name);
	return 0;
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

static bool pool_has(const struct settings *settings, const struct ip_addr *addr)
{
	for (size_t i = 0; i < settings->fullnat_pool.n; i++)
		if (ip_addr_compare(&settings->fullnat_pool.v[i].addr, addr) == 0)
			return true;
	return false;
}

/* Do the settings have what the service needs, and nothing that is the service's? */
static int settings_accept(const struct settings *settings, const struct service *service,
			   struct error *err)
{
	const struct ip_addr *vip = &service->address.at.addr;
	char text[IP_ADDR_LEN];
	bool has = false;

	for (size_t i = 0; i < settings->tunnel_source.n; i++)
		if (ip_prefix_contains(&settings->tunnel_source.v[i], vip))
			return error_set(
				err, -EINVAL,
				"VIP %s is in tunnel_source; expected addresses there that "
				"are no VIPs, so that errors about the path come back to "
				"whom they tell something",
				ip_addr_format(vip, text));
	for (size_t i = 0; i < settings->fullnat_pool.n; i++)
		has |= settings->fullnat_pool.v[i].addr.family == vip->family;
	if (pool_has(settings, vip))
		return error_set(err, -EINVAL,
				 "VIP %s is in fullnat_pool; expected addresses there that are no "
				 "VIPs",
				 ip_addr_format(vip, text));
	for (size_t i = 0; i < service->backends_count; i++) {
		const struct ip_addr *addr = &service->backends[i].at.addr;

		if (pool_has(settings, addr))
			return error_set(err, -EINVAL,
					 "backend %s is in fullnat_pool; expected addresses there "
					 "that are the director's alone",
					 ip_addr_format(addr, text));
	}
	if (has || !service_forwards_by(service, SHUNT_FORWARD_FULLNAT))
		return 0;
	return error_set(err, -EINVAL,
			 "forward = fullnat takes source addresses from fullnat_pool; expected an "
			 "%s address in that setting of the config file",
			 ip_family_name(vip->family));
}

/* Does the pool fit? */
static int settings_validate(const struct settings *settings, struct error *err)
{
	const struct port_range *ports = &settings->fullnat_ports;
	uint64_t needed = 2ULL * settings->fullnat_pool.n * (ports->high - ports->low + 1u);

	if (needed <= settings->ports_max)
		return 0;
	return error_set(err, -EINVAL,
			 "fullnat_pool: %zu addresses with fullnat_ports %u-%u need %llu ports, "
			 "TCP's and UDP's; expected fewer, or ports_max = %llu or more",
			 settings->fullnat_pool.n, ports->low, ports->high,
			 (unsigned long long)needed, (unsigned long long)needed);
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
	int r = settings_accept(&model->settings, service, err);

	if (r)
		return r;
	for (struct service *s = model->services; s; s = s->by_name.next) {
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
 * One of the endpoints that no two services may share (and none has twice). Sorted, those that can
 * clash stand together, so that the whole model is checked in n log n.
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

/* Of all clashes the one whose later service is the first in the model. */
struct clash {
	const struct claim *later, *owner;
};

static void clash_note(struct clash *clash, const struct claim *a, const struct claim *b)
{
	const struct claim *later = a->place > b->place ? a : b;

	if (!clash->later || later->place < clash->later->place)
		*clash = (struct clash){later, later == a ? b : a};
}

static bool same_host(const struct claim *a, const struct claim *b)
{
	return a->at.protocol == b->at.protocol &&
	       ip_addr_compare(&a->at.at.addr, &b->at.at.addr) == 0;
}

/*
 * The first service, in the model's order, that claims what an earlier one (@ret_owner) has.
 * @every: who claims port 0 claims every port of that address; it is sorted to the front.
 */
static const struct service *claims_conflict(struct claim *claims, size_t n, bool every,
					     const struct service **ret_owner)
{
	struct clash clash = {};
	size_t host = 0; /* the first claim of this protocol and address */

	qsort(claims, n, sizeof(*claims), claim_compare);
	for (size_t i = 1; i < n; i++) {
		if (!same_host(&claims[host], &claims[i]))
			host = i;
		if (vip_compare(&claims[i].at, &claims[i - 1].at) == 0)
			clash_note(&clash, &claims[i], &claims[i - 1]);
		else if (every && host < i && !claims[host].at.at.port)
			clash_note(&clash, &claims[i], &claims[host]);
	}
	if (!clash.later)
		return NULL;
	*ret_owner = clash.owner->service;
	return clash.later->service;
}

static size_t claims_of_vips(const struct model *model, struct claim *ret)
{
	size_t n = 0;

	for (const struct service *s = model->services; s; s = s->by_name.next, n++)
		ret[n] = (struct claim){s->address, n, s};
	return n;
}

static size_t claims_of_nat(const struct model *model, struct claim *ret)
{
	size_t n = 0, place = 0;

	for (const struct service *s = model->services; s; s = s->by_name.next, place++)
		for (size_t i = 0; i < s->backends_count; i++)
			if (backend_forward(s, &s->backends[i]) == SHUNT_FORWARD_NAT)
				ret[n++] = (struct claim){
					{s->address.protocol, s->backends[i].at}, place, s};
	return n;
}

static int claims_validate(const struct model *model, const struct service **ret_bad,
			   struct error *err)
{
	size_t room = model_count(model) + model_count_backends(model) + 1;
	struct claim *claims = mem_zalloc(room * sizeof(*claims));
	const struct service *bad, *owner = NULL;

	bad = claims_conflict(claims, claims_of_vips(model, claims), false, &owner);
	if (!bad)
		bad = claims_conflict(claims, claims_of_nat(model, claims), true, &owner);
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
	int r = settings_validate(&model->settings, err);

	*ret_bad = NULL;
	if (r)
		return r;
	for (const struct service *s = model->services; s; last = s, s = s->by_name.next) {
		r = service_validate(s, err);
		if (!r)
			r = settings_accept(&model->settings, s, err);
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

	if (r && bad)
		error_prefix(err, "service '%s'", bad->name);
	return r;
}
