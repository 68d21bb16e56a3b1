# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 34-load-unload: the modules load and unload in every order, with and without ports, and leave nothing behind; a port that is destroyed under a pair suspends it
# lab: one
# time: 240
# long: yes
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_cut_writes
expects_log '^pprc_(primary|secondary): Unknown symbol pprc_[a-z0-9_]+ \(err -2\)$' \
	'^pprc_primary: pair p0: suspended \(path-loss\): ' \
	'^pprc_primary: session [0-9a-f:]+: down: ' \
	'^pprc_secondary: session [0-9a-f:]+: write refused \(aborted, ' \
	'^pprc_secondary: session [0-9a-f:]+: closing: nothing was heard of the primary' \
	'^pprc_secondary: port [0-9a-f]+: command f80[01] refused \((no-session|no-prli)\): '

cat > "$LAB_SHARE/load.sh" << 'EOG'
# cycle UP-ORDER DOWN-ORDER: with a pair that writes in between when both
# roles and ports are there
cycle()
{
	local m d

	for m in $1; do
		insmod $KO/pprc_$m.ko || fail "$m does not load in the order $1"
	done
	if [ -n "$PORTS" ] && [[ $1 = *primary* && $1 = *secondary* ]]; then
		roles_store || fail "no target"
		d=$(pair_up p0 /dev/ram0 $SW 0) || fail "no pair, loaded as $1: $(dmesg | tail -n 3)"
		dd if=/dev/zero of=$d bs=256k count=4 oflag=direct status=none || fail "no write"
		in_use
		pair_down p0 && sec_drop $SW && backstore_drop store || fail "it cannot be taken away"
		rmdir $LIO/pprc || fail "LIO keeps its folder"
	fi
	for m in $2; do
		rmmod pprc_$m || fail "$m does not unload in the order $2"
	done
	! grep ^pprc_ /proc/modules || fail "it is left"
}

# With a pair and a target no module can be unloaded.
in_use()
{
	local m out

	for m in core primary secondary; do
		out=$(rmmod pprc_$m 2>&1) && fail "pprc_$m was unloaded while in use"
		[[ $out = *"in use"* ]] || fail "rmmod pprc_$m: $out"
	done
	[ "$(pair_get p0 state)" = full-duplex ] || fail "p0 is $(pair_get p0 state)"
}

# What of ours the kernel still has: caches of the slab allocator (those that
# were merged with others are counted as aliases), workqueues, SCSI hosts,
# block devices, the folders of configfs and of the root devices.
left()
{
	local d n=0

	for d in /sys/kernel/slab/*; do
		[ -L $d ] || n=$((n + $(cat $d/aliases)))
	done
	[ -L /sys/kernel/slab/pri_xchg ] || [ ! -e /sys/kernel/slab/pri_xchg ] ||
		echo "the cache pri_xchg"
	grep ^pri_xchg /proc/slabinfo
	ls -d /sys/devices/pprc_primary /sys/kernel/config/pprc /sys/kernel/config/target/pprc \
		/sys/module/pprc_* 2>/dev/null
	grep -l PPRC /sys/class/scsi_host/*/proc_name /sys/block/*/device/vendor 2>/dev/null
	ps -e -o comm | grep ^pprc		# rescuers of workqueues
	echo "$n aliases of slab caches"
}

ports_up()
{
	local job

	veth_pair va vb 02:00:00:00:00:0a 02:00:00:00:00:0b || fail "no veth"
	fcoe_up va > /dev/null &
	job=$!
	fcoe_up vb > /dev/null && wait $job || fail "no ports"
	wait_for 20 "grep -qs 0x$SW /sys/class/fc_remote_ports/*/port_name" || fail "no login"
	PORTS=1
}

ports_down()
{
	fcoe_down va
	fcoe_down vb
	ip link del va
	PORTS=
}

# every legal order; idle modules alone, too
orders()
{
	cycle core core
	cycle "core primary" "primary core"
	cycle "core secondary" "secondary core"
	cycle "core primary secondary" "primary secondary core"
	cycle "core secondary primary" "secondary primary core"
}
EOG

run()
{
	need on primary -t 600 ". \$SHARE/load.sh; $1"
}

# What the modules need is there before anything is counted.
run 'pprc_load && modprobe -a fcoe target_core_iblock && modprobe brd rd_nr=2 rd_size=65536 || exit 1
dd if=/dev/zero of=/dev/ram0 bs=256k count=4 oflag=direct status=none
ports_up
for m in primary secondary; do
	out=$(insmod $KO/pprc_$m.ko 2>&1) && fail "$m loads without core"
done
orders
ports_down
orders
before=$(left)
ports_up
orders
# Loaded before the ports come, unloaded after they have gone.
ports_down
after=$(left)
[ "$after" = "$before" ] || fail "left behind: $after; before: $before"
! lsmod | grep pprc || fail "modules are left"
rmmod brd'

# A port is destroyed under a pair: the primary'"'"'s and the secondary'"'"'s, idle
# and under load.
run '
# gone IFACE: destroy it, see the pair suspended, make it anew, resume
gone()
{
	local what="$1 destroyed $2" n

	if [ "$2" = "under load" ]; then
		fio --name=w --filename=$D --rw=randwrite --bs=16k --iodepth=8 --ioengine=libaio \
			--direct=1 --size=16m --offset=8m --rate=,4m --max_latency=10s --verify=crc32c --serialize_overlap=1 \
			--do_verify=1 --output-format=terse > /tmp/fio 2>&1 &
		job=$!
		n=$(pair_stat p0 writes)
		wait_for 20 "[ \$(pair_stat p0 writes) -ge $((n + 50)) ]" || fail "fio does not write: $(cat /tmp/fio)"
	fi
	timeout 60 bash -c "echo -n $1 > /sys/bus/fcoe/ctlr_destroy" || fail "$what: that hangs"
	wait_for 30 "[ \$(pair_get p0 state) = suspended ]" || fail "$what: p0 is $(pair_get p0 state)"
	grep -q "^path-loss: " $PAIRS/p0/reason || fail "$what: $(pair_get p0 reason)"
	echo "$what: $(pair_get p0 reason)"
	n=$(pair_stat p0 local_writes)
	dd if=/dev/zero of=$D bs=64k count=1 oflag=direct status=none || fail "$what: a write fails"
	[ $(pair_stat p0 local_writes) -gt $n ] || fail "$what: no local write"
	[ "$2" != "under load" ] || wait $job || fail "$what: fio: $(cat /tmp/fio)"
	[ "$3" != stay ] || return 0
	fcoe_up $1 > /dev/null || fail "$1 cannot be made anew"
	wait_for 40 "grep -q ^up, $PAIRS/p0/session" || fail "$what: the session does not come back: $(pair_get p0 session)"
	dd if=/dev/ram0 of=/dev/ram1 bs=1M oflag=direct iflag=direct status=none
	# A login may be lost once more while it settles.
	wait_for 60 "pair_resume p0" || fail "$what: not resumed: $(dmesg | tail -n 3)"
	n=$(pair_stat p0 local_writes)
	dd if=/dev/urandom of=$D bs=64k count=4 oflag=direct status=none || fail "$what: a write fails"
	[ "$(pair_get p0 state) $(pair_stat p0 local_writes)" = "full-duplex $n" ] || fail "$what: not mirrored again"
}
roles_up && roles_store || exit 1
D=$(pair_up p0 /dev/ram0 $SW 0 timeout_ms=$(scaled 2000)) || fail "no pair: $(dmesg | tail -n 3)"
gone va idle
gone vb idle
gone va "under load"
gone vb "under load"
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
# The modules unload without ports, from under a pair that has none.
gone va "under load" stay
fcoe_down vb
pair_down p0 && sec_drop $SW && backstore_drop store && ip link del va && pprc_unload && rmmod brd'
