/* SPDX-License-Identifier: GPL-2.0-only */
/* gue.h - UDP and GUE header, as the director puts them there and a backend takes them off. */
#ifndef GUE_H
#define GUE_H

#include "packet.h"

#define GUE_PORT 6080

struct gue_header {
	struct udphdr udp;
	__u8 version; /* and control bit, and length of options: all 0 */
	__u8 protocol;
	__be16 flags; /* 0 */
};

#endif
