// SPDX-License-Identifier: GPL-2.0
/*
 * Exchanges: opening one, its answer, its end.
 *
 * libfc's rules that shape this file:
 * - An exchange may end (reset) while its first frames are still being sent.
 *   So the sender holds x->lock from fc_exch_seq_send() until it has taken its
 *   own reference on libfc's exchange, and the response handler begins by
 *   waiting for that lock.
 * - fc_exch_done() waits for running handlers, so it is never called in one:
 *   exchanges are reaped from a work item.
 * - libfc reuses an exchange id at once, and its own timeout path leaks. So
 *   exchanges are opened without a timer, and one that is given up stays out
 *   of reuse for as long as a late frame could come: R_A_TOV by the book. When
 *   the secondary has answered on another exchange of the same command, it is
 *   there and has nothing more to say on this one but what is in the network
 *   already; SETTLED_MS is enough then, and there are ids for a lossy wire.
 *   (A late frame would do no harm but to cost an answer: libfc takes the last
 *   frame of an ELS for the end of its exchange, and that command would be asked
 *   for.)
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include <scsi/fc/fc_els.h>
#include <scsi/fc/fc_fcp.h>
#include <scsi/fc_frame.h>
#include "pri.h"

/* How long a login or a state change may take. */
#define CTL_TIMEOUT_MS	5000
/* When one is sent again: as measured, but within these bounds. */
#define CTL_AGAIN_MS_MIN	50u
#define CTL_AGAIN_MS_MAX	1000u

#define SETTLED_MS	250

static struct kmem_cache *xchg_cache;
static mempool_t *xchg_pool;
static LLIST_HEAD(reap_list);
static struct work_struct reap_work;
static atomic_t live = ATOMIC_INIT(0);	/* exchanges not yet reaped */
static DECLARE_WAIT_QUEUE_HEAD(all_reaped);

/*
 * libfc hands fr_fsp() of a command with a low exchange id to its DDP code,
 * also when there is no offload. This one says: nothing to set up.
 */
static struct fc_fcp_pkt no_ddp = { .xfer_ddp = FC_XID_UNKNOWN };

static void reap_all(struct work_struct *work)
{
	struct pri_xchg *x, *next;

	llist_for_each_entry_safe(x, next, llist_del_all(&reap_list),
				  reap_node) {
		if (x->seq) {
			fc_exch_done(x->seq);
			fc_seq_release(x->seq);
		}
		pprc_lport_unuse(x->pl);
		pprc_lport_put(x->pl);
		pri_session_unref(x->session);
		mempool_free(x, xchg_pool);
		if (atomic_dec_and_test(&live))
			wake_up_all(&all_reaped);
	}
}

static void reap_now(struct pri_xchg *x)
{
	if (llist_add(&x->reap_node, &reap_list))
		queue_work(pri_ctl_wq, &reap_work);
}

static void reap_delayed(struct work_struct *work)
{
	struct pri_xchg *x = container_of(to_delayed_work(work),
					  struct pri_xchg, reap);

	reap_now(x);
}

/**
 * pri_xchg_put() - drop a reference; the last one starts reaping
 * @x:		the exchange
 *
 * Context: any but hard interrupt.
 */
void pri_xchg_put(struct pri_xchg *x)
{
	bool park;

	if (!refcount_dec_and_test(&x->refs))
		return;
	spin_lock_bh(&x->lock);
	/* Who removes a port waits for us; its exchange ids go with it. */
	park = x->park_ms && !percpu_ref_is_dying(&x->pl->users);
	x->parked = park;
	if (park)
		queue_delayed_work(pri_ctl_wq, &x->reap,
				   msecs_to_jiffies(x->park_ms));
	spin_unlock_bh(&x->lock);
	if (!park)
		reap_now(x);
}

/* No answer is awaited any more. Safe to call more than once. */
static void xchg_close(struct pri_xchg *x, unsigned int park_ms)
{
	bool was_open;

	spin_lock_bh(&x->lock);
	was_open = x->open;
	x->open = false;
	x->closed = true;
	if (was_open)
		x->park_ms = park_ms;
	spin_unlock_bh(&x->lock);
	if (was_open)
		pri_xchg_put(x);
}

/**
 * pri_xchg_abandon() - give an exchange up without an answer
 * @x:		the exchange; its command has been taken from it
 * @settled:	the secondary has answered the command on another exchange
 *
 * Context: any but hard interrupt.
 */
void pri_xchg_abandon(struct pri_xchg *x, bool settled)
{
	xchg_close(x, settled ? SETTLED_MS : x->pl->lport->r_a_tov);
}

/**
 * pri_xchg_alloc() - make an exchange object
 * @s:		the session it belongs to
 * @path:	where it will go; references of its own are taken
 *
 * Never waits for memory: a mempool stands behind it, and what would give its
 * objects back may be waiting for the caller, who is to try again later.
 *
 * Context: process or soft interrupt.
 * Return: the object with the sender's reference, or NULL when the local port
 * is going or memory is short.
 */
struct pri_xchg *pri_xchg_alloc(struct pri_session *s,
				const struct pprc_path *path)
{
	struct pri_xchg *x;

	if (!pprc_lport_use(path->pl))
		return NULL;
	x = mempool_alloc(xchg_pool, GFP_NOWAIT | __GFP_NOWARN);
	if (!x) {
		pprc_lport_unuse(path->pl);
		return NULL;
	}
	atomic_inc(&live);
	memset(x, 0, sizeof(*x));
	refcount_set(&x->refs, 1);
	spin_lock_init(&x->lock);
	INIT_DELAYED_WORK(&x->reap, reap_delayed);
	INIT_LIST_HEAD(&x->cmd_node);
	pprc_lport_get(path->pl);
	x->pl = path->pl;
	x->sid = path->sid;
	x->did = path->did;
	pri_session_ref(s);
	x->session = s;
	return x;
}

static void ctl_done(struct pri_xchg *x, int error,
		     const struct pprc_answer *answer, bool agreed)
{
	struct pri_ctl *ctl;

	spin_lock_bh(&x->lock);
	ctl = x->ctl;
	x->ctl = NULL;
	if (ctl) {
		ctl->error = error;
		ctl->agreed = agreed;
		if (answer)
			ctl->answer = *answer;
		/* Under the lock: the waiter's stack must not go before. */
		complete(&ctl->done);
	}
	spin_unlock_bh(&x->lock);
}

static void recv_prli(struct pri_xchg *x, struct fc_frame *fp)
{
	struct {
		struct fc_els_prli prli;
		struct fc_els_spp spp;
	} *pp;
	bool agreed = false;
	int error = 0;

	pp = fc_frame_payload_get(fp, sizeof(*pp));
	if (fc_frame_payload_op(fp) != ELS_LS_ACC || !pp)
		error = -EAGAIN;
	else
		agreed = (pp->spp.spp_flags & FC_SPP_RESP_MASK) ==
			 FC_SPP_RESP_ACK &&
			 (pp->spp.spp_flags & FC_SPP_EST_IMG_PAIR) &&
			 (ntohl(pp->spp.spp_params) & FCP_SPPF_WR_XRDY_DIS);
	ctl_done(x, error, NULL, agreed);
	xchg_close(x, 0);
}

static int rsp_decode(struct fc_frame *fp, struct pprc_answer *answer)
{
	const u8 *iu = fc_frame_payload_get(fp, sizeof(struct pprc_fcp_rsp));

	if (!iu)
		return -EINVAL;
	return pprc_rsp_decode(iu, fr_len(fp) - sizeof(struct fc_frame_header),
			       answer);
}

static void recv_rsp(struct pri_xchg *x, struct fc_frame *fp)
{
	struct pprc_answer answer;
	struct pri_cmd *cmd;

	if (rsp_decode(fp, &answer)) {
		pri_session_odd(x->session, PRI_ODD_MALFORMED);
		/* Tells a control command at once that this is no PPRC port. */
		ctl_done(x, -EPROTO, NULL, false);
		return;
	}
	/*
	 * A late answer to an earlier user of this exchange id is dropped and
	 * the exchange stays open. A login has no session id before it is
	 * answered.
	 */
	if (answer.cmd_id != x->expect_id ||
	    (x->session_id && answer.session != x->session_id)) {
		pri_session_odd(x->session, PRI_ODD_STRAY);
		return;
	}

	WRITE_ONCE(x->session->heard, jiffies);
	pri_credit_granted(x->session, &answer);
	if (answer.reason == PPRC_R_CDB_DIGEST && x->kind > PRI_X_FIRST) {
		/*
		 * Damaged on its way, it says nothing of the command, which may
		 * be with the backstore. That is asked for again.
		 */
		pri_credit_detach(x);
	} else if (answer.reason == PPRC_R_PARTIAL ||
		   answer.reason == PPRC_R_IN_PROGRESS) {
		/* Not asked for; or what an earlier query was told, again. */
		if (x->kind < PRI_X_FIRST ||
		    (answer.reason == PPRC_R_IN_PROGRESS &&
		     x->kind != PRI_X_QUERY)) {
			pri_session_odd(x->session, PRI_ODD_STRAY);
			return;
		}
		if (!pri_recover_answer(x, &answer)) {
			pri_session_odd(x->session, PRI_ODD_MALFORMED);
			return;
		}
		pri_credit_detach(x);
	} else {
		ctl_done(x, 0, &answer, false);
		if (x->kind == PRI_X_HEARTBEAT) {
			WRITE_ONCE(x->session->told, x->used);
			pri_session_heard(x->session, &answer);
		}
		cmd = pri_credit_claim(x);
		if (cmd)
			pri_remote_done(cmd, &answer, PPRC_SUSP_NONE, NULL);
	}
	xchg_close(x, 0);
}

/* libfc has ended the exchange: no late frame can meet its id any more. */
static void unpark(struct pri_xchg *x)
{
	bool reap;

	spin_lock_bh(&x->lock);
	x->park_ms = 0;
	/* If it cannot be cancelled, reap_delayed() runs, or will. */
	reap = x->parked && cancel_delayed_work(&x->reap);
	spin_unlock_bh(&x->lock);
	if (reap)
		reap_now(x);
}

/* An answer to an exchange that is no longer open. */
static void recv_late(struct pri_xchg *x, struct fc_frame *fp)
{
	struct pprc_answer answer;

	pri_session_odd(x->session, PRI_ODD_LATE);
	if (fc_frame_header_get(fp)->fh_type == FC_TYPE_ELS)
		unpark(x);
	/* A slow answer to a heartbeat is a sign of life all the same. */
	else if (x->kind == PRI_X_HEARTBEAT && fc_frame_is_linear(fp) &&
		 !rsp_decode(fp, &answer) && answer.cmd_id == x->expect_id)
		WRITE_ONCE(x->session->heard, jiffies);
}

static void recv_closed(struct pri_xchg *x)
{
	struct pri_session *s = x->session;
	bool put;

	ctl_done(x, -ECONNRESET, NULL, false);
	/* The command, if any, ends with its session. */
	if (pri_credit_detach(x))
		pri_session_fail_login(s, x->session_id,
				       "the path was closed: the remote port logged out or the link went down");

	spin_lock_bh(&x->lock);
	put = x->open;
	x->open = false;
	x->closed = true;
	spin_unlock_bh(&x->lock);
	unpark(x);
	if (put)
		pri_xchg_put(x);
}

/* libfc's response handler. */
static void xchg_resp(struct fc_seq *seq, struct fc_frame *fp, void *arg)
{
	struct pri_xchg *x = arg;
	bool open, els;

	/* Wait until the sender holds the exchange. */
	spin_lock_bh(&x->lock);
	open = x->open;
	spin_unlock_bh(&x->lock);

	if (IS_ERR(fp)) {
		recv_closed(x);
		return;
	}
	/*
	 * libfc matches frames by exchange id alone: a late answer to a command
	 * may come to a login, and one to libfc's own LOGO to a command. Nor has
	 * an FCP_XFER_RDY been asked for, and decoding wants linear frames.
	 */
	els = fc_frame_header_get(fp)->fh_type == FC_TYPE_ELS;
	if (!open)
		recv_late(x, fp);
	else if (els != x->els)
		pri_session_odd(x->session, PRI_ODD_STRAY);
	else if (!fc_frame_is_linear(fp))
		pri_session_odd(x->session, PRI_ODD_UNASKED);
	else if (x->els)
		recv_prli(x, fp);
	else if (fc_frame_rctl(fp) == FC_RCTL_DD_CMD_STATUS)
		recv_rsp(x, fp);
	else
		pri_session_odd(x->session, PRI_ODD_UNASKED);
	fc_frame_free(fp);
}

/**
 * pri_xchg_open() - send the first frame of an exchange
 * @x:		exchange object, the caller has the sender's reference
 * @fp:		FCP_CMND or PRLI; consumed
 *
 * Context: process or soft interrupt.
 * Return: 0; -EAGAIN when libfc has no exchange or frame just now;
 * -ECONNRESET when its session was torn down before it was opened.
 */
int pri_xchg_open(struct pri_xchg *x, struct fc_frame *fp)
{
	struct fc_seq *seq;

	fr_fsp(fp) = &no_ddp;
	spin_lock_bh(&x->lock);
	if (x->closed) {
		spin_unlock_bh(&x->lock);
		fc_frame_free(fp);
		return -ECONNRESET;
	}
	refcount_inc(&x->refs);
	x->open = true;
	seq = fc_exch_seq_send(x->pl->lport, fp, xchg_resp, NULL, x, 0);
	if (seq) {
		atomic_inc(&fc_seq_exch(seq)->ex_refcnt);
		x->seq = seq;
	} else {
		x->open = false;
	}
	spin_unlock_bh(&x->lock);
	if (seq)
		return 0;
	pri_xchg_put(x);
	return -EAGAIN;
}

/**
 * pri_cmnd_frame() - build an FCP_CMND
 * @x:		exchange it will be sent on
 * @cdb:	sealed extended CDB
 * @lun:	LUN on the secondary
 * @dl:		bytes of data that follow, 0 for none
 *
 * SEQUENCE INITIATIVE stays with us when data follows: that is how FCP tells
 * a target that no FCP_XFER_RDY is awaited.
 *
 * Context: process or soft interrupt.
 * Return: the frame or NULL.
 */
struct fc_frame *pri_cmnd_frame(struct pri_xchg *x, const union pprc_cdb *cdb,
				u16 lun, u32 dl)
{
	struct pprc_fcp_cmnd *cmnd;
	struct fc_frame *fp;

	fp = fc_frame_alloc(x->pl->lport, sizeof(*cmnd));
	if (!fp)
		return NULL;
	cmnd = fc_frame_payload_get(fp, sizeof(*cmnd));
	memset(cmnd, 0, sizeof(*cmnd));
	int_to_scsilun(lun, (struct scsi_lun *)cmnd->lun);
	cmnd->flags = PPRC_FCP_ADD_CDB_WORDS << 2 | (dl ? FCP_CFL_WRDATA : 0);
	memcpy(cmnd->cdb, cdb, sizeof(*cdb));
	cmnd->dl = cpu_to_be32(dl);
	fc_fill_fc_hdr(fp, FC_RCTL_DD_UNSOL_CMD, x->did, x->sid, FC_TYPE_FCP,
		       FC_FC_FIRST_SEQ | FC_FC_END_SEQ |
		       (dl ? 0 : FC_FC_SEQ_INIT), 0);
	return fp;
}

static u64 next_id(struct pri_session *s)
{
	u64 id;

	spin_lock_bh(&s->io_lock);
	id = ++s->next_id;
	spin_unlock_bh(&s->io_lock);
	return id;
}

/* Send a control frame and wait for its answer, @wait_ms at most. */
static int ctl_exchange(struct pri_xchg *x, struct fc_frame *fp,
			struct pri_ctl *ctl, unsigned int wait_ms)
{
	int ret = -ENOMEM;

	memset(ctl, 0, sizeof(*ctl));
	init_completion(&ctl->done);
	if (!fp)
		goto out;
	x->ctl = ctl;
	ret = pri_xchg_open(x, fp);
	if (ret)
		goto out;
	if (!wait_for_completion_timeout(&ctl->done,
					 msecs_to_jiffies(wait_ms)))
		/* After this no handler touches @ctl any more. */
		ctl_done(x, -ETIMEDOUT, NULL, false);
	ret = ctl->error;
	if (ret)
		pri_xchg_abandon(x, false);
out:
	pri_xchg_put(x);
	return ret;
}

static unsigned int again_ms(struct pri_session *s, unsigned int tries)
{
	unsigned int us, most = CTL_AGAIN_MS_MAX;

	spin_lock_bh(&s->io_lock);
	us = pprc_rtt_timeout_us(&s->rtts, 0, tries);
	/* See ctl_again(): a heartbeat may be due. */
	if (s->state == PRI_S_UP)
		most = clamp(s->liveness_ms / 6, CTL_AGAIN_MS_MIN, most);
	spin_unlock_bh(&s->io_lock);
	return clamp(us / 1000, CTL_AGAIN_MS_MIN, most);
}

/*
 * Is a control frame that got no answer to be sent again? Frames get lost; the
 * secondary answers a repetition as it has answered the first one. But who takes
 * the port away, or ends the commands of a session that has failed, is not to be
 * kept waiting.
 *
 * Who waits here keeps watch() from its heartbeats, and the secondary may have
 * other logins to work on first. So they are sent from here.
 */
static bool ctl_again(struct pri_session *s, const struct pprc_path *path,
		      int ret, unsigned long end)
{
	if (ret != -ETIMEDOUT && ret != -EAGAIN && ret != -ENOMEM)
		return false;
	if (time_after(jiffies, end) || percpu_ref_is_dying(&path->pl->users) ||
	    READ_ONCE(s->state) == PRI_S_FAILED)
		return false;
	if (READ_ONCE(s->state) == PRI_S_UP && pri_session_silent(s))
		return false;
	/* A login that nobody wants any more could end that of a successor. */
	if (READ_ONCE(s->stopping) && READ_ONCE(s->state) != PRI_S_UP)
		return false;
	/* After a logout the answer would be that there is no session. */
	if (READ_ONCE(s->state) == PRI_S_UP && !READ_ONCE(s->stopping) &&
	    pri_session_quiet(s))
		pri_heartbeat_send(s, path);
	if (ret != -ETIMEDOUT)
		schedule_timeout_uninterruptible(msecs_to_jiffies(CTL_AGAIN_MS_MIN));
	return true;
}

static struct fc_frame *prli_frame(struct pri_xchg *x)
{
	struct {
		struct fc_els_prli prli;
		struct fc_els_spp spp;
	} *pp;
	struct fc_frame *fp = fc_frame_alloc(x->pl->lport, sizeof(*pp));

	if (!fp)
		return NULL;
	pp = fc_frame_payload_get(fp, sizeof(*pp));
	memset(pp, 0, sizeof(*pp));
	pp->prli.prli_cmd = ELS_PRLI;
	pp->prli.prli_spp_len = sizeof(pp->spp);
	pp->prli.prli_len = htons(sizeof(*pp));
	pp->spp.spp_type = FC_TYPE_FCP;
	pp->spp.spp_flags = FC_SPP_EST_IMG_PAIR;
	pp->spp.spp_params = htonl(FCP_SPPF_INIT_FCN | FCP_SPPF_RD_XRDY_DIS |
				   FCP_SPPF_WR_XRDY_DIS);
	fc_fill_fc_hdr(fp, FC_RCTL_ELS_REQ, x->did, x->sid, FC_TYPE_ELS,
		       FC_FC_FIRST_SEQ | FC_FC_END_SEQ | FC_FC_SEQ_INIT, 0);
	return fp;
}

/**
 * pri_ctl_prli() - ask the secondary to do without FCP_XFER_RDY for writes
 * @s:		the session
 * @path:	path to the secondary; the caller has a user reference on its port
 *
 * A PRLI of our own, beside the one of libfc's initiator: the bit must not be
 * set in lport->service_params, where every array on the SAN would see it.
 *
 * Context: process, sleeps up to CTL_TIMEOUT_MS. @s->mutex held.
 * Return: 0; -EOPNOTSUPP when the secondary does not agree; -EAGAIN when it
 * was not ready for a PRLI; -ETIMEDOUT, -ECONNRESET, -ENOMEM.
 */
int pri_ctl_prli(struct pri_session *s, const struct pprc_path *path)
{
	unsigned long end = jiffies + msecs_to_jiffies(CTL_TIMEOUT_MS);
	struct pri_ctl ctl;
	struct pri_xchg *x;
	int ret, tries = 0;

	lockdep_assert_held(&s->mutex);
	do {
		ret = -ENOMEM;
		x = pri_xchg_alloc(s, path);
		if (!x)
			continue;
		x->els = true;
		ret = ctl_exchange(x, prli_frame(x), &ctl,
				   again_ms(s, tries++));
	} while (ret != -EAGAIN && ctl_again(s, path, ret, end));
	if (!ret && !ctl.agreed)
		ret = -EOPNOTSUPP;
	/* One that is still on its way would end the session it comes to. */
	if (!ret && tries > 1)
		schedule_timeout_uninterruptible(msecs_to_jiffies(CTL_AGAIN_MS_MAX));
	return ret;
}

/**
 * pri_ctl_command() - send a control command and wait for its answer
 * @s:		the session
 * @path:	path to the secondary; the caller has a user reference on its port
 * @cdb:	extended CDB, complete but for command id, session and digest
 * @lun:	LUN on the secondary
 * @answer:	the answer, if 0 is returned; it may be a refusal
 *
 * Context: process, sleeps up to CTL_TIMEOUT_MS. @s->mutex held.
 * Return: 0; -EPROTO when the port does not speak PPRC; -ETIMEDOUT,
 * -ECONNRESET, -ENOMEM, -EAGAIN.
 */
int pri_ctl_command(struct pri_session *s, const struct pprc_path *path,
		    union pprc_cdb *cdb, u16 lun, struct pprc_answer *answer)
{
	unsigned long end = jiffies + msecs_to_jiffies(CTL_TIMEOUT_MS);
	struct pri_ctl ctl;
	bool sent = false;
	struct pri_xchg *x;
	int ret, tries = 0;
	u64 id;

	lockdep_assert_held(&s->mutex);
	id = next_id(s);
	cdb->hdr.session = cpu_to_be32(s->id);
	cdb->hdr.cmd_id = cpu_to_be64(id);
	pprc_cdb_seal(cdb);
	do {
		ret = -ENOMEM;
		x = pri_xchg_alloc(s, path);
		if (!x)
			continue;
		x->expect_id = id;
		x->session_id = s->id;
		ret = ctl_exchange(x, pri_cmnd_frame(x, cdb, lun, 0), &ctl,
				   again_ms(s, tries++));
		sent |= ret == -ETIMEDOUT;
	} while (ctl_again(s, path, ret, end));
	if (!ret)
		*answer = ctl.answer;
	/* Once sent, it may have been carried out, whatever came after. */
	else if (sent && (ret == -EAGAIN || ret == -ENOMEM))
		ret = -ETIMEDOUT;
	return ret;
}

/**
 * pri_heartbeat_send() - ask whether the secondary is there
 * @s:		session that is up
 * @path:	path to the secondary; the caller has a user reference on its port
 *
 * It also says how many slots are used, see struct pprc_cdb_heartbeat. The
 * answer, if one comes, is noted in @s->heard; nobody waits for it.
 *
 * Context: process. @s->mutex held.
 */
void pri_heartbeat_send(struct pri_session *s, const struct pprc_path *path)
{
	u32 used = pri_credit_used(s);
	union pprc_cdb cdb;
	struct fc_frame *fp;
	struct pri_xchg *x;

	lockdep_assert_held(&s->mutex);
	x = pri_xchg_alloc(s, path);
	if (!x)
		return;
	x->kind = PRI_X_HEARTBEAT;
	x->used = used;
	x->expect_id = next_id(s);
	x->session_id = s->id;
	pprc_cdb_init(&cdb, PPRC_SA_HEARTBEAT);
	cdb.hdr.session = cpu_to_be32(s->id);
	cdb.hdr.cmd_id = cpu_to_be64(x->expect_id);
	cdb.heartbeat.slots = cpu_to_be16(used & 0xffff);
	cdb.heartbeat.grant_seq = cpu_to_be16(used >> 16);
	pprc_cdb_seal(&cdb);
	fp = pri_cmnd_frame(x, &cdb, 0, 0);
	if (!fp || pri_xchg_open(x, fp)) {
		pri_xchg_put(x);
		return;
	}
	atomic64_inc(&s->counts[PRI_C_HEARTBEATS]);
	/* If the last one has not been answered it is lost. */
	pri_heartbeat_end(s);
	s->heartbeat = x;
	s->beat = jiffies;
}

/**
 * pri_heartbeat_end() - await no answer to the last heartbeat any more
 * @s:		the session
 *
 * Context: process. @s->mutex held.
 */
void pri_heartbeat_end(struct pri_session *s)
{
	struct pri_xchg *x = s->heartbeat;

	lockdep_assert_held(&s->mutex);
	s->heartbeat = NULL;
	if (x) {
		pri_xchg_abandon(x, true);
		pri_xchg_put(x);
	}
}

/**
 * pri_xchg_init() - set up what exchanges need
 *
 * Return: 0 or -ENOMEM.
 */
int pri_xchg_init(void)
{
	INIT_WORK(&reap_work, reap_all);
	xchg_cache = KMEM_CACHE(pri_xchg, 0);
	if (!xchg_cache)
		return -ENOMEM;
	xchg_pool = mempool_create_slab_pool(64, xchg_cache);
	if (!xchg_pool) {
		kmem_cache_destroy(xchg_cache);
		return -ENOMEM;
	}
	return 0;
}

/**
 * pri_xchg_exit() - undo pri_xchg_init()
 *
 * All sessions are gone. Exchanges that were given up keep their ids for up to
 * R_A_TOV (4 s or 10 s), lest a late frame of theirs hits another user of the port.
 *
 * Context: process, sleeps up to R_A_TOV.
 */
void pri_xchg_exit(void)
{
	wait_event(all_reaped, !atomic_read(&live));
	flush_work(&reap_work);
	mempool_destroy(xchg_pool);
	kmem_cache_destroy(xchg_cache);
}
