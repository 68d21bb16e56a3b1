/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Credit window: which of the secondary's slots may be filled unasked. A slot
 * is with the window or with a command, never with both; its credit comes back
 * with the command's final answer or with the end of the session. The grant
 * may grow and shrink meanwhile: a slot beyond it retires when it comes back.
 *
 * Pure; the caller serialises all calls for one window.
 */
#ifndef _PPRC_WINDOW_H
#define _PPRC_WINDOW_H

#include <linux/types.h>
#include <pprc/wire.h>

#define PPRC_WINDOW_WORDS	(PPRC_SLOTS_MAX / 64)

/**
 * struct pprc_window - the slots of a session as its primary sees them
 * @limit:	slots below this number may be used
 * @out:	slots with commands
 * @free:	one bit per slot that can be taken
 * @taken:	one bit per slot with a command
 */
struct pprc_window {
	u16	limit;
	u16	out;
	u64	free[PPRC_WINDOW_WORDS];
	u64	taken[PPRC_WINDOW_WORDS];
};

void pprc_window_reset(struct pprc_window *w);
void pprc_window_grant(struct pprc_window *w, unsigned int slots);
bool pprc_window_open(const struct pprc_window *w);
int pprc_window_take(struct pprc_window *w);
bool pprc_window_give(struct pprc_window *w, unsigned int slot);
unsigned int pprc_window_used(const struct pprc_window *w);

#endif
