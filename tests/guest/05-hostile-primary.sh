# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 05-hostile-primary: each kind of wrong frame that a logged-in port can send is refused with its own reason or dropped and counted as what it is; nothing is written, the pair stays full-duplex
# lab: one
# time: 30
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_log '^pprc_secondary: port [0-9a-f]+: (frame dropped|command [0-9a-f]+ refused) \(' \
	'^pprc_secondary: session [0-9a-f:]+: (write|flush) refused \(' \
	'^pprc_primary: pair p0: suspended \(secondary-error\): the secondary refused a flush \(stale-id, ' \
	'callbacks suppressed$'

cat > "$LAB_SHARE/primary.pl" << 'PERL'
use strict;
use warnings;

require "$ENV{SHARE}/frames.pl";

# The session's answers come to va; commands are sniffed where they arrive.
my $out = frames::open_if('va');
my $in = frames::open_if('va', 1);
my $refusals = '/sys/kernel/config/target/pprc/refusals';
my ($failed, $id, $ox_id) = (0, 1 << 50, 0x4001);
my (%t, @data);

sub say_fail
{
	print "fail: @_\n";
	$failed++;
}

sub counts
{
	open my $f, '<', $refusals or die "$refusals: $!\n";
	return map { /^(\S+ \S+) (\d+)$/ } <$f>;
}

# What the capture of a login and a write has: %t by service action, @data.
sub learn
{
	for my $h (frames::load($ENV{SNIFFED})) {
		next if $h->{type} != 8;
		if ($h->{r_ctl} == 6 && length $h->{body} == 128) {
			$t{frames::cdb_get(frames::cdb($h), 'action')} //= $h;
		} elsif ($h->{r_ctl} == 1) {
			push @data, $h;
		}
	}
	defined $t{$_} or die sprintf("no %04x was captured\n", $_)
		for 0xf800, 0xf801, 0xf803;
	@data >= 2 or die "no data was captured\n";
}

# check WHAT COUNT FRAME...: the frames make COUNT, and it alone, go up by one.
# "refused ..." also demands an answer with that reason on the last command's
# exchange; $number is its number on the wire.
sub check
{
	my ($what, $count, $number, @frames) = @_;
	my $changed = frames::provoke($out, \&counts, $count, @frames);

	if ($count =~ /^refused/) {
		my $got = frames::answer_to($in, $ox_id - 1, 5);
		say_fail("$what: the answer is $got, not $number") if $got ne $number;
	}
	say_fail("$what: counted are '$changed', not '$count +1'")
		if $changed ne "$count +1";
	print "$what: $count\n";
}

# A write of the captured kind, with a new id and exchange of its own.
sub wr
{
	return frames::cmnd($t{0xf801}, slot => 15, cmd_id => ++$id,
			    ox_id => $ox_id++, @_);
}

# Its data, whole.
sub payload
{
	my (%set) = @_;

	return map {
		frames::data($_, slot => 15, cmd_id => $id, ox_id => $ox_id - 1, %set)
	} @data[0, 1];
}

# What the floor says is settled gives way. All that the true primary sends is
# older from then on; the flush when the pair is removed is refused.
sub settled
{
	check('a command for a slot whose command is settled',
	      'refused payload-digest', 15, do {
		frames::put($out, wr(floor => $id + 1, payload_crc => 1));
		# Frames sent together may overtake each other.
		select undef, undef, undef, 0.5;
		payload();
	});
	exit($failed ? 1 : 0);
}

learn();
if (@ARGV) {
	$id <<= 1;
	settled();
}
my $session = frames::cdb_get(frames::cdb($t{0xf801}), 'session');
my $len = frames::cdb_get(frames::cdb($t{0xf801}), 'blocks') * 512;
$len == 4096 or die "the captured write has $len bytes\n";

# Commands that cannot be believed.
check('short FCP_CMND', 'refused bad-cdb', 1,
      frames::cmnd($t{0xf801}, cut => 32, cmnd_flags => 1, ox_id => $ox_id++));
check('short CDB', 'refused bad-cdb', 1, wr(cmnd_flags => 20 << 2 | 1));
check('length field', 'refused bad-cdb', 1, wr(add_len => 100));
check('reserved field', 'refused bad-cdb', 1, wr(rsvd20 => 1));
check('an RX_ID', 'dropped malformed', 0, wr(rx_id => 0x234));
check('id 0', 'refused bad-cdb', 1, wr(cmd_id => 0));
check('version', 'refused bad-version', 2, wr(version => 9));
check('service action', 'refused bad-action', 3, wr(action => 0xf8ff));
check('flag', 'refused bad-flags', 4, wr(flags => 0x8000));
check('flag of another service action', 'refused bad-flags', 4, wr(flags => 4));
check('a query that is sent again', 'refused bad-flags', 4,
      frames::query($t{0xf801}, slot => 15, cmd_id => ++$id, flags => 2, ox_id => $ox_id++));
check('a query of no bytes', 'refused bad-length', 14,
      frames::query($t{0xf801}, slot => 15, cmd_id => ++$id, bytes => 0, ox_id => $ox_id++));
check('a heartbeat of no slot', 'refused bad-cdb', 1,
      frames::heartbeat($t{0xf803}, cmd_id => ++$id, use_slots => 0, ox_id => $ox_id++));
check('a heartbeat of 1025 slots', 'refused bad-cdb', 1,
      frames::heartbeat($t{0xf803}, cmd_id => ++$id, use_slots => 1025, ox_id => $ox_id++));
check('feature', 'refused bad-flags', 4, wr(features => 1));
check('CDB digest', 'refused cdb-digest', 5, wr(seal => 0));

# Commands that fit no session or slot.
check('session', 'refused no-session', 8, wr(session => $session ^ 1));
check('slot', 'refused bad-slot', 9, wr(slot => 16));
check('id below the floor', 'refused stale-id', 11, wr(cmd_id => 1, floor => 1));
check('floor above the id', 'refused stale-id', 11, wr(floor => $id + 9));

# FCP_CMND and extended CDB, command and data contradict each other.
check('no FCP_DL', 'refused bad-length', 14, wr(dl => 0));
check('no bytes', 'refused bad-length', 14, wr(bytes => 0));
check('FCP_DL of other bytes', 'refused bad-length', 14, wr(dl => 2048));
check('bytes beyond the slot', 'refused bad-length', 14,
      wr(dl => 1 << 30, bytes => 1 << 30));
check('awaits FCP_XFER_RDY', 'refused bad-length', 14,
      wr(f_ctl => $t{0xf801}{f_ctl} | 0x010000));
check('reads', 'refused bad-length', 14, wr(cmnd_flags => 24 << 2 | 2));
check('data before a shorter command', 'refused bad-length', 14, do {
	my $c = wr(dl => 2048, bytes => 2048);
	frames::put($out, (payload())[1]);
	# Frames sent together may overtake each other.
	select undef, undef, undef, 0.5;
	$c;
});
check('FCP_DL of other blocks', 'refused bad-length', 14,
      wr(dl => 2048, bytes => 2048, blocks => 8), (payload())[0]);

# Whole writes that must not be carried out.
check('LBA outside', 'refused bad-range', 13, wr(lba => 1 << 40), payload());
check('end outside', 'refused bad-range', 13, wr(lba => 131072 - 7), payload());
check('payload digest', 'refused payload-digest', 15,
      wr(payload_crc => 1), payload());
check('pair', 'refused no-pair', 16, wr(pair => 1), payload());
check('LUN', 'refused no-pair', 16, wr(lun => 7), payload());
check('generation', 'refused bad-generation', 17, wr(generation => 1), payload());

# Data that belongs nowhere.
check('no Device_Header', 'dropped malformed', 0,
      frames::data($data[0], df_ctl => 0));
check('no relative offset', 'dropped malformed', 0,
      frames::data($data[0], f_ctl => $data[0]{f_ctl} & ~8));
check('unknown kind of frame', 'dropped malformed', 0,
      frames::data($data[0], r_ctl => 5));
check('data of another session', 'dropped stray', 0,
      frames::data($data[0], session => $session ^ 1));
check('data for a slot not granted', 'dropped bad_slot', 0,
      frames::data($data[0], slot => 16));
check('data of no command', 'dropped bad_slot', 0,
      frames::data($data[0], cmd_id => 0));
check('data of a settled command', 'dropped stale', 0,
      frames::data($data[0], slot => 15, cmd_id => 1));

# A slot that is being filled.
my $c = wr();
frames::put($out, $c);
my $first = $id;
check('the command twice', 'dropped dup', 0, $c);
check('FC CRC', 'dropped bad_crc', 0,
      frames::data($data[0], slot => 15, cmd_id => $first, crc_xor => 4));
check('FC CRC of a damaged header', 'dropped bad_crc', 0,
      frames::data($data[0], slot => 15, cmd_id => $first, df_ctl => 0, crc_xor => 4));
check('data beyond the command', 'dropped bad_offset', 0,
      frames::data($data[0], slot => 15, cmd_id => $first, parm => $len));
check('offset within a chunk', 'dropped bad_offset', 0,
      frames::data($data[0], slot => 15, cmd_id => $first, parm => 512));
check('offset far outside', 'dropped bad_offset', 0,
      frames::data($data[0], slot => 15, cmd_id => $first, parm => 0xfffff800));
check('a short frame in the middle', 'dropped bad_offset', 0,
      frames::data($data[0], slot => 15, cmd_id => $first, data => 'x' x 512));
frames::put($out, frames::data($data[0], slot => 15, cmd_id => $first));
check('data twice', 'dropped dup', 0,
      frames::data($data[0], slot => 15, cmd_id => $first));
check('data of another command in a busy slot', 'dropped slot_busy', 0,
      frames::data($data[1], slot => 15, cmd_id => $first + 100));
check('a command for a busy slot', 'refused slot-busy', 10, wr());

# Another port.
my @other = (sid => 0xaaaa);
check('write of a port without PRLI', 'refused no-session', 8, wr(@other));
check('data of a port without PRLI', 'dropped stray', 0,
      frames::data($data[1], slot => 15, cmd_id => $first, @other));
check('login of a port without PRLI', 'refused no-prli', 6,
      frames::cmnd($t{0xf800}, @other, ox_id => $ox_id++));

# Logins.
check('terabytes', 'refused bad-login', 23,
      frames::cmnd($t{0xf800}, slots => 0xffff, slot_bytes => 1 << 31,
		   ox_id => $ox_id++));
check('no slot', 'refused bad-login', 23,
      frames::cmnd($t{0xf800}, slots => 0, ox_id => $ox_id++));
check('frame size', 'refused bad-login', 23,
      frames::cmnd($t{0xf800}, chunk => 1000, ox_id => $ox_id++));
check('impatient', 'refused bad-login', 23,
      frames::cmnd($t{0xf800}, liveness_ms => 499, ox_id => $ox_id++));
check('patient for ever', 'refused bad-login', 23,
      frames::cmnd($t{0xf800}, liveness_ms => 600001, ox_id => $ox_id++));
frames::put($out, frames::cmnd($t{0xf800}, ox_id => $ox_id++));
my $got = frames::answer_to($in, $ox_id - 1, 5);
say_fail("the login twice: the answer is $got") if $got ne 0;
check('a login that has been overtaken', 'dropped stale', 0,
      frames::cmnd($t{0xf800}, ox_id => $ox_id++,
		   cmd_id => frames::cdb_get(frames::cdb($t{0xf800}), 'cmd_id') - 1));
frames::put($out, frames::cmnd($t{0xf803}, ox_id => $ox_id++));
$got = frames::answer_to($in, $ox_id - 1, 5);
say_fail("the state change twice: the answer is $got") if $got ne 0;

exit($failed ? 1 : 0);
PERL
need on primary -t 240 '
export SHARE SNIFFED=/tmp/sniffed
roles_up && roles_store || exit 1
# A first login, so that there are older ids than those of the one to be sniffed.
D=$(pair_up p0 /dev/ram0 $SW 0) && pair_down p0 || fail "no first pair: $(dmesg | tail -n 3)"
sniff vb $SNIFFED
D=$(pair_up p0 /dev/ram0 $SW 0 slots=16) || fail "no pair: $(dmesg | tail -n 3)"
head -c 4096 /dev/urandom > /tmp/in
for i in 1 2 3; do
	dd if=/tmp/in of=$D bs=4k seek=$i oflag=direct status=none || fail "no write"
done
sniff_end
id=$(awk "\$4 == \"open\" { print \$3 }" $(tpg_of $SW)/attrib/sessions)
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
before=$(disk_sum /dev/ram1)

out=$(perl $SHARE/primary.pl 2>&1); rc=$?
echo "$out"
[ $rc = 0 ] || fail "$(echo "$out" | grep -c ^fail) times a frame is not treated as it should be: $(echo "$out" | tail -n 1)"
[ "$(disk_sum /dev/ram1)" = "$before" ] || fail "something was written"
[ "$(awk "\$4 == \"open\" { print \$3 }" $(tpg_of $SW)/attrib/sessions)" = "$id" ] ||
	fail "the session is another one: $(cat $(tpg_of $SW)/attrib/sessions)"
# And the pair still works.
dd if=/tmp/in of=$D bs=4k seek=9 oflag=direct status=none || fail "a write fails"
[ "$(pair_get p0 state) $(pair_stat p0 local_writes)" = "full-duplex 0" ] || fail "p0 is $(pair_get p0 state): $(pair_get p0 reason)"
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"

before=$(disk_sum /dev/ram1)
out=$(perl $SHARE/primary.pl settled 2>&1); rc=$?
echo "$out"
[ $rc = 0 ] || fail "a slot is lost to a command that nobody completes: $(echo "$out" | tail -n 1)"
[ "$(disk_sum /dev/ram1)" = "$before" ] || fail "something was written"
roles_down'
