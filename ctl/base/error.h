/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * error.h - a reason that a person will read, passed back to the edge that prints it.
 *
 * Functions return 0 or a negative errno. Where the reason matters they take a struct error as last
 * argument and fill it. A function either returns the error or logs it, never both. The errno class
 * decides the API's status and the CLI's exit code: -ENOENT no such thing, -EEXIST already there,
 * -EINVAL bad input, -EPERM not allowed, -EBUSY not now, -ENOSPC a limit is reached; the rest is
 * the system's fault.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

struct error {
	int code;          /* negative errno, 0 = none */
	unsigned int line; /* of the file, 0 = none */
	char file[256];    /* "" = none */
	char text[768];    /* one line, names the thing and what was expected */
};

/*
 * Fill @err (may be NULL) with @code (a negative errno) and the text. Returns @code, so that a
 * caller can write `return error_set(err, -EINVAL, ...)`. What would not print in one line becomes
 * '?'.
 */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "text: " before what @err says, when it says something. Returns its code. */
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where in a file the error stands. Returns the error's code. */
int error_at(struct error *err, const char *file, unsigned int line);

enum { ERROR_LINE_LEN = 1056 }; /* file, a number, text and what stands between */

/* The whole error as people read it: "FILE:LINE: text", as much of it as there is. Returns @ret. */
const char *error_line(const struct error *err, char ret[ERROR_LINE_LEN]);

#endif
