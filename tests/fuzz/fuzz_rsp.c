// SPDX-License-Identifier: GPL-2.0
/*
 * FCP_RSP: pprc_rsp_decode(), which finds the sense data.
 *
 * Input: how much is cut off or comes behind, and whether it is a refusal (1
 * byte), FCP_RSP_INFO bytes and ranges that are missing (1 byte), then what is
 * added to a good FCP_RSP.
 *
 * - An answer is found if and only if flags and lengths lead to sense data
 *   that is an answer, within the frame, and the status agrees with it.
 * - What is missing of a write is ascending, apart, not empty, within the
 *   longest write, and never of a command that has ended well.
 */

#include "fuzz.h"
#include <pprc/codec.h>

#define HEAD	24

enum {
	GOOD, GOOD_INFO, REFUSAL, PARTIAL, SHORT, NO_SENSE, BEYOND, NO_ANSWER,
	STATUS,
};

struct fuzz_event fuzz_events[] = {
	[GOOD]		= { .name = "answer found" },
	[GOOD_INFO]	= { .name = "answer found behind FCP_RSP_INFO" },
	[REFUSAL]	= { .name = "refusal found" },
	[PARTIAL]	= { .name = "ranges found" },
	[SHORT]		= { .name = "less than 24 bytes refused" },
	[NO_SENSE]	= { .name = "no sense data refused" },
	[BEYOND]	= { .name = "lengths beyond the frame refused" },
	[NO_ANSWER]	= { .name = "other sense data refused" },
	[STATUS]	= { .name = "status against the reason refused" },
	{ }
};

static bool refuse(unsigned int event)
{
	fuzz_hit(event);
	return false;
}

static bool judge(const u8 *b, u64 len, struct pprc_answer *a)
{
	u64 info, sns;

	if (len < HEAD)
		return refuse(SHORT);
	if (!(b[10] & 2))
		return refuse(NO_SENSE);
	sns = fuzz_get(b + 16, 4);
	info = b[10] & 1 ? fuzz_get(b + 20, 4) : 0;
	if (HEAD + info + sns > len)
		return refuse(BEYOND);
	if (pprc_answer_decode(b + HEAD + info, sns, a))
		return refuse(NO_ANSWER);
	if (!b[11] != !a->reason)
		return refuse(STATUS);
	fuzz_hit(a->nr_missing ? PARTIAL : a->reason ? REFUSAL :
		 info ? GOOD_INFO : GOOD);
	return true;
}

static void check_ranges(const struct pprc_answer *a)
{
	u64 end = 0;

	fuzz_check(a->nr_missing <= 16);
	fuzz_check(!a->nr_missing || a->reason == 28);
	for (unsigned int i = 0; i < a->nr_missing; i++) {
		fuzz_check(a->missing[i].len);
		fuzz_check(!i || a->missing[i].offset > end);
		end = (u64)a->missing[i].offset + a->missing[i].len;
		fuzz_check(end <= 4 << 20);
	}
}

int fuzz_one(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned int more = fuzz_take(&in, 1), info = fuzz_take(&in, 1);
	struct pprc_answer a = { .cmd_id = 7 }, got, want;
	unsigned int len;
	u8 b[224] = { 0 }, sense[PPRC_SENSE_MAX], *copy;

	a.reason = more & 128 ? PPRC_R_BAD_RANGE : PPRC_R_GOOD;
	a.nr_missing = info >> 4;
	info %= 16;
	if (a.nr_missing)
		a.reason = PPRC_R_PARTIAL;
	for (unsigned int i = 0; i < a.nr_missing; i++) {
		a.missing[i].offset = i * 4096;
		a.missing[i].len = 2048;
	}
	len = pprc_answer_encode(&a, sense);
	b[10] = info ? 3 : 2;
	b[11] = a.reason ? 2 : 0;
	fuzz_put(b + 16, 4, len);
	fuzz_put(b + 20, 4, info);
	memcpy(b + HEAD + info, sense, len);
	len += HEAD + info;
	fuzz_add(&in, b, sizeof(b));
	more &= 127;
	len = more < 64 ? len - min(len, more) : len + more % 8;

	copy = fuzz_copy(b, len);
	if (judge(b, len, &want)) {
		fuzz_check(!pprc_rsp_decode(copy, len, &got));
		check_ranges(&got);
	} else {
		fuzz_check(pprc_rsp_decode(copy, len, &got));
	}
	free(copy);
	return 0;
}
