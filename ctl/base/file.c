/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.c - see file.h */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

static int system_error(struct error *err, const char *path, const char *what)
{
	int code = -errno;

	return error_set(err, code, "%s: %s: %s", path, what, strerror(-code));
}

/* Not to wait for who might write to a named pipe; but then to wait for what he writes. */
static int open_to_read(const char *path, struct stat *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, ret) || fcntl(fd, F_SETFL, 0))
		return -1;
	return take_fd(fd);
}

/* Read until the end, or until there are @max + 1 bytes; -1 and errno on failure. */
static ssize_t read_all(int fd, size_t max, char **data, size_t room)
{
	size_t size = 0;

	while (size <= max) {
		ssize_t n;

		if (size == room) {
			room = room * 2 > max + 1 ? max + 1 : room * 2;
			*data = mem_realloc(*data, room + 1);
		}
		n = read(fd, *data + size, room - size);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n == 0)
			break;
		size += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)size;
}

int file_read(const char *path, size_t max, char **ret, size_t *ret_size, struct stat *ret_stat,
	      struct error *err)
{
	struct stat st;
	_cleanup_close_ int fd = open_to_read(path, &st);
	_cleanup_free_ char *data = NULL;
	size_t room;
	ssize_t size;

	if (fd < 0)
		return system_error(err, path, "cannot be read");
	if (S_ISDIR(st.st_mode))
		return error_set(err, -EISDIR, "%s: is a directory; expected a file", path);
	room = S_ISREG(st.st_mode) && (size_t)st.st_size < max ? (size_t)st.st_size + 1 : 4096;
	data = mem_zalloc(room + 1);
	size = read_all(fd, max, &data, room);
	if (size < 0)
		return system_error(err, path, "cannot be read");
	if ((size_t)size > max)
		return error_set(err, -EFBIG, "%s: is too large; expected at most %zu bytes", path,
				 max);
	data[size] = '\0';
	*ret = take_ptr(data);
	*ret_size = (size_t)size;
	if (ret_stat)
		*ret_stat = st;
	return 0;
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Everything about the new file but its name. */
static int fill(int fd, const void *data, size_t size, mode_t mode, const struct stat *like)
{
	int r;

	if (like && fchown(fd, like->st_uid, like->st_gid) && errno != EPERM)
		return -errno;
	if (fchmod(fd, like ? like->st_mode & 07777 : mode)) /* whatever the umask is */
		return -errno;
	r = write_all(fd, data, size);
	return r ? r : fsync(fd) ? -errno : 0;
}

int file_replace(const char *path, const void *data, size_t size, mode_t mode,
		 const struct stat *like, struct error *err)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	const char *target = real ? real : path;
	_cleanup_free_ char *beside = mem_printf("%s.new", target);
	_cleanup_close_ int fd = -1;
	int r;

	if (unlink(beside) && errno != ENOENT) /* of a crash */
		return system_error(err, path, "cannot be written");
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return system_error(err, path, "cannot be written");
	r = fill(fd, data, size, mode, like);
	if (!r && rename(beside, target))
		r = -errno;
	if (!r)
		return file_sync_directory(target, err);
	unlink(beside);
	return error_set(err, r, "%s: cannot be written: %s", path, strerror(-r));
}

int file_sync_directory(const char *path, struct error *err)
{
	_cleanup_free_ char *directory = mem_strdup(path);
	char *slash = strrchr(directory, '/');
	_cleanup_close_ int fd = -1;

	if (slash)
		slash[slash == directory] = '\0'; /* "/" keeps its slash */
	fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd))
		return system_error(err, path, "cannot be synced");
	return 0;
}
