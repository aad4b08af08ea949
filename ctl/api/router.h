/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * router.h - from a method and a path to the entry of the route table that answers. No I/O.
 */
#ifndef API_ROUTER_H
#define API_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#define ROUTER_SEGMENTS_MAX 8 /* of a path */
#define ROUTER_ARGS_MAX     2 /* of them variable */
#define ROUTER_QUERY_MAX    3 /* query parameters a route knows */
#define ROUTER_ALLOW_LEN    64

struct exchange;

enum route_body { BODY_NONE, BODY_OPTIONAL, BODY_REQUIRED };

struct route {
	const char *method;
	const char *path; /* "/v1/services/{service}"; what is in braces becomes an argument */
	int (*handle)(struct exchange *e);
	bool privileged; /* changes things, or takes text that could pry */
	enum route_body body;
	const char *query[ROUTER_QUERY_MAX]; /* names; NULL = no more */
};

/*
 * Find who answers @method (HEAD counts as GET) for @path, which is cut up and percent-decoded in
 * place, segment by segment: an encoded '/' stays within its segment. @ret_args point into it.
 * -EINVAL when the path is not well encoded, -ENOENT when there is no such path, -EOPNOTSUPP when
 * it has not this method: @ret_allow then lists those it has, as in the Allow header.
 */
int router_find(const struct route *routes, size_t count, const char *method, char *path,
		const struct route **ret_route, const char *ret_args[static ROUTER_ARGS_MAX],
		char ret_allow[static ROUTER_ALLOW_LEN]);

/* Percent-decode in place. -EINVAL when a code is malformed or the result is no clean text. */
int router_decode(char *text);

/* Does the path of @route name a thing that may be missing? */
bool router_has_args(const struct route *route);

/* The place of @name in the route's query list, -ENOENT if it is not there. */
int router_query_index(const struct route *route, const char *name);

#endif
