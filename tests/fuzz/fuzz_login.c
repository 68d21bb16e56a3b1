// SPDX-License-Identifier: GPL-2.0
/*
 * LOGIN: pprc_login_check(), and whether a secondary can live with what it
 * lets through.
 *
 * Input: how each wish is made (a table, or any number), the wishes, the
 * limits of a target port group, a byte of the CDB to change, then what the
 * bytes of the answer are changed by (added).
 *
 * - Wishes are let through if and only if they are within the bounds, and
 *   pprc_cdb_check() says the same.
 * - With what was let through, and with what is granted of it, the account of
 *   a slot holds each frame up to the last, and no frame leaves a page.
 * - The answer to a login says to the primary what was granted; one that was
 *   damaged is still within its own bounds or no answer.
 */

#include "fuzz.h"
#include <asm/byteorder.h>
#include <pprc/codec.h>
#include <pprc/fill.h>

#define PAGE	4096u

enum {
	GOOD, SLOT_NONE, SLOT_ODD, SLOT_BIG, SLOTS_NONE, SLOTS_MANY,
	CHUNK_SMALL, CHUNK_BIG, CHUNK_ODD, LIVE_SHORT, LIVE_LONG, BAD_FLAGS,
	BAD_FIELD,
	GRANT_ALL, GRANT_FEWER, GRANT_SMALLER, ANSWER_BAD, ANSWER_OTHER,
};

struct fuzz_event fuzz_events[] = {
	[GOOD]		= { .name = "good login" },
	[SLOT_NONE]	= { .name = "slots without a byte refused" },
	[SLOT_ODD]	= { .name = "slots of no multiple of 64 KiB refused" },
	[SLOT_BIG]	= { .name = "slots beyond 4 MiB refused" },
	[SLOTS_NONE]	= { .name = "no slot refused" },
	[SLOTS_MANY]	= { .name = "more than 1024 slots refused" },
	[CHUNK_SMALL]	= { .name = "chunk below 512 refused" },
	[CHUNK_BIG]	= { .name = "chunk above 2048 refused" },
	[CHUNK_ODD]	= { .name = "chunk of no power of two refused" },
	[LIVE_SHORT]	= { .name = "liveness below 500 ms refused" },
	[LIVE_LONG]	= { .name = "liveness above 600 s refused" },
	[BAD_FLAGS]	= { .name = "flag refused" },
	[BAD_FIELD]	= { .name = "session, no id or reserved field refused" },
	[GRANT_ALL]	= { .name = "granted as wished" },
	[GRANT_FEWER]	= { .name = "fewer slots granted" },
	[GRANT_SMALLER]	= { .name = "smaller slots granted" },
	[ANSWER_BAD]	= { .name = "damaged answer refused" },
	[ANSWER_OTHER]	= { .name = "damaged answer decoded" },
	{ }
};

static u32 wish_bytes(struct fuzz_input *in, unsigned int how)
{
	u32 n = fuzz_take(in, 4);

	return how & 1 ? n : (n % 66) << 16;
}

static u16 wish_slots(struct fuzz_input *in, unsigned int how)
{
	static const u16 near[] = { 0, 1, 2, 64, 256, 1023, 1024, 1025 };
	u16 n = fuzz_take(in, 2);

	return how & 2 ? n : near[n % ARRAY_SIZE(near)];
}

static u16 wish_chunk(struct fuzz_input *in, unsigned int how)
{
	u16 n = fuzz_take(in, 2);

	return how & 4 ? n : 1 << n % 16;
}

static u32 wish_liveness(struct fuzz_input *in, unsigned int how)
{
	static const u32 near[] = {
		3000, 499, 500, 501, 600000, 600001, 0, ~0u,
	};

	return how & 8 ? near[fuzz_take(in, 1) % ARRAY_SIZE(near)] : 3000;
}

/* Bits of the reasons to refuse a login for, 0 if it is good. */
static u32 judge(const u8 *b)
{
	u32 bytes = fuzz_get(b + 64, 4), liveness = fuzz_get(b + 72, 4), r = 0;
	u16 slots = fuzz_get(b + 68, 2), chunk = fuzz_get(b + 70, 2);

	broken(&r, !fuzz_zero(b, 12, 16), PPRC_R_BAD_FLAGS, BAD_FLAGS);
	broken(&r, !fuzz_zero(b, 24, 28) || fuzz_zero(b, 32, 40) ||
	       !fuzz_zero(b, 76, 108), PPRC_R_BAD_CDB, BAD_FIELD);
	broken(&r, bytes == 0, PPRC_R_BAD_LOGIN, SLOT_NONE);
	broken(&r, bytes & 65535, PPRC_R_BAD_LOGIN, SLOT_ODD);
	broken(&r, bytes > 4194304, PPRC_R_BAD_LOGIN, SLOT_BIG);
	broken(&r, slots == 0, PPRC_R_BAD_LOGIN, SLOTS_NONE);
	broken(&r, slots > 1024, PPRC_R_BAD_LOGIN, SLOTS_MANY);
	broken(&r, chunk < 512, PPRC_R_BAD_LOGIN, CHUNK_SMALL);
	broken(&r, chunk > 2048, PPRC_R_BAD_LOGIN, CHUNK_BIG);
	broken(&r, chunk & (chunk - 1), PPRC_R_BAD_LOGIN, CHUNK_ODD);
	broken(&r, liveness < 500, PPRC_R_BAD_LOGIN, LIVE_SHORT);
	broken(&r, liveness > 600000, PPRC_R_BAD_LOGIN, LIVE_LONG);
	return r;
}

/* A slot takes the first and the last frame of the longest write. */
static void check_slot(u32 slot_bytes, u32 chunk)
{
	struct pprc_fill *f = malloc(sizeof(*f));
	u32 last = slot_bytes - chunk;

	if (!f)
		exit(1);
	fuzz_check(slot_bytes % PAGE == 0 && PAGE % chunk == 0);
	memset(f, 0xee, sizeof(*f));
	pprc_fill_init(f, slot_bytes, chunk);
	fuzz_check(pprc_fill_frame(f, last, chunk) == PPRC_FILL_NEW);
	fuzz_check(pprc_fill_frame(f, last, chunk) == PPRC_FILL_DUP);
	fuzz_check(pprc_fill_frame(f, slot_bytes, chunk) == PPRC_FILL_BAD);
	fuzz_check(pprc_fill_frame(f, 0, chunk) == PPRC_FILL_NEW);
	fuzz_check(!pprc_fill_expect(f, slot_bytes + 1));
	fuzz_check(pprc_fill_expect(f, slot_bytes));
	fuzz_check(!pprc_fill_complete(f));
	fuzz_check(f->have == 2 * chunk);
	pprc_fill_reset(f);
	fuzz_check(pprc_fill_frame(f, 0, chunk) == PPRC_FILL_NEW);
	fuzz_check(pprc_fill_frame(f, last, chunk) == PPRC_FILL_NEW);
	free(f);
}

/* The answer as sec_session.c makes it. */
static void grant(const struct pprc_cdb_login *login, struct fuzz_input *in,
		  struct pprc_answer *a)
{
	u32 max_slots = 1 + fuzz_take(in, 2) % PPRC_SLOTS_MAX;
	u32 max_bytes = (1 + fuzz_take(in, 1) % 64) * PPRC_SLOT_UNIT;

	memset(a, 0, sizeof(*a));
	a->cmd_id = be64_to_cpu(login->hdr.cmd_id);
	a->session = 1 + fuzz_take(in, 2);
	a->slots = min_t(u32, be16_to_cpu(login->slots), max_slots);
	a->has_login = true;
	a->login.session = a->session;
	a->login.slots = a->slots;
	a->login.slot_bytes = min(be32_to_cpu(login->slot_bytes), max_bytes);
	a->login.instance = fuzz_take(in, 4);
}

static void check_answer(const struct pprc_answer *a, struct fuzz_input *in)
{
	u8 *sense = malloc(PPRC_SENSE_MAX);
	struct pprc_answer got;
	unsigned int len;

	if (!sense)
		exit(1);
	len = pprc_answer_encode(a, sense);
	fuzz_check(len == 56);
	memset(&got, 0xee, sizeof(got));
	fuzz_check(!pprc_answer_decode(sense, len, &got));
	fuzz_check(got.reason == PPRC_R_GOOD && got.key == 0);
	fuzz_check(got.cmd_id == a->cmd_id && got.session == a->session);
	fuzz_check(got.slots == a->slots);
	fuzz_check(got.has_login && !got.has_state);
	fuzz_check(got.login.slots == a->login.slots);
	fuzz_check(got.login.slot_bytes == a->login.slot_bytes);
	fuzz_check(got.login.session == a->login.session);
	fuzz_check(got.login.features == 0);
	fuzz_check(got.login.instance == a->login.instance);

	if (in->left) {
		fuzz_add(in, sense, len);
		if (pprc_answer_decode(sense, len, &got)) {
			fuzz_hit(ANSWER_BAD);
		} else {
			fuzz_hit(ANSWER_OTHER);
			fuzz_check(got.reason == fuzz_get(sense + 10, 2));
			fuzz_check(got.cmd_id == fuzz_get(sense + 16, 8));
			fuzz_check(!got.has_login || sense[7] == 48);
		}
	}
	free(sense);
}

int fuzz_one(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned int how = fuzz_take(&in, 1), at, reason;
	struct pprc_answer answer;
	union pprc_cdb cdb, *copy;
	u32 allowed;

	pprc_cdb_init(&cdb, PPRC_SA_LOGIN);
	cdb.hdr.cmd_id = cpu_to_be64(1);
	cdb.login.slot_bytes = cpu_to_be32(wish_bytes(&in, how));
	cdb.login.slots = cpu_to_be16(wish_slots(&in, how));
	cdb.login.chunk = cpu_to_be16(wish_chunk(&in, how));
	cdb.login.liveness_ms = cpu_to_be32(wish_liveness(&in, how));
	at = fuzz_take(&in, 1);
	if (at >= 12 && at < 108)
		cdb.bytes[at] ^= fuzz_take(&in, 1);
	pprc_cdb_seal(&cdb);

	copy = (union pprc_cdb *)fuzz_copy(&cdb, sizeof(cdb));
	reason = pprc_login_check(&copy->login);
	/* Features and reserved fields of the common part come before. */
	if (fuzz_zero(cdb.bytes, 16, 24) && fuzz_zero(cdb.bytes, 30, 32))
		fuzz_check(pprc_cdb_check(copy) == reason);
	else
		fuzz_check(pprc_cdb_check(copy) != PPRC_R_GOOD);
	free(copy);

	allowed = judge(cdb.bytes);
	fuzz_check(allowed ? allowed & 1u << reason : reason == PPRC_R_GOOD);
	if (allowed)
		return 0;
	fuzz_hit(GOOD);
	check_slot(be32_to_cpu(cdb.login.slot_bytes),
		   be16_to_cpu(cdb.login.chunk));
	grant(&cdb.login, &in, &answer);
	check_slot(answer.login.slot_bytes, be16_to_cpu(cdb.login.chunk));
	if (answer.slots < be16_to_cpu(cdb.login.slots))
		fuzz_hit(GRANT_FEWER);
	else if (answer.login.slot_bytes < be32_to_cpu(cdb.login.slot_bytes))
		fuzz_hit(GRANT_SMALLER);
	else
		fuzz_hit(GRANT_ALL);
	check_answer(&answer, &in);
	return 0;
}
