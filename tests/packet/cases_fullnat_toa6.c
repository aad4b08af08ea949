// SPDX-License-Identifier: GPL-2.0-or-later
/* cases_fullnat_toa6.c - fullnat's TCP option over IPv6. */
#define FAMILY 6
#include "packet/both_fullnat_toa.h"

const struct case_list cases_fullnat_toa6 = CASE_LIST(fullnat_toa6);
