/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * api.h - HTTP and JSON on the Unix socket: routes to director.h and back. libmicrohttpd inside
 * sd-event. Bounded: API_CONNECTIONS_MAX connections, API_BODY_MAX bytes a request, API_TIMEOUT_S
 * without a byte. Whoever comes when the connections are used up gets 503.
 */
#ifndef API_API_H
#define API_API_H

#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "daemon/director.h"

#define API_CONNECTIONS_MAX    256
#define API_CONNECTIONS_OTHERS 192 /* of them, for those who may not change things */
#define API_CONNECTIONS_USER   64  /* of those, for one uid */
#define API_BODY_MAX           (4 << 20)
#define API_TIMEOUT_S          30

struct api;

/* Listen on @path (removed first if it is a socket; mode 0666). */
int api_open(sd_event *loop, const char *path, struct director *director, struct api **ret,
	     struct error *err);
struct api *api_close(struct api *api); /* removes the socket; takes NULL, returns NULL */
DEFINE_CLEANUP(struct api *, api_close)

#endif
