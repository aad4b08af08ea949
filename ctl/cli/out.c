/* SPDX-License-Identifier: GPL-2.0-or-later */
/* out.c - see out.h */
#include "cli/out.h"

#include <libsmartcols.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

/* --- text --- */

char *out_safe(const char *text)
{
	return text_clean(mem_strdup(text));
}

/* Blanks at a line's end help nobody. */
static void print_trimmed(FILE *file, const char *line)
{
	size_t length = strlen(line);

	while (length && line[length - 1] == ' ')
		length--;
	fprintf(file, "%.*s\n", (int)length, line);
}

void out_line(const struct out *out, const char *format, ...)
{
	_cleanup_free_ char *text = NULL, *safe = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		return;
	}
	safe = out_safe(text);
	print_trimmed(out->file, safe);
}

/* --- JSON --- */

/* 15 digits give back a time in ms and a share as they were sent; 17 would print ...1229999. */
#define OUT_JSON_FLAGS (JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15) | JSON_ENCODE_ANY)

/* DEL is ASCII, but nothing to send to a terminal. */
static int put_json(const char *text, size_t size, void *arg)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] == 0x7f)
			fputs("\\u007f", arg);
		else
			fputc(text[i], arg);
	return 0;
}

static void print_json(const struct out *out, const json_t *json, size_t flags)
{
	json_dump_callback(json, put_json, out->file, OUT_JSON_FLAGS | flags);
	fputc('\n', out->file);
}

void out_json(const struct out *out, const json_t *json)
{
	if (json && !json_is_null(json))
		print_json(out, json, JSON_INDENT(2));
}

void out_json_line(const struct out *out, const json_t *json)
{
	print_json(out, json, 0);
}

const json_t *out_get(const json_t *json, const char *path)
{
	while (json && *path) {
		size_t n = strcspn(path, ".");
		char name[64];

		if (n >= sizeof(name))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		json = json_object_get(json, name);
		path += n + (path[n] == '.');
	}
	return json;
}

char *out_text(const json_t *json, const char *path)
{
	const json_t *value = out_get(json, path);

	if (json_is_string(value))
		return out_safe(json_string_value(value));
	if (json_is_integer(value))
		return mem_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_real(value))
		return mem_printf("%g", json_real_value(value));
	if (json_is_boolean(value))
		return mem_strdup(json_is_true(value) ? "true" : "false");
	return mem_strdup("-");
}

double out_number(const json_t *json, const char *path)
{
	return json_number_value(out_get(json, path));
}

/* --- numbers and times --- */

char *out_duration(double seconds)
{
	static const struct unit {
		const char *name;
		uint64_t seconds;
	} units[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};
	uint64_t s = seconds > 0 && seconds < 1e12 ? (uint64_t)seconds : 0;
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && s < units[i].seconds)
		i++;
	if (i + 1 == ARRAY_SIZE(units) || s % units[i].seconds < units[i + 1].seconds)
		return mem_printf("%llu%s", (unsigned long long)(s / units[i].seconds),
				  units[i].name);
	return mem_printf("%llu%s %llu%s", (unsigned long long)(s / units[i].seconds),
			  units[i].name,
			  (unsigned long long)(s % units[i].seconds / units[i + 1].seconds),
			  units[i + 1].name);
}

char *out_ago(const struct out *out, double since)
{
	return since > 0 ? out_duration(out->now - since) : mem_strdup("-");
}

char *out_time(double when)
{
	time_t seconds = when > 0 && when < 1e12 ? (time_t)when : 0;
	char text[32];
	struct tm tm;

	if (!seconds || !localtime_r(&seconds, &tm))
		return mem_strdup("-");
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	return mem_printf("%s.%03u", text,
			  (unsigned int)((when - (double)seconds) * 1000 + 0.5) % 1000);
}

char *out_count(double number)
{
	static const char suffixes[] = "kMGTPE";
	int digits;
	size_t i = 0;

	if (number < 1e7)
		return mem_printf("%.0f", number > 0 ? number : 0);
	for (number /= 1000; number >= 1000 && suffixes[i + 1]; i++)
		number /= 1000;
	digits = number < 10 ? 2 : number < 100 ? 1 : 0;
	return mem_printf("%.*f%c", digits, number, suffixes[i]);
}

const char *out_state_colour(const char *state)
{
	static const struct {
		const char *state, *colour;
	} colours[] = {
		{"up", "green"},        {"down", "red"},        {"unreachable", "red"},
		{"checking", "yellow"}, {"draining", "yellow"}, {"disabled", "darkgray"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(colours); i++)
		if (strcmp(state, colours[i].state) == 0)
			return colours[i].colour;
	return NULL;
}

/* --- tables --- */

struct out_table {
	const struct out *out;
	struct libscols_table *scols;
	struct libscols_line *line;
	size_t cell;
};

/* As mem.h does. */
static void *or_stop(void *p)
{
	if (!p) {
		log_error("out of memory");
		abort();
	}
	return p;
}

struct out_table *out_table_new(const struct out *out, const struct out_column *columns, size_t n)
{
	struct out_table *table = mem_zalloc(sizeof(*table));

	table->out = out;
	table->scols = or_stop(scols_new_table());
	/* as wide as it is: what is printed can be pasted back */
	scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_NEVER);
	scols_table_enable_colors(table->scols, out->colour);
	scols_table_enable_noencoding(table->scols, 1); /* out_safe() did that */
	for (size_t i = 0; i < n; i++)
		scols_table_new_column(table->scols, columns[i].title, 0,
				       columns[i].align == OUT_RIGHT ? SCOLS_FL_RIGHT : 0);
	return table;
}

struct out_table *out_table_free(struct out_table *table)
{
	if (!table)
		return NULL;
	scols_unref_table(table->scols);
	free(table);
	return NULL;
}

void out_table_row(struct out_table *table)
{
	table->line = or_stop(scols_table_new_line(table->scols, NULL));
	table->cell = 0;
}

void out_table_cell_colour(struct out_table *table, const char *text, const char *colour)
{
	_cleanup_free_ char *safe = out_safe(text);

	if (colour && table->out->colour)
		scols_cell_set_color(scols_line_get_cell(table->line, table->cell), colour);
	scols_line_set_data(table->line, table->cell++, safe);
}

void out_table_cell(struct out_table *table, const char *text)
{
	out_table_cell_colour(table, text, NULL);
}

void out_table_cell_take(struct out_table *table, char *text)
{
	out_table_cell(table, text);
	free(text);
}

void out_table_cell_of(struct out_table *table, const json_t *json, const char *path)
{
	out_table_cell_take(table, out_text(json, path));
}

void out_table_cell_count(struct out_table *table, const json_t *json, const char *path)
{
	out_table_cell_take(table, out_count(out_number(json, path)));
}

void out_table_print(struct out_table *table, const char *above, const char *none)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;

	if (!table->line) {
		out_line(table->out, "%s", none);
		return;
	}
	if (scols_print_table_to_string(table->scols, &text) || !text)
		return;
	if (above)
		out_line(table->out, "%s", above);
	/* libsmartcols fills up lines whose last cells are empty: line by line, without that */
	for (rest = text; (line = strsep(&rest, "\n"));)
		if (*line)
			print_trimmed(table->out->file, line);
}
