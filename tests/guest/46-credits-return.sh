# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 46-credits-return: run after run on a wire that loses frames, every credit comes back: none is held when the writes are done, and in the end as many can be used as were granted; only what was lost is sent again, and no exchange id is used again while an answer may come
# lab: pair
# time: 50
# long-time: 700
#
# RUNS=n makes so many runs, with LONG=1 a thousand; 50 without, 25 on the debug
# kernel.
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"
# shellcheck source=tests/guest/trouble.sh
. "$TESTS/guest/trouble.sh"

expects_log 'device-mapper: core: CONFIG_IMA_DISABLE_HTABLE'

runs=${RUNS:-$([ "$LAB_KERNEL" = debug ] && echo 25 || echo 50)}
[ "${LONG:-0}" = 0 ] || runs=${RUNS:-1000}
slots=8

duo_blank || fail "the volumes cannot be blanked"
duo_ports
duo_target "$STALLING && sec_tpg $DSW && echo 0 > \$(tpg_of $DSW)/attrib/extra_slots"
duo_pair "$(limits 30000 30000)" slots=$slots
schedule loss-2
rough "$NETEM"
events_from
wire_mark
BYTES0=$(on primary 'pair_stat p0 write_bytes')
for ((done = 0; done < runs; done += now)); do
	now=$((runs - done < 50 ? runs - done : 50))
	between 1 1000000
	need on primary -t 200 '
	n() { session_stat p0 $1; }
	for ((i = 0; i < '$now'; i++)); do
		fio --name=w --filename='"$DISK"' --rw=randwrite --bsrange=4k-128k --blockalign=4k --size=32m \
			--iodepth=16 --ioengine=libaio --direct=1 --number_ios=24 --randseed=$(('"$DRAWN"' + i)) \
			--output=/tmp/fio || fail "run $i: $(cat /tmp/fio)"
		[ "$(n slots_in_use)$(n waiting)$(n slots)" = 00'$slots' ] ||
			fail "run $i: $(n slots_in_use) of $(n slots) slots in use, $(n waiting) commands wait"
	done'
	duo_held "after $((done + now)) runs"
	[ $done -eq 0 ] || continue
	# netem loses frames before they get to the cable: there a frame that was
	# lost and sent again is there once.  Each second write lacks some.
	out=$(wire_carried) || { echo "$out"; exit 1; }
	echo "$out"
	carried() { awk -v key="$1" '{ for (i = 1; i < NF; i++) if ($i == key) print $(i + 1) }' <<< "$out"; }
	[ "$(carried resent_bytes)" -lt $(($(carried bytes) / 10)) ] ||
		fail "of $(carried bytes) bytes $(carried resent_bytes) were carried once more"
	[ "$(carried unanswered)" -gt 0 ] || fail "each exchange was answered: no id was kept from use"
done
hit loss-2 || fail "no frame was hit"
smooth
echo "$runs runs"

# Those that are there can be used: a disk that stands still holds them all.
need on secondary 'dmsetup suspend --nolockfs --noudevsync slow'
need on primary 'n() { session_stat p0 $1; }
	{ fio --name=w --filename='"$DISK"' --rw=randwrite --bs=4k --size=32m --iodepth=32 --ioengine=libaio --direct=1 \
		--number_ios=64 --output=/tmp/fio; echo $? > /tmp/rc; } & echo $! > /tmp/job
	wait_for 10 "[ \$(n slots_in_use) = '$slots' ] && [ \$(n waiting) -gt 0 ]" ||
		fail "$(n slots_in_use) of '$slots' credits can be used, $(n waiting) commands wait"'
need on secondary 'dmsetup resume --noudevsync slow'
need on primary 'n() { session_stat p0 $1; }
	wait_for 20 "! kill -0 $(cat /tmp/job) 2> /dev/null" || fail "the writes hang"
	[ "$(cat /tmp/rc)" = 0 ] || fail "a write has failed: $(cat /tmp/fio)"
	[ "$(n slots_in_use)$(n waiting)" = 00 ] || fail "$(n slots_in_use) slots in use, $(n waiting) commands wait"'
duo_held "in the end"
duo_equal
duo_down
stalling_down
