/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain.c - where a packet would go and why: a packet is made from the request, the program that
 * tells what it does runs on it, and its notes become JSON (docs/api.md). Changes nothing.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <string.h>

#include "daemon/director_internal.h"
#include "daemon/reconcile_internal.h"
#include "daemon/traced.h"
#include "dataplane/trace.h"
#include "plan/reason.h"
#include "plan/sample.h"
#include "plan/slots.h"

#define GROWTH 256 /* bytes that a packet may gain: tags, outer headers */

static const char *const slot_states[] = {
	[SLOT_EMPTY] = "empty",
	[SLOT_STABLE] = "stable",
	[SLOT_IN_TRANSITION] = "in_transition",
	[SLOT_MIXED] = "mixed",
};
_Static_assert(ARRAY_SIZE(slot_states) == SLOT_STATE_COUNT, "a name for each state");

/* One question, and what the program answered. */
struct explanation {
	struct sample sample;
	uint32_t ifindex; /* the packet comes in by */
	char ifname[IF_NAMESIZE];
	uint8_t in[SAMPLE_ROOM], out[SAMPLE_ROOM + GROWTH];
	size_t in_length, out_length;
	struct shunt_trace trace;
};

/* --- the question --- */

static int read_addresses(const json_t *request, struct sample *ret, struct error *err)
{
	const char *to = json_string_value(json_object_get(request, "to"));
	const char *from = json_string_value(json_object_get(request, "from"));
	int r;

	if (!to || !from)
		return error_set(err, -EINVAL,
				 "the body needs \"to\", like tcp:192.0.2.10:80, and \"from\", "
				 "like 198.51.100.7:40000");
	r = vip_parse(to, &ret->to, err);
	if (!r)
		r = endpoint_parse(from, &ret->from, err);
	if (r)
		return r;
	if (!ret->to.at.port)
		return error_set(err, -EINVAL, "%s: a packet goes to one port, expected it", to);
	if (!ret->from.port)
		return error_set(err, -EINVAL,
				 "'%s' has no port, expected one like 198.51.100.7:40000", from);
	if (ret->from.addr.family != ret->to.at.addr.family)
		return error_set(err, -EINVAL, "%s and %s: expected addresses of one family", from,
				 to);
	return 0;
}

static int read_syn(const json_t *request, struct sample *ret, struct error *err)
{
	const json_t *syn = json_object_get(request, "syn");

	if (syn && !json_is_boolean(syn))
		return error_set(err, -EINVAL, "\"syn\" in the body: expected true or false");
	ret->syn = json_is_true(syn);
	if (ret->syn && ret->to.protocol != IPPROTO_TCP)
		return error_set(err, -EINVAL, "only TCP has a SYN");
	return 0;
}

static bool use_interface(struct director *d, const char *name, struct explanation *ret)
{
	if (net_link_index(d->net, name, &ret->ifindex, NULL) ||
	    !director_is_attached(d, ret->ifindex))
		return false;
	snprintf(ret->ifname, sizeof(ret->ifname), "%s", name);
	net_link_mac(d->net, ret->ifindex, ret->sample.dmac);
	return true;
}

/* The one that is named, else the first of the settings. */
static int read_interface(struct director *d, const json_t *request, struct explanation *ret,
			  struct error *err)
{
	const struct strings *names = &d->model->settings.interfaces;
	const json_t *named = json_object_get(request, "interface");

	if (named && !json_is_string(named))
		return error_set(err, -EINVAL, "\"interface\" in the body: expected a name");
	if (named) {
		if (use_interface(d, json_string_value(named), ret))
			return 0;
		return error_set(err, -EINVAL, "interface %s is not attached, expected one that is",
				 json_string_value(named));
	}
	for (size_t i = 0; i < names->n; i++)
		if (use_interface(d, names->v[i], ret))
			return 0;
	return error_set(err, -EINVAL,
			 "no interface is attached, so no packet comes in; see shunt attach");
}

/* --- the answer --- */

static json_t *reason_json(const struct shunt_trace *t)
{
	const struct reason *reason = traced_reason(t);

	if (!reason)
		return json_null();
	return json_pack("{s:s, s:s, s:s}", "name", reason->name, "verdict", reason->verdict,
			 "help", reason->help);
}

static json_t *slot_json(const struct service_runtime *s, const struct shunt_trace *t)
{
	char hash[17];

	if (!s || !(t->flags & SHUNT_TRACE_SLOT))
		return json_null();
	snprintf(hash, sizeof(hash), "%016" PRIx64, (uint64_t)t->hash);
	return json_pack("{s:I, s:I, s:s, s:i, s:i, s:s}", "number", (json_int_t)t->slot, "of",
			 (json_int_t)dataplane_slots_count(s->entry), "hash", hash, "cur",
			 (int)SHUNT_SLOT_CUR(t->word), "untracked",
			 (int)SHUNT_SLOT_UNTRACKED(t->word), "state",
			 slot_states[slot_state(t->word)]);
}

static json_t *backend_json(const struct backend_runtime *b)
{
	char at[ENDPOINT_LEN];

	if (!b)
		return json_null();
	return json_pack("{s:s, s:i, s:s, s:s, s:s}", "address", endpoint_format(&b->at, at),
			 "number", (int)b->number, "state", backend_state_names[b->state], "reason",
			 reality_reason(b), "forward", forward_name(b->forward));
}

static json_t *hop_json(struct director *d, const struct shunt_trace *t)
{
	char name[IF_NAMESIZE], mac[18];
	uint8_t dmac[6];

	if (!(t->flags & SHUNT_TRACE_HOP))
		return json_null();
	memcpy(dmac, &t->dmac, sizeof(dmac));
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", dmac[0], dmac[1], dmac[2],
		 dmac[3], dmac[4], dmac[5]);
	return json_pack("{s:s, s:s}", "interface", net_link_name(d->net, t->ifindex, name), "mac",
			 mac);
}

/* What a packet that is sent on has become; whose MAC address it came from is anybody's guess. */
static json_t *rewrite_json(const struct explanation *x)
{
	struct rewrite changes[REWRITE_MAX];
	json_t *list = json_array();
	size_t n = 0;

	if (x->trace.verdict == XDP_TX || x->trace.verdict == XDP_REDIRECT)
		n = rewrite_list(x->in, x->in_length, x->out, x->out_length, changes);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s}", "what", changes[i].what, "from",
				  strcmp(changes[i].what, "source MAC") ? changes[i].from : "",
				  "to", changes[i].to));
	return list;
}

static json_t *explanation_json(struct director *d, const struct explanation *x)
{
	const struct service_runtime *s = traced_service(d, &x->trace);
	char to[VIP_LEN], from[ENDPOINT_LEN];

	return json_pack(
		"{s:{s:s, s:s, s:b, s:s}, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "packet", "to",
		vip_format(&x->sample.to, to), "from", endpoint_format(&x->sample.from, from),
		"syn", (int)x->sample.syn, "interface", x->ifname, "verdict",
		traced_verdict(&x->trace), "reason", reason_json(&x->trace), "service",
		s ? json_pack("{s:s, s:s}", "name", s->name, "address", s->key) : json_null(),
		"slot", slot_json(s, &x->trace), "backend",
		backend_json(traced_backend(s, &x->trace)), "rewrite", rewrite_json(x), "next_hop",
		hop_json(d, &x->trace));
}

json_t *director_explain(struct director *d, const json_t *request, struct error *err)
{
	struct explanation x = {.sample.smac = {2}};
	struct dataplane_frame out = {.bytes = x.out, .room = sizeof(x.out)};
	int r = read_addresses(request, &x.sample, err);

	if (!r)
		r = read_syn(request, &x.sample, err);
	if (!r)
		r = read_interface(d, request, &x, err);
	if (r)
		return NULL;
	x.in_length = sample_build(&x.sample, x.in);
	if (dataplane_explain(d->dp, x.ifindex, x.in, x.in_length, &x.trace, &out, err))
		return NULL;
	x.out_length = out.length;
	return explanation_json(d, &x);
}
