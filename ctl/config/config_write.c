/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_write.c - a model to shunt.conf, as one would write it by hand. libconfuse's own printer
 * writes texts that it reads back as others ('$' and '\'). See config.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config.h"

#define INDENT "    "

/* In double quotes; what libconfuse would expand or take away is escaped. */
static void write_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (strchr("\"\\$", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

/* @text: the items, separated by commas. */
static void write_list(FILE *out, char *text)
{
	char *item, *between = "";

	fputc('{', out);
	while ((item = strsep(&text, ","))) {
		fputs(between, out);
		write_quoted(out, item);
		between = ", ";
	}
	fputc('}', out);
}

static void write_value(FILE *out, const struct schema_key *key, const void *object)
{
	_cleanup_free_ char *text = schema_format(key, object);

	if (schema_is_list(key))
		write_list(out, text);
	else if (key->type == SCHEMA_STRING || key->type == SCHEMA_VIP || !*text)
		write_quoted(out, text);
	else
		fputs(text, out);
}

/* Is there a key to write? An empty list is none: libconfuse does not tell it from no list. */
static bool is_written(const struct schema *schema, const void *object,
		       const struct schema_key *key)
{
	_cleanup_free_ char *text = NULL;

	if (!schema_is_set(schema, object, key) || key->flags & SCHEMA_STATE)
		return false;
	text = schema_is_list(key) ? schema_format(key, object) : NULL;
	return !text || *text;
}

/* The keys that are set, a line each, the values below each other. */
static void write_lines(FILE *out, const struct schema *schema, const void *object,
			const char *indent)
{
	int width = 0;

	for (size_t i = 0; i < schema->count; i++)
		if (is_written(schema, object, &schema->keys[i])) {
			int length = (int)strlen(schema->keys[i].name);

			width = length > width ? length : width;
		}
	for (size_t i = 0; i < schema->count; i++)
		if (is_written(schema, object, &schema->keys[i])) {
			fprintf(out, "%s%-*s = ", indent, width, schema->keys[i].name);
			write_value(out, &schema->keys[i], object);
			fputc('\n', out);
		}
}

/* The keys that are set, in one line: "{ weight = 10  backup = true }". */
static void write_inline(FILE *out, const struct schema *schema, const void *object)
{
	fputs(" { ", out);
	for (size_t i = 0; i < schema->count; i++)
		if (is_written(schema, object, &schema->keys[i])) {
			fprintf(out, "%s = ", schema->keys[i].name);
			write_value(out, &schema->keys[i], object);
			fputs("  ", out);
		}
	fseek(out, -1, SEEK_CUR);
	fputs("}\n", out);
}

/* --- sections --- */

/* Is it what service_complete() gives a service without checks? */
static bool is_implied(const struct service *service)
{
	const struct check *check = service->checks;
	_cleanup_(service_free) struct service *bare = NULL;

	if (service->checks_count != 1 || check->set || service_new("x", &bare, NULL))
		return false;
	bare->address = service->address;
	service_complete(bare);
	return strcmp(bare->checks[0].name, check->name) == 0;
}

static void write_checks(FILE *out, const struct service *service)
{
	for (size_t i = 0; !is_implied(service) && i < service->checks_count; i++) {
		fprintf(out, INDENT "check \"%s\"", service->checks[i].name);
		write_inline(out, &check_schema, &service->checks[i]);
	}
}

/* ADDR, or ADDR:PORT where the port is not the service's own. */
static const char *short_address(const struct service *service, const struct backend *backend,
				 char buf[static ENDPOINT_LEN])
{
	struct endpoint at = backend->at;

	if (at.port == service->address.at.port)
		at.port = 0;
	return endpoint_format(&at, buf);
}

static void write_backends(FILE *out, const struct service *service)
{
	const struct schema_key *admin = schema_find(&backend_schema, "admin");
	char at[ENDPOINT_LEN];
	int width = 0;

	for (size_t i = 0; i < service->backends_count; i++) {
		int length = (int)strlen(short_address(service, &service->backends[i], at));

		width = length > width ? length : width;
	}
	for (size_t i = 0; i < service->backends_count; i++) {
		const struct backend *backend = &service->backends[i];
		struct backend written = *backend; /* borrowed values, not freed */

		if (backend->override != ADMIN_NO_OVERRIDE)
			schema_set(&backend_schema, &written, admin,
				   admin->names[backend_admin(backend)], NULL);
		short_address(service, backend, at);
		fprintf(out, INDENT "backend \"%s\"%*s", at, width - (int)strlen(at), "");
		write_inline(out, &backend_schema, &written);
	}
}

static void write_service(FILE *out, const struct service *service)
{
	fprintf(out, "service \"%s\" {\n", service->name);
	write_lines(out, &service_schema, service, INDENT);
	write_checks(out, service);
	write_backends(out, service);
	fputs("}\n", out);
}

/* --- the whole --- */

static FILE *open_memory(char **text, size_t *size)
{
	FILE *out = open_memstream(text, size);

	if (!out)
		abort(); /* as mem_*(): no memory */
	return out;
}

char *config_write(const struct model *model)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memory(&text, &size);

	write_lines(out, &settings_schema, &model->settings, "");
	for (const struct service *s = model->services; s; s = s->by_name.next) {
		if (ftell(out))
			fputc('\n', out);
		write_service(out, s);
	}
	if (!ftell(out)) /* an empty file would not be read */
		fputs("unmatched = pass\n", out);
	fclose(out);
	return text;
}
