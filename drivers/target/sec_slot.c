// SPDX-License-Identifier: GPL-2.0
/*
 * Slots: payload and data buffers, allocated when a primary logs in and used
 * over and over until the session ends.
 *
 * When a write and its data have come and the write says that it had to wait
 * for a slot, more are allocated, for the writes to come; every answer tells
 * how many there are. After a time without such need the grant falls back. The
 * primary then stops to use what is beyond it and says so in a heartbeat, and
 * only that lets the slots go: a frame never meets a slot that has gone.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "sec.h"
#include "sec_trace.h"

#define UNIT_ORDER	get_order(PPRC_SLOT_UNIT)
#define GROW_AGAIN	(10 * HZ)	/* memory was short */
#define SLOT_GFP	(GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

/* One piece of physically contiguous memory into the slot's tables. */
static void add_piece(struct sec_slot *slot, struct page *page,
		      unsigned int order, unsigned int *npages)
{
	unsigned int i;

	sg_set_page(&slot->sg[slot->nents++], page, PAGE_SIZE << order, 0);
	for (i = 0; i < 1u << order; i++)
		slot->pages[(*npages)++] = page + i;
}

/* A 64 KiB compound page is one entry for LIO; single pages serve as well. */
static int fill_unit(struct sec_slot *slot, unsigned int *npages)
{
	struct page *page;
	unsigned int i;

	page = alloc_pages(SLOT_GFP | __GFP_COMP | __GFP_NORETRY, UNIT_ORDER);
	if (page) {
		add_piece(slot, page, UNIT_ORDER, npages);
		return 0;
	}
	for (i = 0; i < 1u << UNIT_ORDER; i++) {
		page = alloc_page(SLOT_GFP);
		if (!page)
			return -ENOMEM;
		add_piece(slot, page, 0, npages);
	}
	return 0;
}

/**
 * sec_slot_free() - free a slot and its buffers
 * @slot:	nobody uses it or finds it any more
 *
 * Context: process, sleeps.
 */
void sec_slot_free(struct sec_slot *slot)
{
	unsigned int i;

	hrtimer_cancel(&slot->gap);
	if (slot->nents)
		trace_sec_slot_free(slot);
	for (i = 0; i < slot->nents; i++) {
		struct page *page = sg_page(&slot->sg[i]);

		__free_pages(page, compound_order(page));
	}
	kvfree(slot->sg);
	kvfree(slot->pages);
	kfree(slot);
}

/**
 * sec_slot_alloc() - make a slot with its buffers
 * @s:		its session; @s->slot_bytes and @s->chunk are set
 * @index:	its number
 *
 * Context: process, sleeps.
 * Return: the slot, which nobody finds yet, or NULL.
 */
struct sec_slot *sec_slot_alloc(struct sec_session *s, unsigned int index)
{
	unsigned int n = s->slot_bytes >> PAGE_SHIFT, have = 0;
	struct sec_slot *slot = kzalloc(sizeof(*slot), GFP_KERNEL);

	if (!slot)
		return NULL;
	spin_lock_init(&slot->lock);
	slot->session = s;
	slot->index = index;
	INIT_WORK(&slot->work, sec_submit_work);
	pprc_hrtimer_setup(&slot->gap, sec_gap_out, CLOCK_MONOTONIC,
			   HRTIMER_MODE_ABS_SOFT);
	pprc_fill_init(&slot->fill, s->slot_bytes, s->chunk);
	slot->pages = kvcalloc(n, sizeof(*slot->pages), GFP_KERNEL);
	slot->sg = kvcalloc(n, sizeof(*slot->sg), GFP_KERNEL);
	if (!slot->pages || !slot->sg)
		goto err;
	sg_init_table(slot->sg, n);
	while (have < n) {
		if (fill_unit(slot, &have))
			goto err;
		/* A login may ask for gigabytes. */
		cond_resched();
	}
	trace_sec_slot_alloc(slot);
	return slot;
err:
	sec_slot_free(slot);
	return NULL;
}

/**
 * sec_slot_state() - what a slot is doing
 * @slot:	the slot
 *
 * Who has brought it into this state has left it.
 *
 * Context: any but hard interrupt; @slot->lock not held.
 * Return: enum sec_slot_state.
 */
u8 sec_slot_state(struct sec_slot *slot)
{
	u8 state;

	spin_lock_bh(&slot->lock);
	state = slot->state;
	spin_unlock_bh(&slot->lock);
	return state;
}

/**
 * sec_slots_alloc() - allocate the slots of a session
 * @s:		@s->base_slots, @s->max_slots, @s->slot_bytes and @s->chunk are
 *		set
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM; sec_slots_free() cleans up in both cases.
 */
int sec_slots_alloc(struct sec_session *s)
{
	s->slots = kvcalloc(s->max_slots, sizeof(*s->slots), GFP_KERNEL);
	if (!s->slots)
		return -ENOMEM;
	while (s->nr_slots < s->base_slots) {
		struct sec_slot *slot = sec_slot_alloc(s, s->nr_slots);

		if (!slot)
			return -ENOMEM;
		s->slots[s->nr_slots++] = slot;
	}
	return 0;
}

/**
 * sec_slots_quiet() - no slot says by itself any more what is missing
 * @s:		the session, no frame uses its slots any more
 *
 * Context: process, sleeps.
 */
void sec_slots_quiet(struct sec_session *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_slots; i++)
		hrtimer_cancel(&s->slots[i]->gap);
}

/**
 * sec_slots_free() - free the slots of a session
 * @s:		no frame and no command uses them any more
 *
 * Context: process, sleeps.
 */
void sec_slots_free(struct sec_session *s)
{
	unsigned int i;

	if (!s->slots)
		return;
	for (i = 0; i < s->nr_slots; i++)
		sec_slot_free(s->slots[i]);
	kvfree(s->slots);
	s->slots = NULL;
}

/**
 * sec_slots_wanted() - a write has come that had to wait for a slot
 * @s:		its session
 *
 * Context: receive context.
 */
void sec_slots_wanted(struct sec_session *s)
{
	WRITE_ONCE(s->wanted, jiffies);
	if ((READ_ONCE(s->grant) & 0xffff) == s->max_slots ||
	    time_before(jiffies, READ_ONCE(s->grow_at)))
		return;
	WRITE_ONCE(s->want_more, true);
	queue_work(sec_ctl_wq, &s->resize);
}

/**
 * sec_slots_idle() - give back what has not been needed for a while
 * @s:		the session
 *
 * Context: process.
 */
void sec_slots_idle(struct sec_session *s)
{
	if ((READ_ONCE(s->grant) & 0xffff) != s->base_slots &&
	    time_after(jiffies, READ_ONCE(s->wanted) +
		       msecs_to_jiffies(READ_ONCE(s->tpg->extra_slots_ms))))
		queue_work(sec_ctl_wq, &s->resize);
}

/**
 * sec_slots_used() - the primary says how many slots it uses
 * @s:		the session
 * @slots:	at most so many
 * @grant_seq:	the change of the grant that it goes by
 *
 * Context: receive context.
 */
void sec_slots_used(struct sec_session *s, u16 slots, u16 grant_seq)
{
	u32 used = (u32)grant_seq << 16 | slots;

	WRITE_ONCE(s->used, used);
	if (slots < READ_ONCE(s->nr_slots) && used == READ_ONCE(s->grant))
		queue_work(sec_ctl_wq, &s->resize);
}

/* From now on answers say @slots. Only the resize work changes the grant. */
static void advertise(struct sec_session *s, unsigned int slots)
{
	u32 seq = (s->grant >> 16) + 1;

	if ((s->grant & 0xffff) != slots)
		WRITE_ONCE(s->grant, seq << 16 | slots);
}

static void grow(struct sec_session *s)
{
	unsigned int end = min_t(unsigned int, s->max_slots,
				 s->nr_slots + DIV_ROUND_UP(s->nr_slots, 4));
	struct sec_slot *slot;

	while (s->nr_slots < end) {
		slot = sec_slot_alloc(s, s->nr_slots);
		if (!slot) {
			WRITE_ONCE(s->grow_at, jiffies + GROW_AGAIN);
			break;
		}
		/* What a slot here has had is not to be carried out again. */
		slot->id = s->gone_id;
		WRITE_ONCE(s->slots[s->nr_slots], slot);
		/* Who reads the number finds the slot. */
		smp_store_release(&s->nr_slots, s->nr_slots + 1);
		sec_count(s, SEC_C_GROWN);
	}
	advertise(s, s->nr_slots);
}

/* Is there a command in one of these slots, against the primary's word? */
static bool in_use(struct sec_session *s, unsigned int from, unsigned int end)
{
	bool busy = false;
	unsigned int i;

	for (i = from; i < end; i++)
		busy |= sec_slot_state(s->slots[i]) != SEC_SLOT_FREE;
	return busy;
}

/* The primary has said that it uses no more than are granted. */
static void shrink(struct sec_session *s)
{
	unsigned int from = s->grant & 0xffff, end = s->nr_slots, i;

	if (in_use(s, from, end))
		return;
	WRITE_ONCE(s->nr_slots, from);
	/* Frames that had found a slot; see sec_slot_get(). */
	synchronize_rcu();
	/* A primary that breaks its word keeps what it uses. */
	if (in_use(s, from, end)) {
		WRITE_ONCE(s->nr_slots, end);	/* the slots never went */
		return;
	}
	for (i = from; i < end; i++) {
		struct sec_slot *slot = s->slots[i];

		WRITE_ONCE(s->slots[i], NULL);
		cancel_work_sync(&slot->work);
		s->gone_id = max(s->gone_id, slot->id);
		sec_slot_free(slot);
		sec_count(s, SEC_C_SHRUNK);
	}
}

/**
 * sec_resize_work() - add slots, give them back, or put new ones into the place
 * of those that a backstore does not give back
 * @work:	the session's
 *
 * Context: process, sleeps.
 */
void sec_resize_work(struct work_struct *work)
{
	struct sec_session *s = container_of(work, struct sec_session, resize);
	unsigned long keep = msecs_to_jiffies(READ_ONCE(s->tpg->extra_slots_ms));
	unsigned int noio;

	/* Reclaim must not wait for the disk that hangs. */
	noio = memalloc_noio_save();
	sec_late_reap(s);
	sec_late_replace(s);
	if (READ_ONCE(s->want_more)) {
		WRITE_ONCE(s->want_more, false);
		grow(s);
	} else if (time_after(jiffies, READ_ONCE(s->wanted) + keep)) {
		advertise(s, s->base_slots);
	}
	if (READ_ONCE(s->used) == s->grant &&
	    s->nr_slots > (s->grant & 0xffff))
		shrink(s);
	memalloc_noio_restore(noio);
}

/**
 * sec_slot_cut_sg() - cut the slot's scatterlist to a write's length
 * @slot:	the slot
 * @bytes:	length of the write, at least 1
 *
 * Context: any; the caller owns the slot.
 * Return: number of entries that hold @bytes.
 */
unsigned int sec_slot_cut_sg(struct sec_slot *slot, u32 bytes)
{
	unsigned int i = 0;

	while (bytes > slot->sg[i].length)
		bytes -= slot->sg[i++].length;
	slot->sg[i].length = bytes;
	return i + 1;
}

/**
 * sec_slot_restore_sg() - put back what sec_slot_cut_sg() cut
 * @slot:	the slot, @slot->fill.total is the length it was cut to
 *
 * Context: any; the caller owns the slot.
 */
void sec_slot_restore_sg(struct sec_slot *slot)
{
	unsigned int i;
	u32 at = 0;

	for (i = 0; i < slot->nents && at < slot->fill.total; i++) {
		slot->sg[i].length = page_size(sg_page(&slot->sg[i]));
		at += slot->sg[i].length;
	}
}
