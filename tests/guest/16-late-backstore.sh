# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 16-late-backstore: a disk of the secondary that hangs suspends the pair on it, and no other of the session; all slots serve again meanwhile; the pair cannot be resumed before the disk has ended what it has; when nobody refuses any more, the session ends; a disk of the primary that hangs is named
# lab: one
# time: 45
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_log 'device-mapper: core: CONFIG_IMA_DISABLE_HTABLE' \
	'^pprc_secondary: port [0-9a-f:]+: destage_limit_ms not changed: ' \
	'^pprc_secondary: session [0-9a-f:]+: (write|flush) refused \((backstore-late|aborted|no-pair), ' \
	'^pprc_secondary: session [0-9a-f:]+: the backstore of LUN [01] has ended a late command' \
	'^pprc_secondary: session [0-9a-f:]+: closing waits for ' \
	'^pprc_secondary: port [0-9a-f]+: command f80[0136] refused \((busy|no-session)\): ' \
	'^pprc_primary: pair p[01]: suspended \((secondary-error|path-loss)\): ' \
	'^pprc_primary: pair p0: not resumed: the secondary refused \(busy\)' \
	'^pprc_primary: session [0-9a-f:]+: down: ' \
	'^pprc_primary: pair p1: a write of 32 blocks at block 0 has taken [0-9]+ s: (the local device has not ended it|it is behind another write)' \
	'callbacks suppressed$'
expects_cut_writes

cat > "$LAB_SHARE/late.sh" << 'EOG'
SLOTS=4
LIMIT=$(scaled 1000)
A=$(tpg_of $SW)/attrib

# hold NAME, go NAME: a disk of the secondary stands still; goes on
hold() { dmsetup suspend --noudevsync --noflush $1 || fail "$1 cannot be held"; }
go() { dmsetup resume --noudevsync $1 || fail "$1 cannot go on"; }

# hang PAIR DISK: as many writes as there are slots, one of them with FUA; none is
# ended by the secondary, so it is the pair's suspension that ends them. Sets JOBS.
hang()
{
	JOBS=
	# The first must not be late before the last is there.
	put 60000 $A/destage_limit_ms
	fio --name=w --filename=$2 --rw=randwrite --bs=16k --iodepth=$((SLOTS - 1)) --ioengine=libaio --direct=1 \
		--size=4m --number_ios=$((SLOTS - 1)) --output-format=terse > /tmp/fio.$1 2>&1 &
	JOBS+=" $!"
	wait_for 20 "[ \$(session_stat $1 slots_in_use) = $((SLOTS - 1)) ]" || fail "$1 hangs with $(session_stat $1 slots_in_use) writes"
	dd if=/dev/urandom of=$2 bs=16k count=1 seek=1000 oflag=direct,dsync status=none &
	JOBS+=" $!"
	wait_for 20 "[ \$(session_stat $1 slots_in_use) = $SLOTS ]" || fail "$1 hangs with $(session_stat $1 slots_in_use) writes"
	put $LIMIT $A/destage_limit_ms
}

# ended WHAT: the host's writes have succeeded all the same
ended()
{
	local job

	for job in $JOBS; do
		wait $job || fail "$1: a host write has failed: $(cat /tmp/fio.*)"
	done
}

# verified DISK: writes that use all slots
verified()
{
	fio --name=v --filename=$1 --rw=randwrite --bsrange=4k-64k --blockalign=4k --iodepth=8 --ioengine=libaio --direct=1 \
		--size=4m --verify=crc32c --serialize_overlap=1 --do_verify=1 --output-format=terse > /tmp/fio.v 2>&1 ||
		fail "fio: $(cat /tmp/fio.v)"
}

# mirrored PAIR...: everything went to both copies
mirrored()
{
	local p

	for p; do
		[ "$(pair_get $p state) $(pair_stat $p local_writes)" = "full-duplex ${LOCAL[$p]:-0}" ] ||
			fail "$p is $(pair_get $p state), $(pair_stat $p local_writes) local writes: $(pair_get $p reason)"
	done
	[ "$(session_stat p0 slots_in_use)$(session_stat p0 waiting)" = 00 ] || fail "credits are lost: $(cat $PAIRS/p0/session_stats)"
}
declare -A LOCAL

# again PAIR FROM TO: copied and resumed
again()
{
	dd if=$2 of=$3 bs=1M count=64 oflag=direct iflag=direct status=none || fail "$1 cannot be copied"
	wait_for 60 "pair_resume $1" || fail "$1 is not resumed: $(dmesg | tail -n 2)"
	LOCAL[$1]=$(pair_stat $1 local_writes)
}
EOG

# answers.pl FILE SESSION: the number of answers of other sessions, and of this one.
cat > "$LAB_SHARE/answers.pl" << 'PERL'
use strict;
use warnings;
require "$ENV{SHARE}/frames.pl";

my ($file, $session) = @ARGV;
my @n = (0, 0);
for my $h (frames::load($file)) {
	next if $h->{type} != 8 || $h->{r_ctl} != 7 || length $h->{body} < 48;
	$n[(frames::answer($h))[1] == hex $session]++;
}
print "@n\n";
PERL

need on primary -t 240 'export SHARE; . $SHARE/late.sh
modprobe dm-mod && roles_up || exit 1
n=$(blockdev --getsz /dev/ram1)
dmsetup create slow0 --noudevsync --table "0 $n linear /dev/ram1 0" &&
	dmsetup create slow1 --noudevsync --table "0 $n linear $(disk spare) 0" && dmsetup mknodes &&
	s0=$(backstore_block store /dev/mapper/slow0) && s1=$(backstore_block store1 /dev/mapper/slow1) &&
	sec_tpg $SW && sec_lun $SW 0 $s0 && sec_lun $SW 1 $s1 && sec_acl $SW $PW 0 1 || fail "no target"
refused "Invalid argument" "destage_limit_ms" put 99 $A/destage_limit_ms
put $LIMIT $A/destage_limit_ms && put 0 $A/extra_slots || fail "no limit"
dmsetup create half --noudevsync --table "0 $n linear $(disk data) 0" && dmsetup mknodes || fail "no volume"
D0=$(pair_up p0 /dev/ram0 $SW 0 slots=$SLOTS slot_kib=64 timeout_ms=$((LIMIT * 4))) &&
	D1=$(pair_up p1 /dev/mapper/half $SW 1 timeout_ms=$((LIMIT * 4))) || fail "no pairs: $(dmesg | tail -n 3)"

# All slots hang. The other pair waits for one, and gets it.
hold slow0
hang p0 $D0
timeout 60 dd if=/dev/urandom of=$D1 bs=16k count=1 oflag=direct status=none || fail "p1 gets no slot"
wait_for 20 "pair_is p0 state suspended" || fail "p0 is $(pair_get p0 state)"
ended "p0 hangs"
grep -q "^secondary-error: the secondary refused a write (backstore-late, sense 4/00/00): " $PAIRS/p0/reason ||
	fail "p0 is suspended: $(pair_get p0 reason)"
grep -q "^0 .* target-suspended secondary-error " $A/pairs || fail "the secondary says $(cat $A/pairs)"
wait_for 20 "[ \$(sec_stat $SW late_now) = $SLOTS ]" || fail "late are $(sec_stat $SW late_now) of $SLOTS: $(cat $A/sessions)"
verified $D1
mirrored p1
[ "$(session_stat p1 logins)" = 1 ] || fail "the session has ended: $(session_stat p1 logins) logins"
echo "$SLOTS of $SLOTS slots hung, p1 has made $(pair_stat p1 writes) writes meanwhile"

# What hangs could still be written over what is written after this.
refused "Device or resource busy" "p0: not resumed: the secondary refused .busy." pair_resume p0
[ "$(pair_get p0 state)" = suspended ] || fail "p0 is $(pair_get p0 state)"
go slow0
wait_for 20 "[ \$(sec_stat $SW late_now) = 0 ]" || fail "late are still $(sec_stat $SW late_now)"
dmesg | grep -q "the backstore of LUN 0 has ended a late command after" || fail "nobody says that it has ended: $(dmesg | tail -n 4)"
[ "$(sec_stat $SW late)" = $SLOTS ] || fail "$(sec_stat $SW late) were late, not $SLOTS"
again p0 /dev/ram0 /dev/ram1
verified $D0
mirrored p0 p1
disks_equal /dev/ram0 /dev/ram1 || fail "the copies of p0 differ"

# As many hang as were granted, and then more: those are not refused, so in the end
# the session is given up, and the next one waits for the disks.
hold slow0
hang p0 $D0
wait_for 20 "pair_is p0 state suspended" || fail "p0 is $(pair_get p0 state)"
ended "p0 hangs again"
hold slow1
hang p1 $D1
wait_for 60 "pair_is p1 state suspended" || fail "p1 is $(pair_get p1 state)"
ended "p1 hangs, too"
grep -q "^path-loss: a command was not ended within $((LIMIT * 4)) ms (timeout_ms)" $PAIRS/p1/reason || fail "p1 is suspended: $(pair_get p1 reason)"
[ "$(sec_stat $SW late_now)" = $SLOTS ] || fail "late are $(sec_stat $SW late_now), not $SLOTS"
wait_for 30 "dmesg | grep -q \"closing waits for $((2 * SLOTS)) commands\"" || fail "nobody says why the session does not end: $(dmesg | tail -n 3)"
# The primary has given that session up longer than R_A_TOV / 2 ago (2 s here): it is
# not answered any more.
gone=$(awk "\$4 == \"closing\" { print \$3 }" $A/sessions)
sniff va /tmp/sniffed
go slow0
go slow1
wait_for 60 "pair_is p0 session \"up,*\"" || fail "no new session: $(pair_get p0 session)"
sniff_end
answers=$(perl $SHARE/answers.pl /tmp/sniffed $gone)
[ "${answers% *}" -gt 0 ] && [ "${answers#* }" = 0 ] ||
	fail "answers of other sessions, and of $gone, which nobody has any more: $answers"
again p0 /dev/ram0 /dev/ram1
again p1 /dev/mapper/half $(disk spare)
verified $D0
verified $D1
mirrored p0 p1
disks_equal /dev/ram0 /dev/ram1 || fail "the copies of p0 differ"

# A disk of the primary: what is for it waits, the first as well as who is behind it.
scaled 2 > /sys/block/${D1#/dev/}/device/timeout
hold half
JOBS=
for i in 1 2; do
	dd if=/dev/urandom of=$D1 bs=16k count=1 oflag=direct status=none &
	JOBS+=" $!"
done
for what in "the local device has not ended it: check that disk" "it is behind another write to the same blocks"; do
	wait_for 20 "dmesg | grep -q \"pair p1: a write of 32 blocks at block 0 has taken [1-9][0-9]* s: $what\"" ||
		fail "nobody says: $what; but $(dmesg | tail -n 2)"
done
go half
ended "the local disk of p1 hangs"
mirrored p1
disks_equal /dev/mapper/half /dev/mapper/slow1 || fail "the copies of p1 differ"
pair_down p0 && pair_down p1 && sec_drop $SW && backstore_drop store && backstore_drop store1 &&
	dmsetup remove --noudevsync slow0 && dmsetup remove --noudevsync slow1 && dmsetup remove --noudevsync half && dmsetup mknodes ||
	fail "not taken down"
roles_down'
