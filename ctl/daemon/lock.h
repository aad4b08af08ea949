/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.h - one shuntd a runtime directory: a locked file with the holder's pid in it. */
#ifndef DAEMON_LOCK_H
#define DAEMON_LOCK_H

#include "base/error.h"

/* Returns a descriptor that holds the lock until it is released, or -EBUSY ("... is in use by
 * shuntd, pid 12") or another negative errno. */
int lock_take(const char *runtime_dir, struct error *err);

/* Takes the pid out, so that nobody signals who gets that number next, and lets go. @lock < 0: no
 * lock. Returns -1. */
int lock_release(int lock);

#endif
