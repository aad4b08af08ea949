/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sockets.h - ports that this host's own stack uses, or may take by itself. */
#ifndef NET_SOCKETS_H
#define NET_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/addr.h"

#define SOCKETS_TEXT_LEN 32

struct sockets_range {
	uint16_t low, high;
};

/* net.ipv4.ip_local_port_range, which is IPv6's too; the kernel's default if it cannot be read. */
struct sockets_range sockets_local_range(void);

/* Has a socket of this host a port from @low to @high at @addr, or at every address? Then @ret says
 * which: "tcp port 8080". */
bool sockets_find(const struct ip_addr *addr, uint16_t low, uint16_t high,
		  char ret[static SOCKETS_TEXT_LEN]);

#endif
