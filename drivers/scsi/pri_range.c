// SPDX-License-Identifier: GPL-2.0
/*
 * Range lock. A write that overlaps another one under way, or one that waits,
 * waits behind it; so two copies written in parallel get overlapping writes in
 * one order. Waiting is asynchronous: unlocking hands out the ranges that may
 * go on.
 */

#include <linux/interval_tree_generic.h>
#include "pri.h"

#define RANGE_START(r)	((r)->start)
#define RANGE_LAST(r)	((r)->last)

INTERVAL_TREE_DEFINE(struct pri_range, rb, u64, subtree_last, RANGE_START,
		     RANGE_LAST, static __maybe_unused, range_tree)

/**
 * pri_ranges_init() - prepare the range lock of a pair
 * @r:		the lock
 *
 * Context: any.
 */
void pri_ranges_init(struct pri_ranges *r)
{
	spin_lock_init(&r->lock);
	r->tree = RB_ROOT_CACHED;
	INIT_LIST_HEAD(&r->waiting);
}

static bool held(struct pri_ranges *r, const struct pri_range *range)
{
	return range_tree_iter_first(&r->tree, range->start, range->last);
}

/* Does @range overlap one that began to wait before it? */
static bool queued_before(struct pri_ranges *r, const struct pri_range *range)
{
	struct pri_range *w;

	list_for_each_entry(w, &r->waiting, node) {
		if (w == range)
			return false;
		if (w->start <= range->last && range->start <= w->last)
			return true;
	}
	return false;
}

/**
 * pri_range_lock() - claim blocks for a write
 * @r:		the pair's range lock
 * @range:	@range->start and @range->last are set
 *
 * Context: any.
 * Return: true when the claim is held; false when it waits: it comes out of
 * some later pri_range_unlock().
 */
bool pri_range_lock(struct pri_ranges *r, struct pri_range *range)
{
	unsigned long flags;
	bool got;

	spin_lock_irqsave(&r->lock, flags);
	got = !held(r, range) && !queued_before(r, range);
	if (got)
		range_tree_insert(range, &r->tree);
	else
		list_add_tail(&range->node, &r->waiting);
	spin_unlock_irqrestore(&r->lock, flags);
	return got;
}

/**
 * pri_range_unlock() - give a claim up
 * @r:		the pair's range lock
 * @range:	claim that is held
 * @granted:	gets the claims that are held from now on, in order
 *
 * Context: any.
 */
void pri_range_unlock(struct pri_ranges *r, struct pri_range *range,
		      struct list_head *granted)
{
	struct pri_range *w, *next;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	range_tree_remove(range, &r->tree);
	list_for_each_entry_safe(w, next, &r->waiting, node) {
		if (held(r, w) || queued_before(r, w))
			continue;
		range_tree_insert(w, &r->tree);
		list_move_tail(&w->node, granted);
	}
	spin_unlock_irqrestore(&r->lock, flags);
}
