/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - what may stand in a line that a person reads or in a JSON string: UTF-8 without control
 * characters. Input is refused by text_is_clean(); messages that quote input go through
 * text_clean(), so that nobody writes lines of his own into a log.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>

/* Is @text well-formed UTF-8 (RFC 3629) without control characters (C0, DEL, C1)? */
bool text_is_clean(const char *text);

/* Put '?' for each byte that is not. Returns @text. */
char *text_clean(char *text);

#endif
