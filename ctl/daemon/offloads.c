/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * offloads.c - what hides packets from the program is switched off on every attached interface, and
 * on again when it is detached, also by a later daemon: the note that the data plane keeps with the
 * interface says what was on. It is written before anything is switched.
 */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/director_internal.h"

/* "rx-lro, rx-gro" */
static char *names_of(uint32_t offloads)
{
	char *text = mem_strdup("");

	while (offloads) {
		const char *name = net_offload_name(offloads);
		char *longer = mem_printf("%s%s%s", text, *text ? ", " : "", name);

		free(text);
		text = longer;
		offloads &= offloads - 1;
	}
	return text;
}

static void tell_stuck(struct director *d, const char *name, uint32_t stuck)
{
	_cleanup_free_ char *names = names_of(stuck);

	if (stuck)
		events_add(d->events, EVENT_WARNING, "interface", NULL, NULL,
			   "%s: cannot switch off %s: VLAN tags or packets may be hidden from the "
			   "program",
			   name, names);
}

static int switch_off(struct director *d, uint32_t ifindex, const char *name, uint32_t which,
		      struct error *err)
{
	uint32_t on, fixed;
	int r = net_offloads(name, &on, &fixed, err);

	which &= r ? 0 : on & ~fixed;
	if (r || !which)
		return r;
	r = dataplane_note(d->dp, ifindex, dataplane_noted(d->dp, ifindex) | which, err);
	return r ? r : net_offloads_set(name, which, false, err);
}

void offloads_off(struct director *d, uint32_t ifindex, const char *name, uint32_t which)
{
	uint32_t before = dataplane_noted(d->dp, ifindex), on = 0, now;
	struct error err = {};

	if (switch_off(d, ifindex, name, which, &err) || net_offloads(name, &on, NULL, &err)) {
		events_add(d->events, EVENT_WARNING, "interface", NULL, NULL, "%s", err.text);
		return;
	}
	tell_stuck(d, name, on & which);
	now = dataplane_noted(d->dp, ifindex) & ~before & ~on;
	if (now) {
		_cleanup_free_ char *names = names_of(now);

		events_add(d->events, EVENT_INFO, "interface", NULL, NULL,
			   "%s: switched off %s until it is detached", name, names);
	}
}

void offloads_restore(struct director *d, uint32_t ifindex, const char *name, uint32_t was_on)
{
	_cleanup_free_ char *names = names_of(was_on);
	struct error err = {};

	if (!was_on)
		return;
	if (net_offloads_set(name, was_on, true, &err))
		events_add(d->events, EVENT_WARNING, "interface", NULL, NULL, "%s", err.text);
	else
		events_add(d->events, EVENT_INFO, "interface", NULL, NULL,
			   "%s: switched on %s again", name, names);
	dataplane_note(d->dp, ifindex, 0, NULL);
}

void offloads_restore_all(const struct dataplane_note *notes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char name[IF_NAMESIZE];
		struct error err = {};

		if (if_indextoname(notes[i].ifindex, name) &&
		    net_offloads_set(name, notes[i].word, true, &err))
			log_warning("%s", err.text);
	}
}

static json_t *names_json(uint32_t offloads)
{
	json_t *list = json_array();

	for (; offloads; offloads &= offloads - 1)
		json_array_append_new(list, json_string(net_offload_name(offloads)));
	return list;
}

json_t *offloads_json(struct director *d, uint32_t ifindex, const char *name, uint32_t which)
{
	uint32_t on = 0, noted = dataplane_noted(d->dp, ifindex);

	if (which)
		net_offloads(name, &on, NULL, NULL);
	return json_pack("{s:o, s:o}", "off", names_json(noted & ~on), "on",
			 names_json(on & which));
}
