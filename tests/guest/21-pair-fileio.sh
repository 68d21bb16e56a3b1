# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 21-pair-fileio: two guests, fileio backstore: writes verify, copies are equal, each write is one exchange
# lab: pair
# time: 25
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"

wire_mark
duo_blank || fail "the volumes cannot be blanked"
duo_ports
duo_target 'backstore_file store $(disk data) 1073741824'
duo_pair slots=16 slot_kib=512
out=$(on primary -t 120 "fio --name=v --filename=$DISK --rw=randwrite --bsrange=4k-1m \
	--blockalign=4k --iodepth=16 --ioengine=libaio --direct=1 --size=24m \
	--verify=crc32c --serialize_overlap=1 --verify_fatal=1 --do_verify=1 --output-format=terse 2>&1") ||
	fail "fio: $out"
duo_mirrored
# fileio keeps writes in the guest's page cache until it is told to flush.
need on primary "sync; blockdev --flushbufs $DISK; sg_sync $DISK"
duo_equal
wire_whole
[ "$(wire_get flushes)" -gt 0 ] || fail "no flush went over the cable"
duo_down
