/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysctl.h - the kernel's settings that are numbers, by their path below /proc/sys. */
#ifndef REALSERVER_SYSCTL_H
#define REALSERVER_SYSCTL_H

#include <stddef.h>

#include "base/error.h"

int sysctl_read(const char *path, int *ret, struct error *err);
int sysctl_write(const char *path, int value, struct error *err);
/* As sysctl(8) writes it: dots for slashes, and slashes for the dots of "eth0.5". */
void sysctl_name(const char *path, char *ret, size_t size);
/* The larger of what is set for all interfaces and for @link: what holds for many of them. */
int sysctl_conf(const char *link, const char *key);

#endif
