/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * privileges.h - give up what is not needed, for good: capabilities, bounding set, and the ways
 * in which an exec could bring them back.
 *
 * Capabilities belong to threads: call these before the first other thread starts. A process of
 * uid 0 without CAP_DAC_OVERRIDE, as shuntd is afterwards, opens files as their owner or others
 * may: its files and directories must be root's own.
 */
#ifndef DAEMON_PRIVILEGES_H
#define DAEMON_PRIVILEGES_H

#include <stddef.h>

#include "base/error.h"

/*
 * Reduce this thread to CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. -EPERM when it lacks CAP_BPF or
 * CAP_NET_ADMIN. Without CAP_PERFMON it goes on, and *ret_warning (else NULL) is a static line that
 * tells the operator what that costs.
 */
int privileges_drop(const char **ret_warning, struct error *err);

/*
 * The same for any list of @count capabilities, of which this thread must have all: -EPERM names
 * the first it lacks. Permitted and effective become that list; inheritable, ambient and (with
 * CAP_SETPCAP) bounding become empty; no_new_privs is set, and (with CAP_SETPCAP) the securebits
 * that make uid 0 an ordinary user are set and locked.
 */
int privileges_keep(const int *capabilities, size_t count, struct error *err);

#endif
