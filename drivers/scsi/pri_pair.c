// SPDX-License-Identifier: GPL-2.0
/* Pairs: enabling and disabling, suspension and resumption. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blk-mq.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <pprc/state.h>
#include "pri.h"
#include "pri_trace.h"

/* How long disabling waits for somebody who has just looked at the device. */
#define OPEN_WAIT_MS	2000

static LIST_HEAD(pairs);		/* enabled ones; pri_lock */

static void notify_work(struct work_struct *work);

static void pair_free(struct kref *kref)
{
	struct pri_pair *pair = container_of(kref, struct pri_pair, kref);

	mutex_destroy(&pair->mutex);
	kfree(pair->device);
	kfree(pair);
}

/**
 * pri_pair_get() - take a reference
 * @pair:	the pair
 *
 * Context: any.
 */
void pri_pair_get(struct pri_pair *pair)
{
	kref_get(&pair->kref);
}

/**
 * pri_pair_put() - drop a reference
 * @pair:	the pair
 *
 * Context: process.
 */
void pri_pair_put(struct pri_pair *pair)
{
	kref_put(&pair->kref, pair_free);
}

/* FNV-1a: both hosts get the same identity from the same name. */
static u64 id_of_name(const char *name)
{
	u64 h = 0xcbf29ce484222325ull;

	while (*name)
		h = (h ^ (u8)*name++) * 0x100000001b3ull;
	return h ? h : 1;
}

/**
 * pri_pair_alloc() - make a pair with default attributes
 * @name:	its name
 *
 * Context: process.
 * Return: the pair with a reference, or NULL.
 */
struct pri_pair *pri_pair_alloc(const char *name)
{
	struct pri_pair *pair = kzalloc(sizeof(*pair), GFP_KERNEL);

	if (!pair)
		return NULL;
	kref_init(&pair->kref);
	mutex_init(&pair->mutex);
	spin_lock_init(&pair->lock);
	pri_ranges_init(&pair->ranges);
	INIT_LIST_HEAD(&pair->node);
	INIT_LIST_HEAD(&pair->waiting);
	INIT_LIST_HEAD(&pair->turn);
	INIT_WORK(&pair->notify, notify_work);
	pair->id = id_of_name(name);
	pair->slots = 32;
	pair->slot_kib = 1024;
	pair->timeout_ms = 10000;
	pair->connect_timeout_ms = 20000;
	pair->liveness_ms = 3000;
	pair->query_min_ms = 5;
	return pair;
}

/**
 * pri_pair_by_lun() - the pair whose device the SCSI layer makes just now
 * @lun:	LUN on our SCSI host
 *
 * Enabling alone makes devices: one that a scan made at another time would
 * outlive the pair.
 *
 * Context: process, sleeps.
 * Return: the pair with a reference, or NULL.
 */
struct pri_pair *pri_pair_by_lun(u64 lun)
{
	struct pri_pair *pair, *found = NULL;

	mutex_lock(&pri_lock);
	list_for_each_entry(pair, &pairs, node) {
		if (pair->admit && pair->lun == lun) {
			pri_pair_get(pair);
			found = pair;
			break;
		}
	}
	mutex_unlock(&pri_lock);
	return found;
}

/**
 * pri_pair_luns() - LUNs of all enabled pairs
 * @luns:	gets up to @max LUNs
 * @max:	room in @luns
 *
 * Called by the block layer where sleeping is not allowed, so it does without
 * a list when somebody else has it.
 *
 * Context: any but hard interrupt.
 * Return: number of LUNs.
 */
unsigned int pri_pair_luns(u64 *luns, unsigned int max)
{
	struct pri_pair *pair;
	unsigned int n = 0;

	if (!mutex_trylock(&pri_lock))
		return 0;
	list_for_each_entry(pair, &pairs, node)
		if (n < max)
			luns[n++] = pair->lun;
	mutex_unlock(&pri_lock);
	return n;
}

/* Move a pair to another state. Return: the cell of the transition table. */
static const struct pprc_transition *
pair_step(struct pri_pair *pair, u8 to, u8 reason, const char *detail)
{
	const struct pprc_transition *t;
	unsigned long flags;

	spin_lock_irqsave(&pair->lock, flags);
	t = pprc_state_step(pair->state, to);
	if (t->allowed) {
		WRITE_ONCE(pair->state, to);
		pair->reason = reason;
		strscpy(pair->detail, detail, sizeof(pair->detail));
	}
	spin_unlock_irqrestore(&pair->lock, flags);
	return t;
}

/* Tells a reachable secondary that its copy is no longer being written. */
static void notify_work(struct work_struct *work)
{
	struct pri_pair *pair = container_of(work, struct pri_pair, notify);
	struct pprc_answer answer;
	unsigned long flags;
	u8 state, reason;

	spin_lock_irqsave(&pair->lock, flags);
	state = pair->state;
	reason = pair->reason;
	spin_unlock_irqrestore(&pair->lock, flags);
	if (state == PPRC_STATE_SUSPENDED)
		pri_session_state_change(pair->session, pair, state, reason,
					 &answer);
}

/**
 * pri_pair_suspend() - stop mirroring; host writes go on locally
 * @pair:	the pair; nothing happens unless it is being mirrored
 * @reason:	enum pprc_susp_reason
 * @fmt:	what exactly happened, a clause
 *
 * Context: any.
 */
void pri_pair_suspend(struct pri_pair *pair, enum pprc_susp_reason reason,
		      const char *fmt, ...)
{
	char detail[PRI_WHY_LEN];
	va_list args;

	/* The first failure tells; those that follow from it are noise. */
	if (READ_ONCE(pair->state) == PPRC_STATE_SUSPENDED)
		return;
	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);

	if (!pair_step(pair, PPRC_STATE_SUSPENDED, reason, detail)->allowed)
		return;
	trace_pri_suspended(pair, reason, detail);
	pair_log(err, pair, "suspended (%s): %s; host writes go on, on the primary alone; %s\n",
		 pprc_susp_name(reason), detail, pprc_susp_advice(reason));
	queue_work(pri_ctl_wq, &pair->notify);
}

/**
 * pri_pairs_session_lost() - suspend all pairs of a session, idle ones, too
 * @s:		session that has failed
 * @why:	what exactly happened, a clause
 *
 * Context: process, sleeps; s->mutex held.
 */
void pri_pairs_session_lost(struct pri_session *s, const char *why)
{
	struct pri_pair *pair;

	mutex_lock(&pri_lock);
	list_for_each_entry(pair, &pairs, node)
		if (pair->session == s)
			pri_pair_suspend(pair, PPRC_SUSP_PATH_LOSS, "%s", why);
	mutex_unlock(&pri_lock);
}

/* LUN and place in the list; refuses a volume that another pair protects. */
static int pair_list(struct pri_pair *pair)
{
	struct pri_pair *p;
	u64 lun = 0;
	int ret = 0;

	mutex_lock(&pri_lock);
	list_for_each_entry(p, &pairs, node) {
		if (p->id == pair->id) {
			pair_log(err, pair, "not enabled: pair %s has the same id %016llx; write another id\n",
				 pri_pair_name(p), p->id);
			ret = -EEXIST;
			goto out;
		}
		if (p->remote_wwpn == pair->remote_wwpn &&
		    p->secondary_lun == pair->secondary_lun) {
			pair_log(err, pair, "not enabled: LUN %u of the secondary is taken by pair %s; write another secondary_lun\n",
				 pair->secondary_lun, pri_pair_name(p));
			ret = -EEXIST;
			goto out;
		}
	}
	/* The list is sorted by LUN: the first gap is ours. */
	list_for_each_entry(p, &pairs, node) {
		if (p->lun != lun)
			break;
		lun++;
	}
	pair->lun = lun;
	list_add_tail(&pair->node, &p->node);
out:
	mutex_unlock(&pri_lock);
	return ret;
}

static struct scsi_device *pair_add_device(struct pri_pair *pair)
{
	struct scsi_device *sdev;

	mutex_lock(&pri_lock);
	pair->admit = true;
	mutex_unlock(&pri_lock);
	sdev = pri_host_add(pair);
	mutex_lock(&pri_lock);
	pair->admit = false;
	mutex_unlock(&pri_lock);
	return sdev;
}

static void pair_unlist(struct pri_pair *pair)
{
	mutex_lock(&pri_lock);
	list_del_init(&pair->node);
	mutex_unlock(&pri_lock);
	/* Not sooner: a session that fails suspends what is in the list. */
	cancel_work_sync(&pair->notify);
}

static int refuse_read_only(struct pri_pair *pair)
{
	pair_log(err, pair, "not enabled: %s is read-only: make it writable (blockdev --setrw)\n",
		 pair->device);
	return -EROFS;
}

/*
 * The pair goes past the page cache of its device. What is dirty there would be
 * written later, over what the pair has written; what is clean would be read
 * by who compares the copies.
 */
static int empty_page_cache(struct pri_pair *pair, const char *verb)
{
	struct block_device *bdev = pprc_bdev(&pair->bdev);
	int ret = sync_blockdev(bdev);

	if (ret)
		pair_log(err, pair, "not %s: %s fails to write what is in its page cache (%d): check that disk\n",
			 verb, pair->device, ret);
	else
		invalidate_bdev(bdev);
	return ret;
}

static int open_device(struct pri_pair *pair)
{
	struct block_device *bdev;
	int ret;

	ret = pprc_bdev_open(&pair->bdev, pair->device, pair);
	if (ret == -EBUSY)
		pair_log(err, pair, "not enabled: %s is in use: unmount it, or stop what holds it (lsblk shows it)\n",
			 pair->device);
	else if (ret == -ENOENT || ret == -ENXIO || ret == -ENODEV)
		pair_log(err, pair, "not enabled: there is no block device %s: write the path of the local volume to device\n",
			 pair->device);
	else if (ret == -ENOTBLK)
		pair_log(err, pair, "not enabled: %s is not a block device\n",
			 pair->device);
	else if (ret == -EACCES)	/* not opened for writing */
		ret = refuse_read_only(pair);
	else if (ret)
		pair_log(err, pair, "not enabled: %s cannot be opened (%d)\n",
			 pair->device, ret);
	if (ret)
		return ret;

	bdev = pprc_bdev(&pair->bdev);
	pair->block_bytes = bdev_logical_block_size(bdev);
	pair->blocks = div_u64(bdev_nr_bytes(bdev), pair->block_bytes);
	if (!pair->blocks) {
		pair_log(err, pair, "not enabled: %s has no blocks\n",
			 pair->device);
		pprc_bdev_close(&pair->bdev);
		return -ENXIO;
	}
	if (bdev_read_only(bdev)) {
		pprc_bdev_close(&pair->bdev);
		return refuse_read_only(pair);
	}
	ret = empty_page_cache(pair, "enabled");
	if (ret)
		pprc_bdev_close(&pair->bdev);
	return ret;
}

/* Wait for a login and say why there is none. */
static int wait_session(struct pri_pair *pair, const char *verb)
{
	char why[PRI_WHY_LEN];
	int ret;

	ret = pri_session_wait_up(pair->session, pair->connect_timeout_ms);
	if (ret == -ETIMEDOUT) {
		pri_session_why(pair->session, why);
		pair_log(err, pair, "not %s: no session with secondary %s: %s\n",
			 verb, pair->session->name, why);
		ret = -EHOSTUNREACH;
	}
	return ret;
}

/* Make the secondary take the pair as full-duplex; it has done so on @login. */
static int establish(struct pri_pair *pair, const char *verb, u32 *login)
{
	struct pprc_answer a;
	int ret;

	pair->generation = get_random_u64();
	ret = pri_session_state_change(pair->session, pair,
				       PPRC_STATE_FULL_DUPLEX, 0, &a);
	if (ret) {
		pair_log(err, pair, "not %s: the secondary did not answer (%d): look at its log\n",
			 verb, ret);
		return -EHOSTUNREACH;
	}
	*login = a.session;
	switch (a.reason) {
	case PPRC_R_GOOD:
		return 0;
	case PPRC_R_TOO_SMALL:
		pair_log(err, pair, "not %s: LUN %u of the secondary has %llu blocks of %u bytes, the primary volume %llu of %u: enlarge the secondary volume\n",
			 verb, pair->secondary_lun, a.state.blocks,
			 a.state.block_bytes, pair->blocks, pair->block_bytes);
		return -ENOSPC;
	case PPRC_R_BLOCK_SIZE:
		pair_log(err, pair, "not %s: logical blocks have %u bytes on the primary and %u on the secondary: use volumes with the same block size\n",
			 verb, pair->block_bytes, a.state.block_bytes);
		return -EINVAL;
	case PPRC_R_BAD_LUN:
		ret = -ENODEV;
		break;
	case PPRC_R_PAIR_TAKEN:
	case PPRC_R_BUSY:
		ret = -EBUSY;
		break;
	default:
		ret = -EREMOTEIO;
	}
	pair_log(err, pair, "not %s: the secondary refused (%s): %s\n", verb,
		 pprc_reason_name(a.reason), pprc_reason_text(a.reason));
	return ret;
}

/* What has been granted during @login, in which the secondary has agreed. */
static int take_grant(struct pri_pair *pair, const char *verb, u32 login,
		      u16 *slots, u32 *slot_bytes)
{
	if (pri_session_grant(pair->session, login, slots, slot_bytes))
		return 0;
	pair_log(err, pair, "not %s: the session was lost while the pair was being established: try again\n",
		 verb);
	return -EHOSTUNREACH;
}

/*
 * The device was made for slots of a certain size. Only now is it known which
 * login the pair is in: there may have been one since the caller waited.
 */
static int check_slots(struct pri_pair *pair, u32 login)
{
	u32 slot_bytes;
	u16 slots;
	int ret;

	ret = take_grant(pair, "resumed", login, &slots, &slot_bytes);
	if (ret || pair->max_sectors <= slot_bytes >> SECTOR_SHIFT)
		return ret;
	pair_log(err, pair, "not resumed: slots of %u KiB are granted now, the device was made for %u KiB: disable and enable the pair\n",
		 slot_bytes >> 10, pair->max_sectors >> 1);
	return -EMSGSIZE;
}

/*
 * The secondary has agreed during @login. If that has ended meanwhile, its end
 * has found the pair not yet full-duplex and has left it alone.
 */
static void begin_full_duplex(struct pri_pair *pair, u32 login)
{
	pair_step(pair, PPRC_STATE_FULL_DUPLEX, 0, "");
	if (!pri_session_is(pair->session, login))
		pri_pair_suspend(pair, PPRC_SUSP_PATH_LOSS,
				 "the session was lost while the pair was being established");
}

static void dissolve(struct pri_pair *pair)
{
	struct pprc_answer a;

	/* If it cannot be told, it suspends the pair when the port logs out. */
	pri_session_state_change(pair->session, pair, PPRC_STATE_SIMPLEX, 0,
				 &a);
}

static int check_attributes(struct pri_pair *pair)
{
	const char *missing = !pair->device ? "device" :
			      !pair->remote_wwpn ? "secondary_wwpn" : NULL;

	if (missing) {
		pair_log(err, pair, "not enabled: %s is not set: write it first\n",
			 missing);
		return -EINVAL;
	}
	if (!pair->assume_equal) {
		pair_log(err, pair, "not enabled: nothing is copied yet, so the two volumes must be equal already: make them equal, then write 1 to assume_equal\n");
		return -EPERM;
	}
	return 0;
}

/**
 * pri_pair_enable() - establish a pair and make its /dev/sdX
 * @pair:	the pair
 *
 * Context: process, sleeps up to @pair->connect_timeout_ms; @pair->mutex held.
 * Return: 0; -EINTR; -ENOMEM; otherwise a negative errno, and the log has said
 * why and what to do: -EINVAL, -EPERM, -EEXIST, -ENOENT, -EBUSY, -ENOTBLK,
 * -ENXIO, -EROFS, -EIO, -EHOSTUNREACH, -ENOSPC, -ENODEV, -EREMOTEIO.
 */
int pri_pair_enable(struct pri_pair *pair)
{
	struct scsi_device *sdev;
	struct pri_session *s;
	u32 slot_bytes, login;
	int ret;

	lockdep_assert_held(&pair->mutex);
	ret = check_attributes(pair);
	if (ret)
		return ret;
	ret = open_device(pair);
	if (ret)
		return ret;
	s = pri_session_get(pair);
	if (IS_ERR(s)) {
		ret = PTR_ERR(s);
		goto err_bdev;
	}
	pair->session = s;
	ret = wait_session(pair, "enabled");
	if (ret)
		goto err_session;
	ret = pair_list(pair);
	if (ret)
		goto err_session;
	ret = establish(pair, "enabled", &login);
	if (ret)
		goto err_list;
	ret = take_grant(pair, "enabled", login, &pair->queue_depth,
			 &slot_bytes);
	if (ret)
		goto err_state;

	pair->queue_depth += DIV_ROUND_UP(pair->queue_depth, 2);
	pair->max_sectors = slot_bytes >> SECTOR_SHIFT;
	pair->wq = alloc_workqueue("pprc_pair%llu", WQ_MEM_RECLAIM | WQ_HIGHPRI,
				   0, pair->lun);
	if (!pair->wq) {
		ret = -ENOMEM;
		goto err_state;
	}
	begin_full_duplex(pair, login);
	pair_log(notice, pair, "full-duplex with LUN %u of %s; the operator vouches that the volumes are equal (assume_equal)\n",
		 pair->secondary_lun, pair->session->name);
	sdev = pair_add_device(pair);
	if (IS_ERR(sdev)) {
		ret = PTR_ERR(sdev);
		pair_log(err, pair, "not enabled: the SCSI layer made no device (%d)\n",
			 ret);
		goto err_wq;
	}
	pair->sdev = sdev;
	pair->enabled = true;
	return 0;

err_wq:
	destroy_workqueue(pair->wq);
err_state:
	dissolve(pair);
	pair_step(pair, PPRC_STATE_SIMPLEX, 0, "");
err_list:
	pair_unlist(pair);
err_session:
	pri_session_release(pair->session);
	pair->session = NULL;
err_bdev:
	pprc_bdev_close(&pair->bdev);
	return ret;
}

/* Openers of /dev/sdX; a look by udev passes, a mount stays. */
static unsigned int openers(struct pri_pair *pair)
{
	struct gendisk *disk;
	unsigned int n;

	/* Who deletes the device by sysfs asks nobody; RCU keeps the disk. */
	rcu_read_lock();
	disk = READ_ONCE(pair->sdev->request_queue->disk);
	n = disk ? disk_openers(disk) : 0;
	rcu_read_unlock();
	return n;
}

/**
 * pri_pair_disable() - dissolve a pair and remove its /dev/sdX
 * @pair:	enabled pair
 * @force:	also when the device is open; its users get errors
 *
 * Context: process, sleeps as long as the local device takes for what is
 * under way, plus OPEN_WAIT_MS; @pair->mutex held.
 * Return: 0 or -EBUSY.
 */
int pri_pair_disable(struct pri_pair *pair, bool force)
{
	unsigned long end = jiffies + msecs_to_jiffies(OPEN_WAIT_MS);

	lockdep_assert_held(&pair->mutex);
	while (!force && openers(pair)) {
		if (time_after(jiffies, end)) {
			pair_log(err, pair, "not disabled: its device is open: unmount it or stop what holds it, or remove the pair's directory to take it away by force\n");
			return -EBUSY;
		}
		schedule_timeout_uninterruptible(msecs_to_jiffies(50));
	}

	scsi_remove_device(pair->sdev);
	scsi_device_put(pair->sdev);
	pair->sdev = NULL;
	destroy_workqueue(pair->wq);
	dissolve(pair);
	pair_step(pair, PPRC_STATE_SIMPLEX, 0, "");
	pair_unlist(pair);
	pri_session_release(pair->session);
	pair->session = NULL;
	pprc_bdev_close(&pair->bdev);
	pair->enabled = false;
	pair->assume_equal = false;
	pair_log(notice, pair, "simplex: dissolved\n");
	return 0;
}

/**
 * pri_pair_resume() - mirror a suspended pair again
 * @pair:	enabled pair
 *
 * Nothing is copied: the operator must have vouched once more for equal
 * volumes. Requests under way end before the state changes, so that none of
 * them is on one copy only.
 *
 * Context: process, sleeps up to @pair->connect_timeout_ms; @pair->mutex held.
 * Return: 0; otherwise a negative errno as of pri_pair_enable().
 */
int pri_pair_resume(struct pri_pair *pair)
{
	const struct pprc_transition *t;
	struct request_queue *q = pair->sdev->request_queue;
	unsigned int noio;
	u32 login;
	int ret;

	lockdep_assert_held(&pair->mutex);
	t = pprc_state_step(READ_ONCE(pair->state), PPRC_STATE_FULL_DUPLEX);
	if (!t->allowed) {
		pair_log(err, pair, "not resumed: %s\n", t->text);
		return -EINVAL;
	}
	if (!pair->assume_equal) {
		pair_log(err, pair, "not resumed: what changed since the suspension is not copied yet: stop writing, make the volumes equal, then write 1 to assume_equal\n");
		return -EPERM;
	}
	ret = empty_page_cache(pair, "resumed");
	if (!ret)
		ret = wait_session(pair, "resumed");
	if (ret)
		return ret;
	cancel_work_sync(&pair->notify);
	blk_mq_freeze_queue(q);
	/* Reclaim must not write to the device that is frozen. */
	noio = memalloc_noio_save();
	ret = establish(pair, "resumed", &login);
	if (!ret)
		ret = check_slots(pair, login);
	if (!ret)
		begin_full_duplex(pair, login);
	memalloc_noio_restore(noio);
	blk_mq_unfreeze_queue(q);
	if (ret)
		queue_work(pri_ctl_wq, &pair->notify);
	else
		pair_log(notice, pair, "full-duplex again; the operator vouches that the volumes are equal (assume_equal)\n");
	return ret;
}
