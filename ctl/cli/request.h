/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.h - one request to the API, and the way it takes: a transport, which is HTTP over the
 * Unix socket (http.h) or, in tests, a table of answers.
 */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

struct request {
	const char *method;
	char *path;   /* owned */
	char *body;   /* owned JSON text, NULL = none */
	bool endless; /* no time limit once the answer has begun, nor is it ever cut short */
	int stop_fd;  /* with endless: readable when the person has had enough */
};

/* Where an answer goes, piece by piece. @status is set before the first piece. */
struct sink {
	int status; /* HTTP's; 0 until it is known */
	/* 0, or a negative errno that ends the exchange */
	int (*write)(struct sink *sink, const char *data, size_t size);
};

struct transport {
	/*
	 * Carry out one exchange. Returns 0 when a whole answer was read, of whatever status;
	 * CLI_UNREACHABLE when none came; -ECANCELED when stop_fd said so; what sink->write()
	 * returned (then without filling @err).
	 */
	int (*exchange)(struct transport *transport, const struct request *request,
			struct sink *sink, struct error *err);
	void (*close)(struct transport *transport);
};

struct transport *transport_close(struct transport *transport); /* takes NULL, returns NULL */
DEFINE_CLEANUP(struct transport *, transport_close)

/* @format knows %s only, and percent-encodes what it stands for. @body is stolen, may be NULL. */
void request_init(struct request *request, const char *method, json_t *body, const char *format,
		  ...) __attribute__((format(printf, 4, 5)));
void request_clear(struct request *request);

static inline void request_cleanup(struct request *request)
{
	request_clear(request);
}
#define _cleanup_request_ __attribute__((cleanup(request_cleanup)))

static inline void json_cleanup(json_t **json)
{
	json_decref(*json);
}
#define _cleanup_json_ __attribute__((cleanup(json_cleanup)))

#endif
