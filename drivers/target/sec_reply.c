// SPDX-License-Identifier: GPL-2.0
/*
 * Answers: hand-made FCP_RSP frames, sent without an exchange of libfc's, for
 * none was made when the command came (its RX_ID was unassigned).
 *
 * A session keeps frames for as many answers as it has slots, so that a write
 * under memory pressure can still be answered; they are replaced outside the
 * receive path.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <scsi/fc/fc_fcp.h>
#include <scsi/scsi.h>
#include "sec.h"

#define REPLY_LEN_MAX	(sizeof(struct fcp_resp_with_ext) + PPRC_SENSE_MAX)

/* Where an answer goes. */
struct reply_to {
	u32	peer;
	u32	local;
	u16	ox_id;
	u8	seq_id;
};

static void send(struct fc_lport *lport, struct fc_frame *fp,
		 enum fc_rctl r_ctl, u32 f_ctl, const struct reply_to *to)
{
	struct fc_frame_header *fh = fc_frame_header_get(fp);

	fc_fill_fc_hdr(fp, r_ctl, to->peer, to->local, FC_TYPE_FCP,
		       FC_FC_EX_CTX | FC_FC_END_SEQ | f_ctl, 0);
	fh->fh_ox_id = htons(to->ox_id);
	fh->fh_rx_id = htons(FC_XID_UNKNOWN);
	fh->fh_seq_id = to->seq_id;
	fh->fh_seq_cnt = 0;
	fr_sof(fp) = FC_SOF_I3;
	fr_eof(fp) = FC_EOF_T;
	fr_dev(fp) = lport;
	lport->tt.frame_send(lport, fp);
}

/* @fp has room for the longest answer; it is cut to what this one takes. */
static void fill_answer(struct fc_frame *fp, const struct pprc_answer *answer)
{
	struct fcp_resp_with_ext *rsp = fc_frame_payload_get(fp, REPLY_LEN_MAX);
	unsigned int len;

	memset(rsp, 0, sizeof(*rsp));
	len = pprc_answer_encode(answer, (u8 *)(rsp + 1));
	rsp->resp.fr_flags = FCP_SNS_LEN_VAL;
	rsp->resp.fr_status = answer->reason == PPRC_R_GOOD ?
			      SAM_STAT_GOOD : SAM_STAT_CHECK_CONDITION;
	rsp->ext.fr_sns_len = htonl(len);
	skb_trim(fp_skb(fp),
		 sizeof(struct fc_frame_header) + sizeof(*rsp) + len);
}

/**
 * sec_reply_alloc() - make a frame for any answer
 *
 * Context: any.
 * Return: the frame or NULL.
 */
struct fc_frame *sec_reply_alloc(void)
{
	return _fc_frame_alloc(REPLY_LEN_MAX);
}

/**
 * sec_replies_init() - make the frames a session answers with
 * @s:		the session, its number of slots is known
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int sec_replies_init(struct sec_session *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_slots; i++) {
		struct fc_frame *fp = sec_reply_alloc();

		if (!fp)
			return -ENOMEM;
		skb_queue_tail(&s->replies, fp_skb(fp));
	}
	return 0;
}

/**
 * sec_replies_free() - free the frames a session answers with
 * @s:		the session, nothing is answered any more
 *
 * Context: process.
 */
void sec_replies_free(struct sec_session *s)
{
	skb_queue_purge(&s->replies);
}

/*
 * A primary that awaits an answer is heard: it sends queries, or heartbeats at
 * least. The caller uses the local port.
 */
static bool awaited(const struct sec_session *s)
{
	return time_before_eq(jiffies, READ_ONCE(s->heard) +
			      msecs_to_jiffies(sec_answer_ms(s->pl->lport)));
}

/**
 * sec_reply() - answer a command that used a slot
 * @s:		its session
 * @ox_id:	its exchange; with FC_XID_UNKNOWN nobody awaits the answer
 * @answer:	what to say
 *
 * One frame is taken from the session's pool; when half of them are gone, new
 * ones are made by a work item. Nothing is sent when nothing has been heard of
 * the primary for too long, or its session was closed as long ago.
 *
 * Context: any but hard interrupt.
 */
void sec_reply(struct sec_session *s, u16 ox_id,
	       const struct pprc_answer *answer)
{
	struct reply_to to = {
		.peer = s->peer,
		.local = s->local,
		.ox_id = ox_id,
	};
	struct sk_buff *skb;

	if (ox_id == FC_XID_UNKNOWN || !pprc_lport_use(s->pl))
		return;
	if (!awaited(s)) {
		sec_count(s, SEC_C_NOT_AWAITED);
		goto unuse;
	}
	skb = skb_dequeue(&s->replies);
	if (skb_queue_len(&s->replies) < s->nr_slots / 2 + 1)
		queue_work(sec_wq, &s->refill);
	if (skb) {
		struct fc_frame *fp = (struct fc_frame *)skb;

		fill_answer(fp, answer);
		send(s->pl->lport, fp, FC_RCTL_DD_CMD_STATUS, FC_FC_LAST_SEQ,
		     &to);
	} else {
		sec_count(s, SEC_C_NO_REPLY);
	}
unuse:
	pprc_lport_unuse(s->pl);
}

static struct reply_to reply_to(const struct fc_frame *rx)
{
	const struct fc_frame_header *fh = __fc_frame_header_get(rx);
	struct reply_to to = {
		.peer = ntoh24(fh->fh_s_id),
		.local = ntoh24(fh->fh_d_id),
		.ox_id = ntohs(fh->fh_ox_id),
	};

	return to;
}

/**
 * sec_reply_control() - answer a PPRC command that used no slot
 * @rx:		its FCP_CMND frame; the caller holds its local port
 * @answer:	what to say
 *
 * Context: process.
 */
void sec_reply_control(struct fc_frame *rx, const struct pprc_answer *answer)
{
	struct reply_to to = reply_to(rx);
	struct fc_frame *fp = fc_frame_alloc(fr_dev(rx), REPLY_LEN_MAX);

	if (!fp)
		return;
	fill_answer(fp, answer);
	send(fr_dev(rx), fp, FC_RCTL_DD_CMD_STATUS, FC_FC_LAST_SEQ, &to);
}

/**
 * sec_reply_scsi() - answer an ordinary initiator's command
 * @rx:		its FCP_CMND frame; the caller holds its local port
 * @status:	SAM status
 * @data:	data to send first, or NULL
 * @len:	its length, a multiple of 4
 * @sense:	sense data, or NULL
 * @sense_len:	its length, a multiple of 4
 * @resid:	bytes the initiator asked for beyond @len
 *
 * Context: process.
 */
void sec_reply_scsi(struct fc_frame *rx, u8 status, const u8 *data, u32 len,
		    const u8 *sense, u32 sense_len, u32 resid)
{
	struct reply_to to = reply_to(rx);
	struct fcp_resp_with_ext *rsp;
	struct fc_frame *fp;

	if (len) {
		fp = fc_frame_alloc(fr_dev(rx), len);
		if (!fp)
			return;
		memcpy(fc_frame_payload_get(fp, len), data, len);
		send(fr_dev(rx), fp, FC_RCTL_DD_SOL_DATA, FC_FC_REL_OFF, &to);
		to.seq_id++;
	}
	fp = fc_frame_alloc(fr_dev(rx), sizeof(*rsp) + sense_len);
	if (!fp)
		return;
	rsp = fc_frame_payload_get(fp, sizeof(*rsp));
	memset(rsp, 0, sizeof(*rsp));
	rsp->resp.fr_status = status;
	if (sense_len) {
		rsp->resp.fr_flags |= FCP_SNS_LEN_VAL;
		rsp->ext.fr_sns_len = htonl(sense_len);
		memcpy(rsp + 1, sense, sense_len);
	}
	if (resid) {
		rsp->resp.fr_flags |= FCP_RESID_UNDER;
		rsp->ext.fr_resid = htonl(resid);
	}
	send(fr_dev(rx), fp, FC_RCTL_DD_CMD_STATUS, FC_FC_LAST_SEQ, &to);
}

/**
 * sec_reply_tmf() - answer a task management function
 * @rx:		its FCP_CMND frame; the caller holds its local port
 * @code:	RSP_CODE, FCP-4 table 35
 *
 * Context: process.
 */
void sec_reply_tmf(struct fc_frame *rx, u8 code)
{
	struct reply_to to = reply_to(rx);
	struct fcp_resp_with_ext *rsp;
	struct fcp_resp_rsp_info *info;
	struct fc_frame *fp;

	fp = fc_frame_alloc(fr_dev(rx), sizeof(*rsp) + sizeof(*info));
	if (!fp)
		return;
	rsp = fc_frame_payload_get(fp, sizeof(*rsp));
	memset(rsp, 0, sizeof(*rsp) + sizeof(*info));
	rsp->resp.fr_flags = FCP_RSP_LEN_VAL;
	rsp->ext.fr_rsp_len = htonl(sizeof(*info));
	info = (struct fcp_resp_rsp_info *)(rsp + 1);
	info->rsp_code = code;
	send(fr_dev(rx), fp, FC_RCTL_DD_CMD_STATUS, FC_FC_LAST_SEQ, &to);
}
