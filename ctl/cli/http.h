/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http.h - the transport to a real daemon: HTTP over its Unix socket, by libcurl. */
#ifndef CLI_HTTP_H
#define CLI_HTTP_H

#include "cli/request.h"

#define HTTP_TIMEOUT_MS                                                                            \
	10000 /* until the answer is complete; of an endless one, until it begins                  \
	       */

int http_connect(const char *socket, struct transport **ret, struct error *err);

/* The same with another time limit (tests do not wait ten seconds). */
int http_connect_timeout(const char *socket, long timeout_ms, struct transport **ret,
			 struct error *err);

#endif
