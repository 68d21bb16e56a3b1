// SPDX-License-Identifier: GPL-2.0
/* pprc_secondary.ko: initialisation, in order of need. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/reboot.h>
#include "sec.h"

#define CREATE_TRACE_POINTS
#include "sec_trace.h"

/* Ports, nexuses, sessions and pairs: what sec.h says. */
DEFINE_MUTEX(sec_lock);
DEFINE_XARRAY(sec_sessions);
struct workqueue_struct *sec_wq;
struct workqueue_struct *sec_ctl_wq;

static int sec_reboot(struct notifier_block *nb, unsigned long action,
		      void *data)
{
	sec_shutdown();
	return NOTIFY_DONE;
}

static struct notifier_block sec_reboot_nb = {
	.notifier_call = sec_reboot,
};

static int __init sec_init(void)
{
	int ret = -ENOMEM;

	/* A backstore that hangs may hold as many workers as there are slots. */
	sec_wq = alloc_workqueue("pprc_secondary",
				 WQ_MEM_RECLAIM | WQ_HIGHPRI, WQ_MAX_ACTIVE);
	if (!sec_wq)
		return ret;
	sec_ctl_wq = alloc_workqueue("pprc_secondary_ctl",
				     WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!sec_ctl_wq)
		goto err_wq;
	sec_control_init();
	sec_crc_init();
	ret = sec_port_init();
	if (ret)
		goto err_ctl_wq;
	ret = target_register_template(&sec_fabric_ops);
	if (ret)
		goto err_port;
	register_reboot_notifier(&sec_reboot_nb);
	return 0;

err_port:
	sec_port_exit();
	sec_control_exit();
err_ctl_wq:
	sec_crc_exit();
	destroy_workqueue(sec_ctl_wq);
err_wq:
	destroy_workqueue(sec_wq);
	return ret;
}

static void __exit sec_exit(void)
{
	unregister_reboot_notifier(&sec_reboot_nb);
	target_unregister_template(&sec_fabric_ops);
	sec_port_exit();
	sec_control_exit();
	sec_crc_exit();
	destroy_workqueue(sec_ctl_wq);
	destroy_workqueue(sec_wq);
	/* Pairs are freed by RCU callbacks into the core kernel, not here. */
}

module_init(sec_init);
module_exit(sec_exit);

MODULE_DESCRIPTION("PPRC secondary: LIO fabric that receives writes in one exchange");
MODULE_LICENSE("GPL");
