// SPDX-License-Identifier: GPL-2.0
/* Arrival of a write's data in a slot: drivers/core/fill.c. */

#include "unit.h"
#include <pprc/fill.h>

#define KIB	1024u
#define SLOT	(4096 * KIB)

/* A frame, as sent. */
struct frame {
	u32	offset;
	u32	len;
};

static struct pprc_fill fill;
static u8 placed[SLOT];		/* how often each byte was placed */
static struct frame frames[PPRC_CHUNKS_MAX * 2];

static void begin(u32 slot_bytes, u32 chunk)
{
	memset(&fill, 0xee, sizeof(fill));
	pprc_fill_init(&fill, slot_bytes, chunk);
}

static u32 popcount(void)
{
	u32 n = 0;

	for (unsigned int i = 0; i < PPRC_FILL_WORDS; i++)
		n += __builtin_popcountll(fill.map[i]);
	return n;
}

/* Bytes received as the map says it: full chunks, the short end apart. */
static u32 bytes_in_map(void)
{
	u32 bytes = popcount() * fill.chunk;

	if (fill.end)
		bytes -= fill.chunk - fill.end % fill.chunk;
	return bytes;
}

static void assert_consistent(void)
{
	assert_true(fill.have <= fill.slot_bytes);
	assert_true(fill.have <= fill.high);
	assert_true(fill.high <= fill.slot_bytes);
	assert_int_equal(fill.have, bytes_in_map());
	if (fill.end)
		assert_int_equal(fill.end, fill.high);
	if (fill.known)
		assert_true(fill.high <= fill.total);
}

/* A reset slot is like a new one, map and all. */
static void assert_clean_after_reset(void)
{
	static struct pprc_fill fresh;

	pprc_fill_init(&fresh, fill.slot_bytes, fill.chunk);
	pprc_fill_reset(&fill);
	assert_int_equal(fill.slot_bytes, fresh.slot_bytes);
	assert_int_equal(fill.chunk, fresh.chunk);
	assert_int_equal(fill.total, 0);
	assert_false(fill.known);
	assert_int_equal(fill.have, 0);
	assert_int_equal(fill.end, 0);
	assert_int_equal(fill.high, 0);
	assert_memory_equal(fill.map, fresh.map, sizeof(fill.map));
}

#define expect_frame(offset, len, result)				\
	assert_int_equal(pprc_fill_frame(&fill, offset, len), result)

static u32 cut_into_frames(u32 total, u32 chunk)
{
	u32 n = 0;

	for (u32 at = 0; at < total; at += chunk)
		frames[n++] = (struct frame){ at, min(chunk, total - at) };
	return n;
}

static void shuffle(u32 n)
{
	while (n > 1) {
		u32 k = unit_below(n--);
		struct frame f = frames[k];

		frames[k] = frames[n];
		frames[n] = f;
	}
}

/*
 * Sends frames[0..n-1], the command before number 'command'. The write must
 * be complete exactly when the command and every byte are there, and each byte
 * must have been placed once.
 */
static void send_frames(u32 n, u32 total, u32 command)
{
	u32 there = 0;
	bool known = false;

	memset(placed, 0, total);
	for (u32 i = 0; i <= n; i++) {
		if (i == command) {
			assert_true(pprc_fill_expect(&fill, total));
			known = true;
		}
		assert_int_equal(pprc_fill_complete(&fill),
				 known && there == total);
		if (i == n)
			break;
		switch (pprc_fill_frame(&fill, frames[i].offset,
					frames[i].len)) {
		case PPRC_FILL_NEW:
			for (u32 b = 0; b < frames[i].len; b++)
				placed[frames[i].offset + b]++;
			there += frames[i].len;
			break;
		case PPRC_FILL_DUP:
			assert_int_equal(placed[frames[i].offset], 1);
			break;
		default:
			fail_msg("frame %u of %u, %u bytes at %u, is bad", i,
				 n, frames[i].len, frames[i].offset);
		}
		assert_int_equal(fill.have, there);
		assert_int_equal(pprc_fill_complete(&fill),
				 known && there == total);
	}
	for (u32 b = 0; b < total; b++)
		if (placed[b] != 1)
			fail_msg("byte %u of %u was placed %u times", b, total,
				 placed[b]);
	assert_true(pprc_fill_complete(&fill));
	assert_consistent();
}

static const u32 chunks[] = { 512, 1024, 2048 };
static const u32 totals[] = {
	512, 1024, 1536, 2048, 2560, 4096, 4608, 8 * KIB, 9 * KIB - 512,
	32 * KIB, 33 * KIB, 64 * KIB, 65 * KIB - 512, 127 * KIB, 128 * KIB,
	128 * KIB + 512, 256 * KIB, 1000 * KIB, 1024 * KIB, SLOT - 512, SLOT,
};

#define for_each_write(chunk, total)					\
	for (unsigned int c_ = 0; c_ < ARRAY_SIZE(chunks); c_++)	\
		for (unsigned int t_ = 0; t_ < ARRAY_SIZE(totals) &&	\
		     (chunk = chunks[c_], total = totals[t_], true); t_++)

static void in_order(void **unused)
{
	u32 chunk, total;

	(void)unused;
	for_each_write(chunk, total) {
		u32 n = cut_into_frames(total, chunk);

		begin(SLOT, chunk);
		send_frames(n, total, 0);
		assert_clean_after_reset();
		send_frames(n, total, n);
		assert_clean_after_reset();
	}
}

static void in_reverse_order(void **unused)
{
	u32 chunk, total;

	(void)unused;
	for_each_write(chunk, total) {
		u32 n = cut_into_frames(total, chunk);

		for (u32 i = 0; i < n / 2; i++) {
			struct frame f = frames[i];

			frames[i] = frames[n - 1 - i];
			frames[n - 1 - i] = f;
		}
		begin(SLOT, chunk);
		send_frames(n, total, 0);
		assert_clean_after_reset();
		send_frames(n, total, n / 2);
		assert_clean_after_reset();
		send_frames(n, total, n);
	}
}

static void in_any_order_with_duplicates(void **unused)
{
	u32 chunk, total;

	(void)unused;
	unit_seed("in_any_order_with_duplicates");
	for_each_write(chunk, total) {
		unsigned int rounds = total > 256 * KIB ? 2 : 20;

		begin(SLOT, chunk);
		while (rounds--) {
			u32 n = cut_into_frames(total, chunk);
			u32 dups = unit_below(n + 1);

			for (u32 i = 0; i < dups; i++)
				frames[n + i] = frames[unit_below(n)];
			n += dups;
			shuffle(n);
			send_frames(n, total, unit_below(n + 1));
			/* Stragglers of a complete write change nothing. */
			for (u32 i = 0; i < min(n, 50u); i++)
				expect_frame(frames[i].offset, frames[i].len,
					     PPRC_FILL_DUP);
			assert_true(pprc_fill_complete(&fill));
			assert_clean_after_reset();
		}
	}
}

/* A slot is used again and again, for longer and for shorter writes. */
static void slot_reused(void **unused)
{
	(void)unused;
	unit_seed("slot_reused");
	for (unsigned int c = 0; c < ARRAY_SIZE(chunks); c++) {
		begin(256 * KIB, chunks[c]);
		for (unsigned int i = 0; i < 300; i++) {
			u32 total = (1 + unit_below(512)) * 512;
			u32 n = cut_into_frames(total, chunks[c]);

			shuffle(n);
			send_frames(n, total, unit_below(n + 1));
			assert_clean_after_reset();
		}
	}
}

/* A write given up half way leaves nothing behind, wherever it stopped. */
static void reset_half_way(void **unused)
{
	(void)unused;
	for (unsigned int c = 0; c < ARRAY_SIZE(chunks); c++) {
		u32 n = SLOT / chunks[c];

		begin(SLOT, chunks[c]);
		assert_clean_after_reset();
		for (u32 i = 0; i < n; i++) {
			/* One frame alone, in every place. */
			expect_frame(i * chunks[c], chunks[c], PPRC_FILL_NEW);
			assert_int_equal(popcount(), 1);
			pprc_fill_reset(&fill);
			assert_int_equal(popcount(), 0);
			if (i % 64 == 0 || i % 64 == 63)
				assert_clean_after_reset();
		}
		expect_frame(0, chunks[c] - 512 ? chunks[c] - 512 : 100,
			     PPRC_FILL_NEW);
		assert_clean_after_reset();
		assert_true(pprc_fill_expect(&fill, chunks[c]));
		assert_clean_after_reset();
		expect_frame(SLOT - chunks[c], chunks[c], PPRC_FILL_NEW);
		assert_clean_after_reset();
	}
}

static void command_without_data(void **unused)
{
	(void)unused;
	begin(64 * KIB, 2048);
	assert_false(pprc_fill_complete(&fill));
	assert_true(pprc_fill_expect(&fill, 0));
	assert_true(pprc_fill_complete(&fill));
	expect_frame(0, 512, PPRC_FILL_BAD);
	expect_frame(0, 2048, PPRC_FILL_BAD);
	assert_true(pprc_fill_complete(&fill));
	assert_consistent();
}

static void frames_before_the_command(void **unused)
{
	(void)unused;
	begin(64 * KIB, 2048);
	expect_frame(2048, 2048, PPRC_FILL_NEW);
	expect_frame(4096, 512, PPRC_FILL_NEW);
	expect_frame(0, 2048, PPRC_FILL_NEW);
	assert_false(pprc_fill_complete(&fill));
	assert_true(pprc_fill_expect(&fill, 4608));
	assert_true(pprc_fill_complete(&fill));
	expect_frame(4096, 512, PPRC_FILL_DUP);
	expect_frame(4096, 2048, PPRC_FILL_BAD);
	assert_consistent();
}

static void bad_offsets_and_lengths(void **unused)
{
	static const struct frame bad[] = {
		{ 0, 0 }, { 2048, 0 }, { 64 * KIB, 0 },
		{ 0, 2049 }, { 0, 4096 }, { 0, 64 * KIB }, { 0, ~0u },
		{ 1, 2048 }, { 512, 2048 }, { 512, 512 }, { 1024, 1024 },
		{ 2047, 2048 }, { 2047, 1 }, { 2049, 512 },
		{ 64 * KIB, 1 }, { 64 * KIB, 2048 }, { 66 * KIB, 2048 },
		{ 1 << 22, 2048 }, { 1u << 31, 2048 }, { 0u - 2048, 2048 },
		{ 0u - 2048, 2047 }, { ~0u, 1 }, { ~0u, 2048 }, { ~0u, ~0u },
		{ 2048, ~0u - 2047 }, { 2048, ~0u },
	};

	(void)unused;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		begin(64 * KIB, 2048);
		expect_frame(bad[i].offset, bad[i].len, PPRC_FILL_BAD);
		assert_clean_after_reset();
		assert_true(pprc_fill_expect(&fill, 64 * KIB));
		expect_frame(bad[i].offset, bad[i].len, PPRC_FILL_BAD);
		assert_int_equal(fill.have, 0);
		assert_int_equal(popcount(), 0);
	}
}

static void beyond_the_total(void **unused)
{
	(void)unused;
	for (u32 total = 0; total <= 4097; total++) {
		begin(64 * KIB, 2048);
		assert_true(pprc_fill_expect(&fill, total));
		expect_frame(0, 2048, total >= 2048 ? PPRC_FILL_NEW :
			     PPRC_FILL_BAD);
		expect_frame(2048, 2048, total >= 4096 ? PPRC_FILL_NEW :
			     PPRC_FILL_BAD);
		assert_consistent();
	}
	begin(64 * KIB, 2048);
	assert_true(pprc_fill_expect(&fill, 5120));
	expect_frame(6144, 2048, PPRC_FILL_BAD);
	expect_frame(6144, 512, PPRC_FILL_BAD);
	expect_frame(4096, 2048, PPRC_FILL_BAD);
	expect_frame(4096, 1025, PPRC_FILL_BAD);
	expect_frame(4096, 1023, PPRC_FILL_BAD);
	expect_frame(4096, 512, PPRC_FILL_BAD);
	assert_int_equal(fill.have, 0);
	expect_frame(4096, 1024, PPRC_FILL_NEW);
	assert_consistent();
}

static void short_frame_in_the_middle(void **unused)
{
	(void)unused;
	/* The command is known. */
	begin(64 * KIB, 2048);
	assert_true(pprc_fill_expect(&fill, 8192));
	expect_frame(2048, 1024, PPRC_FILL_BAD);
	expect_frame(0, 2047, PPRC_FILL_BAD);
	expect_frame(6144, 2047, PPRC_FILL_BAD);
	assert_int_equal(fill.have, 0);

	/* It is not, but data behind the frame has come. */
	begin(64 * KIB, 2048);
	expect_frame(4096, 2048, PPRC_FILL_NEW);
	expect_frame(2048, 1024, PPRC_FILL_BAD);
	expect_frame(4096, 1024, PPRC_FILL_BAD);
	expect_frame(2048, 2048, PPRC_FILL_NEW);

	/* Data behind it comes later. */
	begin(64 * KIB, 2048);
	expect_frame(2048, 1024, PPRC_FILL_NEW);
	expect_frame(4096, 2048, PPRC_FILL_BAD);
	expect_frame(2048, 2048, PPRC_FILL_BAD);
	expect_frame(0, 2048, PPRC_FILL_NEW);
	assert_int_equal(fill.have, 3072);
	assert_consistent();
}

static void two_short_ends(void **unused)
{
	(void)unused;
	begin(64 * KIB, 2048);
	expect_frame(2048, 1024, PPRC_FILL_NEW);
	expect_frame(2048, 512, PPRC_FILL_BAD);
	expect_frame(2048, 1025, PPRC_FILL_BAD);
	expect_frame(0, 512, PPRC_FILL_BAD);
	expect_frame(4096, 512, PPRC_FILL_BAD);
	expect_frame(2048, 1024, PPRC_FILL_DUP);
	assert_int_equal(fill.have, 1024);
	assert_consistent();
}

static void command_contradicts_frames(void **unused)
{
	(void)unused;
	/* longer than the slot */
	begin(64 * KIB, 2048);
	assert_false(pprc_fill_expect(&fill, 64 * KIB + 1));
	assert_false(pprc_fill_expect(&fill, 64 * KIB + 512));
	assert_false(pprc_fill_expect(&fill, ~0u));
	assert_false(fill.known);
	assert_false(pprc_fill_complete(&fill));
	assert_true(pprc_fill_expect(&fill, 64 * KIB));

	/* shorter than what has come */
	begin(64 * KIB, 2048);
	expect_frame(4096, 2048, PPRC_FILL_NEW);
	assert_false(pprc_fill_expect(&fill, 0));
	assert_false(pprc_fill_expect(&fill, 4096));
	assert_false(pprc_fill_expect(&fill, 6143));
	assert_false(fill.known);
	assert_true(pprc_fill_expect(&fill, 6144));

	/* not where the short end was */
	begin(64 * KIB, 2048);
	expect_frame(4096, 512, PPRC_FILL_NEW);
	assert_false(pprc_fill_expect(&fill, 4607));
	assert_false(pprc_fill_expect(&fill, 4609));
	assert_false(pprc_fill_expect(&fill, 6144));
	assert_false(pprc_fill_expect(&fill, 64 * KIB));
	assert_false(pprc_fill_expect(&fill, 512));
	assert_false(pprc_fill_complete(&fill));
	assert_true(pprc_fill_expect(&fill, 4608));
	assert_false(pprc_fill_complete(&fill));
}

/* ----------------------------------------------- what is missing of a write */

#define RANGES	(PPRC_CHUNKS_MAX / 2 + 2)

static struct pprc_range ranges[RANGES], wanted[RANGES], gap[RANGES];

/* The gaps between the bytes that were placed, each byte looked at. */
static unsigned int gaps(u32 total)
{
	unsigned int n = 0;

	for (u32 b = 0; b < total; b++) {
		if (placed[b])
			continue;
		if (b && !placed[b - 1])
			gap[n - 1].len++;
		else
			gap[n++] = (struct pprc_range){ b, 1 };
	}
	return n;
}

/* How much has come between gap i and the next. */
static u32 come_behind(unsigned int i)
{
	return gap[i + 1].offset - gap[i].offset - gap[i].len;
}

/*
 * Is gap i of n in another range than the next? With max ranges, max - 1 are:
 * those with most behind them, of equals the last.
 */
static bool range_ends(unsigned int i, unsigned int n, unsigned int max)
{
	unsigned int before = 0;

	for (unsigned int k = 0; k + 1 < n; k++)
		before += come_behind(k) > come_behind(i) ||
			  (come_behind(k) == come_behind(i) && k > i);
	return before < max - 1;
}

/* The ranges that name n gaps where there is room for max. */
static unsigned int want_ranges(unsigned int n, unsigned int max)
{
	unsigned int ends = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (!i || range_ends(i - 1, n, max))
			wanted[ends++] = gap[i];
		else
			wanted[ends - 1].len = gap[i].offset + gap[i].len -
					       wanted[ends - 1].offset;
	}
	return ends;
}

/* Asks with room for max ranges; none is written behind them. */
static unsigned int ask(unsigned int max)
{
	static struct pprc_fill before;
	unsigned int n;

	before = fill;
	memset(ranges, 0xee, sizeof(ranges));
	n = pprc_fill_missing(&fill, ranges, max);
	assert_true(n <= max);
	for (u32 i = n; i < min(n + 40, RANGES); i++)
		assert_int_equal(ranges[i].offset, 0xeeeeeeee);
	assert_memory_equal(&fill, &before, sizeof(fill));
	return n;
}

/* The answer names n gaps as it should. */
static void assert_ranges(unsigned int n, unsigned int max)
{
	n = want_ranges(n, max);
	assert_int_equal(ask(max), n);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(ranges[i].offset, wanted[i].offset);
		assert_int_equal(ranges[i].len, wanted[i].len);
	}
}

static void assert_gaps(u32 total, unsigned int max)
{
	assert_ranges(gaps(total), max);
}

/* A frame that must be taken. */
static void arrive(u32 offset, u32 len)
{
	expect_frame(offset, len, PPRC_FILL_NEW);
	memset(placed + offset, 1, len);
}

/* Sends what is missing, as a primary does: it knows no more than the ranges. */
static void resend(unsigned int n, u32 total)
{
	u32 end = 0;

	for (unsigned int i = 0; i < n; i++) {
		u32 at = ranges[i].offset, stop = at + ranges[i].len;

		assert_int_equal(at % fill.chunk, 0);
		assert_true(!i || at > end);
		end = stop;
		for (; at < stop; at += fill.chunk) {
			u32 len = min(fill.chunk, stop - at);

			assert_true(pprc_fill_frame(&fill, at, len) !=
				    PPRC_FILL_BAD);
			memset(placed + at, 1, len);
		}
	}
	assert_true(end <= total);
}

static void missing_before_the_command(void **unused)
{
	(void)unused;
	begin(64 * KIB, 2048);
	assert_int_equal(ask(16), 0);
	expect_frame(4096, 2048, PPRC_FILL_NEW);
	expect_frame(8192, 1024, PPRC_FILL_NEW);
	assert_int_equal(ask(16), 0);
	assert_true(pprc_fill_expect(&fill, 9216));
	assert_int_equal(ask(16), 2);
	/* What is left of the last write says nothing about the next. */
	pprc_fill_reset(&fill);
	assert_int_equal(ask(16), 0);
	/* Before the command has come, the total says nothing, either. */
	fill.total = 9216;
	assert_int_equal(ask(16), 0);
}

static void missing_of_no_data(void **unused)
{
	(void)unused;
	begin(64 * KIB, 2048);
	assert_true(pprc_fill_expect(&fill, 0));
	assert_int_equal(ask(16), 0);
}

/* Nothing has come: all of it; all has come: nothing. */
static void missing_all_or_nothing(void **unused)
{
	static const u32 totals[] = {
		1, 511, 512, 513, 2047, 2048, 2049, 32768, 32769, 65535, 65536,
		131072, 131073, 1048576, SLOT - 512, SLOT - 1, SLOT,
	};

	(void)unused;
	for (unsigned int c = 0; c < ARRAY_SIZE(chunks); c++)
		for (unsigned int t = 0; t < ARRAY_SIZE(totals); t++) {
			u32 total = totals[t], n;

			begin(SLOT, chunks[c]);
			assert_true(pprc_fill_expect(&fill, total));
			for (unsigned int max = 1; max < 20; max += 3) {
				assert_int_equal(ask(max), 1);
				assert_int_equal(ranges[0].offset, 0);
				assert_int_equal(ranges[0].len, total);
			}
			n = cut_into_frames(total, chunks[c]);
			while (n--)
				expect_frame(frames[n].offset, frames[n].len,
					     PPRC_FILL_NEW);
			assert_true(pprc_fill_complete(&fill));
			assert_int_equal(ask(16), 0);
		}
}

/* Any one frame is lost, in the middle of words of the map and at their ends. */
static void missing_one_frame(void **unused)
{
	(void)unused;
	for (unsigned int c = 0; c < ARRAY_SIZE(chunks); c++) {
		u32 chunk = chunks[c], total = 200 * chunk - chunk / 2;
		u32 n = cut_into_frames(total, chunk);

		assert_int_equal(n, 200);
		for (u32 lost = 0; lost < n; lost++) {
			begin(SLOT, chunk);
			assert_true(pprc_fill_expect(&fill, total));
			for (u32 i = 0; i < n; i++)
				if (i != lost)
					expect_frame(frames[i].offset,
						     frames[i].len,
						     PPRC_FILL_NEW);
			assert_int_equal(ask(16), 1);
			assert_int_equal(ranges[0].offset, frames[lost].offset);
			assert_int_equal(ranges[0].len, frames[lost].len);
			resend(1, total);
			assert_true(pprc_fill_complete(&fill));
			assert_int_equal(ask(16), 0);
		}
	}
}

/* Every other frame is lost: more gaps than an answer names. */
static void more_gaps_than_room(void **unused)
{
	(void)unused;
	for (unsigned int first = 0; first < 2; first++)
		for (unsigned int max = 1; max <= 40; max++) {
			u32 total = 61 * 512;
			/* 31 frames are lost, or 30 */
			u32 lost = 31 - first, n = min(max, lost);

			begin(64 * KIB, 512);
			memset(placed, 0, total);
			assert_true(pprc_fill_expect(&fill, total));
			for (u32 i = !first; i < 61; i += 2)
				arrive(i * 512, 512);
			assert_gaps(total, max);
			assert_int_equal(ask(max), n);
			/* The first one covers all there is no room for. */
			assert_int_equal(ranges[0].offset, first * 512);
			assert_int_equal(ranges[0].len,
					 (2 * (lost - n) + 1) * 512);
			for (u32 i = 1; i < n; i++) {
				assert_int_equal(ranges[i].offset,
						 (2 * (lost - n + i) + first) *
						 512);
				assert_int_equal(ranges[i].len, 512);
			}
			resend(n, total);
			assert_true(pprc_fill_complete(&fill));
		}
}

/* One character for each chunk: '#' has come, '.' is missing or to be sent. */
static const struct {
	const char	*come;
	unsigned int	max;
	const char	*sent;
} joins[] = {
	/* room for all */
	{ ".#.##.###.",		4, ".#.##.###." },
	/* what has come grows, shrinks, is least in the middle */
	{ ".#.##.###.",		3, "...##.###." },
	{ ".#.##.###.",		2, "......###." },
	{ ".#.##.###.####.",	3, "......###.####." },
	{ ".#.##.###.####.",	2, "..........####." },
	{ ".###.##.#.",		3, ".###.##..." },
	{ ".###.##.#.",		2, ".###......" },
	{ ".####.###.##.#.",	3, ".####.###......" },
	{ ".####.###.##.#.",	2, ".####.........." },
	{ ".##.#.##.",		3, ".##...##." },
	{ ".###.#.##.#.###.",	5, ".###...##.#.###." },
	{ ".###.#.##.#.###.",	4, ".###...##...###." },
	{ ".###.#.##.#.###.",	3, ".###........###." },
	/* the first of equals */
	{ ".#.#.#.",		3, "...#.#." },
	{ ".#.#.#.",		2, ".....#." },
	{ ".##.##.#.#.",	4, ".##.##...#." },
	{ ".##.##.#.#.",	3, ".##.##....." },
	{ ".##.##.#.#.",	2, "....##....." },
	/* how long the gaps are does not matter */
	{ "....#.##...#....",	3, "......##...#...." },
	{ "....#.##...#....",	2, "......##........" },
	/* what has come before the first gap and behind the last */
	{ "##.###.#.#",		2, "##.###...#" },
	{ "#.#.##",		1, "#...##" },
	{ "##.####",		1, "##.####" },
	/* one for all */
	{ ".#.##.###.",		1, ".........." },
	{ "#.#####.#",		1, "#.......#" },
};

/* Which gaps are named as one, also when the last frame is a short one. */
static void gaps_joined(void **unused)
{
	(void)unused;
	for (unsigned int j = 0; j < 2 * ARRAY_SIZE(joins); j++) {
		const char *come = joins[j / 2].come, *sent = joins[j / 2].sent;
		u32 n = strlen(come), total = n * 512 - j % 2 * 100, got = 0;

		assert_int_equal(strlen(sent), n);
		begin(64 * KIB, 512);
		memset(placed, 0, total);
		assert_true(pprc_fill_expect(&fill, total));
		for (u32 i = 0; i < n; i++)
			if (come[i] == '#')
				arrive(i * 512, min(512u, total - i * 512));
		ask(joins[j / 2].max);
		for (u32 i = 0; i < n; i++) {
			if (sent[i] == '#')
				continue;
			if (!i || sent[i - 1] == '#')
				assert_int_equal(ranges[got++].offset, i * 512);
			if (i + 1 == n || sent[i + 1] == '#')
				assert_int_equal(ranges[got - 1].offset +
						 ranges[got - 1].len,
						 min(i * 512 + 512, total));
		}
		assert_gaps(total, joins[j / 2].max);
		assert_int_equal(ask(joins[j / 2].max), got);
		resend(got, total);
		assert_true(pprc_fill_complete(&fill));
	}
}

/* The largest slot in its smallest chunks, with all the gaps there can be. */
static void most_gaps_there_can_be(void **unused)
{
	(void)unused;
	begin(SLOT, 512);
	memset(placed, 0, SLOT);
	assert_true(pprc_fill_expect(&fill, SLOT));
	for (u32 i = 0; i < PPRC_CHUNKS_MAX; i += 2)
		arrive(i * 512, 512);
	assert_gaps(SLOT, 16);
	assert_gaps(SLOT, PPRC_CHUNKS_MAX / 2);
	assert_int_equal(ask(RANGES - 1), PPRC_CHUNKS_MAX / 2);
	resend(ask(16), SLOT);
	assert_true(pprc_fill_complete(&fill));
}

/* The command comes when it comes, some frames do, and more of them later. */
static void missing_of_random_arrivals(void **unused)
{
	unsigned int rounds = 0, too_many = 0, writes = 0;

	(void)unused;
	unit_seed("missing_of_random_arrivals");
	for (unsigned int w = 0; w < 1500; w++) {
		u32 chunk = chunks[unit_below(3)];
		u32 slot = (1 + unit_below(4)) * 64 * KIB;
		u32 total = 1 + unit_below(unit_below(2) ? slot : 8 * chunk);
		u32 n = cut_into_frames(total, chunk), some = unit_below(n + 1);
		unsigned int max = unit_below(2) ? 16 : 1 + unit_below(40);

		begin(slot, chunk);
		memset(placed, 0, total);
		/* Any of them, or all but some. */
		if (unit_below(3)) {
			shuffle(n);
			if (unit_below(2))
				some = n - unit_below(min(n, 20u) + 1);
		}
		for (u32 i = 0; i < some; i++) {
			if (i == some / 2)
				assert_true(pprc_fill_expect(&fill, total));
			arrive(frames[i].offset, frames[i].len);
		}
		if (!fill.known)
			assert_true(pprc_fill_expect(&fill, total));
		for (unsigned int tries = 0; ; tries++) {
			u32 there = fill.have;
			unsigned int got;

			assert_gaps(total, max);
			got = ask(max);
			too_many += got && gaps(total) > max;
			assert_int_equal(!got, pprc_fill_complete(&fill));
			if (!got)
				break;
			/* At first half of them are lost again. */
			for (unsigned int k = 0; !tries && k < got; k++)
				if (unit_below(2))
					arrive(ranges[k].offset,
					       min(chunk, ranges[k].len));
			if (!tries)
				continue;
			resend(got, total);
			assert_true(fill.have > there);
			assert_true(pprc_fill_complete(&fill));
			rounds++;
		}
		writes++;
	}
	printf("# %u writes, %u resent, %u times more gaps than room\n", writes,
	       rounds, too_many);
	assert_true(rounds > 500);
	assert_true(too_many > 100);
}

/*
 * What the rules say, told from the frames accepted so far and not from the
 * code's own summary of them. One entry per chunk: bytes accepted there.
 */
struct model {
	u32	slot_bytes;
	u32	chunk;
	bool	known;
	u32	total;
	u16	len[PPRC_CHUNKS_MAX];
};

static struct model model;

static void model_ends(u64 *high, u64 *end)
{
	*high = *end = 0;
	for (u32 i = 0; i < model.slot_bytes / model.chunk; i++) {
		if (!model.len[i])
			continue;
		*high = (u64)i * model.chunk + model.len[i];
		if (model.len[i] < model.chunk)
			*end = *high;
	}
}

static enum pprc_fill_result model_frame(u64 offset, u64 len)
{
	u64 limit = model.known ? model.total : model.slot_bytes, high, end;
	u16 *there = &model.len[offset / model.chunk % PPRC_CHUNKS_MAX];

	if (!len || len > model.chunk || offset % model.chunk ||
	    offset + len > limit)
		return PPRC_FILL_BAD;
	model_ends(&high, &end);
	if (end && offset + len > end)
		return PPRC_FILL_BAD;
	if (len < model.chunk) {
		if (high > offset + len)
			return PPRC_FILL_BAD;
		if (model.known && offset + len != model.total)
			return PPRC_FILL_BAD;
		if (end && offset + len != end)
			return PPRC_FILL_BAD;
	}
	if (*there)
		return PPRC_FILL_DUP;
	*there = len;
	return PPRC_FILL_NEW;
}

static bool model_expect(u64 total)
{
	u64 high, end;

	model_ends(&high, &end);
	if (total > model.slot_bytes || high > total || (end && end != total))
		return false;
	model.known = true;
	model.total = total;
	return true;
}

static bool model_complete(void)
{
	u64 there = 0;

	for (u32 i = 0; i < model.slot_bytes / model.chunk; i++)
		there += model.len[i];
	return model.known && there == model.total;
}

/* By chunks, as counting bytes after each call would take long. */
static void assert_model_missing(void)
{
	u32 chunk_count = DIV_ROUND_UP(model.total, model.chunk);
	unsigned int max = 1 + unit_below(20), n = 0;

	if (!model.known)
		chunk_count = 0;
	for (u32 i = 0; i < chunk_count; i++) {
		u32 at = i * model.chunk;
		u32 len = min(model.chunk, model.total - at);

		if (model.len[i])
			continue;
		if (i && !model.len[i - 1])
			gap[n - 1].len += len;
		else
			gap[n++] = (struct pprc_range){ at, len };
	}
	assert_ranges(n, max);
}

/* Marks a placed frame; no byte may be placed twice. */
static void place(u32 offset, u32 len)
{
	assert_true(offset < fill.slot_bytes && len <= fill.slot_bytes - offset);
	for (u32 b = offset; b < offset + len; b++) {
		assert_int_equal(placed[b], 0);
		placed[b] = 1;
	}
}

static u32 random_offset(void)
{
	u32 n = fill.slot_bytes / fill.chunk;

	switch (unit_below(16)) {
	case 0:
		return unit_random();
	case 1:
		return unit_below(fill.slot_bytes + 4096);
	case 2:
		return (n - 2 + unit_below(4)) * fill.chunk;
	case 3:
		return 0u - fill.chunk * unit_below(3);
	default:
		return unit_below(n) * fill.chunk;
	}
}

static u32 random_len(void)
{
	switch (unit_below(16)) {
	case 0:
		return unit_random();
	case 1:
		return unit_below(4100);
	case 2:
	case 3:
		return 512 * unit_below(6);
	default:
		return fill.chunk;
	}
}

static void random_calls(void **unused)
{
	static const u32 slots[] = { 64 * KIB, 128 * KIB, 256 * KIB };
	unsigned int results[3] = { 0 }, completed = 0, expected = 0;
	u32 span = 1;

	(void)unused;
	unit_seed("random_calls");
	for (unsigned int n = 0, left = 0; n < 200000; n++) {
		u32 offset, len, result;

		if (!left--) {
			left = 20 + unit_below(600);
			model.slot_bytes = slots[unit_below(3)];
			model.chunk = chunks[unit_below(3)];
			/* Short writes are complete now and then. */
			span = 1 + unit_below(unit_below(2) ? 4 : 128);
			if (n)
				assert_clean_after_reset();
			if (fill.slot_bytes != model.slot_bytes ||
			    fill.chunk != model.chunk)
				begin(model.slot_bytes, model.chunk);
			model.known = false;
			memset(model.len, 0, sizeof(model.len));
			memset(placed, 0, model.slot_bytes);
		}
		if (unit_below(40) == 0) {
			u32 total = unit_below(8) ?
				    span * fill.chunk - 512 * unit_below(3) :
				    unit_random();
			bool ok;

			ok = pprc_fill_expect(&fill, total);
			assert_int_equal(ok, model_expect(total));
			expected += ok;
		} else {
			offset = random_offset();
			len = random_len();
			if (unit_below(20))
				offset %= span * fill.chunk;
			result = pprc_fill_frame(&fill, offset, len);
			if (result != (u32)model_frame(offset, len))
				fail_msg("call %u: %u bytes at %u gave %u", n,
					 len, offset, result);
			if (result == PPRC_FILL_NEW)
				place(offset, len);
			results[result]++;
		}
		assert_int_equal(pprc_fill_complete(&fill), model_complete());
		completed += pprc_fill_complete(&fill);
		if (n % 16 == 0)
			assert_model_missing();
		assert_consistent();
	}
	printf("# new %u, duplicate %u, bad %u; commands %u, complete after %u calls\n",
	       results[PPRC_FILL_NEW], results[PPRC_FILL_DUP],
	       results[PPRC_FILL_BAD], expected, completed);
	assert_true(results[PPRC_FILL_NEW] > 1000);
	assert_true(results[PPRC_FILL_DUP] > 1000);
	assert_true(results[PPRC_FILL_BAD] > 1000);
	assert_true(expected > 100);
	assert_true(completed > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(in_reverse_order),
		cmocka_unit_test(in_any_order_with_duplicates),
		cmocka_unit_test(slot_reused),
		cmocka_unit_test(reset_half_way),
		cmocka_unit_test(command_without_data),
		cmocka_unit_test(frames_before_the_command),
		cmocka_unit_test(bad_offsets_and_lengths),
		cmocka_unit_test(beyond_the_total),
		cmocka_unit_test(short_frame_in_the_middle),
		cmocka_unit_test(two_short_ends),
		cmocka_unit_test(command_contradicts_frames),
		cmocka_unit_test(missing_before_the_command),
		cmocka_unit_test(missing_of_no_data),
		cmocka_unit_test(missing_all_or_nothing),
		cmocka_unit_test(missing_one_frame),
		cmocka_unit_test(more_gaps_than_room),
		cmocka_unit_test(gaps_joined),
		cmocka_unit_test(most_gaps_there_can_be),
		cmocka_unit_test(missing_of_random_arrivals),
		cmocka_unit_test(random_calls),
	};

	return cmocka_run_group_tests_name("fill", tests, NULL, NULL);
}
