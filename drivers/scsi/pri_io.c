// SPDX-License-Identifier: GPL-2.0
/*
 * READ, WRITE and SYNCHRONIZE CACHE: the local leg, the remote leg, and what
 * becomes of the command when both have ended.
 *
 * queuecommand > pri_io_start (work) > range lock > both legs at once >
 * leg_done, last one > pri_complete. A remote leg that fails suspends the pair
 * before it ends, so the host's write completes on the local device alone.
 *
 * The host may change its memory while it is being written (O_DIRECT): then
 * the two legs need not have read the same. When that shows, because the
 * secondary finds other data than was announced, both legs are written once
 * more from a private copy, still under the range lock.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/scatterlist.h>
#include "pri.h"
#include "pri_trace.h"

/* Sense keys and codes, SPC-4 4.5.6 and annex D. */
#define ASC_READ_ERROR		0x11
#define ASC_INTERNAL_FAILURE	0x44

static struct bio_set pri_bios;

static const char *op_name(const struct pri_cmd *cmd)
{
	return cmd->op == PRI_READ ? "read" :
	       cmd->op == PRI_WRITE ? "write" : "flush";
}

static void fail_local(struct pri_cmd *cmd)
{
	struct pri_pair *pair = cmd->pair;

	if (cmd->op == PRI_READ) {
		pri_sense(cmd->sc, MEDIUM_ERROR, ASC_READ_ERROR, 0);
		return;
	}
	/*
	 * Not MEDIUM ERROR: the SCSI layer would try it again. Many a device
	 * reports a failed flush once only, and the next one would acknowledge
	 * what is lost.
	 */
	pri_sense(cmd->sc, HARDWARE_ERROR, ASC_INTERNAL_FAILURE, 0);
	/* The secondary may have what the primary has not. */
	if (READ_ONCE(pair->state) == PPRC_STATE_FULL_DUPLEX)
		pri_pair_suspend(pair, PPRC_SUSP_LOCAL_ERROR,
				 "the local device failed a %s of %u blocks at block %llu",
				 op_name(cmd), cmd->blocks, cmd->lba);
}

static void count(struct pri_cmd *cmd)
{
	struct pri_pair *pair = cmd->pair;

	if (cmd->op == PRI_READ) {
		atomic64_inc(&pair->reads);
	} else if (cmd->op == PRI_WRITE && cmd->mirrored) {
		atomic64_inc(&pair->writes);
		atomic64_add(pri_cmd_bytes(cmd), &pair->write_bytes);
	} else if (cmd->op == PRI_WRITE) {
		atomic64_inc(&pair->local_writes);
	}
}

/* For a private copy: no more pieces than fit into a bio, none if possible. */
static unsigned int copy_order(const struct pri_cmd *cmd)
{
	return get_order(DIV_ROUND_UP(pri_cmd_bytes(cmd), BIO_MAX_VECS));
}

/* Return: false when there is no memory for it. */
static bool make_copy(struct pri_cmd *cmd)
{
	const gfp_t gfp = GFP_NOIO | __GFP_COMP | __GFP_NOWARN |
			  __GFP_RETRY_MAYFAIL;
	unsigned int nents = scsi_sg_count(cmd->sc), i;
	struct scatterlist *sg;
	off_t at = 0;

	cmd->copy = sgl_alloc_order(pri_cmd_bytes(cmd), copy_order(cmd), false,
				    gfp, &cmd->copy_nents);
	if (!cmd->copy)
		return false;
	for_each_sg(cmd->copy, sg, cmd->copy_nents, i)
		at += sg_pcopy_to_buffer(scsi_sglist(cmd->sc), nents,
					 sg_virt(sg), sg->length, at);
	return true;
}

static void drop_copy(struct pri_cmd *cmd)
{
	if (cmd->copy)
		sgl_free_order(cmd->copy, copy_order(cmd));
	cmd->copy = NULL;
}

/* Both legs have ended. Any context: the last leg may be a bio's. */
static void pri_complete(struct pri_cmd *cmd)
{
	struct pri_range *range, *next;
	LIST_HEAD(granted);

	if (cmd->again && !cmd->local) {
		queue_work(cmd->pair->wq, &cmd->work);
		return;
	}
	trace_pri_cmd_done(cmd);
	drop_copy(cmd);
	if (cmd->locked) {
		cmd->locked = false;
		pri_range_unlock(&cmd->pair->ranges, &cmd->range, &granted);
		list_for_each_entry_safe(range, next, &granted, node) {
			struct pri_cmd *waiter = container_of(range,
						struct pri_cmd, range);

			list_del_init(&range->node);
			waiter->locked = true;
			queue_work(waiter->pair->wq, &waiter->work);
		}
	}
	if (cmd->local)
		fail_local(cmd);
	else
		count(cmd);
	scsi_done(cmd->sc);
}

static void leg_done(struct pri_cmd *cmd)
{
	if (atomic_dec_and_test(&cmd->legs))
		pri_complete(cmd);
}

static void local_end_io(struct bio *bio)
{
	struct pri_cmd *cmd = bio->bi_private;

	cmd->local = bio->bi_status;
	WRITE_ONCE(cmd->local_leg, false);
	bio_put(bio);
	/*
	 * A block queue ends the flushes of its users under a lock. Ending a
	 * flush of ours takes the same lock of another queue.
	 */
	if (cmd->op == PRI_FLUSH || cmd->fua)
		queue_work(pri_send_wq, &cmd->end_work);
	else
		leg_done(cmd);
}

static void io_end_work(struct work_struct *work)
{
	leg_done(container_of(work, struct pri_cmd, end_work));
}

static void local_leg(struct pri_cmd *cmd)
{
	struct pri_pair *pair = cmd->pair;
	unsigned int nents = cmd->op == PRI_FLUSH ? 0 : pri_cmd_nents(cmd);
	struct scatterlist *sg;
	struct bio *bio;
	blk_opf_t opf;
	int i;

	if (cmd->op == PRI_READ)
		opf = REQ_OP_READ;
	else if (cmd->op == PRI_FLUSH)
		opf = REQ_OP_WRITE | REQ_PREFLUSH;
	else
		opf = REQ_OP_WRITE | (cmd->fua ? REQ_FUA : 0);

	bio = bio_alloc_bioset(pprc_bdev(&pair->bdev), nents, opf, GFP_NOIO,
			       &pri_bios);
	bio->bi_iter.bi_sector = cmd->lba * (pair->block_bytes >> SECTOR_SHIFT);
	bio->bi_private = cmd;
	bio->bi_end_io = local_end_io;
	WRITE_ONCE(cmd->local_leg, true);
	for_each_sg(pri_cmd_sgl(cmd), sg, nents, i) {
		if (bio_add_page(bio, sg_page(sg), sg->length, sg->offset) !=
		    sg->length) {
			bio_io_error(bio);
			return;
		}
	}
	submit_bio(bio);
}

/* A write that both legs must read the same, come what may. */
static void need_copy(struct pri_cmd *cmd, bool again)
{
	struct pri_pair *pair = cmd->pair;

	if (again)
		atomic64_inc(&pair->rewrites);
	else if (!READ_ONCE(pair->bounce))
		return;
	if (!make_copy(cmd))
		pri_pair_suspend(pair, PPRC_SUSP_INTERNAL,
				 "there is no memory for a copy of %u bytes that the host cannot change",
				 pri_cmd_bytes(cmd));
}

static void start_legs(struct pri_cmd *cmd)
{
	struct pri_pair *pair = cmd->pair;
	bool again = cmd->again;

	cmd->again = false;
	if (cmd->op == PRI_WRITE &&
	    READ_ONCE(pair->state) == PPRC_STATE_FULL_DUPLEX)
		need_copy(cmd, again);
	cmd->local = BLK_STS_OK;
	cmd->mirrored = cmd->op != PRI_READ &&
			READ_ONCE(pair->state) == PPRC_STATE_FULL_DUPLEX;
	/* This function is a leg, too: it looks at @cmd to its end. */
	atomic_set(&cmd->legs, 2 + cmd->mirrored);
	if (cmd->mirrored) {
		if (cmd->op == PRI_WRITE)
			cmd->payload_crc = pri_payload_crc(cmd);
		pri_credit_submit(pair->session, cmd);
	}
	local_leg(cmd);
	leg_done(cmd);
}

static void io_work(struct work_struct *work)
{
	struct pri_cmd *cmd = container_of(work, struct pri_cmd, work);

	if (cmd->op == PRI_WRITE && !cmd->locked) {
		cmd->range.start = cmd->lba;
		cmd->range.last = cmd->lba + cmd->blocks - 1;
		/* If not, the range's holder queues this work again. */
		if (!pri_range_lock(&cmd->pair->ranges, &cmd->range))
			return;
		cmd->locked = true;
	}
	start_legs(cmd);
}

static void io_send_work(struct work_struct *work)
{
	struct pri_cmd *cmd = container_of(work, struct pri_cmd, send_work);

	pri_send(cmd->pair->session, cmd);
	leg_done(cmd);
}

static void io_recover_work(struct work_struct *work)
{
	struct pri_cmd *cmd = container_of(work, struct pri_cmd, recover_work);

	pri_recover_cmd(cmd);
	leg_done(cmd);
}

/**
 * pri_cmd_init() - prepare the driver part of a scsi_cmnd, once per request
 * @cmd:	the driver part
 * @sc:		the command it belongs to for good
 *
 * Context: any.
 */
void pri_cmd_init(struct pri_cmd *cmd, struct scsi_cmnd *sc)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->sc = sc;
	INIT_WORK(&cmd->work, io_work);
	INIT_WORK(&cmd->end_work, io_end_work);
	INIT_WORK(&cmd->send_work, io_send_work);
	INIT_WORK(&cmd->recover_work, io_recover_work);
	INIT_LIST_HEAD(&cmd->node);
	INIT_LIST_HEAD(&cmd->xchgs);
	INIT_LIST_HEAD(&cmd->range.node);
}

/**
 * pri_io_start() - begin a command
 * @cmd:	op, fua, lba and blocks are set
 *
 * Context: any.
 */
void pri_io_start(struct pri_cmd *cmd)
{
	cmd->locked = false;
	cmd->mirrored = false;
	cmd->again = false;
	trace_pri_cmd_start(cmd);
	queue_work(cmd->pair->wq, &cmd->work);
}

/**
 * pri_io_late() - say what keeps a command that takes very long
 * @cmd:	command under way
 *
 * Nobody else would: who waits for it is told nothing, and its local device may
 * be one that hangs without a word.
 *
 * Context: process.
 */
void pri_io_late(struct pri_cmd *cmd)
{
	/* Not that of @cmd, which may not have begun. */
	struct pri_pair *pair = cmd->sc->device->hostdata;
	const char *why;

	if (READ_ONCE(cmd->local_leg))
		why = "the local device has not ended it: check that disk";
	else if (!list_empty_careful(&cmd->range.node))
		why = "it is behind another write to the same blocks";
	else if (!READ_ONCE(cmd->mirrored))
		why = "this host has not begun it: look for memory that is short";
	else
		why = "the secondary has not ended it: check its disk and the fabric";
	pr_warn_ratelimited("pair %s: a %s of %u blocks at block %llu has taken %u s: %s\n",
			    pri_pair_name(pair), op_name(cmd), cmd->blocks,
			    cmd->lba, jiffies_to_msecs(jiffies -
			    cmd->sc->jiffies_at_alloc) / 1000, why);
}

/**
 * pri_io_send_later() - a command that waited has got a slot
 * @cmd:	the command; its remote leg cannot end before this returns
 *
 * Context: any; session->io_lock held by the caller.
 */
void pri_io_send_later(struct pri_cmd *cmd)
{
	/* A leg of its own: the remote one may end while it is being sent. */
	atomic_inc(&cmd->legs);
	queue_work(pri_send_wq, &cmd->send_work);
}

static enum pprc_susp_reason susp_of(unsigned int reason)
{
	switch (reason) {
	case PPRC_R_NO_SESSION:
	case PPRC_R_ABORTED:
		return PPRC_SUSP_PATH_LOSS;
	default:
		return PPRC_SUSP_SECONDARY_ERROR;
	}
}

/**
 * pri_remote_done() - the remote leg has ended
 * @cmd:	the command; not to be touched afterwards
 * @answer:	the secondary's answer, or NULL when there is none
 * @susp:	why the pair is suspended, without an answer
 * @why:	a clause that says it in detail, without an answer
 *
 * Anything but a GOOD answer suspends the pair first; only data that did not
 * match its digest is written once more, from a private copy.
 *
 * Context: any but hard interrupt, no lock held.
 */
void pri_remote_done(struct pri_cmd *cmd, const struct pprc_answer *answer,
		     enum pprc_susp_reason susp, const char *why)
{
	struct pri_pair *pair = cmd->pair;

	trace_pri_remote_done(cmd, answer);
	if (!answer) {
		cmd->mirrored = false;
		pri_pair_suspend(pair, susp, "%s", why);
	} else if (answer->reason == PPRC_R_PAYLOAD_DIGEST && !cmd->copy &&
		   cmd->op == PRI_WRITE) {
		/* See pri_complete(). */
		cmd->again = true;
	} else if (answer->reason != PPRC_R_GOOD) {
		cmd->mirrored = false;
		pri_pair_suspend(pair, susp_of(answer->reason),
				 "the secondary refused a %s (%s, sense %x/%02x/%02x): %s",
				 op_name(cmd), pprc_reason_name(answer->reason),
				 answer->key, answer->asc, answer->ascq,
				 pprc_reason_text(answer->reason));
		pri_session_heard(pair->session, answer);
	}
	leg_done(cmd);
}

/**
 * pri_io_init() - set up what I/O needs
 *
 * Return: 0 or -ENOMEM.
 */
int pri_io_init(void)
{
	return bioset_init(&pri_bios, 64, 0, BIOSET_NEED_BVECS);
}

/**
 * pri_io_exit() - undo pri_io_init()
 */
void pri_io_exit(void)
{
	bioset_exit(&pri_bios);
}
