#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lab-canary.sh
#
# Does the debug kernel see what it is there for, and does the lab hear it?
# Loads a module that makes one mistake after the other, and looks for each in
# the kernel log and in the leak reports as tests/run.sh does.  TAP.

set -u
TESTS=$(dirname "$(dirname "$(realpath "$0")")")
export LAB_KERNEL=debug
# shellcheck source=tests/vm/lab.sh
. "$TESTS/vm/lab.sh"

# Mistake and what must be reported of it, in this order: lockdep is silent after
# its own first report of locks, and also after one of KASAN.
faults='
rcu	suspicious RCU usage
sleep	BUG: sleeping function called from invalid context
shift	UBSAN: shift-out-of-bounds
preempt	BUG: using smp_processor_id\(\) in preemptible
work	ODEBUG: free active .*canary
list	list_del corruption
order	possible circular locking dependency
oob	KASAN: slab-out-of-bounds in .*canary
uaf	KASAN: (slab-)?use-after-free in .*canary
'

canary_source()
{
	cat <<'EOF'
// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

static char *fault = "";
module_param(fault, charp, 0);

static DEFINE_SPINLOCK(lock_a);
static DEFINE_SPINLOCK(lock_b);
static void __rcu *pointer;
static volatile int sink, much = 40, beyond = 32;

static void nothing(struct work_struct *work)
{
}

static noinline void canary_leak(void)
{
	sink = *(char *)kzalloc(48, GFP_KERNEL);
}

static noinline void canary_memory(bool after)
{
	char *p = kzalloc(32, GFP_KERNEL);

	if (!p)
		return;
	if (after)
		kfree(p);
	OPTIMIZER_HIDE_VAR(p);
	sink = p[after ? 0 : beyond];
	if (!after)
		kfree(p);
}

static noinline void canary_work(void)
{
	struct delayed_work *w = kzalloc(sizeof(*w), GFP_KERNEL);

	if (!w)
		return;
	INIT_DELAYED_WORK(w, nothing);
	schedule_delayed_work(w, HZ * 3600);
	OPTIMIZER_HIDE_VAR(w);
	kfree(w);
}

static noinline void canary_list(void)
{
	LIST_HEAD(head);
	struct list_head entry;

	list_add(&entry, &head);
	list_del(&entry);
	list_del(&entry);
}

static noinline void canary_order(void)
{
	spin_lock(&lock_a);
	spin_lock(&lock_b);
	spin_unlock(&lock_b);
	spin_unlock(&lock_a);
	spin_lock(&lock_b);
	spin_lock(&lock_a);
	spin_unlock(&lock_a);
	spin_unlock(&lock_b);
}

static int __init canary_init(void)
{
	int i;

	if (!strcmp(fault, "uaf") || !strcmp(fault, "oob")) {
		canary_memory(fault[0] == 'u');
	} else if (!strcmp(fault, "shift")) {
		sink = 1 << much;
	} else if (!strcmp(fault, "sleep")) {
		spin_lock(&lock_a);
		/* a mutex would also be the first report of lockdep */
		might_sleep();
		spin_unlock(&lock_a);
	} else if (!strcmp(fault, "work")) {
		canary_work();
	} else if (!strcmp(fault, "list")) {
		canary_list();
	} else if (!strcmp(fault, "preempt")) {
		sink = smp_processor_id();
	} else if (!strcmp(fault, "rcu")) {
		sink = !!rcu_dereference(pointer);
	} else if (!strcmp(fault, "order")) {
		canary_order();
	} else if (!strcmp(fault, "leak")) {
		/* one of them may still be in a register */
		for (i = 0; i < 8; i++)
			canary_leak();
	}
	return 0;
}

static void __exit canary_exit(void)
{
}

module_init(canary_init);
module_exit(canary_exit);
MODULE_DESCRIPTION("makes one mistake");
MODULE_LICENSE("GPL");
EOF
}

n=0 failed=0

# verdict NAME OUTPUT PATTERN
verdict()
{
	n=$((n + 1))
	if grep -qE "$3" <<< "$2"; then
		echo "ok $n canary-$1"
	else
		echo "not ok $n canary-$1 # not reported: $3"
		printf '# %s\n' "${2//$'\n'/$'\n# '}"
		failed=$((failed + 1))
	fi
}

# mistake NAME: make it, print what the log says of it
mistake()
{
	local mark

	mark=$(lab_mark primary)
	on primary "insmod $1 fault=$2; rmmod canary" >&2
	lab_until 5 "! lab_dirty primary $mark > /dev/null"
	lab_dirty primary "$mark"
}

mapfile -t lines < <(grep . <<< "$faults")
echo "TAP version 14"
echo "1..$((${#lines[@]} + 4))"
"$TESTS/deps.sh" debug vm >&2 || exit 1

LAB_LIMIT=$(lab_scale 300)
lab_new canary || exit 1
lab_accel
ko=/mnt/share/canary/canary.ko
mkdir "$LAB_SHARE/canary"
canary_source > "$LAB_SHARE/canary/canary.c"
echo 'obj-m := canary.o' > "$LAB_SHARE/canary/Kbuild"
make -C "$KHDRDIR" M="$LAB_SHARE/canary" modules > "$LAB_RUN/build.log" 2>&1 || {
	lab_fail "the module does not build: $(grep -m 1 -E 'error:|\*\*\*' "$LAB_RUN/build.log")"
	exit 1
}
lab_boot primary && lab_wait primary || exit 1

# Seconds as long as the lab's, and timers that do not wait for a tick.
# shellcheck disable=SC2016	# the guest expands it
verdict clock "$(on primary 'echo $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource) \
	$(sed -n "s/.*event_handler: *hrtimer_interrupt/fine/p" /proc/timer_list)')" '^(tsc|kvm-clock) fine fine'
verdict nothing "$({ lab_dirty primary; lab_leaks primary; echo quiet; } | head -n 1)" '^quiet'
for line in "${lines[@]}"; do
	verdict "${line%%$'\t'*}" "$(mistake $ko "${line%%$'\t'*}")" "${line#*$'\t'}"
done
on primary "insmod $ko fault=leak" >&2
leaks=$(lab_leaks primary)
verdict leak "$leaks" 'leak of [0-9]+ bytes by insmod at .*canary_leak'
verdict silence "$leaks" 'lockdep is off'

[ $failed -eq 0 ] || lab_fail "$failed mistakes not reported"
lab_end
[ $failed -eq 0 ]
