/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between the supported kernels (6.1 to 6.12). The only place in
 * the tree that looks at the kernel's version; the code elsewhere is written
 * for the newest one.
 */
#ifndef _PPRC_COMPAT_H
#define _PPRC_COMPAT_H

#include <linux/version.h>
#include <linux/blkdev.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "PPRC needs Linux 6.1 or newer"
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* Opening a block device: a struct file since 6.9. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
struct pprc_bdev {
	struct file *file;
};

static inline int pprc_bdev_open(struct pprc_bdev *b, const char *path,
				 void *holder)
{
	struct file *f = bdev_file_open_by_path(path, BLK_OPEN_READ |
						BLK_OPEN_WRITE, holder, NULL);

	if (IS_ERR(f))
		return PTR_ERR(f);
	b->file = f;
	return 0;
}

static inline void pprc_bdev_close(struct pprc_bdev *b)
{
	bdev_fput(b->file);
	b->file = NULL;
}

static inline struct block_device *pprc_bdev(const struct pprc_bdev *b)
{
	return file_bdev(b->file);
}
#else
struct pprc_bdev {
	struct block_device *bdev;
};

#define PPRC_FMODE	(FMODE_READ | FMODE_WRITE | FMODE_EXCL)

static inline int pprc_bdev_open(struct pprc_bdev *b, const char *path,
				 void *holder)
{
	struct block_device *bdev = blkdev_get_by_path(path, PPRC_FMODE,
						       holder);

	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	b->bdev = bdev;
	return 0;
}

static inline void pprc_bdev_close(struct pprc_bdev *b)
{
	blkdev_put(b->bdev, PPRC_FMODE);
	b->bdev = NULL;
}

static inline struct block_device *pprc_bdev(const struct pprc_bdev *b)
{
	return b->bdev;
}
#endif

/*
 * Queue limits of a /dev/sdX: a struct queue_limits handed to
 * .device_configure since 6.10, setters on the queue before.
 * PPRC_SDEV_CONFIGURE names the host template's member.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#define PPRC_SDEV_CONFIGURE	device_configure
#define PPRC_SDEV_CONFIGURE_ARGS struct scsi_device *sdev, \
				 struct queue_limits *lim

#define pprc_set_limits(sdev, sectors, segments, alignment)		\
	do {								\
		lim->max_hw_sectors = (sectors);			\
		lim->max_segments = (segments);				\
		lim->dma_alignment = (alignment);			\
		lim->features |= BLK_FEAT_STABLE_WRITES;		\
	} while (0)
#else
#define PPRC_SDEV_CONFIGURE	slave_configure
#define PPRC_SDEV_CONFIGURE_ARGS struct scsi_device *sdev

#define pprc_set_limits(sdev, sectors, segments, alignment)		\
	do {								\
		struct request_queue *q_ = (sdev)->request_queue;	\
									\
		blk_queue_max_hw_sectors(q_, sectors);			\
		blk_queue_max_segments(q_, segments);			\
		blk_queue_update_dma_alignment(q_, alignment);		\
		blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, q_);	\
	} while (0)
#endif

/* crc32() itself is fast since 6.14, and crypto's is gone. */
#define PPRC_CRYPTO_CRC32	(LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0))

/* hrtimer_setup() is new in 6.13, hrtimer_init() gone in 6.15. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define pprc_hrtimer_setup	hrtimer_setup
#else
#define pprc_hrtimer_setup(timer, fn, clock, mode)			\
	do {								\
		struct hrtimer *t_ = (timer);				\
									\
		hrtimer_init(t_, clock, mode);				\
		t_->function = (fn);					\
	} while (0)
#endif

/* eh_timed_out changed its return type in 6.2. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define pprc_eh_timed_out_t	enum scsi_timeout_action
#define PPRC_EH_RESET_TIMER	SCSI_EH_RESET_TIMER
#else
#define pprc_eh_timed_out_t	enum blk_eh_timer_return
#define PPRC_EH_RESET_TIMER	BLK_EH_RESET_TIMER
#endif

/* LIO callbacks that are mandatory up to 6.1 and gone later. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define PPRC_LIO_LEGACY_OPS	1
#endif
/* Fabrics say where commands are submitted since 6.7. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define PPRC_LIO_SUBMIT_TYPE	1
#endif

#endif
