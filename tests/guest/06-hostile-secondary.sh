# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 06-hostile-secondary: no wrong answer that a secondary can send completes a write: each is dropped and counted as what it is, the true answer still counts; a refusal suspends the pair with its own reason, and it is not resumed before the secondary has ended what it had refused
# lab: one
# time: 30
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_log 'device-mapper: core: CONFIG_IMA_DISABLE_HTABLE' \
	'^pprc_primary: session [0-9a-f:]+: frame dropped \(' \
	'^pprc_primary: pair p0: suspended \(secondary-error\): ' \
	'^pprc_secondary: ' \
	'^pprc_primary: pair p0: not resumed: ' \
	'callbacks suppressed$'

cat > "$LAB_SHARE/secondary.pl" << 'PERL'
use strict;
use warnings;

require "$ENV{SHARE}/frames.pl";

my ($mode) = @ARGV;
my $in = frames::open_if('vb', 1);	# commands arrive here
my $out = frames::open_if('vb');
my $pair = '/sys/kernel/config/pprc/primary/p0';
my $failed = 0;

sub slurp
{
	open my $f, '<', $_[0] or die "$_[0]: $!\n";
	local $/;
	return <$f>;
}

# What goes on all the time says nothing of the frame.
sub stats
{
	return map { /^(\w+) (\d+)$/ && $1 !~ /^(heartbeats|queries|rtt_us)$/ ?
		($1, $2) : () } split /\n/, slurp("$pair/session_stats");
}

sub say_fail
{
	print "fail: @_\n";
	$failed++;
}

# The next command of a kind, still without an answer.
sub next_command
{
	my ($action) = @_;
	my $end = time + 60;	# others go on coming

	while (time < $end && defined(my $f = frames::get($in, 20))) {
		my $h = frames::parse($f) or next;
		return $h if $h->{type} == 8 && $h->{r_ctl} == 6 &&
			length $h->{body} == 128 &&
			frames::cdb_get(frames::cdb($h), 'action') == $action;
	}
	die sprintf "no %04x came\n", $action;
}

# The frame is dropped and counted as that, the write goes on waiting.
sub check
{
	my ($what, $count, $frame) = @_;
	my $changed = frames::provoke($out, \&stats, $count, $frame);

	say_fail("$what: counted are '$changed', not '$count +1'")
		if $changed ne "$count +1";
	say_fail("$what: the write was completed") if -e '/tmp/done';
	say_fail("$what: the pair is " . slurp("$pair/state"))
		if slurp("$pair/state") !~ /^full-duplex/;
	print "$what: $count\n";
}

$| = 1;
open my $ready, '>', '/tmp/ready';
close $ready;
my $w = next_command(0xf801);
if ($mode eq 'doubt') {
	# Past the queue that holds the true answers back.
	setsockopt $out->{socket}, 263, 20, pack 'i', 1
		or die "PACKET_QDISC_BYPASS: $!\n";
	frames::put($out, frames::rsp(next_command(0xf805), reason => 5)) for 1 .. 3;
	next_command(0xf805);
	say_fail("the write was completed") if -e '/tmp/done';
	say_fail("the pair is " . slurp("$pair/state"))
		if slurp("$pair/state") !~ /^full-duplex/;
	print "three questions that could not be read, and another one\n";
	exit($failed ? 1 : 0);
}
if ($mode eq 'refuse') {
	# What only the secondary's own word can bring about. When it is asked,
	# the write is with its backstore.
	next_command(0xf805);
	frames::put($out, frames::rsp($w, reason => 13));
	exit 0;
}
my $cdb = frames::cdb($w);
my $id = frames::cdb_get($cdb, 'cmd_id');
my $session = frames::cdb_get($cdb, 'session');

check('GOOD without sense data', 'malformed_frames', frames::rsp($w, sense => ''));
check('fixed format sense data', 'malformed_frames',
      frames::rsp($w, sense => pack 'C x17', 0x70));
check('sense data cut short', 'malformed_frames',
      frames::rsp($w, sense => pack 'C x7', 0x72));
check('sense data longer than the frame', 'malformed_frames',
      frames::rsp($w, sense_len => 4096));
check('a length that wraps around', 'malformed_frames',
      frames::rsp($w, sense_len => 0xffffffe8));
check('GOOD status with a refusal', 'malformed_frames',
      frames::rsp($w, status => 0, reason => 13));
check('CHECK CONDITION with a good reason', 'malformed_frames',
      frames::rsp($w, status => 2));
check('BUSY', 'malformed_frames', frames::rsp($w, status => 8));
check('a GOOD answer with ranges', 'malformed_frames',
      frames::rsp($w, missing => [[0, 2048]]));
check('ranges with a refusal', 'malformed_frames',
      frames::rsp($w, reason => 13, missing => [[0, 2048]]));
check('an empty range', 'malformed_frames',
      frames::rsp($w, reason => 28, missing => [[0, 0]]));
check('ranges that overlap', 'malformed_frames',
      frames::rsp($w, reason => 28, missing => [[0, 4096], [2048, 2048]]));
check('a range beyond all writes', 'malformed_frames',
      frames::rsp($w, reason => 28, missing => [[0xfffff000, 0x2000]]));
check('17 ranges', 'malformed_frames',
      frames::rsp($w, reason => 28, missing => [map { [$_ * 1024, 512] } 0 .. 16]));
check('the command before', 'stray_frames', frames::rsp($w, cmd_id => $id - 1));
check('the command to come', 'stray_frames', frames::rsp($w, cmd_id => $id + 1));
check('another session', 'stray_frames', frames::rsp($w, session => $session ^ 1));
check('a refusal of another command', 'stray_frames',
      frames::rsp($w, cmd_id => $id + 1, reason => 13));
check('FCP_XFER_RDY', 'unasked_frames', frames::rsp($w, r_ctl => 5));
check('data', 'unasked_frames', frames::rsp($w, r_ctl => 1, f_ctl => 0x800008));
check('an ELS answer', 'stray_frames', frames::rsp($w, r_ctl => 0x23, type => 1));
exit($failed ? 1 : 0);
PERL

need on primary -t 240 '
export SHARE
modprobe dm-mod && roles_up || exit 1
dmsetup create slow --noudevsync --table "0 $(blockdev --getsz /dev/ram1) linear /dev/ram1 0" && dmsetup mknodes
store=$(backstore_block store /dev/mapper/slow) && sec_tpg $SW && sec_lun $SW 0 $store && sec_acl $SW $PW 0 || fail "no target"
put 60000 $(tpg_of $SW)/attrib/destage_limit_ms || fail "no limit"
D=$(pair_up p0 /dev/ram0 $SW 0 timeout_ms=120000 query_min_ms=100) || fail "no pair: $(dmesg | tail -n 3)"
head -c 4096 /dev/urandom > /tmp/in

# one MODE SEEK: a write whose true answer is held back, and what comes instead
one()
{
	rm -f /tmp/ready /tmp/done
	dmsetup suspend --noudevsync --noflush slow || fail "the backstore cannot be held"
	perl $SHARE/secondary.pl $1 > /tmp/out 2>&1 &
	perl=$!
	wait_for 10 "[ -e /tmp/ready ]" || fail "nothing can be sniffed: $(cat /tmp/out)"
	{ dd if=/tmp/in of=$D bs=4k seek=$2 oflag=direct status=none; echo $? > /tmp/done; } &
	wait $perl
	rc=$?
	cat /tmp/out
}

# true_answer: the answer that was held back comes, and counts
true_answer()
{
	[ $rc = 0 ] || fail "$(grep -c ^fail /tmp/out) times an answer is not treated as it should be: $(tail -n 1 /tmp/out)"
	[ ! -e /tmp/done ] || fail "the write did not wait for its answer"
	dmsetup resume --noudevsync slow
	wait_for 10 "[ -e /tmp/done ]" || fail "the true answer did not come"
	[ "$(cat /tmp/done)" = 0 ] || fail "the write has failed"
	[ "$(pair_get p0 state) $(pair_stat p0 local_writes)" = "full-duplex 0" ] || fail "p0 is $(pair_get p0 state): $(pair_get p0 reason)"
	disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
}

one lie 5
true_answer

# Who cannot read a question has said nothing of the command.
wire_rough vb delay 200ms || fail "answers cannot be held back"
one doubt 7
wire_smooth vb
true_answer

# A refusal that decodes is believed: the write ends on the local device. The
# secondary has it all the same, so it lets nothing newer come before.
one refuse 6
wait_for 10 "[ -e /tmp/done ]" || fail "a refused write hangs"
[ "$(cat /tmp/done)" = 0 ] || fail "a refused write fails"
grep -q "^secondary-error: the secondary refused a write (bad-range" $PAIRS/p0/reason || fail "the reason is $(pair_get p0 reason)"
refused "Device or resource busy" "p0: not resumed: the secondary refused .busy." pair_resume p0
[ "$(pair_get p0 state)" = suspended ] || fail "p0 is $(pair_get p0 state)"
dmsetup resume --noudevsync slow
wait_for 20 "pair_resume p0" || fail "p0 is not resumed: $(dmesg | tail -n 2)"
dd if=/tmp/in of=$D bs=4k seek=8 oflag=direct status=none || fail "a write fails"
[ "$(pair_get p0 state) $(pair_stat p0 local_writes)" = "full-duplex 1" ] || fail "p0 is $(pair_get p0 state): $(pair_get p0 reason)"
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
for p in $PAIRS/*/; do rmdir $p; done
sec_drop $SW && backstore_drop store && dmsetup remove --noudevsync slow && roles_down'
