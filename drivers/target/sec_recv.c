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

#include <linux/crc32.h>
#include <linux/module.h>
#include <scsi/fc/fc_fcp.h>
#include "sec.h"

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
	return s;
}

/*
 * May a frame of command @id go into the slot? Ids ascend within a slot, so an
 * older one belongs to a command that has been answered.
 */
static bool claim(struct sec_slot *slot, u64 id)
{
	struct sec_session *s = slot->session;

	lockdep_assert_held(&slot->lock);
	if (slot->state == SEC_SLOT_FILLING && slot->id == id)
		return true;
	if (id <= slot->id) {
		sec_count(s, SEC_C_STALE);
		return false;
	}
	/* Data of a command that never came or was refused gives way. */
	if (slot->state == SEC_SLOT_FREE ||
	    (slot->state == SEC_SLOT_FILLING && !slot->known)) {
		pprc_fill_reset(&slot->fill);
		slot->state = SEC_SLOT_FILLING;
		slot->known = false;
		slot->id = id;
		return true;
	}
	sec_count(s, SEC_C_BAD_FRAME);
	return false;
}

/* Command and data are there: hand the slot on. */
static void complete_slot(struct sec_slot *slot)
{
	lockdep_assert_held(&slot->lock);
	slot->state = SEC_SLOT_BUSY;
	slot->tries = 0;
	refcount_inc(&slot->session->busy);
	queue_work(sec_wq, &slot->work);
}

/*
 * FCP_DATA is the one kind of frame whose CRC the driver leaves to us. A frame
 * with a wrong one is a lost frame.
 */
static bool crc_ok(struct fc_frame *fp)
{
	struct sk_buff *skb = fp_skb(fp);

	if (!(fr_flags(fp) & FCPHF_CRC_UNCHECKED))
		return true;
	if (skb_is_nonlinear(skb))
		return false;
	return le32_to_cpu((__force __le32)fr_crc(fp)) ==
	       ~crc32(~0, skb->data, skb->len);
}

static void place(struct sec_slot *slot, const struct fc_frame *fp, u32 skip,
		  u32 offset, u32 len)
{
	/* A frame's data is aligned to its chunk: it never leaves a page. */
	void *to = page_address(slot->pages[offset >> PAGE_SHIFT]) +
		   offset_in_page(offset);

	skb_copy_bits(fp_skb((struct fc_frame *)fp), skip, to, len);
}

static void recv_data(struct fc_lport *lport, struct fc_frame *fp)
{
	const struct fc_frame_header *fh = fc_frame_header_get(fp);
	const u32 skip = sizeof(*fh) + sizeof(struct pprc_device_header);
	struct pprc_device_header dh;
	struct sec_session *s;
	struct sec_slot *slot;
	u32 f_ctl, offset, len;

	f_ctl = ntoh24(fh->fh_f_ctl);
	if (fh->fh_df_ctl != PPRC_DF_CTL_DEVHDR16 || fr_len(fp) <= skip ||
	    !(f_ctl & FC_FC_REL_OFF) || (f_ctl & FC_FC_EX_CTX) ||
	    skb_copy_bits(fp_skb(fp), sizeof(*fh), &dh, sizeof(dh)))
		return;
	offset = ntohl(fh->fh_parm_offset);
	len = fr_len(fp) - skip;

	rcu_read_lock();
	s = session_of(lport, fp, be32_to_cpu(dh.session));
	if (!s)
		goto out;
	if (be16_to_cpu(dh.slot) >= s->nr_slots || !dh.cmd_id) {
		sec_count(s, SEC_C_BAD_FRAME);
		goto out;
	}
	if (!crc_ok(fp)) {
		sec_count(s, SEC_C_BAD_CRC);
		goto out;
	}
	slot = &s->slots[be16_to_cpu(dh.slot)];
	spin_lock_bh(&slot->lock);
	if (!claim(slot, be64_to_cpu(dh.cmd_id)))
		goto unlock;
	if (!slot->known)
		sec_count(s, SEC_C_EARLY);
	switch (pprc_fill_frame(&slot->fill, offset, len)) {
	case PPRC_FILL_NEW:
		place(slot, fp, skip, offset, len);
		if (pprc_fill_complete(&slot->fill))
			complete_slot(slot);
		break;
	case PPRC_FILL_DUP:
		sec_count(s, SEC_C_DUP);
		break;
	case PPRC_FILL_BAD:
		sec_count(s, SEC_C_BAD_FRAME);
		break;
	}
unlock:
	spin_unlock_bh(&slot->lock);
out:
	rcu_read_unlock();
}

/* Is it a write or flush that can go into a slot of a session? */
static bool wants_slot(const struct pprc_fcp_cmnd *cmnd, u32 len)
{
	const union pprc_cdb *cdb = (const void *)cmnd->cdb;
	u16 action;

	if (len < sizeof(*cmnd) || cmnd->tm_flags ||
	    cmnd->flags >> 2 != PPRC_FCP_ADD_CDB_WORDS ||
	    cmnd->cdb[0] != PPRC_CDB_OPCODE)
		return false;
	action = get_unaligned_be16(&cdb->hdr.action);
	return action == PPRC_SA_WRITE || action == PPRC_SA_FLUSH;
}

/* Does FCP_CMND say the same of the data as the extended CDB? */
static bool data_agrees(const struct pprc_fcp_cmnd *cmnd,
			const union pprc_cdb *cdb, u32 f_ctl)
{
	bool write = be16_to_cpu(cdb->hdr.action) == PPRC_SA_WRITE;

	if ((cmnd->flags & (FCP_CFL_RDDATA | FCP_CFL_WRDATA)) !=
	    (write ? FCP_CFL_WRDATA : 0) || !cmnd->dl != !write)
		return false;
	/* A writer that gives SEQUENCE INITIATIVE away awaits FCP_XFER_RDY. */
	return !write || !(f_ctl & FC_FC_SEQ_INIT);
}

/* Return: false when the command needs an answer from sec_control.c. */
static bool recv_slot_cmnd(struct fc_lport *lport, struct fc_frame *fp,
			   const struct pprc_fcp_cmnd *cmnd)
{
	const struct fc_frame_header *fh = fc_frame_header_get(fp);
	struct sec_session *s;
	struct sec_slot *slot;
	union pprc_cdb cdb;
	bool taken = false;

	memcpy(&cdb, cmnd->cdb, sizeof(cdb));
	if (pprc_cdb_check(&cdb) != PPRC_R_GOOD ||
	    !data_agrees(cmnd, &cdb, ntoh24(fh->fh_f_ctl)))
		return false;
	rcu_read_lock();
	s = session_of(lport, fp, be32_to_cpu(cdb.hdr.session));
	if (!s || be16_to_cpu(cdb.hdr.slot) >= s->nr_slots)
		goto out;
	taken = true;
	slot = &s->slots[be16_to_cpu(cdb.hdr.slot)];
	spin_lock_bh(&slot->lock);
	if (!claim(slot, be64_to_cpu(cdb.hdr.cmd_id)))
		goto unlock;
	if (slot->known) {
		sec_count(s, SEC_C_DUP);
		goto unlock;
	}
	slot->known = true;
	slot->payload = cdb;
	slot->ox_id = ntohs(fh->fh_ox_id);
	slot->lun = scsilun_to_int((struct scsi_lun *)cmnd->lun);
	if (!pprc_fill_expect(&slot->fill, be32_to_cpu(cmnd->dl)))
		sec_slot_refuse(slot, PPRC_R_BAD_LENGTH);
	else if (pprc_fill_complete(&slot->fill))
		complete_slot(slot);
unlock:
	spin_unlock_bh(&slot->lock);
out:
	rcu_read_unlock();
	return taken;
}

static bool recv_cmnd(struct fc_lport *lport, struct fc_frame *fp)
{
	const struct pprc_fcp_cmnd *cmnd;
	u32 len = fr_len(fp) - sizeof(struct fc_frame_header);

	if (skb_is_nonlinear(fp_skb(fp)))
		return true;		/* too odd to be answered */
	cmnd = fc_frame_payload_get(fp, 0);
	return wants_slot(cmnd, len) && recv_slot_cmnd(lport, fp, cmnd);
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
	if (fr_len(fp) < sizeof(struct fc_frame_header)) {
		fc_frame_free(fp);
		return;
	}
	switch (fc_frame_rctl(fp)) {
	case FC_RCTL_DD_SOL_DATA:
		recv_data(lport, fp);
		break;
	case FC_RCTL_DD_UNSOL_CMD:
		if (!recv_cmnd(lport, fp)) {
			sec_control_queue(lport, fp);
			return;
		}
		break;
	default:
		break;
	}
	fc_frame_free(fp);
}
