// SPDX-License-Identifier: GPL-2.0
/*
 * What libfc calls: PRLI, PRLO, local ports that come and go.
 *
 * The prli and prlo hooks run under rp_mutex and usually fc_prov_mutex; they
 * take sec_lock, note what has happened, and wait for nothing.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include <scsi/fc/fc_els.h>
#include <scsi/fc/fc_fcp.h>
#include "sec.h"

static LIST_HEAD(nexuses);		/* sec_lock */

/**
 * sec_port_use() - begin to use the local port of a received frame
 * @lport:	libfc's port
 *
 * Context: receive context or any other but hard interrupt.
 * Return: the port with a user reference, or NULL when it is going.
 */
struct pprc_lport *sec_port_use(struct fc_lport *lport)
{
	struct pprc_lport *pl;

	rcu_read_lock();
	pl = READ_ONCE(lport->prov[FC_TYPE_FCP]);
	if (pl && !pprc_lport_use(pl))
		pl = NULL;
	rcu_read_unlock();
	return pl;
}

/**
 * sec_nexus_find() - the agreement with a remote port
 * @pl:		local port
 * @peer:	FC_ID of the remote port
 *
 * Context: process; sec_lock held.
 * Return: the nexus or NULL.
 */
struct sec_nexus *sec_nexus_find(struct pprc_lport *pl, u32 peer)
{
	struct sec_nexus *n;

	lockdep_assert_held(&sec_lock);
	list_for_each_entry(n, &nexuses, node)
		if (n->pl == pl && n->peer == peer)
			return n;
	return NULL;
}

static void nexus_drop(struct sec_nexus *n)
{
	lockdep_assert_held(&sec_lock);
	if (n->session) {
		sec_session_kill(n->session);
		sec_session_put(n->session);
	}
	list_del(&n->node);
	pprc_lport_put(n->pl);
	kfree(n);
}

static struct sec_nexus *nexus_make(struct pprc_lport *pl,
				    struct fc_rport_priv *rdata)
{
	struct sec_nexus *n;

	lockdep_assert_held(&sec_lock);
	/* Who waits for the lock must not wait for a disk. */
	n = kzalloc(sizeof(*n), GFP_NOIO);
	if (!n)
		return NULL;
	pprc_lport_get(pl);
	n->pl = pl;
	n->peer = rdata->ids.port_id;
	list_add_tail(&n->node, &nexuses);
	/* Makes libfc call prlo when the remote port logs out. */
	rdata->prli_count++;
	return n;
}

/**
 * sec_nexus_forget_tpg() - a TPG is removed
 * @tpg:	the TPG, it has no session
 *
 * Context: process; sec_lock held.
 */
void sec_nexus_forget_tpg(struct sec_tpg *tpg)
{
	struct sec_nexus *n;

	lockdep_assert_held(&sec_lock);
	list_for_each_entry(n, &nexuses, node)
		if (n->tpg == tpg)
			n->tpg = NULL;
}

static void set_params(struct fc_els_spp *spp, u32 set, u32 clear)
{
	spp->spp_params = htonl((ntohl(spp->spp_params) & ~clear) | set);
}

/* A remote port's PRLI: does it disable FCP_XFER_RDY for writes? */
static int prli_request(struct fc_rport_priv *rdata, struct pprc_lport *pl,
			struct sec_tpg *tpg, const struct fc_els_spp *in,
			struct fc_els_spp *out)
{
	const u32 want = FCP_SPPF_INIT_FCN | FCP_SPPF_WR_XRDY_DIS;
	u32 params = ntohl(in->spp_params);
	struct sec_nexus *n = sec_nexus_find(pl, rdata->ids.port_id);

	/* The answer to a PRLI of libfc's own initiator settles nothing. */
	if (in->spp_flags & FC_SPP_RESP_MASK)
		return FC_SPP_RESP_ACK;
	if (in->spp_flags & (FC_SPP_OPA_VAL | FC_SPP_RPA_VAL))
		return FC_SPP_RESP_NO_PA;
	out->spp_flags |= in->spp_flags & FC_SPP_EST_IMG_PAIR;
	set_params(out, FCP_SPPF_TARG_FCN, FCP_SPPF_RETRY);

	if ((params & want) == want && (in->spp_flags & FC_SPP_EST_IMG_PAIR)) {
		if (!n)
			n = nexus_make(pl, rdata);
		else if (n->session)
			sec_session_kill(n->session);
		if (!n)
			return FC_SPP_RESP_RES;
		n->tpg = tpg;
		n->wwpn = rdata->ids.port_name;
		/* It may be another one now; its logins are its own. */
		n->instance = 0;
		n->login_id = 0;
		pprc_rport_wanted(rdata);
		set_params(out, FCP_SPPF_WR_XRDY_DIS, 0);
	} else if (n) {
		/* A new PRLI ends what the last one agreed. */
		nexus_drop(n);
		rdata->prli_count--;
	}
	return FC_SPP_RESP_ACK;
}

/*
 * libfc's hook. @in is NULL when libfc builds a PRLI of its own in @out.
 * rp_mutex held.
 */
static int sec_prli(struct fc_rport_priv *rdata, u32 spp_len,
		    const struct fc_els_spp *in, struct fc_els_spp *out)
{
	struct fc_lport *lport = rdata->local_port;
	struct pprc_lport *pl;
	struct sec_tpg *tpg;
	int ret = 0;

	mutex_lock(&sec_lock);
	pl = lport->prov[FC_TYPE_FCP];
	tpg = sec_tpg_by_wwpn(lport->wwpn);
	if (!pl || !tpg) {
		/* Not ours to offer: libfc may have set it for any provider. */
		set_params(out, 0, FCP_SPPF_TARG_FCN);
	} else if (!in) {
		set_params(out, FCP_SPPF_TARG_FCN, 0);
	} else {
		ret = prli_request(rdata, pl, tpg, in, out);
	}
	mutex_unlock(&sec_lock);
	return ret;
}

/* libfc's hook: the remote port has logged out. rp_mutex, fc_prov_mutex held */
static void sec_prlo(struct fc_rport_priv *rdata)
{
	struct pprc_lport *pl;
	struct sec_nexus *n;

	mutex_lock(&sec_lock);
	pl = rdata->local_port->prov[FC_TYPE_FCP];
	n = pl ? sec_nexus_find(pl, rdata->ids.port_id) : NULL;
	if (n) {
		nexus_drop(n);
		rdata->prli_count--;
	}
	mutex_unlock(&sec_lock);
}

static struct fc4_prov sec_prov = {
	.prli	= sec_prli,
	.prlo	= sec_prlo,
	.recv	= sec_recv,
	.module	= THIS_MODULE,
};

static void port_came(struct pprc_lport *pl)
{
	mutex_lock(&sec_lock);
	/* Pairs with the dependent reads behind sec_port_use()'s READ_ONCE. */
	smp_store_release(&pl->lport->prov[FC_TYPE_FCP], pl);
	/*
	 * libfc sets this for ports made after us. Without it a port whose
	 * peer is an initiator only takes no second login; sec_prli() keeps it
	 * out of the PRLIs of ports that are not configured.
	 */
	pl->lport->service_params |= FCP_SPPF_TARG_FCN;
	mutex_unlock(&sec_lock);
}

static void port_gone(struct pprc_lport *pl)
{
	struct sec_nexus *n, *next;

	mutex_lock(&sec_lock);
	WRITE_ONCE(pl->lport->prov[FC_TYPE_FCP], NULL);
	list_for_each_entry_safe(n, next, &nexuses, node)
		if (n->pl == pl)
			nexus_drop(n);
	mutex_unlock(&sec_lock);
	/* sec_port_use() may have the pointer in its hand. */
	synchronize_rcu();
}

static struct pprc_lport_client sec_client = {
	.came	= port_came,
	.gone	= port_gone,
};

/**
 * sec_port_init() - become libfc's FCP target
 *
 * Context: process, sleeps.
 * Return: 0 or -EBUSY.
 */
int sec_port_init(void)
{
	int ret;

	ret = fc_fc4_register_provider(FC_TYPE_FCP, &sec_prov);
	if (ret) {
		pr_err("not loaded: another FCP target, tcm_fc, owns libfc's one target slot: remove its configuration and run modprobe -r tcm_fc, then load pprc_secondary again\n");
		return ret;
	}
	/* Only now: each port's pointer belongs to who has the slot. */
	pprc_lport_client_add(&sec_client);
	return 0;
}

static void port_forget(struct fc_lport *lport, void *arg)
{
	lport->service_params &= ~FCP_SPPF_TARG_FCN;
}

/**
 * sec_port_exit() - stop being libfc's FCP target
 *
 * Context: process, sleeps. No TPG is left, so no session is open.
 */
void sec_port_exit(void)
{
	/* After this no PRLI makes a nexus: no port has a pointer to find. */
	pprc_lport_client_del(&sec_client);
	fc_lport_iterate(port_forget, NULL);
	/* Waits for frames that have found us: it ends with synchronize_rcu() */
	fc_fc4_deregister_provider(FC_TYPE_FCP, &sec_prov);
	/* libfc calls the hooks without a reference on this module. */
	pprc_lport_sync_rports();
}
