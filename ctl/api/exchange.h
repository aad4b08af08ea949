/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange.h - one request and its answer: take the body in, have the route's handler work, send
 * what it left. Whatever is wrong with a request is found before a handler sees it.
 */
#ifndef API_EXCHANGE_H
#define API_EXCHANGE_H

#include <jansson.h>
#include <microhttpd.h>

#include "api/capture.h"
#include "api/follow.h"
#include "api/peer.h"
#include "api/router.h"
#include "base/error.h"
#include "daemon/director.h"

#define EXCHANGE_SMALL_BODY       (64 << 10)
#define EXCHANGE_LARGE_BODIES_MAX 8          /* bodies over that at a time */
#define EXCHANGE_ANSWERS_MAX      (64 << 20) /* bytes of answers on their way; one may exceed it */
#define EXCHANGE_JSON_DEPTH_MAX   16

/* What all exchanges of a server share. */
struct exchange_room {
	struct director *director;
	struct follow_list followers;
	struct capture_list captures;
	unsigned int large_bodies;
	size_t answers;
};

struct exchange {
	struct exchange_room *room;
	struct MHD_Connection *connection;
	const struct peer *peer;

	/* the request */
	const struct route *route;
	bool head;  /* HEAD: only the answer's head is wanted */
	char *path; /* holds args */
	const char *args[ROUTER_ARGS_MAX];
	char *query[ROUTER_QUERY_MAX]; /* decoded values, in the order of route->query; NULL = none
					*/
	char *body;
	size_t body_size, body_room, body_seen;
	bool body_large; /* counted in room->large_bodies */
	json_t *json;    /* the body's object; NULL = no body */

	/* the answer: one of response, answer, text, or none (204) */
	unsigned int status; /* 0 = not known yet */
	struct error err;
	char allow[ROUTER_ALLOW_LEN];
	struct MHD_Response *response;
	const char *content_type; /* of response; NULL: lines of JSON */
	json_t *answer;
	char *text; /* for people: text/plain */
};

/* libmicrohttpd's callbacks; @cls is the struct exchange_room. */
enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *upload_data,
				size_t *upload_data_size, void **con_cls);
void exchange_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
			enum MHD_RequestTerminationCode toe);

#endif
