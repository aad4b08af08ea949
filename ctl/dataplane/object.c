// SPDX-License-Identifier: GPL-2.0-or-later
/* object.c - see object.h */
#include "dataplane/object.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define LOG_SIZE 65536

struct object_log {
	char *text;
	size_t length;
};

/* libbpf hands its callback no argument. Set during one load only. */
static _Thread_local struct object_log *current_log;

static int object_print(enum libbpf_print_level level, const char *format, va_list args)
{
	struct object_log *log = current_log;
	int n;

	if (!log || level == LIBBPF_DEBUG)
		return 0;
	if (log->length > LOG_SIZE / 2) { /* the end tells the reason */
		memmove(log->text, log->text + LOG_SIZE / 4, log->length - LOG_SIZE / 4);
		log->length -= LOG_SIZE / 4;
	}
	n = vsnprintf(log->text + log->length, LOG_SIZE - log->length, format, args);
	if (n > 0)
		log->length += n < LOG_SIZE - log->length ? n : LOG_SIZE - log->length - 1;
	return 0;
}

/* The verifier's last words: the lines before its summary; else libbpf's last lines. One line. */
static const char *object_log_reason(struct object_log *log)
{
	char *end = strstr(log->text, "\nprocessed "), *start;
	int lines = 0;

	if (end)
		*end = '\0';
	start = log->text + strlen(log->text);
	while (start > log->text && lines < 3 && log->text + strlen(log->text) - start < 400)
		if (*--start == '\n')
			lines++;
	for (char *c = start; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	return start + strspn(start, " ");
}

void object_quiet(void)
{
	libbpf_set_print(object_print);
}

int object_load(int (*load)(void *skeleton), void *skeleton, struct error *err)
{
	_cleanup_free_ char *text = mem_zalloc(LOG_SIZE);
	struct object_log log = {text};
	int r;

	current_log = &log;
	r = load(skeleton);
	current_log = NULL;
	if (r == -EPERM || (r < 0 && strstr(text, "prohibited for !root")))
		return error_set(err, -EPERM,
				 "cannot load the program: CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON "
				 "are needed");
	if (r < 0)
		return error_set(err, r, "cannot load the program: %s: %s", strerror(-r),
				 object_log_reason(&log));
	return 0;
}
