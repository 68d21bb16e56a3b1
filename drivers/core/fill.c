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

/**
 * pprc_fill_missing() - what has not come yet
 * @fill:	state of the slot, its command is known
 * @ranges:	filled in ascending order; each begins at a chunk
 * @max:	room in @ranges, at least 1
 *
 * When there are more gaps than room, the last range also covers what has come
 * between it and the end of the write: more than needed, never less.
 *
 * Return: number of ranges; 0 when nothing is missing or the command has not
 * come.
 */
unsigned int pprc_fill_missing(const struct pprc_fill *fill,
			       struct pprc_range *ranges, unsigned int max)
{
	u32 chunks = DIV_ROUND_UP(fill->total, fill->chunk), idx = 0;
	unsigned int n = 0;

	if (!fill->known)
		return 0;
	while (idx < chunks) {
		u32 from;

		/* Whole words that have come are the common case. */
		if (idx % 64 == 0 && fill->map[idx / 64] == ~0ull) {
			idx += 64;
			continue;
		}
		if (has_chunk(fill, idx)) {
			idx++;
			continue;
		}
		if (n == max) {
			ranges[n - 1].len = fill->total - ranges[n - 1].offset;
			break;
		}
		from = idx * fill->chunk;
		while (idx < chunks && !has_chunk(fill, idx))
			idx++;
		ranges[n].offset = from;
		ranges[n].len = min(idx * fill->chunk, fill->total) - from;
		n++;
	}
	return n;
}
