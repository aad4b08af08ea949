/* SPDX-License-Identifier: GPL-2.0-or-later */
/* traced.c - see traced.h */
#include "daemon/traced.h"

#include <linux/bpf.h>

#include "daemon/director_internal.h"
#include "dataplane/trace.h"
#include "plan/reason.h"

const struct service_runtime *traced_service(struct director *d, const struct shunt_trace *trace)
{
	const struct dataplane_service *entry = dataplane_trace_service(d->dp, trace);
	struct vip vip;

	if (!entry)
		return NULL;
	dataplane_service_address(entry, &vip);
	return reconcile_service(d->reconciler, &vip);
}

const struct backend_runtime *traced_backend(const struct service_runtime *service,
					     const struct shunt_trace *trace)
{
	uint16_t number = service ? dataplane_trace_number(service->entry, trace) : 0;

	for (size_t i = 0; number && i < service->backends_count; i++)
		if (service->backends[i]->number == number)
			return service->backends[i];
	return NULL;
}

const char *traced_verdict(const struct shunt_trace *trace)
{
	if (trace->verdict != XDP_TX && trace->verdict != XDP_REDIRECT)
		return trace->verdict == XDP_PASS ? "pass" : "drop";
	return traced_reason(trace) ? "answer" : "forward";
}

const struct reason *traced_reason(const struct shunt_trace *trace)
{
	if (!(trace->flags & SHUNT_TRACE_REASON) || trace->reason >= SHUNT_REASON_COUNT)
		return NULL;
	return &reasons[trace->reason];
}
