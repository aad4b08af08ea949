/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * startup.h - the order in which a director begins and ends: config, locks, what needs privileges,
 * maps, attach, announce; and the other way round.
 */
#ifndef DAEMON_STARTUP_H
#define DAEMON_STARTUP_H

#include "base/cleanup.h"
#include "daemon/director.h"
#include "daemon/options.h"

/* On failure nothing is left that was not there before. */
int director_open(const struct options *options, struct director **ret, struct error *err);

/* Run until SIGTERM or SIGINT. Returns 0 or a negative errno. */
int director_run(struct director *d);

/* What is pinned, attached and announced stays. Takes NULL, returns NULL. */
struct director *director_close(struct director *d);
DEFINE_CLEANUP(struct director *, director_close)

/* shuntd --stop-forwarding: withdraw addresses, detach, unpin. -EBUSY while a shuntd runs. */
int startup_stop_forwarding(const struct options *options, struct error *err);

#endif
