/* SPDX-License-Identifier: GPL-2.0 */
/* The transition table of pair states. Pure. */
#ifndef _PPRC_STATE_H
#define _PPRC_STATE_H

#include <linux/types.h>
#include <pprc/names.h>

/**
 * struct pprc_transition - one cell of the table
 * @allowed:	the transition may be made
 * @text:	what it means, or why it is refused and what to do
 */
struct pprc_transition {
	bool		allowed;
	const char	*text;
};

const struct pprc_transition *pprc_state_step(unsigned int from,
					      unsigned int to);

#endif
