// SPDX-License-Identifier: GPL-2.0
/* pprc_core.ko: what the primary and the secondary both need. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/random.h>
#include <pprc/codec.h>
#include <pprc/core.h>
#include <pprc/fill.h>
#include <pprc/rtt.h>
#include <pprc/window.h>
#include <pprc/state.h>
#include "core.h"

static u64 instance;

static const struct config_item_type root_type = {
	.ct_owner	= THIS_MODULE,
};

static struct configfs_subsystem root = {
	.su_group = {
		.cg_item = {
			.ci_namebuf	= "pprc",
			.ci_type	= &root_type,
		},
	},
};

/**
 * pprc_configfs_root() - the group /sys/kernel/config/pprc
 *
 * Context: any.
 * Return: the group; it lives as long as this module.
 */
struct config_group *pprc_configfs_root(void)
{
	return &root.su_group;
}
EXPORT_SYMBOL_GPL(pprc_configfs_root);

/**
 * pprc_instance() - identity of this load of the module
 *
 * Context: any.
 * Return: a random number, never 0.
 */
u64 pprc_instance(void)
{
	return instance;
}
EXPORT_SYMBOL_GPL(pprc_instance);

/**
 * pprc_serial() - a number that has not been given before in this instance
 *
 * Context: any.
 * Return: 0, 1, 2, ...
 */
u64 pprc_serial(void)
{
	static atomic64_t next = ATOMIC64_INIT(-1);

	return atomic64_inc_return(&next);
}
EXPORT_SYMBOL_GPL(pprc_serial);

/* The pure files know nothing of modules; their exports stand here. */
EXPORT_SYMBOL_GPL(pprc_state_name);
EXPORT_SYMBOL_GPL(pprc_susp_name);
EXPORT_SYMBOL_GPL(pprc_susp_advice);
EXPORT_SYMBOL_GPL(pprc_reason_name);
EXPORT_SYMBOL_GPL(pprc_reason_text);
EXPORT_SYMBOL_GPL(pprc_reason_sense_key);
EXPORT_SYMBOL_GPL(pprc_state_step);
EXPORT_SYMBOL_GPL(pprc_cdb_init);
EXPORT_SYMBOL_GPL(pprc_cdb_seal);
EXPORT_SYMBOL_GPL(pprc_cdb_check);
EXPORT_SYMBOL_GPL(pprc_cdb_is_flush);
EXPORT_SYMBOL_GPL(pprc_cdb_repeats);
EXPORT_SYMBOL_GPL(pprc_login_check);
EXPORT_SYMBOL_GPL(pprc_answer_encode);
EXPORT_SYMBOL_GPL(pprc_answer_decode);
EXPORT_SYMBOL_GPL(pprc_rsp_decode);
EXPORT_SYMBOL_GPL(pprc_fill_init);
EXPORT_SYMBOL_GPL(pprc_fill_reset);
EXPORT_SYMBOL_GPL(pprc_fill_frame);
EXPORT_SYMBOL_GPL(pprc_fill_expect);
EXPORT_SYMBOL_GPL(pprc_fill_complete);
EXPORT_SYMBOL_GPL(pprc_fill_missing);
EXPORT_SYMBOL_GPL(pprc_rtt_sample);
EXPORT_SYMBOL_GPL(pprc_rtt_timeout_us);
EXPORT_SYMBOL_GPL(pprc_gap_next_us);
EXPORT_SYMBOL_GPL(pprc_window_reset);
EXPORT_SYMBOL_GPL(pprc_window_grant);
EXPORT_SYMBOL_GPL(pprc_window_open);
EXPORT_SYMBOL_GPL(pprc_window_take);
EXPORT_SYMBOL_GPL(pprc_window_give);
EXPORT_SYMBOL_GPL(pprc_window_used);

static int __init pprc_core_init(void)
{
	int ret;

	while (!instance)
		instance = get_random_u64();

	config_group_init(&root.su_group);
	mutex_init(&root.su_mutex);
	ret = configfs_register_subsystem(&root);
	if (ret)
		return ret;
	core_lport_init();
	return 0;
}

static void __exit pprc_core_exit(void)
{
	core_login_exit();
	core_lport_exit();
	configfs_unregister_subsystem(&root);
}

module_init(pprc_core_init);
module_exit(pprc_core_exit);

MODULE_DESCRIPTION("PPRC: parts common to primary and secondary");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: crc32c");
