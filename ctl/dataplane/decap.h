/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decap.h - a backend's side: the decapsulating program (bpf/decap.bpf.c) on interfaces, the VIPs
 * that it unwraps for and the directors that it unwraps from. No daemon: what is pinned stays.
 *
 * Pins, below the pin directory (0700):
 *   maps-v<DECAP_ABI_VERSION>/<map>
 *   links/<ifindex>
 */
#ifndef DATAPLANE_DECAP_H
#define DATAPLANE_DECAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/prefix.h"
#include "shunt/decap.h"

#define DECAP_PIN_DIR   "/sys/fs/bpf/shunt-decap"
#define DECAP_LINKS_MAX 16 /* interfaces with the program */

/* All that there shall be, no more and no less. */
struct decap_wish {
	const struct ip_addr *vips;
	const struct ip_prefix *directors;
	const uint32_t *links; /* interface numbers; those of none that exists are left out */
	size_t vips_count, directors_count, links_count;
};

/*
 * Make it so: load the program as it is in this binary, fill the maps, put it into every link that
 * there is, attach and detach. A wish without VIPs takes everything away. -EBUSY when another
 * program is attached; -ENOSPC: a limit. On error, what was wished before may be half changed:
 * apply that again.
 */
int decap_apply(const char *pin_dir, const struct decap_wish *wish, struct error *err);

/* What is there, as far as @ifindex (0 = none) and @vip are concerned. */
struct decap_view {
	uint32_t program_id; /* what is attached to the interface, whoever's; 0 = nothing */
	bool ours, native;
	bool vip_enabled;
	struct ip_prefix directors[DECAP_DIRECTORS_MAX];
	size_t directors_count;
	struct ip_addr stranger; /* sent for an enabled VIP last, and is no director; family 0 */
	uint64_t reasons[DECAP_REASON_COUNT];
};

int decap_look(const char *pin_dir, uint32_t ifindex, const struct ip_addr *vip,
	       struct decap_view *ret, struct error *err);

/* For tests: the loaded program's descriptor, to run it on packets; the caller closes it. */
int decap_program(const char *pin_dir, uint32_t ifindex);

#endif
