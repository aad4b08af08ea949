/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handlers.h - the table of all routes. A handler calls the director and leaves status and answer
 * in the exchange; it returns 0, or a negative errno with the exchange's error filled.
 */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "api/router.h"

extern const struct route handlers[];
extern const size_t handlers_count;

#endif
