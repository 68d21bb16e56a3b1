// SPDX-License-Identifier: GPL-2.0
/*
 * Logins of libfc in a VN2VN network that wait for an answer which will not come.
 *
 * A FLOGI to a port that does not know the sender (yet) is dropped unanswered,
 * for libfcoe has no address to answer to, and any ELS may be lost. libfc waits
 * 2 R_A_TOV, as long as the time between two beacons, and then forgets the remote
 * port; until it knows that again by a beacon, it drops the other one's FLOGI in
 * turn. So two ports whose beacons fall badly miss each other for a minute. Here
 * libfc's work for a repetition is queued a second after the first attempt, two
 * after the second and so on, up to half of libfc's time: an answer that is that
 * late is waited for in the end.
 *
 * The exchange that waits is ended first. Left alone it would time out when the
 * login has long succeeded, and libfc drops the reference of such an exchange twice
 * if it resets the port while the time-out waits for rp_mutex. What libfc itself
 * repeats counts as a retry, of which it allows few; as there are more here, and
 * earlier, they are not counted for as long as libfc alone would have tried, and
 * then the next one that fails is the last.
 *
 * Locks: lports_lock > wanted_lock, which is a leaf. With lports_lock held rp_mutex
 * is only tried: who has it may be waiting for a callback that waits for lports_lock.
 *
 * A reset waits for response handlers, which wait for rp_mutex, which libfc holds
 * while it waits for fc_prov_mutex to tell of a logout or a PRLI. For the remote
 * ports of a local port it does so no more when that port's FC_LPORT_EV_DEL, which
 * holds fc_prov_mutex and waits for users, is told: all have been logged off and the
 * link is down, at which ELS requests are dropped. So while an exchange is ended, no
 * lock is held and a user reference on that one local port only.
 */

#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <pprc/core.h>
#include "core.h"

#define LOOK_MS		250
#define AGAIN_MS	1000

static void look(struct work_struct *work);

static DEFINE_SPINLOCK(wanted_lock);
static LIST_HEAD(wanted);		/* wanted_lock */
static DECLARE_DELAYED_WORK(look_work, look);

/*
 * What is to be sent again, a memory reference on each port. look_work's own: it
 * drops them before it ends, and is waited for before the module goes.
 */
static struct due {
	struct pprc_lport	*pl;
	struct fc_rport_priv	*rdata;
	enum fc_rport_state	state;
	unsigned int		restarts;
} due[PPRC_LOGINS];
static unsigned int n_due;

static bool is_wanted(u64 remote_wwpn, u64 local_wwpn)
{
	const struct pprc_wanted *w;
	bool is = false;

	spin_lock(&wanted_lock);
	list_for_each_entry(w, &wanted, node)
		if ((!w->remote_wwpn || w->remote_wwpn == remote_wwpn) &&
		    (!w->local_wwpn || w->local_wwpn == local_wwpn))
			is = true;
	spin_unlock(&wanted_lock);
	return is;
}

/* States in which fc_rport_timeout() sends the ELS again. */
static bool awaits_answer(const struct fc_rport_priv *rdata)
{
	switch (rdata->rp_state) {
	case RPORT_ST_FLOGI:
	case RPORT_ST_PLOGI:
	case RPORT_ST_PRLI:
	case RPORT_ST_RTV:
		return true;
	default:
		return false;
	}
}

/* Of @pl: what is noted of @rdata, which may be NULL, or NULL. */
static struct pprc_login *login_find(struct pprc_lport *pl, const void *rdata)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(pl->logins); i++)
		if (pl->logins[i].rdata == rdata)
			return &pl->logins[i];
	return NULL;
}

/* How long libfc tries, jiffies. It does without an answer to RTV. */
static unsigned long libfc_tries(const struct fc_rport_priv *rdata)
{
	const struct fc_lport *lport = rdata->local_port;
	unsigned int attempts = 1;

	if (rdata->rp_state != RPORT_ST_RTV)
		attempts += lport->max_rport_retry_count;
	return msecs_to_jiffies(2 * lport->r_a_tov * attempts);
}

/* How long the next answer is waited for, jiffies. */
static unsigned long patience(const struct pprc_login *l,
			      const struct fc_lport *lport)
{
	return msecs_to_jiffies(min((l->repeats + 1) * AGAIN_MS,
				    lport->r_a_tov));
}

/* libfc's own retry_work, with the reference that it drops. */
static void queue_retry(struct fc_rport_priv *rdata)
{
	lockdep_assert_held(&rdata->rp_mutex);
	if (kref_get_unless_zero(&rdata->kref) &&
	    !schedule_delayed_work(&rdata->retry_work, 0))
		kref_put(&rdata->kref, fc_rport_destroy);
}

/* End the exchange that waits and send what the login needs now. */
static void send_again(const struct due *d)
{
	struct fc_rport_priv *rdata = d->rdata;
	bool waits;

	mutex_lock(&rdata->rp_mutex);
	waits = rdata->rp_state == d->state &&
		rdata->major_retries == d->restarts;
	mutex_unlock(&rdata->rp_mutex);
	if (!waits)
		return;
	fc_exch_mgr_reset(d->pl->lport, 0, rdata->ids.port_id);
	mutex_lock(&rdata->rp_mutex);
	/* It may have come as far as to ask if the login is still good. */
	if (awaits_answer(rdata) || rdata->rp_state == RPORT_ST_ADISC)
		queue_retry(rdata);
	mutex_unlock(&rdata->rp_mutex);
}

/* Return: true when the ELS that @rdata waits for is to be sent again. */
static bool look_at_rport(struct pprc_login *l, struct fc_rport_priv *rdata)
{
	const struct fc_lport *lport = rdata->local_port;

	lockdep_assert_held(&rdata->rp_mutex);
	if (l->rdata != rdata || l->state != rdata->rp_state ||
	    l->restarts != rdata->major_retries) {
		l->rdata = rdata;
		l->state = rdata->rp_state;
		l->restarts = rdata->major_retries;
		l->entered = jiffies;
		l->sent = jiffies;
		l->repeats = 0;
		return false;
	}
	if (time_after(jiffies, l->entered + libfc_tries(rdata))) {
		rdata->retries = lport->max_rport_retry_count;
		return false;
	}
	/* libfc has sent it by itself, or will soon. */
	if (rdata->retries || delayed_work_pending(&rdata->retry_work))
		l->sent = jiffies;
	rdata->retries = 0;
	if (n_due == PPRC_LOGINS ||
	    time_before_eq(jiffies, l->sent + patience(l, lport)))
		return false;
	l->sent = jiffies;
	l->repeats++;
	return true;
}

/* rp_mutex held. @rdata was found under RCU: libfc may have dropped it since. */
static void due_add(struct pprc_lport *pl, struct fc_rport_priv *rdata)
{
	if (!kref_get_unless_zero(&rdata->kref))
		return;
	pprc_lport_get(pl);
	due[n_due].pl = pl;
	due[n_due].rdata = rdata;
	due[n_due].state = rdata->rp_state;
	due[n_due].restarts = rdata->major_retries;
	n_due++;
}

/* lports_lock held, so the port stays. */
static void look_at_lport(struct pprc_lport *pl)
{
	struct fc_lport *lport = pl->lport;
	struct fc_rport_priv *rdata;
	struct pprc_login *l;
	int i;

	for (i = 0; i < ARRAY_SIZE(pl->logins); i++)
		pl->logins[i].seen = false;
	if (!lport->point_to_multipoint || !core_lport_ready(lport))
		goto out;
	rcu_read_lock();
	list_for_each_entry_rcu(rdata, &lport->disc.rports, peers) {
		l = login_find(pl, rdata);
		if (!mutex_trylock(&rdata->rp_mutex)) {
			if (l)
				l->seen = true;
			continue;
		}
		/* FC_ID 0 would be any port's at a reset. */
		if (awaits_answer(rdata) && rdata->ids.port_id &&
		    is_wanted(rdata->ids.port_name, lport->wwpn)) {
			if (!l)
				l = login_find(pl, NULL);
			if (l) {
				l->seen = true;
				if (look_at_rport(l, rdata))
					due_add(pl, rdata);
			}
		}
		mutex_unlock(&rdata->rp_mutex);
	}
	rcu_read_unlock();
out:
	/* The pointer only tells one from another: it may be freed by now. */
	for (i = 0; i < ARRAY_SIZE(pl->logins); i++)
		if (!pl->logins[i].seen)
			pl->logins[i].rdata = NULL;
}

static void look(struct work_struct *work)
{
	unsigned int i;

	n_due = 0;
	core_lport_each(look_at_lport);
	for (i = 0; i < n_due; i++) {
		if (pprc_lport_use(due[i].pl)) {
			send_again(&due[i]);
			pprc_lport_unuse(due[i].pl);
		}
		kref_put(&due[i].rdata->kref, fc_rport_destroy);
		pprc_lport_put(due[i].pl);
	}
	spin_lock(&wanted_lock);
	if (!list_empty(&wanted))
		schedule_delayed_work(&look_work, msecs_to_jiffies(LOOK_MS));
	spin_unlock(&wanted_lock);
}

/**
 * pprc_login_want() - a login between two ports is wanted
 * @w:		to be kept until pprc_login_unwant()
 * @remote_wwpn: the remote port, 0 for any
 * @local_wwpn:	the local port, 0 for any
 *
 * From now on an ELS of libfc that logs in to @remote_wwpn in a VN2VN network is
 * sent once more every few seconds while its answer is missing. In a fabric the
 * login is left to libfc and the switch.
 *
 * Context: process.
 */
void pprc_login_want(struct pprc_wanted *w, u64 remote_wwpn, u64 local_wwpn)
{
	w->remote_wwpn = remote_wwpn;
	w->local_wwpn = local_wwpn;
	spin_lock(&wanted_lock);
	list_add_tail(&w->node, &wanted);
	schedule_delayed_work(&look_work, msecs_to_jiffies(LOOK_MS));
	spin_unlock(&wanted_lock);
}
EXPORT_SYMBOL_GPL(pprc_login_want);

/**
 * pprc_login_unwant() - the login is not wanted any more
 * @w:		as of pprc_login_want(); may be freed when this returns
 *
 * Context: process.
 */
void pprc_login_unwant(struct pprc_wanted *w)
{
	spin_lock(&wanted_lock);
	list_del(&w->node);
	spin_unlock(&wanted_lock);
}
EXPORT_SYMBOL_GPL(pprc_login_unwant);

/* Nothing is wanted any more: both other modules have been unloaded. */
void core_login_exit(void)
{
	cancel_delayed_work_sync(&look_work);
}
