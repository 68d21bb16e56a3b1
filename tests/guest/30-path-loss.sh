# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 30-path-loss: the cable is pulled under load: host I/O goes on, the pair is suspended, the session comes back by itself, the pair only by the operator's word; libfc does not ask, by ADISC, whether the login of a secondary that came last holds
# lab: pair
# time: 70
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"

expects_log '^pprc_primary: pair p0: suspended \(path-loss\): ' \
	'^pprc_primary: pair p0: not resumed: ' \
	'^pprc_primary: session [0-9a-f:]+: down: ' \
	'^pprc_secondary: session [0-9a-f:]+: closing: nothing was heard of the primary'

# fio_writes DISK MIB OFFSET_MIB [RATE]: verified writes; no request may take
# longer than max_latency, which is well above liveness_ms
fio_writes()
{
	echo "fio --name=w --filename=$1 --rw=randwrite --bsrange=4k-64k --blockalign=4k \
		--iodepth=8 --ioengine=libaio --direct=1 --size=${2}m --offset=${3}m \
		${4:+--rate=,$4} --max_latency=$(lab_scale 8)s --verify=crc32c --serialize_overlap=1 --verify_fatal=1 \
		--do_verify=1 --output-format=terse 2>&1"
}

# stat_of COUNTER
stat_of()
{
	on primary "pair_stat p0 $1"
}

duo_late secondary liveness_ms="$(lab_scale 2000)"
duo_heard
wire_no_adisc
job=$(on_bg primary -t 120 "$(fio_writes "$DISK" 40 0 4m)")
need on primary 'wait_for 20 "[ \$(pair_stat p0 writes) -ge 50 ]" || fail "fio does not write"'

lab_unplug || fail "the cable cannot be pulled"
need on primary 'wait_for 6 "[ \$(pair_get p0 state) = suspended ]" ||
	fail "the cable is out, the pair is $(pair_get p0 state)"'
n=$(stat_of local_writes)
need on primary "wait_for 6 '[ \$(pair_stat p0 local_writes) -gt $n ]' || fail 'host writes have stopped'"
out=$(on_wait primary "$job" -t 60) || fail "fio: $out"
echo "without the cable: $(on primary 'pair_get p0 reason'), $(stat_of local_writes) local writes"
need on primary '
grep -q "^path-loss: " $PAIRS/p0/reason || fail "$(pair_get p0 reason)"
dmesg | grep -qE "pair p0: suspended \(path-loss\): .*; host writes go on, on the primary alone; check the fabric and the secondary host, then resume the pair" ||
	fail "the log does not say what to do: $(dmesg | grep suspended)"'

# No beacon for 20 s: both ports give the login up, too.
need on primary 'wait_for 40 "grep -q \"remote port is not logged in\" $PAIRS/p0/session" ||
	fail "without the cable the session is $(pair_get p0 session)"'
need on secondary "wait_for 40 'grep -q \"target-suspended path-loss -\" $(printf '%s' "\$(tpg_of $DSW)/attrib/pairs")' ||
	fail \"the secondary's pairs: \$(cat \$(tpg_of $DSW)/attrib/pairs)\""
lab_plug || fail "the cable cannot be put back"
need on primary 'wait_for 60 "grep -q ^up, $PAIRS/p0/session" ||
	fail "the session does not come back: $(pair_get p0 session)"
[ "$(pair_get p0 state)" = suspended ] || fail "with the session came $(pair_get p0 state)"
refused "Operation not permitted" "p0: not resumed: .*write 1 to assume_equal" put resume $PAIRS/p0/action
[ "$(pair_get p0 state)" = suspended ] || fail "refused, but $(pair_get p0 state)"'

# Host writes still go to one copy only.
n=$(stat_of local_writes)
need on primary "dd if=/dev/urandom of=$DISK bs=64k count=4 seek=2048 oflag=direct status=none"
[ "$(stat_of local_writes)" -gt "$n" ] || fail "a suspended pair counts no local write"
cmp -s "$(image primary)" "$(image secondary)" && fail "the copies are equal without being mirrored"

# The operator makes them equal and vouches for it.
dd if="$(image primary)" of="$(image secondary)" bs=64k conv=notrunc,sparse status=none &&
	duo_equal
need on primary 'put 1 $PAIRS/p0/assume_equal && put resume $PAIRS/p0/action ||
	fail "not resumed: $(dmesg | tail -n 2)"'
n="$(stat_of local_writes)" bytes=$(stat_of write_bytes)
wire_mark
out=$(on primary -t 120 "$(fio_writes "$DISK" 16 200)") || fail "fio: $out"
out=$(on primary 'echo $(pair_get p0 state) $(pair_stat p0 local_writes) $(pair_get p0 reason)')
[ "$out" = "full-duplex $n none" ] || fail "not mirrored again: $out"
duo_equal

# All of it went over the cable, whole.
wire
out=$(cable_covered "$WIRE") || fail "on the cable: $out"
wire_is xfer_rdy 0
wire_is writes_without_rsp 0
bytes=$(($(stat_of write_bytes) - bytes))
[ "$(cable_bytes "$WIRE")" = $bytes ] ||
	fail "the cable carried $(cable_bytes "$WIRE") bytes, the primary mirrored $bytes"
[ $bytes -ge $((16 << 20)) ] || fail "only $bytes bytes were mirrored"
duo_down
