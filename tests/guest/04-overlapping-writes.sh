# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 04-overlapping-writes: writes of different content to the same blocks at once leave equal copies
# lab: one
# time: 25
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

need on primary -t 60 'roles_up && roles_store'
need on primary -t 120 '
D=$(pair_up p0 /dev/ram0 $SW 0) || fail "no disk: $(dmesg | tail -n 3)"
# Frames to the secondary take from 0 to 6 ms each, so writes sent in one order
# are complete there in another.
modprobe sch_netem && tc qdisc replace dev va root netem delay 3ms 3ms limit 100000 || fail "no netem"
# Each block gets 8 writes of different content in a row, 16 under way at once;
# which of them stays is open, but it must be the same one on both copies.
fio --name=o --filename=$D --rw=randwrite:8 --rw_sequencer=identical --bs=4k \
	--iodepth=16 --ioengine=libaio --direct=1 --size=16m --io_size=4m \
	--norandommap --refill_buffers --output-format=terse > /tmp/out 2>&1 ||
	fail "fio: $(tail -n 3 /tmp/out)"
[ "$(pair_get p0 state) $(pair_stat p0 local_writes)" = "full-duplex 0" ] ||
	fail "not mirrored throughout: $(pair_get p0 reason)"
n=$(pair_stat p0 writes)
[ "$n" -ge 1000 ] || fail "only $n writes"
pair_down p0 && sec_drop $SW && backstore_drop store
blockdev --flushbufs /dev/ram0; blockdev --flushbufs /dev/ram1
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
cmp -s -n 16777216 /dev/ram0 /dev/zero && fail "nothing was written"
true'
need on primary -t 60 roles_down
