/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.c - see text.h */
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes of the UTF-8 character that @p begins with, 0 if there is none or a control character. */
static size_t char_length(const unsigned char *p)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c;

	if (length <= 1)
		return p[0] >= 0x20 && p[0] < 0x7f ? length : 0;
	if (p[0] > 0xf4)
		return 0;
	c = p[0] & (0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80) /* also the end of the text */
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[length] || c < 0xa0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return length;
}

bool text_is_clean(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		size_t length = char_length(p);

		if (!length)
			return false;
		p += length;
	}
	return true;
}

char *text_clean(char *text)
{
	for (char *p = text; *p;) {
		size_t length = char_length((const unsigned char *)p);

		if (!length)
			*p = '?';
		p += length ? length : 1;
	}
	return text;
}
