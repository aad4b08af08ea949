/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object.h - loading an embedded object, whichever: libbpf says nothing, and when loading fails the
 * error has the end of what it would have said.
 */
#ifndef DATAPLANE_OBJECT_H
#define DATAPLANE_OBJECT_H

#include "base/error.h"

/* From now on libbpf prints nothing. */
void object_quiet(void);

/* Call @load, the skeleton's own, with @skeleton. */
int object_load(int (*load)(void *skeleton), void *skeleton, struct error *err);

#endif
