/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harden.h - the checker talks to whatever the network holds: make sure that it can do no harm.
 */
#ifndef CHECKER_HARDEN_H
#define CHECKER_HARDEN_H

#include "base/error.h"

/*
 * Refuse to run as uid 0 or with any capability (-EPERM), and to run without shuntd's socket at
 * PROTOCOL_FD (-ENOTSOCK). Then close every other descriptor but the standard three, give up new
 * privileges, core dumps and being traced, and raise the descriptor limit as far as allowed.
 */
int harden(struct error *err);

#endif
