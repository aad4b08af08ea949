/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stop.h - for commands that run until the person has had enough: SIGINT, SIGTERM, or nobody left
 * who reads what is printed.
 */
#ifndef CLI_STOP_H
#define CLI_STOP_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct stop {
	int fd; /* readable when it is time to stop */
	int signals;
};

#define STOP_NONE                                                                                  \
	(struct stop)                                                                              \
	{                                                                                          \
		-1, -1                                                                             \
	}

/* From now on SIGINT and SIGTERM do not kill, but make ret->fd readable; so does it when @out is a
 * pipe that has lost its reader. */
int stop_open(FILE *out, struct stop *ret, struct error *err);
void stop_close(struct stop *stop); /* takes STOP_NONE */

/* Wait @ms, or until it is time to stop: then true. */
bool stop_wait(const struct stop *stop, int ms);

#endif
