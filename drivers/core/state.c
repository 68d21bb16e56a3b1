// SPDX-License-Identifier: GPL-2.0
/* The transition table of pair states. Pure. */

#include <linux/kernel.h>
#include <pprc/state.h>

#define YES(text)	{ true, text }
#define NO(text)	{ false, text }

/*
 * Rows: the state a pair is in. Columns: the state asked for. The secondary's
 * target- states follow the same table.
 */
static const struct pprc_transition table[PPRC_NR_STATES][PPRC_NR_STATES] = {
	[PPRC_STATE_SIMPLEX] = {
		[PPRC_STATE_SIMPLEX] =
			NO("the pair is simplex already"),
		[PPRC_STATE_DUPLEX_PENDING] =
			YES("establish: the first copy begins"),
		[PPRC_STATE_FULL_DUPLEX] =
			YES("establish without a copy: the operator vouches that the volumes are equal"),
		[PPRC_STATE_SUSPENDED] =
			NO("a simplex pair mirrors nothing that could be suspended: establish it first"),
	},
	[PPRC_STATE_DUPLEX_PENDING] = {
		[PPRC_STATE_SIMPLEX] =
			YES("the pair is dissolved, the secondary volume is incomplete"),
		[PPRC_STATE_DUPLEX_PENDING] =
			NO("the copy is running already"),
		[PPRC_STATE_FULL_DUPLEX] =
			YES("the copy is complete"),
		[PPRC_STATE_SUSPENDED] =
			YES("the copy stops, the secondary volume is incomplete"),
	},
	[PPRC_STATE_FULL_DUPLEX] = {
		[PPRC_STATE_SIMPLEX] =
			YES("the pair is dissolved, both volumes are equal"),
		[PPRC_STATE_DUPLEX_PENDING] =
			NO("the volumes are equal already, there is nothing to copy"),
		[PPRC_STATE_FULL_DUPLEX] =
			NO("the pair is full-duplex already"),
		[PPRC_STATE_SUSPENDED] =
			YES("mirroring stops, host writes go to the primary volume alone"),
	},
	[PPRC_STATE_SUSPENDED] = {
		[PPRC_STATE_SIMPLEX] =
			YES("the pair is dissolved, the volumes may differ"),
		[PPRC_STATE_DUPLEX_PENDING] =
			YES("resume: what differs is copied"),
		[PPRC_STATE_FULL_DUPLEX] =
			YES("resume without a copy: the operator vouches that the volumes are equal"),
		[PPRC_STATE_SUSPENDED] =
			NO("the pair is suspended already"),
	},
};

static const struct pprc_transition unknown =
	NO("no such state: run the same release on both hosts");

/**
 * pprc_state_step() - look a transition up
 * @from:	state the pair is in, enum pprc_state
 * @to:		state asked for, possibly a number that a peer sent
 *
 * Context: any.
 * Return: the cell, never NULL.
 */
const struct pprc_transition *pprc_state_step(unsigned int from,
					      unsigned int to)
{
	if (from >= PPRC_NR_STATES || to >= PPRC_NR_STATES)
		return &unknown;
	return &table[from][to];
}
