/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reality.c - what checks, routes and neighbours say of the backends. See reconcile.h */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/reconcile_internal.h"
#include "plan/tunnel.h"

static uint64_t realtime_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- the entry in the data plane --- */

/* Where the packets around the clients' come from. */
static void fill_source(struct backend_runtime *b, struct shunt_backend *entry)
{
	const struct prefixes *setting = &b->service->reconciler->tunnel_source;
	struct ip_prefix source;
	bool found = tunnel_source(setting, b->at.addr.family, &b->hop.source, &source);

	b->no_source = tunnel_is(b->forward) && b->hop.resolved && !found;
	if (!tunnel_is(b->forward) || !found)
		return;
	entry->source = shunt_addr_of(&source.addr);
	entry->flags &= SHUNT_BACKEND_V6;
	entry->flags |= ip_prefix_free_bits(&source) << SHUNT_BACKEND_SOURCE_BITS;
}

static void fill_way(const struct backend_runtime *b, struct shunt_backend *entry)
{
	entry->ifindex = b->hop.ifindex;
	memcpy(entry->dmac, b->hop.dmac, sizeof(entry->dmac));
	memcpy(entry->smac, b->hop.smac, sizeof(entry->smac));
	entry->vlan = b->hop.vlan;
	entry->vlan_inner = b->hop.vlan_inner;
	entry->mtu = tunnel_room(b->forward, b->at.addr.family,
				 path_mtu_limit(&b->path_mtu, b->hop.mtu));
}

/* Without a way, what worked last stays: the slots turn away, and for the last packets a neighbour
 * that may have gone is better than none. */
static void keep_way(const struct shunt_backend *old, struct shunt_backend *entry)
{
	entry->ifindex = old->ifindex;
	memcpy(entry->dmac, old->dmac, sizeof(entry->dmac));
	memcpy(entry->smac, old->smac, sizeof(entry->smac));
	entry->vlan = old->vlan;
	entry->vlan_inner = old->vlan_inner;
	entry->mtu = old->mtu;
	entry->source = old->source;
	entry->flags = old->flags;
}

/* A way has the room and the source that its mode needed. */
static bool way_serves(const struct shunt_backend *old, const struct backend_runtime *b)
{
	return tunnel_overhead((enum shunt_forward)old->forward, b->at.addr.family) ==
	       tunnel_overhead(b->forward, b->at.addr.family);
}

static void write_entry(struct backend_runtime *b)
{
	struct shunt_backend entry = {
		.forward = (uint8_t)b->forward,
		.verdict = (uint8_t)b->verdict,
		.state = (uint8_t)b->state,
		.since_s = b->since_s,
		.flags = b->at.addr.family == AF_INET6 ? SHUNT_BACKEND_V6 : 0,
		.addr = shunt_addr_of(&b->at.addr),
		.port = htons(b->at.port),
	};
	struct shunt_backend old;
	struct error err = {};
	int r;

	if (b->hop.resolved)
		fill_way(b, &entry);
	else if (dataplane_backend_read(b->service->entry, b->number, &old) && way_serves(&old, b))
		keep_way(&old, &entry);
	fill_source(b, &entry);
	r = dataplane_backend_write(b->service->entry, b->number, &entry, &err);
	b->way_known = entry.ifindex != 0;
	/* what stood in its way may be on its way out: tried again when something is removed */
	b->unwritten = r != 0;
	if (r && r != -EEXIST)
		log_error("service %s: %s", b->service->name, err.text);
}

/* --- state --- */

/* A way that worked before (an earlier daemon's) holds while its neighbour is only being asked. */
static bool reachable(const struct backend_runtime *b)
{
	return !b->unwritten && !b->no_source &&
	       (b->hop.resolved || (b->hop.pending && b->way_known));
}

struct eligible_facts reality_facts(const struct backend_runtime *b)
{
	return (struct eligible_facts){
		.admin = b->admin,
		.weight = b->weight,
		.backup = b->backup,
		.leaving = b->leaving,
		.verdict = b->verdict,
		.reachable = reachable(b),
	};
}

/* The check that speaks for the backend: the first that agrees with its verdict and has reported.
 */
static const struct check_runtime *speaker(const struct backend_runtime *b)
{
	for (size_t i = 0; i < b->checks_count; i++)
		if (b->checks[i]->reported && b->checks[i]->spec.verdict == b->verdict)
			return b->checks[i];
	return NULL;
}

/* The last result explains the state, unless it is one of the few that do not change it yet. */
static const char *check_reason(const struct backend_runtime *b, const struct check_runtime *check)
{
	if (b->state == BACKEND_UP && !check->last.passed)
		return "fails, fall not reached";
	if (b->state == BACKEND_DOWN && check->last.passed)
		return "succeeds, rise not reached";
	return check->last.reason;
}

static const char *unreachable_reason(const struct backend_runtime *b)
{
	if (b->unwritten)
		return "its address and port still belong to another nat service";
	if (b->no_source)
		return "no address of this host to send tunnel packets from; set tunnel_source";
	return b->hop.reason;
}

const char *reality_reason(const struct backend_runtime *b)
{
	const struct check_runtime *check = speaker(b);

	switch (b->state) {
	case BACKEND_DISABLED:
		return "asked for";
	case BACKEND_DRAINING:
		return b->leaving ? "removed" : b->weight ? "asked for" : "weight 0";
	case BACKEND_UNREACHABLE:
		return unreachable_reason(b);
	default:
		return check             ? check_reason(b, check)
		       : b->checks_count ? "no result yet"
					 : "not checked";
	}
}

static bool worth_telling(enum backend_state from, enum backend_state to)
{
	/* a new backend waits for its neighbour and its first check: no news */
	return to != BACKEND_CHECKING && !(from == BACKEND_CHECKING && to == BACKEND_UNREACHABLE);
}

static void tell(const struct backend_runtime *b, enum backend_state from)
{
	const char *reason = reality_reason(b), *service = b->service->name;
	enum event_level level = b->state == BACKEND_DOWN || b->state == BACKEND_UNREACHABLE
					 ? EVENT_WARNING
					 : EVENT_INFO;
	char at[ENDPOINT_LEN];

	endpoint_format(&b->at, at);
	events_add(b->service->reconciler->events, level, "backend", service, at,
		   "%s of %s: %s -> %s%s%s", at, service, backend_state_names[from],
		   backend_state_names[b->state], *reason ? ": " : "", reason);
}

void reality_update(struct backend_runtime *b)
{
	struct eligible_facts facts = reality_facts(b);
	enum backend_state from = b->state;

	b->state = eligible_state(&facts);
	if (b->since_s && b->state == from)
		return;
	if (b->since_s && !b->leaving && worth_telling(from, b->state))
		tell(b, from);
	b->since_s = realtime_us() / 1000000;
	if (b->asked_way)
		write_entry(b);
	tables_mark(b->service, true);
}

/* --- ways --- */

static bool same_hop(const struct net_hop *a, const struct net_hop *b)
{
	return a->resolved == b->resolved && a->ifindex == b->ifindex && a->vlan == b->vlan &&
	       a->vlan_inner == b->vlan_inner && a->mtu == b->mtu &&
	       ip_addr_compare(&a->source, &b->source) == 0 &&
	       memcmp(a->dmac, b->dmac, sizeof(a->dmac)) == 0 &&
	       memcmp(a->smac, b->smac, sizeof(a->smac)) == 0;
}

/* The way, if packets can leave by its interface. */
static void find_way(struct backend_runtime *b)
{
	struct reconciler *r = b->service->reconciler;
	struct error err = {};

	net_resolve(r->net, &b->at.addr, &b->hop);
	if (!b->hop.resolved || !r->egress || !r->hooks.egress ||
	    r->hooks.egress(b->hop.ifindex, &err, r->hooks.arg) == 0)
		return;
	b->hop.resolved = b->hop.pending = false;
	snprintf(b->hop.reason, sizeof(b->hop.reason), "%.*s", (int)sizeof(b->hop.reason) - 1,
		 err.text);
}

static bool sends_by(const struct service_runtime *s, uint32_t ifindex)
{
	for (size_t i = 0; i < s->backends_count; i++) {
		struct shunt_backend entry;

		if (dataplane_backend_read(s->entry, s->backends[i]->number, &entry) &&
		    entry.ifindex == ifindex)
			return true;
	}
	return false;
}

void reality_release_egress(struct reconciler *r)
{
	struct dataplane_link egresses[SHUNT_LINKS_MAX];
	size_t n = r->egress ? dataplane_egresses(r->dp, egresses, ARRAY_SIZE(egresses)) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct service_runtime *s = r->services;

		while (s && !sends_by(s, egresses[i].ifindex))
			s = s->by_vip.next;
		if (!s && r->hooks.egress_unused)
			r->hooks.egress_unused(egresses[i].ifindex, r->hooks.arg);
	}
}

void reality_ask_way(struct backend_runtime *b)
{
	struct net *net = b->service->reconciler->net;

	if (!b->asked_way)
		net_hold(net, &b->at.addr); /* other services may have the same server */
	b->asked_way = true;
	find_way(b);
	write_entry(b);
	reality_update(b);
}

void reconcile_net(struct reconciler *r)
{
	reality_release_egress(r); /* gone ones too, whose number may have been given again */
	for (struct service_runtime *s = r->services; s; s = s->by_vip.next)
		for (size_t i = 0; i < s->backends_count; i++) {
			struct backend_runtime *b = s->backends[i];
			struct net_hop before = b->hop;

			if (b->leaving)
				continue;
			find_way(b);
			if (!same_hop(&before, &b->hop))
				write_entry(b);
			reality_update(b);
		}
	reality_release_egress(r);
}

void reconcile_egress(struct reconciler *r)
{
	r->egress = true;
	reconcile_net(r);
}

static bool learn_path_mtu(struct backend_runtime *b, uint32_t mtu, uint64_t now_ms)
{
	int family = b->at.addr.family;
	uint32_t least = tunnel_least(b->forward, family, b->service->vip.at.addr.family);

	return path_mtu_learn(&b->path_mtu, family, mtu < least ? least : mtu, b->hop.mtu, now_ms);
}

/* Only a tunnel's packets are the director's own to make shorter: of others the client is told. */
void reconcile_path_mtu(struct reconciler *r, const struct ip_addr *to, uint32_t mtu,
			uint64_t now_ms)
{
	for (struct service_runtime *s = r->services; s; s = s->by_vip.next)
		for (size_t i = 0; i < s->backends_count; i++) {
			struct backend_runtime *b = s->backends[i];

			if (tunnel_is(b->forward) && ip_addr_compare(&b->at.addr, to) == 0 &&
			    learn_path_mtu(b, mtu, now_ms))
				write_entry(b);
		}
}

void reconcile_path_mtus_expire(struct reconciler *r, uint64_t now_ms)
{
	for (struct service_runtime *s = r->services; s; s = s->by_vip.next)
		for (size_t i = 0; i < s->backends_count; i++)
			if (path_mtu_expire(&s->backends[i]->path_mtu, now_ms))
				write_entry(s->backends[i]);
}

void reality_write_waiting(struct reconciler *r)
{
	for (struct service_runtime *s = r->services; s; s = s->by_vip.next)
		for (size_t i = 0; i < s->backends_count; i++)
			if (s->backends[i]->unwritten && !s->backends[i]->leaving) {
				write_entry(s->backends[i]);
				reality_update(s->backends[i]);
			}
}

/* --- checks --- */

static enum protocol_verdict verdict_of_checks(const struct backend_runtime *b)
{
	enum protocol_verdict verdict = VERDICT_UP;

	for (size_t i = 0; i < b->checks_count; i++) {
		if (b->checks[i]->spec.verdict == VERDICT_DOWN)
			return VERDICT_DOWN;
		if (b->checks[i]->spec.verdict == VERDICT_UNKNOWN)
			verdict = VERDICT_UNKNOWN;
	}
	return verdict;
}

static void set_verdict(struct backend_runtime *b, enum protocol_verdict verdict)
{
	if (b->verdict == verdict)
		return;
	b->verdict = verdict;
	if (b->asked_way)
		write_entry(b); /* the verdict is kept there for the next daemon */
}

static void forget_check(struct reconciler *r, struct check_runtime *check)
{
	if (r->checker)
		checker_link_forget(r->checker, check->spec.id);
	HASH_DELETE(by_id, r->checks, check);
	free(check);
}

void reality_forget_checks(struct backend_runtime *b)
{
	while (b->checks_count)
		forget_check(b->service->reconciler, b->checks[--b->checks_count]);
}

static struct check_runtime *new_check(struct backend_runtime *b, const char *name)
{
	struct reconciler *r = b->service->reconciler;
	struct check_runtime *check = mem_zalloc(sizeof(*check)), *taken;

	do {
		r->last_check_id++;
		HASH_FIND(by_id, r->checks, &r->last_check_id, sizeof(r->last_check_id), taken);
	} while (taken);
	snprintf(check->name, sizeof(check->name), "%s", name);
	check->backend = b;
	check->spec.type = PROTOCOL_CHECK;
	check->spec.id = r->last_check_id;
	check->spec.verdict = b->verdict;
	HASH_ADD_KEYPTR(by_id, r->checks, &check->spec.id, sizeof(check->spec.id), check);
	return check;
}

/* What the checker is to run for one check of one backend. */
static struct protocol_check check_spec(const struct check_runtime *check, const struct check *wish)
{
	struct protocol_check spec;

	memset(&spec, 0, sizeof(spec)); /* compared byte for byte, padding too */
	spec.type = PROTOCOL_CHECK;
	spec.id = check->spec.id;
	spec.kind = wish->kind;
	spec.interval = wish->interval;
	spec.timeout = wish->timeout;
	spec.rise = wish->rise;
	spec.fall = wish->fall;
	spec.jitter = wish->jitter;
	spec.verdict = check->spec.verdict;
	spec.to = check->backend->at;
	if (wish->port)
		spec.to.port = (uint16_t)wish->port;
	return spec;
}

static struct check_runtime *find_check(const struct backend_runtime *b, const char *name)
{
	for (size_t i = 0; i < b->checks_count; i++)
		if (strcmp(b->checks[i]->name, name) == 0)
			return b->checks[i];
	return NULL;
}

static void set_check(struct backend_runtime *b, const struct check *wish)
{
	struct check_runtime *check = find_check(b, wish->name);
	struct protocol_check spec;

	if (!check)
		check = b->checks[b->checks_count++] = new_check(b, wish->name);
	spec = check_spec(check, wish);
	if (memcmp(&spec, &check->spec, sizeof(spec)) == 0)
		return;
	check->spec = spec;
	if (b->service->reconciler->checker)
		checker_link_set(b->service->reconciler->checker, &spec);
}

static bool is_wished(const struct check_runtime *check, const struct check *checks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (checks[i].kind != CHECK_NONE && strcmp(checks[i].name, check->name) == 0)
			return true;
	return false;
}

static void forget_others(struct backend_runtime *b, const struct check *checks, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->checks_count; i++)
		if (is_wished(b->checks[i], checks, count))
			b->checks[kept++] = b->checks[i];
		else
			forget_check(b->service->reconciler, b->checks[i]);
	b->checks_count = kept;
}

/* By their names: what one has found out is not taken for another's. */
void reality_set_checks(struct backend_runtime *b, const struct check *checks, size_t count)
{
	if (b->admin == ADMIN_DISABLED) {
		reality_forget_checks(b);
		set_verdict(b, VERDICT_UNKNOWN);
		return;
	}
	forget_others(b, checks, count);
	for (size_t i = 0; i < count; i++)
		if (checks[i].kind != CHECK_NONE)
			set_check(b, &checks[i]);
	set_verdict(b, verdict_of_checks(b));
}

void reconcile_result(struct reconciler *r, const struct protocol_result *result)
{
	struct check_runtime *check;

	HASH_FIND(by_id, r->checks, &result->id, sizeof(result->id), check);
	if (!check)
		return;
	check->last = *result;
	check->last.reason[sizeof(check->last.reason) - 1] = '\0';
	check->reported = true;
	check->at_us = realtime_us();
	check->spec.verdict = result->verdict;
	/* the host may have got another MAC */
	if (!result->passed && result->streak == 1)
		net_doubt(r->net, &check->backend->at.addr);
	set_verdict(check->backend, verdict_of_checks(check->backend));
	reality_update(check->backend);
}
