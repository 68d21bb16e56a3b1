// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that a backstore does not end: a disk hangs, or is too slow.
 *
 * After destage_limit_ms the command is refused, so its pair is suspended and
 * the credit comes back. The slot stays with LIO, which has its pages; a new
 * one takes its place, and the other pairs of the session go on as before.
 *
 * What hangs may still be written, whenever the backstore goes on. So nothing
 * newer may be written to that backstore before: until the last late command
 * of it has ended, its pairs are not established.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include "sec.h"

/* Slots that are with a backstore and were replaced; sec_lock. */
static LIST_HEAD(late_slots);

static bool overdue(const struct sec_slot *slot)
{
	u32 ms = READ_ONCE(slot->session->tpg->destage_limit_ms);

	return READ_ONCE(slot->state) == SEC_SLOT_BUSY &&
	       time_after(jiffies, READ_ONCE(slot->since) +
			  msecs_to_jiffies(ms));
}

/**
 * sec_late_watch() - has the backstore had a command for too long
 * @s:		the session
 *
 * Context: process.
 */
void sec_late_watch(struct sec_session *s)
{
	const struct sec_slot *slot;
	unsigned int i = 0;
	bool due = false;

	/* Slots go when the session shrinks. */
	rcu_read_lock();
	while (!due && (slot = sec_slot_get(s, i++)))
		due = overdue(slot);
	rcu_read_unlock();
	if (due)
		queue_work(sec_ctl_wq, &s->resize);
}

/*
 * From now on frames find @new, which takes none before its caller has answered.
 * Its last command is that of @old: a query is told how that ended, stragglers
 * of it are stale.
 */
static void take_place(struct sec_slot *new, struct sec_slot *old)
{
	struct sec_session *s = old->session;

	lockdep_assert_held(&sec_lock);
	lockdep_assert_held(&old->lock);
	new->id = old->id;
	new->known = true;
	new->payload = old->payload;
	new->lun = old->lun;
	new->ox_id = old->ox_id;
	old->ox_id = FC_XID_UNKNOWN;	/* @new answers */
	new->state = SEC_SLOT_LATE;
	WRITE_ONCE(old->state, SEC_SLOT_LATE);
	list_add_tail(&old->node, &late_slots);
	s->nr_late++;
	/* Who finds the slot finds what is in it. */
	smp_store_release(&s->slots[old->index], new);
}

/* Return: false when there is no memory, or no more of it than is due. */
static bool replace(struct sec_session *s, struct sec_slot *old)
{
	struct sec_slot *new;
	bool late;

	/* The rest is up to the primary, which ends the session. */
	if (READ_ONCE(s->closing) || READ_ONCE(s->nr_late) >= s->base_slots)
		return false;
	new = sec_slot_alloc(s, old->index);
	if (!new)
		return false;
	mutex_lock(&sec_lock);
	spin_lock_bh(&old->lock);
	/* While we slept it may have ended, and hold another command by now. */
	late = overdue(old) && !s->closing;
	if (late)
		take_place(new, old);
	spin_unlock_bh(&old->lock);
	mutex_unlock(&sec_lock);
	if (!late) {
		sec_slot_free(new);
		return true;
	}
	sec_count(s, SEC_C_LATE);
	spin_lock_bh(&new->lock);
	sec_slot_refuse(new, PPRC_R_BACKSTORE_LATE);
	spin_unlock_bh(&new->lock);
	return true;
}

/**
 * sec_late_replace() - refuse what is late, with new slots in its place
 * @s:		the session
 *
 * Context: process, sleeps; called by the session's resize work alone, so the
 * slots stay where they are.
 */
void sec_late_replace(struct sec_session *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_slots; i++)
		if (overdue(s->slots[i]) && !replace(s, s->slots[i]))
			break;
}

static bool ended(struct sec_slot *slot)
{
	return sec_slot_state(slot) == SEC_SLOT_GONE;
}

/**
 * sec_late_reap() - free late slots whose command has ended
 * @s:		their session
 *
 * Context: process, sleeps; called by the session's resize work, or when that
 * runs no more.
 */
void sec_late_reap(struct sec_session *s)
{
	struct sec_slot *slot, *next;
	LIST_HEAD(loose);

	mutex_lock(&sec_lock);
	list_for_each_entry_safe(slot, next, &late_slots, node) {
		if (slot->session != s || !ended(slot))
			continue;
		list_move(&slot->node, &loose);
		s->nr_late--;
	}
	mutex_unlock(&sec_lock);
	if (list_empty(&loose))
		return;
	synchronize_rcu();	/* frames that had found them */
	list_for_each_entry_safe(slot, next, &loose, node) {
		cancel_work_sync(&slot->work);
		sec_slot_free(slot);
	}
}

/**
 * sec_late_pending() - may something older still be written to a backstore
 * @s:		session that wants to write to it
 * @lun:	LUN it is to write to
 * @dev_index:	LIO's number of the backstore behind it
 *
 * Context: process; sec_lock held.
 * Return: true while a late command for it has not ended.
 */
bool sec_late_pending(struct sec_session *s, u16 lun, int dev_index)
{
	struct sec_slot *slot;

	lockdep_assert_held(&sec_lock);
	list_for_each_entry(slot, &late_slots, node)
		/* One that never got to its pair does not know its backstore. */
		if (((slot->session == s && slot->lun == lun) ||
		     slot->dev_index == dev_index) && !ended(slot))
			return true;
	return false;
}
