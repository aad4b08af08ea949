/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slots.c - see slots.h */
#include "plan/slots.h"

#include "shunt/abi.h"

enum slot_state slot_state(uint32_t word)
{
	uint16_t cur = SHUNT_SLOT_CUR(word), untracked = SHUNT_SLOT_UNTRACKED(word);

	if (untracked == 0)
		return cur ? SLOT_STABLE : SLOT_EMPTY;
	return untracked == cur ? SLOT_MIXED : SLOT_IN_TRANSITION;
}

uint32_t slot_next(uint32_t word, uint16_t cur)
{
	return SHUNT_SLOT(cur, SHUNT_SLOT_UNTRACKED(word));
}
