/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture.h - the answer to GET /v1/capture: a pcapng file as it grows. */
#ifndef API_CAPTURE_H
#define API_CAPTURE_H

#include <microhttpd.h>

#include "api/stream.h"
#include "base/error.h"
#include "daemon/director.h"

struct capture_list {
	struct director *director;
	struct streams streams;
	/* called with @arg when one of them has something to send */
	void (*wake)(void *arg);
	void *arg;
};

/* Begin a capture; it ends with the answer. @ret belongs to @connection alone. Errors as of
 * director_capture_open(). */
int capture_open(struct capture_list *list, struct MHD_Connection *connection,
		 const struct capture_options *options, struct MHD_Response **ret,
		 struct error *err);

#endif
