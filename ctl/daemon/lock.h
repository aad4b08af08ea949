/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.h - one shuntd a runtime directory: a locked file with the holder's pid in it. */
#ifndef DAEMON_LOCK_H
#define DAEMON_LOCK_H

#include "base/error.h"

/* Returns a descriptor that holds the lock until it is closed, or -EBUSY ("... is in use by shuntd,
 * pid 12") or another negative errno. */
int lock_take(const char *runtime_dir, struct error *err);

#endif
