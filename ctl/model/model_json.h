/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model_json.h - the model as JSON and back, by the schema tables. The API and the state file use
 * it. Durations are text ("2s"), numbers and booleans are JSON's own; on the way in every value may
 * also be text, as on the command line. null resets a key to its default.
 *
 *   service: {"name", <service keys>, "checks": [{"name", <check keys>}], "backends": [{"address",
 *             <backend keys>}]}
 *   model:   {"settings": {<settings keys>}, "services": [service]}
 *
 * A member "status" (what the daemon adds on the way out) is ignored on the way in.
 */
#ifndef MODEL_MODEL_JSON_H
#define MODEL_MODEL_JSON_H

#include <jansson.h>

#include "model/model.h"

enum model_json_keys {
	MODEL_JSON_ALL, /* every key, defaults too: for readers */
	MODEL_JSON_SET, /* only what was given: for saving */
};

/* New references, owned by the caller. */
json_t *model_json_object(const struct schema *schema, const void *object,
			  enum model_json_keys which);
json_t *model_json_backend(const struct backend *backend, enum model_json_keys which);
json_t *model_json_service(const struct service *service, enum model_json_keys which);
json_t *model_json_model(const struct model *model, enum model_json_keys which);

/*
 * Set the keys that @json (an object) has. Members named in @ignore (NULL-terminated, may be NULL)
 * and "status" are passed over; an unknown member is -EINVAL. @fixed: refuse a change of
 * SCHEMA_FIXED keys: -EINVAL ("cannot be changed ...; remove the service and add it anew").
 * On error @object may hold some of the new values: work on a copy.
 */
int model_json_set(const struct schema *schema, void *object, const json_t *json,
		   const char *const *ignore, bool fixed, struct error *err);

/* A whole service or model from JSON, completed and validated. @name NULL: the JSON's "name", which
 * otherwise may be left out and must not differ. */
int model_json_read_service(const json_t *json, const char *name, struct service **ret,
			    struct error *err);
int model_json_read_model(const json_t *json, struct model **ret, struct error *err);

/* Change a service in place: its keys, and where @json has them its checks and backends as a whole.
 * Completed and validated. On error @service may be half changed: work on a copy. */
int model_json_patch_service(struct service *service, const json_t *json, struct error *err);

#endif
