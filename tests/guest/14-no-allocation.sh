# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 14-no-allocation: between the first frame and the release of a write pprc_secondary allocates nothing but frames for answers; payload and data buffer are allocated at login, filled, released and filled again
# lab: pair
# time: 30
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"

cat > "$LAB_SHARE/judge.pl" << 'PERL'
use strict;
use warnings;

require $0 =~ s/[^\/]*$/stacks.pl/r;

# What a write may allocate on its way through the module, by the function that
# stands in the stack before any other of the module's.
my @allowed = (
	["frames for answers",		qr/^refill_work\b/],
	["the driver of the port",	qr/^(fcoe_xmit|__dev_queue_xmit)\b/],
	["LIO and the block layer",	qr/^(target_\w+|transport_\w+|iblock_\w+|submit_bio\w*)\b/],
);
my (%hits, %bad, %slot, $events, $writes, $again);

sub allocation
{
	my ($of, @ours) = @_;

	return if $of !~ /alloc/ || $of =~ /^sec_/;
	$events++;
	return if !grep { /\[pprc_secondary\]/ } @ours;
	for my $f (@ours) {
		# Not inlined by every compiler; who has called it counts.
		next if $f =~ /^sec_reply_alloc\b/;
		for my $a (@allowed) {
			next if $f !~ $a->[1];
			$hits{$a->[0]}++;
			return;
		}
		last if $f =~ /\[pprc_secondary\]/;
	}
	$bad{"$of: " . join ' < ', @ours[0 .. ($#ours > 11 ? 11 : $#ours)]}++;
}

sub slot_event
{
	my ($event) = @_;

	return if $event !~ /^sec_slot/;
	my ($n, $id, $payload, $pfn) =
		/slot=(\d+) cmd_id=(\d+) payload=(\S+) pfn=(\S+)/ or die $_;
	my $s = $slot{$n};
	if ($event eq 'sec_slot_alloc') {
		$slot{$n} = { at => "$payload $pfn", filled => 0 };
	} elsif (!$s) {
		print "slot $n is used and was not allocated\n";
		$bad{slot}++;
	} elsif ($s->{at} ne "$payload $pfn") {
		print "slot $n has moved: $s->{at}, $payload $pfn\n";
		$bad{slot}++;
	} elsif ($event eq 'sec_slot_filled') {
		$writes++;
		$again++ if $s->{filled}++;
	}
}

open my $trace, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
stacks::each_stack($trace, \&allocation, \&slot_event);
print "$writes commands, $again times a slot was filled again, $events allocations in all\n";
for my $a (@allowed) {
	printf "%s: %d allocations\n", $a->[0], $hits{$a->[0]} // 0;
	if (!$hits{$a->[0]}) {
		print "fail: none of $a->[0] was seen, so the trace does not show them\n";
		exit 1;
	}
}
if (%bad) {
	print "not allowed, $bad{$_} times: $_\n" for sort keys %bad;
	print "fail: ", scalar keys %bad, " kinds of allocations are not allowed\n";
	exit 1;
}
print "fail: only $writes writes\n" and exit 1 if $writes < 200;
print "fail: no slot was filled again\n" and exit 1 if $again < 100;
PERL

duo_blank || fail "the volumes cannot be blanked"
duo_ports
duo_target
need on secondary 'cd /sys/kernel/tracing 2>/dev/null || { mount -t tracefs t /sys/kernel/tracing && cd /sys/kernel/tracing; } || fail "no tracefs"
echo 0 > tracing_on && echo 65536 > buffer_size_kb && echo nop > current_tracer && echo > trace &&
echo 1 > events/pprc_secondary/enable && echo 1 > tracing_on'
duo_pair slots=8
# Warm: what is allocated once, such as LIO'"'"'s I/O contexts, is there.
need on primary "dd if=/dev/urandom of=$DISK bs=64k count=32 oflag=direct status=none"
need on secondary 'cd /sys/kernel/tracing && echo 1 > options/stacktrace && echo 1 > options/sym-offset &&
for e in kmalloc kmalloc_node kmem_cache_alloc kmem_cache_alloc_node mm_page_alloc; do
	[ ! -d events/kmem/$e ] || echo 1 > events/kmem/$e/enable
done'
need on primary "dd if=/dev/urandom of=$DISK bs=4k count=100 oflag=direct status=none &&
	dd if=/dev/urandom of=$DISK bs=64k count=100 oflag=direct status=none &&
	dd if=/dev/urandom of=$DISK bs=4k count=20 oflag=direct,sync status=none"
need on secondary 'cd /sys/kernel/tracing && echo 0 > tracing_on &&
	echo 0 > events/enable && echo 0 > options/stacktrace
	lost=$(awk "/overrun/ { n += \$2 } END { print n + 0 }" per_cpu/cpu*/stats)
	[ "$lost" = 0 ] || fail "$lost events of the trace are lost"
	cat trace > $SHARE/trace && perl $SHARE/judge.pl $SHARE/trace
	rc=$?
	echo 0 > options/sym-offset; echo > trace; echo 1408 > buffer_size_kb
	exit $rc'
duo_mirrored
duo_equal
duo_down
