/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input.c - see input.h */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

static int system_error(struct error *err, const char *name)
{
	int code = -errno;

	return error_set(err, code, "%s: cannot be read: %s", name, strerror(-code));
}

/* Up to INPUT_MAX + 1 bytes, so that the caller sees that there are too many. */
static ssize_t read_all(int fd, char *text)
{
	size_t length = 0;

	while (length <= INPUT_MAX) {
		ssize_t n = read(fd, text + length, INPUT_MAX + 1 - length);

		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return -1;
		length += n > 0 ? n : 0;
	}
	return (ssize_t)length;
}

int input_read(const char *path, char **ret, struct error *err)
{
	const char *name = path ?: "standard input";
	_cleanup_free_ char *text = mem_zalloc(INPUT_MAX + 2);
	_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	ssize_t length;

	if (fd < 0)
		return system_error(err, name);
	length = read_all(fd, text);
	if (length < 0)
		return system_error(err, name);
	if (length > INPUT_MAX)
		return error_set(err, -EFBIG, "%s: too large; expected at most %d bytes", name,
				 INPUT_MAX);
	if (memchr(text, '\0', length))
		return error_set(err, -EINVAL, "%s: has a NUL byte; expected text", name);
	*ret = take_ptr(text);
	return 0;
}
