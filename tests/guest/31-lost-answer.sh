# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 31-lost-answer: when all answers or all writes are lost, the write ends on the local device after liveness_ms; a new session is opened, frames of the old one do no harm; no ADISC of a primary that came last
# lab: pair
# time: 75
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"

silence=$(lab_scale 1500)	# ms

expects_log '^pprc_primary: pair p0: suspended \(path-loss\): ' \
	"^pprc_primary: session [0-9a-f:]+: down: nothing was heard of the secondary for $silence ms" \
	'^pprc_primary: session [0-9a-f:]+: down: the remote port is no longer logged in' \
	'^pprc_secondary: port [0-9a-f]+: command f801 refused \(no-session\): ' \
	'^pprc_secondary: session [0-9a-f:]+: closing: nothing was heard of the primary'

# lose GUEST: FCoE frames are lost as they arrive there. Those of FIP, which
# keep the ports logged in, pass.
lose()
{
	need on "$1" 'modprobe -a sch_ingress cls_matchall act_gact
		tc qdisc add dev eth0 clsact &&
		tc filter add dev eth0 ingress protocol 0x8906 matchall action drop'
}

# arrive GUEST: no more; something must have been lost
arrive()
{
	need on "$1" 'tc -s filter show dev eth0 ingress | grep -o "dropped [1-9][0-9]*"
		rc=$?; tc qdisc del dev eth0 clsact && exit $rc'
}

session_id()
{
	on secondary "awk '\$4 == \"open\" { print \$3 }' \$(tpg_of $DSW)/attrib/sessions"
}

# lost GUEST BLOCK: one write while frames to this guest are lost
lost()
{
	local id ms n

	id=$(session_id)
	[[ $id =~ ^[0-9a-f]{8}$ ]] || fail "the secondary has no session: $id"
	n=$(on primary 'pair_stat p0 local_writes')
	lose "$1"
	ms=$(on primary "t=\${EPOCHREALTIME/./}
		dd if=/tmp/in of=$DISK bs=64k count=1 seek=$2 oflag=direct status=none &&
		echo \$(((\${EPOCHREALTIME/./} - t) / 1000))") ||
		fail "frames to the $1 are lost: a write fails: $ms"
	# The last heartbeat may have been answered some time ago.
	if [ "$ms" -lt $((silence / 4)) ] || [ "$ms" -gt $((silence + $(lab_scale 3) * 1000)) ]; then
		fail "frames to the $1 are lost: a write takes $ms ms"
	fi
	need on primary "
	[ \$(pair_get p0 state) = suspended ] || fail \"frames to the $1 are lost, the pair is \$(pair_get p0 state)\"
	grep -q '^path-loss: nothing was heard of the secondary for $silence ms ' \$PAIRS/p0/reason || fail \"\$(pair_get p0 reason)\"
	[ \$(pair_stat p0 local_writes) = $((n + 1)) ] || fail \"local writes: \$(pair_stat p0 local_writes), not $((n + 1))\""
	arrive "$1"
	echo "frames to the $1 were lost: $ms ms"

	# A login of libfc's own may have been lost, too; its next one takes a while.
	need on primary -t 100 'wait_for 90 "grep -q ^up, $PAIRS/p0/session" ||
		fail "the session does not come back: $(pair_get p0 session)"
	[ "$(pair_get p0 state)" = suspended ] || fail "with the session came $(pair_get p0 state)"'
	need on secondary "grep -qE '^0 [0-9a-f]{16} target-suspended path-loss -\$' \$(tpg_of $DSW)/attrib/pairs ||
		fail \"the secondary's pairs: \$(cat \$(tpg_of $DSW)/attrib/pairs)\""
	[ "$(session_id)" != "$id" ] || fail "the session still is $id"
	[ "$(session_id | wc -w)" = 1 ] || fail "sessions: $(session_id)"
}

resume()
{
	dd if="$(image primary)" of="$(image secondary)" bs=64k conv=notrunc,sparse status=none &&
		duo_equal
	need on primary -t 100 'put 1 $PAIRS/p0/assume_equal && put resume $PAIRS/p0/action ||
		fail "not resumed: $(dmesg | tail -n 2)"'
}

# replay FILE: the write commands and the data of a capture once more, as the
# primary sent them; prints how many frames
replay()
{
	cp "$1" "$LAB_SHARE/old.pcap" && cat > "$LAB_SHARE/replay.pl" << 'PERL'
use strict;
my ($if, $file) = @ARGV;
open my $f, '<:raw', $file or die;
open my $n, '<', "/sys/class/net/$if/ifindex" or die;
my $index = <$n> + 0;
# AF_PACKET, SOCK_RAW, FCoE
socket my $s, 17, 3, unpack('S', pack('n', 0x8906)) or die "socket: $!";
my $to = pack('S n i S C C a8', 17, 0x8906, $index, 0, 0, 0, '');
my $sent = 0;
read $f, my $head, 24;
while (read($f, $head, 16) == 16) {
	my $len = (unpack 'V4', $head)[2];
	read($f, my $frame, $len) == $len or last;
	next if $len < 128 || unpack('n', substr $frame, 12) != 0x8906;
	my ($r_ctl, $type) = unpack 'x28 C x7 C', $frame;
	next if $type != 8;
	# FCP_CMND: 12 bytes, then the CDB with the service action at byte 8.
	next if $r_ctl == 6 && unpack('x72 n', $frame) != 0xf801;
	next if $r_ctl != 6 && $r_ctl != 1;
	defined send $s, $frame, 0, $to or die "send: $!";
	$sent++;
}
print "$sent\n";
PERL
	on primary 'perl $SHARE/replay.pl eth0 $SHARE/old.pcap'
}

duo_late primary liveness_ms="$silence" connect_timeout_ms=90000
duo_heard
wire_no_adisc
wire_mark
need on primary "head -c 1048576 /dev/urandom > /tmp/in
	dd if=/tmp/in of=$DISK bs=64k oflag=direct status=none"
duo_mirrored
wire
cp "$WIRE" "$LAB_RUN/old.pcap"

# The write has arrived and was carried out, its answer is lost.
lost primary 64
duo_equal
resume
# Nothing arrives.
lost secondary 65
cmp -s "$(image primary)" "$(image secondary)" && fail "the write has arrived"
resume

# The blocks get other data, then every write of the first session comes once
# more, while writes go on.
n=$(on primary 'pair_stat p0 local_writes') id=$(session_id)
need on primary "head -c 1048576 /dev/urandom > /tmp/new
	dd if=/tmp/new of=$DISK bs=64k oflag=direct status=none"
job=$(on_bg primary -t 60 "fio --name=w --filename=$DISK --rw=randwrite --bs=16k --iodepth=8 \
	--ioengine=libaio --direct=1 --size=16m --offset=8m --rate=,4m --verify=crc32c --serialize_overlap=1 \
	--do_verify=1 --output-format=terse 2>&1")
frames=$(replay "$LAB_RUN/old.pcap") || fail "replay: $frames"
[ "${frames:-0}" -ge 32 ] || fail "replay: $frames frames"
out=$(on_wait primary "$job") || fail "fio: $out"
out=$(on primary 'echo $(pair_get p0 state) $(pair_stat p0 local_writes) $(pair_get p0 reason)')
[ "$out" = "full-duplex $n none" ] || fail "frames of an old session: $out"
[ "$(session_id)" = "$id" ] || fail "frames of an old session: a new session"
need on secondary 'dmesg | grep -q "command f801 refused (no-session)" ||
	fail "no write of the old session has arrived"'
need on primary "dd if=$DISK bs=1M count=1 iflag=direct status=none | cmp - /tmp/new"
duo_equal
echo "$frames frames of an old session did no harm"
duo_down
