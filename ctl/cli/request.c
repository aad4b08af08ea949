/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request.c - see request.h */
#include "cli/request.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/mem.h"

struct transport *transport_close(struct transport *transport)
{
	if (transport)
		transport->close(transport);
	return NULL;
}

/* RFC 3986: everything but "unreserved" is encoded. */
static void put_encoded(FILE *f, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x80 && (isalnum(*p) || strchr("-._~", *p)))
			fputc(*p, f);
		else
			fprintf(f, "%%%02X", *p);
	}
}

static char *format_path(const char *format, va_list args)
{
	char *path = NULL;
	size_t size;
	FILE *f = open_memstream(&path, &size);

	if (!f)
		return mem_strdup("/");
	for (const char *p = format; *p; p++) {
		if (strncmp(p, "%s", 2) == 0) {
			put_encoded(f, va_arg(args, const char *));
			p++;
		} else {
			fputc(*p, f);
		}
	}
	fclose(f);
	return path;
}

void request_init(struct request *request, const char *method, json_t *body, const char *format,
		  ...)
{
	va_list args;

	*request = (struct request){.method = method, .stop_fd = -1};
	va_start(args, format);
	request->path = format_path(format, args);
	va_end(args);
	if (body)
		request->body = json_dumps(body, JSON_COMPACT);
	json_decref(body);
}

void request_clear(struct request *request)
{
	free(request->path);
	free(request->body);
	request->path = request->body = NULL;
}
