# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 32-refusals-suspend: whatever the secondary refuses, the host's write succeeds, the pair is suspended with a reason of its own, other pairs go on
# lab: one
# time: 100
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_log 'device-mapper: core: CONFIG_IMA_DISABLE_HTABLE' \
	'^bio error: [0-9a-f]+, +err: 10$' \
	'^pprc_primary: pair p[01]: suspended \((secondary-error|path-loss|by-host-command)\): ' \
	'^pprc_primary: session [0-9a-f:]+: down: ' \
	'^pprc_primary: pair p0: not resumed: the secondary refused \(bad-lun\): ' \
	'^pprc_secondary: session [0-9a-f:]+: (write|flush) refused \((backstore-error|bad-lun|aborted|no-pair|bad-generation), ' \
	'^pprc_secondary: port [0-9a-f]+: command f80[013] refused \((no-session|no-acl|tpg-disabled|no-prli|bad-lun)\): '

# For all commands: D0 and D1 are the devices of the pairs p0 and p1, which
# share one session.
cat > "$LAB_SHARE/refusals.sh" << 'EOG'
TPG=$(tpg_of $SW)
ACL=$TPG/acls/$(wwpn_colon $PW)
D0=/dev/$(pair_get p0 disk 2>/dev/null) D1=/dev/$(pair_get p1 disk 2>/dev/null)

# acl LUN...
acl()
{
	sec_acl $SW $PW "$@" || fail "no ACL"
}

# unmap LUN...
unmap()
{
	local l

	for l; do
		rm $ACL/lun_$l/map && rmdir $ACL/lun_$l || fail "LUN $l stays in the ACL"
	done
}

# write N: one direct write to the device of pair pN, new data in a new place
write()
{
	local dev=D$1

	head -c 65536 /dev/urandom > /tmp/in
	seek=$((${seek:-0} + 1))
	timeout $(scaled 10) dd if=/tmp/in of=${!dev} bs=64k count=1 \
		seek=$seek oflag=direct status=none ||
		fail "$what: a write to p$1 has failed or hangs (rc $?)"
}

# suspended WHAT REASON: p0 takes a write in which this comes to light, and
# then goes on, alone
suspended()
{
	local what=$1 n

	n=$(pair_stat p0 local_writes)
	write 0
	[ "$(pair_get p0 state)" = suspended ] || fail "$what: p0 is $(pair_get p0 state)"
	grep -qE "^$2" $PAIRS/p0/reason || fail "$what: the reason is $(pair_get p0 reason)"
	write 0
	write 0
	[ "$(pair_stat p0 local_writes)" = $((n + 3)) ] ||
		fail "$what: 3 local writes are counted as $(($(pair_stat p0 local_writes) - n))"
	cmp -s -n 65536 /tmp/in $D0 0 $((seek << 16)) || fail "$what: p0 has not what was written"
	pair_get p0 reason
}

# mirrored WHAT: p1 is not concerned
mirrored()
{
	local what=$1 n

	n=$(pair_stat p1 writes)
	write 1
	[ "$(pair_get p1 state) $(pair_stat p1 writes)" = "full-duplex $((n + 1))" ] ||
		fail "$what: p1 is $(pair_get p1 state), $(pair_get p1 reason)"
	dd if=$(disk spare) bs=64k skip=$seek count=1 iflag=direct status=none | cmp -s - /tmp/in ||
		fail "$what: p1 is full-duplex and does not mirror"
}

# target PAIR STATE REASON: what the secondary says of it
target()
{
	wait_for 10 "grep -qE '^${1#p} $(pair_get $1 id) target-$2 $3 ' $TPG/attrib/pairs" ||
		fail "$1 is $(pair_get $1 state), the secondary's pairs are $(cat $TPG/attrib/pairs)"
}

# session PAIR REGEX: what its session comes to
session()
{
	wait_for 20 "grep -qE '$2' $PAIRS/$1/session" ||
		fail "the session is $(pair_get $1 session), not $2"
}

# again PAIR: copy the volume and resume
again()
{
	case $1 in
	p0)	dd if=/dev/ram0 of=/dev/ram1 bs=1M oflag=direct iflag=direct status=none ;;
	p1)	dd if=$(disk data) of=$(disk spare) bs=1M count=8 oflag=direct iflag=direct status=none ;;
	esac || fail "$1 cannot be copied"
	pair_resume $1 ||
		fail "$1 cannot be resumed: $(dmesg | tail -n 2)"
	target $1 full-duplex none
	[ "$(pair_get $1 state) $(pair_get $1 reason)" = "full-duplex none" ] ||
		fail "$1 was resumed and is $(pair_get $1 state), $(pair_get $1 reason)"
}

# load: verified writes to p0 in the background; sets JOB
load()
{
	fio --name=w --filename=$D0 --rw=randwrite --bs=16k --iodepth=8 --ioengine=libaio \
		--direct=1 --size=24m --offset=32m --rate=,4m --max_latency=10s --verify=crc32c --serialize_overlap=1 \
		--do_verify=1 --output-format=terse > /tmp/fio 2>&1 &
	JOB=$!
	local n
	n=$(pair_stat p0 writes)
	wait_for 20 "[ \$(pair_stat p0 writes) -ge $((n + 50)) ]" || fail "fio does not write: $(cat /tmp/fio)"
}

loaded()
{
	wait $JOB || fail "$1: fio: $(cat /tmp/fio)"
}
EOG

run()
{
	need on primary -t 90 ". \$SHARE/refusals.sh; $1"
}

# LUN 0 is on a device-mapper device, whose table can change beneath it.
need on primary -t 60 'roles_up && modprobe dm-mod &&
	dmsetup create under --noudevsync --table "0 131072 linear /dev/ram1 0" && dmsetup mknodes &&
	s0=$(backstore_block store /dev/mapper/under) && s1=$(backstore_block store1 $(disk spare)) &&
	sec_tpg $SW && sec_lun $SW 0 $s0 && sec_lun $SW 1 $s1 && sec_acl $SW $PW 0 1 || exit 1
	D=$(pair_up p0 /dev/ram0 $SW 0 timeout_ms=$(scaled 2000)) && D=$(pair_up p1 $(disk data) $SW 1 timeout_ms=$(scaled 2000)) ||
		fail "no pairs: $(dmesg | tail -n 3)"'

# (a) The backstore fails.
run '
logins=$(pair_get p0 session)
table() { dm_table under "0 131072 $1" || fail "dmsetup"; }
table error
suspended "backstore error" "secondary-error: the secondary refused a write \(backstore-error, "
[ "$(pair_get p0 session)" = "$logins" ] || fail "the session went down: $(pair_get p0 session), not $logins"
target p0 suspended secondary-error
mirrored "backstore error"
table "linear /dev/ram1 0"
mirrored "backstore good again"
[ "$(pair_get p0 state)" = suspended ] || fail "resumed by itself"
again p0'

# (b) The mapped LUN goes from the ACL.
run '
logins=$(pair_get p0 session)
unmap 0
suspended "LUN not mapped" "secondary-error: the secondary refused a write \(bad-lun, "
[ "$(pair_get p0 session)" = "$logins" ] || fail "the session went down: $(pair_get p0 session), not $logins"
target p0 suspended secondary-error
mirrored "LUN not mapped"
refused "No such device" "p0: not resumed: the secondary refused .bad-lun." pair_resume p0
acl 0
again p0
mirrored "LUN mapped again"'

# (c) The whole ACL goes, and with it the session of both pairs.
run '
unmap 0 1
rmdir $ACL || fail "the ACL stays"
target p0 suspended path-loss
target p1 suspended path-loss
# A heartbeat may learn it first.
suspended "no ACL" "path-loss: (the secondary refused a write \(no-session, |the secondary does not know the session)"
session p0 "^login refused \(no-acl\)"
[ "$(pair_get p1 state)" = suspended ] || fail "p0 has lost the session, p1 is $(pair_get p1 state)"
acl 0 1
session p0 ^up
again p0
again p1
mirrored "ACL made again"'

# (d) The TPG is disabled under load.
run '
load
echo 0 > $TPG/enable
wait_for 5 "[ \$(pair_get p0 state) = suspended ]" || fail "the TPG is disabled, p0 is $(pair_get p0 state)"
n=$(pair_stat p0 local_writes)
wait_for 5 "[ \$(pair_stat p0 local_writes) -gt $n ]" || fail "the TPG is disabled, host writes have stopped"
target p0 suspended path-loss
grep -qE "^path-loss: the secondary refused a (write|flush) \((no-session|aborted), |^path-loss: the secondary does not know the session" $PAIRS/p0/reason ||
	fail "the TPG is disabled: $(pair_get p0 reason)"
pair_get p0 reason
session p0 "tpg-disabled|make its TPG and enable it"
loaded "the TPG is disabled"
suspended "TPG disabled" path-loss:
echo 1 > $TPG/enable
session p0 ^up
again p0
again p1
mirrored "TPG enabled again"'

# (e) The operator suspends it under load.
run '
logins=$(pair_get p0 session)
load
put suspend $PAIRS/p0/action || fail "cannot be suspended"
[ "$(pair_get p0 state)" = suspended ] || fail "suspended by the operator, p0 is $(pair_get p0 state)"
target p0 suspended by-host-command
loaded "suspended by the operator"
suspended "suspended by the operator" "by-host-command: the operator asked for it"
[ "$(pair_get p0 session)" = "$logins" ] || fail "the session went down: $(pair_get p0 session), not $logins"
mirrored "p0 suspended by the operator"
again p0
seek=100
write 0
[ "$(pair_get p0 state)" = full-duplex ] || fail "p0 is $(pair_get p0 state) again"'

run '
pair_down p0 && pair_down p1 && sec_drop $SW && backstore_drop store && backstore_drop store1 || exit 1
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
dmsetup remove --noudevsync under && roles_down'
