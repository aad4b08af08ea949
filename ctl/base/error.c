/* SPDX-License-Identifier: GPL-2.0-or-later */
/* error.c - see error.h */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	text_clean(err->text);
	return code;
}

int error_prefix(struct error *err, const char *format, ...)
{
	char old[sizeof(err->text) - 2]; /* what does not fit behind the prefix is cut */
	va_list args;
	int n;

	if (!err || !err->code)
		return err ? err->code : 0;
	memcpy(old, err->text, sizeof(old) - 1);
	old[sizeof(old) - 1] = '\0';
	va_start(args, format);
	n = vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(err->text))
		snprintf(err->text + n, sizeof(err->text) - n, ": %s", old);
	text_clean(err->text);
	return err->code;
}

int error_at(struct error *err, const char *file, unsigned int line)
{
	if (!err)
		return 0;
	snprintf(err->file, sizeof(err->file), "%s", file);
	err->line = line;
	return err->code;
}

const char *error_line(const struct error *err, char ret[ERROR_LINE_LEN])
{
	if (err->file[0] && err->line)
		snprintf(ret, ERROR_LINE_LEN, "%s:%u: %s", err->file, err->line, err->text);
	else if (err->file[0])
		snprintf(ret, ERROR_LINE_LEN, "%s: %s", err->file, err->text);
	else
		snprintf(ret, ERROR_LINE_LEN, "%s", err->text);
	return ret;
}
