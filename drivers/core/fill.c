// SPDX-License-Identifier: GPL-2.0
/* Arrival of a write's data in a slot. Pure. */

#include <linux/kernel.h>
#include <linux/string.h>
#include <pprc/fill.h>

/**
 * pprc_fill_init() - set the bounds of a slot, once
 * @fill:	state of the slot
 * @slot_bytes:	size of the data buffer, at most PPRC_SLOT_BYTES_MAX
 * @chunk:	data bytes of a full frame, a power of two from PPRC_CHUNK_MIN
 *
 * Context: any; the caller serialises all calls for one @fill.
 */
void pprc_fill_init(struct pprc_fill *fill, u32 slot_bytes, u32 chunk)
{
	memset(fill, 0, sizeof(*fill));
	fill->slot_bytes = slot_bytes;
	fill->chunk = chunk;
}

/**
 * pprc_fill_reset() - forget the last write
 * @fill:	state of the slot
 *
 * Clears no more of the map than was used.
 */
void pprc_fill_reset(struct pprc_fill *fill)
{
	u32 chunks = DIV_ROUND_UP(fill->high, fill->chunk);

	memset(fill->map, 0, DIV_ROUND_UP(chunks, 64) * sizeof(fill->map[0]));
	fill->total = 0;
	fill->known = false;
	fill->have = 0;
	fill->end = 0;
	fill->high = 0;
}

/**
 * pprc_fill_frame() - a data frame has come
 * @fill:	state of the slot
 * @offset:	relative offset of the frame's data in the write, bytes
 * @len:	number of data bytes
 *
 * Every frame is a full chunk at a multiple of the chunk size; only the last
 * one may be shorter. Anything else would let frames overlap.
 *
 * Return: PPRC_FILL_NEW when the caller must place the bytes at @offset.
 */
enum pprc_fill_result pprc_fill_frame(struct pprc_fill *fill, u32 offset,
				      u32 len)
{
	u32 limit = fill->known ? fill->total : fill->slot_bytes;
	u32 idx = offset / fill->chunk;
	u64 bit = 1ull << (idx % 64);

	if (!len || len > fill->chunk || offset % fill->chunk ||
	    offset >= limit || len > limit - offset)
		return PPRC_FILL_BAD;
	if (fill->end && offset + len > fill->end)
		return PPRC_FILL_BAD;
	if (len < fill->chunk) {
		if (fill->known && offset + len != fill->total)
			return PPRC_FILL_BAD;
		if (fill->high > offset + len ||
		    (fill->end && fill->end != offset + len))
			return PPRC_FILL_BAD;
	}
	if (fill->map[idx / 64] & bit)
		return PPRC_FILL_DUP;

	fill->map[idx / 64] |= bit;
	fill->have += len;
	if (len < fill->chunk)
		fill->end = offset + len;
	if (offset + len > fill->high)
		fill->high = offset + len;
	return PPRC_FILL_NEW;
}

/**
 * pprc_fill_expect() - the command has come and says how much belongs to it
 * @fill:	state of the slot
 * @total:	bytes of the write, 0 for a command without data
 *
 * Return: false when @total exceeds the slot or contradicts a frame that came
 * before the command.
 */
bool pprc_fill_expect(struct pprc_fill *fill, u32 total)
{
	if (total > fill->slot_bytes || fill->high > total ||
	    (fill->end && fill->end != total))
		return false;
	fill->total = total;
	fill->known = true;
	return true;
}

/**
 * pprc_fill_complete() - is everything there
 * @fill:	state of the slot
 *
 * Return: true when the command is known and no byte of it is missing.
 */
bool pprc_fill_complete(const struct pprc_fill *fill)
{
	return fill->known && fill->have == fill->total;
}

static bool has_chunk(const struct pprc_fill *fill, u32 idx)
{
	return fill->map[idx / 64] & (1ull << (idx % 64));
}

/* The first gap from chunk @idx on; @idx becomes the chunk behind it. */
static bool next_gap(const struct pprc_fill *fill, u32 *idx,
		     struct pprc_range *gap)
{
	u32 chunks = DIV_ROUND_UP(fill->total, fill->chunk), i = *idx;

	/* Whole words that have come are the common case. */
	while (i < chunks && has_chunk(fill, i))
		i += i % 64 == 0 && fill->map[i / 64] == ~0ull ? 64 : 1;
	if (i >= chunks)
		return false;
	gap->offset = i * fill->chunk;
	while (i < chunks && !has_chunk(fill, i))
		i++;
	gap->len = min(i * fill->chunk, fill->total) - gap->offset;
	*idx = i;
	return true;
}

/* How much has come between two ranges. */
static u32 between(const struct pprc_range *a, const struct pprc_range *b)
{
	return b->offset - (a->offset + a->len);
}

/* @a goes on to the end of @b. */
static void join(struct pprc_range *a, const struct pprc_range *b)
{
	a->len = b->offset + b->len - a->offset;
}

/*
 * There is no room for @gap behind the @n ranges: joins two neighbours, @gap
 * being the last, the first two of those with the least between them.
 */
static void join_least(struct pprc_range *ranges, unsigned int n,
		       const struct pprc_range *gap)
{
	u32 least = between(&ranges[n - 1], gap);
	unsigned int at = n - 1, i;

	for (i = n - 1; i > 0; i--) {
		u32 bytes = between(&ranges[i - 1], &ranges[i]);

		if (bytes <= least) {
			least = bytes;
			at = i - 1;
		}
	}
	if (at == n - 1) {
		join(&ranges[at], gap);
		return;
	}
	join(&ranges[at], &ranges[at + 1]);
	memmove(&ranges[at + 1], &ranges[at + 2],
		(n - at - 2) * sizeof(ranges[0]));
	ranges[n - 1] = *gap;
}

/**
 * pprc_fill_missing() - what has not come yet
 * @fill:	state of the slot, its command is known
 * @ranges:	filled in ascending order, apart; each begins at a chunk, and
 *		ends at one or at the end of the write
 * @max:	room in @ranges, at least 1
 *
 * When there are more gaps than room, some ranges also cover what has come
 * between their gaps: more than needed, but no @max ranges could do with less,
 * as the ranges are kept apart where most has come between them.
 *
 * Context: any. Takes two steps for each chunk and @max for each gap at most.
 * Return: number of ranges; 0 when nothing is missing or the command has not
 * come.
 */
unsigned int pprc_fill_missing(const struct pprc_fill *fill,
			       struct pprc_range *ranges, unsigned int max)
{
	struct pprc_range gap;
	unsigned int n = 0;
	u32 idx = 0;

	if (!fill->known)
		return 0;
	while (next_gap(fill, &idx, &gap)) {
		if (n < max)
			ranges[n++] = gap;
		else
			join_least(ranges, n, &gap);
	}
	return n;
}
