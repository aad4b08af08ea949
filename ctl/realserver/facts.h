/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts.h - a look at this host for findings.h, and which interface matters. */
#ifndef REALSERVER_FACTS_H
#define REALSERVER_FACTS_H

#include "model/realserver.h"
#include "realserver/findings.h"
#include "realserver/record.h"

/*
 * The interface that the VIP's packets come in by: the one asked for, else the one that leads to
 * the first director, else that of the default route. @ret->name "" when there is none; -ENOENT
 * when the one asked for does not exist.
 */
int facts_dev(struct host *host, const char *asked, const struct ip_addr *vip,
	      const struct prefixes *directors, struct host_link *ret, struct error *err);

/*
 * @entry is what enable wrote down of the VIP, or NULL.
 */
int facts_gather(const struct realserver *asked, const struct ip_addr *vip, int forward,
		 const struct enabled *entry, struct facts *ret, struct error *err);

#endif
