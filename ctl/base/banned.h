/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * banned.h - functions that take no length or hide errors do not compile here.
 * The Makefile includes it before every user-space file.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* with _FORTIFY_SOURCE clang's libc has some of them as macros */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef gets

#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets atoi atol atoll atof
#pragma GCC poison strncpy strncat

#endif
