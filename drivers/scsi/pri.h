/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pprc_primary.ko, private definitions.
 *
 * A write, file by file: pri_host.c (queuecommand) > pri_io.c (both legs) >
 * pri_credit.c (a slot) > pri_send.c (frames) > pri_xchg.c (answer) >
 * pri_credit.c (the slot is free) > pri_io.c (completion). When no answer
 * comes, pri_recover.c asks for it.
 *
 * Locks, outermost first:
 *	pair->mutex > session->mutex > lports_lock (pprc_core) > pri_lock
 *	pair->lock, session->io_lock, xchg->lock, range lock: leaves
 * With a leaf held nothing is called that takes a lock of ours; libfc's send
 * functions are called under xchg->lock. pair->lock and the range lock are
 * taken in hard interrupts (end of a bio), the others at most in soft ones.
 *
 * References:
 *	struct pri_pair: its configfs item (1), its SCSI device (1)
 *	struct pri_session: each pair that is enabled (1), each exchange (1);
 *		the last pair stops the works and the timer before it drops its
 *		own
 *	struct pri_xchg: the sender until it has sent everything (1), the open
 *		exchange until it is answered, closed or given up (1), who takes
 *		it from its command to give it up (1); of a heartbeat the
 *		session keeps the sender's until the next one or its teardown
 *	struct pri_cmd: its legs, see there; the last one completes it
 */
#ifndef _PPRC_PRI_H
#define _PPRC_PRI_H

#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/configfs.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <pprc/codec.h>
#include <pprc/compat.h>
#include <pprc/core.h>
#include <pprc/rtt.h>
#include <pprc/window.h>

struct pri_xchg;

#define PRI_WHY_LEN	256

/*
 * Range lock: writes that overlap an earlier one wait until it has completed
 * on both copies, so both copies see them in the same order.
 */
struct pri_ranges {
	spinlock_t		lock;		/* everything below */
	struct rb_root_cached	tree;		/* holders */
	struct list_head	waiting;	/* in order of arrival */
};

/**
 * struct pri_range - one write's claim
 * @rb:		in pri_ranges.tree while held
 * @start:	first block
 * @last:	last block
 * @subtree_last: interval tree
 * @node:	in pri_ranges.waiting while not held
 */
struct pri_range {
	struct rb_node		rb;
	u64			start;
	u64			last;
	u64			subtree_last;
	struct list_head	node;
};

void pri_ranges_init(struct pri_ranges *r);
bool pri_range_lock(struct pri_ranges *r, struct pri_range *range);
void pri_range_unlock(struct pri_ranges *r, struct pri_range *range,
		      struct list_head *granted);

/* Order of the states: a session goes round, it never skips one. */
enum pri_session_state {
	PRI_S_DOWN,		/* looking for a path */
	PRI_S_UP,		/* logged in, slots granted */
	PRI_S_FAILED,		/* no new commands; the work will end the rest */
};

/*
 * Frames of the secondary on an exchange of ours that are no answer to its
 * command. They are dropped; the exchange goes on waiting.
 *	X(symbol, name, what is wrong with it)
 */
#define PRI_ODD_FRAMES(X)						\
	X(MALFORMED,	"malformed",					\
	  "its sense data is not that of a PPRC answer")		\
	X(STRAY,	"stray",					\
	  "it answers another command or another session")		\
	X(UNASKED,	"unasked",					\
	  "it is no FCP_RSP, and nothing else was asked for")		\
	X(LATE,		"late",						\
	  "its command has ended without it")

#define PRI_ENUM_ODD(sym, name, text)	PRI_ODD_##sym,
enum pri_odd { PRI_ODD_FRAMES(PRI_ENUM_ODD) PRI_NR_ODD };

/* What is counted per session, and the names it is shown with. */
#define PRI_COUNTS(X)							\
	X(QUERIES,	"queries")					\
	X(RESENDS,	"resends")					\
	X(GAPS,		"gaps")						\
	X(RESENT_FRAMES, "resent_frames")				\
	X(HEARTBEATS,	"heartbeats")

#define PRI_ENUM_COUNT(sym, name)	PRI_C_##sym,
enum pri_count { PRI_COUNTS(PRI_ENUM_COUNT) PRI_NR_COUNTS };

/**
 * struct pri_session - login of this host to one secondary port
 * @node:	in the list of sessions; pri_lock
 * @kref:	see the list of references above
 * @remote_wwpn: the secondary port, constant
 * @local_wwpn:	local port to use, 0 for any, constant
 * @name:	"<remote wwpn>" for the log, constant
 * @wanted:	makes libfc hurry; while pairs use the session
 * @liveness_ms: silence after which the secondary counts as gone, constant
 * @query_min_ms: no answer is asked for earlier, constant
 * @mutex:	serialises login, teardown and control commands
 * @work:	connects, watches, tears down
 * @kick:	sends what could not be sent for want of memory
 * @pairs:	enabled pairs that use the session; pri_lock
 * @stopping:	no pair is left; set without a lock, never reset
 * @wish_slots:	slots to ask for at the next login; @mutex
 * @wish_bytes:	slot size to ask for at the next login; @mutex
 * @path:	valid while not PRI_S_DOWN; written under @mutex while DOWN
 * @id:		session id given by the secondary; as @path
 * @slot_bytes:	size of each granted slot; as @path
 * @granted:	number of granted slots; as @path
 * @chunk:	data bytes per frame; as @path
 * @peer_instance: the secondary's instance id; as @path
 * @wait:	woken when @state or @why changes
 * @heard:	jiffies of the last frame from the secondary; without a lock
 * @heartbeat:	exchange of the last heartbeat, referenced, or NULL; @mutex
 * @beat:	jiffies when it was sent, or of the login; @mutex
 * @looks:	how often in a row it has been found silent; @mutex
 * @told:	what the last heartbeat that was answered had said of slots;
 *		without a lock
 * @recover:	asks for answers that are late
 * @counts:	enum pri_count
 * @odd:	enum pri_odd, frames counted
 * @io_lock:	protects the rest
 * @state:	enum pri_session_state
 * @window:	the slots
 * @inflight:	commands that hold a slot, ascending command ids
 * @grant_seq:	counts the changes of the grant, as the secondary does
 * @turns:	pairs with commands that wait for a slot, next one first
 * @rtts:	how long answers take
 * @rto:	runs out when a command is due
 * @rto_at:	when that is, ktime_get_ns(), 0 when it does not run
 * @next_id:	last command id; never reset, so ids stay unique over logins,
 *		and of no other session of this instance
 * @why:	why the session is not up, a sentence for people
 * @logins:	successful logins
 */
struct pri_session {
	struct list_head	node;
	struct kref		kref;
	u64			remote_wwpn;
	u64			local_wwpn;
	char			name[PPRC_WWPN_LEN];
	struct pprc_wanted	wanted;
	u32			liveness_ms;
	u32			query_min_ms;

	struct mutex		mutex;
	struct delayed_work	work;
	struct delayed_work	kick;
	unsigned int		pairs;
	bool			stopping;
	u16			wish_slots;
	u32			wish_bytes;
	struct pprc_path	path;
	u32			id;
	u32			slot_bytes;
	u16			granted;
	u16			chunk;
	u64			peer_instance;
	wait_queue_head_t	wait;

	unsigned long		heard;
	struct pri_xchg		*heartbeat;
	unsigned long		beat;
	unsigned int		looks;
	u32			told;
	struct work_struct	recover;
	atomic64_t		counts[PRI_NR_COUNTS];
	atomic64_t		odd[PRI_NR_ODD];

	spinlock_t		io_lock;
	enum pri_session_state	state;
	struct pprc_window	window;
	struct list_head	inflight;
	u16			grant_seq;
	struct list_head	turns;
	struct pprc_rtts	rtts;
	struct hrtimer		rto;
	u64			rto_at;
	u64			next_id;
	char			why[PRI_WHY_LEN];
	u64			logins;
};

/**
 * struct pri_pair - one protected volume
 * @group:	its configfs item
 * @kref:	see the list of references above
 * @mutex:	serialises enable, disable, resume and changes of attributes
 * @node:	in the list of enabled pairs; pri_lock
 * @id:		identity of the pair, from its name or set; const while enabled
 * @device:	path of the local device; const while enabled
 * @remote_wwpn: secondary port; const while enabled
 * @local_wwpn:	local port, 0 for any; const while enabled
 * @secondary_lun: LUN of the volume behind the secondary port; const while enabled
 * @slots:	slots wished for; const while enabled
 * @slot_kib:	slot size wished for, KiB; const while enabled
 * @timeout_ms:	how long the secondary may take for a command
 * @liveness_ms: as wished for its session; const while enabled
 * @query_min_ms: the same
 * @connect_timeout_ms: how long enabling and resuming wait for a login
 * @assume_equal: the operator has vouched for equal volumes; @mutex
 * @bounce:	write from private copies always; without a lock
 * @enabled:	@mutex
 * @lun:	LUN on our SCSI host while enabled
 * @admit:	the SCSI layer may make its device now; pri_lock
 * @bdev:	the local device, claimed while enabled
 * @block_bytes: its logical block size
 * @blocks:	its size in logical blocks
 * @max_sectors: largest request of /dev/sdX, 512-byte sectors
 * @queue_depth: requests under way at most; more than slots were granted when
 *		it was enabled, so that need for more can show
 * @generation:	identity of the data while enabled
 * @session:	session while enabled
 * @sdev:	the SCSI device while enabled; @mutex
 * @wq:		work that may wait for the local disk: one that hangs must not
 *		keep the other pairs from theirs. Made by enabling, destroyed by
 *		disabling when @sdev has gone, and with it all requests
 * @ranges:	range lock
 * @lock:	protects the rest
 * @state:	enum pprc_state; read without the lock on the data path
 * @reason:	enum pprc_susp_reason
 * @detail:	what exactly happened at the last suspension
 * @notify:	tells the secondary of a suspension
 * @writes:	writes acknowledged on both copies
 * @write_bytes: their bytes
 * @local_writes: writes acknowledged on the primary alone
 * @rewrites:	writes repeated because the host changed its memory meanwhile
 * @reads:	reads
 * @waiting:	commands that wait for a slot; session->io_lock
 * @turn:	in session->turns while there are such; session->io_lock
 */
struct pri_pair {
	struct config_group	group;
	struct kref		kref;
	struct mutex		mutex;
	struct list_head	node;

	u64			id;
	char			*device;
	u64			remote_wwpn;
	u64			local_wwpn;
	u16			secondary_lun;
	u16			slots;
	u16			slot_kib;
	u32			timeout_ms;
	u32			connect_timeout_ms;
	u32			liveness_ms;
	u32			query_min_ms;
	bool			assume_equal;
	bool			bounce;

	bool			enabled;
	u64			lun;
	bool			admit;
	struct pprc_bdev	bdev;
	u32			block_bytes;
	u64			blocks;
	u32			max_sectors;
	u16			queue_depth;
	u64			generation;
	struct pri_session	*session;
	struct scsi_device	*sdev;
	struct workqueue_struct	*wq;
	struct pri_ranges	ranges;

	spinlock_t		lock;
	u8			state;
	u8			reason;
	char			detail[PRI_WHY_LEN];
	struct work_struct	notify;

	atomic64_t		writes;
	atomic64_t		write_bytes;
	atomic64_t		local_writes;
	atomic64_t		rewrites;
	atomic64_t		reads;

	struct list_head	waiting;
	struct list_head	turn;
};

static inline const char *pri_pair_name(struct pri_pair *pair)
{
	return config_item_name(&pair->group.cg_item);
}

#define pair_log(level, pair, fmt, ...) \
	pr_##level("pair %s: " fmt, pri_pair_name(pair), ##__VA_ARGS__)
#define session_log(level, s, fmt, ...) \
	pr_##level("session %s: " fmt, (s)->name, ##__VA_ARGS__)

enum pri_op {
	PRI_READ,
	PRI_WRITE,
	PRI_FLUSH,
};

enum pri_recover_op {
	PRI_ASK,		/* what has become of it? */
	PRI_RESEND,		/* this is what was missing */
};

/**
 * struct pri_cmd - driver part of a scsi_cmnd
 * @work:	runs the command out of queuecommand's atomic context, once
 *		more when it had to wait for the range lock
 * @end_work:	ends the local leg out of the block layer's locks
 * @send_work:	sends the remote leg when it had to wait for a slot
 * @recover_work: asks for the answer, or sends what is missing
 * @sc:		the command
 * @pair:	its pair
 * @op:		what it is
 * @fua:	stable on both copies before completion
 * @locked:	holds the range lock
 * @mirrored:	the remote leg was started and has not failed
 * @again:	both legs must be written once more, from a private copy
 * @copy:	private copy of the data, or NULL
 * @copy_nents:	its pieces
 * @lba:	first block
 * @blocks:	number of blocks
 * @legs:	the submitter, the local leg and the remote leg; last completes
 * @local:	result of the local leg
 * @local_leg:	the local device has it; hint, without a lock
 * @range:	range lock
 * @sending:	its frames are just being sent; hint, without a lock
 * @node:	in pair->waiting or session->inflight; session->io_lock
 * @id:		command id; session->io_lock
 * @slot:	slot, while @has_slot; session->io_lock
 * @has_slot:	it holds one of the login it was submitted to; session->io_lock
 * @floor:	smallest id under way when @id was given; session->io_lock
 * @deadline:	jiffies when an answer is overdue; session->io_lock
 * @retried:	had a slot before: @deadline stays; session->io_lock
 * @more:	it had to wait for its slot; session->io_lock
 * @tries:	how often it was asked for; session->io_lock
 * @due_ns:	when it will be asked for; session->io_lock
 * @resent_ns:	when data was last sent again; session->io_lock
 * @xchgs:	its open exchanges; session->io_lock
 * @recover_op:	what @recover_work does; session->io_lock
 * @nr_missing:	ranges in @missing; session->io_lock
 * @missing:	what the secondary lacks; session->io_lock
 * @payload_crc: CRC-32C of the data
 */
struct pri_cmd {
	struct work_struct	work;
	struct work_struct	end_work;
	struct work_struct	send_work;
	struct work_struct	recover_work;
	struct scsi_cmnd	*sc;
	struct pri_pair		*pair;
	enum pri_op		op;
	bool			fua;
	bool			locked;
	bool			mirrored;
	bool			again;
	struct scatterlist	*copy;
	unsigned int		copy_nents;
	u64			lba;
	u32			blocks;
	atomic_t		legs;
	blk_status_t		local;
	bool			local_leg;
	struct pri_range	range;
	bool			sending;

	struct list_head	node;
	u64			id;
	u64			floor;
	u16			slot;
	bool			has_slot;
	unsigned long		deadline;
	bool			retried;
	bool			more;
	u8			tries;
	u64			due_ns;
	u64			resent_ns;
	struct list_head	xchgs;
	enum pri_recover_op	recover_op;
	u8			nr_missing;
	struct pprc_range	missing[PPRC_RANGES_MAX];
	u32			payload_crc;
};

static inline u32 pri_cmd_bytes(const struct pri_cmd *cmd)
{
	return cmd->blocks * cmd->pair->block_bytes;
}

/* Bytes of data that go with the command. */
static inline u32 pri_cmd_dl(const struct pri_cmd *cmd)
{
	return cmd->op == PRI_WRITE ? pri_cmd_bytes(cmd) : 0;
}

/* Where a read or write finds its data. */
static inline struct scatterlist *pri_cmd_sgl(const struct pri_cmd *cmd)
{
	return cmd->copy ? cmd->copy : scsi_sglist(cmd->sc);
}

static inline unsigned int pri_cmd_nents(const struct pri_cmd *cmd)
{
	return cmd->copy ? cmd->copy_nents : scsi_sg_count(cmd->sc);
}

/**
 * struct pri_ctl - a control command somebody waits for
 * @done:	completed by the answer or the end of the exchange
 * @error:	0, or why there is no answer
 * @answer:	decoded sense data, if @error is 0
 * @agreed:	PRLI only: the secondary disabled FCP_XFER_RDY
 */
struct pri_ctl {
	struct completion	done;
	int			error;
	struct pprc_answer	answer;
	bool			agreed;
};

enum pri_xchg_kind {
	PRI_X_CONTROL,		/* somebody waits for it */
	PRI_X_HEARTBEAT,
	PRI_X_FIRST,		/* a write or flush */
	PRI_X_QUERY,		/* asks for one */
	PRI_X_RESEND,		/* brings what it lacked */
};

/**
 * struct pri_xchg - one Fibre Channel exchange of ours
 * @refs:	see the list of references above; the last one reaps
 * @lock:	protects @seq until the sender holds the exchange, @open,
 *		@closed, @park_ms, @parked, @ctl
 * @session:	its session, referenced
 * @pl:		local port, user reference: libfc's port and exchange manager
 *		stay until this exchange is reaped
 * @sid:	FC_ID of the local port
 * @did:	FC_ID of the remote port
 * @session_id:	session on the wire
 * @chunk:	data bytes per frame
 * @seq:	libfc's sequence, its exchange held by us
 * @els:	a PRLI; answers of another type are not ours
 * @open:	an answer or the end of the exchange is awaited
 * @closed:	given up or ended; must not be opened any more
 * @park_ms:	given up: keep the OX_ID from reuse for so long
 * @parked:	@reap is queued, unreferenced and waiting for @park_ms to pass
 * @kind:	what it carries
 * @sent_ns:	when it began, ktime_get_ns()
 * @used:	what a heartbeat says of slots
 * @cmd:	command it belongs to; session->io_lock
 * @cmd_node:	in its list of exchanges; session->io_lock
 * @ctl:	who waits for it instead; @lock
 * @expect_id:	command id the answer must carry
 * @reap:	delayed start of reaping
 * @reap_node:	in the list of exchanges to reap
 */
struct pri_xchg {
	refcount_t		refs;
	spinlock_t		lock;
	struct pri_session	*session;
	struct pprc_lport	*pl;
	u32			sid;
	u32			did;
	u32			session_id;
	u16			chunk;
	struct fc_seq		*seq;
	bool			els;
	bool			open;
	bool			closed;
	unsigned int		park_ms;
	bool			parked;
	enum pri_xchg_kind	kind;
	u64			sent_ns;
	u32			used;
	struct pri_cmd		*cmd;
	struct list_head	cmd_node;
	struct pri_ctl		*ctl;
	u64			expect_id;
	struct delayed_work	reap;
	struct llist_node	reap_node;
};

/* pri_main.c */
extern struct mutex pri_lock;		/* lists of pairs and sessions */
/* Data path, bound, MEM_RECLAIM: for work that waits for no disk. */
extern struct workqueue_struct *pri_send_wq;
extern struct workqueue_struct *pri_ctl_wq; /* control, unbound, MEM_RECLAIM */

/* pri_configfs.c */
int pri_configfs_init(void);
void pri_configfs_exit(void);

/* pri_pair.c */
struct pri_pair *pri_pair_alloc(const char *name);
void pri_pair_get(struct pri_pair *pair);
void pri_pair_put(struct pri_pair *pair);
int pri_pair_enable(struct pri_pair *pair);
int pri_pair_disable(struct pri_pair *pair, bool force);
int pri_pair_resume(struct pri_pair *pair);
void pri_pairs_session_lost(struct pri_session *s, const char *why);
void pri_pair_suspend(struct pri_pair *pair, enum pprc_susp_reason reason,
		      const char *fmt, ...) __printf(3, 4);
struct pri_pair *pri_pair_by_lun(u64 lun);
unsigned int pri_pair_luns(u64 *luns, unsigned int max);

/* pri_host.c */
int pri_host_init(void);
void pri_host_exit(void);
struct scsi_device *pri_host_add(struct pri_pair *pair);

/* pri_emul.c */
void pri_emulate(struct pri_pair *pair, struct scsi_cmnd *sc);
void pri_sense(struct scsi_cmnd *sc, u8 key, u8 asc, u8 ascq);

/* pri_io.c */
int pri_io_init(void);
void pri_io_exit(void);
void pri_cmd_init(struct pri_cmd *cmd, struct scsi_cmnd *sc);
void pri_io_start(struct pri_cmd *cmd);
void pri_io_late(struct pri_cmd *cmd);
void pri_io_send_later(struct pri_cmd *cmd);
void pri_remote_done(struct pri_cmd *cmd, const struct pprc_answer *answer,
		     enum pprc_susp_reason susp, const char *why);

/* pri_session.c */
struct pri_session *pri_session_get(struct pri_pair *pair);
void pri_session_ref(struct pri_session *s);
void pri_session_unref(struct pri_session *s);
void pri_session_release(struct pri_session *s);
int pri_session_wait_up(struct pri_session *s, unsigned int msec);
bool pri_session_is(struct pri_session *s, u32 id);
bool pri_session_grant(struct pri_session *s, u32 id, u16 *slots, u32 *bytes);
bool pri_session_silent(const struct pri_session *s);
bool pri_session_quiet(const struct pri_session *s);
void pri_session_odd(struct pri_session *s, enum pri_odd why);
ssize_t pri_session_show_stats(struct pri_session *s, char *page);
void pri_session_why(struct pri_session *s, char *buf);
void pri_session_fail(struct pri_session *s, const char *fmt, ...)
	__printf(2, 3);
void pri_session_fail_login(struct pri_session *s, u32 id, const char *why);
void pri_session_heard(struct pri_session *s, const struct pprc_answer *answer);
int pri_session_state_change(struct pri_session *s, struct pri_pair *pair,
			     u8 state, u8 reason, struct pprc_answer *answer);
void pri_lport_gone(struct pprc_lport *pl);

/* pri_credit.c */
void pri_credit_submit(struct pri_session *s, struct pri_cmd *cmd);
bool pri_credit_path(struct pri_session *s, struct pri_cmd *cmd,
		     struct pprc_path *path);
bool pri_credit_begin(struct pri_session *s, struct pri_cmd *cmd,
		      struct pri_xchg *x);
struct pri_cmd *pri_credit_claim(struct pri_xchg *x);
bool pri_credit_detach(struct pri_xchg *x);
void pri_credit_retry(struct pri_session *s, struct pri_cmd *cmd);
void pri_credit_kick(struct work_struct *work);
unsigned int pri_credit_overdue(struct pri_session *s);
void pri_credit_granted(struct pri_session *s, const struct pprc_answer *a);
u32 pri_credit_used(struct pri_session *s);
void pri_credit_end_all(struct pri_session *s, char *why);
void pri_credit_in_use(struct pri_session *s, unsigned int *inflight,
		       unsigned int *waiting);

/* pri_recover.c */
void pri_recover_init(struct pri_session *s);
void pri_recover_exit(struct pri_session *s);
void pri_recover_arm(struct pri_session *s, struct pri_cmd *cmd, u64 now);
bool pri_recover_answer(struct pri_xchg *x, const struct pprc_answer *a);
void pri_recover_cmd(struct pri_cmd *cmd);

/* pri_send.c */
int pri_send(struct pri_session *s, struct pri_cmd *cmd);
void pri_send_query(struct pri_session *s, struct pri_cmd *cmd);
void pri_send_missing(struct pri_session *s, struct pri_cmd *cmd,
		      const struct pprc_range *ranges, unsigned int n);
u32 pri_payload_crc(struct pri_cmd *cmd);

/* pri_xchg.c */
int pri_xchg_init(void);
void pri_xchg_exit(void);
struct pri_xchg *pri_xchg_alloc(struct pri_session *s,
				const struct pprc_path *path);
int pri_xchg_open(struct pri_xchg *x, struct fc_frame *fp);
void pri_xchg_put(struct pri_xchg *x);
void pri_xchg_abandon(struct pri_xchg *x, bool settled);
void pri_heartbeat_send(struct pri_session *s, const struct pprc_path *path);
void pri_heartbeat_end(struct pri_session *s);
int pri_ctl_prli(struct pri_session *s, const struct pprc_path *path);
int pri_ctl_command(struct pri_session *s, const struct pprc_path *path,
		    union pprc_cdb *cdb, u16 lun, struct pprc_answer *answer);
struct fc_frame *pri_cmnd_frame(struct pri_xchg *x, const union pprc_cdb *cdb,
				u16 lun, u32 dl);

#endif
