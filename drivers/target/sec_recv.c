// SPDX-License-Identifier: GPL-2.0
/*
 * Frames into slots. Runs in the FC driver's receive context: nothing here
 * allocates, sleeps or loops over anything longer than a frame.
 *
 * Frames of one write come on several CPUs at once and in any order; data may
 * overtake its command. The first frame of a command claims the slot, data is
 * placed by its relative offset, and whoever completes the write passes the
 * slot on.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/module.h>
#include <scsi/fc/fc_fcp.h>
#include "sec.h"
#include "sec_trace.h"

/*
 * The session a frame belongs to, if it comes from that session's port.
 * RCU read lock held by the caller for as long as it uses the session.
 */
static struct sec_session *session_of(const struct fc_lport *lport,
				      const struct fc_frame *fp, u32 id)
{
	struct sec_session *s = xa_load(&sec_sessions, id);

	if (!s || s->pl->lport != lport || s->peer != fc_frame_sid(fp))
		return NULL;
	sec_heard(s);
	return s;
}

/*
 * Frames that the slot has reported missing have come late after all, or were
 * lost indeed.
 */
static void learn_gap(struct sec_slot *slot, bool early)
{
	struct sec_session *s = slot->session;

	lockdep_assert_held(&slot->lock);
	slot->reported = false;
	if (early && !slot->guessed)
		return;
	/* Slots learn beside each other; one lesson may be lost. */
	WRITE_ONCE(s->gap_us, pprc_gap_next_us(READ_ONCE(s->gap_us),
					       READ_ONCE(s->tpg->gap_us),
					       early));
}

/*
 * The last frame of a write or of a part of it has come and others have not:
 * overtaken or lost. The primary would find out by its timer; it is told sooner
 * by an answer to the exchange that brought the frame.
 */
static void await_rest(struct sec_slot *slot)
{
	struct sec_session *s = slot->session;
	u32 least = READ_ONCE(s->tpg->gap_us);
	u64 us = max(READ_ONCE(s->gap_us), least);

	lockdep_assert_held(&slot->lock);
	/* What another exchange brings may still be on its way. */
	if (!slot->known || slot->ox_id == FC_XID_UNKNOWN ||
	    slot->end_ox != slot->ox_id || !least)
		return;
	slot->gap_due_ns = ktime_get_ns() + us * NSEC_PER_USEC;
	hrtimer_start(&slot->gap, ns_to_ktime(slot->gap_due_ns),
		      HRTIMER_MODE_ABS_SOFT);
}

/**
 * sec_gap_out() - say what a write lacks
 * @timer:	the slot's
 *
 * Context: soft interrupt.
 * Return: HRTIMER_NORESTART.
 */
enum hrtimer_restart sec_gap_out(struct hrtimer *timer)
{
	struct sec_slot *slot = container_of(timer, struct sec_slot, gap);
	u16 ox_id;

	spin_lock_bh(&slot->lock);
	ox_id = slot->ox_id;
	/* By now it may be complete, hold another command or wait anew. */
	if (slot->state == SEC_SLOT_FILLING && slot->known &&
	    ox_id != FC_XID_UNKNOWN && slot->end_ox == ox_id &&
	    ktime_get_ns() >= slot->gap_due_ns) {
		/* Its exchange ends with this; the data comes on another. */
		slot->ox_id = FC_XID_UNKNOWN;
		slot->end_ox = FC_XID_UNKNOWN;
		sec_count(slot->session, SEC_C_GAPS);
		sec_slot_answer(slot, ox_id, PPRC_R_PARTIAL);
		slot->guessed = true;
	}
	spin_unlock_bh(&slot->lock);
	return HRTIMER_NORESTART;
}

/*
 * May a frame of command @id go into the slot? Ids ascend within a slot, so an
 * older one belongs to a command that has been answered.
 * Return: PPRC_R_GOOD, PPRC_R_STALE_ID or PPRC_R_SLOT_BUSY.
 */
static enum pprc_reason claim(struct sec_slot *slot, u64 id)
{
	u64 floor = READ_ONCE(slot->session->floor);

	lockdep_assert_held(&slot->lock);
	if (slot->state == SEC_SLOT_FILLING && slot->id == id)
		return PPRC_R_GOOD;
	if (id <= slot->id || id < floor)
		return PPRC_R_STALE_ID;
	/*
	 * Data of a command that never came or was refused gives way, and so
	 * does a command that the primary counts as settled: nobody will send
	 * what it lacks.
	 */
	if (slot->state == SEC_SLOT_FREE ||
	    (slot->state == SEC_SLOT_FILLING &&
	     (!slot->known || slot->id < floor))) {
		if (slot->reported)
			learn_gap(slot, false);
		slot->guessed = false;
		slot->end_ox = FC_XID_UNKNOWN;
		slot->gap_due_ns = U64_MAX;
		pprc_fill_reset(&slot->fill);
		slot->state = SEC_SLOT_FILLING;
		slot->known = false;
		slot->id = id;
		trace_sec_slot_claim(slot);
		return PPRC_R_GOOD;
	}
	return PPRC_R_SLOT_BUSY;
}

/* Command and data are there: hand the slot on. */
static void complete_slot(struct sec_slot *slot)
{
	lockdep_assert_held(&slot->lock);
	WRITE_ONCE(slot->since, jiffies);
	WRITE_ONCE(slot->state, SEC_SLOT_BUSY);
	slot->tries = 0;
	refcount_inc(&slot->session->busy);
	trace_sec_slot_filled(slot);
	if (be32_to_cpu(slot->payload.hdr.flags) & PPRC_WF_MORE)
		sec_slots_wanted(slot->session);
	queue_work(sec_wq, &slot->work);
}

/*
 * FCP_DATA is the one kind of frame whose CRC the driver leaves to us. A frame
 * with a wrong one is a lost frame.
 */
static bool crc_ok(struct fc_frame *fp)
{
	return !(fr_flags(fp) & FCPHF_CRC_UNCHECKED) ||
	       le32_to_cpu((__force __le32)fr_crc(fp)) == sec_crc(fp_skb(fp));
}

static void place(struct sec_slot *slot, const struct fc_frame *fp, u32 skip,
		  u32 offset, u32 len)
{
	/* A frame's data is aligned to its chunk: it never leaves a page. */
	void *to = page_address(slot->pages[offset >> PAGE_SHIFT]) +
		   offset_in_page(offset);

	skb_copy_bits(fp_skb((struct fc_frame *)fp), skip, to, len);
}

/* A data frame for a granted slot, its CRC is good. */
static void fill_slot(struct sec_slot *slot, const struct fc_frame *fp, u64 id,
		      u32 skip)
{
	struct sec_session *s = slot->session;
	const struct fc_frame_header *fh = fc_frame_header_get(fp);
	u32 offset = ntohl(fh->fh_parm_offset), len = fr_len(fp) - skip;
	bool last = ntoh24(fh->fh_f_ctl) & FC_FC_END_SEQ;
	enum pprc_reason claimed;

	spin_lock_bh(&slot->lock);
	claimed = claim(slot, id);
	if (claimed != PPRC_R_GOOD) {
		sec_dropped(s, s->peer, claimed == PPRC_R_STALE_ID ?
			    SEC_D_STALE : SEC_D_SLOT_BUSY);
		if (id == slot->id && slot->reported)
			learn_gap(slot, true);
		goto unlock;
	}
	if (!slot->known)
		sec_count(s, SEC_C_EARLY);
	if (last)
		slot->end_ox = ntohs(fh->fh_ox_id);
	switch (pprc_fill_frame(&slot->fill, offset, len)) {
	case PPRC_FILL_NEW:
		place(slot, fp, skip, offset, len);
		if (pprc_fill_complete(&slot->fill))
			complete_slot(slot);
		else if (last)
			await_rest(slot);
		break;
	case PPRC_FILL_DUP:
		sec_dropped(s, s->peer, SEC_D_DUP);
		if (slot->reported)
			learn_gap(slot, true);
		if (last)
			await_rest(slot);
		break;
	case PPRC_FILL_BAD:
		sec_dropped(s, s->peer, SEC_D_BAD_OFFSET);
		break;
	}
unlock:
	spin_unlock_bh(&slot->lock);
}

static void recv_data(struct fc_lport *lport, struct fc_frame *fp)
{
	const struct fc_frame_header *fh = fc_frame_header_get(fp);
	const u32 skip = sizeof(*fh) + sizeof(struct pprc_device_header);
	u32 f_ctl = ntoh24(fh->fh_f_ctl), port = ntoh24(fh->fh_s_id);
	struct pprc_device_header dh;
	struct sec_session *s;
	struct sec_slot *slot;

	if (fh->fh_df_ctl != PPRC_DF_CTL_DEVHDR16 || fr_len(fp) <= skip ||
	    !(f_ctl & FC_FC_REL_OFF) || (f_ctl & FC_FC_EX_CTX) ||
	    skb_copy_bits(fp_skb(fp), sizeof(*fh), &dh, sizeof(dh))) {
		sec_dropped(NULL, port, crc_ok(fp) ? SEC_D_MALFORMED :
			    SEC_D_BAD_CRC);
		return;
	}
	rcu_read_lock();
	s = session_of(lport, fp, be32_to_cpu(dh.session));
	slot = s ? sec_slot_get(s, be16_to_cpu(dh.slot)) : NULL;
	/* A damaged frame may name any slot, so that comes last. */
	if (!s)
		sec_dropped(NULL, port, SEC_D_STRAY);
	else if (!crc_ok(fp))
		sec_dropped(s, port, SEC_D_BAD_CRC);
	else if (!slot || !dh.cmd_id)
		sec_dropped(s, port, SEC_D_BAD_SLOT);
	else
		fill_slot(slot, fp, be64_to_cpu(dh.cmd_id), skip);
	rcu_read_unlock();
}

/* The service action of an FCP_CMND, or 0 when that is for others to judge. */
static u16 action_of(const struct pprc_fcp_cmnd *cmnd, u32 len)
{
	const union pprc_cdb *cdb = (const void *)cmnd->cdb;

	if (len < sizeof(*cmnd) || cmnd->tm_flags ||
	    cmnd->flags >> 2 != PPRC_FCP_ADD_CDB_WORDS ||
	    cmnd->cdb[0] != PPRC_CDB_OPCODE)
		return 0;
	return get_unaligned_be16(&cdb->hdr.action);
}

/* Does FCP_CMND say the same of the data as the extended CDB? */
static bool data_agrees(const struct pprc_fcp_cmnd *cmnd,
			const union pprc_cdb *cdb, u32 f_ctl)
{
	bool write = be16_to_cpu(cdb->hdr.action) == PPRC_SA_WRITE;

	if ((cmnd->flags & (FCP_CFL_RDDATA | FCP_CFL_WRDATA)) !=
	    (write ? FCP_CFL_WRDATA : 0) ||
	    cmnd->dl != (write ? cdb->write.bytes : 0))
		return false;
	/* A writer that gives SEQUENCE INITIATIVE away awaits FCP_XFER_RDY. */
	return !write || !(f_ctl & FC_FC_SEQ_INIT);
}

/*
 * The slot's command has come again, as a query or to bring data that was
 * missing. A query is answered at once; who resends awaits the final answer.
 */
static void repeat_command(struct sec_slot *slot, u16 ox_id, bool query)
{
	lockdep_assert_held(&slot->lock);
	if (slot->state == SEC_SLOT_FREE) {
		sec_slot_answer(slot, ox_id, slot->reason);
	} else if (slot->state == SEC_SLOT_LATE ||
		   slot->state == SEC_SLOT_GONE) {
		/* The one that takes its place answers, or is about to. */
	} else if (!query) {
		slot->ox_id = ox_id;
		if (slot->state == SEC_SLOT_FILLING)
			await_rest(slot);
	} else if (slot->state == SEC_SLOT_FILLING) {
		sec_slot_answer(slot, ox_id, PPRC_R_PARTIAL);
	} else if (slot->ox_id == FC_XID_UNKNOWN) {
		/* Nobody else awaits the final answer. */
		slot->ox_id = ox_id;
	} else {
		sec_slot_answer(slot, ox_id, PPRC_R_IN_PROGRESS);
	}
}

/* A command for a slot that has just been claimed for it. */
static void begin_command(struct sec_slot *slot, const union pprc_cdb *cdb,
			  u16 lun, u16 ox_id, bool query)
{
	lockdep_assert_held(&slot->lock);
	slot->known = true;
	slot->payload = *cdb;
	slot->ox_id = ox_id;
	slot->lun = lun;
	if (!pprc_fill_expect(&slot->fill, be32_to_cpu(cdb->write.bytes))) {
		sec_slot_refuse(slot, PPRC_R_BAD_LENGTH);
	} else if (pprc_fill_complete(&slot->fill)) {
		complete_slot(slot);
	} else if (query) {
		/* Its exchange ends with this; the data comes on another. */
		slot->ox_id = FC_XID_UNKNOWN;
		sec_slot_answer(slot, ox_id, PPRC_R_PARTIAL);
	} else {
		await_rest(slot);
	}
}

/* Does the slot know this command? An added slot has an id, but no command. */
static bool has_command(const struct sec_slot *slot, u64 id)
{
	lockdep_assert_held(&slot->lock);
	return id == slot->id && slot->payload.hdr.cmd_id &&
	       (slot->known || slot->state == SEC_SLOT_FREE);
}

/* Put a checked command into its slot. Return: PPRC_R_GOOD or why not. */
static enum pprc_reason take_command(struct sec_slot *slot,
				     const struct fc_frame *fp,
				     const struct pprc_fcp_cmnd *cmnd,
				     const union pprc_cdb *cdb)
{
	bool query = be16_to_cpu(cdb->hdr.action) == PPRC_SA_QUERY;
	bool resend = be32_to_cpu(cdb->hdr.flags) & PPRC_WF_RESEND;
	u16 ox_id = ntohs(fc_frame_header_get(fp)->fh_ox_id);
	u64 id = be64_to_cpu(cdb->hdr.cmd_id);
	struct sec_session *s = slot->session;
	enum pprc_reason reason = PPRC_R_GOOD;

	if (query || resend)
		sec_count(s, query ? SEC_C_QUERIES : SEC_C_RESENDS);
	spin_lock_bh(&slot->lock);
	if (has_command(slot, id)) {
		if (!pprc_cdb_repeats(cdb, &slot->payload))
			reason = PPRC_R_BAD_CDB;
		else if (query || resend)
			repeat_command(slot, ox_id, query);
		else	/* The network's doing: one answer is enough. */
			sec_dropped(s, s->peer, SEC_D_DUP);
		goto unlock;
	}
	if (be64_to_cpu(cdb->write.floor) > READ_ONCE(s->floor))
		WRITE_ONCE(s->floor, be64_to_cpu(cdb->write.floor));
	reason = claim(slot, id);
	if (reason == PPRC_R_STALE_ID && (query || resend)) {
		/* The answer came after all: nobody awaits another one. */
		sec_dropped(s, s->peer, SEC_D_STALE);
		reason = PPRC_R_GOOD;
		goto unlock;
	}
	if (reason != PPRC_R_GOOD)
		goto unlock;
	begin_command(slot, cdb, scsilun_to_int((struct scsi_lun *)cmnd->lun),
		      ox_id, query);
unlock:
	spin_unlock_bh(&slot->lock);
	return reason;
}

/* Somebody is there, and so many slots are granted. */
static void answer_heartbeat(struct sec_session *s, const struct fc_frame *fp,
			     const union pprc_cdb *cdb)
{
	struct pprc_answer a = {
		.reason = PPRC_R_GOOD,
		.session = s->id,
		.cmd_id = be64_to_cpu(cdb->hdr.cmd_id),
	};

	sec_count(s, SEC_C_HEARTBEATS);
	sec_slots_used(s, be16_to_cpu(cdb->heartbeat.slots),
		       be16_to_cpu(cdb->heartbeat.grant_seq));
	sec_grant(s, &a);
	sec_reply(s, ntohs(fc_frame_header_get(fp)->fh_ox_id), &a);
}

/*
 * Whatever is taken care of here and now. Return: PPRC_R_GOOD when it is,
 * otherwise what sec_control.c is to answer.
 */
static enum pprc_reason recv_at_once(struct fc_lport *lport,
				     const struct fc_frame *fp,
				     const struct pprc_fcp_cmnd *cmnd)
{
	const struct fc_frame_header *fh = fc_frame_header_get(fp);
	enum pprc_reason reason;
	struct sec_session *s;
	struct sec_slot *slot;
	union pprc_cdb cdb;

	memcpy(&cdb, cmnd->cdb, sizeof(cdb));
	reason = pprc_cdb_check(&cdb);
	if (reason != PPRC_R_GOOD)
		return reason;
	rcu_read_lock();
	s = session_of(lport, fp, be32_to_cpu(cdb.hdr.session));
	slot = s ? sec_slot_get(s, be16_to_cpu(cdb.hdr.slot)) : NULL;
	if (!s)
		reason = PPRC_R_NO_SESSION;
	else if (be16_to_cpu(cdb.hdr.action) == PPRC_SA_HEARTBEAT)
		answer_heartbeat(s, fp, &cdb);
	else if (!slot)
		reason = PPRC_R_BAD_SLOT;
	else if (!data_agrees(cmnd, &cdb, ntoh24(fh->fh_f_ctl)))
		reason = PPRC_R_BAD_LENGTH;
	else
		reason = take_command(slot, fp, cmnd, &cdb);
	rcu_read_unlock();
	return reason;
}

/*
 * A primary that sends a state change sends no heartbeats before it is answered,
 * and others may be answered first.
 */
static void note_control(struct fc_lport *lport, const struct fc_frame *fp,
			 const struct pprc_fcp_cmnd *cmnd)
{
	const union pprc_cdb *cdb = (const void *)cmnd->cdb;

	rcu_read_lock();
	session_of(lport, fp, get_unaligned_be32(&cdb->hdr.session));
	rcu_read_unlock();
}

/* Into a slot, or to sec_control.c. */
static void recv_cmnd(struct fc_lport *lport, struct fc_frame *fp)
{
	u32 len = fr_len(fp) - sizeof(struct fc_frame_header);
	enum pprc_reason reason = PPRC_R_GOOD;
	const struct pprc_fcp_cmnd *cmnd;

	/* The driver joins the pieces of a frame if it can. */
	if (skb_is_nonlinear(fp_skb(fp))) {
		sec_dropped(NULL, fc_frame_sid(fp), SEC_D_NO_MEMORY);
		fc_frame_free(fp);
		return;
	}
	cmnd = fc_frame_payload_get(fp, 0);
	switch (action_of(cmnd, len)) {
	case PPRC_SA_WRITE:
	case PPRC_SA_FLUSH:
	case PPRC_SA_QUERY:
	case PPRC_SA_HEARTBEAT:
		reason = recv_at_once(lport, fp, cmnd);
		if (reason == PPRC_R_GOOD) {
			fc_frame_free(fp);
			return;
		}
		break;
	case PPRC_SA_STATE:
	case PPRC_SA_LOGOUT:
		note_control(lport, fp, cmnd);
		break;
	}
	sec_control_queue(lport, fp, reason);
}

/**
 * sec_recv() - libfc has a frame for the FCP target
 * @lport:	local port
 * @fp:		frame of type FCP from an exchange a remote port began; consumed
 *
 * Context: receive context of the FC driver; may be called on several CPUs at
 * once, does not sleep.
 */
void sec_recv(struct fc_lport *lport, struct fc_frame *fp)
{
	struct fc_seq *seq = fr_seq(fp);

	if (fr_len(fp) < sizeof(struct fc_frame_header)) {
		fc_frame_free(fp);
		return;
	}
	/*
	 * No primary assigns an RX_ID. libfc has made an exchange for a frame
	 * that has one, and leaves it to us.
	 */
	if (seq) {
		sec_dropped(NULL, fc_frame_sid(fp), SEC_D_MALFORMED);
		fc_frame_free(fp);
		fc_exch_done(seq);
		return;
	}
	switch (fc_frame_rctl(fp)) {
	case FC_RCTL_DD_SOL_DATA:
		recv_data(lport, fp);
		break;
	case FC_RCTL_DD_UNSOL_CMD:
		recv_cmnd(lport, fp);
		return;
	default:
		sec_dropped(NULL, fc_frame_sid(fp), SEC_D_MALFORMED);
		break;
	}
	fc_frame_free(fp);
}
