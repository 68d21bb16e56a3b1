# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 41-overlap-under-loss: writes of different content to the same few blocks from many threads, on a wire that loses, doubles and reorders frames, leave equal copies of whole blocks
# lab: pair
# time: 40
# long-time: 300
#
# WRITES of them, 400 or, with LONG=1, 10000; PPRC_SEED repeats the schedule.
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"
# shellcheck source=tests/guest/trouble.sh
. "$TESTS/guest/trouble.sh"
# shellcheck source=tests/guest/oracle.sh
. "$TESTS/guest/oracle.sh"

writes=400 per=200
[ "${LONG:-0}" = 0 ] || writes=10000 per=1000
writes=${WRITES:-$writes}

blocks_build
duo_up "$(limits 30000 30000)"
# Nothing between the program and the pair is to sort or join the writes.
need on primary "echo none > /sys/block/${DISK#/dev/}/queue/scheduler"
lost=0 dup=0
for ((done = 0; done < writes; done += per)); do
	between 0 3; delay=$DRAWN
	between 5 30; loss=$((DRAWN / 10)).$((DRAWN % 10))
	NETEM="delay ${delay}ms ${delay}ms loss $loss% duplicate $loss% reorder 30% 25%"
	[ $delay -gt 0 ] || NETEM="loss $loss% duplicate $loss%"
	rough "$NETEM"
	events_from
	# 96 KiB, at another place each time.
	out=$(on primary -t 300 "\$SHARE/blocks overlap $DISK $((1024 + done)) 24 16 $per 2>&1") ||
		fail "$NETEM: $out"
	duo_held "$NETEM"
	events
	lost=$((lost + DROPPED - DROPPED0)) dup=$((dup + DUP - DUP0))
	duo_equal_to 64
	need "$LAB_SHARE/blocks" whole "$(image secondary)" $((1024 + done)) 24
done
smooth
duo_equal
n=$(on primary 'pair_stat p0 writes')
[ "$n" -ge "$writes" ] || fail "only $n of $writes writes: somebody has joined them"
[ $lost -gt 0 ] || fail "no frame was lost"
[ $dup -gt 0 ] || fail "no frame came twice"
echo "$n writes, $lost frames lost, $dup came twice"
duo_down
