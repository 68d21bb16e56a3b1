/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which chunks of a write have come. Frames arrive in any order, twice, or
 * before their command; a write is complete when its command is known and
 * every chunk of it is there. Pure.
 */
#ifndef _PPRC_FILL_H
#define _PPRC_FILL_H

#include <linux/types.h>
#include <pprc/codec.h>
#include <pprc/wire.h>

#define PPRC_FILL_WORDS	(PPRC_CHUNKS_MAX / 64)

/**
 * struct pprc_fill - arrival state of one slot's data buffer
 * @slot_bytes:	size of the buffer
 * @chunk:	data bytes of a full frame, a power of two
 * @total:	bytes announced by the command, valid if @known
 * @known:	the command has come
 * @have:	bytes received so far, duplicates not counted
 * @end:	where the data must end: the end of a frame shorter than @chunk;
 *		0 while no such frame has come
 * @high:	highest end of any frame received
 * @map:	one bit per chunk received
 */
struct pprc_fill {
	u32	slot_bytes;
	u32	chunk;
	u32	total;
	bool	known;
	u32	have;
	u32	end;
	u32	high;
	u64	map[PPRC_FILL_WORDS];
};

enum pprc_fill_result {
	PPRC_FILL_NEW,		/* the frame's bytes belong into the buffer */
	PPRC_FILL_DUP,		/* they are there already */
	PPRC_FILL_BAD,		/* they belong nowhere */
};

void pprc_fill_init(struct pprc_fill *fill, u32 slot_bytes, u32 chunk);
void pprc_fill_reset(struct pprc_fill *fill);
enum pprc_fill_result pprc_fill_frame(struct pprc_fill *fill, u32 offset,
				      u32 len);
bool pprc_fill_expect(struct pprc_fill *fill, u32 total);
unsigned int pprc_fill_missing(const struct pprc_fill *fill,
			       struct pprc_range *ranges, unsigned int max);
bool pprc_fill_complete(const struct pprc_fill *fill);

#endif
