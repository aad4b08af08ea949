/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_save.c - `shunt save`: the running state into the daemon's file, or into one of ours. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/client.h"

#define SAVE_MODE 0644

/* Take the name @path for us, if nobody has it. */
static int reserve(const char *path, struct error *err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, SAVE_MODE);

	if (fd < 0 && errno == EEXIST)
		return error_set(err, -EEXIST, "%s exists already; expected a new file, or --force",
				 path);
	if (fd < 0)
		return error_set(err, -errno, "%s: cannot be written: %s", path, strerror(errno));
	return 0;
}

static int write_new(const char *path, const char *text, struct error *err)
{
	struct stat like;
	int r = reserve(path, err);

	if (r)
		return r;
	/* as the umask made it */
	r = stat(path, &like) ? -errno
			      : file_replace(path, text, strlen(text), SAVE_MODE, &like, err);
	if (r)
		unlink(path);
	return r;
}

static int overwrite(const char *path, const char *text, struct error *err)
{
	_cleanup_free_ char *real = realpath(path, NULL); /* what a symbolic link leads to */
	struct stat old;

	if (!real || stat(real, &old))
		return error_set(err, -errno, "%s: cannot be written: %s", path, strerror(errno));
	if (!S_ISREG(old.st_mode))
		return error_set(err, -EINVAL, "%s is no regular file; it is not overwritten",
				 path);
	return file_replace(real, text, strlen(text), SAVE_MODE, &old, err);
}

static int save_to(struct cli *cli, const char *path, bool force, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	struct request request;
	int r;

	request_init(&request, "GET", NULL, "/v1/config?format=conf");
	r = client_text(cli, &request, &text, err);
	if (r)
		return r;
	if (strcmp(path, "-") == 0) {
		fputs(text, cli->out.file);
		return 0;
	}
	if (force && access(path, F_OK) == 0)
		return overwrite(path, text, err);
	return write_new(path, text, err);
}

int cmd_save_run(struct cli *cli, struct error *err)
{
	bool force = args_flag(&cli->args, "force");
	struct request request;

	if (cli->args.words_count)
		return save_to(cli, cli->args.words[0], force, err);
	request_init(&request, "POST", json_object(), force ? "/v1/save?force=1" : "/v1/save");
	return client_call(cli, &request, NULL, err);
}
