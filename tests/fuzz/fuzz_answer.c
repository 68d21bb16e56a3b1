// SPDX-License-Identifier: GPL-2.0
/*
 * Sense data of answers: pprc_answer_decode(), pprc_answer_encode().
 *
 * Input: a byte that says what follows. Sense data as it is; or what is added
 * to the bytes of good sense data, and how much longer or shorter than said it
 * comes; or the fields of an answer to be encoded.
 *
 * - Decoding agrees with a second decoder, written from the byte tables.
 * - What was decoded, encoded and decoded again is the same, but for what an
 *   answer cannot say: a sense key of 0 with a refusal, two descriptors.
 * - Ranges that were decoded come with PPRC_R_PARTIAL alone, are ascending,
 *   apart, not empty, and within the longest write.
 * - Any answer encoded and decoded is the same; cut anywhere it is refused.
 * - Encoding leaves no byte as it was and touches none behind.
 */

#include "fuzz.h"
#include <pprc/codec.h>

#define SENSE_MAX	168
#define RANGES		16
#define END		(4u << 20)	/* no write has a byte there */
/* What comes need not be ours: longer than add_len can say. */
#define SENSE_LONG	300

enum {
	PLAIN, LOGIN, STATE, BOTH, MISSING, TWICE, OTHER_DESC, TRAILING,
	SHORT, NO_SENSE, NO_ANSWER, ADD_SMALL, ADD_BIG, DESC_CUT, DESC_LONG,
	LOGIN_LEN, STATE_LEN, MISSING_LEN, MISSING_TWICE, MISSING_MANY,
	MISSING_ORDER, MISSING_EMPTY, MISSING_END, MISSING_REASON, ALL_MISSING,
	ENCODED_PLAIN, ENCODED_LOGIN, ENCODED_STATE, ENCODED_MISSING,
	KEY_OF_REASON, KEY_OWN, KEY_UNKNOWN,
};

struct fuzz_event fuzz_events[] = {
	[PLAIN]		= { .name = "decoded, no descriptor more" },
	[LOGIN]		= { .name = "decoded with a login" },
	[STATE]		= { .name = "decoded with a state" },
	[BOTH]		= { .name = "decoded with login and state" },
	[MISSING]	= { .name = "decoded with ranges" },
	[TWICE]		= { .name = "decoded with a descriptor twice" },
	[OTHER_DESC]	= { .name = "unknown descriptor skipped" },
	[TRAILING]	= { .name = "bytes behind the sense data left aside" },
	[SHORT]		= { .name = "less than 32 bytes refused" },
	[NO_SENSE]	= { .name = "other response code refused" },
	[NO_ANSWER]	= { .name = "other first descriptor refused" },
	[ADD_SMALL]	= { .name = "length below the first descriptor refused" },
	[ADD_BIG]	= { .name = "length beyond what has come refused" },
	[DESC_CUT]	= { .name = "descriptor of one byte refused" },
	[DESC_LONG]	= { .name = "descriptor beyond the end refused" },
	[LOGIN_LEN]	= { .name = "login of another length refused" },
	[STATE_LEN]	= { .name = "state of another length refused" },
	[MISSING_LEN]	= { .name = "ranges of an odd length refused" },
	[MISSING_TWICE]	= { .name = "ranges twice refused" },
	[MISSING_MANY]	= { .name = "more than 16 ranges refused" },
	[MISSING_ORDER]	= { .name = "ranges not ascending or apart refused" },
	[MISSING_EMPTY]	= { .name = "empty range refused" },
	[MISSING_END]	= { .name = "range beyond the longest write refused" },
	[MISSING_REASON] = { .name = "ranges with another reason refused" },
	[ALL_MISSING]	= { .name = "16 ranges decoded" },
	[ENCODED_PLAIN]	= { .name = "encoded, no descriptor more" },
	[ENCODED_LOGIN]	= { .name = "encoded with a login" },
	[ENCODED_STATE]	= { .name = "encoded with a state" },
	[ENCODED_MISSING] = { .name = "encoded with ranges" },
	[KEY_OF_REASON]	= { .name = "sense key of the reason" },
	[KEY_OWN]	= { .name = "sense key of its own" },
	[KEY_UNKNOWN]	= { .name = "sense key of an unknown reason" },
	{ }
};

static int refuse(unsigned int event)
{
	fuzz_hit(event);
	return -1;
}

static int ref_missing(const u8 *d, unsigned int len, struct pprc_answer *a)
{
	unsigned int n = (len - 8) / 8;
	u64 last = 0;

	if (a->nr_missing)
		return refuse(MISSING_TWICE);
	if (len < 16 || len % 8)
		return refuse(MISSING_LEN);
	if (n > RANGES)
		return refuse(MISSING_MANY);
	for (unsigned int i = 0; i < n; i++) {
		u64 offset = fuzz_get(d + 8 + 8 * i, 4);
		u64 bytes = fuzz_get(d + 12 + 8 * i, 4);

		if (!bytes)
			return refuse(MISSING_EMPTY);
		if (i && offset <= last)
			return refuse(MISSING_ORDER);
		last = offset + bytes;
		if (last > END)
			return refuse(MISSING_END);
		a->missing[i].offset = offset;
		a->missing[i].len = bytes;
	}
	a->nr_missing = n;
	return 0;
}

static int ref_desc(const u8 *d, unsigned int len, struct pprc_answer *a)
{
	switch (d[0]) {
	case 0x81:
		if (len != 24)
			return refuse(LOGIN_LEN);
		if (a->has_login)
			fuzz_hit(TWICE);
		a->has_login = true;
		a->login.slots = fuzz_get(d + 2, 2);
		a->login.slot_bytes = fuzz_get(d + 4, 4);
		a->login.session = fuzz_get(d + 8, 4);
		a->login.features = fuzz_get(d + 12, 4);
		a->login.instance = fuzz_get(d + 16, 8);
		break;
	case 0x82:
		if (len != 16)
			return refuse(STATE_LEN);
		if (a->has_state)
			fuzz_hit(TWICE);
		a->has_state = true;
		a->state.state = d[2];
		a->state.block_bytes = fuzz_get(d + 4, 4);
		a->state.blocks = fuzz_get(d + 8, 8);
		break;
	case 0x83:
		return ref_missing(d, len, a);
	default:
		fuzz_hit(OTHER_DESC);
	}
	return 0;
}

/* The second decoder. */
static int ref_decode(const u8 *p, unsigned int len, struct pprc_answer *a)
{
	unsigned int left;

	memset(a, 0, sizeof(*a));
	if (len < 32)
		return refuse(SHORT);
	if (p[0] != 0x72)
		return refuse(NO_SENSE);
	if (p[8] != 0x80 || p[9] != 22)
		return refuse(NO_ANSWER);
	if (p[7] < 24)
		return refuse(ADD_SMALL);
	if (p[7] > len - 8)
		return refuse(ADD_BIG);
	if (p[7] < len - 8)
		fuzz_hit(TRAILING);
	a->key = p[1];
	a->asc = p[2];
	a->ascq = p[3];
	a->reason = fuzz_get(p + 10, 2);
	a->session = fuzz_get(p + 12, 4);
	a->cmd_id = fuzz_get(p + 16, 8);
	a->slots = fuzz_get(p + 24, 2);
	a->grant_seq = fuzz_get(p + 26, 2);
	left = p[7] - 24;
	for (p += 32; left; p += p[1] + 2) {
		if (left == 1)
			return refuse(DESC_CUT);
		if (p[1] > left - 2)
			return refuse(DESC_LONG);
		if (ref_desc(p, p[1] + 2, a))
			return -1;
		left -= p[1] + 2;
	}
	if (a->nr_missing && a->reason != 28)
		return refuse(MISSING_REASON);
	return 0;
}

static void check_same(const struct pprc_answer *a, const struct pprc_answer *b)
{
	fuzz_check(a->reason == b->reason);
	fuzz_check(a->key == b->key && a->asc == b->asc && a->ascq == b->ascq);
	fuzz_check(a->session == b->session && a->cmd_id == b->cmd_id);
	fuzz_check(a->slots == b->slots);
	fuzz_check(a->grant_seq == b->grant_seq);
	fuzz_check(a->has_login == b->has_login);
	fuzz_check(a->has_state == b->has_state);
	fuzz_check(a->login.slots == b->login.slots);
	fuzz_check(a->login.slot_bytes == b->login.slot_bytes);
	fuzz_check(a->login.session == b->login.session);
	fuzz_check(a->login.features == b->login.features);
	fuzz_check(a->login.instance == b->login.instance);
	fuzz_check(a->state.state == b->state.state);
	fuzz_check(a->state.block_bytes == b->state.block_bytes);
	fuzz_check(a->state.blocks == b->state.blocks);
	fuzz_check(a->nr_missing == b->nr_missing);
	for (unsigned int i = 0; i < a->nr_missing; i++) {
		fuzz_check(a->missing[i].offset == b->missing[i].offset);
		fuzz_check(a->missing[i].len == b->missing[i].len);
	}
}

/* What whoever acts on the ranges relies on. */
static void check_ranges(const struct pprc_answer *a)
{
	fuzz_check(a->nr_missing <= RANGES);
	fuzz_check(!a->nr_missing || a->reason == PPRC_R_PARTIAL);
	for (unsigned int i = 0; i < a->nr_missing; i++) {
		const struct pprc_range *r = &a->missing[i];

		fuzz_check(r->len && r->len <= END);
		fuzz_check(r->offset <= END - r->len);
		fuzz_check(!i || r->offset > r[-1].offset + r[-1].len);
	}
}

/* What arrives of an answer. */
static struct pprc_answer sayable(const struct pprc_answer *a)
{
	struct pprc_answer out = *a;

	if (out.key) {
		fuzz_hit(KEY_OWN);
	} else if (out.reason >= PPRC_NR_REASONS) {
		out.key = 4;
		fuzz_hit(KEY_UNKNOWN);
	} else {
		out.key = pprc_reason_sense_key(out.reason);
		fuzz_check(!out.key == (out.reason == PPRC_R_GOOD));
		fuzz_hit(KEY_OF_REASON);
	}
	if (out.has_login)
		out.has_state = false;
	if (out.has_login || out.has_state)
		out.nr_missing = 0;
	if (!out.has_login)
		memset(&out.login, 0, sizeof(out.login));
	if (!out.has_state)
		memset(&out.state, 0, sizeof(out.state));
	return out;
}

/* Encodes into memory full of @fill; returns the length. */
static unsigned int encode(const struct pprc_answer *a, u8 *sense, u8 fill)
{
	unsigned int len;

	memset(sense, fill, SENSE_MAX);
	len = pprc_answer_encode(a, sense);
	fuzz_check(len <= SENSE_MAX);
	for (unsigned int i = len; i < SENSE_MAX; i++)
		fuzz_check(sense[i] == fill);
	return len;
}

static void check_encode(const struct pprc_answer *a)
{
	unsigned int want = 32 + (a->has_login ? 24 : a->has_state ? 16 :
				  a->nr_missing ? 8 + 8 * a->nr_missing : 0);
	u8 *one = malloc(SENSE_MAX), *two = malloc(SENSE_MAX), *cut;
	struct pprc_answer said = sayable(a), got;
	unsigned int len;

	if (!one || !two)
		exit(1);
	len = encode(a, one, 0xaa);
	fuzz_check(len == want);
	fuzz_check(encode(a, two, 0x55) == len && !memcmp(one, two, len));
	fuzz_check(one[7] == len - 8);
	fuzz_check(!pprc_answer_decode(one, len, &got));
	check_same(&got, &said);
	fuzz_check(!pprc_answer_decode(one, SENSE_MAX, &got));
	check_same(&got, &said);

	/* Any number of bytes less is too few; the command id chooses it. */
	len = a->cmd_id % len;
	cut = fuzz_copy(one, len);
	fuzz_check(pprc_answer_decode(cut, len, &got));
	fuzz_hit(a->has_login ? ENCODED_LOGIN :
		 a->has_state ? ENCODED_STATE :
		 a->nr_missing ? ENCODED_MISSING : ENCODED_PLAIN);
	free(cut);
	free(one);
	free(two);
}

static void check_decode(const u8 *sense, unsigned int len)
{
	struct pprc_answer got, want;
	u8 *copy = fuzz_copy(sense, len);
	int ret;

	memset(&got, 0xee, sizeof(got));
	ret = pprc_answer_decode(copy, len, &got);
	fuzz_check(!memcmp(copy, sense, len));
	fuzz_check(!ret == !ref_decode(sense, len, &want));
	free(copy);
	if (ret)
		return;
	check_same(&got, &want);
	check_ranges(&got);
	fuzz_hit(got.has_login && got.has_state ? BOTH :
		 got.has_login ? LOGIN : got.has_state ? STATE :
		 got.nr_missing ? MISSING : PLAIN);
	if (got.nr_missing == RANGES)
		fuzz_hit(ALL_MISSING);
	check_encode(&got);
}

/* Good sense data with the descriptors that are asked for. */
static unsigned int base_sense(u8 *b, unsigned int kind)
{
	static const u8 login[] = { 0x81, 22, 0, 64, 0, 16, 0, 0, 1, 2, 3, 4 };
	static const u8 state[] = { 0x82, 14, 2, 0, 0, 0, 2, 0, 0, 0, 0, 1 };
	static const u8 other[] = { 0x8f, 2, 1, 1 };
	unsigned int len = 32;

	memset(b, 0, SENSE_LONG);
	b[0] = 0x72;
	b[8] = 0x80;
	b[9] = 22;
	fuzz_put(b + 12, 4, 0x01020304);
	fuzz_put(b + 16, 8, 77);
	fuzz_put(b + 24, 2, 64);
	if (kind & 4) {
		memcpy(b + len, other, sizeof(other));
		len += 4;
	}
	if (kind & 1) {
		memcpy(b + len, login, sizeof(login));
		len += 24;
	}
	if (kind & 2) {
		memcpy(b + len, state, sizeof(state));
		len += 16;
	}
	b[7] = len - 8;
	return len;
}

/* The same with n ranges, each of a frame behind one that has come. */
static unsigned int base_missing(u8 *b, unsigned int n)
{
	unsigned int len = base_sense(b, 0);

	b[11] = 28;
	b[len] = 0x83;
	b[len + 1] = 6 + 8 * n;
	len += 8;
	for (unsigned int i = 0; i < n; i++, len += 8) {
		fuzz_put(b + len, 4, i * 4096);
		fuzz_put(b + len + 4, 4, 2048);
	}
	b[7] = len - 8;
	return len;
}

/* The last descriptor, of so many bytes, comes once more. */
static unsigned int again(u8 *b, unsigned int len, unsigned int bytes)
{
	memcpy(b + len, b + len - bytes, bytes);
	b[7] += bytes;
	return len + bytes;
}

static void any_answer(struct fuzz_input *in, struct pprc_answer *a)
{
	unsigned int how = fuzz_take(in, 1);

	memset(a, 0, sizeof(*a));
	a->has_login = how & 1;
	a->has_state = how & 2;
	a->reason = fuzz_take(in, how & 4 ? 2 : 1);
	if (how & 8)
		a->reason %= PPRC_NR_REASONS;
	a->key = how & 16 ? fuzz_take(in, 1) : 0;
	a->cmd_id = fuzz_take(in, how & 32 ? 8 : 1);
	a->asc = fuzz_take(in, 1);
	a->ascq = fuzz_take(in, 1);
	a->session = fuzz_take(in, 4);
	a->slots = fuzz_take(in, 2);
	a->grant_seq = fuzz_take(in, 2);
	a->login.slots = fuzz_take(in, 2);
	a->login.slot_bytes = fuzz_take(in, 4);
	a->login.session = fuzz_take(in, 4);
	a->login.features = fuzz_take(in, 4);
	a->login.instance = fuzz_take(in, 8);
	a->state.state = fuzz_take(in, 1);
	a->state.block_bytes = fuzz_take(in, 4);
	a->state.blocks = fuzz_take(in, 8);
	if (how & 64) {
		u32 at = fuzz_take(in, 2);

		a->reason = PPRC_R_PARTIAL;
		a->nr_missing = 1 + fuzz_take(in, 1) % RANGES;
		for (unsigned int i = 0; i < a->nr_missing; i++) {
			a->missing[i].offset = at;
			a->missing[i].len = 1 + fuzz_take(in, 2);
			at += a->missing[i].len + 1 + fuzz_take(in, 2);
		}
	}
}

int fuzz_one(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned int mode = fuzz_take(&in, 1), len, n;
	struct pprc_answer answer;
	u8 sense[SENSE_LONG];

	switch (mode & 3) {
	case 0:
		check_decode(in.p, in.left);
		break;
	case 1:
		any_answer(&in, &answer);
		check_encode(&answer);
		break;
	default:
		if (mode & 32) {
			/* Up to 17 ranges, or up to 7 of them twice. */
			n = fuzz_take(&in, 1);
			len = base_missing(sense, n > 240 ? n % 8 : n % 18);
			if (n > 240)
				len = again(sense, len, 8 + 8 * (n % 8));
			/* Bytes at the places they are given for come first. */
			for (n = mode & 64 ? 4 : 0; n; n--)
				fuzz_add(&in, sense + fuzz_take(&in, 1) % len, 1);
		} else {
			len = base_sense(sense, mode >> 2 & 7);
			if (mode & 64 && mode & 8)
				len = again(sense, len, 16);
		}
		if (mode & 1)
			len = (len + fuzz_take(&in, 1)) % SENSE_LONG;
		fuzz_add(&in, sense, len);
		check_decode(sense, len);
	}
	return 0;
}
