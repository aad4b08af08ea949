/* SPDX-License-Identifier: GPL-2.0-only */
/* select.h - hash of the client's tuple -> slot -> number -> backend. */
#ifndef SELECT_H
#define SELECT_H

#include "count.h"
#include "flow.h"

static __always_inline __u64 select_hash(const struct packet *p)
{
	const struct shunt_hash_keys keys = hash_keys;

	return shunt_hash_tuple4(&keys, p->ip->saddr, p->ip->daddr, p->ports, p->protocol);
}

/* The entry's words, each read once: user space may be replacing them. */
static __always_inline void select_copy(const struct shunt_backend *backend, __u32 index,
					struct target *ret)
{
	const volatile __u64 *words = (const void *)backend;
	union {
		__u64 words[4];
		struct shunt_backend backend;
	} copy;

	for (int i = 0; i < 4; i++)
		copy.words[i] = words[i];
	*ret = (struct target){
		.index = index,
		.forward = copy.backend.forward,
		.port = copy.backend.port,
		.addr4 = copy.backend.addr4,
		.hop = {copy.words[0], copy.words[1], copy.backend.ifindex},
	};
}

/* @hash: of the flow's tuple, as its client's packets have it. */
static __always_inline int select_backend(const struct packet *p, __u64 hash,
					  const struct shunt_service *service, struct target *ret)
{
	const volatile __u32 *words = only_element(&slots);
	const struct shunt_backend *backend;
	__u32 slot, word, number, index;

	slot = service->slot_base + shunt_hash_reduce(hash, service->slot_count);
	if (unlikely(!words || slot >= slots_max))
		return drop(SHUNT_REASON_INTERNAL);
	word = words[slot];
	number = SHUNT_SLOT_CUR(word);
	if (unlikely(SHUNT_SLOT_UNTRACKED(word)))
		number = flow_backend(p, word);
	if (unlikely(!number))
		return drop(SHUNT_REASON_NO_BACKEND);
	index = service->backend_base + number;
	backend = bpf_map_lookup_elem(&backends, &index);
	if (unlikely(!backend || number >= service->backend_cap))
		return drop(SHUNT_REASON_INTERNAL);
	select_copy(backend, index, ret);
	if (unlikely(!ret->hop.ifindex))
		return drop(ret->forward ? SHUNT_REASON_NO_NEXT_HOP : SHUNT_REASON_INTERNAL);
	return GO_ON;
}

#endif
