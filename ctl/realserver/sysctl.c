/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysctl.c - see sysctl.h */
#include "realserver/sysctl.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define SYSCTL_DIR "/proc/sys/"

static int fail(struct error *err, const char *path, const char *what)
{
	int code = -errno;
	char name[128];

	sysctl_name(path, name, sizeof(name));
	return error_set(err, code, "%s cannot be %s: %s", name, what, strerror(-code));
}

int sysctl_read(const char *path, int *ret, struct error *err)
{
	_cleanup_free_ char *full = mem_printf(SYSCTL_DIR "%s", path);
	_cleanup_fclose_ FILE *file = fopen(full, "re");

	if (!file || fscanf(file, "%d", ret) != 1)
		return fail(err, path, "read");
	return 0;
}

int sysctl_write(const char *path, int value, struct error *err)
{
	_cleanup_free_ char *full = mem_printf(SYSCTL_DIR "%s", path);
	_cleanup_close_ int fd = open(full, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%d\n", value) < 0)
		return fail(err, path, "set");
	return 0;
}

void sysctl_name(const char *path, char *ret, size_t size)
{
	snprintf(ret, size, "%s", path);
	for (; *ret; ret++)
		*ret = *ret == '/' ? '.' : *ret == '.' ? '/' : *ret;
}

int sysctl_conf(const char *link, const char *key)
{
	int most = 0, value;

	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *path =
			mem_printf("net/ipv4/conf/%s/%s", i ? link : "all", key);

		if (sysctl_read(path, &value, NULL) == 0 && value > most)
			most = value;
	}
	return most;
}
