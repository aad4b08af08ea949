/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.c - `shunt realserver check`: facts to findings; see realserver.h */
#include <errno.h>

#include "base/mem.h"
#include "realserver/facts.h"
#include "realserver/realserver.h"

/* In nat the director is the neighbour that replies go to, in fullnat whom they are for. */
static int test_nat_directors(const struct ip_addr *vip, int forward,
			      const struct prefixes *directors, struct error *err)
{
	char text[IP_PREFIX_LEN];

	if (!directors->n)
		return error_set(err, -EINVAL, "forward %s: expected --director, %s",
				 forward_name(forward),
				 forward == SHUNT_FORWARD_NAT
					 ? "the address of the director that replies must pass"
					 : "the addresses of fullnat_pool that replies are for");
	for (size_t i = 0; i < directors->n; i++) {
		const struct ip_prefix *d = &directors->v[i];

		if (d->addr.family != vip->family || ip_prefix_free_bits(d))
			return error_set(err, -EINVAL,
					 "--director: %s is not a single address of the VIP's "
					 "family; expected one with forward %s",
					 ip_prefix_format(d, text), forward_name(forward));
	}
	return 0;
}

static int forward_asked(const struct realserver *asked, const struct enabled *entry)
{
	const struct schema_key *key = schema_find(&realserver_schema, "forward");

	return entry && !schema_is_set(&realserver_schema, asked, key) ? entry->forward
								       : asked->forward;
}

int realserver_check(const struct realserver *asked, const struct ip_addr *vip,
		     struct report *report, struct findings *ret, struct error *err)
{
	_cleanup_free_ struct facts *facts = mem_zalloc(sizeof(*facts));
	_cleanup_(record_clear) struct record record = {};
	const struct enabled *entry;
	int r = record_load(asked->state_dir, &record, err);

	if (r)
		return r;
	entry = record_find(&record, vip);
	report->forward = forward_asked(asked, entry);
	if (report->forward == SHUNT_FORWARD_NAT || report->forward == SHUNT_FORWARD_FULLNAT)
		r = test_nat_directors(vip, report->forward, &asked->director, err);
	if (!r)
		r = facts_gather(asked, vip, report->forward, entry, facts, err);
	if (r)
		return r;
	snprintf(report->dev, sizeof(report->dev), "%s", facts->dev.name);
	findings_from(facts, ret);
	return 0;
}
