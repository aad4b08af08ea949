/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.h - shunt.conf to model and back, through libconfuse and the schema tables.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "model/model.h"

#define CONFIG_DIGEST_LEN 65 /* hexadecimal SHA-256 and a NUL */
#define CONFIG_FILES_MAX  1024
#define CONFIG_BYTES_MAX  (16 << 20) /* of each */

/*
 * Read @path (and what it includes) into a new, validated model. @ret_digest (may be NULL): SHA-256
 * over the files' names and contents, in the order they were read. Errors carry FILE:LINE; never
 * -ENOENT. One thread at a time: libconfuse's scanner is one for the process.
 */
int config_read(const char *path, struct model **ret, char ret_digest[CONFIG_DIGEST_LEN],
		struct error *err);

/* The same from memory; @name stands for the file in errors. Text comes from somebody else, and
 * files would be read with our rights: include() is refused. */
int config_read_text(const char *text, const char *name, struct model **ret, struct error *err);

/*
 * The model as text that config_read() reads back to an equal one; only the keys that are set.
 * By-hand overrides are written as `admin`. To be freed by the caller.
 */
char *config_write(const struct model *model);

/* Does the file say more than its model: comments, includes? (Then `save` would lose them.) Also
 * true when it cannot be told; a file that is not there says nothing. */
bool config_has_more(const char *path);

#endif
