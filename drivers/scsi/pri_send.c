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
	struct sg_pos pos = { pri_cmd_sgl(cmd), 0 };
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

/* Move @pos forward. */
static void sg_skip(struct sg_pos *pos, u32 bytes)
{
	while (bytes > pos->sg->length - pos->off) {
		bytes -= pos->sg->length - pos->off;
		pos->sg = sg_next(pos->sg);
		pos->off = 0;
	}
	pos->off += bytes;
}

/* One data frame. Return: false when it could not be built or sent. */
static bool send_frame(struct pri_xchg *x, struct fc_seq *seq,
		       struct pri_cmd *cmd, struct sg_pos *pos, u32 offset,
		       u32 len, bool last)
{
	u32 f_ctl = FC_FC_REL_OFF;
	struct fc_frame *fp;

	fp = data_frame(x, cmd, pos, len);
	if (!fp)
		return false;
	if (last)
		f_ctl |= FC_FC_END_SEQ | FC_FC_SEQ_INIT;
	fc_fill_fc_hdr(fp, FC_RCTL_DD_SOL_DATA, x->did, x->sid, FC_TYPE_FCP,
		       f_ctl, offset);
	fc_frame_header_get(fp)->fh_df_ctl = PPRC_DF_CTL_DEVHDR16;
	fill_device_header(x, cmd, fp);
	return !fc_seq_send(x->pl->lport, seq, fp);
}

/*
 * Data frames for @n ranges of the write, one after the other. A frame that
 * cannot be built or sent is lost like any other: it will be asked for.
 * Return: number of frames.
 */
static unsigned int send_ranges(struct pri_xchg *x, struct pri_cmd *cmd,
				const struct pprc_range *ranges,
				unsigned int n)
{
	struct fc_seq *seq = fc_seq_start_next(x->seq);
	unsigned int i, frames = 0;

	for (i = 0; i < n; i++) {
		u32 at = ranges[i].offset, end = at + ranges[i].len;
		struct sg_pos pos = { pri_cmd_sgl(cmd), 0 };

		sg_skip(&pos, at);
		for (; at < end; at += x->chunk) {
			u32 len = min_t(u32, x->chunk, end - at);
			bool last = i == n - 1 && at + len == end;

			if (!send_frame(x, seq, cmd, &pos, at, len, last))
				return frames;
			frames++;
		}
	}
	return frames;
}

static void build_cdb(struct pri_xchg *x, struct pri_cmd *cmd,
		      union pprc_cdb *cdb)
{
	struct pri_pair *pair = cmd->pair;
	bool write = cmd->op == PRI_WRITE;
	u32 flags = 0;

	pprc_cdb_init(cdb, x->kind == PRI_X_QUERY ? PPRC_SA_QUERY :
		      write ? PPRC_SA_WRITE : PPRC_SA_FLUSH);
	if (write && cmd->fua)
		flags |= PPRC_WF_FUA;
	if (x->kind == PRI_X_RESEND)
		flags |= PPRC_WF_RESEND;
	if (x->kind == PRI_X_QUERY && !write)
		flags |= PPRC_WF_OF_FLUSH;
	if (cmd->more)
		flags |= PPRC_WF_MORE;
	cdb->hdr.flags = cpu_to_be32(flags);
	cdb->hdr.session = cpu_to_be32(x->session_id);
	cdb->hdr.slot = cpu_to_be16(cmd->slot);
	cdb->hdr.cmd_id = cpu_to_be64(x->expect_id);
	cdb->hdr.pair = cpu_to_be64(pair->id);
	cdb->hdr.generation = cpu_to_be64(pair->generation);
	cdb->write.floor = cpu_to_be64(cmd->floor);
	cdb->write.issued_ns = cpu_to_be64(ktime_get_real_ns());
	if (write) {
		cdb->write.lba = cpu_to_be64(cmd->lba);
		cdb->write.blocks = cpu_to_be32(cmd->blocks);
		cdb->write.payload_crc = cpu_to_be32(cmd->payload_crc);
		cdb->write.bytes = cpu_to_be32(pri_cmd_bytes(cmd));
	}
	pprc_cdb_seal(cdb);
}

/*
 * Open an exchange with the command's extended CDB.
 * Return: 0, and @xp has the sender's reference; -EAGAIN when it could not be
 * had just now; -ECONNRESET when the command has ended or its session has.
 */
static int open_for(struct pri_session *s, struct pri_cmd *cmd,
		    enum pri_xchg_kind kind, struct pri_xchg **xp)
{
	u32 dl = kind == PRI_X_QUERY ? 0 : pri_cmd_dl(cmd);
	struct pprc_path path;
	struct fc_frame *fp;
	union pprc_cdb cdb;
	struct pri_xchg *x;

	if (!pri_credit_path(s, cmd, &path))
		return -ECONNRESET;
	/* The driver's queue is full: what waits here can still be fair. */
	x = path.pl->lport->qfull ? NULL : pri_xchg_alloc(s, &path);
	pprc_lport_unuse(path.pl);
	pprc_lport_put(path.pl);
	if (!x)
		return -EAGAIN;
	x->kind = kind;
	if (!pri_credit_begin(s, cmd, x)) {
		pri_xchg_put(x);
		return -ECONNRESET;
	}
	trace_pri_remote_start(cmd, x->session_id, x->expect_id, kind);
	build_cdb(x, cmd, &cdb);
	fp = pri_cmnd_frame(x, &cdb, cmd->pair->secondary_lun, dl);
	if (!fp || pri_xchg_open(x, fp)) {
		pri_credit_detach(x);
		pri_xchg_put(x);
		return -EAGAIN;
	}
	*xp = x;
	return 0;
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
	const struct pprc_range all = { 0, pri_cmd_dl(cmd) };
	struct pri_xchg *x;
	int ret;

	WRITE_ONCE(cmd->sending, true);
	ret = open_for(s, cmd, PRI_X_FIRST, &x);
	if (!ret) {
		if (all.len)
			send_ranges(x, cmd, &all, 1);
		pri_xchg_put(x);
	}
	if (ret == -EAGAIN) {
		pri_credit_retry(s, cmd);
		return -EAGAIN;
	}
	WRITE_ONCE(cmd->sending, false);
	return 0;
}

/**
 * pri_send_query() - ask what has become of a command
 * @s:		its session
 * @cmd:	write or flush under way; the caller holds one of its legs
 *
 * If it cannot be asked now, it will be, when it is due again.
 *
 * Context: process.
 */
void pri_send_query(struct pri_session *s, struct pri_cmd *cmd)
{
	struct pri_xchg *x;

	if (open_for(s, cmd, PRI_X_QUERY, &x))
		return;
	atomic64_inc(&s->counts[PRI_C_QUERIES]);
	pri_xchg_put(x);
}

/**
 * pri_send_missing() - send what the secondary lacks of a write, and only that
 * @s:		its session
 * @cmd:	write under way; the caller holds one of its legs
 * @ranges:	within the write
 * @n:		number of ranges, at least 1
 *
 * Context: process.
 */
void pri_send_missing(struct pri_session *s, struct pri_cmd *cmd,
		      const struct pprc_range *ranges, unsigned int n)
{
	struct pri_xchg *x;

	WRITE_ONCE(cmd->sending, true);
	if (!open_for(s, cmd, PRI_X_RESEND, &x)) {
		atomic64_inc(&s->counts[PRI_C_RESENDS]);
		atomic64_add(send_ranges(x, cmd, ranges, n),
			     &s->counts[PRI_C_RESENT_FRAMES]);
		pri_xchg_put(x);
	}
	WRITE_ONCE(cmd->sending, false);
}
