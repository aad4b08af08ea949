/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slots.h - what a slot's word becomes when its backend changes. Pure: the next word is a function
 * of the present word and the new backend, so that a crash between two words is harmless.
 */
#ifndef PLAN_SLOTS_H
#define PLAN_SLOTS_H

#include <stdint.h>

enum slot_state {
	SLOT_EMPTY,         /* no backend lives */
	SLOT_STABLE,        /* every packet goes to cur */
	SLOT_IN_TRANSITION, /* untracked flows belong to another backend than new ones */
	SLOT_MIXED,         /* some remembered flows belong to another backend than cur */
	SLOT_STATE_COUNT
};

enum slot_state slot_state(uint32_t word);

/* The word after the slot's backend became @cur. No flows are tracked in this version: a slot is
 * stable before and after, and its flows follow it. */
uint32_t slot_next(uint32_t word, uint16_t cur);

#endif
