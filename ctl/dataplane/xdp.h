/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xdp.h - an XDP program and an interface, whichever: attach, and what is attached there. */
#ifndef DATAPLANE_XDP_H
#define DATAPLANE_XDP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* The interface that the link @fd is on; 0 when that is gone. */
uint32_t xdp_ifindex(int fd);
/* Is the program on the interface in the driver, not generic? */
bool xdp_is_native(uint32_t ifindex);
/* The program on the interface; 0 = none. */
uint32_t xdp_program_id(uint32_t ifindex);
/* -EBUSY with the program's number when one is attached to the interface. */
int xdp_test_free(uint32_t ifindex, const char *name, struct error *err);
/* Natively, generically where the driver cannot; @ret_fd is the link, the caller's. */
int xdp_attach(int program_fd, uint32_t ifindex, const char *name, int *ret_fd, struct error *err);

/* The link's pin: its interface's number below @dir, which is made if it is missing. */
void xdp_path(const char *dir, uint32_t ifindex, char ret[static PATH_MAX]);
int xdp_pin(const char *dir, uint32_t ifindex, int fd, struct error *err);
/* Detach the link @fd, if its interface is still there, and unpin it from @path. */
int xdp_end(const char *path, int fd, struct error *err);

#endif
