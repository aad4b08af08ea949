/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input.h - the text of a file, a pipe or standard input, as a whole and with a limit. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "base/error.h"

#define INPUT_MAX (4 << 20) /* bytes; the API takes no more */

/* @path NULL: standard input. The text is freed by the caller. */
int input_read(const char *path, char **ret, struct error *err);

#endif
