/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of pprc_primary, /sys/kernel/tracing/events/pprc_primary.
 * Sessions, commands and slots have the numbers they have on the wire, so that
 * a trace can be laid beside a capture and beside the secondary's trace.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pprc_primary

#if !defined(_PPRC_PRI_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _PPRC_PRI_TRACE_H

#include <linux/tracepoint.h>
#include <pprc/names.h>
#include "pri.h"

#define PRI_SYM_REASON(sym, num, name, key, text)	, { num, name }
#define PRI_SYM_SUSP(sym, num, name, todo)		, { num, name }
#define PRI_SYM_ODD(sym, name, text)			, { PRI_ODD_##sym, name }
#define pri_show_reason(n)	__print_symbolic(n, { -1, "none" } PPRC_REASONS(PRI_SYM_REASON))
#define pri_show_susp(n)	__print_symbolic(n, { -1, "?" } PPRC_SUSP_REASONS(PRI_SYM_SUSP))
#define pri_show_odd(n)		__print_symbolic(n, { -1, "?" } PRI_ODD_FRAMES(PRI_SYM_ODD))
#define pri_show_op(n)							\
	__print_symbolic(n, { PRI_READ, "read" }, { PRI_WRITE, "write" },	\
			 { PRI_FLUSH, "flush" })

#define pri_show_kind(n)						\
	__print_symbolic(n, { PRI_X_FIRST, "first" }, { PRI_X_QUERY, "query" }, \
			 { PRI_X_RESEND, "resend" })

/* The host's command has come. */
TRACE_EVENT(pri_cmd_start,
	TP_PROTO(const struct pri_cmd *cmd),
	TP_ARGS(cmd),
	TP_STRUCT__entry(
		__field(u64, pair)
		__field(int, op)
		__field(u64, lba)
		__field(u32, blocks)
		__field(bool, fua)
	),
	TP_fast_assign(
		__entry->pair = cmd->pair->id;
		__entry->op = cmd->op;
		__entry->lba = cmd->lba;
		__entry->blocks = cmd->blocks;
		__entry->fua = cmd->fua;
	),
	TP_printk("pair=%016llx op=%s lba=%llu blocks=%u fua=%d",
		  __entry->pair, pri_show_op(__entry->op), __entry->lba,
		  __entry->blocks, __entry->fua)
);

/* Both legs have ended; the host is about to be told. */
TRACE_EVENT(pri_cmd_done,
	TP_PROTO(const struct pri_cmd *cmd),
	TP_ARGS(cmd),
	TP_STRUCT__entry(
		__field(u64, pair)
		__field(int, op)
		__field(u64, lba)
		__field(u32, blocks)
		__field(bool, mirrored)
		__field(int, local)
	),
	TP_fast_assign(
		__entry->pair = cmd->pair->id;
		__entry->op = cmd->op;
		__entry->lba = cmd->lba;
		__entry->blocks = cmd->blocks;
		__entry->mirrored = cmd->mirrored;
		__entry->local = blk_status_to_errno(cmd->local);
	),
	TP_printk("pair=%016llx op=%s lba=%llu blocks=%u mirrored=%d local=%d",
		  __entry->pair, pri_show_op(__entry->op), __entry->lba,
		  __entry->blocks, __entry->mirrored, __entry->local)
);

/* The remote leg goes onto the wire, for the first time or once more. */
TRACE_EVENT(pri_remote_start,
	TP_PROTO(const struct pri_cmd *cmd, u32 session, u64 cmd_id,
		 unsigned int kind),
	TP_ARGS(cmd, session, cmd_id, kind),
	TP_STRUCT__entry(
		__field(u64, pair)
		__field(unsigned int, kind)
		__field(u32, session)
		__field(u16, slot)
		__field(u64, cmd_id)
		__field(u64, floor)
		__field(u64, lba)
		__field(u32, blocks)
	),
	TP_fast_assign(
		__entry->pair = cmd->pair->id;
		__entry->kind = kind;
		__entry->session = session;
		__entry->slot = cmd->slot;
		__entry->cmd_id = cmd_id;
		__entry->floor = cmd->floor;
		__entry->lba = cmd->lba;
		__entry->blocks = cmd->blocks;
	),
	TP_printk("pair=%016llx kind=%s session=%08x slot=%u cmd_id=%llu floor=%llu lba=%llu blocks=%u",
		  __entry->pair, pri_show_kind(__entry->kind),
		  __entry->session, __entry->slot,
		  __entry->cmd_id, __entry->floor, __entry->lba,
		  __entry->blocks)
);

/* The remote leg has ended; reason "none" without an answer. */
TRACE_EVENT(pri_remote_done,
	TP_PROTO(const struct pri_cmd *cmd, const struct pprc_answer *answer),
	TP_ARGS(cmd, answer),
	TP_STRUCT__entry(
		__field(u64, pair)
		__field(u64, cmd_id)
		__field(u64, lba)
		__field(int, reason)
	),
	TP_fast_assign(
		__entry->pair = cmd->pair->id;
		__entry->cmd_id = answer ? answer->cmd_id : 0;
		__entry->lba = cmd->lba;
		__entry->reason = answer ? answer->reason : -1;
	),
	TP_printk("pair=%016llx cmd_id=%llu lba=%llu reason=%s",
		  __entry->pair, __entry->cmd_id, __entry->lba,
		  pri_show_reason(__entry->reason))
);

TRACE_EVENT(pri_suspended,
	TP_PROTO(const struct pri_pair *pair, unsigned int reason,
		 const char *detail),
	TP_ARGS(pair, reason, detail),
	TP_STRUCT__entry(
		__field(u64, pair)
		__field(unsigned int, reason)
		__array(char, detail, 128)
	),
	TP_fast_assign(
		__entry->pair = pair->id;
		__entry->reason = reason;
		strscpy(__entry->detail, detail, sizeof(__entry->detail));
	),
	TP_printk("pair=%016llx reason=%s detail=\"%s\"", __entry->pair,
		  pri_show_susp(__entry->reason), __entry->detail)
);

/* A login was granted. */
TRACE_EVENT(pri_login,
	TP_PROTO(const struct pri_session *s),
	TP_ARGS(s),
	TP_STRUCT__entry(
		__field(u64, secondary)
		__field(u32, session)
		__field(u16, slots)
		__field(u32, slot_bytes)
		__field(u16, chunk)
	),
	TP_fast_assign(
		__entry->secondary = s->remote_wwpn;
		__entry->session = s->id;
		__entry->slots = s->granted;
		__entry->slot_bytes = s->slot_bytes;
		__entry->chunk = s->chunk;
	),
	TP_printk("secondary=%016llx session=%08x slots=%u slot_bytes=%u chunk=%u",
		  __entry->secondary, __entry->session, __entry->slots,
		  __entry->slot_bytes, __entry->chunk)
);

/* A session is given up. */
TRACE_EVENT(pri_session_down,
	TP_PROTO(const struct pri_session *s),
	TP_ARGS(s),
	TP_STRUCT__entry(
		__field(u64, secondary)
		__field(u32, session)
		__array(char, why, 128)
	),
	TP_fast_assign(
		__entry->secondary = s->remote_wwpn;
		__entry->session = s->id;
		strscpy(__entry->why, s->why, sizeof(__entry->why));
	),
	TP_printk("secondary=%016llx session=%08x why=\"%s\"",
		  __entry->secondary, __entry->session, __entry->why)
);

/* A frame on an exchange of ours is no answer to its command. */
TRACE_EVENT(pri_odd_frame,
	TP_PROTO(const struct pri_session *s, unsigned int why),
	TP_ARGS(s, why),
	TP_STRUCT__entry(
		__field(u64, secondary)
		__field(unsigned int, why)
	),
	TP_fast_assign(
		__entry->secondary = s->remote_wwpn;
		__entry->why = why;
	),
	TP_printk("secondary=%016llx why=%s", __entry->secondary,
		  pri_show_odd(__entry->why))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE pri_trace
#include <trace/define_trace.h>
