/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.h - whole small files: read with a limit, replaced so that a crash leaves the old or the
 * new.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/error.h"

/*
 * Read the file or pipe @path into memory (a NUL is put behind it), to be freed by the caller.
 * @ret_stat may be NULL. -EFBIG over @max bytes, -EISDIR, or what the system says; @err names the
 * file.
 */
int file_read(const char *path, size_t max, char **ret, size_t *ret_size, struct stat *ret_stat,
	      struct error *err);

/*
 * Replace @path by @size bytes: written beside it, synced, renamed over it, and the directory
 * synced. A symbolic link stays, what it leads to is replaced. @like (may be NULL) lends mode and
 * owner, else the file gets @mode. On error the old file is untouched.
 */
int file_replace(const char *path, const void *data, size_t size, mode_t mode,
		 const struct stat *like, struct error *err);

/* Make what was renamed or linked in the directory of @path last. */
int file_sync_directory(const char *path, struct error *err);

#endif
