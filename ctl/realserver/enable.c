/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * enable.c - `shunt realserver enable` and `disable`; see realserver.h.
 *
 * Both go from one record to another by the same steps. What is to be changed is written down
 * before the first step; if a step fails, those before it are undone and the old record is written
 * again.
 */
#include <errno.h>
#include <stdarg.h>

#include "base/mem.h"
#include "realserver/facts.h"
#include "realserver/realserver.h"
#include "realserver/sysctl.h"

#define ARP_IGNORE   "net/ipv4/conf/all/arp_ignore"
#define ARP_ANNOUNCE "net/ipv4/conf/all/arp_announce"

/* One run: from one record to another. */
struct run {
	const struct realserver *asked;
	struct host *host;
	struct record before, after;
	struct report *report;
};

static void run_close_cleanup(struct run *run)
{
	record_clear(&run->before);
	record_clear(&run->after);
	host_close(run->host);
}

__attribute__((format(printf, 2, 3))) static void note(struct run *run, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		strings_append(&run->report->lines, text);
}

void report_clear(struct report *report)
{
	strings_clear(&report->lines);
}

static int run_open(struct run *run, struct error *err)
{
	int r = record_load(run->asked->state_dir, &run->before, err);

	if (!r) /* a copy, by reading it again */
		r = record_load(run->asked->state_dir, &run->after, err);
	return r ? r : host_open(&run->host, err);
}

/* --- steps: sysctls --- */

static int set_sysctl(struct run *run, const char *path, int value, struct error *err)
{
	char name[128];
	int now, r = sysctl_read(path, &now, err);

	if (r || now == value)
		return r;
	r = sysctl_write(path, value, err);
	if (r)
		return r;
	sysctl_name(path, name, sizeof(name));
	note(run, "%s: %d, before %d", name, value, now);
	return 0;
}

/* Back to what it was, if nobody has changed it since. One whose interface is gone is done with. */
static int restore_sysctl(struct run *run, const struct kept *kept, struct error *err)
{
	char name[128];
	int now;

	if (sysctl_read(kept->path, &now, NULL) || now == kept->before)
		return 0;
	if (now == kept->set)
		return set_sysctl(run, kept->path, kept->before, err);
	sysctl_name(kept->path, name, sizeof(name));
	note(run, "%s: left at %d, for somebody has changed it since", name, now);
	return 0;
}

static int set_sysctls(struct run *run, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < run->after.sysctls_count && !r; i++)
		r = set_sysctl(run, run->after.sysctls[i].path, run->after.sysctls[i].set, err);
	return r;
}

/* Those that @other does not have as well. */
static int restore_sysctls(struct run *run, const struct record *record, const struct record *other,
			   struct error *err)
{
	for (size_t i = 0; i < record->sysctls_count; i++) {
		bool kept = false;
		int r;

		for (size_t j = 0; j < other->sysctls_count; j++)
			kept = kept || strcmp(other->sysctls[j].path, record->sysctls[i].path) == 0;
		r = kept ? 0 : restore_sysctl(run, &record->sysctls[i], err);
		if (r)
			return r;
	}
	return 0;
}

/* --- steps: the decapsulating program --- */

/* One too many is left for decap_apply() to refuse. */
static void add_link(const struct host *host, const char *name, uint32_t *links, size_t *count)
{
	struct host_link link;

	if (!name[0] || *count > DECAP_LINKS_MAX || host_link(host, name, &link, NULL))
		return;
	for (size_t i = 0; i < *count; i++)
		if (links[i] == link.ifindex)
			return;
	links[(*count)++] = link.ifindex;
}

static void add_directors(const struct enabled *entry, struct ip_prefix *list, size_t *count)
{
	for (size_t i = 0; i < entry->directors.n; i++) {
		bool there = false;

		for (size_t j = 0; j < *count; j++)
			there = there || !ip_prefix_compare(&list[j], &entry->directors.v[i]);
		if (!there)
			list[(*count)++] = entry->directors.v[i];
	}
}

/* The program as the tunnels of @record need it, all together. */
static int apply_tunnels(const struct run *run, const struct record *record, struct error *err)
{
	size_t room = 1;
	_cleanup_free_ struct ip_prefix *directors = NULL;
	_cleanup_free_ struct ip_addr *vips = mem_zalloc((record->vips_count + 1) * sizeof(*vips));
	uint32_t links[DECAP_LINKS_MAX + 1];
	struct decap_wish wish = {.vips = vips, .links = links};

	for (size_t i = 0; i < record->vips_count; i++)
		room += record->vips[i].directors.n;
	directors = mem_zalloc(room * sizeof(*directors));
	wish.directors = directors;
	for (size_t i = 0; i < record->vips_count; i++) {
		const struct enabled *entry = &record->vips[i];

		if (!forward_is_tunnel(entry->forward))
			continue;
		vips[wish.vips_count++] = entry->vip;
		add_directors(entry, directors, &wish.directors_count);
		add_link(run->host, entry->dev, links, &wish.links_count);
	}
	return decap_apply(run->asked->pin_dir, &wish, err);
}

static bool same_directors(const struct enabled *a, const struct enabled *b)
{
	if (a->directors.n != b->directors.n)
		return false;
	for (size_t i = 0; i < a->directors.n; i++)
		if (ip_prefix_compare(&a->directors.v[i], &b->directors.v[i]) != 0)
			return false;
	return true;
}

/* What there is now for a tunnel's VIP on its interface. */
static struct decap_view look_at_tunnel(const struct run *run, const struct enabled *entry)
{
	struct decap_view view = {};
	struct host_link link;

	if (forward_is_tunnel(entry->forward) && host_link(run->host, entry->dev, &link, NULL) == 0)
		decap_look(run->asked->pin_dir, link.ifindex, &entry->vip, &view, NULL);
	return view;
}

static void note_tunnel(struct run *run, const struct enabled *entry, bool was_there)
{
	const struct enabled *old = record_find(&run->before, &entry->vip);
	char text[IP_PREFIX_LEN];

	if (!was_there)
		note(run, "%s: decapsulating program, %s mode", entry->dev,
		     look_at_tunnel(run, entry).native ? "native" : "generic");
	if (was_there && old && same_directors(old, entry))
		return;
	for (size_t i = 0; i < entry->directors.n; i++)
		note(run, "unwrapped from %s", ip_prefix_format(&entry->directors.v[i], text));
}

/* --- steps: the address --- */

static bool on_lo(const struct run *run, const struct ip_addr *vip)
{
	struct host_address places[FACTS_PLACES_MAX];
	size_t n = host_address(run->host, vip, places, FACTS_PLACES_MAX);

	for (size_t i = 0; i < n; i++)
		if (strcmp(places[i].link, "lo") == 0 &&
		    places[i].length == ip_prefix_bits(vip->family))
			return true;
	return false;
}

static int put_address(struct run *run, const struct ip_addr *vip, struct error *err)
{
	char text[IP_ADDR_LEN];
	int r = host_address_add(run->host, vip, err);

	if (!r)
		note(run, "%s/%u on lo", ip_addr_format(vip, text), ip_prefix_bits(vip->family));
	return r;
}

static int take_address(struct run *run, const struct ip_addr *vip, struct error *err)
{
	char text[IP_ADDR_LEN];
	int r = host_address_remove(run->host, vip, err);

	if (!r)
		note(run, "%s/%u taken from lo", ip_addr_format(vip, text),
		     ip_prefix_bits(vip->family));
	return r;
}

/* --- enable: what is asked, made into an entry of the record --- */

static int test_places(const struct run *run, const struct ip_addr *vip, struct error *err)
{
	struct host_address places[FACTS_PLACES_MAX];
	size_t n = host_address(run->host, vip, places, FACTS_PLACES_MAX);
	char text[IP_ADDR_LEN];

	for (size_t i = 0; i < n; i++)
		if (strcmp(places[i].link, "lo") != 0 &&
		    places[i].length < ip_prefix_bits(vip->family))
			return error_set(err, -EEXIST,
					 "%s is this host's own address, on %s; expected a VIP",
					 ip_addr_format(vip, text), places[i].link);
		else if (strcmp(places[i].link, "lo") != 0)
			return error_set(err, -EEXIST,
					 "%s is an address of %s, which would take the VIP from "
					 "the director; remove it first: ip addr del %s/%u dev %s",
					 ip_addr_format(vip, text), places[i].link, text,
					 places[i].length, places[i].link);
	return 0;
}

static int test_forward(const struct realserver *asked, const struct ip_addr *vip,
			struct error *err)
{
	const char *name = forward_name(asked->forward);
	char text[IP_ADDR_LEN];

	if (asked->forward == SHUNT_FORWARD_NAT || asked->forward == SHUNT_FORWARD_FULLNAT)
		return error_set(err, -EINVAL,
				 "forward %s needs nothing on a backend, not even the VIP; `shunt "
				 "realserver check %s --forward %s --director ADDR` tells whether "
				 "replies find their way",
				 name, ip_addr_format(vip, text), name);
	if ((asked->director.n || asked->dev) && !forward_is_tunnel(asked->forward))
		return error_set(err, -EINVAL,
				 "%s is for forward ipip and gue; with %s it means nothing",
				 asked->dev ? "--dev" : "--director", name);
	return 0;
}

static int find_tunnel_dev(const struct run *run, struct enabled *entry, struct error *err)
{
	struct host_link dev;
	int r;

	if (!entry->directors.n)
		return error_set(err, -EINVAL,
				 "forward %s: expected --director, the address that the director "
				 "sends from",
				 forward_name(entry->forward));
	r = facts_dev(run->host, run->asked->dev, &entry->vip, &entry->directors, &dev, err);
	if (!r && !dev.name[0])
		r = error_set(err, -ENOENT,
			      "no route leads to the director: expected --dev, the interface its "
			      "packets come in by");
	snprintf(entry->dev, sizeof(entry->dev), "%s", r ? "" : dev.name);
	return r;
}

static int make_entry(const struct run *run, const struct ip_addr *vip, struct enabled *ret,
		      struct error *err)
{
	const struct enabled *old = record_find(&run->before, vip);

	*ret = (struct enabled){
		.vip = *vip,
		.forward = run->asked->forward,
		.directors = run->asked->director,
		.address_ours = !on_lo(run, vip) || (old && old->address_ours),
	};
	return forward_is_tunnel(ret->forward) ? find_tunnel_dev(run, ret, err) : 0;
}

/* --- enable: which sysctls are to change --- */

static int want_sysctl(struct run *run, const char *path, int value, struct error *err)
{
	int now, r = sysctl_read(path, &now, err);

	if (!r && now != value)
		record_keep(&run->after, path, now, value);
	return r;
}

/* 2 is stricter than 1, and right too. */
static int want_arp(struct run *run, struct error *err)
{
	int ignore, r = sysctl_read(ARP_IGNORE, &ignore, err);

	if (!r && ignore != 2)
		r = want_sysctl(run, ARP_IGNORE, 1, err);
	return r ? r : want_sysctl(run, ARP_ANNOUNCE, 2, err);
}

/*
 * A client's packet comes out of the tunnel on an interface by which there may be no way to the
 * client. Strict filtering would drop it; loose (2) asks only for a way by any interface.
 */
static int want_rp_filter(struct run *run, const char *dev, struct error *err)
{
	_cleanup_free_ char *path = mem_printf("net/ipv4/conf/%s/rp_filter", dev);

	return sysctl_conf(dev, "rp_filter") == 1 ? want_sysctl(run, path, 2, err) : 0;
}

static int want_sysctls(struct run *run, const struct enabled *entry, struct error *err)
{
	int r;

	if (entry->vip.family != AF_INET)
		return 0;
	r = want_arp(run, err);
	if (!r && forward_is_tunnel(entry->forward))
		r = want_rp_filter(run, entry->dev, err);
	return r;
}

/* --- enable: the steps --- */

static int carry_out(struct run *run, const struct enabled *entry, bool put, struct error *err)
{
	const struct decap_view before = look_at_tunnel(run, entry);
	int r = set_sysctls(run, err);

	if (!r && (record_has_tunnel(&run->before) || record_has_tunnel(&run->after)))
		r = apply_tunnels(run, &run->after, err);
	if (!r && put)
		r = put_address(run, &entry->vip, err);
	if (!r && forward_is_tunnel(entry->forward))
		note_tunnel(run, entry, before.ours && before.vip_enabled);
	return r;
}

/* The last step is the address: if that is there, nothing has failed. */
static void undo(struct run *run)
{
	if (record_has_tunnel(&run->before) || record_has_tunnel(&run->after))
		apply_tunnels(run, &run->before, NULL);
	restore_sysctls(run, &run->after, &run->before, NULL);
	record_save(run->asked->state_dir, &run->before, NULL);
	strings_clear(&run->report->lines);
}

/* The whole of it: what is asked, written down, carried out. */
static int enable(struct run *run, const struct ip_addr *vip, struct error *err)
{
	bool put = !on_lo(run, vip);
	struct enabled entry;
	int r = make_entry(run, vip, &entry, err);

	if (!r)
		r = want_sysctls(run, &entry, err);
	if (r)
		return r;
	if (run->after.vips_count == RECORD_VIPS_MAX && !record_find(&run->after, vip))
		return error_set(err, -ENOSPC, "at most %d VIPs can be enabled", RECORD_VIPS_MAX);
	record_put(&run->after, &entry);
	run->report->forward = entry.forward;
	snprintf(run->report->dev, sizeof(run->report->dev), "%s", entry.dev);
	r = record_save(run->asked->state_dir, &run->after, err);
	if (!r)
		r = carry_out(run, &entry, put, err);
	if (r)
		undo(run);
	return r;
}

int realserver_enable(const struct realserver *asked, const struct ip_addr *vip,
		      struct report *report, struct error *err)
{
	_cleanup_(run_close) struct run run = {.asked = asked, .report = report};
	_cleanup_close_ int lock = -1;
	int r = ip_addr_validate(vip, "VIP", err);

	if (!r)
		r = test_forward(asked, vip, err);
	if (!r)
		r = record_lock(asked->state_dir, &lock, err);
	if (!r)
		r = run_open(&run, err);
	if (!r)
		r = test_places(&run, vip, err);
	return r ? r : enable(&run, vip, err);
}

/* --- disable --- */

static int disable(struct run *run, const struct enabled *entry, struct error *err)
{
	const struct record nothing = {};
	bool last = run->after.vips_count == 0;
	int r = 0;

	if (entry->address_ours && on_lo(run, &entry->vip))
		r = take_address(run, &entry->vip, err);
	if (!r && record_has_tunnel(&run->before))
		r = apply_tunnels(run, &run->after, err);
	if (!r && record_has_tunnel(&run->before) && !record_has_tunnel(&run->after))
		note(run, "decapsulating program removed");
	if (!r && last)
		r = restore_sysctls(run, &run->before, &nothing, err);
	if (r) /* what is undone by now stays so; disabling again does the rest */
		return r;
	return record_save(run->asked->state_dir, last ? &nothing : &run->after, err);
}

int realserver_disable(const struct realserver *asked, const struct ip_addr *vip,
		       struct report *report, struct error *err)
{
	_cleanup_(run_close) struct run run = {.asked = asked, .report = report};
	_cleanup_close_ int lock = -1;
	const struct enabled *entry;
	int r = record_lock(asked->state_dir, &lock, err);

	if (!r)
		r = run_open(&run, err);
	if (r)
		return r;
	entry = record_find(&run.before, vip);
	if (!entry)
		return 0;
	report->forward = entry->forward;
	snprintf(report->dev, sizeof(report->dev), "%s", entry->dev);
	record_remove(&run.after, vip);
	return disable(&run, entry, err);
}
