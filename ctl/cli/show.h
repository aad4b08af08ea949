/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show.h - services and backends as several commands print them. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <jansson.h>

#include "cli/out.h"
#include "model/schema.h"

#define SHOW_LABEL "%-17s "

/* "label   value" of the JSON's @path. */
void show_field(const struct out *out, const char *label, const json_t *json, const char *path);

/* A line a key of @schema. */
void show_keys(const struct out *out, const struct schema *schema, const json_t *json);

/* What the daemon knows of a service: backends up, slots, announcement, counters. */
void show_service_status(const struct out *out, const json_t *service);

/* All about one backend, a line each. */
void show_backend(const struct out *out, const json_t *backend);

/* A table of backends. */
void show_backends(const struct out *out, const json_t *backends);

/* Cells: "2 of 3" backends up; state, since when and why. */
void show_up(struct out_table *table, const json_t *service);
void show_state(const struct out *out, struct out_table *table, const json_t *backend);

/* "33.3%"; to be freed by the caller. */
char *show_share(const json_t *backend);

#endif
