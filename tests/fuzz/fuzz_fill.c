// SPDX-License-Identifier: GPL-2.0
/*
 * Frames into a slot: pprc_fill_frame(), pprc_fill_expect() and the rest of
 * drivers/core/fill.c, against a map with one byte per byte of the slot.
 *
 * Input: size of slot and chunk (1 byte), then operations: a frame at a
 * multiple of the chunk, whole or short; one beside a multiple; one anywhere; a
 * row of frames; the command with its length; a reset; what is missing, and
 * perhaps that is sent.
 *
 * - A frame is taken, a duplicate, or bad, as the map and the rules say.
 * - No byte is placed twice, none outside the slot or beyond the end of the
 *   data, no frame leaves a page of the buffer.
 * - The write is complete exactly when its command has come and every byte of
 *   it is covered.
 * - After a reset the slot is as new.
 * - What is missing is named in ranges that are ascending and apart, begin and
 *   end with a missing chunk, and cover every byte that has not come. They cover
 *   no other, unless there are more gaps than room: then all the room is used,
 *   and no more has come anywhere within a range than between any two. To send
 *   just them completes the write.
 */

#include "fuzz.h"
#include <pprc/fill.h>

#define PAGE		4096u

enum {
	NEW, NEW_SHORT, NEW_AFTER_CMD, DUP, DUP_SHORT, EMPTY, TOO_LONG,
	MISALIGNED, OUTSIDE, BEYOND_TOTAL, BEYOND_END, SHORT_INSIDE, SHORT_GAP,
	CMD, CMD_LATE, CMD_TOO_LONG, CMD_TOO_SHORT, CMD_NOT_END, DATA_LAST,
	CMD_LAST, NO_DATA, WHOLE_SLOT, RESET, ASK_UNKNOWN, ASK_NONE, ASK_ALL,
	ASK_SOME, ASK_MANY, ASK_LEAST, RESENT,
};

struct fuzz_event fuzz_events[] = {
	[NEW]		= { .name = "frame taken" },
	[NEW_SHORT]	= { .name = "short frame taken" },
	[NEW_AFTER_CMD]	= { .name = "frame after the command taken" },
	[DUP]		= { .name = "frame twice" },
	[DUP_SHORT]	= { .name = "short frame twice" },
	[EMPTY]		= { .name = "empty frame refused" },
	[TOO_LONG]	= { .name = "frame longer than the chunk refused" },
	[MISALIGNED]	= { .name = "offset of no multiple refused" },
	[OUTSIDE]	= { .name = "frame beyond the slot refused" },
	[BEYOND_TOTAL]	= { .name = "frame beyond the command refused" },
	[BEYOND_END]	= { .name = "frame beyond a short one refused" },
	[SHORT_INSIDE]	= { .name = "short frame before others refused" },
	[SHORT_GAP]	= { .name = "short frame before the end refused" },
	[CMD]		= { .name = "command before its data" },
	[CMD_LATE]	= { .name = "command after data" },
	[CMD_TOO_LONG]	= { .name = "command beyond the slot refused" },
	[CMD_TOO_SHORT]	= { .name = "command short of its data refused" },
	[CMD_NOT_END]	= { .name = "command beyond a short frame refused" },
	[DATA_LAST]	= { .name = "complete with a frame" },
	[CMD_LAST]	= { .name = "complete with the command" },
	[NO_DATA]	= { .name = "complete without data" },
	[WHOLE_SLOT]	= { .name = "complete with a full slot" },
	[RESET]		= { .name = "reset of a slot in use" },
	[ASK_UNKNOWN]	= { .name = "missing of no command" },
	[ASK_NONE]	= { .name = "nothing is missing" },
	[ASK_ALL]	= { .name = "all is missing" },
	[ASK_SOME]	= { .name = "some is missing" },
	[ASK_MANY]	= { .name = "more is missing than there is room to name" },
	[ASK_LEAST]	= { .name = "gaps with less between them than others joined" },
	[RESENT]	= { .name = "complete with what was missing" },
	{ }
};

/* What the rules know: the map, and the frames taken. */
static struct {
	u32	slot_bytes;
	u32	chunk;
	bool	known;
	u64	total;
	u64	high;		/* end of the last byte covered */
	u64	end;		/* where a short frame ended, or 0 */
	u64	covered;
	u32	frames;
	struct {
		u32	offset;
		u32	len;
	} frame[PPRC_CHUNKS_MAX];
	u8	map[PPRC_SLOT_BYTES_MAX];
} m;

static void forget(void)
{
	while (m.frames) {
		m.frames--;
		memset(m.map + m.frame[m.frames].offset, 0,
		       m.frame[m.frames].len);
	}
	m.known = false;
	m.total = 0;
	m.high = 0;
	m.end = 0;
	m.covered = 0;
}

static enum pprc_fill_result bad(unsigned int event)
{
	fuzz_hit(event);
	return PPRC_FILL_BAD;
}

/* What must become of a frame. */
static enum pprc_fill_result judge(u64 offset, u64 len)
{
	bool is_short = len < m.chunk;

	if (!len)
		return bad(EMPTY);
	if (len > m.chunk)
		return bad(TOO_LONG);
	if (offset % m.chunk)
		return bad(MISALIGNED);
	if (offset + len > m.slot_bytes)
		return bad(OUTSIDE);
	if (m.known && offset + len > m.total)
		return bad(BEYOND_TOTAL);
	if (m.end && offset + len > m.end)
		return bad(BEYOND_END);
	if (is_short && m.high > offset + len)
		return bad(SHORT_INSIDE);
	if (is_short && m.known && offset + len < m.total)
		return bad(SHORT_GAP);
	if (m.map[offset]) {
		fuzz_hit(is_short ? DUP_SHORT : DUP);
		return PPRC_FILL_DUP;
	}
	fuzz_hit(is_short ? NEW_SHORT : m.known ? NEW_AFTER_CMD : NEW);
	return PPRC_FILL_NEW;
}

/* The bytes of a frame are placed. */
static void place(u32 offset, u32 len)
{
	fuzz_check(len && offset < m.slot_bytes && len <= m.slot_bytes - offset);
	fuzz_check(offset % PAGE + len <= PAGE);
	fuzz_check(!memchr(m.map + offset, 1, len));
	memset(m.map + offset, 1, len);
	fuzz_check(m.frames < PPRC_CHUNKS_MAX);
	m.frame[m.frames].offset = offset;
	m.frame[m.frames].len = len;
	m.frames++;
	m.covered += len;
	m.high = max(m.high, (u64)offset + len);
	if (len < m.chunk)
		m.end = offset + len;
}

/* Is the slot complete, and rightly so? */
static bool complete(const struct pprc_fill *f)
{
	bool is = m.known && m.covered == m.total;

	fuzz_check(pprc_fill_complete(f) == is);
	if (is) {
		fuzz_check(!memchr(m.map, 0, m.total) && m.high == m.total);
		if (m.total == m.slot_bytes)
			fuzz_hit(WHOLE_SLOT);
	}
	return is;
}

static void do_frame(struct pprc_fill *f, u32 offset, u32 len)
{
	enum pprc_fill_result want = judge(offset, len);
	u32 have = f->have;

	fuzz_check(pprc_fill_frame(f, offset, len) == want);
	if (want == PPRC_FILL_NEW) {
		place(offset, len);
		if (complete(f))
			fuzz_hit(DATA_LAST);
	} else {
		fuzz_check(f->have == have);
		if (want == PPRC_FILL_DUP)
			fuzz_check(!memchr(m.map + offset, 0, len));
	}
}

static void do_command(struct pprc_fill *f, u32 total)
{
	bool good = false, was_known = f->known;

	if (total > m.slot_bytes)
		fuzz_hit(CMD_TOO_LONG);
	else if (m.high > total)
		fuzz_hit(CMD_TOO_SHORT);
	else if (m.end && m.end != total)
		fuzz_hit(CMD_NOT_END);
	else
		good = true;

	fuzz_check(pprc_fill_expect(f, total) == good);
	if (!good) {
		fuzz_check(f->known == was_known);
		return;
	}
	fuzz_hit(m.covered ? CMD_LATE : CMD);
	m.known = true;
	m.total = total;
	if (complete(f))
		fuzz_hit(total ? CMD_LAST : NO_DATA);
}

/* The most that has come in one piece there; what ends it is missing. */
static u64 longest_come(u64 at, u64 end)
{
	u64 longest = 0;

	while (at < end) {
		const u8 *from = memchr(m.map + at, 1, end - at), *to;

		if (!from)
			break;
		to = memchr(from, 0, m.map + end - from);
		fuzz_check(to);
		longest = max(longest, (u64)(to - from));
		at = to - m.map;
	}
	return longest;
}

/* Are these the bytes that are missing? */
static void check_ranges(const struct pprc_range *r, unsigned int n,
			 unsigned int max)
{
	u64 end = 0, within = 0, between = m.slot_bytes;

	for (unsigned int i = 0; i < n; i++) {
		u64 at = r[i].offset;

		fuzz_check(r[i].len && at % m.chunk == 0);
		fuzz_check(!i || at > end);
		/* All that is between them has come. */
		fuzz_check(!memchr(m.map + end, 0, at - end));
		if (i)
			between = min(between, at - end);
		end = at + r[i].len;
		fuzz_check(end <= m.total);
		fuzz_check(end % m.chunk == 0 || end == m.total);
		fuzz_check(!m.map[at] && !m.map[end - 1]);
		within = max(within, longest_come(at, end));
	}
	fuzz_check(!memchr(m.map + end, 0, m.total - end));
	fuzz_check(!within || (n == max && within <= between));
	if (n > 1 && within && within < between)
		fuzz_hit(ASK_LEAST);
	fuzz_hit(!n ? ASK_NONE : within ? ASK_MANY :
		 r[0].len == m.total ? ASK_ALL : ASK_SOME);
}

static void do_ask(struct pprc_fill *f, unsigned int max, bool send)
{
	struct pprc_range *r = malloc(max * sizeof(*r));
	unsigned int n;

	if (!r)
		exit(1);
	n = pprc_fill_missing(f, r, max);
	fuzz_check(n <= max);
	if (m.known) {
		fuzz_check(!n == (m.covered == m.total));
		check_ranges(r, n, max);
	} else {
		fuzz_check(!n);
		fuzz_hit(ASK_UNKNOWN);
	}
	for (unsigned int i = 0; send && i < n; i++) {
		u32 at = r[i].offset, end = at + r[i].len;

		for (; at < end; at += m.chunk)
			do_frame(f, at, min(m.chunk, end - at));
	}
	if (send && n) {
		fuzz_check(complete(f));
		fuzz_hit(RESENT);
	}
	free(r);
}

static void do_reset(struct pprc_fill *f)
{
	static struct pprc_fill fresh;

	pprc_fill_init(&fresh, m.slot_bytes, m.chunk);
	pprc_fill_reset(f);
	fuzz_check(f->slot_bytes == fresh.slot_bytes);
	fuzz_check(f->chunk == fresh.chunk);
	fuzz_check(!f->total && !f->known && !f->have && !f->end && !f->high);
	fuzz_check(!memcmp(f->map, fresh.map, sizeof(f->map)));
	if (m.covered)
		fuzz_hit(RESET);
	forget();
	fuzz_check(!complete(f));
}

/* One operation: 4 bytes, and 8 more if it is a frame anywhere. */
static void operate(struct pprc_fill *f, struct fuzz_input *in)
{
	unsigned int op = fuzz_take(in, 1) & 15, more;
	u32 at = fuzz_take(in, 2) % (m.slot_bytes / m.chunk + 2) * m.chunk;
	u32 offset, len;

	more = fuzz_take(in, 1);
	switch (op) {
	case 0:
		do_frame(f, at, m.chunk);
		break;
	case 1:
		do_frame(f, at, m.chunk - 1 + more % 3);
		break;
	case 2:
		do_frame(f, at, more * (m.chunk / 256));
		break;
	case 3:
		offset = fuzz_take(in, 4) >> more % 32;
		len = fuzz_take(in, 4) >> more % 32;
		do_frame(f, offset, len);
		break;
	case 4:
		do_command(f, at + more * (m.chunk / 256));
		break;
	case 5:
		if (more & 1)
			do_reset(f);
		else if (more & 2)
			do_command(f, fuzz_take(in, 4));
		else
			do_command(f, at - 1 + more / 4 % 3);
		break;
	case 6:
		do_frame(f, at + more * (m.chunk / 256), m.chunk);
		break;
	case 7:
		/* A row of them. */
		while (more-- && at <= m.slot_bytes) {
			do_frame(f, at, m.chunk);
			at += m.chunk;
		}
		break;
	case 8:
	case 9:
		/* Every other one of them. */
		while (more-- && at <= m.slot_bytes) {
			do_frame(f, at, m.chunk);
			at += 2 * m.chunk;
		}
		break;
	case 10:
	case 11:
		do_command(f, at + more * (m.chunk / 256));
		break;
	default:
		do_ask(f, more & 32 ? 16 : 1 + more % 32, more & 64);
	}
	fuzz_check(f->have == m.covered);
	fuzz_check(f->high == m.high && f->end == m.end);
}

int fuzz_one(const u8 *data, size_t size)
{
	static const u8 units[] = { 1, 2, 1, 3, 4, 1, 8, 64 };
	struct fuzz_input in = { data, size };
	unsigned int how = fuzz_take(&in, 1);
	struct pprc_fill *f = malloc(sizeof(*f));

	if (!f)
		exit(1);
	m.slot_bytes = units[how & 7] * PPRC_SLOT_UNIT;
	m.chunk = PPRC_CHUNK_MIN << (how >> 3) % 3;
	memset(f, 0xee, sizeof(*f));
	pprc_fill_init(f, m.slot_bytes, m.chunk);
	fuzz_check(!complete(f));
	while (in.left)
		operate(f, &in);
	do_ask(f, 16, true);
	do_reset(f);
	free(f);
	return 0;
}
