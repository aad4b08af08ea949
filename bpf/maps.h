/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps.h - the maps, and what user space sets before it loads the program. Keys, values and what
 * they mean are in shunt/abi.h. Nothing that must outlive a program stands outside a pinned map.
 */
#ifndef MAPS_H
#define MAPS_H

#include "packet.h"

const volatile struct shunt_hash_keys hash_keys = {};
const volatile __u32 slots_max = 1; /* words in the one element of slots */
const volatile __u32 nat_bits = 0;  /* 1 << nat_bits places in nat4, and in nat6 */

/*
 * Tables (shunt/table.h) and slots are one element each: its address is found without a call and
 * without a bounds check at run time.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct shunt_service4) << SHUNT_SERVICES_BITS);
} services4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct shunt_nat4)); /* user space: 1 << nat_bits places */
} nat4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct shunt_service6) << SHUNT_SERVICES_BITS);
} services6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct shunt_nat6)); /* user space: 1 << nat_bits places */
} nat6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32)); /* user space: slots_max words */
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* user space: backends_max */
	__type(key, __u32);
	__type(value, struct shunt_backend);
} backends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1); /* user space: backends_max */
	__type(key, __u32);
	__type(value, struct shunt_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SHUNT_REASON_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} reasons SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct shunt_meta);
} meta SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SHUNT_REQUESTS_BYTES);
} requests SEC(".maps");

/* ifindex -> ifindex of an interface that packets may leave by. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, SHUNT_LINKS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} egress SEC(".maps");

/* What the first fragment of a packet leaves behind for the others. When it is full, what was used
 * least recently goes: counted where a later fragment misses it, as fragment_unknown. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SHUNT_FRAGMENTS_MAX);
	__type(key, struct shunt_fragment_key);
	__type(value, struct shunt_fragment);
} fragments SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct shunt_fragment);
} fragment_room SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SHUNT_PORTS_MAX);
	__type(key, __u32);
	__type(value, struct shunt_port);
} ports SEC(".maps");

/* The one element of a map that has one; never NULL, but the verifier wants it asked. */
static __always_inline void *only_element(void *map)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(map, &zero);
}

#endif
