/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * key.h - between the addresses of user space and those of packets: the key of a place in the
 * tables of either family, and struct shunt_addr.
 */
#ifndef DATAPLANE_KEY_H
#define DATAPLANE_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/addr.h"
#include "shunt/abi.h"

/* Of services4 and nat4, or of services6 and nat6. Words that a family does not use are 0, so that
 * two keys are equal when all their bytes are. */
struct place_key {
	uint64_t v6; /* 0 or 1 */
	uint64_t words[SHUNT_KEY6_WORDS];
};

/* @port in host order; 0: every port, or, with protocol 0, the VIP itself. */
struct place_key place_key(const struct ip_addr *addr, uint16_t port, uint8_t protocol);
struct place_key place_key_of_vip(const struct vip *vip);
/* From the words of a place. */
struct place_key place_key_read(bool v6, const uint64_t *words);

struct ip_addr place_key_addr(const struct place_key *key);
uint16_t place_key_port(const struct place_key *key);
uint8_t place_key_protocol(const struct place_key *key);
struct vip place_key_vip(const struct place_key *key);

struct shunt_addr shunt_addr_of(const struct ip_addr *addr);
struct ip_addr shunt_addr_read(const struct shunt_addr *addr, bool v6);

/* The address and port of a backend's entry. */
struct endpoint shunt_backend_endpoint(const struct shunt_backend *entry);

#endif
