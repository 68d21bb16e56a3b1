/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pprc_secondary.ko, private definitions.
 *
 * A write, file by file: sec_recv.c (frames into a slot) > sec_submit.c
 * (digest, LIO) > backstore > sec_submit.c (release_cmd) > sec_reply.c.
 * One that the backstore does not end: sec_late.c.
 * Everything that is no write or flush: sec_recv.c > sec_control.c.
 *
 * Locks, outermost first:
 *	libfc's rp_mutex > fc_prov_mutex > lports_lock (pprc_core) > sec_lock
 *	slot->lock, queue locks: leaves
 * sec_lock is not held when anything of libfc or LIO is called that takes a
 * lock of its own, but for the lookup of a LUN under RCU.
 *
 * References:
 *	struct sec_session: the table of sessions, later its close work (1),
 *		the nexus (1), pairs it has written to (1 each), who waits for
 *		the end (1). Frames use it under RCU only.
 *		The session's works (watch, resize, refill) hold none: the close
 *		work cancels them before it drops its own
 *	struct sec_slot: session->slots, until the session closes or shrinks,
 *		or the list of late ones, until the backstore has ended it;
 *		session->busy counts those that are with the backstore, and
 *		closing waits for them. Its timer holds none: the close work
 *		stops those of all slots before @refill, which answers queue,
 *		and who frees a slot stops its own
 *	struct sec_nexus: the list of nexuses
 *	struct sec_pair: the TPG's list; that of all pairs has none, and
 *		session->pairs points to it under RCU
 */
#ifndef _PPRC_SEC_H
#define _PPRC_SEC_H

#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <scsi/fc_frame.h>
#include <target/target_core_base.h>
#include <target/target_core_fabric.h>
#include <pprc/codec.h>
#include <pprc/compat.h>
#include <pprc/core.h>
#include <pprc/fill.h>
#include <pprc/rtt.h>

struct sec_session;

/**
 * struct sec_wwn - a local port configured as a secondary
 * @se_wwn:	LIO
 * @wwpn:	its World Wide Port Name
 * @name:	the same as text
 * @node:	in the list of ports; sec_lock
 * @tpg:	its only TPG or NULL; sec_lock
 */
struct sec_wwn {
	struct se_wwn		se_wwn;
	u64			wwpn;
	char			name[PPRC_WWPN_LEN];
	struct list_head	node;
	struct sec_tpg		*tpg;
};

/**
 * struct sec_tpg - what the port offers
 * @se_tpg:	LIO
 * @wwn:	its port
 * @wanted:	makes libfc hurry with logins of the port
 * @enabled:	sec_lock
 * @logins:	logins being worked on; sec_lock
 * @sessions:	open and closing sessions; sec_lock
 * @pairs:	struct sec_pair; sec_lock
 * @idle:	woken when a login or session ends
 * @max_slots:	most slots a session is granted
 * @max_slot_kib: largest slot a session is granted, KiB
 * @extra_slots: most slots that are added to a session while it is busy
 * @extra_slots_ms: time without need after which they are given back
 * @gap_us:	least time frames are waited for that the last one of a write has
 *		overtaken; 0: what is missing is said only when asked for
 * @destage_limit_ms: how long a backstore may take for a command
 */
struct sec_tpg {
	struct se_portal_group	se_tpg;
	struct sec_wwn		*wwn;
	struct pprc_wanted	wanted;
	bool			enabled;
	unsigned int		logins;
	struct list_head	sessions;
	struct list_head	pairs;
	wait_queue_head_t	idle;
	u32			max_slots;
	u32			max_slot_kib;
	u32			extra_slots;
	u32			extra_slots_ms;
	u32			gap_us;
	u32			destage_limit_ms;
};

/**
 * struct sec_nexus - a remote port whose PRLI disabled write FCP_XFER_RDY
 * @node:	in the list of nexuses; sec_lock
 * @pl:		local port, memory reference
 * @peer:	FC_ID of the remote port
 * @wwpn:	its name
 * @tpg:	what it may log in to; sec_lock
 * @session:	its session or NULL; sec_lock
 * @login_id:	command id of the latest login since the PRLI; sec_lock
 * @instance:	its instance id of the primary; sec_lock
 */
struct sec_nexus {
	struct list_head	node;
	struct pprc_lport	*pl;
	u32			peer;
	u64			wwpn;
	struct sec_tpg		*tpg;
	struct sec_session	*session;
	u64			login_id;
	u64			instance;
};

/**
 * struct sec_pair - a pair whose secondary volume is a LUN of this TPG
 * @node:	in the TPG's list; sec_lock
 * @all:	in the list of all TPGs' pairs; sec_lock
 * @rcu:	frees it
 * @id:		identity of the pair
 * @generation:	identity of its data; writes of another one are refused
 * @blocks:	size of the primary volume; writes beyond are refused
 * @block_bytes: logical block size
 * @lun:	LUN as the primary sees it: its ACL may map it to another one
 * @tpg_lun:	LUN of the TPG
 * @dev_index:	LIO's number of the backstore it was established with
 * @writer:	last session that wrote to it, referenced; sec_lock
 * @state:	enum pprc_state, shown with "target-"; sec_lock
 * @reason:	enum pprc_susp_reason; sec_lock
 * @session:	session that writes to it or NULL; sec_lock
 */
struct sec_pair {
	struct list_head	node;
	struct list_head	all;
	struct rcu_head		rcu;
	u64			id;
	u64			generation;
	u64			blocks;
	u32			block_bytes;
	u16			lun;
	u16			tpg_lun;
	int			dev_index;
	struct sec_session	*writer;
	u8			state;
	u8			reason;
	struct sec_session	*session;
};

enum sec_slot_state {
	SEC_SLOT_FREE,		/* last command answered */
	SEC_SLOT_FILLING,	/* frames of a command are coming */
	SEC_SLOT_BUSY,		/* complete: with sec_submit.c and LIO */
	SEC_SLOT_LATE,		/* the same, but its command is refused */
	SEC_SLOT_GONE,		/* was LATE, has ended, waits to be freed */
};

/**
 * struct sec_slot - a payload buffer and a data buffer, allocated at login or
 * when the session grows
 * @lock:	protects @state, @ox_id, @reason, @guessed and @reported, and the
 *		rest until the slot is BUSY; after that the submission owns the
 *		rest alone
 * @session:	its session
 * @index:	its number
 * @node:	in the list of late slots; sec_lock
 * @since:	jiffies when it became BUSY
 * @state:	enum sec_slot_state
 * @known:	the command has come and is in @payload
 * @id:		command id of the current or last command
 * @ox_id:	exchange to answer: that of the command's latest repetition;
 *		FC_XID_UNKNOWN when none awaits the answer
 * @reason:	how the last command ended: a repetition is answered with it
 * @lun:	LUN
 * @flushing:	write done, flush for FUA under way
 * @tries:	how often LIO was asked
 * @dev_index:	backstore the command is meant for
 * @payload:	payload buffer: the extended CDB as received
 * @fill:	which data has come
 * @pages:	data buffer, 4 KiB each
 * @sg:		data buffer for LIO, physically contiguous pieces
 * @nents:	entries of @sg
 * @work:	submission
 * @se_cmd:	LIO's command
 * @sense:	its sense data
 * @status:	SAM status LIO gave, or SEC_NO_STATUS
 * @gap:	says what is missing when it has not come after the last frame
 * @gap_due_ns:	when that is due
 * @end_ox:	exchange whose last frame has come, or FC_XID_UNKNOWN
 * @guessed:	@gap has said what the command lacks, unasked
 * @reported:	the primary was told what it lacks, no more and no less
 */
struct sec_slot {
	spinlock_t		lock;
	struct sec_session	*session;
	u16			index;
	struct list_head	node;
	unsigned long		since;
	u8			state;
	bool			known;
	u64			id;
	u16			ox_id;
	u16			reason;
	u16			lun;
	bool			flushing;
	u8			tries;
	int			dev_index;
	union pprc_cdb		payload;
	struct pprc_fill	fill;
	struct page		**pages;
	struct scatterlist	*sg;
	unsigned int		nents;
	struct work_struct	work;
	struct se_cmd		se_cmd;
	u8			sense[TRANSPORT_SENSE_BUFFER];
	int			status;
	struct hrtimer		gap;
	u64			gap_due_ns;
	u16			end_ox;
	bool			guessed;
	bool			reported;
};

#define SEC_NO_STATUS	(-1)

/* What is counted per session. */
enum sec_count {
	SEC_C_WRITES,		/* writes answered GOOD */
	SEC_C_WRITE_BYTES,	/* their bytes */
	SEC_C_FLUSHES,		/* flushes answered GOOD */
	SEC_C_REFUSED,		/* commands refused or failed */
	SEC_C_EARLY,		/* data frames ahead of their command */
	SEC_C_NO_REPLY,		/* answers lost for want of a frame */
	SEC_C_NOT_AWAITED,	/* answers not sent: nobody is there for them */
	SEC_C_QUERIES,		/* commands asked for */
	SEC_C_RESENDS,		/* writes sent again, in part */
	SEC_C_GAPS,		/* losses reported without being asked */
	SEC_C_HEARTBEATS,	/* heartbeats answered */
	SEC_C_GROWN,		/* slots added for writes to come */
	SEC_C_SHRUNK,		/* slots given back of those */
	SEC_C_LATE,		/* commands the backstore took too long for */
	SEC_NR_COUNTS
};

/*
 * Why a frame is dropped without an answer. Those that belong to a session are
 * counted there, too.
 *	X(symbol, name, what is wrong with it)
 */
#define SEC_DROPS(X)							\
	X(MALFORMED,	"malformed",					\
	  "its header is not that of a PPRC command or of PPRC data")	\
	X(STRAY,	"stray",					\
	  "its session is not open, or not this port's")		\
	X(BAD_SLOT,	"bad_slot",					\
	  "it names a slot that was not granted, or no command")	\
	X(SLOT_BUSY,	"slot_busy",					\
	  "its slot holds another command that has not been answered")	\
	X(BAD_CRC,	"bad_crc",					\
	  "its FC CRC is wrong: check the cable, unless a pair was suspended just now") \
	X(BAD_OFFSET,	"bad_offset",					\
	  "its data lies outside the write or overlaps another frame's") \
	X(STALE,	"stale", "its command is settled")		\
	X(DUP,		"dup", "it has come already")			\
	X(QUEUE,	"queue_full",					\
	  "too many commands wait to be refused or to log in")		\
	X(NO_MEMORY,	"no_memory",					\
	  "it came in pieces, and there was no memory to join them")

#define SEC_ENUM_DROP(sym, name, text)	SEC_D_##sym,
enum sec_drop { SEC_DROPS(SEC_ENUM_DROP) SEC_NR_DROPS };

/**
 * struct sec_session - one login
 * @kref:	see the list of references above
 * @id:		names it on the wire
 * @tpg:	its TPG
 * @node:	in @tpg->sessions; sec_lock
 * @pl:		local port, memory reference
 * @local:	FC_ID of the local port
 * @peer:	FC_ID of the remote port
 * @name:	WWPN of the remote port
 * @se_sess:	LIO's session
 * @opened:	found by frames; sec_lock
 * @closing:	sec_lock
 * @login_id:	command id of the login that made it
 * @instance:	instance id of the primary
 * @last_ctl:	command id of the last control command; sec_lock
 * @last_answer: how it was answered, for its repetitions; sec_lock
 * @liveness_ms: silence after which the primary gives the session up
 * @heard:	jiffies of the last frame from the primary; without a lock
 * @watch:	closes the session when the primary is gone
 * @close_work:	closes it
 * @closed:	completed when everything is given back
 * @hangs:	a login has waited for that in vain; sec_lock
 * @busy:	slots with the backstore, and one until the session closes
 * @drained:	completed when @busy falls to 0
 * @nr_slots:	number of slots; stored by the login and by @resize alone
 * @base_slots:	number granted at login
 * @max_slots:	number it may grow to
 * @grant:	what answers say: number of slots in the low half, count of its
 *		changes in the high one; stored as @nr_slots
 * @used:	what the primary's last heartbeat said, in the same way
 * @want_more:	a write said that it had to wait for a slot
 * @wanted:	jiffies when one last did
 * @grow_at:	jiffies before which no slots are added: memory was short
 * @gone_id:	no slot that was given back has had a higher command id; @resize
 *		alone
 * @resize:	adds slots, gives them back and replaces late ones
 * @nr_late:	its slots in the list of late ones; sec_lock
 * @slot_bytes:	size of each data buffer
 * @chunk:	data bytes of a full frame
 * @slots:	the slots
 * @pairs:	struct sec_pair by LUN, read under RCU
 * @replies:	frames for answers
 * @refill:	makes new ones
 * @gap_us:	time overtaken frames are waited for; without a lock
 * @floor:	every command id below is settled, as far as commands received
 *		have said; written without a lock, so it may lag
 * @counts:	enum sec_count
 * @drops:	enum sec_drop
 */
struct sec_session {
	struct kref		kref;
	u32			id;
	struct sec_tpg		*tpg;
	struct list_head	node;
	struct pprc_lport	*pl;
	u32			local;
	u32			peer;
	char			name[PPRC_WWPN_LEN];
	struct se_session	*se_sess;
	bool			opened;
	bool			closing;
	u64			login_id;
	u64			instance;
	u64			last_ctl;
	struct pprc_answer	last_answer;
	u32			liveness_ms;
	unsigned long		heard;
	struct delayed_work	watch;
	struct work_struct	close_work;
	struct completion	closed;
	bool			hangs;
	refcount_t		busy;
	struct completion	drained;
	u16			nr_slots;
	u16			base_slots;
	u16			max_slots;
	u32			grant;
	u32			used;
	bool			want_more;
	unsigned long		wanted;
	unsigned long		grow_at;
	u64			gone_id;
	struct work_struct	resize;
	unsigned int		nr_late;
	u32			slot_bytes;
	u16			chunk;
	struct sec_slot		**slots;
	struct xarray		pairs;
	struct sk_buff_head	replies;
	struct work_struct	refill;
	u32			gap_us;
	u64			floor;
	atomic64_t		counts[SEC_NR_COUNTS];
	atomic64_t		drops[SEC_NR_DROPS];
};

/* A frame of the session's primary has come. */
static inline void sec_heard(struct sec_session *s)
{
	unsigned long now = jiffies;

	/* Not written for each frame: they come on all CPUs. */
	if (READ_ONCE(s->heard) != now)
		WRITE_ONCE(s->heard, now);
}

/*
 * How long after a command came, or its primary was heard of, an answer may be
 * sent, in milliseconds. A primary that has given up uses the exchange id for
 * something else R_A_TOV later, and its libfc may take what comes then for the
 * end of that. Half of the time is for the answer's way.
 */
static inline unsigned int sec_answer_ms(const struct fc_lport *lport)
{
	return lport->r_a_tov / 2;
}

static inline void sec_count(struct sec_session *s, enum sec_count what)
{
	atomic64_inc(&s->counts[what]);
}

/* The slot with this number, if it is granted. */
static inline struct sec_slot *sec_slot_get(struct sec_session *s,
					    unsigned int index)
{
	/* Pairs with the release in sec_slot.c. RCU protects from shrinking. */
	return index < smp_load_acquire(&s->nr_slots) ?
		READ_ONCE(s->slots[index]) : NULL;
}

/* What is granted now, into an answer. */
static inline void sec_grant(struct sec_session *s, struct pprc_answer *a)
{
	u32 grant = READ_ONCE(s->grant);

	a->slots = grant & 0xffff;
	a->grant_seq = grant >> 16;
}

#define sec_log(level, s, fmt, ...) \
	pr_##level("session %s: " fmt, (s)->name, ##__VA_ARGS__)

/* sec_main.c */
extern struct mutex sec_lock;
extern struct workqueue_struct *sec_wq;		/* data path, bound */
extern struct workqueue_struct *sec_ctl_wq;	/* control, unbound */
extern struct xarray sec_sessions;		/* by id, read under RCU */

/* sec_configfs.c */
extern const struct target_core_fabric_ops sec_fabric_ops;
struct sec_tpg *sec_tpg_by_wwpn(u64 wwpn);
void sec_shutdown(void);

/* sec_port.c */
int sec_port_init(void);
void sec_port_exit(void);
struct pprc_lport *sec_port_use(struct fc_lport *lport);
struct sec_nexus *sec_nexus_find(struct pprc_lport *pl, u32 peer);
void sec_nexus_forget_tpg(struct sec_tpg *tpg);

/* sec_session.c */
enum pprc_reason sec_session_open(struct pprc_lport *pl, u32 local, u32 peer,
				  const struct pprc_cdb_login *login,
				  struct pprc_answer *answer);
void sec_session_kill(struct sec_session *s);
void sec_session_get(struct sec_session *s);
void sec_session_put(struct sec_session *s);
void sec_session_idle(struct sec_session *s);
void sec_tpg_close_all(struct sec_tpg *tpg);
void sec_session_end_lio(struct sec_tpg *tpg, struct se_session *se_sess);
ssize_t sec_tpg_show_sessions(struct sec_tpg *tpg, char *page);

/* sec_slot.c */
struct sec_slot *sec_slot_alloc(struct sec_session *s, unsigned int index);
void sec_slot_free(struct sec_slot *slot);
u8 sec_slot_state(struct sec_slot *slot);
int sec_slots_alloc(struct sec_session *s);
void sec_slots_quiet(struct sec_session *s);
void sec_slots_free(struct sec_session *s);
void sec_slots_wanted(struct sec_session *s);
void sec_slots_idle(struct sec_session *s);
void sec_slots_used(struct sec_session *s, u16 slots, u16 grant_seq);
void sec_resize_work(struct work_struct *work);
unsigned int sec_slot_cut_sg(struct sec_slot *slot, u32 bytes);
void sec_slot_restore_sg(struct sec_slot *slot);

/* sec_late.c */
void sec_late_watch(struct sec_session *s);
void sec_late_replace(struct sec_session *s);
void sec_late_reap(struct sec_session *s);
bool sec_late_pending(struct sec_session *s, u16 lun, int dev_index);

/* sec_pair.c */
enum pprc_reason sec_pair_change(struct sec_session *s, u16 lun,
				 const struct pprc_cdb_state *cdb,
				 struct pprc_answer *answer);
enum pprc_reason sec_pair_check(struct sec_slot *slot);
void sec_pairs_suspend(struct sec_session *s);
void sec_pairs_free(struct sec_tpg *tpg);
ssize_t sec_pairs_show(struct sec_tpg *tpg, char *page);

/* sec_recv.c */
void sec_recv(struct fc_lport *lport, struct fc_frame *fp);
enum hrtimer_restart sec_gap_out(struct hrtimer *timer);

/* sec_crc.c */
u32 sec_crc(struct sk_buff *skb);
void sec_crc_init(void);
void sec_crc_exit(void);

/* sec_stat.c */
void sec_refused(struct sec_session *s, u32 port, const union pprc_cdb *cdb,
		 enum pprc_reason reason);
void sec_dropped(struct sec_session *s, u32 port, enum sec_drop why);
ssize_t sec_stat_show_session(struct sec_session *s, char *page, ssize_t at);
ssize_t sec_stat_show_refusals(char *page);

/* sec_submit.c */
void sec_submit_work(struct work_struct *work);
int sec_queue_status(struct se_cmd *se_cmd);
void sec_release_cmd(struct se_cmd *se_cmd);
void sec_slot_refuse(struct sec_slot *slot, enum pprc_reason reason);
void sec_slot_answer(struct sec_slot *slot, u16 ox_id, enum pprc_reason reason);

/* sec_reply.c */
int sec_replies_init(struct sec_session *s);
void sec_replies_free(struct sec_session *s);
struct fc_frame *sec_reply_alloc(void);
void sec_reply(struct sec_session *s, u16 ox_id,
	       const struct pprc_answer *answer);
void sec_reply_control(struct fc_frame *rx, const struct pprc_answer *answer);
void sec_reply_scsi(struct fc_frame *rx, u8 status, const u8 *data, u32 len,
		    const u8 *sense, u32 sense_len, u32 resid);
void sec_reply_tmf(struct fc_frame *rx, u8 code);

/* sec_control.c */
void sec_control_init(void);
void sec_control_exit(void);
void sec_control_queue(struct fc_lport *lport, struct fc_frame *fp,
		       enum pprc_reason reason);

#endif
