/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.c - see lock.h */
#include "daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"

static int busy(int fd, const char *runtime_dir, struct error *err)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
	return error_set(err, -EBUSY, "%s is in use by a shuntd that runs, pid %s; stop it first",
			 runtime_dir, *pid ? pid : "unknown");
}

int lock_take(const char *runtime_dir, struct error *err)
{
	_cleanup_free_ char *path = mem_printf("%s/shuntd.lock", runtime_dir);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK
			       ? busy(fd, runtime_dir, err)
			       : error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (ftruncate(fd, 0) || dprintf(fd, "%d\n", (int)getpid()) < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	return take_fd(fd);
}

int lock_release(int lock)
{
	if (lock < 0)
		return -1;
	if (ftruncate(lock, 0))
		log_warning("shuntd.lock: the pid stays in it: %s", strerror(errno));
	close(lock);
	return -1;
}
