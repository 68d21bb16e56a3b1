/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every state and every reason of PPRC, named once: for the wire, the log,
 * configfs, traces and tools. Numbers travel, so they never change; new ones
 * are added at the end.
 */
#ifndef _PPRC_NAMES_H
#define _PPRC_NAMES_H

/*
 * Pair states, after IBM PPRC. A secondary shows them with "target-" in front.
 *	X(symbol, number, name)
 */
#define PPRC_STATES(X)							\
	X(SIMPLEX,		0, "simplex")				\
	X(DUPLEX_PENDING,	1, "duplex-pending")			\
	X(FULL_DUPLEX,		2, "full-duplex")			\
	X(SUSPENDED,		3, "suspended")

/*
 * Why a pair is suspended.
 *	X(symbol, number, name, what to do)
 */
#define PPRC_SUSP_REASONS(X)						\
	X(NONE,		0, "none",					\
	  "nothing to do")						\
	X(HOST_COMMAND,	1, "by-host-command",				\
	  "resume the pair when you want it mirrored again")		\
	X(SECONDARY,	2, "by-secondary",				\
	  "look at the secondary's log, then resume the pair")		\
	X(PATH_LOSS,	3, "path-loss",					\
	  "check the fabric and the secondary host, then resume the pair") \
	X(SECONDARY_ERROR, 4, "secondary-error",			\
	  "check the secondary's backstore and log, then resume the pair") \
	X(LOCAL_ERROR,	5, "local-error",				\
	  "check the primary's local device, then copy it anew and resume") \
	X(FREEZE,	6, "freeze",					\
	  "run the consistency group, then resume the pair")		\
	X(RESTART,	7, "restart",					\
	  "establish or resume the pair")				\
	X(INTERNAL,	8, "internal",					\
	  "report the primary's log, then resume the pair")

/*
 * How a command ended, as the answer's sense data says it.
 *	X(symbol, number, name, sense key, sentence)
 */
#define PPRC_REASONS(X)							\
	X(GOOD,		0, "good", 0x0,					\
	  "done")							\
	X(BAD_CDB,	1, "bad-cdb", 0x5,				\
	  "the extended CDB is short, has another opcode or length field, or sets reserved bits") \
	X(BAD_VERSION,	2, "bad-version", 0x5,				\
	  "the protocol version is not spoken here: run the same release on both hosts") \
	X(BAD_ACTION,	3, "bad-action", 0x5,				\
	  "the service action is not known here: run the same release on both hosts") \
	X(BAD_FLAGS,	4, "bad-flags", 0x5,				\
	  "a flag or feature bit is not known here: run the same release on both hosts") \
	X(CDB_DIGEST,	5, "cdb-digest", 0xb,				\
	  "the extended CDB does not match its own digest: it was damaged on the way") \
	X(NO_PRLI,	6, "no-prli", 0x5,				\
	  "no PRLI that disables write FCP_XFER_RDY came from this port") \
	X(NO_ACL,	7, "no-acl", 0x5,				\
	  "the secondary has no ACL for this port: make acls/<primary's WWPN> in its TPG") \
	X(NO_SESSION,	8, "no-session", 0x5,				\
	  "the session is not open: log in first")			\
	X(BAD_SLOT,	9, "bad-slot", 0x5,				\
	  "the slot was not granted")					\
	X(SLOT_BUSY,	10, "slot-busy", 0x5,				\
	  "the slot holds a command that has not been answered")	\
	X(STALE_ID,	11, "stale-id", 0x5,				\
	  "the command id is settled or older than the slot's last one") \
	X(BAD_LUN,	12, "bad-lun", 0x5,				\
	  "no such LUN for this port: map it in the ACL on the secondary") \
	X(BAD_RANGE,	13, "bad-range", 0x5,				\
	  "the blocks lie outside the pair's volume")			\
	X(BAD_LENGTH,	14, "bad-length", 0x5,				\
	  "FCP_DL, the block count and the data received do not agree, or exceed the slot") \
	X(PAYLOAD_DIGEST, 15, "payload-digest", 0xb,			\
	  "the data does not match the digest in its extended CDB: it changed in memory or on the way") \
	X(NO_PAIR,	16, "no-pair", 0x5,				\
	  "the pair is not established on this session")		\
	X(BAD_GENERATION, 17, "bad-generation", 0x5,			\
	  "the write belongs to another generation of the pair's data")	\
	X(BACKSTORE,	18, "backstore-error", 0x4,			\
	  "the backstore failed the command: see the secondary's log")	\
	X(NO_MEMORY,	19, "no-memory", 0x4,				\
	  "the secondary cannot allocate the slots asked for")		\
	X(TOO_SMALL,	20, "too-small", 0x5,				\
	  "the secondary volume is smaller than the primary volume")	\
	X(BLOCK_SIZE,	21, "block-size", 0x5,				\
	  "the two volumes have different logical block sizes")		\
	X(PAIR_TAKEN,	22, "pair-taken", 0x5,				\
	  "the secondary volume already belongs to another pair")	\
	X(BAD_LOGIN,	23, "bad-login", 0x5,				\
	  "the login's slots, slot size, frame size or liveness_ms is outside the protocol's bounds") \
	X(BAD_STATE,	24, "bad-state", 0x5,				\
	  "the pair cannot go from its state into the one asked for")	\
	X(DISABLED,	25, "tpg-disabled", 0x5,			\
	  "the secondary's TPG is not enabled: write 1 to its enable")	\
	X(ABORTED,	26, "aborted", 0xb,				\
	  "the session was closed while the command was under way")	\
	X(BUSY,		27, "busy", 0x2,				\
	  "earlier commands have not ended yet: if this stays, a backstore hangs on the secondary") \
	X(PARTIAL,	28, "partial", 0xb,				\
	  "data of the write is missing")				\
	X(IN_PROGRESS,	29, "in-progress", 0x2,				\
	  "the backstore has not ended the command yet")		\
	X(BACKSTORE_LATE, 30, "backstore-late", 0x4,			\
	  "the backstore has not ended the command within destage_limit_ms: look at the secondary's disk; the pair can be resumed when it has")

#define PPRC_ENUM_STATE(sym, num, name)			PPRC_STATE_##sym = num,
#define PPRC_ENUM_SUSP(sym, num, name, todo)		PPRC_SUSP_##sym = num,
#define PPRC_ENUM_REASON(sym, num, name, key, text)	PPRC_R_##sym = num,
#define PPRC_COUNT_1(...)				+ 1

enum pprc_state { PPRC_STATES(PPRC_ENUM_STATE) };
enum pprc_susp_reason { PPRC_SUSP_REASONS(PPRC_ENUM_SUSP) };
enum pprc_reason { PPRC_REASONS(PPRC_ENUM_REASON) };

#define PPRC_NR_STATES		(0 PPRC_STATES(PPRC_COUNT_1))
#define PPRC_NR_SUSP_REASONS	(0 PPRC_SUSP_REASONS(PPRC_COUNT_1))
#define PPRC_NR_REASONS		(0 PPRC_REASONS(PPRC_COUNT_1))

const char *pprc_state_name(unsigned int state);
const char *pprc_susp_name(unsigned int reason);
const char *pprc_susp_advice(unsigned int reason);
const char *pprc_reason_name(unsigned int reason);
const char *pprc_reason_text(unsigned int reason);
unsigned char pprc_reason_sense_key(unsigned int reason);

#endif
