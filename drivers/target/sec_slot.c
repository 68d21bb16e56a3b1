// SPDX-License-Identifier: GPL-2.0
/*
 * Slots: payload and data buffers, allocated when a primary logs in and used
 * over and over until the session ends.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "sec.h"
#include "sec_trace.h"

#define UNIT_ORDER	get_order(PPRC_SLOT_UNIT)
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

static int slot_alloc(struct sec_session *s, unsigned int index)
{
	struct sec_slot *slot = &s->slots[index];
	unsigned int n = s->slot_bytes >> PAGE_SHIFT, have = 0;

	spin_lock_init(&slot->lock);
	slot->session = s;
	slot->index = index;
	INIT_WORK(&slot->work, sec_submit_work);
	pprc_fill_init(&slot->fill, s->slot_bytes, s->chunk);
	slot->pages = kvcalloc(n, sizeof(*slot->pages), GFP_KERNEL);
	slot->sg = kvcalloc(n, sizeof(*slot->sg), GFP_KERNEL);
	if (!slot->pages || !slot->sg)
		return -ENOMEM;
	sg_init_table(slot->sg, n);
	while (have < n) {
		int ret = fill_unit(slot, &have);

		if (ret)
			return ret;
		/* A login may ask for gigabytes. */
		cond_resched();
	}
	trace_sec_slot_alloc(slot);
	return 0;
}

static void slot_free(struct sec_slot *slot)
{
	unsigned int i;

	if (slot->nents)
		trace_sec_slot_free(slot);
	for (i = 0; i < slot->nents; i++) {
		struct page *page = sg_page(&slot->sg[i]);

		__free_pages(page, compound_order(page));
	}
	kvfree(slot->sg);
	kvfree(slot->pages);
}

/**
 * sec_slots_alloc() - allocate the slots of a session
 * @s:		@s->nr_slots, @s->slot_bytes and @s->chunk are set
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM; sec_slots_free() cleans up in both cases.
 */
int sec_slots_alloc(struct sec_session *s)
{
	unsigned int i;
	int ret;

	s->slots = kvcalloc(s->nr_slots, sizeof(*s->slots), GFP_KERNEL);
	if (!s->slots)
		return -ENOMEM;
	for (i = 0; i < s->nr_slots; i++) {
		ret = slot_alloc(s, i);
		if (ret)
			return ret;
	}
	return 0;
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
		slot_free(&s->slots[i]);
	kvfree(s->slots);
	s->slots = NULL;
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
