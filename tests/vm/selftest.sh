#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# selftest.sh: does the lab itself do what the tests rely on?  Power cuts,
# frozen guests, the finding of kernel bugs, the time limit.

set -u

here=$(dirname "$(realpath "$0")")
"$here/../deps.sh" vm || exit 1
# shellcheck source=tests/vm/lab.sh
. "$here/lab.sh"

check()
{
	local what=$1

	shift
	if "$@"; then
		echo "ok - $what"
	else
		echo "not ok - $what"
		lab_fail "$what"
		exit 1
	fi
}

fails()
{
	! "$@"
}

# shellcheck disable=SC2317	# called by check
rc_is()
{
	local want=$1 rc

	shift
	"$@" > /dev/null 2>&1
	rc=$?
	[ $rc -eq "$want" ] || { echo "rc is $rc"; return 1; }
}

# ended_by_agent CMD...: time is up, and the lab did not have to give up
# shellcheck disable=SC2317	# called by check
ended_by_agent()
{
	local out rc

	out=$("$@" 2>&1)
	rc=$?
	[[ "$rc $out" != 124\ * || $out = *"does not answer"* ]] || return 0
	echo "rc is $rc: $out"
	return 1
}

address()
{
	on "$1" "ip link set eth0 mtu 9000 up && ip addr add 192.0.2.$2/24 dev eth0"
}

lab_new selftest || exit
lab_disk b data 256M
lab_cable a b
lab_boot a b && lab_wait a b || exit 1
address a 1
address b 2
check "a command whose time is up is ended" ended_by_agent on a -t 2 'sleep 90; true'
check "and so is one that does not want to" ended_by_agent on a -t 2 'trap "" TERM; sleep 90'
check "with all that it has started" on a '! pgrep -x sleep'
check "the cable works" on a 'wait_for 10 "ping -q -c 1 -W 1 192.0.2.2 > /dev/null"'

# shellcheck disable=SC2016	# for the guest
on b 'd=$(disk data) && mkfs.ext4 -q "$d" && mkdir -p /mnt/d && mount "$d" /mnt/d &&
	echo kept > /mnt/d/file && sync /mnt/d/file' || exit 1
lab_cut b
check "a guest that is cut is dead" fails lab_alive b
check "a command on it says so" rc_is 125 on b true
lab_boot b
kill -KILL "$(lab_pid b)"
check "a guest that does not come up is switched on again" lab_wait b
# shellcheck disable=SC2016	# for the guest
check "what was written before a power cut is there after it" \
	on b 'mkdir -p /mnt/d && mount "$(disk data)" /mnt/d && grep -qx kept /mnt/d/file'
address b 2
check "the cable works after one end was cut" \
	on a 'wait_for 10 "ping -q -c 1 -W 1 192.0.2.2 > /dev/null"'

lab_cut a
lab_boot a && lab_wait a || exit 1
address a 1
check "and after the other one was" \
	on b 'wait_for 10 "ping -q -c 1 -W 1 192.0.2.1 > /dev/null"'

# As many frames as the kernel can produce, of the size FCoE uses: the cable
# pushes back instead of losing any.
flood()
{
	on "$1" -t 120 'modprobe pktgen && cd /proc/net/pktgen &&
		echo rem_device_all > kpktgend_0 && echo add_device eth0 > kpktgend_0 &&
		echo "count '"$2"'" > eth0 && echo "pkt_size 2158" > eth0 && echo "delay 0" > eth0 &&
		echo "dst_mac 52:54:00:00:00:0'"$3"'" > eth0 && echo "dst 198.51.100.9" > eth0 &&
		echo start > pgctrl && grep -A1 Result eth0'
}

# shellcheck disable=SC2317	# called by check
received()
{
	local before after

	before=$(on b 'cat /sys/class/net/eth0/statistics/rx_packets')
	flood a 20000 2
	on b 'sleep 1'
	after=$(on b 'cat /sys/class/net/eth0/statistics/rx_packets')
	echo "# $((after - before)) of 20000 frames arrived"
	[ $((after - before)) -ge 20000 ]
}
check "the cable loses nothing of a flood" received

lab_freeze b
check "a frozen guest is silent" rc_is 1 on a 'ping -q -c 1 -W 1 192.0.2.2'
flood a 3000 2 > /dev/null
on a 'ip link set eth0 txqueuelen 1000; timeout 8 ping -q -f -s 8000 192.0.2.2 > /dev/null'
check "and does not stop the other one's transmit queue" rc_is 0 lab_dirty a
lab_thaw b
check "a thawed guest goes on" \
	on a 'wait_for 10 "ping -q -c 1 -W 1 192.0.2.2 > /dev/null"'

lab_unplug
check "no frame passes a cable that is pulled" rc_is 1 on a 'ping -q -c 1 -W 1 192.0.2.2'
lab_plug
check "a cable that is put back works" \
	on a 'wait_for 10 "ping -q -c 1 -W 1 192.0.2.2 > /dev/null"'

mark=$(lab_mark a)
check "a healthy kernel log is clean" rc_is 0 lab_dirty a
on a 'echo "WARNING: CPU: 0 PID: 1 at x" > /dev/kmsg'
check "a kernel warning is found" rc_is 1 lab_dirty a "$mark"
check "and only in the guest that has it" rc_is 0 lab_dirty b

check "a guest powers off in good order" lab_off a
check "and is gone then" fails lab_alive a

on b 'echo c > /proc/sysrq-trigger' > /dev/null 2>&1
check "a kernel that crashes ends its guest" fails lab_alive b
check "and leaves its last words" rc_is 1 lab_dirty b
lab_end

out=$(LAB_LIMIT=3 LAB_APPEND=rdinit=/bin/none bash -c '
	. "$0/lab.sh"
	lab_new limit || exit
	lab_boot a
	lab_wait a' "$here" 2>&1)
folder=$(sed -n 's/.*everything about it is in //p' <<< "$out")
echo "${out//$'\n'/$'\n'# }" | sed '1s/^/# /'
if [ -d "$folder" ] && [[ $out = *"time limit of 3 s"* ]] && ! pgrep -f "$folder" > /dev/null; then
	rm -rf "$folder"
	echo "ok - a guest that never answers ends with the time limit"
else
	echo "not ok - a guest that never answers ends with the time limit"
	exit 1
fi
