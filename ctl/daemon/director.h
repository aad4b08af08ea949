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
#include <sys/types.h>

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

/* --- capturing: a pcapng file as it grows (docs/api.md) --- */

#define CAPTURES_MAX        8
#define CAPTURE_SNAPLEN_MIN 64
#define CAPTURE_SNAPLEN_MAX 65535

struct capture_options {
	bool drops;          /* only what is dropped */
	const char *service; /* only packets of that one; NULL = of all */
	uint64_t limit;      /* packets, then it ends; 0 = none */
	uint32_t snaplen;    /* bytes of a frame */
};

struct capture;

/*
 * Begin one; @wake is called when there is more to read. -EAGAIN: CAPTURES_MAX run already, or this
 * daemon does not forward yet; -ENOENT: no such service.
 */
int director_capture_open(struct director *d, const struct capture_options *options,
			  void (*wake)(void *arg), void *arg, struct capture **ret,
			  struct error *err);
/* Up to @max bytes to @buf; returns how many, 0 = none now, -ENODATA = none ever. */
unsigned int director_captures(const struct director *d); /* that run now */
ssize_t director_capture_read(struct capture *capture, void *buf, size_t max);
struct capture *director_capture_close(struct capture *capture); /* takes NULL, returns NULL */

#endif
