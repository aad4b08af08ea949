// SPDX-License-Identifier: GPL-2.0-or-later
/* cases.c - the subjects of the table of packets. */
#include "packet/cases.h"

const struct case_list *const case_lists[] = {
	&cases_dr,         &cases_nat,     &cases_reply,     &cases_icmp,      &cases_errors,
	&cases_errors_own, &cases_expired, &cases_broken,    &cases_not_ours,  &cases_dr6,
	&cases_nat6,       &cases_reply6,  &cases_icmp6,     &cases_errors6,   &cases_errors6_own,
	&cases_expired6,   &cases_broken6, &cases_not_ours6, &cases_vlan,      &cases_tunnel,
	&cases_too_big,    &cases_any,     &cases_mss,       &cases_fragments, NULL,
};

const struct case_list *const fullnat_case_lists[] = {
	&cases_fullnat,
	&cases_fullnat_own,
	&cases_fullnat_reply,
	&cases_fullnat_reply_own,
	&cases_fullnat_errors,
	&cases_fullnat_errors_own,
	&cases_fullnat6,
	&cases_fullnat6_own,
	&cases_fullnat_reply6,
	&cases_fullnat_reply6_own,
	&cases_fullnat_errors6,
	&cases_fullnat_errors6_own,
	&cases_fullnat_told,
	&cases_fullnat_fragments,
	&cases_fullnat_toa,
	&cases_fullnat_toa6,
	NULL,
};
