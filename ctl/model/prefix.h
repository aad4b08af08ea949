/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prefix.h - a network as the operator writes it: 172.16.0.0/16, 2001:db8::/32, or one address
 * without a length.
 */
#ifndef MODEL_PREFIX_H
#define MODEL_PREFIX_H

#include <stdbool.h>

#include "model/addr.h"

#define IP_PREFIX_LEN (IP_ADDR_LEN + 4)

struct ip_prefix {
	struct ip_addr addr; /* bits beyond the length are 0 */
	unsigned int length; /* 32 or 128: one address */
};

/* Bits set beyond the length are refused: they are a mistake in the one or the other. */
int ip_prefix_parse(const char *text, struct ip_prefix *ret, struct error *err);
/* One address is written without its length. Returns @buf. */
const char *ip_prefix_format(const struct ip_prefix *prefix, char buf[static IP_PREFIX_LEN]);

/* The bits of an address of that family: 32 or 128. */
unsigned int ip_prefix_bits(int family);
unsigned int ip_prefix_free_bits(const struct ip_prefix *prefix); /* beyond its length */
struct ip_prefix ip_prefix_of(const struct ip_addr *addr);        /* the one address */
bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_addr *addr);
/* A total order (<0, 0, >0), family first. */
int ip_prefix_compare(const struct ip_prefix *a, const struct ip_prefix *b);

#endif
