/* SPDX-License-Identifier: GPL-2.0-or-later */
/* temporary.h - for tests: where temporary files go. tests/run gives each run a directory of its
 * own in TMPDIR and removes it, whatever became of the tests. */
#ifndef UNIT_TEMPORARY_H
#define UNIT_TEMPORARY_H

#include <stdio.h>
#include <stdlib.h>

#define TEMPORARY_LEN 64 /* leaves room for a socket's name in a struct sockaddr_un */

/* A template for mkdtemp() and mkstemp(). */
static inline char *temporary_template(char path[static TEMPORARY_LEN])
{
	snprintf(path, TEMPORARY_LEN, "%s/shunt-test-XXXXXX", getenv("TMPDIR") ?: "/tmp");
	return path;
}

#endif
