// SPDX-License-Identifier: GPL-2.0
/*
 * What was refused and what was dropped: one count per reason since the module
 * was loaded, and per session for what belongs to one. Every refusal of a
 * command and every frame dropped without an answer passes through here.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include "sec.h"
#include "sec_trace.h"

static atomic64_t refused[PPRC_NR_REASONS];
static atomic64_t dropped[SEC_NR_DROPS];

#define DROP_NAME(sym, name, text)	[SEC_D_##sym] = name,
#define DROP_TEXT(sym, name, text)	[SEC_D_##sym] = text,

static const char * const drop_names[SEC_NR_DROPS] = { SEC_DROPS(DROP_NAME) };
static const char * const drop_texts[SEC_NR_DROPS] = { SEC_DROPS(DROP_TEXT) };

static const char * const count_names[SEC_NR_COUNTS] = {
	[SEC_C_WRITES]		= "writes",
	[SEC_C_WRITE_BYTES]	= "write_bytes",
	[SEC_C_FLUSHES]		= "flushes",
	[SEC_C_REFUSED]		= "refused",
	[SEC_C_EARLY]		= "early",
	[SEC_C_NO_REPLY]	= "no_reply",
	[SEC_C_NOT_AWAITED]	= "not_awaited",
	[SEC_C_QUERIES]		= "queries",
	[SEC_C_RESENDS]		= "resends",
	[SEC_C_GAPS]		= "gaps",
	[SEC_C_HEARTBEATS]	= "heartbeats",
	[SEC_C_GROWN]		= "grown",
	[SEC_C_SHRUNK]		= "shrunk",
	[SEC_C_LATE]		= "late",
};

/**
 * sec_refused() - a command is going to be refused
 * @s:		its session, or NULL
 * @port:	FC_ID of the remote port
 * @cdb:	its extended CDB
 * @reason:	why, not PPRC_R_GOOD
 *
 * The caller writes the log, for it knows more.
 *
 * Context: any.
 */
void sec_refused(struct sec_session *s, u32 port, const union pprc_cdb *cdb,
		 enum pprc_reason reason)
{
	trace_sec_refused(port, be16_to_cpu(cdb->hdr.action),
			  be32_to_cpu(cdb->hdr.session),
			  be64_to_cpu(cdb->hdr.cmd_id), reason);
	if (reason < PPRC_NR_REASONS)
		atomic64_inc(&refused[reason]);
	if (s)
		sec_count(s, SEC_C_REFUSED);
}

/**
 * sec_dropped() - a frame is dropped without an answer
 * @s:		its session, or NULL
 * @port:	FC_ID of the remote port
 * @why:	why
 *
 * Repetitions and stragglers belong to networks that lose and repeat, frames
 * without a session to the end of one; the log is silent about them.
 *
 * Context: any.
 */
void sec_dropped(struct sec_session *s, u32 port, enum sec_drop why)
{
	trace_sec_dropped(port, why);
	atomic64_inc(&dropped[why]);
	if (s)
		atomic64_inc(&s->drops[why]);
	if (why != SEC_D_DUP && why != SEC_D_STALE && why != SEC_D_STRAY)
		pr_warn_ratelimited("port %06x: frame dropped (%s): %s\n",
				    port, drop_names[why], drop_texts[why]);
}

/**
 * sec_stat_show_session() - what a session has counted
 * @s:		the session
 * @page:	PAGE_SIZE bytes
 * @at:		where to begin
 *
 * Context: any.
 * Return: bytes written: " name number" for each.
 */
ssize_t sec_stat_show_session(struct sec_session *s, char *page, ssize_t at)
{
	ssize_t n = at;
	int i;

	for (i = 0; i < SEC_NR_COUNTS; i++)
		n += sysfs_emit_at(page, n, " %s %lld", count_names[i],
				   atomic64_read(&s->counts[i]));
	for (i = 0; i < SEC_NR_DROPS; i++)
		n += sysfs_emit_at(page, n, " %s %lld", drop_names[i],
				   atomic64_read(&s->drops[i]));
	return n - at;
}

/**
 * sec_stat_show_refusals() - all that was refused or dropped
 * @page:	PAGE_SIZE bytes
 *
 * Context: any.
 * Return: bytes written: "refused name number" or "dropped name number" a line.
 */
ssize_t sec_stat_show_refusals(char *page)
{
	ssize_t n = 0;
	int i;

	for (i = 1; i < PPRC_NR_REASONS; i++)
		n += sysfs_emit_at(page, n, "refused %s %lld\n",
				   pprc_reason_name(i),
				   atomic64_read(&refused[i]));
	for (i = 0; i < SEC_NR_DROPS; i++)
		n += sysfs_emit_at(page, n, "dropped %s %lld\n", drop_names[i],
				   atomic64_read(&dropped[i]));
	return n;
}
