# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 03-config-refusals: configuration mistakes are refused with an errno and a sentence that says what to do
# lab: one
# time: 40
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_log '^pprc_(primary|secondary): '

# A target of libfc that was there first is named.
need on primary '
modprobe tcm_fc && pprc_load core || exit 1
refused "Device or resource busy" "not loaded: another FCP target, tcm_fc, owns .*modprobe -r tcm_fc" \
	insmod $KO/pprc_secondary.ko
modprobe -r tcm_fc && rmmod pprc_core'

need on primary -t 60 'modprobe loop max_loop=8 && roles_up && roles_store && mkdir $PAIRS/p0 $PAIRS/p1'
need on primary -t 150 '
P=$PAIRS/p0

# one attribute at a time
refused "Invalid argument" "device not changed: a path begins with /" put ram0 $P/device
refused "Invalid argument" "secondary_wwpn not changed: a WWPN has 16 hex digits" put 20:00:zz $P/secondary_wwpn
refused "Invalid argument" "secondary_wwpn not changed: a WWPN has 16 hex digits" put 0 $P/secondary_wwpn
refused "Invalid argument" "slots not changed: the number of slots is from 1 to 1024" put 0 $P/slots
refused "Invalid argument" "slots not changed" put 1025 $P/slots
refused "Invalid argument" "slot_kib not changed: a slot has 64 to 4096 KiB" put 100 $P/slot_kib
refused "Invalid argument" "secondary_lun not changed: a LUN is a number" put x $P/secondary_lun
refused "Invalid argument" "secondary_lun not changed: a LUN is a number" put 256 $P/secondary_lun
refused "Invalid argument" "p0: timeout_ms not changed: the timeout is from 100" put 99 $P/timeout_ms
refused "Invalid argument" "p0: connect_timeout_ms not changed: the timeout is from 100" put 600001 $P/connect_timeout_ms
refused "Invalid argument" "p0: liveness_ms not changed: the time is from 500" put 499 $P/liveness_ms
refused "Invalid argument" "p0: query_min_ms not changed: the time is from 1 to" put 0 $P/query_min_ms
refused "Invalid argument" "p0: local_wwpn not changed: a WWPN has 16 hex digits" put 2000 $P/local_wwpn
refused "Invalid argument" "p0: bounce not changed: write 1 .* else 0" put maybe $P/bounce
refused "Invalid argument" "p0: assume_equal not changed: write 1 .* else 0" put maybe $P/assume_equal
refused "Invalid argument" "p0: enable not changed: write 1 or 0" put maybe $P/enable
refused "Invalid argument" "id not changed: an id is 1 to 16 hex digits" put 0 $P/id
refused "endpoint is not connected" "p0: nothing done: the pair is not enabled: write 1 to enable first" put suspend $P/action

# enabling, step by step
refused "Invalid argument" "p0: not enabled: device is not set" put 1 $P/enable
put /dev/none $P/device
refused "Invalid argument" "p0: not enabled: secondary_wwpn is not set" put 1 $P/enable
put $SW $P/secondary_wwpn
refused "Operation not permitted" "p0: not enabled: .*write 1 to assume_equal" put 1 $P/enable
try() { put 1 $P/assume_equal; put 1 $P/enable; }
refused "No such file or directory" "p0: not enabled: there is no block device /dev/none" try
put /dev/null $P/device
refused "Block device required" "p0: not enabled: /dev/null is not a block device" try
put $(losetup -f) $P/device
refused "No such device or address" "p0: not enabled: /dev/loop[0-9]+ has no blocks" try
put /dev/ram0 $P/device
blockdev --setro /dev/ram0
refused "Read-only file system" "p0: not enabled: /dev/ram0 is read-only: make it writable" try
blockdev --setrw /dev/ram0
mkfs.ext4 -q /dev/ram0 && mkdir -p /tmp/m && mount /dev/ram0 /tmp/m || fail "no file system"
refused "Device or resource busy" "p0: not enabled: /dev/ram0 is in use: unmount it" try
umount /tmp/m

# the secondary has something against it
put 1 $P/secondary_lun
refused "No such device" "p0: not enabled: the secondary refused .bad-lun.: .*map it in the ACL" try
put 0 $P/secondary_lun
dd if=/dev/zero of=/tmp/small bs=1M count=8 status=none
loop=$(losetup -f --show /tmp/small)
small=$(backstore_block small $loop) && sec_lun $SW 2 $small && sec_acl $SW $PW 2 || fail "no small LUN"
put 2 $P/secondary_lun
refused "No space left on device" "p0: not enabled: LUN 2 of the secondary has 16384 blocks of 512 bytes, the primary volume 131072 of 512: enlarge" try
loop4=$(losetup -f --show --sector-size 4096 /tmp/small)
big=$(backstore_block blocks4k $loop4) && sec_lun $SW 3 $big && sec_acl $SW $PW 3 || fail "no 4k LUN"
put 3 $P/secondary_lun
refused "Invalid argument" "p0: not enabled: logical blocks have 512 bytes on the primary and 4096 on the secondary" try
put 0 $P/secondary_lun

# a pair that works takes its LUN, its id, its attributes and its way to the secondary
try || fail "not enabled: $(dmesg | tail -n 3)"
refused "Device or resource busy" "p0: device not changed: the pair is enabled: write 0 to enable first" put /dev/ram1 $P/device
refused "Device or resource busy" "p0: secondary_lun not changed: the pair is enabled" put 1 $P/secondary_lun
put suspend $P/action || fail "cannot be suspended"
[ "$(pair_get p0 state)" = suspended ] || fail "$(pair_get p0 state)"
grep -q "^by-host-command: " $P/reason || fail "$(cat $P/reason)"
refused "Operation not permitted" "p0: not resumed: .*write 1 to assume_equal" put resume $P/action
put 1 $P/assume_equal
put resume $P/action || fail "not resumed: $(dmesg | tail -n 3)"
[ "$(pair_get p0 assume_equal)" = 0 ] || fail "assume_equal is good for twice"
put 1 $P/assume_equal
refused "Invalid argument" "p0: not resumed: the pair is full-duplex already" put resume $P/action
refused "Invalid argument" "action not changed: write suspend or resume" put sleep $P/action

P=$PAIRS/p1
loop2=$(losetup -f --show /tmp/small)
put $loop2 $P/device; put $SW $P/secondary_wwpn
refused "File exists" "p1: not enabled: LUN 0 of the secondary is taken by pair p0" try
sec_lun $SW 4 $LIO/core/*/store && sec_acl $SW $PW 4 || fail "no second LUN for the same backstore"
put 4 $P/secondary_lun
refused "Device or resource busy" "p1: not enabled: the secondary refused .pair-taken.: the secondary volume already belongs to another pair" try
put 2 $P/secondary_lun
put $PW $P/local_wwpn
refused "Device or resource busy" "p1: not enabled: another pair uses .* with no local_wwpn: set it for all pairs of that port or for none" try
put "" $P/local_wwpn
put $(pair_get p0 id) $P/id
refused "File exists" "p1: not enabled: pair p0 has the same id" try
put $loop $P/device
refused "Device or resource busy" "p1: not enabled: $loop is in use" try
put /tmp/small $P/device
refused "Block device required" "p1: not enabled: /tmp/small is not a block device" try

# an open device stays
P=$PAIRS/p0
exec 5< /dev/$(pair_get p0 disk)
refused "Device or resource busy" "p0: not disabled: its device is open: unmount it" put 0 $P/enable
exec 5<&-
put 0 $P/enable || fail "not disabled"

# a device made for larger slots than are granted now
attrib=$(tpg_of $SW)/attrib
put 1024 $P/slot_kib
try || fail "p0 is not enabled: $(dmesg | tail -n 3)"
put suspend $P/action && put 64 $attrib/max_slot_kib || fail "p0 cannot be suspended"
logins=$(session_stat p0 logins)
put 0 ${attrib%/*}/enable && put 1 ${attrib%/*}/enable || fail "the TPG cannot be enabled again"
wait_for 30 "[ \$(session_stat p0 logins) -gt $logins ]" || fail "no login: $(pair_get p0 session)"
refused "Message too long" "p0: not resumed: slots of 64 KiB are granted now, the device was made for 1024 KiB: disable and enable the pair" pair_resume p0
[ "$(pair_get p0 state)" = suspended ] || fail "p0 is $(pair_get p0 state)"
put 0 $P/enable && try || fail "p0 is not enabled with small slots: $(dmesg | tail -n 3)"
put 0 $P/enable && put 1024 $attrib/max_slot_kib || fail "not disabled"

# who comes first has the backstore, by whatever LUN
P=$PAIRS/p1
put $loop2 $P/device; put 4 $P/secondary_lun; put 1234 $P/id
try || fail "p1 is not enabled: $(dmesg | tail -n 3)"
P=$PAIRS/p0
refused "Device or resource busy" "p0: not enabled: the secondary refused .pair-taken." try
put suspend $PAIRS/p1/action || fail "p1 cannot be suspended"
wait_for 10 "grep -q \"^4 .* target-suspended\" $(tpg_of $SW)/attrib/pairs" || fail "the secondary has $(cat $(tpg_of $SW)/attrib/pairs)"
try || fail "p0 is not enabled: $(dmesg | tail -n 3)"
P=$PAIRS/p1
refused "Device or resource busy" "p1: not resumed: the secondary refused .pair-taken." pair_resume p1

# a volume is the same one by whatever number the ACL shows it
put 0 $PAIRS/p0/enable || fail "p0 is not disabled"
acl=$(tpg_of $SW)/acls/$(wwpn_colon $PW)
mkdir $acl/lun_9 && ln -s $(tpg_of $SW)/lun/lun_4 $acl/lun_9/map || fail "LUN 9 is not mapped"
P=$PAIRS/p0
put 9 $P/secondary_lun
try || fail "p0 is not enabled at LUN 9: $(dmesg | tail -n 3)"
pairs=$(cat $(tpg_of $SW)/attrib/pairs)
echo "$pairs" | grep -q "^4 0*$(pair_get p0 id) target-full-duplex" && [ $(echo "$pairs" | wc -l) = 1 ] ||
	fail "p0 is not in the place of p1: $pairs"
P=$PAIRS/p1
refused "Device or resource busy" "p1: not resumed: the secondary refused .pair-taken." pair_resume p1
put 0 $PAIRS/p0/enable && put 0 $P/enable || fail "not disabled"
rmdir $PAIRS/p0 $PAIRS/p1
losetup -d $loop2'

# no port, no session, and why
need on primary -t 150 '
mkdir $PAIRS/p0; P=$PAIRS/p0
put /dev/ram0 $P/device; put $SW $P/secondary_wwpn; put 3000 $P/connect_timeout_ms
try() { put 1 $P/assume_equal; put 1 $P/enable; }
put 2000020000000099 $P/secondary_wwpn
refused "No route to host" "p0: not enabled: no session with secondary .*: the remote port is not logged in .*check its WWPN" try
put $SW $P/secondary_wwpn
put 2000020000000099 $P/local_wwpn
refused "No route to host" "p0: not enabled: no session with .*: there is no local FC port" try
put "" $P/local_wwpn
tpg=$(tpg_of $SW)
rm $tpg/acls/*/lun_*/map; rmdir $tpg/acls/*/lun_* $tpg/acls/*
refused "No route to host" "p0: not enabled: no session with .*: login refused .no-acl.: the secondary has no ACL" try
echo 0 > $tpg/enable
refused "No route to host" "p0: not enabled: no session with .*: the remote port does not agree to writes without FCP_XFER_RDY: load pprc_secondary there, make its TPG and enable it" try
rmdir $P

# the secondary side
refused "Invalid argument" "nonsense is no WWPN" mkdir $LIO/pprc/nonsense
refused "Invalid argument" "one TPG: its name is tpgt_1, not tpgt_2" mkdir ${tpg%/*}/tpgt_2
refused "Invalid argument" "is no ACL name: use the primary" mkdir $tpg/acls/2000020000000001
refused "Invalid argument" "that port is configured already, under another spelling" mkdir $LIO/pprc/$SW
refused "Invalid argument" "max_slots not changed: the number of slots is from 1" put 0 $tpg/attrib/max_slots
refused "Invalid argument" "max_slot_kib not changed: a slot has 64 to 4096 KiB" put 65 $tpg/attrib/max_slot_kib
refused "Invalid argument" "extra_slots not changed: the number of slots is from 0" put 1025 $tpg/attrib/extra_slots
refused "Invalid argument" "extra_slots_ms not changed: the time is from 100" put 99 $tpg/attrib/extra_slots_ms
refused "Invalid argument" "gap_us not changed: the time is from 1 to 50000" put 50001 $tpg/attrib/gap_us
refused "Invalid argument" "destage_limit_ms not changed: the time is from 100" put x $tpg/attrib/destage_limit_ms
'
need on primary -t 60 'sec_drop $SW; backstore_drop small; backstore_drop blocks4k; roles_down; rc=$?; losetup -D; exit $rc'
