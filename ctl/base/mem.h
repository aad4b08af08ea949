/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem.h - allocation that does not fail: what the operator's wishes need is small, and a daemon
 * without memory for it stops with a clear line (traffic flows on) rather than half-working.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *mem_zalloc(size_t size);
void *mem_realloc(void *old, size_t size);
char *mem_strdup(const char *text);
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
