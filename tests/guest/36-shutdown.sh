# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 36-shutdown: either host shuts down under load within bounded time and without a complaint; what the primary had acknowledged as mirrored is on the secondary
# lab: pair
# time: 60
# long: yes
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"

# A peer that takes more than a minute to boot.
expects_lost_port
expects_log '^pprc_primary: pair p0: suspended \(path-loss\): ' \
	'^pprc_primary: session [0-9a-f:]+: down: ' \
	'^pprc_secondary: session [0-9a-f:]+: closing: nothing was heard of the primary' \
	'^pprc_secondary: port [0-9a-f]+: command f80[0-6] refused \((no-acl|no-session|tpg-disabled)\): ' \
	'^pprc_secondary: session [0-9a-f:]+: (write|flush) refused \((aborted|no-pair), '
# A shutdown breaks the virtio network device under whoever still sends.
expects_log '^net eth[01]: Unexpected TXQ \([0-9]+\) queue failure: -5$'

load()
{
	job=$(on_bg primary -t 300 "fio --name=w --filename=$DISK --rw=randwrite --bsrange=4k-64k \
		--blockalign=4k --iodepth=16 --ioengine=libaio --direct=1 --size=64m --time_based \
		--runtime=240 --trigger-file=/tmp/fio-end --max_latency=$(lab_scale 8)s --output-format=terse > /tmp/fio 2>&1")
	need on primary 'n=$(($(pair_stat p0 writes) + 50))
		wait_for 20 "[ \$(pair_stat p0 writes) -ge $n ]" || fail "fio does not write: $(cat /tmp/fio)"'
}

# is_down GUEST: the debug kernel has no ACPI to switch anything off
is_down()
{
	! lab_alive "$1" || lab_log "$1" | tail -n 1 | grep -q 'reboot: System halted'
}

# power_off GUEST: as the last step of a shutdown does it, drivers are told
power_off()
{
	local start

	start=$(lab_ms)
	on_bg "$1" -t 60 'busybox poweroff -f' > /dev/null
	lab_until 60 "is_down $1" || fail "the $1 does not shut down: $(lab_log "$1" | tail -n 3)"
	echo "the $1 has shut down after $(($(lab_ms) - start)) ms"
	# For the lab's books, and its half of the cable.
	lab_cut "$1"
}

back()
{
	need lab_boot "$1"
	need lab_wait "$1"
}

duo_up timeout_ms="$(lab_scale 2000)"
load
power_off secondary
need on primary 'wait_for 20 "[ \$(pair_get p0 state) = suspended ]" ||
		fail "the secondary has gone, the pair is $(pair_get p0 state)"
	n=$(pair_stat p0 local_writes)
	wait_for 6 "[ \$(pair_stat p0 local_writes) -gt $n ]" || fail "host writes have stopped: $(cat /tmp/fio)"
	fio_end'
on_wait primary "$job" -t 60 > /dev/null || fail "fio has failed or hangs: $(on primary 'cat /tmp/fio')"
need on primary '! grep -qiE "error|exceed" /tmp/fio || fail "fio: $(cat /tmp/fio)"'
back secondary
need on secondary -t 60 'pprc_load core secondary && fcoe_up eth0'
duo_target
need on primary -t 90 'wait_for 60 "grep -q ^up, $PAIRS/p0/session" ||
	fail "the session does not come back: $(pair_get p0 session)"'
dd if="$(image primary)" of="$(image secondary)" bs=64k conv=notrunc,sparse status=none &&
	duo_equal
need on primary 'pair_resume p0 || fail "not resumed: $(dmesg | tail -n 2)"'

# One write at a time, so that at most one is under way at the end: the copies
# differ in that one or not at all.
head -c 4096 /dev/urandom > "$LAB_SHARE/block"
job=$(on_bg primary -t 300 "i=0; while dd if=\$SHARE/block of=$DISK bs=4k count=1 seek=\$((16384 + i)) oflag=direct status=none; do
	i=\$((i + 1)); echo \$i > /tmp/acked; done")
need on primary 'wait_for 20 "[ -e /tmp/acked ] && [ \$(cat /tmp/acked) -gt 20 ]" || fail "no writes"'
power_off primary
n=$(cmp -l "$(image primary)" "$(image secondary)" | awk '{ print int(($1 - 1) / 4096) }' | sort -u | wc -l)
[ "$n" -le 1 ] || fail "the copies differ in $n blocks"
written=$(dd if="$(image secondary)" bs=4k skip=16384 count=8192 status=none | perl -e '
	local $/; my $d = <STDIN>; my $n = 0; $n++ while substr($d, 4096 * $n, 4096) =~ /[^\0]/; print $n')
[ "$written" -gt 20 ] || fail "the secondary has only $written blocks"
echo "$written blocks are on the secondary, the copies differ in $n"
back primary
need on secondary -t 60 "sec_drop $DSW && backstore_drop store && fcoe_down eth0; pprc_unload"
