/* SPDX-License-Identifier: GPL-2.0-only */
/* count.h - verdicts with a name, and what is counted for a backend. All per CPU, no atomics. */
#ifndef COUNT_H
#define COUNT_H

#include "maps.h"
#include "trace.h"

static __always_inline void count_reason(enum shunt_reason reason)
{
	__u32 key = reason;
	__u64 *count = bpf_map_lookup_elem(&reasons, &key);

	trace_reason(reason);
	if (count && !dry_run)
		(*count)++;
}

static __always_inline int drop(enum shunt_reason reason)
{
	count_reason(reason);
	return XDP_DROP;
}

static __always_inline int pass(enum shunt_reason reason)
{
	count_reason(reason);
	return XDP_PASS;
}

/* Client to backend @index. */
static __always_inline void count_forwarded(const struct packet *p, __u32 index)
{
	struct shunt_counters *count = bpf_map_lookup_elem(&counters, &index);

	if (!count || dry_run)
		return;
	count->packets++;
	count->bytes += p->length;
	count->connections += p->syn;
}

/* Backend @index to client. */
static __always_inline void count_reply(const struct packet *p, __u32 index)
{
	struct shunt_counters *count = bpf_map_lookup_elem(&counters, &index);

	if (!count || dry_run)
		return;
	count->reply_packets++;
	count->reply_bytes += p->length;
}

#endif
