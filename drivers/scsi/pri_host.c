// SPDX-License-Identifier: GPL-2.0
/*
 * The SCSI host. Each enabled pair is a LUN of its one target, so a /dev/sdX.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blk-mq.h>
#include <linux/device.h>
#include <linux/module.h>
#include <scsi/scsi_proto.h>
#include "pri.h"

#define PRI_CAN_QUEUE	1024
#define ASC_LBA_OUT_OF_RANGE	0x21
#define ASC_INVALID_FIELD	0x24

static struct device *pri_root;
static struct Scsi_Host *pri_shost;

/*
 * Decode READ, WRITE and SYNCHRONIZE CACHE of every length (SBC-3 5).
 * Return: false when @sc is none of them.
 */
static bool decode(struct scsi_cmnd *sc, struct pri_cmd *cmd)
{
	const u8 *c = sc->cmnd;

	cmd->fua = false;
	switch (c[0]) {
	case READ_6:
	case WRITE_6:
		cmd->lba = get_unaligned_be24(c + 1) & 0x1fffff;
		cmd->blocks = c[4] ? c[4] : 256;
		break;
	case READ_10:
	case WRITE_10:
		cmd->lba = get_unaligned_be32(c + 2);
		cmd->blocks = get_unaligned_be16(c + 7);
		break;
	case READ_12:
	case WRITE_12:
		cmd->lba = get_unaligned_be32(c + 2);
		cmd->blocks = get_unaligned_be32(c + 6);
		break;
	case READ_16:
	case WRITE_16:
		cmd->lba = get_unaligned_be64(c + 2);
		cmd->blocks = get_unaligned_be32(c + 10);
		break;
	case SYNCHRONIZE_CACHE:
	case SYNCHRONIZE_CACHE_16:
		/* Every range asked for is within "all", which is flushed. */
		cmd->op = PRI_FLUSH;
		cmd->lba = 0;
		cmd->blocks = 0;
		return true;
	default:
		return false;
	}
	switch (c[0]) {
	case WRITE_6:
	case WRITE_10:
	case WRITE_12:
	case WRITE_16:
		cmd->op = PRI_WRITE;
		cmd->fua = c[0] != WRITE_6 && (c[1] & 0x08);
		break;
	default:
		cmd->op = PRI_READ;
	}
	return true;
}

/* RDPROTECT or WRPROTECT, which 6-byte commands do not have. */
static bool wants_protection(const u8 *c)
{
	return c[0] != READ_6 && c[0] != WRITE_6 && (c[1] & 0xe0);
}

/* Return: true when the command may be started. */
static bool check(struct pri_pair *pair, struct pri_cmd *cmd)
{
	struct scsi_cmnd *sc = cmd->sc;

	sc->result = SAM_STAT_GOOD;
	if (cmd->op == PRI_FLUSH)
		return true;
	if (cmd->lba > pair->blocks || cmd->blocks > pair->blocks - cmd->lba) {
		pri_sense(sc, ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE, 0);
		return false;
	}
	/* SG_IO may say anything of the data. */
	if (wants_protection(sc->cmnd) ||
	    (cmd->blocks && sc->sc_data_direction !=
	     (cmd->op == PRI_WRITE ? DMA_TO_DEVICE : DMA_FROM_DEVICE)) ||
	    (u64)cmd->blocks * pair->block_bytes != scsi_bufflen(sc)) {
		pri_sense(sc, ILLEGAL_REQUEST, ASC_INVALID_FIELD, 0);
		return false;
	}
	return cmd->blocks;
}

static int pri_queuecommand(struct Scsi_Host *shost, struct scsi_cmnd *sc)
{
	struct pri_pair *pair = sc->device->hostdata;
	struct pri_cmd *cmd = scsi_cmd_priv(sc);

	if (decode(sc, cmd)) {
		cmd->pair = pair;
		if (check(pair, cmd)) {
			pri_io_start(cmd);
			return 0;
		}
	} else {
		pri_emulate(pair, sc);
	}
	scsi_done(sc);
	return 0;
}

static int pri_init_cmd_priv(struct Scsi_Host *shost, struct scsi_cmnd *sc)
{
	pri_cmd_init(scsi_cmd_priv(sc), sc);
	return 0;
}

static int pri_slave_alloc(struct scsi_device *sdev)
{
	struct pri_pair *pair = pri_pair_by_lun(sdev->lun);

	if (!pair)
		return -ENXIO;
	sdev->hostdata = pair;
	return 0;
}

static void pri_slave_destroy(struct scsi_device *sdev)
{
	struct pri_pair *pair = sdev->hostdata;

	sdev->hostdata = NULL;
	if (pair)
		pri_pair_put(pair);
}

static int pri_sdev_configure(PPRC_SDEV_CONFIGURE_ARGS)
{
	struct pri_pair *pair = sdev->hostdata;
	u16 pages = pair->max_sectors >> (PAGE_SHIFT - SECTOR_SHIFT);

	/* A request fills at most a slot, and one bio holds it. */
	pprc_set_limits(sdev, pair->max_sectors,
			min_t(u16, pages, BIO_MAX_VECS),
			max_t(u32, SECTOR_SIZE - 1,
			      bdev_dma_alignment(pprc_bdev(&pair->bdev))));
	scsi_change_queue_depth(sdev, min_t(int, pair->queue_depth,
					    PRI_CAN_QUEUE));
	return 0;
}

/*
 * Every command ends by itself: its local leg with the local device, its
 * remote leg with the pair's timeout. Aborting from here could only make the
 * two copies differ.
 */
static pprc_eh_timed_out_t pri_eh_timed_out(struct scsi_cmnd *sc)
{
	pri_io_late(scsi_cmd_priv(sc));
	return PPRC_EH_RESET_TIMER;
}

static const struct scsi_host_template pri_template = {
	.module			= THIS_MODULE,
	.name			= "PPRC primary",
	.proc_name		= "pprc_primary",
	.queuecommand		= pri_queuecommand,
	.init_cmd_priv		= pri_init_cmd_priv,
	.cmd_size		= sizeof(struct pri_cmd),
	.slave_alloc		= pri_slave_alloc,
	.slave_destroy		= pri_slave_destroy,
	.PPRC_SDEV_CONFIGURE	= pri_sdev_configure,
	.change_queue_depth	= scsi_change_queue_depth,
	.eh_timed_out		= pri_eh_timed_out,
	.can_queue		= PRI_CAN_QUEUE,
	.this_id		= -1,
	.sg_tablesize		= BIO_MAX_VECS,
	.max_sectors		= PPRC_SLOT_BYTES_MAX >> SECTOR_SHIFT,
	.host_tagset		= 1,
};

/**
 * pri_host_add() - make the /dev/sdX of a pair
 * @pair:	enabled pair, in the list of pairs
 *
 * Context: process, sleeps.
 * Return: the SCSI device with a reference, or an ERR_PTR.
 */
struct scsi_device *pri_host_add(struct pri_pair *pair)
{
	return __scsi_add_device(pri_shost, 0, 0, pair->lun, NULL);
}

/**
 * pri_host_init() - register the SCSI host
 *
 * Return: 0 or a negative errno.
 */
int pri_host_init(void)
{
	int ret;

	pri_root = root_device_register("pprc_primary");
	if (IS_ERR(pri_root))
		return PTR_ERR(pri_root);

	ret = -ENOMEM;
	pri_shost = scsi_host_alloc((struct scsi_host_template *)&pri_template,
				    0);
	if (!pri_shost)
		goto err_root;
	pri_shost->max_id = 1;
	pri_shost->max_lun = 16384;
	pri_shost->max_cmd_len = 16;
	pri_shost->nr_hw_queues = num_possible_cpus();
	ret = scsi_add_host(pri_shost, pri_root);
	if (ret)
		goto err_host;
	return 0;
err_host:
	scsi_host_put(pri_shost);
err_root:
	root_device_unregister(pri_root);
	return ret;
}

/**
 * pri_host_exit() - remove the SCSI host; no pair is enabled
 */
void pri_host_exit(void)
{
	scsi_remove_host(pri_shost);
	scsi_host_put(pri_shost);
	root_device_unregister(pri_root);
}
