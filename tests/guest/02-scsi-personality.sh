# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 02-scsi-personality: a pair's disk says the right things of itself and refuses what it cannot do
# lab: one
# time: 25
# smoke: yes
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

need on primary -t 60 'roles_up && roles_store'
expects_log '^pprc_primary: pair p0: suspended .by-host-command.'
need on primary -t 60 'TOOLS='"$TOP/tools"'
D=$(pair_up p0 /dev/ram0 $SW 0 slots=8 slot_kib=256) || fail "no disk: $(dmesg | tail -n 3)"
name=${D#/dev/}

# pprcadm
out=$($TOOLS/pprcadm status) || fail "pprcadm status ends with $?: $out"
[[ $out = *"p0 "*" primary "*full-duplex*"$name "* ]] || fail "pprcadm status: $out"
[[ $out = *" secondary "*target-full-duplex* ]] || fail "pprcadm status: $out"
echo suspend > $PAIRS/p0/action
out=$($TOOLS/pprcadm status p0); rc=$?
[ $rc = 1 ] && [[ $out = *"by-host-command: "* ]] || fail "pprcadm status of a suspended pair ends with $rc: $out"
pair_set p0 assume_equal=1 action=resume || fail "not resumed"

# identity
sg_inq "$D" | grep -q "PPRC PRIMARY" || fail "INQUIRY: $(sg_inq "$D")"
serial=$(sg_vpd --page=sn --raw "$D" | tail -c +5 | tr -d "\0")
[ "$serial" = "$(pair_get p0 id)" ] || fail "VPD 80h says $serial"
sg_vpd --page=di "$D" | grep -q "0x3${serial:1}" || fail "VPD 83h has no NAA name: $(sg_vpd --page=di "$D")"
sg_vpd --page=di "$D" | grep -q "p0 $serial" || fail "VPD 83h does not name the pair"
sg_vpd --page=bl "$D" | grep -q "Maximum transfer length: 512 blocks" ||
	fail "VPD B0h: $(sg_vpd --page=bl "$D")"
[ "$(blockdev --getsize64 "$D")" = "$(blockdev --getsize64 /dev/ram0)" ] || fail "wrong size"
sg_readcap --16 "$D" > /dev/null || fail "no READ CAPACITY(16)"

# caches: WCE=1, DPOFUA=1
sg_modes --page=8 "$D" | grep -q "DpoFua=1" || fail "DPOFUA is not set"
sg_modes --page=8 --hex "$D" | grep -q "08 12 04" || fail "WCE is not set"
[ "$(cat /sys/class/scsi_disk/*/cache_type | head -n 1)" = "write back" ] || fail "sd sees no write-back cache"
[ "$(cat /sys/class/scsi_disk/*/FUA | head -n 1)" = 1 ] || fail "sd sees no FUA"

# limits follow the grant
[ "$(cat /sys/block/$name/queue/max_hw_sectors_kb)" = 256 ] || fail "max_hw_sectors_kb is not the slot size"
[ "$(cat /sys/block/$name/queue/max_segments)" = 64 ] || fail "max_segments is not the slot in pages"
[ "$(cat /sys/block/$name/device/queue_depth)" = 12 ] || fail "queue_depth does not follow the number of slots"
[ "$(cat /sys/block/$name/queue/stable_writes)" = 1 ] || fail "no stable writes"

# reads and writes of each length; block 5 of the disk and of both copies
n=0
for len in 6 10 12 16; do
	n=$((n + 1))
	head -c 512 /dev/urandom > /tmp/in
	sg_dd if=/tmp/in of="$D" blk_sgio=1 bs=512 count=1 seek=$n cdbsz=$len 2> /tmp/err || fail "WRITE($len): $(cat /tmp/err)"
	sg_dd if="$D" of=/tmp/out blk_sgio=1 bs=512 count=1 skip=$n cdbsz=$len 2> /tmp/err || fail "READ($len): $(cat /tmp/err)"
	cmp /tmp/in /tmp/out || fail "READ($len) gives other data"
	for copy in /dev/ram0 /dev/ram1; do
		dd if=$copy bs=512 skip=$n count=1 iflag=direct status=none of=/tmp/out
		cmp /tmp/in /tmp/out || fail "WRITE($len) is not on $copy"
	done
done
[ "$(pair_stat p0 writes)" = 4 ] || fail "$(pair_stat p0 writes) of 4 writes were mirrored"

# what it cannot do. sg_raw: 5 = illegal request
sg_raw "$D" 55 10 00 00 00 00 00 00 10 00 2> /tmp/err
grep -q "Invalid command operation code" /tmp/err || fail "MODE SELECT: $(cat /tmp/err)"
sg_raw "$D" 42 00 00 00 00 00 00 00 00 00 2> /tmp/err
grep -q "Invalid command operation code" /tmp/err || fail "UNMAP: $(cat /tmp/err)"
sg_raw --request=512 "$D" 88 00 00 00 00 00 00 02 00 00 00 00 00 01 00 00 2> /tmp/err
grep -q "Logical block address out of range" /tmp/err || fail "READ behind the end: $(cat /tmp/err)"
sg_raw --send=512 --infile=/tmp/in "$D" 8a 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00 2> /tmp/err
grep -q "Logical block address out of range" /tmp/err || fail "WRITE at the end of numbers: $(cat /tmp/err)"
sg_raw --request=512 "$D" 28 20 00 00 00 00 00 00 01 00 2> /tmp/err
grep -q "Invalid field in cdb" /tmp/err || fail "RDPROTECT: $(cat /tmp/err)"
sg_raw --request=512 "$D" 28 00 00 00 00 00 00 00 02 00 2> /tmp/err
grep -q "Invalid field in cdb" /tmp/err || fail "length other than the CDB: $(cat /tmp/err)"
sg_raw --request=64 "$D" 12 01 c0 00 40 00 2> /tmp/err
grep -q "Invalid field in cdb" /tmp/err || fail "unknown VPD page: $(cat /tmp/err)"
# INQUIRY has nothing to take, and the pages may be only to be read.
sg_raw --send=512 --infile=/tmp/in "$D" 12 00 00 00 24 00 2> /tmp/err
grep -q "Invalid field in cdb" /tmp/err || fail "INQUIRY to the device: $(cat /tmp/err)"

# the same serial after the pair was away
echo 0 > $PAIRS/p0/enable || fail "cannot be disabled"
wait_for 5 "[ ! -b $D ]" || fail "$D stays"
D=$(pair_up p0 /dev/ram0 $SW 0) || fail "not enabled again"
[ "$(sg_vpd --page=sn --raw "$D" | tail -c +5 | tr -d "\0")" = "$serial" ] || fail "another serial"
[ "$(pair_get p0 state)" = full-duplex ] || fail "$(pair_get p0 state)"
pair_down p0
'
need on primary -t 60 roles_down
