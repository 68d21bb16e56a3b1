# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 42-liveness: a peer that is unplugged, frozen or dead is found within liveness_ms, host writes wait no longer than that, a slow disk is no dead peer; a peer that comes back has its session again, and what it still had in hand does no harm
# lab: pair
# time: 110
# long-time: 160
#
# The peer stays frozen until libfc has logged it off, with LONG=1 for a minute.
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"
# shellcheck source=tests/guest/trouble.sh
. "$TESTS/guest/trouble.sh"

liveness=$(lab_scale 3)000	# ms, the default of a machine at full speed
slack=$(lab_scale 1)000		# for a busy machine to see and do it
frozen=0			# s, after it was logged off
[ "${LONG:-0}" = 0 ] || frozen=40

trouble_expected

# load SECONDS: writes for so long
load()
{
	job=$(on_bg primary -t 600 "fio --name=w --filename=$DISK --rw=randwrite --bsrange=4k-64k \
		--blockalign=4k --iodepth=8 --ioengine=libaio --direct=1 --size=48m --rate=,6m \
		--time_based --runtime=$1 --trigger-file=/tmp/fio-end --output-format=json --output=/tmp/fio 2>&1")
	need on primary 'n=$(($(pair_stat p0 writes) + 30))
		wait_for 20 "[ \$(pair_stat p0 writes) -ge $n ]" || fail "fio does not write"'
}

# loaded: end of that load; sets LONGEST to its longest write, ms
loaded()
{
	local out rc

	need on primary fio_end
	out=$(on_wait primary "$job" -t 60)
	rc=$?
	[ $rc -ne 124 ] || fail "fio does not end: $(on primary '
		grep . /sys/block/'"${DISK#/dev/}"'/inflight $PAIRS/p0/{state,stats,session,session_stats}
		for p in $(pgrep fio); do
			grep -H . /proc/$p/task/*/{comm,syscall,stack}
		done' | paste -sd " ")"
	[ $rc -eq 0 ] || fail "fio: $rc, $out"
	LONGEST=$(on primary 'awk -F "[:,]" "
		/\"write\"/ { w = 1 } /\"trim\"/ { w = 0 }
		w && /\"clat_ns\"/ { c = 1 }
		c && /\"max\"/ { printf \"%d\", \$2 / 1000000; exit }" /tmp/fio')
	[[ $LONGEST =~ ^[0-9]+$ ]] || fail "fio has no longest write: $LONGEST"
}

# gone WHAT COMMAND: the peer is gone by this; the pair has to notice in time
gone()
{
	local start ms

	load 600
	start=$(lab_ms)
	need eval "$2"
	need on primary "wait_for 20 '[ \$(pair_get p0 state) = suspended ]' ||
		fail \"$1: the pair is \$(pair_get p0 state)\""
	ms=$(($(lab_ms) - start))
	# What came over the cable last may have been sent just before it went.
	[ $ms -le $((liveness + slack)) ] || fail "$1: suspended after $ms ms only"
	need on primary 'grep -q "^path-loss: " $PAIRS/p0/reason || fail "the reason is $(pair_get p0 reason)"
		n=$(pair_stat p0 local_writes)
		wait_for 3 "[ \$(pair_stat p0 local_writes) -gt $n ]" || fail "host writes have stopped"'
	loaded
	[ "$LONGEST" -le $((liveness + slack)) ] || fail "$1: a write has taken $LONGEST ms"
	[ "$LONGEST" -ge $((liveness / 4)) ] ||
		fail "$1: no write has taken more than $LONGEST ms: there was no load"
	echo "$1: suspended after $ms ms, longest write $LONGEST ms: $(on primary 'pair_get p0 reason')"
}

# again WHAT: the peer is there once more
again()
{
	local start

	start=$(lab_ms)
	duo_back
	echo "$1: the session is back after $(($(lab_ms) - start)) ms"
	[ "$(on primary 'pair_get p0 state')" = suspended ] || fail "$1: with the session came $(on primary 'pair_get p0 state')"
	duo_resume
	need on primary -t 60 "dd if=/dev/urandom of=$DISK bs=64k count=64 seek=800 oflag=direct status=none"
	duo_held "$1"
	duo_equal
}

duo_blank || fail "the volumes cannot be blanked"
duo_ports
duo_target "$STALLING"
duo_pair "liveness_ms=$liveness" "timeout_ms=$(lab_scale 5)000" query_min_ms=5

# Slow is not dead.
load 600
stall 2
need on primary 'n=$(($(pair_stat p0 writes) + 30))
	wait_for 20 "[ \$(pair_stat p0 writes) -ge $n ]" || fail "after the stall nothing is written"'
loaded
[ "$LONGEST" -ge 1800 ] || fail "the disk was slow, but the longest write took $LONGEST ms"
duo_held "the disk stood still for 2 s"
duo_equal
echo "the disk stood still: longest write $LONGEST ms, still full-duplex"

gone unplugged lab_unplug
need lab_plug
again unplugged

# What the frozen one has in hand it writes when it goes on: by then the same
# blocks have newer content on the primary.
gone frozen "lab_freeze secondary"
need on primary -t 120 "dd if=/dev/urandom of=$DISK bs=1M count=48 oflag=direct status=none"
sum=$(on primary "dd if=$DISK bs=1M count=48 iflag=direct status=none | md5sum")
duo_logged_off secondary
sleep $frozen
need lab_thaw secondary
again frozen
[ "$(on primary "dd if=$DISK bs=1M count=48 iflag=direct status=none | md5sum")" = "$sum" ] ||
	fail "what came from the stale secondary has changed the primary"

gone dead "lab_cut secondary"
secondary_again "$STALLING"
again dead
duo_down
stalling_down
