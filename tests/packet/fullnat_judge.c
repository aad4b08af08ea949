// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fullnat_judge.c - what must become of a frame, from what is known of its flow alone: a model that
 * shares nothing with the program; see fullnat_fuzz.h
 */
#include "packet/fullnat_fuzz.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "packet/bytes.h"

#define REMEMBERED 2000 /* frames, for so long at least a first piece is remembered, */
#define REPLY_NS   (SHUNT_FRAGMENT_REPLY_NS - 50000000) /* and that long, of a reply */

const char *const fuzz_reason_names[] = {
#define X(symbol, name, verdict, help) name,
	SHUNT_REASONS(X)
#undef X
};

static const char *const reason_verdicts[] = {
#define X(symbol, name, verdict, help) verdict,
	SHUNT_REASONS(X)
#undef X
};

static bool is_verdict(const struct trial *t, const char *verdict)
{
	return t->reason != PREDICT_NO_REASON && strcmp(reason_verdicts[t->reason], verdict) == 0;
}

static bool dropped(const struct trial *t)
{
	return t->verdict == XDP_DROP && is_verdict(t, "drop");
}

static bool dropped_by(const struct trial *t, enum shunt_reason reason)
{
	if (t->verdict == XDP_DROP && t->reason == (int)reason)
		return true;
	WRONG("expected a drop by %s", fuzz_reason_names[reason]);
}

static bool passed(const struct trial *t)
{
	if (t->verdict != XDP_PASS || (t->reason != PREDICT_NO_REASON && !is_verdict(t, "pass")))
		WRONG("expected to pass");
	if (t->out_length != t->in_length || memcmp(t->in, t->out, t->in_length) != 0)
		WRONG("what passes was changed");
	return true;
}

/* A flow's: the director's stack must not see it. */
static bool never_passed(const struct trial *t)
{
	if (t->verdict == XDP_PASS)
		WRONG("a packet of a flow to the director's stack");
	return true;
}

/* Its time to live ends here: answered, or not when there were too many. */
static bool expired(const struct trial *t)
{
	if (t->verdict == XDP_TX ? t->reason == SHUNT_REASON_TTL_ANSWERED
				 : t->reason == SHUNT_REASON_TTL_LIMITED ||
					   t->reason == SHUNT_REASON_TTL_EXPIRED)
		return true;
	WRONG("expected the time to live to end");
}

static bool ttl_ends(const struct trial *t)
{
	return t->in[t->view.ip + (t->view.v6 ? 7 : 8)] <= 1;
}

/* What is expected: the packet with other ends, without tags, one hop on. @from and @to NULL or
 * port 0: as it is. */
static void translate(const struct trial *t, const struct end *from, const struct end *to,
		      struct prediction *ret)
{
	const struct view *v = &t->view;
	bool ports = v->check_at && v->protocol != PROTO_ICMP && v->protocol != PROTO_ICMP6;

	*ret = (struct prediction){.in = *v, .out = *v, .mended = true};
	ret->length = t->in_length - v->tags;
	memcpy(ret->frame, t->out, 12); /* check_macs() */
	memcpy(ret->frame + 12, t->in + 12 + v->tags, ret->length - 12);
	ret->out.ip -= v->tags;
	ret->out.l4 -= v->tags;
	ret->out.check_at -= v->check_at ? v->tags : 0;
	view_write_addr(ret->frame + view_from_at(&ret->out), &from->addr);
	view_write_addr(ret->frame + view_to_at(&ret->out), &to->addr);
	if (ports) {
		bytes_put16(ret->frame + ret->out.l4, from->port);
		bytes_put16(ret->frame + ret->out.l4 + 2, to->port);
	}
	ret->frame[ret->out.ip + (v->v6 ? 7 : 8)]--;
}

static bool came_out(const struct trial *t, struct prediction *want)
{
	const char *why;

	if (t->verdict != XDP_TX || t->reason != PREDICT_NO_REASON)
		WRONG("expected to be forwarded");
	if (predict_agrees(want, t->in, t->out, t->out_length, &why))
		return true;
	frame_print_difference(t->out, t->out_length, want->frame, want->length);
	WRONG("%s is wrong", why);
}

static bool macs_are(const struct trial *t, const char *dmac)
{
	unsigned int b[6];

	sscanf(dmac, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]);
	for (int i = 0; i < 6; i++)
		if (t->out[i] != b[i])
			WRONG("expected to leave for %s", dmac);
	return true;
}

static bool to_backend(const struct trial *t, int backend)
{
	return macs_are(t, backend ? MAC_OTHER : MAC_BACKEND);
}

/* --- client to VIP --- */

/* A flow's first packet: which port and backend did it get? */
static struct flow *learn(struct fuzz *f, int s, const struct trial *t, const struct end *client)
{
	struct service *service = &f->services[s];
	struct view out = view_frame(t->out, t->out_length);
	struct flow *flow;

	if (out.piece == VIEW_FIRST)
		view_first_piece(&out, t->out);
	if (!view_same(&out.from, &service->pool) || out.sport < FUZZ_LOW ||
	    out.sport >= FUZZ_LOW + FUZZ_PORTS || service->owners[out.sport - FUZZ_LOW])
		return NULL;
	flow = mem_zalloc(sizeof(*flow));
	flow->key = fuzz_flow_key(s, client);
	flow->client = *client;
	flow->port = out.sport;
	flow->backend = view_same(&out.to, &service->backends[1].addr);
	HASH_ADD(hh, f->flows, key, sizeof(flow->key), flow);
	service->owners[flow->port - FUZZ_LOW] = flow;
	service->used++;
	return flow;
}

static bool begins(const struct trial *t)
{
	return t->view.protocol == PROTO_UDP || (t->in[t->view.l4 + 13] & 0x12) == 0x02;
}

static bool forwarded(struct fuzz *f, int s, const struct trial *t, const struct flow *flow)
{
	const struct service *service = &f->services[s];
	const struct end from = {service->pool, flow->port};
	static struct prediction want;

	translate(t, &from, &service->backends[flow->backend], &want);
	f->forwarded++;
	return came_out(t, &want) && to_backend(t, flow->backend);
}

static bool there_is_right(struct fuzz *f, int s, const struct trial *t)
{
	const struct service *service = &f->services[s];
	const struct end client = {t->view.from, t->view.sport};
	struct flow *flow = fuzz_flow(f, s, &client);

	if (!flow && !begins(t))
		return dropped_by(t, SHUNT_REASON_FULLNAT_UNKNOWN);
	if (ttl_ends(t))
		return expired(t);
	if (!flow && service->used == FUZZ_PORTS)
		return dropped_by(t, SHUNT_REASON_FULLNAT_POOL_FULL);
	if (!flow && t->verdict == XDP_TX)
		flow = learn(f, s, t, &client);
	if (!flow)
		WRONG("expected a free port of the pool");
	return forwarded(f, s, t, flow);
}

static int service_to(const struct fuzz *f, const struct view *v)
{
	for (int s = 0; s < FUZZ_SERVICES; s++)
		if (f->services[s].protocol == v->protocol && f->services[s].vip.port == v->dport &&
		    view_same(&f->services[s].vip.addr, &v->to))
			return s;
	return -1;
}

/* Nobody's first piece: is remembered all the same. */
static bool first_passed(struct fuzz *f, const struct trial *t)
{
	if (t->view.piece == VIEW_FIRST)
		fuzz_remember_piece(f, &t->view, &(struct piece){.passed = true});
	return passed(t);
}

static bool whole_there(struct fuzz *f, const struct trial *t)
{
	int s = service_to(f, &t->view);
	const struct flow *flow;

	if (s < 0)
		return first_passed(f, t);
	if (!there_is_right(f, s, t))
		return false;
	flow = fuzz_flow(f, s, &(struct end){t->view.from, t->view.sport});
	if (flow && t->view.piece == VIEW_FIRST)
		fuzz_remember_piece(f, &t->view,
				    &(struct piece){
					    .perhaps = ttl_ends(t),
					    .from = f->services[s].pool,
					    .to = f->services[s].backends[flow->backend].addr,
				    });
	return true;
}

static bool is_within(const struct view_addr *addr, const char *net4, const char *net6)
{
	struct view_addr net = view_addr(addr->v6 ? net6 : net4);

	return view_within(addr, &net, addr->v6 ? 64 : 24);
}

/* A client that damage has made need not have a way to it, */
static bool is_reachable(const struct view_addr *client)
{
	return is_within(client, "198.51.100.0", "2001:db8:100::");
}

/* nor a router be an address that anything may come from. */
static bool is_router(const struct view_addr *router)
{
	return is_within(router, "10.0.0.0", "fd00::");
}

/* A piece behind the first: may be forgotten when that was long ago. */
static bool later_piece(struct fuzz *f, const struct trial *t, bool to_vip)
{
	const struct piece *piece = fuzz_piece(f, &t->view);
	static struct prediction want;
	bool lone = to_vip ? t->reason == SHUNT_REASON_FRAGMENT_UNKNOWN : t->verdict == XDP_PASS;

	if (!piece || (lone && (f->done - piece->frame > REMEMBERED ||
				(!to_vip && fuzz_now_ns() - piece->ns > REPLY_NS))))
		return to_vip ? dropped_by(t, SHUNT_REASON_FRAGMENT_UNKNOWN) : passed(t);
	if (piece->perhaps)
		return true;
	if (piece->passed)
		return passed(t);
	if (!to_vip && !is_reachable(&piece->to))
		return never_passed(t);
	if (ttl_ends(t))
		return expired(t);
	f->pieces_followed++;
	translate(t, &(struct end){piece->from}, &(struct end){piece->to}, &want);
	return came_out(t, &want);
}

static struct view quote_of(const struct trial *t)
{
	struct view quote = view_quote(&t->view, t->in);

	if (quote.fault != VIEW_RIGHT || quote.piece == VIEW_LATER || quote.covered < 8)
		quote.protocol = 0;
	return quote;
}

static bool is_error(const struct trial *t)
{
	uint8_t type = t->in[t->view.l4];

	return t->view.v6 ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
}

static void translate_quote(struct prediction *want, const struct view *quote,
			    const struct end *from, const struct end *to)
{
	size_t back = want->in.ip - want->out.ip;
	struct view moved = *quote;

	moved.ip -= back;
	moved.l4 -= back;
	view_write_addr(want->frame + view_from_at(&moved), &from->addr);
	view_write_addr(want->frame + view_to_at(&moved), &to->addr);
	bytes_put16(want->frame + moved.l4, from->port);
	bytes_put16(want->frame + moved.l4 + 2, to->port);
	want->quote = *quote;
	want->mended_quote = true;
}

static int service_from(const struct fuzz *f, const struct view *quote)
{
	const struct view turned = {
		.protocol = quote->protocol, .to = quote->from, .dport = quote->sport};

	return service_to(f, &turned);
}

/* ICMP to a VIP: only what is about a flow is asked for exactly. */
static bool icmp_there(struct fuzz *f, const struct trial *t)
{
	struct view quote = quote_of(t);
	const struct service *service;
	static struct prediction want;
	const struct flow *flow = NULL;
	struct end pool;
	int s = -1;

	if (is_error(t) && view_same(&quote.from, &t->view.to))
		s = service_from(f, &quote);
	if (s >= 0)
		flow = fuzz_flow(f, s, &(struct end){quote.to, quote.dport});
	if (s >= 0 && !flow)
		return dropped_by(t, SHUNT_REASON_FULLNAT_UNKNOWN);
	if (!flow && t->verdict == XDP_TX)
		return is_verdict(t, "answer");
	if (!flow)
		return dropped(t) || passed(t);
	if (ttl_ends(t))
		return expired(t);
	service = &f->services[s];
	pool = (struct end){service->pool, flow->port};
	translate(t, &pool, &service->backends[flow->backend], &want);
	translate_quote(&want, &quote, &service->backends[flow->backend], &pool);
	f->errors_there++;
	return came_out(t, &want) && to_backend(t, flow->backend);
}

static bool to_vip_is_right(struct fuzz *f, struct trial *t)
{
	struct view *v = &t->view;

	if (v->piece == VIEW_FIRST && v->fault == VIEW_FRAGMENT)
		view_first_piece(v, t->in);
	if (v->fault == VIEW_BAD_IP || v->fault == VIEW_BAD_L4)
		return dropped(t) || passed(t);
	if (v->piece == VIEW_LATER)
		return later_piece(f, t, true);
	if (v->protocol == PROTO_TCP || v->protocol == PROTO_UDP)
		return whole_there(f, t);
	if (v->piece == VIEW_FIRST)
		return first_passed(f, t);
	if (v->protocol == (v->v6 ? PROTO_ICMP6 : PROTO_ICMP))
		return icmp_there(f, t);
	return passed(t);
}

/* --- backend to the pool --- */

/* The service whose protocol and pool it is. */
static int service_of_pool(const struct fuzz *f, uint8_t protocol, const struct view_addr *to)
{
	for (int s = 0; s < FUZZ_SERVICES; s++)
		if (f->services[s].protocol == protocol && view_same(&f->services[s].pool, to))
			return s;
	return -1;
}

/* The flow that has the port, if what comes from @from may use it; else NULL, and whether what was
 * done instead is right. */
static const struct flow *flow_at(const struct fuzz *f, const struct trial *t, int s, uint16_t port,
				  const struct end *from, bool *ret_right)
{
	const struct service *service = s < 0 ? NULL : &f->services[s];
	const struct flow *flow;
	const struct end *backend;

	if (!service || port < FUZZ_LOW || port >= FUZZ_LOW + FUZZ_PORTS) {
		*ret_right = passed(t);
		return NULL;
	}
	flow = service->owners[port - FUZZ_LOW];
	if (!flow) {
		*ret_right = dropped_by(t, SHUNT_REASON_FULLNAT_NO_FLOW);
		return NULL;
	}
	backend = &service->backends[flow->backend];
	if (!view_same(&backend->addr, &from->addr) || backend->port != from->port) {
		*ret_right = dropped_by(t, SHUNT_REASON_FULLNAT_STRANGER);
		return NULL;
	}
	return flow;
}

static bool back_is_right(struct fuzz *f, const struct trial *t)
{
	const struct view *v = &t->view;
	int s = service_of_pool(f, v->protocol, &v->to);
	static struct prediction want;
	const struct flow *flow;
	bool right;

	flow = flow_at(f, t, s, v->dport, &(struct end){v->from, v->sport}, &right);
	if (!flow)
		return right;
	if (v->piece == VIEW_FIRST)
		fuzz_remember_piece(
			f, v,
			&(struct piece){.from = f->services[s].vip.addr, .to = flow->client.addr});
	if (!is_reachable(&flow->client.addr))
		return never_passed(t);
	if (ttl_ends(t))
		return expired(t);
	translate(t, &f->services[s].vip, &flow->client, &want);
	f->answered_back++;
	return came_out(t, &want) && macs_are(t, MAC_ROUTER);
}

static bool icmp_back(struct fuzz *f, const struct trial *t)
{
	struct view quote = quote_of(t);
	int s = service_of_pool(f, quote.protocol, &quote.from);
	const struct flow *flow;
	static struct prediction want;
	struct end from = {t->view.from};
	bool right;

	if (!is_error(t) || s < 0 || !view_same(&quote.from, &t->view.to))
		return passed(t);
	flow = flow_at(f, t, s, quote.sport, &(struct end){quote.to, quote.dport}, &right);
	if (!flow)
		return right;
	if (!is_reachable(&flow->client.addr) || !is_router(&from.addr))
		return never_passed(t);
	if (ttl_ends(t))
		return expired(t);
	if (view_same(&from.addr, &quote.to))
		from.addr = f->services[s].vip.addr;
	translate(t, &from, &flow->client, &want);
	translate_quote(&want, &quote, &flow->client, &f->services[s].vip);
	f->errors_back++;
	return came_out(t, &want) && macs_are(t, MAC_ROUTER);
}

static bool to_pool_is_right(struct fuzz *f, struct trial *t)
{
	struct view *v = &t->view;

	if (v->piece == VIEW_FIRST && v->fault == VIEW_FRAGMENT)
		view_first_piece(v, t->in);
	if (v->fault == VIEW_BAD_IP || v->fault == VIEW_BAD_L4)
		return passed(t);
	if (v->piece == VIEW_LATER)
		return later_piece(f, t, false);
	if ((v->protocol == PROTO_TCP || v->protocol == PROTO_UDP) && (v->sport || v->dport))
		return back_is_right(f, t);
	if (v->piece == VIEW_WHOLE && v->protocol == (v->v6 ? PROTO_ICMP6 : PROTO_ICMP))
		return icmp_back(f, t);
	return passed(t);
}

/* --- either --- */

bool fuzz_is_right(struct fuzz *f, struct trial *t)
{
	if (t->view.is_ip && view_same(&t->view.to, &f->services[t->view.v6 * 2].vip.addr))
		return to_vip_is_right(f, t);
	if (t->view.is_ip && view_same(&t->view.to, &f->services[t->view.v6 * 2].pool))
		return to_pool_is_right(f, t);
	/* somebody else's, or the world's other services': test_fuzz.c */
	return t->verdict != XDP_PASS || passed(t);
}
