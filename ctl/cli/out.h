/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out.h - printing for people: text made safe, numbers and times made readable, tables, colours.
 * What comes from the daemon is printed through these functions alone.
 */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"

struct out {
	FILE *file;
	bool json;   /* the API's JSON instead of text for people */
	bool colour; /* ANSI colours */
	double now;  /* seconds since 1970 */
};

/* @text with '?' for control characters and for what is no UTF-8. To be freed by the caller. */
char *out_safe(const char *text);

/* printf with the result made safe, without blanks at its end, and with a line end. */
void out_line(const struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Print @json indented, in ASCII. Prints nothing for null. */
void out_json(const struct out *out, const json_t *json);
/* The same on one line. */
void out_json_line(const struct out *out, const json_t *json);

/* "2m 3s", "5h 12m", "3d 4h"; the two largest units. To be freed by the caller, as the others. */
char *out_duration(double seconds);
/* How long ago @since (seconds since 1970) is; "-" for 0. */
char *out_ago(const struct out *out, double since);
/* A date and time of day in the local time zone. */
char *out_time(double time);
/* Exact below ten million, then 12.3M, 4.56G, ... */
char *out_count(double number);

/* --- values out of JSON, by a path like "status.next_hop.mac" --- */

const json_t *out_get(const json_t *json, const char *path);
/* As text, made safe; "-" when it is missing or null. To be freed by the caller. */
char *out_text(const json_t *json, const char *path);
double out_number(const json_t *json, const char *path); /* 0 when it is none */

/* The colour that goes with a backend's state; NULL = none. */
const char *out_state_colour(const char *state);

/* --- tables --- */

enum out_align { OUT_LEFT, OUT_RIGHT };

struct out_column {
	const char *title;
	enum out_align align;
};

struct out_table;

struct out_table *out_table_new(const struct out *out, const struct out_column *columns, size_t n);
struct out_table *out_table_free(struct out_table *table); /* takes NULL, returns NULL */
DEFINE_CLEANUP(struct out_table *, out_table_free)

/* A new line; cells are filled from the left by the calls below. */
void out_table_row(struct out_table *table);
void out_table_cell(struct out_table *table, const char *text);
void out_table_cell_take(struct out_table *table, char *text); /* frees @text */
void out_table_cell_colour(struct out_table *table, const char *text, const char *colour);
void out_table_cell_of(struct out_table *table, const json_t *json, const char *path);
void out_table_cell_count(struct out_table *table, const json_t *json, const char *path);

/* @above (may be NULL) is a line above the titles; without lines only @none is printed. */
void out_table_print(struct out_table *table, const char *above, const char *none);

#endif
