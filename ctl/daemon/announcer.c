/* SPDX-License-Identifier: GPL-2.0-or-later */
/* announcer.c - see announcer.h */
#include "daemon/announcer.h"

#include <errno.h>
#include <uthash.h>

#include "base/mem.h"
#include "daemon/events.h"
#include "net/claims.h"
#include "net/net.h"
#include "plan/announce.h"

#define RETRY_MS 5000 /* after a failure of the system's */
#define KEY_LEN  (IP_ADDR_LEN + sizeof("announce:"))

/* One wanted VIP. */
struct announced {
	struct ip_addr vip;
	char text[IP_ADDR_LEN]; /* the same, to be read; the key */
	uint32_t ifindex;       /* where it is or shall be; 0 = nowhere */
	bool probed;            /* that is not lo */
	bool present;           /* it is on this host, and not ours */
	bool failed;            /* the system refused; again at retry_ms */
	uint64_t retry_ms;
	uint8_t mac[6];   /* of the interface, as last announced */
	uint8_t rival[6]; /* who claimed it last */
	struct announce_machine machine;
	UT_hash_handle by_vip;
};

struct announcer {
	sd_event *loop;
	struct net *net;
	struct claims *claims; /* may be NULL */
	struct events *events;
	sd_event_source *io, *timer, *later;
	bool started; /* the attached interfaces are known */
	uint32_t *links;
	size_t links_n;
	uint32_t lo;
	struct announced *vips; /* uthash by_vip */
};

/* --- small things --- */

static uint64_t now_ms(struct announcer *a)
{
	uint64_t us = 0;

	sd_event_now(a->loop, CLOCK_MONOTONIC, &us);
	return us / 1000;
}

static struct announced *find(const struct announcer *a, const struct ip_addr *vip)
{
	struct announced *e;
	char text[IP_ADDR_LEN];

	ip_addr_format(vip, text);
	HASH_FIND(by_vip, a->vips, text, strlen(text), e);
	return e;
}

static const char *alarm_key(const struct announced *e, char buf[static KEY_LEN])
{
	snprintf(buf, KEY_LEN, "announce:%s", e->text);
	return buf;
}

static void tell(struct announcer *a, const struct announced *e, const char *what)
{
	char name[IF_NAMESIZE];

	net_link_name(a->net, e->ifindex, name);
	events_add(a->events, EVENT_INFO, "announce", NULL, NULL, "%s: %s %s", e->text, what,
		   *name ? name : "an interface that is gone");
}

static void clear(struct announcer *a, const struct announced *e)
{
	char key[KEY_LEN];

	events_clear(a->events, alarm_key(e, key));
}

/* Wake up for the earliest deadline. */
static void set_timer(struct announcer *a)
{
	uint64_t due = UINT64_MAX;

	for (struct announced *e = a->vips; e; e = e->by_vip.next) {
		uint64_t at = e->failed ? e->retry_ms : e->machine.deadline_ms;

		due = at < due ? at : due;
	}
	if (due == UINT64_MAX) {
		sd_event_source_set_enabled(a->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(a->timer, due * 1000);
	sd_event_source_set_enabled(a->timer, SD_EVENT_ONESHOT);
}

static void act_later(struct announcer *a)
{
	if (a->started)
		sd_event_source_set_enabled(a->later, SD_EVENT_ONESHOT);
}

/* --- doing what the machine says --- */

/* What the system refuses is tried again; until then the VIP is not announced. */
static void fail(struct announcer *a, struct announced *e, const char *why)
{
	char key[KEY_LEN];

	/* nothing is on the link, and one alarm takes the other's place */
	announce_step(&e->machine, ANNOUNCE_EVENT_UNWANT, now_ms(a));
	e->failed = true;
	e->retry_ms = now_ms(a) + RETRY_MS;
	events_alarm(a->events, "announce", alarm_key(e, key), "%s is not announced: %s", e->text,
		     why);
}

static void do_probe(struct announcer *a, struct announced *e)
{
	char text[64 + IF_NAMESIZE], name[IF_NAMESIZE];
	uint8_t mac[6];
	int r = -EPERM;

	if (!net_link_mac(a->net, e->ifindex, mac))
		r = -ENODEV;
	else if (a->claims)
		r = claims_probe(a->claims, e->ifindex, mac, &e->vip);
	if (!r)
		return;
	snprintf(text, sizeof(text), "no probe can be sent on %s: %s",
		 net_link_name(a->net, e->ifindex, name), strerror(-r));
	fail(a, e, text);
}

static void do_add(struct announcer *a, struct announced *e)
{
	struct error err = {};

	if (net_address_add(a->net, e->ifindex, &e->vip, &err))
		fail(a, e, err.text);
	else
		tell(a, e, "announced on");
}

/* A lost announcement is no reason to do without the address: it is said ANNOUNCE_REPEATS times. */
static void do_announce(struct announcer *a, struct announced *e)
{
	int r = -EPERM;

	if (!e->probed || !net_link_mac(a->net, e->ifindex, e->mac))
		return;
	if (a->claims)
		r = claims_announce(a->claims, e->ifindex, e->mac, &e->vip);
	if (r)
		events_add(a->events, EVENT_WARNING, "announce", NULL, NULL,
			   "%s: an announcement could not be sent: %s", e->text, strerror(-r));
}

static void do_remove(struct announcer *a, struct announced *e)
{
	struct error err = {};
	int r = net_address_remove(a->net, e->ifindex, &e->vip, &err);

	if (!r)
		tell(a, e, "withdrawn from");
	else if (r == -ENOENT || r == -ENODEV || r == -EADDRNOTAVAIL)
		tell(a, e, "is no longer on");
	else
		events_add(a->events, EVENT_WARNING, "announce", NULL, NULL, "%s", err.text);
}

static void do_alarm(struct announcer *a, struct announced *e)
{
	const uint8_t *m = e->rival;
	char key[KEY_LEN], name[IF_NAMESIZE], who[64];

	snprintf(who, sizeof(who), "%02x:%02x:%02x:%02x:%02x:%02x on %s", m[0], m[1], m[2], m[3],
		 m[4], m[5], net_link_name(a->net, e->ifindex, name));
	alarm_key(e, key);
	if (e->machine.state == ANNOUNCE_HELD)
		events_alarm(a->events, "announce", key,
			     "%s: %s claims it too; it is kept and defended, for one forged packet "
			     "must not take it away",
			     e->text, who);
	else
		events_alarm(
			a->events, "announce", key,
			"%s: %s has it already; not announced, and asked for again every %d s%s",
			e->text, who, ANNOUNCE_CONFLICT_MS / 1000,
			e->vip.family == AF_INET ? " (a backend with the VIP on lo needs "
						   "net.ipv4.conf.all.arp_ignore=1)"
						 : "");
}

/* In the order of announce.h; what fails on the way has stepped the machine itself. */
static void carry_out(struct announcer *a, struct announced *e, unsigned int todo)
{
	static const struct {
		unsigned int bit;
		void (*act)(struct announcer *a, struct announced *e);
	} acts[] = {
		{ANNOUNCE_DO_PROBE, do_probe},       {ANNOUNCE_DO_ADD, do_add},
		{ANNOUNCE_DO_ANNOUNCE, do_announce}, {ANNOUNCE_DO_REMOVE, do_remove},
		{ANNOUNCE_DO_ALARM, do_alarm},
	};

	for (size_t i = 0; i < ARRAY_SIZE(acts) && !e->failed; i++)
		if (todo & acts[i].bit)
			acts[i].act(a, e);
	if ((todo & ANNOUNCE_DO_CLEAR) && !e->failed)
		clear(a, e);
}

static void step(struct announcer *a, struct announced *e, enum announce_event event)
{
	carry_out(a, e, announce_step(&e->machine, event, now_ms(a)));
}

static void withdraw(struct announcer *a, struct announced *e)
{
	step(a, e, ANNOUNCE_EVENT_UNWANT);
	if (e->failed)
		clear(a, e);
	e->failed = false;
	e->ifindex = 0;
	e->present = false;
}

/* --- comparing with what is --- */

/* The attached interface of its subnet, or what is made upon that, else lo; nowhere while nothing
 * is attached, for then the director's own stack would answer. */
static uint32_t place_of(const struct announcer *a, const struct ip_addr *vip)
{
	for (size_t i = 0; i < a->links_n; i++) {
		uint32_t ifindex = net_subnet_link(a->net, a->links[i], vip);

		if (ifindex)
			return ifindex;
	}
	return a->links_n ? a->lo : 0;
}

/* On this host, put there by somebody else? */
static bool is_present(struct announcer *a, const struct announced *e)
{
	uint32_t ifindex = net_address_link(a->net, &e->vip);

	return ifindex && !net_address_ours(a->net, ifindex, &e->vip);
}

static void set_present(struct announcer *a, struct announced *e)
{
	char name[IF_NAMESIZE];

	if (e->present)
		return;
	withdraw(a, e);
	e->present = true;
	events_add(a->events, EVENT_INFO, "announce", NULL, NULL,
		   "%s is on %s already, not put there by Shunt: left alone", e->text,
		   net_link_name(a->net, net_address_link(a->net, &e->vip), name));
}

static void place(struct announcer *a, struct announced *e)
{
	uint32_t ifindex = place_of(a, &e->vip);

	if (is_present(a, e)) {
		set_present(a, e);
		return;
	}
	e->present = false;
	if (e->ifindex == ifindex)
		return;
	withdraw(a, e);
	e->ifindex = ifindex;
	e->probed = ifindex != a->lo;
}

/* What an earlier daemon left where nobody wants it. */
static void remove_misplaced(uint32_t ifindex, const struct ip_addr *addr, void *arg)
{
	struct announcer *a = arg;
	struct announced *e = find(a, addr), gone = {.vip = *addr, .ifindex = ifindex};

	if (e && e->ifindex == ifindex)
		return;
	ip_addr_format(addr, gone.text);
	do_remove(a, &gone);
}

static void compare_on_lo(struct announcer *a, struct announced *e)
{
	if (e->machine.state == ANNOUNCE_HELD && net_address_ours(a->net, e->ifindex, &e->vip))
		return;
	if (!net_address_ours(a->net, e->ifindex, &e->vip))
		do_add(a, e);
	if (!e->failed)
		step(a, e, ANNOUNCE_EVENT_FOUND);
}

static void compare_on_link(struct announcer *a, struct announced *e)
{
	bool held = e->machine.state == ANNOUNCE_HELD;
	bool there = net_address_ours(a->net, e->ifindex, &e->vip);
	uint8_t mac[6];

	/* when the link is back, another host may have it: then it is probed for */
	if (!net_link_up(a->net, e->ifindex)) {
		step(a, e, ANNOUNCE_EVENT_UNWANT);
		if (there && !held)
			do_remove(a, e);
		return;
	}
	if (held && there) {
		if (net_link_mac(a->net, e->ifindex, mac) && memcmp(mac, e->mac, sizeof(mac)) != 0)
			step(a, e, ANNOUNCE_EVENT_FOUND);
		return;
	}
	if (held)
		step(a, e, ANNOUNCE_EVENT_UNWANT);
	if (there)
		tell(a, e, "found, an earlier daemon's, on");
	step(a, e, there ? ANNOUNCE_EVENT_FOUND : ANNOUNCE_EVENT_WANT);
}

static void compare(struct announcer *a, struct announced *e)
{
	bool had_failed = e->failed;

	if (e->present || !e->ifindex)
		return;
	e->failed = false;
	if (e->probed)
		compare_on_link(a, e);
	else
		compare_on_lo(a, e);
	/* only now: an alarm that is raised again with the same words is silent */
	if (had_failed && !e->failed)
		clear(a, e);
}

static void compare_all(struct announcer *a)
{
	struct announced *e, *next;

	HASH_ITER (by_vip, a->vips, e, next)
		place(a, e);
	net_addresses_ours(a->net, remove_misplaced, a);
	HASH_ITER (by_vip, a->vips, e, next)
		compare(a, e);
	set_timer(a);
}

/* --- the loop's sources --- */

static int on_later(sd_event_source *source, void *arg)
{
	compare_all(arg);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct announcer *a = arg;
	uint64_t now = now_ms(a);

	for (struct announced *e = a->vips; e; e = e->by_vip.next)
		if (!e->failed)
			step(a, e, ANNOUNCE_EVENT_TIME);
		else if (now >= e->retry_ms)
			compare(a, e);
	set_timer(a);
	return 0;
}

static void on_claim(const struct claim *claim, void *arg)
{
	struct announcer *a = arg;
	struct announced *e = find(a, &claim->addr);
	uint8_t own[6];

	if (!e || !e->probed || e->ifindex != claim->ifindex || net_mac_ours(a->net, claim->mac))
		return;
	/* a probe for what is held is answered by the kernel */
	if (claim->probe &&
	    (e->machine.state != ANNOUNCE_PROBING || !net_link_mac(a->net, e->ifindex, own) ||
	     !announce_yields(own, claim->mac)))
		return;
	memcpy(e->rival, claim->mac, sizeof(e->rival));
	step(a, e, ANNOUNCE_EVENT_CLAIMED);
}

static int on_claims(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct announcer *a = arg;

	claims_dispatch(a->claims, on_claim, a);
	set_timer(a);
	return 0;
}

/* --- beginning and ending --- */

int announcer_new(sd_event *loop, struct net *net, struct claims *claims, struct events *events,
		  struct announcer **ret, struct error *err)
{
	_cleanup_(announcer_free) struct announcer *a = mem_zalloc(sizeof(*a));
	int r;

	a->loop = sd_event_ref(loop);
	a->net = net;
	a->claims = claims;
	a->events = events;
	r = net_link_index(net, "lo", &a->lo, err);
	if (r)
		return r;
	r = sd_event_add_time(loop, &a->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, a);
	if (r >= 0)
		r = sd_event_source_set_enabled(a->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(loop, &a->later, on_later, a);
	if (r >= 0)
		r = sd_event_source_set_enabled(a->later, SD_EVENT_OFF);
	if (r >= 0 && claims)
		r = sd_event_add_io(loop, &a->io, claims_fd(claims), EPOLLIN, on_claims, a);
	if (r < 0)
		return error_set(err, r, "event loop: %s", strerror(-r));
	*ret = take_ptr(a);
	return 0;
}

static void forget(struct announcer *a, struct announced *e)
{
	HASH_DELETE(by_vip, a->vips, e);
	free(e);
}

struct announcer *announcer_free(struct announcer *a)
{
	if (!a)
		return NULL;
	while (a->vips)
		forget(a, a->vips);
	sd_event_source_disable_unref(a->io);
	sd_event_source_disable_unref(a->timer);
	sd_event_source_disable_unref(a->later);
	sd_event_unref(a->loop);
	free(a->links);
	free(a);
	return NULL;
}

/* --- from outside --- */

void announcer_set_interfaces(struct announcer *a, const uint32_t *ifindexes, size_t n)
{
	a->links = mem_realloc(a->links, (n + 1) * sizeof(*a->links));
	if (n)
		memcpy(a->links, ifindexes, n * sizeof(*a->links));
	a->links_n = n;
	a->started = true;
	for (struct announced *e = a->vips; e; e = e->by_vip.next)
		if (e->ifindex && (!n || (e->probed && place_of(a, &e->vip) != e->ifindex)))
			withdraw(a, e);
	act_later(a);
}

void announcer_want(struct announcer *a, const struct ip_addr *vip)
{
	struct announced *e;

	if (find(a, vip))
		return;
	e = mem_zalloc(sizeof(*e));
	e->vip = *vip;
	ip_addr_format(vip, e->text);
	announce_machine_init(&e->machine);
	HASH_ADD_KEYPTR(by_vip, a->vips, e->text, strlen(e->text), e);
	act_later(a);
}

void announcer_unwant(struct announcer *a, const struct ip_addr *vip)
{
	struct announced *e = find(a, vip);

	if (!e)
		return;
	withdraw(a, e);
	forget(a, e);
	set_timer(a);
}

void announcer_refresh(struct announcer *a)
{
	act_later(a);
}

void announcer_withdraw_all(struct announcer *a)
{
	while (a->vips)
		announcer_unwant(a, &a->vips->vip);
}

const char *announcer_state(const struct announcer *a, const struct ip_addr *vip)
{
	static const char *const names[] = {
		[ANNOUNCE_IDLE] = "waiting",
		[ANNOUNCE_PROBING] = "probing",
		[ANNOUNCE_HELD] = "held",
		[ANNOUNCE_CONFLICT] = "conflict",
	};
	const struct announced *e = find(a, vip);

	if (!e)
		return "none";
	return e->present ? "present" : names[e->machine.state];
}

struct removal {
	struct net *net;
	struct error *err;
	int r;
};

static void remove_one(uint32_t ifindex, const struct ip_addr *addr, void *arg)
{
	struct removal *removal = arg;
	int r = net_address_remove(removal->net, ifindex, addr, removal->r ? NULL : removal->err);

	if (!removal->r)
		removal->r = r;
}

int announcer_remove_all(struct net *net, struct error *err)
{
	struct removal removal = {.net = net, .err = err};

	net_addresses_ours(net, remove_one, &removal);
	return removal.r;
}
