/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.c - what the director looks like from outside, as JSON (docs/api.md). Changes nothing. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/director_internal.h"
#include "daemon/reconcile_internal.h"
#include "model/diff.h"
#include "model/model_json.h"
#include "model/value.h"
#include "plan/reason.h"
#include "plan/slots.h"

static double seconds(uint64_t us)
{
	return (double)us / 1e6;
}

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)(t.tv_nsec / 1000) / 1e6;
}

/* --- counters --- */

static json_t *counters_json(const struct shunt_counters *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "packets", (json_int_t)c->packets, "bytes",
			 (json_int_t)c->bytes, "connections", (json_int_t)c->connections,
			 "reply_packets", (json_int_t)c->reply_packets, "reply_bytes",
			 (json_int_t)c->reply_bytes);
}

static json_t *service_counters(const struct service_runtime *s)
{
	struct shunt_counters c;

	dataplane_service_counters(s->entry, &c);
	return counters_json(&c);
}

static json_t *backend_counters(const struct backend_runtime *b)
{
	struct shunt_counters c;

	dataplane_backend_counters(b->service->entry, b->number, &c);
	return counters_json(&c);
}

/* --- backends --- */

static void add_tag(json_t *tags, uint16_t tag)
{
	if (tag)
		json_array_append_new(tags, json_pack("{s:i, s:s}", "id", tag & SHUNT_VLAN_VID,
						      "protocol",
						      tag & SHUNT_VLAN_AD ? "802.1ad" : "802.1Q"));
}

static json_t *tags_json(const struct net_hop *hop)
{
	json_t *tags = json_array();

	add_tag(tags, hop->vlan);
	add_tag(tags, hop->vlan_inner);
	return tags;
}

static json_t *next_hop_json(const struct net_hop *hop)
{
	char via[IP_ADDR_LEN], mac[18];

	if (!hop->resolved)
		return json_null();
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", hop->dmac[0], hop->dmac[1],
		 hop->dmac[2], hop->dmac[3], hop->dmac[4], hop->dmac[5]);
	return json_pack("{s:s, s:s, s:s, s:I, s:o}", "interface", hop->ifname, "mac", mac, "via",
			 ip_addr_format(&hop->via, via), "mtu", (json_int_t)hop->mtu, "vlans",
			 tags_json(hop));
}

/* What routers have said of the way, null while they have not. */
static json_t *path_mtu_json(const struct backend_runtime *b)
{
	return b->path_mtu.mtu ? json_integer(path_mtu_limit(&b->path_mtu, b->hop.mtu))
			       : json_null();
}

static json_t *check_json(const struct backend_runtime *b)
{
	for (size_t i = 0; i < b->checks_count; i++) {
		const struct check_runtime *check = b->checks[i];
		char took[32];

		/* the one that failed speaks, else the last */
		if (!check->reported || (check->last.passed && i + 1 < b->checks_count))
			continue;
		snprintf(took, sizeof(took), "%" PRIu32 ".%03" PRIu32 "ms",
			 check->last.took_us / 1000, check->last.took_us % 1000);
		return json_pack("{s:b, s:s, s:i, s:f, s:s}", "passed", (int)check->last.passed,
				 "took", took, "streak", (int)check->last.streak, "at",
				 seconds(check->at_us), "reason", check->last.reason);
	}
	return json_null();
}

static json_t *backend_status(const struct backend_runtime *b)
{
	uint32_t size = dataplane_slots_count(b->service->entry);

	return json_pack("{s:s, s:s, s:s, s:f, s:i, s:I, s:I, s:f, s:o, s:o, s:o, s:o}",
			 "effective_forward", forward_name(b->forward), "state",
			 backend_state_names[b->state], "reason", reality_reason(b), "since",
			 (double)b->since_s, "number", (int)b->number, "effective_weight",
			 (json_int_t)(b->share.live ? b->share.weight : 0), "slots",
			 (json_int_t)b->slots, "share", (double)b->slots / size, "next_hop",
			 next_hop_json(&b->hop), "path_mtu", path_mtu_json(b), "check",
			 check_json(b), "counters", backend_counters(b));
}

static json_t *backend_report(const struct service_runtime *s, const struct backend *wish)
{
	const struct backend_runtime *b = s ? reconcile_backend(s, &wish->at) : NULL;
	json_t *json = model_json_backend(wish, MODEL_JSON_ALL);

	if (b)
		json_object_set_new(json, "status", backend_status(b));
	return json;
}

json_t *director_backend(struct director *d, const char *service, const char *backend,
			 struct error *err)
{
	const struct service *wish = model_find(d->model, service, err);
	struct backend *b;

	if (!wish || service_find_backend(wish, backend, &b, err))
		return NULL;
	return backend_report(reconcile_service(d->reconciler, &wish->address), b);
}

/* --- services --- */

static size_t count_up(const struct service_runtime *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->backends_count; i++)
		n += s->backends[i]->state == BACKEND_UP;
	return n;
}

static json_t *service_status(struct director *d, const struct service *wish,
			      const struct service_runtime *s)
{
	return json_pack("{s:I, s:I, s:{s:I, s:I, s:I, s:I}, s:s, s:o}", "up",
			 (json_int_t)count_up(s), "total", (json_int_t)wish->backends_count,
			 "slots", "stable", (json_int_t)s->slots_by_state[SLOT_STABLE],
			 "in_transition", (json_int_t)s->slots_by_state[SLOT_IN_TRANSITION],
			 "mixed", (json_int_t)s->slots_by_state[SLOT_MIXED], "empty",
			 (json_int_t)s->slots_by_state[SLOT_EMPTY], "announce",
			 announcer_state(d->announcer, &wish->address.at.addr), "counters",
			 service_counters(s));
}

static json_t *service_report(struct director *d, const struct service *wish)
{
	const struct service_runtime *s = reconcile_service(d->reconciler, &wish->address);
	json_t *json = model_json_service(wish, MODEL_JSON_ALL), *backends = json_array();

	for (size_t i = 0; i < wish->backends_count; i++)
		json_array_append_new(backends, backend_report(s, &wish->backends[i]));
	json_object_set_new(json, "backends", backends);
	if (s)
		json_object_set_new(json, "status", service_status(d, wish, s));
	return json;
}

json_t *director_services(struct director *d)
{
	json_t *list = json_array();

	for (const struct service *s = d->model->services; s; s = s->by_name.next)
		json_array_append_new(list, service_report(d, s));
	return json_pack("{s:o}", "services", list);
}

json_t *director_service(struct director *d, const char *service, struct error *err)
{
	const struct service *wish = model_find(d->model, service, err);

	return wish ? service_report(d, wish) : NULL;
}

json_t *director_slots(struct director *d, const char *service, struct error *err)
{
	const struct service *wish = model_find(d->model, service, err);
	const struct service_runtime *s;
	json_t *cur = json_array(), *untracked = json_array(), *names = json_object();
	const volatile uint32_t *slots;
	uint32_t size;

	s = wish ? reconcile_service(d->reconciler, &wish->address) : NULL;
	if (!s) {
		json_decref(cur);
		json_decref(untracked);
		json_decref(names);
		return NULL;
	}
	slots = dataplane_slots(s->entry);
	size = dataplane_slots_count(s->entry);
	for (uint32_t i = 0; i < size; i++) {
		uint32_t word = slots[i];

		json_array_append_new(cur, json_integer(SHUNT_SLOT_CUR(word)));
		json_array_append_new(untracked, json_integer(SHUNT_SLOT_UNTRACKED(word)));
	}
	for (size_t i = 0; i < s->backends_count; i++) {
		char number[8], at[ENDPOINT_LEN];

		snprintf(number, sizeof(number), "%u", s->backends[i]->number);
		json_object_set_new(names, number,
				    json_string(endpoint_format(&s->backends[i]->at, at)));
	}
	return json_pack("{s:I, s:o, s:o, s:o}", "table_size", (json_int_t)size, "backends", names,
			 "cur", cur, "untracked", untracked);
}

/* --- numbers --- */

static json_t *service_stats(const struct service_runtime *s)
{
	json_t *backends = json_array();

	for (size_t i = 0; i < s->backends_count; i++) {
		char at[ENDPOINT_LEN];

		json_array_append_new(backends,
				      json_pack("{s:s, s:o}", "address",
						endpoint_format(&s->backends[i]->at, at),
						"counters", backend_counters(s->backends[i])));
	}
	return json_pack("{s:s, s:s, s:o, s:o}", "name", s->name, "address", s->key, "counters",
			 service_counters(s), "backends", backends);
}

json_t *director_stats(struct director *d)
{
	json_t *services = json_array();

	for (const struct service_runtime *s = reconcile_services(d->reconciler); s;
	     s = s->by_vip.next)
		json_array_append_new(services, service_stats(s));
	return json_pack("{s:f, s:o}", "time", now_seconds(), "services", services);
}

json_t *director_drops(struct director *d)
{
	uint64_t counts[SHUNT_REASON_COUNT];
	json_t *list = json_array();

	dataplane_reasons(d->dp, counts);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:I}", "name", reasons[i].name,
						"verdict", reasons[i].verdict, "help",
						reasons[i].help, "count", (json_int_t)counts[i]));
	return json_pack("{s:o}", "reasons", list);
}

/* --- status --- */

static json_t *interface_json(struct director *d, uint32_t ifindex, const char *name,
			      const char *role, const char *mode, uint32_t offloads)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:o}", "name", name, "role", role, "mode", mode,
			 "up", (int)(ifindex && net_link_up(d->net, ifindex)), "offloads",
			 offloads_json(d, ifindex, name, offloads));
}

json_t *director_interface(struct director *d, const char *ifname)
{
	struct dataplane_link links[DIRECTOR_INTERFACES_MAX];
	size_t n = dataplane_links(d->dp, links, ARRAY_SIZE(links));
	uint32_t ifindex = 0;

	net_link_index(d->net, ifname, &ifindex, NULL);
	for (size_t i = 0; i < n; i++)
		if (links[i].ifindex == ifindex)
			return links[i].native ? interface_json(d, ifindex, ifname, "forward",
								"native", NET_OFFLOADS_NATIVE)
					       : interface_json(d, ifindex, ifname, "forward",
								"generic", NET_OFFLOADS_GENERIC);
	return interface_json(d, ifindex, ifname, "forward", "missing", 0);
}

static json_t *interfaces_json(struct director *d)
{
	const struct strings *names = &d->model->settings.interfaces;
	struct dataplane_link egresses[DIRECTOR_INTERFACES_MAX];
	size_t n = dataplane_egresses(d->dp, egresses, ARRAY_SIZE(egresses));
	json_t *list = json_array();

	for (size_t i = 0; i < names->n; i++)
		json_array_append_new(list, director_interface(d, names->v[i]));
	for (size_t i = 0; i < n; i++) {
		char name[IF_NAMESIZE];

		net_link_name(d->net, egresses[i].ifindex, name);
		json_array_append_new(list,
				      interface_json(d, egresses[i].ifindex, name, "egress",
						     egresses[i].native ? "native" : "generic", 0));
	}
	return list;
}

static json_t *totals_json(struct director *d)
{
	struct shunt_counters sum = {}, c;
	size_t backends = 0, up = 0;
	json_t *json;

	for (const struct service_runtime *s = reconcile_services(d->reconciler); s;
	     s = s->by_vip.next) {
		dataplane_service_counters(s->entry, &c);
		sum.packets += c.packets;
		sum.bytes += c.bytes;
		sum.connections += c.connections;
		sum.reply_packets += c.reply_packets;
		sum.reply_bytes += c.reply_bytes;
		backends += s->backends_count;
		up += count_up(s);
	}
	json = counters_json(&sum);
	json_object_set_new(json, "services", json_integer((json_int_t)model_count(d->model)));
	json_object_set_new(json, "backends", json_integer((json_int_t)backends));
	json_object_set_new(json, "up", json_integer((json_int_t)up));
	return json;
}

static json_t *memory_json(const struct dataplane_info *info)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:i}", "maps_bytes",
			 (json_int_t)info->map_bytes, "slots_used", (json_int_t)info->slots_used,
			 "slots_max", (json_int_t)info->slots_max, "backends_used",
			 (json_int_t)info->backends_used, "backends_max",
			 (json_int_t)info->backends_max, "services_used",
			 (json_int_t)info->services_used, "services_max", SHUNT_SERVICES_MAX);
}

static json_t *checker_json(struct director *d)
{
	struct checker_link_status status;

	checker_link_status(d->checker, &status);
	return json_pack("{s:b, s:i, s:I, s:I}", "running", (int)status.running, "pid",
			 (int)status.pid, "restarts", (json_int_t)status.restarts, "checks",
			 (json_int_t)status.checks);
}

static json_t *neighbours_json(const struct director *d)
{
	struct net_asked asked;

	net_asked(d->net, &asked);
	return json_pack("{s:I, s:i, s:I}", "kept", (json_int_t)asked.kept, "max", NET_ASKED_MAX,
			 "refused", (json_int_t)asked.refused);
}

json_t *director_status(struct director *d)
{
	struct dataplane_info info;
	char seed[17], uptime[VALUE_DURATION_LEN];
	uint64_t now;

	dataplane_info(d->dp, &info);
	snprintf(seed, sizeof(seed), "%016" PRIx64, info.seed);
	sd_event_now(d->loop, CLOCK_MONOTONIC, &now);
	value_format_duration((now - d->started_us) / 1000000 * 1000, uptime);
	return json_pack(
		"{s:s, s:i, s:s, s:s, s:s, s:i, s:b, s:{s:I, s:s, s:b}, s:o, s:i, s:o, "
		"s:o, s:o, s:o, s:o, s:o}",
		"version", SHUNT_VERSION, "pid", (int)getpid(), "uptime", uptime, "config",
		d->options->config, "seed", seed, "abi_version", (int)info.abi_version, "adopted",
		(int)info.adopted, "program", "id", (json_int_t)info.program_id, "tag",
		info.program_tag, "counts_losses", (int)dataplane_counts_losses(d->dp),
		"interfaces", interfaces_json(d), "captures", (int)director_captures(d), "checker",
		checker_json(d), "totals", totals_json(d), "memory", memory_json(&info), "ports",
		pool_json(d), "neighbours", neighbours_json(d), "alarms", events_alarms(d->events));
}

/* --- the model --- */

json_t *director_config(struct director *d)
{
	return model_json_model(d->model, MODEL_JSON_SET);
}

char *director_config_text(struct director *d)
{
	return config_write(d->model);
}

json_t *director_diff(struct director *d, const char *text, const char *name, struct error *err)
{
	_cleanup_(model_free) struct model *file = NULL;
	const char *path = text ? name : d->options->config;

	if (text ? config_read_text(text, name, &file, err) : config_read(path, &file, NULL, err))
		return NULL;
	return json_pack("{s:s, s:o}", "file", path, "changes", model_diff(file, d->model));
}

struct events *director_events(struct director *d)
{
	return d->events;
}
