// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: one login per secondary port, its slots, and who may use them.
 *
 * A delayed work per session drives it round DOWN > UP > FAILED > DOWN. The
 * data path only ever moves it from UP to FAILED; everything that sleeps is
 * done by the work, under session->mutex. While a session is not UP nobody
 * can get a slot, and the work ends every command that held one.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "pri.h"
#include "pri_trace.h"

#define SESSION_IDS_SHIFT	40	/* command ids of one session object */
#define WATCH_MS	250	/* deadlines and the remote port, while up */
#define CONNECT_MS	500	/* between attempts, while down */

/*
 * A secondary that has been silent for a sixth of the liveness time is sent a
 * heartbeat at each look, so several may be lost before it counts as gone. Nor
 * does it answer a primary that has been silent for half of R_A_TOV.
 */
#define HEARTBEAT_MS(s)	min_t(u32, (s)->liveness_ms / 6, 1000)
#define SILENT_LOOKS	3

static LIST_HEAD(sessions);		/* pri_lock */

static void session_free(struct kref *kref)
{
	struct pri_session *s = container_of(kref, struct pri_session, kref);

	mutex_destroy(&s->mutex);
	kfree(s);
}

/**
 * pri_session_ref() - take a reference
 * @s:		the session
 *
 * Context: any.
 */
void pri_session_ref(struct pri_session *s)
{
	kref_get(&s->kref);
}

/**
 * pri_session_unref() - drop a reference
 * @s:		the session
 *
 * Context: any but hard interrupt.
 */
void pri_session_unref(struct pri_session *s)
{
	kref_put(&s->kref, session_free);
}

static __printf(2, 3)
void set_why(struct pri_session *s, const char *fmt, ...)
{
	char why[PRI_WHY_LEN];
	bool changed;
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);

	spin_lock_bh(&s->io_lock);
	changed = strcmp(s->why, why);
	strscpy(s->why, why, sizeof(s->why));
	spin_unlock_bh(&s->io_lock);
	/* Attempts repeat twice a second; the log gets what is new. */
	if (changed)
		session_log(notice, s, "%s\n", why);
}

#define COUNT_NAME(sym, name)		[PRI_C_##sym] = name,
#define ODD_NAME(sym, name, text)	[PRI_ODD_##sym] = name,
#define ODD_TEXT(sym, name, text)	[PRI_ODD_##sym] = text,

static const char * const count_names[PRI_NR_COUNTS] = {
	PRI_COUNTS(COUNT_NAME)
};

static const char * const odd_names[PRI_NR_ODD] = { PRI_ODD_FRAMES(ODD_NAME) };
static const char * const odd_texts[PRI_NR_ODD] = { PRI_ODD_FRAMES(ODD_TEXT) };

/**
 * pri_session_odd() - a frame of the secondary is dropped
 * @s:		the session
 * @why:	why
 *
 * Late answers belong to commands that were given up, strays to exchange ids
 * that libfc reuses; the log is silent about them.
 *
 * Context: any but hard interrupt.
 */
void pri_session_odd(struct pri_session *s, enum pri_odd why)
{
	trace_pri_odd_frame(s, why);
	atomic64_inc(&s->odd[why]);
	if (why != PRI_ODD_STRAY && why != PRI_ODD_LATE)
		pr_warn_ratelimited("session %s: frame dropped (%s): %s\n",
				    s->name, odd_names[why], odd_texts[why]);
}

/**
 * pri_session_show_stats() - what a session has counted
 * @s:		the session
 * @page:	PAGE_SIZE bytes
 *
 * Context: any but hard interrupt.
 * Return: bytes written: "name number" a line.
 */
ssize_t pri_session_show_stats(struct pri_session *s, char *page)
{
	unsigned int slots, waiting, inflight, rtt_us;
	ssize_t n;
	int i;

	spin_lock_bh(&s->io_lock);
	slots = s->granted;
	pri_credit_in_use(s, &inflight, &waiting);
	rtt_us = s->rtts.class[0].srtt_us;
	n = sysfs_emit(page, "logins %llu\n", s->logins);
	spin_unlock_bh(&s->io_lock);
	n += sysfs_emit_at(page, n, "slots %u\nslots_in_use %u\nwaiting %u\nrtt_us %u\n",
			   slots, inflight, waiting, rtt_us);
	for (i = 0; i < PRI_NR_COUNTS; i++)
		n += sysfs_emit_at(page, n, "%s %lld\n", count_names[i],
				   atomic64_read(&s->counts[i]));
	for (i = 0; i < PRI_NR_ODD; i++)
		n += sysfs_emit_at(page, n, "%s_frames %lld\n", odd_names[i],
				   atomic64_read(&s->odd[i]));
	return n;
}

/**
 * pri_session_why() - why the session is not up
 * @s:		the session
 * @buf:	PRI_WHY_LEN bytes, gets a sentence or "up"
 *
 * Context: any but hard interrupt.
 */
void pri_session_why(struct pri_session *s, char *buf)
{
	spin_lock_bh(&s->io_lock);
	strscpy(buf, s->state == PRI_S_UP ? "up" : s->why, PRI_WHY_LEN);
	spin_unlock_bh(&s->io_lock);
}

/*
 * No new commands from now on; io_lock held. With an @id, only if that login is
 * in force. Return: false if not up.
 */
static bool leave_up(struct pri_session *s, u32 id)
{
	lockdep_assert_held(&s->io_lock);
	if (s->state != PRI_S_UP || (id && s->id != id))
		return false;
	s->state = PRI_S_FAILED;
	/* Under the lock: no later than the teardown of a release. */
	mod_delayed_work(pri_ctl_wq, &s->work, 0);
	return true;
}

/**
 * pri_session_fail_login() - give one login of a session up
 * @s:		the session; nothing happens unless that login is in force
 * @id:		its session id, 0 for any
 * @why:	why, a clause without a full stop
 *
 * For news that may come late, when there is another login.
 *
 * Context: any but hard interrupt.
 */
void pri_session_fail_login(struct pri_session *s, u32 id, const char *why)
{
	bool failed;

	spin_lock_bh(&s->io_lock);
	failed = leave_up(s, id);
	if (failed) {
		strscpy(s->why, why, sizeof(s->why));
		trace_pri_session_down(s);
	}
	spin_unlock_bh(&s->io_lock);
	if (failed)
		session_log(err, s, "down: %s\n", why);
}

/**
 * pri_session_fail() - give a session up
 * @s:		the session; nothing happens unless it is up
 * @fmt:	why, a clause without a full stop
 *
 * No command gets a slot after this returns; the session's work ends those
 * that have one and then logs in anew.
 *
 * Context: any but hard interrupt.
 */
void pri_session_fail(struct pri_session *s, const char *fmt, ...)
{
	char why[PRI_WHY_LEN];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	pri_session_fail_login(s, 0, why);
}

/**
 * pri_session_heard() - the secondary has answered a command
 * @s:		the session
 * @answer:	how
 *
 * The secondary may have closed the session without our being told: an
 * answer is how it comes to light.
 *
 * Context: any but hard interrupt.
 */
void pri_session_heard(struct pri_session *s, const struct pprc_answer *answer)
{
	if (answer->reason == PPRC_R_NO_SESSION ||
	    answer->reason == PPRC_R_ABORTED)
		pri_session_fail_login(s, answer->session,
				       "the secondary does not know the session any more");
}

static unsigned int watch_ms(const struct pri_session *s)
{
	return min_t(u32, WATCH_MS, s->liveness_ms / 8);
}

/**
 * pri_session_silent() - has the secondary been silent for too long
 * @s:		session that is up
 *
 * Context: any.
 * Return: true when it must be taken for gone.
 */
bool pri_session_silent(const struct pri_session *s)
{
	unsigned long silent = jiffies - READ_ONCE(s->heard);

	/* Now, if it would be too late at the next look. */
	return silent + msecs_to_jiffies(watch_ms(s)) >
	       msecs_to_jiffies(s->liveness_ms);
}

/**
 * pri_session_quiet() - is a heartbeat due
 * @s:		session that is up
 *
 * Context: any.
 * Return: true when the secondary has not been heard of for a while.
 */
bool pri_session_quiet(const struct pri_session *s)
{
	return time_after(jiffies, READ_ONCE(s->heard) +
			  msecs_to_jiffies(HEARTBEAT_MS(s)));
}

/*
 * The secondary answers a write only if it has heard of us lately. Answers to
 * others keep a session from being quiet, but it has not heard of us for them.
 */
static bool beat_due(struct pri_session *s)
{
	bool busy;

	spin_lock_bh(&s->io_lock);
	busy = !list_empty(&s->inflight);
	spin_unlock_bh(&s->io_lock);
	return busy && time_after(jiffies, s->beat +
				  msecs_to_jiffies(HEARTBEAT_MS(s)));
}

/* Is the remote port there, does it answer? */
static void watch(struct pri_session *s)
{
	unsigned int late_ms;
	bool alive = false, quiet;

	lockdep_assert_held(&s->mutex);
	quiet = pri_session_quiet(s);
	s->looks = quiet ? s->looks + 1 : 0;
	if (pprc_lport_use(s->path.pl)) {
		alive = pprc_path_alive(s->path.pl, s->remote_wwpn,
					s->path.sid, s->path.did);
		if (alive)
			pprc_path_is_target(&s->path);
		if (alive && (quiet || beat_due(s) ||
			      READ_ONCE(s->told) != pri_credit_used(s)))
			pri_heartbeat_send(s, &s->path);
		pprc_lport_unuse(s->path.pl);
	}
	if (!alive) {
		pri_session_fail(s, "the remote port is no longer logged in: check the cable, the switch and the secondary host");
		return;
	}
	/* It may be this host that stood still: then nobody has asked yet. */
	if (pri_session_silent(s) && s->looks >= SILENT_LOOKS) {
		pri_session_fail(s, "nothing was heard of the secondary for %u ms (liveness_ms): check its host and the fabric",
				 s->liveness_ms);
		return;
	}
	late_ms = pri_credit_overdue(s);
	if (late_ms)
		pri_session_fail(s, "a command was not ended within %u ms (timeout_ms), the secondary was last heard of %u ms ago: look at its backstore and at the fabric",
				 late_ms,
				 jiffies_to_msecs(jiffies - READ_ONCE(s->heard)));
}

/* End what holds or awaits a slot, forget the login. */
static void teardown(struct pri_session *s)
{
	char why[PRI_WHY_LEN];
	struct pprc_lport *pl;

	lockdep_assert_held(&s->mutex);
	pri_heartbeat_end(s);
	pri_credit_end_all(s, why);
	if (!READ_ONCE(s->stopping))
		pri_pairs_session_lost(s, why);

	spin_lock_bh(&s->io_lock);
	pl = s->path.pl;
	s->path.pl = NULL;
	s->state = PRI_S_DOWN;
	pprc_window_reset(&s->window);
	s->granted = 0;
	spin_unlock_bh(&s->io_lock);
	pprc_lport_put(pl);
	s->id = 0;
}

static int login_grant(struct pri_session *s, const struct pprc_answer *a)
{
	if (a->reason != PPRC_R_GOOD) {
		set_why(s, "login refused (%s): %s",
			pprc_reason_name(a->reason),
			pprc_reason_text(a->reason));
		return -EACCES;
	}
	if (!a->has_login || !a->login.session || !a->login.slots ||
	    a->login.slots > s->wish_slots || !a->login.slot_bytes ||
	    a->login.slot_bytes > s->wish_bytes ||
	    a->login.slot_bytes % PPRC_SLOT_UNIT || a->login.features) {
		set_why(s, "the secondary's answer to the login makes no sense: run the same release on both hosts");
		return -EPROTO;
	}
	s->granted = a->login.slots;
	s->slot_bytes = a->login.slot_bytes;
	s->id = a->login.session;
	s->peer_instance = a->login.instance;
	return 0;
}

static int login(struct pri_session *s, const struct pprc_path *path)
{
	struct pprc_answer answer;
	union pprc_cdb cdb;
	int ret;

	/* Largest power of two that leaves room for the Device_Header. */
	s->chunk = path->max_payload < PPRC_CHUNK_MIN + 16 ? 0 :
		   min_t(u32, PPRC_CHUNK_MAX,
			 rounddown_pow_of_two(path->max_payload - 16));
	if (!s->chunk) {
		set_why(s, "frames of %u bytes are too short: raise the MTU to 2500 or more",
			path->max_payload);
		return -EMSGSIZE;
	}
	ret = pri_ctl_prli(s, path);
	if (ret) {
		set_why(s, ret == -EOPNOTSUPP ?
			"the remote port does not agree to writes without FCP_XFER_RDY: load pprc_secondary there, make its TPG and enable it" :
			"no usable answer to PRLI (%d): the remote port is not ready or its link is down",
			ret);
		return ret;
	}
	/* The port may belong to another session already. */
	if (READ_ONCE(s->stopping))
		return -ENOTCONN;
	pprc_cdb_init(&cdb, PPRC_SA_LOGIN);
	cdb.login.instance = cpu_to_be64(pprc_instance());
	cdb.login.slots = cpu_to_be16(s->wish_slots);
	cdb.login.slot_bytes = cpu_to_be32(s->wish_bytes);
	cdb.login.chunk = cpu_to_be16(s->chunk);
	cdb.login.liveness_ms = cpu_to_be32(s->liveness_ms);
	ret = pri_ctl_command(s, path, &cdb, 0, &answer);
	if (ret) {
		set_why(s, "the request for slots got no usable answer (%d): see the secondary's log",
			ret);
		return ret;
	}
	return login_grant(s, &answer);
}

static void connect(struct pri_session *s)
{
	struct pprc_path path;
	int ret;

	lockdep_assert_held(&s->mutex);
	ret = pprc_path_find(s->remote_wwpn, s->local_wwpn, &path);
	if (ret) {
		set_why(s, ret == -ENODEV ?
			"there is no local FC port: create one (fcoe) or set local_wwpn to one that exists" :
			ret == -ENETDOWN ?
			"the local FC port has no link: check the cable and the interface" :
			"the remote port is not logged in to the local one: check its WWPN, zoning and the secondary host");
		return;
	}
	ret = login(s, &path);
	if (!ret)
		pprc_path_is_target(&path);
	pprc_lport_unuse(path.pl);
	if (ret) {
		pprc_lport_put(path.pl);
		return;
	}
	spin_lock_bh(&s->io_lock);
	s->path = path;
	pprc_window_grant(&s->window, s->granted);
	s->grant_seq = 0;
	s->looks = 0;
	WRITE_ONCE(s->told, s->granted);
	/* Another path or another backstore: another time. */
	memset(&s->rtts, 0, sizeof(s->rtts));
	WRITE_ONCE(s->heard, jiffies);
	s->beat = jiffies;
	s->state = PRI_S_UP;
	s->why[0] = '\0';
	s->logins++;
	spin_unlock_bh(&s->io_lock);
	trace_pri_login(s);
	session_log(info, s, "up: %u slots of %u KiB granted, %u data bytes a frame\n",
		    s->granted, s->slot_bytes >> 10, s->chunk);
}

static void session_work(struct work_struct *work)
{
	struct pri_session *s = container_of(to_delayed_work(work),
					     struct pri_session, work);
	bool up;

	mutex_lock(&s->mutex);
	if (READ_ONCE(s->stopping))
		goto out;
	if (READ_ONCE(s->state) == PRI_S_UP)
		watch(s);
	if (READ_ONCE(s->state) == PRI_S_FAILED)
		teardown(s);
	if (READ_ONCE(s->state) == PRI_S_DOWN)
		connect(s);
	up = READ_ONCE(s->state) == PRI_S_UP;
	/* Not sooner than a kick that has been queued meanwhile. */
	queue_delayed_work(pri_ctl_wq, &s->work,
			   msecs_to_jiffies(up ? watch_ms(s) : CONNECT_MS));
out:
	mutex_unlock(&s->mutex);
	wake_up_all(&s->wait);
}

/**
 * pri_session_wait_up() - wait for a login
 * @s:		the session
 * @msec:	how long at most, milliseconds
 *
 * Context: process, sleeps, can be interrupted.
 * Return: 0, -ETIMEDOUT or -EINTR; pri_session_why() says more.
 */
int pri_session_wait_up(struct pri_session *s, unsigned int msec)
{
	long left;

	left = wait_event_interruptible_timeout(s->wait,
						READ_ONCE(s->state) == PRI_S_UP,
						msecs_to_jiffies(msec));
	/* Not to be restarted: what the caller has checked may have changed. */
	return left < 0 ? -EINTR : left ? 0 : -ETIMEDOUT;
}

/**
 * pri_session_grant() - what has been granted in a login
 * @s:		the session
 * @id:		session id, as of pri_session_is()
 * @slots:	number of slots
 * @bytes:	size of each
 *
 * Context: any but hard interrupt.
 * Return: false when that login has ended.
 */
bool pri_session_grant(struct pri_session *s, u32 id, u16 *slots, u32 *bytes)
{
	bool is;

	spin_lock_bh(&s->io_lock);
	is = s->state == PRI_S_UP && s->id == id;
	*slots = s->granted;
	*bytes = s->slot_bytes;
	spin_unlock_bh(&s->io_lock);
	return is;
}

/**
 * pri_session_is() - is a login in force
 * @s:		the session
 * @id:		session id, as an answer to a command of that login says it
 *
 * Context: any but hard interrupt.
 * Return: false when it has ended; there may be another one.
 */
bool pri_session_is(struct pri_session *s, u32 id)
{
	bool is;

	spin_lock_bh(&s->io_lock);
	is = s->state == PRI_S_UP && s->id == id;
	spin_unlock_bh(&s->io_lock);
	return is;
}

static struct pri_session *session_alloc(const struct pri_pair *pair)
{
	struct pri_session *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	kref_init(&s->kref);
	/* A login must not look like a repetition of another session's. */
	s->next_id = pprc_serial() << SESSION_IDS_SHIFT;
	s->remote_wwpn = pair->remote_wwpn;
	s->local_wwpn = pair->local_wwpn;
	pprc_wwpn_format(s->name, s->remote_wwpn);
	mutex_init(&s->mutex);
	INIT_DELAYED_WORK(&s->work, session_work);
	INIT_DELAYED_WORK(&s->kick, pri_credit_kick);
	pri_recover_init(s);
	init_waitqueue_head(&s->wait);
	spin_lock_init(&s->io_lock);
	INIT_LIST_HEAD(&s->inflight);
	INIT_LIST_HEAD(&s->turns);
	s->wish_slots = pair->slots;
	s->wish_bytes = pair->slot_kib << 10;
	s->liveness_ms = pair->liveness_ms;
	s->query_min_ms = pair->query_min_ms;
	return s;
}

/**
 * pri_session_get() - the session a pair will use
 * @pair:	pair being enabled
 *
 * Pairs with the same ports share one session and its slots. The first one's
 * wishes decide how many slots of what size it asks for.
 *
 * Context: process, sleeps.
 * Return: the session with a reference and counted for the pair, to be given
 * back by pri_session_release(); ERR_PTR(-ENOMEM); ERR_PTR(-EBUSY) when the
 * secondary is in use through a local port chosen in another way, for it takes
 * one login per local port.
 */
struct pri_session *pri_session_get(struct pri_pair *pair)
{
	struct pri_session *s;
	unsigned int noio;

	mutex_lock(&pri_lock);
	/* A resume that stops a disk's I/O may in the end wait for this lock. */
	noio = memalloc_noio_save();
	list_for_each_entry(s, &sessions, node) {
		if (s->remote_wwpn != pair->remote_wwpn)
			continue;
		if (s->local_wwpn == pair->local_wwpn)
			goto found;
		if (!s->local_wwpn || !pair->local_wwpn) {
			pair_log(err, pair, "not enabled: another pair uses %s with %s local_wwpn: set it for all pairs of that port or for none\n",
				 s->name, s->local_wwpn ? "a" : "no");
			s = ERR_PTR(-EBUSY);
			goto out;
		}
	}
	s = session_alloc(pair);
	if (!s) {
		s = ERR_PTR(-ENOMEM);
		goto out;
	}
	list_add_tail(&s->node, &sessions);
	s->pairs++;
	pprc_login_want(&s->wanted, s->remote_wwpn, s->local_wwpn);
	queue_delayed_work(pri_ctl_wq, &s->work, 0);
	goto out;
found:
	s->pairs++;
	pri_session_ref(s);
out:
	memalloc_noio_restore(noio);
	mutex_unlock(&pri_lock);
	return s;
}

static void logout(struct pri_session *s)
{
	struct pprc_answer answer;
	union pprc_cdb cdb;

	if (READ_ONCE(s->state) != PRI_S_UP || !pprc_lport_use(s->path.pl))
		return;
	pprc_cdb_init(&cdb, PPRC_SA_LOGOUT);
	/* If this fails the secondary keeps the slots until the port logs out. */
	pri_ctl_command(s, &s->path, &cdb, 0, &answer);
	pprc_lport_unuse(s->path.pl);
}

/**
 * pri_session_release() - a pair uses its session no longer
 * @s:		session; the pair has no command under way
 *
 * The last pair logs out.
 *
 * Context: process, sleeps.
 */
void pri_session_release(struct pri_session *s)
{
	bool last;

	mutex_lock(&pri_lock);
	last = !--s->pairs;
	if (last)
		list_del(&s->node);
	mutex_unlock(&pri_lock);
	if (last) {
		/* Sooner than the mutex, for who has it may be logging in. */
		WRITE_ONCE(s->stopping, true);
		pprc_login_unwant(&s->wanted);
		mutex_lock(&s->mutex);
		logout(s);
		spin_lock_bh(&s->io_lock);
		leave_up(s, 0);
		spin_unlock_bh(&s->io_lock);
		if (READ_ONCE(s->state) == PRI_S_FAILED)
			teardown(s);
		mutex_unlock(&s->mutex);
		cancel_delayed_work_sync(&s->work);
		cancel_delayed_work_sync(&s->kick);
		pri_recover_exit(s);
	}
	pri_session_unref(s);
}

/**
 * pri_session_state_change() - tell the secondary of a pair's state
 * @s:		the pair's session
 * @pair:	the pair
 * @state:	enum pprc_state
 * @reason:	enum pprc_susp_reason if @state is suspended, else 0
 * @answer:	the secondary's answer if 0 is returned; it may be a refusal
 *
 * Context: process, sleeps.
 * Return: 0; -ENOTCONN when the session is not up; an error of
 * pri_ctl_command().
 */
int pri_session_state_change(struct pri_session *s, struct pri_pair *pair,
			     u8 state, u8 reason, struct pprc_answer *answer)
{
	union pprc_cdb cdb;
	int ret = -ENOTCONN;

	mutex_lock(&s->mutex);
	if (READ_ONCE(s->state) != PRI_S_UP || !pprc_lport_use(s->path.pl))
		goto out;
	pprc_cdb_init(&cdb, PPRC_SA_STATE);
	cdb.hdr.pair = cpu_to_be64(pair->id);
	cdb.hdr.generation = cpu_to_be64(pair->generation);
	cdb.state.blocks = cpu_to_be64(pair->blocks);
	cdb.state.block_bytes = cpu_to_be32(pair->block_bytes);
	cdb.state.state = state;
	cdb.state.reason = reason;
	ret = pri_ctl_command(s, &s->path, &cdb, pair->secondary_lun, answer);
	pprc_lport_unuse(s->path.pl);
	/*
	 * The secondary may have changed its mind without our knowing, or not
	 * know of ours; a new login makes it suspend the pair. What was never
	 * sent (-ENOMEM, -EAGAIN) is harmless if it was to be full-duplex.
	 */
	if (ret && (state != PPRC_STATE_FULL_DUPLEX ||
		    (ret != -ENOMEM && ret != -EAGAIN)))
		pri_session_fail(s, "no usable answer to a state change");
	else if (!ret)
		pri_session_heard(s, answer);
out:
	mutex_unlock(&s->mutex);
	return ret;
}

/**
 * pri_lport_gone() - libfc removes a local port
 * @pl:		the port
 *
 * Context: process; libfc's fc_prov_mutex held, so nothing is waited for.
 */
void pri_lport_gone(struct pprc_lport *pl)
{
	struct pri_session *s;

	mutex_lock(&pri_lock);
	list_for_each_entry(s, &sessions, node)
		if (READ_ONCE(s->path.pl) == pl)
			pri_session_fail(s, "the local FC port was removed");
	mutex_unlock(&pri_lock);
}
