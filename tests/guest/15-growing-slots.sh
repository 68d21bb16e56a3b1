# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 15-growing-slots: when a first extended CDB and its data have come and it had to wait, a second payload and data buffer are allocated, then filled by a second write; up to a limit, and given back when they are needed no longer; what was written into one is not written again into its successor
# lab: one
# time: 35
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_log 'device-mapper: core: CONFIG_IMA_DISABLE_HTABLE' \
	'^pprc_secondary: port [0-9a-f:]+: extra_slots(_ms)? not changed: ' \
	'^pprc_secondary: port [0-9a-f]+: command [0-9a-f]+ refused \(stale-id'

cat > "$LAB_SHARE/grown.pl" << 'PERL'
use strict;
use warnings;

# grown.pl BASE LIMIT: the order of what happened to the slots of one session
my ($base, $limit) = @ARGV;
my (%born, %freed, $first, $filled, $added, $used, $gone);

while (<STDIN>) {
	my ($event, $slot, $id) = /: sec_slot_(\w+): .*slot=(\d+) cmd_id=(\d+)/
		or next;
	if ($event eq 'alloc') {
		$born{$slot}++;
		if ($slot < $base) {
			print "fail: slot $slot of the login comes after a write\n" if $filled;
			next;
		}
		# Claim 7: following receipt of the first CDB and its data.
		print "fail: slot $slot was added before a write had come\n" if !$filled;
		print "fail: slot $slot is beyond the limit\n" if $slot >= $limit;
		$added++;
	} elsif ($event eq 'filled') {
		print "fail: slot $slot was filled and not allocated\n" if !$born{$slot};
		$filled++;
		$used++ if $slot >= $base;
	} elsif ($event eq 'free') {
		$born{$slot}--;
		$gone++ if $slot >= $base;
	}
}
printf "%d slots added, %d writes into them, %d given back\n", $added // 0, $used // 0, $gone // 0;
print "fail: nothing was added, used or given back\n" if !$added || !$used || !$gone;
print "fail: $added added, $gone given back\n" if ($added // 0) != ($gone // 0);
PERL

cat > "$LAB_SHARE/regrown.pl" << 'PERL'
use strict;
use warnings;

# regrown.pl SNIFFED SESSIONS: a write that was carried out in an added slot
# comes again after the slot has gone and another one has taken its number
require "$ENV{SHARE}/frames.pl";

my ($sniffed, $sessions) = @ARGV;
my ($out, $in) = (frames::open_if('va'), frames::open_if('va', 1));
my $ox_id = 0x4000;
my ($cmnd, @data);

$| = 1;
for my $h (frames::load($sniffed)) {
	next if $h->{type} != 8;
	if ($h->{r_ctl} == 6 && frames::cdb_get(frames::cdb($h), 'action') == 0xf801) {
		$cmnd = $h;
		@data = ();
	} elsif ($h->{r_ctl} == 1) {
		push @data, $h;
	}
}
die "no write of 4 KiB was captured\n" if !$cmnd || @data != 2;

# A write of the captured kind into a slot; its answer must have a reason.
sub wr
{
	my ($what, $slot, $id, $flags, $reason) = @_;

	$ox_id++;
	frames::put($out, $_) for
		frames::cmnd($cmnd, slot => $slot, cmd_id => $id, flags => $flags, ox_id => $ox_id),
		map { frames::data($_, slot => $slot, cmd_id => $id, ox_id => $ox_id) } @data;
	my $got = frames::answer_to($in, $ox_id, 5);
	die "fail: $what: the answer is $got, not $reason\n" if $got ne $reason;
	print "$what: $got\n";
}

# Wait until the session has so many slots, or more.
sub slots
{
	my ($what, $is) = @_;
	my $n = '';

	for (1 .. 400) {
		open my $f, '<', $sessions or die "$sessions: $!\n";
		($n) = map { / open slots (\d+) / } <$f>;
		return if $is->($n);
		select undef, undef, undef, 0.05;
	}
	die "fail: $what, but there are $n slots\n";
}

my $id = 1 << 40;
wr('a write that has waited', 1, $id, frames::WF_MORE(), 0);
slots('slots are wanted', sub { $_[0] > 2 });
wr('a write into an added slot', 2, $id + 1, 0, 0);
slots('nobody needs them', sub { $_[0] == 2 });
wr('another one that has waited', 1, $id + 2, frames::WF_MORE(), 0);
slots('slots are wanted again', sub { $_[0] > 2 });
wr('what was written into the old slot', 2, $id + 1, 0, 11);
PERL

need on primary -t 240 '
export SHARE
slots() { sed -n "s/.* open slots \([0-9]*\) .*/\1/p" $(tpg_of $SW)/attrib/sessions; }
stat_of() { session_stat p0 $1; }
modprobe dm-mod && roles_up || exit 1
cd /sys/kernel/tracing 2>/dev/null || { mount -t tracefs t /sys/kernel/tracing && cd /sys/kernel/tracing; } || fail "no tracefs"
echo 0 > tracing_on; echo > trace; echo 16384 > buffer_size_kb
for e in alloc filled free; do echo 1 > events/pprc_secondary/sec_slot_$e/enable || fail "no tracepoint"; done
echo 1 > tracing_on
# Behind a backstore that is held up writes wait for slots.
dmsetup create slow --noudevsync --table "0 $(blockdev --getsz /dev/ram1) linear /dev/ram1 0" && dmsetup mknodes
store=$(backstore_block store /dev/mapper/slow) && sec_tpg $SW || fail "no target"
A=$(tpg_of $SW)/attrib
refused "Invalid argument" "extra_slots" put 1025 $A/extra_slots
refused "Invalid argument" "extra_slots_ms" put 10 $A/extra_slots_ms
put 3 $A/extra_slots && put 1000 $A/extra_slots_ms || fail "no policy"
sec_lun $SW 0 $store && sec_acl $SW $PW 0 || fail "no target"
D=$(pair_up p0 /dev/ram0 $SW 0 slots=2 slot_kib=64 timeout_ms=60000) || fail "no pair: $(dmesg | tail -n 3)"
[ "$(slots)" = 2 ] || fail "granted are $(slots) slots, not 2"
dmsetup suspend --noudevsync --noflush slow || fail "the backstore cannot be held"
fio --name=w --filename=$D --rw=randwrite --bs=16k --iodepth=3 --ioengine=libaio --direct=1 --size=4m \
	--verify=crc32c --serialize_overlap=1 --do_verify=1 --output-format=terse > /tmp/fio 2>&1 &
job=$!
# Two writes fill the slots of the login; the third has to wait and says so.
wait_for 10 "[ \$(stat_of waiting) = 1 ]" || fail "nothing waits: $(cat $PAIRS/p0/session_stats)"
[ "$(slots)" = 2 ] || fail "slots were added without need: $(slots)"
dmsetup resume --noudevsync slow
wait_for 20 "[ \$(slots) -gt 2 ]" || fail "no slots were added: $(cat $A/sessions)"
wait $job || fail "fio: $(cat /tmp/fio)"
n=$(slots)
[ $n -le 5 ] || fail "$n slots, the limit is 5"
[ "$(pair_get p0 state) $(pair_stat p0 local_writes)" = "full-duplex 0" ] || fail "p0 is $(pair_get p0 state): $(pair_get p0 reason)"
# No need any more: the primary lets go first, then the memory goes.
wait_for 20 "[ \$(slots) = 2 ] && [ \$(stat_of slots) = 2 ]" || fail "still $(slots) slots, the primary knows $(stat_of slots)"
# And again.
fio --name=w --filename=$D --rw=randwrite --bs=4k-64k --iodepth=3 --ioengine=libaio --direct=1 --size=8m \
	--verify=crc32c --serialize_overlap=1 --do_verify=1 --output-format=terse > /tmp/fio 2>&1 || fail "fio: $(cat /tmp/fio)"
wait_for 20 "[ \$(slots) = 2 ] && [ \$(stat_of slots) = 2 ]" || fail "still $(slots) slots, the primary knows $(stat_of slots)"
[ "$(stat_of slots_in_use)$(stat_of waiting)" = 00 ] || fail "credits are lost: $(cat $PAIRS/p0/session_stats)"
echo 0 > tracing_on
lost=$(awk "/overrun/ { n += \$2 } END { print n + 0 }" per_cpu/cpu*/stats)
[ "$lost" = 0 ] || fail "$lost events of the trace are lost"
out=$(perl $SHARE/grown.pl 2 5 < trace); echo "$out"
grep -q ^fail <<< "$out" && fail "$(grep ^fail <<< "$out" | head -n 1)"
echo 0 > events/enable; echo > trace; echo 1408 > buffer_size_kb; cd /
# A slot comes and goes; that its last write must not come again stays.
put 3000 $A/extra_slots_ms
sniff vb /tmp/sniffed
dd if=/dev/urandom of=$D bs=4k count=1 seek=7 oflag=direct status=none || fail "no write"
sniff_end
out=$(perl $SHARE/regrown.pl /tmp/sniffed $A/sessions 2>&1); rc=$?
echo "$out"
[ $rc = 0 ] || fail "$(tail -n 1 <<< "$out")"
[ "$(pair_get p0 state)" = full-duplex ] || fail "p0 is $(pair_get p0 state): $(pair_get p0 reason)"
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
pair_down p0 && sec_drop $SW && backstore_drop store && dmsetup remove --noudevsync slow && dmsetup mknodes || fail "not taken down"
roles_down'
