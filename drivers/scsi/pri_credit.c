// SPDX-License-Identifier: GPL-2.0
/*
 * Credits: which commands of a session are under way, each in a slot of the
 * secondary, and which ones wait for a slot.
 *
 * A credit comes back only with the final answer to its command or with the
 * end of the session, so there is never more data under way unasked than the
 * secondary has buffers for. Commands that wait are taken pair by pair in
 * turn: a pair that writes without pause delays the others by one command.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/module.h>
#include "pri.h"
#include "pri_trace.h"

#define RETRY_MS	2	/* libfc had no exchange or frame for us */

/* A slot for @cmd, there is one; io_lock held. */
static void give_slot(struct pri_session *s, struct pri_cmd *cmd, bool waited)
{
	lockdep_assert_held(&s->io_lock);
	cmd->slot = pprc_window_take(&s->window);
	cmd->has_slot = true;
	cmd->id = ++s->next_id;
	if (!cmd->retried)
		cmd->deadline = jiffies +
				msecs_to_jiffies(cmd->pair->timeout_ms);
	cmd->tries = 0;
	cmd->due_ns = U64_MAX;		/* not before it has been sent */
	cmd->resent_ns = 0;
	cmd->more = waited && !cmd->retried;
	list_add_tail(&cmd->node, &s->inflight);
	/* Ids are given in order, so the first one under way is the floor. */
	cmd->floor = list_first_entry(&s->inflight, struct pri_cmd, node)->id;
}

/* Put @cmd among those of its pair that wait; io_lock held. */
static void wait_turn(struct pri_session *s, struct pri_cmd *cmd, bool first)
{
	struct pri_pair *pair = cmd->pair;

	lockdep_assert_held(&s->io_lock);
	if (first)
		list_move(&cmd->node, &pair->waiting);
	else
		list_move_tail(&cmd->node, &pair->waiting);
	if (list_empty(&pair->turn))
		list_add_tail(&pair->turn, &s->turns);
}

/* Remove @cmd from those that wait; io_lock held. */
static void leave_turn(struct pri_cmd *cmd)
{
	list_del_init(&cmd->node);
	if (list_empty(&cmd->pair->waiting))
		list_del_init(&cmd->pair->turn);
}

/* The next one to get a slot, taken from its pair's queue; io_lock held. */
static struct pri_cmd *next_in_turn(struct pri_session *s)
{
	struct pri_pair *pair;
	struct pri_cmd *cmd;

	lockdep_assert_held(&s->io_lock);
	if (list_empty(&s->turns))
		return NULL;
	pair = list_first_entry(&s->turns, struct pri_pair, turn);
	cmd = list_first_entry(&pair->waiting, struct pri_cmd, node);
	leave_turn(cmd);
	if (!list_empty(&pair->turn))
		list_move_tail(&pair->turn, &s->turns);
	return cmd;
}

/* Slots to those that wait for one; io_lock held. */
static void hand_out(struct pri_session *s)
{
	struct pri_cmd *cmd;

	lockdep_assert_held(&s->io_lock);
	while (s->state == PRI_S_UP && !list_empty(&s->turns) &&
	       pprc_window_open(&s->window)) {
		cmd = next_in_turn(s);
		give_slot(s, cmd, true);
		pri_io_send_later(cmd);
	}
}

/**
 * pri_credit_submit() - start the remote leg of a command
 * @s:		the pair's session
 * @cmd:	write or flush; its remote leg is counted already
 *
 * Sends at once if a slot is free, else when one becomes free. The leg ends
 * in pri_remote_done() in any case.
 *
 * Context: process.
 */
void pri_credit_submit(struct pri_session *s, struct pri_cmd *cmd)
{
	bool send = false, down;
	char why[PRI_WHY_LEN];

	spin_lock_bh(&s->io_lock);
	cmd->retried = false;
	down = s->state != PRI_S_UP;
	if (down) {
		strscpy(why, s->why, sizeof(why));
	} else if (list_empty(&s->turns) && pprc_window_open(&s->window)) {
		give_slot(s, cmd, false);
		send = true;
	} else {
		wait_turn(s, cmd, false);
	}
	spin_unlock_bh(&s->io_lock);

	if (down)
		pri_remote_done(cmd, NULL, PPRC_SUSP_PATH_LOSS, why);
	else if (send)
		pri_send(s, cmd);
}

/* Does @cmd still hold a slot of the login it was submitted to? io_lock held */
static bool still_mine(struct pri_session *s, const struct pri_cmd *cmd)
{
	lockdep_assert_held(&s->io_lock);
	return s->state == PRI_S_UP && cmd->has_slot;
}

/**
 * pri_credit_path() - where a command is to be sent
 * @s:		the session
 * @cmd:	command with a slot
 * @path:	filled; the caller gives back the user and the memory reference
 *		on @path->pl
 *
 * Context: any but hard interrupt.
 * Return: false when the command has ended, or its session or its port is
 * going; the command has been or will be ended by others.
 */
bool pri_credit_path(struct pri_session *s, struct pri_cmd *cmd,
		     struct pprc_path *path)
{
	bool ok, going = false;

	spin_lock_bh(&s->io_lock);
	ok = still_mine(s, cmd);
	if (ok) {
		*path = s->path;
		going = !pprc_lport_use(path->pl);
		ok = !going;
		if (ok)
			pprc_lport_get(path->pl);
	}
	spin_unlock_bh(&s->io_lock);
	if (going)
		pri_session_fail(s, "the local FC port was removed");
	return ok;
}

/**
 * pri_credit_begin() - tie a command to an exchange that will carry it
 * @s:		the session
 * @cmd:	command with a slot
 * @x:		exchange object not yet opened, its kind is set
 *
 * Context: any but hard interrupt.
 * Return: false when the command has ended meanwhile or its session has failed.
 */
bool pri_credit_begin(struct pri_session *s, struct pri_cmd *cmd,
		      struct pri_xchg *x)
{
	bool ok;

	spin_lock_bh(&s->io_lock);
	ok = still_mine(s, cmd);
	if (ok) {
		x->cmd = cmd;
		x->session_id = s->id;
		x->chunk = s->chunk;
		x->expect_id = cmd->id;
		x->sent_ns = ktime_get_ns();
		list_add_tail(&x->cmd_node, &cmd->xchgs);
		if (x->kind == PRI_X_RESEND)
			cmd->resent_ns = x->sent_ns;
		pri_recover_arm(s, cmd, x->sent_ns);
	}
	spin_unlock_bh(&s->io_lock);
	return ok;
}

/* Untie @x from its command; io_lock held. */
static struct pri_cmd *untie(struct pri_xchg *x)
{
	struct pri_cmd *cmd = x->cmd;

	lockdep_assert_held(&x->session->io_lock);
	if (cmd) {
		x->cmd = NULL;
		list_del_init(&x->cmd_node);
	}
	return cmd;
}

/* Untie all exchanges of @cmd, keep them for give_up(); io_lock held. */
static void untie_all(struct pri_cmd *cmd, struct list_head *loose)
{
	struct pri_xchg *x, *next;

	list_for_each_entry_safe(x, next, &cmd->xchgs, cmd_node) {
		x->cmd = NULL;
		refcount_inc(&x->refs);
		list_move_tail(&x->cmd_node, loose);
	}
}

/* The command has ended: nobody awaits an answer on these. No lock held. */
static void give_up(struct list_head *loose, bool settled)
{
	struct pri_xchg *x, *next;

	list_for_each_entry_safe(x, next, loose, cmd_node) {
		list_del_init(&x->cmd_node);
		pri_xchg_abandon(x, settled);
		pri_xchg_put(x);
	}
}

/**
 * pri_credit_claim() - take the command from an exchange that was answered
 * @x:		the exchange; it carried the final answer
 *
 * The slot goes back, and to the next command that waits for one. Other
 * exchanges of the command are given up.
 *
 * Context: any but hard interrupt.
 * Return: the command, or NULL when somebody else has taken it.
 */
struct pri_cmd *pri_credit_claim(struct pri_xchg *x)
{
	struct pri_session *s = x->session;
	struct pri_cmd *cmd;
	LIST_HEAD(loose);

	spin_lock_bh(&s->io_lock);
	cmd = untie(x);
	if (cmd) {
		if (x->kind == PRI_X_FIRST)
			pprc_rtt_sample(&s->rtts, pri_cmd_dl(cmd),
					div_u64(ktime_get_ns() - x->sent_ns,
						NSEC_PER_USEC));
		untie_all(cmd, &loose);
		list_del_init(&cmd->node);
		cmd->has_slot = false;
		pprc_window_give(&s->window, cmd->slot);
		hand_out(s);
	}
	spin_unlock_bh(&s->io_lock);
	give_up(&loose, true);
	return cmd;
}

/**
 * pri_credit_detach() - an exchange has ended without a final answer
 * @x:		the exchange
 *
 * Its command keeps the slot and stays with the session.
 *
 * Context: any but hard interrupt.
 * Return: true when there was a command.
 */
bool pri_credit_detach(struct pri_xchg *x)
{
	struct pri_session *s = x->session;
	bool had;

	spin_lock_bh(&s->io_lock);
	had = untie(x);
	spin_unlock_bh(&s->io_lock);
	return had;
}

/**
 * pri_credit_retry() - a command could not be sent for want of memory
 * @s:		the session
 * @cmd:	command with a slot; nothing of it has left this host
 *
 * It goes back to the head of its pair's queue, where it keeps its place.
 *
 * Context: any but hard interrupt.
 */
void pri_credit_retry(struct pri_session *s, struct pri_cmd *cmd)
{
	spin_lock_bh(&s->io_lock);
	/* Not sooner: nobody must ask for what the secondary has not seen. */
	WRITE_ONCE(cmd->sending, false);
	/* A teardown that has begun takes it from the list it is on. */
	if (still_mine(s, cmd)) {
		pprc_window_give(&s->window, cmd->slot);
		cmd->has_slot = false;
		cmd->retried = true;
		wait_turn(s, cmd, true);
		queue_delayed_work(pri_ctl_wq, &s->kick,
				   msecs_to_jiffies(RETRY_MS));
	}
	spin_unlock_bh(&s->io_lock);
}

/**
 * pri_credit_kick() - send what was put off by pri_credit_retry()
 * @work:	the session's kick
 *
 * Context: process.
 */
void pri_credit_kick(struct work_struct *work)
{
	struct pri_session *s = container_of(to_delayed_work(work),
					     struct pri_session, kick);

	spin_lock_bh(&s->io_lock);
	hand_out(s);
	spin_unlock_bh(&s->io_lock);
}

/**
 * pri_credit_overdue() - has a command taken longer than its pair allows
 * @s:		the session
 *
 * Context: any but hard interrupt.
 * Return: the limit that was exceeded, milliseconds, or 0.
 */
unsigned int pri_credit_overdue(struct pri_session *s)
{
	unsigned int limit = 0;
	struct pri_pair *pair;
	struct pri_cmd *cmd;

	spin_lock_bh(&s->io_lock);
	list_for_each_entry(cmd, &s->inflight, node)
		if (time_after(jiffies, cmd->deadline))
			limit = cmd->pair->timeout_ms;
	list_for_each_entry(pair, &s->turns, turn)
		list_for_each_entry(cmd, &pair->waiting, node)
			if (cmd->retried && time_after(jiffies, cmd->deadline))
				limit = cmd->pair->timeout_ms;
	spin_unlock_bh(&s->io_lock);
	return limit;
}

/**
 * pri_credit_granted() - an answer says how many slots are granted now
 * @s:		the session
 * @a:		any answer of its secondary
 *
 * Answers overtake each other; only a later change of the grant counts.
 *
 * Context: any but hard interrupt.
 */
void pri_credit_granted(struct pri_session *s, const struct pprc_answer *a)
{
	if (a->grant_seq == READ_ONCE(s->grant_seq))
		return;
	spin_lock_bh(&s->io_lock);
	if (s->state == PRI_S_UP && a->session == s->id && a->slots &&
	    (s16)(a->grant_seq - s->grant_seq) > 0) {
		s->grant_seq = a->grant_seq;
		pprc_window_grant(&s->window, a->slots);
		s->granted = s->window.limit;
		hand_out(s);
	}
	spin_unlock_bh(&s->io_lock);
}

/**
 * pri_credit_used() - what a heartbeat says of slots
 * @s:		the session
 *
 * Context: any but hard interrupt.
 * Return: count of the grant's changes in the high half, slots still in use at
 * most in the low one.
 */
u32 pri_credit_used(struct pri_session *s)
{
	u32 used;

	spin_lock_bh(&s->io_lock);
	used = (u32)s->grant_seq << 16 | pprc_window_used(&s->window);
	spin_unlock_bh(&s->io_lock);
	return used;
}

/**
 * pri_credit_end_all() - end what holds or awaits a slot
 * @s:		session that is not up
 * @why:	PRI_WHY_LEN bytes, gets why it is not
 *
 * Context: process; @s->mutex held.
 */
void pri_credit_end_all(struct pri_session *s, char *why)
{
	struct pri_cmd *cmd;
	LIST_HEAD(loose);

	for (;;) {
		spin_lock_bh(&s->io_lock);
		cmd = list_first_entry_or_null(&s->inflight, struct pri_cmd,
					       node);
		if (cmd)
			list_del_init(&cmd->node);
		else
			cmd = next_in_turn(s);
		if (cmd) {
			cmd->has_slot = false;
			untie_all(cmd, &loose);
		}
		strscpy(why, s->why, PRI_WHY_LEN);
		spin_unlock_bh(&s->io_lock);
		if (!cmd)
			break;
		give_up(&loose, false);
		pri_remote_done(cmd, NULL, PPRC_SUSP_PATH_LOSS, why);
	}
}

/**
 * pri_credit_in_use() - numbers for people
 * @s:		the session
 * @inflight:	commands with a slot
 * @waiting:	commands that wait for one
 *
 * Context: any but hard interrupt; io_lock held.
 */
void pri_credit_in_use(struct pri_session *s, unsigned int *inflight,
		       unsigned int *waiting)
{
	struct pri_pair *pair;
	unsigned int n = 0;

	lockdep_assert_held(&s->io_lock);
	list_for_each_entry(pair, &s->turns, turn)
		n += list_count_nodes(&pair->waiting);
	*inflight = list_count_nodes(&s->inflight);
	*waiting = n;
}
