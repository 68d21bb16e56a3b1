// SPDX-License-Identifier: GPL-2.0
/*
 * configfs: /sys/kernel/config/pprc/primary/<pair>/. Attributes that define a
 * pair cannot be changed while it is enabled. Every refusal is an errno and a
 * sentence in the log. Documentation/ABI/testing/configfs-pprc-primary.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/configfs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "pri.h"

static struct config_group *primary_group;

static struct pri_pair *to_pair(struct config_item *item)
{
	return container_of(to_config_group(item), struct pri_pair, group);
}

/* Lock a pair for a change of attribute @name; refused while enabled. */
static int change_begin(struct pri_pair *pair, const char *name)
{
	mutex_lock(&pair->mutex);
	if (!pair->enabled)
		return 0;
	mutex_unlock(&pair->mutex);
	pair_log(err, pair, "%s not changed: the pair is enabled: write 0 to enable first\n",
		 name);
	return -EBUSY;
}

static ssize_t bad_value(struct pri_pair *pair, const char *name,
			 const char *want)
{
	pair_log(err, pair, "%s not changed: %s\n", name, want);
	return -EINVAL;
}

/* A number within bounds and a multiple of @_step, changeable while disabled. */
#define PAIR_NUMBER(_name, _min, _max, _step, _want)			\
static ssize_t pri_pair_##_name##_show(struct config_item *item,	\
				       char *page)			\
{									\
	return sysfs_emit(page, "%u\n", to_pair(item)->_name);		\
}									\
static ssize_t pri_pair_##_name##_store(struct config_item *item,	\
					const char *page, size_t len)	\
{									\
	struct pri_pair *pair = to_pair(item);				\
	int ret;							\
	u32 v;								\
									\
	if (kstrtou32(page, 0, &v) || (int)v < (_min) || v > (_max) ||	\
	    v % (_step))						\
		return bad_value(pair, #_name, _want);			\
	ret = change_begin(pair, #_name);				\
	if (ret)							\
		return ret;						\
	pair->_name = v;						\
	mutex_unlock(&pair->mutex);					\
	return len;							\
}									\
CONFIGFS_ATTR(pri_pair_, _name)

PAIR_NUMBER(secondary_lun, 0, 255, 1, "a LUN is a number from 0 to 255");
PAIR_NUMBER(slots, 1, PPRC_SLOTS_MAX, 1,
	    "the number of slots is from 1 to 1024");
PAIR_NUMBER(slot_kib, 64, PPRC_SLOT_BYTES_MAX >> 10, PPRC_SLOT_UNIT >> 10,
	    "a slot has 64 to 4096 KiB, in steps of 64");
PAIR_NUMBER(timeout_ms, 100, 600000, 1,
	    "the timeout is from 100 to 600000 milliseconds");
PAIR_NUMBER(connect_timeout_ms, 100, 600000, 1,
	    "the timeout is from 100 to 600000 milliseconds");
PAIR_NUMBER(liveness_ms, PPRC_LIVENESS_MS_MIN, PPRC_LIVENESS_MS_MAX, 1,
	    "the time is from 500 to 600000 milliseconds");
PAIR_NUMBER(query_min_ms, 1, 60000, 1,
	    "the time is from 1 to 60000 milliseconds");

#define PAIR_WWPN(_name, _field, _optional)				\
static ssize_t pri_pair_##_name##_show(struct config_item *item,	\
				       char *page)			\
{									\
	char buf[PPRC_WWPN_LEN];					\
	u64 v = to_pair(item)->_field;					\
									\
	return sysfs_emit(page, "%s\n",					\
			  v ? pprc_wwpn_format(buf, v) : "");		\
}									\
static ssize_t pri_pair_##_name##_store(struct config_item *item,	\
					const char *page, size_t len)	\
{									\
	struct pri_pair *pair = to_pair(item);				\
	u64 v = 0;							\
	int ret;							\
									\
	if (!((_optional) && sysfs_streq(page, "")) &&			\
	    pprc_wwpn_parse(page, &v))					\
		return bad_value(pair, #_name, "a WWPN has 16 hex digits, as in 20:00:00:25:b5:00:00:0a"); \
	ret = change_begin(pair, #_name);				\
	if (ret)							\
		return ret;						\
	pair->_field = v;						\
	mutex_unlock(&pair->mutex);					\
	return len;							\
}									\
CONFIGFS_ATTR(pri_pair_, _name)

PAIR_WWPN(secondary_wwpn, remote_wwpn, false);
PAIR_WWPN(local_wwpn, local_wwpn, true);

static ssize_t pri_pair_device_show(struct config_item *item, char *page)
{
	struct pri_pair *pair = to_pair(item);
	ssize_t len;

	mutex_lock(&pair->mutex);
	len = sysfs_emit(page, "%s\n", pair->device ?: "");
	mutex_unlock(&pair->mutex);
	return len;
}

static ssize_t pri_pair_device_store(struct config_item *item,
				     const char *page, size_t len)
{
	struct pri_pair *pair = to_pair(item);
	char *path;
	int ret;

	if (page[0] != '/')
		return bad_value(pair, "device", "a path begins with /, as in /dev/disk/by-id/...");
	path = kstrdup(page, GFP_KERNEL);
	if (!path)
		return -ENOMEM;
	strim(path);
	ret = change_begin(pair, "device");
	if (ret) {
		kfree(path);
		return ret;
	}
	kfree(pair->device);
	pair->device = path;
	mutex_unlock(&pair->mutex);
	return len;
}
CONFIGFS_ATTR(pri_pair_, device);

static ssize_t pri_pair_id_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%016llx\n", to_pair(item)->id);
}

static ssize_t pri_pair_id_store(struct config_item *item, const char *page,
				 size_t len)
{
	struct pri_pair *pair = to_pair(item);
	u64 v;
	int ret;

	if (kstrtou64(page, 16, &v) || !v)
		return bad_value(pair, "id", "an id is 1 to 16 hex digits, not zero");
	ret = change_begin(pair, "id");
	if (ret)
		return ret;
	pair->id = v;
	mutex_unlock(&pair->mutex);
	return len;
}
CONFIGFS_ATTR(pri_pair_, id);

static ssize_t pri_pair_assume_equal_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%u\n", to_pair(item)->assume_equal);
}

static ssize_t pri_pair_assume_equal_store(struct config_item *item,
					   const char *page, size_t len)
{
	struct pri_pair *pair = to_pair(item);
	bool v;

	if (kstrtobool(page, &v))
		return bad_value(pair, "assume_equal", "write 1 if the volumes are equal, else 0");
	mutex_lock(&pair->mutex);
	pair->assume_equal = v;
	mutex_unlock(&pair->mutex);
	if (v)
		pair_log(notice, pair, "the operator vouches that both volumes are equal now\n");
	return len;
}
CONFIGFS_ATTR(pri_pair_, assume_equal);

static ssize_t pri_pair_bounce_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%u\n", READ_ONCE(to_pair(item)->bounce));
}

static ssize_t pri_pair_bounce_store(struct config_item *item,
				     const char *page, size_t len)
{
	struct pri_pair *pair = to_pair(item);
	bool v;

	if (kstrtobool(page, &v))
		return bad_value(pair, "bounce", "write 1 to write from private copies, else 0");
	WRITE_ONCE(pair->bounce, v);
	return len;
}
CONFIGFS_ATTR(pri_pair_, bounce);

static ssize_t pri_pair_enable_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%u\n", to_pair(item)->enabled);
}

static ssize_t pri_pair_enable_store(struct config_item *item,
				     const char *page, size_t len)
{
	struct pri_pair *pair = to_pair(item);
	int ret = 0;
	bool v;

	if (kstrtobool(page, &v))
		return bad_value(pair, "enable", "write 1 or 0");
	mutex_lock(&pair->mutex);
	if (v && !pair->enabled) {
		ret = pri_pair_enable(pair);
		/* A word given for one establishment is no good for the next. */
		pair->assume_equal = false;
	} else if (!v && pair->enabled) {
		ret = pri_pair_disable(pair, false);
	}
	mutex_unlock(&pair->mutex);
	return ret ? ret : len;
}
CONFIGFS_ATTR(pri_pair_, enable);

static ssize_t pri_pair_action_store(struct config_item *item,
				     const char *page, size_t len)
{
	struct pri_pair *pair = to_pair(item);
	int ret = 0;

	mutex_lock(&pair->mutex);
	if (!pair->enabled) {
		pair_log(err, pair, "nothing done: the pair is not enabled: write 1 to enable first\n");
		ret = -ENOTCONN;
	} else if (sysfs_streq(page, "suspend")) {
		pri_pair_suspend(pair, PPRC_SUSP_HOST_COMMAND,
				 "the operator asked for it");
	} else if (sysfs_streq(page, "resume")) {
		ret = pri_pair_resume(pair);
		pair->assume_equal = false;
	} else {
		ret = bad_value(pair, "action", "write suspend or resume");
	}
	mutex_unlock(&pair->mutex);
	return ret ? ret : len;
}
CONFIGFS_ATTR_WO(pri_pair_, action);

static ssize_t pri_pair_state_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%s\n",
			  pprc_state_name(READ_ONCE(to_pair(item)->state)));
}
CONFIGFS_ATTR_RO(pri_pair_, state);

static ssize_t pri_pair_reason_show(struct config_item *item, char *page)
{
	struct pri_pair *pair = to_pair(item);
	char detail[PRI_WHY_LEN];
	unsigned long flags;
	u8 reason;

	spin_lock_irqsave(&pair->lock, flags);
	reason = pair->reason;
	strscpy(detail, pair->detail, sizeof(detail));
	spin_unlock_irqrestore(&pair->lock, flags);
	if (!reason)
		return sysfs_emit(page, "%s\n", pprc_susp_name(reason));
	return sysfs_emit(page, "%s: %s; %s\n", pprc_susp_name(reason), detail,
			  pprc_susp_advice(reason));
}
CONFIGFS_ATTR_RO(pri_pair_, reason);

static ssize_t pri_pair_disk_show(struct config_item *item, char *page)
{
	struct pri_pair *pair = to_pair(item);
	struct gendisk *disk = NULL;
	ssize_t len;

	mutex_lock(&pair->mutex);
	/* Who deletes the device by sysfs asks nobody; RCU keeps the disk. */
	rcu_read_lock();
	if (pair->enabled)
		disk = READ_ONCE(pair->sdev->request_queue->disk);
	len = sysfs_emit(page, "%s\n", disk ? disk->disk_name : "");
	rcu_read_unlock();
	mutex_unlock(&pair->mutex);
	return len;
}
CONFIGFS_ATTR_RO(pri_pair_, disk);

static ssize_t pri_pair_session_show(struct config_item *item, char *page)
{
	struct pri_pair *pair = to_pair(item);
	struct pri_session *s;
	char why[PRI_WHY_LEN];
	ssize_t len;

	mutex_lock(&pair->mutex);
	s = pair->session;
	if (s) {
		pri_session_why(s, why);
		len = sysfs_emit(page, "%s, %u slots of %u KiB, %llu logins\n",
				 why, s->granted, s->slot_bytes >> 10,
				 s->logins);
	} else {
		len = sysfs_emit(page, "none\n");
	}
	mutex_unlock(&pair->mutex);
	return len;
}
CONFIGFS_ATTR_RO(pri_pair_, session);

static ssize_t pri_pair_session_stats_show(struct config_item *item,
					   char *page)
{
	struct pri_pair *pair = to_pair(item);
	ssize_t len = 0;

	mutex_lock(&pair->mutex);
	if (pair->session)
		len = pri_session_show_stats(pair->session, page);
	mutex_unlock(&pair->mutex);
	return len;
}
CONFIGFS_ATTR_RO(pri_pair_, session_stats);

static ssize_t pri_pair_stats_show(struct config_item *item, char *page)
{
	struct pri_pair *pair = to_pair(item);

	return sysfs_emit(page, "writes %lld\nwrite_bytes %lld\nlocal_writes %lld\nreads %lld\nrewrites %lld\n",
			  atomic64_read(&pair->writes),
			  atomic64_read(&pair->write_bytes),
			  atomic64_read(&pair->local_writes),
			  atomic64_read(&pair->reads),
			  atomic64_read(&pair->rewrites));
}
CONFIGFS_ATTR_RO(pri_pair_, stats);

static struct configfs_attribute *pair_attrs[] = {
	&pri_pair_attr_device,
	&pri_pair_attr_secondary_wwpn,
	&pri_pair_attr_local_wwpn,
	&pri_pair_attr_secondary_lun,
	&pri_pair_attr_slots,
	&pri_pair_attr_slot_kib,
	&pri_pair_attr_timeout_ms,
	&pri_pair_attr_connect_timeout_ms,
	&pri_pair_attr_liveness_ms,
	&pri_pair_attr_query_min_ms,
	&pri_pair_attr_bounce,
	&pri_pair_attr_id,
	&pri_pair_attr_assume_equal,
	&pri_pair_attr_enable,
	&pri_pair_attr_action,
	&pri_pair_attr_state,
	&pri_pair_attr_reason,
	&pri_pair_attr_disk,
	&pri_pair_attr_session,
	&pri_pair_attr_session_stats,
	&pri_pair_attr_stats,
	NULL,
};

static void pair_release(struct config_item *item)
{
	pri_pair_put(to_pair(item));
}

static struct configfs_item_operations pair_item_ops = {
	.release	= pair_release,
};

static const struct config_item_type pair_type = {
	.ct_item_ops	= &pair_item_ops,
	.ct_attrs	= pair_attrs,
	.ct_owner	= THIS_MODULE,
};

static struct config_group *pair_make(struct config_group *group,
				      const char *name)
{
	struct pri_pair *pair = pri_pair_alloc(name);

	if (!pair)
		return ERR_PTR(-ENOMEM);
	config_group_init_type_name(&pair->group, name, &pair_type);
	return &pair->group;
}

/* rmdir: cannot be refused, so an open device goes away under its users. */
static void pair_drop(struct config_group *group, struct config_item *item)
{
	struct pri_pair *pair = to_pair(item);

	mutex_lock(&pair->mutex);
	if (pair->enabled)
		pri_pair_disable(pair, true);
	mutex_unlock(&pair->mutex);
	config_item_put(item);
}

static struct configfs_group_operations primary_group_ops = {
	.make_group	= pair_make,
	.drop_item	= pair_drop,
};

static const struct config_item_type primary_type = {
	.ct_group_ops	= &primary_group_ops,
	.ct_owner	= THIS_MODULE,
};

/**
 * pri_configfs_init() - make /sys/kernel/config/pprc/primary
 *
 * Return: 0 or a negative errno.
 */
int pri_configfs_init(void)
{
	primary_group = configfs_register_default_group(pprc_configfs_root(),
							"primary",
							&primary_type);
	return PTR_ERR_OR_ZERO(primary_group);
}

/**
 * pri_configfs_exit() - remove it; pairs pin the module, so there is none
 */
void pri_configfs_exit(void)
{
	configfs_unregister_default_group(primary_group);
}
