/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reconcile.c - wishes: services and backends come, change and go. See reconcile.h */
#include "daemon/reconcile.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/reconcile_internal.h"
#include "plan/slots.h"
#include "plan/tunnel.h"

struct reconciler *reconciler_new(sd_event *loop, struct dataplane *dp, struct net *net,
				  struct worker *worker, struct events *events,
				  const struct reconcile_hooks *hooks)
{
	struct reconciler *r = mem_zalloc(sizeof(*r));
	struct dataplane_info info;

	dataplane_info(dp, &info);
	*r = (struct reconciler){
		.loop = loop,
		.dp = dp,
		.net = net,
		.worker = worker,
		.events = events,
		.hooks = *hooks,
		.seed = info.seed,
	};
	return r;
}

void reconciler_set_checker(struct reconciler *r, struct checker_link *checker)
{
	r->checker = checker;
}

/* --- VIPs --- */

static struct vip_runtime *find_vip(struct reconciler *r, const struct ip_addr *addr)
{
	struct vip_runtime *vip;
	char key[IP_ADDR_LEN];

	ip_addr_format(addr, key);
	HASH_FIND(by_addr, r->vips, key, strlen(key), vip);
	return vip;
}

static int hold_vip(struct reconciler *r, const struct ip_addr *addr, struct error *err)
{
	struct vip_runtime *vip = find_vip(r, addr);
	int ret;

	if (!vip) {
		ret = dataplane_vip_set(r->dp, addr, r->drop_unmatched, err);
		if (ret)
			return ret;
		vip = mem_zalloc(sizeof(*vip));
		vip->addr = *addr;
		ip_addr_format(addr, vip->key);
		HASH_ADD_KEYPTR(by_addr, r->vips, vip->key, strlen(vip->key), vip);
	}
	vip->services++;
	return 0;
}

static void let_vip_go(struct reconciler *r, const struct ip_addr *addr)
{
	struct vip_runtime *vip = find_vip(r, addr);

	if (!vip || --vip->services)
		return;
	dataplane_vip_remove(r->dp, addr);
	HASH_DELETE(by_addr, r->vips, vip);
	free(vip);
}

/* The address goes before the service does: the director's own stack must not answer for it. */
static void withdraw_if_last(struct reconciler *r, const struct ip_addr *addr)
{
	struct vip_runtime *vip = find_vip(r, addr);

	if (vip && vip->services == 1 && r->hooks.vip_removed)
		r->hooks.vip_removed(addr, r->hooks.arg);
}

static void set_unmatched(struct reconciler *r, bool drop_unmatched)
{
	struct error err = {};

	r->drop_unmatched = drop_unmatched;
	for (struct vip_runtime *vip = r->vips; vip; vip = vip->by_addr.next)
		if (dataplane_vip_set(r->dp, &vip->addr, drop_unmatched, &err))
			log_error("VIP %s: %s", vip->key, err.text);
}

/* --- backends --- */

static struct backend_runtime *find_backend(const struct service_runtime *s,
					    const struct endpoint *at)
{
	for (size_t i = 0; i < s->backends_count; i++)
		if (endpoint_compare(&s->backends[i]->at, at) == 0)
			return s->backends[i];
	return NULL;
}

static struct backend_runtime *append_backend(struct service_runtime *s, const struct endpoint *at,
					      uint16_t number)
{
	struct backend_runtime *b = mem_zalloc(sizeof(*b));

	b->service = s;
	b->at = *at;
	b->number = number;
	s->backends = mem_realloc(s->backends,
				  (s->backends_count + 1) * sizeof(struct backend_runtime *));
	s->backends[s->backends_count++] = b;
	return b;
}

static int open_backend(struct service_runtime *s, const struct endpoint *at, struct error *err)
{
	uint16_t number;
	int r = dataplane_backend_open(s->entry, at, &number, err);

	if (r == 0)
		append_backend(s, at, number);
	return r;
}

/* A backend that the maps have from before: its last verdict holds until another comes, and it is
 * in its state since when it was. It leaves, unless the wish names it. */
static void adopt_backend(uint16_t number, const struct shunt_backend *entry, void *arg)
{
	const struct endpoint at = shunt_backend_endpoint(entry);
	struct backend_runtime *b;

	b = append_backend(arg, &at, number);
	b->forward = entry->forward;
	b->verdict = entry->verdict <= VERDICT_DOWN ? entry->verdict : VERDICT_UNKNOWN;
	b->state = entry->state < BACKEND_STATE_COUNT ? entry->state : BACKEND_CHECKING;
	b->since_s = entry->since_s;
	b->leaving = true;
}

static void free_backend(struct backend_runtime *b)
{
	struct reconciler *r = b->service->reconciler;

	reality_forget_checks(b);
	if (b->asked_way)
		net_release(r->net, &b->at.addr);
	free(b);
}

/* Its number goes back; the caller has made sure that no slot names it. */
void reconcile_drop_backend(struct backend_runtime *b)
{
	struct service_runtime *s = b->service;
	struct reconciler *r = s->reconciler;
	struct error err = {};
	size_t i = 0;

	if (dataplane_backend_remove(s->entry, b->number, &err))
		log_error("service %s: backend number %u: %s", s->name, b->number, err.text);
	while (s->backends[i] != b)
		i++;
	memmove(&s->backends[i], &s->backends[i + 1],
		(s->backends_count - i - 1) * sizeof(struct backend_runtime *));
	s->backends_count--;
	free_backend(b);
	reality_release_egress(r);
}

/* Those that have tunnel packets get them from the new addresses. */
static void set_tunnel_source(struct reconciler *r, const struct prefixes *source)
{
	r->tunnel_source = *source;
	for (struct service_runtime *s = r->services; s; s = s->by_vip.next)
		for (size_t i = 0; i < s->backends_count; i++)
			if (tunnel_is(s->backends[i]->forward) && !s->backends[i]->leaving)
				reality_ask_way(s->backends[i]);
}

void reconcile_settings(struct reconciler *r, const struct settings *settings)
{
	set_unmatched(r, settings->unmatched == UNMATCHED_DROP);
	set_tunnel_source(r, &settings->tunnel_source);
}

/* --- services --- */

static struct service_runtime *find_service(const struct reconciler *r, const struct vip *vip)
{
	struct service_runtime *s;
	char key[VIP_LEN];

	vip_format(vip, key);
	HASH_FIND(by_vip, r->services, key, strlen(key), s);
	return s;
}

void reconcile_free_service(struct service_runtime *s)
{
	for (size_t i = 0; i < s->backends_count; i++)
		free_backend(s->backends[i]);
	free(s->backends);
	sd_event_source_disable_unref(s->timer);
	free(s);
}

/* Take back a service that open_service() could not complete. */
static void abandon_service(struct service_runtime *s)
{
	if (s->entry && !s->adopted)
		dataplane_service_remove(s->entry, NULL);
	reconcile_free_service(s);
}

static int open_service(struct reconciler *r, const struct service *wish,
			struct service_runtime **ret, struct error *err)
{
	struct service_runtime *s = mem_zalloc(sizeof(*s));
	int e;

	s->reconciler = r;
	s->vip = wish->address;
	vip_format(&s->vip, s->key);
	e = dataplane_service_open(r->dp, &s->vip, wish->table_size, &s->entry, err);
	if (!e) {
		s->adopted = dataplane_service_published(s->entry);
		dataplane_backends(s->entry, adopt_backend, s);
		e = hold_vip(r, &s->vip.at.addr, err);
	}
	if (e) {
		abandon_service(s);
		return e;
	}
	HASH_ADD_KEYPTR(by_vip, r->services, s->key, strlen(s->key), s);
	*ret = s;
	return 0;
}

/* Give every wished backend a number. */
static int open_backends(struct service_runtime *s, const struct service *wish, struct error *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < wish->backends_count; i++)
		if (!find_backend(s, &wish->backends[i].at))
			r = open_backend(s, &wish->backends[i].at, err);
	return r ? error_prefix(err, "service '%s'", wish->name) : 0;
}

/* Those that open_backends() opened and that take_wish() has not seen. */
static void close_backends(struct service_runtime *s)
{
	for (size_t i = s->backends_count; i-- > 0;)
		if (!s->backends[i]->since_s && !s->backends[i]->leaving)
			reconcile_drop_backend(s->backends[i]);
}

/* Returns whether it gives up an address and port that another nat service may wait for. */
static bool take_backend(struct backend_runtime *b, const struct service *wish,
			 const struct backend *w)
{
	bool was_nat = b->forward == SHUNT_FORWARD_NAT;

	b->leaving = false;
	b->forward = backend_forward(wish, w);
	b->admin = backend_admin(w);
	b->weight = w->weight;
	b->backup = w->backup;
	reality_set_checks(b, wish->checks, wish->checks_count);
	reality_ask_way(b);
	return was_nat && b->forward != SHUNT_FORWARD_NAT;
}

/* Is a backend by fullnat, or a flow that is? Those stay with it whatever the wish says now. */
static bool has_fullnat(const struct service_runtime *s, const struct service *wish)
{
	if (service_forwards_by(wish, SHUNT_FORWARD_FULLNAT))
		return true;
	for (size_t i = 0; i < s->backends_count; i++)
		if (dataplane_backend_flows(s->entry, s->backends[i]->number))
			return true;
	return false;
}

static int publish(struct service_runtime *s, const struct service *wish, struct error *err)
{
	const struct dataplane_service_options options = {.forward = wish->forward,
							  .mss = (uint16_t)wish->mss,
							  .fullnat = has_fullnat(s, wish),
							  .toa = wish->toa};

	return dataplane_service_publish(s->entry, &options, err);
}

/* From here on nothing can fail. */
static void take_wish(struct service_runtime *s, const struct service *wish)
{
	struct error err = {};
	bool given_up = false;

	if (publish(s, wish, &err))
		log_error("%s", err.text);
	memcpy(s->name, wish->name, sizeof(s->name));
	s->forward = wish->forward;
	for (size_t i = 0; i < s->backends_count; i++)
		s->backends[i]->leaving = true;
	for (size_t i = 0; i < wish->backends_count; i++) {
		const struct backend *w = &wish->backends[i];

		given_up |= take_backend(find_backend(s, &w->at), wish, w);
	}
	for (size_t i = 0; i < s->backends_count; i++)
		if (s->backends[i]->leaving) {
			reality_forget_checks(s->backends[i]);
			reality_update(s->backends[i]);
		}
	tables_mark(s, false);
	if (given_up)
		reality_write_waiting(s->reconciler);
}

int reconcile_accepts(const struct reconciler *r, const struct service *wish, struct error *err)
{
	const struct service_runtime *s = find_service(r, &wish->address);

	if (!s || dataplane_slots_count(s->entry) == wish->table_size)
		return 0;
	return error_set(err, -EBUSY,
			 "service '%s': table_size cannot change from %u to %u while the service "
			 "has slots; remove it and add it anew",
			 wish->name, dataplane_slots_count(s->entry), wish->table_size);
}

int reconcile_prepare(struct reconciler *r, const struct service *wish, struct error *err)
{
	struct service_runtime *s = find_service(r, &wish->address);
	int e = reconcile_accepts(r, wish, err);

	if (!e && !s)
		e = open_service(r, wish, &s, err);
	if (e)
		return e;
	e = open_backends(s, wish, err);
	if (!e && !dataplane_service_published(s->entry))
		e = publish(s, wish, err);
	if (e)
		reconcile_cancel(r, wish);
	return e;
}

void reconcile_cancel(struct reconciler *r, const struct service *wish)
{
	struct service_runtime *s = find_service(r, &wish->address);

	if (*s->name || s->adopted) /* what forwarded before goes on */
		close_backends(s);
	else
		reconcile_remove(r, &wish->address);
}

void reconcile_take(struct reconciler *r, const struct service *wish)
{
	take_wish(find_service(r, &wish->address), wish);
}

void reconcile_remove(struct reconciler *r, const struct vip *vip)
{
	struct service_runtime *s = find_service(r, vip);
	struct error err = {};
	char key[32 + MODEL_NAME_MAX];

	if (!s)
		return;
	withdraw_if_last(r, &vip->at.addr);
	if (dataplane_service_remove(s->entry, &err))
		log_error("service %s: %s", s->name, err.text);
	let_vip_go(r, &vip->at.addr);
	snprintf(key, sizeof(key), "empty:%s", s->key);
	events_clear(r->events, key);
	HASH_DELETE(by_vip, r->services, s);
	for (size_t i = 0; i < s->backends_count; i++)
		reality_forget_checks(s->backends[i]);
	if (s->building)
		s->removed = true;
	else
		reconcile_free_service(s);
	reality_release_egress(r);
	reality_write_waiting(r);
	tables_retire(r);
}

size_t reconcile_remove_unwished(struct reconciler *r)
{
	size_t removed = dataplane_remove_unopened(r->dp);

	reality_write_waiting(r);
	tables_retire(r);
	return removed;
}

void reconciler_quiet(struct reconciler *r)
{
	if (r)
		r->closing = true;
}

struct reconciler *reconciler_free(struct reconciler *r)
{
	struct service_runtime *s, *next;
	struct vip_runtime *vip, *next_vip;

	if (!r)
		return NULL;
	r->checker = NULL;
	HASH_ITER (by_vip, r->services, s, next) {
		HASH_DELETE(by_vip, r->services, s);
		reconcile_free_service(s);
	}
	HASH_ITER (by_addr, r->vips, vip, next_vip) {
		HASH_DELETE(by_addr, r->vips, vip);
		free(vip);
	}
	free(r);
	return NULL;
}

/* --- looking --- */

const struct service_runtime *reconcile_service(const struct reconciler *r, const struct vip *vip)
{
	return find_service(r, vip);
}

const struct backend_runtime *reconcile_backend(const struct service_runtime *service,
						const struct endpoint *at)
{
	return find_backend(service, at);
}

const struct service_runtime *reconcile_services(const struct reconciler *r)
{
	return r->services;
}

bool reconcile_settled(const struct reconciler *r)
{
	for (const struct service_runtime *s = r->services; s; s = s->by_vip.next) {
		if (s->dirty || s->building)
			return false;
		for (size_t i = 0; i < s->backends_count; i++)
			if (s->backends[i]->state == BACKEND_CHECKING ||
			    s->backends[i]->state == BACKEND_UNREACHABLE)
				return false;
	}
	return true;
}
