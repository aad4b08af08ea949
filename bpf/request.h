/* SPDX-License-Identifier: GPL-2.0-only */
/* request.h - what the program asks of the daemon, or tells it: as often as the daemon allows. */
#ifndef REQUEST_H
#define REQUEST_H

#include "maps.h"
#include "trace.h"

static __always_inline void request_send(struct shunt_meta *m, struct shunt_request *request)
{
	__u64 tokens = *(volatile __u64 *)&m->resolve_tokens;

	if (tokens <= (request->kind == SHUNT_REQUEST_RESOLVE ? 0 : SHUNT_REQUESTS_RESERVE) ||
	    dry_run)
		return;
	/* Should another CPU be faster, it asks; so does the next packet. */
	if (__sync_val_compare_and_swap(&m->resolve_tokens, tokens, tokens - 1) == tokens)
		bpf_ringbuf_output(&requests, request, sizeof(*request), 0);
}

#endif
