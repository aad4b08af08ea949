/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pins.h - the pin directory: where it must lie, whose it must be, who holds it, and the names in
 * it. bpffs allows no dots in names.
 */
#ifndef DATAPLANE_PINS_H
#define DATAPLANE_PINS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct pins {
	char dir[PATH_MAX - 64];      /* 64: room for the names below */
	char maps[PATH_MAX - 32];     /* of this ABI */
	char maps_new[PATH_MAX - 32]; /* the same while they are being made */
	char links[PATH_MAX - 32], egress[PATH_MAX - 32];
	char later[PATH_MAX - 32]; /* the programs' arrays, see later.c */
	int lock_fd;               /* holds the lock; -1 = none */
};

/*
 * Verify the directory and lock it. @make: make it if it is missing, else that is -ENOENT.
 * -EBUSY: somebody holds it. -EPERM: not root's alone. -EINVAL: not on a bpffs.
 */
int pins_open(const char *dir, bool make, struct pins *ret, struct error *err);
void pins_close(struct pins *pins);

/* Is @path there, and root's? 1, 0, or a negative errno. */
int pins_exists(const char *path, struct error *err);

/* Call @each with every name in @dir until it returns other than 0, and return that. A directory
 * that is not there is an empty one. */
int pins_each(const char *dir, int (*each)(const char *name, void *arg), void *arg);

/* Unpin the maps in @dir and remove it; 0 too if it is not there. */
int pins_remove_maps(const char *dir, struct error *err);
/* Those of every ABI version but @keep (a path, or NULL to keep none). */
int pins_remove_other_maps(const struct pins *pins, const char *keep, struct error *err);

#endif
