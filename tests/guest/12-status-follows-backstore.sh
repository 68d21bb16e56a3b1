# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 12-status-follows-backstore: with a slow disk behind the secondary no status leaves before it has written, nor with FUA before it has flushed
# lab: pair
# time: 30
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"

delay=400	# ms

expects_log 'device-mapper: core: CONFIG_IMA_DISABLE_HTABLE'

# slow READ WRITE FLUSH: how long the secondary's disk takes, ms
slow()
{
	need on secondary "modprobe dm-delay && d=\$(disk data) &&
		dmsetup create slow --noudevsync --table \"0 \$(blockdev --getsz \$d) delay \$d 0 $1 \$d 0 $2 \$d 0 $3\" &&
		dmsetup mknodes"
	duo_target 'backstore_block store /dev/mapper/slow'
}

fast()
{
	need on secondary "sec_drop $DSW && backstore_drop store && dmsetup remove --noudevsync slow"
}

# early MIN_MS [FILTER]: writes whose status was on the cable sooner than that.
# Column 1 is when the command, 17 when the status was there, 11 the flags.
early()
{
	cable_writes "$WIRE" | perl -ane '
		printf "write %s: status after %.0f ms\n", $F[7], 1000 * ($F[16] - $F[0])
			if ($F[16] - $F[0]) * 1000 < '"$1"' - 20 '"${2:-}"
}

duo_blank || fail "the volumes cannot be blanked"
duo_ports
slow 0 $delay 0
duo_pair
wire_mark
out=$(on primary "fio --name=s --filename=$DISK --rw=randwrite --bs=16k --iodepth=4 \
	--ioengine=libaio --direct=1 --size=64m --io_size=512k --output-format=terse 2>&1") ||
	fail "fio: $out"
duo_mirrored
wire_whole
n=$(wire_get exchanges)
[ "$n" -ge 32 ] || fail "only $n writes"
out=$(early $delay)
[ -z "$out" ] || fail "early status: $out"
[ "$(wire_get max_in_flight)" -ge 4 ] || fail "writes waited for each other"
need on primary 'rmdir $PAIRS/p0'
fast

# FUA: written, flushed, and only then answered.
slow 0 0 $delay
duo_pair
wire_mark
need on primary "head -c 65536 /dev/urandom > /tmp/in
	sg_dd if=/tmp/in of=$DISK blk_sgio=1 bs=512 bpt=16 count=128 oflag=fua 2>&1"
duo_mirrored
wire_whole
wire_is exchanges 8
out=$(early $delay)
[ -z "$out" ] || fail "early status of a FUA write: $out"
need on primary 'rmdir $PAIRS/p0'
fast
duo_equal
duo_down
