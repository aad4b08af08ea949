/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * realserver.h - what a host needs to be a backend: the VIP on lo, silence about it in ARP, and for
 * the tunnels the decapsulating program. No daemon stands behind it.
 *
 * Enabling and disabling can be repeated. What is changed is written down first (record.h), so that
 * disabling restores just that, also after a crash half-way.
 */
#ifndef REALSERVER_REALSERVER_H
#define REALSERVER_REALSERVER_H

#include "model/addr.h"
#include "model/realserver.h"
#include "realserver/findings.h"

/* What was done, a line each; empty when all was as it should be. */
struct report {
	struct strings lines;
	char dev[IF_NAMESIZE]; /* "" = none matters */
	int forward;
};

/*
 * -EINVAL: what was asked does not fit together; -ENOENT: no such interface; -EEXIST: the VIP is an
 * address of another interface; -EBUSY: another XDP program. On an error everything is as it was.
 */
int realserver_enable(const struct realserver *asked, const struct ip_addr *vip,
		      struct report *report, struct error *err);
/* A VIP that is not enabled: 0, and an empty report. */
int realserver_disable(const struct realserver *asked, const struct ip_addr *vip,
		       struct report *report, struct error *err);
/* What is wrong with the VIP, as far as this host can tell. Changes nothing. */
int realserver_check(const struct realserver *asked, const struct ip_addr *vip,
		     struct report *report, struct findings *ret, struct error *err);

void report_clear(struct report *report);

#endif
