# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 35-lifetimes: whatever is taken away on either side, idle or under load, the host's I/O goes on, nothing hangs, and everything can be made anew
# lab: one
# time: 220 * ROUNDS
# long: yes
#
# ROUNDS=n repeats everything n times; ROUNDS_ONLY="event..." picks events.
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_log 'device-mapper: core: CONFIG_IMA_DISABLE_HTABLE' \
	'^pprc_secondary: session [0-9a-f:]+: closing waits for ' \
	'^pprc_primary: pair p0: suspended \((path-loss|secondary-error|by-host-command)\): ' \
	'^pprc_primary: pair p0: (not resumed|not disabled): ' \
	'^pprc_primary: session [0-9a-f:]+: down: ' \
	'^pprc_secondary: session [0-9a-f:]+: closing: nothing was heard of the primary' \
	'^pprc_secondary: session [0-9a-f:]+: (write|flush) refused \((aborted|bad-lun|no-pair|backstore-error), ' \
	'^pprc_secondary: port [0-9a-f]+: command f80[0-6] refused \((no-session|no-acl|tpg-disabled|no-prli|bad-lun|busy)\): ' \
	'^(sd|scsi) [0-9:]+: ' '^(blk_update_request: )?I/O error, dev sd[a-z], ' '^Buffer I/O error on dev sd[a-z]' \
	'callbacks suppressed$'

cat > "$LAB_SHARE/life.sh" << 'EOG'
TPG=$(tpg_of $SW)
ACL=$TPG/acls/$(wwpn_colon $PW)

# load_on, load_off: writes at queue depth 16 that never end by themselves
load_on()
{
	local n

	n=$(($(pair_stat p0 writes) + $(pair_stat p0 local_writes)))
	fio --name=w --filename=/dev/$(pair_get p0 disk) --rw=randwrite --bsrange=4k-64k \
		--blockalign=4k --iodepth=16 --ioengine=libaio --direct=1 --size=48m \
		--time_based --runtime=3600 --max_latency=$((20 * ${PPRC_SLOW%.*}))s \
		--output-format=terse > /tmp/fio 2>&1 &
	job=$!
	wait_for 20 "[ $n -lt \$((\$(pair_stat p0 writes) + \$(pair_stat p0 local_writes))) ]" ||
		fail "fio does not write: $(cat /tmp/fio)"
}

load_off()
{
	kill -0 $job 2>/dev/null || fail "$what: fio has ended: $(cat /tmp/fio)"
	kill -INT $job
	wait $job
	# fio's own word for "stopped by a signal"
	[ $? -eq 128 ] || fail "$what: fio: $(cat /tmp/fio)"
	! grep -qiE 'error|exceed' /tmp/fio || fail "$what: fio: $(cat /tmp/fio)"
}

# moves COUNTER: it goes up within a few seconds
moves()
{
	local n

	n=$(pair_stat p0 $1)
	wait_for 10 "[ \$(pair_stat p0 $1) -gt $n ]" || fail "$what: no $1"
}

suspended()
{
	wait_for 40 "[ \$(pair_get p0 state) = suspended ]" || fail "$what: p0 is $(pair_get p0 state)"
	hits[$1]=$((${hits[$1]:-0} + 1))
}

again()
{
	wait_for 60 "grep -q ^up, $PAIRS/p0/session" || fail "$what: the session does not come back: $(pair_get p0 session)"
	# A login may be lost once more while it settles.
	wait_for 60 'put 1 $PAIRS/p0/assume_equal && put resume $PAIRS/p0/action 2> /dev/null' ||
		fail "$what: not resumed: $(dmesg | tail -n 3)"
}

# An idle pair learns of some things by its next write only.
touch_it()
{
	[ -n "$loaded" ] || dd if=/dev/zero of=/dev/$(pair_get p0 disk) bs=4k count=1 oflag=direct status=none ||
		fail "$what: a write fails"
}

ev_lun()	# the LUN is taken out of the ACL
{
	rm $ACL/lun_0/map && rmdir $ACL/lun_0 || fail "$what: it stays"
	touch_it; suspended lun
	sec_acl $SW $PW 0
}

ev_acl()	# the ACL is removed
{
	rm $ACL/lun_0/map; rmdir $ACL/lun_0 $ACL || fail "$what: it stays"
	touch_it; suspended acl
	sec_acl $SW $PW 0
}

ev_tpg()	# the TPG is disabled
{
	echo 0 > $TPG/enable || fail "$what: it stays"
	touch_it; suspended tpg
	echo 1 > $TPG/enable
}

ev_wwn()	# ACL, LUN, TPG and port are removed
{
	sec_drop $SW || fail "$what: it stays"
	[ ! -e $TPG ] || fail "$what: it is still there"
	touch_it; suspended wwn
	sec_tpg $SW && sec_lun $SW 0 $LIO/core/iblock_0/store && sec_acl $SW $PW 0 || fail "$what: it cannot be made anew"
}

link_event()	# an end of the cable goes down and comes up again
{
	ip link set $1 down
	suspended $2
	ip link set $1 up
}
ev_link_p() { link_event va link_p; }
ev_link_s() { link_event vb link_s; }

lip_event()	# a port is reset: it logs out of everything
{
	echo 1 > /sys/class/fc_host/$(fcoe_host $1)/issue_lip
	suspended $2
}
ev_lip_p() { lip_event va lip_p; }
ev_lip_s() { lip_event vb lip_s; }

port_event()	# the FCoE port is destroyed and made anew
{
	timeout 60 bash -c "echo -n $1 > /sys/bus/fcoe/ctlr_destroy" || fail "$what: that hangs"
	suspended $2
	wait_for 20 "! fcoe_ctlr $1 > /dev/null" || fail "$what: it stays"
	fcoe_up $1 > /dev/null || fail "$what: it cannot be made anew"
}
ev_port_p() { port_event va port_p; }
ev_port_s() { port_event vb port_s; }

ev_hang()	# the backstore hangs: removals wait and say so
{
	dmsetup suspend --noudevsync --noflush slow || fail "$what: the backstore cannot be held"
	[ -n "$loaded" ] || timeout 60 dd if=/dev/zero of=/dev/$(pair_get p0 disk) bs=4k count=1 oflag=direct status=none ||
		fail "$what: a write fails or hangs"
	suspended hang
	dmesg -C
	( rm $ACL/lun_0/map; rmdir $ACL/lun_0 $ACL; touch /tmp/removed ) &
	wait_for 20 'dmesg | grep -q "closing waits for [0-9]* commands that the backstore has not ended"' ||
		fail "$what: nobody says why the removal waits: $(dmesg | tail -n 3)"
	[ ! -e /tmp/removed ] || fail "$what: the ACL went under a command"
	dmsetup resume --noudevsync slow
	wait_for 20 '[ -e /tmp/removed ]' || fail "$what: the removal hangs"
	rm /tmp/removed
	sec_acl $SW $PW 0
}

ev_unload()	# modules in use are not unloaded
{
	local m

	for m in core primary secondary; do
		! rmmod pprc_$m 2> /dev/null || fail "$what: pprc_$m was unloaded"
	done
	[ "$(pair_get p0 state)" = full-duplex ] || fail "$what: p0 is $(pair_get p0 state)"
	put suspend $PAIRS/p0/action
	suspended unload
}

ev_pair()	# the pair is removed: refused while its disk is open
{
	local d

	if [ -n "$loaded" ]; then
		! put 0 $PAIRS/p0/enable 2> /dev/null || fail "$what: a disk in use was removed"
		[ "$(pair_get p0 state)" = full-duplex ] || fail "$what: p0 is $(pair_get p0 state)"
		put suspend $PAIRS/p0/action
		suspended pair
		return
	fi
	pair_down p0 || fail "$what: it stays: $(dmesg | tail -n 1)"
	d=$(pair_up p0 /dev/ram0 $SW 0 timeout_ms=2000 connect_timeout_ms=60000) || fail "$what: it cannot be made anew"
	put suspend $PAIRS/p0/action
	suspended pair
}

ev_disk()	# the disk is deleted under its user, who gets errors
{
	local d

	[ -z "$loaded" ] || { kill -INT $job; wait $job; load_on; }
	d=$(pair_get p0 disk)
	timeout 60 bash -c "echo 1 > /sys/block/$d/device/delete" || fail "$what: that hangs"
	wait_for 20 "[ ! -e /sys/block/$d ]" || fail "$what: it stays"
	[ -z "$loaded" ] || { wait_for 30 "! kill -0 $job 2> /dev/null" || fail "$what: its user hangs"; wait $job; }
	wait_for 10 'pair_down p0 2> /dev/null' || fail "$what: the pair stays: $(dmesg | tail -n 1)"
	d=$(pair_up p0 /dev/ram0 $SW 0 timeout_ms=2000 connect_timeout_ms=60000) || fail "$what: it cannot be made anew: $(dmesg | tail -n 2)"
	[ -z "$loaded" ] || load_on
	put suspend $PAIRS/p0/action
	suspended disk
}

# rounds N EVENT...
rounds()
{
	local n=$1 i e start

	shift
	for ((i = 1; i <= n; i++)); do
		for loaded in "" 1; do
			[ -z "$loaded" ] || load_on
			for e; do
				what="$e, ${loaded:+under load}${loaded:-idle}, round $i"
				what=${what/under load1/under load}
				start=$SECONDS
				ev_$e
				[ -z "$loaded" ] || moves local_writes
				again
				touch_it
				moves_back=$(pair_get p0 state)
				[ $moves_back = full-duplex ] || fail "$what: afterwards p0 is $moves_back: $(pair_get p0 reason)"
				[ -z "$loaded" ] || moves writes
				echo "$what: $((SECONDS - start)) s"
			done
			[ -z "$loaded" ] || load_off
		done
	done
	for e; do
		[ "${hits[$e]:-0}" -ge $((2 * n)) ] || fail "$e happened ${hits[$e]:-0} times, not $((2 * n))"
		echo "$e: ${hits[$e]} times"
	done
}
declare -A hits
EOG

events=${ROUNDS_ONLY:-lun acl tpg wwn link_p link_s lip_p lip_s port_p port_s hang unload pair disk}
need on primary -t $((400 * ROUNDS)) "modprobe dm-mod && roles_up || exit 1
dmsetup create slow --noudevsync --table \"0 \$(blockdev --getsz /dev/ram1) linear /dev/ram1 0\" && dmsetup mknodes
store=\$(backstore_block store /dev/mapper/slow) && sec_tpg \$SW && sec_lun \$SW 0 \$store && sec_acl \$SW \$PW 0 || fail 'no target'
D=\$(pair_up p0 /dev/ram0 \$SW 0 timeout_ms=2000 connect_timeout_ms=60000) || fail \"no pair: \$(dmesg | tail -n 3)\"
. \$SHARE/life.sh
rounds $ROUNDS $events"
# And the pair still makes copies.
need on primary -t 120 'put suspend $PAIRS/p0/action
disks_equal /dev/ram0 /dev/ram1 || dd if=/dev/ram0 of=/dev/ram1 bs=1M oflag=direct iflag=direct status=none
put 1 $PAIRS/p0/assume_equal && put resume $PAIRS/p0/action || fail "not resumed: $(dmesg | tail -n 2)"
n=$(pair_stat p0 local_writes)
fio --name=w --filename=/dev/$(pair_get p0 disk) --rw=randwrite --bsrange=4k-64k --blockalign=4k --iodepth=16 \
	--ioengine=libaio --direct=1 --size=16m --verify=crc32c --serialize_overlap=1 --do_verify=1 --output-format=terse > /tmp/fio 2>&1 ||
	fail "fio: $(cat /tmp/fio)"
[ "$(pair_get p0 state) $(pair_stat p0 local_writes)" = "full-duplex $n" ] || fail "p0 is $(pair_get p0 state): $(pair_get p0 reason)"
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
for p in $PAIRS/*/; do rmdir $p; done
sec_drop $SW && backstore_drop store && dmsetup remove --noudevsync slow && roles_down'
