// SPDX-License-Identifier: GPL-2.0
/* SCSI commands that touch no data: what a pair says of itself. */

#include <linux/ctype.h>
#include <scsi/scsi_proto.h>
#include "pri.h"

#define VENDOR		"LINUX   "
#define PRODUCT		"PPRC PRIMARY    "
#define REVISION	"0001"

/* Additional sense codes, SPC-4 annex D. */
#define ASC_INVALID_OPCODE	0x20
#define ASC_INVALID_FIELD	0x24

#define BUF_LEN		512

/**
 * pri_sense() - end a command with CHECK CONDITION
 * @sc:		the command
 * @key:	sense key
 * @asc:	additional sense code
 * @ascq:	its qualifier
 *
 * Context: any. The caller completes the command.
 */
void pri_sense(struct scsi_cmnd *sc, u8 key, u8 asc, u8 ascq)
{
	scsi_build_sense(sc, 0, key, asc, ascq);
}

static void invalid_field(struct scsi_cmnd *sc)
{
	pri_sense(sc, ILLEGAL_REQUEST, ASC_INVALID_FIELD, 0);
}

/* Hand @len bytes to the host, no more than it has room for. */
static void reply(struct scsi_cmnd *sc, const u8 *buf, unsigned int len,
		  unsigned int alloc_len)
{
	unsigned int n = min3(len, alloc_len, scsi_bufflen(sc));

	/* SG_IO may hand over pages that are only to be read. */
	if (n && sc->sc_data_direction != DMA_FROM_DEVICE) {
		invalid_field(sc);
		return;
	}
	n = scsi_sg_copy_from_buffer(sc, buf, n);
	scsi_set_resid(sc, scsi_bufflen(sc) - n);
}

static unsigned int vpd_serial(struct pri_pair *pair, u8 *p)
{
	return sprintf(p, "%016llx", pair->id);
}

/* SPC-4 7.8.6: T10 vendor id with the pair's name, and a local NAA name. */
static unsigned int vpd_ids(struct pri_pair *pair, u8 *p)
{
	unsigned int n;

	p[0] = 0x02;			/* ASCII */
	p[1] = 0x01;			/* logical unit, T10 vendor id */
	n = scnprintf(p + 4, 200, VENDOR "%.120s %016llx",
		      pri_pair_name(pair), pair->id);
	n = ALIGN(n + 1, 4);
	p[3] = n;
	p += 4 + n;

	p[0] = 0x01;			/* binary */
	p[1] = 0x03;			/* logical unit, NAA */
	p[3] = 8;
	put_unaligned_be64(0x3ull << 60 | (pair->id & GENMASK_ULL(59, 0)),
			   p + 4);
	return 4 + n + 4 + 8;
}

/* SBC-3 6.6.4 */
static unsigned int vpd_limits(struct pri_pair *pair, u8 *p)
{
	u32 blocks = pair->max_sectors / (pair->block_bytes >> SECTOR_SHIFT);

	put_unaligned_be32(blocks, p + 8);	/* MAXIMUM TRANSFER LENGTH */
	return 0x3c;
}

static void inquiry(struct pri_pair *pair, struct scsi_cmnd *sc)
{
	static const u8 pages[] = { 0x00, 0x80, 0x83, 0xb0, 0xb1 };
	u16 alloc_len = get_unaligned_be16(sc->cmnd + 3);
	u8 buf[BUF_LEN] = {};
	unsigned int len;

	if (!(sc->cmnd[1] & 1)) {
		if (sc->cmnd[2])
			return invalid_field(sc);
		buf[2] = 0x06;			/* SPC-4 */
		buf[3] = 0x02;			/* response data format */
		buf[4] = 36 - 5;
		buf[7] = 0x02;			/* CMDQUE */
		memcpy(buf + 8, VENDOR PRODUCT REVISION, 28);
		return reply(sc, buf, 36, alloc_len);
	}

	buf[1] = sc->cmnd[2];
	switch (sc->cmnd[2]) {
	case 0x00:
		len = sizeof(pages);
		memcpy(buf + 4, pages, len);
		break;
	case 0x80:
		len = vpd_serial(pair, buf + 4);
		break;
	case 0x83:
		len = vpd_ids(pair, buf + 4);
		break;
	case 0xb0:
		len = vpd_limits(pair, buf);
		break;
	case 0xb1:
		buf[5] = 0x01;			/* non-rotating */
		len = 0x3c;
		break;
	default:
		return invalid_field(sc);
	}
	put_unaligned_be16(len, buf + 2);
	reply(sc, buf, len + 4, alloc_len);
}

/* SBC-3 6.5.5: a volatile cache may exist behind either copy. */
static unsigned int page_caching(u8 *p)
{
	p[0] = 0x08;
	p[1] = 0x12;
	p[2] = 0x04;				/* WCE */
	return 20;
}

/* SPC-4 7.5.10 */
static unsigned int page_control(u8 *p)
{
	p[0] = 0x0a;
	p[1] = 0x0a;
	p[3] = 0x10;				/* unrestricted reordering */
	return 12;
}

static void mode_sense(struct scsi_cmnd *sc, bool ten)
{
	unsigned int hdr = ten ? 8 : 4, len = hdr;
	u16 alloc_len = ten ? get_unaligned_be16(sc->cmnd + 7) : sc->cmnd[4];
	u8 page = sc->cmnd[2] & 0x3f, pc = sc->cmnd[2] >> 6;
	u8 buf[BUF_LEN] = {};

	if (pc == 3)				/* saved values: none */
		return pri_sense(sc, ILLEGAL_REQUEST, 0x39, 0);
	if (sc->cmnd[3] && sc->cmnd[3] != 0xff)
		return invalid_field(sc);
	if (page == 0x08 || page == 0x3f)
		len += page_caching(buf + len);
	if (page == 0x0a || page == 0x3f)
		len += page_control(buf + len);
	if (len == hdr)
		return invalid_field(sc);
	/* Nothing can be changed: the mask of changeable bits is zero. */
	if (pc == 1) {
		unsigned int pos;

		for (pos = hdr; pos < len; pos += buf[pos + 1] + 2)
			memset(buf + pos + 2, 0, buf[pos + 1]);
	}
	if (ten) {
		put_unaligned_be16(len - 2, buf);
		buf[3] = 0x10;			/* DPOFUA */
	} else {
		buf[0] = len - 1;
		buf[2] = 0x10;
	}
	reply(sc, buf, len, alloc_len);
}

static void read_capacity_10(struct pri_pair *pair, struct scsi_cmnd *sc)
{
	u8 buf[8];

	put_unaligned_be32(min_t(u64, pair->blocks - 1, 0xffffffff), buf);
	put_unaligned_be32(pair->block_bytes, buf + 4);
	reply(sc, buf, sizeof(buf), sizeof(buf));
}

static void read_capacity_16(struct pri_pair *pair, struct scsi_cmnd *sc)
{
	unsigned int phys = bdev_physical_block_size(pprc_bdev(&pair->bdev));
	u8 buf[32] = {};

	put_unaligned_be64(pair->blocks - 1, buf);
	put_unaligned_be32(pair->block_bytes, buf + 8);
	if (phys > pair->block_bytes)
		buf[13] = ilog2(phys / pair->block_bytes);
	reply(sc, buf, sizeof(buf), get_unaligned_be32(sc->cmnd + 10));
}

static void report_luns(struct scsi_cmnd *sc)
{
	enum { MAX = (BUF_LEN - 8) / 8 };
	u32 alloc_len = get_unaligned_be32(sc->cmnd + 6);
	u8 buf[BUF_LEN] = {};
	u64 luns[MAX];
	unsigned int n, i;

	n = pri_pair_luns(luns, MAX);
	for (i = 0; i < n; i++)
		int_to_scsilun(luns[i], (struct scsi_lun *)(buf + 8 + 8 * i));
	put_unaligned_be32(n * 8, buf);
	reply(sc, buf, 8 + n * 8, alloc_len);
}

static void request_sense(struct scsi_cmnd *sc)
{
	u8 buf[18] = { 0x70, };

	buf[7] = sizeof(buf) - 8;
	reply(sc, buf, sizeof(buf), sc->cmnd[4]);
}

/**
 * pri_emulate() - carry out a command that touches no data
 * @pair:	the pair
 * @sc:		the command; its result is set, the caller completes it
 *
 * Unknown commands end with INVALID COMMAND OPERATION CODE.
 *
 * Context: any.
 */
void pri_emulate(struct pri_pair *pair, struct scsi_cmnd *sc)
{
	sc->result = SAM_STAT_GOOD;
	switch (sc->cmnd[0]) {
	case TEST_UNIT_READY:
		break;
	case INQUIRY:
		inquiry(pair, sc);
		break;
	case REQUEST_SENSE:
		request_sense(sc);
		break;
	case MODE_SENSE:
		mode_sense(sc, false);
		break;
	case MODE_SENSE_10:
		mode_sense(sc, true);
		break;
	case READ_CAPACITY:
		read_capacity_10(pair, sc);
		break;
	case SERVICE_ACTION_IN_16:
		if ((sc->cmnd[1] & 0x1f) == SAI_READ_CAPACITY_16)
			read_capacity_16(pair, sc);
		else
			invalid_field(sc);
		break;
	case REPORT_LUNS:
		report_luns(sc);
		break;
	default:
		pri_sense(sc, ILLEGAL_REQUEST, ASC_INVALID_OPCODE, 0);
	}
}
