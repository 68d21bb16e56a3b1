# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 12-status-follows-backstore: with a slow disk behind the secondary no status leaves before the disk has answered
# lab: pair
# time: 30
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"

delay=400	# ms, of each write to the secondary's disk

duo_blank || fail "the volumes cannot be blanked"
duo_ports
need on secondary "modprobe dm-delay && d=\$(disk data) &&
	dmsetup create slow --noudevsync --table \"0 \$(blockdev --getsz \$d) delay \$d 0 0 \$d 0 $delay\" &&
	dmsetup mknodes"
duo_target 'backstore_block store /dev/mapper/slow'
duo_pair
wire_mark
out=$(on primary "fio --name=s --filename=$DISK --rw=randwrite --bs=16k --iodepth=4 \
	--ioengine=libaio --direct=1 --size=64m --io_size=512k --output-format=terse 2>&1") ||
	fail "fio: $out"
duo_mirrored
wire_whole
n=$(wire_get exchanges)
[ "$n" -ge 32 ] || fail "only $n writes"
# Column 1 is when the command, 17 when the status was on the cable.
early=$(cable_writes "$WIRE" | perl -ane '
	printf "write %s: status after %.0f ms\n", $F[7], 1000 * ($F[16] - $F[0])
		if ($F[16] - $F[0]) * 1000 < '$delay' - 20')
[ -z "$early" ] || fail "early status: $early"
[ "$(wire_get max_in_flight)" -ge 4 ] || fail "writes waited for each other"
need on primary 'rmdir $PAIRS/p0'
need on secondary "sec_drop $DSW && backstore_drop store && dmsetup remove --noudevsync slow"
duo_equal
duo_down
