# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 08-local-device: a write or a flush that the local device fails is failed to the host and not tried again; what the device's page cache holds does not come between; its alignment is that of the pair's disk
# lab: one
# time: 20
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_log 'device-mapper: core: CONFIG_IMA_DISABLE_HTABLE' \
	'^pprc_primary: pair p0: suspended \(local-error\): the local device failed a (write of 8|flush of 0) blocks ' \
	'^(sd|scsi) [0-9:]+: ' '^(blk_update_request: )?(critical target|I/O) error, dev sd[a-z], ' \
	'^pprc_primary: pair p0: not resumed: /dev/mapper/under fails to write what is in its page cache ' \
	'^Buffer I/O error on dev dm-[0-9]+, logical block 4, lost async page write' \
	'^loop[0-9]: detected capacity change '

cat > "$LAB_SHARE/local.sh" << 'EOG'
# Beneath the local device: it has a write cache, so flushes get there.
R=$(disk data)

# table TARGET...: what is beneath the local device from now on
table()
{
	dm_table under "0 131072 $*" || fail "dmsetup: $*"
}

# once OP COMMAND...: it fails, the SCSI layer hands it over once, and the pair says so
once()
{
	local op=$1 n

	shift
	echo > $T/trace
	! "$@" 2> /tmp/err || fail "the local device fails, $* does not"
	n=$(grep -c "pri_cmd_start: .* op=$op " $T/trace)
	[ "$n" = 1 ] || fail "$op was tried $n times: $(cat /tmp/err)"
	grep -q "^local-error: the local device failed a $op " $PAIRS/p0/reason || fail "$op: the reason is $(pair_get p0 reason)"
	echo "$op: $(cat /tmp/err)"
}

copy() { dd if=$R of=/dev/ram1 bs=1M count=64 oflag=direct iflag=direct status=none; }

# again: as written on the primary
again()
{
	table linear $R 0
	copy && pair_resume p0 || fail "not resumed: $(dmesg | tail -n 2)"
}

# cached FILE BLOCK: to the local device through its page cache, and left there
cached() { dd if=$1 of=/dev/mapper/under bs=4k seek=$2 conv=notrunc status=none || fail "cannot be written"; }

# direct FILE BLOCK: mirrored
direct() { dd if=$1 of=$D bs=4k seek=$2 oflag=direct status=none || fail "a write fails"; }

# both FILE BLOCK: on both copies, and in what a reader of the local device gets
both()
{
	local copy

	sync
	for copy in "$R iflag=direct" "/dev/ram1 iflag=direct" /dev/mapper/under; do
		# shellcheck disable=SC2086	# words
		dd if=$copy bs=4k skip=$2 count=1 status=none | cmp -s - $1 || fail "block $2 of $copy is not what was written last"
	done
}
EOG

need on primary -t 120 '. $SHARE/local.sh
modprobe -a dm-mod dm-flakey && roles_up && roles_store || fail "no target"
dmsetup create under --noudevsync --table "0 131072 linear $R 0" && dmsetup mknodes && copy || fail "no local device"
T=/sys/kernel/tracing
[ -e $T/trace ] || mount -t tracefs t $T || fail "no tracefs"
for f in old new; do head -c 4096 /dev/urandom > /tmp/$f; done

# Dirty and clean pages from before, and a reader who keeps them.
exec 3< /dev/mapper/under
cached /tmp/old 1
dd if=/tmp/old of=/dev/ram1 bs=4k seek=1 oflag=direct status=none
dd if=/dev/mapper/under of=/dev/null bs=4k skip=2 count=1 status=none
D=$(pair_up p0 /dev/mapper/under $SW 0) || fail "no pair: $(dmesg | tail -n 3)"
direct /tmp/new 1
direct /tmp/new 2
both /tmp/new 1
both /tmp/new 2

echo 1 > $T/events/pprc_primary/pri_cmd_start/enable && echo 1 > $T/tracing_on || fail "no trace"
table flakey $R 0 0 1 1 error_writes
once write dd if=/tmp/old of=$D bs=4k seek=3 oflag=direct status=none
again
direct /tmp/new 3
table flakey $R 0 0 1 1 error_writes
once flush dd if=/dev/null of=$D conv=notrunc,fsync status=none
# What cannot leave the page cache might come between later.
cached /tmp/old 4
refused "Input/output error" "p0: not resumed: /dev/mapper/under fails to write what is in its page cache .-5.: check that disk" pair_resume p0
[ "$(pair_get p0 state)" = suspended ] || fail "p0 is $(pair_get p0 state)"
# Before it is resumed, the same.
table linear $R 0
cached /tmp/old 4
again
direct /tmp/new 4
both /tmp/new 4
[ "$(pair_get p0 state)" = full-duplex ] || fail "p0 is $(pair_get p0 state): $(pair_get p0 reason)"
dd if=$R bs=1M count=64 iflag=direct status=none | cmp -s - /dev/ram1 || fail "the copies differ"
echo 0 > $T/events/pprc_primary/pri_cmd_start/enable
exec 3<&-
pair_down p0 && sec_drop $SW && backstore_drop store && dmsetup remove --noudevsync under || fail "not taken down"

# A device that wants more than sectors.
modprobe -a loop dm-log-writes || fail "no modules"
for f in volume copy; do
	truncate -s 32M /tmp/disk.$f && l=$(losetup --find --show --sector-size 4096 /tmp/disk.$f) || fail "no loop device"
	eval "$f=$l"
done
dmsetup create strict --noudevsync --table "0 32768 log-writes $volume /dev/ram0" && dmsetup mknodes || fail "no strict device"
want=$(cat /sys/block/$(dmsetup info -c --noheadings -o blkdevname strict)/queue/dma_alignment)
[ "$want" -gt 511 ] || fail "the strict device is not: $want"
store=$(backstore_block store $copy) && sec_tpg $SW && sec_lun $SW 0 "$store" && sec_acl $SW $PW 0 &&
	D=$(pair_up p0 /dev/mapper/strict $SW 0) || fail "no pair: $(dmesg | tail -n 3)"
got=$(cat /sys/block/${D#/dev/}/queue/dma_alignment)
[ "$got" = "$want" ] || fail "the local device wants buffers aligned to $want, its pair to $got"
pair_down p0 && sec_drop $SW && backstore_drop store && dmsetup remove --noudevsync strict && losetup -d $volume $copy || fail "not taken down"
rm /tmp/disk.*
roles_down'
