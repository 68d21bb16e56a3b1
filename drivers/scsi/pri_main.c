// SPDX-License-Identifier: GPL-2.0
/* pprc_primary.ko: initialisation, in order of need. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include "pri.h"

#define CREATE_TRACE_POINTS
#include "pri_trace.h"

/* The lists of enabled pairs and of sessions, and what pri.h says. */
DEFINE_MUTEX(pri_lock);
struct workqueue_struct *pri_send_wq;
struct workqueue_struct *pri_ctl_wq;

static struct pprc_lport_client pri_lport_client = {
	.gone	= pri_lport_gone,
};

static int __init pri_init(void)
{
	int ret = -ENOMEM;

	pri_send_wq = alloc_workqueue("pprc_primary_send",
				      WQ_MEM_RECLAIM | WQ_HIGHPRI, 0);
	if (!pri_send_wq)
		return ret;
	pri_ctl_wq = alloc_workqueue("pprc_primary_ctl",
				     WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!pri_ctl_wq)
		goto err_send_wq;
	ret = pri_xchg_init();
	if (ret)
		goto err_ctl_wq;
	ret = pri_io_init();
	if (ret)
		goto err_xchg;
	ret = pri_host_init();
	if (ret)
		goto err_io;
	pprc_lport_client_add(&pri_lport_client);
	ret = pri_configfs_init();
	if (ret)
		goto err_client;
	return 0;

err_client:
	pprc_lport_client_del(&pri_lport_client);
	pri_host_exit();
err_io:
	pri_io_exit();
err_xchg:
	pri_xchg_exit();
err_ctl_wq:
	destroy_workqueue(pri_ctl_wq);
err_send_wq:
	destroy_workqueue(pri_send_wq);
	return ret;
}

static void __exit pri_exit(void)
{
	pri_configfs_exit();
	pprc_lport_client_del(&pri_lport_client);
	pri_host_exit();
	pri_xchg_exit();
	pri_io_exit();
	destroy_workqueue(pri_ctl_wq);
	destroy_workqueue(pri_send_wq);
}

module_init(pri_init);
module_exit(pri_exit);

MODULE_DESCRIPTION("PPRC primary: mirrors SCSI volumes over Fibre Channel");
MODULE_LICENSE("GPL");
