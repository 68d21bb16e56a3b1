// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that use no slot: logins, logouts, state changes, PPRC commands
 * that must be refused, and whatever ordinary initiators ask. Receive context
 * only queues them; a work item answers them one after the other.
 *
 * Ordinary initiators see a target without logical units, so they cannot
 * write behind a pair's back.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <scsi/fc/fc_fcp.h>
#include <scsi/scsi_common.h>
#include <scsi/scsi_proto.h>
#include "sec.h"

/* Beyond this the network is telling us something; frames are dropped. */
#define QUEUE_MAX	256

static struct sk_buff_head queue;
static void control_work(struct work_struct *work);
static DECLARE_WORK(work, control_work);

/**
 * sec_control_queue() - put a command off to process context
 * @lport:	local port
 * @fp:		its FCP_CMND frame; consumed
 * @reason:	PPRC_R_GOOD, or how it must be refused
 *
 * Context: receive context; does not sleep or allocate.
 */
void sec_control_queue(struct fc_lport *lport, struct fc_frame *fp,
		       enum pprc_reason reason)
{
	struct pprc_lport *pl = NULL;

	if (skb_queue_len(&queue) < QUEUE_MAX)
		pl = sec_port_use(lport);
	else
		sec_dropped(NULL, fc_frame_sid(fp), SEC_D_QUEUE);
	if (!pl) {
		fc_frame_free(fp);
		return;
	}
	/*
	 * The queued frame keeps its local port, its fate and its time: fr_seq
	 * and fr_max_payload serve frames that are sent.
	 */
	fp_skb(fp)->tstamp = ktime_get();
	fr_dev(fp) = lport;
	fr_seq(fp) = (struct fc_seq *)pl;
	fr_max_payload(fp) = reason;
	skb_queue_tail(&queue, fp_skb(fp));
	queue_work(sec_ctl_wq, &work);
}

/*
 * A primary sends these one at a time, with ascending ids. The last one may be
 * repeated, for its answer may have been lost.
 * Return: false for a repetition of an older command, which is dropped.
 */
static bool do_state(struct fc_frame *fp, struct pprc_lport *pl,
		     const struct pprc_fcp_cmnd *cmnd,
		     const union pprc_cdb *cdb, struct pprc_answer *a)
{
	u16 lun = scsilun_to_int((struct scsi_lun *)cmnd->lun);
	u32 id = be32_to_cpu(cdb->hdr.session);
	struct sec_session *s;
	bool fresh = true;

	a->reason = PPRC_R_NO_SESSION;
	mutex_lock(&sec_lock);
	s = xa_load(&sec_sessions, id);
	if (s && s->pl == pl && s->peer == fc_frame_sid(fp)) {
		sec_grant(s, a);
		fresh = a->cmd_id >= s->last_ctl;
		if (!fresh) {
			sec_dropped(s, s->peer, SEC_D_DUP);
		} else if (a->cmd_id == s->last_ctl) {
			*a = s->last_answer;
		} else if (be16_to_cpu(cdb->hdr.action) == PPRC_SA_LOGOUT) {
			sec_session_kill(s);
			a->reason = PPRC_R_GOOD;
		} else {
			s->last_ctl = a->cmd_id;
			a->reason = sec_pair_change(s, lun, &cdb->state, a);
			s->last_answer = *a;
		}
	}
	mutex_unlock(&sec_lock);
	return fresh;
}

/* A command that sec_recv.c could not take counts for its session. */
static void count_refusal(struct fc_frame *fp, struct pprc_lport *pl,
			  const union pprc_cdb *cdb, enum pprc_reason reason)
{
	struct sec_session *s;

	mutex_lock(&sec_lock);
	s = xa_load(&sec_sessions, be32_to_cpu(cdb->hdr.session));
	if (s && (s->pl != pl || s->peer != fc_frame_sid(fp)))
		s = NULL;
	sec_refused(s, fc_frame_sid(fp), cdb, reason);
	mutex_unlock(&sec_lock);
}

/*
 * A primary learns by asking that its session was closed. The log has told why
 * it was; that somebody asks is no news. Nor is a logout that comes twice.
 */
static bool no_news(const union pprc_cdb *cdb, enum pprc_reason reason)
{
	u16 action = be16_to_cpu(cdb->hdr.action);

	return reason == PPRC_R_NO_SESSION &&
	       (action == PPRC_SA_QUERY || action == PPRC_SA_HEARTBEAT ||
		action == PPRC_SA_LOGOUT);
}

/* @cmnd is NULL when the CDB is too short to be looked at. */
static void do_pprc(struct fc_frame *fp, struct pprc_lport *pl,
		    const struct pprc_fcp_cmnd *cmnd, enum pprc_reason reason)
{
	const struct fc_frame_header *fh = fc_frame_header_get(fp);
	struct pprc_answer a = {};
	union pprc_cdb cdb = {};

	if (cmnd)
		memcpy(&cdb, cmnd->cdb, sizeof(cdb));
	a.cmd_id = be64_to_cpu(cdb.hdr.cmd_id);
	a.session = be32_to_cpu(cdb.hdr.session);
	a.reason = reason == PPRC_R_GOOD ? pprc_cdb_check(&cdb) : reason;
	if (a.reason == PPRC_R_GOOD) {
		switch (be16_to_cpu(cdb.hdr.action)) {
		case PPRC_SA_LOGIN:
			a.reason = sec_session_open(pl, ntoh24(fh->fh_d_id),
						    ntoh24(fh->fh_s_id),
						    &cdb.login, &a);
			if (a.reason == PPRC_R_STALE_ID) {
				sec_dropped(NULL, ntoh24(fh->fh_s_id),
					    SEC_D_STALE);
				return;
			}
			break;
		case PPRC_SA_STATE:
		case PPRC_SA_LOGOUT:
			if (!do_state(fp, pl, cmnd, &cdb, &a))
				return;
			break;
		}
	}
	if (a.reason != PPRC_R_GOOD) {
		count_refusal(fp, pl, &cdb, a.reason);
		if (!no_news(&cdb, a.reason))
			pr_warn_ratelimited("port %06x: command %04x refused (%s): %s\n",
					    ntoh24(fh->fh_s_id),
					    be16_to_cpu(cdb.hdr.action),
					    pprc_reason_name(a.reason),
					    pprc_reason_text(a.reason));
	}
	sec_reply_control(fp, &a);
}

/* SPC-4 6.4.2: no device is at this LUN and none can be. */
#define NO_LUN		0x7f
#define ASC_LUN_NOT_SUPPORTED	0x25
#define ASC_INVALID_FIELD	0x24

static void refuse_scsi(struct fc_frame *fp, u8 asc, u32 dl)
{
	u8 sense[20] = {};

	scsi_build_sense_buffer(0, sense, ILLEGAL_REQUEST, asc, 0);
	sec_reply_scsi(fp, SAM_STAT_CHECK_CONDITION, NULL, 0, sense,
		       sizeof(sense), dl);
}

static void answer_scsi(struct fc_frame *fp, const u8 *data, u32 len, u32 dl)
{
	u32 n = min(len, dl) & ~3u;

	sec_reply_scsi(fp, SAM_STAT_GOOD, data, n, NULL, 0, dl - n);
}

static void do_scsi(struct fc_frame *fp, const struct fcp_cmnd *cmnd)
{
	static const u8 no_luns[8];
	u32 dl = ntohl(cmnd->fc_dl);
	u8 buf[36] = {};

	if (cmnd->fc_tm_flags) {
		sec_reply_tmf(fp, FCP_TMF_REJECTED);
		return;
	}
	switch (cmnd->fc_cdb[0]) {
	case INQUIRY:
		if (cmnd->fc_cdb[1] & 1) {
			refuse_scsi(fp, ASC_INVALID_FIELD, dl);
			break;
		}
		buf[0] = NO_LUN;
		buf[2] = 0x06;			/* SPC-4 */
		buf[3] = 0x02;
		buf[4] = sizeof(buf) - 5;
		memcpy(buf + 8, "LINUX   PPRC SECONDARY  0001", 28);
		answer_scsi(fp, buf, sizeof(buf), dl);
		break;
	case REPORT_LUNS:
		answer_scsi(fp, no_luns, sizeof(no_luns), dl);
		break;
	case REQUEST_SENSE:
		scsi_build_sense_buffer(0, buf, ILLEGAL_REQUEST,
					ASC_LUN_NOT_SUPPORTED, 0);
		answer_scsi(fp, buf, 20, dl);
		break;
	default:
		refuse_scsi(fp, ASC_LUN_NOT_SUPPORTED, dl);
	}
}

static void do_frame(struct fc_frame *fp, struct pprc_lport *pl)
{
	enum pprc_reason reason = fr_max_payload(fp);
	const struct pprc_fcp_cmnd *pprc;
	const struct fcp_cmnd *scsi;

	/* fc_fill_hdr() and friends must not take the port for a sequence. */
	fr_seq(fp) = NULL;
	pprc = fc_frame_payload_get(fp, sizeof(*pprc));
	scsi = fc_frame_payload_get(fp, sizeof(*scsi));
	if (!scsi)
		sec_dropped(NULL, fc_frame_sid(fp), SEC_D_MALFORMED);
	else if (scsi->fc_tm_flags || scsi->fc_cdb[0] != PPRC_CDB_OPCODE)
		do_scsi(fp, scsi);
	else if (pprc && pprc->flags >> 2 == PPRC_FCP_ADD_CDB_WORDS)
		do_pprc(fp, pl, pprc, reason);
	else
		do_pprc(fp, pl, NULL, PPRC_R_BAD_CDB);
}

/* Has a frame waited here for so long that its sender may have given up? */
static bool too_old(struct fc_frame *fp)
{
	return ktime_ms_delta(ktime_get(), fp_skb(fp)->tstamp) >
	       sec_answer_ms(fr_dev(fp));
}

static void control_work(struct work_struct *unused)
{
	struct sk_buff *skb;
	unsigned int noio;

	/* Reclaim must not wait for a disk that hangs: all sessions wait here. */
	noio = memalloc_noio_save();
	while ((skb = skb_dequeue(&queue))) {
		struct fc_frame *fp = (struct fc_frame *)skb;
		struct pprc_lport *pl = (struct pprc_lport *)fr_seq(fp);

		if (too_old(fp))
			sec_dropped(NULL, fc_frame_sid(fp), SEC_D_STALE);
		else
			do_frame(fp, pl);
		fc_frame_free(fp);
		pprc_lport_unuse(pl);
		/* Who asks fast enough keeps this busy. */
		cond_resched();
	}
	memalloc_noio_restore(noio);
}

/**
 * sec_control_init() - prepare the queue
 */
void sec_control_init(void)
{
	skb_queue_head_init(&queue);
}

/**
 * sec_control_exit() - wait for what is queued
 *
 * Context: process, sleeps. No frame is received any more.
 */
void sec_control_exit(void)
{
	flush_work(&work);
}
