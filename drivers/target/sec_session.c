// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: opened by a login, closed by a logout, by the port's logout, by a
 * new login of the same port, or by the administrator.
 *
 * Closing has two phases. sec_session_kill() makes the session unfindable and
 * may be called anywhere sec_lock may be taken, also under libfc's mutexes.
 * The close work then waits for frames being received (RCU) and for commands
 * with the backstore, gives everything back and tells who waits.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "sec.h"
#include "sec_trace.h"

/*
 * A primary that hears nothing for the liveness time gives the session up. It
 * is given a quarter more here, so that it is the one to tell why.
 */
static unsigned int silence_ms(const struct sec_session *s)
{
	return s->liveness_ms + s->liveness_ms / 4;
}

/* How often it is looked for silence and for commands that are late. */
static unsigned int watch_ms(const struct sec_session *s)
{
	return min(s->liveness_ms, READ_ONCE(s->tpg->destage_limit_ms)) / 4;
}

/* How long a new login waits for the last session of its port to end. */
#define OLD_SESSION_MS	1000
/* When an administrator is told what a closing session waits for. */
#define HANG_MS		3000

static void session_free(struct kref *kref)
{
	struct sec_session *s = container_of(kref, struct sec_session, kref);

	xa_destroy(&s->pairs);
	pprc_lport_put(s->pl);
	kfree(s);
}

/**
 * sec_session_get() - take a reference
 * @s:		the session
 *
 * Context: any.
 */
void sec_session_get(struct sec_session *s)
{
	kref_get(&s->kref);
}

/**
 * sec_session_put() - drop a reference
 * @s:		the session
 *
 * Context: process.
 */
void sec_session_put(struct sec_session *s)
{
	kref_put(&s->kref, session_free);
}

/**
 * sec_session_idle() - a slot is no longer with the backstore
 * @s:		its session, not to be touched afterwards
 *
 * Context: any.
 */
void sec_session_idle(struct sec_session *s)
{
	if (refcount_dec_and_test(&s->busy))
		complete(&s->drained);
}

static void refill_work(struct work_struct *work)
{
	struct sec_session *s = container_of(work, struct sec_session, refill);

	while (skb_queue_len(&s->replies) < s->nr_slots) {
		struct fc_frame *fp = sec_reply_alloc();

		if (!fp)
			break;
		skb_queue_tail(&s->replies, fp_skb(fp));
	}
}

/* Is the primary still there? */
static void watch_work(struct work_struct *work)
{
	struct sec_session *s = container_of(to_delayed_work(work),
					     struct sec_session, watch);
	unsigned long heard;

	mutex_lock(&sec_lock);
	if (s->closing)
		goto unlock;
	/* Read first: a frame may come now, then silence would be negative. */
	heard = READ_ONCE(s->heard);
	if (time_after(jiffies, heard + msecs_to_jiffies(silence_ms(s)))) {
		sec_log(err, s, "closing: nothing was heard of the primary for %u ms: check its host and the fabric\n",
			jiffies_to_msecs(jiffies - heard));
		sec_session_kill(s);
	} else {
		sec_slots_idle(s);
		sec_late_watch(s);
		queue_delayed_work(sec_ctl_wq, &s->watch,
				   msecs_to_jiffies(watch_ms(s)));
	}
unlock:
	mutex_unlock(&sec_lock);
}

static void close_work(struct work_struct *work)
{
	struct sec_session *s = container_of(work, struct sec_session,
					     close_work);
	struct sec_tpg *tpg = s->tpg;

	cancel_delayed_work_sync(&s->watch);
	/* Frames found the session under RCU before it was erased. */
	synchronize_rcu();
	sec_session_idle(s);
	if (!wait_for_completion_timeout(&s->drained,
					 msecs_to_jiffies(HANG_MS))) {
		sec_log(warn, s, "closing waits for %u commands that the backstore has not ended: it hangs or is very slow; removals wait for it, too\n",
			refcount_read(&s->busy));
		wait_for_completion(&s->drained);
	}
	cancel_work_sync(&s->resize);
	sec_late_reap(s);
	/* Answers make frames anew. */
	sec_slots_quiet(s);
	cancel_work_sync(&s->refill);

	target_stop_session(s->se_sess);
	target_wait_for_sess_cmds(s->se_sess);
	target_remove_session(s->se_sess);
	sec_slots_free(s);
	sec_replies_free(s);
	trace_sec_session_closed(s);
	sec_log(info, s, "closed\n");

	mutex_lock(&sec_lock);
	list_del(&s->node);
	wake_up_all(&tpg->idle);
	mutex_unlock(&sec_lock);
	complete_all(&s->closed);
	sec_session_put(s);		/* the work's */
}

/**
 * sec_session_kill() - begin to close a session
 * @s:		the session; nothing happens if it is closing already
 *
 * Context: process; sec_lock held.
 */
void sec_session_kill(struct sec_session *s)
{
	lockdep_assert_held(&sec_lock);
	if (s->closing)
		return;
	WRITE_ONCE(s->closing, true);
	/* Frames do not find it yet: the login sees the flag and gives up. */
	if (!s->opened)
		return;
	trace_sec_session_kill(s);
	sec_pairs_suspend(s);
	xa_erase(&sec_sessions, s->id);
	/* The table's reference becomes the work's. */
	queue_work(sec_ctl_wq, &s->close_work);
}

/**
 * sec_tpg_close_all() - close all sessions of a TPG and wait for their end
 * @tpg:	TPG that takes no new logins
 *
 * Context: process, sleeps as long as backstores take for what is under way.
 */
void sec_tpg_close_all(struct sec_tpg *tpg)
{
	struct sec_session *s;

	mutex_lock(&sec_lock);
	list_for_each_entry(s, &tpg->sessions, node)
		sec_session_kill(s);
	mutex_unlock(&sec_lock);
	wait_event(tpg->idle, list_empty_careful(&tpg->sessions) &&
		   !READ_ONCE(tpg->logins));
	/* Whoever woke us has left its critical section after this. */
	mutex_lock(&sec_lock);
	mutex_unlock(&sec_lock);
}

/* A number no other session has. sec_lock held. */
static int session_number(struct sec_session *s)
{
	int ret, tries;

	lockdep_assert_held(&sec_lock);
	for (tries = 0; tries < 16; tries++) {
		u32 id = get_random_u32();

		if (!id)
			continue;
		s->id = id;
		ret = xa_insert(&sec_sessions, id, s, GFP_NOIO);
		if (ret != -EBUSY)
			return ret;
	}
	return -EBUSY;
}

static struct sec_session *session_alloc(struct sec_tpg *tpg,
					 struct sec_nexus *nexus, u32 local,
					 const struct pprc_cdb_login *login)
{
	struct sec_session *s = kzalloc(sizeof(*s), GFP_NOIO);

	if (!s)
		return NULL;
	kref_init(&s->kref);
	INIT_LIST_HEAD(&s->node);
	s->tpg = tpg;
	pprc_lport_get(nexus->pl);
	s->pl = nexus->pl;
	s->local = local;
	s->peer = nexus->peer;
	pprc_wwpn_format(s->name, nexus->wwpn);
	INIT_WORK(&s->close_work, close_work);
	init_completion(&s->closed);
	refcount_set(&s->busy, 1);
	init_completion(&s->drained);
	xa_init(&s->pairs);
	skb_queue_head_init(&s->replies);
	INIT_WORK(&s->refill, refill_work);
	INIT_DELAYED_WORK(&s->watch, watch_work);
	INIT_WORK(&s->resize, sec_resize_work);
	s->liveness_ms = be32_to_cpu(login->liveness_ms);
	s->login_id = be64_to_cpu(login->hdr.cmd_id);
	s->last_ctl = s->login_id;
	s->instance = be64_to_cpu(login->instance);
	s->base_slots = min_t(u32, be16_to_cpu(login->slots), tpg->max_slots);
	s->max_slots = min_t(u32, s->base_slots + tpg->extra_slots,
			     PPRC_SLOTS_MAX);
	s->grant = s->base_slots;
	s->grow_at = jiffies;
	s->slot_bytes = min_t(u32, be32_to_cpu(login->slot_bytes),
			      tpg->max_slot_kib << 10);
	s->chunk = be16_to_cpu(login->chunk);
	s->gap_us = READ_ONCE(tpg->gap_us);
	return s;
}

/* LIO is about to make its session known: from now on it may end it. */
static int session_known(struct se_portal_group *se_tpg,
			 struct se_session *se_sess, void *private)
{
	struct sec_session *s = private;

	WRITE_ONCE(s->se_sess, se_sess);
	return 0;
}

/* Everything that sleeps or takes LIO's locks. */
static enum pprc_reason session_build(struct sec_session *s)
{
	struct se_session *se_sess;

	se_sess = target_setup_session(&s->tpg->se_tpg, 0, 0,
				       TARGET_PROT_NORMAL, s->name, s,
				       session_known);
	if (IS_ERR(se_sess))
		return PTR_ERR(se_sess) == -EACCES ? PPRC_R_NO_ACL :
						     PPRC_R_NO_MEMORY;
	if (sec_slots_alloc(s) || sec_replies_init(s)) {
		sec_slots_free(s);
		sec_replies_free(s);
		target_remove_session(se_sess);
		return PPRC_R_NO_MEMORY;
	}
	return PPRC_R_GOOD;
}

/*
 * End the port's last session. Others wait behind a login, so its repetition
 * does not wait, nor does a later one when one has waited in vain: a backstore
 * hangs. sec_lock held; dropped while waiting.
 */
static bool old_session_ended(struct sec_nexus *nexus, bool again)
{
	struct sec_session *old = nexus->session;
	bool ended;

	lockdep_assert_held(&sec_lock);
	if (!old)
		return true;
	sec_session_kill(old);
	if (again || old->hangs)
		return completion_done(&old->closed);
	sec_session_get(old);
	mutex_unlock(&sec_lock);
	ended = wait_for_completion_timeout(&old->closed,
					    msecs_to_jiffies(OLD_SESSION_MS));
	mutex_lock(&sec_lock);
	old->hangs = !ended;
	sec_session_put(old);
	return ended;
}

/* Put a built session where frames find it. sec_lock held. */
static enum pprc_reason session_publish(struct sec_session *s, u32 peer)
{
	struct sec_nexus *nexus = sec_nexus_find(s->pl, peer);

	lockdep_assert_held(&sec_lock);
	/* Much may have happened while the lock was dropped. */
	if (s->closing)
		return PPRC_R_NO_ACL;
	if (!nexus || nexus->tpg != s->tpg)
		return PPRC_R_NO_PRLI;
	if (!s->tpg->enabled)
		return PPRC_R_DISABLED;
	if (session_number(s))
		return PPRC_R_NO_MEMORY;
	if (nexus->session)
		sec_session_put(nexus->session);
	sec_session_get(s);
	nexus->session = s;
	s->opened = true;
	WRITE_ONCE(s->heard, jiffies);
	queue_delayed_work(sec_ctl_wq, &s->watch, 0);
	return PPRC_R_GOOD;
}

static void session_abort(struct sec_session *s)
{
	sec_slots_free(s);
	sec_replies_free(s);
	target_remove_session(s->se_sess);
}

static void answer_login(struct sec_session *s, struct pprc_answer *answer)
{
	answer->has_login = true;
	answer->session = s->id;
	sec_grant(s, answer);
	answer->login.slots = s->base_slots;
	answer->login.slot_bytes = s->slot_bytes;
	answer->login.session = s->id;
	answer->login.features = PPRC_FEATURES;
	answer->login.instance = pprc_instance();
}

/* Did this very login, its frame having come twice, make the session? */
static bool same_login(const struct sec_session *s,
		       const struct pprc_cdb_login *login)
{
	return s && s->opened && !s->closing &&
	       s->login_id == be64_to_cpu(login->hdr.cmd_id) &&
	       s->instance == be64_to_cpu(login->instance);
}

/*
 * The network may keep a login back until the primary has logged in anew. Taken
 * then, it would end the session that is in use.
 */
static bool login_stale(const struct sec_nexus *nexus,
			const struct pprc_cdb_login *login)
{
	return nexus && nexus->instance == be64_to_cpu(login->instance) &&
	       be64_to_cpu(login->hdr.cmd_id) < nexus->login_id;
}

/* Build a session and put it where frames find it. sec_lock held, dropped. */
static enum pprc_reason session_make(struct sec_tpg *tpg,
				     struct pprc_lport *pl, u32 local, u32 peer,
				     const struct pprc_cdb_login *login,
				     struct pprc_answer *answer)
{
	struct sec_nexus *nexus = sec_nexus_find(pl, peer);
	enum pprc_reason reason;
	struct sec_session *s;

	lockdep_assert_held(&sec_lock);
	if (!nexus)
		return PPRC_R_NO_PRLI;
	s = session_alloc(tpg, nexus, local, login);
	if (!s)
		return PPRC_R_NO_MEMORY;
	list_add_tail(&s->node, &tpg->sessions);
	mutex_unlock(&sec_lock);
	reason = session_build(s);
	mutex_lock(&sec_lock);
	if (reason == PPRC_R_GOOD) {
		reason = session_publish(s, peer);
		if (reason != PPRC_R_GOOD) {
			mutex_unlock(&sec_lock);
			session_abort(s);
			mutex_lock(&sec_lock);
		}
	}
	if (reason != PPRC_R_GOOD) {
		list_del(&s->node);
		complete_all(&s->closed);	/* a shutdown may wait */
		sec_session_put(s);
		return reason;
	}
	answer_login(s, answer);
	trace_sec_login(s);
	sec_log(info, s, "open: %u slots of %u KiB allocated\n", s->nr_slots,
		s->slot_bytes >> 10);
	return PPRC_R_GOOD;
}

/**
 * sec_session_open() - a primary logs in
 * @pl:		local port, in use by the caller
 * @local:	FC_ID of the local port
 * @peer:	FC_ID of the primary's port
 * @login:	checked extended CDB: directs how many slots of what size are
 *		allocated here
 * @answer:	gets what was granted
 *
 * Context: process, sleeps up to OLD_SESSION_MS plus the allocation.
 * Return: PPRC_R_GOOD or why not; PPRC_R_STALE_ID when a later one has overtaken
 * it: nobody awaits an answer.
 */
enum pprc_reason sec_session_open(struct pprc_lport *pl, u32 local, u32 peer,
				  const struct pprc_cdb_login *login,
				  struct pprc_answer *answer)
{
	enum pprc_reason reason;
	struct sec_nexus *nexus;
	struct sec_tpg *tpg;
	bool again;

	mutex_lock(&sec_lock);
	nexus = sec_nexus_find(pl, peer);
	if (login_stale(nexus, login)) {
		reason = PPRC_R_STALE_ID;
		goto unlock;
	}
	if (!nexus || !nexus->tpg) {
		reason = PPRC_R_NO_PRLI;
		goto unlock;
	}
	tpg = nexus->tpg;
	if (!tpg->enabled) {
		reason = PPRC_R_DISABLED;
		goto unlock;
	}
	if (same_login(nexus->session, login)) {
		answer_login(nexus->session, answer);
		reason = PPRC_R_GOOD;
		goto unlock;
	}
	again = nexus->instance == be64_to_cpu(login->instance) &&
		nexus->login_id == be64_to_cpu(login->hdr.cmd_id);
	nexus->instance = be64_to_cpu(login->instance);
	nexus->login_id = be64_to_cpu(login->hdr.cmd_id);
	tpg->logins++;		/* keeps the TPG while the lock is dropped */
	if (!old_session_ended(nexus, again))
		reason = PPRC_R_BUSY;
	else
		reason = session_make(tpg, pl, local, peer, login, answer);
	tpg->logins--;
	wake_up_all(&tpg->idle);
unlock:
	mutex_unlock(&sec_lock);
	return reason;
}

/**
 * sec_session_end_lio() - LIO ends a session, because its ACL goes or changes
 * @tpg:	a TPG, maybe not the session's
 * @se_sess:	LIO's session; it may have been freed already
 *
 * Context: process; sec_lock held.
 */
void sec_session_end_lio(struct sec_tpg *tpg, struct se_session *se_sess)
{
	struct sec_session *s;

	lockdep_assert_held(&sec_lock);
	list_for_each_entry(s, &tpg->sessions, node)
		if (READ_ONCE(s->se_sess) == se_sess)
			sec_session_kill(s);
}

/**
 * sec_tpg_show_sessions() - list a TPG's sessions and what they have counted
 * @tpg:	the TPG
 * @page:	PAGE_SIZE bytes
 *
 * Context: process, sleeps.
 * Return: bytes written; a line a session.
 */
ssize_t sec_tpg_show_sessions(struct sec_tpg *tpg, char *page)
{
	struct sec_session *s;
	ssize_t n = 0;

	mutex_lock(&sec_lock);
	list_for_each_entry(s, &tpg->sessions, node) {
		n += sysfs_emit_at(page, n, "%s id %08x %s slots %u slot_kib %u",
				   s->name, s->id,
				   s->closing ? "closing" :
				   s->opened ? "open" : "opening",
				   s->nr_slots, s->slot_bytes >> 10);
		n += sec_stat_show_session(s, page, n);
		n += sysfs_emit_at(page, n, " late_now %u\n", s->nr_late);
	}
	mutex_unlock(&sec_lock);
	return n;
}
