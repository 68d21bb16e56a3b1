// SPDX-License-Identifier: GPL-2.0
/*
 * Pairs as the secondary knows them: which LUN belongs to which pair, in which
 * state, and which generation of its data may be written.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include <target/target_core_backend.h>
#include <pprc/state.h>
#include "sec.h"
#include "sec_trace.h"

/* The pairs of all TPGs; sec_lock. */
static LIST_HEAD(all_pairs);

/* A LUN that a session sees, and what is behind it. */
struct volume {
	bool			exists;	/* and can be written */
	u16			lun;	/* as the session sees it */
	u16			tpg_lun;
	int			dev_index;
	u64			blocks;
	u32			block_bytes;
};

static void volume_find(struct sec_session *s, u16 lun, struct volume *vol)
{
	struct se_device *dev = NULL;
	struct se_dev_entry *deve;

	*vol = (struct volume){ .lun = lun, .dev_index = -1 };
	rcu_read_lock();
	hlist_for_each_entry_rcu(deve, &s->se_sess->se_node_acl->lun_entry_hlist,
				 link) {
		if (deve->mapped_lun != lun || deve->lun_access_ro)
			continue;
		dev = rcu_dereference_raw(deve->se_lun->lun_se_dev);
		vol->tpg_lun = deve->se_lun->unpacked_lun;
	}
	if (dev) {
		vol->exists = true;
		/* get_blocks() gives the last block's address. */
		vol->blocks = dev->transport->get_blocks(dev) + 1;
		vol->block_bytes = dev->dev_attrib.block_size;
		vol->dev_index = dev->dev_index;
	}
	rcu_read_unlock();
}

/*
 * The pair that @s writes to where it sees @vol, or the one @vol is taken by.
 * Two primaries may see two LUNs of the TPG under the same number.
 */
static struct sec_pair *pair_of(struct sec_session *s,
				const struct volume *vol)
{
	struct sec_pair *pair = xa_load(&s->pairs, vol->lun);

	lockdep_assert_held(&sec_lock);
	if (pair || !vol->exists)
		return pair;
	list_for_each_entry(pair, &s->tpg->pairs, node)
		if (pair->tpg_lun == vol->tpg_lun)
			return pair;
	return NULL;
}

static void pair_drop(struct sec_pair *pair)
{
	lockdep_assert_held(&sec_lock);
	if (pair->session)
		xa_erase(&pair->session->pairs, pair->lun);
	list_del(&pair->node);
	list_del(&pair->all);
	sec_session_put(pair->writer);
	kfree_rcu(pair, rcu);
}

/* Has the session that last wrote to the pair ended, if it is another one? */
static bool writer_ended(struct sec_pair *pair, struct sec_session *s)
{
	lockdep_assert_held(&sec_lock);
	if (!pair || pair->writer == s)
		return true;
	sec_session_kill(pair->writer);
	return completion_done(&pair->writer->closed);
}

/* May commands of @pair still be with LIO? */
static bool has_under_way(const struct sec_pair *pair)
{
	struct sec_session *s = pair->writer;
	struct sec_slot *slot;
	unsigned int i = 0;
	bool has = false;

	lockdep_assert_held(&sec_lock);
	if (s->closing)
		return !completion_done(&s->closed);
	rcu_read_lock();
	while (!has && (slot = sec_slot_get(s, i++)))
		has = sec_slot_state(slot) == SEC_SLOT_BUSY &&
		      READ_ONCE(slot->lun) == pair->lun;
	rcu_read_unlock();
	return has;
}

/*
 * A backstore may be behind several LUNs, but only one pair may write to it:
 * two would write over each other, and both report equal copies.
 */
static enum pprc_reason backstore_claim(int dev_index,
					const struct sec_pair *mine)
{
	const struct sec_pair *pair;

	lockdep_assert_held(&sec_lock);
	list_for_each_entry(pair, &all_pairs, all) {
		if (pair == mine || pair->dev_index != dev_index)
			continue;
		if (pair->session)
			return PPRC_R_PAIR_TAKEN;
		if (has_under_way(pair))
			return PPRC_R_BUSY;
	}
	return PPRC_R_GOOD;
}

static enum pprc_reason pair_establish(struct sec_session *s,
				       const struct volume *vol,
				       struct sec_pair *old,
				       const struct pprc_cdb_state *cdb)
{
	enum pprc_reason reason = backstore_claim(vol->dev_index, old);
	struct sec_pair *pair;

	lockdep_assert_held(&sec_lock);
	if (reason != PPRC_R_GOOD)
		return reason;
	/* What was submitted earlier must not land after what comes now. */
	if (!writer_ended(old, s) || (old && has_under_way(old)) ||
	    sec_late_pending(s, vol->lun, vol->dev_index))
		return PPRC_R_BUSY;
	/* A new object: writes being checked may still look at the old one. */
	pair = kzalloc(sizeof(*pair), GFP_NOIO);
	if (!pair)
		return PPRC_R_NO_MEMORY;
	pair->id = be64_to_cpu(cdb->hdr.pair);
	pair->generation = be64_to_cpu(cdb->hdr.generation);
	pair->blocks = be64_to_cpu(cdb->blocks);
	pair->block_bytes = be32_to_cpu(cdb->block_bytes);
	pair->lun = vol->lun;
	pair->tpg_lun = vol->tpg_lun;
	pair->dev_index = vol->dev_index;
	pair->state = cdb->state;
	pair->session = s;
	if (xa_err(xa_store(&s->pairs, vol->lun, pair, GFP_NOIO))) {
		kfree(pair);
		return PPRC_R_NO_MEMORY;
	}
	sec_session_get(s);
	pair->writer = s;
	if (old) {
		if (old->id != pair->id)
			pr_notice("LUN %u: pair %016llx takes the place of pair %016llx, whose primary is not connected\n",
				  vol->tpg_lun, pair->id, old->id);
		if (old->session == s && old->lun == vol->lun)
			old->session = NULL;	/* replaced above */
		pair_drop(old);
	}
	list_add_tail(&pair->node, &s->tpg->pairs);
	list_add_tail(&pair->all, &all_pairs);
	return PPRC_R_GOOD;
}

static enum pprc_reason pair_step(struct sec_session *s,
				  const struct volume *vol,
				  const struct pprc_cdb_state *cdb)
{
	u64 id = be64_to_cpu(cdb->hdr.pair);
	struct sec_pair *pair = pair_of(s, vol);
	u8 from, to = cdb->state;

	lockdep_assert_held(&sec_lock);
	if (pair && pair->session && pair->session != s)
		return PPRC_R_PAIR_TAKEN;
	if (!vol->exists && !pair)
		return PPRC_R_BAD_LUN;
	if (pair && pair->id != id &&
	    (pair->session || to != PPRC_STATE_FULL_DUPLEX))
		return PPRC_R_PAIR_TAKEN;
	from = pair && pair->id == id ? pair->state : PPRC_STATE_SIMPLEX;
	/* A repetition of what is so already is no mistake. */
	if (from != to && !pprc_state_step(from, to)->allowed)
		return PPRC_R_BAD_STATE;

	switch (to) {
	case PPRC_STATE_SIMPLEX:
		if (!writer_ended(pair, s) || (pair && has_under_way(pair)))
			return PPRC_R_BUSY;
		if (pair)
			pair_drop(pair);
		return PPRC_R_GOOD;
	case PPRC_STATE_SUSPENDED:
		if (!pair)
			return PPRC_R_NO_PAIR;
		if (pair->session)
			xa_erase(&pair->session->pairs, pair->lun);
		pair->session = NULL;
		pair->state = to;
		pair->reason = cdb->reason;
		return PPRC_R_GOOD;
	case PPRC_STATE_FULL_DUPLEX:
		/* The ACL has been changed under a pair that is written to. */
		if (pair && pair->tpg_lun != vol->tpg_lun)
			return PPRC_R_BAD_LUN;
		return pair_establish(s, vol, pair, cdb);
	default:
		return PPRC_R_BAD_STATE;
	}
}

/**
 * sec_pair_change() - a primary tells a pair's new state
 * @s:		session it came on, held open by the caller
 * @lun:	LUN of the secondary volume, as the session sees it
 * @cdb:	the extended CDB
 * @answer:	gets the volume's size and the pair's state
 *
 * Context: process; sec_lock held.
 * Return: PPRC_R_GOOD or why not.
 */
enum pprc_reason sec_pair_change(struct sec_session *s, u16 lun,
				 const struct pprc_cdb_state *cdb,
				 struct pprc_answer *answer)
{
	enum pprc_reason reason;
	struct volume vol;

	lockdep_assert_held(&sec_lock);
	volume_find(s, lun, &vol);
	answer->has_state = true;
	answer->state.blocks = vol.blocks;
	answer->state.block_bytes = vol.block_bytes;
	answer->state.state = cdb->state;
	if (cdb->state == PPRC_STATE_FULL_DUPLEX) {
		if (!vol.exists)
			return PPRC_R_BAD_LUN;
		if (vol.block_bytes != be32_to_cpu(cdb->block_bytes))
			return PPRC_R_BLOCK_SIZE;
		if (vol.blocks < be64_to_cpu(cdb->blocks))
			return PPRC_R_TOO_SMALL;
	}
	reason = pair_step(s, &vol, cdb);
	if (reason == PPRC_R_GOOD) {
		trace_sec_pair_state(be64_to_cpu(cdb->hdr.pair), lun,
				     cdb->state, cdb->reason);
		sec_log(notice, s, "LUN %u, pair %016llx: %s%s%s%s\n", lun,
			be64_to_cpu(cdb->hdr.pair),
			cdb->state == PPRC_STATE_SIMPLEX ? "" : "target-",
			pprc_state_name(cdb->state),
			cdb->state == PPRC_STATE_SUSPENDED ? ", " : "",
			cdb->state == PPRC_STATE_SUSPENDED ?
			pprc_susp_name(cdb->reason) : "");
	}
	return reason;
}

/**
 * sec_pair_check() - may the command in a slot be carried out
 * @slot:	slot with a complete command; learns which backstore is meant
 *
 * Context: any.
 * Return: PPRC_R_GOOD or why not.
 */
enum pprc_reason sec_pair_check(struct sec_slot *slot)
{
	const struct pprc_cdb_write *w = &slot->payload.write;
	u64 lba = be64_to_cpu(w->lba);
	u32 blocks = be32_to_cpu(w->blocks);
	enum pprc_reason reason = PPRC_R_GOOD;
	const struct sec_pair *pair;

	rcu_read_lock();
	pair = xa_load(&slot->session->pairs, slot->lun);
	/* Pairs with xa_erase()'s release, behind sec_session_kill()'s store. */
	smp_rmb();
	if (!pair && READ_ONCE(slot->session->closing))
		reason = PPRC_R_ABORTED;	/* the session, not the pair */
	else if (!pair || pair->id != be64_to_cpu(w->hdr.pair))
		reason = PPRC_R_NO_PAIR;
	else if (pair->generation != be64_to_cpu(w->hdr.generation))
		reason = PPRC_R_BAD_GENERATION;
	else if (lba > pair->blocks || blocks > pair->blocks - lba)
		reason = PPRC_R_BAD_RANGE;
	else if ((u64)blocks * pair->block_bytes != slot->fill.total)
		reason = PPRC_R_BAD_LENGTH;
	else
		slot->dev_index = pair->dev_index;
	rcu_read_unlock();
	return reason;
}

/**
 * sec_pairs_suspend() - a session ends; its pairs are written no longer
 * @s:		the session
 *
 * Context: process; sec_lock held.
 */
void sec_pairs_suspend(struct sec_session *s)
{
	struct sec_pair *pair;

	lockdep_assert_held(&sec_lock);
	list_for_each_entry(pair, &s->tpg->pairs, node) {
		if (pair->session != s)
			continue;
		xa_erase(&s->pairs, pair->lun);
		pair->session = NULL;
		pair->state = PPRC_STATE_SUSPENDED;
		pair->reason = PPRC_SUSP_PATH_LOSS;
		trace_sec_pair_state(pair->id, pair->lun, pair->state,
				     pair->reason);
		sec_log(notice, s, "LUN %u, pair %016llx: target-suspended, the session has ended\n",
			pair->lun, pair->id);
	}
}

/**
 * sec_pairs_free() - a TPG is removed, its pairs are forgotten
 * @tpg:	the TPG, it has no session
 *
 * Context: process; sec_lock held.
 */
void sec_pairs_free(struct sec_tpg *tpg)
{
	struct sec_pair *pair, *next;

	lockdep_assert_held(&sec_lock);
	list_for_each_entry_safe(pair, next, &tpg->pairs, node)
		pair_drop(pair);
}

/**
 * sec_pairs_show() - list a TPG's pairs
 * @tpg:	the TPG
 * @page:	PAGE_SIZE bytes
 *
 * Context: process, sleeps.
 * Return: bytes written; a line a pair: LUN of the TPG, id, state, reason, primary.
 */
ssize_t sec_pairs_show(struct sec_tpg *tpg, char *page)
{
	struct sec_pair *pair;
	ssize_t n = 0;

	mutex_lock(&sec_lock);
	list_for_each_entry(pair, &tpg->pairs, node)
		n += sysfs_emit_at(page, n, "%u %016llx target-%s %s %s\n",
				   pair->tpg_lun, pair->id,
				   pprc_state_name(pair->state),
				   pprc_susp_name(pair->reason),
				   pair->session ? pair->session->name : "-");
	mutex_unlock(&sec_lock);
	return n;
}
