/* SPDX-License-Identifier: GPL-2.0-or-later */
/* interfaces.c - where the director takes packets: attached, announced on, detached again. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/director_internal.h"

bool director_is_attached(struct director *d, uint32_t ifindex)
{
	struct dataplane_link links[DIRECTOR_INTERFACES_MAX];
	size_t n = dataplane_links(d->dp, links, ARRAY_SIZE(links));

	for (size_t i = 0; i < n; i++)
		if (links[i].ifindex == ifindex)
			return true;
	return false;
}

/* Some drivers attach only when the offloads are off; which ones must be depends on the mode. */
static int attach_new(struct director *d, uint32_t ifindex, const char *name, struct error *err)
{
	struct dataplane_link link;
	int r = dataplane_attachable(d->dp, ifindex, err);

	if (r)
		return r;
	offloads_off(d, ifindex, name, NET_OFFLOADS_NATIVE);
	r = dataplane_attach(d->dp, ifindex, &link, err);
	if (r) {
		offloads_restore(d, ifindex, name, dataplane_noted(d->dp, ifindex));
		return r;
	}
	if (!link.native)
		offloads_off(d, ifindex, name, NET_OFFLOADS_GENERIC);
	events_add(d->events, EVENT_INFO, "interface", NULL, NULL, "%s: attached, %s", name,
		   link.native ? "native" : "generic: slower, the driver has no XDP");
	reconcile_net(d->reconciler); /* how packets leave by others may depend on it */
	return 0;
}

static int attach_interface(struct director *d, const char *name, bool *ret_new, struct error *err)
{
	uint32_t ifindex;
	int r = net_link_index(d->net, name, &ifindex, err);

	if (r)
		return r;
	*ret_new = !director_is_attached(d, ifindex);
	return *ret_new ? attach_new(d, ifindex, name, err) : 0;
}

/* The note goes with the link. What was switched off may be what the driver refuses to have on
 * while a program is attached. */
static int detach_and_restore(struct director *d, uint32_t ifindex, const char *name,
			      struct error *err)
{
	uint32_t was_on = dataplane_noted(d->dp, ifindex);
	int r = dataplane_detach(d->dp, ifindex, err);

	if (!r)
		offloads_restore(d, ifindex, name, was_on);
	return r;
}

static void announce_all(struct director *d, bool wanted)
{
	for (const struct service *s = d->model->services; s; s = s->by_name.next)
		if (wanted)
			announcer_want(d->announcer, &s->address.at.addr);
		else
			announcer_unwant(d->announcer, &s->address.at.addr);
}

/* Addresses are only where packets meet the program first; without an interface, nowhere. */
void director_announce(struct director *d)
{
	struct dataplane_link links[DIRECTOR_INTERFACES_MAX];
	uint32_t ifindexes[DIRECTOR_INTERFACES_MAX];
	size_t n = dataplane_links(d->dp, links, ARRAY_SIZE(links));

	for (size_t i = 0; i < n; i++)
		ifindexes[i] = links[i].ifindex;
	announce_all(d, n && d->model->settings.announce == ANNOUNCE_AUTO);
	pool_announce(d, n);
	announcer_set_interfaces(d->announcer, ifindexes, n);
	announcer_refresh(d->announcer);
}

static void detach_interface(struct director *d, uint32_t ifindex, const char *name)
{
	struct dataplane_link links[DIRECTOR_INTERFACES_MAX];
	uint32_t rest[DIRECTOR_INTERFACES_MAX];
	size_t n = dataplane_links(d->dp, links, ARRAY_SIZE(links)), count = 0;
	struct error err = {};

	/* withdraw first, so that the director's own stack never answers for a VIP */
	for (size_t i = 0; i < n; i++)
		if (links[i].ifindex != ifindex)
			rest[count++] = links[i].ifindex;
	if (!count) {
		announce_all(d, false);
		pool_announce(d, false);
	}
	announcer_set_interfaces(d->announcer, rest, count);
	if (detach_and_restore(d, ifindex, name, &err))
		events_add(d->events, EVENT_WARNING, "interface", NULL, NULL, "%s: %s", name,
			   err.text);
	else
		events_add(d->events, EVENT_INFO, "interface", NULL, NULL, "%s: detached", name);
	reconcile_net(d->reconciler); /* backends may be reached by it all the same */
}

void director_detach_others(struct director *d, const struct strings *wanted)
{
	struct dataplane_link links[DIRECTOR_INTERFACES_MAX];
	size_t n = dataplane_links(d->dp, links, ARRAY_SIZE(links));
	char name[IF_NAMESIZE];

	for (size_t i = 0; i < n; i++) {
		net_link_name(d->net, links[i].ifindex, name);
		if (!strings_contain(wanted, name))
			detach_interface(d, links[i].ifindex, *name ? name : "(gone)");
	}
}

/* --- where packets only leave --- */

int director_egress(struct director *d, uint32_t ifindex, struct error *err)
{
	char name[IF_NAMESIZE];
	int r;

	if (dataplane_leaves_by(d->dp, ifindex))
		return 0;
	r = dataplane_egress(d->dp, ifindex, err);
	if (!r)
		events_add(d->events, EVENT_INFO, "interface", NULL, NULL,
			   "%s: packets leave by it", net_link_name(d->net, ifindex, name));
	return r;
}

void director_egress_unused(struct director *d, uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	dataplane_egress_release(d->dp, ifindex);
	events_add(d->events, EVENT_INFO, "interface", NULL, NULL, "%s: no packets leave by it",
		   net_link_name(d->net, ifindex, name));
}

/* An older daemon may have left them on, or ended between switching and attaching. */
void director_adopt_offloads(struct director *d)
{
	struct dataplane_link links[DIRECTOR_INTERFACES_MAX];
	struct dataplane_note notes[DATAPLANE_NOTES_MAX];
	size_t n = dataplane_links(d->dp, links, ARRAY_SIZE(links));
	size_t noted = dataplane_notes(d->dp, notes, ARRAY_SIZE(notes));
	char name[IF_NAMESIZE];

	for (size_t i = 0; i < n; i++)
		if (*net_link_name(d->net, links[i].ifindex, name))
			offloads_off(d, links[i].ifindex, name,
				     links[i].native ? NET_OFFLOADS_NATIVE : NET_OFFLOADS_GENERIC);
	for (size_t i = 0; i < noted; i++) {
		net_link_name(d->net, notes[i].ifindex, name);
		if (!*name)
			dataplane_note(d->dp, notes[i].ifindex, 0, NULL);
		else if (!director_is_attached(d, notes[i].ifindex))
			offloads_restore(d, notes[i].ifindex, name, notes[i].word);
	}
}

void director_sync_interfaces(struct director *d)
{
	const struct strings *names = &d->model->settings.interfaces;

	for (size_t i = 0; i < names->n; i++) {
		struct error err = {};
		char key[32 + IF_NAMESIZE];
		bool is_new;

		snprintf(key, sizeof(key), "interface:%s", names->v[i]);
		if (attach_interface(d, names->v[i], &is_new, &err))
			events_alarm(d->events, "interface", key, "%s: not attached: %s",
				     names->v[i], err.text);
		else
			events_clear(d->events, key);
	}
	director_announce(d);
	director_check_host(d);
}

/* Nobody wishes for the interface any more: its alarms are nobody's concern. */
static void forget_interface(struct director *d, const char *name)
{
	char key[32 + IF_NAMESIZE];

	snprintf(key, sizeof(key), "interface:%s", name);
	events_clear(d->events, key);
	snprintf(key, sizeof(key), "forwarding:%s", name);
	events_clear(d->events, key);
}

void director_forget_interfaces(struct director *d, const struct strings *wanted)
{
	const struct strings *names = &d->model->settings.interfaces;

	for (size_t i = 0; i < names->n; i++)
		if (!strings_contain(wanted, names->v[i]))
			forget_interface(d, names->v[i]);
}

int director_attach_all(struct director *d, const struct strings *names, struct error *err)
{
	uint32_t fresh[DIRECTOR_INTERFACES_MAX];
	const char *fresh_names[DIRECTOR_INTERFACES_MAX];
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; !r && i < names->n; i++) {
		bool is_new = false;

		r = attach_interface(d, names->v[i], &is_new, err);
		if (r || !is_new)
			continue;
		net_link_index(d->net, names->v[i], &fresh[count], NULL);
		fresh_names[count++] = names->v[i];
	}
	while (r && count--)
		detach_and_restore(d, fresh[count], fresh_names[count], NULL);
	return r;
}

/* --- by command --- */

int director_attach(struct director *d, const char *ifname, json_t **ret, struct error *err)
{
	struct strings *names = &d->model->settings.interfaces;
	const struct schema_key *key = schema_find(&settings_schema, "interfaces");
	_cleanup_free_ char *old = NULL, *new = NULL;
	bool is_new;
	int r;

	if (!strings_contain(names, ifname) && names->n == DIRECTOR_INTERFACES_MAX)
		return error_set(err, -ENOSPC, "%d interfaces are attached, and no more can be",
				 DIRECTOR_INTERFACES_MAX);
	r = attach_interface(d, ifname, &is_new, err);
	if (r)
		return r;
	if (!strings_contain(names, ifname)) {
		old = schema_format(key, &d->model->settings);
		new = mem_printf("%s%s%s", old, *old ? "," : "", ifname);
		schema_set(&settings_schema, &d->model->settings, key, new, NULL);
		director_save_change(d);
	}
	director_sync_interfaces(d);
	*ret = director_interface(d, ifname);
	return 0;
}

int director_detach(struct director *d, const char *ifname, struct error *err)
{
	const struct schema_key *key = schema_find(&settings_schema, "interfaces");
	const struct strings *names = &d->model->settings.interfaces;
	_cleanup_free_ char *rest = mem_strdup("");
	uint32_t ifindex;

	if (!strings_contain(names, ifname))
		return error_set(err, -ENOENT, "interface '%s' is not attached", ifname);
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i], ifname) != 0) {
			char *longer = mem_printf("%s%s%s", rest, *rest ? "," : "", names->v[i]);

			free(rest);
			rest = longer;
		}
	if (net_link_index(d->net, ifname, &ifindex, NULL) == 0 && director_is_attached(d, ifindex))
		detach_interface(d, ifindex, ifname);
	forget_interface(d, ifname);
	schema_set(&settings_schema, &d->model->settings, key, rest, NULL);
	director_save_change(d);
	director_sync_interfaces(d);
	return 0;
}
