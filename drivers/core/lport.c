// SPDX-License-Identifier: GPL-2.0
/*
 * Safe use of libfc's local ports.
 *
 * libfc frees a port's exchange manager soon after FC_LPORT_EV_DEL, without
 * asking whether anybody still sends on it or holds one of its exchanges. So
 * every frame and exchange of ours is covered by a user reference, and the
 * DEL callback returns only after the last one was given back: it tells the
 * modules, kills the reference, resets the port's exchanges once more (which
 * ends those of ours that were started late) and waits.
 *
 * Locks: libfc's rp_mutex > fc_prov_mutex > lports_lock.
 * pprc_lport_sync_rports() takes rp_mutex, with none of the others held.
 *
 * References on struct pprc_lport: the list holds one, dropped by DEL; every
 * session and path holds one of its own.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <pprc/compat.h>
#include <pprc/core.h>
#include "core.h"

static DEFINE_MUTEX(lports_lock);
static LIST_HEAD(lports);
static LIST_HEAD(clients);

static void lport_free(struct kref *kref)
{
	struct pprc_lport *pl = container_of(kref, struct pprc_lport, kref);

	percpu_ref_exit(&pl->users);
	kfree(pl);
}

/**
 * pprc_lport_get() - take a memory reference
 * @pl:		the port
 *
 * Context: any.
 */
void pprc_lport_get(struct pprc_lport *pl)
{
	kref_get(&pl->kref);
}
EXPORT_SYMBOL_GPL(pprc_lport_get);

/**
 * pprc_lport_put() - drop a memory reference
 * @pl:		the port
 *
 * Context: process.
 */
void pprc_lport_put(struct pprc_lport *pl)
{
	kref_put(&pl->kref, lport_free);
}
EXPORT_SYMBOL_GPL(pprc_lport_put);

static void users_gone(struct percpu_ref *ref)
{
	complete(&container_of(ref, struct pprc_lport, users)->idle);
}

static struct pprc_lport *lport_lookup(struct fc_lport *lport)
{
	struct pprc_lport *pl;

	lockdep_assert_held(&lports_lock);
	list_for_each_entry(pl, &lports, node)
		if (pl->lport == lport)
			return pl;
	return NULL;
}

/* Called by libfc under fc_prov_mutex, possibly twice for one port. */
static void lport_add(struct fc_lport *lport, void *arg)
{
	struct pprc_lport_client *client;
	struct pprc_lport *pl;
	unsigned int noio;

	mutex_lock(&lports_lock);
	/* A resume that stops a disk's I/O may in the end wait for this lock. */
	noio = memalloc_noio_save();
	if (lport_lookup(lport))
		goto out;

	pl = kzalloc(sizeof(*pl), GFP_KERNEL);
	if (!pl)
		goto nomem;
	if (percpu_ref_init(&pl->users, users_gone, 0, GFP_KERNEL)) {
		kfree(pl);
		goto nomem;
	}
	kref_init(&pl->kref);
	init_completion(&pl->idle);
	pl->lport = lport;
	list_add_tail(&pl->node, &lports);
	list_for_each_entry(client, &clients, node)
		if (client->came)
			client->came(pl);
	goto out;
nomem:
	pr_err("no memory for a local FC port: pairs cannot use it; recreate the port when memory is free\n");
out:
	memalloc_noio_restore(noio);
	mutex_unlock(&lports_lock);
}

static void lport_del(struct fc_lport *lport)
{
	struct pprc_lport_client *client;
	struct pprc_lport *pl;

	mutex_lock(&lports_lock);
	pl = lport_lookup(lport);
	if (!pl) {
		mutex_unlock(&lports_lock);
		return;
	}
	list_del(&pl->node);
	list_for_each_entry(client, &clients, node)
		if (client->gone)
			client->gone(pl);
	mutex_unlock(&lports_lock);

	percpu_ref_kill(&pl->users);
	/* Ends exchanges started after libfc's own last reset. */
	fc_exch_mgr_reset(lport, 0, 0);
	wait_for_completion(&pl->idle);
	pprc_lport_put(pl);
}

static int lport_event(struct notifier_block *nb, unsigned long event,
		       void *arg)
{
	if (event == FC_LPORT_EV_ADD)
		lport_add(arg, NULL);
	else if (event == FC_LPORT_EV_DEL)
		lport_del(arg);
	return NOTIFY_DONE;
}

static struct notifier_block lport_notifier = {
	.notifier_call = lport_event,
};

/**
 * pprc_lport_client_add() - tell a module of local ports from now on
 * @client:	its callbacks; @client->came is called for present ports
 *
 * Context: process, sleeps.
 */
void pprc_lport_client_add(struct pprc_lport_client *client)
{
	struct pprc_lport *pl;

	mutex_lock(&lports_lock);
	list_add_tail(&client->node, &clients);
	if (client->came)
		list_for_each_entry(pl, &lports, node)
			client->came(pl);
	mutex_unlock(&lports_lock);
}
EXPORT_SYMBOL_GPL(pprc_lport_client_add);

/**
 * pprc_lport_client_del() - stop telling a module of local ports
 * @client:	its callbacks; @client->gone is called for present ports, and
 *		none runs after this returns
 *
 * Context: process, sleeps.
 */
void pprc_lport_client_del(struct pprc_lport_client *client)
{
	struct pprc_lport *pl;

	mutex_lock(&lports_lock);
	list_del(&client->node);
	if (client->gone)
		list_for_each_entry(pl, &lports, node)
			client->gone(pl);
	mutex_unlock(&lports_lock);
}
EXPORT_SYMBOL_GPL(pprc_lport_client_del);

/*
 * A login stays in force while libfc confirms it by ADISC, as it does when a
 * beacon or an RSCN has come.
 */
static bool rport_logged_in(const struct fc_rport_priv *rdata)
{
	enum fc_rport_state state = READ_ONCE(rdata->rp_state);

	return state == RPORT_ST_READY || state == RPORT_ST_ADISC;
}

/*
 * Find a logged-in remote port. libfc frees rports by RCU; only fields that
 * are stable once the port is READY are read.
 */
static struct fc_rport_priv *rport_find(struct fc_lport *lport, u64 wwpn)
{
	struct fc_rport_priv *rdata;

	list_for_each_entry_rcu(rdata, &lport->disc.rports, peers,
				rcu_read_lock_held())
		if (rdata->ids.port_name == wwpn && rport_logged_in(rdata))
			return rdata;
	return NULL;
}

/* Call @fn for every port, with lports_lock held. Context: process, sleeps. */
void core_lport_each(void (*fn)(struct pprc_lport *pl))
{
	struct pprc_lport *pl;

	mutex_lock(&lports_lock);
	list_for_each_entry(pl, &lports, node)
		fn(pl);
	mutex_unlock(&lports_lock);
}

/* disc.rports is not initialised before the port has been ready once. */
bool core_lport_ready(const struct fc_lport *lport)
{
	return READ_ONCE(lport->state) == LPORT_ST_READY && lport->link_up;
}

/**
 * pprc_path_find() - find a local port on which a remote port is logged in
 * @remote_wwpn: the remote port
 * @local_wwpn:	the local port to use, 0 for any
 * @path:	filled on success; the caller gives back the user and the
 *		memory reference on @path->pl
 *
 * Context: process, sleeps.
 * Return: 0; -ENODEV: there is no such local port; -ENETDOWN: none of them has
 * a link; -EHOSTUNREACH: the remote port is not logged in.
 */
int pprc_path_find(u64 remote_wwpn, u64 local_wwpn, struct pprc_path *path)
{
	struct pprc_lport *pl;
	int ret = -ENODEV;

	mutex_lock(&lports_lock);
	list_for_each_entry(pl, &lports, node) {
		struct fc_rport_priv *rdata;

		if (local_wwpn && pl->lport->wwpn != local_wwpn)
			continue;
		if (!core_lport_ready(pl->lport)) {
			if (ret == -ENODEV)
				ret = -ENETDOWN;
			continue;
		}
		ret = -EHOSTUNREACH;
		rcu_read_lock();
		rdata = rport_find(pl->lport, remote_wwpn);
		if (rdata) {
			path->sid = pl->lport->port_id;
			path->did = rdata->ids.port_id;
			path->max_payload = min_t(u16, rdata->maxframe_size,
						  pl->lport->mfs);
		}
		rcu_read_unlock();
		if (!rdata || !pprc_lport_use(pl))
			continue;
		pprc_lport_get(pl);
		path->pl = pl;
		ret = 0;
		break;
	}
	mutex_unlock(&lports_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(pprc_path_find);

/**
 * pprc_path_alive() - is a path that was found still logged in
 * @pl:		local port; the caller holds a user reference
 * @remote_wwpn: remote port
 * @sid:	FC_ID the local port had
 * @did:	FC_ID the remote port had
 *
 * Context: any.
 * Return: true when neither end has logged out or changed its FC_ID.
 */
bool pprc_path_alive(struct pprc_lport *pl, u64 remote_wwpn, u32 sid, u32 did)
{
	struct fc_rport_priv *rdata;
	bool alive = false;

	if (!core_lport_ready(pl->lport) || pl->lport->port_id != sid)
		return false;
	rcu_read_lock();
	rdata = rport_find(pl->lport, remote_wwpn);
	if (rdata)
		alive = rdata->ids.port_id == did;
	rcu_read_unlock();
	return alive;
}
EXPORT_SYMBOL_GPL(pprc_path_alive);

/**
 * pprc_rport_wanted() - a remote port is to stay logged in
 * @rdata:	the remote port; rp_mutex is held
 *
 * On the first beacon after a VN2VN port has logged in by itself libfc begins
 * the login that it has long had, which is an ADISC. When that or its answer is
 * lost, libfc logs the port off 2 R_A_TOV later, whatever else has come from it.
 * So the login is noted as begun. In a fabric discovery decides; left alone.
 *
 * Context: any that may hold rp_mutex.
 */
void pprc_rport_wanted(struct fc_rport_priv *rdata)
{
	lockdep_assert_held(&rdata->rp_mutex);
	if (rdata->local_port->point_to_multipoint)
		rdata->flags |= FC_RP_STARTED;
}
EXPORT_SYMBOL_GPL(pprc_rport_wanted);

/* rp_mutex held: libfc takes the port from @rdata under it, then deletes it. */
static void note_target(struct fc_rport_priv *rdata)
{
	struct fc_rport *rport = rdata->rport;

	lockdep_assert_held(&rdata->rp_mutex);
	if (!rport_logged_in(rdata))
		return;
	pprc_rport_wanted(rdata);
	rdata->ids.roles |= FC_RPORT_ROLE_FCP_TARGET;
	if (rport && rport->scsi_target_id != -1 &&
	    !(rport->roles & FC_PORT_ROLE_FCP_TARGET))
		fc_remote_port_rolechg(rport, rport->roles |
				       FC_PORT_ROLE_FCP_TARGET);
}

/**
 * pprc_path_is_target() - the remote port of a path has proved to be a target
 * @path:	path; the caller holds a user reference on its local port
 *
 * libfc notes a remote port's roles at login, and a secondary whose TPG is made
 * after its port has come up is an initiator only at that time. What our own
 * PRLI has found out is told to libfc, which would refuse every later PLOGI of
 * such a port, and to the FC transport class: of a port that was a target
 * before, it would end all exchanges when dev_loss_tmo has passed. The login is
 * to stay, see pprc_rport_wanted().
 *
 * Context: process, sleeps. libfc may hold the port's mutex while it waits for
 * who holds the user reference, so the mutex is only tried: to be called again
 * now and then.
 */
void pprc_path_is_target(const struct pprc_path *path)
{
	struct fc_rport_priv *rdata;

	rcu_read_lock();
	list_for_each_entry_rcu(rdata, &path->pl->lport->disc.rports, peers)
		if (rdata->ids.port_id == path->did &&
		    kref_get_unless_zero(&rdata->kref))
			break;
	rcu_read_unlock();
	if (list_entry_is_head(rdata, &path->pl->lport->disc.rports, peers))
		return;
	if (mutex_trylock(&rdata->rp_mutex)) {
		note_target(rdata);
		mutex_unlock(&rdata->rp_mutex);
	}
	kref_put(&rdata->kref, fc_rport_destroy);
}
EXPORT_SYMBOL_GPL(pprc_path_is_target);

/*
 * Reference up to @max remote ports of all local ports.
 * Return: how many there are.
 */
static unsigned int collect_rports(struct fc_rport_priv **rports,
				   unsigned int max)
{
	struct fc_rport_priv *rdata;
	struct pprc_lport *pl;
	unsigned int n = 0;

	mutex_lock(&lports_lock);
	list_for_each_entry(pl, &lports, node) {
		/* A port that was never ready has no list yet. */
		if (!pl->lport->disc.rports.next)
			continue;
		rcu_read_lock();
		list_for_each_entry_rcu(rdata, &pl->lport->disc.rports, peers) {
			if (n < max && !kref_get_unless_zero(&rdata->kref))
				continue;
			if (n < max)
				rports[n] = rdata;
			n++;
		}
		rcu_read_unlock();
	}
	mutex_unlock(&lports_lock);
	return n;
}

/**
 * pprc_lport_sync_rports() - wait until no PRLI callback runs any more
 *
 * libfc calls a provider's prli hook under rp_mutex, without a reference on
 * its module. After the provider was deregistered, taking each rp_mutex once
 * waits for the calls that had begun.
 *
 * Context: process, sleeps; no lock held, of libfc or of ours: the hooks are
 * called with rp_mutex held and take ours.
 */
void pprc_lport_sync_rports(void)
{
	struct fc_rport_priv **rports = NULL;
	unsigned int max = 0, n, i;

	while ((n = collect_rports(rports, max)) > max) {
		for (i = 0; i < max; i++)
			kref_put(&rports[i]->kref, fc_rport_destroy);
		kvfree(rports);
		max = n + 8;
		rports = kvmalloc_array(max, sizeof(*rports),
					GFP_KERNEL | __GFP_NOFAIL);
	}
	for (i = 0; i < n; i++) {
		mutex_lock(&rports[i]->rp_mutex);
		mutex_unlock(&rports[i]->rp_mutex);
		kref_put(&rports[i]->kref, fc_rport_destroy);
	}
	kvfree(rports);
}
EXPORT_SYMBOL_GPL(pprc_lport_sync_rports);

/**
 * pprc_wwpn_parse() - read a World Wide Port Name
 * @text:	16 hex digits, with or without 0x or colons, maybe a newline
 * @wwpn:	the name
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int pprc_wwpn_parse(const char *text, u64 *wwpn)
{
	unsigned int digits = 0;
	u64 val = 0;

	if (text[0] == '0' && tolower(text[1]) == 'x')
		text += 2;
	for (; *text && *text != '\n'; text++) {
		int d;

		if (*text == ':' && digits && digits % 2 == 0 && digits < 16)
			continue;
		d = hex_to_bin(*text);
		if (d < 0 || digits == 16)
			return -EINVAL;
		val = val << 4 | d;
		digits++;
	}
	if (digits != 16 || !val)
		return -EINVAL;
	*wwpn = val;
	return 0;
}
EXPORT_SYMBOL_GPL(pprc_wwpn_parse);

/**
 * pprc_wwpn_format() - write a World Wide Port Name
 * @buf:	PPRC_WWPN_LEN bytes
 * @wwpn:	the name
 *
 * Context: any.
 * Return: @buf, colon-separated lower-case hex as LIO uses it.
 */
char *pprc_wwpn_format(char *buf, u64 wwpn)
{
	u8 b[8];

	put_unaligned_be64(wwpn, b);
	snprintf(buf, PPRC_WWPN_LEN, "%8phC", b);
	return buf;
}
EXPORT_SYMBOL_GPL(pprc_wwpn_format);

/* Start watching libfc's ports. */
void core_lport_init(void)
{
	blocking_notifier_chain_register(&fc_lport_notifier_head,
					 &lport_notifier);
	fc_lport_iterate(lport_add, NULL);
}

/*
 * Stop watching. No module uses a port any more: both depend on this one and
 * have been unloaded.
 */
void core_lport_exit(void)
{
	struct pprc_lport *pl, *next;

	blocking_notifier_chain_unregister(&fc_lport_notifier_head,
					   &lport_notifier);
	list_for_each_entry_safe(pl, next, &lports, node) {
		list_del(&pl->node);
		percpu_ref_kill(&pl->users);
		wait_for_completion(&pl->idle);
		pprc_lport_put(pl);
	}
}
