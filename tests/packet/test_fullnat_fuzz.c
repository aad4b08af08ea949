// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_fullnat_fuzz.c - packets drawn at random of many clients of fullnat, both ways, whole and in
 * pieces, with ICMP errors about them, and damaged. Which port of the pool a flow gets is the
 * program's choice and learnt from its first packet; everything else must follow: no two flows
 * have one port, each keeps its own and its backend, what comes to a port goes to the one client
 * that has it, and checksums are as right as they came.
 *
 *   FUZZ_PACKETS=count   how many (100000)
 *   SEED=number          draws the same frames again
 */
#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <time.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "packet/bytes.h"
#include "packet/chance.h"
#include "packet/expect.h"
#include "packet/predict.h"

#define USUAL_PACKETS 100000
#define USUAL_SEED    20261127
#define BLOCK         4000 /* frames, then all flows end */
#define FAILURES_MAX  5
#define SLOTS         251
#define CLIENTS       48 /* a service, and fewer ports: */
#define LOW           2000
#define PORTS         40
#define REMEMBERED    2000 /* frames, for so long at least a first piece is remembered, */
#define REPLY_NS      (SHUNT_FRAGMENT_REPLY_NS - 50000000) /* and that long, of a reply */
#define EVERY         1000                                 /* seconds: every flow is over */

static const char *const reason_names[] = {
#define X(symbol, name, verdict, help) name,
	SHUNT_REASONS(X)
#undef X
};

static const char *const reason_verdicts[] = {
#define X(symbol, name, verdict, help) verdict,
	SHUNT_REASONS(X)
#undef X
};

enum { SERVICES = 4, BACKENDS = 2 };

static const struct {
	const char *at, *pool, *backends[BACKENDS];
} texts[SERVICES] = {
	{"tcp:192.0.2.60:80", "10.0.0.5", {"10.0.0.41:7001", "10.0.0.42:7001"}},
	{"udp:192.0.2.60:53", "10.0.0.5", {"10.0.0.41:5300", "10.0.0.42:5300"}},
	{"tcp:[2001:db8:1::60]:80", "fd00::5", {"[fd00::41]:7001", "[fd00::42]:7001"}},
	{"udp:[2001:db8:1::60]:53", "fd00::5", {"[fd00::41]:5300", "[fd00::42]:5300"}},
};

struct end {
	struct view_addr addr;
	uint16_t port;
};

/* --- what is known so far --- */

struct flow_key {
	uint8_t service, addr[16];
	uint8_t port[2];
};

struct flow {
	struct flow_key key;
	struct end client;
	uint16_t port;
	int backend;
	UT_hash_handle hh;
};

struct piece_key {
	uint8_t from[16], to[16], id[4], protocol, v6;
};

/* Where the first piece went, and what the others' addresses become. */
struct piece {
	struct piece_key key;
	bool passed,
		perhaps; /* perhaps: a SYN whose time to live ended leaves what was before it */
	struct view_addr from, to;
	uint64_t frame, ns;
	UT_hash_handle hh;
};

struct service {
	struct end vip, backends[BACKENDS];
	struct view_addr pool;
	uint8_t protocol;
	struct flow *owners[PORTS];
	unsigned int used;
};

struct fuzz {
	struct world world;
	struct draw draw;
	struct service services[SERVICES];
	struct dataplane_service *entries[SERVICES];
	struct flow *flows;
	struct piece *pieces;
	uint64_t seed, packets, done, now_s;
	uint64_t reasons[SHUNT_REASON_COUNT]; /* when last read */
	uint64_t met[SHUNT_REASON_COUNT];
	uint64_t forwarded, answered_back, pieces_followed, errors_there, errors_back;
	unsigned int failures;
};

/* A frame on its way, and what became of it. */
struct trial {
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	size_t in_length, out_length;
	struct view view;
	int verdict, reason; /* PREDICT_NO_REASON: none was counted */
};

static struct flow_key flow_key(int service, const struct end *client)
{
	struct flow_key key = {.service = service};

	memcpy(key.addr, client->addr.bytes, sizeof(key.addr));
	bytes_put16(key.port, client->port);
	return key;
}

static struct flow *flow_find(const struct fuzz *f, int service, const struct end *client)
{
	const struct flow_key key = flow_key(service, client);
	struct flow *flow;

	HASH_FIND(hh, f->flows, &key, sizeof(key), flow);
	return flow;
}

static void flows_forget(struct fuzz *f)
{
	struct flow *flow, *next;

	HASH_ITER (hh, f->flows, flow, next) {
		HASH_DEL(f->flows, flow);
		free(flow);
	}
	for (int s = 0; s < SERVICES; s++) {
		memset(f->services[s].owners, 0, sizeof(f->services[s].owners));
		f->services[s].used = 0;
	}
}

static struct piece_key piece_key(const struct view *v)
{
	struct piece_key key = {.v6 = v->v6, .protocol = v->v6 ? 0 : v->protocol};

	memcpy(key.from, v->from.bytes, sizeof(key.from));
	memcpy(key.to, v->to.bytes, sizeof(key.to));
	bytes_put32(key.id, v->id);
	return key;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static struct piece *piece_find(const struct fuzz *f, const struct view *v)
{
	const struct piece_key key = piece_key(v);
	struct piece *piece;

	HASH_FIND(hh, f->pieces, &key, sizeof(key), piece);
	return piece;
}

static void piece_remember(struct fuzz *f, const struct view *v, const struct piece *what)
{
	struct piece *piece = piece_find(f, v);

	if (!piece) {
		piece = mem_zalloc(sizeof(*piece));
		piece->key = piece_key(v);
		HASH_ADD(hh, f->pieces, key, sizeof(piece->key), piece);
	}
	piece->passed = what->passed;
	piece->perhaps = what->perhaps;
	piece->from = what->from;
	piece->to = what->to;
	piece->frame = f->done;
	piece->ns = now_ns();
}

static void pieces_forget(struct fuzz *f)
{
	struct piece *piece, *next;

	HASH_ITER (hh, f->pieces, piece, next) {
		HASH_DEL(f->pieces, piece);
		free(piece);
	}
}

/* --- the world --- */

static void make_service(struct fuzz *f, int s)
{
	const struct dataplane_service_options options = {.forward = SHUNT_FORWARD_FULLNAT,
							  .fullnat = true};
	struct service *service = &f->services[s];
	struct error error = {0};

	f->entries[s] = world_service(f->world.dp, texts[s].at, SLOTS, 0);
	for (int b = 0; b < BACKENDS; b++) {
		world_backend(f->entries[s], texts[s].backends[b], SHUNT_FORWARD_FULLNAT,
			      f->world.in0);
		service->backends[b].addr =
			view_end(texts[s].backends[b], &service->backends[b].port);
	}
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		dataplane_slot_write(f->entries[s], slot, SHUNT_SLOT(1 + slot % BACKENDS, 0));
	if (dataplane_service_publish(f->entries[s], &options, &error))
		errx(1, "%s", error.text);
	service->protocol = texts[s].at[0] == 't' ? PROTO_TCP : PROTO_UDP;
	service->vip.addr = view_end(texts[s].at + strlen("tcp:"), &service->vip.port);
	service->pool = view_addr(texts[s].pool);
}

static void make_world(struct fuzz *f)
{
	struct ip_addr addrs[2];
	const struct dataplane_pool pool = {addrs, ARRAY_SIZE(addrs), LOW, LOW + PORTS - 1};
	struct error error = {0};

	world_open(&f->world);
	ip_addr_parse(texts[0].pool, &addrs[0], NULL);
	ip_addr_parse(texts[2].pool, &addrs[1], NULL);
	if (dataplane_pool_set(f->world.dp, &pool, &error))
		errx(1, "%s", error.text);
	for (int s = 0; s < SERVICES; s++)
		make_service(f, s);
}

/* All flows are over, and their ports free. */
static void end_flows(struct fuzz *f)
{
	for (int i = 0; i < EVERY; i++)
		dataplane_flows_sweep(f->world.dp, f->now_s++);
	world_grace(f->world.dp);
	flows_forget(f);
}

/* --- drawing --- */

#define ROUTER4 "198.51.100.254"
#define ROUTER6 "2001:db8:100::fe"

struct words {
	char from[64], to[64], quote_from[64], quote_to[64];
};

static bool is_v6(int s)
{
	return s >= 2;
}

static void say(char text[64], bool v6, const char *addr, int port)
{
	snprintf(text, 64, v6 ? "[%s]:%d" : "%s:%d", addr, port);
}

static void say_client(struct draw *draw, int s, char text[64])
{
	uint32_t number = draw_below(draw, CLIENTS);
	char addr[48];

	snprintf(addr, sizeof(addr), is_v6(s) ? "2001:db8:100::%x" : "198.51.100.%d",
		 1 + number % 4);
	say(text, is_v6(s), addr, 40000 + number);
}

static void say_pool(const struct fuzz *f, struct draw *draw, int s, int backend, char text[64])
{
	const struct service *service = &f->services[s];
	int port = LOW - 2 + draw_below(draw, PORTS + 4);

	/* mostly one that this backend has a flow with */
	for (int i = 0; i < PORTS && chance_percent(draw, 90); i++) {
		const struct flow *owner = service->owners[draw_below(draw, PORTS)];

		if (owner && owner->backend == backend) {
			port = owner->port;
			break;
		}
	}
	say(text, is_v6(s), texts[s].pool, port);
}

static const char *addr_of(char text[64], bool v6)
{
	char *end = strrchr(text, v6 ? ']' : ':');

	*end = '\0';
	return v6 ? text + 1 : text;
}

static void draw_fields(const struct fuzz *f, struct draw *draw, int s, struct frame *frame)
{
	static const char *const flags[] = {"S", "S", "S", "A", "PA", "PA", "A", "FA", "R", "SA"};
	static const int ttls[] = {64, 64, 64, 64, 64, 64, 64, 255, 2, 1};
	size_t length;

	frame->kind = f->services[s].protocol == PROTO_TCP ? TCP : UDP;
	frame->payload = draw_below(draw, chance_percent(draw, 20) ? 1400 : 40);
	frame->ttl = CHANCE_PICK(draw, ttls);
	if (frame->kind == TCP)
		frame->flags = CHANCE_PICK(draw, flags);
	if (frame->kind == TCP && chance_percent(draw, 20))
		frame->tcp_options = 4 * draw_below(draw, 11);
	frame->no_check = frame->kind == UDP && chance_percent(draw, 10);
	if (chance_percent(draw, 10))
		frame->vlan = SET(1 + draw_below(draw, 4000));
	if (!is_v6(s) && chance_percent(draw, 10))
		frame->options = "01010100";
	if (is_v6(s) && chance_percent(draw, 10))
		frame->extensions = "HD";
	if (chance_percent(draw, 5))
		frame->check_off = 1 + draw_below(draw, 0xfffe);
	if (chance_percent(draw, 5))
		frame->pad = draw_below(draw, 40);
	if (!chance_percent(draw, 20))
		return;
	frame->payload = 400 + draw_below(draw, 800);
	frame->id = 1 + f->done / BLOCK * 16 % 60000 + draw_below(draw, 16);
	length = frame->payload + (frame->kind == TCP ? 20 + frame->tcp_options : 8);
	frame->piece_at = 240 * draw_below(draw, 2);
	frame->piece = frame->piece_at ? length - frame->piece_at : 240;
}

static void draw_there(const struct fuzz *f, struct draw *draw, int s, struct words *words,
		       struct frame *frame)
{
	say_client(draw, s, words->from);
	snprintf(words->to, sizeof(words->to), "%s", texts[s].at + strlen("tcp:"));
	draw_fields(f, draw, s, frame);
}

static void draw_back(const struct fuzz *f, struct draw *draw, int s, struct words *words,
		      struct frame *frame)
{
	int backend = draw_below(draw, BACKENDS);

	snprintf(words->from, sizeof(words->from), "%s", texts[s].backends[backend]);
	say_pool(f, draw, s, backend, words->to);
	draw_fields(f, draw, s, frame);
	frame->smac = MAC_BACKEND;
}

/* About what went to the client, or what went to the backend: from there, or a router. */
static void draw_error(const struct fuzz *f, struct draw *draw, int s, struct words *words,
		       struct frame *frame, struct frame *quote)
{
	static const int kinds4[] = {ICMP_KIND(3, 1), ICMP_KIND(3, 3), ICMP_KIND(3, 4),
				     ICMP_KIND(11, 0), ICMP_KIND(12, 0)};
	static const int kinds6[] = {ICMP_KIND(1, 4), ICMP_KIND(2, 0), ICMP_KIND(3, 0),
				     ICMP_KIND(4, 1)};
	bool v6 = is_v6(s), router = chance_percent(draw, 50);
	static char from[64], to[64];

	if (chance_percent(draw, 50)) {
		draw_there(f, draw, s, words, quote);
		snprintf(words->quote_to, 64, "%s", words->from);
		snprintf(words->quote_from, 64, "%s", words->to);
		snprintf(words->from, 64, "%s", v6 ? ROUTER6 : ROUTER4);
		router = true;
	} else {
		draw_back(f, draw, s, words, quote);
		snprintf(words->quote_to, 64, "%s", words->from);
		snprintf(words->quote_from, 64, "%s", words->to);
		if (router)
			snprintf(words->from, 64, "%s", v6 ? "fd00::77" : "10.0.0.77");
	}
	quote->from = words->quote_from;
	quote->to = words->quote_to;
	quote->vlan = quote->pad = quote->piece = quote->piece_at = 0;
	quote->smac = NULL;
	quote->payload += 40; /* enough to be quoted */
	snprintf(from, sizeof(from), "%s", words->from);
	snprintf(to, sizeof(to), "%s", words->to);
	*frame = (struct frame){
		ICMP,
		.from = router ? from : addr_of(from, v6),
		.to = addr_of(to, v6),
		.icmp = v6 ? CHANCE_PICK(draw, kinds6) : CHANCE_PICK(draw, kinds4),
		.rest = "00000514",
		.quote = quote,
		.quoted = 8 + draw_below(draw, 40),
		.ttl = chance_percent(draw, 5) ? 1 : 64,
	};
}

static size_t draw_fullnat(struct fuzz *f, uint8_t *ret)
{
	struct draw *draw = &f->draw;
	struct frame frame = {0}, quote = {0};
	int s = draw_below(draw, SERVICES);
	uint32_t kind = draw_below(draw, 100);
	struct words words;
	size_t length;

	frame.from = words.from;
	frame.to = words.to;
	if (kind < 50)
		draw_there(f, draw, s, &words, &frame);
	else if (kind < 85)
		draw_back(f, draw, s, &words, &frame);
	else
		draw_error(f, draw, s, &words, &frame, &quote);
	length = frame_build(&frame, ret);
	if (chance_percent(draw, 15))
		length = draw_damage(draw, ret, length);
	return length;
}

/* --- what must come out --- */

#define WRONG(...)                                                                                 \
	do {                                                                                       \
		fprintf(stderr, "    " __VA_ARGS__);                                               \
		fprintf(stderr, "\n");                                                             \
		return false;                                                                      \
	} while (0)

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
	WRONG("expected a drop by %s", reason_names[reason]);
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
	if (!view_same(&out.from, &service->pool) || out.sport < LOW || out.sport >= LOW + PORTS ||
	    service->owners[out.sport - LOW])
		return NULL;
	flow = mem_zalloc(sizeof(*flow));
	flow->key = flow_key(s, client);
	flow->client = *client;
	flow->port = out.sport;
	flow->backend = view_same(&out.to, &service->backends[1].addr);
	HASH_ADD(hh, f->flows, key, sizeof(flow->key), flow);
	service->owners[flow->port - LOW] = flow;
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
	struct flow *flow = flow_find(f, s, &client);

	if (!flow && !begins(t))
		return dropped_by(t, SHUNT_REASON_FULLNAT_UNKNOWN);
	if (ttl_ends(t))
		return expired(t);
	if (!flow && service->used == PORTS)
		return dropped_by(t, SHUNT_REASON_FULLNAT_POOL_FULL);
	if (!flow && t->verdict == XDP_TX)
		flow = learn(f, s, t, &client);
	if (!flow)
		WRONG("expected a free port of the pool");
	return forwarded(f, s, t, flow);
}

static int service_to(const struct fuzz *f, const struct view *v)
{
	for (int s = 0; s < SERVICES; s++)
		if (f->services[s].protocol == v->protocol && f->services[s].vip.port == v->dport &&
		    view_same(&f->services[s].vip.addr, &v->to))
			return s;
	return -1;
}

/* Nobody's first piece: is remembered all the same. */
static bool first_passed(struct fuzz *f, const struct trial *t)
{
	if (t->view.piece == VIEW_FIRST)
		piece_remember(f, &t->view, &(struct piece){.passed = true});
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
	flow = flow_find(f, s, &(struct end){t->view.from, t->view.sport});
	if (flow && t->view.piece == VIEW_FIRST)
		piece_remember(f, &t->view,
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
	const struct piece *piece = piece_find(f, &t->view);
	static struct prediction want;
	bool lone = to_vip ? t->reason == SHUNT_REASON_FRAGMENT_UNKNOWN : t->verdict == XDP_PASS;

	if (!piece || (lone && (f->done - piece->frame > REMEMBERED ||
				(!to_vip && now_ns() - piece->ns > REPLY_NS))))
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
		flow = flow_find(f, s, &(struct end){quote.to, quote.dport});
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
	for (int s = 0; s < SERVICES; s++)
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

	if (!service || port < LOW || port >= LOW + PORTS) {
		*ret_right = passed(t);
		return NULL;
	}
	flow = service->owners[port - LOW];
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
		piece_remember(
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

/* --- many --- */

static bool is_right(struct fuzz *f, struct trial *t)
{
	if (t->view.is_ip && view_same(&t->view.to, &f->services[t->view.v6 * 2].vip.addr))
		return to_vip_is_right(f, t);
	if (t->view.is_ip && view_same(&t->view.to, &f->services[t->view.v6 * 2].pool))
		return to_pool_is_right(f, t);
	/* somebody else's, or the world's other services': test_fuzz.c */
	return t->verdict != XDP_PASS || passed(t);
}

/* The one reason that was counted for it; false if there are more. */
static bool read_reason(struct fuzz *f, struct trial *t)
{
	uint64_t now[SHUNT_REASON_COUNT];
	int count = 0;

	t->reason = PREDICT_NO_REASON;
	dataplane_reasons(f->world.dp, now);
	for (int i = 0; i < SHUNT_REASON_COUNT; i++) {
		if (now[i] == f->reasons[i])
			continue;
		t->reason = i;
		count += now[i] - f->reasons[i];
		f->met[i]++;
	}
	memcpy(f->reasons, now, sizeof(now));
	if (count > 1)
		WRONG("more than one reason was counted");
	return true;
}

static void print_trial(const struct fuzz *f, const struct trial *t)
{
	fprintf(stderr, "    that was frame %" PRIu64 ": verdict %d, reason %s:", f->done,
		t->verdict, t->reason == PREDICT_NO_REASON ? "none" : reason_names[t->reason]);
	for (size_t i = 0; i < t->in_length && i < 120; i++)
		fprintf(stderr, " %02x", t->in[i]);
	fprintf(stderr, "\n");
}

static bool every_frame(void *arg)
{
	static struct trial t;
	struct fuzz *f = arg;

	dataplane_reasons(f->world.dp, f->reasons);
	for (; f->done < f->packets && f->failures < FAILURES_MAX; f->done++) {
		if (f->done % BLOCK == 0)
			end_flows(f);
		draw_seed(&f->draw, f->seed + f->done * 0x9e3779b97f4a7c15);
		t.in_length = draw_fullnat(f, t.in);
		t.view = view_frame(t.in, t.in_length);
		t.verdict = world_run(f->world.dp, f->world.in0, t.in, t.in_length, t.out,
				      &t.out_length);
		if (read_reason(f, &t) && is_right(f, &t))
			continue;
		print_trial(f, &t);
		f->failures++;
	}
	printf("# %" PRIu64 " to backends, %" PRIu64 " to clients, %" PRIu64
	       " later pieces, errors: %" PRIu64 " to backends, %" PRIu64 " to clients\n",
	       f->forwarded, f->answered_back, f->pieces_followed, f->errors_there, f->errors_back);
	return f->failures == 0;
}

/* What is never drawn is not tested. */
static bool all_is_met(void *arg)
{
	static const enum shunt_reason reasons[] = {
		SHUNT_REASON_FULLNAT_POOL_FULL, SHUNT_REASON_FULLNAT_UNKNOWN,
		SHUNT_REASON_FULLNAT_NO_FLOW,   SHUNT_REASON_FULLNAT_STRANGER,
		SHUNT_REASON_FRAGMENT_UNKNOWN,  SHUNT_REASON_TTL_ANSWERED,
	};
	const struct fuzz *f = arg;

	if (f->done < USUAL_PACKETS)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		EXPECT(f->met[reasons[i]] > 0);
	EXPECT(f->forwarded > 0 && f->answered_back > 0 && f->pieces_followed > 0);
	EXPECT(f->errors_there > 0 && f->errors_back > 0);
	return true;
}

int main(void)
{
	static const struct expect_test tests[] = {
		{"every frame comes out as its flow has it", every_frame},
		{"every way was met", all_is_met},
	};
	static struct fuzz f = {.now_s = 1000};
	int code;

	f.seed = expect_setting("SEED", USUAL_SEED);
	f.packets = expect_setting("FUZZ_PACKETS", USUAL_PACKETS);
	printf("# SEED=%" PRIu64 " FUZZ_PACKETS=%" PRIu64 "\n", f.seed, f.packets);
	make_world(&f);
	code = expect_run(tests, ARRAY_SIZE(tests), NULL, &f);
	flows_forget(&f);
	pieces_forget(&f);
	world_close(&f.world);
	return code;
}
