// SPDX-License-Identifier: GPL-2.0
/*
 * Extended CDBs: pprc_cdb_check() and what is read from a CDB it has accepted.
 *
 * Input: a byte that chooses the good CDB to begin with, or zeros, and whether
 * the digest is made right in the end; a bit to flip afterwards (2 bytes); what
 * is added to the bytes of the CDB, to each, or to some as pairs of place and
 * value.
 *
 * - A CDB is accepted if and only if no rule is broken, else refused for one
 *   of those that are, in the order the protocol gives.
 * - An accepted CDB says nothing beside its fields: building it again from
 *   their values gives the same bytes.
 * - A good CDB with any one bit flipped is refused.
 * - The CDB is not changed, nothing beyond it is read.
 */

#include "fuzz.h"
#include <asm/byteorder.h>
#include <pprc/codec.h>

#define LEN	112
#define CRC_AT	108

#define LOGIN	0xf800
#define WRITE	0xf801
#define FLUSH	0xf802
#define STATE	0xf803
#define LOGOUT	0xf804
#define QUERY	0xf805
#define HEARTBEAT 0xf806

/* Flags. */
#define FUA		1
#define RESEND		2
#define OF_FLUSH	4
#define MORE		8

/* The first byte of an input. */
#define BASE_MASK	0x07
#define SEAL		0x08
#define PAIRS		0x10
#define BASE_MORE	0x20	/* another eight of them */

enum {
	GOOD_LOGIN, GOOD_WRITE, GOOD_FUA, GOOD_RESEND, GOOD_MORE, GOOD_FLUSH,
	GOOD_STATE, GOOD_LOGOUT, GOOD_QUERY, GOOD_QUERY_FLUSH, GOOD_HEARTBEAT,
	BAD_SHAPE, BAD_VERSION, BAD_DIGEST, BAD_FEATURES, BAD_RESERVED,
	BAD_ACTION, BAD_FLAGS, WRITE_FLAGS, FLUSH_FLAGS, QUERY_FLAGS, BAD_FIELD,
	STALE_ID, NO_BLOCKS, NO_BYTES, BAD_LOGIN, BAD_STATE, NO_SLOTS,
	MANY_SLOTS, FLIPPED,
};

struct fuzz_event fuzz_events[] = {
	[GOOD_LOGIN]	= { .name = "good LOGIN" },
	[GOOD_WRITE]	= { .name = "good WRITE" },
	[GOOD_FUA]	= { .name = "good WRITE with FUA" },
	[GOOD_RESEND]	= { .name = "good WRITE sent again" },
	[GOOD_MORE]	= { .name = "good WRITE while others wait" },
	[GOOD_FLUSH]	= { .name = "good FLUSH" },
	[GOOD_STATE]	= { .name = "good STATE" },
	[GOOD_LOGOUT]	= { .name = "good LOGOUT" },
	[GOOD_QUERY]	= { .name = "good QUERY of a WRITE" },
	[GOOD_QUERY_FLUSH] = { .name = "good QUERY of a FLUSH" },
	[GOOD_HEARTBEAT] = { .name = "good HEARTBEAT" },
	[BAD_SHAPE]	= { .name = "opcode or length refused" },
	[BAD_VERSION]	= { .name = "version refused" },
	[BAD_DIGEST]	= { .name = "digest refused" },
	[BAD_FEATURES]	= { .name = "feature bit refused" },
	[BAD_RESERVED]	= { .name = "reserved field of the common part refused" },
	[BAD_ACTION]	= { .name = "service action refused" },
	[BAD_FLAGS]	= { .name = "flag of another action refused" },
	[WRITE_FLAGS]	= { .name = "flag of a WRITE refused" },
	[FLUSH_FLAGS]	= { .name = "flag of a FLUSH refused" },
	[QUERY_FLAGS]	= { .name = "flag of a QUERY refused" },
	[BAD_FIELD]	= { .name = "field of a service action refused" },
	[STALE_ID]	= { .name = "floor above the command id refused" },
	[NO_BLOCKS]	= { .name = "WRITE of no block refused" },
	[NO_BYTES]	= { .name = "WRITE of no byte refused" },
	[BAD_LOGIN]	= { .name = "wish of a LOGIN refused" },
	[BAD_STATE]	= { .name = "number of a state refused" },
	[NO_SLOTS]	= { .name = "HEARTBEAT of no slot refused" },
	[MANY_SLOTS]	= { .name = "HEARTBEAT of too many slots refused" },
	[FLIPPED]	= { .name = "flipped bit refused" },
	{ }
};

/* A CDB to begin with; where no action stands it is all zeros. */
static const struct {
	u16	action;
	u16	flags;
} base[] = {
	{ LOGIN, 0 }, { WRITE, 0 }, { FLUSH, 0 }, { STATE, 0 }, { LOGOUT, 0 },
	{ WRITE, FUA }, { 0, 0 }, { 0, 0 }, { QUERY, 0 }, { QUERY, OF_FLUSH },
	{ HEARTBEAT, 0 }, { WRITE, FUA | RESEND }, { WRITE, MORE },
	{ QUERY, FUA | MORE }, { QUERY, OF_FLUSH | MORE }, { FLUSH, MORE },
};

static bool is_flush(const u8 *b)
{
	return fuzz_get(b + 8, 2) == FLUSH || fuzz_get(b + 12, 4) & OF_FLUSH;
}

static void base_cdb(u8 *b, unsigned int which)
{
	u16 action = base[which].action;

	memset(b, 0, LEN);
	if (!action)
		return;
	b[0] = 0x7f;
	b[7] = 104;
	fuzz_put(b + 8, 2, action);
	b[10] = 1;
	fuzz_put(b + 32, 8, 0x1234);
	if (action == LOGIN) {
		fuzz_put(b + 56, 8, 0x5657585960616263);
		fuzz_put(b + 64, 4, 1 << 20);
		fuzz_put(b + 68, 2, 64);
		fuzz_put(b + 70, 2, 2048);
		fuzz_put(b + 72, 4, 3000);
		return;
	}
	fuzz_put(b + 24, 4, 0x24252627);
	fuzz_put(b + 28, 2, 3);
	fuzz_put(b + 40, 8, 0x4041424344454647);
	fuzz_put(b + 48, 8, 0x48494a4b4c4d4e4f);
	/* The bounds are chosen: whoever is off by one is near. */
	if (action == WRITE || action == FLUSH || action == QUERY)
		fuzz_put(b + 56, 8, 0x1234);
	if (action == HEARTBEAT)
		fuzz_put(b + 56, 2, 1024);
	if (action == STATE) {
		b[68] = 3;
		b[69] = 8;
	}
	fuzz_put(b + 12, 4, base[which].flags);
	if ((action == WRITE || action == QUERY) && !is_flush(b)) {
		fuzz_put(b + 72, 4, 8);
		fuzz_put(b + 104, 4, 4096);
	}
}

static void judge_write(const u8 *b, u32 *reasons)
{
	bool flush = is_flush(b);
	u32 flags = fuzz_get(b + 12, 4);

	switch (fuzz_get(b + 8, 2)) {
	case WRITE:
		broken(reasons, flags & ~(FUA | RESEND | MORE),
		       PPRC_R_BAD_FLAGS, WRITE_FLAGS);
		break;
	case FLUSH:
		broken(reasons, flags & ~MORE, PPRC_R_BAD_FLAGS, FLUSH_FLAGS);
		break;
	default:
		broken(reasons, flags & ~(FUA | OF_FLUSH | MORE) ||
		       (flags & FUA && flags & OF_FLUSH), PPRC_R_BAD_FLAGS,
		       QUERY_FLAGS);
	}
	broken(reasons, fuzz_zero(b, 24, 28) || fuzz_zero(b, 32, 40),
	       PPRC_R_BAD_CDB, BAD_FIELD);
	broken(reasons, memcmp(b + 56, b + 32, 8) > 0, PPRC_R_STALE_ID,
	       STALE_ID);
	broken(reasons, flush && (!fuzz_zero(b, 64, 80) ||
				  !fuzz_zero(b, 104, 108)), PPRC_R_BAD_CDB,
	       BAD_FIELD);
	broken(reasons, !flush && fuzz_zero(b, 72, 76), PPRC_R_BAD_LENGTH,
	       NO_BLOCKS);
	broken(reasons, !flush && fuzz_zero(b, 104, 108), PPRC_R_BAD_LENGTH,
	       NO_BYTES);
}

static void judge_login(const u8 *b, u32 *reasons)
{
	u32 bytes = fuzz_get(b + 64, 4), liveness = fuzz_get(b + 72, 4);
	u16 slots = fuzz_get(b + 68, 2), chunk = fuzz_get(b + 70, 2);

	broken(reasons, !fuzz_zero(b, 12, 16), PPRC_R_BAD_FLAGS, BAD_FLAGS);
	broken(reasons, !fuzz_zero(b, 24, 28) || fuzz_zero(b, 32, 40) ||
	       !fuzz_zero(b, 76, 108), PPRC_R_BAD_CDB, BAD_FIELD);
	broken(reasons, bytes < 65536 || bytes > 4194304 || bytes & 65535 ||
	       slots < 1 || slots > 1024 ||
	       (chunk != 512 && chunk != 1024 && chunk != 2048) ||
	       liveness < 500 || liveness > 600000,
	       PPRC_R_BAD_LOGIN, BAD_LOGIN);
}

static void judge_state(const u8 *b, u32 *reasons)
{
	broken(reasons, !fuzz_zero(b, 12, 16), PPRC_R_BAD_FLAGS, BAD_FLAGS);
	broken(reasons, fuzz_zero(b, 24, 28) || fuzz_zero(b, 32, 40) ||
	       fuzz_zero(b, 40, 48) || !fuzz_zero(b, 70, 108),
	       PPRC_R_BAD_CDB, BAD_FIELD);
	broken(reasons, b[68] > 3 || b[69] > 8, PPRC_R_BAD_STATE, BAD_STATE);
}

static void judge_logout(const u8 *b, u32 *reasons)
{
	broken(reasons, !fuzz_zero(b, 12, 16), PPRC_R_BAD_FLAGS, BAD_FLAGS);
	broken(reasons, fuzz_zero(b, 24, 28) || fuzz_zero(b, 32, 40) ||
	       !fuzz_zero(b, 56, 108), PPRC_R_BAD_CDB, BAD_FIELD);
}

static void judge_heartbeat(const u8 *b, u32 *reasons)
{
	u16 slots = fuzz_get(b + 56, 2);

	broken(reasons, !fuzz_zero(b, 12, 16), PPRC_R_BAD_FLAGS, BAD_FLAGS);
	broken(reasons, fuzz_zero(b, 24, 28) || fuzz_zero(b, 32, 40) ||
	       !fuzz_zero(b, 60, 108), PPRC_R_BAD_CDB, BAD_FIELD);
	broken(reasons, slots < 1, PPRC_R_BAD_CDB, NO_SLOTS);
	broken(reasons, slots > 1024, PPRC_R_BAD_CDB, MANY_SLOTS);
}

/*
 * Bits of the reasons a CDB may be refused for, 0 if it is good. The common
 * part has an order; what is wrong with the fields of a service action has
 * none here.
 */
static u32 judge(const u8 *b)
{
	u32 reasons = 0;

	broken(&reasons, b[0] != 0x7f || b[7] != 104, PPRC_R_BAD_CDB,
	       BAD_SHAPE);
	if (!reasons)
		broken(&reasons, b[10] != 1, PPRC_R_BAD_VERSION, BAD_VERSION);
	if (!reasons)
		broken(&reasons, fuzz_get(b + CRC_AT, 4) != fuzz_crc(b, CRC_AT),
		       PPRC_R_CDB_DIGEST, BAD_DIGEST);
	if (!reasons)
		broken(&reasons, !fuzz_zero(b, 16, 20), PPRC_R_BAD_FLAGS,
		       BAD_FEATURES);
	if (!reasons)
		broken(&reasons, !fuzz_zero(b, 1, 7) || !fuzz_zero(b, 11, 12) ||
		       !fuzz_zero(b, 20, 24) || !fuzz_zero(b, 30, 32),
		       PPRC_R_BAD_CDB, BAD_RESERVED);
	if (reasons)
		return reasons;

	switch (fuzz_get(b + 8, 2)) {
	case LOGIN:
		judge_login(b, &reasons);
		break;
	case WRITE:
	case FLUSH:
	case QUERY:
		judge_write(b, &reasons);
		break;
	case STATE:
		judge_state(b, &reasons);
		break;
	case LOGOUT:
		judge_logout(b, &reasons);
		break;
	case HEARTBEAT:
		judge_heartbeat(b, &reasons);
		break;
	default:
		broken(&reasons, true, PPRC_R_BAD_ACTION, BAD_ACTION);
	}
	return reasons;
}

static void hit_good(const u8 *b)
{
	switch (fuzz_get(b + 8, 2)) {
	case LOGIN:
		fuzz_hit(GOOD_LOGIN);
		break;
	case WRITE:
		fuzz_hit(b[15] & RESEND ? GOOD_RESEND :
			 b[15] & MORE ? GOOD_MORE :
			 b[15] & FUA ? GOOD_FUA : GOOD_WRITE);
		break;
	case QUERY:
		fuzz_hit(b[15] & OF_FLUSH ? GOOD_QUERY_FLUSH : GOOD_QUERY);
		break;
	case HEARTBEAT:
		fuzz_hit(GOOD_HEARTBEAT);
		break;
	case FLUSH:
		fuzz_hit(GOOD_FLUSH);
		break;
	case STATE:
		fuzz_hit(GOOD_STATE);
		break;
	case LOGOUT:
		fuzz_hit(GOOD_LOGOUT);
		break;
	}
}

/* As a sender would: by name, from values of the host. */
static void build_again(const union pprc_cdb *in, union pprc_cdb *out)
{
	u16 action = be16_to_cpu(in->hdr.action);

	memset(out, 0xee, sizeof(*out));
	pprc_cdb_init(out, action);
	out->hdr.flags = cpu_to_be32(be32_to_cpu(in->hdr.flags));
	out->hdr.session = cpu_to_be32(be32_to_cpu(in->hdr.session));
	out->hdr.slot = cpu_to_be16(be16_to_cpu(in->hdr.slot));
	out->hdr.cmd_id = cpu_to_be64(be64_to_cpu(in->hdr.cmd_id));
	out->hdr.pair = cpu_to_be64(be64_to_cpu(in->hdr.pair));
	out->hdr.generation = cpu_to_be64(be64_to_cpu(in->hdr.generation));
	switch (action) {
	case PPRC_SA_LOGIN:
		out->login.instance = in->login.instance;
		out->login.slot_bytes = in->login.slot_bytes;
		out->login.slots = in->login.slots;
		out->login.chunk = in->login.chunk;
		out->login.liveness_ms = in->login.liveness_ms;
		break;
	case PPRC_SA_WRITE:
	case PPRC_SA_FLUSH:
	case PPRC_SA_QUERY:
		if (!pprc_cdb_is_flush(in)) {
			out->write.lba = in->write.lba;
			out->write.blocks = in->write.blocks;
			out->write.payload_crc = in->write.payload_crc;
			out->write.bytes = in->write.bytes;
		}
		out->write.floor = in->write.floor;
		out->write.group = in->write.group;
		out->write.group_seq = in->write.group_seq;
		out->write.issued_ns = in->write.issued_ns;
		break;
	case PPRC_SA_STATE:
		out->state.blocks = in->state.blocks;
		out->state.block_bytes = in->state.block_bytes;
		out->state.state = in->state.state;
		out->state.reason = in->state.reason;
		break;
	case PPRC_SA_HEARTBEAT:
		out->heartbeat.slots = in->heartbeat.slots;
		out->heartbeat.grant_seq = in->heartbeat.grant_seq;
		break;
	}
	pprc_cdb_seal(out);
}

/* What the modules take from an accepted CDB, where the protocol puts it. */
static void check_fields(const u8 *b, const union pprc_cdb *cdb)
{
	fuzz_check(be16_to_cpu(cdb->hdr.action) == fuzz_get(b + 8, 2));
	fuzz_check(be32_to_cpu(cdb->hdr.session) == fuzz_get(b + 24, 4));
	fuzz_check(be16_to_cpu(cdb->hdr.slot) == fuzz_get(b + 28, 2));
	fuzz_check(be64_to_cpu(cdb->hdr.cmd_id) == fuzz_get(b + 32, 8));
	fuzz_check(be64_to_cpu(cdb->hdr.pair) == fuzz_get(b + 40, 8));
	fuzz_check(be64_to_cpu(cdb->hdr.generation) == fuzz_get(b + 48, 8));
	fuzz_check(be64_to_cpu(cdb->write.lba) == fuzz_get(b + 64, 8));
	fuzz_check(be32_to_cpu(cdb->write.blocks) == fuzz_get(b + 72, 4));
	fuzz_check(be32_to_cpu(cdb->write.payload_crc) == fuzz_get(b + 76, 4));
	fuzz_check(be32_to_cpu(cdb->write.bytes) == fuzz_get(b + 104, 4));
	fuzz_check(pprc_cdb_is_flush(cdb) == is_flush(b));
	fuzz_check(be64_to_cpu(cdb->login.instance) == fuzz_get(b + 56, 8));
	fuzz_check(be32_to_cpu(cdb->login.slot_bytes) == fuzz_get(b + 64, 4));
	fuzz_check(be16_to_cpu(cdb->login.slots) == fuzz_get(b + 68, 2));
	fuzz_check(be16_to_cpu(cdb->login.chunk) == fuzz_get(b + 70, 2));
	fuzz_check(be32_to_cpu(cdb->login.liveness_ms) == fuzz_get(b + 72, 4));
	fuzz_check(be16_to_cpu(cdb->heartbeat.slots) == fuzz_get(b + 56, 2));
	fuzz_check(be16_to_cpu(cdb->heartbeat.grant_seq) == fuzz_get(b + 58, 2));
	fuzz_check(be64_to_cpu(cdb->state.blocks) == fuzz_get(b + 56, 8));
	fuzz_check(be32_to_cpu(cdb->state.block_bytes) == fuzz_get(b + 64, 4));
	fuzz_check(cdb->state.state == b[68]);
	fuzz_check(cdb->state.reason == b[69]);
}

static void check_flipped(u8 *b, unsigned int bit)
{
	unsigned int reason;

	b[bit / 8] ^= 1 << bit % 8;
	reason = pprc_cdb_check((union pprc_cdb *)b);
	if (bit / 8 == 0 || bit / 8 == 7)
		fuzz_check(reason == PPRC_R_BAD_CDB);
	else if (bit / 8 == 10)
		fuzz_check(reason == PPRC_R_BAD_VERSION);
	else
		fuzz_check(reason == PPRC_R_CDB_DIGEST);
	fuzz_hit(FLIPPED);
}

int fuzz_one(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned int mode = fuzz_take(&in, 1), bit = fuzz_take(&in, 2), reason;
	union pprc_cdb *cdb, again;
	u8 b[LEN];
	u32 allowed;

	base_cdb(b, (mode & BASE_MASK) + (mode & BASE_MORE ? 8 : 0));
	fuzz_put(b + CRC_AT, 4, fuzz_crc(b, CRC_AT));
	while (mode & PAIRS && in.left)
		b[fuzz_take(&in, 1) % LEN] += fuzz_take(&in, 1);
	fuzz_add(&in, b, LEN);
	if (mode & SEAL)
		fuzz_put(b + CRC_AT, 4, fuzz_crc(b, CRC_AT));

	cdb = (union pprc_cdb *)fuzz_copy(b, LEN);
	allowed = judge(b);
	reason = pprc_cdb_check(cdb);
	fuzz_check(!memcmp(cdb, b, LEN));
	fuzz_check(reason < PPRC_NR_REASONS);
	if (allowed) {
		fuzz_check(allowed & 1u << reason);
	} else {
		fuzz_check(reason == PPRC_R_GOOD);
		hit_good(b);
		check_fields(b, cdb);
		build_again(cdb, &again);
		fuzz_check(!memcmp(&again, b, LEN));
		check_flipped(cdb->bytes, bit % (LEN * 8));
	}
	free(cdb);
	return 0;
}
