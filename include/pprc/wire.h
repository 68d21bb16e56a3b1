/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PPRC wire format: what travels in FCP_CMND, FCP_DATA and FCP_RSP.
 *
 * Everything is big-endian, naturally aligned and of asserted size.
 * Documentation/protocol.rst draws the same structures as byte tables.
 *
 * One write is one Fibre Channel exchange:
 *
 *	FCP_CMND   struct pprc_fcp_cmnd: LUN, flags, extended CDB, FCP_DL
 *	FCP_DATA   struct pprc_device_header, then up to one chunk of data;
 *		   as many frames as the write has chunks, none of them waits
 *		   for an FCP_XFER_RDY
 *	FCP_RSP    struct fcp_resp_with_ext, then struct pprc_sense
 *
 * When the answer does not come, a PPRC_SA_QUERY on an exchange of its own asks
 * what is missing, and the write once more, with PPRC_WF_RESEND and only those
 * data frames, brings it.
 */
#ifndef _PPRC_WIRE_H
#define _PPRC_WIRE_H

#include <linux/build_bug.h>
#include <linux/types.h>

/* Version of this layout. A receiver refuses every other one. */
#define PPRC_VERSION		1

/*
 * Feature bits both ends have agreed on at login. None is defined yet, so any
 * bit set is refused; the field exists so that the layout need not change.
 */
#define PPRC_FEATURES		0u

/*
 * SPC-4 4.3.3: a variable length CDB. Service actions F800h to FFFFh belong
 * to no device type and are used here as vendor-specific ones.
 */
#define PPRC_CDB_OPCODE		0x7f
#define PPRC_CDB_LEN		112
#define PPRC_CDB_ADD_LEN	(PPRC_CDB_LEN - 8)
/* FCP-4 9.1.2.2: ADDITIONAL FCP_CDB LENGTH counts words beyond 16 bytes. */
#define PPRC_FCP_ADD_CDB_WORDS	((PPRC_CDB_LEN - 16) / 4)

enum pprc_action {
	PPRC_SA_LOGIN	= 0xf800,	/* directs the allocation of slots */
	PPRC_SA_WRITE	= 0xf801,	/* data follows unasked */
	PPRC_SA_FLUSH	= 0xf802,	/* volatile caches to stable storage */
	PPRC_SA_STATE	= 0xf803,	/* a pair changes state */
	PPRC_SA_LOGOUT	= 0xf804,	/* gives all slots back */
	PPRC_SA_QUERY	= 0xf805,	/* repeats a command: what became of it? */
	PPRC_SA_HEARTBEAT = 0xf806,	/* is somebody there? */
};

/*
 * Flags of PPRC_SA_WRITE, PPRC_SA_FLUSH and PPRC_SA_QUERY. A query has those of
 * the command it repeats, but never PPRC_WF_RESEND: no data follows it.
 */
#define PPRC_WF_FUA		0x00000001u	/* stable before the answer */
#define PPRC_WF_RESEND		0x00000002u	/* a write, again: what was missing follows */
#define PPRC_WF_OF_FLUSH	0x00000004u	/* a query: the command is a flush */
#define PPRC_WF_MORE		0x00000008u	/* it had to wait for a slot */
#define PPRC_WF_ALL		(PPRC_WF_FUA | PPRC_WF_RESEND | PPRC_WF_MORE)

/* A command that uses no slot names this one. */
#define PPRC_NO_SLOT		0xffff

/**
 * struct pprc_cdb_hdr - what every extended CDB starts with
 * @opcode:	PPRC_CDB_OPCODE
 * @control:	SAM-5 CONTROL byte, 0
 * @rsvd2:	0
 * @add_len:	ADDITIONAL CDB LENGTH, PPRC_CDB_ADD_LEN
 * @action:	SERVICE ACTION, enum pprc_action
 * @version:	PPRC_VERSION
 * @rsvd11:	0
 * @flags:	flags of the service action
 * @features:	feature bits in force
 * @rsvd20:	0
 * @session:	names the login; 0 in PPRC_SA_LOGIN
 * @slot:	slot of the secondary the command goes into, or PPRC_NO_SLOT
 * @rsvd30:	0
 * @cmd_id:	unique per session and ascending, never 0
 * @pair:	identity of the pair; 0 where the session as a whole is meant
 * @generation:	identity of the pair's data
 */
struct pprc_cdb_hdr {
	u8	opcode;
	u8	control;
	u8	rsvd2[5];
	u8	add_len;
	__be16	action;
	u8	version;
	u8	rsvd11;
	__be32	flags;
	__be32	features;
	__be32	rsvd20;
	__be32	session;
	__be16	slot;
	__be16	rsvd30;
	__be64	cmd_id;
	__be64	pair;
	__be64	generation;
};
static_assert(sizeof(struct pprc_cdb_hdr) == 56);

/**
 * struct pprc_cdb_write - a write and its write control information
 *
 * A flush and a query have the same layout. A query repeats every field of the
 * command it asks for but the action and the time, so that it also mends the
 * loss of that command.
 *
 * @hdr:	common part
 * @floor:	every command id below this one is settled
 * @lba:	first logical block
 * @blocks:	logical blocks; 0 in PPRC_SA_FLUSH
 * @payload_crc: CRC-32C of all data bytes of the write; 0 in PPRC_SA_FLUSH
 * @group:	consistency group, 0 for none
 * @group_seq:	sequence number within @group
 * @issued_ns:	time of issue, nanoseconds since the epoch on the primary
 * @bytes:	data bytes of the write, all of them; 0 in PPRC_SA_FLUSH
 * @cdb_crc:	CRC-32C of the bytes before this field
 */
struct pprc_cdb_write {
	struct pprc_cdb_hdr hdr;
	__be64	floor;
	__be64	lba;
	__be32	blocks;
	__be32	payload_crc;
	__be64	group;
	__be64	group_seq;
	__be64	issued_ns;
	__be32	bytes;
	__be32	cdb_crc;
};
static_assert(sizeof(struct pprc_cdb_write) == PPRC_CDB_LEN);

/**
 * struct pprc_cdb_login - directs how many slots the secondary allocates
 * @hdr:	common part
 * @instance:	random, new at each load of pprc_core on the primary
 * @slot_bytes:	size wished for each data buffer, a multiple of 64 KiB
 * @slots:	number of slots wished
 * @chunk:	data bytes per FCP_DATA frame, a power of two
 * @liveness_ms: silence after which a peer counts as gone, milliseconds
 * @rsvd76:	0
 * @cdb_crc:	CRC-32C of the bytes before this field
 */
struct pprc_cdb_login {
	struct pprc_cdb_hdr hdr;
	__be64	instance;
	__be32	slot_bytes;
	__be16	slots;
	__be16	chunk;
	__be32	liveness_ms;
	u8	rsvd76[32];
	__be32	cdb_crc;
};
static_assert(sizeof(struct pprc_cdb_login) == PPRC_CDB_LEN);

/**
 * struct pprc_cdb_state - the primary tells the secondary a pair's new state
 * @hdr:	common part; @hdr.pair and @hdr.generation name the pair's data
 * @blocks:	size of the primary volume in logical blocks
 * @block_bytes: its logical block size
 * @state:	enum pprc_state
 * @reason:	enum pprc_susp_reason, when @state is suspended
 * @rsvd70:	0
 * @cdb_crc:	CRC-32C of the bytes before this field
 */
struct pprc_cdb_state {
	struct pprc_cdb_hdr hdr;
	__be64	blocks;
	__be32	block_bytes;
	u8	state;
	u8	reason;
	u8	rsvd70[38];
	__be32	cdb_crc;
};
static_assert(sizeof(struct pprc_cdb_state) == PPRC_CDB_LEN);

/**
 * struct pprc_cdb_logout - the primary needs the session no longer
 * @hdr:	common part
 * @rsvd56:	0
 * @cdb_crc:	CRC-32C of the bytes before this field
 */
struct pprc_cdb_logout {
	struct pprc_cdb_hdr hdr;
	u8	rsvd56[52];
	__be32	cdb_crc;
};
static_assert(sizeof(struct pprc_cdb_logout) == PPRC_CDB_LEN);

/**
 * struct pprc_cdb_heartbeat - is somebody there
 * @hdr:	common part
 * @slots:	slots the primary uses at most from now on, at least 1; the
 *		secondary may free what it had granted beyond them
 * @grant_seq:	the change of the grant this goes by
 * @rsvd60:	0
 * @cdb_crc:	CRC-32C of the bytes before this field
 *
 * Sent when nothing has been heard for a while, when none was sent for as long
 * and a command is under way, and when @slots or @grant_seq has changed.
 */
struct pprc_cdb_heartbeat {
	struct pprc_cdb_hdr hdr;
	__be16	slots;
	__be16	grant_seq;
	u8	rsvd60[48];
	__be32	cdb_crc;
};
static_assert(sizeof(struct pprc_cdb_heartbeat) == PPRC_CDB_LEN);

/* Any of them; which one says @hdr.action. */
union pprc_cdb {
	struct pprc_cdb_hdr	hdr;
	struct pprc_cdb_write	write;
	struct pprc_cdb_login	login;
	struct pprc_cdb_state	state;
	struct pprc_cdb_logout	logout;
	struct pprc_cdb_heartbeat heartbeat;
	u8			bytes[PPRC_CDB_LEN];
};
static_assert(sizeof(union pprc_cdb) == PPRC_CDB_LEN);

/**
 * struct pprc_fcp_cmnd - FCP_CMND IU with an extended CDB (FCP-4 9.1)
 * @lun:	logical unit on the secondary, single level
 * @cmdref:	COMMAND REFERENCE NUMBER, 0
 * @pri_ta:	task attribute, 0 (simple)
 * @tm_flags:	task management flags, 0
 * @flags:	ADDITIONAL FCP_CDB LENGTH, RDDATA, WRDATA
 * @cdb:	the extended CDB, union pprc_cdb; bytes because it stands here at an
 *		offset that is no multiple of eight
 * @dl:		FCP_DL, bytes of data of the write; with RESEND still all of them,
 *		though only the missing ones follow
 */
struct pprc_fcp_cmnd {
	u8	lun[8];
	u8	cmdref;
	u8	pri_ta;
	u8	tm_flags;
	u8	flags;
	u8	cdb[PPRC_CDB_LEN];
	__be32	dl;
};
static_assert(sizeof(struct pprc_fcp_cmnd) == 128);

/*
 * FC-FS-3 12: the optional 16-byte Device_Header, announced by bits 1:0 of
 * DF_CTL. It makes an FCP_DATA frame self-describing: OX_IDs are reused by
 * libfc at once, so they cannot tell an old write's straggler from new data.
 */
#define PPRC_DF_CTL_DEVHDR16	0x01

/**
 * struct pprc_device_header - in front of the data of each FCP_DATA frame
 * @session:	as in the extended CDB
 * @slot:	as in the extended CDB
 * @rsvd6:	0
 * @cmd_id:	as in the extended CDB
 */
struct pprc_device_header {
	__be32	session;
	__be16	slot;
	__be16	rsvd6;
	__be64	cmd_id;
};
static_assert(sizeof(struct pprc_device_header) == 16);

/**
 * struct pprc_fcp_rsp - FCP_RSP IU up to where FCP_RSP_INFO begins (FCP-4 9.5)
 * @rsvd0:	0
 * @flags:	PPRC_RSP_LEN_VALID, PPRC_SNS_LEN_VALID
 * @status:	SAM status
 * @resid:	FCP_RESID
 * @sns_len:	bytes of sense data, behind FCP_RSP_INFO
 * @rsp_len:	bytes of FCP_RSP_INFO
 */
struct pprc_fcp_rsp {
	u8	rsvd0[10];
	u8	flags;
	u8	status;
	__be32	resid;
	__be32	sns_len;
	__be32	rsp_len;
};
static_assert(sizeof(struct pprc_fcp_rsp) == 24);

#define PPRC_RSP_LEN_VALID	0x01
#define PPRC_SNS_LEN_VALID	0x02

/* SPC-4 4.5.2: descriptor format sense data with vendor-specific descriptors */
#define PPRC_SENSE_RESPONSE	0x72
#define PPRC_DESC_ANSWER	0x80
#define PPRC_DESC_LOGIN		0x81
#define PPRC_DESC_STATE		0x82
#define PPRC_DESC_MISSING	0x83

/**
 * struct pprc_sense - answer to every command, GOOD ones included
 * @response:	PPRC_SENSE_RESPONSE
 * @key:	sense key, 0 with GOOD
 * @asc:	additional sense code, as LIO gave it or 0
 * @ascq:	its qualifier
 * @rsvd4:	0
 * @add_len:	bytes that follow this one
 * @desc_type:	PPRC_DESC_ANSWER
 * @desc_len:	bytes of this descriptor that follow this one
 * @reason:	enum pprc_reason
 * @session:	as in the command
 * @cmd_id:	as in the command; an answer with another one is dropped
 * @slots:	slots now granted to the session
 * @grant_seq:	counts the changes of @slots since the login
 * @rsvd28:	0
 */
struct pprc_sense {
	u8	response;
	u8	key;
	u8	asc;
	u8	ascq;
	u8	rsvd4[3];
	u8	add_len;
	u8	desc_type;
	u8	desc_len;
	__be16	reason;
	__be32	session;
	__be64	cmd_id;
	__be16	slots;
	__be16	grant_seq;
	__be32	rsvd28;
};
static_assert(sizeof(struct pprc_sense) == 32);

/**
 * struct pprc_desc_login - what was granted; follows struct pprc_sense
 * @desc_type:	PPRC_DESC_LOGIN
 * @desc_len:	bytes that follow this one
 * @slots:	slots granted
 * @slot_bytes:	size of each data buffer
 * @session:	names this login from now on
 * @features:	feature bits in force
 * @instance:	random, new at each load of pprc_core on the secondary
 */
struct pprc_desc_login {
	u8	desc_type;
	u8	desc_len;
	__be16	slots;
	__be32	slot_bytes;
	__be32	session;
	__be32	features;
	__be64	instance;
};
static_assert(sizeof(struct pprc_desc_login) == 24);

/**
 * struct pprc_desc_state - the secondary volume; follows struct pprc_sense
 * @desc_type:	PPRC_DESC_STATE
 * @desc_len:	bytes that follow this one
 * @state:	the state the command asked for, enum pprc_state: its echo
 * @rsvd3:	0
 * @block_bytes: logical block size of the backstore
 * @blocks:	its size in logical blocks
 */
struct pprc_desc_state {
	u8	desc_type;
	u8	desc_len;
	u8	state;
	u8	rsvd3;
	__be32	block_bytes;
	__be64	blocks;
};
static_assert(sizeof(struct pprc_desc_state) == 16);

/**
 * struct pprc_desc_range - a piece of a write's data
 * @offset:	where it begins, bytes
 * @len:	its length, bytes
 */
struct pprc_desc_range {
	__be32	offset;
	__be32	len;
};
static_assert(sizeof(struct pprc_desc_range) == 8);

/* Most pieces one answer names; with more gaps, some pieces cover several. */
#define PPRC_RANGES_MAX	16

/**
 * struct pprc_desc_missing - what has not come; follows struct pprc_sense
 * @desc_type:	PPRC_DESC_MISSING
 * @desc_len:	bytes that follow this one, so 6 plus 8 for each range
 * @rsvd2:	0
 * @range:	the ranges, ascending, none empty, none touching the next
 */
struct pprc_desc_missing {
	u8	desc_type;
	u8	desc_len;
	u8	rsvd2[6];
	struct pprc_desc_range range[PPRC_RANGES_MAX];
};
static_assert(sizeof(struct pprc_desc_missing) == 8 + PPRC_RANGES_MAX * 8);

/* Room for the longest sense data above. */
#define PPRC_SENSE_MAX	(sizeof(struct pprc_sense) + sizeof(struct pprc_desc_missing))
static_assert(PPRC_SENSE_MAX <= 252);

/*
 * Bounds that no configuration may leave. The slot size is a multiple of
 * 64 KiB because data buffers are made of 64 KiB compound pages.
 */
#define PPRC_SLOT_UNIT		(64u << 10)
#define PPRC_SLOT_BYTES_MAX	(4u << 20)
#define PPRC_SLOTS_MAX		1024
#define PPRC_CHUNK_MIN		512
#define PPRC_CHUNK_MAX		2048
#define PPRC_CHUNKS_MAX		(PPRC_SLOT_BYTES_MAX / PPRC_CHUNK_MIN)
#define PPRC_LIVENESS_MS_MIN	500
#define PPRC_LIVENESS_MS_MAX	600000

#endif
