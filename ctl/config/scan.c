/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan.c - see scan.h */
#include "config/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Where in a statement the next token stands: KEY = VALUE, KEY = { LIST }, KEY(ARG), KEY NAME { */
enum place {
	PLACE_KEY,
	PLACE_AFTER_KEY,
	PLACE_VALUE,
	PLACE_LIST,
	PLACE_ARG,
	PLACE_AFTER_ARG,
	PLACE_LOST, /* no statement: libconfuse will say so */
};

enum token { TOKEN_WORD, TOKEN_QUOTED, TOKEN_MARK };

struct scanner {
	char *at, *end;
	unsigned int line;
	enum place place;
	unsigned int key_line;
	unsigned int open[SCAN_DEPTH_MAX]; /* first lines of the sections we are in */
	size_t depth;
	struct scan *scan;
	struct error *err;
};

static int fail(struct scanner *s, unsigned int line, const char *text)
{
	error_set(s->err, -EINVAL, "%s", text);
	if (s->err)
		s->err->line = line;
	return -EINVAL;
}

static bool starts_with(const struct scanner *s, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(s->end - s->at) >= length && memcmp(s->at, text, length) == 0;
}

/* --- comments --- */

static void blank(struct scanner *s, size_t n)
{
	for (; n && s->at < s->end; n--, s->at++) {
		if (*s->at == '\n')
			s->line++;
		else
			*s->at = ' ';
	}
}

static int blank_comment(struct scanner *s)
{
	unsigned int line = s->line;

	s->scan->comments = true;
	if (!starts_with(s, "/*")) {
		while (s->at < s->end && *s->at != '\n')
			blank(s, 1);
		return 0;
	}
	blank(s, 2);
	while (!starts_with(s, "*/")) {
		if (s->at == s->end)
			return fail(s, line, "a comment begins here and does not end; expected */");
		blank(s, 1);
	}
	blank(s, 2);
	return 0;
}

static int skip_blanks_and_comments(struct scanner *s)
{
	while (s->at < s->end) {
		int r = 0;

		if (*s->at == '#' || starts_with(s, "//") || starts_with(s, "/*"))
			r = blank_comment(s);
		else if (*s->at && strchr(" \t\r", *s->at))
			s->at++;
		else if (*s->at == '\n')
			blank(s, 1);
		else
			return 0;
		if (r)
			return r;
	}
	return 0;
}

/* --- tokens --- */

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && !strchr("\t\r\n", c)) || c == 0x7f || c == '\0';
}

/* Characters that end an unquoted word. */
static bool is_word(char c)
{
	return !is_control(c) && !strchr(" #\"'\t\n\r={}()+,*", c);
}

/* ${NAME}, which libconfuse replaces by a variable of the environment; it would look for the brace
 * behind the closing quote and on later lines, too. */
static int take_variable(struct scanner *s)
{
	while (s->at < s->end && *s->at != '}' && *s->at != '"' && !is_control(*s->at) &&
	       *s->at != '\n')
		s->at++;
	if (s->at == s->end || *s->at != '}')
		return fail(s, s->line,
			    "'${' begins the name of a variable that does not end; expected "
			    "${NAME}, or a text in single quotes");
	s->at++;
	return 0;
}

static int take_quoted_char(struct scanner *s, char quote)
{
	if (quote == '"' && starts_with(s, "${"))
		return take_variable(s);
	if (is_control(*s->at))
		return fail(s, s->line, "a control character; expected text");
	if (*s->at == '\\' && s->at + 1 < s->end && !is_control(s->at[1]))
		s->at++;
	if (*s->at == '\n')
		s->line++;
	s->at++;
	return 0;
}

static int take_quoted(struct scanner *s)
{
	const char *start = s->at;
	unsigned int line = s->line;
	char quote = *s->at++;

	while (s->at < s->end && *s->at != quote) {
		int r = take_quoted_char(s, quote);

		if (r)
			return r;
		if (s->at - start > SCAN_TOKEN_MAX)
			return fail(s, line,
				    "a quoted text begins here that is too long or does not end");
	}
	if (s->at == s->end)
		return fail(s, line, "a quoted text begins here and does not end");
	s->at++;
	return 0;
}

static int take_word(struct scanner *s)
{
	const char *start = s->at;

	if (starts_with(s, "${"))
		return take_variable(s);
	while (s->at < s->end && is_word(*s->at))
		s->at++;
	if (s->at - start > SCAN_TOKEN_MAX)
		return fail(s, s->line, "a word that is too long");
	return 0;
}

static int take_mark(struct scanner *s)
{
	if (is_control(*s->at))
		return fail(s, s->line, "a control character; expected text");
	if (starts_with(s, "+="))
		s->at++;
	else if (!strchr("={}(),", *s->at))
		return fail(s, s->line,
			    *s->at == '+' ? "a stray '+'; put values that have one in quotes"
					  : "a stray '*'; put values that have one in quotes");
	s->at++;
	return 0;
}

static int take_token(struct scanner *s, enum token *ret)
{
	*ret = *s->at == '"' || *s->at == '\'' ? TOKEN_QUOTED
	       : is_word(*s->at)               ? TOKEN_WORD
					       : TOKEN_MARK;
	s->scan->tokens++;
	return *ret == TOKEN_QUOTED ? take_quoted(s)
	       : *ret == TOKEN_WORD ? take_word(s)
				    : take_mark(s);
}

/* --- statements --- */

static int open_section(struct scanner *s)
{
	if (s->depth == SCAN_DEPTH_MAX)
		return fail(s, s->line, "sections nested too deeply");
	s->open[s->depth++] = s->key_line;
	s->place = PLACE_KEY;
	return 0;
}

static int close_section(struct scanner *s)
{
	struct scan *scan = s->scan;

	if (!s->depth)
		return fail(s, s->line, "a '}' too many");
	if ((scan->starts_count & (scan->starts_count + 1)) == 0) /* grows at 2^n - 1 */
		scan->starts = mem_realloc(scan->starts,
					   (scan->starts_count + 1) * 2 * sizeof(*scan->starts));
	scan->starts[scan->starts_count++] = s->open[--s->depth];
	return 0;
}

static int at_key(struct scanner *s, enum token token, const char *text, size_t length)
{
	if (token == TOKEN_QUOTED)
		return fail(s, s->line, "a quoted text in place of a key; expected a key as it is");
	if (token == TOKEN_MARK) {
		if (*text == '}')
			return close_section(s);
		s->place = PLACE_LOST;
		return 0;
	}
	if (memchr(text, '|', length) || *text == '$')
		return fail(s, s->line,
			    "'|' and '$' are in no key; put values that have one in "
			    "quotes");
	if (length == strlen("include") && memcmp(text, "include", length) == 0)
		s->scan->includes = true;
	s->key_line = s->line;
	s->place = PLACE_AFTER_KEY;
	return 0;
}

static const char not_one_argument[] = "expected one file or pattern in parentheses";

/* Follow the statements: @text is the token that was just taken. */
static int follow(struct scanner *s, enum token token, const char *text, size_t length)
{
	char mark = token == TOKEN_MARK ? *text : '\0';

	switch (s->place) {
	case PLACE_KEY:
		return at_key(s, token, text, length);
	case PLACE_AFTER_KEY:
		if (mark == '{')
			return open_section(s);
		if (mark == '=' || mark == '+')
			s->place = PLACE_VALUE;
		else if (mark == '(')
			s->place = PLACE_ARG;
		else if (mark)
			s->place = PLACE_LOST;
		break;
	case PLACE_VALUE:
		s->place = !mark ? PLACE_KEY : mark == '{' ? PLACE_LIST : PLACE_LOST;
		break;
	case PLACE_LIST:
		if (mark && mark != ',')
			s->place = mark == '}' ? PLACE_KEY : PLACE_LOST;
		break;
	case PLACE_ARG: /* libconfuse leaks memory when it is something else */
		if (mark)
			return fail(s, s->line, not_one_argument);
		s->place = PLACE_AFTER_ARG;
		break;
	case PLACE_AFTER_ARG:
		if (mark != ')')
			return fail(s, s->line, not_one_argument);
		s->place = PLACE_KEY;
		break;
	case PLACE_LOST:
		break;
	}
	return 0;
}

static int scan_all(struct scanner *s)
{
	for (;;) {
		int r = skip_blanks_and_comments(s);
		const char *start = s->at;
		enum token token;

		if (r || s->at == s->end)
			return r;
		r = take_token(s, &token);
		if (!r)
			r = follow(s, token, start, (size_t)(s->at - start));
		if (r)
			return r;
	}
}

static int at_end(struct scanner *s)
{
	if (s->place == PLACE_ARG || s->place == PLACE_AFTER_ARG)
		return fail(s, s->line, not_one_argument);
	if (s->place == PLACE_LOST || !s->depth)
		return 0;
	return fail(s, s->open[s->depth - 1],
		    "a section begins here and does not end; expected a '}'");
}

int scan_text(char *text, size_t size, struct scan *ret, struct error *err)
{
	struct scan scan = {};
	struct scanner s = {.at = text, .end = text + size, .line = 1, .scan = &scan, .err = err};
	int r;

	if (starts_with(&s, "\xef\xbb\xbf")) /* a byte order mark */
		blank(&s, 3);
	r = scan_all(&s);
	if (!r)
		r = at_end(&s);
	if (r) {
		scan_clear(&scan);
		return r;
	}
	*ret = scan;
	return 0;
}

void scan_clear(struct scan *scan)
{
	free(scan->starts);
	*scan = (struct scan){};
}
