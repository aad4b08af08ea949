/* SPDX-License-Identifier: GPL-2.0-or-later */
/* traced.h - what the program noted of a packet, in the daemon's terms: for explain and capture. */
#ifndef DAEMON_TRACED_H
#define DAEMON_TRACED_H

#include "daemon/runtime.h"
#include "shunt/trace.h"

struct director;

/* NULL: none, or it is gone. */
const struct service_runtime *traced_service(struct director *d, const struct shunt_trace *trace);
/* Of @service, which may be NULL. NULL: none. */
const struct backend_runtime *traced_backend(const struct service_runtime *service,
					     const struct shunt_trace *trace);
/* "forward", "answer", "pass", "drop" */
const char *traced_verdict(const struct shunt_trace *trace);
/* What was counted; NULL: nothing. */
const struct reason *traced_reason(const struct shunt_trace *trace);

#endif
