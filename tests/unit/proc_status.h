/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc_status.h - for tests: what /proc/PID/status says of a process. */
#ifndef TESTS_UNIT_PROC_STATUS_H
#define TESTS_UNIT_PROC_STATUS_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "base/cleanup.h"

/* The text after "@key:\t" in /proc/@pid/status, "?" when there is none. @pid 0: this thread's. */
static inline const char *proc_status(pid_t pid, const char *key, char value[static 256])
{
	_cleanup_fclose_ FILE *f = NULL;
	size_t length = strlen(key);
	char path[64], line[256];

	snprintf(value, 256, "?");
	snprintf(path, sizeof(path), pid ? "/proc/%d/status" : "/proc/thread-self/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, key, length) && line[length] == ':')
			snprintf(value, 256, "%s",
				 line + length + 1 + strspn(line + length + 1, "\t "));
	}
	return value;
}

/* One of the sets of capabilities ("CapEff"), all bits set when there is none. */
static inline uint64_t proc_capabilities(pid_t pid, const char *set)
{
	char value[256];
	uint64_t bits = UINT64_MAX;

	return sscanf(proc_status(pid, set, value), "%" SCNx64, &bits) == 1 ? bits : UINT64_MAX;
}

#endif
