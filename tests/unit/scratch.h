/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scratch.h - for tests: a directory of one's own, and files in it. */
#ifndef UNIT_SCRATCH_H
#define UNIT_SCRATCH_H

#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "unit/models.h"
#include "unit/temporary.h"

/* cmocka's set-up and tear-down of a test: *state is the directory's path. */
static inline int scratch_make(void **state)
{
	char path[TEMPORARY_LEN];

	*state = mkdtemp(temporary_template(path)) ? mem_strdup(path) : NULL;
	return *state ? 0 : -1;
}

static inline int scratch_remove_entry(const char *path, const struct stat *st, int type,
				       struct FTW *ftw)
{
	return remove(path);
}

static inline int scratch_remove(void **state)
{
	int r = nftw(*state, scratch_remove_entry, 8, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return r;
}

/* DIR/NAME, good until the eighth call from here. */
static inline const char *scratch_path(void **state, const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned int turn;
	char *path = paths[turn++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", (const char *)*state, name);
	return path;
}

static inline const char *scratch_write_bytes(void **state, const char *name, const void *data,
					      size_t size)
{
	const char *path = scratch_path(state, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	return path;
}

static inline const char *scratch_write(void **state, const char *name, const char *text)
{
	return scratch_write_bytes(state, name, text, strlen(text));
}

#endif
