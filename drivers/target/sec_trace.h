/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of pprc_secondary, /sys/kernel/tracing/events/pprc_secondary.
 * Sessions, commands and slots have the numbers they have on the wire, so that
 * a trace can be laid beside a capture and beside the primary's trace.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pprc_secondary

#if !defined(_PPRC_SEC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _PPRC_SEC_TRACE_H

#include <linux/tracepoint.h>
#include <pprc/names.h>
#include "sec.h"

#define SEC_SYM_REASON(sym, num, name, key, text)	, { num, name }
#define SEC_SYM_SUSP(sym, num, name, todo)		, { num, name }
#define SEC_SYM_STATE(sym, num, name)			, { num, "target-" name }
#define SEC_SYM_DROP(sym, name, text)			, { SEC_D_##sym, name }
#define sec_show_reason(n)	__print_symbolic(n, { -1, "?" } PPRC_REASONS(SEC_SYM_REASON))
#define sec_show_susp(n)	__print_symbolic(n, { -1, "?" } PPRC_SUSP_REASONS(SEC_SYM_SUSP))
#define sec_show_state(n)	__print_symbolic(n, { -1, "?" } PPRC_STATES(SEC_SYM_STATE))
#define sec_show_drop(n)	__print_symbolic(n, { -1, "?" } SEC_DROPS(SEC_SYM_DROP))

DECLARE_EVENT_CLASS(sec_session,
	TP_PROTO(const struct sec_session *s),
	TP_ARGS(s),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u32, port)
		__field(u16, slots)
		__field(u32, slot_bytes)
	),
	TP_fast_assign(
		__entry->session = s->id;
		__entry->port = s->peer;
		__entry->slots = s->nr_slots;
		__entry->slot_bytes = s->slot_bytes;
	),
	TP_printk("session=%08x port=%06x slots=%u slot_bytes=%u",
		  __entry->session, __entry->port, __entry->slots,
		  __entry->slot_bytes)
);

/* A login was granted; its slots have been allocated by now. */
DEFINE_EVENT(sec_session, sec_login,
	TP_PROTO(const struct sec_session *s),
	TP_ARGS(s)
);

/* The session can no longer be found by frames. */
DEFINE_EVENT(sec_session, sec_session_kill,
	TP_PROTO(const struct sec_session *s),
	TP_ARGS(s)
);

/* Everything the session had is given back. */
DEFINE_EVENT(sec_session, sec_session_closed,
	TP_PROTO(const struct sec_session *s),
	TP_ARGS(s)
);

DECLARE_EVENT_CLASS(sec_slot,
	TP_PROTO(const struct sec_slot *slot),
	TP_ARGS(slot),
	TP_STRUCT__entry(
		__field(u32, port)
		__field(u32, session)
		__field(u16, slot)
		__field(u64, cmd_id)
		__field(const void *, payload)
		__field(unsigned long, pfn)
	),
	TP_fast_assign(
		__entry->port = slot->session->peer;
		__entry->session = slot->session->id;
		__entry->slot = slot->index;
		__entry->cmd_id = slot->id;
		__entry->payload = &slot->payload;
		__entry->pfn = page_to_pfn(slot->pages[0]);
	),
	TP_printk("port=%06x session=%08x slot=%u cmd_id=%llu payload=%p pfn=%lx",
		  __entry->port, __entry->session, __entry->slot,
		  __entry->cmd_id, __entry->payload, __entry->pfn)
);

/* Payload and data buffer exist; the session has no number yet. */
DEFINE_EVENT(sec_slot, sec_slot_alloc,
	TP_PROTO(const struct sec_slot *slot),
	TP_ARGS(slot)
);

DEFINE_EVENT(sec_slot, sec_slot_free,
	TP_PROTO(const struct sec_slot *slot),
	TP_ARGS(slot)
);

/* The first frame of a command has claimed the slot. */
DEFINE_EVENT(sec_slot, sec_slot_claim,
	TP_PROTO(const struct sec_slot *slot),
	TP_ARGS(slot)
);

/* Command and data are there; they go to the backstore. */
DEFINE_EVENT(sec_slot, sec_slot_filled,
	TP_PROTO(const struct sec_slot *slot),
	TP_ARGS(slot)
);

/* A write or flush has been given to LIO, maybe not for the first time. */
TRACE_EVENT(sec_cmd_start,
	TP_PROTO(const struct sec_slot *slot, bool flush),
	TP_ARGS(slot, flush),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u16, slot)
		__field(u16, lun)
		__field(u64, cmd_id)
		__field(u64, lba)
		__field(u32, bytes)
		__field(bool, flush)
	),
	TP_fast_assign(
		__entry->session = slot->session->id;
		__entry->slot = slot->index;
		__entry->lun = slot->lun;
		__entry->cmd_id = slot->id;
		__entry->lba = be64_to_cpu(slot->payload.write.lba);
		__entry->bytes = slot->fill.total;
		__entry->flush = flush;
	),
	TP_printk("session=%08x slot=%u cmd_id=%llu lun=%u %s lba=%llu bytes=%u",
		  __entry->session, __entry->slot, __entry->cmd_id,
		  __entry->lun, __entry->flush ? "flush" : "write",
		  __entry->lba, __entry->bytes)
);

/* A write or flush has ended: the slot is about to be freed and answered. */
TRACE_EVENT(sec_cmd_done,
	TP_PROTO(const struct sec_slot *slot, unsigned int reason),
	TP_ARGS(slot, reason),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u16, slot)
		__field(u64, cmd_id)
		__field(unsigned int, reason)
	),
	TP_fast_assign(
		__entry->session = slot->session->id;
		__entry->slot = slot->index;
		__entry->cmd_id = slot->id;
		__entry->reason = reason;
	),
	TP_printk("session=%08x slot=%u cmd_id=%llu reason=%s",
		  __entry->session, __entry->slot, __entry->cmd_id,
		  sec_show_reason(__entry->reason))
);

/* A command of any kind is answered with a refusal. */
TRACE_EVENT(sec_refused,
	TP_PROTO(u32 port, u16 action, u32 session, u64 cmd_id,
		 unsigned int reason),
	TP_ARGS(port, action, session, cmd_id, reason),
	TP_STRUCT__entry(
		__field(u32, port)
		__field(u16, action)
		__field(u32, session)
		__field(u64, cmd_id)
		__field(unsigned int, reason)
	),
	TP_fast_assign(
		__entry->port = port;
		__entry->action = action;
		__entry->session = session;
		__entry->cmd_id = cmd_id;
		__entry->reason = reason;
	),
	TP_printk("port=%06x action=%04x session=%08x cmd_id=%llu reason=%s",
		  __entry->port, __entry->action, __entry->session,
		  __entry->cmd_id, sec_show_reason(__entry->reason))
);

/* A frame is dropped without an answer. */
TRACE_EVENT(sec_dropped,
	TP_PROTO(u32 port, unsigned int why),
	TP_ARGS(port, why),
	TP_STRUCT__entry(
		__field(u32, port)
		__field(unsigned int, why)
	),
	TP_fast_assign(
		__entry->port = port;
		__entry->why = why;
	),
	TP_printk("port=%06x why=%s", __entry->port,
		  sec_show_drop(__entry->why))
);

/* A pair's secondary volume has another state. */
TRACE_EVENT(sec_pair_state,
	TP_PROTO(u64 pair, u16 lun, u8 state, u8 reason),
	TP_ARGS(pair, lun, state, reason),
	TP_STRUCT__entry(
		__field(u64, pair)
		__field(u16, lun)
		__field(u8, state)
		__field(u8, reason)
	),
	TP_fast_assign(
		__entry->pair = pair;
		__entry->lun = lun;
		__entry->state = state;
		__entry->reason = reason;
	),
	TP_printk("pair=%016llx lun=%u state=%s reason=%s", __entry->pair,
		  __entry->lun, sec_show_state(__entry->state),
		  sec_show_susp(__entry->reason))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE sec_trace
#include <trace/define_trace.h>
