/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mem.c - see mem.h */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void *or_stop(void *p)
{
	if (!p) {
		log_error("out of memory: stopping; packets are forwarded as before");
		abort();
	}
	return p;
}

void *mem_zalloc(size_t size)
{
	return or_stop(calloc(1, size));
}

void *mem_realloc(void *old, size_t size)
{
	return or_stop(realloc(old, size));
}

char *mem_strdup(const char *text)
{
	return or_stop(strdup(text));
}

char *mem_printf(const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	return or_stop(n < 0 ? NULL : text);
}
