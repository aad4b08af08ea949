/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * director.h - the daemon's one object as the API and main see it: the running model, what is known
 * of reality, and the operations that change either. Every change is all or nothing: on error the
 * director is as it was. Runs in the event loop's thread only.
 */
#ifndef DAEMON_DIRECTOR_H
#define DAEMON_DIRECTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/model.h"

struct director;
struct events;

/* --- looking (new references; NULL with @err filled when there is no such thing) --- */
json_t *director_status(struct director *d);
json_t *director_services(struct director *d);
json_t *director_service(struct director *d, const char *service, struct error *err);
json_t *director_backend(struct director *d, const char *service, const char *backend,
			 struct error *err);
json_t *director_slots(struct director *d, const char *service, struct error *err);
json_t *director_stats(struct director *d);
json_t *director_drops(struct director *d);
json_t *director_config(struct director *d);
char *director_config_text(struct director *d); /* shunt.conf; freed by the caller */
/* @text NULL: the daemon's own file. */
json_t *director_diff(struct director *d, const char *text, const char *name, struct error *err);
/* Where a packet would go: the body and the answer of POST /v1/explain. */
json_t *director_explain(struct director *d, const json_t *request, struct error *err);
struct events *director_events(struct director *d);

/* --- changing --- */
int director_service_add(struct director *d, const char *service, const json_t *json,
			 struct error *err);
int director_service_set(struct director *d, const char *service, const json_t *json,
			 struct error *err);
int director_service_remove(struct director *d, const char *service, struct error *err);
int director_backend_add(struct director *d, const char *service, const char *backend,
			 const json_t *json, struct error *err);
int director_backend_set(struct director *d, const char *service, const char *backend,
			 const json_t *json, struct error *err);
int director_backend_remove(struct director *d, const char *service, const char *backend,
			    struct error *err);
/* @ret: {"changes": [...]} */
int director_apply(struct director *d, const char *text, const char *name, bool dry_run,
		   json_t **ret, struct error *err);
int director_reload(struct director *d, json_t **ret, struct error *err);
int director_save(struct director *d, bool force, struct error *err);
int director_attach(struct director *d, const char *ifname, json_t **ret, struct error *err);
int director_detach(struct director *d, const char *ifname, struct error *err);

#endif
