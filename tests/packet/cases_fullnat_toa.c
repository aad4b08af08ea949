// SPDX-License-Identifier: GPL-2.0-or-later
/* cases_fullnat_toa.c - fullnat's TCP option over IPv4. */
#define FAMILY 4
#include "packet/both_fullnat_toa.h"

const struct case_list cases_fullnat_toa = CASE_LIST(fullnat_toa);
