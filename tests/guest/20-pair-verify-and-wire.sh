# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 20-pair-verify-and-wire: two guests, iblock: all sizes and depths verify, copies are equal, each write is one exchange
# lab: pair
# time: 50
# smoke: yes
#
# shellcheck source=tests/guest/lib.sh
. "$TESTS/guest/lib.sh"

wire_mark
# A full window of the largest writes takes a slow guest longer than most have to
# wait; nothing is to be asked for here.
duo_up "query_min_ms=$(lab_scale 5000)" "timeout_ms=$(lab_scale 10000)"

# bs, depth, MiB. Every write is read back and checked by fio; the second
# number of a size range is its largest write.
for job in "4k 1 2" "4k-64k 8 12" "4k-1m 32 48" "1m 4 16"; do
	read -r bs qd mib <<< "$job"
	out=$(on primary -t 120 "fio --name=v --filename=$DISK --rw=randwrite \
		--bsrange=${bs/-*/}-${bs/*-/} --blockalign=4k --iodepth=$qd --ioengine=libaio \
		--direct=1 --size=${mib}m --offset=$((mib * 2))m --verify=crc32c --serialize_overlap=1 \
		--verify_fatal=1 --do_verify=1 --randseed=$mib --output-format=terse 2>&1") ||
		fail "fio $bs at depth $qd: $out"
done
duo_mirrored
need on primary "sync"
duo_equal
wire_whole
[ "$(wire_get max_in_flight)" -ge 8 ] ||
	fail "no more than $(wire_get max_in_flight) writes were under way at once"
[ "$(wire_get floors_alone)" -gt 0 ] || fail "no floor could be judged"
early=$(on secondary "sec_stat $DSW early")
echo "data frames ahead of their command: $early"
[ "$(on secondary "sec_stat $DSW refused")" = 0 ] || fail "writes were refused"
duo_down
