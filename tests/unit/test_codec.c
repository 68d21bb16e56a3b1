// SPDX-License-Identifier: GPL-2.0
/*
 * Encoding and decoding: drivers/core/codec.c. Offsets are written as numbers,
 * as the byte tables of the protocol give them, so that a change of a
 * structure does not go unnoticed.
 */

#include "unit.h"
#include <linux/errno.h>
#include <asm/byteorder.h>
#include <pprc/codec.h>
#include <pprc/crc.h>

#define LEN	112		/* of an extended CDB */
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

static const u16 actions[] = {
	LOGIN, WRITE, FLUSH, STATE, LOGOUT, QUERY, HEARTBEAT,
};

/* CRC-32C bit by bit, to have a second opinion. */
static u32 slow_crc(const u8 *p, unsigned int len)
{
	u32 crc = 0xffffffff;

	while (len--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static void seal(union pprc_cdb *cdb)
{
	unit_put(cdb->bytes + CRC_AT, 4, slow_crc(cdb->bytes, CRC_AT));
}

/* A good extended CDB, every field of it put where the protocol says. */
static union pprc_cdb good_cdb(u16 action)
{
	union pprc_cdb cdb;
	u8 *b = cdb.bytes;

	memset(&cdb, 0, sizeof(cdb));
	b[0] = 0x7f;
	b[7] = 104;
	unit_put(b + 8, 2, action);
	b[10] = 1;
	unit_put(b + 24, 4, action == LOGIN ? 0 : 0x24252627);
	unit_put(b + 28, 2, 0x2829);
	unit_put(b + 32, 8, 0x3233343536373839);
	unit_put(b + 40, 8, 0x4041424344454647);
	unit_put(b + 48, 8, 0x48494a4b4c4d4e4f);
	switch (action) {
	case LOGIN:
		unit_put(b + 56, 8, 0x5657585960616263);
		unit_put(b + 64, 4, 0x00110000);
		unit_put(b + 68, 2, 0x0203);
		unit_put(b + 70, 2, 2048);
		unit_put(b + 72, 4, 0x00017273);
		break;
	case WRITE:
	case QUERY:
		unit_put(b + 64, 8, 0x6465666768697071);
		unit_put(b + 72, 4, 0x72737475);
		unit_put(b + 76, 4, 0x76777879);
		unit_put(b + 104, 4, 0x04050607);
		/* fall through */
	case FLUSH:
		unit_put(b + 12, 4, action == WRITE ? FUA | RESEND | MORE :
			 action == QUERY ? FUA | MORE : MORE);
		unit_put(b + 56, 8, 0x3233343536373800);
		unit_put(b + 80, 8, 0x8081828384858687);
		unit_put(b + 88, 8, 0x8889909192939495);
		unit_put(b + 96, 8, 0x9697989900010203);
		break;
	case STATE:
		unit_put(b + 56, 8, 0x5657585960616263);
		unit_put(b + 64, 4, 0x64656667);
		b[68] = 3;
		b[69] = 8;
		break;
	case HEARTBEAT:
		unit_put(b + 56, 2, 0x0356);
		unit_put(b + 58, 2, 0x5859);
		break;
	}
	seal(&cdb);
	return cdb;
}

/* A query that repeats the flush of good_cdb(). */
static union pprc_cdb good_query_of_flush(void)
{
	union pprc_cdb cdb = good_cdb(FLUSH);

	unit_put(cdb.bytes + 8, 2, QUERY);
	unit_put(cdb.bytes + 12, 4, OF_FLUSH | MORE);
	seal(&cdb);
	return cdb;
}

/* Has it the fields of a write? */
static bool is_write(u16 action)
{
	return action == WRITE || action == FLUSH || action == QUERY;
}

/* The same content through the structures of wire.h. */
static union pprc_cdb built_cdb(u16 action)
{
	union pprc_cdb cdb;

	memset(&cdb, 0xee, sizeof(cdb));
	pprc_cdb_init(&cdb, action);
	if (action != LOGIN)
		cdb.hdr.session = cpu_to_be32(0x24252627);
	cdb.hdr.slot = cpu_to_be16(0x2829);
	cdb.hdr.cmd_id = cpu_to_be64(0x3233343536373839);
	cdb.hdr.pair = cpu_to_be64(0x4041424344454647);
	cdb.hdr.generation = cpu_to_be64(0x48494a4b4c4d4e4f);
	switch (action) {
	case LOGIN:
		cdb.login.instance = cpu_to_be64(0x5657585960616263);
		cdb.login.slot_bytes = cpu_to_be32(0x00110000);
		cdb.login.slots = cpu_to_be16(0x0203);
		cdb.login.chunk = cpu_to_be16(2048);
		cdb.login.liveness_ms = cpu_to_be32(0x00017273);
		break;
	case WRITE:
	case QUERY:
		cdb.hdr.flags = cpu_to_be32(PPRC_WF_FUA | PPRC_WF_MORE);
		if (action == WRITE)
			cdb.hdr.flags |= cpu_to_be32(PPRC_WF_RESEND);
		cdb.write.bytes = cpu_to_be32(0x04050607);
		cdb.write.lba = cpu_to_be64(0x6465666768697071);
		cdb.write.blocks = cpu_to_be32(0x72737475);
		cdb.write.payload_crc = cpu_to_be32(0x76777879);
		/* fall through */
	case FLUSH:
		cdb.hdr.flags |= cpu_to_be32(PPRC_WF_MORE);
		cdb.write.floor = cpu_to_be64(0x3233343536373800);
		cdb.write.group = cpu_to_be64(0x8081828384858687);
		cdb.write.group_seq = cpu_to_be64(0x8889909192939495);
		cdb.write.issued_ns = cpu_to_be64(0x9697989900010203);
		break;
	case STATE:
		cdb.state.blocks = cpu_to_be64(0x5657585960616263);
		cdb.state.block_bytes = cpu_to_be32(0x64656667);
		cdb.state.state = PPRC_STATE_SUSPENDED;
		cdb.state.reason = PPRC_SUSP_INTERNAL;
		break;
	case HEARTBEAT:
		cdb.heartbeat.slots = cpu_to_be16(0x0356);
		cdb.heartbeat.grant_seq = cpu_to_be16(0x5859);
		break;
	}
	pprc_cdb_seal(&cdb);
	return cdb;
}

/* Judges a CDB and says on failure what was done to it. */
#define expect_reason(cdb, reason, ...) do {				\
	unsigned int got_ = pprc_cdb_check(cdb);			\
									\
	if (got_ != (reason)) {						\
		char what_[80];						\
									\
		snprintf(what_, sizeof(what_), __VA_ARGS__);		\
		fail_msg("%s: %s instead of %s", what_,			\
			 pprc_reason_name(got_), pprc_reason_name(reason)); \
	}								\
} while (0)

static void crc_vectors(void **unused)
{
	static const u8 zeros[32];
	u8 ones[32], text[] = "123456789";
	u32 crc;

	(void)unused;
	assert_int_equal(pprc_crc(text, 9), 0xe3069283);
	assert_int_equal(pprc_crc(text, 0), 0);
	/* RFC 3720 B.4, its bytes read as a little-endian word. */
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(pprc_crc(zeros, 32), 0x8a9136aa);
	assert_int_equal(pprc_crc(ones, 32), 0x62a8ab43);

	/* In pieces, as data arrives. */
	for (unsigned int cut = 0; cut <= 9; cut++) {
		crc = pprc_crc_add(PPRC_CRC_SEED, text, cut);
		crc = pprc_crc_add(crc, text + cut, 9 - cut);
		assert_int_equal(pprc_crc_end(crc), 0xe3069283);
	}
}

static void init_sets_constants_only(void **unused)
{
	(void)unused;
	for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++) {
		union pprc_cdb cdb;
		u8 want[LEN] = { [0] = 0x7f, [7] = 104, [8] = 0xf8, [9] = a,
				 [10] = 1, [28] = 0xff, [29] = 0xff };

		memset(&cdb, 0xee, sizeof(cdb));
		pprc_cdb_init(&cdb, actions[a]);
		assert_memory_equal(cdb.bytes, want, LEN);
	}
}

static void every_field_is_in_its_place(void **unused)
{
	(void)unused;
	for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++) {
		union pprc_cdb raw = good_cdb(actions[a]);
		union pprc_cdb cdb = built_cdb(actions[a]);

		assert_int_equal(sizeof(cdb), LEN);
		assert_memory_equal(cdb.bytes, raw.bytes, LEN);
		expect_reason(&raw, PPRC_R_GOOD, "%04x", actions[a]);
	}
}

static void every_field_is_read_back(void **unused)
{
	union pprc_cdb c;

	(void)unused;
	c = good_cdb(WRITE);
	assert_int_equal(c.hdr.opcode, 0x7f);
	assert_int_equal(c.hdr.add_len, 104);
	assert_int_equal(be16_to_cpu(c.hdr.action), PPRC_SA_WRITE);
	assert_int_equal(c.hdr.version, 1);
	assert_int_equal(be32_to_cpu(c.hdr.flags), 11);
	assert_int_equal(be32_to_cpu(c.hdr.session), 0x24252627);
	assert_int_equal(be16_to_cpu(c.hdr.slot), 0x2829);
	assert_int_equal(be64_to_cpu(c.hdr.cmd_id), 0x3233343536373839);
	assert_int_equal(be64_to_cpu(c.hdr.pair), 0x4041424344454647);
	assert_int_equal(be64_to_cpu(c.hdr.generation), 0x48494a4b4c4d4e4f);
	assert_int_equal(be64_to_cpu(c.write.floor), 0x3233343536373800);
	assert_int_equal(be64_to_cpu(c.write.lba), 0x6465666768697071);
	assert_int_equal(be32_to_cpu(c.write.blocks), 0x72737475);
	assert_int_equal(be32_to_cpu(c.write.payload_crc), 0x76777879);
	assert_int_equal(be64_to_cpu(c.write.group), 0x8081828384858687);
	assert_int_equal(be64_to_cpu(c.write.group_seq), 0x8889909192939495);
	assert_int_equal(be64_to_cpu(c.write.issued_ns), 0x9697989900010203);
	assert_int_equal(be32_to_cpu(c.write.bytes), 0x04050607);

	c = good_cdb(QUERY);
	assert_int_equal(be16_to_cpu(c.hdr.action), PPRC_SA_QUERY);
	assert_int_equal(be32_to_cpu(c.hdr.flags), 9);
	assert_int_equal(be32_to_cpu(c.write.bytes), 0x04050607);

	c = good_cdb(LOGIN);
	assert_int_equal(be16_to_cpu(c.hdr.action), PPRC_SA_LOGIN);
	assert_int_equal(be64_to_cpu(c.login.instance), 0x5657585960616263);
	assert_int_equal(be32_to_cpu(c.login.slot_bytes), 0x00110000);
	assert_int_equal(be16_to_cpu(c.login.slots), 0x0203);
	assert_int_equal(be16_to_cpu(c.login.chunk), 2048);
	assert_int_equal(be32_to_cpu(c.login.liveness_ms), 0x00017273);

	c = good_cdb(HEARTBEAT);
	assert_int_equal(be16_to_cpu(c.hdr.action), PPRC_SA_HEARTBEAT);
	assert_int_equal(be16_to_cpu(c.heartbeat.slots), 0x0356);
	assert_int_equal(be16_to_cpu(c.heartbeat.grant_seq), 0x5859);

	c = good_cdb(STATE);
	assert_int_equal(be16_to_cpu(c.hdr.action), PPRC_SA_STATE);
	assert_int_equal(be64_to_cpu(c.state.blocks), 0x5657585960616263);
	assert_int_equal(be32_to_cpu(c.state.block_bytes), 0x64656667);
	assert_int_equal(c.state.state, 3);
	assert_int_equal(c.state.reason, 8);
}

/* What the CDB travels in, and what precedes the data of each frame. */
static void command_and_device_header(void **unused)
{
	struct pprc_fcp_cmnd cmnd;
	struct pprc_device_header dh;
	u8 *b = (u8 *)&cmnd, *d = (u8 *)&dh;

	(void)unused;
	assert_int_equal(sizeof(cmnd), 128);
	memset(&cmnd, 0, sizeof(cmnd));
	cmnd.lun[1] = 5;
	cmnd.cmdref = 8;
	cmnd.pri_ta = 9;
	cmnd.tm_flags = 10;
	cmnd.flags = PPRC_FCP_ADD_CDB_WORDS << 2 | 1;
	cmnd.cdb[0] = 12;
	cmnd.cdb[111] = 123;
	cmnd.dl = cpu_to_be32(0x24252627);
	assert_int_equal(b[1], 5);
	assert_int_equal(b[8], 8);
	assert_int_equal(b[9], 9);
	assert_int_equal(b[10], 10);
	assert_int_equal(b[11], 0x61);
	assert_int_equal(b[12], 12);
	assert_int_equal(b[123], 123);
	assert_int_equal(unit_get(b + 124, 4), 0x24252627);

	assert_int_equal(sizeof(dh), 16);
	memset(&dh, 0, sizeof(dh));
	dh.session = cpu_to_be32(0x01020304);
	dh.slot = cpu_to_be16(0x0506);
	dh.cmd_id = cpu_to_be64(0x08090a0b0c0d0e0f);
	assert_int_equal(unit_get(d, 4), 0x01020304);
	assert_int_equal(unit_get(d + 4, 2), 0x0506);
	assert_int_equal(unit_get(d + 6, 2), 0);
	assert_int_equal(unit_get(d + 8, 8), 0x08090a0b0c0d0e0f);
}

static void wrong_constants(void **unused)
{
	(void)unused;
	for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++)
		for (unsigned int v = 0; v < 256; v++) {
			union pprc_cdb cdb = good_cdb(actions[a]);

			cdb.bytes[0] = v;
			seal(&cdb);
			expect_reason(&cdb, v == 0x7f ? PPRC_R_GOOD :
				      PPRC_R_BAD_CDB, "opcode %02x", v);
			cdb = good_cdb(actions[a]);
			cdb.bytes[7] = v;
			seal(&cdb);
			expect_reason(&cdb, v == 104 ? PPRC_R_GOOD :
				      PPRC_R_BAD_CDB, "add_len %u", v);
		}
}

/* A foreign version is told from damage even if it keeps no digest there. */
static void foreign_versions(void **unused)
{
	(void)unused;
	for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++)
		for (unsigned int v = 0; v < 256; v++) {
			union pprc_cdb cdb = good_cdb(actions[a]);

			cdb.bytes[10] = v;
			if (v != 1)
				expect_reason(&cdb, PPRC_R_BAD_VERSION,
					      "version %u, unsealed", v);
			seal(&cdb);
			expect_reason(&cdb, v == 1 ? PPRC_R_GOOD :
				      PPRC_R_BAD_VERSION, "version %u", v);
		}
}

static void unknown_actions(void **unused)
{
	unsigned int refused = 0;

	(void)unused;
	for (unsigned int sa = 0; sa < 65536; sa++) {
		union pprc_cdb cdb = good_cdb(sa);

		seal(&cdb);
		if (sa >= LOGIN && sa <= HEARTBEAT) {
			expect_reason(&cdb, PPRC_R_GOOD, "action %04x", sa);
			continue;
		}
		expect_reason(&cdb, PPRC_R_BAD_ACTION, "action %04x", sa);
		refused++;
	}
	assert_int_equal(refused, 65529);
}

/*
 * What a service action may say; the flag that makes a query one of a flush
 * comes with other fields, too, see query_of_a_flush().
 */
static u32 known_flags(u16 action)
{
	switch (action) {
	case WRITE:
		return FUA | RESEND | MORE;
	case FLUSH:
		return MORE;
	case QUERY:
		return FUA | MORE;
	default:
		return 0;
	}
}

static void unknown_flags(void **unused)
{
	(void)unused;
	for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++)
		for (unsigned int bit = 0; bit < 32; bit++) {
			union pprc_cdb cdb = good_cdb(actions[a]);
			bool known = known_flags(actions[a]) & 1u << bit;

			if (actions[a] == QUERY && 1u << bit == OF_FLUSH)
				continue;
			unit_put(cdb.bytes + 12, 4, 1u << bit);
			seal(&cdb);
			expect_reason(&cdb, known ? PPRC_R_GOOD :
				      PPRC_R_BAD_FLAGS, "%04x, flag bit %u",
				      actions[a], bit);
		}
}

/* Every mixture of the flags there are, and none of them elsewhere. */
static void flags_together(void **unused)
{
	(void)unused;
	assert_int_equal(PPRC_WF_FUA, FUA);
	assert_int_equal(PPRC_WF_RESEND, RESEND);
	assert_int_equal(PPRC_WF_OF_FLUSH, OF_FLUSH);
	assert_int_equal(PPRC_WF_MORE, MORE);
	for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++)
		for (u32 flags = 0; flags < 16; flags++) {
			union pprc_cdb cdb = good_cdb(actions[a]);
			u32 known = known_flags(actions[a]);

			if (actions[a] == QUERY && flags & OF_FLUSH)
				continue;
			unit_put(cdb.bytes + 12, 4, flags);
			seal(&cdb);
			expect_reason(&cdb, flags & ~known ? PPRC_R_BAD_FLAGS :
				      PPRC_R_GOOD, "%04x, flags %x",
				      actions[a], flags);
		}
	for (u32 flags = 0; flags < 16; flags++) {
		union pprc_cdb cdb = good_query_of_flush();

		if (!(flags & OF_FLUSH))
			continue;
		unit_put(cdb.bytes + 12, 4, flags);
		seal(&cdb);
		expect_reason(&cdb, flags & (FUA | RESEND) ? PPRC_R_BAD_FLAGS :
			      PPRC_R_GOOD, "query, flags %x", flags);
	}
}

static void query_of_a_flush(void **unused)
{
	union pprc_cdb cdb = good_query_of_flush();

	(void)unused;
	expect_reason(&cdb, PPRC_R_GOOD, "query of a flush");
	/* With the fields of a write it is neither. */
	cdb = good_cdb(QUERY);
	unit_put(cdb.bytes + 12, 4, OF_FLUSH);
	seal(&cdb);
	expect_reason(&cdb, PPRC_R_BAD_CDB, "query of a flush with a write");
	cdb = good_query_of_flush();
	unit_put(cdb.bytes + 12, 4, 0);
	seal(&cdb);
	expect_reason(&cdb, PPRC_R_BAD_LENGTH, "query of a write of nothing");
}

static void what_is_a_flush(void **unused)
{
	(void)unused;
	for (u32 flags = 0; flags < 16; flags++)
		for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++) {
			union pprc_cdb cdb = good_cdb(actions[a]);

			if (!is_write(actions[a]))
				continue;
			unit_put(cdb.bytes + 12, 4, flags);
			assert_int_equal(pprc_cdb_is_flush(&cdb),
					 actions[a] == FLUSH ||
					 (flags & OF_FLUSH));
		}
}

static void unknown_features(void **unused)
{
	(void)unused;
	for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++)
		for (unsigned int bit = 0; bit < 32; bit++) {
			union pprc_cdb cdb = good_cdb(actions[a]);

			unit_put(cdb.bytes + 16, 4, 1u << bit);
			seal(&cdb);
			expect_reason(&cdb, PPRC_R_BAD_FLAGS,
				      "%04x, feature bit %u", actions[a], bit);
		}
}

static bool is_reserved(u16 action, unsigned int at)
{
	if ((at >= 1 && at <= 6) || at == 11 || (at >= 20 && at <= 23) ||
	    at == 30 || at == 31)
		return true;
	switch (action) {
	case LOGIN:
		return at >= 76 && at <= 107;
	case STATE:
		return at >= 70 && at <= 107;
	case LOGOUT:
		return at >= 56 && at <= 107;
	case HEARTBEAT:
		return at >= 60 && at <= 107;
	default:
		return false;
	}
}

static void reserved_bytes(void **unused)
{
	static const unsigned int count[] = {
		13 + 32, 13, 13, 13 + 38, 13 + 52, 13, 13 + 48,
	};

	(void)unused;
	for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++) {
		unsigned int seen = 0;

		for (unsigned int at = 0; at < CRC_AT; at++) {
			if (!is_reserved(actions[a], at))
				continue;
			seen++;
			for (unsigned int bit = 0; bit < 8; bit++) {
				union pprc_cdb cdb = good_cdb(actions[a]);

				assert_int_equal(cdb.bytes[at], 0);
				cdb.bytes[at] = 1 << bit;
				seal(&cdb);
				expect_reason(&cdb, PPRC_R_BAD_CDB,
					      "%04x, byte %u bit %u",
					      actions[a], at, bit);
			}
		}
		assert_int_equal(seen, count[a]);
	}
}

/* Damage on the way: which bit ever flips, the command is not carried out. */
static void every_bit_flipped(void **unused)
{
	(void)unused;
	for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++)
		for (unsigned int bit = 0; bit < LEN * 8; bit++) {
			union pprc_cdb cdb = good_cdb(actions[a]);
			unsigned int at = bit / 8;

			cdb.bytes[at] ^= 1 << bit % 8;
			expect_reason(&cdb, at == 0 || at == 7 ?
				      PPRC_R_BAD_CDB : at == 10 ?
				      PPRC_R_BAD_VERSION : PPRC_R_CDB_DIGEST,
				      "%04x, byte %u bit %u", actions[a], at,
				      bit % 8);
		}
}

/* CRC-32C finds every burst of up to 32 bits. */
static void every_burst_of_four_bytes(void **unused)
{
	(void)unused;
	unit_seed("every_burst_of_four_bytes");
	for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++)
		for (unsigned int at = 0; at + 4 <= LEN; at++)
			for (unsigned int n = 0; n < 20; n++) {
				union pprc_cdb cdb = good_cdb(actions[a]);
				u32 burst = unit_random() | 1;

				for (unsigned int i = 0; i < 4; i++)
					cdb.bytes[at + i] ^= burst >> 8 * i;
				assert_int_not_equal(pprc_cdb_check(&cdb),
						     PPRC_R_GOOD);
			}
}

static void seal_covers_everything_before_it(void **unused)
{
	(void)unused;
	for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++)
		for (unsigned int at = 0; at < CRC_AT; at++) {
			union pprc_cdb cdb = good_cdb(actions[a]), mine;

			cdb.bytes[at] ^= 0x5a;
			mine = cdb;
			pprc_cdb_seal(&cdb);
			seal(&mine);
			assert_memory_equal(cdb.bytes, mine.bytes, LEN);
		}
}

static void zero_ids(void **unused)
{
	(void)unused;
	for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++) {
		union pprc_cdb cdb = good_cdb(actions[a]);

		unit_put(cdb.bytes + 32, 8, 0);
		if (is_write(actions[a]))
			unit_put(cdb.bytes + 56, 8, 0);
		seal(&cdb);
		expect_reason(&cdb, PPRC_R_BAD_CDB, "%04x, cmd_id 0",
			      actions[a]);

		/* A login has no session yet, everything else has one. */
		cdb = good_cdb(actions[a]);
		unit_put(cdb.bytes + 24, 4, actions[a] == LOGIN);
		seal(&cdb);
		expect_reason(&cdb, PPRC_R_BAD_CDB, "%04x, session %d",
			      actions[a], actions[a] == LOGIN);
	}
}

static void floor_above_the_command(void **unused)
{
	static const u64 id = 0x3233343536373839;
	static const struct {
		u64	floor;
		u16	reason;
	} cases[] = {
		{ 0, PPRC_R_GOOD }, { 1, PPRC_R_GOOD },
		{ id - 1, PPRC_R_GOOD }, { id, PPRC_R_GOOD },
		{ id + 1, PPRC_R_STALE_ID },
		/* Bytes compared in another order would say otherwise. */
		{ 0x3233343536373938, PPRC_R_STALE_ID },
		{ 0x3233343536373739, PPRC_R_GOOD },
		{ 1ull << 63, PPRC_R_STALE_ID }, { ~0ull, PPRC_R_STALE_ID },
	};

	(void)unused;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		for (unsigned int a = 0; a < ARRAY_SIZE(actions); a++) {
			u16 sa = actions[a];
			union pprc_cdb cdb = good_cdb(sa);

			if (!is_write(sa))
				continue;
			unit_put(cdb.bytes + 56, 8, cases[i].floor);
			seal(&cdb);
			expect_reason(&cdb, cases[i].reason,
				      "%04x, floor %llx", sa,
				      (unsigned long long)cases[i].floor);
		}
}

static void flush_carries_no_write(void **unused)
{
	(void)unused;
	for (unsigned int at = 64; at < 108; at++) {
		union pprc_cdb cdb = good_cdb(FLUSH);

		if (at >= 80 && at < 104)
			continue;
		cdb.bytes[at] = 1;
		seal(&cdb);
		expect_reason(&cdb, PPRC_R_BAD_CDB, "flush, byte %u", at);
		cdb = good_query_of_flush();
		cdb.bytes[at] = 1;
		seal(&cdb);
		expect_reason(&cdb, PPRC_R_BAD_CDB, "query of it, byte %u", at);
	}
}

/* Neither blocks nor bytes may be 0, in a write and in a query of one. */
static void write_of_nothing(void **unused)
{
	static const u16 writes[] = { WRITE, QUERY };
	static const unsigned int fields[] = { 72, 104 };

	(void)unused;
	for (unsigned int a = 0; a < ARRAY_SIZE(writes); a++)
		for (unsigned int f = 0; f < ARRAY_SIZE(fields); f++) {
			union pprc_cdb cdb = good_cdb(writes[a]);

			unit_put(cdb.bytes + fields[f], 4, 0);
			seal(&cdb);
			expect_reason(&cdb, PPRC_R_BAD_LENGTH, "%04x, 0 at %u",
				      writes[a], fields[f]);
			for (unsigned int i = 0; i < 4; i++) {
				unit_put(cdb.bytes + fields[f], 4, 0);
				cdb.bytes[fields[f] + i] = 1;
				seal(&cdb);
				expect_reason(&cdb, PPRC_R_GOOD, "%04x, byte %u",
					      writes[a], fields[f] + i);
			}
		}
}

/* Without a digest, at block 0, without FUA, in no group: all of it is fine. */
static void write_of_zeros(void **unused)
{
	static const unsigned int at[] = { 12, 64, 76, 80, 88, 96 };
	union pprc_cdb cdb = good_cdb(WRITE);

	(void)unused;
	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++)
		memset(cdb.bytes + at[i], 0, at[i] == 12 || at[i] == 76 ? 4 : 8);
	seal(&cdb);
	expect_reason(&cdb, PPRC_R_GOOD, "zeros");
}

static void state_limits(void **unused)
{
	union pprc_cdb cdb;

	(void)unused;
	for (unsigned int v = 0; v < 256; v++) {
		cdb = good_cdb(STATE);
		cdb.bytes[68] = v;
		seal(&cdb);
		expect_reason(&cdb, v < 4 ? PPRC_R_GOOD : PPRC_R_BAD_STATE,
			      "state %u", v);
		cdb = good_cdb(STATE);
		cdb.bytes[69] = v;
		seal(&cdb);
		expect_reason(&cdb, v < 9 ? PPRC_R_GOOD : PPRC_R_BAD_STATE,
			      "reason %u", v);
	}
	cdb = good_cdb(STATE);
	unit_put(cdb.bytes + 40, 8, 0);
	seal(&cdb);
	expect_reason(&cdb, PPRC_R_BAD_CDB, "pair 0");
}

static void heartbeat_limits(void **unused)
{
	(void)unused;
	for (unsigned int v = 0; v < 65536; v++) {
		union pprc_cdb cdb = good_cdb(HEARTBEAT);

		unit_put(cdb.bytes + 56, 2, v);
		seal(&cdb);
		expect_reason(&cdb, v >= 1 && v <= 1024 ? PPRC_R_GOOD :
			      PPRC_R_BAD_CDB, "%u slots", v);
	}
}

static void login_limits(void **unused)
{
	static const struct {
		u8	at, n;
		u32	value;
		bool	good;
	} cases[] = {
		/* slots */
		{ 68, 2, 0, false }, { 68, 2, 1, true }, { 68, 2, 2, true },
		{ 68, 2, 1023, true }, { 68, 2, 1024, true },
		{ 68, 2, 1025, false }, { 68, 2, 65535, false },
		/* slot_bytes */
		{ 64, 4, 0, false }, { 64, 4, 1, false }, { 64, 4, 512, false },
		{ 64, 4, 32 << 10, false }, { 64, 4, (64 << 10) - 1, false },
		{ 64, 4, 64 << 10, true }, { 64, 4, (64 << 10) + 1, false },
		{ 64, 4, 96 << 10, false }, { 64, 4, 128 << 10, true },
		{ 64, 4, (1 << 20) + 512, false }, { 64, 4, 1 << 20, true },
		{ 64, 4, (4 << 20) - 512, false }, { 64, 4, 4 << 20, true },
		{ 64, 4, (4 << 20) + (64 << 10), false },
		{ 64, 4, 0x80000000, false }, { 64, 4, 0xffff0000, false },
		/* chunk */
		{ 70, 2, 0, false }, { 70, 2, 1, false }, { 70, 2, 256, false },
		{ 70, 2, 511, false }, { 70, 2, 512, true },
		{ 70, 2, 513, false }, { 70, 2, 768, false },
		{ 70, 2, 1000, false }, { 70, 2, 1024, true },
		{ 70, 2, 1536, false }, { 70, 2, 2047, false },
		{ 70, 2, 2048, true }, { 70, 2, 2049, false },
		{ 70, 2, 2112, false }, { 70, 2, 4096, false },
		{ 70, 2, 32768, false },
		/* liveness_ms */
		{ 72, 4, 0, false }, { 72, 4, 1, false }, { 72, 4, 499, false },
		{ 72, 4, 500, true }, { 72, 4, 501, true },
		{ 72, 4, 3000, true }, { 72, 4, 599999, true },
		{ 72, 4, 600000, true }, { 72, 4, 600001, false },
		{ 72, 4, 0xf4010000, false }, { 72, 4, 0xffffffff, false },
	};

	(void)unused;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		union pprc_cdb cdb = good_cdb(LOGIN);
		unsigned int want = cases[i].good ? PPRC_R_GOOD :
				    PPRC_R_BAD_LOGIN;

		unit_put(cdb.bytes + cases[i].at, cases[i].n, cases[i].value);
		seal(&cdb);
		expect_reason(&cdb, want, "login, byte %u is %u", cases[i].at,
			      cases[i].value);
		assert_int_equal(pprc_login_check(&cdb.login), want);
	}
}

/* The first thing that is wrong is the one that is told. */
static void order_of_judgement(void **unused)
{
	union pprc_cdb cdb = good_cdb(WRITE);

	(void)unused;
	unit_put(cdb.bytes + 72, 4, 0);			/* blocks */
	seal(&cdb);
	expect_reason(&cdb, PPRC_R_BAD_LENGTH, "blocks");
	unit_put(cdb.bytes + 56, 8, ~0ull);		/* floor */
	seal(&cdb);
	expect_reason(&cdb, PPRC_R_STALE_ID, "floor");
	unit_put(cdb.bytes + 24, 4, 0);			/* session */
	seal(&cdb);
	expect_reason(&cdb, PPRC_R_BAD_CDB, "session");
	cdb.bytes[12] = 0x80;				/* flags */
	seal(&cdb);
	expect_reason(&cdb, PPRC_R_BAD_FLAGS, "flags");
	cdb.bytes[8] = 0;				/* action */
	seal(&cdb);
	expect_reason(&cdb, PPRC_R_BAD_ACTION, "action");
	cdb.bytes[1] = 1;				/* control */
	seal(&cdb);
	expect_reason(&cdb, PPRC_R_BAD_CDB, "control");
	cdb.bytes[16] = 1;				/* features */
	seal(&cdb);
	expect_reason(&cdb, PPRC_R_BAD_FLAGS, "features");
	cdb.bytes[108] ^= 1;				/* digest */
	expect_reason(&cdb, PPRC_R_CDB_DIGEST, "digest");
	cdb.bytes[10] = 2;				/* version */
	expect_reason(&cdb, PPRC_R_BAD_VERSION, "version");
	cdb.bytes[7] = 0;				/* length */
	expect_reason(&cdb, PPRC_R_BAD_CDB, "length");
}

static void random_cdbs_are_refused(void **unused)
{
	(void)unused;
	unit_seed("random_cdbs_are_refused");
	for (unsigned int i = 0; i < 50000; i++) {
		union pprc_cdb cdb;

		for (unsigned int at = 0; at < LEN; at++)
			cdb.bytes[at] = unit_random();
		assert_int_not_equal(pprc_cdb_check(&cdb), PPRC_R_GOOD);
	}
}

/* ------------------------------------------------------------- answers */

#define SENSE	168		/* the longest there is */
#define RANGES	16		/* most of what can be missing */

enum kind { PLAIN, WITH_LOGIN, WITH_STATE, WITH_MISSING, KINDS };

static const unsigned int answer_len[] = { 32, 56, 48, 64 };

static struct pprc_answer good_answer(enum kind kind)
{
	struct pprc_answer a = {
		.reason = PPRC_R_BACKSTORE, .key = 3, .asc = 0x11, .ascq = 0x22,
		.session = 0x12131415, .cmd_id = 0x1617181920212223,
		.slots = 0x2425, .grant_seq = 0x2627,
	};

	a.has_login = kind == WITH_LOGIN;
	a.has_state = kind == WITH_STATE;
	if (a.has_login) {
		a.login.slots = 0x3435;
		a.login.slot_bytes = 0x36373839;
		a.login.session = 0x40414243;
		a.login.features = 0x44454647;
		a.login.instance = 0x4849505152535455;
	}
	if (a.has_state) {
		a.state.state = 0x34;
		a.state.block_bytes = 0x36373839;
		a.state.blocks = 0x4041424344454647;
	}
	if (kind == WITH_MISSING) {
		a.reason = PPRC_R_PARTIAL;
		a.nr_missing = 3;
		a.missing[0] = (struct pprc_range){ 0, 0x00000203 };
		a.missing[1] = (struct pprc_range){ 0x00020304, 0x00010203 };
		a.missing[2] = (struct pprc_range){ 0x003ffffe, 2 };
	}
	return a;
}

/* The sense data of good_answer(), byte for byte. */
static void good_sense(enum kind kind, u8 *b)
{
	memset(b, 0, answer_len[kind]);
	b[0] = 0x72;
	b[1] = 3;
	b[2] = 0x11;
	b[3] = 0x22;
	b[7] = answer_len[kind] - 8;
	b[8] = 0x80;
	b[9] = 22;
	unit_put(b + 10, 2, kind == WITH_MISSING ? 28 : 18);
	unit_put(b + 12, 4, 0x12131415);
	unit_put(b + 16, 8, 0x1617181920212223);
	unit_put(b + 24, 2, 0x2425);
	unit_put(b + 26, 2, 0x2627);
	if (kind == WITH_LOGIN) {
		b[32] = 0x81;
		b[33] = 22;
		unit_put(b + 34, 2, 0x3435);
		unit_put(b + 36, 4, 0x36373839);
		unit_put(b + 40, 4, 0x40414243);
		unit_put(b + 44, 4, 0x44454647);
		unit_put(b + 48, 8, 0x4849505152535455);
	}
	if (kind == WITH_STATE) {
		b[32] = 0x82;
		b[33] = 14;
		b[34] = 0x34;
		unit_put(b + 36, 4, 0x36373839);
		unit_put(b + 40, 8, 0x4041424344454647);
	}
	if (kind == WITH_MISSING) {
		b[32] = 0x83;
		b[33] = 30;
		unit_put(b + 44, 4, 0x00000203);
		unit_put(b + 48, 4, 0x00020304);
		unit_put(b + 52, 4, 0x00010203);
		unit_put(b + 56, 4, 0x003ffffe);
		unit_put(b + 60, 4, 2);
	}
}

static void assert_answers_equal(const struct pprc_answer *a,
				 const struct pprc_answer *b)
{
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->key, b->key);
	assert_int_equal(a->asc, b->asc);
	assert_int_equal(a->ascq, b->ascq);
	assert_int_equal(a->session, b->session);
	assert_int_equal(a->cmd_id, b->cmd_id);
	assert_int_equal(a->slots, b->slots);
	assert_int_equal(a->grant_seq, b->grant_seq);
	assert_int_equal(a->has_login, b->has_login);
	assert_int_equal(a->has_state, b->has_state);
	assert_int_equal(a->login.slots, b->login.slots);
	assert_int_equal(a->login.slot_bytes, b->login.slot_bytes);
	assert_int_equal(a->login.session, b->login.session);
	assert_int_equal(a->login.features, b->login.features);
	assert_int_equal(a->login.instance, b->login.instance);
	assert_int_equal(a->state.state, b->state.state);
	assert_int_equal(a->state.block_bytes, b->state.block_bytes);
	assert_int_equal(a->state.blocks, b->state.blocks);
	assert_int_equal(a->nr_missing, b->nr_missing);
	for (unsigned int i = 0; i < a->nr_missing; i++) {
		assert_int_equal(a->missing[i].offset, b->missing[i].offset);
		assert_int_equal(a->missing[i].len, b->missing[i].len);
	}
}

/*
 * Decodes a copy that ends where its memory ends, at any alignment, so that
 * the sanitizers see every byte read beyond it.
 */
static int decode_copy(const u8 *sense, unsigned int len, unsigned int align,
		       struct pprc_answer *answer)
{
	u8 *copy = malloc(align + len);
	int rc;

	assert_non_null(copy);
	if (len)
		memcpy(copy + align, sense, len);
	memset(answer, 0xee, sizeof(*answer));
	rc = pprc_answer_decode(copy + align, len, answer);
	free(copy);
	return rc;
}

static void assert_refused(const u8 *sense, unsigned int len)
{
	struct pprc_answer answer;

	assert_int_equal(decode_copy(sense, len, 0, &answer), -EINVAL);
}

static void answer_bytes(void **unused)
{
	(void)unused;
	assert_int_equal(PPRC_SENSE_MAX, SENSE);
	assert_int_equal(PPRC_RANGES_MAX, RANGES);
	for (unsigned int kind = PLAIN; kind < KINDS; kind++) {
		struct pprc_answer a = good_answer(kind);
		u64 room[SENSE / 8 + 2];
		u8 want[SENSE], *sense = (u8 *)room;

		good_sense(kind, want);
		memset(room, 0xee, sizeof(room));
		assert_int_equal(pprc_answer_encode(&a, sense),
				 answer_len[kind]);
		assert_memory_equal(sense, want, answer_len[kind]);
		/* Nothing is written behind it. */
		for (unsigned int at = answer_len[kind]; at < sizeof(room); at++)
			assert_int_equal(sense[at], 0xee);
	}
}

static void answer_round_trip(void **unused)
{
	(void)unused;
	for (unsigned int kind = PLAIN; kind < KINDS; kind++)
		for (unsigned int align = 0; align < 8; align++) {
			struct pprc_answer a = good_answer(kind), back;
			u8 sense[SENSE];

			good_sense(kind, sense);
			assert_int_equal(decode_copy(sense, answer_len[kind],
						     align, &back), 0);
			assert_answers_equal(&a, &back);
		}
}

static void answer_takes_the_key_of_its_reason(void **unused)
{
	(void)unused;
	for (unsigned int r = 0; r < PPRC_NR_REASONS; r++) {
		struct pprc_answer a = good_answer(PLAIN), back;
		u64 room[7];

		a.reason = r;
		a.key = 0;
		assert_int_equal(pprc_answer_encode(&a, (u8 *)room), 32);
		assert_int_equal(pprc_answer_decode((u8 *)room, 32, &back), 0);
		assert_int_equal(back.reason, r);
		assert_int_equal(back.key, pprc_reason_sense_key(r));
		a.key = 9;
		pprc_answer_encode(&a, (u8 *)room);
		assert_int_equal(pprc_answer_decode((u8 *)room, 32, &back), 0);
		assert_int_equal(back.key, 9);
	}
}

/* Sense buffers are often handed on at full size. */
static void answer_with_room_behind(void **unused)
{
	(void)unused;
	for (unsigned int kind = PLAIN; kind < KINDS; kind++)
		for (unsigned int len = answer_len[kind]; len <= 252; len++) {
			struct pprc_answer a = good_answer(kind), back;
			u8 sense[252];

			memset(sense, 0xee, sizeof(sense));
			good_sense(kind, sense);
			assert_int_equal(decode_copy(sense, len, 0, &back), 0);
			assert_answers_equal(&a, &back);
		}
}

static void answer_truncated(void **unused)
{
	(void)unused;
	for (unsigned int kind = PLAIN; kind < KINDS; kind++) {
		u8 sense[SENSE];

		good_sense(kind, sense);
		for (unsigned int len = 0; len < answer_len[kind]; len++)
			assert_refused(sense, len);
	}
}

/* Each of these bytes has one right value per kind of answer. */
static void answer_wrong_constants(void **unused)
{
	(void)unused;
	for (unsigned int kind = PLAIN; kind < KINDS; kind++)
		for (unsigned int v = 0; v < 256; v++) {
			static const u8 at[] = { 0, 8, 9 };
			u8 sense[SENSE];

			for (unsigned int i = 0; i < ARRAY_SIZE(at); i++) {
				good_sense(kind, sense);
				if (sense[at[i]] == v)
					continue;
				sense[at[i]] = v;
				assert_refused(sense, answer_len[kind]);
			}
		}
}

static void answer_add_len(void **unused)
{
	(void)unused;
	for (unsigned int kind = PLAIN; kind < KINDS; kind++)
		for (unsigned int v = 0; v < 256; v++) {
			struct pprc_answer back;
			u8 sense[SENSE];
			int rc;

			good_sense(kind, sense);
			sense[7] = v;
			rc = decode_copy(sense, answer_len[kind], 0, &back);
			/* Without its descriptor it is a plain answer. */
			if (v == answer_len[kind] - 8 || v == 24) {
				assert_int_equal(rc, 0);
				assert_int_equal(back.has_login,
						 v != 24 && kind == WITH_LOGIN);
				assert_int_equal(back.has_state,
						 v != 24 && kind == WITH_STATE);
				assert_int_equal(back.nr_missing,
						 v != 24 && kind == WITH_MISSING ?
						 3 : 0);
			} else {
				assert_int_equal(rc, -EINVAL);
			}
		}
}

static void answer_inner_lengths(void **unused)
{
	(void)unused;
	for (unsigned int v = 0; v < 256; v++) {
		struct pprc_answer back;
		u8 sense[SENSE];
		int rc;

		good_sense(WITH_LOGIN, sense);
		sense[33] = v;
		rc = decode_copy(sense, 56, 0, &back);
		assert_int_equal(rc, v == 22 ? 0 : -EINVAL);

		good_sense(WITH_STATE, sense);
		sense[33] = v;
		rc = decode_copy(sense, 48, 0, &back);
		assert_int_equal(rc, v == 14 ? 0 : -EINVAL);

		/*
		 * A descriptor of unknown type is passed over; zeros behind it
		 * are descriptors of type 0 and two bytes.
		 */
		good_sense(WITH_LOGIN, sense);
		memset(sense + 32, 0, 24);
		sense[32] = 0x8f;
		sense[33] = v;
		rc = decode_copy(sense, 56, 0, &back);
		assert_int_equal(rc, v <= 22 && v % 2 == 0 ? 0 : -EINVAL);
		assert_false(back.has_login);
		assert_false(back.has_state);
	}
}

static void answer_with_descriptors_of_later_versions(void **unused)
{
	struct pprc_answer a = good_answer(WITH_STATE), back;
	u8 sense[96], state[48];

	(void)unused;
	good_sense(WITH_STATE, state);
	good_sense(PLAIN, sense);
	/* unknown, state, unknown */
	memset(sense + 32, 0x99, 7);
	sense[33] = 5;
	memcpy(sense + 39, state + 32, 16);
	memset(sense + 55, 0x84, 2);
	sense[56] = 0;
	sense[7] = 57 - 8;
	assert_int_equal(decode_copy(sense, 57, 3, &back), 0);
	assert_answers_equal(&a, &back);
	/* One byte is no descriptor. */
	sense[57] = 0x84;
	sense[7]++;
	assert_refused(sense, 58);
}

/* ------------------------------------------------- what is missing of a write */

#define END	(4u << 20)	/* no write has a byte there */

/* What whoever acts on the ranges may rely on. */
static void assert_ranges_good(const struct pprc_answer *a)
{
	u64 end = 0;

	assert_true(a->nr_missing <= RANGES);
	if (a->nr_missing)
		assert_int_equal(a->reason, PPRC_R_PARTIAL);
	for (unsigned int i = 0; i < a->nr_missing; i++) {
		assert_true(a->missing[i].len > 0);
		assert_true(!i || a->missing[i].offset > end);
		end = (u64)a->missing[i].offset + a->missing[i].len;
		assert_true(end <= END);
	}
}

/* Sense data with n ranges, said to be of len bytes behind its second one. */
static unsigned int missing_sense(u8 *b, const struct pprc_range *r,
				  unsigned int n, unsigned int len)
{
	good_sense(PLAIN, b);
	unit_put(b + 10, 2, 28);
	b[32] = 0x83;
	b[33] = len;
	memset(b + 34, 0, 6);
	for (unsigned int i = 0; i < n; i++) {
		unit_put(b + 40 + 8 * i, 4, r[i].offset);
		unit_put(b + 44 + 8 * i, 4, r[i].len);
	}
	b[7] = 32 + 2 + len - 8;
	return 34 + len;
}

static int decode_ranges(const struct pprc_range *r, unsigned int n,
			 struct pprc_answer *back)
{
	u8 sense[255];

	return decode_copy(sense, missing_sense(sense, r, n, 6 + 8 * n), n % 8,
			   back);
}

/* n ranges that are in order; ends is where all of them have ended. */
static void random_ranges(struct pprc_range *r, unsigned int n, u32 ends)
{
	u32 at = unit_below(2) ? 0 : unit_below(ends / RANGES / 2);

	for (unsigned int i = 0; i < n; i++) {
		u32 left = (ends - at) / (n - i) - 1;

		r[i].offset = at;
		r[i].len = 1 + unit_below(unit_below(3) ? left : 1);
		at += r[i].len + 1;
		at += unit_below(3) ? unit_below(left + 1 - r[i].len) : 0;
	}
	if (unit_below(2))
		r[n - 1].len = ends - r[n - 1].offset;
}

static void missing_round_trip(void **unused)
{
	(void)unused;
	unit_seed("missing_round_trip");
	for (unsigned int round = 0; round < 20000; round++) {
		struct pprc_answer a = good_answer(PLAIN), back;
		unsigned int n = 1 + round % RANGES, len;
		u8 want[SENSE];
		u64 room[SENSE / 8 + 1];

		a.reason = PPRC_R_PARTIAL;
		a.nr_missing = n;
		random_ranges(a.missing, n, END);
		memset(room, 0xee, sizeof(room));
		len = pprc_answer_encode(&a, (u8 *)room);
		assert_int_equal(len, missing_sense(want, a.missing, n,
						    6 + 8 * n));
		assert_int_equal(len, 40 + 8 * n);
		assert_memory_equal(room, want, len);
		for (unsigned int at = len; at < sizeof(room); at++)
			assert_int_equal(((u8 *)room)[at], 0xee);
		assert_int_equal(decode_copy((u8 *)room, len, round % 8, &back),
				 0);
		assert_answers_equal(&a, &back);
		assert_ranges_good(&back);
		/* Cut anywhere it is none. */
		assert_refused((u8 *)room, unit_below(len));
	}
}

/* No number in an answer lets the encoder write more than there is room for. */
static void more_missing_than_there_is_room_for(void **unused)
{
	(void)unused;
	for (unsigned int n = 0; n < 256; n++) {
		struct pprc_answer a = good_answer(PLAIN);
		u64 room[SENSE / 8];

		for (unsigned int i = 0; i < RANGES; i++)
			a.missing[i] = (struct pprc_range){ i * 4096, 2048 };
		a.nr_missing = n;
		assert_int_equal(pprc_answer_encode(&a, (u8 *)room),
				 n ? 40 + 8 * min(n, 16u) : 32);
	}
}

static void missing_refused(void **unused)
{
	static const struct {
		const char	*what;
		bool		good;
		unsigned int	n;
		struct pprc_range r[3];
	} cases[] = {
		{ "one byte", true, 1, { { 0, 1 } } },
		{ "all there can be", true, 1, { { 0, END } } },
		{ "the last byte", true, 1, { { END - 1, 1 } } },
		{ "one byte between", true, 2, { { 0, 7 }, { 8, 1 } } },
		{ "empty at 0", false, 1, { { 0, 0 } } },
		{ "empty later", false, 1, { { 2048, 0 } } },
		{ "empty second", false, 2, { { 0, 7 }, { 8, 0 } } },
		{ "touching", false, 2, { { 0, 8 }, { 8, 1 } } },
		{ "overlapping", false, 2, { { 0, 8 }, { 7, 8 } } },
		{ "twice the same", false, 2, { { 4, 8 }, { 4, 8 } } },
		{ "within", false, 2, { { 0, 8 }, { 2, 2 } } },
		{ "descending", false, 2, { { 2048, 8 }, { 0, 8 } } },
		{ "descending third", false, 3,
		  { { 0, 8 }, { 4096, 8 }, { 2048, 8 } } },
		{ "touching third", false, 3,
		  { { 0, 8 }, { 16, 8 }, { 24, 8 } } },
		{ "at the end", false, 1, { { END, 1 } } },
		{ "beyond the end", false, 1, { { END - 1, 2 } } },
		{ "too long", false, 1, { { 0, END + 1 } } },
		{ "far beyond", false, 1, { { 0xfffff000, 1 } } },
		{ "over 32 bits", false, 1, { { 0xffffffff, 2 } } },
		{ "very long", false, 1, { { 1, 0xffffffff } } },
		{ "over 32 bits, second", false, 2,
		  { { 0, 1 }, { 2048, 0xfffff800 } } },
	};

	(void)unused;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pprc_answer back;
		int rc = decode_ranges(cases[i].r, cases[i].n, &back);

		if (rc != (cases[i].good ? 0 : -EINVAL))
			fail_msg("%s: %d", cases[i].what, rc);
		if (cases[i].good)
			assert_ranges_good(&back);
	}
}

/* Every length the descriptor may say of itself, with good ranges in it. */
static void missing_lengths(void **unused)
{
	struct pprc_range r[26];

	(void)unused;
	for (unsigned int i = 0; i < ARRAY_SIZE(r); i++)
		r[i] = (struct pprc_range){ i * 4096, 2048 };
	for (unsigned int v = 0; v < 222; v++) {
		struct pprc_answer back;
		u8 sense[256];
		unsigned int len = missing_sense(sense, r, ARRAY_SIZE(r), v);
		bool good = v >= 14 && v <= 134 && (v - 6) % 8 == 0;

		assert_int_equal(decode_copy(sense, len, v % 8, &back),
				 good ? 0 : -EINVAL);
		if (good)
			assert_int_equal(back.nr_missing, (v - 6) / 8);
	}
}

/* Two such descriptors would be two opinions. */
static void missing_twice(void **unused)
{
	struct pprc_range r[2] = { { 0, 2048 }, { 8192, 2048 } };
	struct pprc_answer back;
	u8 sense[SENSE];
	unsigned int len;

	(void)unused;
	for (unsigned int n = 1; n <= 2; n++) {
		len = missing_sense(sense, r, 1, 14);
		/* Behind the first one it would even be in order. */
		sense[len] = 0x83;
		sense[len + 1] = 14;
		memset(sense + len + 2, 0, 6);
		unit_put(sense + len + 8, 4, r[n - 1].offset);
		unit_put(sense + len + 12, 4, r[n - 1].len);
		sense[7] += 16;
		assert_refused(sense, len + 16);
		sense[len] = 0x84;
		assert_int_equal(decode_copy(sense, len + 16, 0, &back), 0);
		assert_int_equal(back.nr_missing, 1);
	}
}

/* Only one reason goes with ranges; that reason goes without them, too. */
static void missing_with_another_reason(void **unused)
{
	(void)unused;
	for (unsigned int r = 0; r < 300; r++) {
		struct pprc_answer back;
		u8 sense[SENSE];

		good_sense(WITH_MISSING, sense);
		unit_put(sense + 10, 2, r);
		assert_int_equal(decode_copy(sense, 64, 0, &back),
				 r == 28 ? 0 : -EINVAL);
		good_sense(PLAIN, sense);
		unit_put(sense + 10, 2, r);
		assert_int_equal(decode_copy(sense, 32, 0, &back), 0);
		assert_int_equal(back.nr_missing, 0);
	}
}

/* The ranges stand behind another descriptor, and before one. */
static void missing_among_others(void **unused)
{
	struct pprc_answer a = good_answer(WITH_MISSING), back;
	u8 sense[SENSE], missing[SENSE], state[SENSE];

	(void)unused;
	good_sense(WITH_MISSING, missing);
	good_sense(WITH_STATE, state);
	memcpy(sense, missing, 64);
	memcpy(sense + 64, state + 32, 16);
	sense[7] = 80 - 8;
	assert_int_equal(decode_copy(sense, 80, 0, &back), 0);
	assert_true(back.has_state);
	assert_int_equal(back.nr_missing, 3);
	memcpy(sense + 32, state + 32, 16);
	memcpy(sense + 48, missing + 32, 32);
	assert_int_equal(decode_copy(sense, 80, 5, &back), 0);
	assert_true(back.has_state);
	back.has_state = false;
	memset(&back.state, 0, sizeof(back.state));
	assert_answers_equal(&a, &back);
}

/* Whatever arrives: no byte read beyond it, nothing made up. */
static void answer_random_bytes(void **unused)
{
	unsigned int accepted = 0, partial = 0;

	(void)unused;
	unit_seed("answer_random_bytes");
	for (unsigned int n = 0; n < 200000; n++) {
		struct pprc_answer back;
		u8 sense[264];
		unsigned int len = unit_below(264), kind = unit_below(KINDS);
		int rc;

		for (unsigned int at = 0; at < len; at++)
			sense[at] = unit_random();
		/* Most start well, or all would be refused at byte 0. */
		if (n % 4) {
			if (len < answer_len[kind])
				len = answer_len[kind];
			good_sense(kind, sense);
			for (unsigned int i = unit_below(4); i; i--)
				sense[unit_below(len)] = unit_random();
			if (n % 4 == 3)
				sense[7] = unit_below(len);
		}
		rc = decode_copy(sense, len, unit_below(8), &back);
		if (rc) {
			assert_int_equal(rc, -EINVAL);
			continue;
		}
		accepted++;
		assert_true(len >= 32 && 8u + sense[7] <= len);
		assert_int_equal(sense[0], 0x72);
		assert_int_equal(sense[8], 0x80);
		assert_int_equal(sense[9], 22);
		assert_int_equal(back.key, sense[1]);
		assert_int_equal(back.reason, unit_get(sense + 10, 2));
		assert_int_equal(back.session, unit_get(sense + 12, 4));
		assert_int_equal(back.cmd_id, unit_get(sense + 16, 8));
		assert_int_equal(back.slots, unit_get(sense + 24, 2));
		assert_ranges_good(&back);
		partial += back.nr_missing != 0;
	}
	printf("# %u of 200000 were accepted, %u with ranges\n", accepted,
	       partial);
	assert_true(accepted > 1000);
	assert_true(partial > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_vectors),
		cmocka_unit_test(init_sets_constants_only),
		cmocka_unit_test(every_field_is_in_its_place),
		cmocka_unit_test(every_field_is_read_back),
		cmocka_unit_test(command_and_device_header),
		cmocka_unit_test(wrong_constants),
		cmocka_unit_test(foreign_versions),
		cmocka_unit_test(unknown_actions),
		cmocka_unit_test(unknown_flags),
		cmocka_unit_test(flags_together),
		cmocka_unit_test(query_of_a_flush),
		cmocka_unit_test(what_is_a_flush),
		cmocka_unit_test(unknown_features),
		cmocka_unit_test(reserved_bytes),
		cmocka_unit_test(every_bit_flipped),
		cmocka_unit_test(every_burst_of_four_bytes),
		cmocka_unit_test(seal_covers_everything_before_it),
		cmocka_unit_test(zero_ids),
		cmocka_unit_test(floor_above_the_command),
		cmocka_unit_test(flush_carries_no_write),
		cmocka_unit_test(write_of_nothing),
		cmocka_unit_test(write_of_zeros),
		cmocka_unit_test(state_limits),
		cmocka_unit_test(heartbeat_limits),
		cmocka_unit_test(login_limits),
		cmocka_unit_test(order_of_judgement),
		cmocka_unit_test(random_cdbs_are_refused),
		cmocka_unit_test(answer_bytes),
		cmocka_unit_test(answer_round_trip),
		cmocka_unit_test(answer_takes_the_key_of_its_reason),
		cmocka_unit_test(answer_with_room_behind),
		cmocka_unit_test(answer_truncated),
		cmocka_unit_test(answer_wrong_constants),
		cmocka_unit_test(answer_add_len),
		cmocka_unit_test(answer_inner_lengths),
		cmocka_unit_test(answer_with_descriptors_of_later_versions),
		cmocka_unit_test(missing_round_trip),
		cmocka_unit_test(more_missing_than_there_is_room_for),
		cmocka_unit_test(missing_refused),
		cmocka_unit_test(missing_lengths),
		cmocka_unit_test(missing_twice),
		cmocka_unit_test(missing_with_another_reason),
		cmocka_unit_test(missing_among_others),
		cmocka_unit_test(answer_random_bytes),
	};

	return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
