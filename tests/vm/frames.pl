# SPDX-License-Identifier: GPL-2.0
#
# Frames made by hand, for tests that play a broken or hostile port: FCoE, FC
# and PPRC as include/pprc/wire.h has them. For perl -I or require; needs
# nothing but perl-base and root.

package frames;
use strict;
use warnings;
use IO::Handle;

use constant {
	ETH_FCOE => 0x8906,
	ETH_LEN => 14 + 14,		# Ethernet and FCoE headers
	FC_LEN => 24,
	TRAILER => 8,			# CRC, EOF, reserved
	SOF_I3 => 0x2e, SOF_N3 => 0x36, EOF_N => 0x41, EOF_T => 0x42,
	CDB_AT => 12, CDB_LEN => 112,	# within FCP_CMND
	WF_FUA => 1, WF_RESEND => 2, WF_OF_FLUSH => 4, WF_MORE => 8,
};

sub table
{
	my ($poly) = @_;

	return map {
		my $c = $_;
		$c = $c & 1 ? $poly ^ ($c >> 1) : $c >> 1 for 1 .. 8;
		$c;
	} 0 .. 255;
}

my @crc32 = table(0xedb88320);
my @crc32c = table(0x82f63b78);

sub crc
{
	my ($table, $data) = @_;
	my $c = 0xffffffff;

	$c = $table->[($c ^ $_) & 0xff] ^ ($c >> 8) for unpack 'C*', $data;
	return $c ^ 0xffffffff;
}

sub fc_crc { return crc(\@crc32, $_[0]) }
sub crc32c { return crc(\@crc32c, $_[0]) }

# A packet socket on an interface. One for receiving sees what arrives there.
sub open_if
{
	my ($if, $receive) = @_;

	open my $n, '<', "/sys/class/net/$if/ifindex" or die "$if: $!\n";
	my $index = <$n> + 0;
	# AF_PACKET, SOCK_RAW
	socket my $s, 17, 3, $receive ? unpack('S', pack 'n', ETH_FCOE) : 0
		or die "socket: $!\n";
	my $addr = pack 'S n i S C C a8', 17, ETH_FCOE, $index, 0, 0, 0, '';
	bind $s, $addr or die "bind: $!\n" if $receive;
	return { socket => $s, addr => $addr };
}

sub put
{
	my ($if, $frame) = @_;

	defined send $if->{socket}, $frame, 0, $if->{addr} or die "send: $!\n";
}

# The next frame within some seconds, or undef.
sub get
{
	my ($if, $seconds) = @_;
	my $bits = '';

	vec($bits, fileno $if->{socket}, 1) = 1;
	return undef if select($bits, undef, undef, $seconds) < 1;
	defined recv $if->{socket}, my $frame, 65536, 0 or die "recv: $!\n";
	return $frame;
}

# Take a frame apart: a hash of its fields; undef if it is none of FC.
sub parse
{
	my ($f) = @_;
	my %h;

	return undef if length $f < ETH_LEN + FC_LEN + TRAILER ||
			unpack('x12 n', $f) != ETH_FCOE;
	my $fc = substr $f, ETH_LEN, length($f) - ETH_LEN - TRAILER;
	my ($w0, $w1, $w2, $w3, $w4, $w5) = unpack 'N6', $fc;
	@h{qw(dst src sof eof)} = (substr($f, 0, 6), substr($f, 6, 6),
				   unpack('x27 C', $f), unpack('C', substr $f, -4));
	@h{qw(r_ctl did sid type f_ctl)} = ($w0 >> 24, $w0 & 0xffffff,
		$w1 & 0xffffff, $w2 >> 24, $w2 & 0xffffff);
	@h{qw(seq_id df_ctl seq_cnt ox_id rx_id parm)} = ($w3 >> 24,
		$w3 >> 16 & 0xff, $w3 & 0xffff, $w4 >> 16, $w4 & 0xffff, $w5);
	$h{body} = substr $fc, FC_LEN;
	return \%h;
}

# The reverse. crc_xor spoils the FC CRC.
sub build
{
	my (%h) = @_;
	my $fc = pack('N6', $h{r_ctl} << 24 | $h{did}, $h{sid},
		      $h{type} << 24 | $h{f_ctl},
		      $h{seq_id} << 24 | $h{df_ctl} << 16 | $h{seq_cnt},
		      $h{ox_id} << 16 | $h{rx_id}, $h{parm}) . $h{body};

	# FPMA: the last bytes of the source address are the S_ID.
	substr($h{src}, 3) = substr pack('N', $h{sid}), 1;
	return $h{dst} . $h{src} . pack('n x13 C', ETH_FCOE, $h{sof}) . $fc .
		pack('V C x3', fc_crc($fc) ^ ($h{crc_xor} // 0), $h{eof});
}

# sniff IF FILE: keep what arrives there, for load(), until a SIGTERM; what has
# arrived by then is kept too.
sub sniff
{
	my ($if, $file) = @_;
	my $in = open_if($if, 1);
	my $end = 0;

	local $SIG{TERM} = sub { $end = 1 };
	open my $f, '>:raw', $file or die "$file: $!\n";
	while (1) {
		my $last = $end;
		my $frame = get($in, $last ? 0 : 1);
		print $f pack('N', length $frame) . $frame if defined $frame;
		last if $last && !defined $frame;
	}
	close $f or die "$file: $!\n";
}

# The frames that sniff() has kept, parsed.
sub load
{
	my ($file) = @_;
	my @frames;

	open my $f, '<:raw', $file or die "$file: $!\n";
	local $/;
	my $all = <$f> // '';
	while (length $all > 4) {
		my $len = unpack 'N', $all;
		my $h = parse(substr $all, 4, $len);
		push @frames, $h if $h;
		substr($all, 0, 4 + $len) = '';
	}
	return @frames;
}

# Let FRAMES go out of IF and wait until a counter has changed; the counters
# are what COUNTS->() returns. Returns a text as "name +1, other +2".
sub provoke
{
	my ($if, $counts, $count, @frames) = @_;
	my %before = $counts->();
	my ($tries, %after) = (0);

	put($if, $_) for @frames;
	do {
		select undef, undef, undef, 0.02;
		%after = $counts->();
	} while ($after{$count} == $before{$count} && $tries++ < 200);
	return join ', ', map {
		$after{$_} != $before{$_} ? "$_ +" . ($after{$_} - $before{$_}) : ()
	} sort keys %after;
}

# What an FCP_CMND carries.
sub cdb { return substr $_[0]{body}, CDB_AT, CDB_LEN }

# Offsets and formats of the fields of the extended CDB.
my %cdb_field = (
	opcode => [0, 'C'], control => [1, 'C'], add_len => [7, 'C'],
	action => [8, 'n'], version => [10, 'C'], flags => [12, 'N'],
	features => [16, 'N'], rsvd20 => [20, 'N'], session => [24, 'N'],
	slot => [28, 'n'], cmd_id => [32, 'Q>'], pair => [40, 'Q>'],
	generation => [48, 'Q>'],
	# writes
	floor => [56, 'Q>'], lba => [64, 'Q>'], blocks => [72, 'N'],
	payload_crc => [76, 'N'], bytes => [104, 'N'],
	# logins
	instance => [56, 'Q>'], slot_bytes => [64, 'N'], slots => [68, 'n'],
	chunk => [70, 'n'], liveness_ms => [72, 'N'],
	# state changes
	state_blocks => [56, 'Q>'], block_bytes => [64, 'N'],
	state => [68, 'C'], reason => [69, 'C'],
	# heartbeats
	use_slots => [56, 'n'],
);

sub cdb_get
{
	my ($cdb, $field) = @_;
	my ($at, $format) = @{$cdb_field{$field} // die "field $field\n"};

	return unpack "x$at $format", $cdb;
}

# An FCP_CMND made from another one. Fields of the CDB are named as above, with
# "lun", "dl", "cmnd_flags" and those of the FC header beside them; "clear"
# zeroes first what belongs to the service action; "seal" is 0 for a wrong
# digest; "cut" is the length of a shorter FCP_CMND.
sub cmnd
{
	my ($template, %set) = @_;
	my %h = %$template;
	my $cdb = cdb(\%h);
	my $seal = delete $set{seal} // 1;
	my $cut = delete $set{cut};

	substr($cdb, 56, CDB_LEN - 4 - 56) = "\0" x (CDB_LEN - 4 - 56) if delete $set{clear};
	substr($h{body}, 0, 8) = pack 'n x6', delete $set{lun} if exists $set{lun};
	substr($h{body}, 11, 1) = pack 'C', delete $set{cmnd_flags} if exists $set{cmnd_flags};
	substr($h{body}, CDB_AT + CDB_LEN, 4) = pack 'N', delete $set{dl} if exists $set{dl};
	for (keys %set) {
		if (exists $cdb_field{$_}) {
			my ($at, $format) = @{$cdb_field{$_}};
			my $v = pack $format, $set{$_};
			substr($cdb, $at, length $v) = $v;
		} else {
			die "field $_\n" if !exists $h{$_};
			$h{$_} = $set{$_};
		}
	}
	my $digest = crc32c(substr $cdb, 0, CDB_LEN - 4);
	substr($cdb, CDB_LEN - 4) = pack 'N', $seal ? $digest : $digest ^ 1;
	substr($h{body}, CDB_AT, CDB_LEN) = $cdb;
	$h{body} = substr $h{body}, 0, $cut if $cut;
	return build(%h);
}

# What a command has when no data follows it: it gives the initiative away.
sub no_data
{
	my ($template) = @_;

	return (dl => 0, cmnd_flags => 24 << 2, f_ctl => $template->{f_ctl} | 0x010000);
}

# A query for a write or a flush: what of it has come, what became of it?
sub query
{
	my ($template, %set) = @_;
	my $cdb = cdb($template);
	my $flags = cdb_get($cdb, 'flags') & ~WF_RESEND;

	$flags |= WF_OF_FLUSH if cdb_get($cdb, 'action') == 0xf802;
	return cmnd($template, no_data($template), action => 0xf805, flags => $flags, %set);
}

# A heartbeat, made from any command of the session; "use_slots" it says.
sub heartbeat
{
	my ($template, %set) = @_;

	return cmnd($template, no_data($template), clear => 1, action => 0xf806, lun => 0,
		    flags => 0, slot => 0xffff, pair => 0, generation => 0, use_slots => 1, %set);
}

# An FCP_DATA frame made from another one: "session", "slot" and "cmd_id" of
# the Device_Header, "data", and fields of the FC header; parm is the offset.
sub data
{
	my ($template, %set) = @_;
	my %h = %$template;
	my ($session, $slot, $rsvd, $id) = unpack 'N n n Q>', $h{body};
	my $data = delete $set{data} // substr $h{body}, 16;

	$session = delete $set{session} // $session;
	$slot = delete $set{slot} // $slot;
	$id = delete $set{cmd_id} // $id;
	$h{$_} = $set{$_} for keys %set;
	$h{body} = pack('N n n Q>', $session, $slot, $rsvd, $id) . $data;
	return build(%h);
}

# An FCP_RSP to a command: "status", "reason", "session", "cmd_id", "missing"
# for [offset, length] of what has not come, "sense" for other sense data, and
# fields of the FC header. It does not end its exchange: libfc would hand
# nothing more to who awaits the true answer.
sub rsp
{
	my ($cmnd, %set) = @_;
	my $cdb = cdb($cmnd);
	my $reason = delete $set{reason} // 0;
	my $status = delete $set{status} // ($reason ? 2 : 0);
	my @missing = @{delete $set{missing} // []};
	my $ranges = @missing ? pack('C C x6', 0x83, 6 + 8 * @missing) .
		join('', map { pack 'N N', @$_ } @missing) : '';
	my $sense = delete $set{sense} //
		pack('C C x2 x3 C C C n N Q> n x6', 0x72, $reason ? 5 : 0,
		     24 + length $ranges,
		     0x80, 22, $reason,
		     $set{session} // cdb_get($cdb, 'session'),
		     $set{cmd_id} // cdb_get($cdb, 'cmd_id'),
		     $set{slots} // 16) . $ranges;
	my $sense_len = delete $set{sense_len} // length $sense;
	my %h = (%$cmnd, dst => $cmnd->{src}, src => $cmnd->{dst},
		 did => $cmnd->{sid}, sid => $cmnd->{did}, r_ctl => 7,
		 f_ctl => 0x880000, parm => 0, sof => SOF_I3, eof => EOF_T,
		 df_ctl => 0, seq_cnt => 0, rx_id => 0xffff);

	delete @set{qw(session cmd_id slots)};
	$h{body} = pack('x8 x2 C C N N N', 2, $status, 0, $sense_len, 0) . $sense;
	$h{$_} = $set{$_} for keys %set;
	return build(%h);
}

# What an FCP_RSP of the secondary says: (reason, session, cmd_id).
sub answer
{
	my ($rsp) = @_;

	return unpack 'x24 x10 n N Q>', $rsp->{body};
}

# The answer that comes to exchange OX at IF within some seconds: its reason,
# or 'none'.
sub answer_to
{
	my ($if, $ox, $seconds) = @_;

	while (defined(my $f = get($if, $seconds))) {
		my $h = parse($f) or next;
		return (answer($h))[0]
			if $h->{type} == 8 && $h->{r_ctl} == 7 && $h->{ox_id} == $ox;
	}
	return 'none';
}

1;
