/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff.h - what one model has that another has not, and what of the old lives on in the new.
 */
#ifndef MODEL_DIFF_H
#define MODEL_DIFF_H

#include <jansson.h>

#include "model/model.h"

/*
 * How to come from @from to @to: a new reference to an array of `change` objects (docs/api.md).
 * Values that hold are compared: a default equals the same value given. A backend's admin is the
 * one that holds (backend_admin()). What an added or removed service contains is not listed.
 * Order: settings; services removed, as @from has them; services added or changed, as @to has them
 * (of each its keys, its checks, its backends).
 */
json_t *model_diff(const struct model *from, const struct model *to);

/*
 * What was asked for by hand in @from (enable, drain, disable) holds in @to as well for the
 * backends that both have, unless @to gives such a backend an `admin` or an override of its own.
 */
void model_carry_overrides(struct model *to, const struct model *from);

#endif
