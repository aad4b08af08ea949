/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kind.c - the table of check kinds, and words for what went wrong; see kind.h */
#include "check/kind.h"

#include <ctype.h>
#include <errno.h>

#include "base/cleanup.h"
#include "model/model.h"

static const struct check_kind_ops *const kinds[CHECK_KIND_COUNT] = {
	[CHECK_TCP] = &check_tcp,
};

/* Where the C library's words are not the ones an operator would use. */
static const struct {
	int error;
	const char *text;
} words[] = {
	{ENETUNREACH, "network unreachable"},
	{ETIMEDOUT, "connection timed out"},
	{EACCES, "not permitted (a firewall rule of this host?)"},
	{EPERM, "not permitted (a firewall rule of this host?)"},
};

const struct check_kind_ops *check_kind(int kind)
{
	return kind >= 0 && kind < CHECK_KIND_COUNT ? kinds[kind] : NULL;
}

void check_outcome_text(struct check_outcome *outcome, bool passed, const char *text)
{
	outcome->passed = passed;
	snprintf(outcome->reason, sizeof(outcome->reason), "%s", text);
}

void check_outcome_errno(struct check_outcome *outcome, int error)
{
	const char *text = strerrordesc_np(error);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].error == error) {
			check_outcome_text(outcome, false, words[i].text);
			return;
		}
	check_outcome_text(outcome, false, text ? text : "unknown error");
	outcome->reason[0] = tolower((unsigned char)outcome->reason[0]);
}
