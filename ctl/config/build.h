/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build.h - from libconfuse's tree to a model.
 */
#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

#include <confuse.h>

#include "model/model.h"

/* A completed, validated model of what @cfg was read as. Each section's `line` is that on which it
 * begins; errors carry it. */
int build_model(cfg_t *cfg, struct model **ret, struct error *err);

#endif
