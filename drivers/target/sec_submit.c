// SPDX-License-Identifier: GPL-2.0
/*
 * A complete slot: check, hand to LIO, answer.
 *
 * The answer leaves from release_cmd, when LIO has let go of the command and
 * its pages: so a credit never comes back to the primary before the slot can
 * take the next write. A write with FUA becomes a write, then a flush, then
 * the answer: LIO's iblock drops FUA silently on devices that have none.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/sched/mm.h>
#include <scsi/scsi_common.h>
#include <scsi/scsi_proto.h>
#include <pprc/crc.h>
#include "sec.h"
#include "sec_trace.h"

/* How often LIO is asked when it has something else to say first. */
#define SEC_TRIES	8
/* What a command gets that finds another backstore behind its LUN. */
#define OTHER_DEVICE	TCM_LOGICAL_UNIT_COMMUNICATION_FAILURE

/* SPC-4 annex D */
#define ASC_LUN_NOT_SUPPORTED	0x25
#define ASC_WRITE_PROTECTED	0x27

static bool is_write(const struct sec_slot *slot)
{
	return !pprc_cdb_is_flush(&slot->payload);
}

static bool wants_fua(const struct sec_slot *slot)
{
	return is_write(slot) &&
	       (be32_to_cpu(slot->payload.hdr.flags) & PPRC_WF_FUA);
}

/* Build the answer while the slot is still ours. */
static void make_answer(struct sec_slot *slot, enum pprc_reason reason,
			struct pprc_answer *a)
{
	struct scsi_sense_hdr sshdr;

	memset(a, 0, sizeof(*a));
	a->reason = reason;
	a->session = slot->session->id;
	a->cmd_id = slot->id;
	sec_grant(slot->session, a);
	if ((reason == PPRC_R_BACKSTORE || reason == PPRC_R_BAD_LUN) &&
	    scsi_normalize_sense(slot->sense, sizeof(slot->sense), &sshdr)) {
		a->key = sshdr.sense_key;
		a->asc = sshdr.asc;
		a->ascq = sshdr.ascq;
	}
}

static void log_refusal(struct sec_slot *slot, const struct pprc_answer *a)
{
	struct sec_session *s = slot->session;

	sec_refused(s, s->peer, &slot->payload, a->reason);
	pr_warn_ratelimited("session %s: %s refused (%s, sense %x/%02x/%02x), LUN %u, block %llu: %s\n",
			    s->name, is_write(slot) ? "write" : "flush",
			    pprc_reason_name(a->reason), a->key, a->asc,
			    a->ascq, slot->lun,
			    be64_to_cpu(slot->payload.write.lba),
			    pprc_reason_text(a->reason));
}

/**
 * sec_slot_refuse() - answer a command that has not been submitted
 * @slot:	slot being filled, its command is known; free afterwards
 * @reason:	why
 *
 * Context: any but hard interrupt; @slot->lock held.
 */
void sec_slot_refuse(struct sec_slot *slot, enum pprc_reason reason)
{
	struct pprc_answer a;

	lockdep_assert_held(&slot->lock);
	make_answer(slot, reason, &a);
	log_refusal(slot, &a);
	slot->reason = reason;
	slot->state = SEC_SLOT_FREE;
	sec_reply(slot->session, slot->ox_id, &a);
}

/**
 * sec_slot_answer() - say what has become of a slot's command
 * @slot:	slot whose command is known
 * @ox_id:	exchange that asks
 * @reason:	how the command ended; PPRC_R_PARTIAL, and what is missing is
 *		added; or PPRC_R_IN_PROGRESS
 *
 * Context: any but hard interrupt; @slot->lock held.
 */
void sec_slot_answer(struct sec_slot *slot, u16 ox_id, enum pprc_reason reason)
{
	struct pprc_answer a;

	lockdep_assert_held(&slot->lock);
	make_answer(slot, reason, &a);
	if (reason == PPRC_R_PARTIAL) {
		a.nr_missing = pprc_fill_missing(&slot->fill, a.missing,
						 ARRAY_SIZE(a.missing));
		slot->reported = a.nr_missing < ARRAY_SIZE(a.missing);
	}
	sec_reply(slot->session, ox_id, &a);
}

/* How the command ended is logged or counted. slot->lock held. */
static void account(struct sec_slot *slot, const struct pprc_answer *a)
{
	struct sec_session *s = slot->session;

	lockdep_assert_held(&slot->lock);
	if (a->reason != PPRC_R_GOOD) {
		log_refusal(slot, a);
	} else if (is_write(slot)) {
		sec_count(s, SEC_C_WRITES);
		atomic64_add(slot->fill.total, &s->counts[SEC_C_WRITE_BYTES]);
	} else {
		sec_count(s, SEC_C_FLUSHES);
	}
}

/* The command was refused already, but now the pair can be resumed. */
static void late_ended(struct sec_slot *slot)
{
	lockdep_assert_held(&slot->lock);
	pr_notice_ratelimited("session %s: the backstore of LUN %u has ended a late command after %u ms\n",
			      slot->session->name, slot->lun,
			      jiffies_to_msecs(jiffies - slot->since));
	queue_work(sec_ctl_wq, &slot->session->resize);
}

/* The command has ended: free the slot, then answer. */
static void finish(struct sec_slot *slot, enum pprc_reason reason)
{
	struct sec_session *s = slot->session;
	struct pprc_answer a;
	u16 ox_id;

	trace_sec_cmd_done(slot, reason);
	make_answer(slot, reason, &a);
	spin_lock_bh(&slot->lock);
	ox_id = slot->ox_id;
	slot->reason = reason;
	if (slot->state == SEC_SLOT_LATE) {
		late_ended(slot);
		/* A frame may have found it earlier; none is to fill it. */
		slot->state = SEC_SLOT_GONE;
	} else {
		account(slot, &a);
		slot->state = SEC_SLOT_FREE;
	}
	spin_unlock_bh(&slot->lock);
	/* The slot may be filling again; the session is held by @busy. */
	sec_reply(s, ox_id, &a);
	sec_session_idle(s);
}

static u32 payload_crc(const struct sec_slot *slot)
{
	u32 left = slot->fill.total, crc = PPRC_CRC_SEED;
	struct scatterlist *sg = slot->sg;

	for (; left; sg++) {
		u32 len = min(left, sg->length);

		crc = pprc_crc_add(crc, sg_virt(sg), len);
		left -= len;
	}
	return pprc_crc_end(crc);
}

static void build_write16(const struct sec_slot *slot, u8 *cdb)
{
	cdb[0] = WRITE_16;
	put_unaligned_be64(be64_to_cpu(slot->payload.write.lba), cdb + 2);
	put_unaligned_be32(be32_to_cpu(slot->payload.write.blocks), cdb + 10);
}

/*
 * Hand the command to LIO. sec_release_cmd() ends it, maybe at once. The caller
 * sees to it that no allocation of LIO's or of its backstore waits for a disk.
 */
static void submit(struct sec_slot *slot, bool flush)
{
	struct sec_session *s = slot->session;
	u32 len = flush ? 0 : slot->fill.total;
	struct se_cmd *se_cmd = &slot->se_cmd;
	u8 cdb[16] = {};
	unsigned int nents = 0;

	if (flush)
		cdb[0] = SYNCHRONIZE_CACHE_16;
	else
		build_write16(slot, cdb);

	memset(se_cmd, 0, sizeof(*se_cmd));
	memset(slot->sense, 0, sizeof(slot->sense));
	slot->status = SEC_NO_STATUS;
	slot->flushing = flush;
	trace_sec_cmd_start(slot, flush);
	if (target_init_cmd(se_cmd, s->se_sess, slot->sense, slot->lun, len,
			    TCM_SIMPLE_TAG, flush ? DMA_NONE : DMA_TO_DEVICE,
			    0)) {
		slot->flushing = false;
		finish(slot, PPRC_R_ABORTED);
		return;
	}
	se_cmd->tag = slot->id;
	if (len)
		nents = sec_slot_cut_sg(slot, len);
	if (target_submit_prep(se_cmd, cdb, nents ? slot->sg : NULL, nents,
			       NULL, 0, NULL, 0, GFP_NOIO))
		return;		/* answered already, from sec_release_cmd() */
	/* An administrator may have put another backstore behind the LUN. */
	if (se_cmd->se_dev->dev_index != slot->dev_index)
		transport_generic_request_failure(se_cmd, OTHER_DEVICE);
	else
		target_submit(se_cmd);
}

static void submit_work(struct sec_slot *slot)
{
	enum pprc_reason reason;

	if (READ_ONCE(slot->state) == SEC_SLOT_LATE) {
		finish(slot, PPRC_R_BACKSTORE_LATE);
		return;
	}
	if (slot->flushing) {
		submit(slot, true);
		return;
	}
	reason = sec_pair_check(slot);
	if (reason == PPRC_R_GOOD && is_write(slot) &&
	    payload_crc(slot) != be32_to_cpu(slot->payload.write.payload_crc))
		reason = PPRC_R_PAYLOAD_DIGEST;
	if (reason != PPRC_R_GOOD)
		finish(slot, reason);
	else
		submit(slot, !is_write(slot));
}

/**
 * sec_submit_work() - a slot is complete
 * @work:	its work item
 *
 * Memory that is short must not make it wait for a disk: for one that hangs,
 * or for the /dev/sdX of a pair in the other direction, whose writes wait for
 * work like this one.
 *
 * Context: process.
 */
void sec_submit_work(struct work_struct *work)
{
	unsigned int noio = memalloc_noio_save();

	submit_work(container_of(work, struct sec_slot, work));
	memalloc_noio_restore(noio);
}

/**
 * sec_queue_status() - LIO has a status
 * @se_cmd:	the command
 *
 * Context: process.
 * Return: 0.
 */
int sec_queue_status(struct se_cmd *se_cmd)
{
	struct sec_slot *slot = container_of(se_cmd, struct sec_slot, se_cmd);

	slot->status = se_cmd->scsi_status;
	return 0;
}

/*
 * LIO reports changes of its own configuration, such as another LUN of the
 * same ACL, by failing the next command with UNIT ATTENTION. That says nothing
 * of the write; it is to be asked again.
 */
static bool worth_retry(const struct sec_slot *slot)
{
	struct scsi_sense_hdr sshdr;

	if (slot->status == SAM_STAT_BUSY ||
	    slot->status == SAM_STAT_TASK_SET_FULL)
		return true;
	return slot->status == SAM_STAT_CHECK_CONDITION &&
	       scsi_normalize_sense(slot->sense, sizeof(slot->sense),
				    &sshdr) &&
	       sshdr.sense_key == UNIT_ATTENTION;
}

/* LIO's status as a reason of ours. */
static enum pprc_reason reason_of(const struct sec_slot *slot)
{
	struct scsi_sense_hdr sshdr;

	if (slot->status == SAM_STAT_GOOD)
		return PPRC_R_GOOD;
	if (slot->status == SEC_NO_STATUS)
		return PPRC_R_ABORTED;
	/* The LUN was unmapped, or mapped read-only, since the pair began. */
	if (scsi_normalize_sense(slot->sense, sizeof(slot->sense), &sshdr) &&
	    (sshdr.asc == ASC_LUN_NOT_SUPPORTED ||
	     sshdr.asc == ASC_WRITE_PROTECTED))
		return PPRC_R_BAD_LUN;
	return PPRC_R_BACKSTORE;
}

/**
 * sec_release_cmd() - LIO has let go of a command
 * @se_cmd:	the command; LIO does not look at it again
 *
 * Context: process.
 */
void sec_release_cmd(struct se_cmd *se_cmd)
{
	struct sec_slot *slot = container_of(se_cmd, struct sec_slot, se_cmd);
	enum pprc_reason reason = reason_of(slot);

	if (is_write(slot))
		sec_slot_restore_sg(slot);

	/* Neither from here: LIO is on its way out of this command. */
	if (reason == PPRC_R_BACKSTORE && worth_retry(slot) &&
	    slot->tries++ < SEC_TRIES) {
		queue_work(sec_wq, &slot->work);
		return;
	}
	if (reason == PPRC_R_GOOD && wants_fua(slot) && !slot->flushing) {
		slot->flushing = true;
		queue_work(sec_wq, &slot->work);
		return;
	}
	slot->flushing = false;
	finish(slot, reason);
}
