/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.c - see log.h */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

void log_line(int priority, const char *format, ...)
{
	/* systemd sets JOURNAL_STREAM when stderr goes to the journal */
	const char *journal = getenv("JOURNAL_STREAM");
	char line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	text_clean(line);
	if (journal)
		fprintf(stderr, "<%d>%s\n", priority, line);
	else
		fprintf(stderr, "%s%s\n", priority == LOG_WARNING ? "warning: " : "", line);
}
