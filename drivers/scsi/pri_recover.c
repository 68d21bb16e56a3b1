// SPDX-License-Identifier: GPL-2.0
/*
 * Lost frames. Class 3 does not resend and Ethernet drops, so a command whose
 * answer is late is asked for: a query on an exchange of its own repeats the
 * whole extended CDB. The secondary says at once whether the command has ended
 * and how, is in progress, or lacks data, and then the write is sent once more
 * with nothing but that data.
 *
 * A secondary that has seen the last frame of a write but not all of them says
 * so without being asked, on the exchange that brought them. Losing a frame in
 * the middle then costs a round trip; the timer is for the rest.
 *
 * All of it is harmless when nothing was lost: the secondary takes every
 * frame of a command once, and answers the same to the same question. So the
 * time to wait may follow the measured one closely, and slow is not dead: a
 * backstore that takes its time costs a query now and then.
 *
 * One timer per session runs for the command that is due first. Its work
 * makes others ask, each on its own: they have data to send.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/module.h>
#include "pri.h"
#include "pri_trace.h"

/* No sooner than this after the last time, whatever is due. */
#define SLACK_NS	(500 * NSEC_PER_USEC)

static u64 timeout_ns(struct pri_session *s, const struct pri_cmd *cmd)
{
	u64 ns = (u64)pprc_rtt_timeout_us(&s->rtts, pri_cmd_dl(cmd),
					  cmd->tries) * NSEC_PER_USEC;

	return max_t(u64, ns, (u64)s->query_min_ms * NSEC_PER_MSEC);
}

/* Let the timer run out at @due_ns or earlier; io_lock held. */
static void start_timer(struct pri_session *s, u64 due_ns)
{
	lockdep_assert_held(&s->io_lock);
	if (s->rto_at && s->rto_at <= due_ns + SLACK_NS)
		return;
	s->rto_at = due_ns;
	hrtimer_start_range_ns(&s->rto, ns_to_ktime(due_ns), SLACK_NS,
			       HRTIMER_MODE_ABS_SOFT);
}

/**
 * pri_recover_arm() - a command is being sent, or asked for
 * @s:		the session
 * @cmd:	the command
 * @now:	ktime_get_ns()
 *
 * Context: any but hard interrupt; io_lock held.
 */
void pri_recover_arm(struct pri_session *s, struct pri_cmd *cmd, u64 now)
{
	lockdep_assert_held(&s->io_lock);
	cmd->due_ns = now + timeout_ns(s, cmd);
	start_timer(s, cmd->due_ns);
}

/* Have @cmd do @op in its own work; io_lock held, so its remote leg is open. */
static void queue_op(struct pri_cmd *cmd, enum pri_recover_op op)
{
	cmd->recover_op = op;
	atomic_inc(&cmd->legs);
	if (!queue_work(pri_send_wq, &cmd->recover_work))
		atomic_dec(&cmd->legs);
}

/* The timer has run out: who is due asks. */
static void recover_work(struct work_struct *work)
{
	struct pri_session *s = container_of(work, struct pri_session,
					     recover);
	u64 now = ktime_get_ns(), next = U64_MAX;
	struct pri_cmd *cmd;

	spin_lock_bh(&s->io_lock);
	s->rto_at = 0;
	if (s->state != PRI_S_UP)
		goto unlock;
	list_for_each_entry(cmd, &s->inflight, node) {
		if (cmd->due_ns <= now) {
			/* What is still being sent is not late. */
			if (!READ_ONCE(cmd->sending)) {
				if (cmd->tries < U8_MAX)
					cmd->tries++;
				queue_op(cmd, PRI_ASK);
			}
			cmd->due_ns = now + timeout_ns(s, cmd);
		}
		next = min(next, cmd->due_ns);
	}
	if (next != U64_MAX)
		start_timer(s, next);
unlock:
	spin_unlock_bh(&s->io_lock);
}

static enum hrtimer_restart timer_out(struct hrtimer *timer)
{
	struct pri_session *s = container_of(timer, struct pri_session, rto);

	queue_work(pri_send_wq, &s->recover);
	return HRTIMER_NORESTART;
}

/* Ranges as the secondary's own rules make them, within the write? */
static bool ranges_ok(const struct pprc_answer *a, u32 chunk, u32 total)
{
	unsigned int i;

	for (i = 0; i < a->nr_missing; i++) {
		const struct pprc_range *r = &a->missing[i];

		if (r->offset % chunk || r->offset >= total ||
		    r->len > total - r->offset ||
		    (r->len % chunk && r->offset + r->len != total))
			return false;
	}
	return a->nr_missing;
}

/**
 * pri_recover_answer() - a command was answered, but not finally
 * @x:		its exchange
 * @a:		PPRC_R_PARTIAL or PPRC_R_IN_PROGRESS
 *
 * Context: any but hard interrupt.
 * Return: false when the answer makes no sense.
 */
bool pri_recover_answer(struct pri_xchg *x, const struct pprc_answer *a)
{
	struct pri_session *s = x->session;
	struct pri_cmd *cmd;
	bool ok = true;

	spin_lock_bh(&s->io_lock);
	cmd = x->cmd;
	if (!cmd || s->state != PRI_S_UP)
		goto unlock;
	if (a->reason == PPRC_R_PARTIAL) {
		ok = cmd->op == PRI_WRITE &&
		     ranges_ok(a, s->chunk, pri_cmd_bytes(cmd));
		if (ok && x->kind != PRI_X_QUERY)
			atomic64_inc(&s->counts[PRI_C_GAPS]);
		/* The network works: no reason to wait longer next time. */
		cmd->tries = 0;
		/* Asked before the data was sent again: known already. */
		if (ok && x->sent_ns >= cmd->resent_ns &&
		    !READ_ONCE(cmd->sending)) {
			cmd->nr_missing = a->nr_missing;
			memcpy(cmd->missing, a->missing, sizeof(cmd->missing));
			queue_op(cmd, PRI_RESEND);
			/* It is not to be asked for before that is sent. */
			WRITE_ONCE(cmd->sending, true);
			pri_recover_arm(s, cmd, ktime_get_ns());
		}
	}
unlock:
	spin_unlock_bh(&s->io_lock);
	return ok;
}

/**
 * pri_recover_cmd() - ask for a command, or send what is missing
 * @cmd:	the command; the caller holds one of its legs
 *
 * Context: process.
 */
void pri_recover_cmd(struct pri_cmd *cmd)
{
	struct pri_session *s = cmd->pair->session;
	struct pprc_range ranges[PPRC_RANGES_MAX];
	enum pri_recover_op op;
	unsigned int n;

	spin_lock_bh(&s->io_lock);
	op = cmd->recover_op;
	n = cmd->nr_missing;
	memcpy(ranges, cmd->missing, n * sizeof(ranges[0]));
	spin_unlock_bh(&s->io_lock);
	if (op == PRI_ASK)
		pri_send_query(s, cmd);
	else
		pri_send_missing(s, cmd, ranges, n);
}

/**
 * pri_recover_init() - prepare a session
 * @s:		the session
 */
void pri_recover_init(struct pri_session *s)
{
	INIT_WORK(&s->recover, recover_work);
	pprc_hrtimer_setup(&s->rto, timer_out, CLOCK_MONOTONIC,
			   HRTIMER_MODE_ABS_SOFT);
}

/**
 * pri_recover_exit() - no command of the session is left
 * @s:		the session, stopping
 *
 * Context: process, sleeps.
 */
void pri_recover_exit(struct pri_session *s)
{
	hrtimer_cancel(&s->rto);
	cancel_work_sync(&s->recover);
}
