/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What pprc_core.ko gives to pprc_primary.ko and pprc_secondary.ko: the
 * configfs root, the random identity of this load, and safe use of libfc's
 * local ports, which may vanish at any time.
 */
#ifndef _PPRC_CORE_H
#define _PPRC_CORE_H

#include <linux/configfs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/percpu-refcount.h>
#include <linux/completion.h>
#include <scsi/libfc.h>

/* /sys/kernel/config/pprc; modules register default groups below it. */
struct config_group *pprc_configfs_root(void);

/* Random, new at each load: tells a peer that this host has restarted. */
u64 pprc_instance(void);

/* Never the same twice in one instance. */
u64 pprc_serial(void);

/**
 * struct pprc_login - a login of libfc that waits for an answer
 * @rdata:	remote port, NULL if unused; never followed
 * @state:	libfc's state when last looked at
 * @restarts:	how often libfc had begun anew by then
 * @entered:	jiffies when it was first seen in that state
 * @sent:	jiffies of the last known attempt in it
 * @repeats:	how often it was sent again from here in that state
 * @seen:	at the present look
 */
struct pprc_login {
	const void	*rdata;
	int		state;
	unsigned int	restarts;
	unsigned long	entered;
	unsigned long	sent;
	unsigned int	repeats;
	bool		seen;
};

/* More logins at once than that have to wait for each other. */
#define PPRC_LOGINS	8

/**
 * struct pprc_lport - one libfc local port
 * @node:	in the list of ports; pprc_core's lports_lock
 * @lport:	libfc's object, valid while a user reference is held
 * @users:	user references: frames and exchanges under way. Killed when
 *		libfc removes the port; its removal waits for the last one.
 * @idle:	completed by the last user reference
 * @kref:	memory: one for the list, one per holder of the pointer
 * @logins:	see login.c; pprc_core's lports_lock
 */
struct pprc_lport {
	struct list_head	node;
	struct fc_lport		*lport;
	struct percpu_ref	users;
	struct completion	idle;
	struct kref		kref;
	struct pprc_login	logins[PPRC_LOGINS];
};

/**
 * struct pprc_lport_client - a module that uses local ports
 * @node:	in the list of clients; pprc_core's lports_lock
 * @came:	a port appeared (or was there already); it need not be ready
 * @gone:	a port is going, or the module: end every use of it soon. Called
 *		with libfc's fc_prov_mutex and usually RTNL held: queue work,
 *		wait for nothing. User references can still be had until it
 *		returns.
 */
struct pprc_lport_client {
	struct list_head	node;
	void			(*came)(struct pprc_lport *pl);
	void			(*gone)(struct pprc_lport *pl);
};

void pprc_lport_client_add(struct pprc_lport_client *client);
void pprc_lport_client_del(struct pprc_lport_client *client);

void pprc_lport_get(struct pprc_lport *pl);
void pprc_lport_put(struct pprc_lport *pl);

/**
 * pprc_lport_use() - begin to use a local port
 * @pl:		the port; the caller holds a memory reference
 *
 * Context: any.
 * Return: true when @pl->lport stays valid until pprc_lport_unuse(); false
 * when the port is going or gone.
 */
static inline bool pprc_lport_use(struct pprc_lport *pl)
{
	return percpu_ref_tryget_live(&pl->users);
}

/**
 * pprc_lport_unuse() - end what pprc_lport_use() began
 * @pl:		the port
 *
 * Context: any.
 */
static inline void pprc_lport_unuse(struct pprc_lport *pl)
{
	percpu_ref_put(&pl->users);
}

/**
 * struct pprc_path - where a remote port can be reached
 * @pl:		local port; one user and one memory reference
 * @sid:	FC_ID of the local port
 * @did:	FC_ID of the remote port
 * @max_payload: longest FC payload both take, bytes
 */
struct pprc_path {
	struct pprc_lport	*pl;
	u32			sid;
	u32			did;
	u16			max_payload;
};

int pprc_path_find(u64 remote_wwpn, u64 local_wwpn, struct pprc_path *path);
bool pprc_path_alive(struct pprc_lport *pl, u64 remote_wwpn, u32 sid, u32 did);
void pprc_rport_wanted(struct fc_rport_priv *rdata);
void pprc_path_is_target(const struct pprc_path *path);
void pprc_lport_sync_rports(void);

/**
 * struct pprc_wanted - a wish for a login between two ports
 * @node:	in the list of wishes; pprc_core's wanted_lock
 * @remote_wwpn: remote port, 0 for any; constant
 * @local_wwpn:	local port, 0 for any; constant
 */
struct pprc_wanted {
	struct list_head	node;
	u64			remote_wwpn;
	u64			local_wwpn;
};

void pprc_login_want(struct pprc_wanted *w, u64 remote_wwpn, u64 local_wwpn);
void pprc_login_unwant(struct pprc_wanted *w);

/* World Wide Port Names as text: 16 hex digits, colons or 0x optional. */
int pprc_wwpn_parse(const char *text, u64 *wwpn);
#define PPRC_WWPN_LEN	24
char *pprc_wwpn_format(char *buf, u64 wwpn);

#endif
