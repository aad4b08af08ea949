/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stop.h - commands that run until the person has had enough: SIGINT and SIGTERM as a descriptor.
 */
#ifndef CLI_STOP_H
#define CLI_STOP_H

#include <stdbool.h>

#include "base/error.h"

/* A descriptor that is readable once SIGINT or SIGTERM came; from now on these do not kill. */
int stop_open(struct error *err);

/* Wait @ms, or until @fd is readable: then true. */
bool stop_wait(int fd, int ms);

#endif
