// SPDX-License-Identifier: GPL-2.0
/*
 * A remote leg onto the wire: one FCP_CMND with the extended CDB, then, without
 * awaiting anything, the FCP_DATA frames, their pages those of the host's own
 * scatterlist.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/highmem.h>
#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/scatterlist.h>
#include <scsi/fc/fc_fcp.h>
#include <scsi/fc_frame.h>
#include <pprc/crc.h>
#include "pri.h"
#include "pri_trace.h"

/* A position in a scatterlist. */
struct sg_pos {
	struct scatterlist	*sg;
	u32			off;
};

/* The next piece at @pos, at most @want bytes and within one page. */
static u32 sg_piece(struct sg_pos *pos, u32 want, struct page **page, u32 *off)
{
	u32 at, len;

	if (pos->off == pos->sg->length) {
		pos->sg = sg_next(pos->sg);
		pos->off = 0;
	}
	at = pos->sg->offset + pos->off;
	*page = sg_page(pos->sg) + (at >> PAGE_SHIFT);
	*off = offset_in_page(at);
	len = min3(want, pos->sg->length - pos->off,
		   (u32)PAGE_SIZE - *off);
	pos->off += len;
	return len;
}

/**
 * pri_payload_crc() - digest of a write's data
 * @cmd:	the write
 *
 * Context: process.
 * Return: CRC-32C of pri_cmd_bytes() bytes.
 */
u32 pri_payload_crc(struct pri_cmd *cmd)
{
	struct sg_pos pos = { scsi_sglist(cmd->sc), 0 };
	u32 left = pri_cmd_bytes(cmd);
	u32 crc = PPRC_CRC_SEED;

	while (left) {
		struct page *page;
		u32 off, len;
		void *p;

		len = sg_piece(&pos, left, &page, &off);
		p = kmap_local_page(page);
		crc = pprc_crc_add(crc, p + off, len);
		kunmap_local(p);
		left -= len;
	}
	return pprc_crc_end(crc);
}

static void fill_device_header(struct pri_xchg *x, struct pri_cmd *cmd,
			       struct fc_frame *fp)
{
	struct pprc_device_header *dh = fc_frame_payload_get(fp, sizeof(*dh));

	dh->session = cpu_to_be32(x->session_id);
	dh->slot = cpu_to_be16(cmd->slot);
	dh->rsvd6 = 0;
	dh->cmd_id = cpu_to_be64(x->expect_id);
}

/* Attach @len bytes at @pos to the frame without copying them. */
static bool frame_attach(struct fc_frame *fp, struct sg_pos *pos, u32 len)
{
	struct sk_buff *skb = fp_skb(fp);
	struct sg_pos at = *pos;

	while (len) {
		int n = skb_shinfo(skb)->nr_frags;
		struct page *page;
		u32 off, piece;

		piece = sg_piece(&at, len, &page, &off);
		/* Slab memory takes no page references. */
		if (n == FC_FRAME_SG_LEN || !sendpage_ok(page))
			return false;
		get_page(page);
		skb_fill_page_desc(skb, n, page, off, piece);
		skb->len += piece;
		skb->data_len += piece;
		skb->truesize += PAGE_SIZE;
		len -= piece;
	}
	*pos = at;
	return true;
}

static void frame_copy(struct fc_frame *fp, struct sg_pos *pos, u32 len)
{
	u8 *to = (u8 *)(fc_frame_header_get(fp) + 1) +
		 sizeof(struct pprc_device_header);

	while (len) {
		struct page *page;
		u32 off, piece;
		void *p;

		piece = sg_piece(pos, len, &page, &off);
		p = kmap_local_page(page);
		memcpy(to, p + off, piece);
		kunmap_local(p);
		to += piece;
		len -= piece;
	}
}

static struct fc_frame *data_frame(struct pri_xchg *x, struct pri_cmd *cmd,
				   struct sg_pos *pos, u32 len)
{
	const u32 hdr = sizeof(struct pprc_device_header);
	struct fc_lport *lport = x->pl->lport;
	struct fc_frame *fp;

	if (lport->sg_supp) {
		fp = fc_frame_alloc(lport, hdr);
		if (!fp || frame_attach(fp, pos, len))
			return fp;
		fc_frame_free(fp);
	}
	fp = fc_frame_alloc(lport, hdr + len);
	if (fp)
		frame_copy(fp, pos, len);
	return fp;
}

/*
 * All data frames, one after the other. A frame that cannot be built or sent
 * is lost like any other: the answer will be missing.
 */
static void send_data(struct pri_xchg *x, struct pri_cmd *cmd)
{
	struct sg_pos pos = { scsi_sglist(cmd->sc), 0 };
	struct fc_lport *lport = x->pl->lport;
	u32 total = pri_cmd_bytes(cmd);
	struct fc_seq *seq;
	u32 offset;

	seq = fc_seq_start_next(x->seq);
	for (offset = 0; offset < total; offset += x->chunk) {
		u32 len = min_t(u32, x->chunk, total - offset);
		u32 f_ctl = FC_FC_REL_OFF;
		struct fc_frame *fp;

		fp = data_frame(x, cmd, &pos, len);
		if (!fp)
			break;
		if (offset + len == total)
			f_ctl |= FC_FC_END_SEQ | FC_FC_SEQ_INIT;
		fc_fill_fc_hdr(fp, FC_RCTL_DD_SOL_DATA, x->did, x->sid,
			       FC_TYPE_FCP, f_ctl, offset);
		fc_frame_header_get(fp)->fh_df_ctl = PPRC_DF_CTL_DEVHDR16;
		fill_device_header(x, cmd, fp);
		if (fc_seq_send(lport, seq, fp))
			break;
	}
}

static void build_cdb(struct pri_xchg *x, struct pri_cmd *cmd,
		      union pprc_cdb *cdb)
{
	struct pri_pair *pair = cmd->pair;

	pprc_cdb_init(cdb, cmd->op == PRI_WRITE ? PPRC_SA_WRITE :
		      PPRC_SA_FLUSH);
	cdb->hdr.flags = cpu_to_be32(cmd->op == PRI_WRITE && cmd->fua ?
				     PPRC_WF_FUA : 0);
	cdb->hdr.session = cpu_to_be32(x->session_id);
	cdb->hdr.slot = cpu_to_be16(cmd->slot);
	cdb->hdr.cmd_id = cpu_to_be64(x->expect_id);
	cdb->hdr.pair = cpu_to_be64(pair->id);
	cdb->hdr.generation = cpu_to_be64(pair->generation);
	cdb->write.floor = cpu_to_be64(cmd->floor);
	cdb->write.issued_ns = cpu_to_be64(ktime_get_real_ns());
	if (cmd->op == PRI_WRITE) {
		cdb->write.lba = cpu_to_be64(cmd->lba);
		cdb->write.blocks = cpu_to_be32(cmd->blocks);
		cdb->write.payload_crc = cpu_to_be32(cmd->payload_crc);
		cdb->write.bytes = cpu_to_be32(pri_cmd_bytes(cmd));
	}
	pprc_cdb_seal(cdb);
}

/**
 * pri_send() - send the remote leg of a command
 * @s:		its session
 * @cmd:	write or flush that has a slot; the caller holds one of its legs,
 *		so its pages stay whatever becomes of the session
 *
 * Context: process.
 * Return: 0 when it is under way or has been ended with its session; -EAGAIN
 * when it was put back to wait.
 */
int pri_send(struct pri_session *s, struct pri_cmd *cmd)
{
	u32 dl = cmd->op == PRI_WRITE ? pri_cmd_bytes(cmd) : 0;
	struct pprc_path path;
	struct fc_frame *fp;
	union pprc_cdb cdb;
	struct pri_xchg *x;

	if (!pri_session_path(s, cmd, &path))
		return 0;
	/* The driver's queue is full: what waits here can still be fair. */
	x = path.pl->lport->qfull ? NULL : pri_xchg_alloc(s, &path, GFP_NOIO);
	pprc_lport_unuse(path.pl);
	pprc_lport_put(path.pl);
	if (!x)
		goto retry;
	if (!pri_session_begin(s, cmd, x)) {
		pri_xchg_put(x);
		return 0;
	}
	trace_pri_remote_start(cmd, x->session_id, x->expect_id);
	build_cdb(x, cmd, &cdb);
	fp = pri_cmnd_frame(x, &cdb, cmd->pair->secondary_lun, dl);
	if (!fp || pri_xchg_open(x, fp)) {
		pri_session_detach(x);
		pri_xchg_put(x);
		goto retry;
	}
	if (dl)
		send_data(x, cmd);
	pri_xchg_put(x);
	return 0;
retry:
	pri_session_retry(s, cmd);
	return -EAGAIN;
}
