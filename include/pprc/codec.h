/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Encoding and decoding of the wire format. Pure functions: no locks, no
 * allocation, no clock; compiled into pprc_core.ko and, on the host, into the
 * unit tests and fuzzers.
 */
#ifndef _PPRC_CODEC_H
#define _PPRC_CODEC_H

#include <linux/types.h>
#include <pprc/names.h>
#include <pprc/wire.h>

void pprc_cdb_init(union pprc_cdb *cdb, enum pprc_action action);
void pprc_cdb_seal(union pprc_cdb *cdb);
enum pprc_reason pprc_cdb_check(const union pprc_cdb *cdb);
bool pprc_cdb_is_flush(const union pprc_cdb *cdb);
bool pprc_cdb_repeats(const union pprc_cdb *again,
		      const union pprc_cdb *first);
enum pprc_reason pprc_login_check(const struct pprc_cdb_login *login);

/**
 * struct pprc_range - a piece of a write's data
 * @offset:	where it begins, bytes
 * @len:	its length, bytes
 */
struct pprc_range {
	u32	offset;
	u32	len;
};

/**
 * struct pprc_answer - the sense data of an FCP_RSP in host byte order
 * @reason:	how the command ended
 * @key:	sense key
 * @asc:	additional sense code
 * @ascq:	its qualifier
 * @session:	session the answer belongs to
 * @cmd_id:	command the answer belongs to
 * @slots:	slots granted now
 * @grant_seq:	counts the changes of @slots since the login
 * @has_login:	@login is filled
 * @has_state:	@state is filled
 * @login:	what a login was granted
 * @state:	what a state change found
 * @nr_missing:	number of ranges in @missing; only with PPRC_R_PARTIAL
 * @missing:	what has not come, ascending
 */
struct pprc_answer {
	u16	reason;
	u8	key;
	u8	asc;
	u8	ascq;
	u32	session;
	u64	cmd_id;
	u16	slots;
	u16	grant_seq;
	bool	has_login;
	bool	has_state;
	struct {
		u16	slots;
		u32	slot_bytes;
		u32	session;
		u32	features;
		u64	instance;
	} login;
	struct {
		u8	state;
		u32	block_bytes;
		u64	blocks;
	} state;
	u8	nr_missing;
	struct pprc_range missing[PPRC_RANGES_MAX];
};

unsigned int pprc_answer_encode(const struct pprc_answer *answer, u8 *sense);
int pprc_answer_decode(const u8 *sense, unsigned int len,
		       struct pprc_answer *answer);
int pprc_rsp_decode(const u8 *iu, unsigned int len,
		    struct pprc_answer *answer);

#endif
