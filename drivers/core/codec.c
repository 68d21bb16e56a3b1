// SPDX-License-Identifier: GPL-2.0
/* Encoding and decoding of include/pprc/wire.h. Pure. */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include <pprc/codec.h>
#include <pprc/crc.h>

#define CDB_DIGESTED	(PPRC_CDB_LEN - sizeof(__be32))

/**
 * pprc_cdb_init() - start an extended CDB
 * @cdb:	cleared, then given the constant fields
 * @action:	service action
 *
 * Context: any.
 */
void pprc_cdb_init(union pprc_cdb *cdb, enum pprc_action action)
{
	memset(cdb, 0, sizeof(*cdb));
	cdb->hdr.opcode = PPRC_CDB_OPCODE;
	cdb->hdr.add_len = PPRC_CDB_ADD_LEN;
	cdb->hdr.action = cpu_to_be16(action);
	cdb->hdr.version = PPRC_VERSION;
	cdb->hdr.features = cpu_to_be32(PPRC_FEATURES);
	cdb->hdr.slot = cpu_to_be16(PPRC_NO_SLOT);
}

/**
 * pprc_cdb_seal() - put the digest on a finished extended CDB
 * @cdb:	all other fields are final
 *
 * Context: any.
 */
void pprc_cdb_seal(union pprc_cdb *cdb)
{
	/* The digest is the last word of every layout. */
	cdb->write.cdb_crc = cpu_to_be32(pprc_crc(cdb->bytes, CDB_DIGESTED));
}

static bool all_zero(const u8 *p, unsigned int len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

static bool hdr_reserved_clear(const struct pprc_cdb_hdr *h)
{
	return !h->control && all_zero(h->rsvd2, sizeof(h->rsvd2)) &&
	       !h->rsvd11 && !h->rsvd20 && !h->rsvd30;
}

/**
 * pprc_cdb_is_flush() - is it a flush, or a query that repeats one
 * @cdb:	extended CDB with the layout of a write
 *
 * Context: any.
 */
bool pprc_cdb_is_flush(const union pprc_cdb *cdb)
{
	return be16_to_cpu(cdb->hdr.action) == PPRC_SA_FLUSH ||
	       (be32_to_cpu(cdb->hdr.flags) & PPRC_WF_OF_FLUSH);
}

/**
 * pprc_cdb_repeats() - is one command the other one, sent again
 * @again:	extended CDB with the layout of a write
 * @first:	the same
 *
 * A query is a repetition of its command, too.
 *
 * Context: any.
 * Return: true when everything is equal that says what is to be done.
 */
bool pprc_cdb_repeats(const union pprc_cdb *again, const union pprc_cdb *first)
{
	const struct pprc_cdb_write *a = &again->write, *b = &first->write;

	return a->hdr.session == b->hdr.session && a->hdr.slot == b->hdr.slot &&
	       a->hdr.cmd_id == b->hdr.cmd_id && a->hdr.pair == b->hdr.pair &&
	       a->hdr.generation == b->hdr.generation &&
	       !((a->hdr.flags ^ b->hdr.flags) & cpu_to_be32(PPRC_WF_FUA)) &&
	       pprc_cdb_is_flush(again) == pprc_cdb_is_flush(first) &&
	       a->lba == b->lba && a->blocks == b->blocks &&
	       a->payload_crc == b->payload_crc && a->bytes == b->bytes &&
	       a->group == b->group && a->group_seq == b->group_seq;
}

static u32 flags_allowed(const union pprc_cdb *cdb)
{
	switch (be16_to_cpu(cdb->hdr.action)) {
	case PPRC_SA_WRITE:
		return PPRC_WF_ALL;
	case PPRC_SA_QUERY:
		return pprc_cdb_is_flush(cdb) ?
			PPRC_WF_OF_FLUSH | PPRC_WF_MORE :
			PPRC_WF_FUA | PPRC_WF_MORE;
	default:
		return PPRC_WF_MORE;
	}
}

static enum pprc_reason write_check(const union pprc_cdb *cdb)
{
	const struct pprc_cdb_write *w = &cdb->write;

	if (be32_to_cpu(w->hdr.flags) & ~flags_allowed(cdb))
		return PPRC_R_BAD_FLAGS;
	if (!w->hdr.session || !w->hdr.cmd_id)
		return PPRC_R_BAD_CDB;
	if (be64_to_cpu(w->floor) > be64_to_cpu(w->hdr.cmd_id))
		return PPRC_R_STALE_ID;
	if (!pprc_cdb_is_flush(cdb))
		return w->blocks && w->bytes ? PPRC_R_GOOD : PPRC_R_BAD_LENGTH;
	return w->lba || w->blocks || w->payload_crc || w->bytes ?
		PPRC_R_BAD_CDB : PPRC_R_GOOD;
}

static enum pprc_reason state_check(const struct pprc_cdb_state *s)
{
	if (s->hdr.flags)
		return PPRC_R_BAD_FLAGS;
	if (!all_zero(s->rsvd70, sizeof(s->rsvd70)) || !s->hdr.session ||
	    !s->hdr.cmd_id || !s->hdr.pair)
		return PPRC_R_BAD_CDB;
	if (s->state >= PPRC_NR_STATES || s->reason >= PPRC_NR_SUSP_REASONS)
		return PPRC_R_BAD_STATE;
	return PPRC_R_GOOD;
}

static enum pprc_reason logout_check(const struct pprc_cdb_logout *l)
{
	if (l->hdr.flags)
		return PPRC_R_BAD_FLAGS;
	if (!all_zero(l->rsvd56, sizeof(l->rsvd56)) || !l->hdr.session ||
	    !l->hdr.cmd_id)
		return PPRC_R_BAD_CDB;
	return PPRC_R_GOOD;
}

static enum pprc_reason heartbeat_check(const struct pprc_cdb_heartbeat *hb)
{
	if (hb->hdr.flags)
		return PPRC_R_BAD_FLAGS;
	if (!all_zero(hb->rsvd60, sizeof(hb->rsvd60)) || !hb->hdr.session ||
	    !hb->hdr.cmd_id || !hb->slots ||
	    be16_to_cpu(hb->slots) > PPRC_SLOTS_MAX)
		return PPRC_R_BAD_CDB;
	return PPRC_R_GOOD;
}

/**
 * pprc_login_check() - are the wishes of a login within the protocol's bounds
 * @login:	the extended CDB
 *
 * Context: any.
 * Return: PPRC_R_GOOD or why not.
 */
enum pprc_reason pprc_login_check(const struct pprc_cdb_login *login)
{
	u32 bytes = be32_to_cpu(login->slot_bytes);
	u16 slots = be16_to_cpu(login->slots);
	u16 chunk = be16_to_cpu(login->chunk);
	u32 liveness = be32_to_cpu(login->liveness_ms);

	if (login->hdr.flags)
		return PPRC_R_BAD_FLAGS;
	if (!all_zero(login->rsvd76, sizeof(login->rsvd76)) ||
	    login->hdr.session || !login->hdr.cmd_id)
		return PPRC_R_BAD_CDB;
	if (!bytes || bytes % PPRC_SLOT_UNIT || bytes > PPRC_SLOT_BYTES_MAX ||
	    !slots || slots > PPRC_SLOTS_MAX ||
	    chunk < PPRC_CHUNK_MIN || chunk > PPRC_CHUNK_MAX ||
	    (chunk & (chunk - 1)) || liveness < PPRC_LIVENESS_MS_MIN ||
	    liveness > PPRC_LIVENESS_MS_MAX)
		return PPRC_R_BAD_LOGIN;
	return PPRC_R_GOOD;
}

/**
 * pprc_cdb_check() - may this extended CDB be believed
 * @cdb:	PPRC_CDB_LEN bytes as received
 *
 * Checks what can be judged without knowing the session: shape, version,
 * digest, service action, flags, reserved fields. The version comes before the
 * digest because another version may keep its digest elsewhere.
 *
 * Context: any.
 * Return: PPRC_R_GOOD or the first thing that is wrong.
 */
enum pprc_reason pprc_cdb_check(const union pprc_cdb *cdb)
{
	const struct pprc_cdb_hdr *h = &cdb->hdr;

	if (h->opcode != PPRC_CDB_OPCODE || h->add_len != PPRC_CDB_ADD_LEN)
		return PPRC_R_BAD_CDB;
	if (h->version != PPRC_VERSION)
		return PPRC_R_BAD_VERSION;
	if (be32_to_cpu(cdb->write.cdb_crc) !=
	    pprc_crc(cdb->bytes, CDB_DIGESTED))
		return PPRC_R_CDB_DIGEST;
	if (be32_to_cpu(h->features) & ~PPRC_FEATURES)
		return PPRC_R_BAD_FLAGS;
	if (!hdr_reserved_clear(h))
		return PPRC_R_BAD_CDB;

	switch (be16_to_cpu(h->action)) {
	case PPRC_SA_WRITE:
	case PPRC_SA_FLUSH:
	case PPRC_SA_QUERY:
		return write_check(cdb);
	case PPRC_SA_STATE:
		return state_check(&cdb->state);
	case PPRC_SA_LOGIN:
		return pprc_login_check(&cdb->login);
	case PPRC_SA_LOGOUT:
		return logout_check(&cdb->logout);
	case PPRC_SA_HEARTBEAT:
		return heartbeat_check(&cdb->heartbeat);
	default:
		return PPRC_R_BAD_ACTION;
	}
}

static unsigned int missing_encode(const struct pprc_answer *answer, u8 *to)
{
	unsigned int i, n = min_t(unsigned int, answer->nr_missing,
				  PPRC_RANGES_MAX);
	struct pprc_desc_missing *d = (void *)to;
	unsigned int len = offsetof(struct pprc_desc_missing, range) +
			   n * sizeof(d->range[0]);

	memset(d, 0, len);
	d->desc_type = PPRC_DESC_MISSING;
	d->desc_len = len - 2;
	for (i = 0; i < n; i++) {
		d->range[i].offset = cpu_to_be32(answer->missing[i].offset);
		d->range[i].len = cpu_to_be32(answer->missing[i].len);
	}
	return len;
}

/**
 * pprc_answer_encode() - build the sense data of an answer
 * @answer:	what to say; @answer->key 0 takes the reason's own sense key
 * @sense:	PPRC_SENSE_MAX bytes, aligned to 8
 *
 * Context: any.
 * Return: number of bytes written.
 */
unsigned int pprc_answer_encode(const struct pprc_answer *answer, u8 *sense)
{
	struct pprc_sense *s = (struct pprc_sense *)sense;
	unsigned int len = sizeof(*s);

	memset(s, 0, sizeof(*s));
	s->response = PPRC_SENSE_RESPONSE;
	s->key = answer->key ? answer->key :
		 pprc_reason_sense_key(answer->reason);
	s->asc = answer->asc;
	s->ascq = answer->ascq;
	s->desc_type = PPRC_DESC_ANSWER;
	s->desc_len = sizeof(*s) - offsetofend(struct pprc_sense, desc_len);
	s->reason = cpu_to_be16(answer->reason);
	s->session = cpu_to_be32(answer->session);
	s->cmd_id = cpu_to_be64(answer->cmd_id);
	s->slots = cpu_to_be16(answer->slots);
	s->grant_seq = cpu_to_be16(answer->grant_seq);

	if (answer->has_login) {
		struct pprc_desc_login *d = (void *)(sense + len);

		d->desc_type = PPRC_DESC_LOGIN;
		d->desc_len = sizeof(*d) - 2;
		d->slots = cpu_to_be16(answer->login.slots);
		d->slot_bytes = cpu_to_be32(answer->login.slot_bytes);
		d->session = cpu_to_be32(answer->login.session);
		d->features = cpu_to_be32(answer->login.features);
		d->instance = cpu_to_be64(answer->login.instance);
		len += sizeof(*d);
	} else if (answer->has_state) {
		struct pprc_desc_state *d = (void *)(sense + len);

		d->desc_type = PPRC_DESC_STATE;
		d->desc_len = sizeof(*d) - 2;
		d->state = answer->state.state;
		d->rsvd3 = 0;
		d->block_bytes = cpu_to_be32(answer->state.block_bytes);
		d->blocks = cpu_to_be64(answer->state.blocks);
		len += sizeof(*d);
	} else if (answer->nr_missing) {
		len += missing_encode(answer, sense + len);
	}
	s->add_len = len - offsetofend(struct pprc_sense, add_len);
	return len;
}

static int missing_decode(const u8 *d, unsigned int len,
			  struct pprc_answer *answer)
{
	const unsigned int head = offsetof(struct pprc_desc_missing, range);
	unsigned int n;
	u64 end = 0;

	if (answer->nr_missing || len <= head ||
	    (len - head) % sizeof(struct pprc_desc_range))
		return -EINVAL;
	n = (len - head) / sizeof(struct pprc_desc_range);
	if (n > PPRC_RANGES_MAX)
		return -EINVAL;
	for (d += head; answer->nr_missing < n; d += sizeof(struct pprc_desc_range)) {
		struct pprc_range *to = &answer->missing[answer->nr_missing++];
		struct pprc_desc_range r;

		memcpy(&r, d, sizeof(r));
		to->offset = be32_to_cpu(r.offset);
		to->len = be32_to_cpu(r.len);
		if (!to->len || (end && to->offset <= end))
			return -EINVAL;
		end = (u64)to->offset + to->len;
		if (end > PPRC_SLOT_BYTES_MAX)
			return -EINVAL;
	}
	return 0;
}

static int desc_decode(const u8 *d, unsigned int len,
		       struct pprc_answer *answer)
{
	/* The caller's buffer need not be aligned: copy, then look. */
	if (d[0] == PPRC_DESC_LOGIN) {
		struct pprc_desc_login l;

		if (len != sizeof(l))
			return -EINVAL;
		memcpy(&l, d, sizeof(l));
		answer->has_login = true;
		answer->login.slots = be16_to_cpu(l.slots);
		answer->login.slot_bytes = be32_to_cpu(l.slot_bytes);
		answer->login.session = be32_to_cpu(l.session);
		answer->login.features = be32_to_cpu(l.features);
		answer->login.instance = be64_to_cpu(l.instance);
	} else if (d[0] == PPRC_DESC_STATE) {
		struct pprc_desc_state st;

		if (len != sizeof(st))
			return -EINVAL;
		memcpy(&st, d, sizeof(st));
		answer->has_state = true;
		answer->state.state = st.state;
		answer->state.block_bytes = be32_to_cpu(st.block_bytes);
		answer->state.blocks = be64_to_cpu(st.blocks);
	} else if (d[0] == PPRC_DESC_MISSING) {
		return missing_decode(d, len, answer);
	}
	/* Descriptors of other types say nothing to this version. */
	return 0;
}

/**
 * pprc_answer_decode() - read the sense data of an answer
 * @sense:	sense data as received, any alignment
 * @len:	its length in bytes
 * @answer:	filled on success
 *
 * Context: any.
 * Return: 0, or -EINVAL when this is not the sense data of a PPRC answer.
 */
int pprc_answer_decode(const u8 *sense, unsigned int len,
		       struct pprc_answer *answer)
{
	struct pprc_sense s;
	unsigned int end, pos;

	memset(answer, 0, sizeof(*answer));
	if (len < sizeof(s))
		return -EINVAL;
	memcpy(&s, sense, sizeof(s));
	if (s.response != PPRC_SENSE_RESPONSE ||
	    s.desc_type != PPRC_DESC_ANSWER ||
	    s.desc_len != sizeof(s) - offsetofend(struct pprc_sense, desc_len))
		return -EINVAL;
	end = offsetofend(struct pprc_sense, add_len) + s.add_len;
	if (end < sizeof(s) || end > len)
		return -EINVAL;

	answer->reason = be16_to_cpu(s.reason);
	answer->key = s.key;
	answer->asc = s.asc;
	answer->ascq = s.ascq;
	answer->session = be32_to_cpu(s.session);
	answer->cmd_id = be64_to_cpu(s.cmd_id);
	answer->slots = be16_to_cpu(s.slots);
	answer->grant_seq = be16_to_cpu(s.grant_seq);

	for (pos = sizeof(s); pos < end; ) {
		unsigned int dlen;

		if (end - pos < 2)
			return -EINVAL;
		dlen = sense[pos + 1] + 2u;
		if (dlen > end - pos || desc_decode(sense + pos, dlen, answer))
			return -EINVAL;
		pos += dlen;
	}
	/* Nothing can be missing of a command that has ended. */
	return answer->nr_missing && answer->reason != PPRC_R_PARTIAL ?
		-EINVAL : 0;
}

/**
 * pprc_rsp_decode() - find and read the answer in an FCP_RSP
 * @iu:		FCP_RSP IU as received, any alignment
 * @len:	its length in bytes
 * @answer:	filled on success
 *
 * Context: any.
 * Return: 0, or -EINVAL when this is no answer of a PPRC secondary, or one
 * whose SAM status contradicts its reason.
 */
int pprc_rsp_decode(const u8 *iu, unsigned int len, struct pprc_answer *answer)
{
	u32 room, rsp_len = 0, sns_len;
	struct pprc_fcp_rsp rsp;

	if (len < sizeof(rsp))
		return -EINVAL;
	memcpy(&rsp, iu, sizeof(rsp));
	if (!(rsp.flags & PPRC_SNS_LEN_VALID))
		return -EINVAL;
	room = len - sizeof(rsp);
	if (rsp.flags & PPRC_RSP_LEN_VALID)
		rsp_len = be32_to_cpu(rsp.rsp_len);
	sns_len = be32_to_cpu(rsp.sns_len);
	if (rsp_len > room || sns_len > room - rsp_len)
		return -EINVAL;
	if (pprc_answer_decode(iu + sizeof(rsp) + rsp_len, sns_len, answer))
		return -EINVAL;
	/* GOOD status and a refusal, or the reverse, is no answer of ours. */
	return !rsp.status == !answer->reason ? 0 : -EINVAL;
}
