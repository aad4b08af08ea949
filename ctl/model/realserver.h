/* SPDX-License-Identifier: GPL-2.0-or-later */
/* realserver.h - what `shunt realserver` is asked on a backend; its keys stand in keys.c. */
#ifndef MODEL_REALSERVER_H
#define MODEL_REALSERVER_H

#include <net/if.h>

#include "model/schema.h"
#include "shunt/abi.h"

struct realserver {
	uint64_t set;
	int forward; /* enum shunt_forward */
	char *dev;   /* NULL = to be found */
	struct prefixes director, client;
	char *state_dir, *pin_dir;
};

/* What check is asked, and of that what enable and disable are: keys of the same table. */
extern const struct schema realserver_schema, realserver_enable_schema, realserver_disable_schema;

#endif
