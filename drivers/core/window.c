// SPDX-License-Identifier: GPL-2.0
/* Credit window. Pure. */

#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <pprc/window.h>

/**
 * pprc_window_reset() - the session has ended: no slot, no credit
 * @w:		the window
 */
void pprc_window_reset(struct pprc_window *w)
{
	memset(w, 0, sizeof(*w));
}

/**
 * pprc_window_grant() - the secondary says how many slots it has granted
 * @w:		the window
 * @slots:	number of slots, at most PPRC_SLOTS_MAX
 */
void pprc_window_grant(struct pprc_window *w, unsigned int slots)
{
	unsigned int i;

	slots = min_t(unsigned int, slots, PPRC_SLOTS_MAX);
	for (i = w->limit; i < slots; i++)
		if (!(w->taken[i / 64] & (1ull << (i % 64))))
			w->free[i / 64] |= 1ull << (i % 64);
	for (i = slots; i < w->limit; i++)
		w->free[i / 64] &= ~(1ull << (i % 64));
	w->limit = slots;
}

/**
 * pprc_window_open() - is there a credit
 * @w:		the window
 *
 * Return: true when pprc_window_take() will find a slot.
 */
bool pprc_window_open(const struct pprc_window *w)
{
	unsigned int i, words = DIV_ROUND_UP(w->limit, 64);

	for (i = 0; i < words; i++)
		if (w->free[i])
			return true;
	return false;
}

/**
 * pprc_window_take() - use a credit
 * @w:		the window
 *
 * The lowest slot is taken: a lightly loaded session uses few, again and
 * again, and the highest ones can be given up.
 *
 * Return: the slot, or -1 when there is none.
 */
int pprc_window_take(struct pprc_window *w)
{
	unsigned int i, words = DIV_ROUND_UP(w->limit, 64);

	for (i = 0; i < words; i++) {
		if (w->free[i]) {
			unsigned int bit = __ffs64(w->free[i]);

			w->free[i] &= ~(1ull << bit);
			w->taken[i] |= 1ull << bit;
			w->out++;
			return i * 64 + bit;
		}
	}
	return -1;
}

/**
 * pprc_window_give() - a credit comes back
 * @w:		the window
 * @slot:	slot of a command that has been answered
 *
 * Return: false when the slot was not out, which changes nothing.
 */
bool pprc_window_give(struct pprc_window *w, unsigned int slot)
{
	u64 bit = 1ull << (slot % 64);

	if (slot >= PPRC_SLOTS_MAX || !(w->taken[slot / 64] & bit))
		return false;
	w->taken[slot / 64] &= ~bit;
	w->out--;
	if (slot < w->limit)
		w->free[slot / 64] |= bit;
	return true;
}

/**
 * pprc_window_used() - how many slots this side still needs
 * @w:		the window
 *
 * Return: the grant, or more while a slot beyond it is with a command.
 */
unsigned int pprc_window_used(const struct pprc_window *w)
{
	int i;

	for (i = PPRC_WINDOW_WORDS - 1; i >= 0; i--)
		if (w->taken[i])
			return max_t(unsigned int, w->limit,
				     i * 64 + fls64(w->taken[i]));
	return w->limit;
}
