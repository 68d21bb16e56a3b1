#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# cable-selftest.sh [speed]
#
# Tests cable.sh with captures made up here: good ones, and one for each kind
# of fault.  Output is TAP.  With "speed", a capture of 120 MB is judged too.

set -u

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
tmp=$(mktemp -d "${TMPDIR:-/tmp}/cable-selftest.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
number=0 failed=0

# make_pcap NAME: writes the capture NAME, described at the end of the program
make_pcap()
{
	perl -e "$(make_pcap_perl)" "$1"
}

make_pcap_perl()
{
	cat << 'PERL'
use strict;
use warnings;

my ($PRI, $SEC) = (0x010101, 0x010202);
my ($session, $now, $with_crc) = (0x5e550001, 1_700_000_000_000_000, 1);
my ($vlan, $eth_pad) = (0, 0);

binmode(STDOUT);
print pack('VvvVVVV', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1);

my @crc_table = map {
	my $c = $_;
	$c = $c & 1 ? $c >> 1 ^ 0xedb88320 : $c >> 1 for 1 .. 8;
	$c;
} 0 .. 255;

sub crc32
{
	my $c = 0xffffffff;
	$c = $c >> 8 ^ $crc_table[($c ^ $_) & 0xff] for unpack('C*', $_[0]);
	return $c ^ 0xffffffff;
}

# Any Ethernet frame.
sub ether
{
	my ($type, $body) = @_;
	my $tag = $vlan ? pack('nn', 0x8100, $vlan) : '';
	my $f = "\x0e\xfc\0\1\1\1\x0e\xfc\0\1\2\2" . $tag . pack('n', $type) .
		$body;

	$f .= "\0" x (60 - length $f) if length $f < 60;
	print pack('VVVV', $now / 1_000_000, $now % 1_000_000, length $f,
		   length $f), $f;
	$now += 10;
}

# A Fibre Channel frame; %h overrides header fields.
sub fc
{
	my ($payload, %h) = @_;
	my ($f_ctl, $df_ctl) = ($h{f_ctl} // 0x290000, $h{df_ctl} // 0);
	my $frame = pack('NNNNnnN',
			 $h{r_ctl} << 24 | $h{did}, $h{sid},
			 ($h{type} // 8) << 24 | $f_ctl,
			 ($h{seq} // 0) << 24 | $df_ctl << 16 | ($h{cnt} // 0),
			 $h{ox}, $h{rx} // 0xffff, $h{off} // 0) . $payload;
	my $crc = $with_crc ? crc32($frame) : 0;

	$crc ^= $h{bad_crc} // 0;
	ether(0x8906, ($h{reserved} // "\0" x 13) . "\x2e" . $frame .
	      pack('V', $crc) . "\x42\0\0\0");
}

# The commands.  %w: ox, id, lba, blocks, flags, dl, chunk, slot, session...
sub cdb
{
	my ($sa, %w) = @_;

	return pack('CCx5CnCxNNNNnnQ>Q>Q>', 0x7f, 0, 104, $sa, 1,
		    $w{flags} // 0, 0, 0, $w{session} // $session,
		    $w{slot} // 3, 0, $w{id}, 0x1111, 0x2222) .
	       pack('Q>Q>NNQ>Q>Q>NN', $w{floor} // 1, $w{lba} // 0, $w{blocks} // 0,
		    $w{digest} // 0, 0, 0, $w{issued} // $now * 1000,
		    $w{bytes} // $w{dl} // ($w{blocks} // 0) * 512, 0xcccccccc);
}

sub cmnd_iu
{
	my ($cdb, $flags, $dl) = @_;

	return pack('nx6CCCC', 5, 0, 0, 0, $flags) . $cdb . pack('N', $dl);
}

sub cmnd
{
	my (%w) = @_;

	$w{dl} //= ($w{blocks} // 0) * 512;
	fc(cmnd_iu(cdb($w{sa} // 0xf801, %w), 24 << 2 | ($w{dl} ? 1 : 0),
		   $w{dl}),
	   r_ctl => 6, sid => $w{sid} // $PRI, did => $SEC, ox => $w{ox});
}

sub data_frame
{
	my ($off, $len, %w) = @_;
	my $dh = pack('NnnQ>', $w{dh_session} // $w{session} // $session,
		      $w{dh_slot} // $w{slot} // 3, 0, $w{dh_id} // $w{id});

	$dh = '' if defined $w{df_ctl} && !$w{df_ctl};
	fc($dh . chr($w{id} & 0xff) x $len, r_ctl => 1,
	   sid => $w{sid} // $PRI, did => $SEC, ox => $w{ox},
	   f_ctl => $w{f_ctl} // 0x000008, df_ctl => $w{df_ctl} // 1,
	   off => $off, bad_crc => $w{bad_crc}, seq => 1,
	   reserved => $w{reserved});
}

# All data; skip, twice, cut: faults in the frame at that offset
sub data
{
	my (%w) = @_;
	my $dl = $w{dl} // $w{blocks} * 512;
	my $chunk = $w{chunk} // 2048;
	my @at = map { $_ * $chunk } 0 .. ($dl - 1) / $chunk;

	@at = reverse @at if $w{reverse};
	for my $at (@at) {
		my $len = $dl - $at < $chunk ? $dl - $at : $chunk;

		next if defined $w{skip} && $w{skip} == $at;
		$len -= 512 if defined $w{cut} && $w{cut} == $at;
		data_frame($at, $len, %w);
		data_frame($at, $len, %w)
			if defined $w{twice} && $w{twice} == $at;
	}
}

sub rsp
{
	my (%w) = @_;
	my $reason = $w{reason} // 0;
	my $sense = pack('CCCCx3CCCnNQ>nnN', 0x72, 0, 0, 0, 24, 0x80, 22,
			 $reason, $w{session} // $session,
			 $w{rsp_id} // $w{id}, 64, 0, 0);
	my $info = $w{info} ? pack('NN', 0, 0) : '';

	$sense = '' if $w{no_sense};
	fc(pack('x8nCCNNN', 0, ($sense ne '' ? 2 : 0) | ($info ne '' ? 1 : 0),
		$reason ? 2 : 0, 0, length $sense, length $info) . $info . $sense,
	   r_ctl => 7, sid => $SEC, did => $w{sid} // $PRI, ox => $w{ox},
	   f_ctl => 0x990000, rx => 7);
}

sub xfer_rdy
{
	my (%w) = @_;

	fc(pack('NNN', 0, $w{blocks} * 512, 0), r_ctl => 5, sid => $SEC,
	   did => $PRI, ox => $w{ox}, f_ctl => 0x890000, rx => 7);
}

sub one_write
{
	my (%w) = @_;

	cmnd(%w);
	data(%w);
	rsp(%w);
}

# What belongs on a cable besides writes.
sub bystanders
{
	ether(0x8914, "\x10\0\0\1\0\1\0\2" . "\0" x 40);	# FIP
	ether(0x0806, "\0" x 28);				# ARP
	# PLOGI and its answer
	fc("\3" . "\0" x 115, r_ctl => 0x22, type => 1, sid => $PRI,
	   did => $SEC, ox => 1);
	fc("\2" . "\0" x 115, r_ctl => 0x23, type => 1, sid => $SEC,
	   did => $PRI, ox => 1, f_ctl => 0x980000);
	# INQUIRY: data comes from the other side
	fc(pack('nx6CCCC', 5, 0, 0, 0, 2) . pack('CCCnCx10', 0x12, 0, 0, 36, 0) .
	   pack('N', 36), r_ctl => 6, sid => $PRI, did => $SEC, ox => 16);
	fc("\0" x 36, r_ctl => 1, sid => $SEC, did => $PRI, ox => 16,
	   f_ctl => 0x880008);
	fc("\0" x 24, r_ctl => 7, sid => $SEC, did => $PRI, ox => 16,
	   f_ctl => 0x990000);
}

sub control
{
	my ($sa, %w) = @_;

	cmnd(sa => $sa, dl => 0, %w);
	rsp(%w);
}

my %a = (ox => 16, id => 100, lba => 4096, blocks => 8, digest => 0xdeadbeef);
my %b = (ox => 17, id => 101, lba => 8192, blocks => 9, flags => 1, slot => 4);
my %c = (ox => 18, id => 102, lba => 0, blocks => 1, slot => 5);

my %captures = (
	empty => sub { },
	bystanders => sub { bystanders() },
	nowrites => sub {
		control(0xf800, ox => 16, id => 1, session => 0);
		control(0xf802, ox => 17, id => 2);
	},
	good => sub {
		bystanders();
		control(0xf800, ox => 20, id => 1, session => 0);
		control(0xf803, ox => 20, id => 2);
		one_write(%a);
		one_write(%b, info => 1);
		one_write(%c, ox => 16);
		control(0xf802, ox => 16, id => 103);
		one_write(%a, id => 104, session => 0x5e550002);
	},
	overlapped => sub {
		cmnd(%a); cmnd(%b); data(%b); cmnd(%c); data(%a); rsp(%b);
		data(%c); rsp(%c); rsp(%a);
	},
	# The OX_ID is reused before a straggler of the old write comes.
	reused => sub {
		cmnd(%a);
		data(%a, skip => 2048);
		cmnd(%b, ox => 16);
		data_frame(2048, 2048, %a);
		data(%b, ox => 16);
		rsp(%b, ox => 16);
		rsp(%a);
	},
	early => sub { data(%a, reverse => 1); cmnd(%a); rsp(%a); },
	vlan => sub { $vlan = 100; one_write(%a); one_write(%c); },
	same_ox_two_hosts => sub {
		cmnd(%a); cmnd(%a, sid => 0x010103, session => 9);
		data(%a, sid => 0x010103, session => 9); data(%a);
		rsp(%a); rsp(%a, sid => 0x010103, session => 9);
	},
	refused => sub { one_write(%a, reason => 18); },
	other_bytes => sub { one_write(%a, bytes => 2048); },
	mended => sub {
		cmnd(%a); data(%a, skip => 2048);
		control(0xf805, %a, ox => 17, bytes => 4096, reason => 28);
		cmnd(%a, ox => 18, flags => 2);
		data_frame(2048, 2048, %a, ox => 18);
		rsp(%a, ox => 18);
		control(0xf806, ox => 19, id => 200);
	},
	lost => sub { one_write(%a); one_write(%b, skip => 2048); },
	lost_last => sub { one_write(%a, skip => 2048); },
	lost_all => sub { one_write(%a); cmnd(%b); rsp(%b); },
	twice => sub { one_write(%a, twice => 2048); },
	cut => sub { one_write(%a, cut => 0); },
	beyond => sub { one_write(%a, dl => 3584); },
	beyond2 => sub { cmnd(%c); data(%c); data_frame(512, 512, %c);
			 rsp(%c); },
	norsp => sub { one_write(%a); cmnd(%b); data(%b); },
	rsp_twice => sub { one_write(%a); rsp(%a); },
	rsp_no_sense => sub { one_write(%a, no_sense => 1); },
	rsp_other => sub { one_write(%a, rsp_id => 77); },
	xfer_rdy => sub { cmnd(%a); xfer_rdy(%a); data(%a); rsp(%a); },
	df_ctl => sub { one_write(%a, df_ctl => 0); },
	df_ctl2 => sub { one_write(%a, df_ctl => 2); },
	dh_session => sub { one_write(%a, dh_session => 7); },
	dh_slot => sub { one_write(%a, dh_slot => 7); },
	dh_id => sub { one_write(%a, dh_id => 99); },
	no_offset => sub { one_write(%a, f_ctl => 0); },
	same_id => sub { one_write(%a); one_write(%b, id => 100, slot => 3); },
	bad_crc => sub { one_write(%a); one_write(%b, bad_crc => 1); },
	orphan => sub { one_write(%a); data(%b); },
	# One frame of data is lost, another doubled, a third damaged; what is
	# missing comes in another exchange.
	healed => sub {
		one_write(%c);
		cmnd(%b);
		data(%b, skip => 2048, twice => 0);
		data_frame(2048, 2048, %b, bad_crc => 1);
		control(0xf805, %b, ox => 40, reason => 0);
		data_frame(2048, 2048, %b, ox => 41);
		rsp(%b, ox => 41);
	},
	# The write command is lost, the one that asks for it has all of it.
	healed_command => sub {
		data(%a); control(0xf805, %a, ox => 40); rsp(%a);
	},
	damaged => sub {
		one_write(%a, skip => 2048);
		data_frame(2048, 2048, %a, bad_crc => 1);
	},
	# Bits that no receiver looks at and no CRC covers.
	damaged_reserved => sub {
		one_write(%a, skip => 2048);
		data_frame(2048, 2048, %a, reserved => "\0\x10" . "\0" x 11);
		$vlan = 100;
		one_write(%b, reserved => "\x08" . "\xff" x 12);
	},
	# A second later all before has been answered.
	floors => sub {
		cmnd(%a, floor => 100); cmnd(%b, floor => 100); data(%b); rsp(%b);
		cmnd(%c, floor => 100); data(%a); rsp(%a); data(%c); rsp(%c);
		$now += 1_000_000;
		one_write(%a, id => 103, floor => 103);
	},
	floor_high => sub {
		cmnd(%a, floor => 100); data(%a); cmnd(%b, floor => 101); data(%b);
		rsp(%a); rsp(%b);
	},
	floor_high_flush => sub {
		cmnd(sa => 0xf802, dl => 0, ox => 20, id => 99);
		one_write(%a, floor => 100);
	},
	floor_stuck => sub {
		one_write(%a, floor => 100);
		$now += 1_000_000;
		one_write(%b, floor => 100);
	},
	# The answer is lost, so nobody knows that the exchange has ended.
	reused_soon => sub {
		cmnd(%a); data(%a);
		control(0xf805, %a, ox => 40);
		$now += 100_000;
		one_write(%b, ox => 16);
	},
	reused_late => sub {
		$a{issued} = $now * 1000;
		cmnd(%a); data(%a); cmnd(%a);
		control(0xf805, %a, ox => 40);
		$now += 300_000;
		one_write(%b, ox => 16);
		cmnd(%c); data(%c);
	},
	# What was doubled may come when its exchange id has the next command.
	twin_late => sub {
		$a{issued} = $now * 1000;
		one_write(%a); cmnd(%b, ox => 16); cmnd(%a); data(%b, ox => 16);
		rsp(%b, ox => 16);
	},
	floor_partial => sub {
		cmnd(%a, floor => 100); control(0xf805, %a, ox => 40, reason => 29);
		cmnd(%b, floor => 101); data(%b); data(%a); rsp(%b); rsp(%a);
	},
	# The later one has overtaken the one its floor names.
	floor_ahead => sub {
		one_write(%a, floor => 100);
		$now += 1_000_000;
		cmnd(%c, floor => 101); cmnd(%b, floor => 101); data(%b); data(%c);
		rsp(%b); rsp(%c);
	},
	speed => sub {
		$with_crc = 0;
		one_write(%a, ox => $_ % 4096, id => 1000 + $_, lba => $_ * 128,
			  blocks => 128) for 1 .. 1850;
	},
);

$captures{$ARGV[0]} or die "no capture $ARGV[0]\n";
$captures{$ARGV[0]}->();
PERL
}

# check TEXT COMMAND...: one line of TAP
check()
{
	local text=$1

	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number - $text"
	else
		echo "not ok $number - $text"
		failed=$((failed + 1))
	fi
}

# What cable.sh says about a capture, made on first use.
judge()		# COMMAND NAME
{
	[ -f "$tmp/$2.pcap" ] || make_pcap "$2" > "$tmp/$2.pcap" || return 2
	"$here/cable.sh" "$1" "$tmp/$2.pcap"
}

# summary NAME KEY=VALUE...: the summary has each of these
summary()
{
	local name=$1 out pair rc=0

	shift
	out=$(judge summary "$name") || return
	for pair; do
		grep -qx "${pair/=/ }" <<< "$out" && continue
		echo "# $name: not $pair but $(grep "^${pair%%=*} " <<< "$out")"
		rc=1
	done
	return "$rc"
}

# covered NAME RC PATTERN LINES: verdict, a text in it, number of lines
covered()
{
	local out rc

	out=$(judge covered "$1")
	rc=$?
	if [ "$rc" = "$2" ] && grep -q -- "$3" <<< "$out" &&
	   [ "$(wc -l <<< "$out")" = "$4" ]; then
		return 0
	fi
	echo "# $1: rc $rc: ${out//$'\n'/$'\n# '}"
	return 1
}

# carried NAME RC TEXT...: verdict; its output has each "key=value" as a line of
# its own, and each other text somewhere
carried()
{
	local name=$1 want=$2 out rc text

	shift 2
	out=$(judge carried "$name")
	rc=$?
	for text; do
		case $text in
		*=*)	grep -qx "${text/=/ }" <<< "$out" && continue ;;
		*)	grep -q "$text" <<< "$out" && continue ;;
		esac
		echo "# $name: no $text: ${out//$'\n'/$'\n# '}"
		return 1
	done
	[ $rc = "$want" ] || { echo "# $name: rc $rc"; return 1; }
}

# writes NAME PATTERN...: one line for each pattern, in this order
writes()
{
	local name=$1 out line rc=0

	shift
	out=$(judge writes "$name") || return
	while read -r line; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $line == ${1-} ]] || {
			echo "# $name: $line"
			rc=1
		}
		shift
	done <<< "$out"
	[ $# -eq 0 ] && return "$rc"
}

bytes()		# NAME BYTES
{
	[ "$(judge bytes "$1")" = "$2" ]
}

unreadable()	# FILE
{
	local out

	out=$("$here/cable.sh" covered "$1" 2>&1)
	[ $? -eq 2 ] && grep -q "cannot be read" <<< "$out"
}

# The last frame is incomplete, as when QEMU is killed.
cut_short()
{
	make_pcap good > "$tmp/whole.pcap"
	head -c -20 "$tmp/whole.pcap" > "$tmp/cut_short.pcap"
	covered cut_short 0 '4 writes, all covered' 1
}

sourced()
(
	# shellcheck source=tests/vm/cable.sh
	. "$here/cable.sh"
	[ "$(cable_bytes "$tmp/good.pcap")" = 13312 ] &&
		cable_covered "$tmp/good.pcap" > /dev/null &&
		cable_summary "$tmp/good.pcap" | grep -qx 'exchanges 4' &&
		[ "$(cable_writes "$tmp/good.pcap" | wc -l)" = 4 ]
)

speed()
{
	local start=$SECONDS

	summary speed exchanges=1850 data_frames=59200 data_bytes=121241600 &&
		covered speed 0 '1850 writes' 1 || return
	echo "# 120 MB: summary and covered took $((SECONDS - start)) s"
	[ $((SECONDS - start)) -lt 40 ]
}

check 'good: summary' summary good frames=27 exchanges=4 xfer_rdy=0 \
	data_frames=8 data_bytes=13312 rsp=8 writes_without_rsp=0 \
	exchanges_with_more_than_one_rsp=0 cdb_bytes=112 \
	turnarounds_per_write=1.00 round_trips_per_write=1.00 \
	max_in_flight=1 flushes=1 logins=1 crc_bad=0
check 'good: covered' covered good 0 '^4 writes' 1
check 'good: bytes' bytes good 13312
check 'good: writes' writes good \
	'1700000000.00011* 0x0010 010101 010202 5 0x5e550001 3 100 4096 8 0x00000000 0xdeadbeef 4096 2 4096 yes 1700000000.00014* 0' \
	'1700000000.00015* 0x0011 010101 010202 5 0x5e550001 4 101 8192 9 0x00000001 0x00000000 4608 3 4608 yes 1700000000.00019* 0' \
	'1700000000.00020* 0x0010 010101 010202 5 0x5e550001 5 102 0 1 0x00000000 0x00000000 512 1 512 yes 1700000000.00022* 0' \
	'1700000000.00025* 0x0010 010101 010202 5 0x5e550002 3 104 4096 8 0x00000000 0xdeadbeef 4096 2 4096 yes 1700000000.00028* 0'

check 'overlapped writes: summary' summary overlapped exchanges=3 \
	max_in_flight=3 turnarounds_per_write=1.00 writes_without_rsp=0
check 'overlapped writes: covered' covered overlapped 0 '^3 writes' 1
check 'OX_ID reused at once: covered' covered reused 0 '^2 writes' 1
check 'OX_ID reused at once: writes' writes reused \
	'* 0x0010 * 100 4096 8 * 4096 2 4096 yes *.00008* 0' \
	'* 0x0010 * 101 8192 9 * 4608 3 4608 yes *.00007* 0'
check 'OX_ID reused at once: summary' summary reused max_in_flight=2 \
	turnarounds_per_write=1.00 exchanges_with_more_than_one_rsp=0
check 'data before its command, backwards: covered' covered early 0 '^1 writes' 1
check 'VLAN tags: covered' covered vlan 0 '^2 writes' 1
check 'VLAN tags: summary' summary vlan data_bytes=4608 crc_bad=0
check 'two hosts, one OX_ID: covered' covered same_ox_two_hosts 0 '^2 writes' 1
check 'two hosts, one OX_ID: summary' summary same_ox_two_hosts exchanges=2 \
	data_bytes=8192 max_in_flight=2 writes_without_rsp=0
check 'refused: writes' writes refused '* yes * 18'
check 'refused: covered' covered refused 0 '^1 writes' 1

check 'no frames: covered' covered empty 1 'no write' 1
check 'no frames: summary' summary empty frames=0 exchanges=0 cdb_bytes=- \
	turnarounds_per_write=0.00 max_in_flight=0 crc_bad=0
check 'no frames: bytes' bytes empty 0
check 'other frames only: covered' covered bystanders 1 'no write' 1
check 'other frames only: summary' summary bystanders frames=5 exchanges=0 \
	data_frames=0 data_bytes=0
check 'no writes: covered' covered nowrites 1 'no write' 1
check 'no writes: summary' summary nowrites flushes=1 logins=1 cdb_bytes=112

check 'frame lost in the middle: covered' covered lost 1 \
	'cmd_id 101: bytes 2048 to 4095 are missing' 1
check 'frame lost in the middle: writes' writes lost '* yes *' \
	'* 101 8192 9 * 4608 2 2560 no *'
check 'last frame lost: covered' covered lost_last 1 \
	'bytes 2048 to 4095 are missing' 1
check 'all data lost: covered' covered lost_all 1 \
	'cmd_id 101: bytes 0 to 4607 are missing' 1
check 'frame sent twice: covered' covered twice 1 'came more than once' 1
check 'frame sent twice: summary' summary twice data_frames=3 data_bytes=6144
check 'frame too short: covered' covered cut 1 \
	'bytes 1536 to 2047 are missing' 1
check 'FCP_DL is no multiple of the chunk: covered' covered beyond 0 \
	'^1 writes' 1
check 'data beyond FCP_DL: covered' covered beyond2 1 \
	'ends at 1024, beyond FCP_DL 512' 1
check 'no FCP_RSP: summary' summary norsp writes_without_rsp=1 rsp=1 \
	turnarounds_per_write=0.50
check 'no FCP_RSP: writes' writes norsp '* yes * 0' '* 101 * yes - -'
check 'two FCP_RSP: summary' summary rsp_twice rsp=2 \
	exchanges_with_more_than_one_rsp=1 writes_without_rsp=0
check 'FCP_RSP without sense data: writes' writes rsp_no_sense '* yes 17* -'
check 'FCP_RSP for another command: summary' summary rsp_other rsp=1 \
	writes_without_rsp=1
check 'FCP_XFER_RDY: summary' summary xfer_rdy xfer_rdy=1 \
	turnarounds_per_write=3.00 round_trips_per_write=2.00
check 'FCP_XFER_RDY: covered' covered xfer_rdy 1 'sent FCP_XFER_RDY' 1
check 'no Device_Header: covered' covered df_ctl 1 'has DF_CTL 0x00' 2
check 'no Device_Header: summary' summary df_ctl data_bytes=4096
check 'Device_Header of 32 bytes: covered' covered df_ctl2 1 'has DF_CTL 0x02' 3
check 'Device_Header, other session: covered' covered dh_session 1 \
	'session 0x00000007, cmd_id 100 belong to no command' 2
check 'Device_Header, other slot: covered' covered dh_slot 1 \
	'names slot 7, not 3' 2
check 'Device_Header, other cmd_id: covered' covered dh_id 1 \
	'cmd_id 99 belong to no command' 2
check 'no relative offset: covered' covered no_offset 1 \
	'no valid relative offset' 2
check 'FCP_DL of other bytes: covered' covered other_bytes 1 \
	'FCP_DL is 4096, but the CDB says 2048 bytes' 1
# On a cable that loses nothing none of these is in place.
check 'a lost frame sent again: summary' summary mended exchanges=2 resent=1 \
	queries=1 heartbeats=1 data_bytes=4096
check 'a lost frame sent again: covered' covered mended 1 \
	'cmd_id 100: the same cmd_id went out in another exchange' 3
check 'cmd_id used twice: covered' covered same_id 1 \
	'cmd_id 100: the same cmd_id' 1
check 'cmd_id used twice: bytes' bytes same_id 4096
check 'floors: covered' covered floors 0 '^4 writes' 1
check 'floors: summary' summary floors floors_alone=1
check 'a floor above what is not answered: covered' covered floor_high 1 \
	'cmd_id 101: the floor is 101, but 100 is not answered' 1
check 'a floor above a flush: covered' covered floor_high_flush 1 \
	'cmd_id 100: the floor is 100, but 99 is not answered' 1
check 'in progress is no end: covered' covered floor_partial 1 \
	'cmd_id 101: the floor is 101, but 100 is not answered' 1
check 'a floor not yet on the cable: covered' covered floor_ahead 0 '^3 writes' 1
check 'a floor that stays: covered' covered floor_stuck 1 \
	'cmd_id 101: the floor is 100, but all before have been answered' 1
check 'data without a command: covered' covered orphan 1 \
	'3 data frames .* cmd_id 101 belong to no command' 1
check 'wrong FC CRC: summary' summary bad_crc crc_bad=3

check 'lost and sent again: carried' carried healed 0 writes=2 bytes=5120 \
	resent_bytes=2048 twins=1 damaged=1 repeated=1
check 'lost and not sent again: carried' carried lost 1 \
	'cmd_id 101: bytes 2048 to 4095 never'
check 'damaged and not sent again: carried' carried damaged 1 \
	'cmd_id 100: bytes 2048 to 4095 never'
check 'damaged where nobody looks: carried' carried damaged_reserved 0 writes=2 \
	bytes=8704 resent_bytes=0 damaged=0
check 'all data lost: carried' carried lost_all 1 'cmd_id 101: bytes 0 to 4607'
check 'the write command lost: carried' carried healed_command 0 writes=1 bytes=4096
check 'data backwards: carried' carried early 0 backwards=1 twins=0
check 'nothing lost: carried' carried good 0 writes=4 bytes=13312 resent_bytes=0 \
	twins=0 damaged=0 repeated=0 backwards=0
check 'OX_ID reused although it may be answered: carried' carried reused_soon 1 \
	'ox_id 0x0*10 was used again after 100 ms, unanswered' unanswered=1
check 'OX_ID reused later, another never answered: carried' carried reused_late 0 writes=3 unanswered=2
check 'a twin of a command that is answered: carried' carried twin_late 0 writes=2 unanswered=0
check 'no writes: carried' carried nowrites 1 'no write'

check 'capture cut within a frame' cut_short
check 'a missing file is no verdict' unreadable "$tmp/none.pcap"
echo 'this is no capture' > "$tmp/text.pcap"
check 'a file of another kind is no verdict' unreadable "$tmp/text.pcap"
check 'as a library' sourced
if [ "${1:-}" = speed ]; then
	check 'speed' speed
fi

echo "1..$number"
[ "$failed" -eq 0 ]
