#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What went over the cable: judges a capture of FCoE frames (pcap, as QEMU's
# filter-dump writes it). A library when sourced (cable_summary FILE, ...), a
# program when run:
#
#   cable.sh summary FILE   prints lines "key value":
#       frames              FCoE frames of any kind
#       exchanges           PPRC writes begun: FCP_CMND, service action F801h
#       xfer_rdy            FCP_XFER_RDY frames
#       data_frames         FCP_DATA frames of writes
#       data_bytes          data in them, without the Device_Header
#       rsp                 FCP_RSP frames
#       writes_without_rsp
#       exchanges_with_more_than_one_rsp
#       cdb_bytes           sizes of the extended CDBs seen, with commas
#       turnarounds_per_write   how often the direction changes within an
#                           exchange: 1.00 for data at once, 3.00 with
#                           FCP_XFER_RDY
#       round_trips_per_write   those of them that turn towards the initiator:
#                           1.00 for data at once, 2.00 with FCP_XFER_RDY
#       max_in_flight       most writes begun and not yet answered
#       flushes, logins     F802h, F800h
#       queries, heartbeats F805h, F806h
#       resent              writes sent again, with what was missing
#       floors_alone        writes sent 200 ms after all before them had been
#                           answered, so that their floor is known
#       crc_bad             FCoE frames with a wrong FC CRC
#
#   cable.sh writes FILE    prints one line per write, its columns:
#       1 time   2 ox_id   3 sid   4 did   5 lun   6 session   7 slot
#       8 cmd_id   9 lba   10 blocks   11 flags   12 payload digest
#       13 FCP_DL   14 data frames   15 data bytes
#       16 yes or no: each byte from 0 to FCP_DL - 1 came exactly once
#       17 time of the FCP_RSP   18 its reason; - for none
#
#   cable.sh covered FILE   is every write whole and alone: covered by its data
#       frames; one exchange per command; no FCP_XFER_RDY; each FCP_DATA has
#       DF_CTL 01h, a relative offset and a Device_Header that names the
#       command; no floor is above a command that is not answered yet, and it is
#       the command itself when all before it have long been. Prints what is
#       wrong; returns 1 if anything is, or if there is no write at all.
#
#   cable.sh bytes FILE     prints the data bytes of all distinct writes
#
#   cable.sh carried FILE   on a cable that loses, doubles, damages and reorders
#       frames: did each byte of each write cross it, undamaged, at least once,
#       in whatever exchange? A write is known by session and command id, from
#       the write command or from one that repeats its CDB. Prints "key value"
#       lines: writes, bytes (of distinct writes), resent_bytes (carried more
#       than once), twins (frames with the same data once more), backwards
#       (frames with new data from before that of an earlier one), damaged
#       (frames), repeated (commands that name a write once more), unanswered
#       (exchanges of commands that no answer came back on); and what is
#       missing, or which OX_ID was used again within 200 ms although its
#       exchange may still be answered. Returns 1 if anything is, or if there
#       is no write at all.
#
# 2 is returned when the capture cannot be read.
#
# tshark takes the frames and the FC headers apart; what PPRC put into them,
# include/pprc/wire.h, is read here.

# The longest PPRC information unit starts at byte 56 behind a VLAN tag and is
# 128 bytes long; of FCP_DATA only the Device_Header is of interest.
CABLE_SNAP=256

# cable_frames FILE: one line per FCoE frame, the columns are named in the
# program below. The FCP dissector would hide the bytes of the CDB.
cable_frames()
{
	tshark -n -r "$1" --disable-protocol fcp -o fc.reassemble:FALSE \
		-Y fcoe -T fields -e frame.number -e frame.time_epoch -e frame.len -e vlan.id \
		-e fc.r_ctl -e fc.d_id -e fc.s_id -e fc.type -e fc.f_ctl \
		-e fc.df_ctl -e fc.ox_id -e fc.parameter \
		-e fc.relative_offset -e data.data
}

# cable_bad_crcs FILE: the numbers of the frames that have a wrong CRC; needs
# whole frames
cable_bad_crcs()
{
	tshark -n -r "$1" -o fc.reassemble:FALSE -Y 'fcoe.crc.status == 0' \
		-T fields -e frame.number
}

# cable_damage FILE: the capture as the receiver takes it.  The FC CRC covers no bit
# of the FCoE header and FC-BB-6 has receivers ignore the reserved ones of it, so
# fcoe takes a frame in which just these are damaged.  tshark would take it for
# one of an FCoE older than the standard, and all that follows for garbage.
cable_damage()
{
	perl -e '
		binmode STDOUT;
		open my $in, "<:raw", $ARGV[0] or die "$ARGV[0]: $!\n";
		read $in, my $head, 24;
		print $head;
		while ((read($in, $head, 16) // 0) == 16) {
			read $in, my $frame, unpack "x8 V", $head;
			my $at = substr($frame, 12, 2) eq "\x81\0" ? 18 : 14;
			substr($frame, $at, 13) &= "\xf0" . "\0" x 12
				if length $frame >= $at + 14 &&
				   substr($frame, $at - 2, 2) eq "\x89\x06";
			print $head, $frame;
			$head = "";
		}
		print $head;' "$1"
}

# A capture may end within a frame when QEMU was killed; all others are good.
cable_ok()
{
	[ "$1" -eq 0 ] || grep -q 'cut short in the middle' "$2" && return
	echo "cable.sh: $3 cannot be read:" >&2
	grep -v 'Running as user' "$2" >&2
	return 2
}

# cable_judge COMMAND FILE
cable_judge()
(
	cable_tmp=$(mktemp -d "${TMPDIR:-/tmp}/cable.XXXXXX") || exit 2
	trap 'rm -rf "$cable_tmp"' EXIT
	capture=$2 crc_job=

	if [ "$1" = carried ]; then
		capture=$cable_tmp/whole.pcap
		cable_damage "$2" > "$capture" || exit 2
	fi
	: > "$cable_tmp/crc"
	if [ "$1" = summary ] || [ "$1" = carried ]; then
		cable_bad_crcs "$capture" > "$cable_tmp/crc" 2> "$cable_tmp/crc.err" &
		crc_job=$!
	fi
	editcap -s "$CABLE_SNAP" "$capture" "$cable_tmp/short.pcap" 2> "$cable_tmp/err"
	cable_ok $? "$cable_tmp/err" "$2" || exit
	cable_frames "$cable_tmp/short.pcap" > "$cable_tmp/frames" 2> "$cable_tmp/err"
	cable_ok $? "$cable_tmp/err" "$2" || exit
	if [ -n "$crc_job" ]; then
		wait "$crc_job"
		cable_ok $? "$cable_tmp/crc.err" "$2" || exit
	fi
	perl -e "$(cable_perl)" "$1" "$cable_tmp/crc" < "$cable_tmp/frames"
	rc=$?
	[ "$1" != summary ] || echo "crc_bad $(wc -l < "$cable_tmp/crc")"
	exit "$rc"
)

cable_perl()
{
	cat << 'PERL'
use strict;
use warnings;

my ($command, $bad_crcs) = splice @ARGV;

my (%damaged,		# numbers of frames
    %told,		# "target session cmd_id" -> its write, told in any CDB
    %came,		# the same key -> what crossed the cable
    %asked,		# initiator's path -> its latest command, for carried
    %seen,		# the same -> commands there were
    @reused, $twins, $repeated) = ();
my $unanswered = 0;
my (@writes,		# in the order of their FCP_CMND
    %exchange,		# "initiator target ox_id" -> latest command there
    %named,		# ... and "session cmd_id" -> latest write of that name
    %pending,		# the same key -> data frames that came before it
    %open,		# "target session" -> ids that await an answer
    %latest,		# the same key -> the highest id there was
    %settled,		# the same key -> when the last of them was answered
    %count, %cdb_sizes, @faults);
my ($in_flight, $max_in_flight) = (0, 0);

$count{$_} = 0 for qw(frames xfer_rdy data_frames data_bytes rsp resent
		      floors_alone F800 F802 F805 F806);

sub label
{
	my ($w) = @_;

	return sprintf('write ox_id 0x%04x session 0x%08x cmd_id %s',
		       $w->{ox}, $w->{session}, $w->{cmd_id});
}

sub fault
{
	my ($w, $text) = @_;

	push @faults, $w ? label($w) . ": $text" : $text;
}

# A frame goes '>' to the target or '<' to the initiator.
sub turn
{
	my ($w, $direction) = @_;

	return if $w->{direction} eq $direction;
	$w->{direction} = $direction;
	$w->{turns}++;
	$w->{trips}++ if $direction eq '<';
}

sub lun_text
{
	my ($lun) = @_;
	my ($first, @rest) = unpack('n4', $lun);

	# Single level, peripheral or flat addressing (SAM-5 4.7).
	return $first & 0x3fff if $first < 0x8000 && !grep { $_ } @rest;
	return '0x' . unpack('H*', $lun);
}

# Data that belongs to a write.
sub place
{
	my ($w, $f) = @_;
	my $last = $w->{runs}[-1];
	my $end = $f->{offset} + $f->{len};

	$w->{frames}++;
	$w->{bytes} += $f->{len};
	if ($last && $last->[1] == $f->{offset}) {
		$last->[1] = $end;
	} else {
		push @{$w->{runs}}, [$f->{offset}, $end];
	}
	turn($w, '>');
	fault($w, "data at $f->{offset} has DF_CTL $f->{df_ctl}, not 0x01")
		if hex $f->{df_ctl} != 1;
	fault($w, "data at $f->{offset} has no valid relative offset")
		if !$f->{has_offset};
	fault($w, "data at $f->{offset} names slot $f->{slot}, not $w->{slot}")
		if defined $f->{slot} && $f->{slot} != $w->{slot};
}

# What is wrong with the data as a whole; '' for nothing.
sub uncovered
{
	my ($w) = @_;
	my $at = 0;

	return 'FCP_DL is 0' if !$w->{dl};
	for my $run (sort { $a->[0] <=> $b->[0] } @{$w->{runs}}) {
		return "bytes $at to " . ($run->[0] - 1) . ' are missing'
			if $run->[0] > $at;
		return "bytes from $run->[0] on came more than once"
			if $run->[0] < $at;
		$at = $run->[1];
	}
	return "bytes $at to " . ($w->{dl} - 1) . ' are missing'
		if $at < $w->{dl};
	return "data ends at $at, beyond FCP_DL $w->{dl}" if $at > $w->{dl};
	return '';
}

# A CDB that names a write: the write command, or one that repeats all of it.
# The latter may be the first of the two that has come through.
sub name_write
{
	my ($f, $cdb) = @_;
	my ($session, $id, $blocks, $bytes) =
		unpack 'x24 N x4 Q> x32 N x28 N', $cdb;
	my $key = "$f->{did} $session $id";

	return if !$blocks;
	$repeated++ if $told{$key};
	$told{$key} //= { dl => $bytes || 512 * $blocks, id => $id,
			  session => $session };
}

# A command has gone out. Ids below its floor are never looked at again.
sub see_floor
{
	my ($f, $cdb, $w) = @_;
	my ($session, $id, $floor) = unpack 'x24 N x4 Q> x16 Q>', $cdb;
	my $key = "$f->{did} $session";
	my $ids = $open{$key} //= {};
	my ($oldest) = sort { $a <=> $b } keys %$ids, $id;
	my $quiet = !%$ids && $f->{time} - ($settled{$key} // $f->{time}) > 0.2;

	# The one before it may be on its way to the cable.
	$quiet = 0 if $floor < $id && $floor > ($latest{$key} // 0);
	$latest{$key} = $id if $id > ($latest{$key} // 0);
	if ($w) {
		fault($w, "the floor is $floor, but $oldest is not answered")
			if $floor > $oldest;
		fault($w, "the floor is $floor, but all before have been answered")
			if $quiet && $floor != $id;
		$count{floors_alone}++ if $quiet;
	}
	$ids->{$id} = 1;
}

# A command on an exchange; what was there before has ended for the initiator.
sub see_asked
{
	my ($f, $path, $cdb) = @_;
	my $last = $asked{$path};
	# By the initiator's clock: a frame may be long on its way to the cable.
	my $issued = unpack('x96 Q>', $cdb) / 1e9;

	# No two commands are the same: the time is in them.
	return if $damaged{$f->{number}} || $seen{$path}{$f->{payload}}++;
	if ($last && !$last->{answered}) {
		$unanswered++;
		push @reused, sprintf('ox_id %s was used again after %.0f ms, unanswered',
				      $f->{ox}, 1000 * ($issued - $last->{issued}))
			if $issued - $last->{issued} < 0.2;
	}
	$asked{$path} = { issued => $issued };
}

sub see_cmnd
{
	my ($f) = @_;
	my $iu = $f->{payload};
	my $path = "$f->{sid} $f->{did} $f->{ox}";
	my $x = $exchange{$path} = { kind => '' };

	return if length $iu < 32 || ord(substr $iu, 12, 1) != 0x7f;
	my $size = 16 + 4 * (ord(substr $iu, 11, 1) >> 2);
	my $action = sprintf '%04X', unpack('n', substr $iu, 20, 2);
	return if $action !~ /^F8/;
	$cdb_sizes{$size} = 1;
	$count{$action}++;
	name_write($f, substr($iu, 12, $size))
		if $size == 112 && length $iu >= 16 + $size &&
		   $action =~ /^F80[15]$/ && !$damaged{$f->{number}};
	if ($size == 112 && length $iu == 16 + $size) {
		my $cdb = substr $iu, 12, $size;

		see_asked($f, $path, $cdb) if $action =~ /^F80[125]$/;
		see_floor($f, $cdb) if $action eq 'F802';
	}
	return if $action ne 'F801';
	if ($size != 112 || length $iu != 16 + $size) {
		fault(undef, "ox_id $f->{ox}: a write with an extended CDB of " .
		      "$size bytes in an FCP_CMND of " . length $iu);
		return;
	}

	my $cdb = substr $iu, 12, $size;
	my $w = $x;

	%$w = (kind => 'write', time => $f->{time}, sid => $f->{sid},
	       did => $f->{did}, ox => hex $f->{ox},
	       lun => lun_text(substr $iu, 0, 8),
	       dl => unpack('N', substr $iu, 12 + $size, 4),
	       direction => '>', turns => 0, trips => 0, frames => 0,
	       bytes => 0, runs => [], rsps => 0);
	@$w{qw(flags session slot cmd_id lba blocks digest total)} =
		unpack('x12 N x8 N n x2 Q> x16 x8 Q> N N x24 N', $cdb);
	push @writes, $w;
	$count{resent}++ if $w->{flags} & 2;
	fault($w, "FCP_DL is $w->{dl}, but the CDB says $w->{total} bytes")
		if $w->{dl} != $w->{total};
	$in_flight++;
	$max_in_flight = $in_flight if $in_flight > $max_in_flight;

	my $key = "$path $w->{session} $w->{cmd_id}";

	see_floor($f, $cdb, $w);
	$named{$key} = $w;
	place($w, $_) for @{delete $pending{$key} // []};
}

sub see_data
{
	my ($f) = @_;
	my $path = "$f->{sid} $f->{did} $f->{ox}";
	my $x = $exchange{$path};

	# Data of commands other than PPRC's, in either direction.
	return if $x && $x->{kind} ne 'write' && hex $f->{df_ctl} != 1;
	return if !$x && $exchange{"$f->{did} $f->{sid} $f->{ox}"};

	my $devhdr = (0, 16, 32, 64)[hex($f->{df_ctl}) & 3];

	$f->{len} = $f->{size} - $devhdr;
	$count{data_frames}++;
	$count{data_bytes} += $f->{len};
	if ($devhdr == 16) {
		my ($session, $slot, $id) =
			unpack('N n x2 Q>', $f->{payload});
		my $key = "$path $session $id";

		push @{$came{"$f->{did} $session $id"}},
			[$f->{offset}, $f->{offset} + $f->{len}]
			if !$damaged{$f->{number}};
		$f->{slot} = $slot;
		if ($named{$key}) {
			place($named{$key}, $f);
		} else {
			push @{$pending{$key}}, $f;
		}
	} elsif ($x) {
		place($x, $f);
	} else {
		fault(undef, "data without a command, ox_id $f->{ox}");
	}
}

sub see_xfer_rdy
{
	my ($f) = @_;
	my $x = $exchange{"$f->{did} $f->{sid} $f->{ox}"};

	$count{xfer_rdy}++;
	if ($x && $x->{kind} eq 'write') {
		turn($x, '<');
		fault($x, 'the target sent FCP_XFER_RDY');
	} else {
		fault(undef, "FCP_XFER_RDY, ox_id $f->{ox}");
	}
}

# Session, command id and reason of an FCP_RSP, nothing if it has none.
sub sense
{
	my ($iu) = @_;

	return if length $iu < 24;
	my ($flags, $sns_len, $rsp_len) = unpack('x10 C x5 N N', $iu);
	my $at = 24 + ($flags & 1 ? $rsp_len : 0);
	return if !($flags & 2) || $sns_len < 32 || length $iu < $at + 32;
	my ($response, $type, $reason, $session, $id) =
		unpack('C x7 C x n N Q>', substr $iu, $at);
	return if $response != 0x72 || $type != 0x80;
	return ($session, $id, $reason);
}

sub see_rsp
{
	my ($f) = @_;
	my $path = "$f->{did} $f->{sid} $f->{ox}";
	my ($session, $id, $reason) = sense($f->{payload});
	my $w = defined $id ? $named{"$path $session $id"} : $exchange{$path};

	$count{rsp}++;
	$asked{$path}{answered} = 1 if $asked{$path} && !$damaged{$f->{number}};
	# Neither partial (28) nor in-progress (29) is the end of it.
	if (defined $id && $reason != 28 && $reason != 29 &&
	    delete $open{"$f->{sid} $session"}{$id}) {
		$settled{"$f->{sid} $session"} = $f->{time};
	}
	# The initiator drops an answer that names another command.
	return if !$w || $w->{kind} ne 'write';
	turn($w, '<');
	return if $w->{rsps}++;
	$w->{rsp_time} = $f->{time};
	$w->{reason} = $reason;
	$in_flight--;
}

my %see = (0x01 => \&see_data, 0x05 => \&see_xfer_rdy, 0x06 => \&see_cmnd,
	   0x07 => \&see_rsp);

open my $bad, '<', $bad_crcs or die "$bad_crcs: $!";
while (my $line = <$bad>) {
	$damaged{$line + 0} = 1;
}

while (my $line = <STDIN>) {
	chomp $line;
	my ($number, $time, $wire, $vlan, $r_ctl, $did, $sid, $type, $f_ctl, $df_ctl,
	    $ox, $parameter, $offset, $hex) = split /\t/, $line, -1;

	$count{frames}++;
	# FCP only
	next if $type eq '' || hex $type != 0x08 || !$see{hex $r_ctl};

	my $tags = $vlan eq '' ? 0 : 1 + $vlan =~ tr/,//;
	# Around the payload: Ethernet, FCoE and FC headers, CRC and EOF.
	my $size = $wire - 4 * $tags - 14 - 14 - 24 - 8 - (hex($f_ctl) & 3);

	tr/.//d for $sid, $did;
	$see{hex $r_ctl}->({
		number => $number,
		time => $time, sid => $sid, did => $did, ox => $ox,
		df_ctl => $df_ctl, size => $size,
		has_offset => $offset ne '',
		offset => $offset ne '' ? $offset : hex $parameter,
		payload => substr(pack('H*', $hex), 0, $size < 0 ? 0 : $size),
	});
}

# Distinct writes: the target gives a session its number.
my (%distinct, @bytes);

for my $w (@writes) {
	my $key = "$w->{did} $w->{session} $w->{cmd_id}";

	push @bytes, $w->{dl} if !$distinct{$key};
	fault($w, 'the same cmd_id went out in another exchange before')
		if $distinct{$key}++;
	$w->{uncovered} = uncovered($w);
	fault($w, $w->{uncovered}) if $w->{uncovered} ne '';
}
for my $key (sort keys %pending) {
	my (undef, undef, $ox, $session, $id) = split / /, $key;

	fault(undef, sprintf('%d data frames with ox_id %s, session 0x%08x, ' .
			     'cmd_id %s belong to no command there',
			     scalar @{$pending{$key}}, $ox, $session, $id));
}

sub total
{
	my $sum = 0;

	$sum += $_ for @_;
	return $sum;
}

sub summary
{
	my $n = @writes;

	print "frames $count{frames}\n";
	print "exchanges $n\n";
	print "$_ $count{$_}\n" for qw(xfer_rdy data_frames data_bytes rsp);
	print 'writes_without_rsp ', scalar(grep { !$_->{rsps} } @writes), "\n";
	print 'exchanges_with_more_than_one_rsp ',
		scalar(grep { $_->{rsps} > 1 } @writes), "\n";
	print 'cdb_bytes ', %cdb_sizes ?
		join(',', sort { $a <=> $b } keys %cdb_sizes) : '-', "\n";
	printf "turnarounds_per_write %.2f\n",
		$n ? total(map { $_->{turns} } @writes) / $n : 0;
	printf "round_trips_per_write %.2f\n",
		$n ? total(map { $_->{trips} } @writes) / $n : 0;
	print "max_in_flight $max_in_flight\n";
	print "flushes $count{F802}\n";
	print "logins $count{F800}\n";
	print "queries $count{F805}\n";
	print "heartbeats $count{F806}\n";
	print "resent $count{resent}\n";
	print "floors_alone $count{floors_alone}\n";
	return 0;
}

sub list_writes
{
	for my $w (@writes) {
		printf "%s 0x%04x %s %s %s 0x%08x %d %s %s %d 0x%08x 0x%08x " .
			"%d %d %d %s %s %s\n",
			@$w{qw(time ox sid did lun session slot cmd_id lba
			       blocks flags digest dl frames bytes)},
			$w->{uncovered} eq '' ? 'yes' : 'no',
			$w->{rsp_time} // '-', $w->{reason} // '-';
	}
	return 0;
}

sub list_faults
{
	my $show = 50;

	print "$_\n" for @faults > $show ? @faults[0 .. $show - 1] : @faults;
	print 'and ', @faults - $show, " more\n" if @faults > $show;
	return 1;
}

sub covered
{
	fault(undef, 'there is no write in the capture') if !@writes;
	return list_faults() if @faults;
	print scalar(@writes), " writes, all covered\n";
	return 0;
}

# hole RUNS DL: what no run covers of the bytes from 0 on, '' for nothing
sub hole
{
	my ($runs, $dl) = @_;
	my $at = 0;

	for my $run (sort { $a->[0] <=> $b->[0] } @$runs) {
		return "$at to " . ($run->[0] - 1) if $run->[0] > $at;
		$at = $run->[1] if $run->[1] > $at;
	}
	return $at < $dl ? "$at to " . ($dl - 1) : '';
}

sub carried
{
	my ($bytes, $all, $n, $backwards) = (0, 0, 0, 0);

	# What a capture of writes as such calls faults is what this is about.
	@faults = ();
	for my $key (sort keys %told) {
		my ($w, $runs) = ($told{$key}, $came{$key} // []);
		my ($last, %seen, $hole) = -1;

		$n++;
		$bytes += $w->{dl};
		for my $run (@$runs) {
			$all += $run->[1] - $run->[0];
			if ($seen{"@$run"}++) {
				$twins++;
			} elsif ($run->[0] < $last) {
				$backwards++;
			} else {
				$last = $run->[0];
			}
		}
		$hole = hole($runs, $w->{dl});
		fault(undef, sprintf('write session 0x%08x cmd_id %s: bytes ' .
				     '%s never crossed the cable',
				     $w->{session}, $w->{id}, $hole))
			if $hole ne '';
	}
	fault(undef, 'there is no write in the capture') if !$n;
	fault(undef, $_) for @reused;
	$unanswered += grep { !$_->{answered} } values %asked;
	print "writes $n\nbytes $bytes\n";
	print 'resent_bytes ', $all > $bytes ? $all - $bytes : 0, "\n";
	print 'twins ', $twins // 0, "\n";
	print "backwards $backwards\n";
	print 'damaged ', scalar(keys %damaged), "\n";
	print 'repeated ', $repeated // 0, "\n";
	print "unanswered $unanswered\n";
	return @faults ? list_faults() : 0;
}

my %commands = (summary => \&summary, writes => \&list_writes,
		covered => \&covered, carried => \&carried,
		bytes => sub { print total(@bytes), "\n"; return 0; });

exit $commands{$command}->();
PERL
}

cable_summary()	{ cable_judge summary "$1"; }
cable_writes()	{ cable_judge writes "$1"; }
cable_covered()	{ cable_judge covered "$1"; }
cable_bytes()	{ cable_judge bytes "$1"; }
cable_carried()	{ cable_judge carried "$1"; }

cable_main()
{
	case $#:${1:-} in
	2:summary | 2:writes | 2:covered | 2:bytes | 2:carried)
		cable_judge "$1" "$2"
		;;
	*)
		echo "usage: cable.sh summary|writes|covered|bytes|carried FILE" >&2
		return 2
		;;
	esac
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	cable_main "$@"
fi
