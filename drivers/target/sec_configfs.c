// SPDX-License-Identifier: GPL-2.0
/*
 * LIO's view: /sys/kernel/config/target/pprc/<wwpn>/tpgt_1/{lun,acls,attrib}.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/configfs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <target/target_core_base.h>
#include <target/target_core_fabric.h>
#include "sec.h"

/* How long the host's shutdown waits for a session to end. */
#define SHUTDOWN_MS	2000

static LIST_HEAD(wwns);			/* sec_lock */

static struct sec_wwn *sec_wwn_of(struct se_wwn *se_wwn)
{
	return container_of(se_wwn, struct sec_wwn, se_wwn);
}

static struct sec_tpg *sec_tpg_of(struct se_portal_group *se_tpg)
{
	return container_of(se_tpg, struct sec_tpg, se_tpg);
}

/**
 * sec_tpg_by_wwpn() - the TPG of a local port
 * @wwpn:	its World Wide Port Name
 *
 * Context: process; sec_lock held.
 * Return: the TPG if it is enabled, else NULL.
 */
struct sec_tpg *sec_tpg_by_wwpn(u64 wwpn)
{
	struct sec_wwn *w;

	lockdep_assert_held(&sec_lock);
	list_for_each_entry(w, &wwns, node)
		if (w->wwpn == wwpn)
			return w->tpg && w->tpg->enabled ? w->tpg : NULL;
	return NULL;
}

static struct se_wwn *make_wwn(struct target_fabric_configfs *tf,
			       struct config_group *group, const char *name)
{
	struct sec_wwn *w, *other;
	u64 wwpn;

	if (pprc_wwpn_parse(name, &wwpn)) {
		pr_err("%s is no WWPN: use 16 hex digits, as in 20:00:00:25:b5:00:00:0a\n",
		       name);
		return ERR_PTR(-EINVAL);
	}
	w = kzalloc(sizeof(*w), GFP_KERNEL);
	if (!w)
		return ERR_PTR(-ENOMEM);
	w->wwpn = wwpn;
	pprc_wwpn_format(w->name, wwpn);

	mutex_lock(&sec_lock);
	list_for_each_entry(other, &wwns, node) {
		if (other->wwpn == wwpn) {
			mutex_unlock(&sec_lock);
			kfree(w);
			pr_err("%s: that port is configured already, under another spelling\n",
			       name);
			return ERR_PTR(-EEXIST);
		}
	}
	list_add_tail(&w->node, &wwns);
	mutex_unlock(&sec_lock);
	return &w->se_wwn;
}

static void drop_wwn(struct se_wwn *se_wwn)
{
	struct sec_wwn *w = sec_wwn_of(se_wwn);

	mutex_lock(&sec_lock);
	list_del(&w->node);
	mutex_unlock(&sec_lock);
	kfree(w);
}

static struct se_portal_group *make_tpg(struct se_wwn *se_wwn,
					const char *name)
{
	struct sec_wwn *w = sec_wwn_of(se_wwn);
	struct sec_tpg *tpg;
	int ret;

	if (strcmp(name, "tpgt_1")) {
		pr_err("port %s has one TPG: its name is tpgt_1, not %s\n",
		       w->name, name);
		return ERR_PTR(-EINVAL);
	}
	tpg = kzalloc(sizeof(*tpg), GFP_KERNEL);
	if (!tpg)
		return ERR_PTR(-ENOMEM);
	tpg->wwn = w;
	INIT_LIST_HEAD(&tpg->sessions);
	INIT_LIST_HEAD(&tpg->pairs);
	init_waitqueue_head(&tpg->idle);
	tpg->max_slots = 256;
	tpg->max_slot_kib = 1024;
	tpg->extra_slots = 32;
	tpg->extra_slots_ms = 10000;
	tpg->gap_us = 1000;
	tpg->destage_limit_ms = 8000;
	ret = core_tpg_register(se_wwn, &tpg->se_tpg, SCSI_PROTOCOL_FCP);
	if (ret) {
		kfree(tpg);
		return ERR_PTR(ret);
	}
	mutex_lock(&sec_lock);
	w->tpg = tpg;
	mutex_unlock(&sec_lock);
	pprc_login_want(&tpg->wanted, 0, w->wwpn);
	return &tpg->se_tpg;
}

static int enable_tpg(struct se_portal_group *se_tpg, bool enable)
{
	struct sec_tpg *tpg = sec_tpg_of(se_tpg);

	mutex_lock(&sec_lock);
	tpg->enabled = enable;
	mutex_unlock(&sec_lock);
	if (!enable)
		sec_tpg_close_all(tpg);
	return 0;
}

static void drop_tpg(struct se_portal_group *se_tpg)
{
	struct sec_tpg *tpg = sec_tpg_of(se_tpg);

	enable_tpg(se_tpg, false);
	pprc_login_unwant(&tpg->wanted);
	mutex_lock(&sec_lock);
	tpg->wwn->tpg = NULL;
	sec_nexus_forget_tpg(tpg);
	sec_pairs_free(tpg);
	mutex_unlock(&sec_lock);
	core_tpg_deregister(se_tpg);
	kfree(tpg);
}

static int init_nodeacl(struct se_node_acl *se_nacl, const char *name)
{
	char canonical[PPRC_WWPN_LEN];
	u64 wwpn;

	/* LIO compares names as text, so only one spelling will do. */
	if (pprc_wwpn_parse(name, &wwpn) ||
	    strcmp(name, pprc_wwpn_format(canonical, wwpn))) {
		pr_err("%s is no ACL name: use the primary's WWPN as 8 pairs of lower-case hex digits with colons, as in 20:00:00:25:b5:00:00:0a\n",
		       name);
		return -EINVAL;
	}
	return 0;
}

static void close_session(struct se_session *se_sess)
{
	struct sec_wwn *w;

	/* The session may be gone by now, so no pointer in it is followed. */
	mutex_lock(&sec_lock);
	list_for_each_entry(w, &wwns, node)
		if (w->tpg)
			sec_session_end_lio(w->tpg, se_sess);
	mutex_unlock(&sec_lock);
}

/* Close all sessions of all ports. Return: the first one, referenced, or NULL */
static struct sec_session *kill_all(void)
{
	struct sec_session *s, *first = NULL;
	struct sec_wwn *w;

	mutex_lock(&sec_lock);
	list_for_each_entry(w, &wwns, node) {
		if (!w->tpg)
			continue;
		w->tpg->enabled = false;
		list_for_each_entry(s, &w->tpg->sessions, node) {
			sec_session_kill(s);
			if (!first)
				first = s;
		}
	}
	if (first)
		sec_session_get(first);
	mutex_unlock(&sec_lock);
	return first;
}

/**
 * sec_shutdown() - the host is going down
 *
 * Closes all sessions before the disks are shut down, so that primaries learn
 * of a closed session and not of a broken disk. A backstore that hangs does
 * not hold the host up.
 *
 * Context: process, sleeps up to SHUTDOWN_MS for the session that hangs.
 */
void sec_shutdown(void)
{
	struct sec_session *s;
	bool ended = true;

	while (ended && (s = kill_all())) {
		ended = wait_for_completion_timeout(&s->closed,
						    msecs_to_jiffies(SHUTDOWN_MS));
		sec_session_put(s);
	}
}

static ssize_t sec_tpg_attrib_sessions_show(struct config_item *item,
					    char *page)
{
	return sec_tpg_show_sessions(sec_tpg_of(attrib_to_tpg(item)), page);
}
CONFIGFS_ATTR_RO(sec_tpg_attrib_, sessions);

static ssize_t sec_tpg_attrib_pairs_show(struct config_item *item, char *page)
{
	return sec_pairs_show(sec_tpg_of(attrib_to_tpg(item)), page);
}
CONFIGFS_ATTR_RO(sec_tpg_attrib_, pairs);

/* A limit for logins to come. */
#define TPG_LIMIT(_name, _min, _max, _step, _want)			\
static ssize_t sec_tpg_attrib_##_name##_show(struct config_item *item,	\
					     char *page)		\
{									\
	return sysfs_emit(page, "%u\n",					\
			  sec_tpg_of(attrib_to_tpg(item))->_name);		\
}									\
static ssize_t sec_tpg_attrib_##_name##_store(struct config_item *item,	\
					      const char *page,		\
					      size_t len)		\
{									\
	struct sec_tpg *tpg = sec_tpg_of(attrib_to_tpg(item));		\
	u32 v;								\
									\
	if (kstrtou32(page, 0, &v) || v < (_min) || v > (_max) ||	\
	    v % (_step)) {						\
		pr_err("port %s: " #_name " not changed: %s\n",		\
		       tpg->wwn->name, _want);				\
		return -EINVAL;						\
	}								\
	WRITE_ONCE(tpg->_name, v);					\
	return len;							\
}									\
CONFIGFS_ATTR(sec_tpg_attrib_, _name)

TPG_LIMIT(max_slots, 1, PPRC_SLOTS_MAX, 1,
	  "the number of slots is from 1 to 1024");
TPG_LIMIT(max_slot_kib, 64, PPRC_SLOT_BYTES_MAX >> 10, PPRC_SLOT_UNIT >> 10,
	  "a slot has 64 to 4096 KiB, in steps of 64");
TPG_LIMIT(extra_slots, 0, PPRC_SLOTS_MAX, 1,
	  "the number of slots is from 0 to 1024");
TPG_LIMIT(extra_slots_ms, 100, 3600000, 1,
	  "the time is from 100 to 3600000 milliseconds");
TPG_LIMIT(gap_us, 0, PPRC_GAP_MAX_US, 1,
	  "the time is from 1 to 50000 microseconds, or 0 for never");
TPG_LIMIT(destage_limit_ms, 100, 600000, 1,
	  "the time is from 100 to 600000 milliseconds");

static struct configfs_attribute *tpg_attribs[] = {
	&sec_tpg_attrib_attr_sessions,
	&sec_tpg_attrib_attr_pairs,
	&sec_tpg_attrib_attr_max_slots,
	&sec_tpg_attrib_attr_max_slot_kib,
	&sec_tpg_attrib_attr_extra_slots,
	&sec_tpg_attrib_attr_extra_slots_ms,
	&sec_tpg_attrib_attr_gap_us,
	&sec_tpg_attrib_attr_destage_limit_ms,
	NULL,
};

static ssize_t sec_wwn_refusals_show(struct config_item *item, char *page)
{
	return sec_stat_show_refusals(page);
}
CONFIGFS_ATTR_RO(sec_wwn_, refusals);

static struct configfs_attribute *fabric_attrs[] = {
	&sec_wwn_attr_refusals,
	NULL,
};

static char *get_wwn(struct se_portal_group *se_tpg)
{
	return sec_tpg_of(se_tpg)->wwn->name;
}

static u16 get_tag(struct se_portal_group *se_tpg)
{
	return 1;
}

static int check_stop_free(struct se_cmd *se_cmd)
{
	return transport_generic_free_cmd(se_cmd, 0);
}

/* The data is in the slot's pages already. */
static int write_pending(struct se_cmd *se_cmd)
{
	target_execute_cmd(se_cmd);
	return 0;
}

/* No command that reads is ever submitted. */
static int queue_data_in(struct se_cmd *se_cmd)
{
	return sec_queue_status(se_cmd);
}

static void queue_tm_rsp(struct se_cmd *se_cmd)
{
}

static void aborted_task(struct se_cmd *se_cmd)
{
}

#ifdef PPRC_LIO_LEGACY_OPS
static int check_false(struct se_portal_group *se_tpg)
{
	return 0;
}

static u32 get_inst_index(struct se_portal_group *se_tpg)
{
	return 1;
}

static u32 sess_get_index(struct se_session *se_sess)
{
	return 0;
}

static void set_default_node_attributes(struct se_node_acl *nacl)
{
}

static int get_cmd_state(struct se_cmd *se_cmd)
{
	return 0;
}
#endif

const struct target_core_fabric_ops sec_fabric_ops = {
	.module				= THIS_MODULE,
	.fabric_name			= "pprc",
	.tpg_get_wwn			= get_wwn,
	.tpg_get_tag			= get_tag,
	.check_stop_free		= check_stop_free,
	.release_cmd			= sec_release_cmd,
	.close_session			= close_session,
	.write_pending			= write_pending,
	.queue_data_in			= queue_data_in,
	.queue_status			= sec_queue_status,
	.queue_tm_rsp			= queue_tm_rsp,
	.aborted_task			= aborted_task,
	.fabric_make_wwn		= make_wwn,
	.fabric_drop_wwn		= drop_wwn,
	.fabric_make_tpg		= make_tpg,
	.fabric_enable_tpg		= enable_tpg,
	.fabric_drop_tpg		= drop_tpg,
	.fabric_init_nodeacl		= init_nodeacl,
	.tfc_wwn_attrs			= fabric_attrs,
	.tfc_tpg_attrib_attrs		= tpg_attribs,
#ifdef PPRC_LIO_LEGACY_OPS
	.tpg_check_demo_mode		= check_false,
	.tpg_check_demo_mode_cache	= check_false,
	.tpg_check_demo_mode_write_protect = check_false,
	.tpg_check_prod_mode_write_protect = check_false,
	.tpg_get_inst_index		= get_inst_index,
	.sess_get_index			= sess_get_index,
	.set_default_node_attributes	= set_default_node_attributes,
	.get_cmd_state			= get_cmd_state,
#endif
#ifdef PPRC_LIO_SUBMIT_TYPE
	/* Slots are submitted from a worker of ours, where LIO may sleep. */
	.default_submit_type		= TARGET_DIRECT_SUBMIT,
	.direct_submit_supp		= 1,
#endif
};
