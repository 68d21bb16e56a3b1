# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 07-frame-fuzz: mutated frames of a real session, thrown at both ends while the pair is being written, break neither end: host writes go on, everything can be taken away and made anew
# lab: one
# time: 20 + FUZZ_FRAMES / 20
#
# FUZZ_FRAMES=n sends so many, FUZZ_SEED=n repeats a run.
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

# Forged answers and commands may say anything, so may the log.
expects_log '^pprc_(primary|secondary): ' 'callbacks suppressed$' '^bio error: '

cat > "$LAB_SHARE/fuzz.pl" << 'PERL'
use strict;
use warnings;

require "$ENV{SHARE}/frames.pl";

my ($seed, $n) = @ARGV;
my %port = (s => frames::open_if('va'), p => frames::open_if('vb'));
my %tap = (p => frames::open_if('va', 1), s => frames::open_if('vb', 1));
my @fields = qw(opcode add_len action version flags features session slot
		cmd_id pair generation floor lba blocks payload_crc slots chunk
		slot_bytes state reason rsvd20 bytes liveness_ms use_slots);
my @interesting = (0, 1, 2, 7, 8, 15, 16, 255, 256, 512, 2047, 2048, 4096, 65535,
		   1 << 16, 1 << 20, 0x7fffffff, 0x80000000, 0xffffffff);
my (@frames, %kinds);
my %live = (p => [], s => []);

srand $seed;

sub pick { return $_[rand @_] }

# Captured frames, each with the end it goes to.
for my $to (keys %port) {
	for my $h (frames::load("/tmp/sniffed.$to")) {
		# The stock stack's own ELS frames are not what is on trial, but
		# our PRLI is.
		next if $h->{type} != 8 && !($h->{r_ctl} == 0x22 && unpack('C', $h->{body}) == 0x20);
		push @frames, [$to, $h];
		$kinds{sprintf 'r_ctl %02x to %s', $h->{r_ctl}, $to}++;
	}
}
print "captured: $_: $kinds{$_}\n" for sort keys %kinds;
die "the capture lacks frames\n"
	if grep { !$kinds{$_} } 'r_ctl 06 to s', 'r_ctl 01 to s', 'r_ctl 07 to p';

# What goes over the cable just now: sessions and exchanges that exist.  Reading
# all of it takes longer than sending a frame, so not before each.
sub listen_in
{
	for my $to (keys %tap) {
		my $max = 256;
		while ($max-- && defined(my $f = frames::get($tap{$to}, 0))) {
			my $h = frames::parse($f) or next;
			push @{$live{$to}}, [$to, $h] if $h->{type} == 8;
			shift @{$live{$to}} if @{$live{$to}} > 32;
		}
	}
}

# The next command from the primary: it is under way when this returns.
sub fresh_command
{
	# What has queued up is old.
	for (1 .. 4096) {
		last if !defined frames::get($tap{s}, 0);
	}
	for (1 .. 256) {
		my $f = frames::get($tap{s}, 1) // return;
		my $h = frames::parse($f) or next;
		return $h if $h->{type} == 8 && $h->{r_ctl} == 6 && length $h->{body} == 128;
	}
}

# An answer to it that comes before the true one.
sub forged_answer
{
	my $c = fresh_command() or return;
	my %set;

	$set{reason} = int rand 40 if rand() < 0.3;
	if (rand() < 0.2) {
		my $at = 0;
		$set{reason} = 28;
		$set{missing} = [map {
			$at += pick(0, 0, 1, 2048, 4096);
			my $len = pick(1, 2048, 2048, 2048, 4096, @interesting);
			my $r = [$at & 0xffffffff, $len];
			$at += $len + pick(0, 1, 2048);
			$r;
		} 0 .. rand 17];
	}
	$set{status} = pick(0, 2, 8, 0x28) if rand() < 0.2;
	$set{cmd_id} = pick(@interesting) if rand() < 0.5;
	$set{session} = pick(@interesting) if rand() < 0.3;
	$set{sense} = spoil_bytes(pack('C C x3 x3 C24', 0x72, 0, map { int rand 256 } 1 .. 24), 0) if rand() < 0.3;
	$set{sense_len} = pick(@interesting) if rand() < 0.2;
	$set{r_ctl} = pick(1, 5, 6, 7) if rand() < 0.2;
	$set{f_ctl} = 0x980000 if rand() < 0.1;
	frames::put($port{p}, frames::rsp($c, %set));
	return 1;
}

sub spoil_bytes
{
	my ($body, $from) = @_;

	return $body if length $body <= $from;
	for (0 .. int rand 4) {
		my $at = $from + int rand(length($body) - $from);
		substr($body, $at, 1) = chr pick(0, 1, 0x7f, 0x80, 0xff, int rand 256);
	}
	return $body;
}

sub spoil_header
{
	my ($h) = @_;
	my $what = pick(qw(r_ctl f_ctl df_ctl seq_id seq_cnt ox_id rx_id parm cut));

	if ($what eq 'r_ctl') {
		$h->{r_ctl} = pick(1, 5, 6, 7, 0, 2, 3, 4);
	} elsif ($what eq 'f_ctl') {
		$h->{f_ctl} ^= 1 << int rand 24;
	} elsif ($what eq 'cut') {
		$h->{body} = substr $h->{body}, 0, rand length $h->{body};
	} elsif ($what eq 'parm') {
		$h->{parm} = pick(@interesting, $h->{parm} ^ 2048);
	} else {
		my $bits = $what =~ /_id$/ && $what ne 'seq_id' ? 16 : 8;
		$h->{$what} = int rand 1 << $bits;
	}
}

my (%sent, $last_id);
my $silent = 0;
for my $i (1 .. $n) {
	listen_in() if $i % 4 == 1;
	# A pair that has been suspended sends no commands until it is resumed.
	if ($silent < time && rand() < 0.05) {
		if (forged_answer()) {
			$sent{'forged answer'}++;
			next;
		}
		$silent = time + 1;
	}
	my ($to, $orig) = @{pick(rand() < 0.1 ? @frames : (@{$live{s}}, @{$live{p}}, $frames[0]))};
	my %h = %$orig;

	if ($h{r_ctl} == 0x22) {
		# Flags and parameters of the service parameter page.
		$h{body} = spoil_bytes($h{body}, 6);
		substr($h{body}, 0, 4) = substr $orig->{body}, 0, 4;
		frames::put($port{$to}, frames::build(%h));
		$sent{PRLI}++;
		next;
	}
	my $how = rand;
	if ($h{r_ctl} == 6 && length $h{body} == 128 && $how < 0.6) {
		# A command that passes its digest check.
		my %set;
		for (0 .. int rand 3) {
			my $f = pick(@fields);
			$set{$f} = $f =~ /cmd_id|floor|lba|pair|generation/ ?
				pick(@interesting, int rand 2 ** 40) : pick(@interesting);
			my $bits = $f =~ /^(opcode|add_len|version|state|reason)$/ ? 8 :
				$f =~ /^(action|slot|slots|chunk|use_slots)$/ ? 16 : 32;
			$set{$f} &= (1 << $bits) - 1 if $f !~ /cmd_id|floor|lba|pair|generation/;
		}
		$set{action} = pick(0xf800 .. 0xf807) if rand() < 0.2;
		$set{cmd_id} = $last_id = (1 << 32) + $i if rand() < 0.5;
		frames::put($port{$to}, frames::cmnd(\%h, %set));
		$sent{'sealed command'}++;
	} elsif ($h{r_ctl} == 1 && $how < 0.6) {
		my %set;
		$set{slot} = pick(0 .. 20, 65535) if rand() < 0.5;
		$set{cmd_id} = pick($last_id // 1, @interesting) if rand() < 0.5;
		$set{parm} = pick(@interesting) if rand() < 0.5;
		$set{data} = 'x' x pick(0, 1, 511, 512, 513, 2048) if rand() < 0.5;
		frames::put($port{$to}, frames::data(\%h, %set));
		$sent{data}++;
	} elsif ($how < 0.8) {
		$h{body} = spoil_bytes($h{body}, 0);
		frames::put($port{$to}, frames::build(%h));
		$sent{'spoilt body'}++;
	} else {
		spoil_header(\%h);
		$h{body} = spoil_bytes($h{body}, 0) if rand() < 0.5;
		frames::put($port{$to}, frames::build(%h));
		$sent{'spoilt header'}++;
	}
	# Not so fast that the receiver's queue drops most of them.
	select undef, undef, undef, 0.01 if $i % 16 == 0;
}
print "sent: $_: $sent{$_}\n" for sort keys %sent;
PERL
frames=$FUZZ_FRAMES
seed=${FUZZ_SEED:-1}
echo "seed $seed, $frames frames"
need on primary -t $((180 + frames / 10)) '
export SHARE
roles_up && roles_store || exit 1
sniff va /tmp/sniffed.p
sniff vb /tmp/sniffed.s
D=$(pair_up p0 /dev/ram0 $SW 0 slots=16 timeout_ms=1000 connect_timeout_ms=60000) || fail "no pair: $(dmesg | tail -n 3)"
for bs in 4k 8k 64k; do
	dd if=/dev/urandom of=$D bs=$bs count=2 oflag=direct,sync status=none || fail "no write"
done
put suspend $PAIRS/p0/action; put 1 $PAIRS/p0/assume_equal; put resume $PAIRS/p0/action || fail "not resumed"
sniff_end

# A host that writes all the time, and an operator who resumes all the time.
fio --name=w --filename=$D --rw=randwrite --bsrange=4k-64k --blockalign=4k --iodepth=8 --ioengine=libaio \
	--direct=1 --size=48m --rate=,4m --time_based --runtime=3600 --max_latency=$(scaled 30)s \
	--trigger-file=/tmp/fio-end --output-format=terse > /tmp/fio 2>&1 &
job=$!
operator()
{
	local sus=0

	while [ ! -e /tmp/enough ]; do
		nap
		pair_is p0 state suspended || continue
		sus=$((sus + 1))
		wait_for 60 "put 1 $PAIRS/p0/assume_equal && put resume $PAIRS/p0/action 2> /dev/null" ||
			fail "not resumed: $(pair_get p0 session): $(dmesg | tail -n 3)"
	done
	echo "suspended and resumed $sus times"
}
operator > /tmp/operator &
operator=$!
n=0 left='"$frames"'
while [ $left -gt 0 ]; do
	k=1000; [ $left -ge $k ] || k=$left
	perl $SHARE/fuzz.pl $(('"$seed"' * 100003 + n)) $k > /tmp/out 2>&1 || fail "fuzz: $(cat /tmp/out)"
	left=$((left - k)) n=$((n + 1))
	kill -0 $job 2> /dev/null || fail "host writes have ended: $(cat /tmp/fio)"
	kill -0 $operator 2> /dev/null || fail "$(cat /tmp/operator)"
done
> /tmp/enough
wait $operator || fail "$(cat /tmp/operator)"
cat /tmp/out
echo "$n batches, $(cat /tmp/operator)"
cat $PAIRS/p0/session_stats
grep -v " 0$" $LIO/pprc/refusals
[ $(grep -vc " 0$" $LIO/pprc/refusals) -ge 10 ] || fail "only few kinds of refusals were hit"
[ $(grep -c "_frames [1-9]" $PAIRS/p0/session_stats) -ge 2 ] || fail "only few kinds of wrong answers were hit"
fio_end
wait $job || fail "host writes have failed: $(cat /tmp/fio)"
# With a session of its own the pair makes copies again.
put suspend $PAIRS/p0/action
pair_down p0 || fail "the pair stays: $(dmesg | tail -n 1)"
dd if=/dev/ram0 of=/dev/ram1 bs=1M iflag=direct oflag=direct status=none
D=$(pair_up p0 /dev/ram0 $SW 0 connect_timeout_ms=60000) || fail "no new pair: $(dmesg | tail -n 3)"
dd if=/dev/urandom of=$D bs=64k count=64 oflag=direct status=none || fail "no write"
[ "$(pair_get p0 state)" = full-duplex ] || fail "p0 is $(pair_get p0 state): $(pair_get p0 reason)"
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
roles_down'
