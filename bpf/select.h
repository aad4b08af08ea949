/* SPDX-License-Identifier: GPL-2.0-only */
/* select.h - hash of the client's tuple -> slot -> number -> backend. */
#ifndef SELECT_H
#define SELECT_H

#include "count.h"
#include "flow.h"

/* Of the flow that goes from @saddr to @daddr, which is a client's to a VIP. */
static __always_inline __u64 select_hash_of(const __be32 *saddr, const __be32 *daddr, bool v6,
					    __u32 ports, __u8 protocol)
{
	if (v6) {
		const struct shunt_hash_keys keys = hash_keys;

		return shunt_hash_tuple6(&keys, saddr, daddr, ports, protocol);
	} else {
		const struct shunt_hash_keys keys = hash_keys;

		return shunt_hash_tuple4(&keys, *saddr, *daddr, ports, protocol);
	}
}

static __always_inline __u64 select_hash(const struct packet *p)
{
	return select_hash_of(packet_saddr(p), packet_daddr(p), p->v6, p->ports, p->protocol);
}

/* What every packet needs of an entry, each word read once: user space may be replacing them. */
static __always_inline void select_copy(const volatile struct shunt_backend *backend, __u32 index,
					struct target *ret)
{
	const volatile __u64 *words = (const volatile void *)backend;
	union {
		__u64 words[3];
		struct shunt_backend backend;
	} copy;

	for (int i = 0; i < 3; i++)
		copy.words[i] = words[i];
	*ret = (struct target){
		.backend = backend,
		.index = index,
		.mtu = copy.backend.mtu,
		.forward = copy.backend.forward,
		.flags = copy.backend.flags,
		.hop = {copy.words[0], copy.words[1], copy.backend.ifindex},
	};
}

/* The backend with @index in backends, which is number @number of its service. */
static __always_inline int select_entry(__u32 index, struct target *ret)
{
	const struct shunt_backend *backend = bpf_map_lookup_elem(&backends, &index);

	trace_backend(index);
	if (unlikely(!backend))
		return drop(SHUNT_REASON_INTERNAL);
	select_copy(backend, index, ret);
	if (unlikely(!ret->hop.ifindex))
		return drop(ret->forward ? SHUNT_REASON_NO_NEXT_HOP : SHUNT_REASON_INTERNAL);
	return GO_ON;
}

/* @hash: of the flow's tuple, as its client's packets have it. */
static __always_inline int select_backend(const struct packet *p, __u64 hash,
					  const struct shunt_service *service, struct target *ret)
{
	const volatile __u32 *words = only_element(&slots);
	__u32 slot, word, number;

	slot = service->slot_base + shunt_hash_reduce(hash, service->slot_count);
	if (unlikely(!words || slot >= slots_max))
		return drop(SHUNT_REASON_INTERNAL);
	word = words[slot];
	trace_slot(service, slot, word, hash);
	number = SHUNT_SLOT_CUR(word);
	if (unlikely(SHUNT_SLOT_UNTRACKED(word)))
		number = flow_backend(p, word);
	if (unlikely(!number))
		return drop(SHUNT_REASON_NO_BACKEND);
	if (unlikely(number >= service->backend_cap))
		return drop(SHUNT_REASON_INTERNAL);
	STEP(select_entry(service->backend_base + number, ret));
	ret->hash = hash;
	ret->mss = service->mss;
	return GO_ON;
}

#endif
